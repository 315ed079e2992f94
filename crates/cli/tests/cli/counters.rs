//! Counters as a process: killed, stopped, started again, and asked for what was used.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::Server;
use crate::shell::{folder, run};

/// Asks for one more of a quota of two, over the protocol, as bytes: one frame of HTTP/2 after the
/// other. Returns the overall code of the answer: 1 for a grant, 2 for a refusal.
fn take(server: &Server) -> u8 {
    let text = |tag: u8, text: &[u8]| [&[tag << 3 | 2, length(text)], text].concat();
    let entry = |key: &[u8], value: &[u8]| text(1, &[text(1, key), text(2, value)].concat());
    let descriptor = [
        entry(b"usage_plan", b"gold"),
        entry(b"key", b"k1"),
        entry(b"period", b"2026-11"),
        text(2, &[1 << 3, 2, 2 << 3, 5]),
    ];
    let message = [text(1, b"tollgate"), text(2, &descriptor.concat())].concat();
    let body = [&[0, 0, 0, 0, length(&message)], message.as_slice()].concat();
    // Literal fields without an index: `:method`, `:scheme` and `:path` by their numbers.
    let field =
        |name: &[u8], value: &[u8]| [&[0, length(name)], name, &[length(value)], value].concat();
    let path = b"/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";
    let head = [
        vec![0x83, 0x86],
        field(b":path", path),
        field(b":authority", b"counters"),
        field(b"content-type", b"application/grpc"),
        field(b"te", b"trailers"),
    ];
    let bytes = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(4, 0, 0, &[]),
        frame(1, 4, 1, &head.concat()),
        frame(0, 1, 1, &body),
    ];
    let mut stream = TcpStream::connect(server.authority()).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit");
    stream.write_all(&bytes.concat()).expect("the request is sent");
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).expect("a frame");
        let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
        stream.read_exact(&mut payload).expect("all of the frame");
        // The answer's message begins with its overall code, after five bytes of gRPC's own.
        if head[3] == 0
            && let Some([tag, code]) = payload.get(5..7)
        {
            assert_eq!(*tag, 1 << 3);
            return *code;
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let size = u16::try_from(payload.len()).expect("a short payload").to_be_bytes();
    [&[0, size[0], size[1], kind, flags, 0, 0, 0, stream], payload].concat()
}

fn length(of: &[u8]) -> u8 {
    u8::try_from(of.len()).ok().filter(|length| *length < 127).expect("short")
}

#[test]
fn what_was_granted_is_known_after_a_kill_and_shown_by_day() {
    let folder = folder();
    let state = folder.path().join("counters").display().to_string();
    let arguments = ["counters", "--port", "0", "--state", &state];
    for code in [1, 1, 2] {
        let server = Server::start(&arguments);
        assert_eq!(take(&server), code);
        // Dropped, it is killed at once: nothing is written on the way out.
    }
    let server = Server::start(&arguments);
    let ask = |more: &[&str]| {
        run(&[&["usage", "--plan", "gold", "--counters", &server.url], more].concat())
    };
    let shown = ask(&[]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    let lines: Vec<_> = shown.stdout.lines().collect();
    assert_eq!(lines.len(), 8, "{}", shown.stdout);
    assert_eq!(lines[0], "KEY  DAY         USED  REMAINING");
    assert!(lines.iter().any(|line| line.ends_with("     2          ?")), "{}", shown.stdout);
    let shown = ask(&["--key", "k 2", "--format", "json", "--to", "2026-11-24"]);
    let shown: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    assert_eq!(shown["startDate"], "2026-11-18");
    assert_eq!(shown["items"]["k 2"][6], json!([0, null]));
    let refused = ask(&["--from", "2026-11-24", "--to", "2026-11-23"]);
    assert_eq!(refused.code, 1);
    let url = &server.url;
    let expected =
        format!("error: cannot ask the counters at `{url}`: the first day is after the last\n");
    assert_eq!(refused.stderr, expected);
}

#[test]
fn a_folder_in_use_is_named() {
    let folder = folder();
    let state = folder.path().display().to_string();
    let arguments = ["counters", "--port", "0", "--state", &state];
    let _server = Server::start(&arguments);
    let second = run(&arguments);
    assert_eq!((second.code, second.stdout.as_str()), (1, ""));
    let expected =
        format!("error: cannot use the state in `{state}`: it is in use by another process\n");
    assert_eq!(second.stderr, expected);
}

#[test]
fn counters_stop_when_they_are_asked_to() {
    let folder = folder();
    let state = folder.path().display().to_string();
    let mut command = crate::shell::command(&["counters", "--port", "0", "--state", &state]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
    let mut byte = [0];
    child.stdout.as_mut().expect("a pipe").read_exact(&mut byte).expect("its URL");
    let sent = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status();
    assert!(sent.expect("`kill` runs").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_password_is_not_repeated() {
    let refused = run(&["counters", "--redis", "http://someone:hunter2@redis"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("`--redis` must be `redis://HOST:PORT`"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
}
