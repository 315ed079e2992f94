//! What each stage of an API serves, and its canary.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use tollgate_canary::Variant;
use tollgate_policy::Invalid;

use crate::definition::{self, ApiKeySource, Authorizer, Integration, Route};

/// What is fixed when an API is deployed: of a deployment, or of the API itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content<'a> {
    pub(crate) api_key_source: ApiKeySource,
    pub(crate) cors: Option<&'a tollgate_cors::Config>,
    pub(crate) gateway_responses: &'a tollgate_gateway_response::Config,
    pub(crate) models: &'a BTreeMap<String, serde_json::Value>,
    pub(crate) binary_media_types: &'a [String],
    pub(crate) minimum_compression_size: Option<u32>,
    pub(crate) policy: Option<&'a serde_json::Value>,
    pub(crate) authorizers: &'a BTreeMap<String, Authorizer>,
    pub(crate) integrations: &'a BTreeMap<String, Integration>,
    pub(crate) routes: &'a BTreeMap<String, Route>,
}

impl<'a> Content<'a> {
    /// What a stage serves that points to no deployment.
    pub(crate) fn of_api(api: &'a definition::Api) -> Self {
        Self {
            api_key_source: api.api_key_source,
            cors: api.cors.as_ref(),
            gateway_responses: &api.gateway_responses,
            models: &api.models,
            binary_media_types: &api.binary_media_types,
            minimum_compression_size: api.minimum_compression_size,
            policy: api.policy.as_ref(),
            authorizers: &api.authorizers,
            integrations: &api.integrations,
            routes: &api.routes,
        }
    }

    /// What a stage serves that points to this one.
    pub(crate) fn of_deployment(deployment: &'a definition::Deployment) -> Self {
        Self {
            api_key_source: deployment.api_key_source,
            cors: deployment.cors.as_ref(),
            gateway_responses: &deployment.gateway_responses,
            models: &deployment.models,
            binary_media_types: &deployment.binary_media_types,
            minimum_compression_size: deployment.minimum_compression_size,
            policy: deployment.policy.as_ref(),
            authorizers: &deployment.authorizers,
            integrations: &deployment.integrations,
            routes: &deployment.routes,
        }
    }

    /// All there is in an API, by the deployment that each belongs to.
    pub(crate) fn all(
        api: &'a definition::Api,
    ) -> impl Iterator<Item = (Option<&'a str>, Self)> + 'a {
        let deployments = (api.deployments.iter())
            .map(|(id, deployment)| (Some(id.as_str()), Self::of_deployment(deployment)));
        std::iter::once((None, Self::of_api(api))).chain(deployments)
    }
}

/// Content as one stage, or the canary of one, serves it.
#[derive(Clone, Debug)]
pub(crate) struct View<'a> {
    pub(crate) stage: &'a str,
    pub(crate) variant: Variant,
    pub(crate) deployment: Option<&'a str>,
    pub(crate) variables: Cow<'a, BTreeMap<String, String>>,
}

impl fmt::Display for View<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.variant {
            Variant::Base => write!(out, "stage `{}`", self.stage),
            Variant::Canary => write!(out, "canary of stage `{}`", self.stage),
        }
    }
}

impl<'a> View<'a> {
    /// Every view there is on an API, by stage, each canary after its stage.
    pub(crate) fn all(api: &'a definition::Api) -> impl Iterator<Item = Self> + 'a {
        api.stages.iter().flat_map(|(name, stage)| Self::of(name, stage))
    }

    /// The views of one stage.
    pub(crate) fn of(
        name: &'a str,
        stage: &'a definition::Stage,
    ) -> impl Iterator<Item = Self> + 'a {
        let base = Self {
            stage: name,
            variant: Variant::Base,
            deployment: stage.deployment.as_deref(),
            variables: Cow::Borrowed(&stage.variables),
        };
        let canary = stage.canary.as_ref().map(|canary| Self {
            variant: Variant::Canary,
            deployment: canary.deployment.as_deref().or(base.deployment),
            variables: Cow::Owned(overlaid(&stage.variables, &canary.stage_variable_overrides)),
            ..base.clone()
        });
        std::iter::once(base).chain(canary)
    }

    /// Views lead to what is there.
    pub(crate) fn check(&self, api: &definition::Api) -> Result<(), Invalid> {
        let Some(id) = self.deployment else {
            if api.routes.is_empty() {
                return Err(Invalid::new("routes", "must have at least one route"));
            }
            return Ok(());
        };
        if api.deployments.contains_key(id) {
            return Ok(());
        }
        let field = match self.variant {
            Variant::Base => format!("stages.{}.deployment", self.stage),
            Variant::Canary => format!("stages.{}.canary.deployment", self.stage),
        };
        Err(Invalid::new(field, format!("there is no deployment `{id}`")))
    }
}

fn overlaid(
    variables: &BTreeMap<String, String>,
    overrides: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let both = variables.iter().chain(overrides);
    both.map(|(name, value)| (name.clone(), value.clone())).collect()
}
