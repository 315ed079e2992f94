//! A definition, compiled, and what its callbacks lead to.

use std::rc::Rc;
use std::time::Duration;

use tollgate_canary::Variant;
use tollgate_iam_authorizer::{Credential, IamAuthorizer};
use tollgate_lambda::event::NO_ACCOUNT;
use tollgate_lambda_proxy::{LambdaProxy, Stream};
use tollgate_policy::{
    Compile, Exchange, Fault, Host, Invalid, Needs, Origin, Piece, Policy, Response, Timestamp,
    Verdict, Work,
};

use crate::api::{Api, Stage};
use crate::authorization::{self, Authorizer};
use crate::client_certificate::ClientCertificates;
use crate::definition::{Definition, Protocol};
use crate::limits::{self, Limits};
use crate::route::Route;
use crate::select::Selector;
use crate::snapshot::Snapshot;
use crate::vpc_endpoint::VpcEndpoint;
use crate::{api, fault};

/// A definition, compiled: one value that answers a request in one pass.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) apis: Vec<Api>,
    pub(crate) selector: Selector,
    pub(crate) limits: Limits,
    pub(crate) account_id: Option<Rc<str>>,
    pub(crate) client_certificates: ClientCertificates,
    pub(crate) vpc_endpoints: Vec<VpcEndpoint>,
    /// Who may sign requests.
    pub(crate) iam: Option<IamAuthorizer>,
    pub(crate) needs: Needs,
}

/// What the gateway remembers of one exchange.
#[derive(Debug, Default)]
pub struct Notes {
    pub(crate) place: Option<Place>,
    /// In whose words to speak where there is no place.
    pub(crate) protocol: Option<Protocol>,
    pub(crate) authorization: authorization::Memory,
    pub(crate) limits: limits::Notes,
    /// When the request went on to the integration.
    pub(crate) sent: Option<Timestamp>,
    /// Whether the parameters have been found to be what they must be.
    pub(crate) is_checked: bool,
    /// Whose reply is to come.
    pub(crate) awaits: Awaits,
    /// What the function writes that answers, if it goes on while it is written.
    pub(crate) stream: Option<Stream>,
}

/// Whose reply is to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Awaits {
    /// Nobody's.
    #[default]
    Nobody,
    /// That of whoever decides who may call.
    Authorizer,
    /// That of the function that answers the route.
    Function,
}

/// Where in the definition an exchange is.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) api: usize,
    pub(crate) stage: usize,
    pub(crate) variant: Variant,
    /// What the stage serves, or its canary.
    pub(crate) content: api::Place,
    pub(crate) route: Option<Rc<Route>>,
    /// The path the route was found by.
    pub(crate) path: String,
}

/// What a request falls under, looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'g> {
    pub(crate) api: &'g Api,
    pub(crate) stage: &'g Stage,
    pub(crate) snapshot: &'g Snapshot,
}

impl Gateway {
    pub(crate) fn found(&self, place: &Place) -> Option<Found<'_>> {
        let api = self.apis.get(place.api)?;
        let stage = api.stages.get(place.stage)?;
        let snapshot = api.snapshots.get(place.content.snapshot)?;
        Some(Found { api, stage, snapshot })
    }

    /// The function that answers, if one does.
    pub(crate) fn function<'n>(&self, notes: &'n Notes) -> Option<&'n LambdaProxy> {
        let place = notes.place.as_ref()?;
        place.route.as_ref()?.functions.get(place.content.target)
    }

    pub(crate) fn protocol(&self, notes: &Notes) -> Protocol {
        let api = notes.place.as_ref().and_then(|place| self.apis.get(place.api));
        api.map(|api| api.protocol).or(notes.protocol).unwrap_or(Protocol::Http)
    }

    /// What an exchange must be given that falls under any of the APIs.
    fn need(apis: &[Api], limits: &Limits, source_address: bool) -> Needs {
        let stages = || apis.iter().flat_map(|api| &api.stages);
        let snapshots = || apis.iter().flat_map(|api| &api.snapshots);
        let logs = || stages().filter_map(|stage| stage.access_log.as_ref());
        let source_address = source_address
            || limits.need_source_address()
            || stages().filter_map(|stage| stage.canary.as_ref()).any(|c| c.needs_source_address())
            || logs().any(|log| log.needs().source_address)
            || snapshots().any(|snapshot| snapshot.needs_source_address);
        Needs {
            source_address,
            responses: true,
            endings: true,
            response_length: logs().next().is_some(),
            bounded_bodies: true,
            ..Needs::default()
        }
    }
}

impl Policy for Gateway {
    type Notes = Notes;

    fn needs(&self) -> Needs {
        self.needs
    }

    fn on_request(&self, notes: &mut Notes, exchange: &mut Exchange, host: &dyn Host) -> Verdict {
        match self.enter(notes, exchange) {
            Ok(None) => self.go_on(notes, exchange, None, host),
            Ok(Some(preflight)) => {
                Verdict::Respond(self.sign_preflight(notes, exchange, preflight, host))
            }
            Err(fault) => Verdict::Respond(self.refuse_for(fault, notes, exchange, host)),
        }
    }

    fn on_request_body(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        body: &mut Vec<u8>,
        host: &dyn Host,
    ) -> Verdict {
        self.go_on(notes, exchange, Some(body), host)
    }

    fn on_wake(&self, notes: &mut Notes, exchange: &mut Exchange, host: &dyn Host) -> Verdict {
        self.go_on(notes, exchange, None, host)
    }

    fn on_reply(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        reply: Option<Response>,
        host: &dyn Host,
    ) -> Verdict {
        match std::mem::take(&mut notes.awaits) {
            Awaits::Function => {
                Verdict::Respond(self.answer_of_function(notes, exchange, reply, host))
            }
            Awaits::Authorizer => {
                let stopped = self.hear_authorizer(notes, exchange, reply, host);
                stopped.unwrap_or_else(|| self.go_on(notes, exchange, None, host))
            }
            Awaits::Nobody => {
                Verdict::Respond(self.refuse_for(Fault::Internal, notes, exchange, host))
            }
        }
    }

    fn on_response(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        response: &mut Response,
        origin: &Origin,
        host: &dyn Host,
    ) -> Verdict {
        match origin {
            Origin::Integration => {
                exchange.context.integration_status = Some(response.status);
                exchange.context.integration_latency = notes.sent.map(|at| host.now().since(at));
                if self.function(notes).is_some_and(LambdaProxy::streams) {
                    return self.begin_stream(notes, exchange, response, host);
                }
                self.answer(notes, exchange, response, false, host)
            }
            Origin::Proxy(details) => {
                let fault = fault::of_proxy(response.status, details);
                if matches!(fault, Fault::IntegrationTimeout | Fault::IntegrationFailure) {
                    exchange.context.integration_error = Some(details.clone());
                }
                Verdict::Respond(self.refuse_for(fault, notes, exchange, host))
            }
        }
    }

    fn on_response_body(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        response: &mut Response,
        host: &dyn Host,
    ) -> Verdict {
        self.answer(notes, exchange, response, true, host)
    }

    fn reads_pieces(&self, notes: &Notes) -> bool {
        notes.stream.is_some()
    }

    fn on_response_piece(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        response: &mut Response,
        piece: &mut Vec<u8>,
        is_last: bool,
        host: &dyn Host,
    ) -> Piece {
        self.stream(notes, exchange, response, (piece, is_last), host)
    }

    fn refuse(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        fault: Fault,
        host: &dyn Host,
    ) -> Response {
        self.refuse_for(fault, notes, exchange, host)
    }

    fn on_end(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        host: &dyn Host,
    ) -> Option<String> {
        let place = notes.place.as_ref()?;
        let stage = self.found(place)?.stage;
        let context = &mut exchange.context;
        context.response_latency = Some(host.now().since(exchange.arrived));
        let route = place.route.as_ref().map(|route| (route.number, &*route.labels));
        stage.meter.count(context, route, host);
        if let (Some(canary), None, Some(elapsed)) =
            (&stage.canary, context.status, context.response_latency)
        {
            canary.abandon(place.variant, elapsed, host);
        }
        Some(stage.access_log.as_ref()?.line(exchange))
    }

    fn is_pressed(&self) -> bool {
        self.limits.is_pressed()
            || self.authorizers().any(|(_, authorizer)| authorizer.is_pressed())
    }

    fn work(&self, host: &dyn Host) -> Work {
        let mut all = self.limits.work(host);
        for fetch in &mut all.fetches {
            fetch.id |= LIMIT_IDS;
        }
        for (number, authorizer) in self.authorizers() {
            let mut work = authorizer.work(host);
            for fetch in &mut work.fetches {
                fetch.id |= number << ISSUER_BITS;
            }
            all = all.and(work);
        }
        all
    }

    fn on_fetched(&self, id: u32, reply: Option<Response>, host: &dyn Host) {
        if id & LIMIT_IDS != 0 {
            return self.limits.on_fetched(id & !LIMIT_IDS, reply, host);
        }
        let wanted = id >> ISSUER_BITS;
        let found = self.authorizers().find(|(number, _)| *number == wanted);
        if let Some((_, authorizer)) = found {
            authorizer.on_fetched(id & ((1 << ISSUER_BITS) - 1), reply, host);
        }
    }

    fn inherit(&self, previous: &Self) {
        if let (Some(iam), Some(before)) = (&self.iam, &previous.iam) {
            iam.inherit(before);
        }
        for api in &self.apis {
            let Some(before) = previous.apis.iter().find(|before| before.id == api.id) else {
                continue;
            };
            for snapshot in &api.snapshots {
                for (name, authorizer) in &snapshot.authorizers {
                    if let Some(before) = before.authorizer(name, snapshot.deployment.as_ref()) {
                        authorizer.inherit(before);
                    }
                }
            }
        }
    }
}

/// How much of the number of a fetch tells the issuer; the rest tells the authorizer. An authorizer
/// has at most 100 issuers.
const ISSUER_BITS: u32 = 8;

/// Fetches of the limits have this bit. There are fewer authorizers than reach so far.
const LIMIT_IDS: u32 = 1 << 31;

impl Gateway {
    fn authorizers(&self) -> impl Iterator<Item = (u32, &Authorizer)> {
        let snapshots = self.apis.iter().flat_map(|api| &api.snapshots);
        let all = snapshots.flat_map(|snapshot| &snapshot.authorizers);
        (0_u32..).zip(all.map(|(_, authorizer)| authorizer))
    }
}

impl Compile for Gateway {
    type Config = Definition;

    fn compile(definition: Definition) -> Result<Self, Invalid> {
        let account_id = definition.account_id.as_deref().map(account_id).transpose()?;
        let region = region(definition.region.as_deref())?;
        let apis = (definition.apis.iter())
            .map(|(id, api)| {
                let at = |invalid: Invalid| invalid.within(format!("apis.{id}"));
                check_id(id).map_err(at)?;
                let account = account_id.as_deref().unwrap_or(NO_ACCOUNT);
                Api::compile(api, tollgate_iam::Api::new(region, account, id)).map_err(at)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let selector = Selector::compile(&definition, &apis)?;
        let limits = Limits::compile(&definition, &apis)?;
        let vpc_endpoints = VpcEndpoint::compile_all(&definition.vpc_endpoints)
            .map_err(|invalid| invalid.within("vpc_endpoints"))?;
        let iam = iam(region, &definition.credentials)?;
        let source_address = vpc_endpoints.iter().any(VpcEndpoint::needs_source_address)
            || iam.as_ref().is_some_and(IamAuthorizer::needs_source_address);
        let needs = Needs {
            source_address_is_told: definition.source_address_is_told,
            ..Self::need(&apis, &limits, source_address)
        };
        let client_certificates = ClientCertificates::default();
        Ok(Self {
            apis,
            selector,
            limits,
            account_id,
            client_certificates,
            vpc_endpoints,
            iam,
            needs,
        })
    }
}

fn check_id(id: &str) -> Result<(), Invalid> {
    const MAX_ID_CHARS: usize = 63;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.is_empty() || id.len() > MAX_ID_CHARS || !id.bytes().all(plain) {
        let reason =
            format!("an id must be 1 to {MAX_ID_CHARS} lower-case letters, digits and `-`");
        return Err(Invalid::new("", reason));
    }
    Ok(())
}

/// Who may sign requests for this region, if anybody may.
fn iam(region: &str, credentials: &[Credential]) -> Result<Option<IamAuthorizer>, Invalid> {
    if credentials.is_empty() {
        return Ok(None);
    }
    let authorizer = IamAuthorizer::new(region, "execute-api", credentials);
    authorizer.map(Some).map_err(|invalid| invalid.within("credentials"))
}

/// The region that resource names speak of.
fn region(said: Option<&str>) -> Result<&str, Invalid> {
    const MAX_BYTES: usize = 32;
    let region = said.unwrap_or("us-east-1");
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=MAX_BYTES).contains(&region.len()) && region.bytes().all(plain) {
        return Ok(region);
    }
    Err(Invalid::new("region", format!("`{region}` is not a region such as `us-east-1`")))
}

fn account_id(id: &str) -> Result<Rc<str>, Invalid> {
    const DIGITS: usize = 12;
    if id.len() != DIGITS || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Invalid::new("account_id", format!("`{id}` is not twelve digits")));
    }
    Ok(id.into())
}

/// How long the answer to a request took so far.
pub(crate) fn latency(exchange: &Exchange, host: &dyn Host) -> Duration {
    host.now().since(exchange.arrived)
}
