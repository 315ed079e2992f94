//! A development server as a process, and requests to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::shell;

/// A running server. It dies with the test.
pub struct Server {
    child: Child,
    pub url: String,
}

impl Server {
    /// Starts a server, which says its URL once it listens.
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = shell::command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        let mut url = String::new();
        let stdout = child.stdout.as_mut().expect("a pipe");
        BufReader::new(stdout).read_line(&mut url).expect("a URL");
        Self { child, url: url.trim().to_owned() }
    }

    /// The address and port.
    pub fn authority(&self) -> &str {
        self.url.strip_prefix("http://").expect("a URL")
    }

    pub fn get(&self, path: &str) -> (u16, Value) {
        self.send(&format!("GET {path} HTTP/1.1\r\n"), "")
    }

    pub fn post(&self, path: &str, fields: &str, body: &str) -> (u16, Value) {
        self.send(&format!("POST {path} HTTP/1.1\r\n{fields}"), body)
    }

    fn send(&self, head: &str, body: &str) -> (u16, Value) {
        let authority = self.authority();
        let mut stream = TcpStream::connect(authority).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit");
        let length = body.len();
        let request = format!(
            "{head}host: {authority}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).expect("the request is sent");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("an answer");
        let (head, body) = response.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.expect("a status"), serde_json::from_str(body).unwrap_or(Value::Null))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that has already died has been noticed by the test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
