//! A Lambda function as it runs on AWS: AWS's own runtime of Python, in AWS's own emulator of what is
//! around it.
//!
//! Like an instance of a function, it is called once at a time: the emulator ends where it is called by
//! two at once.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::wait;
use crate::workspace;

/// How often another pair of ports is tried, where somebody else takes one before the emulator does.
const TRIES: usize = 5;

/// A function, until it is dropped.
#[derive(Debug)]
pub struct Lambda {
    folder: TempDir,
    child: Child,
    port: u16,
}

impl Lambda {
    /// Starts the function `handler(event, context)` of this source in Python, which may run for three
    /// seconds.
    ///
    /// # Panics
    /// If it does not start: `make lambda` installs what it takes.
    #[must_use]
    #[track_caller]
    pub fn serving(source: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("function.py"), source).expect("a written file");
        for _ in 0..TRIES {
            let [port, runtime] = free_ports();
            let mut child = start(&folder, port, runtime);
            let listens = wait::until("function", wait::PATIENCE, || {
                if child.try_wait().expect("a child").is_some() {
                    return Some(false);
                }
                std::net::TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(true)
            });
            if listens {
                return Self { folder, child, port };
            }
        }
        panic!("the emulator does not start:\n{}", said(&folder));
    }

    /// Where the Invoke API is that calls it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its name, the only one that the emulator knows.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        "function"
    }

    /// The function, as a configuration names it.
    #[must_use]
    pub fn function(&self) -> Value {
        json!({"name": self.name(), "endpoint": self.url()})
    }

    /// What the function and the emulator have written so far.
    #[must_use]
    pub fn log(&self) -> String {
        said(&self.folder)
    }

    /// How often it has been called.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.log().lines().filter(|line| line.starts_with("START RequestId")).count()
    }
}

fn start(folder: &TempDir, port: u16, runtime: u16) -> Child {
    let installed = workspace().join(".tools/lambda");
    let log = fs::File::create(folder.path().join("log")).expect("a file");
    Command::new(installed.join("rie"))
        .args(["--runtime-interface-emulator-address", &format!("127.0.0.1:{port}")])
        .args(["--runtime-api-address", &format!("127.0.0.1:{runtime}")])
        .args(["/usr/bin/env", "python3", "-m", "awslambdaric", "function.handler"])
        .current_dir(folder.path())
        .env("PYTHONPATH", installed.join("python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("AWS_LAMBDA_FUNCTION_NAME", "function")
        .env("AWS_LAMBDA_FUNCTION_TIMEOUT", "3")
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file"))
        .stderr(log)
        .spawn()
        .expect("the emulator of Lambda, which `make lambda` installs")
}

/// Two ports that nobody has yet.
fn free_ports() -> [u16; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}

fn said(folder: &TempDir) -> String {
    let said = fs::read(folder.path().join("log")).unwrap_or_default();
    String::from_utf8_lossy(&said).into_owned()
}

impl Drop for Lambda {
    #[expect(clippy::print_stderr, reason = "that is where a failing test says why")]
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the function said:\n{}", self.log());
        }
        // Asked first: so that the function ends with it.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let mut ticks = 0;
        while matches!(self.child.try_wait(), Ok(None)) && ticks < 1_000 {
            thread::sleep(Duration::from_millis(5));
            ticks += 1;
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
