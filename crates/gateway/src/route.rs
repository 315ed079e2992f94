//! One route, compiled.

use std::collections::BTreeMap;
use std::rc::Rc;

use tollgate_jwt_authorizer::check_claims_to_headers;
use tollgate_lambda::Function;
use tollgate_lambda_proxy::LambdaProxy;
use tollgate_policy::Invalid;
use tollgate_request_validator::{Models, Validator};

use crate::authorization::{Authorization, Authorizer};
use crate::definition::{self, ApiKeySource, Protocol};
use crate::integration::Integration;
use crate::router::RouteKey;
use crate::target::Target;
use crate::variables;
use crate::view::{Content, View};

/// One route, compiled.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) key: Rc<str>,
    /// Its place among the routes of the API, those of all deployments.
    pub(crate) number: usize,
    /// The path of the route key.
    pub(crate) resource_path: Rc<str>,
    /// API Gateway makes one up; here it is the same wherever the path is.
    pub(crate) resource_id: Rc<str>,
    pub(crate) authorization: Authorization,
    pub(crate) api_key_required: bool,
    pub(crate) claims_to_headers: BTreeMap<String, String>,
    pub(crate) validator: Option<Validator>,
    pub(crate) integration: Integration,
    /// The service of the integration, if it has one, as each stage that serves the snapshot sees it,
    /// and each canary.
    pub(crate) targets: Vec<Target>,
    /// The function of the integration, if it has one, in the same way.
    pub(crate) functions: Vec<LambdaProxy>,
    /// What makes the metrics of the route tell it from others: its method and its path.
    pub(crate) labels: Rc<str>,
}

/// What a route is compiled from, besides what is its own.
pub(crate) struct Source<'a> {
    pub(crate) content: Content<'a>,
    pub(crate) views: &'a [View<'a>],
    pub(crate) authorizers: &'a [(String, Authorizer)],
    pub(crate) models: &'a Models,
    pub(crate) protocol: Protocol,
}

impl Route {
    /// Whether whoever may call the one may call the other.
    pub(crate) fn admits_as(&self, other: &Self) -> bool {
        self.authorization == other.authorization && self.api_key_required == other.api_key_required
    }

    pub(crate) fn compile(
        text: &str,
        key: &RouteKey,
        number: usize,
        route: &definition::Route,
        source: &Source<'_>,
    ) -> Result<Self, Invalid> {
        let Source { content, views, authorizers, models, protocol } = source;
        let Some(integration) = content.integrations.get(&route.integration) else {
            let reason = format!("there is no integration `{}`", route.integration);
            return Err(Invalid::new("integration", reason));
        };
        let authorization = Authorization::compile(&route.authorization, authorizers)?;
        if route.api_key_required
            && authorization.is_open()
            && content.api_key_source == ApiKeySource::Authorizer
        {
            let reason = "the key comes from the authorizer, and the route has none";
            return Err(Invalid::new("api_key_required", reason));
        }
        check_claims_to_headers(&route.claims_to_headers)?;
        let has_claims = matches!(authorization, Authorization::Jwt(_));
        if !has_claims && !route.claims_to_headers.is_empty() {
            let reason = "only a route whose callers have tokens has claims";
            return Err(Invalid::new("claims_to_headers", reason));
        }
        let validator = (route.validation.as_ref())
            .map(|validation| Validator::compile(validation, models))
            .transpose()
            .map_err(|invalid| invalid.within("validation"))?;
        let at_integration = |invalid: Invalid| {
            Invalid::new(format!("integration `{}`", route.integration), invalid.to_string())
        };
        let compiled = Integration::compile(integration, *protocol).map_err(at_integration)?;
        let mapped: Vec<_> = compiled.request.path_variables().collect();
        let target =
            |view: &View<'_>| {
                let service = integration.service()?;
                let target = Target::compile(service, &view.variables, key, &mapped, *protocol);
                Some(target.map_err(|invalid| {
                    at_integration(invalid.within(format!("http_proxy ({view})")))
                }))
            };
        let targets = views.iter().filter_map(target).collect::<Result<_, _>>()?;
        let functions = match integration {
            definition::Integration::LambdaProxy(lambda) => (views.iter())
                .map(|view| {
                    function(&lambda.proxy, view).map_err(|invalid| {
                        at_integration(invalid.within(format!("lambda_proxy.proxy ({view})")))
                    })
                })
                .collect::<Result<_, _>>()?,
            definition::Integration::HttpProxy(_)
            | definition::Integration::Http(_)
            | definition::Integration::Mock(_) => Vec::new(),
        };
        Ok(Self {
            resource_id: resource_id(text).into(),
            key: text.into(),
            number,
            resource_path: match key {
                RouteKey::Default => "".into(),
                RouteKey::Path(_, template) => template.to_string().into(),
            },
            authorization,
            api_key_required: route.api_key_required,
            claims_to_headers: route.claims_to_headers.clone(),
            validator,
            integration: compiled,
            targets,
            functions,
            labels: labels(key),
        })
    }
}

/// A function as a stage sees it, whose variables may be part of its name.
fn function(
    config: &tollgate_lambda_proxy::Config,
    view: &View<'_>,
) -> Result<LambdaProxy, Invalid> {
    let name = variables::substitute(&config.function.name, &view.variables)
        .map_err(|invalid| invalid.within("function.name"))?;
    let function = Function { name, ..config.function.clone() };
    LambdaProxy::compile(&tollgate_lambda_proxy::Config { function, ..config.clone() })
}

/// Ten characters that tell the path of a route key from others.
fn resource_id(key: &str) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let path = key.split_once(' ').map_or(key, |(_, path)| path);
    // FNV-1a: it need not resist anybody.
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let mut hash = path.bytes().fold(0xcbf2_9ce4_8422_2325, fold);
    let mut id = String::with_capacity(10);
    for _ in 0..10 {
        let digit = usize::try_from(hash % 36).ok().and_then(|digit| DIGITS.get(digit));
        id.push(digit.copied().map_or('0', char::from));
        hash /= 36;
    }
    id
}

/// `;` and `=` end a label in the names of metrics.
fn labels(key: &RouteKey) -> Rc<str> {
    let (method, path) = match key {
        RouteKey::Default => ("ANY".to_owned(), "$default".to_owned()),
        RouteKey::Path(method, template) => (method.to_string(), template.to_string()),
    };
    format!("method={method};.resource={path};").into()
}
