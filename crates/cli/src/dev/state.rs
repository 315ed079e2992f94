//! What the development issuer remembers: its name and its keys.
//!
//! The issuer and `tollgate dev token` share one file, so that a token can be signed whether the
//! issuer runs or not. Whoever changes the file holds the lock beside it; whoever reads it finds
//! the old one or the new one.

use std::env;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::dev::algorithm::Algorithm;
use crate::dev::key::Key;

/// Where the issuer is unless it is told otherwise.
pub const DEFAULT_ISSUER: &str = "http://127.0.0.1:8082";

/// Where the issuer's file is.
#[derive(Clone, Debug, Default, Args)]
pub struct Place {
    /// The folder with the issuer's keys; `tollgate` in the user's state folder where not given
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
}

/// What the issuer remembers.
pub struct State {
    /// Its URL, as tokens name it.
    pub issuer: String,
    /// The keys it signs with, one for each algorithm.
    pub keys: Vec<Key>,
    /// The public keys it has signed with before, and still answers for.
    pub former: Vec<Value>,
}

/// The file. The keys are private ones: the file is for its owner only.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    issuer: String,
    keys: Vec<Value>,
    former: Vec<Value>,
}

/// Which of the keys before are still answered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Former {
    /// The last ones: tokens that are under way stay good.
    Keep,
    /// None: every token signed before is bad from now on.
    Drop,
}

impl State {
    /// The state as it is, made if there is none yet.
    pub fn load(place: &Place) -> Result<Self> {
        match read(&place.file()?)? {
            Some(state) => Ok(state),
            None => Self::change(place, |_| Ok(())),
        }
    }

    /// Changes the state while nobody else does.
    pub fn change(place: &Place, change: impl FnOnce(&mut Self) -> Result<()>) -> Result<Self> {
        let file = place.file()?;
        let folder = file.parent().context("the state has no folder")?;
        make_private_folder(folder)?;
        let lock = File::create(folder.join("issuer.lock"))
            .with_context(|| format!("cannot write to `{}`", folder.display()))?;
        lock.lock().context("cannot lock the issuer's state")?;
        let mut state = match read(&file)? {
            Some(state) => state,
            None => Self::new()?,
        };
        change(&mut state)?;
        state.write(&file, folder)?;
        Ok(state)
    }

    /// Makes new keys for some algorithms, or for all.
    pub fn rotate(&mut self, only: Option<Algorithm>, former: Former) -> Result<()> {
        self.former = Vec::new();
        for key in &mut self.keys {
            if only.is_some_and(|only| only != key.algorithm()) {
                continue;
            }
            if former == Former::Keep {
                self.former.push(key.public_jwk()?);
            }
            *key = Key::generate(key.algorithm())?;
        }
        Ok(())
    }

    /// The key for an algorithm.
    pub fn key(&self, algorithm: Algorithm) -> Result<&Key> {
        let key = self.keys.iter().find(|key| key.algorithm() == algorithm);
        key.ok_or_else(|| anyhow!("the issuer has no key for {}", algorithm.name()))
    }

    /// The key set, RFC 7517: what verifies the issuer's tokens.
    pub fn jwks(&self) -> Result<Value> {
        let mut keys = self.keys.iter().map(Key::public_jwk).collect::<Result<Vec<_>>>()?;
        keys.extend_from_slice(&self.former);
        Ok(json!({ "keys": keys }))
    }

    fn new() -> Result<Self> {
        let keys = Algorithm::ALL.into_iter().map(Key::generate).collect::<Result<_>>()?;
        Ok(Self { issuer: DEFAULT_ISSUER.to_owned(), keys, former: Vec::new() })
    }

    /// Replaces the file at once. A temporary file is its owner's only, and stays so.
    fn write(&self, path: &Path, folder: &Path) -> Result<()> {
        let keys = self.keys.iter().map(Key::private_jwk).collect::<Result<_>>()?;
        let kept = Kept { issuer: self.issuer.clone(), keys, former: self.former.clone() };
        let at = || format!("cannot write `{}`", path.display());
        let mut file = NamedTempFile::new_in(folder).with_context(at)?;
        file.write_all(&serde_json::to_vec_pretty(&kept)?).with_context(at)?;
        file.persist(path).with_context(at)?;
        Ok(())
    }
}

impl Place {
    /// The issuer's file.
    fn file(&self) -> Result<PathBuf> {
        let folder = match &self.state {
            Some(folder) => folder.clone(),
            None => user_state().context(
                "there is no home folder to keep the issuer's keys in: name one with `--state`",
            )?,
        };
        Ok(folder.join("issuer.json"))
    }
}

fn read(path: &Path) -> Result<Option<State>> {
    let at = || format!("cannot read `{}`", path.display());
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(at),
    };
    let hint = || format!("`{}` is not an issuer's state: remove it", path.display());
    // What is wrong is not said: it would quote a private key.
    let kept: Kept = serde_json::from_slice(&bytes).map_err(|_| anyhow!(hint()))?;
    let keys = kept.keys.iter().map(Key::from_jwk).collect::<Result<Vec<_>>>();
    let keys = keys.map_err(|_| anyhow!(hint()))?;
    Ok(Some(State { issuer: kept.issuer, keys, former: kept.former }))
}

/// Where programs keep what should outlive them: the XDG base directories, on every system.
fn user_state() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute("XDG_STATE_HOME");
    let folder = folder.or_else(|| Some(absolute("HOME")?.join(".local/state")));
    Some(folder?.join("tollgate"))
}

fn make_private_folder(folder: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;

    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot make `{}`", folder.display()))
}
