#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};
use tollgate_iam::Kind;
use tollgate_policy::{Context, Headers};

use super::*;

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:tollgate/prod/GET/pets";

fn policies(statements: &[(&str, Value)]) -> Policies {
    let compile = |(effect, condition): &(&str, Value)| {
        let document = json!({"Version": "2012-10-17", "Statement": {
            "Effect": effect, "Action": "execute-api:Invoke", "Resource": "*", "Condition": condition,
        }});
        Rc::new(Policy::compile(&document, Kind::Identity).unwrap())
    };
    Policies::new(statements.iter().map(compile).collect())
}

fn exchange(fields: &[(&str, &str)]) -> Exchange {
    let mut exchange = Exchange::default();
    exchange.request.headers = Headers::from_iter(fields.iter().copied());
    exchange.source_address = Some("203.0.113.7".parse().unwrap());
    exchange
}

fn decide(policies: &Policies, exchange: &Exchange) -> Decision {
    policies.decide(exchange, Principal::Anonymous, Action::Invoke, ARN)
}

#[test]
fn one_denial_outweighs_what_others_allow() {
    let allow = || ("Allow", json!({}));
    let deny = || ("Deny", json!({}));
    let here = exchange(&[]);
    assert_eq!(decide(&policies(&[]), &here), Decision::ImplicitDeny);
    assert_eq!(decide(&policies(&[allow()]), &here), Decision::Allow);
    assert_eq!(decide(&policies(&[allow(), deny()]), &here), Decision::ExplicitDeny);
    assert_eq!(decide(&policies(&[deny(), allow()]), &here), Decision::ExplicitDeny);
}

#[test]
fn a_field_that_is_there_twice_is_denied_where_any_policy_is_about_it() {
    for (key, name) in [("aws:UserAgent", "user-agent"), ("aws:Referer", "referer")] {
        let about = ("Allow", json!({"StringLike": {key: "*"}}));
        let twice = exchange(&[(name, "a"), (name, "a")]);
        assert_eq!(decide(&policies(&[("Allow", json!({}))]), &twice), Decision::Allow);
        let both = policies(&[("Allow", json!({})), about]);
        assert_eq!(decide(&both, &twice), Decision::ExplicitDeny, "{key}");
        assert_eq!(decide(&both, &exchange(&[(name, "a")])), Decision::Allow, "{key}");
    }
}

#[test]
fn an_address_behind_an_endpoint_is_one_of_its_vpc() {
    let network = |key: &str| policies(&[("Allow", json!({"IpAddress": {key: "203.0.113.0/24"}}))]);
    let outside = exchange(&[]);
    let context = Context { vpce_id: Some("vpce-1".into()), ..Context::default() };
    let inside = Exchange { context, ..exchange(&[]) };
    let [source, vpc] = ["aws:SourceIp", "aws:VpcSourceIp"].map(network);
    assert!(source.needs_source_address() && vpc.needs_source_address());
    let decisions = [&source, &vpc].map(|it| [&outside, &inside].map(|at| decide(it, at)));
    let (yes, no) = (Decision::Allow, Decision::ImplicitDeny);
    assert_eq!(decisions, [[yes, no], [no, yes]]);
}

#[test]
fn only_what_the_proxy_says_once_is_secure() {
    let secure = policies(&[("Allow", json!({"Bool": {"aws:SecureTransport": "true"}}))]);
    assert!(!secure.needs_source_address());
    let https = ("x-forwarded-proto", "https");
    assert_eq!(decide(&secure, &exchange(&[https])), Decision::Allow);
    for fields in [&[][..], &[("x-forwarded-proto", "http")], &[https; 2]] {
        assert_eq!(decide(&secure, &exchange(fields)), Decision::ImplicitDeny, "{fields:?}");
    }
}
