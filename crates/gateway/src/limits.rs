//! Which limits a request falls under, and what it takes to go on.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::time::Duration;

use tollgate_policy::{Exchange, Fault, Headers, Host, Invalid, Response, Timestamp, Work};
use tollgate_rate_limit::{
    Check, Limiter, Limiters, Moment, Patience, Pattern, Per, ResponseHeaders, Subject, Throttle,
};
use tollgate_throttle::Key;
use tollgate_usage_plan::{Identified, Keys, Limits as PlanLimits, MAX_PLANS, Plan, Stranger};

use crate::api::Api;
use crate::definition::{self, ApiKeySource, Definition};
use crate::router::RouteKey;

/// The header field that an API key comes in.
const KEY_HEADER: &str = "x-api-key";

/// What an authorizer says of the caller's API key.
const USAGE_IDENTIFIER_KEY: &str = "usageIdentifierKey";

/// How long a request waits for the first load of the keys: as long as one of a million takes.
const KEY_WAIT: Duration = Duration::from_secs(5);

/// Each is asked for every request of the stage.
const MAX_CLIENT_THROTTLES: usize = 10;

/// API Gateway's limit on the methods of a plan that have a throttle, for one stage.
const MAX_METHODS: usize = 20;

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
    /// By route key.
    routes: HashMap<Rc<str>, usize>,
    clients: Vec<(Key, usize)>,
    /// The plans it belongs to, by name.
    plans: HashMap<String, StagePlan>,
}

/// A plan, as far as one stage is concerned.
#[derive(Debug)]
struct StagePlan {
    limits: PlanLimits,
    /// By route key.
    methods: HashMap<Rc<str>, usize>,
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
    /// What it has taken tokens of.
    taken: Vec<(usize, Subject<'static>)>,
    /// The same, of the caller's plan.
    taken_of_plan: Vec<usize>,
}

/// What a request falls under, as far as its route goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) api: usize,
    pub(crate) stage: usize,
    pub(crate) route_key: &'a Rc<str>,
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
        place: &Place<'_>,
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
        let route = stage.and_then(|stage| stage.routes.get(place.route_key).copied());
        let everybody = route.into_iter().chain(self.account);
        let wanted: Vec<_> =
            clients.chain(everybody.map(|index| (index, Subject::EVERYBODY))).collect();
        self.admit(notes, &wanted, None, host)?;
        notes.is_throttled = true;
        notes.taken = wanted;
        Ok(())
    }

    /// Once the caller is known: the key, its plan, and what the authorizer says. What was taken before
    /// is given back if it is refused here.
    pub(crate) fn meter(
        &self,
        notes: &mut Notes,
        place: &Place<'_>,
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
            let method = plan.methods.get(place.route_key).copied();
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
            if let Stop::Refuse(..) = stop {
                self.limiters.give_back(&notes.taken, host);
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
        let end = *notes.wait_ends.get_or_insert_with(|| moment.now.after(self.limiters.wait()));
        let patience = if moment.now < end { Patience::Left } else { Patience::Over };
        match self.limiters.check(wanted, &moment, patience, host) {
            Check::Admit => {
                self.limiters.take(wanted, &moment);
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
        place: &Place<'_>,
        exchange: &Exchange,
        host: &dyn Host,
    ) -> Result<Identified, Stop> {
        let found = match place.source {
            ApiKeySource::Header => self.keys.identify(&exchange.request, KEY_HEADER, host),
            ApiKeySource::Authorizer => {
                let authorizer = exchange.context.authorizer.as_ref();
                let key = authorizer.and_then(|known| known.claims.get(USAGE_IDENTIFIER_KEY));
                let value = key.and_then(|key| key.as_str()).unwrap_or_default();
                self.keys.find(value.as_bytes(), host)
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

    fn stage(&self, place: &Place<'_>) -> Option<&Stage> {
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

impl Limits {
    pub(crate) fn compile(definition: &Definition, apis: &[Api]) -> Result<Self, Invalid> {
        let mut limiters = Vec::new();
        let account = (definition.account_throttle.as_ref())
            .map(|throttle| add("account", throttle, Per::Everybody, &mut limiters))
            .transpose()
            .map_err(|invalid| invalid.within("account_throttle"))?;
        let mut stages = Vec::with_capacity(apis.len());
        for (id, api) in &definition.apis {
            let at = |invalid: Invalid| invalid.within(format!("apis.{id}"));
            stages.push(stages_of(id, api, &mut limiters).map_err(at)?);
        }
        plans(definition, apis, &mut stages, &mut limiters)?;
        let keys = Keys::compile(&definition.api_keys, definition.api_key_files.as_ref())?;
        check_keys(definition)?;
        let limiters = Limiters::new(limiters, definition.counters.clone())?;
        let response_headers = definition.response_headers;
        Ok(Self { limiters, keys, account, stages, response_headers })
    }
}

fn add(
    name: &str,
    throttle: &Throttle,
    per: Per,
    limiters: &mut Vec<Limiter>,
) -> Result<usize, Invalid> {
    limiters.push(Limiter::throttle(name, throttle, per)?);
    Ok(limiters.len().saturating_sub(1))
}

fn stages_of(
    id: &str,
    api: &definition::Api,
    limiters: &mut Vec<Limiter>,
) -> Result<Vec<Stage>, Invalid> {
    let mut stages = Vec::with_capacity(api.stages.len());
    for (name, stage) in &api.stages {
        let at = |invalid: Invalid| invalid.within(format!("stages.{name}"));
        stages.push(Stage::compile(&format!("{id}/{name}"), api, stage, limiters).map_err(at)?);
    }
    Ok(stages)
}

impl Stage {
    fn compile(
        place: &str,
        api: &definition::Api,
        stage: &definition::Stage,
        limiters: &mut Vec<Limiter>,
    ) -> Result<Self, Invalid> {
        let mut compiled = Self::default();
        if let Some(key) = stage.route_throttles.keys().find(|key| !api.routes.contains_key(*key)) {
            let reason = format!("there is no route `{key}`");
            return Err(Invalid::new("route_throttles", reason));
        }
        for key in api.routes.keys() {
            let (throttle, field) = match (stage.route_throttles.get(key), &stage.throttle) {
                (Some(throttle), _) => (throttle, format!("route_throttles.{key}")),
                (None, Some(throttle)) => (throttle, "throttle".to_owned()),
                (None, None) => continue,
            };
            let name = format!("stage/{place}/{key}");
            let index = add(&name, throttle, Per::Everybody, limiters);
            let index = index.map_err(|invalid| invalid.within(field))?;
            compiled.routes.insert(key.as_str().into(), index);
        }
        if stage.client_throttles.len() > MAX_CLIENT_THROTTLES {
            let reason = format!("must not be more than {MAX_CLIENT_THROTTLES}");
            return Err(Invalid::new("client_throttles", reason));
        }
        for (name, client) in &stage.client_throttles {
            let at = |field: &str, invalid: Invalid| {
                invalid.within(field).within(format!("client_throttles.{name}"))
            };
            client.per.check().map_err(|invalid| at("per", invalid))?;
            let limiter = format!("client/{place}/{name}");
            let index = add(&limiter, &client.throttle, Per::Subject, limiters);
            let index = index.map_err(|invalid| at("throttle", invalid))?;
            compiled.clients.push((client.per.clone(), index));
        }
        Ok(compiled)
    }
}

fn plans(
    definition: &Definition,
    apis: &[Api],
    stages: &mut [Vec<Stage>],
    limiters: &mut Vec<Limiter>,
) -> Result<(), Invalid> {
    if definition.usage_plans.len() > MAX_PLANS {
        return Err(Invalid::new("usage_plans", format!("must not be more than {MAX_PLANS}")));
    }
    for (name, plan) in &definition.usage_plans {
        let at = |invalid: Invalid| invalid.within(format!("usage_plans.{name}"));
        let limits =
            Plan { throttle: plan.throttle.clone(), quota: plan.quota.clone(), ..Plan::default() };
        let limits = PlanLimits::compile(name, &limits, limiters).map_err(at)?;
        let mut known = BTreeSet::new();
        for (index, belongs) in plan.api_stages.iter().enumerate() {
            let at = |invalid: Invalid| at(invalid.within(format!("api_stages[{index}]")));
            let (api, stage) = find(definition, apis, belongs).map_err(at)?;
            if !known.insert((api, stage)) {
                let reason = format!("`{}` is there twice", belongs.stage);
                return Err(at(Invalid::new("stage", reason)));
            }
            let methods = methods(name, definition, belongs, limiters).map_err(at)?;
            if let Some(stage) = stages.get_mut(api).and_then(|stages| stages.get_mut(stage)) {
                stage.plans.insert(name.clone(), StagePlan { limits, methods });
            }
        }
    }
    Ok(())
}

fn find(
    definition: &Definition,
    apis: &[Api],
    belongs: &definition::ApiStage,
) -> Result<(usize, usize), Invalid> {
    let index = definition.apis.keys().position(|id| *id == belongs.api);
    let Some((index, api)) = index.and_then(|index| Some((index, apis.get(index)?))) else {
        return Err(Invalid::new("api", format!("there is no API `{}`", belongs.api)));
    };
    match api.stage(belongs.stage.as_bytes()) {
        Some(stage) => Ok((index, stage)),
        None => {
            let reason = format!("the API has no stage `{}`", belongs.stage);
            Err(Invalid::new("stage", reason))
        }
    }
}

/// The throttles of single methods, by the route that each is of.
fn methods(
    plan: &str,
    definition: &Definition,
    belongs: &definition::ApiStage,
    limiters: &mut Vec<Limiter>,
) -> Result<HashMap<Rc<str>, usize>, Invalid> {
    let mut methods = HashMap::new();
    if belongs.throttle.len() > MAX_METHODS {
        return Err(Invalid::new("throttle", format!("must not be more than {MAX_METHODS}")));
    }
    for (method, throttle) in &belongs.throttle {
        let at = |invalid: Invalid| invalid.within(format!("throttle[{method:?}]"));
        Pattern::parse_method_key(method).map_err(at)?;
        let route = definition.apis.get(&belongs.api).and_then(|api| route_of(api, method));
        let Some(route) = route else {
            let reason = format!("the API has no method `{method}`");
            return Err(at(Invalid::new("", reason)));
        };
        let place = format!("/{}/{}{method}", belongs.api, belongs.stage);
        let index = PlanLimits::compile_method(plan, &place, throttle, limiters).map_err(at)?;
        methods.insert(route.into(), index);
    }
    Ok(methods)
}

/// The route that usage plans call `/orders/{id}/GET`, and the root's `//GET`.
fn route_of<'a>(api: &'a definition::Api, method: &str) -> Option<&'a str> {
    let (path, verb) = method.rsplit_once('/')?;
    let path = if path.is_empty() { "/" } else { path };
    let route = api.routes.get_key_value(&format!("{verb} {path}"));
    route.map(|(key, _)| key.as_str()).filter(|key| key.parse::<RouteKey>().is_ok())
}

/// Keys belong to plans that are there, and to one only for each stage.
fn check_keys(definition: &Definition) -> Result<(), Invalid> {
    for (id, key) in &definition.api_keys {
        let refuse = |reason: String| {
            Err(Invalid::new("usage_plans", reason).within(format!("api_keys[{id:?}]")))
        };
        let mut stages = BTreeMap::new();
        for name in &key.usage_plans {
            let Some(plan) = definition.usage_plans.get(name) else {
                return refuse(format!("there is no usage plan `{name}`"));
            };
            for belongs in &plan.api_stages {
                if let Some(other) = stages.insert((&belongs.api, &belongs.stage), name) {
                    let stage = &belongs.stage;
                    return refuse(format!("`{other}` and `{name}` both have the stage `{stage}`"));
                }
            }
        }
    }
    Ok(())
}
