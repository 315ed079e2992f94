//! The root of an overlay.

use std::collections::BTreeMap;

use tollgate_gateway::definition::VpcEndpoint;
use tollgate_policy::Endpoint;
use tollgate_rate_limit::{Counters, ResponseHeaders, Throttle};
use tollgate_source::text::quoted;
use tollgate_source::{At, Findings};

use crate::{
    api_key, cors, counters, domain_name, lambda, stage, throttle, usage_plan, vpc_endpoint,
};

/// An overlay as it is written. What is wrong with it is reported and left out.
#[derive(Debug)]
pub(crate) struct Written<'a> {
    pub(crate) account_id: Option<&'a str>,
    pub(crate) account_throttle: Option<Throttle>,
    /// What takes the place of what the document says about it.
    pub(crate) cors: Option<tollgate_cors::Config>,
    /// The stages, and where they are listed, if they are.
    pub(crate) stages: Option<(At<'a>, Vec<stage::Written<'a>>)>,
    pub(crate) domain_names: Vec<domain_name::Written<'a>>,
    pub(crate) usage_plans: Vec<usage_plan::Written<'a>>,
    pub(crate) api_keys: Vec<api_key::Written<'a>>,
    pub(crate) api_keys_file: Option<&'a str>,
    pub(crate) credentials_file: Option<&'a str>,
    pub(crate) counters: Option<(Counters, Endpoint)>,
    pub(crate) lambda: lambda::Written<'a>,
    pub(crate) vpc_endpoints: BTreeMap<String, VpcEndpoint>,
    pub(crate) response_headers: ResponseHeaders,
}

/// Reads an overlay. Nothing is returned where it is none.
pub(crate) fn read<'a>(root: &At<'a>, out: &mut Findings) -> Option<Written<'a>> {
    let mut fields = root.fields(out)?;
    version(&fields.need("tollgate", out)?, out)?;
    let written = Written {
        account_id: fields.take("accountId").and_then(|at| account_id(&at, out)),
        account_throttle: fields.take("account").and_then(|at| account(&at, out)),
        cors: fields.take("cors").and_then(|at| cors::read(&at, out)),
        stages: fields.take("stages").map(|at| {
            let stages = stage::read_all(&at, out);
            (at, stages)
        }),
        domain_names: fields
            .take("domainNames")
            .map(|at| domain_name::read_all(&at, out))
            .unwrap_or_default(),
        usage_plans: fields
            .take("usagePlans")
            .map(|at| usage_plan::read_all(&at, out))
            .unwrap_or_default(),
        api_keys: fields.take("apiKeys").map(|at| api_key::read_all(&at, out)).unwrap_or_default(),
        credentials_file: fields.take("credentialsFile").and_then(|at| at.filled(out)),
        api_keys_file: fields.take("apiKeysFile").and_then(|at| at.filled(out)),
        counters: fields.take("counters").and_then(|at| counters::read(&at, out)),
        lambda: fields.take("lambda").map(|at| lambda::read(&at, out)).unwrap_or_default(),
        vpc_endpoints: (fields.take("vpcEndpoints"))
            .map(|at| vpc_endpoint::read_all(&at, out))
            .unwrap_or_default(),
        response_headers: fields
            .take("responseHeaders")
            .and_then(|at| response_headers(&at, out))
            .unwrap_or_default(),
    };
    fields.finish(out);
    Some(written)
}

/// The version of the format.
fn version(at: &At<'_>, out: &mut Findings) -> Option<()> {
    let version = at.version(out)?;
    if version != "1" {
        out.refuse(at, format!("version {} is not known: `1` belongs here", quoted(version)));
        return None;
    }
    Some(())
}

/// A number that YAML may take for one, though it can begin with zeros.
fn account_id<'a>(at: &At<'a>, out: &mut Findings) -> Option<&'a str> {
    let id = at.version(out)?;
    if id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        out.refuse(at, format!("an account's id has twelve digits: {}", quoted(id)));
        return None;
    }
    Some(id)
}

fn account(at: &At<'_>, out: &mut Findings) -> Option<Throttle> {
    let mut fields = at.fields(out)?;
    let throttle = fields.take("throttleSettings").and_then(|at| throttle::throttle(&at, out));
    fields.finish(out);
    throttle
}

fn response_headers(at: &At<'_>, out: &mut Findings) -> Option<ResponseHeaders> {
    match at.string(out)? {
        "none" => Some(ResponseHeaders::None),
        "rateLimit" => Some(ResponseHeaders::RateLimit),
        other => {
            let other = quoted(other);
            out.refuse(at, format!("{other} is not known: `none` or `rateLimit` belongs here"));
            None
        }
    }
}
