//! What requests are worth to condition keys.

use std::collections::BTreeMap;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{Caller, Found, Keys, Principal, RequestKeys};

/// The text of a key that has one value.
#[track_caller]
fn check(keys: &RequestKeys<'_>, key: &str, expected: Option<&str>) {
    let found = match keys.values(key) {
        Found::Nothing => None,
        Found::One(value) => Some(value.into_text().into_owned()),
        Found::Several(values) => panic!("{key} has several: {values:?}"),
    };
    assert_eq!(found.as_deref(), expected, "{key}");
}

#[test]
fn a_request_has_the_keys_that_are_known_of_it() {
    let none = RequestKeys::none();
    for key in [
        "aws:sourceip",
        "aws:vpcsourceip",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:useragent",
        "aws:referer",
        "aws:securetransport",
        "aws:currenttime",
        "aws:epochtime",
        "aws:sourcearn",
        "aws:principalarn",
        "aws:principaltype",
        "aws:userid",
        "aws:username",
        "",
    ] {
        check(&none, key, None);
    }
    let full = RequestKeys {
        now_secs: Some(1_769_860_800),
        source_ip: Some("2001:db8::1".parse().unwrap()),
        vpc_source_ip: Some("10.0.0.1".parse().unwrap()),
        source_vpc: Some("vpc-1"),
        source_vpce: Some("vpce-1"),
        user_agent: Some("curl/8"),
        referer: Some("https://a.example"),
        secure_transport: Some(true),
        ..none
    };
    for (key, expected) in [
        ("aws:sourceip", "2001:db8::1"),
        ("aws:vpcsourceip", "10.0.0.1"),
        ("aws:sourcevpc", "vpc-1"),
        ("aws:sourcevpce", "vpce-1"),
        ("aws:useragent", "curl/8"),
        ("aws:referer", "https://a.example"),
        ("aws:securetransport", "true"),
        ("aws:currenttime", "2026-01-31T12:00:00Z"),
        ("aws:epochtime", "1769860800"),
        ("aws:viaawsservice", "false"),
        ("aws:principalisawsservice", "false"),
    ] {
        check(&full, key, Some(expected));
    }
}

#[test]
fn a_caller_has_the_keys_of_its_kind() {
    let values = |arn: &str| {
        let caller = Caller::new(arn, "123456789012", "AIDA").unwrap();
        let keys = RequestKeys { principal: Principal::Caller(&caller), ..RequestKeys::none() };
        let text = |key: &str| match keys.values(key) {
            Found::One(value) => value.into_text().into_owned(),
            Found::Nothing => "-".to_owned(),
            Found::Several(values) => panic!("{values:?}"),
        };
        ["aws:principalarn", "aws:principaltype", "aws:username"].map(text).join(" ")
    };
    for (arn, expected) in [
        ("arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:root Account -"),
        ("arn:aws:iam::123456789012:user/a/ann", "arn:aws:iam::123456789012:user/a/ann User ann"),
        (
            "arn:aws-cn:sts::123456789012:assumed-role/reader/s",
            "arn:aws-cn:iam::123456789012:role/reader AssumedRole -",
        ),
        (
            "arn:aws:sts::123456789012:federated-user/bob",
            "arn:aws:sts::123456789012:federated-user/bob FederatedUser -",
        ),
    ] {
        assert_eq!(values(arn), expected);
    }

    let arn = "arn:aws:sts::123456789012:assumed-role/reader/s";
    let mut caller = Caller::new(arn, "123456789012", "AROA:s").unwrap();
    caller.role_arn = Some("arn:aws:iam::123456789012:role/staff/reader".to_owned());
    caller.org_id = Some("o-1".to_owned());
    caller.org_paths = vec!["o-1/r-1/ou-1/".to_owned(), "o-1/r-1/ou-2/".to_owned()];
    caller.tags = BTreeMap::from([("Team".to_owned(), "blue".to_owned())]);
    caller.has_mfa = Some(false);
    caller.mfa_age_secs = Some(7);
    caller.token_issued_secs = Some(0);
    let keys = RequestKeys { principal: Principal::Caller(&caller), ..RequestKeys::none() };
    for (key, expected) in [
        ("aws:principalarn", Some("arn:aws:iam::123456789012:role/staff/reader")),
        ("aws:principalaccount", Some("123456789012")),
        ("aws:userid", Some("AROA:s")),
        ("aws:principalorgid", Some("o-1")),
        ("aws:principaltag/team", Some("blue")),
        ("aws:principaltag/other", None),
        ("aws:multifactorauthpresent", Some("false")),
        ("aws:multifactorauthage", Some("7")),
        ("aws:tokenissuetime", Some("1970-01-01T00:00:00Z")),
        ("aws:username", None),
        ("aws:principaltag/", None),
    ] {
        check(&keys, key, expected);
    }
    let Found::Several(paths) = keys.values("aws:principalorgpaths") else { panic!("one path") };
    assert_eq!(paths.len(), 2);
}
