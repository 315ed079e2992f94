//! Since when each stage is served as it is.

use std::collections::BTreeMap;
use std::time::Instant;

use tollgate_gateway::Definition;
use tollgate_gateway::definition::Stage;

/// Since when each stage is served as it is, by API and name. A stage of which nothing is said may be
/// served otherwise than it should.
#[derive(Clone, Debug, Default)]
pub struct Placed {
    since: BTreeMap<(String, String), Instant>,
}

impl Placed {
    /// Every stage of a definition, from now on.
    pub fn all(definition: &Definition, now: Instant) -> Self {
        Self { since: stages(definition).map(|(place, _)| (place, now)).collect() }
    }

    /// Takes note that one definition may have been served in the place of another, up to now. Where they
    /// are the same, nothing has happened.
    pub fn touch(&mut self, served: &Definition, other: &Definition, now: Instant) {
        let others: BTreeMap<_, _> = stages(other).collect();
        let before = std::mem::take(&mut self.since);
        self.since = stages(served)
            .map(|(place, stage)| {
                let is_same = others.get(&place) == Some(&stage);
                let since = before.get(&place).filter(|_| is_same).copied().unwrap_or(now);
                (place, since)
            })
            .collect();
    }

    /// Takes note that there is no saying what is served.
    pub fn forget(&mut self) {
        self.since.clear();
    }

    /// Since when a stage is served as it is.
    pub fn since(&self, api: &str, stage: &str) -> Option<Instant> {
        self.since.get(&(api.to_owned(), stage.to_owned())).copied()
    }
}

fn stages(definition: &Definition) -> impl Iterator<Item = ((String, String), &Stage)> {
    definition.apis.iter().flat_map(|(id, api)| {
        api.stages.iter().map(move |(name, stage)| ((id.clone(), name.clone()), stage))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tollgate_gateway::definition::{Api, Protocol};

    use super::*;

    fn serving(stages: &[(&str, &str)]) -> Definition {
        let stages = stages.iter().map(|(name, deployment)| {
            let stage = Stage { deployment: Some((*deployment).to_owned()), ..Stage::default() };
            ((*name).to_owned(), stage)
        });
        let api = Api { stages: stages.collect(), ..Api::new("Orders".to_owned(), Protocol::Http) };
        Definition { apis: [("orders".to_owned(), api)].into(), ..Definition::default() }
    }

    #[test]
    fn a_stage_is_in_place_since_it_last_changed() {
        let start = Instant::now();
        let later = start + Duration::from_secs(1);
        let before = serving(&[("prod", "a"), ("beta", "a")]);
        let mut placed = Placed::all(&before, start);
        let after = serving(&[("prod", "a"), ("beta", "b"), ("gamma", "c")]);
        placed.touch(&after, &before, later);
        assert_eq!(placed.since("orders", "prod"), Some(start));
        assert_eq!(placed.since("orders", "beta"), Some(later));
        assert_eq!(placed.since("orders", "gamma"), Some(later));
        assert_eq!(placed.since("shop", "prod"), None);
        placed.forget();
        assert_eq!(placed.since("orders", "prod"), None);
    }
}
