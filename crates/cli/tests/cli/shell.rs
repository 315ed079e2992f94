//! Runs the program and looks at what comes of it.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// What a command did.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The program, with nothing of the user's own around it.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    command.args(arguments).env_clear();
    command
}

/// Runs the program to its end.
pub fn run(arguments: &[&str]) -> Outcome {
    outcome(&command(arguments).output().expect("the program starts"))
}

/// What a command that has ended did.
pub fn outcome(output: &Output) -> Outcome {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    Outcome {
        code: output.status.code().expect("an exit code"),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

/// A folder that is gone after the test.
pub fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A path as an argument.
pub fn argument(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}
