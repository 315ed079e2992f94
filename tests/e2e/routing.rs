//! Which route answers, and what the backend is asked for.

use serde_json::{Value, json};
use tollgate_tests::{Answer, Backend, Gateway, Request, definition};

/// A gateway with these routes, each of which asks the backend for `/ROUTE?route=NUMBER`.
struct Routed {
    gateway: Gateway,
    _backend: Backend,
}

impl Routed {
    fn with(protocol: &str, routes: &[&str]) -> Self {
        let backend = Backend::start();
        let (mut integrations, mut all) = (json!({}), json!({}));
        for (number, key) in routes.iter().enumerate() {
            let name = format!("i{number}");
            let uri = backend.url(&format!("/{number}"));
            integrations[&name] = json!({"http_proxy": {"uri": uri}});
            all[*key] = json!({"authorization": "none", "integration": name});
        }
        let stages = match protocol {
            "http" => json!({"$default": {}, "v1": {}}),
            _ => json!({"prod": {}}),
        };
        let gateway = Gateway::with_workers(
            definition(json!({
                "version": 1,
                "default_api": "a",
                "apis": {"a": {
                    "name": "A",
                    "protocol": protocol,
                    "integrations": integrations,
                    "routes": all,
                    "stages": stages,
                }},
            })),
            1,
        );
        Self { gateway, _backend: backend }
    }

    /// Which of the routes answers, or the status where none does.
    #[track_caller]
    fn check(&self, request: &str, expected: Result<usize, u16>) {
        let (method, target) = request.split_once(' ').expect("a method and a target");
        let answer = Request::new(method, target).send(&self.gateway);
        let found = match answer.status {
            200 => Ok(route(&answer)),
            status => Err(status),
        };
        assert_eq!(found, expected, "{request}");
    }
}

fn route(answer: &Answer) -> usize {
    let echo = answer.json();
    let target = echo["target"].as_str().expect("a target");
    let number = target.trim_start_matches('/').split(['/', '?']).next().expect("a number");
    number.parse().expect("a number")
}

#[test]
fn the_example_of_the_developer_guide_is_routed_as_it_says() {
    let routes = [
        "GET /pets/dog/1",
        "GET /pets/dog/{id}",
        "GET /pets/{proxy+}",
        "ANY /{proxy+}",
        "$default",
    ];
    let routed = Routed::with("http", &routes);
    routed.check("GET /pets/dog/1", Ok(0));
    routed.check("GET /pets/dog/2", Ok(1));
    routed.check("GET /pets/cat/1", Ok(2));
    routed.check("POST /test/5", Ok(3));
    routed.check("GET /", Ok(4));
    // The first segment may name a stage.
    routed.check("GET /v1/pets/dog/1", Ok(0));
    routed.check("GET /v2/pets/dog/1", Ok(3));
}

#[test]
fn an_http_api_falls_through_where_the_method_does_not_fit() {
    let routed = Routed::with("http", &["GET /pets", "POST /{name}", "PUT /pets/{proxy+}"]);
    routed.check("GET /pets", Ok(0));
    routed.check("GET /pets?GET=/nothing", Ok(0));
    routed.check("POST /pets", Ok(1));
    routed.check("PUT /pets", Err(404));
    routed.check("PUT /pets/1/2", Ok(2));
    routed.check("GET /pets/", Err(404));
    routed.check("GET /Pets", Err(404));
    routed.check("DELETE /pets", Err(404));
}

#[test]
fn a_rest_api_finds_the_resource_first_and_then_the_method() {
    let routed = Routed::with("rest", &["GET /pets", "ANY /pets/{id}", "GET /{proxy+}", "GET /"]);
    routed.check("GET /prod/pets", Ok(0));
    routed.check("GET /prod/pets/", Ok(0));
    routed.check("PUT /prod/pets/7", Ok(1));
    routed.check("GET /prod/cats/7", Ok(2));
    routed.check("GET /prod", Ok(3));
    routed.check("GET /prod/", Ok(3));
    // There is a greedy sibling, but the resource is found by its path alone.
    routed.check("POST /prod/pets", Err(403));
    routed.check("GET /test/pets", Err(403));
    routed.check("GET /pets", Err(403));
}

#[test]
fn slashes_of_a_rest_path_are_read_as_api_gateway_reads_them() {
    let backend = Backend::start();
    let api = definition::rest_api(&backend.url("/{proxy}"), &["ANY /{proxy+}"]);
    let gateway = Gateway::with_workers(api, 1);
    for (path, expected) in [
        ("/prod/proxy-value", "/proxy-value"),
        ("/prod/proxy-value/", "/proxy-value"),
        ("/prod/proxy-value//double-slash", "/proxy-value//double-slash"),
        ("/prod//proxy-value", "/proxy-value"),
        ("//prod/proxy-value", "/proxy-value"),
        (
            "/prod/test%2Balias@gmail.com/plus/test+alias@gmail.com",
            "/test%2Balias@gmail.com/plus/test+alias@gmail.com",
        ),
    ] {
        let answer = Request::get(path).send(&gateway);
        assert_eq!(answer.json()["target"], expected, "{path}");
    }
}

#[test]
fn the_backend_is_asked_for_what_the_integration_says() {
    let backend = Backend::start();
    let http_proxy = |uri: &str| json!({"http_proxy": {"uri": backend.url(uri)}});
    let mut post = http_proxy("/fixed?from=gateway");
    post["http_proxy"]["method"] = "POST".into();
    let mut of_stage = http_proxy("/${stageVariables.version}/{id}");
    of_stage["http_proxy"]["timeout_millis"] = 20_000.into();
    let route = |integration: &str| json!({"authorization": "none", "integration": integration});
    let gateway = Gateway::with_workers(
        definition(json!({
            "version": 1,
            "default_api": "a",
            "apis": {"a": {
                "name": "A",
                "protocol": "http",
                "integrations": {
                    "all": http_proxy("/base"),
                    "one": http_proxy("/items/{id}/x?as={id}"),
                    "rest": http_proxy("/files/{path}"),
                    "post": post,
                    "stage": of_stage,
                },
                "routes": {
                    "$default": route("all"),
                    "GET /one/{id}": route("one"),
                    "GET /rest/{path+}": route("rest"),
                    "GET /post": route("post"),
                    "GET /stage/{id}": route("stage"),
                },
                "stages": {
                    "$default": {"variables": {"version": "v1"}},
                    "beta": {"variables": {"version": "v2"}},
                },
            }},
        })),
        1,
    );
    let check = |method: &str, target: &str, expected: &str| {
        let echo = Request::new(method, target).send(&gateway).json();
        let seen = format!("{} {}", text(&echo["method"]), text(&echo["target"]));
        assert_eq!(seen, expected, "{method} {target}");
    };
    check("GET", "/store/checkout?a=b&a=c", "GET /base/store/checkout?a=b&a=c");
    check("PATCH", "/", "PATCH /base/");
    check("GET", "/one/7", "GET /items/7/x?as=7");
    check("GET", "/one/a%2Fb", "GET /items/a%2Fb/x?as=a%2Fb");
    check("GET", "/one/a&b=c?d=e", "GET /items/a&b=c/x?as=a%26b%3Dc&d=e");
    check("GET", "/rest/a/b//c/", "GET /files/a/b//c/");
    check("GET", "/post?x=y", "POST /fixed?from=gateway&x=y");
    check("GET", "/stage/7", "GET /v1/7");
    check("GET", "/beta/stage/7", "GET /v2/7");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn bodies_go_through_whole_in_both_directions() {
    const MEGABYTE: usize = 1 << 20;
    let backend = Backend::start();
    let gateway = Gateway::with_workers(definition::http_api(&backend.url(""), &["$default"]), 1);
    let body: Vec<u8> = (0..MEGABYTE).map(|n| b'a' + u8::try_from(n % 26).unwrap()).collect();
    let echo = Request::new("POST", "/").body(body.clone()).send(&gateway).json();
    assert_eq!(echo["body_bytes"], MEGABYTE);
    assert_eq!(text(&echo["body"]).as_bytes(), body);
    let chunked = Request::new("POST", "/").header("transfer-encoding", "chunked");
    let bytes = [chunked.into_bytes(), b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".to_vec()].concat();
    let mut connection = tollgate_tests::Connection::open(&gateway).unwrap();
    connection.send(&bytes).unwrap();
    let echo = connection.receive(false).unwrap().json();
    assert_eq!(echo["body"], "abcde");
}

#[test]
fn the_answer_to_head_has_no_body() {
    let backend = Backend::start();
    let api = definition::http_api(&backend.url(""), &["ANY /here"]);
    let gateway = Gateway::with_workers(api, 1);
    for (target, status) in [("/here", 200), ("/nowhere", 404)] {
        let mut connection = tollgate_tests::Connection::open(&gateway).unwrap();
        connection.send(&Request::new("HEAD", target).into_bytes()).unwrap();
        assert_eq!(connection.receive(true).unwrap().status, status);
        // If there were a body, this would not be read as an answer.
        assert_eq!(connection.exchange(Request::get("/here")).unwrap().status, 200);
    }
}
