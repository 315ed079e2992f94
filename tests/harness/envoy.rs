//! One running Envoy.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use tempfile::TempDir;

use crate::program::children;
use crate::{Admin, wait, workspace};

/// How long Envoy may take until it serves. Most of it is the compilation of the filter, on a
/// machine that does other things as well.
const TIME_TO_START: Duration = Duration::from_secs(90);

/// How long Envoy may take to stop before it is killed.
const TIME_TO_STOP: Duration = Duration::from_secs(5);

/// Keeps Envoy and its folder no longer than its standard input: however the tests end, neither
/// outlives them.
const LEASH: &str = r#"
trap '' HUP INT TERM
exec 3<&0
folder=$1
shift
"$@" &
envoy=$!
(read -r _ <&3; kill -KILL $envoy; rm -rf -- "$folder") &
wait $envoy
"#;

/// A running Envoy and the folder it runs in.
#[derive(Debug)]
pub struct Envoy {
    child: Child,
    leash: Option<ChildStdin>,
    folder: TempDir,
    admin: Admin,
}

impl Envoy {
    /// Starts Envoy in a folder that has its `envoy.yaml`, and waits until it serves.
    ///
    /// # Panics
    /// If it does not serve in time.
    #[must_use]
    #[track_caller]
    pub fn start(folder: TempDir, workers: u16) -> Self {
        let envoy = Self::try_start(folder, workers);
        match envoy {
            Ok(envoy) => envoy,
            Err(log) => panic!("Envoy does not serve:\n{log}"),
        }
    }

    /// Starts Envoy, and waits until it serves or has ended.
    ///
    /// # Errors
    /// With its log if it has ended.
    ///
    /// # Panics
    /// If it does neither in time.
    pub fn try_start(folder: TempDir, workers: u16) -> Result<Self, String> {
        let path = folder.path();
        let log = File::create(path.join("envoy.log")).expect("a log file");
        let mut child = Command::new("sh")
            .args(["-c", LEASH, "leash"])
            .arg(path)
            .arg(program())
            .arg("--config-path")
            .arg(path.join("envoy.yaml"))
            .args(["--concurrency", &workers.to_string()])
            .args(["--disable-hot-restart", "--log-level", "warning"])
            // What calls of AWS are signed with.
            .env("AWS_ACCESS_KEY_ID", "AKIDPROXY")
            .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a log file"))
            .stderr(log)
            .spawn()
            .expect("a shell");
        let admin = Admin::at(Self::admin_socket(path));
        let leash = child.stdin.take();
        let mut envoy = Self { child, leash, folder, admin };
        let deadline = Instant::now() + TIME_TO_START;
        while !envoy.admin.is_ready() {
            if envoy.child.try_wait().expect("a child").is_some() {
                return Err(envoy.log());
            }
            if Instant::now() > deadline {
                panic!("Envoy is not ready after {TIME_TO_START:?}:\n{}", envoy.log());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(envoy)
    }

    /// Where an Envoy in this folder has its administration.
    #[must_use]
    pub fn admin_socket(folder: &Path) -> PathBuf {
        folder.join("admin.sock")
    }

    /// The folder it runs in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its administration.
    #[must_use]
    pub const fn admin(&self) -> &Admin {
        &self.admin
    }

    /// The number of its process.
    ///
    /// # Panics
    /// If it has none any more.
    #[must_use]
    pub fn process(&self) -> u32 {
        // The leash has started it first.
        *children(self.child.id()).first().expect("a process")
    }

    /// What it has said so far.
    #[must_use]
    pub fn log(&self) -> String {
        let log = fs::read(self.folder.path().join("envoy.log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Fails if a filter has crashed, or Envoy itself.
    ///
    /// # Panics
    /// If one has.
    #[track_caller]
    pub fn assert_healthy(&self) {
        let log = self.log();
        for sign in ["panicked", "Function: proxy_", "Caught Segmentation", "assert failure"] {
            assert!(!log.contains(sign), "`{sign}` is in the log:\n{}", tail(&log));
        }
        let crashes = ["vm_reload", "vm_failed", "runtime_error"];
        for (name, value) in self.admin.stats("wasm") {
            let crash = crashes.iter().any(|crash| name.contains(crash));
            assert!(!crash || value == 0, "{name}: {value}\n{}", tail(&log));
        }
        assert!(self.admin.is_ready(), "Envoy is not ready any more:\n{}", tail(&log));
    }

    /// Shows the log if a test fails while the result is alive.
    #[must_use]
    pub fn watch(&self) -> Watch<'_> {
        Watch(self)
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        show_if_failing(self);
        self.leash = None;
        let deadline = Instant::now() + TIME_TO_STOP;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(2));
        }
        // It has ended long ago, unless something is very wrong.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Shows the log of an Envoy that several tests share, if one of them fails.
#[derive(Debug)]
pub struct Watch<'a>(&'a Envoy);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        show_if_failing(self.0);
    }
}

#[expect(clippy::print_stderr, reason = "that is where a failing test says why")]
fn show_if_failing(envoy: &Envoy) {
    if thread::panicking() {
        eprintln!("Envoy said:\n{}", tail(&envoy.log()));
    }
}

fn tail(log: &str) -> String {
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}

/// Envoy's program: `TOLLGATE_ENVOY`, or the one that `make` installs.
///
/// # Panics
/// If it is not there.
#[must_use]
pub fn program() -> PathBuf {
    let path = match env::var_os("TOLLGATE_ENVOY") {
        Some(path) => PathBuf::from(path),
        None => workspace().join(".tools/bin/envoy"),
    };
    let shown = path.display();
    assert!(path.is_file(), "{shown} is not there: `make` installs Envoy, or set TOLLGATE_ENVOY");
    path
}

/// A folder for Envoy, gone when dropped.
///
/// # Panics
/// If there cannot be one.
#[must_use]
pub fn folder() -> TempDir {
    tempfile::Builder::new().prefix("tollgate-").tempdir().expect("a temporary folder")
}

/// Waits until the listener of an Envoy listens.
///
/// # Panics
/// If it does not in time.
#[must_use]
#[track_caller]
pub fn listener(envoy: &Envoy, name: &str) -> std::net::SocketAddr {
    wait::until("listener", wait::PATIENCE, || envoy.admin().listener(name))
}
