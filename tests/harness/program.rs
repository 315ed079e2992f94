//! `tollgate` itself, as a child process.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use crate::{envoy, wait, workspace};

/// How long the program may take for anything but its build.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, built if it has changed.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let tests = env::current_exe().expect("the path of these tests");
    // `target/debug/deps/e2e-...`
    let folder = tests.ancestors().nth(2).expect("the folder of the profile").to_owned();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "tollgate-cli", "--target-dir"])
        .arg(folder.parent().expect("the target folder"))
        .current_dir(workspace())
        .status()
        .expect("cargo");
    assert!(built.success(), "`tollgate` cannot be built");
    folder.join("tollgate")
});

/// A running `tollgate`, until it is dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    out: Text,
    err: Text,
}

/// What has been said on a pipe so far.
type Text = Arc<Mutex<String>>;

/// A command for the program, with the Envoy of these tests.
#[must_use]
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(&*PROGRAM);
    command.args(arguments).env("TOLLGATE_ENVOY", envoy::program()).stdin(Stdio::null());
    command
}

/// Runs the program to its end.
///
/// # Panics
/// If it cannot be run.
#[must_use]
pub fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("a program that runs")
}

impl Program {
    /// Starts the program.
    ///
    /// # Panics
    /// If it cannot be run.
    #[must_use]
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = command(arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a program that runs");
        let out = follow(child.stdout.take().expect("a pipe"));
        let err = follow(child.stderr.take().expect("a pipe"));
        Self { child, out, err }
    }

    /// What it has written to standard output so far.
    ///
    /// # Panics
    /// If the reader has panicked.
    #[must_use]
    pub fn out(&self) -> String {
        self.out.lock().expect("a reader that works").clone()
    }

    /// What it has written to standard error so far.
    ///
    /// # Panics
    /// If the reader has panicked.
    #[must_use]
    pub fn err(&self) -> String {
        self.err.lock().expect("a reader that works").clone()
    }

    /// Waits for the first line on standard output.
    ///
    /// # Panics
    /// If the program ends before, or there is none in time.
    #[track_caller]
    pub fn first_line(&mut self) -> String {
        wait::until("first line", PATIENCE, || {
            let out = self.out();
            if let Some((line, _)) = out.split_once('\n') {
                return Some(line.to_owned());
            }
            let ended = self.child.try_wait().expect("a child");
            assert!(ended.is_none(), "it has ended: {ended:?}\n{}", self.err());
            None
        })
    }

    /// Waits until it has said this on standard error.
    ///
    /// # Panics
    /// If it has not in time.
    #[track_caller]
    pub fn says(&self, text: &str) {
        wait::until_true(text, PATIENCE, || self.err().contains(text));
    }

    /// Sends it a signal by its name, such as `STOP`.
    ///
    /// # Panics
    /// If that is not possible.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill");
        assert!(sent.success());
    }

    /// Sends it a signal by its name, such as `TERM`, and waits for its end.
    ///
    /// # Panics
    /// If it does not end in time.
    #[track_caller]
    pub fn stop(&mut self, signal: &str) -> ExitStatus {
        self.signal(signal);
        wait::until("end", PATIENCE, || self.child.try_wait().expect("a child"))
    }

    /// The processes it has started.
    ///
    /// # Panics
    /// If the system does not say.
    #[must_use]
    pub fn children(&self) -> Vec<u32> {
        children(self.child.id())
    }
}

impl Drop for Program {
    #[expect(clippy::print_stderr, reason = "that is where a failing test says why")]
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("tollgate said:\n{}\n{}", self.out(), self.err());
        }
        if matches!(self.child.try_wait(), Ok(None)) {
            // Asked first: so that what it has started ends with it. One that stands still hears
            // nothing until it goes on.
            let id = self.child.id().to_string();
            let _ = Command::new("kill").arg(&id).status();
            let _ = Command::new("kill").args(["-s", "CONT", &id]).status();
            let mut ticks = 0;
            while matches!(self.child.try_wait(), Ok(None)) && ticks < 1_000 {
                thread::sleep(Duration::from_millis(5));
                ticks += 1;
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a pipe to its end, in the background.
fn follow(pipe: impl Read + Send + 'static) -> Text {
    let text = Text::default();
    let said = text.clone();
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while matches!(pipe.read_until(b'\n', &mut line), Ok(count) if count > 0) {
            if let Ok(mut said) = said.lock() {
                said.push_str(&String::from_utf8_lossy(&line));
            }
            line.clear();
        }
    });
    text
}

/// The processes that a process has started, in that order.
///
/// # Panics
/// If the system does not say.
#[must_use]
pub fn children(id: u32) -> Vec<u32> {
    let listed = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    let listed = listed.expect("a system that lists children");
    listed.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

/// Whether a process runs.
#[must_use]
pub fn is_running(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // Whoever has ended and was not waited for is a zombie.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}
