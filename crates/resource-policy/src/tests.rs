//! Whom resource policies admit.

#[cfg(not(target_arch = "wasm32"))]
mod properties;

use serde_json::{Value, json};
use tollgate_iam::{Api, Caller, Decision, Principal, readings};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Exchange, Fault, Headers, Needs, Policy, Request, Timestamp, Verdict, load};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{Filter, ResourcePolicy, denied_message};

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:tollgate/prod/GET/pets";
const ANN: &str = "arn:aws:iam::123456789012:user/ann";

fn filter(statements: &Value) -> Filter {
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    load(json!({"policy": policy, "stage": "prod"}).to_string().as_bytes()).unwrap()
}

fn exchange(path: &str, fields: &[(&str, &[u8])]) -> Exchange {
    let head =
        [(":method", &b"GET"[..]), (":path", path.as_bytes()), ("x-forwarded-proto", b"https")];
    Exchange {
        request: Request { headers: head.iter().chain(fields).copied().collect() },
        source_address: Some("203.0.113.7".parse().unwrap()),
        arrived: Timestamp::from_secs(1_769_860_800),
        ..Exchange::default()
    }
}

fn allow(resource: &str) -> Value {
    statement("Allow", resource, &json!({}))
}

fn deny(resource: &str) -> Value {
    statement("Deny", resource, &json!({}))
}

fn statement(effect: &str, resource: &str, condition: &Value) -> Value {
    json!({
        "Effect": effect,
        "Principal": "*",
        "Action": "execute-api:Invoke",
        "Resource": resource,
        "Condition": condition,
    })
}

/// What becomes of a request: `None` if it goes on, or the text of the refusal.
#[track_caller]
fn refusal(filter: &Filter, exchange: &mut Exchange) -> Option<String> {
    let verdict = filter.on_request(&mut (), exchange, &FakeHost::default());
    let Verdict::Respond(response) = verdict else {
        assert!(matches!(verdict, Verdict::Continue), "{verdict:?}");
        assert_eq!(exchange.context.error, None);
        return None;
    };
    assert_eq!(response.status, 403);
    assert_eq!(response.headers.get("x-amzn-errortype"), Some(&b"AccessDeniedException"[..]));
    assert_eq!(response.headers.get("content-type"), Some(&b"application/json"[..]));
    assert_eq!(exchange.context.error, Some(Fault::AccessDenied));
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    let message = body["Message"].as_str().unwrap().to_owned();
    assert_eq!(exchange.context.error_message.as_ref(), Some(&message));
    Some(message)
}

/// Whether an exchange is admitted by this condition on who is allowed, and by the same on who is
/// denied.
#[track_caller]
fn check(condition: Value, exchange: &Exchange, holds: bool) {
    let admits = |statements| refusal(&filter(&statements), &mut exchange.clone()).is_none();
    let allowed = json!([statement("Allow", "execute-api:/*", &condition)]);
    assert_eq!(admits(allowed), holds, "allow if {condition}");
    let denied = json!([allow("execute-api:/*"), statement("Deny", "execute-api:/*", &condition)]);
    assert_eq!(admits(denied), !holds, "deny if {condition}");
}

#[test]
fn who_is_not_allowed_is_refused_in_the_words_of_api_gateway() {
    let told = "User: anonymous is not authorized to perform: execute-api:Invoke on resource: \
        arn:aws:execute-api:us-east-1:********9012:tollgate/prod/GET/pets";
    for (statements, expected) in [
        (json!([allow("execute-api:/*")]), None),
        (json!([allow("execute-api:/prod/GET/pets")]), None),
        (json!([allow(ARN)]), None),
        (json!([allow("execute-api:/prod/POST/*")]), Some(told.to_owned())),
        (json!([allow("execute-api:/test/*")]), Some(told.to_owned())),
        (json!([deny("execute-api:/prod/POST/*")]), Some(told.to_owned())),
        (
            json!([allow("*"), deny("execute-api:/prod/GET/*")]),
            Some(format!("{told} with an explicit deny")),
        ),
    ] {
        let mut exchange = exchange("/pets?a=b", &[]);
        assert_eq!(refusal(&filter(&statements), &mut exchange), expected, "{statements}");
    }
}

#[test]
fn the_account_is_told_by_its_end_alone() {
    let caller = Caller::new(ANN, "123456789012", "AIDA").unwrap();
    for (who, decision, expected) in [
        (
            Principal::Anonymous,
            Decision::ImplicitDeny,
            "User: anonymous is not authorized to perform: \
            execute-api:Invoke on resource: \
            arn:aws:execute-api:us-east-1:********9012:tollgate/prod/GET/pets",
        ),
        (
            Principal::Caller(&caller),
            Decision::ExplicitDeny,
            "User: \
            arn:aws:iam::123456789012:user/ann is not authorized to perform: execute-api:Invoke on \
            resource: arn:aws:execute-api:us-east-1:********9012:tollgate/prod/GET/pets with an \
            explicit deny",
        ),
    ] {
        assert_eq!(denied_message(who, ARN, decision), expected);
    }
    let message = |arn| denied_message(Principal::Anonymous, arn, Decision::ImplicitDeny);
    assert!(message("arn:aws:execute-api:r:12:x/:y").ends_with(" arn:aws:execute-api:r:12:x/:y"));
    assert!(message("arn:aws:execute-api:r:éé345:x").ends_with(":*é345:x"));
    assert!(message("none").ends_with(" none"));
}

#[test]
fn conditions_are_about_the_exchange() {
    let plain = exchange("/pets", &[("user-agent", b"curl/8"), ("referer", b"https://a.example/")]);
    for (condition, holds) in [
        (json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), true),
        (json!({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}), false),
        (json!({"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.1"]}}), true),
        (json!({"IpAddress": {"aws:VpcSourceIp": "0.0.0.0/0"}}), false),
        (json!({"Null": {"aws:SourceVpce": "true"}}), true),
        (json!({"Null": {"aws:SourceArn": "true"}}), true),
        (json!({"StringLike": {"aws:UserAgent": "curl/*"}}), true),
        (json!({"StringEquals": {"aws:Referer": "https://a.example/"}}), true),
        (json!({"Bool": {"aws:SecureTransport": "true"}}), true),
        (json!({"DateLessThan": {"aws:CurrentTime": "2026-01-31T12:00:01Z"}}), true),
        (json!({"NumericGreaterThan": {"aws:EpochTime": "1769860800"}}), false),
        (json!({"Null": {"aws:PrincipalArn": "true"}}), true),
        (json!({"StringEquals": {"aws:PrincipalType": "Anonymous"}}), false),
    ] {
        check(condition, &plain, holds);
    }
}

#[test]
fn who_comes_through_an_endpoint_has_the_address_of_its_vpc() {
    let mut through = exchange("/pets", &[]);
    through.context.vpce_id = Some("vpce-1".into());
    through.context.vpc_id = Some("vpc-2".into());
    for (condition, holds) in [
        (json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}}), true),
        (json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}), false),
        (json!({"StringEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}}), true),
        (json!({"IpAddress": {"aws:VpcSourceIp": "203.0.113.7"}}), true),
        (json!({"IpAddress": {"aws:SourceIp": "203.0.113.7"}}), false),
        (json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.7"}}), true),
    ] {
        check(condition, &through, holds);
    }
}

#[test]
fn only_what_the_proxy_calls_https_is_secure() {
    let insecure = json!({"Bool": {"aws:SecureTransport": "false"}});
    for (said, holds) in [
        (&["https"][..], false),
        (&["http"], true),
        (&[], true),
        (&[""], true),
        (&["HTTPS"], true),
        (&["https", "https"], true),
    ] {
        let mut exchange = exchange("/pets", &[]);
        exchange.request.headers.remove("x-forwarded-proto");
        for value in said {
            exchange.request.headers.append("x-forwarded-proto", value);
        }
        check(insecure.clone(), &exchange, holds);
    }
}

#[test]
fn a_field_that_is_there_twice_is_refused_where_a_condition_is_about_it() {
    let explicit = |condition: Value, fields: &[(&str, &[u8])]| {
        let statements = json!([statement("Allow", "*", &condition)]);
        let message = refusal(&filter(&statements), &mut exchange("/pets", fields));
        message.map(|message| message.ends_with("with an explicit deny"))
    };
    let about = |key: &str| json!({"StringLike": {key: "*"}});
    let twice: [(&str, &[u8]); 2] = [("referer", b"a"), ("referer", b"b")];
    assert_eq!(explicit(about("aws:Referer"), &twice), Some(true));
    assert_eq!(explicit(about("aws:Referer"), &twice[..1]), None);
    assert_eq!(explicit(json!({}), &twice), None);
    let agents: [(&str, &[u8]); 2] = [("user-agent", b"a"), ("User-Agent", b"a")];
    assert_eq!(explicit(about("aws:UserAgent"), &agents), Some(true));
    // What is no text is there all the same.
    let bytes: [(&str, &[u8]); 1] = [("user-agent", b"\xff")];
    assert_eq!(explicit(json!({"Null": {"aws:UserAgent": "false"}}), &bytes), None);
    assert_eq!(explicit(about("aws:UserAgent"), &bytes), None);
}

#[test]
fn a_caller_is_who_the_policy_is_about() {
    let api = Api::new("us-east-1", "123456789012", "tollgate");
    let mut ann = allow("execute-api:/*");
    ann["Principal"] = json!({"AWS": ANN});
    ann["Condition"] = json!({"StringEquals": {"aws:username": "ann"}});
    let policy =
        ResourcePolicy::new(&json!({"Version": "2012-10-17", "Statement": ann}), &api).unwrap();
    let bob = ANN.replace("ann", "bob");
    let exchange = exchange("/pets", &[]);
    assert_eq!(policy.decide(&exchange, ARN, Principal::Anonymous), Decision::ImplicitDeny);
    for (arn, expected) in [(ANN, Decision::Allow), (&bob, Decision::ImplicitDeny)] {
        let caller = Caller::new(arn, "123456789012", "AIDA").unwrap();
        assert_eq!(policy.decide(&exchange, ARN, Principal::Caller(&caller)), expected, "{arn}");
    }
    assert!(!policy.needs_source_address());
}

#[test]
fn a_path_is_admitted_only_if_all_readings_of_it_are() {
    let guarded = filter(&json!([allow("execute-api:/*"), deny("execute-api:/prod/*/admin*")]));
    let narrow = filter(&json!([allow("execute-api:/prod/GET/pets/*")]));
    for (path, is_guarded, is_narrow) in [
        ("/pets/1", true, true),
        ("/pets/a%20b", true, true),
        ("/admin", false, false),
        ("/%61dmin", false, false),
        ("//admin", false, false),
        ("/%2fadmin", false, false),
        ("/pets/%2e%2e/admin", false, false),
        ("/pets/..%2Fadmin", false, false),
        ("/pets/..;x/admin", false, false),
        ("/pets/.%00", false, false),
        ("/pets/..%5cadmin", false, false),
        ("/pets%2F1", true, false),
        ("/p%65ts/1", true, false),
        ("/pets/%", true, true),
        ("/pets/%zz%f", true, true),
        ("/pets/%ff", true, true),
        ("/pets/a//b", true, true),
        ("/pets/...", true, true),
        ("*", true, false),
        ("", true, false),
    ] {
        for (filter, expected) in [(&guarded, is_guarded), (&narrow, is_narrow)] {
            let is_admitted = refusal(filter, &mut exchange(path, &[])).is_none();
            assert_eq!(is_admitted, expected, "{path}");
        }
    }
    assert_eq!(readings(b"/a%2F%2fb"), Some(("/a%2F%2fb".to_owned(), Some("/a/b".to_owned()))));
    assert_eq!(readings(b"/a/b"), Some(("/a/b".to_owned(), None)));
}

#[test]
fn the_clients_address_is_asked_for_where_it_matters() {
    for (key, expected) in [
        ("aws:SourceIp", true),
        ("AWS:SOURCEIP", true),
        ("aws:VpcSourceIp", true),
        ("aws:SourceVpce", false),
    ] {
        let condition = json!({"Null": {key: "false"}});
        let needs = filter(&json!([statement("Allow", "*", &condition)])).needs();
        assert_eq!(needs, Needs { source_address: expected, ..Needs::default() }, "{key}");
    }
    let variable = allow("arn:aws:execute-api:*:*:*${aws:SourceIp}");
    assert!(filter(&json!([variable])).needs().source_address);
}

#[test]
fn a_configuration_that_cannot_be_honoured_is_refused() {
    let refused = |changes: Value| {
        let mut config = json!({"policy": {"Statement": [allow("execute-api:/*")]}});
        for (name, value) in changes.as_object().unwrap() {
            config[name] = value.clone();
        }
        load::<Filter>(config.to_string().as_bytes())
            .map_or_else(|it| it.to_string(), |_| String::new())
    };
    for (changes, expected) in [
        (json!({}), ""),
        (
            json!({"region": "eu-west-1", "account_id": "000000000000", "api_id": "a-1", "stage": "v_1"}),
            "",
        ),
        (json!({"region": "EU"}), "region: `EU` is no region such as `us-east-1`"),
        (json!({"account_id": "*"}), "account_id: `*` is not twelve digits"),
        (json!({"account_id": "12345"}), "account_id: `12345` is not twelve digits"),
        (json!({"api_id": "*"}), "api_id: `*` is not 1 to 128 letters, digits, `-`, `_` and `$`"),
        (json!({"stage": ""}), "stage: `` is not 1 to 128 letters, digits, `-`, `_` and `$`"),
        (json!({"policy": {"Statement": []}}), "policy.Statement: must not be an empty list"),
        (
            json!({"policy": {"Statement": {"Effect": "Allow"}}}),
            "policy.Statement.Principal: is missing: say whom this is about, if everyone then `*`",
        ),
        (json!({"policy": "{}"}), "policy: must be an object"),
        (
            json!({"other": 1}),
            "other: unknown field `other`, expected one of `policy`, `region`, \
            `account_id`, `api_id`, `stage` at line 1 column 8",
        ),
    ] {
        let refused = refused(changes.clone());
        assert_eq!(
            refused.split(" at line").next(),
            expected.split(" at line").next(),
            "{changes}"
        );
    }
    assert!(load::<Filter>(b"{}").unwrap_err().to_string().contains("missing field `policy`"));
}

#[test]
fn the_defaults_are_those_that_are_documented() {
    let config = json!({"policy": {"Statement": [allow(
        "arn:aws:execute-api:us-east-1:123456789012:tollgate/$default/GET/pets"
    )]}});
    let filter: Filter = load(config.to_string().as_bytes()).unwrap();
    assert_eq!(refusal(&filter, &mut exchange("/pets", &[])), None);
    let headers = Headers::from_iter([(":method", &b"GET"[..]), (":path", b"/")]);
    let mut root = Exchange { request: Request { headers }, ..Exchange::default() };
    let told = refusal(&filter, &mut root).unwrap();
    assert!(told.ends_with(":tollgate/$default/GET/"), "{told}");
}
