//! What holds of every policy and every request.

use std::net::Ipv4Addr;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};

use super::ask;
use crate::pattern::Pattern;
use crate::work::Work;
use crate::{Action, Decision, Found, Keys, Kind, Policy, Request, Value};

/// The values of a request's condition keys: of a key that may have several, a list.
#[derive(Clone, Debug)]
struct Sent(Vec<(&'static str, Vec<&'static str>, bool)>);

impl Keys for Sent {
    fn values(&self, key: &str) -> Found<'_> {
        match self.0.iter().find(|(name, ..)| *name == key) {
            Some((_, values, true)) => {
                Found::Several(values.iter().map(|text| Value::from(*text)).collect())
            }
            Some((_, values, false)) => Found::One(values[0].into()),
            None => Found::Nothing,
        }
    }
}

/// The same language once more, said as it is told: with recursion, copies and no bounds.
mod naive {
    use super::*;

    #[derive(Clone)]
    enum Token {
        Char(char),
        One,
        Many,
    }

    fn glob(tokens: &[Token], text: &[char]) -> bool {
        match (tokens, text) {
            ([], []) => true,
            ([Token::Many, rest @ ..], _) => {
                glob(rest, text) || (!text.is_empty() && glob(tokens, &text[1..]))
            }
            ([Token::One, rest @ ..], [_, after @ ..]) => glob(rest, after),
            ([Token::Char(expected), rest @ ..], [next, after @ ..]) => {
                expected == next && glob(rest, after)
            }
            _ => false,
        }
    }

    fn lookup(sent: &Sent, key: &str) -> Vec<&'static str> {
        let found = sent.0.iter().find(|(name, ..)| name.eq_ignore_ascii_case(key));
        found.map_or(Vec::new(), |(_, values, _)| values.clone())
    }

    fn is_list(sent: &Sent, key: &str) -> bool {
        sent.0.iter().any(|(name, _, is_list)| name.eq_ignore_ascii_case(key) && *is_list)
    }

    /// `None` if a variable stands for nothing.
    fn tokens(pattern: &str, has_wildcards: bool, sent: &Sent) -> Option<Vec<Token>> {
        let Some((before, rest)) = pattern.split_once("${") else {
            let token = |next| match next {
                '*' if has_wildcards => Token::Many,
                '?' if has_wildcards => Token::One,
                next => Token::Char(next),
            };
            return Some(pattern.chars().map(token).collect());
        };
        let (name, after) = rest.split_once('}').unwrap();
        let text = match name {
            "*" | "?" | "$" => name,
            key if is_list(sent, key) => return None,
            key => lookup(sent, key).first()?,
        };
        let mut all = tokens(before, has_wildcards, sent)?;
        all.extend(text.chars().map(Token::Char));
        all.extend(tokens(after, has_wildcards, sent)?);
        Some(all)
    }

    pub(super) fn like(pattern: &str, wild: bool, text: &str, sent: &Sent) -> Option<bool> {
        let text: Vec<_> = text.chars().collect();
        tokens(pattern, wild, sent).map(|tokens| glob(&tokens, &text))
    }

    fn texts(value: &Json) -> Vec<String> {
        match value {
            Json::Array(items) => items.iter().flat_map(texts).collect(),
            Json::String(text) => vec![text.clone()],
            other => vec![other.to_string()],
        }
    }

    /// `None` of a variable that stands for nothing.
    fn resource(pattern: &str, arn: &str, is_wide: bool, sent: &Sent) -> Option<bool> {
        if is_wide || !pattern.contains(':') {
            return like(pattern, true, arn, sent);
        }
        let patterns: Vec<_> = pattern.splitn(6, ':').collect();
        let parts: Vec<_> = arn.splitn(patterns.len(), ':').collect();
        if parts.len() != patterns.len() {
            return Some(false);
        }
        let mut answer = Some(true);
        for (pattern, part) in patterns.iter().zip(parts) {
            match like(pattern, true, part, sent) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => answer = None,
            }
        }
        answer
    }

    /// Whether a value is what the policy has written, of an operator that is not negated. Outside: it
    /// is of another type. Inside: a variable stands for nothing.
    fn compare(base: &str, written: &str, value: &str, sent: &Sent) -> Option<Option<bool>> {
        let small = |text: &str| text.to_lowercase();
        Some(match base {
            "StringEquals" => like(written, false, value, sent),
            "StringLike" => like(written, true, value, sent),
            "StringEqualsIgnoreCase" => tokens(written, false, sent).map(|tokens| {
                let text = tokens.iter().map(|token| match token {
                    Token::Char(next) => *next,
                    Token::One | Token::Many => panic!("there are no wildcards"),
                });
                small(&text.collect::<String>()) == small(value)
            }),
            "NumericLessThan" => Some(value.parse::<f64>().ok()? < written.parse::<f64>().unwrap()),
            "NumericEquals" => Some(value.parse::<f64>().ok()? == written.parse::<f64>().unwrap()),
            "Bool" => Some(small(value).parse::<bool>().ok()? == written.parse::<bool>().unwrap()),
            "IpAddress" => {
                let value = u32::from(value.parse::<Ipv4Addr>().ok()?);
                let (address, prefix) = written.split_once('/').unwrap();
                let address = u32::from(address.parse::<Ipv4Addr>().unwrap());
                let size = 1_u64 << (32 - prefix.parse::<u64>().unwrap());
                Some(u64::from(value) / size == u64::from(address) / size)
            }
            other => panic!("{other}"),
        })
    }

    fn one(
        base: &str,
        is_negated: bool,
        written: &[String],
        value: &str,
        sent: &Sent,
    ) -> Option<bool> {
        let (mut is_match, mut is_unclear) = (false, false);
        for written in written {
            match compare(base, written, value, sent) {
                None => return None,
                Some(Some(answer)) => is_match |= answer,
                Some(None) => is_unclear = true,
            }
        }
        match (is_negated, is_match, is_unclear) {
            (false, is_match, _) => Some(is_match),
            (true, true, _) => Some(false),
            (true, false, true) => None,
            (true, false, false) => Some(true),
        }
    }

    fn condition(operator: &str, key: &str, written: &Json, sent: &Sent) -> Option<bool> {
        let (quantifier, rest) = operator.split_once(':').unwrap_or(("", operator));
        let base = rest.trim_end_matches("IfExists");
        let is_optional = base != rest;
        let positive = base.replace("NotIp", "Ip").replace("Not", "");
        let is_negated = positive != base;
        let (written, values) = (texts(written), lookup(sent, key));
        if base == "Null" {
            return Some(written.contains(&values.is_empty().to_string()));
        }
        if values.is_empty() {
            let answer = match quantifier {
                "ForAnyValue" => false,
                "ForAllValues" => true,
                _ => is_negated,
            };
            return Some(is_optional || answer);
        }
        let answers: Vec<_> =
            values.iter().map(|value| one(&positive, is_negated, &written, value, sent)).collect();
        let has = |answer| answers.contains(&answer);
        match quantifier {
            "ForAnyValue" if has(Some(true)) => Some(true),
            "ForAnyValue" if has(None) => None,
            "ForAnyValue" => Some(false),
            "ForAllValues" if values.iter().all(|value| value.is_empty()) => Some(true),
            "ForAllValues" if has(Some(false)) => Some(false),
            "ForAllValues" if has(None) => None,
            "ForAllValues" => Some(true),
            _ if values.len() > 1 => None,
            _ => answers[0],
        }
    }

    fn applies(statement: &Json, action: &str, arn: &str, sent: &Sent) -> Option<bool> {
        let is_deny = statement["Effect"] == "Deny";
        let named = |written: &Json| {
            texts(written).iter().any(|pattern| {
                let (pattern, action) = (pattern.to_lowercase(), action.to_lowercase());
                like(&pattern, true, &action, sent) == Some(true)
            })
        };
        let is_named = match statement.get("Action") {
            Some(written) => named(written),
            None => !named(&statement["NotAction"]),
        };
        let matches = |written: &Json, is_wide| {
            let patterns = texts(written);
            patterns.iter().map(|it| resource(it, arn, is_wide, sent)).collect::<Vec<_>>()
        };
        let covers = match statement.get("Resource") {
            Some(written) => Some(matches(written, is_deny).contains(&Some(true))),
            None => {
                let answers = matches(&statement["NotResource"], !is_deny);
                if answers.contains(&Some(true)) {
                    Some(false)
                } else if answers.contains(&None) {
                    None
                } else {
                    Some(true)
                }
            }
        };
        let mut answers = vec![Some(is_named), covers];
        for (operator, keys) in statement["Condition"].as_object().unwrap() {
            for (key, written) in keys.as_object().unwrap() {
                answers.push(condition(operator, key, written, sent));
            }
        }
        if answers.contains(&Some(false)) {
            Some(false)
        } else if answers.contains(&None) {
            None
        } else {
            Some(true)
        }
    }

    pub(super) fn decide(statements: &[Json], action: &str, arn: &str, sent: &Sent) -> Decision {
        let of = |effect: &str| -> Vec<_> {
            let statements = statements.iter().filter(|statement| statement["Effect"] == effect);
            statements.map(|statement| applies(statement, action, arn, sent)).collect()
        };
        if of("Deny").iter().any(|answer| *answer != Some(false)) {
            return Decision::ExplicitDeny;
        }
        if of("Allow").contains(&Some(true)) {
            return Decision::Allow;
        }
        Decision::ImplicitDeny
    }
}

const KEYS: [&str; 4] = ["aws:a", "aws:b", "aws:list", "aws:missing"];

fn texts(choices: &'static [&'static str]) -> impl Strategy<Value = Json> {
    let one = select(choices).prop_map(Json::from);
    prop_oneof![one, prop::collection::vec(select(choices), 1..4).prop_map(Json::from)]
}

fn resource() -> impl Strategy<Value = Json> {
    texts(&[
        "*",
        "arn:*",
        "arn:aws:execute-api:*:*:*",
        "arn:aws:execute-api:*:a",
        "arn:aws:*:a*",
        "arn:aws:execute-api:r:1:a/*",
        "arn:aws:execute-api:r:1:a/*/b",
        "arn:aws:execute-api:r:?:a/${aws:a}",
        "arn:aws:execute-api:r:*:*${aws:list}*",
        "arn:aws:execute-api:r:*:*${aws:b}${aws:a}*",
        "arn:aws:execute-api:r:1:a/${*}?",
        "*/b",
        "*:a/?",
    ])
}

fn condition() -> impl Strategy<Value = (String, Json)> {
    const STRINGS: &[&str] = &[
        "a",
        "b",
        "A",
        "*",
        "?b",
        "",
        "1",
        "true",
        "${aws:a}",
        "a${aws:list}",
        "${aws:missing}x",
        "${*}",
    ];
    let typed = prop_oneof![
        (select(vec!["StringEquals", "StringEqualsIgnoreCase", "StringLike"]), texts(STRINGS),),
        (
            select(vec!["StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike"]),
            texts(STRINGS),
        ),
        (
            select(vec!["NumericLessThan", "NumericEquals", "NumericNotEquals"]),
            texts(&["1", "2.5", "-1"]),
        ),
        (Just("Bool"), texts(&["true", "false"])),
        (
            select(vec!["IpAddress", "NotIpAddress"]),
            texts(&["10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/1"])
        ),
    ];
    let quantifier = select(vec!["", "", "ForAnyValue:", "ForAllValues:"]);
    let optional = select(vec!["", "", "IfExists"]);
    let compared =
        (quantifier, typed, optional).prop_map(|(quantifier, (base, written), optional)| {
            (format!("{quantifier}{base}{optional}"), written)
        });
    let absent = texts(&["true", "false"]).prop_map(|written| ("Null".to_owned(), written));
    let operator = prop_oneof![8 => compared, 1 => absent];
    (operator, select(KEYS.to_vec())).prop_map(|((operator, written), key)| {
        let mut keys = json!({});
        keys[key] = written;
        (operator, keys)
    })
}

fn statement() -> impl Strategy<Value = Json> {
    let action = texts(&["*", "execute-api:*", "execute-api:Invoke", "EXECUTE-API:inv*", "s3:*"]);
    (
        select(vec!["Allow", "Allow", "Deny"]),
        select(vec!["Action", "Action", "NotAction"]),
        action,
        select(vec!["Resource", "Resource", "NotResource"]),
        resource(),
        prop::collection::vec(condition(), 0..3),
    )
        .prop_map(|(effect, action_is, action, resource_is, resource, conditions)| {
            let mut statement = json!({"Effect": effect, "Condition": {}});
            statement[action_is] = action;
            statement[resource_is] = resource;
            for (operator, keys) in conditions {
                statement["Condition"][operator] = keys;
            }
            statement
        })
}

fn sent() -> impl Strategy<Value = Sent> {
    let text =
        || select(vec!["a", "b", "A", "ab", "", "1", "2.5", "true", "False", "10.1.2.3", "*"]);
    let one = || prop::option::of(text());
    (one(), one(), prop::collection::vec(text(), 0..4)).prop_map(|(a, b, list)| {
        let one = |key, value: Option<_>| value.map(|value| (key, vec![value], false));
        let mut keys = vec![("aws:list", list, true)];
        keys.extend(one("aws:a", a));
        keys.extend(one("aws:b", b));
        Sent(keys)
    })
}

fn arn() -> impl Strategy<Value = &'static str> {
    select(vec![
        "arn:aws:execute-api:r:1:a/b",
        "arn:aws:execute-api:r:1:a/a",
        "arn:aws:execute-api:r:1:a/*/b",
        "arn:aws:execute-api:r:12:a/*b",
        "arn:aws:execute-api:r:1:b:a",
        "arn:aws:s3:::a",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_policy_says_what_the_language_says(
        statements in prop::collection::vec(statement(), 1..4),
        action in select(vec![Action::Invoke, Action::InvalidateCache]),
        arn in arn(),
        sent in sent(),
    ) {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        let policy = Policy::compile(&document, Kind::Identity).unwrap();
        let decision = policy.decide(&Request { action, ..ask(arn, &sent) });
        prop_assert_eq!(decision, naive::decide(&statements, action.name(), arn, &sent));
        // The same document as text is the same policy.
        let policy = Policy::parse(&document.to_string(), Kind::Identity).unwrap();
        prop_assert_eq!(policy.decide(&Request { action, ..ask(arn, &sent) }), decision);
    }

    #[test]
    fn a_pattern_matches_what_it_says(pattern in "[ab*?é]{0,10}", text in "[abé]{0,10}") {
        let none = Sent(Vec::new());
        let is_match = Pattern::wildcards(&pattern).matches(&[], &text, &Work::default());
        prop_assert_eq!(is_match, naive::like(&pattern, true, &text, &none));
    }

    /// One more `Deny`, one condition more on an `Allow`: neither opens anything.
    #[test]
    fn to_say_more_never_allows_more(
        statements in prop::collection::vec(statement(), 1..4),
        more in statement(),
        (operator, keys) in condition(),
        arn in arn(),
        sent in sent(),
    ) {
        let decide = |statements: &[Json]| {
            let document = json!({"Version": "2012-10-17", "Statement": statements});
            Policy::compile(&document, Kind::Identity).unwrap().decide(&ask(arn, &sent))
        };
        let before = decide(&statements);
        let mut denying = statements.clone();
        denying.push(more);
        denying.last_mut().unwrap()["Effect"] = "Deny".into();
        prop_assert!(!decide(&denying).is_allow() || before.is_allow());
        let mut narrower = statements;
        for statement in narrower.iter_mut().filter(|statement| statement["Effect"] == "Allow") {
            let conditions = statement["Condition"].as_object_mut().unwrap();
            conditions.entry(operator.clone()).or_insert_with(|| keys.clone());
        }
        prop_assert!(!decide(&narrower).is_allow() || before.is_allow());
    }

    #[test]
    fn no_text_is_too_much_for_it(text in "\\PC{0,200}", sent in sent()) {
        let mut document = json!({"Version": "2012-10-17", "Statement": super::deny("*")});
        document["Statement"]["Resource"] = text.as_str().into();
        document["Statement"]["Condition"] = json!({"StringLike": {"aws:a": text}});
        let decide = |policy: Policy| policy.decide(&ask(&text, &sent));
        let _ = Policy::compile(&document, Kind::Identity).map(decide);
        let _ = Policy::parse(&text, Kind::Identity).map(decide);
    }
}
