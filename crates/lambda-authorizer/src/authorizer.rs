//! The authorizer itself: from a request to an answer about its caller.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tollgate_iam::Decision;
use tollgate_lambda::event::Source;
use tollgate_policy::{
    Authorizer, AuthorizerKind, Exchange, Fault, Host, Invalid, Needs, Response, Timestamp,
    Verdict, Work,
};

use crate::answer::{Answer, Shape};
use crate::cache::{Cache, Came};
use crate::config::{self, Config, Format, Kind, Sends};
use crate::event::Told;
use crate::flight::{Flight, Flights, State};
use crate::identity::{Lack, Sources};
use crate::key::Key;
use crate::notes::Notes;
use crate::refusal::{EXPLICIT, Refusal, Words};
use crate::service::Service;
use crate::token::Looks;

/// API Gateway's own bound.
const MAX_TTL_SECS: u32 = 3_600;

const MIN_TIMEOUT_MILLIS: u32 = 50;
const MAX_TIMEOUT_MILLIS: u32 = 10_000;
/// What a REST API may take for all of a request.
const MAX_REST_TIMEOUT_MILLIS: u32 = 29_000;

/// How much longer than a call may take those wait who wait for it: the proxy ends it first.
const SLACK: Duration = Duration::from_secs(1);

/// The longest ARN of a method of a REST API: API Gateway's own bound.
const MAX_METHOD_ARN_BYTES: usize = 1_600;

/// Lets a service decide who may call.
#[derive(Debug)]
pub struct LambdaAuthorizer {
    service: Service,
    told: Told,
    shape: Shape,
    words: Words,
    sources: Sources,
    looks: Option<Looks>,
    ttl: Duration,
    timeout: Duration,
    cache: RefCell<Rc<RefCell<Cache>>>,
    flights: Flights,
    /// What this was compiled from: what was answered under it is true under the same only.
    config: Config,
}

impl LambdaAuthorizer {
    /// The authorizer that a configuration describes.
    ///
    /// # Errors
    /// [`Invalid`] for the first field that cannot be honoured.
    pub fn compile(config: Config) -> Result<Self, Invalid> {
        let service =
            Service::compile(&config.service).map_err(|invalid| invalid.within("service"))?;
        let at = |field: &'static str| move |invalid: Invalid| invalid.within(field);
        let (format, told, shape, sources, looks) = match &config.kind {
            Kind::Token(token) => {
                let sources = Sources::of_token(&token.identity_source)
                    .map_err(at("kind.token.identity_source"))?;
                let looks = token.identity_validation_expression.as_deref().map(Looks::compile);
                let looks =
                    looks.transpose().map_err(at("kind.token.identity_validation_expression"))?;
                (Format::Rest, Told::Token, Shape::Policy, sources, looks)
            }
            Kind::Request(request) => {
                if request.simple_responses && request.format != Format::V2 {
                    let reason = "are of format `2.0` only";
                    return Err(Invalid::new("kind.request.simple_responses", reason));
                }
                let sources = Sources::compile(&request.identity_sources, request.format)
                    .map_err(at("kind.request"))?;
                let shape = Shape::of(request.format, request.simple_responses);
                (request.format, Told::Request(request.format), shape, sources, None)
            }
        };
        if let config::Service::Http(http) = &config.service {
            check_http(http, shape)?;
        }
        if config.ttl_secs > MAX_TTL_SECS {
            let reason = format!("`{}` is more than {MAX_TTL_SECS}", config.ttl_secs);
            return Err(Invalid::new("ttl_secs", reason));
        }
        if config.ttl_secs > 0 && sources.is_empty() {
            let reason = "answers are kept by identity sources, and there is none: name one, or set \
                          this to 0";
            return Err(Invalid::new("ttl_secs", reason));
        }
        let words = if format == Format::Rest { Words::Rest } else { Words::Http };
        let timeout = timeout(config.timeout_millis, words)?;
        Ok(Self {
            service,
            told,
            shape,
            words,
            sources,
            looks,
            ttl: Duration::from_secs(u64::from(config.ttl_secs)),
            timeout,
            cache: RefCell::default(),
            flights: Flights::default(),
            config,
        })
    }

    /// What has to be known of an exchange.
    #[must_use]
    pub fn needs(&self) -> Needs {
        Needs { source_address: true, ..Needs::default() }
    }

    /// Finds out what the service says of the caller, and goes on once that is known, whatever it is.
    /// The method that is called has this ARN, and the request this path without its stage.
    ///
    /// Call it again after the wait it asks for; the reply to the call it asks for belongs to
    /// [`on_reply`](Self::on_reply).
    pub fn ask(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        arn: &str,
        path: &str,
        host: &dyn Host,
    ) -> Verdict {
        if notes.has_answer() {
            return Verdict::Continue;
        }
        let asked = match notes.flight.take() {
            Some(flight) => self.look(&flight, notes, exchange, arn, path, host),
            None => self.begin(notes, exchange, arn, path, host),
        };
        asked.unwrap_or_else(|refusal| refusal.carry_out(exchange, self.words))
    }

    /// Takes the reply to the call, of which there is none if it failed, and goes on if the service has
    /// answered, whatever that is.
    pub fn on_reply(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        arn: &str,
        reply: Option<Response>,
        host: &dyn Host,
    ) -> Verdict {
        let now = host.uptime();
        notes.latency = Some(now.saturating_sub(notes.asked));
        let outcome = self.service.read(reply, self.shape).map(Rc::new);
        if let (Ok(answer), Some(key)) = (&outcome, notes.key.take()) {
            let came = match answer.decide(exchange, arn) {
                Decision::Allow => Came::Admitted,
                Decision::ExplicitDeny | Decision::ImplicitDeny => Came::Refused,
            };
            let until = now.saturating_add(self.ttl);
            self.cache.borrow().borrow_mut().insert(key, answer.clone(), until, came);
        }
        if let Some(lead) = notes.lead.take() {
            lead.end(&outcome);
        }
        match outcome {
            Ok(answer) => {
                notes.answer = Some(answer);
                Verdict::Continue
            }
            Err(refusal) => refusal.carry_out(exchange, self.words),
        }
    }

    /// What the service says of a call of the method with this ARN. Where it has not answered, nothing.
    pub fn decide(&self, notes: &Notes, exchange: &Exchange, arn: &str) -> Decision {
        let answer = notes.answer.as_ref();
        answer.map_or(Decision::ImplicitDeny, |answer| answer.decide(exchange, arn))
    }

    /// Lets the caller in, or not, by what has been decided in the end.
    pub fn conclude(&self, notes: &Notes, exchange: &mut Exchange, decision: Decision) -> Verdict {
        let refusal = match (decision, &notes.answer) {
            (Decision::Allow, Some(answer)) => {
                exchange.context.authorizer = Some(caller(answer, notes));
                return Verdict::Continue;
            }
            (Decision::Allow, None) => Refusal::bad_answer("nobody has been asked"),
            (Decision::ExplicitDeny, _) => Refusal {
                message: (self.words == Words::Rest).then_some(EXPLICIT),
                ..Refusal::new(Fault::AccessDenied, "the call is denied")
            },
            (Decision::ImplicitDeny, _) => {
                Refusal::new(Fault::AccessDenied, "nothing allows the call")
            }
        };
        refusal.carry_out(exchange, self.words)
    }

    /// Whether those who wait should be told something. It costs next to nothing.
    #[must_use]
    pub fn is_pressed(&self) -> bool {
        self.flights.has_news()
    }

    /// What there is to do between exchanges.
    #[must_use]
    pub fn work(&self) -> Work {
        Work { news: self.flights.take_news(), ..Work::default() }
    }

    /// Takes over the answers that another authorizer of the same configuration has got.
    pub fn inherit(&self, previous: &Self) {
        if self.config == previous.config {
            self.cache.replace(previous.cache.borrow().clone());
        }
    }

    /// Whether header fields of these names can be removed from requests and callers still be told apart.
    ///
    /// # Errors
    /// [`Invalid`] for the first that cannot.
    pub fn check_own_headers<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<(), Invalid> {
        match names.into_iter().find(|name| self.sources.have_header(name)) {
            None => Ok(()),
            Some(name) => {
                Err(Invalid::new("", format!("`{name}` is what callers are told apart by")))
            }
        }
    }

    fn begin(
        &self,
        notes: &mut Notes,
        exchange: &Exchange,
        arn: &str,
        path: &str,
        host: &dyn Host,
    ) -> Result<Verdict, Refusal> {
        if self.words == Words::Rest && arn.len() > MAX_METHOD_ARN_BYTES {
            let reason = "the ARN of the method is longer than an authorizer may get";
            return Err(Refusal::new(Fault::UriTooLong, reason));
        }
        let values = self.sources.values(exchange).map_err(|lack| match lack {
            Lack::Missing => Refusal::unauthorized("an identity source is missing"),
            Lack::Several => Refusal::unauthorized("an identity source is there more than once"),
        })?;
        self.check_token(&values)?;
        let mut key = Vec::new();
        // A function may decide by the stage, of which each has answers of its own.
        let stage = exchange.context.stage.as_bytes();
        let told_apart = std::iter::once(stage).chain(values.iter().map(|value| &**value));
        if !self.ttl.is_zero() && Key::write(told_apart, &mut key) {
            if let Some(answer) = self.cache.borrow().borrow_mut().get(&key, host.uptime()) {
                notes.answer = Some(answer);
                return Ok(Verdict::Continue);
            }
            if let Some(flight) = self.flights.find(&key) {
                return Ok(wait(notes, flight));
            }
            let until = host.now().after(self.timeout).after(SLACK);
            let key = Key::from(key.as_slice());
            notes.lead = self.flights.begin(key.clone(), until);
            notes.key = Some(key);
        }
        notes.asked = host.uptime();
        let source = Source { exchange, path };
        Ok(Verdict::Call(self.service.call(self.told, source, arn, &values, self.timeout)))
    }

    fn check_token(&self, values: &[Cow<'_, [u8]>]) -> Result<(), Refusal> {
        let (Told::Token, Some(token)) = (self.told, values.first()) else { return Ok(()) };
        let Ok(token) = std::str::from_utf8(token) else {
            return Err(Refusal::unauthorized("the token is no text"));
        };
        match &self.looks {
            Some(looks) if !looks.fit(token) => {
                Err(Refusal::unauthorized("the token does not match what tokens look like"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Looks whether a call that the exchange waits for is over.
    fn look(
        &self,
        flight: &Rc<Flight>,
        notes: &mut Notes,
        exchange: &Exchange,
        arn: &str,
        path: &str,
        host: &dyn Host,
    ) -> Result<Verdict, Refusal> {
        match flight.state() {
            State::Open if host.now() < flight.until => Ok(wait(notes, flight.clone())),
            State::Open => Err(Refusal::bad_answer("the answer to another request is overdue")),
            State::Over(outcome) => {
                notes.answer = Some(outcome?);
                Ok(Verdict::Continue)
            }
            State::Abandoned => self.begin(notes, exchange, arn, path, host),
        }
    }

    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.cache.borrow().borrow().len()
    }

    #[cfg(test)]
    pub(crate) fn under_way(&self) -> usize {
        self.flights.len()
    }
}

fn wait(notes: &mut Notes, flight: Rc<Flight>) -> Verdict {
    let until: Timestamp = flight.until;
    notes.flight = Some(flight);
    Verdict::Wait(until)
}

fn caller(answer: &Answer, notes: &Notes) -> Authorizer {
    Authorizer {
        kind: AuthorizerKind::Lambda,
        principal_id: answer.principal_id.clone(),
        context: answer.context.clone(),
        usage_identifier_key: answer.usage_identifier_key.as_ref().map(|key| key.0.clone()),
        latency: notes.latency,
        ..Authorizer::default()
    }
}

fn timeout(millis: Option<u32>, words: Words) -> Result<Duration, Invalid> {
    let most = match words {
        Words::Rest => MAX_REST_TIMEOUT_MILLIS,
        Words::Http => MAX_TIMEOUT_MILLIS,
    };
    let millis = millis.unwrap_or(MAX_TIMEOUT_MILLIS);
    if !(MIN_TIMEOUT_MILLIS..=most).contains(&millis) {
        let reason = format!("`{millis}` is not {MIN_TIMEOUT_MILLIS} to {most}");
        return Err(Invalid::new("timeout_millis", reason));
    }
    Ok(Duration::from_millis(u64::from(millis)))
}

fn check_http(http: &config::Http, shape: Shape) -> Result<(), Invalid> {
    if shape == Shape::Simple {
        return Ok(());
    }
    let sends = match http.sends {
        Sends::Event => "gets events of format `2.0`",
        Sends::Headers(_) => "counts as one of format `2.0`",
    };
    let reason = format!("an HTTP service {sends} and answers with `simple_responses`");
    Err(Invalid::new("kind", reason))
}
