//! `domainNames`: which stage answers under a custom domain name.

use std::collections::BTreeMap;

use tollgate_gateway::Definition;
use tollgate_gateway::definition::{Api, Domain, Mapping};
use tollgate_source::text::quoted;
use tollgate_source::{At, Fields, Findings};

use crate::reference;
use crate::routing_rule::{self, Mode};

/// All of them are in the memory of every worker.
const MAX_DOMAINS: usize = 1_000;

/// API Gateway's limit on the mappings of one domain.
const MAX_MAPPINGS: usize = 200;

const MAX_NAME: usize = 253;

/// API Gateway's limit on a mapping's key.
const MAX_KEY: usize = 300;

/// A domain name as it is written. What is wrong with it is reported and left out.
#[derive(Debug)]
pub(crate) struct Written<'a> {
    name: &'a str,
    rules: Vec<routing_rule::Written<'a>>,
    mappings: Vec<WrittenMapping<'a>>,
}

#[derive(Debug)]
struct WrittenMapping<'a> {
    at: At<'a>,
    /// What the path begins with.
    path: &'a str,
    api: Option<(At<'a>, &'a str)>,
    stage: Option<(At<'a>, &'a str)>,
    /// Whether the stage may be said by the path.
    is_base_path: bool,
}

/// Reads the domain names.
pub(crate) fn read_all<'a>(at: &At<'a>, out: &mut Findings) -> Vec<Written<'a>> {
    if at.map(out).is_some() && at.entries().count() > MAX_DOMAINS {
        out.refuse_key(at, format!("there are at most {MAX_DOMAINS} domain names"));
        return Vec::new();
    }
    at.entries().map(|(name, at)| read(name, &at, out)).collect()
}

fn read<'a>(name: &'a str, at: &At<'a>, out: &mut Findings) -> Written<'a> {
    let plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    };
    let labels = name.strip_prefix("*.").unwrap_or(name);
    if labels.is_empty() || name.len() > MAX_NAME || !labels.bytes().all(plain) {
        let reason = "a domain name is written in lower case and without a port, `*.` may stand before \
                      it";
        out.refuse_key(at, reason);
    }
    let mut written = Written { name, rules: Vec::new(), mappings: Vec::new() };
    let Some(mut fields) = at.fields(out) else { return written };
    for key in ["description", "tags"] {
        fields.take(key);
    }
    let mode = fields.take("routingMode").map(|at| (at.clone(), routing_rule::mode(&at, out)));
    let rules = fields.take("routingRules");
    let lists = [fields.take("apiMappings"), fields.take("basePathMappings")];
    fields.finish(out);
    let rules_are_empty = rules.as_ref().is_none_or(|at| at.node.items().is_empty());
    if rules_are_empty && lists.iter().all(Option::is_none) {
        out.refuse_key(at, "lacks `apiMappings`: without them nothing answers there");
        return written;
    }
    written.rules = rules.as_ref().map(|at| routing_rule::read_all(at, out)).unwrap_or_default();
    match &lists {
        [None, None] => {}
        [Some(_), Some(at)] => {
            out.refuse_key(at, "the mappings stand under `apiMappings` too: remove one of the two");
        }
        [Some(list), None] => written.mappings = mappings(list, false, out),
        [None, Some(list)] => written.mappings = mappings(list, true, out),
    }
    if let Some((at, Some(mode))) = mode {
        let left_out = match mode {
            Mode::Mappings => rules.is_some(),
            Mode::Rules => lists.iter().any(Option::is_some),
            Mode::Both => false,
        };
        if left_out {
            let reason = "leaves out what stands beside it: remove one of the two, or let the mode be \
                          `ROUTING_RULE_THEN_API_MAPPING`";
            out.refuse(&at, reason);
        }
    }
    written
}

fn mappings<'a>(list: &At<'a>, is_base_path: bool, out: &mut Findings) -> Vec<WrittenMapping<'a>> {
    let items = list.list(out).unwrap_or_default();
    if items.is_empty() || items.len() > MAX_MAPPINGS {
        out.refuse_key(list, format!("a domain name has 1 to {MAX_MAPPINGS} mappings"));
        return Vec::new();
    }
    items.into_iter().filter_map(|at| mapping(at, is_base_path, out)).collect()
}

/// API Gateway's `ApiMapping` of HTTP APIs, or its `BasePathMapping` of REST APIs.
fn mapping<'a>(at: At<'a>, is_base_path: bool, out: &mut Findings) -> Option<WrittenMapping<'a>> {
    let [path, api] =
        if is_base_path { ["basePath", "restApiId"] } else { ["apiMappingKey", "apiId"] };
    let mut fields = at.fields(out)?;
    let text = |key, fields: &mut Fields<'a>, out: &mut Findings| {
        let at = fields.take(key)?;
        Some((at.clone(), at.string(out)?))
    };
    let path = text(path, &mut fields, out);
    let (api, stage) = (text(api, &mut fields, out), text("stage", &mut fields, out));
    fields.take("apiMappingId");
    fields.finish(out);
    let path = match path {
        None | Some((_, "(none)")) => "",
        Some((at, path)) => {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/$".contains(&byte);
            let has_gaps = path.starts_with('/') || path.ends_with('/') || path.contains("//");
            if path.len() > MAX_KEY || has_gaps || !path.bytes().all(plain) {
                let reason = format!(
                    "a path is up to {MAX_KEY} letters, digits and `-._~$`, with single slashes between"
                );
                out.refuse(&at, reason);
                return None;
            }
            if is_base_path && path.contains('/') {
                let reason = "a base path is one segment: `apiMappings` may have several";
                out.refuse(&at, reason);
                return None;
            }
            path
        }
    };
    Some(WrittenMapping { at, path, api, stage, is_base_path })
}

/// Puts domain names into a definition.
pub(crate) fn put(
    written: &[Written<'_>],
    default_api: &str,
    definition: &mut Definition,
    out: &mut Findings,
) {
    for domain in written {
        let mut mappings = BTreeMap::new();
        for mapping in &domain.mappings {
            let Some(made) = make(mapping, default_api, &definition.apis, out) else { continue };
            if mappings.insert(mapping.path.to_owned(), made).is_some() {
                let path = quoted(mapping.path);
                out.refuse(&mapping.at, format!("the path {path} is mapped twice"));
            }
        }
        let routing_rules =
            routing_rule::make_all(&domain.rules, default_api, &definition.apis, out);
        definition.domains.insert(domain.name.to_owned(), Domain { routing_rules, mappings });
    }
}

fn make(
    written: &WrittenMapping<'_>,
    default_api: &str,
    apis: &BTreeMap<String, Api>,
    out: &mut Findings,
) -> Option<Mapping> {
    let (id, api) = reference::api(&written.api, default_api, apis, out)?;
    let stage = match &written.stage {
        Some((at, name)) => Some(reference::stage(at, name, api, out)?.to_owned()),
        None if written.is_base_path => None,
        None => {
            reference::lacks_stage(&written.at, api, out);
            return None;
        }
    };
    Some(Mapping { api: id.to_owned(), stage })
}

/// Leaves what leads to one stage of an API, and to others.
pub(crate) fn keep(only: &str, id: &str, definition: &mut Definition) {
    for domain in definition.domains.values_mut() {
        let is_kept = |mapping: &Mapping| {
            mapping.api != id || mapping.stage.as_deref().is_none_or(|stage| stage == only)
        };
        domain.mappings.retain(|_, mapping| is_kept(mapping));
        domain
            .routing_rules
            .retain(|_, rule| rule.invoke_api.api != id || rule.invoke_api.stage == only);
    }
    let leads = |domain: &Domain| !domain.mappings.is_empty() || !domain.routing_rules.is_empty();
    definition.domains.retain(|_, domain| leads(domain));
}
