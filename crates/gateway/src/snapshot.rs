//! What is fixed when an API is deployed, compiled.

use std::collections::BTreeMap;
use std::rc::Rc;

use tollgate_cors::Cors;
use tollgate_gateway_response::{GatewayResponses, Style};
use tollgate_payload::BinaryMediaTypes;
use tollgate_policy::{Compile as _, Invalid, reads_as};
use tollgate_request_validator::Models;
use tollgate_resource_policy::ResourcePolicy;

use crate::authorization::Authorizer;
use crate::definition::{ApiKeySource, Protocol};
use crate::route::{Route, Source};
use crate::router::{RouteKey, Router, Rules};
use crate::view::{Content, View};

/// API Gateway's limits on one API.
const MAX_AUTHORIZERS: usize = 10;
const MAX_COMPRESSION_SIZE: u32 = 10 << 20;

/// What is fixed when an API is deployed, compiled.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The deployment's id; none where the API has no deployments.
    pub(crate) deployment: Option<Rc<str>>,
    pub(crate) protocol: Protocol,
    pub(crate) api_key_source: ApiKeySource,
    pub(crate) authorizers: Vec<(String, Authorizer)>,
    pub(crate) router: Router<Rc<Route>>,
    /// The header fields that only the gateway may send on.
    pub(crate) own_headers: Vec<String>,
    pub(crate) cors: Option<Cors>,
    /// Who may call at all, and who may not.
    pub(crate) policy: Option<ResourcePolicy>,
    pub(crate) responses: GatewayResponses,
    pub(crate) binary: BinaryMediaTypes,
    /// What tells the proxy to compress, if it is to.
    pub(crate) compression: Option<String>,
    /// Whether a route or a gateway response says where the client is.
    pub(crate) needs_source_address: bool,
    /// The stage variables of each stage that serves the snapshot, and of each canary.
    pub(crate) variables: Vec<Rc<BTreeMap<String, String>>>,
}

impl Snapshot {
    pub(crate) fn compile(
        deployment: Option<&str>,
        content: Content<'_>,
        views: &[View<'_>],
        numbers: &[&str],
        (protocol, arn): (Protocol, &tollgate_iam::Api),
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
            let at = |invalid: Invalid| invalid.within(format!("authorizers.{name}"));
            authorizers
                .push((name.clone(), Authorizer::compile(authorizer, protocol).map_err(at)?));
        }
        let mut router = Router::new(match protocol {
            Protocol::Http => Rules::Http,
            Protocol::Rest => Rules::Rest,
        });
        let mut own_headers: Vec<String> = (authorizers.iter())
            .flat_map(|(_, authorizer)| authorizer.own_headers().map(str::to_owned))
            .collect();
        let mut needs_source_address =
            authorizers.iter().any(|(_, authorizer)| authorizer.needs_source_address());
        let mut mapped: Vec<(&String, Vec<String>)> = Vec::new();
        let models = Models::compile(content.models).map_err(|invalid| invalid.within("models"))?;
        let source =
            Source { content, views, authorizers: &authorizers, models: &models, protocol };
        for (key, route) in content.routes {
            let at = |invalid: Invalid| invalid.within(format!("routes.{key}"));
            let parsed = key.parse::<RouteKey>().map_err(at)?;
            // INVARIANT: the numbered routes are those of all snapshots, in order.
            let number = numbers.binary_search(&key.as_str()).unwrap_or(usize::MAX);
            let compiled = Route::compile(key, &parsed, number, route, &source).map_err(at)?;
            mapped.push((key, compiled.integration.request.headers().map(str::to_owned).collect()));
            needs_source_address |= compiled.integration.needs_source_address();
            own_headers.extend(compiled.claims_to_headers.keys().cloned());
            router.insert(&parsed, Rc::new(compiled)).map_err(at)?;
        }
        own_headers.sort();
        own_headers.dedup();
        for (name, authorizer) in &authorizers {
            let at = |invalid: Invalid| invalid.within(format!("authorizers.{name}"));
            authorizer.check_own_headers(own_headers.iter().map(String::as_str)).map_err(at)?;
        }
        check_mappings(&mapped, &own_headers)?;
        let cors = (content.cors.cloned())
            .map(Cors::compile)
            .transpose()
            .map_err(|invalid| invalid.within("cors"))?;
        let responses = GatewayResponses::compile(style(protocol), content.gateway_responses)
            .map_err(|invalid| invalid.within("gateway_responses"))?;
        needs_source_address |= responses.need_source_address();
        let policy = policy(content.policy, protocol, arn)?;
        needs_source_address |= policy.as_ref().is_some_and(ResourcePolicy::needs_source_address);
        Ok(Self {
            needs_source_address,
            deployment: deployment.map(Into::into),
            protocol,
            api_key_source: content.api_key_source,
            authorizers,
            router,
            own_headers,
            cors,
            policy,
            responses,
            binary: BinaryMediaTypes::compile(content.binary_media_types)
                .map_err(|invalid| invalid.within("binary_media_types"))?,
            compression: compression(content.minimum_compression_size)?,
            variables: views
                .iter()
                .map(|view| Rc::new(view.variables.clone().into_owned()))
                .collect(),
        })
    }
}

/// In whose words errors are told.
pub(crate) const fn style(protocol: Protocol) -> Style {
    match protocol {
        Protocol::Http => Style::Http,
        Protocol::Rest => Style::Rest,
    }
}

fn policy(
    document: Option<&serde_json::Value>,
    protocol: Protocol,
    arn: &tollgate_iam::Api,
) -> Result<Option<ResourcePolicy>, Invalid> {
    let Some(document) = document else { return Ok(None) };
    if protocol == Protocol::Http {
        return Err(Invalid::new("policy", "only a REST API has a resource policy"));
    }
    let policy = ResourcePolicy::new(document, arn);
    policy.map(Some).map_err(|invalid| invalid.within("policy"))
}

fn compression(minimum_size: Option<u32>) -> Result<Option<String>, Invalid> {
    match minimum_size {
        Some(size) if size > MAX_COMPRESSION_SIZE => {
            let reason = format!("`{size}` is not from 0 to {MAX_COMPRESSION_SIZE}");
            Err(Invalid::new("minimum_compression_size", reason))
        }
        size => Ok(size.map(|size| size.to_string())),
    }
}

/// What only the gateway may say no mapping says, since its value may be a client's.
fn check_mappings(mapped: &[(&String, Vec<String>)], own: &[String]) -> Result<(), Invalid> {
    for (route, headers) in mapped {
        let is_own =
            |name: &&String| own.iter().any(|own| reads_as(own.as_bytes(), name.as_bytes()));
        if let Some(name) = headers.iter().find(is_own) {
            let reason = format!("`{name}` carries a claim, and nothing else may be said in it");
            return Err(Invalid::new(format!("routes.{route}.request_parameters"), reason));
        }
    }
    Ok(())
}
