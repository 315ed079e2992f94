//! What an authorizer of Cognito's user pools asks of a token besides.

use regex_lite::{Regex, RegexBuilder};
use serde_json::Value;
use tollgate_policy::{AuthorizerKind, Invalid};

use crate::config;
use crate::verified::Verified;

/// The longest expression. An app client's id has 26 characters, so this is a list of a dozen.
const MAX_EXPRESSION_BYTES: usize = 512;
/// The memory an expression may take once it is compiled: far more than one of that length needs that
/// repeats nothing thousands of times.
const MAX_EXPRESSION_MEMORY: usize = 64 * 1024;

/// What the client is told of a token that was good once.
pub(crate) const EXPIRED: &str = "The incoming token has expired";

/// The rules of user pools: see
/// [Control access with Amazon Cognito user pools](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html).
#[derive(Debug)]
pub(crate) struct UserPools {
    expression: Option<Regex>,
}

impl UserPools {
    pub(crate) fn compile(config: &config::UserPools) -> Result<Self, Invalid> {
        let compile = |expression: &String| {
            let refuse = |reason| Invalid::new("identity_validation_expression", reason);
            if expression.len() > MAX_EXPRESSION_BYTES {
                return Err(refuse(format!("has more than {MAX_EXPRESSION_BYTES} characters")));
            }
            // It must match the whole.
            RegexBuilder::new(&format!("^(?:{expression})$"))
                .size_limit(MAX_EXPRESSION_MEMORY)
                .build()
                .map_err(|_| {
                    refuse(format!("`{expression}` is no regular expression, or too large"))
                })
        };
        let expression = config.identity_validation_expression.as_ref().map(compile).transpose()?;
        Ok(Self { expression })
    }

    /// Which authorizer its callers are told they passed.
    pub(crate) const KIND: AuthorizerKind = AuthorizerKind::Cognito;

    /// Whether a token of a pool is one that may call a route that wants one of these scopes: an access
    /// token that carries one of them, or an ID token where there are none.
    pub(crate) fn check(&self, verified: &Verified, scopes: &[String]) -> Result<(), &'static str> {
        let claims = &verified.authorizer.claims;
        if let Some(expression) = &self.expression {
            // An access token has no audience, so it never matches.
            let audience = claims.get("aud").and_then(Value::as_str);
            if !audience.is_some_and(|audience| expression.is_match(audience)) {
                return Err("the audience does not match `identityValidationExpression`");
            }
        }
        let wanted = if scopes.is_empty() { "id" } else { "access" };
        if claims.get("token_use").and_then(Value::as_str) != Some(wanted) {
            return Err(if scopes.is_empty() {
                "the token is not an ID token, which a route without scopes wants"
            } else {
                "the token is not an access token, which a route with scopes wants"
            });
        }
        if !verified.has_any(scopes) {
            return Err("the token does not have any of the required scopes");
        }
        Ok(())
    }
}
