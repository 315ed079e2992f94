//! The folder with Envoy's files.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::{NamedTempFile, TempDir};
use tollgate_envoy_config::Files;

use crate::failure::{Code, Failure};

/// A folder Envoy reads from and watches.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Keeps a second command from writing to the same folder.
    _lock: Option<File>,
    /// Removes the folder in the end, if it was made for this command.
    _temporary: Option<TempDir>,
}

impl Folder {
    /// A folder that is there.
    pub fn at(path: PathBuf) -> Self {
        Self { path, _lock: None, _temporary: None }
    }

    /// A folder for one run: the one asked for, or one that is gone afterwards.
    pub fn for_run(asked: Option<&Path>) -> Result<Self, Failure> {
        let Some(asked) = asked else {
            let temporary = tempfile::Builder::new().prefix("tollgate-").tempdir();
            let temporary = temporary.context("cannot make a temporary folder")?;
            let path = temporary.path().to_owned();
            return Ok(Self { path, _lock: None, _temporary: Some(temporary) });
        };
        let shown = asked.display();
        fs::create_dir_all(asked).with_context(|| format!("cannot make `{shown}`"))?;
        let path = asked.canonicalize().with_context(|| format!("cannot find `{shown}`"))?;
        let lock = File::create(path.join("lock"))
            .with_context(|| format!("cannot write to `{shown}`"))?;
        if lock.try_lock().is_err() {
            let reason = format!("`{shown}` is in use by another `tollgate run`: change `--state`");
            return Err(Failure::new(Code::Environment, reason));
        }
        Ok(Self { path, _lock: Some(lock), _temporary: None })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes everything Envoy starts with.
    pub fn fill(&self, files: &Files, gateway: &[u8]) -> Result<(), Failure> {
        self.replace("gateway.wasm", gateway)?;
        self.replace("clusters.yaml", files.clusters.as_bytes())?;
        self.replace("gateway.yaml", files.gateway.as_bytes())?;
        for (name, secret) in &files.secrets {
            self.replace(name, secret.as_bytes())?;
        }
        self.replace("envoy.yaml", files.bootstrap.as_bytes())
    }

    /// Replaces a file at once: Envoy sees the old one or the new one, never half of one.
    pub fn replace(&self, name: &str, content: &[u8]) -> Result<(), Failure> {
        let at = || format!("cannot write `{}`", self.path.join(name).display());
        let mut file = NamedTempFile::new_in(&self.path).with_context(at)?;
        file.write_all(content).with_context(at)?;
        // The filter has the names of secrets too, but none of them.
        let is_secret = name.ends_with(".yaml") && holds_secrets(content);
        make_readable(file.as_file(), is_secret).with_context(at)?;
        file.persist(self.path.join(name)).with_context(at)?;
        Ok(())
    }

    /// The text of a file, once it is there and not empty.
    pub fn text(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path.join(name)).ok().filter(|text| !text.is_empty())
    }

    /// Removes a file of an earlier run.
    pub fn remove(&self, name: &str) {
        // What is not there need not be removed.
        let _ = fs::remove_file(self.path.join(name));
    }
}

/// Envoy often runs as another user. Little in the files is secret: most issuers' keys are public ones,
/// of API keys there are only digests, and of certificates only paths.
fn make_readable(file: &File, is_secret: bool) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    file.set_permissions(fs::Permissions::from_mode(if is_secret { 0o600 } else { 0o644 }))
}

/// Whether a file has what signatures are made with. Its owner alone may read it, and run Envoy.
fn holds_secrets(content: &[u8]) -> bool {
    // Of a JWK of this kind the verifier has what the issuer signs with.
    const NAMES: [&[u8]; 2] = [b"secret_access_key", b"\"oct\""];
    NAMES.iter().any(|name| content.windows(name.len()).any(|part| part == *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::at(temporary.path().to_owned());
        folder.replace("a.yaml", b"long old text").unwrap();
        folder.replace("a.yaml", b"new").unwrap();
        assert_eq!(folder.text("a.yaml").as_deref(), Some("new"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_holds_secrets_is_for_nobody_else_to_read() {
        use std::os::unix::fs::PermissionsExt;

        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::at(temporary.path().to_owned());
        let mode_of = |name: &str, content: &[u8]| {
            folder.replace(name, content).unwrap();
            let file = folder.path().join(name);
            fs::metadata(file).unwrap().permissions().mode() & 0o777
        };
        let mode = |content: &[u8]| mode_of("gateway.yaml", content);
        assert_eq!(mode(br#"{"credentials":[{"secret_access_key":"s"}]}"#), 0o600);
        assert_eq!(mode(br#"{"keys":[{"kty":"oct","k":"s"}]}"#), 0o600);
        assert_eq!(mode(br#"{"credentials":[],"keys":[{"kty":"RSA"}]}"#), 0o644);
        // Envoy may be another user.
        assert_eq!(mode_of("gateway.wasm", b"secret_access_key"), 0o644);
    }

    #[test]
    fn a_folder_serves_one_run_at_a_time() {
        let temporary = tempfile::tempdir().unwrap();
        let first = Folder::for_run(Some(temporary.path())).unwrap();
        assert!(Folder::for_run(Some(temporary.path())).is_err());
        drop(first);
        assert!(Folder::for_run(Some(temporary.path())).is_ok());
    }

    #[test]
    fn a_temporary_folder_is_gone_afterwards() {
        let folder = Folder::for_run(None).unwrap();
        let path = folder.path().to_owned();
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
    }
}
