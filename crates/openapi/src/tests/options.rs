#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

#[track_caller]
fn check(options: Options, reason: &str) {
    let text = document("openapi: 3.0.1\ninfo: {title: Orders}", "/a", "");
    let found = match translate(&text, &options) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|problem| problem.reason).collect(),
    };
    assert_eq!(found.join("; "), reason);
}

#[test]
fn a_stage_is_named_like_a_path_segment() {
    let stage = |name: &str| Options { stage: Some(name.to_owned()), ..Options::default() };
    check(stage("v1_beta-2"), "");
    check(stage("$default"), "");
    let reason = "is named with 1 to 128 letters, digits, `-` and `_`";
    check(stage("a/b"), &format!("the stage `a/b` {reason}"));
    check(stage(""), &format!("the stage `` {reason}"));
}

#[test]
fn only_an_http_api_has_a_default_stage() {
    let options = Options {
        stage: Some("$default".to_owned()),
        protocol: Some(Protocol::Rest),
        ..Options::default()
    };
    check(options, "only an HTTP API has a stage `$default`, and this is a REST API");
}

#[test]
fn stage_variables_are_named_and_filled_as_api_gateway_takes_them() {
    let with = |name: &str, value: &str| Options {
        stage_variables: [(name.to_owned(), value.to_owned())].into(),
        ..Options::default()
    };
    check(with("host_1", "a.internal:8080/v1?x=y"), "");
    check(
        with("a-b", "c"),
        "the stage variable `a-b` is named with 1 to 64 letters, digits and `_`",
    );
    let reason =
        "the value of the stage variable `a` has 1 to 512 letters, digits and `-._~:/?#&=,`";
    check(with("a", ""), reason);
    check(with("a", "{b}"), reason);
}

#[test]
fn an_id_is_a_label_of_a_host_name() {
    let id = |id: &str| Options { api_id: Some(id.to_owned()), ..Options::default() };
    check(id("orders-1"), "");
    let reason = "an API's id has 1 to 63 lower-case letters, digits and `-`";
    check(id("a.b"), &format!("{reason}: `a.b`"));
    check(id("Orders"), &format!("{reason}: `Orders`"));
    check(id(""), &format!("{reason}: ``"));
}

#[test]
fn an_id_is_made_from_the_title() {
    for (title, expected) in
        [("Orders", "orders"), ("Pet Store (v2)", "pet-store-v2"), ("宠物", "api")]
    {
        let text = document(&format!("openapi: 3.0.1\ninfo: {{title: {title}}}"), "/a", "");
        let translation = translate(&text, &Options::default()).expect(title);
        assert_eq!(translation.definition.default_api.as_deref(), Some(expected), "{title}");
        assert!(translation.definition.apis.contains_key(expected), "{title}");
    }
}

#[test]
fn a_stage_has_the_variables_it_is_given() {
    let options = Options {
        stage: Some("test".to_owned()),
        stage_variables: [("host".to_owned(), "a.internal".to_owned())].into(),
        ..Options::default()
    };
    let api = api(&document("openapi: 3.0.1", "/a", ""), &options);
    assert_eq!(api.stages.get("test").expect("the stage").variables, options.stage_variables);
}

#[test]
fn a_uri_makes_sense_on_every_stage_and_what_comes_from_outside_counts_first() {
    #[track_caller]
    fn check(stages: &[(&str, &str)], outer: Option<&str>, expected: &[&str]) {
        let variables = |base: &str| [("base".to_owned(), base.to_owned())].into();
        let stages = stages.iter().map(|(stage, base)| ((*stage).to_owned(), variables(base)));
        let stage_variables = outer.map(variables).unwrap_or_default();
        let options = Options { stages: stages.collect(), stage_variables, ..Options::default() };
        let text = document("openapi: 3.0.1", "/a", "")
            .replace("https://a.internal/", "${stageVariables.base}/a");
        let reasons = match translate(&text, &options) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.into_iter().map(|problem| problem.reason).collect(),
        };
        assert_eq!(reasons, expected);
    }
    let (right, wrong) = ("https://a.internal", "ftp://a.internal");
    let reason = "`ftp://a.internal/a` is not a URL: it must start with `https://` or `http://`";
    check(&[], Some(right), &[]);
    check(&[("dev", right), ("prod", right)], None, &[]);
    check(&[("dev", right), ("prod", wrong)], None, &[reason]);
    check(&[("dev", right), ("prod", wrong)], Some(right), &[]);
    check(&[("dev", right), ("prod", right)], Some(wrong), &[reason]);
}
