//! Removes what nothing points to.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::file;
use crate::{Error, Releases, id};

/// Removes the deployments that nothing points to, and what was being written when somebody was killed.
/// Whatever else lies there is left alone.
pub(super) fn prune(folder: &Path, releases: &Releases) -> Result<(), Error> {
    let deployments = folder.join("deployments");
    let referred = releases.referred();
    let mut gone = Vec::new();
    for name in names(&deployments)? {
        let is_half = name.strip_suffix(".json.new").is_some_and(id::is_id);
        let id = name.strip_suffix(".json").filter(|id| id::is_id(id));
        if is_half || id.is_some_and(|id| !referred.contains(id)) {
            gone.push(deployments.join(name));
        }
    }
    if gone.is_empty() {
        return Ok(());
    }
    // INVARIANT: a deployment is removed only once it is certain that nothing points to it. Whoever has
    // renamed `stages.json` may have been killed before that was certain.
    file::sync(folder)?;
    for path in gone {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Error::at("remove", &path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether there is any deployment.
pub(super) fn has_deployments(folder: &Path) -> Result<bool, Error> {
    let names = names(&folder.join("deployments"))?;
    Ok(names.iter().any(|name| name.strip_suffix(".json").is_some_and(id::is_id)))
}

fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::at("read", folder))?,
    };
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().into_string()));
    let names: Result<Vec<_>, _> = names.collect();
    // A name that is not text is none of ours.
    Ok(names.map_err(Error::at("read", folder))?.into_iter().filter_map(Result::ok).collect())
}
