//! The limits of one policy, and the server that counts for them.

use std::cell::Cell;
use std::time::Duration;

use tollgate_policy::{Host, Invalid, Response, Timestamp, Work};

use crate::config::Counters;
use crate::engine::{Engine, ID_BITS};
use crate::limiter::{Limiter, Standing};
use crate::subject::Subject;

/// How often leases that lie idle are given back, and metrics are told.
const TIDY: Duration = Duration::from_millis(250);

/// How often to look whether tokens have come while a request waits for them: another worker may have
/// asked for them.
const SOON: Duration = Duration::from_millis(1);

/// The limits of one policy.
#[derive(Debug)]
pub struct Limiters {
    limiters: Vec<Limiter>,
    engine: Option<Engine>,
    /// When leases were given back last.
    tidied: Cell<Duration>,
    /// Whether a request waits.
    waits: Cell<bool>,
}

/// A moment, by both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The time of day.
    pub now: Timestamp,
    /// How long the machine has been up.
    pub uptime: Duration,
}

/// Whether a request may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// It may.
    Left,
    /// It has waited as long as it may.
    Over,
}

/// Whether all limits have a token for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// They have.
    Admit,
    /// One may have one soon.
    Wait,
    /// One has none.
    Refuse {
        /// Which: its place among those that were asked.
        at: usize,
        /// When it will.
        after: Duration,
    },
}

/// Asked for of every limit, so not in the 128 bits that the standard library counts in.
fn micros(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000).saturating_add(time.subsec_micros().into())
}

impl Moment {
    /// This moment.
    #[must_use]
    pub fn of(host: &dyn Host) -> Self {
        Self { now: host.now(), uptime: host.uptime() }
    }

    /// Uptime in microseconds.
    pub(crate) fn now(&self) -> u64 {
        micros(self.uptime)
    }

    /// The time of day in microseconds.
    pub(crate) fn time(&self) -> u64 {
        micros(self.now.0)
    }
}

impl Limiters {
    /// How much of a fetch's number is taken; what is above is free for whoever passes it on.
    pub const ID_BITS: u32 = ID_BITS;

    /// Puts limits together. With a fleet of several proxies, all of them are shared.
    ///
    /// # Errors
    /// [`Invalid`] where there is a quota and no server to count it.
    pub fn new(mut limiters: Vec<Limiter>, counters: Option<Counters>) -> Result<Self, Invalid> {
        match &counters {
            Some(counters) => {
                counters.check().map_err(|invalid| invalid.within("counters"))?;
                if counters.fleet_size > 1 {
                    for limiter in &mut limiters {
                        limiter.share(counters.fleet_size);
                    }
                }
            }
            None if limiters.iter().any(Limiter::is_quota) => {
                let reason = "must be given where there is a quota: what the proxy counted by itself \
                              would be forgotten when it stops";
                return Err(Invalid::new("counters", reason));
            }
            None => {}
        }
        Ok(Self {
            limiters,
            engine: counters.map(Engine::new),
            tidied: Cell::default(),
            waits: Cell::default(),
        })
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.limiters.is_empty()
    }

    /// How long a request may wait for tokens.
    #[must_use]
    pub fn wait(&self) -> Duration {
        let millis = self.engine.as_ref().map_or(0, |engine| engine.counters.wait_millis);
        Duration::from_millis(millis.into())
    }

    /// Sees to it that each of these limits has a token in hand for its subject. Nothing is taken.
    ///
    /// The first that has none refuses, and what was borrowed for the request is given back.
    pub fn check(
        &self,
        wanted: &[(usize, Subject<'_>)],
        moment: &Moment,
        patience: Patience,
        host: &dyn Host,
    ) -> Check {
        for (at, (index, subject)) in wanted.iter().enumerate() {
            let Some(limiter) = self.limiters.get(*index) else { continue };
            let engine = self.engine.as_ref();
            let check = match limiter.check(*index, subject, moment, patience, engine, host) {
                Standing::Ready | Standing::Free => continue,
                Standing::Wait => Check::Wait,
                Standing::Dry(after) => Check::Refuse { at, after },
            };
            match check {
                Check::Wait => self.waits.set(true),
                Check::Admit | Check::Refuse { .. } => limiter.refused(),
            }
            for (index, subject) in wanted.iter().take(at) {
                if let Some(limiter) = self.limiters.get(*index) {
                    limiter.release(subject, moment, engine, host);
                }
            }
            return check;
        }
        Check::Admit
    }

    /// Takes a token of each of these limits, which have just been checked.
    pub fn take(&self, wanted: &[(usize, Subject<'_>)], moment: &Moment) {
        for (index, subject) in wanted {
            if let Some(limiter) = self.limiters.get(*index) {
                limiter.take(subject, moment);
            }
        }
    }

    /// Takes tokens back: the request they were `taken` for then was refused by something else.
    pub fn give_back(&self, wanted: &[(usize, Subject<'_>)], taken: &Moment, host: &dyn Host) {
        let moment = Moment::of(host);
        for (index, subject) in wanted {
            if let Some(limiter) = self.limiters.get(*index) {
                limiter.give_back(subject, taken, &moment, self.engine.as_ref(), host);
            }
        }
    }

    /// One of the limits.
    #[must_use]
    pub fn limiter(&self, index: usize) -> Option<&Limiter> {
        self.limiters.get(index)
    }

    /// Whether there is something to ask the server.
    #[must_use]
    pub fn is_pressed(&self) -> bool {
        self.engine.as_ref().is_some_and(Engine::is_pressed)
    }

    /// What there is to do between requests.
    pub fn work(&self, host: &dyn Host) -> Work {
        if self.limiters.is_empty() {
            return Work::default();
        }
        let moment = Moment::of(host);
        if moment.uptime.saturating_sub(self.tidied.get()) >= TIDY {
            self.tidied.set(moment.uptime);
            for limiter in &self.limiters {
                limiter.tidy(&moment, self.engine.as_ref(), host);
            }
        }
        let fetches = self.engine.as_ref().map(|engine| engine.fetches(moment.now()));
        // Who still waits will say so again.
        let waits = self.waits.take();
        Work {
            fetches: fetches.unwrap_or_default(),
            again: Some(if waits { SOON } else { TIDY }),
            news: waits,
        }
    }

    /// Takes a reply of the server.
    pub fn on_fetched(&self, id: u32, reply: Option<Response>, host: &dyn Host) {
        let Some(engine) = &self.engine else { return };
        let now = Moment::of(host).now();
        let Some((ask, answer)) = engine.receive(id, reply, now, host) else { return };
        if let Some(limiter) = self.limiters.get(ask.limiter) {
            limiter.receive(&ask, answer, now, host);
        }
    }
}
