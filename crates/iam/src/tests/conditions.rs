//! When conditions hold.

use serde_json::{Value as Json, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{ARN, Table, ask, identity};
use crate::Decision::{Allow, ExplicitDeny, ImplicitDeny};
use crate::{Found, MAX_TEXT_BYTES, Value};

/// Whether a condition holds: yes, no, or that it cannot be told. The latter neither allows nor lets
/// pass.
#[track_caller]
fn holds(condition: &Json, keys: &Table) -> Option<bool> {
    let decide = |effect: &str| {
        let statement =
            json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition});
        identity(&statement).decide(&ask(ARN, keys))
    };
    match (decide("Allow"), decide("Deny")) {
        (Allow, ExplicitDeny) => Some(true),
        (ImplicitDeny, ImplicitDeny) => Some(false),
        (ImplicitDeny, ExplicitDeny) => None,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check(operator: &str, written: Json, found: Found<'static>, expected: Option<bool>) {
    let case = format!("{operator} {written} {found:?}");
    let (mut keys, mut condition) = (json!({}), json!({}));
    keys["aws:Key"] = written;
    condition[operator] = keys;
    assert_eq!(holds(&condition, &Table(vec![("aws:key", found)])), expected, "{case}");
}

fn one(text: &'static str) -> Found<'static> {
    Found::One(text.into())
}

fn several(texts: &[&'static str]) -> Found<'static> {
    Found::Several(texts.iter().map(|text| Value::from(*text)).collect())
}

#[test]
fn texts_are_compared() {
    for (operator, written, sent, expected) in [
        ("StringEquals", json!("a"), "a", true),
        ("StringEquals", json!("a"), "A", false),
        ("StringEquals", json!(["a", "b"]), "b", true),
        ("StringEquals", json!(["a", "b"]), "c", false),
        ("StringEquals", json!("a*"), "ab", false),
        ("StringEquals", json!("a*"), "a*", true),
        ("StringEquals", json!("${*}"), "*", true),
        ("StringEquals", json!(3), "3", true),
        ("StringEquals", json!(true), "true", true),
        ("StringEquals", json!("${aws:Key}"), "x", true),
        ("StringEquals", json!("${aws:Missing}"), "x", false),
        ("StringEquals", json!(["${aws:Missing}", "x"]), "x", true),
        ("StringNotEquals", json!("a"), "b", true),
        ("StringNotEquals", json!("a"), "a", false),
        // None of them.
        ("StringNotEquals", json!(["a", "b"]), "b", false),
        ("StringNotEquals", json!(["a", "b"]), "c", true),
        ("StringEqualsIgnoreCase", json!("aÄ"), "Aä", true),
        ("StringEqualsIgnoreCase", json!("a*"), "ab", false),
        ("StringNotEqualsIgnoreCase", json!("a"), "A", false),
        ("StringNotEqualsIgnoreCase", json!("a"), "b", true),
        ("StringLike", json!("a*c"), "abc", true),
        ("StringLike", json!("a?c"), "abbc", false),
        ("StringLike", json!("a${*}c"), "abc", false),
        ("StringLike", json!("a${*}c"), "a*c", true),
        ("StringLike", json!("A*"), "abc", false),
        ("StringNotLike", json!("a*c"), "abc", false),
        ("StringNotLike", json!(["x*", "a*d"]), "abc", true),
    ] {
        check(operator, written, one(sent), Some(expected));
    }
    // That something is not equal to what stands for nothing cannot be told.
    for operator in ["StringNotEquals", "StringNotLike", "StringNotEqualsIgnoreCase"] {
        check(operator, json!("${aws:Missing}"), one("x"), None);
        check(operator, json!(["${aws:Missing}", "x"]), one("x"), Some(false));
    }
}

#[test]
fn numbers_are_compared() {
    for (operator, less, equal, greater) in [
        ("NumericEquals", false, true, false),
        ("NumericNotEquals", true, false, true),
        ("NumericLessThan", true, false, false),
        ("NumericLessThanEquals", true, true, false),
        ("NumericGreaterThan", false, false, true),
        ("NumericGreaterThanEquals", false, true, true),
    ] {
        for (sent, expected) in [("9.5", less), ("10", equal), ("10.0", equal), ("11", greater)] {
            check(operator, json!("10"), one(sent), Some(expected));
            check(operator, json!(10), one(sent), Some(expected));
        }
        check(operator, json!(10), Found::One(Value::Number(9)), Some(less));
        check(operator, json!(10), Found::One(Value::Number(10)), Some(equal));
        check(operator, json!(10), one("ten"), None);
        check(operator, json!(10), Found::One(Value::Flag(true)), None);
        check(operator, json!(10), Found::One(Value::Time(10)), None);
    }
    check("NumericLessThan", json!([1, 20]), one("10"), Some(true));
    check("NumericEquals", json!(1.5), one("1.5"), Some(true));
    // More than a double has digits for.
    check("NumericEquals", json!("9007199254740993"), one("9007199254740992"), Some(false));
}

#[test]
fn times_are_compared() {
    let noon = 1_769_860_800;
    for (operator, before, same, after) in [
        ("DateEquals", false, true, false),
        ("DateNotEquals", true, false, true),
        ("DateLessThan", true, false, false),
        ("DateLessThanEquals", true, true, false),
        ("DateGreaterThan", false, false, true),
        ("DateGreaterThanEquals", false, true, true),
    ] {
        for written in ["2026-01-31T12:00:00Z", "2026-01-31T13:00:00+01:00", "1769860800"] {
            for (secs, expected) in [(noon - 1, before), (noon, same), (noon + 1, after)] {
                check(operator, json!(written), Found::One(Value::Time(secs)), Some(expected));
                check(operator, json!(written), Found::One(Value::Number(secs)), Some(expected));
            }
        }
        check(operator, json!("2026-01-31"), one("2026-01-31T00:00:00Z"), Some(same));
        check(operator, json!("2026-01-31"), one("yesterday"), None);
        check(operator, json!("2026-01-31"), Found::One(Value::Flag(true)), None);
    }
}

#[test]
fn flags_bytes_and_absence_are_compared() {
    for (written, sent, expected) in [
        (json!("true"), true, true),
        (json!(true), true, true),
        (json!("True"), true, true),
        (json!("false"), true, false),
        (json!(false), false, true),
        (json!(["true", "false"]), false, true),
    ] {
        check("Bool", written.clone(), Found::One(Value::Flag(sent)), Some(expected));
        check("Bool", written, one(if sent { "true" } else { "false" }), Some(expected));
    }
    check("Bool", json!("true"), one("yes"), None);
    check("BinaryEquals", json!("QUJD"), one("QUJD"), Some(true));
    check("BinaryEquals", json!(["QUJE", "QUJD"]), one("QUJD"), Some(true));
    check("BinaryEquals", json!("QUJD"), one("QUJE"), Some(false));
    check("BinaryEquals", json!("QUJD"), one("QUJ"), None);
    for (written, found, expected) in [
        (json!("true"), Found::Nothing, true),
        (json!("true"), several(&[]), true),
        (json!("true"), one("x"), false),
        (json!("true"), several(&["x", "y"]), false),
        (json!("false"), Found::Nothing, false),
        (json!("false"), one("x"), true),
        (json!("false"), several(&["x", "y"]), true),
        (json!(["true", "false"]), Found::Nothing, true),
        (json!(["true", "false"]), one("x"), true),
    ] {
        check("Null", written, found, Some(expected));
    }
}

#[test]
fn addresses_are_those_of_networks() {
    for (written, sent, expected) in [
        ("203.0.113.0/24", "203.0.113.255", true),
        ("203.0.113.0/24", "203.0.114.0", false),
        ("203.0.113.7", "203.0.113.7", true),
        ("203.0.113.7", "203.0.113.8", false),
        ("203.0.113.99/24", "203.0.113.1", true),
        ("0.0.0.0/0", "203.0.113.1", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("::/0", "2001:db8::1", true),
        ("::/0", "203.0.113.1", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::/32", "2001:db9::1", false),
        ("2001:DB8::1", "2001:db8:0::1", true),
        ("10.0.0.0/8", "::ffff:10.1.2.3", true),
        ("::ffff:10.0.0.0/104", "10.1.2.3", true),
        ("10.1.2.3/32", "10.1.2.3", true),
        ("10.1.2.2/31", "10.1.2.4", false),
    ] {
        let found = Found::One(Value::Address(sent.parse().unwrap()));
        check("IpAddress", json!(written), found.clone(), Some(expected));
        check("NotIpAddress", json!(written), found, Some(!expected));
        check("IpAddress", json!([written, "192.0.2.1"]), one(sent), Some(expected));
    }
    check("IpAddress", json!("10.0.0.0/8"), one("10.0.0.1:80"), None);
    check("NotIpAddress", json!("10.0.0.0/8"), one(""), None);
    check("NotIpAddress", json!("10.0.0.0/8"), Found::One(Value::Number(1)), None);
}

#[test]
fn arns_are_compared_part_by_part() {
    let arn = "arn:aws:iam::123456789012:user/staff/ann:x";
    for (written, expected) in [
        (arn, true),
        ("arn:aws:iam::*:user/*", true),
        ("arn:*:iam:*:123456789012:user/*ann*", true),
        ("arn:aws:iam::12345678901?:*", true),
        ("*", true),
        ("arn:aws:iam::123456789012:user/*:x", true),
        ("arn:aws:iam:*:user/staff/ann:x", false),
        ("arn:*:*:*:*:user/other", false),
        ("arn:aws:iam::210987654321:*", false),
        ("arn:aws:iam::123456789012:user/${aws:Missing}", false),
    ] {
        for operator in ["ArnEquals", "ArnLike"] {
            check(operator, json!(written), one(arn), Some(expected));
        }
        for operator in ["ArnNotEquals", "ArnNotLike"] {
            let expected = if written.contains('$') { None } else { Some(!expected) };
            check(operator, json!(written), one(arn), expected);
        }
    }
    check("ArnLike", json!("arn:aws:iam::*:*"), one("ann"), None);
    check("ArnNotLike", json!("arn:aws:iam::*:*"), one("arn:aws:iam"), None);
}

#[test]
fn a_key_that_is_not_there_is_no_match() {
    for (operator, written, expected) in [
        ("StringEquals", "x", false),
        ("StringEqualsIgnoreCase", "x", false),
        ("StringLike", "*", false),
        ("NumericEquals", "1", false),
        ("NumericLessThan", "1", false),
        ("DateGreaterThan", "2026", false),
        ("Bool", "false", false),
        ("BinaryEquals", "", false),
        ("IpAddress", "0.0.0.0/0", false),
        ("ArnLike", "*", false),
        ("StringNotEquals", "x", true),
        ("StringNotEqualsIgnoreCase", "x", true),
        ("StringNotLike", "*", true),
        ("NumericNotEquals", "1", true),
        ("DateNotEquals", "2026", true),
        ("NotIpAddress", "0.0.0.0/0", true),
        ("ArnNotLike", "*", true),
        ("ArnNotEquals", "*", true),
    ] {
        for found in [Found::Nothing, several(&[])] {
            check(operator, json!(written), found.clone(), Some(expected));
            let optional = format!("{operator}IfExists");
            check(&optional, json!(written), found.clone(), Some(true));
            check(&format!("ForAnyValue:{operator}"), json!(written), found.clone(), Some(false));
            check(&format!("ForAllValues:{operator}"), json!(written), found.clone(), Some(true));
            check(&format!("ForAnyValue:{optional}"), json!(written), found.clone(), Some(true));
            check(&format!("ForAllValues:{optional}"), json!(written), found, Some(true));
        }
    }
    check("StringEqualsIfExists", json!("x"), one("y"), Some(false));
    check("StringNotEqualsIfExists", json!("x"), one("x"), Some(false));
}

#[test]
fn several_values_are_compared_as_the_quantifier_says() {
    for (operator, written, sent, expected) in [
        ("ForAnyValue:StringEquals", json!(["a", "b"]), &["c", "b"][..], true),
        ("ForAnyValue:StringEquals", json!(["a", "b"]), &["c", "d"], false),
        ("ForAllValues:StringEquals", json!(["a", "b"]), &["b", "a"], true),
        ("ForAllValues:StringEquals", json!(["a", "b"]), &["a", "c"], false),
        ("ForAllValues:StringEquals", json!(["a", "b"]), &["", ""], true),
        ("ForAllValues:StringEquals", json!(["a", "b"]), &["a", ""], false),
        ("ForAnyValue:StringNotEquals", json!(["a", "b"]), &["a", "c"], true),
        ("ForAnyValue:StringNotEquals", json!(["a", "b"]), &["a", "b"], false),
        ("ForAllValues:StringNotEquals", json!(["a", "b"]), &["c", "d"], true),
        ("ForAllValues:StringNotEquals", json!(["a", "b"]), &["c", "a"], false),
        ("ForAllValues:StringLike", json!("a*"), &["ab", "ac"], true),
        ("ForAnyValue:ArnLike", json!("arn:aws:iam::*:user/*"), &["arn:aws:iam::1:user/x"], true),
        ("ForAnyValue:NumericLessThan", json!(3), &["5", "2"], true),
    ] {
        check(operator, written, several(sent), Some(expected));
    }
    // One value is as good as a list of one.
    check("ForAnyValue:StringEquals", json!("a"), one("a"), Some(true));
    check("ForAllValues:StringEquals", json!("a"), one("b"), Some(false));
    check("ForAllValues:StringEquals", json!("a"), one(""), Some(true));
    check("StringEquals", json!("a"), several(&["a"]), Some(true));
    // An operator that is about one value cannot tell of two, even where both would do.
    check("StringEquals", json!("a"), several(&["a", "a"]), None);
    check("StringNotEquals", json!("a"), several(&["b", "c"]), None);
    // What is sure is sure whatever else there is.
    check("ForAnyValue:NumericLessThan", json!(3), several(&["x", "2"]), Some(true));
    check("ForAnyValue:NumericLessThan", json!(3), several(&["x", "5"]), None);
    check("ForAllValues:NumericLessThan", json!(3), several(&["x", "5"]), Some(false));
    check("ForAllValues:NumericLessThan", json!(3), several(&["x", "2"]), None);
}

#[test]
fn all_operators_and_all_keys_must_hold() {
    let keys = || Table(vec![("aws:a", one("1")), ("aws:b", one("2"))]);
    for (condition, expected) in [
        (json!({}), true),
        (json!({"StringEquals": {"aws:a": "1", "aws:b": "2"}}), true),
        (json!({"StringEquals": {"aws:a": "1", "aws:b": "1"}}), false),
        (json!({"StringEquals": {"aws:a": "1"}, "NumericLessThan": {"aws:b": "3"}}), true),
        (json!({"StringEquals": {"aws:a": "1"}, "NumericLessThan": {"aws:b": "2"}}), false),
        (json!({"StringEquals": {"aws:a": "1", "AWS:A": "2"}}), false),
        // What cannot be told does not matter beside what is not so.
        (json!({"StringEquals": {"aws:a": "2"}, "Bool": {"aws:b": "true"}}), false),
    ] {
        assert_eq!(holds(&condition, &keys()), Some(expected), "{condition}");
    }
    let doubtful = json!({"StringEquals": {"aws:a": "1"}, "Bool": {"aws:b": "true"}});
    assert_eq!(holds(&doubtful, &keys()), None);
}

#[test]
fn a_value_that_is_too_long_is_not_told() {
    for length in [MAX_TEXT_BYTES, MAX_TEXT_BYTES + 1] {
        let long = || Found::One(Value::Text("x".repeat(length).into()));
        let sure = length == MAX_TEXT_BYTES;
        for operator in ["StringLike", "StringEquals", "StringEqualsIgnoreCase"] {
            check(operator, json!("y"), long(), sure.then_some(false));
        }
        check("StringNotLike", json!("y*"), long(), sure.then_some(true));
    }
}
