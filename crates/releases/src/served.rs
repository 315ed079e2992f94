//! What is served of what has been deployed.

use std::collections::BTreeMap;

use tollgate_gateway::Definition;
use tollgate_gateway::definition::{Api, Deployment, Domain, Stage, UsagePlan, Version};

use crate::model::{ApiReleases, Releases, StageRelease};

impl Releases {
    /// What is served: each API with its stages, and the deployments that these point to.
    ///
    /// Usage plans and domains may speak of stages that are not deployed yet. Nobody can reach these, and
    /// they are left out.
    ///
    /// # Errors
    /// What the lookup says about a deployment that is not there.
    pub fn definition<E>(
        &self,
        mut deployment: impl FnMut(&str) -> Result<Deployment, E>,
    ) -> Result<Definition, E> {
        let mut apis = BTreeMap::new();
        for (id, releases) in &self.apis {
            apis.insert(id.clone(), api(releases, &mut deployment)?);
        }
        let shared = &self.shared;
        Ok(Definition {
            default_api: shared.default_api.clone().filter(|id| apis.contains_key(id)),
            domains: (shared.domains.iter())
                .map(|(name, domain)| (name.clone(), self.reachable(domain)))
                .filter(|(_, domain)| {
                    !domain.mappings.is_empty() || !domain.routing_rules.is_empty()
                })
                .collect(),
            account_id: shared.account_id.clone(),
            region: shared.region.clone(),
            vpc_endpoints: shared.vpc_endpoints.clone(),
            credentials: Vec::new(),
            account_throttle: shared.account_throttle.clone(),
            usage_plans: (shared.usage_plans.iter())
                .map(|(name, plan)| (name.clone(), self.usable(plan)))
                .collect(),
            api_keys: shared.api_keys.clone(),
            api_key_files: shared.api_key_files.clone(),
            counters: shared.counters.clone(),
            source_address_is_told: false,
            response_headers: shared.response_headers,
            apis,
            version: Version,
        })
    }

    fn has(&self, api: &str, stage: &str) -> bool {
        self.apis.get(api).is_some_and(|api| api.stages.contains_key(stage))
    }

    fn reachable(&self, domain: &Domain) -> Domain {
        let mappings = domain.mappings.iter();
        let there = mappings.filter(|(_, mapping)| match &mapping.stage {
            Some(stage) => self.has(&mapping.api, stage),
            // Whichever the path names.
            None => self.apis.contains_key(&mapping.api),
        });
        let rules = domain.routing_rules.iter();
        let able = rules.filter(|(_, rule)| self.has(&rule.invoke_api.api, &rule.invoke_api.stage));
        Domain {
            routing_rules: able.map(|(priority, rule)| (*priority, rule.clone())).collect(),
            mappings: there.map(|(path, to)| (path.clone(), to.clone())).collect(),
        }
    }

    fn usable(&self, plan: &UsagePlan) -> UsagePlan {
        let there = plan.api_stages.iter().filter(|stage| self.has(&stage.api, &stage.stage));
        UsagePlan { api_stages: there.cloned().collect(), ..plan.clone() }
    }
}

fn api<E>(
    releases: &ApiReleases,
    deployment: &mut impl FnMut(&str) -> Result<Deployment, E>,
) -> Result<Api, E> {
    let mut deployments = BTreeMap::new();
    for id in releases.stages.values().flat_map(StageRelease::served) {
        if !deployments.contains_key(id) {
            deployments.insert(id.to_owned(), deployment(id)?);
        }
    }
    let stages = releases.stages.iter().map(|(name, stage)| {
        let served = Stage {
            deployment: Some(stage.deployment.clone()),
            canary: stage.canary.as_ref().map(|canary| canary.settings.clone()),
            ..stage.settings.clone()
        };
        (name.clone(), served)
    });
    Ok(Api {
        disable_execute_api_endpoint: releases.disable_execute_api_endpoint,
        deployments,
        stages: stages.collect(),
        ..Api::new(releases.name.clone(), releases.protocol)
    })
}
