//! What all exchanges of one worker share: the policy, its fetches, and who waits for what.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::time::Duration;

use tollgate_policy::{Host, Level, Needs, Policy, Response, Timestamp};

use crate::lent::Lent;
use crate::proxy::{Message, Proxy};
use crate::stream::{Hold, Stream};
use crate::wire;

/// How many exchanges of one worker may wait for a fetch. Those beyond are refused at once: they
/// hold memory and connections, and whoever can make a fetch slow could otherwise pile them up.
const MAX_WAITING: usize = 1_024;

/// How often those who wait are looked at, besides when a fetch comes back: the answer may have
/// been fetched by another worker.
const WAITING_TICK: Duration = Duration::from_millis(10);

/// The shortest interval of a proxy's timer, which counts in milliseconds: anything less would read
/// as zero and stop it, and nobody who waits would ever be woken.
const MIN_TICK: Duration = Duration::from_millis(1);

/// The most body bytes a reply may have: API Gateway's own limit on a payload.
const MAX_REPLY_BYTES: usize = 10 * 1024 * 1024;

/// The hub of one worker's exchanges under one configuration.
pub(crate) struct Hub<P: Policy> {
    pub(crate) policy: Rc<P>,
    pub(crate) needs: Needs,
    /// The context whose timer drives the hub.
    root: u32,
    calls: RefCell<HashMap<u32, Caller<P>>>,
    waiting: RefCell<Vec<Held<P>>>,
    tick: Cell<Duration>,
}

type Shared<P> = Rc<RefCell<Stream<P>>>;
type Held<P> = Weak<RefCell<Stream<P>>>;

/// Who made a call.
enum Caller<P: Policy> {
    Fetch(u32),
    Stream(Held<P>),
}

impl<P: Policy> Hub<P> {
    pub(crate) fn new(policy: Rc<P>, root: u32) -> Self {
        Self {
            needs: policy.needs(),
            policy,
            root,
            calls: RefCell::default(),
            waiting: RefCell::default(),
            tick: Cell::new(Duration::ZERO),
        }
    }

    /// Looks at an exchange after one of its callbacks: it may wait now, or have made a call.
    pub(crate) fn follow(&self, stream: &Shared<P>, proxy: &dyn Proxy) {
        let hold = stream.borrow_mut().take_hold();
        match hold {
            Some(Hold::Call(token)) => {
                self.calls.borrow_mut().insert(token, Caller::Stream(Rc::downgrade(stream)));
            }
            Some(Hold::Wait) => self.park(stream, proxy),
            None => {}
        }
    }

    /// An exchange is over. The reply to a call it has made will not be delivered any more.
    pub(crate) fn forget(&self, stream: &Shared<P>) {
        if let Some(token) = stream.borrow().awaited_call() {
            self.calls.borrow_mut().remove(&token);
        }
    }

    fn park(&self, stream: &Shared<P>, proxy: &dyn Proxy) {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() >= MAX_WAITING {
            waiting.retain(|held| held.strong_count() > 0);
        }
        if waiting.len() >= MAX_WAITING {
            drop(waiting);
            stream.borrow_mut().turn_away(proxy);
            return;
        }
        waiting.push(Rc::downgrade(stream));
        drop(waiting);
        // The fetch is started from the timer, not from here: a reply goes to the context that
        // asked, and that of an exchange may be gone by then.
        self.hurry(proxy);
    }

    /// Looks whether an exchange has given the policy something to do at once.
    pub(crate) fn attend(&self, proxy: &dyn Proxy) {
        if self.policy.is_pressed() {
            self.hurry(proxy);
        }
    }

    fn hurry(&self, proxy: &dyn Proxy) {
        self.tick_every(MIN_TICK, proxy);
    }

    /// The timer went off: fetch what is due, and wake those whose wait is over.
    pub(crate) fn on_tick(&self, proxy: &dyn Proxy) {
        let work = self.policy.work(&Lent::new(proxy));
        let mut news = work.news;
        for fetch in work.fetches {
            match proxy.call(&fetch.call) {
                Some(token) => {
                    self.calls.borrow_mut().insert(token, Caller::Fetch(fetch.id));
                }
                None => {
                    self.policy.on_fetched(fetch.id, None, &Lent::new(proxy));
                    news = true;
                }
            }
        }
        self.wake(if news { Wake::All } else { Wake::Overdue(proxy.now()) }, proxy);
        let next = match (self.soonest_end(proxy.now()), work.again) {
            (Some(end), again) => {
                end.min(again.unwrap_or(WAITING_TICK)).clamp(MIN_TICK, WAITING_TICK)
            }
            (None, Some(again)) => again.max(MIN_TICK),
            (None, None) => Duration::ZERO,
        };
        self.tick_every(next, proxy);
    }

    /// A call has come back, of a fetch or of an exchange.
    pub(crate) fn on_reply(&self, token: u32, body_bytes: usize, proxy: &dyn Proxy) {
        let Some(caller) = self.calls.borrow_mut().remove(&token) else { return };
        let reply = reply(body_bytes, proxy);
        match caller {
            Caller::Fetch(id) => {
                self.policy.on_fetched(id, reply, &Lent::new(proxy));
                self.wake(Wake::All, proxy);
                // What came back may lead to the next fetch, such as from discovery to the keys.
                self.on_tick(proxy);
            }
            Caller::Stream(held) => {
                let Some(stream) = held.upgrade() else { return };
                let id = stream.borrow().id;
                if proxy.enter(id) {
                    stream.borrow_mut().on_reply(token, reply, proxy);
                    self.follow(&stream, proxy);
                }
                // Others may wait for the very answer.
                self.attend(proxy);
            }
        }
    }

    /// How long until the first of those who wait has waited long enough, if anybody waits.
    fn soonest_end(&self, now: Timestamp) -> Option<Duration> {
        let waiting = self.waiting.borrow();
        let streams = waiting.iter().filter_map(Weak::upgrade);
        streams.filter_map(|stream| stream.borrow().waits_until()).min().map(|end| end.since(now))
    }

    fn wake(&self, whom: Wake, proxy: &dyn Proxy) {
        let (due, rest): (Vec<_>, Vec<_>) = self
            .waiting
            .take()
            .into_iter()
            .filter_map(|held| held.upgrade())
            .filter_map(|stream| stream.borrow().waits_until().map(|until| (until, stream.clone())))
            .partition(|(until, _)| match whom {
                Wake::All => true,
                Wake::Overdue(now) => *until <= now,
            });
        self.waiting.borrow_mut().extend(rest.iter().map(|(_, stream)| Rc::downgrade(stream)));
        for (_, stream) in due {
            let id = stream.borrow().id;
            if proxy.enter(id) {
                stream.borrow_mut().on_wake(proxy);
                self.follow(&stream, proxy);
            }
        }
        proxy.enter(self.root);
    }

    pub(crate) fn tick_every(&self, period: Duration, proxy: &dyn Proxy) {
        if self.tick.replace(period) != period {
            proxy.tick_every(period);
        }
    }
}

enum Wake {
    All,
    Overdue(Timestamp),
}

/// The reply being delivered. `None` if it cannot be read or is too long: that is no reply.
fn reply(body_bytes: usize, proxy: &dyn Proxy) -> Option<Response> {
    if body_bytes > MAX_REPLY_BYTES {
        Lent::new(proxy).log(Level::Warn, "the reply to a call is larger than 10 MiB");
        return None;
    }
    let headers = proxy.headers(Message::Reply).and_then(wire::headers)?;
    let status = std::str::from_utf8(headers.get(":status")?).ok()?.parse().ok()?;
    let body = match body_bytes {
        0 => Vec::new(),
        size => proxy.body(Message::Reply, size)?,
    };
    Some(Response { status, headers, body })
}
