mod both;
mod cost;
mod http;
mod key;
#[cfg(not(target_arch = "wasm32"))]
mod oracle;
mod rest;

use super::*;

use Rules::{Http, Rest};

#[track_caller]
fn router(rules: Rules, routes: &[&str]) -> Router<String> {
    let mut router = Router::new(rules);
    for route in routes {
        let key: RouteKey = route.parse().expect(route);
        router.insert(&key, (*route).to_owned()).expect(route);
    }
    router
}

/// The route and its parameters as text: `GET /pets/{id} id=7`, or `none`.
fn found(router: &Router<String>, method: &[u8], path: &[u8]) -> String {
    let Some(Match { value, parameters }) = router.find(method, path) else {
        return "none".to_owned();
    };
    let text = |(name, value): (&Rc<str>, &[u8])| format!(" {name}={}", value.escape_ascii());
    value.clone() + &parameters.into_iter().map(text).collect::<String>()
}

#[track_caller]
fn check(rules: Rules, routes: &[&str], request: &str, expected: &str) {
    let (method, path) = request.split_once(' ').expect("METHOD /path");
    let router = router(rules, routes);
    assert_eq!(found(&router, method.as_bytes(), path.as_bytes()), expected, "{request}");
}

/// Inserts the routes and expects the last one to be refused.
#[track_caller]
fn refuse(rules: Rules, routes: &[&str], reason: &str) {
    let (last, others) = routes.split_last().expect("a route");
    let mut router = router(rules, others);
    let refusal = last.parse().and_then(|key| router.insert(&key, String::new()));
    assert_eq!(refusal.expect_err(last).to_string(), reason);
}
