//! `lambda`: where functions are called.

use std::collections::{BTreeMap, BTreeSet};

use tollgate_gateway::definition::{Api, Authorizer, Integration};
use tollgate_lambda::{Functions, Place};
use tollgate_lambda_authorizer::{Config, Service};
use tollgate_policy::Endpoint;
use tollgate_source::text::quoted;
use tollgate_source::{At, Fields, Findings};

/// The longest name of a region that is read; AWS's own have up to 14 characters.
const MAX_REGION_BYTES: usize = 32;

/// What is written of functions.
#[derive(Debug, Default)]
pub(crate) struct Written<'a> {
    pub(crate) functions: Functions,
    /// Where single ones are written, and their names.
    named: Vec<(At<'a>, &'a str)>,
}

/// Where all functions are called, and single ones that are elsewhere.
pub(crate) fn read<'a>(at: &At<'a>, out: &mut Findings) -> Written<'a> {
    let Written { mut functions, mut named } = Written::default();
    let Some(mut fields) = at.fields(out) else {
        return Written { functions, named };
    };
    let region = region(&mut fields, out);
    if let Some(endpoint) = endpoint(&mut fields, out) {
        functions.all =
            Some(Place { endpoint: Some(endpoint), name: None, signing_region: region });
    } else if region.is_some() {
        out.refuse_key(at, "`signingRegion` needs the `endpoint` that it is for");
    }
    if let Some(at) = fields.take("functions")
        && at.map(out).is_some()
    {
        for (name, at) in at.entries() {
            if name.contains(':') {
                out.refuse_key(
                    &at,
                    "a function's name belongs here, without an alias or a version",
                );
                continue;
            }
            if let Some(place) = function(&at, out) {
                functions.by_name.insert(name.to_owned(), place);
                named.push((at, name));
            }
        }
    }
    fields.finish(out);
    Written { functions, named }
}

/// Tells of functions that are in no API, which may have another name in the document.
pub(crate) fn tell_unused(written: &Written<'_>, apis: &BTreeMap<String, Api>, out: &mut Findings) {
    let called: BTreeSet<&str> = apis.values().flat_map(called).map(plain).collect();
    for (at, name) in &written.named {
        let place = written.functions.by_name.get(*name);
        let known_as = place.and_then(|place| place.name.as_deref()).unwrap_or(name);
        if !called.contains(plain(known_as)) {
            let name = quoted(name);
            out.notice(
                at,
                format!("no integration and no authorizer calls {name}: it is not used"),
            );
        }
    }
}

/// The names of the functions that an API calls.
fn called(api: &Api) -> impl Iterator<Item = &str> {
    let integrations = api.integrations.values().filter_map(|integration| match integration {
        Integration::LambdaProxy(lambda) => Some(&*lambda.proxy.function.name),
        Integration::HttpProxy(_) | Integration::Http(_) | Integration::Mock(_) => None,
    });
    let authorizers = api.authorizers.values().filter_map(|authorizer| match authorizer {
        Authorizer::Lambda(Config { service: Service::Lambda(function), .. }) => {
            Some(&*function.name)
        }
        Authorizer::Lambda(_) | Authorizer::Jwt(_) => None,
    });
    integrations.chain(authorizers)
}

/// A function's name without its ARN, and without an alias or a version.
fn plain(name: &str) -> &str {
    let name = name.split_once(":function:").map_or(name, |(_, name)| name);
    name.split_once(':').map_or(name, |(name, _)| name)
}

/// A function that is called somewhere else, or by another name, than the others.
fn function(at: &At<'_>, out: &mut Findings) -> Option<Place> {
    let mut fields = at.fields(out)?;
    let endpoint = endpoint(&mut fields, out);
    let signing_region = region(&mut fields, out);
    let name = fields.take("name").and_then(|at| at.filled(out)).map(str::to_owned);
    fields.finish(out);
    Some(Place { endpoint, name, signing_region })
}

fn endpoint(fields: &mut Fields<'_>, out: &mut Findings) -> Option<String> {
    let at = fields.take("endpoint")?;
    let text = at.filled(out)?;
    match Endpoint::split(text) {
        Ok(_) => Some(text.trim_end_matches('/').to_owned()),
        Err(invalid) => {
            out.refuse(&at, invalid.reason);
            None
        }
    }
}

fn region(fields: &mut Fields<'_>, out: &mut Findings) -> Option<String> {
    let at = fields.take("signingRegion")?;
    let text = at.filled(out)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.len() > MAX_REGION_BYTES || !text.bytes().all(plain) {
        out.refuse(&at, "a region such as `us-east-1` belongs here");
        return None;
    }
    Some(text.to_owned())
}
