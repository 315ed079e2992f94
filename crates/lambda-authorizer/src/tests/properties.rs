//! Answers that nobody has thought of.

use proptest::prelude::*;
use serde_json::{Value, json};
use tollgate_policy::Policy;

use super::{Worker, bearing, returns, simple, token};
use crate::answer::{Answer, Shape};
use crate::key::Key;

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop_oneof!["Allow", "Deny", "\\*", "execute-api:Invoke", "2012-10-17", ".{0,8}"]
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let name = prop_oneof![
            "principalId",
            "policyDocument",
            "Version",
            "Statement",
            "Effect",
            "Action",
            "Resource",
            "context",
            "isAuthorized",
            "usageIdentifierKey",
            "[a-z]{0,4}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_a_function_returns_is_an_answer_or_none(bytes in any::<Vec<u8>>()) {
        for shape in [Shape::Policy, Shape::PolicyAndValues, Shape::Simple] {
            let _ = Answer::parse(&bytes, shape);
        }
    }

    #[test]
    fn nobody_is_let_in_but_by_a_yes(answer in value()) {
        let plain = Worker::new(&simple(), &json!({}));
        let (_, outcome, _) = plain.judge(bearing("t"), returns(answer.to_string()));
        if outcome == "admitted" {
            prop_assert_eq!(&answer["isAuthorized"], &json!(true));
        }
        let policy = Worker::new(&token(), &json!({}));
        let (judged, outcome, _) = policy.judge(bearing("t"), returns(answer.to_string()));
        if outcome == "admitted" {
            let statements = answer["policyDocument"]["Statement"].to_string();
            prop_assert!(statements.contains("\"Allow\""));
            let principal = judged.context.authorizer.unwrap().principal_id.unwrap();
            prop_assert!(!principal.chars().any(char::is_control));
        } else {
            prop_assert!(judged.context.authorizer.is_none());
        }
    }

    #[test]
    fn a_policy_around_anything_lets_in_only_as_a_whole(extra in value(), resource in ".{0,20}") {
        let mut statement = json!({"Effect": "Allow", "Action": "execute-api:Invoke"});
        statement["Resource"] = resource.into();
        statement["Condition"] = extra;
        let answer = json!({
            "principalId": "p", "policyDocument": {"Statement": [statement]},
        });
        // Judged, whatever it comes to.
        let worker = Worker::new(&token(), &json!({"ttl_secs": 1}));
        let (_, first, _) = worker.judge(bearing("t"), returns(answer.to_string()));
        let (_, second, asked) = worker.judge(bearing("t"), returns(answer.to_string()));
        prop_assert_eq!(&first, &second);
        prop_assert_eq!(asked, first.starts_with("500"));
    }

    #[test]
    fn keys_are_the_same_only_for_the_same_values(
        one in prop::collection::vec(prop::collection::vec(0_u8..3, 0..4), 0..4),
        other in prop::collection::vec(prop::collection::vec(0_u8..3, 0..4), 0..4),
    ) {
        let key = |values: &[Vec<u8>]| Key::of(values.iter().map(Vec::as_slice)).unwrap();
        prop_assert_eq!(one == other, key(&one) == key(&other));
    }

    #[test]
    fn a_crowd_is_served_in_any_order(turns in prop::collection::vec((0_u8..4, 0_usize..6), 0..60)) {
        let worker = Worker::new(&token(), &json!({"ttl_secs": 5}));
        let mut crowd: Vec<(super::Sent, String)> = Vec::new();
        for (turn, which) in turns {
            let place = which.min(crowd.len().saturating_sub(1));
            match turn {
                0 => {
                    let (sent, verdict) = worker.send(bearing(&(which % 2).to_string()));
                    crowd.push((sent, super::text(&verdict)));
                }
                1 if !crowd.is_empty() => drop(crowd.swap_remove(place)),
                2 => if let Some((sent, last)) = crowd.get_mut(place).filter(|it| it.1 == "asks") {
                    let answer = super::allow("*").to_string();
                    *last = super::text(&worker.reply(sent, returns(answer)));
                },
                _ => if worker.authorizer.is_pressed() {
                    let _ = worker.authorizer.work(&worker.host);
                    for (sent, last) in crowd.iter_mut().filter(|it| it.1 == "waits") {
                        *last = super::text(&worker.wake(sent));
                    }
                },
            }
            let asks = crowd.iter().filter(|it| it.1 == "asks").count();
            prop_assert_eq!(worker.authorizer.authorizer().under_way(), asks);
            // Whoever waits waits for somebody, or is about to be told.
            let waits = crowd.iter().any(|it| it.1 == "waits");
            prop_assert!(!waits || asks > 0 || worker.authorizer.is_pressed());
        }
    }
}
