//! A process that does not outlive this one.

use std::ffi::OsStr;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a process may take to stop when it is asked, before it is made to.
const TIME_TO_STOP: Duration = Duration::from_secs(10);

/// A child that stops when this process asks it to, and dies when this process dies.
#[derive(Debug)]
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts a command.
    ///
    /// It is in a process group of its own: a Ctrl-C at the terminal reaches this process, which
    /// decides who stops when.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        die_with_this_process(command);
        Ok(Self { child: command.process_group(0).kill_on_drop(true).spawn()? })
    }

    /// The child as it was started, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits until it ends of its own accord.
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Asks it to stop, and makes it stop if it does not.
    pub async fn stop(mut self) {
        if let Some(pid) = self.pid() {
            // A process that is already gone has done what it was asked.
            let _ = kill_process(pid, Signal::TERM);
        }
        if timeout(TIME_TO_STOP, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }

    fn pid(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.child.id()?).ok()?)
    }
}

/// What a process said last: its exit code, or the signal it died of.
pub fn describe(program: impl AsRef<OsStr>, ended: &io::Result<ExitStatus>) -> String {
    let program = program.as_ref().display();
    match ended {
        Ok(status) => format!("{program} ended with {status}"),
        Err(error) => format!("{program} cannot be waited for: {error}"),
    }
}

/// On Linux the kernel ends the child when this process dies, even of SIGKILL.
#[cfg(target_os = "linux")]
fn die_with_this_process(command: &mut Command) {
    use rustix::process::{getpid, getppid, set_parent_process_death_signal};

    let parent = getpid();
    let ask = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have died before the kernel was asked.
        if getppid() == Some(parent) { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
    };
    // SAFETY: between fork and exec only two system calls are made: nothing is allocated and no
    // lock is taken.
    unsafe {
        command.pre_exec(ask);
    }
}

/// Elsewhere a child is only stopped by a process that is asked to stop itself.
#[cfg(not(target_os = "linux"))]
fn die_with_this_process(_command: &mut Command) {}
