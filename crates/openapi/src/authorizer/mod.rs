//! `x-amazon-apigateway-authorizer`: what decides who may call.

mod cognito;
mod issuer;
mod jwt;
mod lambda;
mod own;
mod url;

use tollgate_gateway::definition::Authorizer;
use tollgate_jwt_authorizer::{Config, JwtAuthorizer};
use tollgate_policy::Compile as _;
use tollgate_source::text::{any_of, nearest, quoted};
use tollgate_source::{At, Fields, Findings};

use self::lambda::Type;
use crate::Context;

const TYPES: [&str; 4] = ["jwt", "token", "request", "cognito_user_pools"];

/// Reads an authorizer, whose scheme names this header field for the token. Nothing is returned where it is
/// not served.
pub(crate) fn translate(
    at: &At<'_>,
    header: Option<&str>,
    context: &Context<'_>,
    out: &mut Findings,
) -> Option<Authorizer> {
    let mut fields = at.fields(out)?;
    let kind = fields.need("type", out)?;
    let text = kind.filled(out)?;
    let config = match text.to_ascii_lowercase().as_str() {
        "jwt" => jwt::read(fields, context.options, out)?,
        "cognito_user_pools" => cognito::read(fields, &kind, header, context, out)?,
        "token" => return lambda((at, &kind, header), fields, Type::Token, context, out),
        "request" => return lambda((at, &kind, header), fields, Type::Request, context, out),
        _ => {
            let meant = nearest(text, TYPES).map(|meant| format!(", perhaps `{meant}` is meant"));
            let reason = format!(
                "no authorizer is of type {}{}: {} belongs here",
                quoted(text),
                meant.unwrap_or_default(),
                any_of(TYPES)
            );
            out.refuse(&kind, reason);
            return None;
        }
    };
    check(at, config, out).map(Authorizer::Jwt)
}

fn lambda(
    (at, kind, header): (&At<'_>, &At<'_>, Option<&str>),
    fields: Fields<'_>,
    which: Type,
    context: &Context<'_>,
    out: &mut Findings,
) -> Option<Authorizer> {
    let scheme = lambda::Scheme { at, kind_at: kind, kind: which, header };
    lambda::read(fields, &scheme, context, out).map(Authorizer::Lambda)
}

/// What only the authorizer itself can tell, such as whether it can use a key.
fn check(at: &At<'_>, config: Config, out: &mut Findings) -> Option<Config> {
    match JwtAuthorizer::compile(config.clone()) {
        Ok(_) => Some(config),
        Err(invalid) => {
            out.refuse_key(at, invalid.to_string());
            None
        }
    }
}
