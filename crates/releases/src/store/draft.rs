//! What is being changed.

use std::path::PathBuf;

use tollgate_gateway::Definition;
use tollgate_gateway::definition::{Deployment, Version};

use super::{State, state};
use crate::{Error, Releases, Snapshot, id};

/// What people may say about a deployment, as with API Gateway.
const MAX_DESCRIPTION_CHARS: usize = 1024;

/// What is being changed. It takes effect when the work is done, or not at all.
#[derive(Debug)]
pub struct Draft {
    /// What all stages point to.
    pub releases: Releases,
    /// Now, in seconds since 1970.
    pub now: u64,
    before: State,
    fresh: Vec<Snapshot>,
    folder: PathBuf,
}

impl Draft {
    pub(super) fn new(before: State, folder: PathBuf, now: u64) -> Self {
        Self { releases: before.releases.clone(), now, before, fresh: Vec::new(), folder }
    }

    /// Makes a deployment, which is kept if something points to it in the end, and says its id.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a description that is too long, [`Error::Random`].
    pub fn add(
        &mut self,
        api: &str,
        description: &str,
        deployment: Deployment,
    ) -> Result<String, Error> {
        if description.chars().count() > MAX_DESCRIPTION_CHARS {
            let reason = format!("must have at most {MAX_DESCRIPTION_CHARS} characters");
            return Err(Error::Invalid(tollgate_policy::Invalid::new("description", reason)));
        }
        let taken = self.releases.referred();
        let fresh = &self.fresh;
        let is_taken = |id: &str| taken.contains(id) || fresh.iter().any(|made| made.id == id);
        let id = id::fresh(is_taken)?;
        self.fresh.push(Snapshot {
            version: Version,
            id: id.clone(),
            created: self.now,
            description: description.to_owned(),
            api: api.to_owned(),
            deployment,
        });
        Ok(id)
    }

    /// What would be served.
    ///
    /// # Errors
    /// [`Error::Unreadable`] for a deployment that is gone back to and cannot be read.
    pub fn definition(&self) -> Result<Definition, Error> {
        self.releases.definition(|id| {
            let fresh = self.fresh.iter().find(|made| made.id == id);
            match fresh.or_else(|| self.before.snapshot(id)) {
                Some(snapshot) => Ok(snapshot.deployment.clone()),
                None => Ok(state::snapshot(&self.folder, id)?.deployment),
            }
        })
    }

    /// The deployments that were made and are pointed to.
    pub(super) fn fresh(&self) -> impl Iterator<Item = &Snapshot> {
        let referred = self.releases.referred();
        self.fresh.iter().filter(move |made| referred.contains(made.id.as_str()))
    }
}
