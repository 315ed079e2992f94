//! Which Envoy is run.

use std::env;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::failure::{Code, Failure};
use crate::terminal;

/// The version the gateway is made for and tested with. Others may refuse its configuration.
const VERSION: &str = "1.40.";

/// Envoy's program.
#[derive(Clone, Debug)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
}

/// Finds Envoy: what is asked for, what `TOLLGATE_ENVOY` names, the PATH, or a `.tools/bin/envoy`
/// above the current folder or this program. Warns about a version the gateway is not made for.
pub async fn find(asked: Option<&Path>) -> Result<Program, Failure> {
    let named = || env::var_os("TOLLGATE_ENVOY").filter(|path| !path.is_empty());
    let path = match (asked, named()) {
        (Some(path), _) => path.to_owned(),
        (None, Some(path)) => PathBuf::from(path),
        (None, None) => on_path(env::var_os("PATH")).or_else(in_tools).ok_or_else(|| {
            Failure::new(
                Code::Envoy,
                "there is no Envoy: it is neither on the PATH nor in `.tools/bin`; install \
                 Envoy 1.40 or name it with `--envoy` or `TOLLGATE_ENVOY`",
            )
        })?,
    };
    let program = Program { path };
    let version = program.version().await?;
    if !version.starts_with(VERSION) {
        let path = program.path.display();
        terminal::warning(&format!("`{path}` is Envoy {version}; the gateway is made for 1.40"));
    }
    Ok(program)
}

impl Program {
    /// Asks the program what it is.
    async fn version(&self) -> Result<String, Failure> {
        let path = self.path.display();
        let failed = |reason: String| Err(Failure::new(Code::Envoy, reason));
        match Command::new(&self.path).arg("--version").kill_on_drop(true).output().await {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                failed(format!("there is no Envoy at `{path}`"))
            }
            Err(error) => failed(format!("cannot run `{path}`: {error}")),
            Ok(output) => match version(&String::from_utf8_lossy(&output.stdout)) {
                Some(version) => Ok(version),
                None => failed(format!("`{path}` is not Envoy: it does not say its version")),
            },
        }
    }
}

/// The version in `envoy  version: COMMIT/1.40.0/Clean/RELEASE/BoringSSL`.
fn version(text: &str) -> Option<String> {
    let (_, version) = text.split_once("version: ")?;
    version.split('/').nth(1).map(str::to_owned)
}

fn on_path(path: Option<OsString>) -> Option<PathBuf> {
    env::split_paths(&path?).map(|folder| folder.join("envoy")).find(|path| path.is_file())
}

/// Where the repository's own tools are, for whoever works in it.
fn in_tools() -> Option<PathBuf> {
    let starts = [env::current_dir().ok(), env::current_exe().ok()];
    let envoy = |folder: &Path| {
        let path = folder.join(".tools/bin/envoy");
        path.is_file().then_some(path)
    };
    starts.iter().flatten().find_map(|start| start.ancestors().find_map(envoy))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_version_is_read_from_what_envoy_says() {
        let said = "\nenvoy  version: 9e558093/1.40.0/Clean/RELEASE/BoringSSL\n\n";
        assert_eq!(version(said).as_deref(), Some("1.40.0"));
        assert_eq!(version("GNU bash, version 5.2"), None);
    }
}
