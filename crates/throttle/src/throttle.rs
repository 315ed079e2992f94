//! The policy itself: a list of limits.

use std::collections::BTreeSet;
use std::time::Duration;

use tollgate_policy::{
    Compile, Exchange, Fault, Headers, Host, Invalid, Needs, Origin, Policy, Response, Timestamp,
    Verdict, Work,
};
use tollgate_rate_limit::{
    Check, Limiter, Limiters, Moment, Patience, Pattern, ResponseHeaders, Subject,
};

use crate::config::{Config, Key, Level};

/// Every limit is asked for a request, in the worst case.
const MAX_LIMITS: usize = 1_000;
const MAX_ROUTES: usize = 100;
const MAX_NAME_CHARS: usize = 128;

/// Limits the rate of requests.
#[derive(Debug)]
pub struct Throttle {
    limits: Vec<Limit>,
    limiters: Limiters,
    response_headers: ResponseHeaders,
}

/// One limit, compiled. Its place among the limits is that of its limiter.
#[derive(Debug)]
struct Limit {
    name: String,
    key: Option<Key>,
    /// None of them stands for every request.
    patterns: Vec<Pattern>,
}

/// What the policy remembers of one exchange.
#[derive(Debug, Default)]
pub struct Notes {
    wait_ends: Option<Timestamp>,
    /// The limits the request has taken tokens of.
    taken: Vec<(usize, Subject<'static>)>,
}

impl Throttle {
    fn judge(&self, notes: &mut Notes, exchange: &mut Exchange, host: &dyn Host) -> Verdict {
        let wanted = self.wanted(exchange);
        let moment = Moment::of(host);
        let end = *notes.wait_ends.get_or_insert_with(|| moment.now.after(self.limiters.wait()));
        let patience = if moment.now < end { Patience::Left } else { Patience::Over };
        match self.limiters.check(&wanted, &moment, patience, host) {
            Check::Admit => {
                self.limiters.take(&wanted, &moment);
                notes.taken = wanted;
                Verdict::Continue
            }
            Check::Wait => Verdict::Wait(end),
            Check::Refuse { at, after } => {
                exchange.context.error = Some(Fault::Throttled);
                let exceeded = wanted.get(at..=at).unwrap_or_default();
                Verdict::Respond(self.refusal(exceeded, after, &moment))
            }
        }
    }

    fn wanted(&self, exchange: &Exchange) -> Vec<(usize, Subject<'static>)> {
        let (method, path) = (exchange.request.method(), exchange.request.path());
        let falls_under = |limit: &Limit| {
            limit.patterns.is_empty()
                || limit.patterns.iter().any(|pattern| pattern.matches(method, path))
        };
        let of = |limit: &Limit| {
            limit.key.as_ref().map_or(Subject::EVERYBODY, |key| key.subject(exchange))
        };
        (self.limits.iter().enumerate())
            .filter(|(_, limit)| falls_under(limit))
            .map(|(index, limit)| (index, of(limit)))
            .collect()
    }

    fn refusal(
        &self,
        exceeded: &[(usize, Subject<'static>)],
        after: Duration,
        moment: &Moment,
    ) -> Response {
        let mut headers = Headers::new();
        headers.set("content-type", "application/json");
        self.tell(&mut headers, exceeded, moment);
        self.response_headers.tell_when(&mut headers, after);
        Response { status: 429, headers, body: br#"{"message":"Too Many Requests"}"#.to_vec() }
    }

    fn tell(&self, headers: &mut Headers, limits: &[(usize, Subject<'static>)], moment: &Moment) {
        let outlooks = limits.iter().filter_map(|(index, subject)| {
            let name = &self.limits.get(*index)?.name;
            Some((name.as_str(), self.limiters.limiter(*index)?.outlook(subject, moment)))
        });
        self.response_headers.tell(headers, outlooks);
    }
}

impl Policy for Throttle {
    type Notes = Notes;

    fn needs(&self) -> Needs {
        Needs {
            source_address: (self.limits.iter())
                .any(|limit| limit.key.as_ref().is_some_and(Key::needs_source_address)),
            responses: self.response_headers.are_sent(),
            ..Needs::default()
        }
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
        self.tell(&mut response.headers, &notes.taken, &Moment::of(host));
        Verdict::Continue
    }

    fn work(&self, host: &dyn Host) -> Work {
        self.limiters.work(host)
    }

    fn is_pressed(&self) -> bool {
        self.limiters.is_pressed()
    }

    fn on_fetched(&self, id: u32, reply: Option<Response>, host: &dyn Host) {
        self.limiters.on_fetched(id, reply, host);
    }
}

impl Compile for Throttle {
    type Config = Config;

    fn compile(config: Config) -> Result<Self, Invalid> {
        let count = config.limits.len();
        if !(1..=MAX_LIMITS).contains(&count) {
            let reason = format!("must be 1 to {MAX_LIMITS}, there are {count}");
            return Err(Invalid::new("limits", reason));
        }
        let mut names = BTreeSet::new();
        let (mut limits, mut limiters) = (Vec::new(), Vec::new());
        for (index, level) in config.limits.iter().enumerate() {
            let at = |invalid: Invalid| invalid.within(format!("limits[{index}]"));
            if !names.insert(&level.name) {
                return Err(at(Invalid::new("name", format!("`{}` is there twice", level.name))));
            }
            let (limit, limiter) = compile(level).map_err(at)?;
            limits.push(limit);
            limiters.push(limiter);
        }
        let limiters = Limiters::new(limiters, config.counters)?;
        Ok(Self { limits, limiters, response_headers: config.response_headers })
    }
}

fn compile(level: &Level) -> Result<(Limit, Limiter), Invalid> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let name = &level.name;
    if !(1..=MAX_NAME_CHARS).contains(&name.len()) || !name.bytes().all(plain) {
        let reason = format!("must be 1 to {MAX_NAME_CHARS} letters, digits and `-_./`");
        return Err(Invalid::new("name", reason));
    }
    if let Some(key) = &level.per {
        if let Key::Claim(_) = key {
            let reason = "only the gateway knows claims: let the authorizer put it into a header \
                          field, and count by that";
            return Err(Invalid::new("per.claim", reason));
        }
        key.check().map_err(|invalid| invalid.within("per"))?;
    }
    if level.routes.len() > MAX_ROUTES {
        return Err(Invalid::new("routes", format!("must not be more than {MAX_ROUTES}")));
    }
    let patterns = (level.routes.iter().enumerate())
        .map(|(index, route)| {
            Pattern::parse(route).map_err(|invalid| invalid.within(format!("routes[{index}]")))
        })
        .collect::<Result<_, _>>()?;
    let per = Key::per(level.per.as_ref());
    let limiter = Limiter::throttle(&format!("throttle/{name}"), &level.throttle, per)
        .map_err(|invalid| invalid.within("throttle"))?;
    Ok((Limit { name: name.clone(), key: level.per.clone(), patterns }, limiter))
}
