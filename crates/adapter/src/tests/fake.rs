//! A proxy that writes down what is asked of it, and a policy that says what it is told to.

use std::cell::{Cell, RefCell};
use std::collections::{HashSet, VecDeque};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use tollgate_policy::{
    Call, Conflict, Digest, Exchange, Expect, Fetch, Headers, Host, Kind, Level, Metric, Needs,
    Origin, Piece, Policy, Response, Shared, Timestamp, Verdict, Work,
};

use crate::proxy::{Field, Message, Proxy, Side};
use crate::stream::Stream;
use crate::wire;

/// A proxy that writes down what is asked of it. What reads is answered and not written down.
pub(super) struct Fake {
    pub(super) now: Cell<Timestamp>,
    pub(super) request: RefCell<Option<Vec<u8>>>,
    pub(super) response: RefCell<Option<Vec<u8>>>,
    pub(super) reply: RefCell<Option<Vec<u8>>>,
    pub(super) body: RefCell<Option<Vec<u8>>>,
    pub(super) property: RefCell<Option<Vec<u8>>>,
    /// The token of the next call, if it can be made.
    pub(super) token: Cell<Option<u32>>,
    /// The exchanges that the proxy does not know any more.
    pub(super) gone: RefCell<HashSet<u32>>,
    pub(super) timer: Cell<Duration>,
    did: RefCell<Vec<String>>,
}

impl Fake {
    pub(super) fn new() -> Self {
        Self {
            now: Cell::new(Timestamp::from_secs(1_000)),
            request: RefCell::new(map(&[(":method", "GET"), (":path", "/"), ("x-a", "1")])),
            response: RefCell::new(map(&[(":status", "200"), ("x-b", "2")])),
            reply: RefCell::new(map(&[(":status", "200")])),
            body: RefCell::new(None),
            property: RefCell::new(None),
            token: Cell::new(Some(7)),
            gone: RefCell::default(),
            timer: Cell::new(Duration::ZERO),
            did: RefCell::default(),
        }
    }

    /// What was asked of the proxy since this was last looked at.
    pub(super) fn did(&self) -> Vec<String> {
        self.did.take()
    }

    pub(super) fn pass(&self, time: Duration) {
        self.now.set(self.now.get().after(time));
    }

    fn note(&self, what: String) {
        self.did.borrow_mut().push(what);
    }
}

/// A header map as a proxy serializes it.
pub(super) fn map(fields: &[(&str, &str)]) -> Option<Vec<u8>> {
    wire::pairs(fields)
}

fn name(of: Message) -> &'static str {
    match of {
        Message::Request => "request",
        Message::Response => "response",
        Message::Reply => "reply",
    }
}

impl Proxy for Fake {
    fn now(&self) -> Timestamp {
        self.now.get()
    }

    fn uptime(&self) -> Duration {
        self.now.get().0
    }

    fn metric(&self, kind: Kind, name: &str) -> Option<Metric> {
        self.note(format!("metric {name}"));
        Some(Metric { kind, id: 0 })
    }

    fn record(&self, metric: Metric, value: u64) {
        self.note(format!("record {:?} {value}", metric.kind));
    }

    fn headers(&self, of: Message) -> Option<Vec<u8>> {
        match of {
            Message::Request => self.request.borrow().clone(),
            Message::Response => self.response.borrow().clone(),
            Message::Reply => self.reply.borrow().clone(),
        }
    }

    fn set_header(&self, of: Message, field: &[u8], value: &[u8]) {
        let (field, value) = (field.escape_ascii(), value.escape_ascii());
        self.note(format!("set {} {field}: {value}", name(of)));
    }

    fn add_header(&self, of: Message, field: &[u8], value: &[u8]) {
        let (field, value) = (field.escape_ascii(), value.escape_ascii());
        self.note(format!("add {} {field}: {value}", name(of)));
    }

    fn remove_header(&self, of: Message, field: &[u8]) {
        self.note(format!("remove {} {}", name(of), field.escape_ascii()));
    }

    fn body(&self, _: Message, size: usize) -> Option<Vec<u8>> {
        self.body.borrow().as_ref().and_then(|body| body.get(..size)).map(<[u8]>::to_vec)
    }

    fn set_body(&self, of: Message, size: usize, body: &[u8]) {
        let body = body.escape_ascii();
        self.note(format!("replace {size} bytes of {} by {body}", name(of)));
    }

    fn respond(&self, status: u16, _: &str, fields: &[Field<'_>], body: &[u8]) {
        let fields: String = fields
            .iter()
            .map(|(name, value)| format!(" [{}: {}]", name.escape_ascii(), value.escape_ascii()))
            .collect();
        self.note(
            format!("respond {status}{fields} {}", body.escape_ascii()).trim_end().to_owned(),
        );
    }

    fn resume(&self, side: Side) {
        self.note(format!("resume {}", name(side.into())));
    }

    fn call(&self, call: &Call) -> Option<u32> {
        let token = self.token.get();
        match token {
            Some(token) => self.note(format!("call {} as {token}", call.cluster)),
            None => self.note(format!("call {} in vain", call.cluster)),
        }
        self.token.set(token.map(|token| token + 1));
        token
    }

    fn property(&self, _: &str) -> Option<Vec<u8>> {
        self.property.borrow().clone()
    }

    fn set_property(&self, path: &str, value: &[u8]) {
        self.note(format!("property {path}: {}", value.escape_ascii()));
    }

    fn tick_every(&self, period: Duration) {
        self.timer.set(period);
    }

    fn enter(&self, context: u32) -> bool {
        !self.gone.borrow().contains(&context)
    }

    fn shared(&self, _: &str) -> Option<Shared> {
        None
    }

    fn share(&self, _: &str, _: &[u8], _: Expect) -> Result<(), Conflict> {
        Err(Conflict)
    }

    fn verify_signature(&self, _: Digest, _: &[u8], _: &[u8], _: &[u8]) -> Option<bool> {
        None
    }

    fn log(&self, _: Level, message: &str) {
        self.note(format!("log {message}"));
    }
}

/// A policy that says what it is told to, and [`Verdict::Continue`] when it was told nothing.
#[derive(Default)]
pub(super) struct Script {
    pub(super) verdicts: RefCell<VecDeque<Verdict>>,
    /// Said again and again, once the verdicts are used up.
    pub(super) at_last: Option<fn() -> Verdict>,
    pub(super) on_request: Option<fn(&mut Exchange)>,
    pub(super) on_request_body: Option<fn(&mut Vec<u8>)>,
    pub(super) on_response: Option<fn(&mut Response)>,
    /// What becomes of a piece of a body, if they are read one by one.
    pub(super) on_piece: Option<fn(&mut Response, &mut Vec<u8>) -> Piece>,
    pub(super) works: RefCell<VecDeque<Work>>,
    pub(super) needs: Needs,
    pub(super) pressed: Cell<bool>,
    /// Where the last request came from.
    pub(super) address: Cell<Option<IpAddr>>,
    seen: RefCell<Vec<String>>,
}

impl Script {
    pub(super) fn saying(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        Self {
            verdicts: RefCell::new(verdicts.into_iter().collect()),
            needs: Needs { responses: true, ..Needs::default() },
            ..Self::default()
        }
    }

    /// Which of the policy's methods were called since this was last looked at.
    pub(super) fn saw(&self) -> Vec<String> {
        self.seen.take()
    }

    fn say(&self, seen: String) -> Verdict {
        self.seen.borrow_mut().push(seen);
        let told = self.verdicts.borrow_mut().pop_front();
        told.unwrap_or_else(|| self.at_last.map_or(Verdict::Continue, |verdict| verdict()))
    }
}

fn text(reply: Option<Response>) -> String {
    reply.map_or("none".to_owned(), |reply| {
        format!("{} {}", reply.status, reply.body.escape_ascii()).trim_end().to_owned()
    })
}

impl Policy for Script {
    type Notes = ();

    fn needs(&self) -> Needs {
        self.needs
    }

    fn is_pressed(&self) -> bool {
        self.pressed.get()
    }

    fn on_end(&self, (): &mut (), exchange: &mut Exchange, _: &dyn Host) -> Option<String> {
        Some(format!("sent {:?}", exchange.context.response_length))
    }

    fn on_request(&self, (): &mut (), exchange: &mut Exchange, _: &dyn Host) -> Verdict {
        self.address.set(exchange.source_address);
        if let Some(edit) = self.on_request {
            edit(exchange);
        }
        self.say("request".to_owned())
    }

    fn on_request_body(
        &self,
        (): &mut (),
        _: &mut Exchange,
        body: &mut Vec<u8>,
        _: &dyn Host,
    ) -> Verdict {
        let seen = format!("request body {}", body.escape_ascii());
        if let Some(edit) = self.on_request_body {
            edit(body);
        }
        self.say(seen.trim_end().to_owned())
    }

    fn on_reply(
        &self,
        (): &mut (),
        _: &mut Exchange,
        reply: Option<Response>,
        _: &dyn Host,
    ) -> Verdict {
        self.say(format!("reply {}", text(reply)))
    }

    fn on_wake(&self, (): &mut (), _: &mut Exchange, _: &dyn Host) -> Verdict {
        self.say("wake".to_owned())
    }

    fn on_response(
        &self,
        (): &mut (),
        _: &mut Exchange,
        response: &mut Response,
        origin: &Origin,
        _: &dyn Host,
    ) -> Verdict {
        let seen = match origin {
            Origin::Integration => format!("response {}", response.status),
            Origin::Proxy(why) => format!("response {} of the proxy: {why}", response.status),
        };
        if let Some(edit) = self.on_response {
            edit(response);
        }
        self.say(seen)
    }

    fn on_response_body(
        &self,
        (): &mut (),
        _: &mut Exchange,
        response: &mut Response,
        _: &dyn Host,
    ) -> Verdict {
        self.say(format!("response body {}", response.body.escape_ascii()).trim_end().to_owned())
    }

    fn reads_pieces(&self, (): &()) -> bool {
        self.on_piece.is_some()
    }

    fn on_response_piece(
        &self,
        (): &mut (),
        _: &mut Exchange,
        response: &mut Response,
        piece: &mut Vec<u8>,
        is_last: bool,
        _: &dyn Host,
    ) -> Piece {
        let which = if is_last { "last piece" } else { "piece" };
        let seen = format!("{which} {}", piece.escape_ascii());
        self.seen.borrow_mut().push(seen.trim_end().to_owned());
        self.on_piece.map_or(Piece::Hold, |amend| amend(response, piece))
    }

    fn work(&self, _: &dyn Host) -> Work {
        self.works.borrow_mut().pop_front().unwrap_or_default()
    }

    fn on_fetched(&self, id: u32, reply: Option<Response>, _: &dyn Host) {
        self.seen.borrow_mut().push(format!("fetched {id} {}", text(reply)));
    }
}

/// The number of the exchange under test.
pub(super) const ID: u32 = 3;

pub(super) fn exchange(script: Script) -> (Stream<Script>, Rc<Script>, Fake) {
    let script = Rc::new(script);
    (Stream::new(ID, script.clone(), script.needs, 0), script, Fake::new())
}

pub(super) fn answer(status: u16) -> Verdict {
    Verdict::Respond(Response { status, ..Response::default() })
}

pub(super) fn call() -> Call {
    Call {
        cluster: "elsewhere".to_owned(),
        headers: Headers::new(),
        body: Vec::new(),
        timeout: Duration::from_secs(1),
    }
}

pub(super) fn ask() -> Verdict {
    Verdict::Call(call())
}

pub(super) fn fetch(id: u32) -> Work {
    Work { fetches: vec![Fetch { id, call: call() }], ..Work::default() }
}
