//! One API, compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tollgate_access_log::AccessLog;
use tollgate_canary::Variant;
use tollgate_policy::Invalid;

use crate::authorization::Authorizer;
use crate::canary::Canary;
use crate::definition::{self, Protocol};
use crate::meter::StageMeter;
use crate::snapshot::Snapshot;
use crate::view::{Content, View};

/// API Gateway's limits on one API.
const MAX_STAGES: usize = 10;
/// Each stage serves one, and each canary.
const MAX_DEPLOYMENTS: usize = 2 * MAX_STAGES;
const MAX_NAME_CHARS: usize = 128;
const MAX_VARIABLES: usize = 100;

/// The stage that is served at `/`.
pub(crate) const DEFAULT_STAGE: &str = "$default";

/// One API, compiled.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) id: Rc<str>,
    /// How its routes are called in policies.
    pub(crate) arn: tollgate_iam::Api,
    pub(crate) protocol: Protocol,
    pub(crate) disable_execute_api_endpoint: bool,
    pub(crate) stages: Vec<Stage>,
    pub(crate) snapshots: Vec<Snapshot>,
}

/// One stage, compiled.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) name: Rc<str>,
    pub(crate) base: Place,
    pub(crate) canary: Option<Canary>,
    pub(crate) access_log: Option<AccessLog>,
    pub(crate) meter: StageMeter,
}

/// Where the content of a stage is, and that of its canary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which snapshot it is.
    pub(crate) snapshot: usize,
    /// Which of each route's targets.
    pub(crate) target: usize,
}

impl Api {
    pub(crate) fn compile(api: &definition::Api, arn: tollgate_iam::Api) -> Result<Self, Invalid> {
        let id = arn.api_id.as_str();
        check(api)?;
        let numbers = route_keys(api);
        let mut snapshots = Vec::new();
        let mut places = BTreeMap::new();
        for (deployment, content) in Content::all(api) {
            let views: Vec<_> =
                View::all(api).filter(|view| view.deployment == deployment).collect();
            // What no stage points to is not served, and what is wrong with it harms nobody.
            if views.is_empty() {
                continue;
            }
            let snapshot =
                Snapshot::compile(deployment, content, &views, &numbers, (api.protocol, &arn))
                    .map_err(|invalid| match deployment {
                        None => invalid,
                        Some(id) => invalid.within(format!("deployments.{id}")),
                    })?;
            for (target, view) in views.into_iter().enumerate() {
                places.insert(
                    (view.stage, view.variant),
                    Place { snapshot: snapshots.len(), target },
                );
            }
            snapshots.push(snapshot);
        }
        let mut stages = Vec::with_capacity(api.stages.len());
        for (name, stage) in &api.stages {
            let place = |variant| {
                // INVARIANT: every view has had its place, as `check` has found its content.
                let place = places.get(&(name.as_str(), variant)).copied();
                place.ok_or_else(|| Invalid::new(format!("stages.{name}"), "has no content"))
            };
            let base = place(Variant::Base)?;
            let canary = (stage.canary.as_ref())
                .map(|canary| {
                    let at = |invalid: Invalid| invalid.within(format!("stages.{name}.canary"));
                    Canary::compile(&format!("{id}/{name}"), canary, place(Variant::Canary)?)
                        .map_err(at)
                })
                .transpose()?;
            let access_log = (stage.access_log.as_ref())
                .map(AccessLog::compile)
                .transpose()
                .map_err(|invalid| invalid.within(format!("stages.{name}.access_log")))?;
            let routes = if stage.detailed_metrics { numbers.len() } else { 0 };
            let meter = StageMeter::new(id, name, routes);
            stages.push(Stage { name: name.as_str().into(), base, canary, access_log, meter });
        }
        Ok(Self {
            id: id.into(),
            arn,
            protocol: api.protocol,
            disable_execute_api_endpoint: api.disable_execute_api_endpoint,
            stages,
            snapshots,
        })
    }

    /// The number of a stage.
    pub(crate) fn stage(&self, name: &[u8]) -> Option<usize> {
        self.stages.iter().position(|stage| stage.name.as_bytes() == name)
    }

    /// An authorizer of this name: that of this deployment, or else of any. Who takes over from it what
    /// it knows judges what is still true.
    pub(crate) fn authorizer(
        &self,
        name: &str,
        deployment: Option<&Rc<str>>,
    ) -> Option<&Authorizer> {
        let own = |snapshot: &&Snapshot| snapshot.deployment.as_ref() == deployment;
        let of = |snapshot: &'_ Snapshot| {
            snapshot.authorizers.iter().position(|(known, _)| known == name)
        };
        let found = |snapshot| Some((snapshot, of(snapshot)?));
        let (snapshot, index) = (self.snapshots.iter().filter(own).find_map(found))
            .or_else(|| self.snapshots.iter().find_map(found))?;
        snapshot.authorizers.get(index).map(|(_, authorizer)| authorizer)
    }
}

/// Every route of an API, those of all deployments. Their order numbers them.
pub(crate) fn route_keys(api: &definition::Api) -> Vec<&str> {
    let all: BTreeSet<&str> = Content::all(api)
        .flat_map(|(_, content)| content.routes.keys().map(String::as_str))
        .collect();
    all.into_iter().collect()
}

fn check(api: &definition::Api) -> Result<(), Invalid> {
    let refuse = |field: &str, reason: String| Err(Invalid::new(field, reason));
    if api.name.is_empty() || api.name.chars().count() > MAX_NAME_CHARS {
        return refuse("name", format!("must have 1 to {MAX_NAME_CHARS} characters"));
    }
    if api.stages.is_empty() || api.stages.len() > MAX_STAGES {
        return refuse("stages", format!("must be 1 to {MAX_STAGES}"));
    }
    if api.deployments.len() > MAX_DEPLOYMENTS {
        return refuse("deployments", format!("must not be more than {MAX_DEPLOYMENTS}"));
    }
    View::all(api).try_for_each(|view| view.check(api))?;
    for (name, stage) in &api.stages {
        let field = format!("stages.{name}");
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_name = (1..=MAX_NAME_CHARS).contains(&name.len()) && name.bytes().all(plain);
        match (name.as_str(), api.protocol) {
            (DEFAULT_STAGE, Protocol::Http) => {}
            (DEFAULT_STAGE, Protocol::Rest) => {
                return refuse(&field, "only an HTTP API has a `$default` stage".to_owned());
            }
            _ if is_name => {}
            _ => return refuse(&field, "must be letters, digits, `-` and `_`".to_owned()),
        }
        if stage.variables.len() > MAX_VARIABLES {
            let field = format!("{field}.variables");
            return refuse(&field, format!("must not be more than {MAX_VARIABLES}"));
        }
        check_variables(&stage.variables)
            .map_err(|invalid| invalid.within(format!("{field}.variables")))?;
        if let Some(canary) = &stage.canary {
            let field = format!("{field}.canary.stage_variable_overrides");
            if canary.stage_variable_overrides.len() > MAX_VARIABLES {
                return refuse(&field, format!("must not be more than {MAX_VARIABLES}"));
            }
            check_variables(&canary.stage_variable_overrides)
                .map_err(|invalid| invalid.within(field))?;
        }
    }
    Ok(())
}

/// API Gateway's rules for stage variables.
fn check_variables(variables: &BTreeMap<String, String>) -> Result<(), Invalid> {
    for (name, value) in variables {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return Err(Invalid::new(name, "a name must be letters, digits and `_`"));
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#&=,".contains(&byte);
        if value.is_empty() || !value.bytes().all(allowed) {
            let reason = "a value must be letters, digits and `-._~:/?#&=,`";
            return Err(Invalid::new(name, reason));
        }
    }
    Ok(())
}
