//! The policy itself: keys and plans, with no API around them.

use std::collections::BTreeMap;
use std::time::Duration;

use tollgate_api_keys::MAX_USAGE_PLANS;
use tollgate_policy::{
    Compile, Exchange, Fault, Headers, Host, Invalid, Needs, Origin, Policy, Response, Timestamp,
    Verdict, Work, is_token,
};
use tollgate_rate_limit::{Check, Limiters, Moment, Patience, Pattern, ResponseHeaders};

use crate::config::Config;
use crate::keys::{Identified, Keys, Stranger};
use crate::plan::{Limits, MAX_METHODS, MAX_PLANS};

/// How long a request waits for the first load of the keys: as long as one of a million takes.
const KEY_WAIT: Duration = Duration::from_secs(5);

/// Fetches of the limits have numbers from here on, those of the keys below.
const LIMITER_IDS: u32 = 1 << Limiters::ID_BITS;

/// Admits requests that bring an API key, as its usage plan says.
#[derive(Debug)]
pub struct UsagePlan {
    keys: Keys,
    key_header: String,
    plans: BTreeMap<String, CompiledPlan>,
    limiters: Limiters,
    response_headers: ResponseHeaders,
}

#[derive(Debug)]
struct CompiledPlan {
    limits: Limits,
    methods: Vec<(Pattern, usize)>,
}

/// What the policy remembers of one exchange.
#[derive(Debug, Default)]
pub struct Notes {
    caller: Option<Identified>,
    wait_ends: Option<Timestamp>,
    /// The limits the request has taken tokens of.
    taken: Vec<usize>,
}

impl UsagePlan {
    fn judge(&self, notes: &mut Notes, exchange: &mut Exchange, host: &dyn Host) -> Verdict {
        let caller = match &notes.caller {
            Some(caller) => caller.clone(),
            None => match self.keys.identify(&exchange.request, &self.key_header, host) {
                Ok(caller) => caller,
                Err(Stranger::Refuse) => {
                    return refuse(exchange, Fault::InvalidApiKey, Headers::new());
                }
                Err(Stranger::NotLoaded) => return wait_for_keys(notes, exchange, host),
            },
        };
        let plan = caller.key.usage_plans.iter().find_map(|plan| self.plans.get_key_value(plan));
        let Some((_, plan)) = plan else {
            return refuse(exchange, Fault::InvalidApiKey, Headers::new());
        };
        if notes.caller.is_none() {
            exchange.context.api_key_id = Some(caller.key.id.as_str().into());
            // Waiting for keys is over.
            notes.wait_ends = None;
        }
        let indices = plan.wanted(exchange);
        let subject = caller.subject();
        let wanted: Vec<_> = indices.iter().map(|index| (*index, subject)).collect();
        let moment = Moment::of(host);
        let end = *notes.wait_ends.get_or_insert_with(|| moment.now.after(self.limiters.wait()));
        let patience = if moment.now < end { Patience::Left } else { Patience::Over };
        match self.limiters.check(&wanted, &moment, patience, host) {
            Check::Admit => {
                self.limiters.take(&wanted, &moment);
                notes.taken = indices;
                notes.caller = Some(caller);
                Verdict::Continue
            }
            Check::Wait => {
                notes.caller = Some(caller);
                Verdict::Wait(end)
            }
            Check::Refuse { at, after } => {
                let exceeded = indices.get(at).copied();
                let fault = if exceeded == plan.limits.quota {
                    Fault::QuotaExceeded
                } else {
                    Fault::Throttled
                };
                let mut headers = Headers::new();
                self.tell(&mut headers, exceeded.as_slice(), &caller, &moment);
                self.response_headers.tell_when(&mut headers, after);
                refuse(exchange, fault, headers)
            }
        }
    }

    fn tell(&self, headers: &mut Headers, limits: &[usize], caller: &Identified, moment: &Moment) {
        let subject = caller.subject();
        let outlooks = limits.iter().filter_map(|index| {
            let limiter = self.limiters.limiter(*index)?;
            Some((limiter.name(), limiter.outlook(&subject, moment)))
        });
        self.response_headers.tell(headers, outlooks);
    }
}

impl CompiledPlan {
    /// The limits that a request falls under, in API Gateway's order.
    fn wanted(&self, exchange: &Exchange) -> Vec<usize> {
        let (method, path) = (exchange.request.method(), exchange.request.path());
        let matching = self.methods.iter().filter(|(pattern, _)| pattern.matches(method, path));
        let methods = matching.map(|(_, index)| *index);
        methods.chain(self.limits.throttle).chain(self.limits.quota).collect()
    }
}

fn wait_for_keys(notes: &mut Notes, exchange: &mut Exchange, host: &dyn Host) -> Verdict {
    let end = *notes.wait_ends.get_or_insert_with(|| host.now().after(KEY_WAIT));
    if host.now() < end {
        return Verdict::Wait(end);
    }
    refuse(exchange, Fault::Internal, Headers::new())
}

fn refuse(exchange: &mut Exchange, fault: Fault, mut headers: Headers) -> Verdict {
    exchange.context.error = Some(fault);
    let (status, message, error_type) = match fault {
        Fault::InvalidApiKey => (403, "Forbidden", "ForbiddenException"),
        Fault::Throttled => (429, "Too Many Requests", "TooManyRequestsException"),
        Fault::QuotaExceeded => (429, "Limit Exceeded", "LimitExceededException"),
        _ => (500, "Internal server error", "InternalServerErrorException"),
    };
    headers.set("content-type", "application/json");
    headers.set("x-amzn-errortype", error_type);
    let body = format!("{{\"message\":\"{message}\"}}").into_bytes();
    Verdict::Respond(Response { status, headers, body })
}

impl Policy for UsagePlan {
    type Notes = Notes;

    fn needs(&self) -> Needs {
        Needs { responses: self.response_headers.are_sent(), ..Needs::default() }
    }

    fn on_request(&self, notes: &mut Notes, exchange: &mut Exchange, host: &dyn Host) -> Verdict {
        self.judge(notes, exchange, host)
    }

    fn on_wake(&self, notes: &mut Notes, exchange: &mut Exchange, host: &dyn Host) -> Verdict {
        self.judge(notes, exchange, host)
    }

    fn on_response(
        &self,
        notes: &mut Notes,
        _: &mut Exchange,
        response: &mut Response,
        _: &Origin,
        host: &dyn Host,
    ) -> Verdict {
        if let Some(caller) = &notes.caller {
            self.tell(&mut response.headers, &notes.taken, caller, &Moment::of(host));
        }
        Verdict::Continue
    }

    fn work(&self, host: &dyn Host) -> Work {
        let mut limits = self.limiters.work(host);
        for fetch in &mut limits.fetches {
            fetch.id |= LIMITER_IDS;
        }
        limits.and(self.keys.work(host))
    }

    fn is_pressed(&self) -> bool {
        self.limiters.is_pressed()
    }

    fn on_fetched(&self, id: u32, reply: Option<Response>, host: &dyn Host) {
        if id & LIMITER_IDS == 0 {
            self.keys.on_fetched(id, reply, host);
        } else {
            self.limiters.on_fetched(id & !LIMITER_IDS, reply, host);
        }
    }
}

impl Compile for UsagePlan {
    type Config = Config;

    fn compile(config: Config) -> Result<Self, Invalid> {
        let count = config.usage_plans.len();
        if !(1..=MAX_PLANS).contains(&count) {
            let reason = format!("must be 1 to {MAX_PLANS}, there are {count}");
            return Err(Invalid::new("usage_plans", reason));
        }
        let header = &config.key_header;
        if !is_token(header.as_bytes()) {
            let reason = format!("`{}` is not a header field", header.escape_default());
            return Err(Invalid::new("key_header", reason));
        }
        let keys = Keys::compile(&config.api_keys, config.api_key_files.as_ref())?;
        if keys.is_empty() {
            let reason = "must be given, or `api_key_files`: without a key nobody gets in";
            return Err(Invalid::new("api_keys", reason));
        }
        for (id, key) in &config.api_keys {
            check_plans(&key.usage_plans, &config)
                .map_err(|invalid| invalid.within(format!("api_keys[{id:?}]")))?;
        }
        let mut limiters = Vec::new();
        let mut plans = BTreeMap::new();
        for (name, plan) in &config.usage_plans {
            let at = |invalid: Invalid| invalid.within(format!("usage_plans.{name}"));
            let limits = Limits::compile(name, plan, &mut limiters).map_err(at)?;
            if plan.methods.len() > MAX_METHODS {
                let reason = format!("must not be more than {MAX_METHODS}");
                return Err(at(Invalid::new("methods", reason)));
            }
            let mut methods = Vec::new();
            for (key, throttle) in &plan.methods {
                let at = |invalid: Invalid| at(invalid.within(format!("methods[{key:?}]")));
                let pattern = Pattern::parse_method_key(key).map_err(at)?;
                let limit = Limits::compile_method(name, key, throttle, &mut limiters);
                methods.push((pattern, limit.map_err(at)?));
            }
            plans.insert(name.clone(), CompiledPlan { limits, methods });
        }
        Ok(Self {
            keys,
            key_header: config.key_header,
            plans,
            limiters: Limiters::new(limiters, config.counters)?,
            response_headers: config.response_headers,
        })
    }
}

fn check_plans(plans: &[String], config: &Config) -> Result<(), Invalid> {
    if plans.len() > MAX_USAGE_PLANS {
        let reason = format!("must not be more than {MAX_USAGE_PLANS}");
        return Err(Invalid::new("usage_plans", reason));
    }
    match plans {
        [plan, other, ..] => {
            let reason = format!("`{plan}` and `{other}`: a key is in one plan");
            Err(Invalid::new("usage_plans", reason))
        }
        [plan] if !config.usage_plans.contains_key(plan) => {
            Err(Invalid::new("usage_plans", format!("there is no usage plan `{plan}`")))
        }
        [] | [_] => Ok(()),
    }
}
