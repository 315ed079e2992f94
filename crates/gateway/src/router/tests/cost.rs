//! What a lookup costs, and what keeps it from costing more.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

/// How many nodes a request visits.
fn steps<T>(router: &Router<T>, method: &str, path: &str) -> usize {
    let mut steps = 0;
    let _ = router.find_counting(method.as_bytes(), path.as_bytes(), &mut steps);
    steps
}

#[test]
fn ten_thousand_routes_cost_as_many_steps_as_ten() {
    let of = |rules, count: usize| {
        let routes: Vec<_> = (0..count).map(|n| format!("GET /r{n}/{{id}}/toys")).collect();
        router(rules, &routes.iter().map(String::as_str).collect::<Vec<_>>())
    };
    for rules in [Http, Rest] {
        let (few, many) = (of(rules, 10), of(rules, MAX_ROUTES));
        for path in ["/r3/7/toys", "/r3/7/beds", "/other/7/toys", "/", "/r3/7/toys/8/9"] {
            assert_eq!(steps(&few, "GET", path), steps(&many, "GET", path), "{path}");
        }
        assert_eq!(steps(&many, "GET", "/r9/7/toys"), 4);
    }
}

/// Every mixture of the literal `a` and a variable over this many segments.
fn mixtures(segments: u32, end: &str) -> Vec<String> {
    let segment = |mix: usize, at: u32| if mix >> at & 1 == 0 { "/a" } else { "/{x}" };
    let name = |path: String| {
        let mut parts = path.split("{x}").map(str::to_owned);
        let first = parts.next().unwrap_or_default();
        parts.enumerate().fold(first, |path, (index, part)| format!("{path}{{x{index}}}{part}"))
    };
    (0..2_usize.pow(segments))
        .map(|mix| (0..segments).map(|at| segment(mix, at)).collect::<String>())
        .map(|path| name(format!("GET {path}{end}")))
        .collect()
}

#[test]
fn a_hostile_path_visits_no_node_twice() {
    // Every segment is an `a`, which may be the literal or the variable, and the last fits nothing.
    for (segments, nodes) in [(1, 3), (2, 7), (4, 31), (8, 511)] {
        let routes = mixtures(segments, "");
        let router = router(Http, &routes.iter().map(String::as_str).collect::<Vec<_>>());
        let path = "/a".repeat(segments as usize) + "/a";
        assert_eq!(steps(&router, "GET", &path), nodes);
        assert_eq!(steps(&router, "GET", &path.repeat(20)), nodes);
    }
}

#[test]
fn routes_that_would_let_a_path_cost_too_much_are_refused() {
    for (segments, end) in [(9, "/b"), (12, ""), (12, "/b/{rest+}")] {
        let mut router = Router::new(Http);
        let refusal = mixtures(segments, end)
            .iter()
            .find_map(|route| router.insert(&route.parse().expect(route), ()).err())
            .expect("a refusal");
        assert!(refusal.reason.contains("too many ways to read a path"), "{refusal}");
        let path = "/a".repeat(segments as usize + 1);
        assert!(steps(&router, "GET", &path) <= MAX_STEPS);
        assert!(steps(&router, "GET", &path) > MAX_STEPS / 4);
    }
}

#[test]
fn there_is_a_limit_to_routes() {
    let mut router = Router::new(Http);
    let mut insert = |n| router.insert(&format!("GET /r{n}").parse().expect("a key"), n);
    (0..MAX_ROUTES).try_for_each(&mut insert).expect("within the limit");
    let refusal = insert(MAX_ROUTES).expect_err("beyond the limit");
    assert_eq!(refusal.to_string(), "at most 10000 routes are supported");
}
