//! One API, compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tollgate_canary::Variant;
use tollgate_jwt_authorizer::{JwtAuthorizer, check_claims_to_headers, check_scopes};
use tollgate_policy::{Compile, Invalid};

use crate::canary::Canary;
use crate::definition::{self, ApiKeySource, Authorization, Integration, Protocol};
use crate::router::{RouteKey, Router, Rules};
use crate::target::Target;
use crate::view::{Content, View};

/// API Gateway's limits on one API.
const MAX_AUTHORIZERS: usize = 10;
const MAX_STAGES: usize = 10;
/// Each stage serves one, and each canary.
const MAX_DEPLOYMENTS: usize = 2 * MAX_STAGES;
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
    pub(crate) stages: Vec<Stage>,
    pub(crate) snapshots: Vec<Snapshot>,
}

/// One stage, compiled.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) name: Rc<str>,
    pub(crate) base: Place,
    pub(crate) canary: Option<Canary>,
}

/// Where the content of a stage is, and that of its canary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which snapshot it is.
    pub(crate) snapshot: usize,
    /// Which of each route's targets.
    pub(crate) target: usize,
}

/// What is fixed when an API is deployed, compiled.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The deployment's id; none where the API has no deployments.
    pub(crate) deployment: Option<Rc<str>>,
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
    /// Its place among the routes of the API, those of all deployments.
    pub(crate) number: usize,
    /// The path of the route key.
    pub(crate) resource_path: Rc<str>,
    pub(crate) authorization: Option<Jwt>,
    pub(crate) api_key_required: bool,
    pub(crate) claims_to_headers: BTreeMap<String, String>,
    /// The integration, as each stage that serves the snapshot sees it, and each canary.
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
        check(api)?;
        let numbers = route_keys(api);
        let mut snapshots = Vec::new();
        let mut places = BTreeMap::new();
        for (deployment, content) in Content::all(api) {
            let views: Vec<_> =
                View::all(api).filter(|view| view.deployment == deployment).collect();
            // What no stage points to is not served, and what is wrong with it harms nobody.
            if views.is_empty() {
                continue;
            }
            let snapshot = Snapshot::compile(deployment, content, &views, &numbers, api.protocol)
                .map_err(|invalid| match deployment {
                None => invalid,
                Some(id) => invalid.within(format!("deployments.{id}")),
            })?;
            for (target, view) in views.into_iter().enumerate() {
                places.insert(
                    (view.stage, view.variant),
                    Place { snapshot: snapshots.len(), target },
                );
            }
            snapshots.push(snapshot);
        }
        let mut stages = Vec::with_capacity(api.stages.len());
        for (name, stage) in &api.stages {
            let place = |variant| {
                // INVARIANT: every view has had its place, as `check` has found its content.
                let place = places.get(&(name.as_str(), variant)).copied();
                place.ok_or_else(|| Invalid::new(format!("stages.{name}"), "has no content"))
            };
            let base = place(Variant::Base)?;
            let canary = (stage.canary.as_ref())
                .map(|canary| {
                    let at = |invalid: Invalid| invalid.within(format!("stages.{name}.canary"));
                    Canary::compile(&format!("{id}/{name}"), canary, place(Variant::Canary)?)
                        .map_err(at)
                })
                .transpose()?;
            stages.push(Stage { name: name.as_str().into(), base, canary });
        }
        Ok(Self {
            id: id.into(),
            protocol: api.protocol,
            disable_execute_api_endpoint: api.disable_execute_api_endpoint,
            stages,
            snapshots,
        })
    }

    /// The number of a stage.
    pub(crate) fn stage(&self, name: &[u8]) -> Option<usize> {
        self.stages.iter().position(|stage| stage.name.as_bytes() == name)
    }

    /// An authorizer of this name: that of this deployment, or else of any. Who takes over from it what
    /// it knows judges what is still true.
    pub(crate) fn authorizer(
        &self,
        name: &str,
        deployment: Option<&Rc<str>>,
    ) -> Option<&JwtAuthorizer> {
        let own = |snapshot: &&Snapshot| snapshot.deployment.as_ref() == deployment;
        let of = |snapshot: &'_ Snapshot| {
            snapshot.authorizers.iter().position(|(known, _)| known == name)
        };
        let found = |snapshot| Some((snapshot, of(snapshot)?));
        let (snapshot, index) = (self.snapshots.iter().filter(own).find_map(found))
            .or_else(|| self.snapshots.iter().find_map(found))?;
        snapshot.authorizers.get(index).map(|(_, authorizer)| authorizer)
    }
}

/// Every route of an API, those of all deployments. Their order numbers them.
pub(crate) fn route_keys(api: &definition::Api) -> Vec<&str> {
    let all: BTreeSet<&str> = Content::all(api)
        .flat_map(|(_, content)| content.routes.keys().map(String::as_str))
        .collect();
    all.into_iter().collect()
}

impl Snapshot {
    fn compile(
        deployment: Option<&str>,
        content: Content<'_>,
        views: &[View<'_>],
        numbers: &[&str],
        protocol: Protocol,
    ) -> Result<Self, Invalid> {
        if content.authorizers.len() > MAX_AUTHORIZERS {
            let reason = format!("must not be more than {MAX_AUTHORIZERS}");
            return Err(Invalid::new("authorizers", reason));
        }
        if content.routes.is_empty() {
            return Err(Invalid::new("routes", "must have at least one route"));
        }
        let mut authorizers = Vec::with_capacity(content.authorizers.len());
        for (name, authorizer) in content.authorizers {
            let definition::Authorizer::Jwt(config) = authorizer;
            let at = |invalid: Invalid| invalid.within(format!("authorizers.{name}.jwt"));
            authorizers.push((name.clone(), JwtAuthorizer::compile(config.clone()).map_err(at)?));
        }
        let mut router = Router::new(match protocol {
            Protocol::Http => Rules::Http,
            Protocol::Rest => Rules::Rest,
        });
        let mut own_headers: Vec<String> = (authorizers.iter())
            .flat_map(|(_, authorizer)| authorizer.own_headers().map(str::to_owned))
            .collect();
        let source = Source { content, views, authorizers: &authorizers, protocol };
        for (key, route) in content.routes {
            let at = |invalid: Invalid| invalid.within(format!("routes.{key}"));
            let parsed = key.parse::<RouteKey>().map_err(at)?;
            // INVARIANT: the numbered routes are those of all snapshots, in order.
            let number = numbers.binary_search(&key.as_str()).unwrap_or(usize::MAX);
            let compiled = Route::compile(key, &parsed, number, route, &source).map_err(at)?;
            own_headers.extend(compiled.claims_to_headers.keys().cloned());
            router.insert(&parsed, Rc::new(compiled)).map_err(at)?;
        }
        own_headers.sort();
        own_headers.dedup();
        for (name, authorizer) in &authorizers {
            let at = |invalid: Invalid| invalid.within(format!("authorizers.{name}.jwt"));
            authorizer.check_own_headers(own_headers.iter().map(String::as_str)).map_err(at)?;
        }
        let deployment = deployment.map(Into::into);
        let api_key_source = content.api_key_source;
        Ok(Self { deployment, api_key_source, authorizers, router, own_headers })
    }
}

/// What a route is compiled from, besides what is its own.
struct Source<'a> {
    content: Content<'a>,
    views: &'a [View<'a>],
    authorizers: &'a [(String, JwtAuthorizer)],
    protocol: Protocol,
}

impl Route {
    /// Whether whoever may call the one may call the other.
    pub(crate) fn admits_as(&self, other: &Self) -> bool {
        self.authorization == other.authorization && self.api_key_required == other.api_key_required
    }

    fn compile(
        text: &str,
        key: &RouteKey,
        number: usize,
        route: &definition::Route,
        source: &Source<'_>,
    ) -> Result<Self, Invalid> {
        let Source { content, views, authorizers, protocol } = source;
        let Some(integration) = content.integrations.get(&route.integration) else {
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
            && content.api_key_source == ApiKeySource::Authorizer
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
        let targets = (views.iter())
            .map(|view| {
                Target::compile(proxy, &view.variables, key, *protocol).map_err(|invalid| {
                    let within = invalid.within(format!("http_proxy ({view})"));
                    Invalid::new(format!("integration `{}`", route.integration), within.to_string())
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            key: text.into(),
            number,
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

fn check(api: &definition::Api) -> Result<(), Invalid> {
    let refuse = |field: &str, reason: String| Err(Invalid::new(field, reason));
    if api.name.is_empty() || api.name.chars().count() > MAX_NAME_CHARS {
        return refuse("name", format!("must have 1 to {MAX_NAME_CHARS} characters"));
    }
    if api.stages.is_empty() || api.stages.len() > MAX_STAGES {
        return refuse("stages", format!("must be 1 to {MAX_STAGES}"));
    }
    if api.deployments.len() > MAX_DEPLOYMENTS {
        return refuse("deployments", format!("must not be more than {MAX_DEPLOYMENTS}"));
    }
    View::all(api).try_for_each(|view| view.check(api))?;
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
        if let Some(canary) = &stage.canary {
            let field = format!("{field}.canary.stage_variable_overrides");
            if canary.stage_variable_overrides.len() > MAX_VARIABLES {
                return refuse(&field, format!("must not be more than {MAX_VARIABLES}"));
            }
            check_variables(&canary.stage_variable_overrides)
                .map_err(|invalid| invalid.within(field))?;
        }
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
