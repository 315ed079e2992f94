//! What the gateway would do with a request, step by step, and why.

use std::rc::Rc;

use tollgate_canary::Variant;
use tollgate_policy::{
    Authorizer, AuthorizerKind, Claims, Exchange, Fault, Headers, Host, Request, Response, Verdict,
};

use crate::authorization::{Authorization, Jwt};
use crate::gateway::{Gateway, Notes};
use crate::request::{EVENT_HEADER, forward_claims};
use crate::route::Route;
use crate::target::CLUSTER_HEADER;

/// What the gateway would do with a request.
#[derive(Debug)]
pub struct Explanation {
    /// The steps that it took, in order.
    pub steps: Vec<Step>,
    /// What came of it.
    pub outcome: Outcome,
}

/// One step, and what it decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which step.
    pub name: &'static str,
    /// What it decided.
    pub decision: String,
}

/// What comes of a request.
#[derive(Debug)]
pub enum Outcome {
    /// The gateway answers it.
    Answer(Response),
    /// It goes on to the integration like this, with this body.
    GoOn(Request, Vec<u8>),
    /// That takes a server, for this.
    Unknown(&'static str),
}

/// How an explanation is made.
struct Explaining<'g> {
    gateway: &'g Gateway,
    host: &'g dyn Host,
    notes: Notes,
    steps: Vec<Step>,
}

impl Gateway {
    /// Takes a request through the very steps that a gateway takes it through, and writes down what each
    /// decides. Nothing is fetched: of an authorizer whose keys would have to be, `claims` are what it is
    /// taken to have found in the token.
    #[must_use]
    pub fn explain(
        &self,
        exchange: &mut Exchange,
        body: &[u8],
        claims: Option<Claims>,
        host: &dyn Host,
    ) -> Explanation {
        let (notes, steps) = (Notes::default(), Vec::new());
        let mut explaining = Explaining { gateway: self, host, notes, steps };
        let outcome = explaining.run(exchange, body, claims);
        Explanation { steps: explaining.steps, outcome }
    }
}

impl Explaining<'_> {
    fn run(&mut self, exchange: &mut Exchange, body: &[u8], claims: Option<Claims>) -> Outcome {
        let (gateway, host) = (self.gateway, self.host);
        let entered = gateway.enter(&mut self.notes, exchange);
        self.say_where(exchange);
        match entered {
            Ok(None) => {}
            Ok(Some(preflight)) => {
                self.say("CORS", "it is a preflight, which the gateway answers");
                let answer = gateway.sign_preflight(&self.notes, exchange, preflight, host);
                return Outcome::Answer(answer);
            }
            Err(fault) => return self.refuse("route", fault, exchange),
        }
        let Some(route) = self.notes.place.as_ref().and_then(|place| place.route.clone()) else {
            return self.refuse("route", Fault::Internal, exchange);
        };
        self.say_route(&route, exchange);
        if let Some(verdict) = gateway.throttle(&mut self.notes, exchange, host) {
            return self.stop("throttle", verdict, exchange);
        }
        self.say(
            "throttle",
            "the limits of the client, the route and the account have a token each",
        );
        if let Some(outcome) = self.authorize(&route, exchange, body, claims) {
            return outcome;
        }
        if let Some(verdict) = gateway.meter(&mut self.notes, exchange, host) {
            return self.stop("API key", verdict, exchange);
        }
        match (&exchange.context.api_key_id, route.api_key_required) {
            (Some(id), _) => {
                let decision =
                    format!("the key `{id}` is of a plan, whose limits have a token each");
                self.say("API key", decision);
            }
            (None, _) => self.say("API key", "none is needed"),
        }
        self.prepare(&route, exchange, body)
    }

    fn authorize(
        &mut self,
        route: &Route,
        exchange: &mut Exchange,
        body: &[u8],
        claims: Option<Claims>,
    ) -> Option<Outcome> {
        let wants = self.wants(route);
        if let (Some(claims), Some(kind)) = (claims, given_by_hand(&route.authorization)) {
            exchange.context.authorizer = Some(taken_to_be(kind, claims));
            forward_claims(route, exchange);
            self.say("authorizer", format!("{wants}, and is taken to have found what is given"));
            return None;
        }
        let mut verdict = self.gateway.authorize(&mut self.notes, exchange, None, self.host);
        if matches!(verdict, Some(Verdict::Body)) {
            verdict = self.gateway.authorize(&mut self.notes, exchange, Some(body), self.host);
        }
        match verdict {
            None => {
                let who =
                    exchange.context.authorizer.as_ref().and_then(|it| it.principal_id.as_ref());
                let signer = exchange.context.identity.as_ref().map(|identity| &identity.user_arn);
                let who = who.or(signer).map(|who| format!(", and lets `{who}` in"));
                self.say("authorizer", format!("{wants}{}", who.unwrap_or_default()));
                None
            }
            Some(Verdict::Wait(_)) => {
                self.say("authorizer", format!("{wants}, and would fetch the keys of its issuer"));
                Some(Outcome::Unknown("say which claims the token has, with `--claim NAME=VALUE`"))
            }
            Some(Verdict::Call(call)) => {
                let event = String::from_utf8_lossy(&call.body);
                self.say("authorizer", format!("{wants}, and would be told {event}"));
                Some(Outcome::Unknown(
                    "say what it answers of the caller, with `--claim NAME=VALUE`",
                ))
            }
            Some(verdict) => {
                let context = &exchange.context;
                let told = context.error_message.clone().map(std::borrow::Cow::Owned);
                let why = context.authorizer_error.clone().or(told).unwrap_or_default();
                self.say("authorizer", format!("{wants}: {why}"));
                Some(self.end(verdict))
            }
        }
    }

    /// What the authorization of a route wants.
    fn wants(&self, route: &Route) -> String {
        let found = self.notes.place.as_ref().and_then(|place| self.gateway.found(place));
        let snapshot = found.map(|found| found.snapshot);
        let name = |number: usize| {
            let found = snapshot.and_then(|snapshot| snapshot.authorizers.get(number));
            found.map(|(name, _)| name.clone()).unwrap_or_default()
        };
        let wants = match &route.authorization {
            Authorization::None => "anyone may call the route".to_owned(),
            Authorization::Iam => "it takes a signature, and policies of who has signed".to_owned(),
            Authorization::Lambda(number) => format!("`{}` asks a function", name(*number)),
            Authorization::Jwt(Jwt { authorizer, scopes }) => {
                let scopes = match scopes.as_slice() {
                    [] => String::new(),
                    scopes => format!(" with one of the scopes `{}`", scopes.join("`, `")),
                };
                format!("`{}` wants a token{scopes}", name(*authorizer))
            }
        };
        match snapshot.and_then(|snapshot| snapshot.policy.as_ref()) {
            None => wants,
            Some(_) => format!("{wants}, with the API's resource policy"),
        }
    }

    fn prepare(&mut self, route: &Route, exchange: &mut Exchange, body: &[u8]) -> Outcome {
        let (gateway, host) = (self.gateway, self.host);
        let mut prepared = gateway.prepare(&mut self.notes, exchange, None, host);
        let mut body = body.to_vec();
        if matches!(prepared, Ok(Verdict::Body)) {
            if let Err(fault) = gateway.decode(&self.notes, exchange, &mut body) {
                return self.refuse("body", fault, exchange);
            }
            prepared = gateway.prepare(&mut self.notes, exchange, Some(&mut body), host);
        }
        let checked = route.validator.is_some();
        match prepared {
            Err(fault @ (Fault::BadRequestBody | Fault::BadRequestParameters)) => {
                self.refuse("validator", fault, exchange)
            }
            Err(fault) => self.refuse("integration", fault, exchange),
            Ok(verdict) => {
                if checked {
                    self.say("validator", "parameters and body are what they must be");
                }
                match verdict {
                    Verdict::Continue => {
                        self.say("integration", "the request goes on");
                        let mut request = exchange.request.clone();
                        // The proxy makes it the body.
                        if let Some(event) = request.headers.get(EVENT_HEADER) {
                            body = event.to_vec();
                            request.headers.remove(EVENT_HEADER);
                        }
                        Outcome::GoOn(request, body)
                    }
                    Verdict::Respond(response) => {
                        self.say("integration", "a mock answers");
                        Outcome::Answer(response)
                    }
                    Verdict::Call(call) => {
                        self.say("integration", "a function gets the event");
                        let mut headers = call.headers;
                        headers.set(CLUSTER_HEADER, call.cluster);
                        Outcome::GoOn(Request { headers }, call.body)
                    }
                    Verdict::Body | Verdict::Wait(_) => {
                        Outcome::Unknown("the request waits for something")
                    }
                }
            }
        }
    }

    fn say_where(&mut self, exchange: &Exchange) {
        let context = &exchange.context;
        if context.api_id.is_empty() {
            return self.say("API", "none answers to this host and path");
        }
        let base = context.base_path.as_ref().map(|path| format!(", by the mapping `{path}`"));
        self.say("API", format!("`{}`{}", context.api_id, base.unwrap_or_default()));
        let variant = self.notes.place.as_ref().map(|place| place.variant);
        let who = match (context.is_canary_request, variant) {
            (Some(_), Some(Variant::Canary)) => ", whose canary answers this time",
            (Some(_), _) => ", itself and not its canary this time",
            (None, _) => "",
        };
        if !context.stage.is_empty() {
            self.say("stage", format!("`{}`{who}", context.stage));
        }
    }

    fn say_route(&mut self, route: &Route, exchange: &Exchange) {
        let parameters: String = (exchange.context.path_parameters.iter())
            .map(|(name, value)| format!(", {name} = `{value}`"))
            .collect();
        self.say("route", format!("`{}`{parameters}", route.key));
    }

    fn say(&mut self, name: &'static str, decision: impl Into<String>) {
        self.steps.push(Step { name, decision: decision.into() });
    }

    fn refuse(&mut self, name: &'static str, fault: Fault, exchange: &mut Exchange) -> Outcome {
        let answer = self.gateway.refuse_for(fault, &self.notes, exchange, self.host);
        let context = &exchange.context;
        let message = context.error_message.clone().unwrap_or_default();
        let details = context.validation_error.as_ref().map(|why| format!(": {why}"));
        let decision =
            format!("{}, {message}{}", fault.response_type(), details.unwrap_or_default());
        self.say(name, decision);
        Outcome::Answer(answer)
    }

    /// A step that a limit stops.
    fn stop(&mut self, name: &'static str, verdict: Verdict, exchange: &Exchange) -> Outcome {
        if let (Verdict::Respond(_), Some(fault)) = (&verdict, exchange.context.error) {
            let message = exchange.context.error_message.clone().unwrap_or_default();
            self.say(name, format!("{}, {message}", fault.response_type()));
        }
        self.end(verdict)
    }

    fn end(&self, verdict: Verdict) -> Outcome {
        match verdict {
            Verdict::Respond(response) => Outcome::Answer(response),
            Verdict::Wait(_) => {
                Outcome::Unknown("what counts, or the keys of a file, would be asked first")
            }
            Verdict::Continue | Verdict::Call(_) | Verdict::Body => {
                Outcome::Unknown("the request waits for something")
            }
        }
    }
}

/// What kind of authorizer somebody can speak for, if the route has one.
const fn given_by_hand(authorization: &Authorization) -> Option<AuthorizerKind> {
    match authorization {
        Authorization::Jwt(_) => Some(AuthorizerKind::Jwt),
        Authorization::Lambda(_) => Some(AuthorizerKind::Lambda),
        Authorization::None | Authorization::Iam => None,
    }
}

/// What an authorizer is taken to have said.
fn taken_to_be(kind: AuthorizerKind, said: Claims) -> Authorizer {
    let said = Rc::new(said);
    match kind {
        AuthorizerKind::Lambda => Authorizer { kind, context: said, ..Authorizer::default() },
        AuthorizerKind::Jwt | AuthorizerKind::Cognito => {
            Authorizer { kind, claims: said, ..Authorizer::default() }
        }
    }
}

/// The header fields that go on, without those by which the gateway and the proxy speak to each other.
#[must_use]
pub fn outward(headers: &Headers) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let is_own = |name: &[u8]| name.starts_with(b"x-tollgate-") || name.starts_with(b"x-envoy-");
    let all = headers.iter().filter(|(name, _)| !is_own(name) && !name.starts_with(b":"));
    all.map(|(name, value)| (text(name), text(value))).collect()
}
