//! Wildcards and variables, and how much work they may be.

use std::borrow::Cow;

use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{ARN, Table, allow, ask, deny, identity};
use crate::Decision::{Allow, ExplicitDeny, ImplicitDeny};
use crate::pattern::Pattern;
use crate::work::Work;
use crate::{Found, Kind, MAX_STEPS, MAX_TEXT_BYTES, Policy};

#[track_caller]
fn check(pattern: &str, text: &str, expected: bool) {
    let is_match = Pattern::wildcards(pattern).matches(&[], text, &Work::default());
    assert_eq!(is_match, Some(expected), "`{pattern}` `{text}`");
}

#[test]
fn wildcards_match_what_they_say() {
    for (pattern, text, expected) in [
        ("", "", true),
        ("", "a", false),
        ("*", "", true),
        ("*", "a/b:c", true),
        ("**", "", true),
        ("?", "", false),
        ("?", "a", true),
        ("?", "é", true),
        ("?", "ab", false),
        ("?*", "", false),
        ("*?", "ab", true),
        ("a*", "a", true),
        ("a*", "b", false),
        ("*a", "bba", true),
        ("*a", "ab", false),
        ("*ab", "aab", true),
        ("*ab", "abab", true),
        ("*aab", "aaab", true),
        ("a*b*c", "aXbYbZc", true),
        ("a*b*c", "acb", false),
        ("*a*a*", "a", false),
        ("*a*a*", "aa", true),
        ("*a?c*", "abbacc", true),
        ("a?*?b", "a12b", true),
        ("a?*?b", "a1b", false),
        ("*é*", "caféx", true),
        ("A", "a", false),
    ] {
        check(pattern, text, expected);
    }
}

/// Steps of work that it takes to see that a text does not match.
fn steps(pattern: &str, text: &str) -> u32 {
    let work = Work::default();
    assert_eq!(Pattern::wildcards(pattern).matches(&[], text, &work), Some(false), "{pattern}");
    work.taken()
}

#[test]
fn a_flood_of_wildcards_is_no_more_work_than_text_times_pattern() {
    for length in [8, 16, 32, 64, 128] {
        let text = "a".repeat(length * 4);
        for pattern in [
            format!("{}b", "*".repeat(length)),
            format!("{}b", "*a".repeat(length)),
            format!("{}b", "*?".repeat(length)),
            format!("{}b", "a*".repeat(length)),
            format!("*{}b", "a".repeat(length)),
            format!("*{}b", "a?".repeat(length)),
            format!("{}b", "*a?".repeat(length)),
        ] {
            let most = u32::try_from(pattern.len() * text.len()).unwrap();
            let steps = steps(&pattern, &text);
            assert!(steps <= most, "{steps} steps for {pattern}");
        }
        // Stars in a row are one, and what ends in plain text is found at once.
        assert!(steps(&format!("{}b", "*".repeat(length)), &text) < 64 + 2 * length as u32);
    }
}

#[test]
fn no_work_is_done_once_there_was_too_much() {
    let work = Work::default();
    assert_eq!(work.take(MAX_STEPS as usize - 3), Some(()));
    assert_eq!(work.take(5), None);
    assert_eq!(work.take(1), None);
    assert_eq!(Work::default().take(usize::MAX), None);
}

#[test]
fn what_is_too_much_work_to_tell_is_denied() {
    // A thousand patterns of that kind, and a text that is as long as may be.
    let hard = |index: usize| format!("arn:aws:execute-api:*:*:*{}{index}", "a?".repeat(24));
    let resources: Vec<_> = (0..500).map(hard).collect();
    let arn = format!("arn:aws:execute-api:r:a:{}", "a".repeat(MAX_TEXT_BYTES - 24));
    let keys = Table(Vec::new());
    let decide = |statements| {
        let (policy, work) = (identity(&statements), Work::default());
        let decision = policy.decide_within(&ask(&arn, &keys), &work);
        (decision, work.taken() == MAX_STEPS)
    };
    assert_eq!(decide(json!([allow("*"), deny(resources.clone())])), (ExplicitDeny, true));
    assert_eq!(decide(json!([allow(resources.clone())])), (ImplicitDeny, true));
    let mut not = json!({"Effect": "Allow", "Action": "*"});
    not["NotResource"] = resources.clone().into();
    assert_eq!(decide(json!([not])), (ImplicitDeny, true));
    // What comes after cannot be told either.
    assert_eq!(
        decide(json!([allow(resources), allow("arn:aws:execute-api:*")])),
        (ImplicitDeny, true)
    );
}

#[test]
fn variables_stand_for_what_the_request_says_and_never_for_wildcards() {
    let keys = Table(vec![
        ("aws:username", Found::One("42".into())),
        ("aws:star", Found::One("*".into())),
        ("aws:brace", Found::One("${aws:username}".into())),
        ("aws:several", Found::Several(vec!["42".into(), "43".into()])),
        ("aws:principaltag/the team", Found::One("42".into())),
    ]);
    let head = "arn:aws:execute-api:us-east-1:123456789012:abcdef/prod/GET/pets";
    for (tail, path, expected) in [
        ("/${aws:username}", "/42", true),
        ("/${AWS:UserName}", "/42", true),
        ("/${ aws:username }", "/42", true),
        ("/${aws:PrincipalTag/The Team}", "/42", true),
        ("/${aws:username}", "/4", false),
        ("*${aws:username}*", "/x42x", true),
        ("/${aws:username}${aws:username}", "/4242", true),
        ("/${aws:star}", "/42", false),
        ("/${aws:star}", "/*", true),
        ("/${*}", "/42", false),
        ("/${*}", "/*", true),
        ("/${?}", "/4", false),
        ("/${?}", "/?", true),
        ("/${$}{aws:username}", "/${aws:username}", true),
        ("/${aws:brace}", "/42", false),
        ("/${aws:brace}", "/${aws:username}", true),
        ("/$aws:username", "/$aws:username", true),
        // A variable that stands for nothing matches nothing, not even with a star beside it.
        ("/${aws:missing}", "/", false),
        ("/${aws:missing}*", "/42", false),
        ("/${aws:several}", "/42", false),
        ("/${aws:missing, '42'}", "/42", true),
        ("/${aws:missing,'42'}", "/42", true),
        ("/${aws:missing, ''}", "/", true),
        ("/${aws:missing, '*'}", "/42", false),
        ("/${aws:username, '43'}", "/43", false),
        ("/${aws:several, '43'}", "/43", true),
    ] {
        let arn = format!("{head}{path}");
        let decision = identity(&allow(format!("{head}{tail}"))).decide(&ask(&arn, &keys));
        assert_eq!(decision, if expected { Allow } else { ImplicitDeny }, "{tail} {path}");
    }
}

#[test]
fn a_variable_that_stands_for_nothing_leaves_nothing_out() {
    let keys = Table(Vec::new());
    let not = |effect| {
        let resource = "arn:aws:execute-api:*:*:${aws:username}";
        json!({"Effect": effect, "Action": "*", "NotResource": resource})
    };
    assert_eq!(identity(&not("Allow")).decide(&ask(ARN, &keys)), ImplicitDeny);
    assert_eq!(identity(&not("Deny")).decide(&ask(ARN, &keys)), ExplicitDeny);
}

#[test]
fn policies_of_old_have_no_variables() {
    let keys = Table(vec![("aws:username", Found::One("42".into()))]);
    let arn = format!("{ARN}/${{aws:username}}");
    for version in [json!({"Version": "2008-10-17"}), json!({})] {
        let mut document = version;
        document["Statement"] = allow(arn.as_str());
        let policy = Policy::compile(&document, Kind::Identity).unwrap();
        assert_eq!(policy.decide(&ask(&arn, &keys)), Allow);
        assert_eq!(policy.decide(&ask(&format!("{ARN}/42"), &keys)), ImplicitDeny);
        assert_eq!(policy.keys().count(), 0);
    }
}

#[test]
fn texts_are_equal_but_for_small_and_capital_letters() {
    let syntax = crate::pattern::Syntax { has_wildcards: false, has_variables: true };
    let pattern = Pattern::parse("Äb${aws:x}*", syntax).unwrap();
    assert!(pattern.equals_ignoring_case(&[Cow::from("C")], "äBc*"));
    assert!(!pattern.equals_ignoring_case(&[Cow::from("C")], "äBcd"));
}
