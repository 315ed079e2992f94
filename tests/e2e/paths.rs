//! Paths that two readers could read differently.

use serde_json::json;
use tollgate_tests::{Answer, Backend, Connection, Gateway, definition};

/// A gateway that lets anyone see what is below `/open`, and nobody what is below `/admin`.
struct Guarded {
    gateway: Gateway,
    backend: Backend,
}

impl Guarded {
    fn start() -> Self {
        let backend = Backend::start();
        let closed = json!({
            "issuers": [{
                "issuer": "nobody",
                "audiences": "unchecked",
                "keys": {"jwks": {"keys": [tollgate_tests::issuer::SigningKey::make(
                    tollgate_tests::issuer::Algorithm::Es256,
                    "none",
                ).public()]}},
            }],
        });
        let authorization = json!({"jwt": {"authorizer": "nobody"}});
        let route = |integration: &str, authorization| json!({"authorization": authorization, "integration": integration});
        let proxy = |uri: &str| json!({"http_proxy": {"uri": backend.url(uri)}});
        let gateway = Gateway::with_workers(
            definition(json!({
                "version": 1,
                "default_api": "a",
                "apis": {"a": {
                    "name": "A",
                    "protocol": "http",
                    "authorizers": {"nobody": {"jwt": closed}},
                    "integrations": {
                        "open": proxy("/open/{proxy}"),
                        "item": proxy("/item/{id}"),
                        "admin": proxy("/admin/{proxy}"),
                    },
                    "routes": {
                        "ANY /open/{proxy+}": route("open", "none".into()),
                        "ANY /item/{id}": route("item", "none".into()),
                        "ANY /admin/{proxy+}": route("admin", authorization),
                    },
                    "stages": {"$default": {}},
                }},
            })),
            1,
        );
        Self { gateway, backend }
    }

    fn get(&self, target: &[u8]) -> Answer {
        let bytes = [b"GET ", target, b" HTTP/1.1\r\nhost: gw.example\r\n\r\n"].concat();
        let mut connection = Connection::open(&self.gateway).unwrap();
        connection.send(&bytes).unwrap();
        connection.receive(false).expect("an answer")
    }

    #[track_caller]
    fn reaches(&self, target: &str, expected: &str) {
        let answer = self.get(target.as_bytes());
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        assert_eq!(answer.json()["target"], expected, "{target}");
    }

    #[track_caller]
    fn refuses(&self, target: impl AsRef<[u8]>, status: u16) {
        let target = target.as_ref();
        let answer = self.get(target);
        assert_eq!(answer.status, status, "{}: {answer:?}", target.escape_ascii());
    }
}

#[test]
fn an_encoded_path_is_passed_on_as_it_came() {
    let guarded = Guarded::start();
    guarded.reaches("/item/a%2Fb", "/item/a%2Fb");
    guarded.reaches("/item/a%2fb", "/item/a%2fb");
    // Envoy decodes what need not have been encoded.
    guarded.reaches("/item/%41%20%7e", "/item/A%20~");
    guarded.reaches("/item/a%2541", "/item/a%2541");
    guarded.reaches("/item/%C3%A9", "/item/%C3%A9");
    guarded.reaches("/item/%ff", "/item/%ff");
    guarded.reaches("/open/a//b/", "/open/a//b/");
    guarded.reaches("/open/a.b/..c/...", "/open/a.b/..c/...");
    guarded.reaches("/item/a;b=c,d'(e)!*@:$&+", "/item/a;b=c,d'(e)!*@:$&+");
    guarded.reaches("/item/a?%00&%zz&..//", "/item/a?%00&%zz&..//");
}

#[test]
fn a_path_with_two_readings_is_refused() {
    let guarded = Guarded::start();
    guarded.refuses("/open/%00", 400);
    guarded.refuses("/open/a%00b", 400);
    guarded.refuses("/open/%", 400);
    guarded.refuses("/open/%4", 400);
    guarded.refuses("/open/%zz", 400);
    guarded.refuses("/open/%2e%2e%2fadmin", 400);
    guarded.refuses("/open/..%2fadmin/x", 400);
    guarded.refuses("/open/..%5cadmin/x", 400);
    guarded.refuses("/open/x%2f..%2f..%2fadmin/x", 400);
    guarded.refuses("/open/.%2e%2fx", 400);
    guarded.refuses("/item/..%2f", 400);
    guarded.refuses(b"/open/\xc3\xa9", 400);
    guarded.refuses(b"/open/\xff", 400);
    assert_eq!(guarded.backend.count(), 0);
    guarded.gateway.assert_healthy();
}

#[test]
fn no_spelling_of_a_path_slips_past_a_protected_route() {
    let guarded = Guarded::start();
    let spellings = [
        "/admin/x",
        "/%61dmin/x",
        "/adm%69n/x",
        "/open/../admin/x",
        "/open/./../admin/x",
        "/open/%2e%2e/admin/x",
        "/open/.%2e/admin/x",
        "/open/%2E./admin/x",
        "/open/x/../../admin/x",
        "/open//../admin/x",
        "/open/..//admin/x",
        "//admin/x",
        "///admin/x",
        "/./admin/x",
        "/open/..;/admin/x",
        "/open/..%00/admin/x",
        "/open/..%2fadmin/x",
        "/open%2f..%2fadmin/x",
        "/open\\..\\admin\\x",
        "/open/..\\admin/x",
        "/open/..%5cadmin/x",
        "/open/..%c0%afadmin/x",
        "/open/%252e%252e/admin/x",
        "/ADMIN/x",
        "/admin%2fx",
        "/admin;a=b/x",
        "/admin/x#/open/x",
        "/admin/x?/open/x",
        "http://gw.example/admin/x",
        "http://gw.example/open/../admin/x",
    ];
    for spelling in spellings {
        let answer = guarded.get(spelling.as_bytes());
        assert!(matches!(answer.status, 200 | 400 | 401 | 404), "{spelling}: {}", answer.status);
    }
    for target in guarded.backend.targets() {
        let path = target.split('?').next().unwrap_or_default();
        let once = decoded(path);
        for reading in [path.to_owned(), once.clone(), decoded(&once)] {
            let resolved = resolve(&reading.replace('\\', "/"));
            // What is encoded twice is decoded by nobody twice, or nothing could be encoded at all.
            let twice = reading != path && reading != once;
            assert!(twice || !resolved.starts_with("/admin"), "{target} is read as {resolved}");
        }
    }
}

/// Percent-decodes, as a careless backend might.
fn decoded(path: &str) -> String {
    let (mut out, mut rest) = (String::new(), path);
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let byte = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) => {
                out.push(char::from(byte));
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out + rest
}

/// Resolves dot segments and empty ones, as a careless backend might.
fn resolve(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    format!("/{}", segments.join("/")).to_ascii_lowercase()
}

#[test]
fn nobody_is_given_a_tunnel() {
    let backend = Backend::start();
    let api = definition::http_api(&backend.url(""), &["$default"]);
    let gateway = Gateway::with_workers(api, 1);
    for version in ["1.0", "1.1"] {
        let mut connection = Connection::open(&gateway).unwrap();
        let request =
            format!("CONNECT a.example:443 HTTP/{version}\r\nhost: a.example:443\r\n\r\n");
        connection.send(request.as_bytes()).unwrap();
        let answer = connection.receive(false).expect("an answer");
        assert_eq!((answer.status, answer.text()), (400, r#"{"message":"Bad Request"}"#));
    }
    assert_eq!(backend.count(), 0);
}

#[test]
fn other_forms_of_a_target_are_answered_and_lead_nowhere_else() {
    let guarded = Guarded::start();
    guarded.reaches("http://other.example/open/x?y", "/open/x?y");
    for target in ["*", "open/x", "", "http://", "?x", "//"] {
        let answer = guarded.get(target.as_bytes());
        assert!((400..500).contains(&answer.status), "{target}: {}", answer.status);
    }
    guarded.gateway.assert_healthy();
}
