//! Why a command failed, and what the shell is told.

use std::process::ExitCode;

/// A command that failed.
#[derive(Debug)]
pub struct Failure {
    /// What the shell is told.
    pub code: Code,
    /// What went wrong, for the operator.
    pub message: String,
    /// Lines that come before the message as they are: problems of a document, words of Envoy.
    pub details: Vec<String>,
}

/// The exit codes. `--help` lists them; scripts may rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The machine did not do its part: a file, a folder, a socket.
    Environment = 1,
    /// The document, or what is asked for, is refused. 2 is for arguments that make no sense, and is clap's.
    Refused = 3,
    /// Envoy is missing, did not start, refused its configuration or died.
    Envoy = 4,
    /// A port is taken.
    Port = 5,
}

/// What `--help` says about exit codes.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done, or stopped by SIGINT or SIGTERM
  1  something about this machine: a file, a folder, a socket
  2  the arguments make no sense
  3  the document, or what is asked for, is refused; every problem is listed
  4  Envoy is missing, did not start or died
  5  a port is taken";

impl Failure {
    /// A failure without details.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: Vec::new() }
    }

    /// The same failure, with lines that explain it.
    pub fn with_details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::new(Code::Environment, format!("{error:#}"))
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}
