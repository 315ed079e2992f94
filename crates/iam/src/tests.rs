//! What policies say of requests.

mod conditions;
mod documents;
mod keys;
mod patterns;
mod principals;
#[cfg(not(target_arch = "wasm32"))]
mod properties;
mod times;

use serde_json::{Value as Json, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::Decision::{self, Allow, ExplicitDeny, ImplicitDeny};
use crate::{
    Action, Api, Found, Keys, Kind, Policy, Principal, Request, RequestKeys, cross_account,
    same_account,
};

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abcdef/prod/GET/pets/42";

fn api() -> Api {
    Api {
        partition: "aws".to_owned(),
        region: "us-east-1".to_owned(),
        account_id: "123456789012".to_owned(),
        api_id: "abcdef".to_owned(),
    }
}

/// The condition keys of a request, by name.
struct Table(Vec<(&'static str, Found<'static>)>);

impl Keys for Table {
    fn values(&self, key: &str) -> Found<'_> {
        let found = self.0.iter().find(|(name, _)| *name == key);
        found.map_or(Found::Nothing, |(_, found)| found.clone())
    }
}

#[track_caller]
fn identity(statements: &Json) -> Policy {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    Policy::compile(&document, Kind::Identity).unwrap()
}

fn ask<'r>(resource: &'r str, keys: &'r dyn Keys) -> Request<'r> {
    Request { principal: Principal::Anonymous, action: Action::Invoke, resource, keys }
}

/// What statements say of an ARN.
#[track_caller]
fn check(statements: &Json, arn: &str, expected: Decision) {
    let decision = identity(statements).decide(&ask(arn, &RequestKeys::none()));
    assert_eq!(decision, expected, "{arn}: {statements}");
}

fn allow(resource: impl Into<Json>) -> Json {
    json!({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource.into()})
}

fn deny(resource: impl Into<Json>) -> Json {
    json!({"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": resource.into()})
}

#[test]
fn what_is_denied_is_denied_whatever_allows_it() {
    check(&json!([allow("*")]), ARN, Allow);
    check(&json!([allow("*"), deny(ARN)]), ARN, ExplicitDeny);
    check(&json!([deny(ARN), allow("*")]), ARN, ExplicitDeny);
    check(&json!([allow("*"), deny("arn:aws:execute-api:*:*:*/prod/POST/*")]), ARN, Allow);
    check(&json!([deny("arn:aws:execute-api:*:*:*/prod/POST/*")]), ARN, ImplicitDeny);
    check(&json!([allow("arn:aws:execute-api:*:*:*/prod/POST/*")]), ARN, ImplicitDeny);
    // One statement needs no list.
    check(&allow("*"), ARN, Allow);
}

#[test]
fn actions_are_told_apart_in_small_and_capital_letters_alike() {
    let decide = |element: &str, written: Json, action| {
        let mut statement = json!({"Effect": "Allow", "Resource": "*"});
        statement[element] = written;
        let keys = RequestKeys::none();
        let request = Request { action, ..ask(ARN, &keys) };
        identity(&statement).decide(&request).is_allow()
    };
    for (element, written, is_invoke, is_invalidate, is_manage) in [
        ("Action", json!("execute-api:Invoke"), true, false, false),
        ("Action", json!("EXECUTE-API:invoke"), true, false, false),
        ("Action", json!("execute-api:Inv*"), true, true, false),
        ("Action", json!("execute-api:?nv*"), true, true, false),
        ("Action", json!("execute-api:*e"), true, true, false),
        ("Action", json!("exec*:*Connections"), false, false, true),
        ("Action", json!("*"), true, true, true),
        ("Action", json!("*:*"), true, true, true),
        ("Action", json!(["s3:*", "execute-api:ManageConnections"]), false, false, true),
        ("Action", json!("s3:*"), false, false, false),
        ("NotAction", json!("s3:*"), true, true, true),
        ("NotAction", json!(["execute-api:Invoke"]), false, true, true),
        ("NotAction", json!("execute-api:inv*"), false, false, true),
        ("NotAction", json!("*"), false, false, false),
    ] {
        let case = format!("{element} {written}");
        assert_eq!(decide(element, written.clone(), Action::Invoke), is_invoke, "{case}");
        assert_eq!(
            decide(element, written.clone(), Action::InvalidateCache),
            is_invalidate,
            "{case}"
        );
        assert_eq!(decide(element, written, Action::ManageConnections), is_manage, "{case}");
    }
}

#[test]
fn resources_are_those_that_match() {
    for (written, expected) in [
        (json!("*"), true),
        (json!(ARN), true),
        (json!("arn:aws:execute-api:*:*:*"), true),
        (json!("arn:aws:execute-api:us-east-1:123456789012:abcdef/*"), true),
        (json!("arn:aws:execute-api:us-east-1:123456789012:abcdef/*/GET/pets/*"), true),
        (json!("arn:aws:execute-api:us-east-1:123456789012:abcdef/prod/*"), true),
        // A star crosses slashes.
        (json!("arn:aws:execute-api:us-east-1:123456789012:abcdef/*42"), true),
        (json!("arn:aws:execute-api:us-east-?:*:??????/prod/???/pets/4?"), true),
        (json!("arn:aws:execute-api:us-east-1:123456789012:abcdef/prod/GET/pets"), false),
        (json!("arn:aws:execute-api:us-east-1:123456789012:abcdef/prod/get/pets/42"), false),
        (json!("arn:aws:execute-api:us-east-1:123456789012:other/*"), false),
        (json!("arn:aws:s3:*:*:*"), false),
        (json!(["arn:aws:s3:::bucket", "arn:aws:execute-api:*"]), true),
        // Within an ARN a star that allows does not cross colons.
        (json!("arn:aws:*:abcdef/prod/GET/pets/42"), false),
        (json!("arn:aws:execute-api:*:abcdef/*"), false),
    ] {
        check(&allow(written.clone()), ARN, if expected { Allow } else { ImplicitDeny });
        let mut not = json!({"Effect": "Allow", "Action": "*"});
        not["NotResource"] = written.clone();
        if !written.to_string().contains(":abcdef") {
            check(&not, ARN, if expected { ImplicitDeny } else { Allow });
        }
    }
}

#[test]
fn where_it_is_not_clear_how_far_a_star_reaches_nothing_is_allowed() {
    let unclear = "arn:aws:*:abcdef/prod/GET/pets/42";
    let not = |effect| json!({"Effect": effect, "Action": "*", "NotResource": unclear});
    check(&allow(unclear), ARN, ImplicitDeny);
    check(&deny(unclear), ARN, ExplicitDeny);
    check(&not("Allow"), ARN, ImplicitDeny);
    check(&not("Deny"), ARN, ExplicitDeny);
}

#[test]
fn what_is_too_long_to_match_is_not_allowed() {
    let long = format!("{ARN}/{}", "x".repeat(crate::MAX_TEXT_BYTES));
    let any = "arn:aws:execute-api:*:*:*";
    check(&allow(any), &long, ImplicitDeny);
    check(&json!([allow("*"), deny(any)]), &long, ExplicitDeny);
    check(&json!([allow("*"), deny("arn:aws:s3:*:*:*")]), &long, ExplicitDeny);
    check(&allow("*"), &long, Allow);
    let mut not = json!({"Effect": "Allow", "Action": "*"});
    not["NotResource"] = "arn:aws:s3:*:*:*".into();
    check(&not, &long, ImplicitDeny);
}

#[test]
fn two_policies_come_to_what_api_gateway_says() {
    // Of a caller, of an API: within one account, and across.
    for (identity, resource, same, cross) in [
        (Allow, Allow, Allow, Allow),
        (Allow, ImplicitDeny, Allow, ImplicitDeny),
        (Allow, ExplicitDeny, ExplicitDeny, ExplicitDeny),
        (ImplicitDeny, Allow, Allow, ImplicitDeny),
        (ImplicitDeny, ImplicitDeny, ImplicitDeny, ImplicitDeny),
        (ImplicitDeny, ExplicitDeny, ExplicitDeny, ExplicitDeny),
        (ExplicitDeny, Allow, ExplicitDeny, ExplicitDeny),
        (ExplicitDeny, ImplicitDeny, ExplicitDeny, ExplicitDeny),
        (ExplicitDeny, ExplicitDeny, ExplicitDeny, ExplicitDeny),
    ] {
        assert_eq!(same_account(identity, resource), same, "{identity:?} {resource:?}");
        assert_eq!(cross_account(identity, resource), cross, "{identity:?} {resource:?}");
    }
}

#[test]
fn methods_have_arns_and_resources_may_leave_most_of_them_out() {
    let api = api();
    for (path, expected) in [("/pets/42", "pets/42"), ("pets/42", "pets/42"), ("/", ""), ("", "")] {
        let arn = format!("arn:aws:execute-api:us-east-1:123456789012:abcdef/prod/GET/{expected}");
        assert_eq!(api.method_arn("prod", "GET", path), arn);
    }
    for (written, expected) in [
        ("execute-api:/prod/*", "arn:aws:execute-api:us-east-1:123456789012:abcdef/prod/*"),
        ("execute-api:/*", "arn:aws:execute-api:us-east-1:123456789012:abcdef/*"),
        ("*", "*"),
        (ARN, ARN),
    ] {
        assert_eq!(api.expand(written), expected);
    }
}

#[test]
fn a_short_resource_is_one_of_the_api_whose_policy_it_is() {
    let mut statement = allow("execute-api:/prod/GET/*");
    statement["Principal"] = "*".into();
    let policy = Policy::compile(&json!({"Statement": statement}), Kind::Resource(&api())).unwrap();
    let other = ARN.replace("abcdef", "fedcba");
    for (arn, expected) in [(ARN, Allow), (&other, ImplicitDeny)] {
        assert_eq!(policy.decide(&ask(arn, &RequestKeys::none())), expected, "{arn}");
    }
}

#[test]
fn a_policy_says_which_keys_it_asks_for() {
    let policy = identity(&json!([
        {
            "Effect": "Allow",
            "Action": "*",
            "Resource": "arn:aws:execute-api:*:*:*/prod/GET/${aws:username}/${aws:PrincipalTag/Team, 'x'}",
            "Condition": {"IpAddress": {"AWS:SourceIp": "10.0.0.0/8"}},
        },
        {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {
                "StringNotLike": {"aws:UserAgent": "${aws:Referer}*"},
                "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/${aws:username}"},
            },
        },
    ]));
    let expected = [
        "aws:principalarn",
        "aws:principaltag/team",
        "aws:referer",
        "aws:sourceip",
        "aws:useragent",
        "aws:username",
    ];
    assert_eq!(policy.keys().collect::<Vec<_>>(), expected);
}
