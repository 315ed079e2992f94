//! Which limits a request falls under, and what it takes to go on.

mod compile;

use std::collections::BTreeMap;
use std::time::Duration;

use tollgate_policy::{Exchange, Fault, Headers, Host, Response, Timestamp, Work};
use tollgate_rate_limit::{Check, Limiters, Moment, Patience, ResponseHeaders, Subject};
use tollgate_throttle::Key;
use tollgate_usage_plan::{Identified, Keys, Limits as PlanLimits, Stranger};

use crate::definition::ApiKeySource;

/// The header field that an API key comes in.
const KEY_HEADER: &str = "x-api-key";

/// What an authorizer says of the caller's API key.
const USAGE_IDENTIFIER_KEY: &str = "usageIdentifierKey";

/// How long a request waits for the first load of the keys: as long as one of a million takes.
const KEY_WAIT: Duration = Duration::from_secs(5);

/// Fetches of the limits have numbers from here on, those of the keys below.
const LIMITER_IDS: u32 = 1 << Limiters::ID_BITS;

/// Every limit of a gateway.
#[derive(Debug)]
pub(crate) struct Limits {
    limiters: Limiters,
    keys: Keys,
    account: Option<usize>,
    /// By the number of the API, and of its stage.
    stages: Vec<Vec<Stage>>,
    response_headers: ResponseHeaders,
}

/// The limits of one stage.
#[derive(Debug, Default)]
struct Stage {
    /// By the number of the route.
    routes: Vec<Option<usize>>,
    clients: Vec<(Key, usize)>,
    /// The plans it belongs to, by name and in that order.
    plans: BTreeMap<String, StagePlan>,
}

/// A plan, as far as one stage is concerned.
#[derive(Debug)]
struct StagePlan {
    limits: PlanLimits,
    /// By the number of the route.
    methods: BTreeMap<usize, usize>,
}

/// What is remembered of one exchange.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Whether it has gone through what comes before the authorizer, and after it.
    is_throttled: bool,
    is_metered: bool,
    key: Option<Identified>,
    key_wait_ends: Option<Timestamp>,
    wait_ends: Option<Timestamp>,
    /// How long it may still wait for tokens, once it has waited for some.
    wait_left: Option<Duration>,
    /// What it has taken tokens of, and when the first were taken.
    taken: Vec<(usize, Subject<'static>)>,
    taken_at: Option<Moment>,
    /// The same, of the caller's plan.
    taken_of_plan: Vec<usize>,
}

/// What a request falls under, as far as its route goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) api: usize,
    pub(crate) stage: usize,
    pub(crate) route: usize,
    pub(crate) source: ApiKeySource,
}

/// Why a request does not go on.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Not yet.
    Wait(Timestamp),
    /// Not at all, and what the caller is told besides.
    Refuse(Fault, Headers),
}

impl Limits {
    /// Whether clients are told apart by their addresses.
    pub(crate) fn need_source_address(&self) -> bool {
        let stages = self.stages.iter().flatten();
        stages.flat_map(|stage| &stage.clients).any(|(key, _)| key.needs_source_address())
    }

    /// Before anybody is asked who the caller is: everything but what it takes to know the caller for.
    pub(crate) fn throttle(
        &self,
        notes: &mut Notes,
        place: &Place,
        exchange: &Exchange,
        host: &dyn Host,
    ) -> Result<(), Stop> {
        if notes.is_throttled || self.limiters.is_empty() {
            return Ok(());
        }
        let stage = self.stage(place);
        let clients = (stage.into_iter().flat_map(|stage| &stage.clients))
            .filter(|(key, _)| !matches!(key, Key::Claim(_)))
            .map(|(key, index)| (*index, key.subject(exchange)));
        let route = stage.and_then(|stage| stage.routes.get(place.route).copied().flatten());
        let everybody = route.into_iter().chain(self.account);
        let wanted: Vec<_> =
            clients.chain(everybody.map(|index| (index, Subject::EVERYBODY))).collect();
        self.admit(notes, &wanted, None, host)?;
        notes.is_throttled = true;
        notes.taken = wanted;
        Ok(())
    }

    /// Once the caller is known: the key, its plan, and what the authorizer says. What was taken before
    /// is given back if a limit refuses it here; who has no key that may be used gets nothing back.
    pub(crate) fn meter(
        &self,
        notes: &mut Notes,
        place: &Place,
        needs_key: bool,
        exchange: &mut Exchange,
        host: &dyn Host,
    ) -> Result<(), Stop> {
        if notes.is_metered {
            return Ok(());
        }
        let stage = self.stage(place);
        let mut of_plan = Vec::new();
        let mut quota = None;
        if needs_key {
            let key = match notes.key.take() {
                Some(key) => key,
                None => self.identify(notes, place, exchange, host)?,
            };
            let plans = stage.map(|stage| &stage.plans);
            let known = |name: &String| plans.and_then(|plans| plans.get(name));
            let Some(plan) = key.key.usage_plans.iter().find_map(known) else {
                return Err(refuse(Fault::InvalidApiKey));
            };
            exchange.context.api_key_id = Some(key.key.id.as_str().into());
            notes.key = Some(key);
            quota = plan.limits.quota;
            let method = plan.methods.get(&place.route).copied();
            of_plan.extend(method.into_iter().chain(plan.limits.throttle).chain(quota));
        }
        let claims: Vec<_> = (stage.into_iter().flat_map(|stage| &stage.clients))
            .filter(|(key, _)| matches!(key, Key::Claim(_)))
            .map(|(key, index)| (*index, key.subject(exchange)))
            .collect();
        let key = notes.key.clone();
        let subject = key.as_ref().map_or(Subject::EVERYBODY, Identified::subject);
        // The quota comes last: it counts only what no throttle refuses.
        let wanted: Vec<_> =
            claims.iter().copied().chain(of_plan.iter().map(|index| (*index, subject))).collect();
        if let Err(stop) = self.admit(notes, &wanted, quota, host) {
            if let (Stop::Refuse(..), Some(taken_at)) = (&stop, &notes.taken_at) {
                self.limiters.give_back(&notes.taken, taken_at, host);
            }
            return Err(stop);
        }
        notes.taken.extend(claims);
        notes.taken_of_plan = of_plan;
        notes.is_metered = true;
        Ok(())
    }

    /// Says how the limits stand that a request has gone through.
    pub(crate) fn tell(&self, notes: &Notes, headers: &mut Headers, host: &dyn Host) {
        if !self.response_headers.are_sent() || notes.taken.is_empty() && notes.key.is_none() {
            return;
        }
        let subject = notes.key.as_ref().map_or(Subject::EVERYBODY, Identified::subject);
        let of_plan = notes.taken_of_plan.iter().map(|index| (*index, subject));
        let all: Vec<_> = notes.taken.iter().copied().chain(of_plan).collect();
        self.tell_of(&all, headers, &Moment::of(host));
    }

    fn tell_of(&self, limits: &[(usize, Subject<'_>)], headers: &mut Headers, moment: &Moment) {
        let outlooks = limits.iter().filter_map(|(index, subject)| {
            let limiter = self.limiters.limiter(*index)?;
            Some((limiter.name(), limiter.outlook(subject, moment)))
        });
        self.response_headers.tell(headers, outlooks);
    }

    fn admit(
        &self,
        notes: &mut Notes,
        wanted: &[(usize, Subject<'_>)],
        quota: Option<usize>,
        host: &dyn Host,
    ) -> Result<(), Stop> {
        if wanted.is_empty() {
            return Ok(());
        }
        let moment = Moment::of(host);
        let left = notes.wait_left.unwrap_or_else(|| self.limiters.wait());
        let end = *notes.wait_ends.get_or_insert_with(|| moment.now.after(left));
        let patience = if moment.now < end { Patience::Left } else { Patience::Over };
        match self.limiters.check(wanted, &moment, patience, host) {
            Check::Admit => {
                self.limiters.take(wanted, &moment);
                notes.taken_at.get_or_insert(moment);
                // It may yet wait for something else: an issuer's keys, or tokens of its plan.
                notes.wait_left = Some(end.since(moment.now));
                notes.wait_ends = None;
                Ok(())
            }
            Check::Wait => Err(Stop::Wait(end)),
            Check::Refuse { at, after } => {
                let mut headers = Headers::new();
                let exceeded = wanted.get(at..=at).unwrap_or_default();
                self.tell_of(exceeded, &mut headers, &moment);
                self.response_headers.tell_when(&mut headers, after);
                let is_quota = exceeded.first().is_some_and(|(index, _)| Some(*index) == quota);
                let fault = if is_quota { Fault::QuotaExceeded } else { Fault::Throttled };
                Err(Stop::Refuse(fault, headers))
            }
        }
    }

    fn identify(
        &self,
        notes: &mut Notes,
        place: &Place,
        exchange: &Exchange,
        host: &dyn Host,
    ) -> Result<Identified, Stop> {
        let found = match place.source {
            ApiKeySource::Header => self.keys.identify(&exchange.request, KEY_HEADER, host),
            ApiKeySource::Authorizer => {
                let said = exchange.context.authorizer.as_ref().and_then(|known| {
                    let claim = || known.claims.get(USAGE_IDENTIFIER_KEY)?.as_str();
                    known.usage_identifier_key.as_deref().or_else(claim)
                });
                self.keys.find(said.unwrap_or_default().as_bytes(), host)
            }
        };
        match found {
            Ok(key) => Ok(key),
            Err(Stranger::Refuse) => Err(refuse(Fault::InvalidApiKey)),
            Err(Stranger::NotLoaded) => {
                let end = *notes.key_wait_ends.get_or_insert_with(|| host.now().after(KEY_WAIT));
                Err(if host.now() < end { Stop::Wait(end) } else { refuse(Fault::Internal) })
            }
        }
    }

    fn stage(&self, place: &Place) -> Option<&Stage> {
        self.stages.get(place.api)?.get(place.stage)
    }

    pub(crate) fn is_pressed(&self) -> bool {
        self.limiters.is_pressed()
    }

    /// What there is to do.
    pub(crate) fn work(&self, host: &dyn Host) -> Work {
        let mut limits = self.limiters.work(host);
        for fetch in &mut limits.fetches {
            fetch.id |= LIMITER_IDS;
        }
        limits.and(self.keys.work(host))
    }

    pub(crate) fn on_fetched(&self, id: u32, reply: Option<Response>, host: &dyn Host) {
        if id & LIMITER_IDS == 0 {
            self.keys.on_fetched(id, reply, host);
        } else {
            self.limiters.on_fetched(id & !LIMITER_IDS, reply, host);
        }
    }
}

fn refuse(fault: Fault) -> Stop {
    Stop::Refuse(fault, Headers::new())
}
