//! Asks the server that counts for the fleet.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

use tollgate_policy::{Call, Fetch, Headers, Host, Kind, Level, Response};
use tollgate_rls::{Answer, Question, Unit};

use crate::config::Counters;
use crate::limit::Window;

/// How many questions of one worker may be open. Those beyond are not asked, and their requests are
/// judged as if the answer were late: the server is slower than the questions come.
const MAX_OPEN: usize = 1_024;

/// How long not to ask after the first failure, and at most, in microseconds. In between it doubles.
const RETRY: u64 = 100_000;
const MAX_RETRY: u64 = 2_000_000;

/// The numbers of questions: whoever passes them on may put something of theirs above them.
pub(crate) const ID_BITS: u32 = 16;

/// The server, as one worker sees it.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) counters: Counters,
    queued: RefCell<Vec<u32>>,
    open: RefCell<HashMap<u32, Ask>>,
    next_id: Cell<u32>,
    health: Cell<Health>,
}

/// Whether the server answers.
#[derive(Clone, Copy, Debug, Default)]
struct Health {
    /// How often in a row it did not.
    failures: u32,
    /// Before when it is not asked again, in microseconds of uptime.
    until: u64,
}

/// A question, and for whom it is asked.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) limiter: usize,
    pub(crate) subject: [u8; 16],
    pub(crate) entries: [(&'static str, String); 3],
    pub(crate) window: Window,
    pub(crate) unit: Unit,
    pub(crate) hits: u32,
    /// When it was sent, in microseconds of uptime.
    pub(crate) sent: u64,
}

impl Engine {
    pub(crate) fn new(counters: Counters) -> Self {
        Self {
            counters,
            queued: RefCell::default(),
            open: RefCell::default(),
            next_id: Cell::default(),
            health: Cell::default(),
        }
    }

    /// Whether the server answered when it was last asked.
    pub(crate) fn is_up(&self) -> bool {
        self.health.get().failures == 0
    }

    /// Whether it is time to see if the server is back. Whoever is told so, asks.
    pub(crate) fn is_due(&self, now: u64) -> bool {
        let health = self.health.get();
        let is_due = health.failures > 0 && now >= health.until;
        if is_due {
            self.back_off(health.failures, now);
        }
        is_due
    }

    /// Until when a question that is asked now is open.
    pub(crate) fn patience(&self, now: u64) -> u64 {
        now.saturating_add(u64::from(self.counters.timeout_millis).saturating_mul(1_000))
    }

    /// Takes a question, to be sent soon. False if there are too many.
    pub(crate) fn ask(&self, ask: Ask) -> bool {
        let mut open = self.open.borrow_mut();
        if open.len() >= MAX_OPEN {
            return false;
        }
        let mut id = self.next_id.get();
        // INVARIANT: fewer are open than there are numbers.
        while open.contains_key(&id) {
            id = (id.wrapping_add(1)) % (1 << ID_BITS);
        }
        self.next_id.set((id.wrapping_add(1)) % (1 << ID_BITS));
        open.insert(id, ask);
        self.queued.borrow_mut().push(id);
        true
    }

    /// Whether there are questions to send.
    pub(crate) fn is_pressed(&self) -> bool {
        !self.queued.borrow().is_empty()
    }

    /// The questions to send now.
    pub(crate) fn fetches(&self, now: u64) -> Vec<Fetch> {
        let mut open = self.open.borrow_mut();
        let queued = self.queued.take();
        let send = |id| {
            let ask = open.get_mut(&id)?;
            ask.sent = now;
            Some(Fetch { id, call: self.call(ask)? })
        };
        queued.into_iter().filter_map(send).collect()
    }

    fn call(&self, ask: &Ask) -> Option<Call> {
        let entries = ask.entries.each_ref().map(|(key, value)| (*key, value.as_str()));
        let question = Question {
            domain: &self.counters.domain,
            entries: &entries,
            requests_per_unit: ask.window.tokens,
            unit: ask.unit,
            hits: ask.hits,
        };
        let mut headers = Headers::from_iter([
            (":method", "POST"),
            (":scheme", "http"),
            (":path", tollgate_rls::PATH),
            (":authority", "counters"),
        ]);
        for (name, value) in tollgate_rls::HEADERS {
            headers.set(name, value);
        }
        Some(Call {
            cluster: self.counters.cluster.clone(),
            headers,
            body: question.body()?,
            timeout: Duration::from_millis(self.counters.timeout_millis.into()),
        })
    }

    /// Takes a reply. `None` if nobody asked.
    pub(crate) fn receive(
        &self,
        id: u32,
        reply: Option<Response>,
        now: u64,
        host: &dyn Host,
    ) -> Option<(Ask, Option<Answer>)> {
        let ask = self.open.borrow_mut().remove(&id)?;
        let answer =
            reply.filter(|reply| reply.status == 200).and_then(|reply| Answer::parse(&reply.body));
        let failures = self.health.get().failures;
        match answer {
            Some(_) if failures > 0 => {
                self.health.set(Health::default());
                host.log(Level::Warn, "the counters answer again");
            }
            Some(_) => {}
            None => {
                if failures == 0 {
                    host.log(Level::Warn, "the counters do not answer");
                }
                self.back_off(failures, now);
                note(host, Kind::Counter, "tollgate_counters_failures", 1);
            }
        }
        let millis = now.saturating_sub(ask.sent) / 1_000;
        note(host, Kind::Histogram, "tollgate_counters_latency_ms", millis);
        Some((ask, answer))
    }

    fn back_off(&self, failures: u32, now: u64) {
        let wait = RETRY.saturating_mul(1_u64.checked_shl(failures).unwrap_or(u64::MAX));
        let until = now.saturating_add(wait.min(MAX_RETRY));
        self.health.set(Health { failures: failures.saturating_add(1), until });
    }
}

/// Notes what happens once for many requests, so that its metric need not be remembered.
fn note(host: &dyn Host, kind: Kind, name: &str, value: u64) {
    if let Some(metric) = host.metric(kind, name) {
        host.record(metric, value);
    }
}
