//! Cases that others have written, and requests that clients have signed.

use serde_json::Value;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{REGION, Wire, at, judge};
use crate::{Presented, Refusal, Secret, SigningKey};

const AWS_SUITE: &str = include_str!("../../../../tests/data/sigv4/aws_suite.jsonl");
const CAPTURES: &str = include_str!("../../../../tests/data/sigv4/client_captures.jsonl");

/// Those of the standard form are others than those that were signed, or the suite has those of another
/// time than it has the request of.
const OTHER_TEXTS: [&str; 3] = [
    "aws-c-auth/get-relative-unnormalized",
    "aws-c-auth/get-slash-unnormalized",
    "smithy-rs/double-encode-path",
];

/// What is refused although its signature verifies under some canonical form: curl signs these paths
/// and queries as they are, and AWS does not accept that.
const AS_SENT: [&str; 6] = [
    "curl/pct-lower",
    "curl/plus",
    "curl/subdelims",
    "curl/pct-tilde",
    "curl/connections",
    "curl/q-order",
];

/// What AWS refuses and is accepted here: a path that is not normalized, a query that is not encoded.
const BEYOND_AWS: [&str; 7] = [
    "botocore/q-raw-special",
    "botocore/q-eq-in-value",
    "curl/double-slash",
    "awscurl/double-slash",
    "curl/q-empty",
    "curl/q-raw-special",
    "curl/q-eq-in-value",
];

fn rows(suite: &str) -> Vec<Value> {
    suite.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap()
}

/// Reads a request of the AWS suite. Lines end in a mere line feed.
fn wire(text: &str) -> Wire {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let line = lines.next().unwrap();
    let headers = lines.map(|line| line.split_once(':').unwrap());
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Wire::new(line, headers, body)
}

/// What a verifier with another secret says should have been signed.
fn canonical(wire: &Wire) -> (String, String) {
    wire.with(|request| {
        let presented = Presented::read(request).unwrap().unwrap();
        let key = SigningKey::derive(&Secret::new("another"), presented.scope());
        match presented.verify(request, &key, Some(&wire.body)) {
            Err(Refusal::Mismatch { canonical, string_to_sign }) => (canonical, string_to_sign),
            other => panic!("{other:?}"),
        }
    })
}

#[test]
fn what_aws_signs_is_good_and_has_the_texts_that_aws_gives() {
    let mut good = 0;
    for row in rows(AWS_SUITE) {
        let id = text(&row, "id");
        for form in ["header", "query"] {
            let Some(expected) = row.get(form) else { continue };
            let wire = wire(text(expected, "signed_request"));
            let presented = wire.with(|request| Presented::read(request).unwrap().unwrap());
            let now = presented.stamp().since_epoch();
            let scope = presented.scope();
            let verdict = judge(&wire, &scope.region, &scope.service, now);
            assert!(matches!(verdict, Ok(Some(_))), "{id}: {verdict:?}");
            good += 1;
            if OTHER_TEXTS.contains(&id) {
                continue;
            }
            let (canonical, string_to_sign) = canonical(&wire);
            assert_eq!(canonical, text(expected, "canonical_request"), "{id}");
            if let Some(expected) = expected["string_to_sign"].as_str() {
                assert_eq!(string_to_sign, expected.trim_ascii_end(), "{id}");
            }
        }
    }
    assert_eq!(good, 61);
}

fn captures() -> Vec<(String, Wire, String, Value)> {
    let capture = |row: Value| {
        let headers = row["headers"].as_array().unwrap().iter();
        let headers = headers
            .map(|pair| [0, 1].map(|index| pair[index].as_str().unwrap().to_owned()))
            .map(|[name, value]| (name, value))
            .collect();
        let mut wire = Wire::new(text(&row, "line"), headers, "");
        let digits =
            text(&row, "body").as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
        wire.body = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
        (text(&row, "case").to_owned(), wire, text(&row, "amz_date").to_owned(), row)
    };
    rows(CAPTURES).into_iter().map(capture).collect()
}

#[test]
fn what_clients_sign_is_good_where_it_is_good_with_aws_and_in_few_other_cases() {
    let (mut refused, mut beyond, mut good) = (Vec::new(), Vec::new(), 0);
    for (case, wire, stamp, row) in captures() {
        let verdict = judge(&wire, REGION, "execute-api", at(&stamp));
        let is_standard = row["verifies_standard"] == true;
        let is_any = !row["verifies_with"].as_array().unwrap().is_empty();
        match verdict {
            Ok(Some(verified)) => {
                assert_eq!(verified.scope().access_key, "AKIDEXAMPLE");
                good += 1;
                if !is_standard {
                    beyond.push(case);
                }
            }
            Err(Refusal::Mismatch { .. }) => {
                assert!(!is_standard, "{case}");
                if is_any {
                    refused.push(case);
                }
            }
            other => panic!("{case}: {other:?}"),
        }
    }
    assert_eq!(refused, AS_SENT);
    assert_eq!(beyond, BEYOND_AWS);
    assert_eq!(good, 132);
}

/// Everything in a request that its reader looks at, changed one at a time.
fn changed(wire: &Wire, signed: &[Value]) -> Vec<Wire> {
    let mut all = Vec::new();
    let mut change = |change: &dyn Fn(&mut Wire)| {
        let mut other = wire.clone();
        change(&mut other);
        if other != *wire {
            all.push(other);
        }
    };
    change(&|wire| wire.method = "DELETE".to_owned());
    change(&|wire| wire.path.push('x'));
    change(&|wire| wire.path.push_str("%2f"));
    change(&|wire| wire.path.push_str("/x/../y"));
    change(&|wire| wire.path = wire.path.replace('%', "%25"));
    change(&|wire| wire.path = wire.path.replace("%2f", "/").replace("%2F", "/"));
    change(&|wire| wire.path = wire.path.replace('+', "%2B"));
    change(&|wire| wire.path = wire.path.replace('@', "%40"));
    change(&|wire| wire.path = wire.path.replace(';', "%3B"));
    change(&|wire| wire.query.push_str("&admin=1"));
    change(&|wire| wire.query = wire.query.replace("=1", "=2"));
    change(&|wire| wire.query = wire.query.replace("b=2", "b=2%26a"));
    change(&|wire| wire.body.push(b'x'));
    for (index, (name, _)) in wire.headers.iter().enumerate() {
        if signed.iter().any(|signed| name.eq_ignore_ascii_case(signed.as_str().unwrap())) {
            change(&|wire| wire.headers[index].1.push('x'));
            change(&|wire| {
                wire.headers.remove(index);
            });
        }
    }
    all
}

#[test]
fn no_signature_holds_for_another_request() {
    let mut tried = 0;
    for (case, wire, stamp, row) in captures() {
        for other in changed(&wire, row["signed_headers"].as_array().unwrap()) {
            let verdict = judge(&other, REGION, "execute-api", at(&stamp));
            assert!(verdict.is_err(), "{case}: {other:?}");
            tried += 1;
        }
    }
    assert!(tried > 1_000, "{tried}");
}
