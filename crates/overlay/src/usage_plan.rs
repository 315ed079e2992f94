//! `usagePlans`: what the callers that belong to a plan may do.

use tollgate_rate_limit::{Quota, Throttle};
use tollgate_source::{At, Findings};

use crate::method;
use crate::throttle::{quota, throttle};

/// API Gateway's limit on the plans of an account.
const MAX_PLANS: usize = 300;

/// API Gateway's limit on the methods of a plan that have a throttle, for one stage.
const MAX_METHODS: usize = 20;

const MAX_NAME: usize = 128;

/// A plan as it is written. What is wrong with it is reported and left out.
#[derive(Debug)]
pub(crate) struct Written<'a> {
    pub(crate) name: &'a str,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) quota: Option<Quota>,
    pub(crate) stages: Vec<WrittenStage<'a>>,
}

/// A stage that belongs to a plan.
#[derive(Debug)]
pub(crate) struct WrittenStage<'a> {
    pub(crate) at: At<'a>,
    pub(crate) api: Option<(At<'a>, &'a str)>,
    pub(crate) stage: Option<(At<'a>, &'a str)>,
    /// By route key, and where each is.
    pub(crate) methods: Vec<(At<'a>, String, Throttle)>,
}

/// Reads the plans.
pub(crate) fn read_all<'a>(at: &At<'a>, out: &mut Findings) -> Vec<Written<'a>> {
    if at.map(out).is_none() {
        return Vec::new();
    }
    if at.entries().count() > MAX_PLANS {
        out.refuse_key(at, format!("there are at most {MAX_PLANS} usage plans"));
        return Vec::new();
    }
    at.entries().map(|(name, at)| read(name, &at, out)).collect()
}

fn read<'a>(name: &'a str, at: &At<'a>, out: &mut Findings) -> Written<'a> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !(1..=MAX_NAME).contains(&name.len()) || !name.bytes().all(plain) {
        out.refuse_key(
            at,
            format!("a usage plan is named with 1 to {MAX_NAME} letters, digits and `-_.`"),
        );
    }
    let mut plan = Written { name, throttle: None, quota: None, stages: Vec::new() };
    let Some(mut fields) = at.fields(out) else {
        return plan;
    };
    for key in ["description", "tags"] {
        fields.take(key);
    }
    plan.throttle = fields.take("throttle").and_then(|at| throttle(&at, out));
    plan.quota = fields.take("quota").and_then(|at| quota(&at, out));
    let stages = fields.need("apiStages", out).and_then(|at| at.list(out)).unwrap_or_default();
    plan.stages = stages.into_iter().filter_map(|at| read_stage(at, out)).collect();
    fields.finish(out);
    plan
}

fn read_stage<'a>(at: At<'a>, out: &mut Findings) -> Option<WrittenStage<'a>> {
    let mut fields = at.fields(out)?;
    let mut name = |key| fields.take(key).and_then(|at| Some((at.clone(), at.filled(out)?)));
    let (api, stage) = (name("apiId"), name("stage"));
    let mut methods: Vec<(At<'a>, String, Throttle)> = Vec::new();
    if let Some(at) = fields.take("throttle")
        && at.map(out).is_some()
    {
        if at.entries().count() > MAX_METHODS {
            let reason = format!("a usage plan throttles at most {MAX_METHODS} methods of a stage");
            out.refuse_key(&at, reason);
        }
        for (text, at) in at.entries() {
            let Some(key) = method::route_key(text) else {
                out.refuse_key(&at, "a method is written as `/orders/{id}/GET`");
                continue;
            };
            let Some(throttle) = throttle(&at, out) else { continue };
            if methods.iter().any(|(_, known, _)| *known == key) {
                out.refuse_key(&at, "this method is there twice, written in two ways");
                continue;
            }
            methods.push((at, key, throttle));
        }
    }
    fields.finish(out);
    Some(WrittenStage { at, api, stage, methods })
}
