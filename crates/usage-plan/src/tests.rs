#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_api_keys::{digest, hex};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Exchange, Fault, Policy, Response, Timestamp, Verdict, load};

use crate::{Keys, Notes, UsagePlan};

const NOW: Timestamp = Timestamp::from_secs(1_795_564_800);

const ALICE: &str = "alice-alice-alice-alice";

fn compile(config: &Value) -> Result<UsagePlan, String> {
    load(config.to_string().as_bytes()).map_err(|invalid| invalid.to_string())
}

fn limit(rate: f64, burst: u32) -> Value {
    json!({"rate_limit": rate, "burst_limit": burst})
}

fn config() -> Value {
    json!({
        "usage_plans": {"free": {"throttle": limit(0.001, 3), "methods": {"/a/{id}/GET": limit(0.001, 1)}}},
        "api_keys": {
            "alice": {"sha256": hex(&digest(ALICE.as_bytes())), "usage_plans": ["free"]},
            "gone": {"sha256": hex(&digest(b"gone-gone-gone-gone-gone")), "usage_plans": ["free"], "enabled": false},
            "alone": {"sha256": hex(&digest(b"alone-alone-alone-alone")), "usage_plans": []},
        },
    })
}

fn exchange(path: &str, key: Option<&str>) -> Exchange {
    let mut exchange = Exchange::default();
    exchange.request.headers.set(":method", "GET");
    exchange.request.headers.set(":path", path);
    if let Some(key) = key {
        exchange.request.headers.set("X-Api-Key", key);
    }
    exchange
}

fn ask(plan: &UsagePlan, host: &FakeHost, path: &str, key: Option<&str>) -> (String, Exchange) {
    let mut exchange = exchange(path, key);
    let said = match plan.on_request(&mut Notes::default(), &mut exchange, host) {
        Verdict::Continue => "200".to_owned(),
        Verdict::Respond(Response { status, headers, body }) => {
            let kind = headers.get("x-amzn-errortype").unwrap_or_default();
            let (kind, body) = (String::from_utf8_lossy(kind), String::from_utf8_lossy(&body));
            format!("{status} {kind} {body}")
        }
        verdict => format!("{verdict:?}"),
    };
    (said, exchange)
}

#[test]
fn only_keys_that_may_be_used_are_remembered() {
    let keys = serde_json::from_value(config()["api_keys"].clone()).expect("keys");
    let keys = Keys::compile(&keys, None).expect("keys");
    let host = FakeHost::at(NOW);
    for (value, is_good) in [(ALICE, true), ("gone-gone-gone-gone-gone", false), ("guess", false)] {
        for _ in 0..2 {
            assert_eq!(keys.find(value.as_bytes(), &host).is_ok(), is_good, "{value}");
            assert_eq!(keys.remembers(value.as_bytes()), is_good, "{value}");
        }
    }
}

#[test]
fn only_a_key_of_a_plan_gets_in() {
    let (host, plan) = (FakeHost::at(NOW), compile(&config()).unwrap());
    let (said, exchange) = ask(&plan, &host, "/", Some(ALICE));
    assert_eq!((said.as_str(), exchange.context.api_key_id.as_deref()), ("200", Some("alice")));
    let long = "a".repeat(129);
    let strangers = [
        None,
        Some(""),
        Some("nobody-nobody-nobody-nobody"),
        Some("gone-gone-gone-gone-gone"),
        Some("alone-alone-alone-alone"),
        Some(long.as_str()),
    ];
    for key in strangers {
        let (said, exchange) = ask(&plan, &host, "/", key);
        assert_eq!(said, r#"403 ForbiddenException {"message":"Forbidden"}"#, "{key:?}");
        assert_eq!(exchange.context.error, Some(Fault::InvalidApiKey));
    }
}

#[test]
fn a_plan_throttles_a_key_and_a_method_of_it() {
    let (host, plan) = (FakeHost::at(NOW), compile(&config()).unwrap());
    let said = |path| ask(&plan, &host, path, Some(ALICE)).0;
    let throttled = r#"429 TooManyRequestsException {"message":"Too Many Requests"}"#;
    assert_eq!(said("/a/1"), "200");
    assert_eq!(said("/a/2"), throttled);
    assert_eq!([said("/b"), said("/b")], ["200", "200"]);
    assert_eq!(said("/b"), throttled);
}

#[test]
fn keys_that_are_not_loaded_are_waited_for_and_then_there_is_an_error() {
    let mut config = config();
    config["api_key_files"] = json!({"cluster": "keys"});
    let (host, plan) = (FakeHost::at(NOW), compile(&config).unwrap());
    let (mut notes, mut request) =
        (Notes::default(), exchange("/", Some("another-another-another")));
    let verdict = plan.on_request(&mut notes, &mut request, &host);
    assert!(matches!(verdict, Verdict::Wait(_)), "{verdict:?}");
    // Those that are written down need not wait.
    assert_eq!(ask(&plan, &host, "/", Some(ALICE)).0, "200");
    assert!(plan.work(&host).fetches.iter().any(|fetch| fetch.call.cluster == "keys"));
    host.pass(Duration::from_secs(6));
    let verdict = plan.on_wake(&mut notes, &mut request, &host);
    assert!(matches!(verdict, Verdict::Respond(response) if response.status == 500));
}

#[test]
fn a_wrong_configuration_is_refused_with_its_field() {
    #[track_caller]
    fn check(change: impl FnOnce(&mut Value), expected: &str) {
        let mut config = config();
        change(&mut config);
        let refused = compile(&config).unwrap_err();
        assert!(refused.starts_with(expected), "{refused}");
    }
    check(|all| all["usage_plans"] = json!({}), "usage_plans: must be 1 to 300, there are 0");
    check(|all| all["key_header"] = "a b".into(), "key_header: `a b` is not a header field");
    check(|all| all["api_keys"] = json!({}), "api_keys: must be given, or `api_key_files`");
    check(
        |all| all["api_keys"]["alice"]["usage_plans"] = json!(["x"]),
        r#"api_keys["alice"].usage_plans: there is no usage plan `x`"#,
    );
    check(
        |all| all["api_keys"]["alice"]["usage_plans"] = json!(["free", "x"]),
        r#"api_keys["alice"].usage_plans: `free` and `x`: a key is in one plan"#,
    );
    check(
        |all| all["api_keys"]["alice"]["value"] = "secret-secret-secret".into(),
        "api_keys.alice.value: the plain value of a key",
    );
    check(
        |all| all["usage_plans"]["free"]["methods"] = json!({"a": limit(1.0, 1)}),
        r#"usage_plans.free.methods["a"]: `a` is not a path and a method"#,
    );
    check(
        |all| {
            all["usage_plans"]["free"]["quota"] = json!({"limit": 1, "period": "WEEK", "offset": 7})
        },
        "usage_plans.free.quota.offset: `7` is not from 0 to 6",
    );
    check(
        |all| all["usage_plans"]["free"]["quota"] = json!({"limit": 1, "period": "YEAR"}),
        "usage_plans.free.quota.period: unknown variant `YEAR`",
    );
    check(
        |all| all["usage_plans"]["free"]["quota"] = json!({"limit": 1, "period": "DAY"}),
        "counters: must be given where there is a quota",
    );
}
