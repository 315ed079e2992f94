//! Whether a caller may call: what authorizers, signatures and policies say together.

use tollgate_iam::{Action, Decision, Principal, cross_account, denied_message, same_account};
use tollgate_iam_authorizer as iam;
use tollgate_lambda_authorizer::{self as lambda, LambdaAuthorizer};
use tollgate_policy::{Exchange, Fault, Host, Response, Verdict};
use tollgate_resource_policy::ResourcePolicy;

use super::{Authorization, Authorizer};
use crate::api::Api;
use crate::definition::Protocol;
use crate::gateway::{Awaits, Found, Gateway, Notes, Place};
use crate::request::forward_claims;
use crate::route::Route;

/// Why a request does not go on.
enum Stop {
    /// Not yet, or not like this.
    Hold(Box<Verdict>),
    /// Not at all.
    Refuse(Fault),
    /// Not at all, and what the caller is asked for.
    Challenge(Fault, Box<Response>),
}

impl Stop {
    /// What an authorizer says that has no more to say than yes.
    fn unless_continue(verdict: Verdict, exchange: &Exchange) -> Result<(), Self> {
        match verdict {
            Verdict::Continue => Ok(()),
            // What is told is made of the fault.
            Verdict::Respond(_) => {
                Err(Self::Refuse(exchange.context.error.unwrap_or(Fault::AuthorizerFailure)))
            }
            held @ (Verdict::Call(_) | Verdict::Body | Verdict::Wait(_)) => {
                Err(Self::Hold(Box::new(held)))
            }
        }
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

    /// The name of what is called, as an authorizer is told it: of an HTTP API that of the route.
    fn told_arn(&self, route: &Route, exchange: &Exchange) -> String {
        let stage = &exchange.context.stage;
        let method = String::from_utf8_lossy(exchange.request.method());
        match self.api.protocol {
            Protocol::Rest => self.api.arn.method_arn(stage, &method, &self.place.path),
            Protocol::Http if route.resource_path.is_empty() => {
                let arn = self.api.arn.method_arn(stage, &route.key, "");
                arn.trim_end_matches('/').to_owned()
            }
            Protocol::Http => self.api.arn.method_arn(stage, &method, &route.resource_path),
        }
    }

    /// Asks a Lambda authorizer, and lets in whom it and the policy of the API together allow.
    fn judge_by(
        &self,
        lambda: &LambdaAuthorizer,
        notes: &mut lambda::Notes,
        route: &Route,
        exchange: &mut Exchange,
        host: &dyn Host,
    ) -> Result<(), Stop> {
        let who = Principal::Anonymous;
        if let (Some(policy), false) = (self.policy, notes.has_answer()) {
            let (decision, arn) = self.decide(exchange, |arn| policy.decide(exchange, arn, who));
            // Nobody is asked about a call that nobody can allow.
            if decision == Decision::ExplicitDeny {
                exchange.context.error_message = Some(denied_message(who, &arn, decision));
                return Err(Stop::Refuse(Fault::AccessDenied));
            }
        }
        let arn = self.told_arn(route, exchange);
        let asked = lambda.ask(notes, exchange, &arn, &self.place.path, host);
        Stop::unless_continue(asked, exchange)?;
        let decision = match self.api.protocol {
            Protocol::Http => lambda.decide(notes, exchange, &arn),
            Protocol::Rest => {
                let together = |arn: &str| {
                    let own = lambda.decide(notes, exchange, arn);
                    let of_api = self.policy.map(|policy| policy.decide(exchange, arn, who));
                    of_api.map_or(own, |of_api| same_account(own, of_api))
                };
                self.decide(exchange, together).0
            }
        };
        let concluded = lambda.conclude(notes, exchange, decision);
        Stop::unless_continue(concluded, exchange)
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
            Err(stop) => {
                if let Stop::Hold(verdict) = &stop
                    && matches!(**verdict, Verdict::Call(_))
                {
                    notes.awaits = Awaits::Authorizer;
                }
                Some(self.stop_caller(stop, notes, exchange, host))
            }
        }
    }

    /// Takes the reply to the question of an authorizer. Nothing stops the request where it has said
    /// something, whatever that is.
    pub(crate) fn hear_authorizer(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        reply: Option<Response>,
        host: &dyn Host,
    ) -> Option<Verdict> {
        let heard = self.hear(notes, exchange, reply, host);
        heard.err().map(|stop| self.stop_caller(stop, notes, exchange, host))
    }

    fn hear(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        reply: Option<Response>,
        host: &dyn Host,
    ) -> Result<(), Stop> {
        let found = notes.place.as_ref().and_then(|place| {
            let (Found { api, snapshot, .. }, route) = (self.found(place)?, place.route.as_ref()?);
            let Authorization::Lambda(number) = &route.authorization else { return None };
            let Some((_, Authorizer::Lambda(lambda))) = snapshot.authorizers.get(*number) else {
                return None;
            };
            let access = Access { policy: snapshot.policy.as_ref(), api, place };
            Some((lambda, access.told_arn(route, exchange)))
        });
        let Some((lambda, arn)) = found else { return Err(Stop::Refuse(Fault::Internal)) };
        let memory = &mut notes.authorization.lambda;
        Stop::unless_continue(lambda.on_reply(memory, exchange, &arn, reply, host), exchange)
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
            Authorization::Lambda(number) => {
                let Some((_, Authorizer::Lambda(lambda))) = snapshot.authorizers.get(*number)
                else {
                    return Err(internal);
                };
                return access.judge_by(lambda, &mut memory.lambda, route, exchange, host);
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
                            Stop::Challenge(fault, Box::new(answer))
                        });
                    }
                    held @ (Verdict::Call(_) | Verdict::Body | Verdict::Wait(_)) => {
                        return Err(Stop::Hold(Box::new(held)));
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
        Stop::unless_continue(iam.authenticate(notes, exchange, body, style), exchange)?;
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
            Stop::Hold(verdict) => *verdict,
            Stop::Refuse(fault) => Verdict::Respond(self.refuse_for(fault, notes, exchange, host)),
            Stop::Challenge(fault, answer) => {
                let challenge = answer.headers.get("www-authenticate");
                Verdict::Respond(self.challenge(fault, challenge, notes, exchange, host))
            }
        }
    }
}
