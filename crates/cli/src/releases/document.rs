//! A document that is to be deployed, taken apart: what the deployment fixes, what belongs to the stage,
//! and what belongs to neither.

use std::collections::BTreeMap;
use std::path::{PathBuf, absolute};

use anyhow::Context;
use tollgate_envoy_config::Settings as Proxy;
use tollgate_gateway::Definition;
use tollgate_gateway::definition::{Canary, Deployment, Stage};
use tollgate_overlay::Overlay;
use tollgate_policy::{Endpoint, Scheme};
use tollgate_releases::{About, Error, Releases, Settings, Shared};

use crate::arguments::Source;
use crate::document::{self, Document};
use crate::endpoint::Kind;
use crate::failure::{Code, Failure};
use crate::settings::path_text;

/// A document that is to be deployed to a stage.
#[derive(Debug)]
pub struct Parts {
    /// The API's id.
    pub api: String,
    /// The stage.
    pub stage: String,
    /// What the document says of the API as a whole.
    pub about: About,
    /// What is fixed by the deployment.
    pub deployment: Deployment,
    /// The stage as document and overlay have it.
    settings: Stage,
    /// The other stages that the overlay speaks of.
    others: BTreeMap<String, Stage>,
    /// What belongs to no deployment.
    shared: Shared,
    /// Whether an overlay says so. Otherwise only variables and keys were given.
    has_overlay: bool,
}

/// Reads a document: says its notices, or fails with its problems.
pub fn read(source: &Source) -> Result<Parts, Failure> {
    let Some(stage) = source.stage.clone() else {
        return Err(Failure::new(Code::Refused, "`--stage` must say where to deploy to"));
    };
    // What is deployed does not say who may reach it, and whoever serves it could open it to all.
    if source.endpoint_type == Kind::Private {
        let reason = "an API of a private endpoint cannot be deployed: `tollgate run` and \
                      `tollgate build` serve it";
        return Err(Failure::new(Code::Refused, reason));
    }
    let mut source = source.clone();
    // The overlay speaks of all stages, and what it says of all of them counts: plans may belong to
    // several.
    if let Some(path) = &source.overlay
        && let Ok(overlay) = Overlay::parse(&document::text(path)?, &path.display().to_string())
        && overlay.stages(None).contains_key(&stage)
    {
        source.stage = None;
    }
    parts(document::accepted(&source)?, stage, source.overlay.is_some())
}

fn parts(document: Document, stage: String, has_overlay: bool) -> Result<Parts, Failure> {
    let Document { mut definition, keys, credentials, counters, .. } = document;
    let mut shared = Shared::of(&definition);
    // Whoever serves may do so from another folder.
    let file = |path: Option<PathBuf>| -> Result<Option<String>, Failure> {
        let path = path.map(|path| absolute(&path).context("cannot find the current folder"));
        path.transpose()?.as_deref().map(path_text).transpose()
    };
    shared.keys_file = file(keys)?;
    shared.credentials_file = file(credentials)?;
    shared.counters_address = counters.map(|endpoint| endpoint.to_string());
    let first = definition.apis.pop_first();
    let (api, mut content) = first.context("the document has no API")?;
    let settings = content.stages.remove(&stage).context("the document has no such stage")?;
    let (name, protocol) = (content.name.clone(), content.protocol);
    let disable_execute_api_endpoint = content.disable_execute_api_endpoint;
    let others = std::mem::take(&mut content.stages);
    Ok(Parts {
        api,
        stage,
        about: About { name, protocol, disable_execute_api_endpoint },
        deployment: content.into_deployment(),
        settings,
        others,
        shared,
        has_overlay,
    })
}

impl Parts {
    /// The settings that a deployment to the stage gives it.
    pub fn settings(&self) -> Settings {
        if self.has_overlay {
            Settings::Given(self.settings.clone().into())
        } else {
            Settings::Kept(self.settings.variables.clone())
        }
    }

    /// What is said of other stages, which is for those that are not deployed yet. Without an overlay
    /// nothing is.
    pub fn others(&self) -> Option<BTreeMap<String, Stage>> {
        self.has_overlay.then(|| self.others.clone())
    }

    /// What belongs to no deployment, once it is deployed to the stage. Without an overlay it stays what
    /// it was, but for keys that are named.
    pub fn shared(&self, before: &Releases) -> Option<Shared> {
        if self.has_overlay || before.apis.is_empty() {
            return Some(self.shared.clone().after(&before.shared));
        }
        let Shared { keys_file, api_key_files, credentials_file, region, account_id, .. } =
            self.shared.clone();
        let given = [&keys_file, &credentials_file, &region, &account_id];
        if given.iter().all(|given| given.is_none()) {
            return None;
        }
        let has_keys = keys_file.is_some();
        let kept = before.shared.clone();
        Some(Shared {
            keys_file: keys_file.or(kept.keys_file),
            api_key_files: if has_keys { api_key_files } else { kept.api_key_files },
            credentials_file: credentials_file.or(kept.credentials_file),
            region: region.or(kept.region),
            account_id: account_id.or(kept.account_id),
            ..before.shared.clone()
        })
    }

    /// What the overlay says of the stage's canary.
    pub fn canary(&self) -> Canary {
        self.settings.canary.clone().unwrap_or_default()
    }

    /// What a deployment to a canary leaves as it was, if the document has it otherwise.
    pub fn left_out(&self, before: &Releases) -> Option<&'static str> {
        let stage = before.stage(&self.api, &self.stage).ok()?;
        let own = Stage { deployment: None, canary: None, ..self.settings.clone() };
        let differs = if self.has_overlay {
            own != stage.settings || self.shared(before).as_ref() != Some(&before.shared)
        } else {
            let variables = self.settings.variables.iter();
            let mut other = variables
                .filter(|(name, value)| stage.settings.variables.get(*name) != Some(value));
            other.next().is_some()
        };
        differs.then_some(
            "a canary changes nothing but itself: what is said of the stage's settings, of usage plans, \
             keys and throttles takes effect with the next deployment to the stage itself",
        )
    }
}

/// Whether a proxy can serve it. The gateway's own rules are looked at by whoever keeps it.
pub fn check(definition: &Definition, shared: &Shared) -> Result<(), Error> {
    let counters = match &shared.counters_address {
        Some(url) => Endpoint::split(url).map_err(|invalid| invalid.within("counters"))?.0,
        // They are started by whoever serves.
        None => Endpoint { scheme: Scheme::Http, host: "127.0.0.1".to_owned(), port: 8083 },
    };
    let settings = Proxy { counters: Some(counters), ..Proxy::default() };
    tollgate_envoy_config::clusters([definition], &settings)?;
    Ok(())
}

#[cfg(test)]
pub mod tests;
