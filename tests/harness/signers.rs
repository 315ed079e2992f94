//! Clients that sign with AWS Signature Version 4, as others have written them.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::workspace;

/// Clients in Python: botocore in both ways, and two others.
pub const PYTHON: [&str; 4] = ["botocore", "botocore-presigned", "requests-aws4auth", "awscurl"];

/// Clients in JavaScript: the one of AWS's SDK in both ways, and two others.
pub const NODE: [&str; 4] = ["aws4", "aws4fetch", "smithy", "smithy-presigned"];

/// An access key.
#[derive(Clone, Copy, Debug)]
pub struct AccessKey {
    /// Its id.
    pub id: &'static str,
    /// What it signs with.
    pub secret: &'static str,
    /// What is sent with it; nothing where empty.
    pub token: &'static str,
}

/// A request that is to be signed and sent.
#[derive(Clone, Debug)]
pub struct Job {
    /// One of [`PYTHON`] or [`NODE`], or `curl`.
    pub client: &'static str,
    /// Whose it is.
    pub key: AccessKey,
    /// The method.
    pub method: &'static str,
    /// The whole URL, as the client is given it.
    pub url: String,
    /// The body; none where empty.
    pub body: &'static str,
}

/// Lets the clients sign for `us-east-1` and send; the status and the body that each got.
///
/// # Panics
/// If a client cannot be run, or fails otherwise than by an answer.
#[must_use]
pub fn send(jobs: &[Job]) -> Vec<(u64, String)> {
    let installed = workspace().join(".tools/signers");
    let scripts = workspace().join("tests/clients/signers");
    let mut answers = vec![(0, String::new()); jobs.len()];
    for (clients, program, script) in
        [(PYTHON, "python3", "signers.py"), (NODE, "node", "signers.mjs")]
    {
        let mine: Vec<_> =
            jobs.iter().enumerate().filter(|(_, job)| clients.contains(&job.client)).collect();
        let lines: String = mine.iter().map(|(_, job)| format!("{}\n", job.line())).collect();
        let mut command = Command::new(program);
        command
            .arg(scripts.join(script))
            .env("PYTHONPATH", installed.join("python"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("SIGNERS", &installed);
        let said = if mine.is_empty() { String::new() } else { talk(&mut command, &lines) };
        let told: Vec<Value> =
            said.lines().map(|line| serde_json::from_str(line).expect("an answer")).collect();
        assert_eq!(told.len(), mine.len(), "{said}");
        for ((index, _), told) in mine.into_iter().zip(told) {
            let body = told["body"].as_str().expect("a body").to_owned();
            answers[index] = (told["status"].as_u64().expect("a status"), body);
        }
    }
    for (index, job) in jobs.iter().enumerate().filter(|(_, job)| job.client == "curl") {
        answers[index] = job.curl();
    }
    answers
}

impl Job {
    fn line(&self) -> Value {
        let token = (!self.key.token.is_empty()).then_some(self.key.token);
        json!({
            "client": self.client,
            "id": self.key.id,
            "secret": self.key.secret,
            "token": token,
            "region": "us-east-1",
            "method": self.method,
            "url": self.url,
            "headers": {"x-color": "red"},
            "body": self.body,
        })
    }

    fn curl(&self) -> (u64, String) {
        let mut command = Command::new("curl");
        command
            .args(["--silent", "--show-error", "--globoff", "--path-as-is"])
            .args(["--aws-sigv4", "aws:amz:us-east-1:execute-api"])
            .args(["--user", &format!("{}:{}", self.key.id, self.key.secret)])
            .args(["--request", self.method, "--header", "x-color: red"])
            .args(["--write-out", "\n%{http_code}"]);
        if !self.key.token.is_empty() {
            command.args(["--header", &format!("x-amz-security-token: {}", self.key.token)]);
        }
        if !self.body.is_empty() {
            command.args(["--data", self.body]);
        }
        let said = talk(command.arg(&self.url), "");
        let (body, status) = said.rsplit_once('\n').expect("a status");
        (status.parse().expect("a status"), body.to_owned())
    }
}

/// Runs a program to its end.
fn talk(command: &mut Command, told: &str) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a client, which `make signers` installs");
    child.stdin.take().expect("a pipe").write_all(told.as_bytes()).expect("a client that reads");
    let output = child.wait_with_output().expect("a client that ends");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).expect("text")
}
