//! One API, compiled.

use std::collections::BTreeMap;
use std::rc::Rc;

use tollgate_jwt_authorizer::{JwtAuthorizer, check_claims_to_headers, check_scopes};
use tollgate_policy::{Compile, Invalid};

use crate::definition::{self, ApiKeySource, Authorization, Integration, Protocol};
use crate::router::{RouteKey, Router, Rules};
use crate::target::Target;

/// API Gateway's limits on one API.
const MAX_AUTHORIZERS: usize = 10;
const MAX_STAGES: usize = 10;
const MAX_NAME_CHARS: usize = 128;
const MAX_VARIABLES: usize = 100;

/// The stage that is served at `/`.
pub(crate) const DEFAULT_STAGE: &str = "$default";

/// One API, compiled.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) id: Rc<str>,
    pub(crate) protocol: Protocol,
    pub(crate) disable_execute_api_endpoint: bool,
    pub(crate) stages: Vec<Rc<str>>,
    pub(crate) api_key_source: ApiKeySource,
    pub(crate) authorizers: Vec<(String, JwtAuthorizer)>,
    pub(crate) router: Router<Rc<Route>>,
    /// The header fields that only the gateway may send on.
    pub(crate) own_headers: Vec<String>,
}

/// One route, compiled.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) key: Rc<str>,
    /// Its place among the routes of the API.
    pub(crate) number: usize,
    /// The path of the route key.
    pub(crate) resource_path: Rc<str>,
    pub(crate) authorization: Option<Jwt>,
    pub(crate) api_key_required: bool,
    pub(crate) claims_to_headers: BTreeMap<String, String>,
    /// The integration, as each stage of the API sees it.
    pub(crate) targets: Vec<Target>,
}

/// Which tokens may call a route.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Jwt {
    pub(crate) authorizer: usize,
    pub(crate) scopes: Vec<String>,
}

impl Api {
    pub(crate) fn compile(id: &str, api: &definition::Api) -> Result<Self, Invalid> {
        check_names(api)?;
        let mut authorizers = Vec::with_capacity(api.authorizers.len());
        for (name, authorizer) in &api.authorizers {
            let definition::Authorizer::Jwt(config) = authorizer;
            let at = |invalid: Invalid| invalid.within(format!("authorizers.{name}.jwt"));
            authorizers.push((name.clone(), JwtAuthorizer::compile(config.clone()).map_err(at)?));
        }
        let mut router = Router::new(match api.protocol {
            Protocol::Http => Rules::Http,
            Protocol::Rest => Rules::Rest,
        });
        let mut own_headers: Vec<String> = (authorizers.iter())
            .flat_map(|(_, authorizer)| authorizer.own_headers().map(str::to_owned))
            .collect();
        for (number, (key, route)) in api.routes.iter().enumerate() {
            let at = |invalid: Invalid| invalid.within(format!("routes.{key}"));
            let parsed = key.parse::<RouteKey>().map_err(at)?;
            let compiled = Route::compile(key, &parsed, route, api, &authorizers).map_err(at)?;
            let compiled = Route { number, ..compiled };
            own_headers.extend(compiled.claims_to_headers.keys().cloned());
            router.insert(&parsed, Rc::new(compiled)).map_err(at)?;
        }
        own_headers.sort();
        own_headers.dedup();
        for (name, authorizer) in &authorizers {
            let at = |invalid: Invalid| invalid.within(format!("authorizers.{name}.jwt"));
            authorizer.check_own_headers(own_headers.iter().map(String::as_str)).map_err(at)?;
        }
        Ok(Self {
            id: id.into(),
            protocol: api.protocol,
            disable_execute_api_endpoint: api.disable_execute_api_endpoint,
            api_key_source: api.api_key_source,
            stages: api.stages.keys().map(|stage| stage.as_str().into()).collect(),
            authorizers,
            router,
            own_headers,
        })
    }

    /// The number of a stage, which is also that of its targets.
    pub(crate) fn stage(&self, name: &[u8]) -> Option<usize> {
        self.stages.iter().position(|stage| stage.as_bytes() == name)
    }
}

impl Route {
    /// Whether whoever may call the one may call the other.
    pub(crate) fn admits_as(&self, other: &Self) -> bool {
        self.authorization == other.authorization && self.api_key_required == other.api_key_required
    }

    fn compile(
        text: &str,
        key: &RouteKey,
        route: &definition::Route,
        api: &definition::Api,
        authorizers: &[(String, JwtAuthorizer)],
    ) -> Result<Self, Invalid> {
        let Some(integration) = api.integrations.get(&route.integration) else {
            let reason = format!("there is no integration `{}`", route.integration);
            return Err(Invalid::new("integration", reason));
        };
        let authorization = match &route.authorization {
            Authorization::None => None,
            Authorization::Jwt(jwt) => {
                let at = |invalid: Invalid| invalid.within("authorization.jwt");
                check_scopes(&jwt.scopes).map_err(at)?;
                let found = authorizers.iter().position(|(name, _)| *name == jwt.authorizer);
                let Some(authorizer) = found else {
                    let reason = format!("there is no authorizer `{}`", jwt.authorizer);
                    return Err(at(Invalid::new("authorizer", reason)));
                };
                Some(Jwt { authorizer, scopes: jwt.scopes.clone() })
            }
        };
        if route.api_key_required
            && authorization.is_none()
            && api.api_key_source == ApiKeySource::Authorizer
        {
            let reason = "the key comes from the authorizer, and the route has none";
            return Err(Invalid::new("api_key_required", reason));
        }
        check_claims_to_headers(&route.claims_to_headers)?;
        if authorization.is_none() && !route.claims_to_headers.is_empty() {
            let reason = "an open route has no claims";
            return Err(Invalid::new("claims_to_headers", reason));
        }
        let Integration::HttpProxy(proxy) = integration;
        let targets = (api.stages.iter())
            .map(|(name, stage)| {
                Target::compile(proxy, stage, key, api.protocol).map_err(|invalid| {
                    let within = invalid.within(format!("http_proxy (stage `{name}`)"));
                    Invalid::new(format!("integration `{}`", route.integration), within.to_string())
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            key: text.into(),
            number: 0,
            resource_path: match key {
                RouteKey::Default => "".into(),
                RouteKey::Path(_, template) => template.to_string().into(),
            },
            authorization,
            api_key_required: route.api_key_required,
            claims_to_headers: route.claims_to_headers.clone(),
            targets,
        })
    }
}

fn check_names(api: &definition::Api) -> Result<(), Invalid> {
    let refuse = |field: &str, reason: String| Err(Invalid::new(field, reason));
    if api.name.is_empty() || api.name.chars().count() > MAX_NAME_CHARS {
        return refuse("name", format!("must have 1 to {MAX_NAME_CHARS} characters"));
    }
    if api.authorizers.len() > MAX_AUTHORIZERS {
        return refuse("authorizers", format!("must not be more than {MAX_AUTHORIZERS}"));
    }
    if api.routes.is_empty() {
        return refuse("routes", "must have at least one route".to_owned());
    }
    if api.stages.is_empty() || api.stages.len() > MAX_STAGES {
        return refuse("stages", format!("must be 1 to {MAX_STAGES}"));
    }
    for (name, stage) in &api.stages {
        let field = format!("stages.{name}");
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_name = (1..=MAX_NAME_CHARS).contains(&name.len()) && name.bytes().all(plain);
        match (name.as_str(), api.protocol) {
            (DEFAULT_STAGE, Protocol::Http) => {}
            (DEFAULT_STAGE, Protocol::Rest) => {
                return refuse(&field, "only an HTTP API has a `$default` stage".to_owned());
            }
            _ if is_name => {}
            _ => return refuse(&field, "must be letters, digits, `-` and `_`".to_owned()),
        }
        if stage.variables.len() > MAX_VARIABLES {
            let field = format!("{field}.variables");
            return refuse(&field, format!("must not be more than {MAX_VARIABLES}"));
        }
        check_variables(&stage.variables)
            .map_err(|invalid| invalid.within(format!("{field}.variables")))?;
    }
    Ok(())
}

/// API Gateway's rules for stage variables.
fn check_variables(variables: &BTreeMap<String, String>) -> Result<(), Invalid> {
    for (name, value) in variables {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return Err(Invalid::new(name, "a name must be letters, digits and `_`"));
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#&=,".contains(&byte);
        if value.is_empty() || !value.bytes().all(allowed) {
            let reason = "a value must be letters, digits and `-._~:/?#&=,`";
            return Err(Invalid::new(name, reason));
        }
    }
    Ok(())
}
