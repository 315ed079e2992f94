#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[cfg(not(target_arch = "wasm32"))]
mod properties;

use serde::Deserialize;

use crate::fake::FakeHost;
use crate::{
    Compile, Conflict, Edit, Endpoint, Exchange, Expect, Headers, Host, Invalid, Policy, Verdict,
    load,
};

fn request() -> Headers {
    [(":path", "/a?b"), ("accept", "one"), ("Accept", "two"), ("host", "\u{fffd}")]
        .into_iter()
        .collect()
}

#[test]
fn a_field_may_repeat_and_its_name_has_no_case() {
    let headers = request();
    assert_eq!(headers.get("ACCEPT"), Some(&b"one"[..]));
    assert_eq!(headers.get_all("accept").collect::<Vec<_>>(), [b"one", b"two"]);
    assert_eq!(headers.get("absent"), None);
}

#[test]
fn fields_that_arrived_are_not_edits_and_changes_are() {
    let mut headers = request();
    assert_eq!(headers.edits().count(), 0);
    headers.set("accept", "three");
    headers.append("accept", [0xff, 0xfe]);
    headers.remove("absent");
    headers.remove(":path");
    assert_eq!(headers.get_all("accept").collect::<Vec<_>>(), [&b"three"[..], &[0xff, 0xfe]]);
    assert_eq!(
        headers.edits().collect::<Vec<_>>(),
        [
            Edit::Set(b"accept", b"three"),
            Edit::Append(b"accept", &[0xff, 0xfe]),
            Edit::Remove(b":path"),
        ]
    );
    headers.settle();
    assert_eq!(headers.edits().count(), 0);
    assert_eq!(headers.get("accept"), Some(&b"three"[..]));
}

#[test]
fn a_field_that_reads_like_another_is_removed_with_it() {
    let mut headers: Headers =
        [("x-user-id", "1"), ("X_User-Id", "2"), ("x_user_id", "3"), ("x-user", "4")]
            .into_iter()
            .collect();
    headers.remove_alike("x-user-id");
    assert_eq!(headers.iter().collect::<Vec<_>>(), [(&b"x-user"[..], &b"4"[..])]);
    assert_eq!(
        headers.edits().collect::<Vec<_>>(),
        [Edit::Remove(b"x-user-id"), Edit::Remove(b"X_User-Id"), Edit::Remove(b"x_user_id")]
    );
}

#[test]
fn places_outside_the_buffer_make_no_headers() {
    let inside = Headers::from_parts(b"ab".to_vec(), 1, |_, _| Some((0..1, 1..2))).expect("inside");
    assert_eq!(inside.get("a"), Some(&b"b"[..]));
    assert!(Headers::from_parts(b"ab".to_vec(), 1, |_, _| Some((0..1, 1..3))).is_none());
    #[expect(clippy::reversed_empty_ranges, reason = "a hostile buffer may say so")]
    let backwards = Headers::from_parts(b"ab".to_vec(), 1, |_, _| Some((1..0, 1..2)));
    assert!(backwards.is_none());
}

#[test]
fn the_path_ends_where_the_query_begins() {
    let mut exchange = Exchange::default();
    assert_eq!(exchange.request.path(), b"");
    exchange.request.headers.set(":path", "/a/b?c=d?e");
    assert_eq!(exchange.request.path(), b"/a/b");
    assert_eq!(exchange.request.query(), Some(&b"c=d?e"[..]));
    exchange.request.headers.set(":path", "/a/b");
    assert_eq!(exchange.request.query(), None);
}

/// A policy that asks for everything and handles no answer.
#[derive(Debug)]
struct Forgetful;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    limits: Vec<u32>,
}

impl Policy for Forgetful {
    type Notes = ();
    fn on_request(&self, (): &mut (), _: &mut Exchange, _: &dyn Host) -> Verdict {
        Verdict::Body
    }
}

impl Compile for Forgetful {
    type Config = Config;
    fn compile(config: Config) -> Result<Self, Invalid> {
        match config.limits.iter().position(|&limit| limit == 0) {
            Some(index) => {
                Err(Invalid::new(format!("[{index}]"), "must not be zero").within("limits"))
            }
            None => Ok(Self),
        }
    }
}

#[test]
fn an_answer_nobody_handles_is_a_refusal() {
    let (host, mut exchange) = (FakeHost::default(), Exchange::default());
    let verdicts = [
        Forgetful.on_request_body(&mut (), &mut exchange, &mut Vec::new(), &host),
        Forgetful.on_reply(&mut (), &mut exchange, None, &host),
        Forgetful.on_wake(&mut (), &mut exchange, &host),
    ];
    for verdict in verdicts {
        assert!(matches!(verdict, Verdict::Respond(response) if response.status == 500));
    }
}

#[test]
fn a_refused_configuration_names_the_field() {
    #[track_caller]
    fn check(json: &str, expected: &str) {
        assert_eq!(load::<Forgetful>(json.as_bytes()).expect_err(json).to_string(), expected);
    }
    check(r#"{"limits": [1, 0]}"#, "limits[1]: must not be zero");
    check(
        r#"{"limits": [1, "x"]}"#,
        "limits[1]: invalid type: string \"x\", expected u32 at line 1 column 18",
    );
    check(r#"{"limit": []}"#, "limit: unknown field `limit`, expected `limits` at line 1 column 8");
    check("{", "EOF while parsing an object at line 1 column 1");
    check(
        "{\n \"limits\":\n [1,\n {\"a\": 1}]}",
        "limits[1]: invalid type: map, expected u32 at line 4 column 1",
    );
    check(r#"{"limits": []} {}"#, "trailing characters at line 1 column 16");
}

#[test]
fn shared_memory_refuses_a_write_over_what_was_not_read() {
    let host = FakeHost::default();
    assert_eq!(host.share("k", b"1", Expect::Absent), Ok(()));
    assert_eq!(host.share("k", b"2", Expect::Absent), Err(Conflict));
    let read = host.shared("k").expect("written");
    assert_eq!(host.share("k", b"2", Expect::Version(read.version)), Ok(()));
    assert_eq!(host.share("k", b"3", Expect::Version(read.version)), Err(Conflict));
    assert_eq!(host.shared("k").expect("written").value, b"2");
}

#[test]
fn a_url_names_its_endpoint_and_what_follows() {
    #[track_caller]
    fn check(url: &str, cluster: &str, authority: &str, target: &str) {
        let (endpoint, rest) = Endpoint::split(url).expect(url);
        assert_eq!(endpoint.cluster(), cluster);
        assert_eq!(endpoint.authority(), authority);
        assert_eq!(rest, target);
    }
    check("https://A.example/x?y", "https://a.example:443", "a.example", "/x?y");
    check("http://a.example:8080", "http://a.example:8080", "a.example:8080", "");
    check("http://a.example?y", "http://a.example:80", "a.example", "?y");
    check("https://[::1]:8443/", "https://[::1]:8443", "[::1]:8443", "/");
    check("https://[::1]", "https://[::1]:443", "[::1]", "");
}

#[test]
fn what_is_no_endpoint_is_refused() {
    let refused = [
        "",
        "a.example",
        "ftp://a.example",
        "https://",
        "https:///x",
        "https://a b",
        "https://a:",
        "https://a:0",
        "https://a:65536",
        "https://u@a",
        "https://a/#f",
        "https://[::1",
        "https://[x]",
        "https://[::1]x",
        "https://a:80:80",
        "https://a\r\nb",
    ];
    for url in refused {
        assert!(Endpoint::split(url).is_err(), "{url}");
    }
}

#[test]
fn what_a_field_was_when_it_arrived_outlives_every_change() {
    let mut headers = Headers::from_iter([(":path", "/orders?a=b"), ("x-user", "me")]);
    assert_eq!(headers.arrived(":path"), Some(&b"/orders?a=b"[..]));
    headers.set(":path", "/v1/orders");
    headers.remove("x-user");
    headers.append("x-new", "1");
    headers.settle();
    headers.set(":path", "/again");
    assert_eq!(headers.arrived(":path"), Some(&b"/orders?a=b"[..]));
    assert_eq!(headers.arrived("X-User"), Some(&b"me"[..]));
    assert_eq!(headers.arrived("x-new"), None);
    let names: Vec<_> = headers.arrivals().map(|(name, _)| name).collect();
    assert_eq!(names, [&b":path"[..], b"x-user"], "{headers:?}");
}
