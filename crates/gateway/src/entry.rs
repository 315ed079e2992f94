//! A request as it comes in: whose it is, and which route is to answer it.

use std::collections::BTreeMap;

use tollgate_canary::Variant;
use tollgate_iam_authorizer::refuse_unreadable;
use tollgate_policy::{Exchange, Fault, Request, Response, SOURCE_ADDRESS_HEADER};

use crate::definition::Protocol;
use crate::gateway::{Gateway, Notes, Place};
use crate::select::Selected;
use crate::{ids, outbound, path, vpc_endpoint};

/// The header fields by which the gateway and the proxy speak to each other. A client's are removed.
const CONTROL: [&[u8]; 2] = [b"x-tollgate-", b"x-envoy-"];

/// API Gateway's limit on a payload.
const MAX_PAYLOAD_BYTES: u64 = 10 * 1024 * 1024;

/// API Gateway's limit on the head of a request: of an HTTP API on all of it together, of a REST API on
/// the path with the query, and on the header fields.
pub(crate) const MAX_HEAD_BYTES: usize = 10_240;

impl Gateway {
    /// Finds the route, or answers in its place: a preflight, or a fault.
    pub(crate) fn enter(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
    ) -> Result<Option<Response>, Fault> {
        if self.needs.source_address_is_told {
            // Whoever tells it removes it, too.
            exchange.request.headers.conceal(SOURCE_ADDRESS_HEADER);
        }
        strip_control(exchange);
        exchange.context.client_cert = self.client_certificates.take(&mut exchange.request.headers);
        exchange.context.account_id = self.account_id.clone();
        vpc_endpoint::tell(&self.vpc_endpoints, exchange);
        let selected = self.selector.select(&self.apis, &exchange.request);
        let Selected { api: index, stage, path: rest, base_path } = match selected {
            Ok(selected) => selected,
            Err(unserved) => {
                notes.protocol = Some(unserved.protocol);
                ids::assign(unserved.protocol, exchange);
                return Err(unserved.fault);
            }
        };
        let api = self.apis.get(index).ok_or(Fault::Internal)?;
        let rest = String::from_utf8_lossy(rest).into_owned();
        notes.protocol = Some(api.protocol);
        ids::assign(api.protocol, exchange);
        exchange.context.api_id = api.id.clone();
        exchange.context.base_path = base_path;
        let found = api.stages.get(stage).ok_or(Fault::Internal)?;
        exchange.context.stage = found.name.clone();
        let (variant, content) = match &found.canary {
            None => (Variant::Base, found.base),
            Some(canary) => {
                let variant = canary.choose(exchange);
                exchange.context.is_canary_request = Some(variant == Variant::Canary);
                match variant {
                    Variant::Base => (variant, found.base),
                    Variant::Canary => (variant, canary.place),
                }
            }
        };
        let place = Place { api: index, stage, variant, content, route: None, path: String::new() };
        let place = notes.place.insert(place);
        let snapshot = api.snapshots.get(content.snapshot).ok_or(Fault::Internal)?;
        exchange.context.deployment_id = snapshot.deployment.clone();
        if let Some(variables) = snapshot.variables.get(content.target) {
            exchange.context.stage_variables = variables.clone();
        }
        // A tunnel has no path, and no integration to lead to.
        if exchange.request.method() == b"CONNECT" || !path::is_plain(exchange.request.path()) {
            return Err(Fault::BadRequest);
        }
        check_head(api.protocol, &exchange.request)?;
        if declared_bytes(exchange) > MAX_PAYLOAD_BYTES {
            return Err(Fault::RequestTooLarge);
        }
        if let Some(cors) = &snapshot.cors
            && let Some(preflight) = cors.preflight(&exchange.request)
        {
            return Ok(Some(preflight));
        }
        for header in &snapshot.own_headers {
            exchange.request.headers.remove_alike(header);
        }
        let found = snapshot.router.find(exchange.request.method(), rest.as_bytes());
        let Some(found) = found else {
            let is_rest = api.protocol == Protocol::Rest;
            let unreadable = is_rest.then(|| refuse_unreadable(exchange)).flatten();
            return Err(unreadable.unwrap_or(Fault::RouteNotFound));
        };
        // Many a backend merges slashes, and some decode them. If that leads to another route, it must
        // not be one that asks for more than this one.
        if let Some(loose) = path::read_loosely(&rest)
            && let Some(other) = snapshot.router.find(exchange.request.method(), loose.as_bytes())
            && !other.value.admits_as(found.value)
        {
            return Err(Fault::BadRequest);
        }
        let context = &mut exchange.context;
        context.route_key = found.value.key.clone();
        context.resource_path = found.value.resource_path.clone();
        context.resource_id =
            (api.protocol == Protocol::Rest).then(|| found.value.resource_id.clone());
        context.path_parameters = (found.parameters.into_iter())
            .map(|(name, value)| (name.clone(), String::from_utf8_lossy(value).into_owned()))
            .collect::<BTreeMap<_, _>>();
        place.route = Some(found.value.clone());
        place.path = rest;
        Ok(None)
    }
}

/// What the proxy itself has added does not count.
fn check_head(protocol: Protocol, request: &Request) -> Result<(), Fault> {
    if request.headers.most_bytes() <= MAX_HEAD_BYTES {
        return Ok(());
    }
    let sent = request
        .headers
        .iter()
        .filter(|(name, _)| !name.starts_with(b":") && !outbound::OF_THE_PROXY.contains(name));
    let fields = sent.fold(0_usize, |sum, (name, value)| {
        sum.saturating_add(name.len()).saturating_add(value.len())
    });
    let line = request.target().len();
    match protocol {
        Protocol::Rest if line > MAX_HEAD_BYTES => Err(Fault::UriTooLong),
        Protocol::Rest if fields > MAX_HEAD_BYTES => Err(Fault::HeadersTooLarge),
        Protocol::Http if line.saturating_add(fields) > MAX_HEAD_BYTES => {
            Err(Fault::HeadersTooLarge)
        }
        Protocol::Rest | Protocol::Http => Ok(()),
    }
}

/// How long the body says it is. A body that does not say is as long as it turns out to be.
fn declared_bytes(exchange: &Exchange) -> u64 {
    let Some(length) = exchange.request.headers.get("content-length") else { return 0 };
    std::str::from_utf8(length).ok().and_then(|length| length.parse().ok()).unwrap_or(u64::MAX)
}

fn strip_control(exchange: &mut Exchange) {
    let headers = &mut exchange.request.headers;
    let sent: Vec<String> = headers
        .iter()
        .map(|(name, _)| name)
        .filter(|name| {
            CONTROL.iter().any(|prefix| {
                name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            })
        })
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    for name in sent {
        headers.remove(&name);
    }
}
