//! An answer on its way to the client: the integration's, or the gateway's own.

use tollgate_gateway_response::GatewayResponses;
use tollgate_lambda_proxy::{Bad, Progress};
use tollgate_policy::{Exchange, Fault, Host, Piece, Response, Verdict, vary_on};

use crate::definition::Protocol;
use crate::gateway::{Found, Gateway, Notes, latency};
use crate::integration::{Kind, Step};
use crate::snapshot::style;
use crate::{ids, outbound};

impl Gateway {
    /// Turns the integration's answer into what the client sees of it.
    pub(crate) fn answer(
        &self,
        notes: &Notes,
        exchange: &mut Exchange,
        response: &mut Response,
        is_whole: bool,
        host: &dyn Host,
    ) -> Verdict {
        let found = notes.place.as_ref().and_then(|place| {
            Some((&place.route.as_ref()?.integration, self.found(place)?.snapshot))
        });
        let Some((integration, snapshot)) = found else {
            self.mark(notes, exchange, response, host);
            return Verdict::Continue;
        };
        match integration.answer(exchange, response, snapshot, is_whole) {
            Step::GoOn => {}
            Step::Body => return Verdict::Body,
            Step::Respond(made) => {
                return Verdict::Respond(self.sign(notes, exchange, made, host));
            }
            Step::Refuse(fault) => {
                return Verdict::Respond(self.refuse_for(fault, notes, exchange, host));
            }
        }
        if let (Kind::Http(_), Some(trace)) = (&integration.kind, &exchange.context.trace_id) {
            response.headers.set("x-amzn-trace-id", trace);
        }
        self.mark(notes, exchange, response, host);
        if has_body_of_another(exchange, response) {
            return Verdict::Respond(without_body(response));
        }
        Verdict::Continue
    }

    /// Turns the reply to the call of a function into what the client sees of it.
    pub(crate) fn answer_of_function(
        &self,
        notes: &Notes,
        exchange: &mut Exchange,
        reply: Option<Response>,
        host: &dyn Host,
    ) -> Response {
        let found = notes.place.as_ref().and_then(|place| {
            let route = place.route.as_ref()?;
            let function = route.functions.get(place.content.target)?;
            Some((&route.integration, function, self.found(place)?.snapshot))
        });
        let Some((integration, function, snapshot)) = found else {
            return self.refuse_for(Fault::Internal, notes, exchange, host);
        };
        exchange.context.integration_status = reply.as_ref().map(|reply| reply.status);
        exchange.context.integration_latency = notes.sent.map(|at| host.now().since(at));
        match function.answer(exchange, reply, &snapshot.binary) {
            Ok(mut response) => {
                integration.answer_of_function(exchange, &mut response);
                if let (Protocol::Rest, Some(trace)) =
                    (snapshot.protocol, &exchange.context.trace_id)
                {
                    response.headers.set("x-amzn-trace-id", trace);
                }
                self.sign(notes, exchange, response, host)
            }
            Err(Bad { fault, reason }) => {
                exchange.context.integration_error = Some(reason.to_owned());
                self.refuse_for(fault, notes, exchange, host)
            }
        }
    }

    /// Reads what a function writes from now on as it comes.
    pub(crate) fn begin_stream(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        response: &Response,
        host: &dyn Host,
    ) -> Verdict {
        match self.function(notes).map(|function| function.begin(response)) {
            Some(Ok(stream)) => {
                notes.stream = Some(stream);
                Verdict::Continue
            }
            Some(Err(Bad { fault, reason })) => {
                exchange.context.integration_error = Some(reason.to_owned());
                Verdict::Respond(self.refuse_for(fault, notes, exchange, host))
            }
            None => Verdict::Respond(self.refuse_for(Fault::Internal, notes, exchange, host)),
        }
    }

    /// Turns a piece of what a function writes into what the client sees of it.
    pub(crate) fn stream(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        response: &mut Response,
        (piece, is_last): (&mut Vec<u8>, bool),
        host: &dyn Host,
    ) -> Piece {
        let progress = match &mut notes.stream {
            Some(stream) => stream.read(piece, is_last),
            None => Err(Bad { fault: Fault::Internal, reason: "nothing streams" }),
        };
        match progress {
            Ok(Progress::More) => Piece::Hold,
            Ok(Progress::GoesOn) => Piece::GoOn,
            Ok(Progress::Begun(head)) => {
                outbound::replace(&mut response.headers, &head.headers, |_| false);
                response.status = head.status;
                if let Some(trace) = &exchange.context.trace_id {
                    response.headers.set("x-amzn-trace-id", trace);
                }
                self.mark(notes, exchange, response, host);
                if has_body_of_another(exchange, response) {
                    return Piece::Respond(without_body(response));
                }
                Piece::GoOn
            }
            Err(Bad { fault, reason }) => {
                exchange.context.integration_error = Some(reason.to_owned());
                if exchange.context.status.is_some() {
                    // The head has gone on, so all that is left is to end it.
                    return Piece::Respond(Response::default());
                }
                Piece::Respond(self.refuse_for(fault, notes, exchange, host))
            }
        }
    }

    /// The answer to a fault.
    pub(crate) fn refuse_for(
        &self,
        fault: Fault,
        notes: &Notes,
        exchange: &mut Exchange,
        host: &dyn Host,
    ) -> Response {
        self.challenge(fault, None, notes, exchange, host)
    }

    /// The same, with what an authorizer asks for.
    pub(crate) fn challenge(
        &self,
        fault: Fault,
        challenge: Option<&[u8]>,
        notes: &Notes,
        exchange: &mut Exchange,
        host: &dyn Host,
    ) -> Response {
        let found = notes.place.as_ref().and_then(|place| self.found(place));
        let response = match found {
            Some(Found { snapshot, .. }) => snapshot.responses.respond(fault, exchange, challenge),
            None => GatewayResponses::standard(style(self.protocol(notes)))
                .respond(fault, exchange, challenge),
        };
        self.sign(notes, exchange, response, host)
    }

    /// An answer that the gateway makes itself, as it goes out.
    pub(crate) fn sign(
        &self,
        notes: &Notes,
        exchange: &mut Exchange,
        mut response: Response,
        host: &dyn Host,
    ) -> Response {
        if has_no_body(response.status) {
            response = without_body(&response);
        }
        self.mark(notes, exchange, &mut response, host);
        response
    }

    /// The answer to a preflight, which has said already who may read it.
    pub(crate) fn sign_preflight(
        &self,
        notes: &Notes,
        exchange: &mut Exchange,
        mut response: Response,
        host: &dyn Host,
    ) -> Response {
        self.identify(notes, exchange, &mut response);
        self.count(notes, exchange, response.status, host);
        response
    }

    /// What every answer says besides: whose it is, who may read it, and how the limits stand.
    fn mark(
        &self,
        notes: &Notes,
        exchange: &mut Exchange,
        response: &mut Response,
        host: &dyn Host,
    ) {
        self.identify(notes, exchange, response);
        let found = notes.place.as_ref().and_then(|place| self.found(place));
        if let Some(Found { snapshot, .. }) = found
            && let Some(cors) = &snapshot.cors
        {
            cors.mark(&exchange.request, &mut response.headers);
        }
        self.tell_caches(notes, exchange, response);
        self.limits.tell(&notes.limits, &mut response.headers, host);
        self.count(notes, exchange, response.status, host);
    }

    /// Tells a cache what the response depends on besides the path: what a rule of the domain looked at,
    /// and what chose between a stage and its canary. What chance chose is for nobody else.
    fn tell_caches(&self, notes: &Notes, exchange: &Exchange, response: &mut Response) {
        for name in self.selector.looks_at(&exchange.request) {
            vary_on(&mut response.headers, name);
        }
        let found = notes.place.as_ref().and_then(|place| self.found(place));
        let Some(canary) = found.and_then(|found| found.stage.canary.as_ref()) else { return };
        for name in &canary.looks_at {
            vary_on(&mut response.headers, name);
        }
        let says = |name| response.headers.get(name).is_some();
        let may_be_kept = says("cache-control") || says("expires");
        if canary.is_drawn && may_be_kept {
            response.headers.append("cache-control", "private");
        }
    }

    /// The header fields by which a caller and the operator can speak of the same request.
    fn identify(&self, notes: &Notes, exchange: &Exchange, response: &mut Response) {
        ids::tell(self.protocol(notes), &exchange.context, &mut response.headers);
    }

    /// Notes an answer, where releases are compared.
    fn count(&self, notes: &Notes, exchange: &mut Exchange, status: u16, host: &dyn Host) {
        exchange.context.status = Some(status);
        let Some(place) = &notes.place else { return };
        if let Some(Found { stage, .. }) = self.found(place)
            && let Some(canary) = &stage.canary
        {
            canary.count(place.variant, status, latency(exchange, host), host);
        }
    }
}

/// Whether what the integration sends after the head is not what the client waits for: it was asked by
/// another method, or has another status now. A body where the client expects none would be taken for
/// the next answer on the connection.
fn has_body_of_another(exchange: &Exchange, response: &Response) -> bool {
    let headers = &exchange.request.headers;
    let is_head = |method: Option<&[u8]>| method == Some(b"HEAD");
    let is_asked_otherwise = is_head(headers.arrived(":method")) != is_head(headers.get(":method"));
    let was = exchange.context.integration_status.unwrap_or(response.status);
    is_asked_otherwise || has_no_body(response.status) && !has_no_body(was)
}

/// RFC 9110 sections 15.3.5 and 15.4.5.
const fn has_no_body(status: u16) -> bool {
    matches!(status, 204 | 304)
}

/// The response, and nothing that speaks of a body.
fn without_body(response: &Response) -> Response {
    const ABOUT_THE_BODY: [&str; 4] =
        ["content-encoding", "content-length", "content-type", "transfer-encoding"];
    let mut headers = response.headers.clone();
    for name in ABOUT_THE_BODY {
        headers.remove(name);
    }
    Response { status: response.status, headers, body: Vec::new() }
}
