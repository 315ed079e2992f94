//! Which API and stage a request is for, by its host and the first segments of its path.

use std::collections::HashMap;
use std::rc::Rc;

use tollgate_policy::{Fault, Invalid, Request};

use crate::api::{Api, DEFAULT_STAGE};
use crate::definition::{Definition, Protocol};
use crate::domain::{self, Domain, Lead};

/// How many APIs and domains one gateway serves at most: all of them are in the memory of every
/// worker.
const MAX_APIS: usize = 600;
const MAX_DOMAINS: usize = 1_000;

/// Finds APIs by host and path.
#[derive(Debug)]
pub(crate) struct Selector {
    by_id: HashMap<Rc<str>, usize>,
    default_api: Option<usize>,
    domains: HashMap<String, Domain>,
    has_wildcards: bool,
    has_rules: bool,
}

/// The API and the stage a request is for, and what is left of its path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Selected<'p> {
    pub(crate) api: usize,
    pub(crate) stage: usize,
    pub(crate) path: &'p [u8],
    /// The path of the mapping of a custom domain name.
    pub(crate) base_path: Option<Rc<str>>,
}

/// Nothing answers here: in whose words to say so, and what.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unserved {
    pub(crate) protocol: Protocol,
    pub(crate) fault: Fault,
}

impl Selector {
    pub(crate) fn compile(definition: &Definition, apis: &[Api]) -> Result<Self, Invalid> {
        if apis.is_empty() || apis.len() > MAX_APIS {
            return Err(Invalid::new("apis", format!("must be 1 to {MAX_APIS}")));
        }
        if definition.domains.len() > MAX_DOMAINS {
            return Err(Invalid::new("domains", format!("must not be more than {MAX_DOMAINS}")));
        }
        let by_id: HashMap<_, _> =
            apis.iter().enumerate().map(|(index, api)| (api.id.clone(), index)).collect();
        let default_api = match &definition.default_api {
            None => None,
            Some(id) => match by_id.get(id.as_str()) {
                Some(index) => Some(*index),
                None => return Err(Invalid::new("default_api", format!("there is no API `{id}`"))),
            },
        };
        let domains = (definition.domains.iter())
            .map(|(name, domain)| {
                let at = |invalid: Invalid| invalid.within(format!("domains.{name}"));
                domain::check_name(name).map_err(at)?;
                Ok((name.clone(), Domain::compile(domain, apis, &by_id).map_err(at)?))
            })
            .collect::<Result<_, Invalid>>()?;
        let has_wildcards = definition.domains.keys().any(|name| name.starts_with("*."));
        let has_rules = definition.domains.values().any(|domain| !domain.routing_rules.is_empty());
        Ok(Self { by_id, default_api, domains, has_wildcards, has_rules })
    }

    /// Finds the API and the stage.
    pub(crate) fn select<'r>(
        &self,
        apis: &[Api],
        request: &'r Request,
    ) -> Result<Selected<'r>, Unserved> {
        let host = host(request.authority());
        if let Some(domain) = self.domain(&host) {
            return by_domain(domain, apis, request);
        }
        let path = request.path();
        let unserved = |protocol| Unserved { protocol, fault: Fault::Forbidden };
        let named = host.split_once(".execute-api.").map(|(id, _)| self.by_id.get(id).copied());
        let index = named.unwrap_or(self.default_api).ok_or_else(|| unserved(Protocol::Http))?;
        let api = apis.get(index).ok_or_else(|| unserved(Protocol::Http))?;
        if named.is_some() && api.disable_execute_api_endpoint {
            return Err(unserved(api.protocol));
        }
        by_stage(index, api, path)
    }

    /// The header fields by which the rules of the request's domain tell requests apart.
    pub(crate) fn looks_at(&self, request: &Request) -> &[String] {
        if !self.has_rules {
            return &[];
        }
        let host = host(request.headers.arrived(":authority").unwrap_or_default());
        self.domain(&host).map_or(&[], |domain| &domain.looks_at)
    }

    /// The domain of a name, or else that of all names like it.
    fn domain(&self, host: &str) -> Option<&Domain> {
        self.domains.get(host).or_else(|| {
            let (_, rest) = host.split_once('.').filter(|_| self.has_wildcards)?;
            self.domains.get(&format!("*.{rest}"))
        })
    }
}

fn by_domain<'r>(
    domain: &Domain,
    apis: &[Api],
    request: &'r Request,
) -> Result<Selected<'r>, Unserved> {
    let unserved = Unserved { protocol: Protocol::Http, fault: Fault::Forbidden };
    match domain.lead(request) {
        None => Err(unserved),
        Some(Lead { api, stage: Some(stage), path, base_path }) => {
            Ok(Selected { api, stage, path, base_path })
        }
        Some(Lead { api, stage: None, path, base_path }) => {
            let selected = by_stage(api, apis.get(api).ok_or(unserved)?, path)?;
            Ok(Selected { base_path, ..selected })
        }
    }
}

fn by_stage<'p>(index: usize, api: &Api, path: &'p [u8]) -> Result<Selected<'p>, Unserved> {
    // API Gateway reads a REST API's path as if it began with one slash.
    let path = match api.protocol {
        Protocol::Http => path,
        Protocol::Rest => one_slash(path),
    };
    let inner = path.strip_prefix(b"/").unwrap_or(path);
    let end = inner.iter().position(|&byte| byte == b'/').unwrap_or(inner.len());
    let (first, rest) = inner.split_at_checked(end).unwrap_or((inner, b""));
    if first != DEFAULT_STAGE.as_bytes()
        && let Some(stage) = api.stage(first)
    {
        return Ok(Selected { api: index, stage, path: rest, base_path: None });
    }
    match api.stage(DEFAULT_STAGE.as_bytes()) {
        Some(stage) => Ok(Selected { api: index, stage, path, base_path: None }),
        None => Err(Unserved {
            protocol: api.protocol,
            fault: match api.protocol {
                Protocol::Http => Fault::RouteNotFound,
                Protocol::Rest => Fault::Forbidden,
            },
        }),
    }
}

fn one_slash(path: &[u8]) -> &[u8] {
    let slashes = path.iter().take_while(|&&byte| byte == b'/').count();
    path.get(slashes.saturating_sub(1)..).unwrap_or(path)
}

/// A host without its port, in lower case.
fn host(authority: &[u8]) -> String {
    let host = match authority.iter().rposition(|byte| *byte == b':') {
        Some(colon) => match authority.split_at(colon) {
            (host, [_, port @ ..]) if port.iter().all(u8::is_ascii_digit) => host,
            _ => authority,
        },
        None => authority,
    };
    let mut host = String::from_utf8_lossy(host).into_owned();
    host.truncate(host.trim_end_matches('.').len());
    host.make_ascii_lowercase();
    host
}
