//! What all groups share: started or made when the first of them needs it.

use std::cell::OnceCell;
use std::fs;
use std::path::Path;

use serde_json::json;
use tempfile::TempDir;
use tollgate_tests::{Counters, Redis, alone, envoy};

use crate::filters;
use crate::keys::{self, Keys};
use crate::proxy::Proxy;
use crate::tokens::{Algorithm, Issuer};

/// How large the bodies are that go to functions and back.
pub const BODY_BYTES: usize = 1_024;

/// What all groups share.
pub struct World {
    /// Whose tokens are signed with RSA.
    pub issuer: Issuer,
    keys: OnceCell<TempDir>,
    counters: OnceCell<(Redis, Counters)>,
    backend: OnceCell<Proxy>,
    function: OnceCell<Proxy>,
    authorizer: OnceCell<Proxy>,
}

impl World {
    pub fn new() -> Self {
        Self {
            issuer: Issuer::new("https://issuer.example", Algorithm::Rs256),
            keys: OnceCell::new(),
            counters: OnceCell::new(),
            backend: OnceCell::new(),
            function: OnceCell::new(),
            authorizer: OnceCell::new(),
        }
    }

    /// The folder of a million keys.
    pub fn key_files(&self) -> &Path {
        let make = || {
            let folder = tempfile::tempdir().expect("a folder");
            keys::deliver(folder.path(), &self.keys());
            folder
        };
        self.keys.get_or_init(make).path()
    }

    /// A million keys.
    #[expect(clippy::unused_self, reason = "it is told as it is made")]
    #[expect(clippy::print_stderr, reason = "it takes long")]
    pub fn keys(&self) -> Keys {
        eprintln!("making a million keys");
        keys::million()
    }

    /// Counters on a Redis.
    pub fn counters(&self) -> &Counters {
        let start = || {
            let redis = Redis::start();
            let counters = Counters::on_redis(&redis.url());
            (redis, counters)
        };
        &self.counters.get_or_init(start).1
    }

    /// A service that answers at once: an Envoy, which is never what others wait for.
    pub fn backend(&self) -> String {
        let backend = self.backend.get_or_init(|| answering(&"b".repeat(BODY_BYTES), "text/plain"));
        format!("http://{}", backend.address())
    }

    /// The Invoke API of a function that answers at once.
    pub fn function(&self) -> String {
        let response = json!({
            "statusCode": 200,
            "headers": {"content-type": "text/plain"},
            "body": "b".repeat(BODY_BYTES),
        });
        let start = || answering(&response.to_string(), "application/json");
        format!("http://{}", self.function.get_or_init(start).address())
    }

    /// The Invoke API of a function that lets everybody in.
    pub fn authorizer(&self) -> String {
        let start = || answering(ALLOWED, "application/json");
        format!("http://{}", self.authorizer.get_or_init(start).address())
    }
}

/// What a Lambda authorizer answers about whom it lets in.
const ALLOWED: &str = r#"{"principalId":"user","context":{"tenant":"t"},"policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"*"}]}}"#;

/// An Envoy that answers everything so.
fn answering(body: &str, kind: &str) -> Proxy {
    let folder = envoy::folder();
    let path = folder.path().to_str().expect("a path in UTF-8");
    // Who answers before a body is there closes the connection.
    let whole = filters::named("buffer", "buffer.v3.Buffer", json!({"max_request_bytes": 65_536}));
    let mut bootstrap = alone::bootstrap(path, &[whole], &[]);
    let manager =
        &mut bootstrap["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0];
    let route = &mut manager["typed_config"]["route_config"]["virtual_hosts"][0]["routes"][0];
    route["direct_response"]["body"] = json!({"inline_string": body});
    route["response_headers_to_add"] = json!([{
        "header": {"key": "content-type", "value": kind},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }]);
    fs::write(folder.path().join("envoy.yaml"), bootstrap.to_string()).expect("a file");
    Proxy::own(folder, 1)
}
