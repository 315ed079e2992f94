//! Whom statements are about.

use serde_json::{Value as Json, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{ARN, api, ask};
use crate::{Caller, CallerKind, Kind, Policy, Principal, Request, RequestKeys};

const ROOT: &str = "arn:aws:iam::123456789012:root";
const ANN: &str = "arn:aws:iam::123456789012:user/staff/ann";
const ROLE: &str = "arn:aws:iam::123456789012:role/staff/reader";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/reader/session";
const FEDERATED: &str = "arn:aws:sts::123456789012:federated-user/bob";
const OTHER: &str = "arn:aws:iam::210987654321:user/staff/ann";

/// Of nobody, of the root of an account, of a user, of a session, of a federated user and of a user of
/// another account.
const WHO: [Option<&str>; 6] =
    [None, Some(ROOT), Some(ANN), Some(SESSION), Some(FEDERATED), Some(OTHER)];

fn caller(arn: &str) -> Caller {
    Caller::new(arn, arn.split(':').nth(4).unwrap(), "AIDA").unwrap()
}

/// Whom a policy with this element is about: `y` or `n` for each of [`WHO`].
fn covered(element: &str, written: &Json) -> String {
    decided("Deny", element, written)
}

/// Of whom a policy with this effect and this element says anything.
fn decided(effect: &str, element: &str, written: &Json) -> String {
    let mut statement = json!({"Effect": effect, "Action": "*", "Resource": "*"});
    statement[element] = written.clone();
    let policy = Policy::compile(&json!({"Statement": statement}), Kind::Resource(&api())).unwrap();
    let is_covered = |arn: &Option<&str>| {
        let caller = arn.map(caller);
        let principal = caller.as_ref().map_or(Principal::Anonymous, Principal::Caller);
        let keys = RequestKeys::none();
        let request = Request { principal, ..ask(ARN, &keys) };
        if policy.decide(&request) == crate::Decision::ImplicitDeny { 'n' } else { 'y' }
    };
    WHO.iter().map(is_covered).collect()
}

#[test]
fn a_principal_is_everyone_an_account_a_user_or_a_role() {
    for (written, expected) in [
        (json!("*"), "yyyyyy"),
        (json!({"AWS": "*"}), "yyyyyy"),
        (json!({"AWS": [ANN, "*"]}), "yyyyyy"),
        (json!({"AWS": "123456789012"}), "nyyyyn"),
        (json!({"AWS": ROOT}), "nyyyyn"),
        (json!({"AWS": "210987654321"}), "nnnnny"),
        (json!({"AWS": ["123456789012", "arn:aws:iam::210987654321:root"]}), "nyyyyy"),
        (json!({"AWS": ANN}), "nnynnn"),
        (json!({"AWS": "arn:aws:iam::123456789012:user/ann"}), "nnnnnn"),
        (json!({"AWS": ROLE}), "nnnynn"),
        (json!({"AWS": "arn:aws:iam::123456789012:role/reader"}), "nnnynn"),
        (json!({"AWS": "arn:aws:iam::210987654321:role/reader"}), "nnnnnn"),
        (json!({"AWS": "arn:aws:iam::123456789012:role/session"}), "nnnnnn"),
        (json!({"AWS": SESSION}), "nnnynn"),
        (json!({"AWS": "arn:aws:sts::123456789012:assumed-role/reader/other"}), "nnnnnn"),
        (json!({"AWS": FEDERATED}), "nnnnyn"),
        (json!({"Service": "apigateway.amazonaws.com"}), "nnnnnn"),
        (json!({"Federated": ["cognito-identity.amazonaws.com", "*"]}), "nnnnnn"),
        (json!({"Service": "events.amazonaws.com", "AWS": ANN}), "nnynnn"),
    ] {
        assert_eq!(covered("Principal", &written), expected, "{written}");
    }
}

#[test]
fn the_owners_account_as_a_principal_lets_in_nobody_but_its_root() {
    for (written, expected) in [
        (json!("*"), "yyyyyy"),
        (json!({"AWS": ROOT}), "nynnnn"),
        (json!({"AWS": "123456789012"}), "nynnnn"),
        (json!({"AWS": ["123456789012", ANN]}), "nyynnn"),
        (json!({"AWS": ROLE}), "nnnynn"),
        // Another account needs policies of its own besides.
        (json!({"AWS": "210987654321"}), "nnnnny"),
    ] {
        assert_eq!(decided("Allow", "Principal", &written), expected, "{written}");
    }
}

#[test]
fn who_is_left_out_must_be_named_with_the_account() {
    for (written, expected) in [
        (json!("*"), "nnnnnn"),
        (json!({"AWS": "*"}), "nnnnnn"),
        // An account that is named for the sake of one user does not let the others through.
        (json!({"AWS": ROOT}), "ynyyyy"),
        (json!({"AWS": [ROOT, ANN]}), "ynnyyy"),
        (json!({"AWS": ["123456789012", ANN]}), "ynnyyy"),
        (json!({"AWS": ANN}), "yyyyyy"),
        (json!({"AWS": [ROOT, ROLE]}), "ynyyyy"),
        (json!({"AWS": [ROOT, SESSION]}), "ynyyyy"),
        (json!({"AWS": [ROLE, SESSION]}), "yyyyyy"),
        (json!({"AWS": [ROOT, ROLE, SESSION]}), "ynynyy"),
        (json!({"AWS": [ROOT, FEDERATED]}), "ynyyny"),
        (json!({"Service": "apigateway.amazonaws.com"}), "yyyyyy"),
    ] {
        assert_eq!(covered("NotPrincipal", &written), expected, "{written}");
    }
}

#[test]
fn an_arn_tells_what_kind_of_caller_it_is_of() {
    for (arn, expected) in [
        (ROOT, Some(CallerKind::Account)),
        (ANN, Some(CallerKind::User)),
        (SESSION, Some(CallerKind::AssumedRole)),
        (FEDERATED, Some(CallerKind::FederatedUser)),
        ("arn:aws-cn:iam::123456789012:user/ann", Some(CallerKind::User)),
        (ROLE, None),
        ("arn:aws:iam::123456789012:user/", None),
        ("arn:aws:iam::123456789012:user/ann/", None),
        ("arn:aws:iam:us-east-1:123456789012:user/ann", None),
        ("arn:aws:iam::123456789012:group/ann", None),
        ("iam::123456789012:user/ann", None),
        ("", None),
    ] {
        assert_eq!(CallerKind::of(arn), expected, "{arn}");
        assert_eq!(
            Caller::new(arn, "123456789012", "x").map(|caller| caller.kind),
            expected,
            "{arn}"
        );
    }
}
