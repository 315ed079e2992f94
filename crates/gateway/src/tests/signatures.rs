//! Routes that want signed requests.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Exchange, Policy, Verdict};

use super::{NOW, definition, gateway, open_api, request, send};
use crate::{Gateway, Notes};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const DATE: &str = "19700112T134640Z";
const SCOPE: &str = "19700112/us-east-1/execute-api/aws4_request";
const OWN: &str = "arn:aws:iam::123456789012:user/ann";
const OTHER: &str = "arn:aws:iam::210987654321:user/bob";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// What signs a request to the host `a`.
fn authorization(method: &str, path: &str, body: &str) -> String {
    let canonical = format!(
        "{method}\n{path}\n\nhost:a\nx-amz-date:{DATE}\n\nhost;x-amz-date\n{}",
        hex(&Sha256::digest(body))
    );
    let text = format!("AWS4-HMAC-SHA256\n{DATE}\n{SCOPE}\n{}", hex(&Sha256::digest(canonical)));
    let start = format!("AWS4{SECRET}").into_bytes();
    let key = SCOPE.split('/').fold(start, |key, part| mac(&key, part));
    let signature = hex(&mac(&key, &text));
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{SCOPE}, SignedHeaders=host;x-amz-date, Signature={signature}"
    )
}

fn signed(method: &str, path: &str, body: &str) -> Exchange {
    let authorization = authorization(method, path, body);
    request(method, "a", path, &[("authorization", &authorization), ("x-amz-date", DATE)])
}

/// A gateway of one route, which wants signatures, with these policies of the caller and of the API.
fn serving(protocol: &str, owner: &str, own: &Value, of_api: Option<&Value>) -> Gateway {
    let mut api = open_api(protocol, &[("ANY /{proxy+}", "http://b")], &["v1"]);
    api["routes"]["ANY /{proxy+}"]["authorization"] = json!("iam");
    if let Some(policy) = of_api {
        api["policy"] = policy.clone();
    }
    let mut all = definition(&[("a", api)]);
    all["credentials"] = json!([{
        "access_key_id": "AKIDEXAMPLE",
        "secret_access_key": SECRET,
        "owner": { "arn": owner },
        "policies": own,
    }]);
    gateway(&all)
}

fn policy(effect: &str, who: Option<&str>) -> Value {
    let mut statement = json!({
        "Effect": effect,
        "Action": "execute-api:Invoke",
        "Resource": "arn:aws:execute-api:us-east-1:123456789012:a/v1/*/x",
    });
    if let Some(who) = who {
        statement["Principal"] = json!({ "AWS": who });
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// What becomes of a request whose body is there when it is asked for.
fn outcome(gateway: &Gateway, mut exchange: Exchange, body: &str) -> (String, Exchange) {
    let (mut notes, host) = (Notes::default(), FakeHost::at(NOW));
    let mut verdict = gateway.on_request(&mut notes, &mut exchange, &host);
    if matches!(verdict, Verdict::Body) {
        let mut body = body.as_bytes().to_vec();
        verdict = gateway.on_request_body(&mut notes, &mut exchange, &mut body, &host);
    }
    let sent = super::Sent { exchange, notes, verdict };
    (sent.to_string(), sent.exchange)
}

const GOES_ON: &str = "GET http://b:80 /";

#[test]
fn a_caller_whose_policy_allows_the_call_is_let_in_and_the_signature_goes_nowhere() {
    let gateway = serving("rest", OWN, &json!([policy("Allow", None)]), None);
    let (told, exchange) = outcome(&gateway, signed("GET", "/v1/x", ""), "");
    assert_eq!(told, GOES_ON);
    assert_eq!(exchange.request.headers.get("authorization"), None);
    let identity = exchange.context.identity.expect("an identity");
    assert_eq!((&*identity.user_arn, &*identity.access_key), (OWN, "AKIDEXAMPLE"));
    let (told, _) = outcome(&gateway, signed("POST", "/v1/x", "body"), "body");
    assert_eq!(told, "POST http://b:80 /");
    let (told, _) = outcome(&gateway, signed("POST", "/v1/x", "body"), "another");
    assert!(told.starts_with(r#"403 {"message":"The request signature we calculated"#), "{told}");
}

#[test]
fn who_may_not_call_is_told_so_in_the_words_of_the_apis_kind() {
    let own = json!([policy("Allow", None)]);
    let rest = serving("rest", OWN, &own, None);
    let http = serving("http", OWN, &own, None);
    let forbidden = r#"403 {"message":"Forbidden"}"#;
    let unsigned = request("GET", "a", "/v1/x", &[]);
    let missing = r#"403 {"message":"Missing Authentication Token"}"#;
    assert_eq!(send(&rest, unsigned.clone()).to_string(), missing);
    assert_eq!(send(&http, unsigned).to_string(), forbidden);
    let (told, _) = outcome(&rest, signed("GET", "/v1/y", ""), "");
    let arn = "arn:aws:execute-api:us-east-1:********9012:a/v1/GET/y";
    let denied = format!(
        r#"403 {{"Message":"User: {OWN} is not authorized to perform: execute-api:Invoke on resource: {arn}"}}"#
    );
    assert_eq!(told, denied);
    assert_eq!(outcome(&http, signed("GET", "/v1/y", ""), "").0, forbidden);
    let bearer = request("GET", "a", "/v1/x", &[("authorization", "Bearer token")]);
    let (told, _) = outcome(&rest, bearer.clone(), "");
    assert!(told.starts_with(r#"403 {"message":"#) && !told.contains("Forbidden"), "{told}");
    assert_eq!(outcome(&http, bearer, "").0, forbidden);
}

#[test]
fn what_two_policies_come_to_depends_on_the_callers_account() {
    #[track_caller]
    fn check(owner: &str, own: &Value, of_api: Option<&Value>, expected: bool) {
        let gateway = serving("rest", owner, own, of_api);
        let (told, _) = outcome(&gateway, signed("GET", "/v1/x", ""), "");
        assert_eq!(told == GOES_ON, expected, "{told}");
        assert!(expected || told.starts_with("403"), "{told}");
    }
    let (allow, deny, silent) =
        (json!([policy("Allow", None)]), json!([policy("Deny", None)]), json!([]));
    let (allows, denies) = (policy("Allow", Some("*")), policy("Deny", Some("*")));
    // Within the account one word is enough, across accounts it takes both.
    check(OWN, &allow, None, true);
    check(OWN, &silent, Some(&allows), true);
    check(OWN, &silent, None, false);
    check(OWN, &allow, Some(&denies), false);
    check(OWN, &deny, Some(&allows), false);
    check(OTHER, &allow, None, false);
    check(OTHER, &silent, Some(&allows), false);
    check(OTHER, &allow, Some(&allows), true);
    check(OTHER, &allow, Some(&policy("Allow", Some("210987654321"))), true);
    check(OTHER, &allow, Some(&policy("Allow", Some("123456789012"))), false);
}

/// As everybody learns who sends a token to a path that is not there.
#[test]
fn what_is_no_signature_is_told_so_where_there_is_no_route() {
    let open = |protocol| {
        let api = open_api(protocol, &[("GET /x", "http://b")], &["v1"]);
        gateway(&definition(&[("a", api)]))
    };
    let told = |protocol, path, fields: &[(&str, &str)]| {
        send(&open(protocol), request("GET", "a", path, fields)).to_string()
    };
    let bearer = [("authorization", "Bearer token")];
    let nowhere = told("rest", "/v1/y", &bearer);
    let wrong = "not a valid key=value pair (missing equal-sign) in Authorization header";
    assert!(nowhere.starts_with("403") && nowhere.contains(wrong), "{nowhere}");
    assert!(!nowhere.contains("Bearer token"), "{nowhere}");
    let missing = r#"403 {"message":"Missing Authentication Token"}"#;
    assert_eq!(told("rest", "/v1/y", &[]), missing);
    assert_eq!(told("rest", "/v1/x", &bearer), "GET http://b:80 /");
    assert_eq!(told("http", "/v1/y", &bearer), r#"404 {"message":"Not Found"}"#);
    let signature = authorization("GET", "/v1/y", "");
    let signed = [("authorization", signature.as_str()), ("x-amz-date", DATE)];
    assert_eq!(told("rest", "/v1/y", &signed), missing);
}

#[test]
fn without_credentials_nobody_is_let_in() {
    let mut api = open_api("rest", &[("ANY /{proxy+}", "http://b")], &["v1"]);
    api["routes"]["ANY /{proxy+}"]["authorization"] = json!("iam");
    let gateway = gateway(&definition(&[("a", api)]));
    let (told, _) = outcome(&gateway, signed("GET", "/v1/x", ""), "");
    assert_eq!(told, r#"403 {"message":"Missing Authentication Token"}"#);
}

#[test]
fn a_body_that_was_read_for_the_signature_is_still_checked() {
    let mut api = open_api("rest", &[("ANY /{proxy+}", "http://b")], &["v1"]);
    api["models"] = json!({ "N": { "type": "object", "required": ["n"] } });
    let route = &mut api["routes"]["ANY /{proxy+}"];
    route["authorization"] = json!("iam");
    route["validation"] = json!({
        "required_parameters": ["method.request.querystring.q"],
        "models": { "application/json": "N" },
    });
    let mut all = definition(&[("a", api)]);
    all["credentials"] = json!([{
        "access_key_id": "AKIDEXAMPLE",
        "secret_access_key": SECRET,
        "owner": { "arn": OWN },
        "policies": [policy("Allow", None)],
    }]);
    let gateway = gateway(&all);
    let (told, _) = outcome(&gateway, signed("POST", "/v1/x", "{}"), "{}");
    assert!(told.starts_with(r#"400 {"message": "Missing required request parameters"#), "{told}");
}
