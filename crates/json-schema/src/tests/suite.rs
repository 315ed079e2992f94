//! The tests of JSON-Schema-Test-Suite for draft-04.

use std::collections::BTreeMap;

use serde_json::Value;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{Documents, Schema};

const GROUPS: &str = include_str!("../../../../tests/data/jsonschema/draft4.jsonl");
const REMOTES: &str = include_str!("../../../../tests/data/jsonschema/remotes.json");

/// The groups that are refused, and why. None of them is required by the draft.
const REFUSED: [(&str, &str); 3] = [
    ("draft4/optional/ecmascript-regex/10", "a Unicode property"),
    ("draft4/optional/ecmascript-regex/14", "a Unicode property"),
    ("draft4/optional/ecmascript-regex/19", "a Unicode property"),
];

#[test]
fn every_case_of_the_suite_passes_but_those_that_are_refused_for_a_reason() {
    let remotes: BTreeMap<String, Value> = serde_json::from_str(REMOTES).expect("documents");
    let documents = remotes.iter().fold(Documents::new(), |documents, (path, document)| {
        documents.with(format!("http://localhost:1234/{path}"), document)
    });
    let (mut passed, mut refused, mut failed) = (0, Vec::new(), Vec::new());
    for line in GROUPS.lines() {
        let group: Value = serde_json::from_str(line).expect("a group");
        let id = group["id"].as_str().expect("an id");
        let schema = match Schema::compile(&group["schema"], &documents) {
            Ok(schema) => schema,
            Err(problem) => {
                refused.push((id.to_owned(), problem.to_string()));
                continue;
            }
        };
        for case in group["tests"].as_array().expect("tests") {
            let outcome = schema.check(&case["data"]);
            if outcome.is_ok() == case["valid"] {
                passed += 1;
            } else {
                failed.push(format!("{id}, {}: {outcome:?}", case["description"]));
            }
        }
    }
    assert_eq!(failed, Vec::<String>::new());
    assert_eq!(refused.len(), REFUSED.len(), "{refused:?}");
    for ((id, problem), (expected, reason)) in refused.iter().zip(REFUSED) {
        assert_eq!(id, expected);
        assert!(problem.contains(reason), "{problem}");
    }
    assert_eq!(passed, 529);
}
