//! Which API and stage a request is for, by its host and the first segments of its path.

use std::collections::HashMap;
use std::rc::Rc;

use tollgate_policy::{Fault, Invalid};

use crate::api::{Api, DEFAULT_STAGE};
use crate::definition::{Definition, Domain, Protocol};

/// How many APIs and domains one gateway serves at most: all of them are in the memory of every
/// worker.
const MAX_APIS: usize = 600;
const MAX_DOMAINS: usize = 1_000;

/// API Gateway's limit on the mappings of one domain, which are gone through for a request.
const MAX_MAPPINGS: usize = 200;

/// Finds APIs by host and path.
#[derive(Debug)]
pub(crate) struct Selector {
    by_id: HashMap<Rc<str>, usize>,
    default_api: Option<usize>,
    domains: HashMap<String, Vec<Mapping>>,
    has_wildcards: bool,
}

#[derive(Debug)]
struct Mapping {
    /// The path it takes, such as `shop/v2`; empty for all.
    path: String,
    api: usize,
    /// None where the path says it.
    stage: Option<usize>,
}

/// The API and the stage a request is for, and what is left of its path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Selected<'p> {
    pub(crate) api: usize,
    pub(crate) stage: usize,
    pub(crate) path: &'p [u8],
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
                check_domain(name).map_err(at)?;
                Ok((name.clone(), mappings(domain, apis, &by_id).map_err(at)?))
            })
            .collect::<Result<_, Invalid>>()?;
        let has_wildcards = definition.domains.keys().any(|name| name.starts_with("*."));
        Ok(Self { by_id, default_api, domains, has_wildcards })
    }

    /// Finds the API and the stage. `authority` is the host as the client sent it.
    pub(crate) fn select<'p>(
        &self,
        apis: &[Api],
        authority: &[u8],
        path: &'p [u8],
    ) -> Result<Selected<'p>, Unserved> {
        let host = host(authority);
        if let Some(mappings) = self.mappings(&host) {
            return by_mapping(mappings, apis, path);
        }
        let unserved = |protocol| Unserved { protocol, fault: Fault::Forbidden };
        let named = host.split_once(".execute-api.").map(|(id, _)| self.by_id.get(id).copied());
        let index = named.unwrap_or(self.default_api).ok_or_else(|| unserved(Protocol::Http))?;
        let api = apis.get(index).ok_or_else(|| unserved(Protocol::Http))?;
        if named.is_some() && api.disable_execute_api_endpoint {
            return Err(unserved(api.protocol));
        }
        by_stage(index, api, path)
    }
}

impl Selector {
    /// Those of a name, or else of all names like it.
    fn mappings(&self, host: &str) -> Option<&Vec<Mapping>> {
        self.domains.get(host).or_else(|| {
            let (_, rest) = host.split_once('.').filter(|_| self.has_wildcards)?;
            self.domains.get(&format!("*.{rest}"))
        })
    }
}

fn by_mapping<'p>(
    mappings: &[Mapping],
    apis: &[Api],
    path: &'p [u8],
) -> Result<Selected<'p>, Unserved> {
    let rest = |mapping: &Mapping| -> Option<&'p [u8]> {
        if mapping.path.is_empty() {
            return Some(path);
        }
        let rest = path.strip_prefix(b"/")?.strip_prefix(mapping.path.as_bytes())?;
        (rest.is_empty() || rest.starts_with(b"/")).then_some(rest)
    };
    let unserved = Unserved { protocol: Protocol::Http, fault: Fault::Forbidden };
    // INVARIANT: the longest mapping comes first.
    let found = mappings.iter().find_map(|mapping| Some((mapping, rest(mapping)?)));
    match found {
        None => Err(unserved),
        Some((&Mapping { api, stage: Some(stage), .. }, path)) => Ok(Selected { api, stage, path }),
        Some((&Mapping { api, stage: None, .. }, path)) => {
            by_stage(api, apis.get(api).ok_or(unserved)?, path)
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
        return Ok(Selected { api: index, stage, path: rest });
    }
    match api.stage(DEFAULT_STAGE.as_bytes()) {
        Some(stage) => Ok(Selected { api: index, stage, path }),
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
    let text = String::from_utf8_lossy(authority).to_ascii_lowercase();
    let host = match text.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => text.as_str(),
    };
    host.trim_end_matches('.').to_owned()
}

fn mappings(
    domain: &Domain,
    apis: &[Api],
    by_id: &HashMap<Rc<str>, usize>,
) -> Result<Vec<Mapping>, Invalid> {
    if domain.mappings.is_empty() || domain.mappings.len() > MAX_MAPPINGS {
        return Err(Invalid::new("mappings", format!("must be 1 to {MAX_MAPPINGS}")));
    }
    let mut mappings = Vec::with_capacity(domain.mappings.len());
    for (path, mapping) in &domain.mappings {
        let refuse = |field: &str, reason: String| {
            Err(Invalid::new(field, reason).within(format!("mappings.{path}")))
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/$".contains(&byte);
        if path.starts_with('/') || path.ends_with('/') || path.contains("//") {
            return refuse("", "must not have empty segments".to_owned());
        }
        if !path.bytes().all(plain) {
            return refuse("", "must be letters, digits and `-._~/$`".to_owned());
        }
        let Some((index, api)) =
            by_id.get(mapping.api.as_str()).and_then(|&index| Some((index, apis.get(index)?)))
        else {
            return refuse("api", format!("there is no API `{}`", mapping.api));
        };
        let stage = match &mapping.stage {
            None => None,
            Some(name) => match api.stage(name.as_bytes()) {
                Some(stage) => Some(stage),
                None => return refuse("stage", format!("the API has no stage `{name}`")),
            },
        };
        mappings.push(Mapping { path: path.clone(), api: index, stage });
    }
    mappings.sort_by_key(|mapping| std::cmp::Reverse(mapping.path.len()));
    Ok(mappings)
}

fn check_domain(name: &str) -> Result<(), Invalid> {
    const MAX_DOMAIN_CHARS: usize = 253;
    let plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    };
    let labels = name.strip_prefix("*.").unwrap_or(name);
    if labels.is_empty() || name.len() > MAX_DOMAIN_CHARS || !labels.bytes().all(plain) {
        return Err(Invalid::new(
            "",
            "must be a DNS name in lower case, without a port; `*.` may stand before it",
        ));
    }
    Ok(())
}
