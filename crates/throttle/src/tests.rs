#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Exchange, Fault, Origin, Policy, Response, Timestamp, Verdict, load};
use tollgate_rate_limit::Pattern;

use crate::{Notes, Throttle};

fn compile(config: &Value) -> Result<Throttle, String> {
    load(config.to_string().as_bytes()).map_err(|invalid| invalid.to_string())
}

fn throttle(limits: Value) -> Throttle {
    compile(&json!({"limits": limits, "response_headers": "rate_limit"})).unwrap()
}

fn exchange(method: &str, path: &str) -> Exchange {
    let mut exchange = Exchange::default();
    exchange.request.headers.set(":method", method);
    exchange.request.headers.set(":path", path);
    exchange
}

/// The status of the answer, or 200 where the request goes on.
fn judge(throttle: &Throttle, exchange: &mut Exchange, host: &FakeHost) -> u16 {
    match throttle.on_request(&mut Notes::default(), exchange, host) {
        Verdict::Continue => 200,
        Verdict::Respond(response) => response.status,
        Verdict::Call(_) | Verdict::Body | Verdict::Wait(_) => panic!("it needs nothing"),
    }
}

fn host() -> FakeHost {
    FakeHost::at(Timestamp::from_secs(1_795_564_800))
}

fn limit(name: &str, rate: f64, burst: u32) -> Value {
    json!({"name": name, "throttle": {"rate_limit": rate, "burst_limit": burst}})
}

#[test]
fn requests_beyond_the_burst_are_refused_until_there_are_tokens_again() {
    let (host, throttle) = (host(), throttle(json!([limit("all", 2.0, 3)])));
    let mut request = exchange("GET", "/");
    let statuses: Vec<_> = (0..4).map(|_| judge(&throttle, &mut request, &host)).collect();
    assert_eq!(statuses, [200, 200, 200, 429]);
    assert_eq!(request.context.error, Some(Fault::Throttled));
    host.pass(Duration::from_millis(500));
    let statuses: Vec<_> = (0..2).map(|_| judge(&throttle, &mut request, &host)).collect();
    assert_eq!(statuses, [200, 429]);
}

#[test]
fn a_refusal_is_that_of_api_gateway() {
    let (host, throttle) = (host(), throttle(json!([limit("all", 0.1, 1)])));
    let mut request = exchange("GET", "/");
    assert_eq!(judge(&throttle, &mut request, &host), 200);
    let verdict = throttle.on_request(&mut Notes::default(), &mut request, &host);
    let Verdict::Respond(response) = verdict else { panic!("a refusal") };
    assert_eq!(response.status, 429);
    assert_eq!(response.body, br#"{"message":"Too Many Requests"}"#);
    let field =
        |name| response.headers.get(name).map(|value| String::from_utf8_lossy(value).into_owned());
    assert_eq!(field("content-type").as_deref(), Some("application/json"));
    assert_eq!(field("retry-after").as_deref(), Some("10"));
    assert_eq!(field("ratelimit").as_deref(), Some("\"all\";r=0;t=10"));
    assert_eq!(field("ratelimit-policy").as_deref(), Some("\"all\";q=1;w=10"));
}

#[test]
fn a_response_says_which_limit_is_closest() {
    let (host, throttle) =
        (host(), throttle(json!([limit("wide", 10.0, 100), limit("narrow", 1.0, 5)])));
    let (mut notes, mut request) = (Notes::default(), exchange("GET", "/"));
    assert!(matches!(throttle.on_request(&mut notes, &mut request, &host), Verdict::Continue));
    let mut response = Response { status: 200, ..Response::default() };
    let verdict =
        throttle.on_response(&mut notes, &mut request, &mut response, &Origin::Integration, &host);
    assert!(matches!(verdict, Verdict::Continue));
    assert_eq!(response.headers.get("ratelimit"), Some(&b"\"narrow\";r=4;t=1"[..]));
    let policy = response.headers.get("ratelimit-policy").unwrap();
    assert_eq!(policy, b"\"wide\";q=100;w=10, \"narrow\";q=5;w=5");
    // Nothing is said unless it is asked for.
    let silent = compile(&json!({"limits": [limit("a", 1.0, 1)]})).unwrap();
    assert!(!silent.needs().responses && throttle.needs().responses);
}

#[test]
fn clients_are_told_apart_by_what_the_limit_says() {
    let host = host();
    let by_header = json!({"name": "tenant", "per": {"header": "x-tenant"},
        "throttle": {"rate_limit": 0.001, "burst_limit": 1}});
    let throttle = throttle(json!([by_header]));
    let of = |tenant: Option<&[u8]>| {
        let mut request = exchange("GET", "/");
        if let Some(tenant) = tenant {
            request.request.headers.set("X-Tenant", tenant);
        }
        judge(&throttle, &mut request, &host)
    };
    assert_eq!([of(Some(b"a")), of(Some(b"a")), of(Some(b"b"))], [200, 429, 200]);
    assert_eq!([of(Some(b"\xff")), of(Some(b"\xff")), of(Some(b""))], [200, 429, 200]);
    // Who says nothing is one of many.
    assert_eq!([of(None), of(None)], [200, 429]);

    let by_address = json!({"name": "ip", "per": "source_ip",
        "throttle": {"rate_limit": 0.001, "burst_limit": 1}});
    let throttle = self::throttle(json!([by_address]));
    assert!(throttle.needs().source_address);
    let from = |address: &str| {
        let mut request = exchange("GET", "/");
        request.source_address = address.parse().ok();
        judge(&throttle, &mut request, &host)
    };
    assert_eq!([from("192.0.2.1"), from("192.0.2.1"), from("192.0.2.2")], [200, 429, 200]);
}

#[test]
fn a_limit_is_for_the_routes_it_names_however_they_are_spelt() {
    #[track_caller]
    fn check(pattern: &str, method: &str, path: &str, expected: bool) {
        let pattern = Pattern::parse(pattern).unwrap();
        assert_eq!(
            pattern.matches(method.as_bytes(), path.as_bytes()),
            expected,
            "{method} {path}"
        );
    }
    check("GET /orders/{id}", "GET", "/orders/1", true);
    check("GET /orders/{id}", "POST", "/orders/1", false);
    check("GET /orders/{id}", "GET", "/orders", false);
    check("GET /orders/{id}", "GET", "/orders/1/2", false);
    check("GET /orders/{id}", "GET", "//orders//%31/", true);
    check("GET /orders/{id}", "GET", "/%6frders/1", true);
    check("GET /orders/{id}", "GET", "/%zzrders/1", false);
    check("ANY /admin/{proxy+}", "PUT", "/admin/a/b", true);
    check("ANY /admin/{proxy+}", "PUT", "/admin", false);
    check("ANY /", "GET", "/", true);
    check("ANY /", "GET", "/a", false);
}

#[test]
fn a_wrong_configuration_is_refused_with_its_field() {
    #[track_caller]
    fn check(config: Value, expected: &str) {
        let refused = compile(&config).unwrap_err();
        assert!(refused.starts_with(expected), "{refused}");
    }
    let with = |field: &str, value: Value| {
        let mut limit = limit("a", 1.0, 1);
        limit[field] = value;
        json!({"limits": [limit]})
    };
    check(json!({"limits": []}), "limits: must be 1 to 1000, there are 0");
    check(
        json!({"limits": [limit("a", 1.0, 1), limit("a", 1.0, 1)]}),
        "limits[1].name: `a` is there twice",
    );
    check(with("name", "a b".into()), "limits[0].name: must be 1 to 128 letters");
    check(
        with("throttle", json!({"rate_limit": -1, "burst_limit": 1})),
        "limits[0].throttle.rate_limit: `-1`",
    );
    check(
        with("throttle", json!({"rate_limit": 1})),
        "limits[0].throttle: missing field `burst_limit`",
    );
    check(
        with("per", json!({"claim": "sub"})),
        "limits[0].per.claim: only the gateway knows claims",
    );
    check(
        with("per", json!({"header": "a b"})),
        "limits[0].per.header: `a b` is not a header field",
    );
    check(with("per", json!("ip")), "limits[0].per: unknown variant `ip`");
    check(with("routes", json!(["GET"])), "limits[0].routes[0]: `GET` is not a method and a path");
    check(
        with("routes", json!(["get /"])),
        "limits[0].routes[0]: `get /` has no method in capitals",
    );
    check(with("routes", json!(["GET a"])), "limits[0].routes[0]: `GET a` has a path");
    check(
        with("routes", json!(["GET /{a+}/b"])),
        "limits[0].routes[0]: `GET /{a+}/b` has something after",
    );
    check(
        with("routes", json!(["GET /{}"])),
        "limits[0].routes[0]: `GET /{}` has a variable without a name",
    );
    check(with("routes", json!(["GET /a{b}"])), "limits[0].routes[0]: `GET /a{b}` has a brace");
    check(with("rate", json!(1)), "limits[0].rate: unknown field `rate`");
    check(
        json!({"limits": [limit("a", 1.0, 1)], "counters": {"cluster": "c", "fleet_size": 0}}),
        "counters.fleet_size: `0` is not from 1 to 10000",
    );
}

#[test]
fn with_a_fleet_a_request_waits_for_tokens_but_not_for_long() {
    let host = host();
    let config = json!({
        "limits": [limit("a", 10.0, 10)],
        "counters": {"cluster": "c", "fleet_size": 2, "wait_millis": 30},
    });
    let throttle = compile(&config).unwrap();
    let (mut notes, mut request) = (Notes::default(), exchange("GET", "/"));
    let verdict = throttle.on_request(&mut notes, &mut request, &host);
    let end = Timestamp::from_secs(1_795_564_800).after(Duration::from_millis(30));
    assert!(matches!(verdict, Verdict::Wait(until) if until == end));
    assert!(throttle.is_pressed());
    assert_eq!(throttle.work(&host).fetches.len(), 1);
    host.pass(Duration::from_millis(30));
    assert!(matches!(throttle.on_wake(&mut notes, &mut request, &host), Verdict::Continue));
}
