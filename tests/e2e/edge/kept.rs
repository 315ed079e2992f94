//! What an edge does to answers that are not for everybody, or not whole.

use std::fmt::Write;

use tollgate_tests::backend::Behaviour;
use tollgate_tests::{
    Answer, Authority, Backend, Envoy, Gateway, Request, Scripted, Secure, wait, workspace,
};

use super::{edge, ready, regional, regional_for};

const PUBLIC: (&str, &str) = ("cache-control", "public, max-age=60");

/// An edge and a gateway before a backend that says what it is told to.
struct Chain {
    backend: Scripted,
    _regional: Gateway,
    edge: Envoy,
    address: std::net::SocketAddr,
    client: Secure,
}

impl Chain {
    fn start() -> Self {
        let authority = Authority::new("ours");
        let backend = Scripted::answering(said("200 OK", &[], "well"));
        let regional = regional_for("edge.internal", &backend.url("/{proxy}"), &authority, 0);
        let (edge, address) = edge(&authority, &[regional.address()]);
        let client = Secure::new(&authority);
        ready(&client, address);
        Self { backend, _regional: regional, edge, address, client }
    }

    fn ask(&self, request: Request) -> Answer {
        self.client.send(self.address, request)
    }
}

fn said(status: &str, fields: &[(&str, &str)], body: &str) -> String {
    let mut answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in fields {
        let _ = write!(answer, "{name}: {value}\r\n");
    }
    answer + "\r\n" + body
}

#[test]
fn a_part_is_not_kept_as_the_whole() {
    const WHOLE: &str = "0123456789";
    let chain = Chain::start();
    let part = said("206 Partial Content", &[PUBLIC, ("content-range", "bytes 0-3/10")], "0123");
    let whole = said("200 OK", &[PUBLIC], WHOLE);
    for (name, value) in [
        ("range", "bytes=0-3"),
        ("Range", "bytes=-4"),
        ("range", ""),
        ("if-range", "\"a\""),
        ("if-match", "\"a\""),
        ("if-none-match", "\"a\""),
        ("if-modified-since", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ("if-unmodified-since", "Thu, 01 Jan 2026 00:00:00 GMT"),
    ] {
        let target = format!("/{name}-{}", value.len());
        let conditional = || Request::get(&target).header(name, value);
        chain.backend.answer(part.as_str());
        for _ in 0..3 {
            let answer = chain.ask(conditional());
            assert_eq!((answer.status, answer.text()), (206, "0123"), "{name}: {value}");
        }
        chain.backend.answer(whole.as_str());
        let answer = chain.ask(Request::get(&target));
        assert_eq!((answer.status, answer.text()), (200, WHOLE), "{name}: {value}");
        assert_eq!(answer.header("x-cache"), Some("Miss from an-edge"), "{name}: {value}");
        wait::until_true("kept answer", wait::PATIENCE, || {
            let answer = chain.ask(Request::get(&target));
            assert_eq!((answer.status, answer.text()), (200, WHOLE), "{name}: {value}");
            answer.header("x-cache") == Some("Hit from an-edge")
        });
        // Nor is a part cut from what was kept: the gateway is asked.
        chain.backend.answer(part.as_str());
        if name.eq_ignore_ascii_case("range") {
            assert_eq!(chain.ask(conditional()).header("x-cache"), Some("Miss from an-edge"));
        }
    }
    chain.edge.assert_healthy();
}

#[test]
fn a_part_is_not_compressed() {
    let chain = Chain::start();
    let (kind, long) = (("content-type", "application/json"), "[1234567890]".repeat(50));
    let ask = |status: &str, range: &str| {
        chain.backend.answer(said(status, &[kind, ("content-range", range)], &long));
        let request = Request::get("/x").header("range", "bytes=0-599");
        chain.ask(request.header("accept-encoding", "gzip, br"))
    };
    let part = ask("206 Partial Content", "bytes 0-599/9000");
    assert_eq!(part.header("content-encoding"), None);
    assert_eq!(part.header("content-range"), Some("bytes 0-599/9000"));
    assert_eq!(part.text(), long);
    let whole = ask("200 OK", "bytes */600");
    assert!(whole.header("content-encoding").is_some());
}

#[test]
fn an_answer_with_a_cookie_is_private_and_otherwise_as_it_was() {
    const COOKIE: (&str, &str) = ("set-cookie", "a=b");
    const EXPIRES: (&str, &str) = ("expires", "Thu, 01 Jan 2099 00:00:00 GMT");
    let (authority, backend) = (Authority::new("ours"), Backend::start());
    let regional = regional(&backend, &authority, 0);
    let (edge, address) = edge(&authority, &[regional.address()]);
    let client = Secure::new(&authority);
    ready(&client, address);
    for (said, told) in [
        (None, "private"),
        (Some("public, max-age=60"), "private, max-age=60"),
        (Some("max-age=60,S-MaxAge=5 , Public"), "private, max-age=60"),
        (Some("s-maxage=60, must-revalidate"), "private, must-revalidate"),
        (Some("no-cache"), "private, no-cache"),
        (Some("no-store"), "no-store"),
        (Some("No-Store, s-maxage=60"), "No-Store, s-maxage=60"),
        (Some("max-age=60, private"), "max-age=60, private"),
        (Some(r#"no-cache="x-a, no-store", public"#), r#"private, no-cache="x-a, no-store""#),
        (Some(r#"private="x-a", max-age=60"#), r#"private, private="x-a", max-age=60"#),
    ] {
        let control = said.map(|said| ("cache-control", said));
        let fields = [COOKIE, EXPIRES].into_iter().chain(control).collect();
        backend.behave(Behaviour::EchoWith(fields));
        for _ in 0..3 {
            let answer = client.send(address, Request::get("/cookie"));
            assert_eq!(answer.header("cache-control"), Some(told), "{said:?}");
            assert_eq!(answer.header("expires"), Some(EXPIRES.1), "{said:?}");
            assert_eq!(answer.header("x-cache"), Some("Miss from an-edge"), "{said:?}");
        }
    }
    // It may be said in more than one field.
    let twice = [("cache-control", "public"), COOKIE, ("cache-control", "max-age=60")];
    backend.behave(Behaviour::EchoWith(twice.to_vec()));
    let answer = client.send(address, Request::get("/cookie"));
    assert_eq!(answer.header("cache-control"), Some("private, max-age=60"));
    // Without a cookie it is nobody's business.
    backend.behave(Behaviour::EchoWith(vec![("cache-control", "Public,max-age=0")]));
    let answer = client.send(address, Request::get("/none"));
    assert_eq!(answer.header("cache-control"), Some("Public,max-age=0"));
    edge.assert_healthy();
}

#[test]
fn the_readme_says_which_header_fields_are_removed() {
    let folder = workspace().join("envoy/edge");
    let text = std::fs::read_to_string(folder.join("envoy.yaml")).expect("envoy.yaml");
    let readme = std::fs::read_to_string(folder.join("README.md")).expect("a README");
    let mut count = 0;
    for line in text.lines().filter(|line| line.contains("remove_on_match")) {
        let matcher = line.split("key_matcher: { ").nth(1).and_then(|rest| rest.split(' ').nth(1));
        let name = matcher.expect("a name");
        let name =
            if line.contains("prefix:") { format!("`{name}*`") } else { format!("`{name}`") };
        assert!(readme.contains(&name), "{name} is removed");
        count += 1;
    }
    assert!(count > 20, "only {count} are removed");
}
