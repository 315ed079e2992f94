#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

#[test]
fn a_problem_says_file_line_column_path_and_reason() {
    let text = "openapi: 3.0.1\npaths:\n  /a:\n    get: {}\n";
    let options = Options { file: "orders.yaml".to_owned(), ..Options::default() };
    let problems = translate(text, &options).expect_err("a refusal");
    let shown: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let expected = "orders.yaml:4:5: $.paths./a.get: no integration is defined for this operation: \
                    it lacks `x-amazon-apigateway-integration`";
    assert_eq!(shown, [expected]);
}

#[test]
fn problems_are_in_the_order_of_the_document_and_each_is_there_once() {
    let text = "openapi: 3.0.1\nx-amazon-apigateway-policy: {}\npaths:\n  /a: {get: {}, put: {}}\n  b: {}\n";
    let problems = translate(text, &Options::default()).expect_err("a refusal");
    let places: Vec<_> =
        problems.iter().map(|problem| (problem.line, problem.also.len())).collect();
    assert_eq!(places, [(2, 0), (4, 1), (5, 0)]);
}

#[test]
fn the_number_of_problems_is_bounded_and_the_rest_is_counted() {
    let keys: String =
        (0..MAX_PROBLEMS + 10).map(|number| format!("unknown{number}: 1\n")).collect();
    let reasons =
        refused(&document(&format!("openapi: 3.0.1\n{keys}"), "/a", ""), &Options::default());
    assert_eq!(reasons.len(), MAX_PROBLEMS + 1);
    assert!(reasons.contains(&"10 more problems are not shown".to_owned()), "{reasons:?}");
}

#[test]
fn a_long_word_of_the_document_is_cut() {
    let long = "x".repeat(100_000);
    let text = document(&format!("openapi: 3.0.1\n{long}: 1"), "/a", "");
    // A plain key has at most 1,024 characters in YAML; in JSON it may be of any length.
    assert!(refused(&text, &Options::default()).iter().all(|reason| reason.len() < 500));
    let json = format!(
        "{{\"openapi\": \"3.0.1\", \"{long}\": 1, \"paths\": {{\"/{long}\": {{\"get\": 1}}}}}}"
    );
    let problems = translate(&json, &Options::default()).expect_err("a refusal");
    assert!(problems.iter().all(|problem| problem.to_string().len() < 1_000));
}

#[test]
fn an_api_may_have_ten_thousand_routes_and_no_more() {
    use std::fmt::Write as _;
    let document = |routes: usize| {
        let mut text = String::from("openapi: 3.0.1\ninfo: {title: many}\npaths:\n");
        for route in 0..routes {
            let uri = format!("https://a.internal/{route}");
            let integration = format!("{{type: http_proxy, httpMethod: GET, uri: \"{uri}\"}}");
            writeln!(
                text,
                "  /{route}: {{get: {{x-amazon-apigateway-integration: {integration}}}}}"
            )
            .expect("written");
        }
        text
    };
    assert_eq!(api(&document(10_000), &Options::default()).routes.len(), 10_000);
    assert_eq!(
        refused(&document(10_001), &Options::default()),
        ["an API has at most 10000 routes"]
    );
}
