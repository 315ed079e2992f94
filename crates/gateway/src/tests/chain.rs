//! Whole requests, from the client to the integration and back.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::cell::Cell;
use std::time::Duration;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{
    Conflict, Digest, Expect, Fault, Host, Kind, Level, Metric, Origin, Policy, Response, Shared,
    Timestamp, Verdict,
};

use super::{NOW, Sent, TOKEN, definition, gateway, jwt, merge, open_api, request, send};
use crate::{Gateway, Notes};

/// `GET /open` for all, `GET /closed` for who may `orders.read`, and `GET /far` for who may more.
fn api(protocol: &str, authorizer: &Value) -> Value {
    let routes = [("GET /open", "http://b"), ("GET /closed", "http://b"), ("GET /far", "http://b")];
    let mut api = open_api(protocol, &routes, &["v1"]);
    api["authorizers"] = json!({ "tokens": jwt(authorizer) });
    let needs = |scope: &str| json!({ "jwt": { "authorizer": "tokens", "scopes": [scope] } });
    api["routes"]["GET /closed"]["authorization"] = needs("orders.read");
    api["routes"]["GET /closed"]["claims_to_headers"] =
        json!({ "x-groups": "groups", "x-no": "no" });
    api["routes"]["GET /far"]["authorization"] = needs("orders.write");
    api
}

fn serving(protocol: &str) -> Gateway {
    let own = json!({ "claims_to_headers": { "x-user": "sub" } });
    gateway(&definition(&[("a", api(protocol, &own))]))
}

fn get(gateway: &Gateway, path: &str, fields: &[(&str, &str)]) -> Sent {
    send(gateway, request("GET", "localhost", path, fields))
}

#[test]
fn who_has_a_token_gets_through_and_who_has_none_does_not() {
    let gateway = serving("http");
    let bearer = ("authorization", TOKEN);
    assert_eq!(get(&gateway, "/v1/open", &[]).to_string(), "GET http://b:80 /");
    let nobody = get(&gateway, "/v1/closed", &[]);
    assert_eq!(nobody.to_string(), r#"401 {"message":"Unauthorized"}"#);
    assert_eq!(nobody.answer().headers.get("www-authenticate"), Some(&b"Bearer"[..]));
    assert_eq!(nobody.header("x-tollgate-cluster"), None);
    let sent = get(&gateway, "/v1/closed", &[bearer]);
    assert_eq!(sent.to_string(), "GET http://b:80 /");
    let context = &sent.exchange.context;
    let caller = context.authorizer.as_ref().and_then(|caller| caller.principal_id.as_deref());
    assert_eq!(caller, Some("alice"));
    assert_eq!((&*context.api_id, &*context.stage), ("a", "v1"));
    assert_eq!((&*context.route_key, &*context.resource_path), ("GET /closed", "/closed"));
    let far = get(&gateway, "/v1/far", &[bearer]);
    assert_eq!(far.to_string(), r#"403 {"message":"Forbidden"}"#);
    let challenge = far.answer().headers.get("www-authenticate").map(String::from_utf8_lossy);
    assert!(challenge.expect("a challenge").contains("scope=\"orders.write\""));
    assert_eq!(far.exchange.context.error, Some(Fault::AccessDenied));
}

#[test]
fn a_rest_api_refuses_in_its_own_words() {
    let gateway = serving("rest");
    let error = |sent: &Sent| {
        let value = sent.answer().headers.get("x-amzn-errortype").expect("a type");
        (sent.to_string(), String::from_utf8_lossy(value).into_owned())
    };
    let nobody = get(&gateway, "/v1/closed", &[]);
    assert_eq!(
        error(&nobody),
        (r#"401 {"message":"Unauthorized"}"#.into(), "UnauthorizedException".into())
    );
    assert_eq!(nobody.answer().headers.get("www-authenticate"), Some(&b"Bearer"[..]));
    let denied = r#"403 {"Message":"User is not authorized to access this resource"}"#;
    let far = get(&gateway, "/v1/far", &[("authorization", TOKEN)]);
    assert_eq!(error(&far), (denied.into(), "AccessDeniedException".into()));
    let missing = r#"403 {"message":"Missing Authentication Token"}"#;
    let expected = (missing.into(), "MissingAuthenticationTokenException".into());
    assert_eq!(error(&get(&gateway, "/v1/other", &[])), expected);
    let wrong_method = send(&gateway, request("POST", "localhost", "/v1/open", &[]));
    assert_eq!(error(&wrong_method), expected);
}

#[test]
fn control_headers_of_a_client_are_removed() {
    let fields = [
        ("x-tollgate-cluster", "elsewhere"),
        ("X-Tollgate-Cluster", "elsewhere"),
        ("X-TOLLGATE-anything", "1"),
        ("x-envoy-upstream-rq-timeout-ms", "1"),
        ("X-Envoy-Retry-On", "5xx"),
        ("x-envoyage", "kept"),
        ("x-tollgate", "kept"),
    ];
    for path in ["/v1/open", "/v1/other", "/v2"] {
        let sent = get(&serving("http"), path, &fields);
        let headers = &sent.exchange.request.headers;
        let left: Vec<_> = headers
            .iter()
            .map(|(name, value)| format!("{}: {}", name.escape_ascii(), value.escape_ascii()))
            .filter(|field| field.to_lowercase().starts_with("x-"))
            .filter(|field| !field.starts_with("x-amzn-trace-id"))
            .collect();
        let mut expected = vec!["x-envoyage: kept", "x-tollgate: kept"];
        if path == "/v1/open" {
            expected.push("x-tollgate-cluster: http://b:80");
        }
        assert_eq!(left, expected, "{path}");
    }
}

#[test]
fn a_body_that_says_it_is_too_long_is_refused_before_it_comes() {
    #[track_caller]
    fn check(protocol: &str, length: &str, expected: &str) {
        let sent = get(&serving(protocol), "/v1/open", &[("content-length", length)]);
        assert_eq!(sent.to_string(), expected);
    }
    check("http", "10485760", "GET http://b:80 /");
    check("http", "10485761", r#"413 {"message":"Request Entity Too Large"}"#);
    check("http", "99999999999999999999999", r#"413 {"message":"Request Entity Too Large"}"#);
    check("rest", "99999999999", r#"413 {"message":"Request Too Long"}"#);
}

#[test]
fn an_open_route_does_not_lead_to_what_another_protects() {
    #[track_caller]
    fn check(path: &str, expected: &str) {
        let routes = [
            ("ANY /{proxy+}", "http://b/{proxy}"),
            ("GET /admin/{id}", "http://b/admin/{id}"),
            ("GET /open/{id}/{part}", "http://b/open/{id}/{part}"),
        ];
        let mut api = open_api("http", &routes, &["$default"]);
        api["authorizers"] = json!({ "tokens": jwt(&json!({})) });
        api["routes"]["GET /admin/{id}"]["authorization"] =
            json!({ "jwt": { "authorizer": "tokens" } });
        let sent = get(&gateway(&definition(&[("a", api)])), path, &[]);
        assert_eq!(sent.to_string(), expected, "{path}");
    }
    let refused = r#"400 {"message":"Bad Request"}"#;
    check("/admin/1", r#"401 {"message":"Unauthorized"}"#);
    for path in ["//admin/1", "/admin//1", "///admin//1", "/admin%2f1", "/admin%5C1", "/%2Fadmin/1"]
    {
        check(path, refused);
    }
    // Nothing is protected there, so the slashes are the caller's own business.
    check("/other//1", "GET http://b:80 /other//1");
    check("/open/a%2Fb", "GET http://b:80 /open/a%2Fb");
    check("/admin//1/2", "GET http://b:80 /admin//1/2");
}

#[test]
fn no_client_can_speak_for_the_authorizer() {
    let gateway = serving("http");
    let forged = [
        ("x-user", "root"),
        ("X-User", "root"),
        ("x-groups", "admins"),
        ("x-no", "yes"),
        ("authorization", TOKEN),
    ];
    let closed = get(&gateway, "/v1/closed", &forged);
    let all = |name: &str| {
        closed.exchange.request.headers.get_all(name).map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    assert_eq!(all("x-user"), [b"alice"]);
    assert_eq!(all("x-groups"), [b"[a b]"]);
    assert_eq!(all("x-no"), [b""; 0]);
    // The integration of an open route may be the same, and believe the same fields.
    let open = get(&gateway, "/v1/open", &forged);
    assert_eq!(open.to_string(), "GET http://b:80 /");
    for name in ["x-user", "x-groups", "x-no"] {
        assert_eq!(open.header(name), None, "{name}");
    }
}

#[test]
fn a_route_decides_for_itself_which_claim_a_header_carries() {
    let own = json!({ "claims_to_headers": { "x-user": "sub", "x-groups": "sub", "x-no": "sub" } });
    let gateway = gateway(&definition(&[("a", api("http", &own))]));
    let sent = get(&gateway, "/v1/closed", &[("authorization", TOKEN)]);
    assert_eq!(sent.header("x-user").as_deref(), Some("alice"));
    assert_eq!(sent.header("x-groups").as_deref(), Some("[a b]"));
    assert_eq!(sent.header("x-no"), None);
}

#[test]
fn a_tunnel_leads_nowhere() {
    for (protocol, stage) in [("http", "$default"), ("rest", "v1")] {
        let gateway = gateway(&definition(&[(
            "a",
            open_api(protocol, &[("ANY /", "http://b"), ("ANY /{proxy+}", "http://b")], &[stage]),
        )]));
        for path in ["", "/v1", "/v1/a"] {
            let sent = send(&gateway, request("CONNECT", "localhost", path, &[]));
            assert!(sent.to_string().starts_with('4'), "{protocol} {path} {sent}");
        }
    }
}

#[test]
fn a_request_waits_for_the_keys_and_then_goes_on() {
    let issuer = json!({
        "issuer": "https://issuer.example",
        "audiences": { "any_of": ["orders"] },
        "keys": { "jwks_uri": { "uri": "https://issuer.example/jwks" } },
    });
    let mut other = issuer.clone();
    merge(&mut other, &json!({ "issuer": "https://other.example" }));
    merge(&mut other, &json!({ "keys": { "jwks_uri": { "uri": "https://other.example/jwks" } } }));
    let first = api("http", &json!({ "issuers": [other] }));
    let second = api("http", &json!({ "issuers": [issuer] }));
    let gateway = gateway(&definition(&[("b", second), ("a", first)]));
    let host = FakeHost::at(NOW);
    let (mut notes, mut exchange) =
        (Notes::default(), request("GET", "localhost", "/v1/closed", &[("authorization", TOKEN)]));
    let held = gateway.on_request(&mut notes, &mut exchange, &host);
    assert!(
        matches!(held, Verdict::Wait(until) if until == NOW.after(Duration::from_millis(1_500)))
    );
    // Each fetch goes back to the authorizer that asked for it.
    let fetches = gateway.work(&host).fetches;
    let ids: Vec<_> = fetches.iter().map(|fetch| fetch.id).collect();
    assert_eq!(ids, [0, 1 << 8]);
    let keys = jwt(&json!({}))["jwt"]["issuers"][0]["keys"]["jwks"].to_string();
    for fetch in fetches {
        let body = match fetch.call.cluster.as_str() {
            "https://issuer.example:443" => keys.clone().into_bytes(),
            _ => b"{}".to_vec(),
        };
        let reply = Response { status: 200, body, ..Response::default() };
        gateway.on_fetched(fetch.id, Some(reply), &host);
    }
    gateway.on_fetched(u32::MAX, None, &host);
    let verdict = gateway.on_wake(&mut notes, &mut exchange, &host);
    assert_eq!(Sent { exchange, notes, verdict }.to_string(), "GET http://b:80 /");
}

#[test]
fn a_wake_that_nobody_waited_for_is_refused() {
    let (gateway, host) = (serving("http"), FakeHost::at(NOW));
    let mut exchange = request("GET", "localhost", "/v1/open", &[]);
    let verdict = gateway.on_wake(&mut Notes::default(), &mut exchange, &host);
    let sent = Sent { exchange, notes: Notes::default(), verdict };
    assert_eq!(sent.to_string(), r#"500 {"message":"Internal Server Error"}"#);
}

/// Sends a response back on the exchange of an open route.
fn back(protocol: &str, status: u16, origin: &Origin) -> (Verdict, Response) {
    let gateway = serving(protocol);
    let Sent { mut exchange, mut notes, verdict } = get(&gateway, "/v1/open", &[]);
    assert!(matches!(verdict, Verdict::Continue));
    let mut response = Response { status, ..Response::default() };
    let host = FakeHost::at(NOW);
    let verdict = gateway.on_response(&mut notes, &mut exchange, &mut response, origin, &host);
    (verdict, response)
}

#[test]
fn what_the_integration_answers_goes_back_with_a_name() {
    for status in [200, 404, 500, 503, 504] {
        let (verdict, response) = back("http", status, &Origin::Integration);
        assert!(matches!(verdict, Verdict::Continue));
        assert_eq!(response.status, status);
        let names: Vec<_> = response.headers.iter().map(|(name, _)| name.to_vec()).collect();
        assert_eq!(names, [b"apigw-requestid"]);
        let (_, response) = back("rest", status, &Origin::Integration);
        let names: Vec<_> = response.headers.iter().map(|(name, _)| name.to_vec()).collect();
        assert_eq!(names, [&b"x-amzn-requestid"[..], b"x-amz-apigw-id"]);
    }
}

#[test]
fn what_the_proxy_made_up_is_said_in_the_words_of_the_api() {
    #[track_caller]
    fn check(protocol: &str, status: u16, details: &str, expected: &str) {
        let (verdict, _) = back(protocol, status, &Origin::Proxy(details.to_owned()));
        let Verdict::Respond(response) = verdict else { panic!("{verdict:?}") };
        let body = String::from_utf8_lossy(&response.body);
        assert_eq!(format!("{} {body}", response.status), expected);
    }
    let unavailable = r#"503 {"message":"Service Unavailable"}"#;
    check("http", 504, "upstream_response_timeout", unavailable);
    check("http", 503, "no_healthy_upstream", unavailable);
    check(
        "http",
        413,
        "request_payload_too_large",
        r#"413 {"message":"Request Entity Too Large"}"#,
    );
    let timed_out = r#"504 {"message": "Endpoint request timed out"}"#;
    check("rest", 504, "upstream_response_timeout", timed_out);
    let network = r#"504 {"message": "Network error communicating with endpoint"}"#;
    check("rest", 503, "no_healthy_upstream", network);
}

/// A host that counts the signatures it is asked to verify.
struct Counting(FakeHost, Cell<u32>);

impl Host for Counting {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
    fn shared(&self, key: &str) -> Option<Shared> {
        self.0.shared(key)
    }
    fn share(&self, key: &str, value: &[u8], expect: Expect) -> Result<(), Conflict> {
        self.0.share(key, value, expect)
    }
    fn verify_signature(&self, _: Digest, _: &[u8], _: &[u8], _: &[u8]) -> Option<bool> {
        self.1.set(self.1.get() + 1);
        Some(true)
    }
    fn uptime(&self) -> Duration {
        self.0.uptime()
    }
    fn metric(&self, kind: Kind, name: &str) -> Option<Metric> {
        self.0.metric(kind, name)
    }
    fn record(&self, metric: Metric, value: u64) {
        self.0.record(metric, value);
    }
    fn log(&self, level: Level, message: &str) {
        self.0.log(level, message);
    }
}

#[test]
fn the_next_definition_inherits_what_is_still_true() {
    let host = Counting(FakeHost::at(NOW), Cell::new(0));
    let ask = |gateway: &Gateway, expected: u32| {
        let mut exchange = request("GET", "localhost", "/v1/closed", &[("authorization", TOKEN)]);
        let verdict = gateway.on_request(&mut Notes::default(), &mut exchange, &host);
        assert!(matches!(verdict, Verdict::Continue), "{verdict:?}");
        assert_eq!(host.1.get(), expected, "signatures verified");
    };
    let before = serving("http");
    ask(&before, 1);
    ask(&before, 1);
    // Only the authorizer has to be the same.
    let same = serving("rest");
    same.inherit(&before);
    ask(&same, 1);
    let other = gateway(&definition(&[("a", api("http", &json!({ "leeway_secs": 1 })))]));
    other.inherit(&before);
    ask(&other, 2);
    let renamed = gateway(&definition(&[("b", api("http", &json!({ "leeway_secs": 1 })))]));
    renamed.inherit(&other);
    ask(&renamed, 3);
}

#[test]
fn a_new_deployment_inherits_what_is_still_true_of_the_one_before() {
    let host = Counting(FakeHost::at(NOW), Cell::new(0));
    let deployed = |id: &str, authorizer: &Value| {
        let mut api = api("http", authorizer);
        let parts = ["authorizers", "integrations", "routes"];
        let deployment: Value =
            parts.iter().map(|part| ((*part).to_owned(), api[part].take())).collect();
        for part in parts {
            api[part] = json!({});
        }
        api["deployments"] = json!({ id: deployment });
        api["stages"]["v1"] = json!({ "deployment": id });
        gateway(&definition(&[("a", api)]))
    };
    let ask = |gateway: &Gateway, expected: u32| {
        let mut exchange = request("GET", "localhost", "/v1/closed", &[("authorization", TOKEN)]);
        let verdict = gateway.on_request(&mut Notes::default(), &mut exchange, &host);
        assert!(matches!(verdict, Verdict::Continue), "{verdict:?}");
        assert_eq!(host.1.get(), expected, "signatures verified");
    };
    let before = deployed("one", &json!({}));
    ask(&before, 1);
    let next = deployed("two", &json!({}));
    next.inherit(&before);
    ask(&next, 1);
    let other = deployed("three", &json!({ "leeway_secs": 1 }));
    other.inherit(&next);
    ask(&other, 2);
}
