//! One exchange inside a proxy: a state machine that carries out verdicts.
//!
//! INVARIANT: a side is resumed only while it is held. Resuming a response that is not held
//! crashes Envoy 1.40, and nothing may be done to an exchange after it has been answered.

use std::net::IpAddr;
use std::rc::Rc;

use tollgate_policy::{
    Edit, Exchange, Fault, Headers, Needs, Origin, Piece, Policy, Request, Response,
    SOURCE_ADDRESS_HEADER, Timestamp, Verdict,
};

use crate::lent::Lent;
use crate::proxy::{Message, Proxy, Side};
use crate::{clean, wire};

/// What the proxy is to do with the message it has just shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Continue,
    Pause,
}

/// The most body bytes a policy can ask for: API Gateway's own limit on a payload.
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

/// Where the proxy's access log finds the line of an exchange, with its end: in the filter state
/// `wasm.tollgate.access_log`.
const LOG_LINE: &str = "tollgate.access_log";

/// How often a policy may ask for something that is there at once before it counts as stuck.
const MAX_VERDICTS: usize = 64;

/// One exchange inside a proxy.
pub(crate) struct Stream<P: Policy> {
    /// The proxy's number for the exchange.
    pub(crate) id: u32,
    policy: Rc<P>,
    needs: Needs,
    exchange: Exchange,
    notes: P::Notes,
    request: Progress,
    response: Progress,
    /// The response under judgement.
    answer: Response,
    origin: Origin,
    /// Whether the policy has judged the request, and may judge the response.
    met: bool,
    /// Whether the client has been answered from here.
    answered: bool,
    /// Whether a response from elsewhere has gone on to the client.
    went_on: bool,
    /// Whether the policy reads the body of the response as it comes.
    in_pieces: bool,
    /// What the exchange is held for since it was last asked.
    hold: Option<Hold>,
    sent: Sent,
}

/// What of the body that the client gets has passed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// All, whatever the answer will be.
    All,
    /// All, as long as the response goes on: an answer in its place goes past us.
    OfResponse,
    /// Not all. The proxy knows how much it was.
    Unseen,
}

/// What an exchange has come to be held for, and somebody else must see to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// The reply with this token.
    Call(u32),
    /// News, or the end of the wait.
    Wait,
}

/// How far one side of the exchange has come.
#[derive(Debug, Default)]
struct Progress {
    held: Held,
    /// How many bytes of the body are here.
    body_bytes: usize,
    /// Whether that is all of it.
    whole: bool,
}

/// What a side is held for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Held {
    /// It is not held: it has not come yet, or has gone on.
    #[default]
    No,
    Body,
    Piece,
    Call(u32),
    Wait(Timestamp),
}

impl<P: Policy> Stream<P> {
    pub(crate) fn new(id: u32, policy: Rc<P>, needs: Needs, nonce: u128) -> Self {
        Self {
            id,
            policy,
            needs,
            exchange: Exchange { nonce, ..Exchange::default() },
            notes: P::Notes::default(),
            request: Progress::default(),
            response: Progress::default(),
            answer: Response::default(),
            origin: Origin::Integration,
            met: false,
            answered: false,
            went_on: false,
            in_pieces: false,
            hold: None,
            sent: Sent::All,
        }
    }

    /// The head of the request is here.
    pub(crate) fn on_request_headers(&mut self, last: bool, proxy: &dyn Proxy) -> Action {
        let host = Lent::new(proxy);
        let Some(headers) = proxy.headers(Message::Request).and_then(wire::headers) else {
            return self.fail("the request's header fields cannot be read", proxy);
        };
        self.request.whole = last;
        self.exchange.request = Request { headers };
        self.exchange.is_bodiless = last;
        self.exchange.arrived = tollgate_policy::Host::now(&host);
        if self.needs.source_address {
            let asked = || wire::peer(&proxy.property("source\0address")?);
            self.exchange.source_address = self.told_address().or_else(asked);
        }
        self.met = true;
        let verdict = self.policy.on_request(&mut self.notes, &mut self.exchange, &host);
        self.carry_out(verdict, Side::Request, proxy)
    }

    /// The head of the response is here.
    pub(crate) fn on_response_headers(&mut self, last: bool, proxy: &dyn Proxy) -> Action {
        // A request that was still held will never go on: it has been answered for us.
        self.request.held = Held::No;
        if self.answered || !self.met || !self.needs.responses {
            return Action::Continue;
        }
        self.sent = Sent::OfResponse;
        let Some(headers) = proxy.headers(Message::Response).and_then(wire::headers) else {
            return self.fail("the response's header fields cannot be read", proxy);
        };
        let status = status(&headers).unwrap_or(500);
        self.response.whole = last;
        // Of a gRPC call the proxy says in another field that it has made the response up.
        let is_grpc = headers.get("grpc-status").is_some();
        self.origin = origin(status, is_grpc, proxy);
        self.answer = Response { status, headers, body: Vec::new() };
        let host = Lent::new(proxy);
        let verdict = self.policy.on_response(
            &mut self.notes,
            &mut self.exchange,
            &mut self.answer,
            &self.origin,
            &host,
        );
        self.carry_out(verdict, Side::Response, proxy)
    }

    /// The client's address, where the proxy tells it by itself.
    fn told_address(&self) -> Option<IpAddr> {
        let mut told = self.exchange.request.headers.get_all(SOURCE_ADDRESS_HEADER);
        let address = told.next().filter(|_| self.needs.source_address_is_told)?;
        if told.next().is_some() {
            return None;
        }
        std::str::from_utf8(address).ok()?.parse().ok()
    }

    /// More of a body is here: `size` bytes in all.
    pub(crate) fn on_body(
        &mut self,
        side: Side,
        size: usize,
        last: bool,
        proxy: &dyn Proxy,
    ) -> Action {
        if side == Side::Response && self.in_pieces {
            return self.on_piece(size, last, proxy);
        }
        let progress = self.progress(side);
        match progress.held {
            Held::No => {
                // What passes is here one piece at a time.
                progress.body_bytes = progress.body_bytes.saturating_add(size);
                let is_too_long = side == Side::Request && progress.body_bytes > MAX_BODY_BYTES;
                if is_too_long && self.needs.bounded_bodies && !self.answered {
                    if self.went_on {
                        // The client has been answered, so all that is left is to end it.
                        self.answered = true;
                        proxy.respond(413, "tollgate", &[], b"");
                        return Action::Pause;
                    }
                    return self.refuse_body(side, proxy);
                }
                Action::Continue
            }
            Held::Body | Held::Piece | Held::Call(_) | Held::Wait(_) => {
                progress.body_bytes = progress.body_bytes.max(size);
                progress.whole |= last;
                if progress.body_bytes > MAX_BODY_BYTES {
                    return self.refuse_body(side, proxy);
                }
                self.on_whole_body(side, proxy)
            }
        }
    }

    /// The trailers of a message are here, so its body is whole.
    pub(crate) fn on_trailers(&mut self, side: Side, proxy: &dyn Proxy) -> Action {
        if side == Side::Response && self.in_pieces {
            // What is held is here still; what has gone on is not.
            let size = if self.response.held == Held::Piece { self.response.body_bytes } else { 0 };
            return self.on_piece(size, true, proxy);
        }
        let progress = self.progress(side);
        if progress.held == Held::No {
            return Action::Continue;
        }
        progress.whole = true;
        self.on_whole_body(side, proxy)
    }

    /// More of a body is here that the policy reads as it comes: all that has not gone on.
    fn on_piece(&mut self, size: usize, last: bool, proxy: &dyn Proxy) -> Action {
        if self.answered {
            return Action::Continue;
        }
        self.response.body_bytes = size;
        self.sent = Sent::Unseen;
        let read = if size == 0 { Some(Vec::new()) } else { proxy.body(Message::Response, size) };
        let Some(mut piece) = read.filter(|_| size <= MAX_BODY_BYTES) else {
            return self.break_off(proxy);
        };
        let host = Lent::new(proxy);
        let verdict = self.policy.on_response_piece(
            &mut self.notes,
            &mut self.exchange,
            &mut self.answer,
            &mut piece,
            last,
            &host,
        );
        match verdict {
            // There is nothing to put it into.
            Piece::GoOn if size == 0 && !piece.is_empty() => self.break_off(proxy),
            Piece::GoOn => {
                if size > 0 {
                    proxy.set_body(Message::Response, size, &piece);
                }
                if self.response.held == Held::Piece {
                    self.response.held = Held::No;
                    self.went_on = true;
                    self.write_back(Side::Response, proxy);
                }
                Action::Continue
            }
            Piece::Hold if last => self.break_off(proxy),
            Piece::Hold => Action::Pause,
            Piece::Respond(response) if !self.went_on => self.respond(&response, proxy),
            Piece::Respond(_) => self.break_off(proxy),
        }
    }

    /// Ends a response that cannot go on: with an answer, or else with nothing more.
    fn break_off(&mut self, proxy: &dyn Proxy) -> Action {
        if !self.went_on {
            return self.refuse(Fault::Internal, proxy);
        }
        // INVARIANT: the head has gone out, so that the proxy resets the stream.
        self.answered = true;
        proxy.respond(500, "tollgate", &[], b"");
        Action::Pause
    }

    fn on_whole_body(&mut self, side: Side, proxy: &dyn Proxy) -> Action {
        let progress = self.progress(side);
        if progress.held != Held::Body || !progress.whole {
            return Action::Pause;
        }
        let verdict = self.judge_body(side, proxy);
        self.carry_out(verdict, side, proxy)
    }

    /// The exchange is over.
    pub(crate) fn on_end(&mut self, proxy: &dyn Proxy) {
        if !self.met || !self.needs.endings {
            return;
        }
        if self.needs.response_length {
            let is_seen = self.sent != Sent::Unseen && self.response.held == Held::No;
            self.exchange.context.response_length = if is_seen {
                u64::try_from(self.response.body_bytes).ok()
            } else {
                proxy.property("response\0size").and_then(|size| wire::number(&size))
            };
        }
        if self.exchange.context.status.is_none() {
            // What the proxy has answered without asking.
            let code = proxy.property("response\0code");
            let code = code.and_then(|code| wire::number(&code)?.try_into().ok());
            self.exchange.context.status = code.filter(|code| *code != 0);
        }
        let host = Lent::new(proxy);
        let line = self.policy.on_end(&mut self.notes, &mut self.exchange, &host);
        if let Some(mut line) = line {
            line.push('\n');
            proxy.set_property(LOG_LINE, line.as_bytes());
        }
    }

    /// The call of this token has come back, with or without a reply.
    pub(crate) fn on_reply(&mut self, token: u32, reply: Option<Response>, proxy: &dyn Proxy) {
        let Some(side) = self.side_held(|held| held == Held::Call(token)) else { return };
        let host = Lent::new(proxy);
        let verdict = self.policy.on_reply(&mut self.notes, &mut self.exchange, reply, &host);
        self.resume(verdict, side, proxy);
    }

    /// What the exchange has come to be held for since this was last asked.
    pub(crate) fn take_hold(&mut self) -> Option<Hold> {
        self.hold.take()
    }

    /// Too many wait already.
    pub(crate) fn turn_away(&mut self, proxy: &dyn Proxy) {
        self.refuse(Fault::Overloaded, proxy);
    }

    /// Until when the exchange waits, if it does.
    pub(crate) fn waits_until(&self) -> Option<Timestamp> {
        [&self.request, &self.response].into_iter().find_map(|progress| match progress.held {
            Held::Wait(until) => Some(until),
            Held::No | Held::Body | Held::Piece | Held::Call(_) => None,
        })
    }

    /// The call whose reply the exchange is held for, if it is.
    pub(crate) fn awaited_call(&self) -> Option<u32> {
        [&self.request, &self.response].into_iter().find_map(|progress| match progress.held {
            Held::Call(token) => Some(token),
            Held::No | Held::Body | Held::Piece | Held::Wait(_) => None,
        })
    }

    /// What the exchange waits for may have come, or the wait is over.
    pub(crate) fn on_wake(&mut self, proxy: &dyn Proxy) {
        let Some(side) = self.side_held(|held| matches!(held, Held::Wait(_))) else { return };
        let host = Lent::new(proxy);
        let verdict = self.policy.on_wake(&mut self.notes, &mut self.exchange, &host);
        self.resume(verdict, side, proxy);
    }

    fn side_held(&self, wanted: impl Fn(Held) -> bool) -> Option<Side> {
        if wanted(self.request.held) {
            Some(Side::Request)
        } else if wanted(self.response.held) {
            Some(Side::Response)
        } else {
            None
        }
    }

    /// Carries out a verdict outside the proxy's own callback for that side.
    fn resume(&mut self, verdict: Verdict, side: Side, proxy: &dyn Proxy) {
        match self.carry_out(verdict, side, proxy) {
            Action::Continue => proxy.resume(side),
            Action::Pause => {}
        }
    }

    fn carry_out(&mut self, verdict: Verdict, side: Side, proxy: &dyn Proxy) -> Action {
        let mut verdict = verdict;
        for _ in 0..MAX_VERDICTS {
            let held = match verdict {
                Verdict::Continue if side == Side::Response && self.begins_pieces() => {
                    self.in_pieces = true;
                    self.response.held = Held::Piece;
                    if self.response.whole {
                        return self.on_piece(0, true, proxy);
                    }
                    return Action::Pause;
                }
                Verdict::Continue => {
                    self.progress(side).held = Held::No;
                    self.went_on |= side == Side::Response;
                    self.write_back(side, proxy);
                    return Action::Continue;
                }
                Verdict::Respond(response) => return self.respond(&response, proxy),
                Verdict::Body if self.progress(side).whole => {
                    verdict = self.judge_body(side, proxy);
                    continue;
                }
                Verdict::Body if side == Side::Response && self.announces_too_much() => {
                    return self.refuse_body(side, proxy);
                }
                Verdict::Body => Held::Body,
                Verdict::Wait(until) => Held::Wait(until),
                Verdict::Call(call) => match proxy.call(&call) {
                    Some(token) => Held::Call(token),
                    None => {
                        let (host, exchange) = (Lent::new(proxy), &mut self.exchange);
                        verdict = self.policy.on_reply(&mut self.notes, exchange, None, &host);
                        continue;
                    }
                },
            };
            self.hold = match held {
                Held::Call(token) => Some(Hold::Call(token)),
                Held::Wait(_) => Some(Hold::Wait),
                Held::No | Held::Body | Held::Piece => None,
            };
            self.progress(side).held = held;
            return Action::Pause;
        }
        self.fail("the policy goes round in circles", proxy)
    }

    /// Whether the policy reads from now on as it comes what a response holds.
    fn begins_pieces(&self) -> bool {
        !self.in_pieces && self.policy.reads_pieces(&self.notes)
    }

    /// Whether the response says that it is longer than what may be held.
    fn announces_too_much(&self) -> bool {
        let length = self.answer.headers.get("content-length");
        let length = length.and_then(|length| std::str::from_utf8(length).ok()?.parse().ok());
        length.is_some_and(|length: usize| length > MAX_BODY_BYTES)
    }

    fn judge_body(&mut self, side: Side, proxy: &dyn Proxy) -> Verdict {
        let size = self.progress(side).body_bytes;
        let mut body = Vec::new();
        if size > 0 {
            let Some(bytes) = proxy.body(side.into(), size) else {
                let host = Lent::new(proxy);
                let (notes, exchange) = (&mut self.notes, &mut self.exchange);
                let response = self.policy.refuse(notes, exchange, Fault::Internal, &host);
                return Verdict::Respond(response);
            };
            body = bytes;
        }
        let host = Lent::new(proxy);
        let (policy, notes, exchange) = (&self.policy, &mut self.notes, &mut self.exchange);
        match side {
            Side::Request => {
                let before = body.clone();
                let verdict = policy.on_request_body(notes, exchange, &mut body, &host);
                if body != before {
                    proxy.set_body(Message::Request, size, &body);
                    resize(&mut self.exchange.request.headers, body.len());
                    self.request.body_bytes = body.len();
                }
                verdict
            }
            Side::Response => {
                let before = body.clone();
                self.answer.body = body;
                let verdict = policy.on_response_body(notes, exchange, &mut self.answer, &host);
                if self.answer.body != before {
                    proxy.set_body(Message::Response, size, &self.answer.body);
                    resize(&mut self.answer.headers, self.answer.body.len());
                    self.response.body_bytes = self.answer.body.len();
                }
                verdict
            }
        }
    }

    fn write_back(&mut self, side: Side, proxy: &dyn Proxy) {
        match side {
            Side::Request => write(&mut self.exchange.request.headers, Message::Request, proxy),
            Side::Response => {
                if status(&self.answer.headers) != Some(self.answer.status) {
                    let status = clean::status(self.answer.status).to_string();
                    self.answer.headers.set(":status", status);
                }
                write(&mut self.answer.headers, Message::Response, proxy);
            }
        }
    }

    fn respond(&mut self, response: &Response, proxy: &dyn Proxy) -> Action {
        self.request.held = Held::No;
        self.response.held = Held::No;
        if !self.answered {
            self.answered = true;
            if self.sent == Sent::OfResponse {
                self.sent = Sent::Unseen;
            }
            let fields: Vec<_> = response
                .headers
                .iter()
                .filter(|(name, _)| clean::is_name(name) && !name.starts_with(b":"))
                .map(|(name, value)| (name, clean::value(value)))
                .collect();
            proxy.respond(clean::status(response.status), "tollgate", &fields, &response.body);
        }
        Action::Pause
    }

    fn refuse_body(&mut self, side: Side, proxy: &dyn Proxy) -> Action {
        let fault = match side {
            Side::Request => Fault::RequestTooLarge,
            Side::Response => Fault::Internal,
        };
        self.refuse(fault, proxy)
    }

    fn refuse(&mut self, fault: Fault, proxy: &dyn Proxy) -> Action {
        let host = Lent::new(proxy);
        let (notes, exchange) = (&mut self.notes, &mut self.exchange);
        let response = self.policy.refuse(notes, exchange, fault, &host);
        self.respond(&response, proxy)
    }

    fn fail(&mut self, why: &str, proxy: &dyn Proxy) -> Action {
        proxy.log(tollgate_policy::Level::Error, why);
        self.refuse(Fault::Internal, proxy)
    }

    fn progress(&mut self, side: Side) -> &mut Progress {
        match side {
            Side::Request => &mut self.request,
            Side::Response => &mut self.response,
        }
    }
}

/// The status that a response says it has.
fn status(headers: &Headers) -> Option<u16> {
    std::str::from_utf8(headers.get(":status")?).ok()?.parse().ok()
}

/// Says how long a body is now, and nothing else about its length.
fn resize(headers: &mut Headers, bytes: usize) {
    headers.remove("transfer-encoding");
    headers.set("content-length", bytes.to_string());
}

fn write(headers: &mut Headers, message: Message, proxy: &dyn Proxy) {
    for edit in headers.edits() {
        match edit {
            Edit::Set(name, value) if clean::is_name(name) => {
                proxy.set_header(message, name, &clean::value(value));
            }
            Edit::Append(name, value) if clean::is_name(name) => {
                proxy.add_header(message, name, &clean::value(value));
            }
            Edit::Remove(name) => proxy.remove_header(message, name),
            Edit::Set(..) | Edit::Append(..) => {}
        }
    }
    headers.settle();
}

/// Who made a response. Only the statuses a proxy makes up by itself are worth asking about.
fn origin(status: u16, is_grpc: bool, proxy: &dyn Proxy) -> Origin {
    if !is_grpc
        && !matches!(status, 400 | 404 | 408 | 413 | 426 | 429 | 431 | 500 | 502 | 503 | 504)
    {
        return Origin::Integration;
    }
    match proxy.property("response\0code_details") {
        Some(details) if details != b"via_upstream" => {
            Origin::Proxy(String::from_utf8_lossy(&details).into_owned())
        }
        Some(_) | None => Origin::Integration,
    }
}
