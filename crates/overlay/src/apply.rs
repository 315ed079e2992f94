//! What an overlay says, put into a definition.

use std::collections::BTreeMap;

use tollgate_gateway::definition::{Api, ApiStage, Protocol, Stage, UsagePlan};
use tollgate_gateway::{Definition, upstreams};
use tollgate_policy::Invalid;
use tollgate_rate_limit::Throttle;
use tollgate_source::text::quoted;
use tollgate_source::{At, Findings};

use crate::read::Written;
use crate::reference::{self, missing, names};
use crate::{Overlaid, api_key, canary, domain_name, lambda, method, stage, usage_plan};

/// API Gateway's limit on the stages of an API.
const MAX_STAGES: usize = 10;

/// Puts what is written into a definition. With the name of a stage, that one alone is kept.
pub(crate) fn apply(
    written: &Written<'_>,
    mut definition: Definition,
    only: Option<&str>,
    out: &mut Findings,
) -> Option<Overlaid> {
    let id = definition.default_api.clone().or_else(|| definition.apis.keys().next().cloned())?;
    let api = definition.apis.get_mut(&id)?;
    if let Some((at, stages)) = &written.stages {
        put_stages(at, stages, api, only, out);
    }
    api.cors = written.cors.clone().or(api.cors.take());
    for plan in &written.usage_plans {
        let plan_made = usage_plan(plan, &id, &definition.apis, out);
        definition.usage_plans.insert(plan.name.to_owned(), plan_made);
    }
    for key in &written.api_keys {
        check_key(key, &definition.usage_plans, out);
        if let Some((id, key)) = &key.key {
            definition.api_keys.insert((*id).to_owned(), key.clone());
        }
    }
    lambda::tell_unused(&written.lambda, &definition.apis, out);
    domain_name::put(&written.domain_names, &id, &mut definition, out);
    if let (Some(only), Some(_)) = (only, &written.stages) {
        domain_name::keep(only, &id, &mut definition);
        keep(only, &id, &mut definition);
    }
    definition.account_id = written.account_id.map(str::to_owned).or(definition.account_id);
    definition.vpc_endpoints.clone_from(&written.vpc_endpoints);
    definition.account_throttle = written.account_throttle.clone().or(definition.account_throttle);
    if written.api_keys_file.is_some() {
        definition.api_key_files.get_or_insert_default();
    }
    definition.response_headers = written.response_headers;
    let (counters, endpoint) = written.counters.clone().unzip();
    definition.counters = counters.or(definition.counters);
    Some(Overlaid {
        definition,
        counters: endpoint,
        api_keys_file: written.api_keys_file.map(str::to_owned),
        credentials_file: written.credentials_file.map(str::to_owned),
        notices: Vec::new(),
    })
}

/// The stages take the place of the one that the document was translated for. Its variables, which
/// came from outside, hold in all of them.
fn put_stages(
    at: &At<'_>,
    stages: &[stage::Written<'_>],
    api: &mut Api,
    only: Option<&str>,
    out: &mut Findings,
) {
    if stages.len() > MAX_STAGES {
        out.refuse_key(at, format!("an API has at most {MAX_STAGES} stages"));
        return;
    }
    if let Some(only) = only
        && !stages.iter().any(|stage| stage.name == only)
    {
        out.refuse_key(at, missing("stage", only, stages.iter().map(|stage| stage.name)));
    }
    let outer: BTreeMap<String, String> =
        api.stages.values().flat_map(|stage| stage.variables.clone()).collect();
    let made: BTreeMap<_, _> = stages
        .iter()
        .map(|stage| (stage.name.to_owned(), make_stage(stage, &outer, api, out)))
        .collect();
    api.stages = made;
}

fn make_stage(
    written: &stage::Written<'_>,
    outer: &BTreeMap<String, String>,
    api: &Api,
    out: &mut Findings,
) -> Stage {
    check_stage_name(written, api.protocol, out);
    for (at, protocol) in &written.of {
        if *protocol != api.protocol {
            let reason = match api.protocol {
                Protocol::Http => {
                    "only a REST API has this, and this is an HTTP API: `defaultRouteSettings` and \
                     `routeSettings` belong here"
                }
                Protocol::Rest => {
                    "only an HTTP API has this, and this is a REST API: `methodSettings` belongs here"
                }
            };
            out.refuse_key(at, reason);
        }
    }
    let mut route_throttles: BTreeMap<String, Throttle> = BTreeMap::new();
    for (at, key, throttle) in &written.routes {
        if written.of.iter().any(|(_, protocol)| *protocol != api.protocol) {
            continue;
        }
        if !api.routes.contains_key(key) {
            out.refuse_key(at, missing_route(key, api));
            continue;
        }
        match throttle {
            Some(throttle) => {
                route_throttles.insert(key.clone(), throttle.clone());
            }
            None if written.throttle.is_some() => {
                let reason = "takes the place of the whole default for this route, and says nothing \
                              of throttling: `throttlingRateLimit` and `throttlingBurstLimit` belong \
                              here";
                out.refuse_key(at, reason);
            }
            None => {}
        }
    }
    let mut variables = written.variables.clone();
    variables.extend(outer.clone());
    if let Some((at, canary)) = &written.canary {
        canary::check(canary, &variables, at, out);
        let mut of_canary = variables.clone();
        of_canary.extend(canary.stage_variable_overrides.clone());
        // What the stage itself has has been looked at in the document.
        if reaches(api, &variables).is_ok()
            && let Err(invalid) = reaches(api, &of_canary)
        {
            let overrides = at.get("stageVariableOverrides");
            out.refuse_key(overrides.as_ref().unwrap_or(at), invalid.reason);
        }
    }
    Stage {
        canary: written.canary.as_ref().map(|(_, canary)| canary.clone()),
        variables,
        access_log: written.access_log.clone(),
        detailed_metrics: written.detailed_metrics,
        throttle: written.throttle.clone(),
        route_throttles,
        client_throttles: written.clients.clone(),
        ..Stage::default()
    }
}

/// Whether the services of an API can be reached with these stage variables.
fn reaches(api: &Api, variables: &BTreeMap<String, String>) -> Result<(), Invalid> {
    let stage = Stage { variables: variables.clone(), ..Stage::default() };
    let api = Api {
        integrations: api.integrations.clone(),
        stages: BTreeMap::from([(String::new(), stage)]),
        ..Api::new(String::new(), api.protocol)
    };
    let apis = BTreeMap::from([(String::new(), api)]);
    upstreams(&Definition { apis, ..Definition::default() }).map(drop)
}

fn check_stage_name(written: &stage::Written<'_>, protocol: Protocol, out: &mut Findings) {
    const MAX_NAME: usize = 128;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match (written.name, protocol) {
        ("$default", Protocol::Http) => {}
        ("$default", Protocol::Rest) => {
            let reason = "only an HTTP API has a stage `$default`, and this is a REST API";
            out.refuse_key(&written.at, reason);
        }
        (name, _) if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(plain) => {}
        _ => {
            let reason =
                format!("a stage is named with 1 to {MAX_NAME} letters, digits, `-` and `_`");
            out.refuse_key(&written.at, reason);
        }
    }
}

fn usage_plan(
    written: &usage_plan::Written<'_>,
    default_api: &str,
    apis: &BTreeMap<String, Api>,
    out: &mut Findings,
) -> UsagePlan {
    let mut plan = UsagePlan {
        throttle: written.throttle.clone(),
        quota: written.quota.clone(),
        api_stages: Vec::new(),
    };
    for belongs in &written.stages {
        let Some(made) = api_stage(belongs, default_api, apis, out) else { continue };
        let is_there = |other: &ApiStage| other.api == made.api && other.stage == made.stage;
        if plan.api_stages.iter().any(is_there) {
            let stage = quoted(&made.stage);
            out.refuse(&belongs.at, format!("the stage {stage} is in this usage plan already"));
            continue;
        }
        plan.api_stages.push(made);
    }
    plan
}

fn api_stage(
    written: &usage_plan::WrittenStage<'_>,
    default_api: &str,
    apis: &BTreeMap<String, Api>,
    out: &mut Findings,
) -> Option<ApiStage> {
    let (id, api) = reference::api(&written.api, default_api, apis, out)?;
    let (first, second) = (names(&api.stages).next(), names(&api.stages).nth(1));
    let stage = match (&written.stage, first, second) {
        (Some((at, name)), ..) => reference::stage(at, name, api, out)?,
        (None, Some(only), None) => only,
        (None, ..) => {
            reference::lacks_stage(&written.at, api, out);
            return None;
        }
    };
    let mut throttle = BTreeMap::new();
    for (at, key, limit) in &written.methods {
        let name = Some(key).filter(|key| api.routes.contains_key(*key));
        match name.and_then(|key| method::of_route(key)) {
            Some(name) => {
                throttle.insert(name, limit.clone());
            }
            None => out.refuse_key(at, missing_method(key, api, method::of_route)),
        }
    }
    Some(ApiStage { api: id.to_owned(), stage: stage.to_owned(), throttle })
}

/// The plans of a key are there, and no two of them have a stage in common.
fn check_key(
    written: &api_key::Written<'_>,
    plans: &BTreeMap<String, UsagePlan>,
    out: &mut Findings,
) {
    let mut stages = BTreeMap::new();
    for (at, name) in &written.plans {
        let Some(plan) = plans.get(*name) else {
            out.refuse(at, missing("usage plan", name, names(plans)));
            continue;
        };
        for belongs in &plan.api_stages {
            if let Some(other) = stages.insert((&belongs.api, &belongs.stage), name) {
                let (other, stage) = (quoted(other), quoted(&belongs.stage));
                let reason = format!(
                    "a key has one usage plan for a stage, and {other} has the stage {stage} too"
                );
                out.refuse(at, reason);
                break;
            }
        }
    }
}

/// Leaves one stage of an API.
fn keep(only: &str, id: &str, definition: &mut Definition) {
    if let Some(api) = definition.apis.get_mut(id) {
        api.stages.retain(|name, _| name == only);
    }
    for plan in definition.usage_plans.values_mut() {
        plan.api_stages.retain(|belongs| belongs.api != id || belongs.stage == only);
    }
}

/// In the words of the settings that name it.
fn missing_route(key: &str, api: &Api) -> String {
    match api.protocol {
        Protocol::Http => missing("route", key, names(&api.routes)),
        Protocol::Rest => missing_method(key, api, method::in_settings),
    }
}

fn missing_method(key: &str, api: &Api, called: fn(&str) -> Option<String>) -> String {
    let known: Vec<_> = names(&api.routes).filter_map(called).collect();
    let name = called(key).unwrap_or_else(|| key.to_owned());
    missing("method", &name, known.iter().map(String::as_str))
}
