//! `paths`: the routes of an API.

use std::collections::{BTreeMap, BTreeSet};

use tollgate_gateway::definition::{ApiKeySource, Authorization, Integration, Protocol, Route};
use tollgate_gateway::router::{MAX_ROUTES, RouteKey, Router, Rules, Segment};
use tollgate_source::text::quoted;
use tollgate_source::{At, Fields, Findings};

use crate::Context;
use crate::extensions;
use crate::extensions::Extended as _;
use crate::integration;
use crate::reference;
use crate::security::{Access, Schemes};
use crate::text::slug;
use crate::validation::{self, Models, Operation};

/// The longest name made up for an integration.
const MAX_NAME: usize = 64;

const ANY: &str = "x-amazon-apigateway-any-method";

const METHODS: [(&str, &str); 8] = [
    ("get", "GET"),
    ("put", "PUT"),
    ("post", "POST"),
    ("delete", "DELETE"),
    ("options", "OPTIONS"),
    ("head", "HEAD"),
    ("patch", "PATCH"),
    (ANY, "ANY"),
];

/// The routes of an API and what answers them.
#[derive(Debug)]
pub(crate) struct Routes {
    pub(crate) routes: BTreeMap<String, Route>,
    pub(crate) integrations: BTreeMap<String, Integration>,
    /// The models that bodies are checked against.
    pub(crate) models: BTreeMap<String, serde_json::Value>,
    /// The name of each integration by what it says, since equal ones are shared.
    shared: BTreeMap<String, String>,
    /// Finds routes that could not be told from each other.
    router: Router<()>,
    /// How many operations were read, served or not.
    operations: usize,
}

/// What operations are read with.
struct Reader<'r, 'a> {
    prefix: &'r str,
    schemes: &'r mut Schemes<'a>,
    models: Models<'a>,
    context: &'r Context<'a>,
}

impl Routes {
    /// Reads `paths`. `prefix` stands before each of them.
    pub(crate) fn read<'a>(
        paths: &At<'a>,
        prefix: &str,
        schemes: &mut Schemes<'a>,
        context: &Context<'a>,
        out: &mut Findings,
    ) -> Self {
        let mut routes = Self {
            routes: BTreeMap::new(),
            integrations: BTreeMap::new(),
            models: BTreeMap::new(),
            shared: BTreeMap::new(),
            router: Router::new(match context.protocol {
                Protocol::Http => Rules::Http,
                Protocol::Rest => Rules::Rest,
            }),
            operations: 0,
        };
        if paths.map(out).is_none() {
            return routes;
        }
        let mut reader = Reader { prefix, schemes, models: Models::new(context), context };
        for (key, item) in paths.entries() {
            if extensions::is_foreign(key) {
                continue;
            }
            routes.read_path(key, item, &mut reader, out);
            if routes.operations > MAX_ROUTES {
                out.refuse_key(paths, format!("an API has at most {MAX_ROUTES} routes"));
                break;
            }
        }
        if routes.operations == 0 && !out.is_refused() {
            out.refuse_key(paths, "there are no operations, so there is nothing to serve");
        }
        routes.models = reader.models.compile(out);
        routes
    }

    fn read_path<'a>(
        &mut self,
        key: &'a str,
        item: At<'a>,
        reader: &mut Reader<'_, 'a>,
        out: &mut Findings,
    ) {
        let here = item.clone();
        let Some(item) = reference::follow(item, &reader.context.root, out) else {
            return;
        };
        if !key.starts_with('/') && key != "$default" {
            let reason = match extensions::place(key) {
                Some(place) => format!("`{key}` does nothing here: it belongs {place}"),
                None => format!("a path begins with a slash: {}", quoted(key)),
            };
            out.refuse_key(&here, reason);
            return;
        }
        let Some(mut fields) = item.fields(out) else {
            return;
        };
        fields.describe(&["summary", "description", "parameters"], out);
        fields.notice("servers", "`servers` of a path are not looked at, as in API Gateway", out);
        fields.refuse("trace", "API Gateway has no method TRACE", out);
        let any = "no method of OpenAPI: `x-amazon-apigateway-any-method` belongs here";
        fields.refuse("any", any, out);
        for (name, method) in METHODS {
            if let Some(at) = fields.take(name) {
                self.operations += 1;
                if self.operations > MAX_ROUTES {
                    return;
                }
                self.read_operation((key, &item), method, &at, reader, out);
            }
        }
        fields.done(out);
    }

    fn read_operation<'a>(
        &mut self,
        (path, item): (&str, &At<'a>),
        method: &str,
        at: &At<'a>,
        reader: &mut Reader<'_, 'a>,
        out: &mut Findings,
    ) {
        let context = reader.context;
        let Some(mut fields) = at.fields(out) else {
            return;
        };
        describe(&mut fields, out);
        let id = fields.take("operationId").and_then(|at| at.string(out));
        let key = route_key(path, method, reader.prefix, &mut fields, out);
        let access = reader.schemes.access(&mut fields, context, out);
        let checks = validation::checks(&mut fields, context, out);
        let integration = fields.take("x-amazon-apigateway-integration");
        fields.done(out);
        let key = key.and_then(|key| self.insert(at, &key, out).map(|()| key));
        let Some(integration) = integration else {
            let reason = "no integration is defined for this operation: it lacks \
                          `x-amazon-apigateway-integration`";
            out.refuse_key(at, reason);
            return;
        };
        // Without a route the names of its variables are not known, and each use would be wrong.
        let Some(key) = key else {
            return;
        };
        let variables: Vec<_> = key
            .template()
            .map_or(&[][..], |template| template.segments())
            .iter()
            .filter_map(Segment::name)
            .map(|name| name.to_string())
            .collect();
        let route = key.to_string();
        let operation = Operation { route: &route, variables: &variables, item, at };
        let validation = validation::read(checks, &operation, &mut reader.models, context, out);
        let Some(translated) = integration::translate(integration, &variables, context, out) else {
            return;
        };
        let Some(Access { authorization, api_key_required }) = access else {
            return;
        };
        let has_claims = matches!(authorization, Authorization::Jwt(_));
        if !has_claims && !translated.claims_to_headers.is_empty() {
            let reason = "callers of this operation have no token, so there are no claims for its \
                          integration's headers: require one in `security`, or remove the mapping";
            out.refuse_key(at, reason);
            return;
        }
        if api_key_required
            && authorization == Authorization::None
            && context.api_key_source == ApiKeySource::Authorizer
        {
            let reason = "the API key comes from the authorizer, and this operation has none: require \
                          a token in `security` too";
            out.refuse_key(at, reason);
            return;
        }
        let wanted = translated.name.as_deref().or(id);
        let integration = self.share(translated.integration, wanted, &key);
        let claims_to_headers = translated.claims_to_headers;
        self.routes.insert(
            route,
            Route { authorization, api_key_required, validation, integration, claims_to_headers },
        );
    }

    fn insert(&mut self, at: &At<'_>, key: &RouteKey, out: &mut Findings) -> Option<()> {
        match self.router.insert(key, ()) {
            Ok(()) => Some(()),
            Err(invalid) => {
                out.refuse_key(at, invalid.reason);
                None
            }
        }
    }

    /// The name of an integration: that of an equal one, or a new one that tells what it is for.
    fn share(&mut self, integration: Integration, wanted: Option<&str>, key: &RouteKey) -> String {
        let says = serde_json::to_string(&integration).ok();
        if let Some(name) = says.as_ref().and_then(|says| self.shared.get(says)) {
            return name.clone();
        }
        let mut base = wanted.map(|wanted| slug(wanted, MAX_NAME)).unwrap_or_default();
        if base.is_empty() {
            base = slug(&key.to_string(), MAX_NAME);
        }
        let numbers = 2..MAX_ROUTES + 2;
        let names = numbers.map(|number| format!("{base}-{number}"));
        let name = std::iter::once(base.clone())
            .chain(names)
            .find(|name| !self.integrations.contains_key(name))
            .unwrap_or(base);
        self.integrations.insert(name.clone(), integration);
        self.shared.extend(says.map(|says| (says, name.clone())));
        name
    }
}

fn describe(fields: &mut Fields<'_>, out: &mut Findings) {
    fields.describe(
        &[
            "tags",
            "summary",
            "description",
            "externalDocs",
            "parameters",
            "requestBody",
            "responses",
            "callbacks",
            "consumes",
            "produces",
            "schemes",
            "deprecated",
        ],
        out,
    );
    fields.notice("servers", "`servers` of an operation are not looked at, as in API Gateway", out);
}

/// The route of an operation.
fn route_key(
    path: &str,
    method: &str,
    prefix: &str,
    fields: &mut Fields<'_>,
    out: &mut Findings,
) -> Option<RouteKey> {
    let says_default = match fields.take("isDefaultRoute") {
        Some(at) => at.flag(out)?.then_some(at),
        None => None,
    };
    if let Some(at) = &says_default
        && method != "ANY"
    {
        out.refuse_key(at, format!("only `{ANY}` can be the default route"));
        return None;
    }
    if says_default.is_some() || (path == "$default" && method == "ANY") {
        return Some(RouteKey::Default);
    }
    if matches!(path, "$default" | "/$default") {
        let reason = format!("the default route is `{ANY}` with `isDefaultRoute: true`");
        out.refuse_key(&fields.at, reason);
        return None;
    }
    let path = if path == "/" && !prefix.is_empty() { "" } else { path };
    match format!("{method} {prefix}{path}").parse() {
        Ok(key) => Some(key),
        Err(invalid) => {
            out.refuse_key(&fields.at, invalid.reason);
            None
        }
    }
}

/// The integrations of `components` that no operation refers to.
pub(crate) fn report_unused(integrations: &At<'_>, root: &At<'_>, out: &mut Findings) {
    let mut used = BTreeSet::new();
    for (_, item) in root.get("paths").iter().flat_map(At::entries) {
        for (_, operation) in item.entries() {
            let reference = operation
                .get("x-amazon-apigateway-integration")
                .and_then(|integration| integration.get("$ref"))
                .and_then(|reference| reference.node.text()?.rsplit_once('/'));
            if let Some((_, name)) = reference {
                used.insert(name);
            }
        }
    }
    for (name, at) in integrations.entries() {
        if !used.contains(name) {
            out.notice(&at, "no operation refers to this integration");
        }
    }
}
