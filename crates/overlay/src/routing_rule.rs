//! `routingRules`: which stage answers, by header fields and base paths.

use std::collections::BTreeMap;

use tollgate_gateway::check_routing_rule;
use tollgate_gateway::definition::{Api, Condition, HeaderMatch, InvokeApi, RoutingRule};
use tollgate_source::text::{any_of, quoted};
use tollgate_source::{At, Findings};

use crate::reference;

/// API Gateway's limit on the rules of a domain name.
const MAX_RULES: usize = 50;

const MAX_PRIORITY: u32 = 1_000_000;

/// A rule as it is written. What is wrong with it is reported and left out.
#[derive(Debug)]
pub(crate) struct Written<'a> {
    at: At<'a>,
    priority: u32,
    conditions: Vec<Condition>,
    api: Option<(At<'a>, &'a str)>,
    stage: (At<'a>, &'a str),
    strip_base_path: bool,
}

/// Reads the rules of a domain name.
pub(crate) fn read_all<'a>(list: &At<'a>, out: &mut Findings) -> Vec<Written<'a>> {
    let items = list.list(out).unwrap_or_default();
    if items.len() > MAX_RULES {
        out.refuse_key(list, format!("a domain name has at most {MAX_RULES} routing rules"));
        return Vec::new();
    }
    items.into_iter().filter_map(|at| read(at, out)).collect()
}

fn read<'a>(at: At<'a>, out: &mut Findings) -> Option<Written<'a>> {
    let mut fields = at.fields(out)?;
    for key in ["routingRuleId", "routingRuleArn"] {
        fields.take(key);
    }
    let priority = fields.need("priority", out).and_then(|at| at.number(1, MAX_PRIORITY, out));
    let conditions = fields.take("conditions").map(|at| conditions(&at, out)).unwrap_or_default();
    let actions = fields.need("actions", out).and_then(|at| Some((at.clone(), at.list(out)?)));
    fields.finish(out);
    let (list, actions) = actions?;
    let [action] = actions.as_slice() else {
        out.refuse_key(&list, "a rule has one action, `invokeApi`");
        return None;
    };
    let mut action = action.fields(out)?;
    let invoke = action.need("invokeApi", out);
    action.finish(out);
    let mut invoke = invoke?.fields(out)?;
    let api = invoke.take("apiId").and_then(|at| Some((at.clone(), at.filled(out)?)));
    let stage = invoke.need("stage", out).and_then(|at| Some((at.clone(), at.filled(out)?)));
    let strip = invoke.take("stripBasePath").and_then(|at| at.flag(out)).unwrap_or_default();
    invoke.finish(out);
    Some(Written {
        at,
        priority: priority?,
        conditions,
        api,
        stage: stage?,
        strip_base_path: strip,
    })
}

fn conditions(list: &At<'_>, out: &mut Findings) -> Vec<Condition> {
    let items = list.list(out).unwrap_or_default();
    items.iter().filter_map(|at| condition(at, out)).collect()
}

fn condition(at: &At<'_>, out: &mut Findings) -> Option<Condition> {
    let mut fields = at.fields(out)?;
    let both = (fields.take("matchBasePaths"), fields.take("matchHeaders"));
    fields.finish(out);
    match both {
        (Some(paths), None) => {
            let paths = any(&paths, out)?.strings(out)?;
            let paths = paths.into_iter().map(|(_, path)| path.to_owned()).collect();
            Some(Condition::MatchBasePaths(paths))
        }
        (None, Some(headers)) => {
            let headers = any(&headers, out)?.list(out)?;
            let headers = headers.iter().map(|at| header(at, out)).collect::<Option<Vec<_>>>()?;
            Some(Condition::MatchHeaders(headers))
        }
        _ => {
            out.refuse_key(at, "either `matchBasePaths` or `matchHeaders` belongs here");
            None
        }
    }
}

/// `{anyOf: [...]}`
fn any<'a>(at: &At<'a>, out: &mut Findings) -> Option<At<'a>> {
    let mut fields = at.fields(out)?;
    let list = fields.need("anyOf", out);
    fields.finish(out);
    list
}

fn header(at: &At<'_>, out: &mut Findings) -> Option<HeaderMatch> {
    let mut fields = at.fields(out)?;
    let mut text = |key| fields.need(key, out).and_then(|at| at.filled(out));
    let (header, value_glob) = (text("header"), text("valueGlob"));
    fields.finish(out);
    Some(HeaderMatch { header: header?.to_owned(), value_glob: value_glob?.to_owned() })
}

/// Makes rules of what is written, by priority.
pub(crate) fn make_all(
    written: &[Written<'_>],
    default_api: &str,
    apis: &BTreeMap<String, Api>,
    out: &mut Findings,
) -> BTreeMap<u32, RoutingRule> {
    let mut rules = BTreeMap::new();
    for rule in written {
        let Some(made) = make(rule, default_api, apis, out) else { continue };
        if rules.insert(rule.priority, made).is_some() {
            let reason = format!("there is a rule of priority {} already", rule.priority);
            out.refuse(&rule.at, reason);
        }
    }
    rules
}

fn make(
    written: &Written<'_>,
    default_api: &str,
    apis: &BTreeMap<String, Api>,
    out: &mut Findings,
) -> Option<RoutingRule> {
    let (id, api) = reference::api(&written.api, default_api, apis, out)?;
    let (at, stage) = &written.stage;
    let stage = reference::stage(at, stage, api, out)?;
    let invoke_api = InvokeApi {
        api: id.to_owned(),
        stage: stage.to_owned(),
        strip_base_path: written.strip_base_path,
    };
    let rule = RoutingRule { conditions: written.conditions.clone(), invoke_api };
    if let Err(invalid) = check_routing_rule(&rule) {
        out.refuse(&place(&written.at, &invalid.field), invalid.reason);
        return None;
    }
    Some(rule)
}

/// Where something of a rule is written, such as `conditions[1].match_headers[0].header`.
fn place<'a>(rule: &At<'a>, field: &str) -> At<'a> {
    let mut here = rule.clone();
    for part in field.split('.') {
        let (name, index) = part.split_once('[').unwrap_or((part, ""));
        let name = match name {
            "match_base_paths" => "matchBasePaths",
            "match_headers" => "matchHeaders",
            "value_glob" => "valueGlob",
            "invoke_api" => "actions",
            "strip_base_path" => "stripBasePath",
            other => other,
        };
        let Some(mut next) = here.get(name) else { break };
        // `actions` has one item, which is an object with one entry.
        let action = next.items().next().and_then(|only| only.get("invokeApi"));
        if let Some(action) = action.filter(|_| name == "actions") {
            next = action;
        }
        let list = next.get("anyOf").unwrap_or_else(|| next.clone());
        let index = index.trim_end_matches(']').parse::<usize>().ok();
        here = index.and_then(|index| list.items().nth(index)).unwrap_or(next);
    }
    here
}

/// What a domain name goes by. API Gateway's `routingMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Mappings,
    Rules,
    /// By rules, and by mappings where none fits.
    Both,
}

/// Reads the mode, in the words of either version of API Gateway.
pub(crate) fn mode(at: &At<'_>, out: &mut Findings) -> Option<Mode> {
    const WORDS: [(&str, Mode); 5] = [
        ("ROUTING_RULE_ONLY", Mode::Rules),
        ("ROUTING_RULE_THEN_API_MAPPING", Mode::Both),
        ("ROUTING_RULE_THEN_BASE_PATH_MAPPING", Mode::Both),
        ("API_MAPPING_ONLY", Mode::Mappings),
        ("BASE_PATH_MAPPING_ONLY", Mode::Mappings),
    ];
    let text = at.string(out)?;
    let found = WORDS.iter().find(|(word, _)| *word == text).map(|(_, mode)| *mode);
    if found.is_none() {
        let words = any_of(WORDS.iter().map(|(word, _)| *word));
        out.refuse(at, format!("{} is not known: {words} belongs here", quoted(text)));
    }
    found
}
