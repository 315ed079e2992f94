//! `stages`: what is served, and how fast.

use std::collections::BTreeMap;

use tollgate_gateway::definition::{Canary, ClientThrottle, Protocol};
use tollgate_rate_limit::Throttle;
use tollgate_source::text::quoted;
use tollgate_source::{At, Findings, Value};
use tollgate_throttle::Key;

use crate::throttle::limits;
use crate::{access_log, canary, method, settings};

/// API Gateway's limits on the variables of a stage.
const MAX_VARIABLES: usize = 100;
const MAX_VARIABLE_NAME: usize = 64;
const MAX_VARIABLE_VALUE: usize = 512;

/// Each is asked for every request of the stage.
const MAX_CLIENT_THROTTLES: usize = 10;

const MAX_CLIENT_THROTTLE_NAME: usize = 64;

const TWICE: &str = "this method is there twice, written in two ways";

/// A stage as it is written. What is wrong with it is reported and left out.
#[derive(Debug)]
pub(crate) struct Written<'a> {
    pub(crate) at: At<'a>,
    pub(crate) name: &'a str,
    pub(crate) variables: BTreeMap<String, String>,
    /// What stands here that only one kind of API has.
    pub(crate) of: Vec<(At<'a>, Protocol)>,
    pub(crate) access_log: Option<tollgate_access_log::Config>,
    pub(crate) detailed_metrics: bool,
    pub(crate) throttle: Option<Throttle>,
    /// By route key, and where each is.
    pub(crate) routes: Vec<(At<'a>, String, Option<Throttle>)>,
    pub(crate) clients: BTreeMap<String, ClientThrottle>,
    pub(crate) canary: Option<(At<'a>, Canary)>,
}

/// Reads the stages.
pub(crate) fn read_all<'a>(at: &At<'a>, out: &mut Findings) -> Vec<Written<'a>> {
    if at.map(out).is_some() && at.entries().next().is_none() {
        out.refuse_key(at, "there are no stages, so there is nothing to serve");
    }
    at.entries().map(|(name, at)| read(name, at, out)).collect()
}

fn read<'a>(name: &'a str, at: At<'a>, out: &mut Findings) -> Written<'a> {
    let mut stage = Written {
        at: at.clone(),
        name,
        variables: BTreeMap::new(),
        of: Vec::new(),
        access_log: None,
        detailed_metrics: false,
        throttle: None,
        routes: Vec::new(),
        clients: BTreeMap::new(),
        canary: None,
    };
    // A stage without anything is written as a key without a value.
    if matches!(at.node.value, Value::Null) && at.node.tag.is_none() {
        return stage;
    }
    let Some(mut fields) = at.fields(out) else {
        return stage;
    };
    for key in ["description", "tags"] {
        fields.take(key);
    }
    match (fields.take("variables"), fields.take("stageVariables")) {
        (Some(_), Some(at)) => {
            out.refuse_key(&at, "the variables stand under `variables` too: remove one of the two");
        }
        (Some(at), None) | (None, Some(at)) => stage.variables = variables(&at, out),
        (None, None) => {}
    }
    if let Some(at) = fields.take("accessLogSettings") {
        stage.access_log = access_log::read(&at, out);
    }
    if let Some(at) = fields.take("methodSettings") {
        method_settings(&at, &mut stage, out);
        stage.of.push((at, Protocol::Rest));
    }
    if let Some(at) = fields.take("defaultRouteSettings") {
        put_default(&at, Protocol::Http, &mut stage, out);
        stage.of.push((at, Protocol::Http));
    }
    if let Some(at) = fields.take("routeSettings") {
        route_settings(&at, &mut stage, out);
        stage.of.push((at, Protocol::Http));
    }
    if let Some(at) = fields.take("clientThrottles") {
        stage.clients = client_throttles(&at, out);
    }
    if let Some(at) = fields.take("canarySettings") {
        stage.canary = canary::read(&at, out).map(|canary| (at, canary));
    }
    fields.finish(out);
    stage
}

pub(crate) fn variables(at: &At<'_>, out: &mut Findings) -> BTreeMap<String, String> {
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let in_value = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#&=,".contains(&byte);
    let mut variables = BTreeMap::new();
    if at.map(out).is_some() && at.entries().count() > MAX_VARIABLES {
        out.refuse_key(at, format!("a stage has at most {MAX_VARIABLES} variables"));
        return variables;
    }
    for (name, at) in at.entries() {
        if !(1..=MAX_VARIABLE_NAME).contains(&name.len()) || !name.bytes().all(in_name) {
            let reason = format!(
                "a stage variable is named with 1 to {MAX_VARIABLE_NAME} letters, digits and `_`"
            );
            out.refuse_key(&at, reason);
        }
        let Some(value) = at.version(out) else { continue };
        if !(1..=MAX_VARIABLE_VALUE).contains(&value.len()) || !value.bytes().all(in_value) {
            let reason = format!(
                "the value of a stage variable has 1 to {MAX_VARIABLE_VALUE} letters, digits and \
                 `-._~:/?#&=,`"
            );
            out.refuse(&at, reason);
        }
        variables.insert(name.to_owned(), value.to_owned());
    }
    variables
}

/// What holds where a method or a route has no settings of its own.
fn put_default(at: &At<'_>, of: Protocol, stage: &mut Written<'_>, out: &mut Findings) {
    if let Some(settings) = settings::read(at, of, out) {
        stage.throttle = settings.throttle;
        stage.detailed_metrics = settings.detailed_metrics.is_some();
    }
}

/// REST: by `orders/{id}/GET`, and `*/*` for all others.
fn method_settings<'a>(at: &At<'a>, stage: &mut Written<'a>, out: &mut Findings) {
    if at.map(out).is_none() {
        return;
    }
    let mut has_default = false;
    for (text, at) in at.entries() {
        if matches!(text, "*/*" | "/*/*" | "~1*/*") {
            if std::mem::replace(&mut has_default, true) {
                out.refuse_key(&at, TWICE);
            }
            put_default(&at, Protocol::Rest, stage, out);
            continue;
        }
        let throttle = settings::read_one(&at, Protocol::Rest, out);
        match method::route_key(text) {
            Some(key) if !key.contains('*') => add_route(at, key, throttle, stage, out),
            _ => {
                let reason = "a method is written as `orders/{id}/GET`, and `*/*` is all others";
                out.refuse_key(&at, reason);
            }
        }
    }
}

/// HTTP: by route key.
fn route_settings<'a>(at: &At<'a>, stage: &mut Written<'a>, out: &mut Findings) {
    if at.map(out).is_none() {
        return;
    }
    for (key, at) in at.entries() {
        let throttle = settings::read_one(&at, Protocol::Http, out);
        add_route(at, key.to_owned(), throttle, stage, out);
    }
}

fn add_route<'a>(
    at: At<'a>,
    key: String,
    throttle: Option<Option<Throttle>>,
    stage: &mut Written<'a>,
    out: &mut Findings,
) {
    let Some(throttle) = throttle else { return };
    if stage.routes.iter().any(|(_, known, _)| *known == key) {
        out.refuse_key(&at, TWICE);
        return;
    }
    stage.routes.push((at, key, throttle));
}

fn client_throttles(at: &At<'_>, out: &mut Findings) -> BTreeMap<String, ClientThrottle> {
    let mut throttles = BTreeMap::new();
    if at.map(out).is_some() && at.entries().count() > MAX_CLIENT_THROTTLES {
        out.refuse_key(at, format!("a stage has at most {MAX_CLIENT_THROTTLES} client throttles"));
        return throttles;
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    for (name, at) in at.entries() {
        if !(1..=MAX_CLIENT_THROTTLE_NAME).contains(&name.len()) || !name.bytes().all(plain) {
            let reason = format!(
                "a client throttle is named with 1 to {MAX_CLIENT_THROTTLE_NAME} letters, digits \
                 and `-_.`"
            );
            out.refuse_key(&at, reason);
        }
        let Some(mut fields) = at.fields(out) else { continue };
        let per = fields.need("per", out).and_then(|at| per(&at, out));
        let throttle = limits(&mut fields, out);
        fields.finish(out);
        if let (Some(per), Some(throttle)) = (per, throttle) {
            throttles.insert(name.to_owned(), ClientThrottle { per, throttle });
        }
    }
    throttles
}

/// What clients are told apart by.
fn per(at: &At<'_>, out: &mut Findings) -> Option<Key> {
    const WHAT: &str = "`sourceIp`, `{header: NAME}` or `{claim: NAME}` belongs here";
    let key = match &at.node.value {
        Value::Map(_) => {
            let mut fields = at.fields(out)?;
            let mut name = |key| fields.take(key).map(|at| at.filled(out).map(str::to_owned));
            let key = match (name("header"), name("claim")) {
                (Some(name), None) => Key::Header(name?),
                (None, Some(name)) => Key::Claim(name?),
                _ => {
                    fields.finish(out);
                    out.refuse_key(at, WHAT);
                    return None;
                }
            };
            fields.finish(out);
            key
        }
        _ => match at.string(out)? {
            "sourceIp" => Key::SourceIp,
            other => {
                out.refuse(at, format!("{} is not known: {WHAT}", quoted(other)));
                return None;
            }
        },
    };
    match key.check() {
        Ok(()) => Some(key),
        Err(invalid) => {
            out.refuse(at, invalid.reason);
            None
        }
    }
}
