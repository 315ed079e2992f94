//! Who may call a route.

use tollgate_iam::{Action, Decision, Principal, cross_account, denied_message, same_account};
use tollgate_iam_authorizer as iam;
use tollgate_jwt_authorizer::{self as jwt, JwtAuthorizer, check_scopes};
use tollgate_policy::{
    Compile as _, Exchange, Fault, Host, Invalid, Policy as _, Response, Verdict, Work,
};
use tollgate_resource_policy::ResourcePolicy;

use crate::api::Api;
use crate::definition::{self, Protocol};
use crate::gateway::{Found, Gateway, Notes, Place};
use crate::request::forward_claims;

/// An authorizer of an API, compiled.
#[derive(Debug)]
pub(crate) enum Authorizer {
    /// It reads JSON Web Tokens.
    Jwt(Box<JwtAuthorizer>),
}

/// How a route tells who may call it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Authorization {
    /// Anyone may.
    None,
    /// Whoever has a token of these scopes.
    Jwt(Jwt),
    /// Whoever has signed the request.
    Iam,
}

/// Which tokens may call a route.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Jwt {
    /// The number of the authorizer.
    pub(crate) authorizer: usize,
    pub(crate) scopes: Vec<String>,
}

/// What is remembered of one exchange.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    jwt: jwt::Notes,
    iam: iam::Notes,
    /// Whether the caller has been found to be one who may call.
    is_over: bool,
}

/// Why a request does not go on.
enum Stop {
    /// Not yet, or not like this.
    Hold(Verdict),
    /// Not at all.
    Refuse(Fault),
    /// Not at all, and what the caller is asked for.
    Challenge(Fault, Response),
}

impl Authorizer {
    pub(crate) fn compile(config: &definition::Authorizer) -> Result<Self, Invalid> {
        match config {
            definition::Authorizer::Jwt(config) => JwtAuthorizer::compile(config.clone())
                .map(|authorizer| Self::Jwt(Box::new(authorizer)))
                .map_err(|invalid| invalid.within("jwt")),
        }
    }

    /// The header fields that only the authorizer may send on.
    pub(crate) fn own_headers(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::Jwt(jwt) => jwt.own_headers(),
        }
    }

    /// Whether header fields of these names can be removed from requests and the caller still be told.
    pub(crate) fn check_own_headers<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), Invalid> {
        match self {
            Self::Jwt(jwt) => jwt.check_own_headers(names).map_err(|invalid| invalid.within("jwt")),
        }
    }

    pub(crate) fn work(&self, host: &dyn Host) -> Work {
        match self {
            Self::Jwt(jwt) => jwt.work(host),
        }
    }

    pub(crate) fn on_fetched(&self, id: u32, reply: Option<Response>, host: &dyn Host) {
        match self {
            Self::Jwt(jwt) => jwt.on_fetched(id, reply, host),
        }
    }

    /// Takes over what the authorizer of the definition before has learned.
    pub(crate) fn inherit(&self, before: &Self) {
        match (self, before) {
            (Self::Jwt(jwt), Self::Jwt(before)) => jwt.inherit(before),
        }
    }
}

impl Authorization {
    /// How a route of these authorizers tells who may call it.
    pub(crate) fn compile(
        config: &definition::Authorization,
        authorizers: &[(String, Authorizer)],
    ) -> Result<Self, Invalid> {
        let number = |wanted: &str| {
            let found = authorizers.iter().position(|(name, _)| name == wanted);
            let reason = || format!("there is no authorizer `{wanted}`");
            found.ok_or_else(|| Invalid::new("authorizer", reason()))
        };
        match config {
            definition::Authorization::None => Ok(Self::None),
            definition::Authorization::Iam => Ok(Self::Iam),
            definition::Authorization::Jwt(jwt) => {
                let at = |invalid: Invalid| invalid.within("authorization.jwt");
                check_scopes(&jwt.scopes).map_err(at)?;
                let authorizer = number(&jwt.authorizer).map_err(at)?;
                Ok(Self::Jwt(Jwt { authorizer, scopes: jwt.scopes.clone() }))
            }
        }
    }

    /// Whether anyone may call.
    pub(crate) fn is_open(&self) -> bool {
        *self == Self::None
    }
}

/// Where a request would be let in, and what the resource policy says of it.
struct Access<'g> {
    policy: Option<&'g ResourcePolicy>,
    api: &'g Api,
    place: &'g Place,
}

impl Access<'_> {
    /// Decides of what is called by its ARN: that of the method and the path that were sent, whichever way
    /// a backend may read them.
    fn decide(&self, exchange: &Exchange, decide: impl Fn(&str) -> Decision) -> (Decision, String) {
        let method = String::from_utf8_lossy(exchange.request.method());
        let path = self.place.path.as_bytes();
        self.api.arn.decide_call(&exchange.context.stage, &method, path, decide)
    }

    /// Of a route whose callers no policy speaks of, the resource policy must, if there is one.
    fn must_allow(&self, exchange: &mut Exchange) -> Result<(), Stop> {
        let Some(policy) = self.policy else { return Ok(()) };
        let who = Principal::Anonymous;
        let (decision, arn) = self.decide(exchange, |arn| policy.decide(exchange, arn, who));
        match decision {
            Decision::Allow => Ok(()),
            denied @ (Decision::ExplicitDeny | Decision::ImplicitDeny) => {
                exchange.context.error_message = Some(denied_message(who, &arn, denied));
                Err(Stop::Refuse(Fault::AccessDenied))
            }
        }
    }
}

impl Gateway {
    /// Finds out whether the caller may call, if that is not known yet. Entered again after every wait
    /// and every reply, and with the body once that is there.
    pub(crate) fn authorize(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        body: Option<&[u8]>,
        host: &dyn Host,
    ) -> Option<Verdict> {
        if notes.authorization.is_over {
            return None;
        }
        match self.judge_caller(notes, exchange, body, host) {
            Ok(()) => {
                notes.authorization.is_over = true;
                None
            }
            Err(stop) => Some(self.stop_caller(stop, notes, exchange, host)),
        }
    }

    fn judge_caller(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        body: Option<&[u8]>,
        host: &dyn Host,
    ) -> Result<(), Stop> {
        let internal = Stop::Refuse(Fault::Internal);
        let Some(place) = &notes.place else { return Err(internal) };
        let (Some(Found { api, snapshot, .. }), Some(route)) = (self.found(place), &place.route)
        else {
            return Err(internal);
        };
        let memory = &mut notes.authorization;
        let access = Access { policy: snapshot.policy.as_ref(), api, place };
        match &route.authorization {
            Authorization::None => return access.must_allow(exchange),
            Authorization::Iam => {
                return self.judge_signer(&access, &mut memory.iam, exchange, body);
            }
            Authorization::Jwt(wanted) => {
                let Some((_, Authorizer::Jwt(jwt))) = snapshot.authorizers.get(wanted.authorizer)
                else {
                    return Err(internal);
                };
                match jwt.authorize(&mut memory.jwt, exchange, &wanted.scopes, host) {
                    Verdict::Continue => {}
                    Verdict::Respond(answer) => {
                        let fault = exchange.context.error.unwrap_or(Fault::AuthorizerFailure);
                        // API Gateway asks for nothing where it is a user pool.
                        return Err(if jwt.is_of_user_pools() {
                            Stop::Refuse(fault)
                        } else {
                            Stop::Challenge(fault, answer)
                        });
                    }
                    held @ (Verdict::Call(_) | Verdict::Body | Verdict::Wait(_)) => {
                        return Err(Stop::Hold(held));
                    }
                }
            }
        }
        access.must_allow(exchange)?;
        forward_claims(route, exchange);
        Ok(())
    }

    /// Finds out who has signed a request, and whether the policies of theirs and of the API together let
    /// them call.
    fn judge_signer(
        &self,
        access: &Access<'_>,
        notes: &mut iam::Notes,
        exchange: &mut Exchange,
        body: Option<&[u8]>,
    ) -> Result<(), Stop> {
        let style = match access.api.protocol {
            Protocol::Http => iam::Style::Http,
            Protocol::Rest => iam::Style::Rest,
        };
        let Some(iam) = &self.iam else {
            return Err(Stop::Refuse(Fault::MissingAuthenticationToken));
        };
        match iam.authenticate(notes, exchange, body, style) {
            Verdict::Continue => {}
            Verdict::Respond(_) => {
                let fault = exchange.context.error.unwrap_or(Fault::InvalidSignature);
                return Err(Stop::Refuse(fault));
            }
            held @ (Verdict::Call(_) | Verdict::Body | Verdict::Wait(_)) => {
                return Err(Stop::Hold(held));
            }
        }
        let Some(signer) = notes.signer() else { return Err(Stop::Refuse(Fault::Internal)) };
        let who = Principal::Caller(signer.caller());
        let is_own = signer.caller().account_id == access.api.arn.account_id;
        let (decision, arn) = access.decide(exchange, |arn| {
            let own = signer.decide(exchange, Action::Invoke, arn);
            let of_api = access.policy.map(|policy| policy.decide(exchange, arn, who));
            let of_api = of_api.unwrap_or(Decision::ImplicitDeny);
            if is_own { same_account(own, of_api) } else { cross_account(own, of_api) }
        });
        if !decision.is_allow() {
            exchange.context.authorizer_error = Some("no policy allows the call".into());
            if access.api.protocol == Protocol::Rest {
                exchange.context.error_message = Some(denied_message(who, &arn, decision));
            }
            return Err(Stop::Refuse(Fault::AccessDenied));
        }
        iam::withdraw_signature(&mut exchange.request);
        Ok(())
    }

    fn stop_caller(
        &self,
        stop: Stop,
        notes: &Notes,
        exchange: &mut Exchange,
        host: &dyn Host,
    ) -> Verdict {
        match stop {
            Stop::Hold(verdict) => verdict,
            Stop::Refuse(fault) => Verdict::Respond(self.refuse_for(fault, notes, exchange, host)),
            Stop::Challenge(fault, answer) => {
                let challenge = answer.headers.get("www-authenticate");
                Verdict::Respond(self.challenge(fault, challenge, notes, exchange, host))
            }
        }
    }
}
