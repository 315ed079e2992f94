//! The folder that everything is kept in.
//!
//! ```text
//! stages.json            what all stages point to, replaced whole
//! deployments/ID.json    what each deployment serves, written once
//! serving.json           what `tollgate serve` serves, as it says
//! releases.lock          held by whoever changes something
//! ```
//!
//! Deployments are written before `stages.json` points to them, and removed after it no longer does;
//! each is written beside its place, made durable, and renamed. So whatever happens at whatever point,
//! `stages.json` is the old one or the new one, and what it points to is there.

mod draft;
mod file;
mod lock;
mod prune;
mod state;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tollgate_gateway::Gateway;
use tollgate_policy::Compile;

pub use draft::Draft;
pub use state::State;

use crate::{Error, Releases, Serving, Snapshot};

/// How long a command waits for another one that changes the same folder. Each takes well below a
/// second; what takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a state is read again that has changed while it was read. Each time means that somebody
/// has deployed within milliseconds.
const READS: usize = 10;

/// A folder that releases are kept in.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    patience: Duration,
}

impl Store {
    /// The store in a folder, which need not be there yet.
    #[must_use]
    pub fn open(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), patience: PATIENCE }
    }

    /// The same store, with another bound on how long to wait for others.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file that changes whenever something else is to be served.
    #[must_use]
    pub fn stages_file(&self) -> PathBuf {
        self.folder.join("stages.json")
    }

    /// What is kept. Nobody is waited for, and nothing is written.
    ///
    /// # Errors
    /// [`Error::Unreadable`] for a file that is torn or somebody else's: it is never taken for empty.
    pub fn read(&self) -> Result<State, Error> {
        let mut text = self.stages()?;
        for _ in 1..READS {
            match self.state(text.as_deref()) {
                // Somebody may have removed what was pointed to, after pointing elsewhere.
                Err(error) => {
                    let now = self.stages()?;
                    if now == text {
                        return Err(error);
                    }
                    text = now;
                }
                state => return state,
            }
        }
        self.state(text.as_deref())
    }

    /// A deployment that a stage can go back to.
    ///
    /// # Errors
    /// As of [`read`](Self::read).
    pub fn snapshot(&self, id: &str) -> Result<Snapshot, Error> {
        state::snapshot(&self.folder, id)
    }

    /// What whoever serves has said to serve, if anybody has.
    ///
    /// # Errors
    /// As of [`read`](Self::read).
    pub fn serving(&self) -> Result<Option<Serving>, Error> {
        let path = self.serving_file();
        file::read(&path)?.map(|text| file::parse(&path, &text)).transpose()
    }

    /// Says what is served. Only one serves what is kept in a folder.
    ///
    /// # Errors
    /// [`Error::File`] where it cannot be written.
    pub fn say_serving(&self, serving: &Serving) -> Result<(), Error> {
        file::write(&self.serving_file(), serving)
    }

    fn serving_file(&self) -> PathBuf {
        self.folder.join("serving.json")
    }

    /// Changes what is kept, alone. `who` is told to others who wait; `now` is in seconds since 1970.
    /// What the work refuses changes nothing, and neither does what the gateway would refuse to serve.
    ///
    /// # Errors
    /// [`Error::Busy`] where others change the folder for too long, [`Error::Invalid`] where the gateway
    /// would not serve the result, what the work fails with, and whatever the machine does not do.
    pub fn change<T, E: From<Error>>(
        &self,
        who: &str,
        now: u64,
        work: impl FnOnce(&mut Draft) -> Result<T, E>,
    ) -> Result<T, E> {
        let deployments = self.folder.join("deployments");
        file::make_folder(&self.folder)?;
        let _lock = lock::acquire(&self.folder, who, self.patience)?;
        let text = self.stages()?;
        let before = self.state(text.as_deref())?;
        if text.is_none() {
            // From now on a `stages.json` that is missing was taken away by somebody.
            self.write_stages(&before.releases)?;
        }
        file::make_folder(&deployments)?;
        // What a killed command has left takes no space any more.
        prune::prune(&self.folder, &before.releases)?;
        let old = before.releases.clone();
        let mut draft = Draft::new(before, self.folder.clone(), now);
        let outcome = work(&mut draft)?;
        draft.releases.forget();
        if draft.releases == old {
            return Ok(outcome);
        }
        Gateway::compile(draft.definition()?).map_err(Error::Invalid)?;
        for snapshot in draft.fresh() {
            let path = deployments.join(format!("{}.json", snapshot.id));
            file::write(&path, snapshot)?;
        }
        self.write_stages(&draft.releases)?;
        // It is done; what is left over is removed by the next change, if not by this one.
        let _ = prune::prune(&self.folder, &draft.releases);
        Ok(outcome)
    }

    fn stages(&self) -> Result<Option<String>, Error> {
        file::read(&self.stages_file())
    }

    fn write_stages(&self, releases: &Releases) -> Result<(), Error> {
        file::write(&self.stages_file(), releases)
    }

    fn state(&self, stages: Option<&str>) -> Result<State, Error> {
        let path = self.stages_file();
        match stages {
            Some(text) => State::load(&self.folder, file::parse(&path, text)?),
            None if prune::has_deployments(&self.folder)? => {
                let reason = "it is not there, and there are deployments: put it back, \
                              or choose another folder";
                Err(Error::unreadable(&path, reason))
            }
            None => Ok(State::default()),
        }
    }
}

/// Whether a path is there, whatever it is.
fn exists(path: &Path) -> Result<bool, Error> {
    fs::exists(path).map_err(Error::at("look for", path))
}
