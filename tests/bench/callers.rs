//! What it costs to know who calls where a function has said so before, or where callers sign.

use serde_json::{Value, json};
use tollgate_gateway::Definition;
use tollgate_tests::{Service, alone, definition};

use crate::check::Refuses;
use crate::filters;
use crate::keys::BUSY;
use crate::proxy::{Bare, Delivery, NOBODY, Proxy};
use crate::requests::Requests;
use crate::rows::{Group, Row, Target};
use crate::signatures::{credentials, signed};
use crate::world::World;

/// The gateway where nobody is asked.
const OPEN: &str = "gateway, whoever has a token";

/// The same for who signs: the requests are others.
const SIGNED: &str = "gateway, whoever has a signature";

/// Who is a caller by a function's word, and who by a signature.
pub fn group<'a>(world: &'a World) -> Group<'a> {
    const TOKEN: &[Refuses] = &[Refuses::NoToken];
    const SIGNATURE: &[Refuses] = &[Refuses::NoToken, Refuses::ForgedToken];
    let mut group = Group::new("callers");
    let busy = Requests::of_tokens(&world.issuer.tokens(0, 1_000));
    let open = || gateway(&json!("none"), json!({}), json!([]));
    group.add(Row::new(OPEN, &busy, open));
    let decided = || {
        let lambda = json!({"authorizer": "function"});
        let authorizers = json!({"function": {"lambda": authorizer(&world.authorizer())}});
        gateway(&json!({"lambda": lambda}), authorizers, json!([]))
    };
    let row = Row::new("gateway, a cached Lambda authorizer", &busy, decided);
    group.add(row.beside(OPEN).refusing(TOKEN).target(Target::Added(2.0)));
    const ROUTER: &str = "router, tokens";
    group.add(Row::new(ROUTER, &busy, || Proxy::bare(Bare::default(), 1)));
    let filter = || {
        let url = world.authorizer();
        let config = json!({
            "authorizer": authorizer(&url),
            "cluster": "authorizer",
            "stage": "prod",
        });
        let services = vec![Service::new("authorizer", url)];
        let filters = vec![alone::wasm("lambda-authorizer", &config)];
        Proxy::bare(Bare { filters, services, ..Bare::default() }, 1)
    };
    let row = Row::new("lambda-authorizer.wasm, cached", &busy, filter);
    group.add(row.beside(ROUTER).refusing(TOKEN));
    let signed = signed(BUSY);
    let open = || gateway(&json!("none"), json!({}), json!([]));
    group.add(Row::new(SIGNED, &signed, open));
    let iam = || gateway(&json!("iam"), json!({}), credentials());
    let row = Row::new("gateway, Signature Version 4", &signed, iam);
    group.add(row.beside(SIGNED).refusing(SIGNATURE).target(Target::Added(40.0)));
    const ROUTER_OF_SIGNED: &str = "router, signatures";
    group.add(Row::new(ROUTER_OF_SIGNED, &signed, || Proxy::bare(Bare::default(), 1)));
    let filter = || {
        let config = json!({"credentials": credentials()});
        Proxy::bare(filters::one(alone::wasm("iam-authorizer", &config)), 1)
    };
    let row = Row::new("iam-authorizer.wasm", &signed, filter);
    group.add(row.beside(ROUTER_OF_SIGNED).refusing(SIGNATURE));
    group
}

/// A function that is told the token, and whose answer holds.
fn authorizer(url: &str) -> Value {
    json!({
        "service": {"lambda": {"name": "function", "endpoint": url}},
        "kind": {"token": {}},
        "ttl_secs": 3_600,
    })
}

fn gateway(authorization: &Value, authorizers: Value, credentials: Value) -> Proxy {
    let definition: Definition = definition(json!({
        "version": 1,
        "default_api": "a",
        "credentials": credentials,
        "apis": {"a": {
            "name": "A",
            "protocol": "rest",
            "authorizers": authorizers,
            "integrations": {"backend": {"http_proxy": {"uri": NOBODY}}},
            "routes": {"GET /orders": {"authorization": authorization, "integration": "backend"}},
            "stages": {"prod": {}},
        }},
    }));
    Proxy::gateway(&definition, &Delivery::default(), 1)
}
