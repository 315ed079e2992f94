//! What is told to whom.

mod compile;
#[cfg(not(target_arch = "wasm32"))]
mod properties;
mod suite;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Exchange, Headers, Origin, Policy, Request, Response, Verdict, load};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::Cors;

const ALLOWED: &str = "https://www.example.com";

fn cors(config: &Value) -> Cors {
    load(config.to_string().as_bytes()).unwrap()
}

/// What says as much as can be said.
fn full() -> Cors {
    cors(&json!({
        "allow_origins": [ALLOWED, "http://localhost:8080"],
        "allow_methods": ["PUT", "DELETE"],
        "allow_headers": ["Authorization", "x-api-key"],
        "expose_headers": ["Date", "x-request-id"],
        "max_age_secs": 300,
        "allow_credentials": true,
    }))
}

fn request(method: &str, fields: &[(&str, &[u8])]) -> Request {
    let method = [(":method", method.as_bytes())];
    Request { headers: method.iter().chain(fields).copied().collect() }
}

fn preflight(origin: &str) -> Request {
    let fields = [("origin", origin.as_bytes()), ("access-control-request-method", &b"PATCH"[..])];
    request("OPTIONS", &fields)
}

/// All fields in one text each, in alphabetical order.
fn fields(headers: &Headers) -> Vec<String> {
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
    let mut fields: Vec<_> =
        headers.iter().map(|(name, value)| format!("{}: {}", text(name), text(value))).collect();
    fields.sort();
    fields
}

/// What is told to a request, in a response that said this.
fn marked(cors: &Cors, request: &Request, said: &[(&str, &[u8])]) -> Vec<String> {
    let mut response: Headers = said.iter().copied().collect();
    cors.mark(request, &mut response);
    fields(&response)
}

/// Whom a configuration of these origins allows: what `access-control-allow-origin` says.
fn granted(origins: &[&str], sent: &[&[u8]]) -> Option<String> {
    let cors = cors(&json!({"allow_origins": origins}));
    let sent: Vec<_> = sent.iter().map(|origin| ("origin", *origin)).collect();
    let mut response = Headers::new();
    cors.mark(&request("GET", &sent), &mut response);
    let said = response.get("access-control-allow-origin")?;
    Some(String::from_utf8(said.to_vec()).unwrap())
}

#[test]
fn a_preflight_is_answered_with_all_that_is_configured() {
    // `PATCH` is not among it: that is for the browser to see.
    let response = full().preflight(&preflight(ALLOWED)).unwrap();
    assert_eq!((response.status, response.body), (204, Vec::new()));
    assert_eq!(
        fields(&response.headers),
        [
            "access-control-allow-credentials: true",
            "access-control-allow-headers: Authorization,x-api-key",
            "access-control-allow-methods: PUT,DELETE",
            "access-control-allow-origin: https://www.example.com",
            "access-control-expose-headers: Date,x-request-id",
            "access-control-max-age: 300",
            "vary: Origin",
        ]
    );
}

#[test]
fn what_is_not_configured_is_not_said() {
    let response = cors(&json!({"allow_origins": ["*"]})).preflight(&preflight(ALLOWED)).unwrap();
    assert_eq!(fields(&response.headers), ["access-control-allow-origin: *"]);
    let all = json!({"allow_origins": ["*"], "allow_methods": ["*"], "allow_headers": ["*"],
        "expose_headers": ["*"], "max_age_secs": -1});
    assert_eq!(
        fields(&cors(&all).preflight(&preflight(ALLOWED)).unwrap().headers),
        [
            "access-control-allow-headers: *",
            "access-control-allow-methods: *",
            "access-control-allow-origin: *",
            "access-control-expose-headers: *",
            "access-control-max-age: -1",
        ]
    );
}

#[test]
fn a_preflight_from_a_stranger_gets_an_answer_but_no_grant() {
    for origin in ["https://evil.example", "null", "", "https://www.example.com.evil.example"] {
        let response = full().preflight(&preflight(origin)).unwrap();
        assert_eq!(response.status, 204, "{origin}");
        assert_eq!(fields(&response.headers), ["vary: Origin"], "{origin}");
    }
    let nobody = cors(&json!({})).preflight(&preflight(ALLOWED)).unwrap();
    assert_eq!(fields(&nobody.headers), Vec::<String>::new());
}

#[test]
fn whatever_is_no_preflight_is_for_the_integration() {
    #[track_caller]
    fn check(method: &str, fields: &[&str]) {
        let fields: Vec<_> = fields.iter().map(|name| (*name, ALLOWED.as_bytes())).collect();
        assert!(full().preflight(&request(method, &fields)).is_none());
    }
    check("OPTIONS", &[]);
    check("OPTIONS", &["origin"]);
    check("OPTIONS", &["access-control-request-method"]);
    check("OPTIONS", &["origin", "access-control-request-headers"]);
    check("GET", &["origin", "access-control-request-method"]);
    check("options", &["origin", "access-control-request-method"]);
}

#[test]
fn a_response_is_marked_for_an_origin_that_is_allowed() {
    let get = request("GET", &[("Origin", ALLOWED.as_bytes())]);
    assert_eq!(
        marked(&full(), &get, &[("content-type", b"text/plain")]),
        [
            "access-control-allow-credentials: true",
            "access-control-allow-origin: https://www.example.com",
            "access-control-expose-headers: Date,x-request-id",
            "content-type: text/plain",
            "vary: Origin",
        ]
    );
    // `OPTIONS` that is no preflight is a request like any other.
    let options = request("OPTIONS", &[("origin", b"http://localhost:8080")]);
    assert!(
        marked(&full(), &options, &[])
            .contains(&"access-control-allow-origin: http://localhost:8080".to_owned())
    );
}

#[test]
fn what_the_integration_says_about_cors_is_never_heard() {
    let said: [(&str, &[u8]); 6] = [
        ("access-control-allow-origin", b"*"),
        ("Access-Control-Allow-Origin", b"https://evil.example"),
        ("access-control-allow-credentials", b"true"),
        ("ACCESS-CONTROL-ALLOW-PRIVATE-NETWORK", b"true"),
        ("access-control-allow-methods", b"\xff"),
        ("access-controlled", b"kept"),
    ];
    let check = |origins: &[&str], origin: Option<&str>, expected: &[&str]| {
        let sent: Vec<_> = origin.iter().map(|origin| ("origin", origin.as_bytes())).collect();
        let cors = cors(&json!({"allow_origins": origins}));
        let found = marked(&cors, &request("GET", &sent), &said);
        assert_eq!(found, expected, "{origins:?} {origin:?}");
    };
    let granted = "access-control-allow-origin: https://www.example.com";
    check(&[ALLOWED], Some(ALLOWED), &[granted, "access-controlled: kept", "vary: Origin"]);
    check(&[ALLOWED], Some("https://b.example"), &["access-controlled: kept", "vary: Origin"]);
    check(&[ALLOWED], None, &["access-controlled: kept", "vary: Origin"]);
    check(&[], Some(ALLOWED), &["access-controlled: kept"]);
}

#[test]
fn origins_are_allowed_as_browsers_write_them() {
    #[track_caller]
    fn check(configured: &str, sent: &str, expected: Option<&str>) {
        let found = granted(&["https://another.example", configured], &[sent.as_bytes()]);
        assert_eq!(found.as_deref(), expected, "`{configured}` for `{sent}`");
    }
    let allows = |configured, sent| check(configured, sent, Some(sent));
    let refuses = |configured, sent| check(configured, sent, None);

    allows("https://a.example", "https://a.example");
    refuses("https://a.example", "http://a.example");
    refuses("https://a.example", "https://a.example:8443");
    refuses("https://a.example", "https://a.example/");
    refuses("https://a.example", "https://a.example.");
    refuses("https://a.example", "https://b.a.example");
    refuses("https://a.example", "a.example");
    // Capitals and a scheme's own port are what an operator may write, and no browser does.
    allows("HTTPS://A.Example:443", "https://a.example");
    refuses("https://a.example", "https://A.example");
    refuses("https://a.example", "https://a.example:443");
    allows("http://a.example:80", "http://a.example");
    allows("http://a.example:443", "http://a.example:443");
    allows("http://[::1]:3000", "http://[::1]:3000");
    allows("http://127.0.0.1", "http://127.0.0.1");
    allows("capacitor://localhost", "capacitor://localhost");

    allows("https://*", "https://b.example");
    allows("https://*", "https://b.example:8443");
    allows("https://*", "https://[2001:db8::1]");
    refuses("https://*", "http://b.example");
    allows("http://*", "http://b.example");
    refuses("http://*", "https://b.example");
    for strange in [
        "https://",
        "https://*",
        "https://a b",
        "https://a/",
        "https://a:",
        "https://a:0",
        "https://a:080",
        "https://a:+80",
        "https://a:443",
        "https://a:65536",
        "https://u@a",
        "https://a..b",
        "https://[::1",
        "https://[0:0::1]",
        "https://a,https://b",
        "https:a",
        "https://a\"",
        "https://A",
    ] {
        refuses("https://*", strange);
    }

    allows("https://*.a.example", "https://b.a.example");
    allows("https://*.a.example", "https://c.b.a.example");
    refuses("https://*.a.example", "https://a.example");
    refuses("https://*.a.example", "https://ba.example");
    refuses("https://*.a.example", "https://.a.example");
    refuses("https://*.a.example", "https://b.a.example:8443");
    refuses("https://*.a.example", "http://b.a.example");
    refuses("https://*.a.example", "https://b.a.example.evil.example");
    refuses("https://*.a.example", "https://evil.example/.a.example");
    allows("https://*.a.example:8443", "https://b.a.example:8443");
    refuses("https://*.a.example:8443", "https://b.a.example");
    allows("http://*.a.example:*", "http://b.a.example:6060");
    allows("http://*.a.example:*", "http://b.a.example");
    allows("http://localhost:*", "http://localhost:5173");
    refuses("http://localhost:*", "http://localhost.evil.example:5173");

    check("*", "https://b.example", Some("*"));
    check("*", "null", Some("*"));
    refuses("https://*", "null");
}

#[test]
fn an_origin_that_is_not_one_is_never_echoed() {
    let long = format!("https://{}.a.example", "b".repeat(310));
    let hostile: [&[&[u8]]; 10] = [
        &[b"https://a.example", b"https://a.example"],
        &[b"https://a.example", b"https://evil.example"],
        &[b"https://a.example, https://evil.example"],
        &[b"https://a.example,https://evil.example"],
        &[b"https://a.example\r\nset-cookie: a=b"],
        &[b"https://a.example\0"],
        &[b"https://\xff.a.example"],
        &["https://\u{e4}.a.example".as_bytes()],
        &[long.as_bytes()],
        &[b""],
    ];
    for sent in hostile {
        for configured in ["*", "https://*", "https://*.a.example", "https://a.example"] {
            assert_eq!(granted(&[configured], sent), None, "{configured} for {sent:?}");
        }
    }
}

#[test]
fn the_origin_is_the_one_that_arrived() {
    // Parameters of a request may be mapped before it goes to the integration.
    let (mut get, cors) = (request("GET", &[("origin", ALLOWED.as_bytes())]), full());
    let before = marked(&cors, &get, &[]);
    get.headers.remove("origin");
    assert_eq!(marked(&cors, &get, &[]), before);
    get.headers.set("origin", "http://localhost:8080");
    assert_eq!(marked(&cors, &get, &[]), before);
    let mut stranger = request("GET", &[]);
    stranger.headers.set("origin", ALLOWED);
    assert_eq!(marked(&cors, &stranger, &[]), ["vary: Origin"]);
}

#[test]
fn caches_are_told_what_a_response_depends_on() {
    #[track_caller]
    fn check(origins: &[&str], said: &[&str], expected: &[&str]) {
        let said: Vec<_> = said.iter().map(|value| ("Vary", value.as_bytes())).collect();
        // Whoever asks: the response to one must not be given to another.
        for origin in [ALLOWED, "https://evil.example", ""] {
            let get = request("GET", &[("origin", origin.as_bytes())]);
            let mut response: Headers = said.iter().copied().collect();
            cors(&json!({"allow_origins": origins})).mark(&get, &mut response);
            let vary: Vec<_> = response.get_all("vary").map(<[u8]>::to_vec).collect();
            let vary: Vec<_> = vary.iter().map(|value| str::from_utf8(value).unwrap()).collect();
            assert_eq!(vary, expected, "{origin}");
        }
    }
    check(&[ALLOWED], &[], &["Origin"]);
    check(&["https://*"], &["Accept-Encoding"], &["Accept-Encoding, Origin"]);
    check(&[ALLOWED], &["Accept", "a , b,"], &["Accept, a, b, Origin"]);
    check(&[ALLOWED], &["accept, ORIGIN"], &["accept, ORIGIN"]);
    check(&[ALLOWED], &["a", "*"], &["a", "*"]);
    check(&[ALLOWED], &[""], &["Origin"]);
    check(&["*"], &["Accept"], &["Accept"]);
    check(&[ALLOWED, "*"], &[], &[]);
    check(&[], &[], &[]);
}

#[test]
fn the_filter_answers_preflights_and_marks_what_anybody_answers() {
    let (host, cors) = (FakeHost::default(), full());
    let mut exchange = Exchange { request: preflight(ALLOWED), ..Exchange::default() };
    let verdict = cors.on_request(&mut (), &mut exchange, &host);
    assert!(matches!(verdict, Verdict::Respond(response) if response.status == 204));

    assert!(cors.needs().responses);
    let get = request("GET", &[("origin", ALLOWED.as_bytes())]);
    let mut exchange = Exchange { request: get, ..Exchange::default() };
    let verdict = cors.on_request(&mut (), &mut exchange, &host);
    assert!(matches!(verdict, Verdict::Continue));
    assert_eq!(exchange.request.headers.edits().count(), 0);
    for origin in [Origin::Integration, Origin::Proxy("upstream_response_timeout".to_owned())] {
        let mut response = Response { status: 504, ..Response::default() };
        let verdict = cors.on_response(&mut (), &mut exchange, &mut response, &origin, &host);
        assert!(matches!(verdict, Verdict::Continue));
        let said = response.headers.get("access-control-allow-origin");
        assert_eq!(said, Some(ALLOWED.as_bytes()), "{origin:?}");
        assert_eq!(response.status, 504);
    }
}
