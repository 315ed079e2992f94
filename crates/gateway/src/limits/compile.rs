//! From a definition to the limits of its APIs.

use std::collections::{BTreeMap, BTreeSet};

use tollgate_policy::Invalid;
use tollgate_rate_limit::{Limiter, Limiters, Pattern, Per, Throttle};
use tollgate_usage_plan::{Keys, Limits as PlanLimits, MAX_PLANS, Plan};

use super::{Limits, Stage, StagePlan};
use crate::api::{Api, route_keys};
use crate::definition::{self, Definition};

/// Each is asked for every request of the stage.
const MAX_CLIENT_THROTTLES: usize = 10;

/// API Gateway's limit on the methods of a plan that have a throttle, for one stage.
const MAX_METHODS: usize = 20;

impl Limits {
    pub(crate) fn compile(definition: &Definition, apis: &[Api]) -> Result<Self, Invalid> {
        let mut limiters = Vec::new();
        let account = (definition.account_throttle.as_ref())
            .map(|throttle| add("account", throttle, Per::Everybody, &mut limiters))
            .transpose()
            .map_err(|invalid| invalid.within("account_throttle"))?;
        let mut stages = Vec::with_capacity(apis.len());
        for (id, api) in &definition.apis {
            let at = |invalid: Invalid| invalid.within(format!("apis.{id}"));
            stages.push(stages_of(id, api, &mut limiters).map_err(at)?);
        }
        plans(definition, apis, &mut stages, &mut limiters)?;
        let keys = Keys::compile(&definition.api_keys, definition.api_key_files.as_ref())?;
        check_keys(definition)?;
        let limiters = Limiters::new(limiters, definition.counters.clone())?;
        let response_headers = definition.response_headers;
        Ok(Self { limiters, keys, account, stages, response_headers })
    }
}

fn add(
    name: &str,
    throttle: &Throttle,
    per: Per,
    limiters: &mut Vec<Limiter>,
) -> Result<usize, Invalid> {
    limiters.push(Limiter::throttle(name, throttle, per)?);
    Ok(limiters.len().saturating_sub(1))
}

fn stages_of(
    id: &str,
    api: &definition::Api,
    limiters: &mut Vec<Limiter>,
) -> Result<Vec<Stage>, Invalid> {
    let mut stages = Vec::with_capacity(api.stages.len());
    for (name, stage) in &api.stages {
        let at = |invalid: Invalid| invalid.within(format!("stages.{name}"));
        stages.push(Stage::compile(&format!("{id}/{name}"), api, stage, limiters).map_err(at)?);
    }
    Ok(stages)
}

impl Stage {
    fn compile(
        place: &str,
        api: &definition::Api,
        stage: &definition::Stage,
        limiters: &mut Vec<Limiter>,
    ) -> Result<Self, Invalid> {
        let mut compiled = Self::default();
        let keys = route_keys(api);
        // What the settings of a stage say of the routes of another deployment waits for it.
        let is_known =
            |key: &String| keys.binary_search(&key.as_str()).is_ok() || !api.deployments.is_empty();
        if let Some(key) = stage.route_throttles.keys().find(|key| !is_known(key)) {
            let reason = format!("there is no route `{key}`");
            return Err(Invalid::new("route_throttles", reason));
        }
        for key in keys {
            let (throttle, field) = match (stage.route_throttles.get(key), &stage.throttle) {
                (Some(throttle), _) => (throttle, format!("route_throttles.{key}")),
                (None, Some(throttle)) => (throttle, "throttle".to_owned()),
                (None, None) => {
                    compiled.routes.push(None);
                    continue;
                }
            };
            let name = format!("stage/{place}/{key}");
            let index = add(&name, throttle, Per::Everybody, limiters);
            let index = index.map_err(|invalid| invalid.within(field))?;
            compiled.routes.push(Some(index));
        }
        if stage.client_throttles.len() > MAX_CLIENT_THROTTLES {
            let reason = format!("must not be more than {MAX_CLIENT_THROTTLES}");
            return Err(Invalid::new("client_throttles", reason));
        }
        for (name, client) in &stage.client_throttles {
            let at = |field: &str, invalid: Invalid| {
                invalid.within(field).within(format!("client_throttles.{name}"))
            };
            client.per.check().map_err(|invalid| at("per", invalid))?;
            let limiter = format!("client/{place}/{name}");
            let index = add(&limiter, &client.throttle, Per::Subject, limiters);
            let index = index.map_err(|invalid| at("throttle", invalid))?;
            compiled.clients.push((client.per.clone(), index));
        }
        Ok(compiled)
    }
}

fn plans(
    definition: &Definition,
    apis: &[Api],
    stages: &mut [Vec<Stage>],
    limiters: &mut Vec<Limiter>,
) -> Result<(), Invalid> {
    if definition.usage_plans.len() > MAX_PLANS {
        return Err(Invalid::new("usage_plans", format!("must not be more than {MAX_PLANS}")));
    }
    for (name, plan) in &definition.usage_plans {
        let at = |invalid: Invalid| invalid.within(format!("usage_plans.{name}"));
        let limits =
            Plan { throttle: plan.throttle.clone(), quota: plan.quota.clone(), ..Plan::default() };
        let limits = PlanLimits::compile(name, &limits, limiters).map_err(at)?;
        let mut known = BTreeSet::new();
        for (index, belongs) in plan.api_stages.iter().enumerate() {
            let at = |invalid: Invalid| at(invalid.within(format!("api_stages[{index}]")));
            let (api, stage) = find(definition, apis, belongs).map_err(at)?;
            if !known.insert((api, stage)) {
                let reason = format!("`{}` is there twice", belongs.stage);
                return Err(at(Invalid::new("stage", reason)));
            }
            let methods = methods(name, definition, belongs, limiters).map_err(at)?;
            if let Some(stage) = stages.get_mut(api).and_then(|stages| stages.get_mut(stage)) {
                stage.plans.insert(name.clone(), StagePlan { limits, methods });
            }
        }
    }
    Ok(())
}

fn find(
    definition: &Definition,
    apis: &[Api],
    belongs: &definition::ApiStage,
) -> Result<(usize, usize), Invalid> {
    let index = definition.apis.keys().position(|id| *id == belongs.api);
    let Some((index, api)) = index.and_then(|index| Some((index, apis.get(index)?))) else {
        return Err(Invalid::new("api", format!("there is no API `{}`", belongs.api)));
    };
    match api.stage(belongs.stage.as_bytes()) {
        Some(stage) => Ok((index, stage)),
        None => {
            let reason = format!("the API has no stage `{}`", belongs.stage);
            Err(Invalid::new("stage", reason))
        }
    }
}

/// The throttles of single methods, by the route that each is of.
fn methods(
    plan: &str,
    definition: &Definition,
    belongs: &definition::ApiStage,
    limiters: &mut Vec<Limiter>,
) -> Result<BTreeMap<usize, usize>, Invalid> {
    let mut methods = BTreeMap::new();
    if belongs.throttle.len() > MAX_METHODS {
        return Err(Invalid::new("throttle", format!("must not be more than {MAX_METHODS}")));
    }
    for (method, throttle) in &belongs.throttle {
        let at = |invalid: Invalid| invalid.within(format!("throttle[{method:?}]"));
        Pattern::parse_method_key(method).map_err(at)?;
        let api = definition.apis.get(&belongs.api);
        let route = api.and_then(|api| route_of(api, method));
        let Some(route) = route else {
            // As with the settings of a stage.
            if api.is_some_and(|api| !api.deployments.is_empty()) {
                continue;
            }
            let reason = format!("the API has no method `{method}`");
            return Err(at(Invalid::new("", reason)));
        };
        let place = format!("/{}/{}{method}", belongs.api, belongs.stage);
        let index = PlanLimits::compile_method(plan, &place, throttle, limiters).map_err(at)?;
        methods.insert(route, index);
    }
    Ok(methods)
}

/// The number of the route that usage plans call `/orders/{id}/GET`, and the root's `//GET`.
fn route_of(api: &definition::Api, method: &str) -> Option<usize> {
    let (path, verb) = method.rsplit_once('/')?;
    let path = if path.is_empty() { "/" } else { path };
    let key = format!("{verb} {path}");
    route_keys(api).into_iter().position(|known| known == key)
}

/// Keys belong to plans that are there, and to one only for each stage.
fn check_keys(definition: &Definition) -> Result<(), Invalid> {
    for (id, key) in &definition.api_keys {
        let refuse = |reason: String| {
            Err(Invalid::new("usage_plans", reason).within(format!("api_keys[{id:?}]")))
        };
        let mut stages = BTreeMap::new();
        for name in &key.usage_plans {
            let Some(plan) = definition.usage_plans.get(name) else {
                return refuse(format!("there is no usage plan `{name}`"));
            };
            for belongs in &plan.api_stages {
                if let Some(other) = stages.insert((&belongs.api, &belongs.stage), name) {
                    let stage = &belongs.stage;
                    return refuse(format!("`{other}` and `{name}` both have the stage `{stage}`"));
                }
            }
        }
    }
    Ok(())
}
