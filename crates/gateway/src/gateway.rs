//! The chain: one pass from a request to its integration, and back.

use std::collections::BTreeMap;
use std::rc::Rc;

use tollgate_canary::Variant;
use tollgate_jwt_authorizer as jwt;
use tollgate_policy::{
    Compile, Exchange, Fault, Host, Invalid, Needs, Origin, Policy, Response, Verdict, Work,
};

use crate::api::{Api, Route, Snapshot};
use crate::canary::Canary;
use crate::definition::{Definition, Protocol};
use crate::limits::{self, Limits, Stop};
use crate::select::{Selected, Selector};
use crate::{api, fault, ids, path};

/// The header fields by which the gateway and the proxy speak to each other. A client's are removed.
const CONTROL: [&[u8]; 2] = [b"x-tollgate-", b"x-envoy-"];

/// A definition, compiled: one value that answers a request in one pass.
#[derive(Debug)]
pub struct Gateway {
    apis: Vec<Api>,
    selector: Selector,
    limits: Limits,
}

/// The header field by which the proxy is told who gets a copy of a request.
pub const SHADOW_HEADER: &str = "x-tollgate-shadow-cluster";

/// API Gateway's limit on a payload.
const MAX_PAYLOAD_BYTES: u64 = 10 * 1024 * 1024;

/// What the gateway remembers of one exchange.
#[derive(Debug, Default)]
pub struct Notes {
    place: Option<Place>,
    jwt: jwt::Notes,
    limits: limits::Notes,
}

/// Where in the definition an exchange is.
#[derive(Debug)]
struct Place {
    api: usize,
    stage: usize,
    variant: Variant,
    /// What the stage serves, or its canary.
    content: api::Place,
    route: Option<Rc<Route>>,
    /// The path the route was found by.
    path: String,
}

/// What a request falls under, looked up.
#[derive(Clone, Copy, Debug)]
struct Found<'g> {
    api: &'g Api,
    snapshot: &'g Snapshot,
    canary: Option<&'g Canary>,
}

impl Gateway {
    /// Finds the route, or answers in its place.
    fn enter(&self, notes: &mut Notes, exchange: &mut Exchange) -> Result<(), Response> {
        strip_control(exchange);
        let selected = self.selector.select(&self.apis, &exchange.request);
        let Selected { api: index, stage, path: rest } = match selected {
            Ok(selected) => selected,
            Err(unserved) => {
                ids::assign(unserved.protocol, exchange);
                return Err(refuse(unserved.protocol, unserved.fault, exchange));
            }
        };
        let Some(api) = self.apis.get(index) else {
            return Err(refuse(Protocol::Http, Fault::Internal, exchange));
        };
        let rest = String::from_utf8_lossy(rest).into_owned();
        ids::assign(api.protocol, exchange);
        exchange.context.api_id = api.id.clone();
        let Some(stage_found) = api.stages.get(stage) else {
            return Err(refuse(api.protocol, Fault::Internal, exchange));
        };
        exchange.context.stage = stage_found.name.clone();
        let (variant, content) = match &stage_found.canary {
            None => (Variant::Base, stage_found.base),
            Some(canary) => {
                let variant = canary.choose(exchange);
                exchange.context.is_canary_request = Some(variant == Variant::Canary);
                match variant {
                    Variant::Base => (variant, stage_found.base),
                    Variant::Canary => (variant, canary.place),
                }
            }
        };
        let place = Place { api: index, stage, variant, content, route: None, path: String::new() };
        let Some(snapshot) = api.snapshots.get(content.snapshot) else {
            return Err(refuse(api.protocol, Fault::Internal, exchange));
        };
        exchange.context.deployment_id = snapshot.deployment.clone();
        let place = notes.place.insert(place);
        // A tunnel has no path, and no integration to lead to.
        if exchange.request.method() == b"CONNECT" || !path::is_plain(exchange.request.path()) {
            return Err(refuse(api.protocol, Fault::BadRequest, exchange));
        }
        if declared_bytes(exchange) > MAX_PAYLOAD_BYTES {
            return Err(refuse(api.protocol, Fault::RequestTooLarge, exchange));
        }
        for header in &snapshot.own_headers {
            exchange.request.headers.remove_alike(header);
        }
        let Some(found) = snapshot.router.find(exchange.request.method(), rest.as_bytes()) else {
            return Err(refuse(api.protocol, Fault::RouteNotFound, exchange));
        };
        // Many a backend merges slashes, and some decode them. If that leads to another route, it must
        // not be one that asks for more than this one.
        if let Some(loose) = path::read_loosely(&rest)
            && let Some(other) = snapshot.router.find(exchange.request.method(), loose.as_bytes())
            && !other.value.admits_as(found.value)
        {
            return Err(refuse(api.protocol, Fault::BadRequest, exchange));
        }
        let context = &mut exchange.context;
        context.route_key = found.value.key.clone();
        context.resource_path = found.value.resource_path.clone();
        context.path_parameters = (found.parameters.into_iter())
            .map(|(name, value)| (name.clone(), String::from_utf8_lossy(value).into_owned()))
            .collect::<BTreeMap<_, _>>();
        place.route = Some(found.value.clone());
        place.path = rest;
        Ok(())
    }

    /// Authorizes the request and turns it to its integration. Entered again after every wait.
    fn go_on(&self, notes: &mut Notes, exchange: &mut Exchange, host: &dyn Host) -> Verdict {
        let Notes { place, jwt, limits } = notes;
        let Some((Found { api, snapshot, canary }, place, route)) = place
            .as_ref()
            .and_then(|place| Some((self.found(place)?, place, place.route.as_ref()?)))
        else {
            return Verdict::Respond(refuse(Protocol::Http, Fault::Internal, exchange));
        };
        let at = limits::Place {
            api: place.api,
            stage: place.stage,
            route: route.number,
            source: snapshot.api_key_source,
        };
        if let Err(stop) = self.limits.throttle(limits, &at, exchange, host) {
            return halt(api.protocol, stop, exchange);
        }
        if let Some(wanted) = &route.authorization {
            let Some((_, authorizer)) = snapshot.authorizers.get(wanted.authorizer) else {
                return Verdict::Respond(refuse(api.protocol, Fault::Internal, exchange));
            };
            match authorizer.authorize(jwt, exchange, &wanted.scopes, host) {
                Verdict::Continue => {}
                Verdict::Respond(answer) => {
                    return Verdict::Respond(refuse_as(api.protocol, &answer, exchange));
                }
                held @ (Verdict::Call(_) | Verdict::Body | Verdict::Wait(_)) => return held,
            }
            forward_claims(route, exchange);
        }
        let metered = self.limits.meter(limits, &at, route.api_key_required, exchange, host);
        if let Err(stop) = metered {
            return halt(api.protocol, stop, exchange);
        }
        let Some(target) = route.targets.get(place.content.target) else {
            return Verdict::Respond(refuse(api.protocol, Fault::Internal, exchange));
        };
        if let (Some(canary), Variant::Base) = (canary, place.variant)
            && canary.shadows(exchange)
            && let Some(shadow) = shadow(api, canary, &place.path, exchange.request.method())
        {
            exchange.request.headers.set(SHADOW_HEADER, shadow);
        }
        target.apply(exchange, &place.path);
        if api.protocol == Protocol::Rest {
            exchange.request.headers.set("x-amzn-apigateway-api-id", &*api.id);
        }
        Verdict::Continue
    }

    fn found(&self, place: &Place) -> Option<Found<'_>> {
        let api = self.apis.get(place.api)?;
        let snapshot = api.snapshots.get(place.content.snapshot)?;
        let canary = api.stages.get(place.stage)?.canary.as_ref();
        Some(Found { api, snapshot, canary })
    }

    /// Notes what the gateway answers itself, where releases are compared.
    fn counted(
        &self,
        verdict: Verdict,
        notes: &Notes,
        exchange: &Exchange,
        host: &dyn Host,
    ) -> Verdict {
        if let Verdict::Respond(response) = &verdict {
            self.count(notes, exchange, response.status, host);
        }
        verdict
    }

    fn count(&self, notes: &Notes, exchange: &Exchange, status: u16, host: &dyn Host) {
        let Some(place) = &notes.place else { return };
        if let Some(Found { canary: Some(canary), .. }) = self.found(place) {
            let latency = host.now().since(exchange.arrived);
            canary.count(place.variant, status, latency, host);
        }
    }
}

impl Policy for Gateway {
    type Notes = Notes;

    fn needs(&self) -> Needs {
        let canaries = self.apis.iter().flat_map(|api| &api.stages).flat_map(|stage| &stage.canary);
        let source_address =
            self.limits.need_source_address() || { canaries }.any(Canary::needs_source_address);
        Needs { responses: true, source_address }
    }

    fn on_request(&self, notes: &mut Notes, exchange: &mut Exchange, host: &dyn Host) -> Verdict {
        let verdict = match self.enter(notes, exchange) {
            Ok(()) => self.go_on(notes, exchange, host),
            Err(response) => Verdict::Respond(response),
        };
        self.counted(verdict, notes, exchange, host)
    }

    fn on_wake(&self, notes: &mut Notes, exchange: &mut Exchange, host: &dyn Host) -> Verdict {
        let verdict = self.go_on(notes, exchange, host);
        self.counted(verdict, notes, exchange, host)
    }

    fn on_response(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        response: &mut Response,
        origin: &Origin,
        host: &dyn Host,
    ) -> Verdict {
        let api = notes.place.as_ref().and_then(|place| self.apis.get(place.api));
        let protocol = api.map_or(Protocol::Http, |api| api.protocol);
        match origin {
            Origin::Integration => {
                self.count(notes, exchange, response.status, host);
                fault::identify(protocol, &exchange.context, &mut response.headers);
                self.limits.tell(&notes.limits, &mut response.headers, host);
                Verdict::Continue
            }
            Origin::Proxy(details) => {
                let fault = fault::of_proxy(response.status, details);
                let answer = refuse(protocol, fault, exchange);
                self.count(notes, exchange, answer.status, host);
                Verdict::Respond(answer)
            }
        }
    }

    fn is_pressed(&self) -> bool {
        self.limits.is_pressed()
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
    fn authorizers(&self) -> impl Iterator<Item = (u32, &jwt::JwtAuthorizer)> {
        let snapshots = self.apis.iter().flat_map(|api| &api.snapshots);
        let all = snapshots.flat_map(|snapshot| &snapshot.authorizers);
        (0_u32..).zip(all.map(|(_, authorizer)| authorizer))
    }
}

impl Compile for Gateway {
    type Config = Definition;

    fn compile(definition: Definition) -> Result<Self, Invalid> {
        let apis = (definition.apis.iter())
            .map(|(id, api)| {
                let at = |invalid: Invalid| invalid.within(format!("apis.{id}"));
                check_id(id).map_err(at)?;
                Api::compile(id, api).map_err(at)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let selector = Selector::compile(&definition, &apis)?;
        let limits = Limits::compile(&definition, &apis)?;
        Ok(Self { apis, selector, limits })
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

/// How long the body says it is. A body that does not say is as long as it turns out to be.
fn declared_bytes(exchange: &Exchange) -> u64 {
    let Some(length) = exchange.request.headers.get("content-length") else { return 0 };
    std::str::from_utf8(length).ok().and_then(|length| length.parse().ok()).unwrap_or(u64::MAX)
}

/// The cluster that gets a copy of a request: that of the route by which the canary would have
/// answered it, if it has one.
fn shadow<'g>(api: &'g Api, canary: &Canary, path: &str, method: &[u8]) -> Option<&'g str> {
    let snapshot = api.snapshots.get(canary.place.snapshot)?;
    let route = snapshot.router.find(method, path.as_bytes())?.value;
    Some(route.targets.get(canary.place.target)?.cluster())
}

fn strip_control(exchange: &mut Exchange) {
    let headers = &mut exchange.request.headers;
    let sent: Vec<String> = headers
        .iter()
        .map(|(name, _)| name)
        .filter(|name| {
            CONTROL.iter().any(|prefix| {
                name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            })
        })
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    for name in sent {
        headers.remove(&name);
    }
}

fn forward_claims(route: &Route, exchange: &mut Exchange) {
    let Some(authorizer) = &exchange.context.authorizer else { return };
    for (header, claim) in &route.claims_to_headers {
        match authorizer.claims.get(claim) {
            Some(value) => exchange.request.headers.set(header, tollgate_policy::text(value)),
            None => exchange.request.headers.remove(header),
        }
    }
}

fn refuse(protocol: Protocol, fault: Fault, exchange: &mut Exchange) -> Response {
    exchange.context.error = Some(fault);
    fault::respond(protocol, fault, &exchange.context, None)
}

/// A request that a limit stops, for now or for good.
fn halt(protocol: Protocol, stop: Stop, exchange: &mut Exchange) -> Verdict {
    match stop {
        Stop::Wait(until) => Verdict::Wait(until),
        Stop::Refuse(fault, told) => {
            let mut response = refuse(protocol, fault, exchange);
            for (name, value) in told.iter() {
                if let Ok(name) = std::str::from_utf8(name) {
                    response.headers.set(name, value);
                }
            }
            Verdict::Respond(response)
        }
    }
}

/// An authorizer's refusal, in the words of the API's kind.
fn refuse_as(protocol: Protocol, answer: &Response, exchange: &mut Exchange) -> Response {
    let fault = exchange.context.error.unwrap_or(Fault::AuthorizerFailure);
    let challenge = answer.headers.get("www-authenticate");
    fault::respond(protocol, fault, &exchange.context, challenge)
}
