//! One limit.

mod outlook;

use std::cell::RefCell;
use std::time::Duration;

use tollgate_policy::{Host, Invalid};
use tollgate_rls::Answer;

use crate::config::{OnUnavailable, Quota, Throttle};
use crate::draw::{Drawn, Mode, Terms};
use crate::engine::{Ask, Engine};
use crate::leases::{Lease, Leases};
use crate::limit::Limit;
use crate::limiters::{Moment, Patience};
use crate::metrics::Metrics;
use crate::subject::Subject;
use crate::supply::Supply;
use crate::table::{Edit, Spread, Table};

pub use outlook::Outlook;

/// When to look again where nothing says when there will be a token, in microseconds.
const SOON: u64 = 1_000;

/// How many idle leases one round settles. The rest runs out by itself, and counts as spent.
const MAX_SETTLED: usize = 256;

/// One limit, of everybody together or of each subject for itself.
#[derive(Debug)]
pub struct Limiter {
    /// What the fleet's server knows it by.
    name: String,
    /// What the proxy holds by itself; a quota has no rate.
    limit: Option<Limit>,
    /// Where the fleet's tokens come from, if it shares the limit.
    supply: Option<Supply>,
    on_unavailable: OnUnavailable,
    /// What the server's counter is called by.
    keys: [&'static str; 3],
    table: Table,
    leases: RefCell<Leases>,
    metrics: Metrics,
}

/// Whose tokens a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// Everybody's together.
    Everybody,
    /// Each subject's for itself.
    Subject,
}

/// How a limit stands for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// There is a token in hand.
    Ready,
    /// It needs none.
    Free,
    /// There may be one soon.
    Wait,
    /// There is none before this time has passed.
    Dry(Duration),
}

/// The longest name that the fleet's server is told: it may refuse to remember longer ones.
const MAX_COUNTED_NAME: usize = 256;

/// The name of a limit for the server: itself, or a digest of it.
fn short(name: &str) -> String {
    if name.len() <= MAX_COUNTED_NAME {
        name.to_owned()
    } else {
        Subject::of(name.as_bytes()).label()
    }
}

impl Limiter {
    /// A rate, under a name that no other limit of the proxy has.
    ///
    /// # Errors
    /// [`Invalid`] for a rate or a burst that cannot be honoured.
    pub fn throttle(name: &str, throttle: &Throttle, per: Per) -> Result<Self, Invalid> {
        let keys = ["limit", "subject", "window"];
        Ok(Self {
            limit: Some(throttle.limit()?),
            ..Self::new(name, name, throttle.on_unavailable, keys, per)
        })
    }

    /// A quota for each key of a usage plan.
    ///
    /// # Errors
    /// [`Invalid`] for a period that does not begin on such a day.
    pub fn quota(plan: &str, quota: &Quota) -> Result<Self, Invalid> {
        quota.check()?;
        let keys = ["usage_plan", "key", "period"];
        let place = format!("quota/{plan}");
        Ok(Self {
            supply: Some(Supply::Periods(quota.clone())),
            ..Self::new(plan, &place, quota.on_unavailable, keys, Per::Subject)
        })
    }

    fn new(
        name: &str,
        place: &str,
        on_unavailable: OnUnavailable,
        keys: [&'static str; 3],
        per: Per,
    ) -> Self {
        let spread = match per {
            Per::Everybody => Spread::Everybody,
            Per::Subject => Spread::Each,
        };
        Self {
            name: short(name),
            limit: None,
            supply: None,
            on_unavailable,
            keys,
            table: Table::new(place, spread),
            leases: RefCell::new(Leases::new(spread)),
            metrics: Metrics::new(place),
        }
    }

    /// What callers and metrics know it by.
    #[must_use]
    pub fn name(&self) -> &str {
        self.metrics.limit()
    }

    /// Whether it needs a server to count.
    pub(crate) const fn is_quota(&self) -> bool {
        self.limit.is_none()
    }

    /// From now on a fleet of so many shares the limit.
    pub(crate) fn share(&mut self, fleet: u32) {
        if let Some(limit) = self.limit
            && limit.burst() > 0
        {
            self.supply = Some(Supply::Windows(limit, fleet));
        }
    }

    /// Sees to it that there is a token in hand. `index` is the limit's number among its engine's.
    pub(crate) fn check(
        &self,
        index: usize,
        subject: &Subject<'_>,
        moment: &Moment,
        patience: Patience,
        engine: Option<&Engine>,
        host: &dyn Host,
    ) -> Standing {
        let (now, time) = (moment.now(), moment.time());
        let mut leases = self.leases.borrow_mut();
        let lease = leases.of(subject.id);
        if lease.is_good(now, time) {
            return Standing::Ready;
        }
        if now < lease.dry_until {
            return Standing::Dry(Duration::from_micros(lease.dry_after(now)));
        }
        if now < lease.short_until && patience == Patience::Left {
            return Standing::Wait;
        }
        let mode = match self.mode(patience, engine) {
            Ok(mode) => mode,
            Err(standing) => {
                self.probe(index, subject, moment, engine, host);
                return standing;
            }
        };
        if let Mode::Share(_) = mode {
            self.probe(index, subject, moment, engine, host);
        }
        let terms = self.terms(mode, moment, engine);
        let before = *lease;
        let drawn = self
            .table
            .update(subject.id, terms.bound(), now, host, |entry| terms.draw(entry, &before));
        // Where others were always first there is hardly anything left.
        let drawn = drawn.unwrap_or(Drawn::Dry { again: SOON, after: SOON });
        *lease = Lease { size: before.size, ..Lease::default() };
        let (standing, ask) = match drawn {
            Drawn::Lent { tokens, left, is_owed, ask } => {
                *lease = terms.lease(tokens, left, is_owed);
                self.metrics.borrowed(tokens);
                (Standing::Ready, ask)
            }
            Drawn::Dry { again, after } => {
                *lease = Lease::dry(now.saturating_add(again), now.saturating_add(after));
                (Standing::Dry(Duration::from_micros(after)), None)
            }
            Drawn::Short { ask } => {
                lease.short_until = now.saturating_add(SOON);
                (self.short(patience), ask)
            }
        };
        if let (Some(hits), Some(engine)) = (ask, engine) {
            self.ask(index, subject, &terms, hits, moment, engine);
        }
        standing
    }

    /// How the limit stands where the fleet has not granted anything yet.
    const fn short(&self, patience: Patience) -> Standing {
        match (patience, self.on_unavailable) {
            (Patience::Left, _) => Standing::Wait,
            (Patience::Over, OnUnavailable::Allow) => Standing::Free,
            (Patience::Over, OnUnavailable::Local | OnUnavailable::Deny) => {
                Standing::Dry(Duration::from_secs(1))
            }
        }
    }

    /// What the proxy may hand out, or how the limit stands if that is not for it to say.
    fn mode(&self, patience: Patience, engine: Option<&Engine>) -> Result<Mode, Standing> {
        let (Some(_), Some(engine)) = (&self.supply, engine) else { return Ok(Mode::Alone) };
        let fleet = engine.counters.fleet_size;
        match (engine.is_up(), patience, self.on_unavailable) {
            (true, Patience::Left, _) => Ok(Mode::Granted),
            (true, Patience::Over, OnUnavailable::Local) => Ok(Mode::Late(fleet)),
            (true, Patience::Over, _) => Ok(Mode::Granted),
            (false, _, OnUnavailable::Local) => Ok(Mode::Share(fleet)),
            (false, _, OnUnavailable::Allow) => Err(Standing::Free),
            (false, _, OnUnavailable::Deny) => Err(Standing::Dry(Duration::from_secs(1))),
        }
    }

    fn terms(&self, mode: Mode, moment: &Moment, engine: Option<&Engine>) -> Terms<'_> {
        let now = moment.now();
        Terms {
            limit: self.limit,
            mode,
            fleet: self.supply.as_ref().map(|supply| (supply, supply.window(moment.now))),
            now,
            time: moment.time(),
            patience: engine.map_or(0, |engine| engine.patience(now)),
        }
    }

    /// Asks the fleet's server something, now and then, to see whether it is back.
    fn probe(
        &self,
        index: usize,
        subject: &Subject<'_>,
        moment: &Moment,
        engine: Option<&Engine>,
        host: &dyn Host,
    ) {
        let Some(engine) = engine.filter(|engine| engine.is_due(moment.now())) else { return };
        let terms = self.terms(Mode::Granted, moment, Some(engine));
        let Some((supply, window)) = &terms.fleet else { return };
        let ask = self.table.update(subject.id, terms.bound(), terms.now, host, |entry| {
            entry.allotment.turn_to(window);
            entry.allotment.asked_until = 0;
            (Edit::Write, entry.allotment.ask(supply, window, terms.now, terms.patience))
        });
        if let Some(hits) = ask.flatten() {
            self.ask(index, subject, &terms, hits, moment, engine);
        }
    }

    fn ask(
        &self,
        index: usize,
        subject: &Subject<'_>,
        terms: &Terms<'_>,
        hits: u32,
        moment: &Moment,
        engine: &Engine,
    ) {
        let Some((supply, window)) = &terms.fleet else { return };
        let (name, unit) = supply.name(moment.now, window);
        let [of, whose, when] = self.keys;
        engine.ask(Ask {
            limiter: index,
            subject: subject.id,
            entries: [(of, self.name.clone()), (whose, subject.label()), (when, name)],
            window: *window,
            unit,
            hits: hits.min(window.tokens.max(1)),
            sent: terms.now,
        });
    }

    /// Takes what the fleet's server has answered.
    pub(crate) fn receive(&self, ask: &Ask, answer: Option<Answer>, now: u64, host: &dyn Host) {
        let limit = self.limit.unwrap_or(Limit::NONE);
        // Where others were always first the grant is lost, and the request that waits is late.
        let _ = self.table.update(ask.subject, limit, now, host, |entry| {
            entry.allotment.receive(ask.window.number, ask.hits, answer, now);
            (Edit::Write, ())
        });
        self.leases.borrow_mut().of(ask.subject).short_until = 0;
    }

    /// Takes the token in hand.
    pub(crate) fn take(&self, subject: &Subject<'_>, moment: &Moment) {
        self.leases.borrow_mut().of(subject.id).take(moment.now());
        self.metrics.admitted();
    }

    /// Takes back a token: its request was refused after all, by something else.
    pub(crate) fn give_back(
        &self,
        subject: &Subject<'_>,
        taken: &Moment,
        moment: &Moment,
        engine: Option<&Engine>,
        host: &dyn Host,
    ) {
        self.metrics.retracted();
        if let Some(supply) = &self.supply
            && supply.window(taken.now).number != supply.window(moment.now).number
        {
            // It was of a window that is over, and would be spent in this one.
            return;
        }
        if self.leases.borrow_mut().of(subject.id).put_back() {
            return;
        }
        let terms = self.terms(self.tendency(engine), moment, engine);
        let token = Lease { is_prepaid: true, ..terms.lease(1, 0, false) };
        let _ = self.table.update(subject.id, terms.bound(), terms.now, host, |entry| {
            terms.settle(entry, &token);
            (Edit::Write, ())
        });
    }

    /// The request does not go on for now. A token that counts as spent must not be in hand any longer.
    pub(crate) fn release(
        &self,
        subject: &Subject<'_>,
        moment: &Moment,
        engine: Option<&Engine>,
        host: &dyn Host,
    ) {
        if self.leases.borrow_mut().of(subject.id).is_prepaid {
            self.settle(subject.id, moment, engine, host);
        }
    }

    pub(crate) fn refused(&self) {
        self.metrics.refused();
    }

    /// Gives back what lies idle, and tells the proxy what has happened.
    pub(crate) fn tidy(&self, moment: &Moment, engine: Option<&Engine>, host: &dyn Host) {
        let idle = self.leases.borrow_mut().idle(MAX_SETTLED);
        for subject in idle {
            self.settle(subject, moment, engine, host);
        }
        self.metrics.flush(host);
    }

    fn settle(&self, subject: [u8; 16], moment: &Moment, engine: Option<&Engine>, host: &dyn Host) {
        let mut leases = self.leases.borrow_mut();
        let lease = leases.of(subject);
        let before = *lease;
        let terms = self.terms(self.tendency(engine), moment, engine);
        // What cannot be settled runs out by itself, and counts as spent.
        let _ = self.table.update(subject, terms.bound(), terms.now, host, |entry| {
            terms.settle(entry, &before);
            (Edit::Write, ())
        });
        *lease = Lease { size: before.size, ..Lease::default() };
    }

    /// What the proxy would hand out now.
    fn tendency(&self, engine: Option<&Engine>) -> Mode {
        self.mode(Patience::Left, engine).unwrap_or(Mode::Alone)
    }

    /// How many tokens this worker has in hand, where everybody's are counted together.
    #[cfg(test)]
    pub(crate) fn in_hand(&self) -> u32 {
        self.leases.borrow_mut().of([0; 16]).tokens
    }
}
