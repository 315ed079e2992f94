//! A request on its way through the gateway: from its route to its integration.

use tollgate_canary::Variant;
use tollgate_lambda::event::Source;
use tollgate_lambda_proxy::LambdaProxy;
use tollgate_mapping::Scene;
use tollgate_payload::{Coding, Conversion, NotBase64, Undecodable};
use tollgate_policy::{Call, Exchange, Fault, Host, Request, Verdict, text};

use crate::api::Api;
use crate::canary::Canary;
use crate::definition::{Protocol, ResponseTransferMode};
use crate::entry::MAX_HEAD_BYTES;
use crate::gateway::{Awaits, Found, Gateway, Notes, Place};
use crate::integration::{JSON, Kind, Step};
use crate::limits::{self, Stop};
use crate::route::Route;
use crate::snapshot::Snapshot;
use crate::target::{CLUSTER_HEADER, TIMEOUT_HEADER};
use crate::{outbound, path, trace};

/// How long the path with the query, and all values of header fields together, may become: twice what a
/// client may send, and what servers commonly take.
const MAX_MAPPED_BYTES: usize = 2 * MAX_HEAD_BYTES;

/// The header field by which the proxy is told who gets a copy of a request.
pub const SHADOW_HEADER: &str = "x-tollgate-shadow-cluster";

/// The header field by which the proxy is told to compress the response, from this size on.
pub const COMPRESSION_HEADER: &str = "x-tollgate-compression";

/// The header field by which the proxy is told that the response comes little by little, and its value.
pub const TRANSFER_HEADER: &str = "x-tollgate-transfer";
/// The value of [`TRANSFER_HEADER`].
pub const STREAM: &str = "stream";

/// The header field by which the proxy is told the event of a request without a body.
pub const EVENT_HEADER: &str = "x-tollgate-event";
/// How long that may be: what the adapter lets through in one field. It is made of the head of a request,
/// in which all stands twice, and of what is known of the caller. What is longer is refused.
const MAX_EVENT_BYTES: usize = 60 * 1024;

/// API Gateway's limit on a payload, and on what it becomes once it is decoded: no bomb goes off.
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

impl Gateway {
    /// Authorizes the request and turns it to its integration. Entered again after every wait, and with
    /// the body once that is there.
    pub(crate) fn go_on(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        body: Option<&mut Vec<u8>>,
        host: &dyn Host,
    ) -> Verdict {
        if let Some(verdict) = self.admit(notes, exchange, body.as_deref().map(Vec::as_slice), host)
        {
            return verdict;
        }
        match self.read(notes, exchange, body, host) {
            Ok(verdict) => verdict,
            Err(fault) => Verdict::Respond(self.refuse_for(fault, notes, exchange, host)),
        }
    }

    /// Lets the request through to its integration, or says what comes in between.
    fn admit(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        body: Option<&[u8]>,
        host: &dyn Host,
    ) -> Option<Verdict> {
        self.throttle(notes, exchange, host)
            .or_else(|| self.authorize(notes, exchange, body, host))
            .or_else(|| self.meter(notes, exchange, host))
    }

    /// Takes off what the body is coded in, and turns the request to its integration. A signature is of
    /// the body as it came.
    fn read(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        mut body: Option<&mut Vec<u8>>,
        host: &dyn Host,
    ) -> Result<Verdict, Fault> {
        if let Some(body) = body.as_deref_mut() {
            self.decode(notes, exchange, body)?;
        }
        self.prepare(notes, exchange, body, host)
    }

    /// Asks the limits that take no knowledge of the caller.
    pub(crate) fn throttle(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        host: &dyn Host,
    ) -> Option<Verdict> {
        let Some((at, _)) = self.at(notes) else {
            return Some(Verdict::Respond(self.refuse_for(Fault::Internal, notes, exchange, host)));
        };
        let stop = self.limits.throttle(&mut notes.limits, &at, exchange, host).err()?;
        Some(self.halt(stop, notes, exchange, host))
    }

    /// Asks for the caller's key, and the limits of its plan.
    pub(crate) fn meter(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        host: &dyn Host,
    ) -> Option<Verdict> {
        let Some((at, needs_key)) = self.at(notes) else {
            return Some(Verdict::Respond(self.refuse_for(Fault::Internal, notes, exchange, host)));
        };
        let stop = self.limits.meter(&mut notes.limits, &at, needs_key, exchange, host).err()?;
        Some(self.halt(stop, notes, exchange, host))
    }

    /// What the request falls under, as far as its route goes, and whether that needs a key.
    fn at(&self, notes: &Notes) -> Option<(limits::Place, bool)> {
        let place = notes.place.as_ref()?;
        let (found, route) = (self.found(place)?, place.route.as_ref()?);
        let source = found.snapshot.api_key_source;
        let at = limits::Place { api: place.api, stage: place.stage, route: route.number, source };
        Some((at, route.api_key_required))
    }

    /// Checks what is sent, and turns the request to its integration.
    pub(crate) fn prepare(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        body: Option<&mut Vec<u8>>,
        host: &dyn Host,
    ) -> Result<Verdict, Fault> {
        let place = notes.place.as_ref().ok_or(Fault::Internal)?;
        let Found { api, stage, snapshot } = self.found(place).ok_or(Fault::Internal)?;
        let route = place.route.as_ref().ok_or(Fault::Internal)?;
        if let Some(validator) = route.validator.as_ref().filter(|_| !notes.is_checked)
            && let Err(missing) = validator.check_parameters(exchange)
        {
            exchange.context.error_message = Some(missing);
            return Err(Fault::BadRequestParameters);
        }
        notes.is_checked = true;
        let validator = route.validator.as_ref().filter(|it| it.needs_body(exchange));
        let is_coded = api.protocol == Protocol::Rest
            && match Coding::of(&exchange.request.headers) {
                Coding::Identity => false,
                Coding::Gzip | Coding::Deflate => true,
                Coding::Unknown => return Err(Fault::UnsupportedMediaType),
            };
        let conversion = match route.integration.handling {
            None => Conversion::None,
            handling @ Some(_) => {
                let said = exchange.request.headers.get("content-type");
                let is_binary = snapshot.binary.contain(said.unwrap_or(JSON.as_bytes()));
                Conversion::of_request(is_binary, handling)
            }
        };
        let needs_body = validator.is_some()
            || is_coded
            || conversion != Conversion::None
            || matches!(route.integration.kind, Kind::Lambda(_))
            || route.integration.request.needs_body();
        if needs_body && body.is_none() {
            return Ok(Verdict::Body);
        }
        if let (Some(validator), Some(body)) = (validator, body.as_deref())
            && let Err(wrong) = validator.check_body(exchange, body)
        {
            exchange.context.validation_error = Some(wrong);
            return Err(Fault::BadRequestBody);
        }
        if let Some(function) = route.functions.get(place.content.target) {
            let body = body.ok_or(Fault::Internal)?;
            let call = call(function, route, place, snapshot, exchange, body)?;
            notes.sent = Some(host.now());
            if function.streams() {
                hand_over(call, exchange, body)?;
                return Ok(Verdict::Continue);
            }
            notes.awaits = Awaits::Function;
            return Ok(Verdict::Call(call));
        }
        match route.integration.mock(exchange) {
            None => {}
            Some(Step::Respond(response)) => {
                return Ok(Verdict::Respond(self.sign(notes, exchange, response, host)));
            }
            Some(Step::Refuse(fault)) => return Err(fault),
            Some(Step::GoOn | Step::Body) => return Err(Fault::Internal),
        }
        let target = route.targets.get(place.content.target).ok_or(Fault::Internal)?;
        let scene = Scene::new(exchange).with_path(&place.path);
        let scene = if let Some(body) = body.as_deref() { scene.with_body(body) } else { scene };
        let changes = route.integration.request.changes(&scene);
        if let Some(body) = body.filter(|_| conversion != Conversion::None) {
            *body = conversion.apply(body).map_err(|NotBase64| Fault::Internal)?;
        }
        if let (Some(canary), Variant::Base) = (&stage.canary, place.variant)
            && canary.shadows(exchange)
            && let Some(shadow) = shadow(api, canary, &place.path, exchange.request.method())
        {
            exchange.request.headers.set(SHADOW_HEADER, shadow);
        }
        let query = exchange.request.query().map(<[u8]>::to_vec);
        let query = match (&route.integration.kind, api.protocol) {
            (Kind::Http(_), _) => {
                outbound::begin_anew(&mut exchange.request.headers);
                forward_claims(route, exchange);
                None
            }
            (_, Protocol::Rest) => {
                outbound::drop_unwanted(&mut exchange.request.headers);
                query
            }
            (_, Protocol::Http) => query,
        };
        let query = changes.apply(&mut exchange.request.headers, query.as_deref());
        target.apply(exchange, &place.path, &changes, query.as_deref());
        check_mapped(&exchange.request)?;
        trace::go_on(exchange);
        if api.protocol == Protocol::Rest {
            outbound::introduce(&mut exchange.request.headers, &api.id);
        }
        let mode = route.integration.mode;
        let reads_answer = route.integration.reads_answer()
            || api.protocol == Protocol::Rest && !snapshot.binary.is_empty();
        if mode == ResponseTransferMode::Stream {
            exchange.request.headers.set(TRANSFER_HEADER, STREAM);
        } else if reads_answer {
            // In a coding it could not be read.
            exchange.request.headers.remove("accept-encoding");
        } else if let Some(compression) = &snapshot.compression
            && accepts_gzip(exchange)
        {
            exchange.request.headers.set(COMPRESSION_HEADER, compression);
            if exchange.request.headers.get("accept-encoding").is_none() {
                exchange.request.headers.set("accept-encoding", "gzip");
            }
        }
        notes.sent = Some(host.now());
        Ok(Verdict::Continue)
    }

    /// Takes away what the body of a request to a REST API is coded in.
    pub(crate) fn decode(
        &self,
        notes: &Notes,
        exchange: &mut Exchange,
        body: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let coding = Coding::of(&exchange.request.headers);
        if self.protocol(notes) == Protocol::Http || coding == Coding::Identity {
            return Ok(());
        }
        if !body.is_empty() {
            *body = coding.decode(body, MAX_BODY_BYTES).map_err(|why| match why {
                Undecodable::Malformed => Fault::UnsupportedMediaType,
                Undecodable::TooLarge => Fault::RequestTooLarge,
            })?;
        }
        exchange.request.headers.remove("content-encoding");
        Ok(())
    }

    /// A request that a limit stops, for now or for good.
    fn halt(&self, stop: Stop, notes: &Notes, exchange: &mut Exchange, host: &dyn Host) -> Verdict {
        match stop {
            Stop::Wait(until) => Verdict::Wait(until),
            Stop::Refuse(fault, told) => {
                let mut response = self.refuse_for(fault, notes, exchange, host);
                for (name, value) in told.iter() {
                    if let Ok(name) = std::str::from_utf8(name) {
                        response.headers.set(name, value);
                    }
                }
                Verdict::Respond(response)
            }
        }
    }
}

/// Turns a request into the call of a function whose answer comes as a stream. The proxy makes a body of
/// an event where the request has none, which no filter of ours can.
fn hand_over(call: Call, exchange: &mut Exchange, body: &mut Vec<u8>) -> Result<(), Fault> {
    let headers = &mut exchange.request.headers;
    outbound::say(headers, &call.headers);
    headers.set(CLUSTER_HEADER, &call.cluster);
    headers.set(TIMEOUT_HEADER, call.timeout.as_millis().to_string());
    headers.set(TRANSFER_HEADER, STREAM);
    if !body.is_empty() {
        *body = call.body;
    } else if call.body.len() <= MAX_EVENT_BYTES {
        headers.set(EVENT_HEADER, call.body);
    } else {
        return Err(Fault::HeadersTooLarge);
    }
    Ok(())
}

/// The call that hands a request to a function.
fn call(
    function: &LambdaProxy,
    route: &Route,
    place: &Place,
    snapshot: &Snapshot,
    exchange: &mut Exchange,
    body: &[u8],
) -> Result<Call, Fault> {
    let changes = {
        let scene = Scene::new(exchange).with_path(&place.path).with_body(body);
        route.integration.request.changes(&scene)
    };
    // Of an event only header fields are changed.
    let _ = changes.apply(&mut exchange.request.headers, None);
    check_mapped(&exchange.request)?;
    trace::begin(exchange);
    let source = Source { exchange, path: &place.path };
    Ok(function.call(source, body, &snapshot.binary))
}

/// What a mapping has made of a request must still be one: it is never cut, since what would be lost may
/// be what the gateway says.
fn check_mapped(request: &Request) -> Result<(), Fault> {
    if !path::is_plain(request.path()) {
        return Err(Fault::BadRequest);
    }
    if request.target().len() > MAX_MAPPED_BYTES {
        return Err(Fault::UriTooLong);
    }
    if request.headers.most_bytes() <= MAX_MAPPED_BYTES {
        return Ok(());
    }
    let fields = request.headers.iter().filter(|(name, _)| !name.starts_with(b":"));
    let bytes = fields.fold(0_usize, |sum, (_, value)| sum.saturating_add(value.len()));
    if bytes > MAX_MAPPED_BYTES { Err(Fault::HeadersTooLarge) } else { Ok(()) }
}

/// Whether the client says that it takes gzip. API Gateway takes neither silence nor `*` for that.
fn accepts_gzip(exchange: &Exchange) -> bool {
    exchange.request.headers.arrived("accept-encoding").is_some_and(|value| {
        let codings = value.split(|byte| *byte == b',');
        let name = |coding: &[u8]| {
            let end = coding.iter().position(|byte| *byte == b';').unwrap_or(coding.len());
            coding.get(..end).unwrap_or_default().trim_ascii().eq_ignore_ascii_case(b"gzip")
        };
        { codings }.any(name)
    })
}

/// The cluster that gets a copy of a request: that of the route by which the canary would have
/// answered it, if it has one.
fn shadow<'g>(api: &'g Api, canary: &Canary, path: &str, method: &[u8]) -> Option<&'g str> {
    let snapshot = api.snapshots.get(canary.place.snapshot)?;
    let route = snapshot.router.find(method, path.as_bytes())?.value;
    Some(route.targets.get(canary.place.target)?.cluster())
}

pub(crate) fn forward_claims(route: &Route, exchange: &mut Exchange) {
    let Some(authorizer) = &exchange.context.authorizer else { return };
    for (header, claim) in &route.claims_to_headers {
        match authorizer.claims.get(claim) {
            Some(value) => exchange.request.headers.set(header, text(value)),
            None => exchange.request.headers.remove(header),
        }
    }
}
