use serde_json::{Value, json};

use super::*;

fn side(requests: u64, errors_5xx: u64, p99: Option<f64>) -> Value {
    json!({
        "requests": requests, "errors_4xx": 3, "errors_5xx": errors_5xx, "abandoned": 1,
        "p99_micros": p99,
    })
}

fn numbers(of_canary: Value) -> Value {
    json!({
        "base": side(950, 9, Some(42_000.0)),
        "canary": of_canary,
        "errors_5xx": {"p_value": 0.25, "method": "fisher_exact"},
        "abandoned": {"p_value": 0.5, "method": "fisher_exact"},
        "canary_p99_at_least_micros": 30_100.0,
        "p99_limit_micros": 63_000.0,
    })
}

fn canary() -> Value {
    json!({
        "settings": {"deployment": "bbbbbbbbbb", "percent_traffic": 25.0},
        "began": 0,
        "analysis": {
            "steps": [5.0, 25.0, 50.0, 100.0], "interval_secs": 60, "min_requests": 100,
        },
        "progress": {"step": 1, "step_began": 120, "verdicts": [
            {"at": 60, "percent_traffic": 5.0, "verdict": {"wait": {"have": 40, "need": 100}}},
            {"at": 120, "percent_traffic": 5.0, "verdict": {"healthy": {
                "numbers": numbers(side(120, 2, Some(35_000.0))),
            }}},
        ]},
    })
}

fn release(canary: Option<Value>, last: Option<Value>) -> StageRelease {
    serde_json::from_value(json!({
        "deployment": "aaaaaaaaaa",
        "settings": {},
        "history": [],
        "canary": canary,
        "last_canary": last,
    }))
    .unwrap()
}

#[test]
fn how_a_canary_does_is_said_with_the_numbers() {
    let expected = "\
stage `prod` of `orders` serves aaaaaaaaaa, its canary bbbbbbbbbb gets 25 %
step 2 of 4 (5, 25, 50, 100) since 1970-01-01T00:02:00Z, each at least 60 s and 100 requests, then promoted
AT                    TRAFFIC  VERDICT  REQUESTS   4XX    5XX                     P       GIVEN UP  P       P99                CANARY P99 AT LEAST
1970-01-01T00:01:00Z  5 %      waiting  40 of 100
1970-01-01T00:02:00Z  5 %      healthy  950 | 120  3 | 3  9 (0.95 %) | 2 (1.67 %)  0.2500  1 | 1     0.5000  42.0 ms | 35.0 ms  30.1 ms of 63.0 ms
where two numbers stand, the stage's is the first";
    let words = |text: &str| -> Vec<Vec<String>> {
        let lines = text.lines();
        lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
    };
    assert_eq!(words(&text("orders", "prod", &release(Some(canary()), None))), words(expected));
}

#[test]
fn why_a_canary_was_taken_back_is_said_until_there_is_another() {
    let mut bad = canary();
    let reason = "5xx: canary 20.00 % (40 of 200), base 0.95 % (9 of 950), p = 9.8e-14 < 0.01";
    bad["progress"]["verdicts"][1]["verdict"] = json!({"failing": {
        "reason": reason,
        "numbers": numbers(side(200, 40, None)),
    }});
    let last = json!({"end": "rolled_back", "at": 180, "reason": reason, "canary": bad});
    let said = text("orders", "prod", &release(None, Some(last.clone())));
    let mut lines = said.lines();
    assert_eq!(lines.next(), Some("stage `prod` of `orders` serves aaaaaaaaaa and has no canary"));
    let why =
        format!("its last canary bbbbbbbbbb was rolled back at 1970-01-01T00:03:00Z: {reason}");
    assert_eq!(lines.next(), Some(why.as_str()));
    assert!(said.contains("failing  950 | 200"), "{said}");
    let said = text("orders", "prod", &release(Some(canary()), Some(last)));
    assert!(!said.contains("rolled back"));
}

#[test]
fn a_stage_that_never_had_a_canary_says_so() {
    assert_eq!(
        text("orders", "prod", &release(None, None)),
        "stage `prod` of `orders` serves aaaaaaaaaa and has no canary"
    );
}

#[test]
fn what_is_served_instead_of_what_is_kept_is_said() {
    let released = release(Some(canary()), None);
    let serving = |stage: Value, problem: Option<&str>| -> Serving {
        serde_json::from_value(json!({
            "version": 1, "apis": {"orders": {"prod": stage}}, "problem": problem,
        }))
        .unwrap()
    };
    let same = json!({"deployment": "aaaaaaaaaa", "canary": canary()["settings"]});
    let said = |serving: &Serving| lag(serving, "orders", "prod", &released);
    assert_eq!(said(&serving(same.clone(), None)), None);
    assert_eq!(
        said(&serving(same.clone(), Some("no keys"))).unwrap(),
        "`tollgate serve` serves that, and not all else that is kept: no keys"
    );
    let mut slower = same;
    slower["canary"]["percent_traffic"] = json!(5.0);
    assert_eq!(
        said(&serving(slower, None)).unwrap(),
        "`tollgate serve` has not taken that up: it serves aaaaaaaaaa, and its canary bbbbbbbbbb \
         gets 5 %, and judges no canary until it has"
    );
    assert_eq!(
        said(&serving(json!({"deployment": "cccccccccc"}), Some("Envoy refuses it"))).unwrap(),
        "`tollgate serve` has not taken that up: it serves cccccccccc and no canary, and judges no \
         canary until it has: Envoy refuses it"
    );
    let nothing = lag(&Serving::default(), "orders", "prod", &released).unwrap();
    assert!(nothing.contains("it serves nothing"), "{nothing}");
}
