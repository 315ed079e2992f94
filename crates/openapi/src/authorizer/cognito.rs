//! Authorizers of type `cognito_user_pools`.

use tollgate_gateway::definition::Protocol;
use tollgate_jwt_authorizer::{Audiences, Config, Discovery, Issuer, Keys, UserPools};
use tollgate_source::text::quoted;
use tollgate_source::{At, Fields, Findings, Value};

use super::jwt::identity_source;
use super::own::Own;
use crate::Context;
use crate::extensions::Extended as _;
use crate::options::Options;

/// The most user pools of an authorizer, as API Gateway has it.
const MAX_POOLS: usize = 1_000;

/// Reads an authorizer of user pools, `type` already taken.
pub(super) fn read(
    mut fields: Fields<'_>,
    kind: &At<'_>,
    header: Option<&str>,
    context: &Context<'_>,
    out: &mut Findings,
) -> Option<Config> {
    if context.protocol == Protocol::Http {
        let reason = "only a REST API has authorizers of this type: one of type `jwt` with the pool's \
                      issuer, `https://cognito-idp.REGION.amazonaws.com/POOL`, accepts the same tokens";
        out.refuse(kind, reason);
        return None;
    }
    for key in ["authorizerUri", "authorizerPayloadFormatVersion", "jwtConfiguration"] {
        fields.refuse(key, "an authorizer of user pools does not have this", out);
    }
    fields.take("name");
    fields.notice("authorizerCredentials", "tokens are verified without credentials", out);
    let lasting = "tokens are remembered until they expire, whatever is said here";
    fields.notice("authorizerResultTtlInSeconds", lasting, out);
    let own = Own::read(&mut fields, context.options, out);
    let identity_source = match fields.take("identitySource") {
        Some(at) => identity_source(&at, out),
        None => Some(match header {
            Some(header) => vec![format!("$request.header.{header}")],
            None => Config::default().identity_source,
        }),
    };
    let expression = match fields.take("identityValidationExpression") {
        Some(at) => Some(at.string(out)?.to_owned()).filter(|expression| !expression.is_empty()),
        None => None,
    };
    let issuers = fields
        .need("providerARNs", out)
        .and_then(|at| pools(&at, own.as_ref(), context.options, out));
    fields.done(out);
    let own = own?;
    if let Some(at) = &own.any_audience {
        out.refuse_key(at, "tokens of a user pool may be for any of its clients in any case");
        return None;
    }
    Some(Config {
        identity_source: identity_source?,
        issuers: issuers?,
        leeway_secs: own.leeway_secs,
        key_id: own.key_id,
        user_pools: Some(UserPools { identity_validation_expression: expression }),
        ..Config::default()
    })
}

fn pools(
    at: &At<'_>,
    own: Option<&Own<'_>>,
    options: &Options,
    out: &mut Findings,
) -> Option<Vec<Issuer>> {
    let items = at.list(out)?;
    if !(1..=MAX_POOLS).contains(&items.len()) {
        out.refuse(at, format!("1 to {MAX_POOLS} user pools belong here"));
        return None;
    }
    let own = own?;
    if let (Some((at, _)), true) = (&own.keys, items.len() > 1) {
        out.refuse_key(at, "this says where the keys of one pool are, and there are several");
        return None;
    }
    let pools: Vec<_> = items.iter().map(|at| pool(at, own, options, out)).collect();
    pools.into_iter().collect()
}

/// `arn:aws:cognito-idp:REGION:ACCOUNT:userpool/POOL`.
fn pool(at: &At<'_>, own: &Own<'_>, options: &Options, out: &mut Findings) -> Option<Issuer> {
    if !matches!(at.node.value, Value::String(_)) || at.node.tag.is_some() {
        out.refuse(
            at,
            "only CloudFormation knows which user pool this is: \
             `arn:aws:cognito-idp:REGION:ACCOUNT:userpool/POOL` belongs here",
        );
        return None;
    }
    let arn = options.substitute(at.filled(out)?);
    let Some(issuer) = issuer(&arn) else {
        let reason = format!(
            "{} names no user pool: `arn:aws:cognito-idp:REGION:ACCOUNT:userpool/POOL` belongs here",
            quoted(&arn)
        );
        out.refuse(at, reason);
        return None;
    };
    let keys = match &own.keys {
        Some((_, keys)) => keys.clone(),
        None => Keys::Discovery(Discovery {
            cluster: None,
            jwks_hosts: own.jwks_hosts.clone(),
            plain_http: own.plain_http,
        }),
    };
    Some(Issuer {
        issuer,
        // Those of every client of the pool are accepted.
        audiences: Audiences::Unchecked,
        algorithms: own.algorithms.clone().unwrap_or_default(),
        keys,
        additional_claims: Vec::new(),
    })
}

/// Who issues the tokens of a pool.
fn issuer(arn: &str) -> Option<String> {
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let &["arn", partition, "cognito-idp", region, _, resource] = parts.as_slice() else {
        return None;
    };
    let plain = |text: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !text.is_empty() && text.bytes().all(is_plain)
    };
    let pool = resource.strip_prefix("userpool/")?;
    if !partition.starts_with("aws") || !plain(region) || !plain(pool) {
        return None;
    }
    // The other parts of AWS have domains of their own.
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    Some(format!("https://cognito-idp.{region}.{domain}/{pool}"))
}
