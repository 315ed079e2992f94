//! What Envoy's own filters can do of a gateway's job, as their documentation has them configured.

use serde_json::{Value, json};

use crate::filters::named;
use crate::keys;
use crate::proxy::{Answers, Bare};
use crate::requests::{ORIGIN, REQUIRED};
use crate::tokens::{AUDIENCE, Issuer, SCOPE};

/// Where `jwt_authn` leaves the claims for `rbac`.
const CLAIMS: &str = "claims";

/// The chain.
#[derive(Clone, Copy, Debug)]
pub struct Chain<'a> {
    pub issuers: &'a [Issuer],
    /// How many tokens `jwt_authn` remembers; 0 for none.
    pub cached_tokens: u32,
    /// How many API keys there are.
    pub keys: u32,
}

impl Chain<'_> {
    /// The whole chain: tokens, API keys, claims and parameters, a limit, CORS, two weighted clusters,
    /// header fields, and an access log.
    pub fn whole(self, answers: Answers) -> Bare {
        let filters = vec![
            named("cors", "cors.v3.Cors", json!({})),
            jwt_authn(self.issuers, self.cached_tokens),
            self.api_key_auth(),
            rbac(),
            local_ratelimit(),
            header_mutation(),
        ];
        let cors = json!({
            "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
            "allow_origin_string_match": [{"exact": ORIGIN}],
            "allow_methods": "GET, POST",
            "allow_headers": "authorization, x-api-key",
            "max_age": "600",
        });
        Bare {
            filters,
            answers,
            is_weighted: true,
            is_logged: true,
            for_route: json!({"envoy.filters.http.cors": cors}),
            ..Bare::default()
        }
    }

    fn api_key_auth(&self) -> Value {
        let credential =
            |number| json!({"key": keys::value(number), "client": format!("k{number}")});
        let config = json!({
            "credentials": (0..self.keys).map(credential).collect::<Vec<_>>(),
            "key_sources": [{"header": "x-api-key"}],
        });
        named("api_key_auth", "api_key_auth.v3.ApiKeyAuth", config)
    }
}

/// `jwt_authn` alone.
pub fn jwt_authn(issuers: &[Issuer], cached_tokens: u32) -> Value {
    let provider = |issuer: &Issuer| {
        let mut provider = json!({
            "issuer": issuer.name,
            "audiences": [AUDIENCE],
            "local_jwks": {"inline_string": issuer.jwks().to_string()},
            "forward": true,
            "payload_in_metadata": CLAIMS,
            "claim_to_headers": [{"header_name": "x-user", "claim_name": "sub"}],
        });
        if cached_tokens > 0 {
            provider["jwt_cache_config"] = json!({"jwt_cache_size": cached_tokens});
        }
        (issuer.name.clone(), provider)
    };
    let one = |issuer: &Issuer| json!({"provider_name": issuer.name});
    let needed = match issuers {
        [only] => one(only),
        several => {
            let each: Vec<_> = several.iter().map(one).collect();
            json!({"requires_any": {"requirements": each}})
        }
    };
    let config = json!({
        "providers": issuers.iter().map(provider).collect::<serde_json::Map<_, _>>(),
        "rules": [{"match": {"prefix": "/"}, "requires": needed}],
    });
    named("jwt_authn", "jwt_authn.v3.JwtAuthentication", config)
}

/// The scope of the token, and the parameter that must be there.
fn rbac() -> Value {
    let scope = json!({"sourced_metadata": {"metadata_matcher": {
        "filter": "envoy.filters.http.jwt_authn",
        "path": [{"key": CLAIMS}, {"key": "scope"}],
        "value": {"string_match": {"exact": SCOPE}},
    }}});
    let config = json!({"rules": {"action": "ALLOW", "policies": {"readers": {
        "permissions": [{"header": {"name": REQUIRED, "present_match": true}}],
        "principals": [scope],
    }}}});
    named("rbac", "rbac.v3.RBAC", config)
}

/// One token bucket, which each process keeps.
pub fn local_ratelimit() -> Value {
    let always = json!({"default_value": {"numerator": 100, "denominator": "HUNDRED"}});
    let config = json!({
        "stat_prefix": "own",
        "token_bucket": {
            "max_tokens": 100_000,
            "tokens_per_fill": 20_000,
            "fill_interval": "0.100s",
        },
        "filter_enabled": always,
        "filter_enforced": always,
    });
    named("local_ratelimit", "local_ratelimit.v3.LocalRateLimit", config)
}

fn header_mutation() -> Value {
    let set = |name: &str, value: &str| {
        json!({"append": {
            "header": {"key": name, "value": value},
            "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
        }})
    };
    let config = json!({"mutations": {
        "request_mutations": [set("x-request-of", "%REQ(X-API-KEY)%")],
        "response_mutations": [set("x-amzn-requestid", "%REQ(X-REQUEST-ID)%")],
    }});
    named("header_mutation", "header_mutation.v3.HeaderMutation", config)
}

/// A token bucket in Lua, one for each worker.
pub fn lua_bucket() -> Value {
    const SCRIPT: &str = r#"
local tokens, before, rate, burst = 50000, 0, 100000, 50000
function envoy_on_request(handle)
  local now = handle:timestamp()
  tokens = math.min(burst, tokens + (now - before) * rate / 1000)
  before = now
  if tokens < 1 then
    handle:respond({[":status"] = "429"}, "Too Many Requests")
    return
  end
  tokens = tokens - 1
end
"#;
    named("lua", "lua.v3.Lua", json!({"default_source_code": {"inline_string": SCRIPT}}))
}
