//! What is kept, as it was at one moment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tollgate_gateway::Definition;

use super::file;
use crate::{Error, Releases, Snapshot, id};

/// What is kept, as it was at one moment: everything that is served is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// What all stages point to.
    pub releases: Releases,
    pub(super) snapshots: BTreeMap<String, Snapshot>,
}

impl State {
    /// Reads what is served. What could be gone back to is looked for by whoever goes back: that one of
    /// many is lost is no reason to do nothing any more.
    pub(super) fn load(folder: &Path, releases: Releases) -> Result<Self, Error> {
        let mut snapshots = BTreeMap::new();
        for served in releases.served() {
            snapshots.insert(served.to_owned(), snapshot(folder, served)?);
        }
        for referred in releases.referred() {
            path(folder, referred)?;
        }
        Ok(Self { releases, snapshots })
    }

    /// What is served.
    ///
    /// # Errors
    /// None for a state that was read: every deployment that is served is there.
    pub fn definition(&self) -> Result<Definition, Error> {
        self.releases.definition(|id| match self.snapshots.get(id) {
            Some(snapshot) => Ok(snapshot.deployment.clone()),
            None => Err(Error::refused("Deployment id does not exist")),
        })
    }

    /// A deployment that is served.
    #[must_use]
    pub fn snapshot(&self, id: &str) -> Option<&Snapshot> {
        self.snapshots.get(id)
    }
}

/// Reads a deployment.
pub(super) fn snapshot(folder: &Path, id: &str) -> Result<Snapshot, Error> {
    let path = path(folder, id)?;
    let text = file::read(&path)?.ok_or_else(|| gone(&path))?;
    let snapshot: Snapshot = file::parse(&path, &text)?;
    if snapshot.id != id {
        let reason = format!("it is of the deployment `{}`", snapshot.id.escape_default());
        return Err(Error::unreadable(&path, reason));
    }
    Ok(snapshot)
}

fn path(folder: &Path, id: &str) -> Result<PathBuf, Error> {
    if !id::is_id(id) {
        let reason = format!("`{}` is not the id of a deployment", id.escape_default());
        return Err(Error::unreadable(&folder.join("stages.json"), reason));
    }
    Ok(folder.join("deployments").join(format!("{id}.json")))
}

fn gone(path: &Path) -> Error {
    Error::unreadable(path, "it is not there, and `stages.json` points to it")
}
