//! Which documents are policies.

use serde_json::{Value as Json, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{ARN, api, ask};
use crate::{Decision, Kind, MAX_DOCUMENT_BYTES, MAX_DOCUMENT_VALUES, Policy, RequestKeys};

const ALLOW_ALL: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;

fn statement(changes: &Json) -> Json {
    let mut statement: Json = serde_json::from_str(ALLOW_ALL).unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Json::Null => drop(statement.as_object_mut().unwrap().remove(name)),
            value => statement[name] = value.clone(),
        }
    }
    statement
}

/// Why a document is refused, with the path.
#[track_caller]
fn refusal(document: &Json, kind: Kind<'_>) -> String {
    match Policy::compile(document, kind) {
        Ok(_) => panic!("is a policy: {document}"),
        Err(malformed) => malformed.to_string(),
    }
}

/// Why a document with this statement is refused, after one that is right.
#[track_caller]
fn check(changes: &Json, kind: Kind<'_>, expected: &str) {
    let right = match kind {
        Kind::Identity => json!({}),
        Kind::Resource(_) => json!({"Principal": "*"}),
    };
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [statement(&right), statement(changes)],
    });
    assert_eq!(refusal(&document, kind), format!("Statement[1]{expected}"));
}

#[test]
fn what_is_not_understood_is_refused_where_it_stands() {
    for (changes, expected) in [
        (
            json!({"effect": "Deny"}),
            ": there is no element `effect`, only `Sid`, `Effect`, `Principal`, \
            `NotPrincipal`, `Action`, `NotAction`, `Resource`, `NotResource`, `Condition`",
        ),
        (json!({"Sid": 1}), ".Sid: must be a string"),
        (json!({"Effect": null}), ".Effect: is missing"),
        (json!({"Effect": "allow"}), ".Effect: `allow` is neither `Allow` nor `Deny`"),
        (json!({"Effect": ["Allow"]}), ".Effect: must be a string"),
        (json!({"Action": null}), ".Action: is missing"),
        (json!({"NotAction": "*"}), ": has both `Action` and `NotAction`: one must go"),
        (json!({"Action": []}), ".Action: must not be an empty list"),
        (json!({"Action": ["*", 3]}), ".Action[1]: must be a string"),
        (json!({"Action": "Invoke"}), ".Action: `Invoke` is neither `*` nor `service:name`"),
        (
            json!({"Action": null, "NotAction": [":Invoke"]}),
            ".NotAction[0]: `:Invoke` is neither `*` nor `service:name`",
        ),
        (json!({"Resource": null}), ".Resource: is missing"),
        (json!({"NotResource": "*"}), ": has both `Resource` and `NotResource`: one must go"),
        (json!({"Resource": {}}), ".Resource: must be a string"),
        (json!({"Resource": ["*", "pets"]}), ".Resource[1]: `pets` is neither `*` nor an ARN"),
        (json!({"Resource": ""}), ".Resource: `` is neither `*` nor an ARN"),
        (
            json!({"Resource": "execute-api:/prod/*"}),
            ".Resource: `execute-api:/prod/*` is neither `*` nor an ARN",
        ),
        (
            json!({"Resource": format!("arn:{}", "x".repeat(509))}),
            ".Resource: has more than 512 characters",
        ),
        (
            json!({"Resource": "arn:aws:execute-api:${aws:x}:*:*"}),
            ".Resource: `arn:aws:execute-api:${aws:x}:*:*` has a variable before the fifth colon, \
            where ARNs can have none",
        ),
        (
            json!({"Resource": "arn:aws:execute-api:*:*:${aws:username"}),
            ".Resource: has a `${` without a `}`; for a dollar sign write `${$}`",
        ),
        (
            json!({"Resource": "arn:aws:execute-api:*:*:${}"}),
            ".Resource: `${}` does not name a key",
        ),
        (
            json!({"Resource": "arn:aws:execute-api:*:*:${a, b}"}),
            ".Resource: `${a, b}` has no default: it must be written `${key, 'default'}`",
        ),
        (
            json!({"Principal": "*"}),
            ".Principal: belongs in a resource policy only: this one is about its caller",
        ),
        (
            json!({"NotPrincipal": "*"}),
            ".NotPrincipal: belongs in a resource policy only: this one is about its caller",
        ),
        (json!({"Condition": []}), ".Condition: must be an object"),
        (json!({"Condition": {"StringEquals": []}}), ".Condition.StringEquals: must be an object"),
        (json!({"Condition": {"StringEquals": {}}}), ".Condition.StringEquals: must name a key"),
        (
            json!({"Condition": {"StringIs": {}}}),
            ".Condition.StringIs: there is no operator `StringIs`",
        ),
        (
            json!({"Condition": {"stringEquals": {"aws:Referer": "x"}}}),
            ".Condition.stringEquals: there is no operator `stringEquals`",
        ),
        (
            json!({"Condition": {"ForSomeValues:StringEquals": {"aws:Referer": "x"}}}),
            ".Condition.ForSomeValues:StringEquals: there is no operator `ForSomeValues:StringEquals`",
        ),
        (
            json!({"Condition": {"NullIfExists": {"aws:Referer": "true"}}}),
            ".Condition.NullIfExists: `Null` stands alone: it is about whether there are values",
        ),
        (
            json!({"Condition": {"ForAnyValue:Null": {"aws:Referer": "true"}}}),
            ".Condition.ForAnyValue:Null: `Null` stands alone: it is about whether there are values",
        ),
        (
            json!({"Condition": {"StringEquals": {"Referer": "x"}}}),
            ".Condition.StringEquals.Referer: is no condition key such as `aws:SourceIp`",
        ),
        (
            json!({"Condition": {"StringEquals": {"aws:Referer": []}}}),
            ".Condition.StringEquals.aws:Referer: must not be an empty list",
        ),
        (
            json!({"Condition": {"StringEquals": {"aws:Referer": ["x", null]}}}),
            ".Condition.StringEquals.aws:Referer[1]: must be a string, a number, `true` or `false`",
        ),
        (
            json!({"Condition": {"StringEquals": {"aws:Referer": ["x", ["y"]]}}}),
            ".Condition.StringEquals.aws:Referer[1]: must be a string, a number, `true` or `false`",
        ),
        (
            json!({"Condition": {"StringLike": {"aws:Referer": "${aws:x"}}}),
            ".Condition.StringLike.aws:Referer: has a `${` without a `}`; for a dollar sign write `${$}`",
        ),
        (
            json!({"Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "10.0.0.0/33"]}}}),
            ".Condition.IpAddress.aws:SourceIp[1]: `10.0.0.0/33` is neither an address nor a network such \
            as `203.0.113.0/24`",
        ),
        (
            json!({"Condition": {"IpAddress": {"aws:SourceIp": "${aws:SourceIp}"}}}),
            ".Condition.IpAddress.aws:SourceIp: `${aws:SourceIp}` is neither an address nor a network \
            such as `203.0.113.0/24`",
        ),
        (
            json!({"Condition": {"Bool": {"aws:SecureTransport": "yes"}}}),
            ".Condition.Bool.aws:SecureTransport: `yes` is neither `true` nor `false`",
        ),
        (
            json!({"Condition": {"Null": {"aws:SecureTransport": 1}}}),
            ".Condition.Null.aws:SecureTransport: `1` is neither `true` nor `false`",
        ),
        (
            json!({"Condition": {"NumericLessThan": {"aws:EpochTime": "1e9"}}}),
            ".Condition.NumericLessThan.aws:EpochTime: `1e9` is no number such as `12` or `-0.5`",
        ),
        (
            json!({"Condition": {"DateLessThan": {"aws:CurrentTime": "2026-13-01"}}}),
            ".Condition.DateLessThan.aws:CurrentTime: `2026-13-01` is neither a time such as \
            `2026-01-31T12:00:00Z` nor seconds since 1970",
        ),
        (
            json!({"Condition": {"BinaryEquals": {"aws:x": "?"}}}),
            ".Condition.BinaryEquals.aws:x: `?` is not in base64",
        ),
        (
            json!({"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*"}}}),
            ".Condition.ArnLike.aws:PrincipalArn: `arn:aws:iam::*` is neither `*` nor an ARN, which has \
            six parts with colons between",
        ),
    ] {
        check(&changes, Kind::Identity, expected);
    }
}

#[test]
fn what_is_not_understood_of_a_resource_policy_is_refused_where_it_stands() {
    let no_name = "is neither `*`, an account of twelve digits, nor the ARN of an account, a user, a role \
        or a session, which may have no wildcards";
    let (api, sixth) =
        (api(), format!(".Principal.AWS[1]: `arn:aws:iam::123456789012:user/*` {no_name}"));
    let (short, group) =
        (format!(".Principal.AWS: `1234` {no_name}"), "arn:aws:iam::123456789012:group/x");
    let grouped = format!(".Principal.AWS: `{group}` {no_name}");
    for (changes, expected) in [
        (json!({}), ".Principal: is missing: say whom this is about, if everyone then `*`"),
        (
            json!({"Principal": "*", "NotPrincipal": "*"}),
            ": has both `Principal` and `NotPrincipal`: one must go",
        ),
        (json!({"NotPrincipal": {"AWS": "123456789012"}}), ".NotPrincipal: can only be denied to"),
        (
            json!({"Principal": "123456789012"}),
            ".Principal: `123456789012` must be written `{\"AWS\": ...}`; only `*` stands alone",
        ),
        (json!({"Principal": ["*"]}), ".Principal: must be an object"),
        (json!({"Principal": {}}), ".Principal: must name a principal, or be `*`"),
        (json!({"Principal": {"AWS": []}}), ".Principal.AWS: must not be an empty list"),
        (
            json!({"Principal": {"aws": "*"}}),
            ".Principal.aws: must be `AWS`, `Service` or `Federated`",
        ),
        (json!({"Principal": {"Service": 1}}), ".Principal.Service: must be a string"),
        (json!({"Principal": {"AWS": "1234"}}), short.as_str()),
        (json!({"Principal": {"AWS": ["*", "arn:aws:iam::123456789012:user/*"]}}), sixth.as_str()),
        (json!({"Principal": {"AWS": group}}), grouped.as_str()),
        (
            json!({"Principal": "*", "Resource": "pets"}),
            ".Resource: `pets` is neither `*` nor an ARN, nor `execute-api:/stage/METHOD/path`",
        ),
    ] {
        check(&changes, Kind::Resource(&api), expected);
    }
}

#[test]
fn what_is_around_the_statements_is_understood_or_refused() {
    let all: Json = serde_json::from_str(ALLOW_ALL).unwrap();
    for (document, expected) in [
        (json!([]), "must be an object"),
        (json!({}), "Statement: is missing"),
        (json!({"Statement": []}), "Statement: must not be an empty list"),
        (json!({"Statement": ["x"]}), "Statement[0]: must be an object"),
        (json!({"Statement": {"Effect": "Deny"}}), "Statement.Action: is missing"),
        (json!({"Id": 1, "Statement": all}), "Id: must be a string"),
        (json!({"Version": 2012, "Statement": all}), "Version: must be a string"),
        (
            json!({"Version": "2012-10-18", "Statement": all}),
            "Version: `2012-10-18` is neither `2012-10-17` nor `2008-10-17`",
        ),
        (
            json!({"version": "2012-10-17", "Statement": all}),
            "there is no element `version`, only `Version`, `Id`, `Statement`",
        ),
    ] {
        assert_eq!(refusal(&document, Kind::Identity), expected);
    }
    for document in [
        json!({"Statement": all}),
        json!({"Version": "2008-10-17", "Id": "x", "Statement": [all]}),
        json!({"Version": "2012-10-17", "Statement": [all, statement(&json!({"Sid": "", "Condition": {}}))]}),
    ] {
        let policy = Policy::compile(&document, Kind::Identity).unwrap();
        assert_eq!(policy.decide(&ask(ARN, &RequestKeys::none())), Decision::Allow, "{document}");
    }
}

#[test]
fn a_text_is_a_document_or_refused() {
    let refusal = |text: &str| Policy::parse(text, Kind::Identity).unwrap_err().to_string();
    assert!(Policy::parse(&format!(r#"{{"Statement": [{ALLOW_ALL}]}}"#), Kind::Identity).is_ok());
    assert!(refusal("").starts_with("is no JSON document: EOF while parsing"));
    assert!(refusal("{\"Statement\": [}").starts_with("is no JSON document: expected value"));
    assert!(refusal("{} {}").starts_with("is no JSON document: trailing characters"));
    // Whichever reader takes the first, and whichever the last: nobody is to be in doubt.
    let twice =
        r#"{"Statement": [{"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}]}"#;
    assert!(refusal(twice).starts_with("is no JSON document: `Effect` is there twice"));
    assert!(
        refusal(&"[".repeat(10_000)).starts_with("is no JSON document: recursion limit exceeded")
    );
}

#[test]
fn a_document_may_only_be_so_long() {
    let with = |text: String| json!({"Statement": statement(&json!({"Sid": text}))});
    // The names and values around it.
    let room = MAX_DOCUMENT_BYTES - 39;
    assert!(Policy::compile(&with("x".repeat(room)), Kind::Identity).is_ok());
    let refused = refusal(&with("x".repeat(room + 1)), Kind::Identity);
    assert_eq!(refused, "has more than 65536 bytes");
    let text = format!("{}{{}}", " ".repeat(MAX_DOCUMENT_BYTES));
    let refused = Policy::parse(&text, Kind::Identity).unwrap_err().to_string();
    assert_eq!(refused, "has more than 65536 bytes");

    let with = |count: usize| json!({"Statement": statement(&json!({"Action": vec!["*"; count]}))});
    assert!(Policy::compile(&with(MAX_DOCUMENT_VALUES - 5), Kind::Identity).is_ok());
    let refused = refusal(&with(MAX_DOCUMENT_VALUES), Kind::Identity);
    assert_eq!(refused, "has more than 4096 values");

    let with =
        |text: String| json!({"Statement": statement(&json!({"Sid": text, "Principal": "*"}))});
    let api = api();
    assert!(Policy::compile(&with("é".repeat(8_100)), Kind::Resource(&api)).is_ok());
    let refused = refusal(&with("x".repeat(8_192)), Kind::Resource(&api));
    assert_eq!(refused, "has more than 8192 characters");
}

#[test]
fn an_error_repeats_no_more_than_it_must() {
    let long = format!("a\nb{}", "x".repeat(10_000));
    let refused =
        refusal(&json!({"Statement": statement(&json!({"Effect": long}))}), Kind::Identity);
    let shown = format!("a\\nb{}...", "x".repeat(77));
    assert_eq!(refused, format!("Statement.Effect: `{shown}` is neither `Allow` nor `Deny`"));
}
