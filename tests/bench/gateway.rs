//! What a gateway's job costs: ours, Envoy's own filters, and other proxies.

use std::rc::Rc;

use serde_json::{Value, json};
use tollgate_gateway::Definition;
use tollgate_tests::definition;

use crate::check::{EVERYTHING, Refuses};
use crate::filters;
use crate::job::{self, Job};
use crate::keys::BUSY;
use crate::native::{self, Chain};
use crate::proxy::{Answers, Bare, Delivery, NOBODY, Proxy};
use crate::requests::{Requests, keyed, numbered, whole};
use crate::rows::{FRESH_BETWEEN, Group, Row, Target};
use crate::server::{Other, program};
use crate::tokens::{Algorithm, Issuer, Tokens};
use crate::world::{BODY_BYTES, World};

/// What the group is called.
pub const TITLE: &str = "whole job";

/// Envoy alone, which answers by itself.
pub const ROUTER: &str = "plain router";

/// Envoy alone, which passes on.
const PROXIED: &str = "plain router, proxied";

/// Envoy's own filters, with `jwt_authn`'s cache.
pub const NATIVE: &str = "native chain, token cache";

/// And without.
const UNCACHED: &str = "native chain, no token cache";

/// The gateway.
pub const GATEWAY: &str = "gateway";

/// How many tokens `jwt_authn` may remember: more than there are.
pub const CACHED: u32 = 200_000;

/// Proxies of the system's packages, none of which remembers a token.
const OTHERS: [&str; 2] = ["haproxy", "nginx"];

/// How many tokens are new in a turn: each costs a signature before, and is seen once.
const FRESH: usize = 4_000;

/// The job as a whole and by its parts.
pub fn group<'a>(world: &'a World) -> Group<'a> {
    let mut group = Group::new(TITLE);
    group.is_timed = true;
    let issuers = std::slice::from_ref(&world.issuer);
    let tokens = world.issuer.tokens(0, to_usize(BUSY));
    let busy = Requests::of_tokens(&tokens);
    group.add(Row::new(ROUTER, &busy, || Proxy::bare(Bare::default(), 1)));
    direct(&mut group, &busy, issuers);
    proxied(&mut group, &busy, world);
    single(&mut group, &busy, issuers);
    others(&mut group, &busy, world);
    functions(&mut group, &tokens, world);
    group
}

fn direct<'a>(group: &mut Group<'a>, busy: &Requests, issuers: &'a [Issuer]) {
    let chain = move |cached_tokens| {
        let chain = Chain { issuers, cached_tokens, keys: BUSY };
        move || Proxy::bare(chain.whole(Answers::Fault), 1)
    };
    group.add(Row::new(NATIVE, busy, chain(CACHED)).beside(ROUTER).refusing(EVERYTHING));
    group.add(Row::new(UNCACHED, busy, chain(0)).beside(ROUTER).refusing(EVERYTHING));
    let early = move || {
        let definition = Job::with(issuers, NOBODY).definition();
        Proxy::gateway(&definition, &Delivery::default(), 1)
    };
    let gateway = Row::new(GATEWAY, busy, early).beside(ROUTER).refusing(EVERYTHING);
    let gateway = gateway
        .target(Target::AddedTimes(NATIVE.to_owned(), 0.5))
        .target(Target::AddedTimes(UNCACHED.to_owned(), 0.3))
        .target(Target::Slower(ROUTER.to_owned(), 1.1));
    group.add(gateway);
    let mock = move || {
        let definition = Job { integration: job::mock("ok"), ..Job::with(issuers, NOBODY) };
        let delivery = Delivery { answers: Answers::Defined, ..Delivery::default() };
        Proxy::gateway(&definition.definition(), &delivery, 1)
    };
    let row = Row::new("gateway, mock integration", busy, mock);
    group.add(row.beside(ROUTER).refusing(EVERYTHING));
}

fn proxied<'a>(group: &mut Group<'a>, busy: &Requests, world: &'a World) {
    let issuers = std::slice::from_ref(&world.issuer);
    let plain = || {
        let answers = Answers::Backend(world.backend());
        Proxy::bare(Bare { answers, ..Bare::default() }, 1)
    };
    group.add(Row::new(PROXIED, busy, plain));
    let native = move || {
        let chain = Chain { issuers, cached_tokens: CACHED, keys: BUSY };
        Proxy::bare(chain.whole(Answers::Backend(world.backend())), 1)
    };
    let row = Row::new("native chain, token cache, proxied", busy, native);
    group.add(row.beside(PROXIED).refusing(EVERYTHING));
    let gateway = move || {
        let definition = Job::with(issuers, &world.backend()).definition();
        let delivery = Delivery { answers: Answers::Defined, ..Delivery::default() };
        Proxy::gateway(&definition, &delivery, 1)
    };
    let row = Row::new("gateway, proxied", busy, gateway);
    group.add(row.beside(PROXIED).refusing(EVERYTHING));
}

fn single<'a>(group: &mut Group<'a>, busy: &Requests, issuers: &'a [Issuer]) {
    const TOKEN: &[Refuses] = &[Refuses::NoToken, Refuses::ForgedToken];
    let native = move || Proxy::bare(filters::one(native::jwt_authn(issuers, CACHED)), 1);
    group.add(Row::new("jwt_authn, token cache", busy, native).beside(ROUTER).refusing(TOKEN));
    let lua = move || Proxy::bare(filters::one(native::lua_bucket()), 1);
    group.add(Row::new("Lua token bucket", busy, lua).beside(ROUTER));
    for name in filters::NAMES {
        let start = move || Proxy::bare(filters::one(filters::wasm(name, issuers)), 1);
        let refuses: &[Refuses] = match name {
            "cors.wasm" => &[Refuses::OtherPages],
            "jwt-authorizer.wasm" => TOKEN,
            "usage-plan.wasm" => &[Refuses::NoKey, Refuses::UnknownKey],
            "request-validator.wasm" => &[Refuses::NoParameter],
            _ => &[],
        };
        group.add(Row::new(name, busy, start).beside(ROUTER).refusing(refuses));
    }
    let chained = move || {
        let filters = filters::NAMES.map(|name| filters::wasm(name, issuers)).into();
        Proxy::bare(Bare { filters, ..Bare::default() }, 1)
    };
    let row = Row::new("six filters chained", busy, chained);
    group.add(row.beside(ROUTER).refusing(EVERYTHING));
}

fn others<'a>(group: &mut Group<'a>, busy: &Requests, world: &'a World) {
    const NO_TOKENS: &[Refuses] =
        &[Refuses::NoKey, Refuses::UnknownKey, Refuses::NoParameter, Refuses::OtherPages];
    for name in OTHERS {
        let Some(program) = program(name) else {
            group.left_out.push(format!("`{name}` is not installed: `.ci/install {name}`"));
            continue;
        };
        let start = move |is_proxied: bool| {
            let (program, backend) = (program.clone(), is_proxied.then(|| world.backend()));
            let backend = backend.as_deref();
            match name {
                "nginx" => Other::nginx(&program, backend),
                _ => Other::haproxy(&program, &world.issuer, backend),
            }
        };
        let (label, refuses) = match name {
            "nginx" => ("nginx, no tokens", NO_TOKENS),
            _ => ("HAProxy, no token cache", EVERYTHING),
        };
        let direct = start.clone();
        group.add(Row::new(label, busy, move || direct(false)).beside(ROUTER).refusing(refuses));
        let row = Row::new(format!("{label}, proxied"), busy, move || start(true));
        group.add(row.beside(PROXIED).refusing(refuses));
    }
}

/// A round trip to a function and back, with a body both ways.
fn functions<'a>(group: &mut Group<'a>, tokens: &Tokens, world: &'a World) {
    const POSTED: &str = "plain router, proxied, POST 1 KB";
    let post = |(number, token): (u32, &String)| {
        let request = whole(keyed("POST", "/prod/orders", number), token);
        request.body("p".repeat(BODY_BYTES)).into_bytes()
    };
    let tokens = tokens.clone();
    let posts = Requests::new(move || numbered(tokens.all()).map(post).collect::<Vec<_>>());
    let plain = || {
        let answers = Answers::Backend(world.backend());
        Proxy::bare(Bare { answers, ..Bare::default() }, 1)
    };
    group.add(Row::new(POSTED, &posts, plain));
    let start = move |integration: Value| {
        let definition = open(integration);
        let delivery = Delivery { answers: Answers::Defined, ..Delivery::default() };
        Proxy::gateway(&definition, &delivery, 1)
    };
    let service = move || start(json!({"http_proxy": {"uri": world.backend()}}));
    group.add(Row::new("gateway, HTTP proxy, POST 1 KB", &posts, service).beside(POSTED));
    let function = move || {
        let function = json!({"name": "orders", "endpoint": world.function()});
        start(json!({"lambda_proxy": {
            "proxy": {"function": function, "format": "rest"},
        }}))
    };
    let row = Row::new("gateway, Lambda proxy, POST 1 KB", &posts, function);
    group.add(row.beside(POSTED).target(Target::Added(60.0)));
}

/// An API that asks for nothing.
fn open(integration: Value) -> Definition {
    definition(json!({
        "version": 1,
        "default_api": "a",
        "apis": {"a": {
            "name": "A",
            "protocol": "rest",
            "integrations": {"backend": integration},
            "routes": {"POST /orders": {"authorization": "none", "integration": "backend"}},
            "stages": {"prod": {}},
        }},
    }))
}

/// What a token costs that nobody has seen before.
pub fn unseen<'a>(world: &'a World, rounds: u32) -> Group<'a> {
    let mut group = Group::new("unseen tokens");
    let turns = to_usize(rounds) + 1;
    let count = turns * (FRESH + FRESH_BETWEEN);
    let elliptic = Issuer::new("https://elliptic.example", Algorithm::Es256);
    let busy = Requests::of_tokens(&world.issuer.tokens(0, 100));
    const BASE: &str = "plain router, the same requests";
    group.add(Row::new(BASE, &busy, || Proxy::bare(Bare::default(), 1)));
    for issuer in [world.issuer.clone(), elliptic] {
        let name = issuer.algorithm();
        let requests = Requests::of_tokens(&issuer.tokens(1_000_000, count));
        let issuers = Rc::new([issuer]);
        let native = format!("jwt_authn, {name}");
        let start = {
            let issuers = issuers.clone();
            move || Proxy::bare(filters::one(native::jwt_authn(&*issuers, 0)), 1)
        };
        group.add(Row::new(&*native, &requests, start).beside(BASE).at_most(FRESH));
        let filter = {
            let issuers = issuers.clone();
            move || Proxy::bare(filters::one(filters::jwt_authorizer(&*issuers)), 1)
        };
        let row = Row::new(format!("jwt-authorizer.wasm, {name}"), &requests, filter);
        let target = || Target::Times(native.clone(), 1.2);
        group.add(row.beside(BASE).at_most(FRESH).target(target()));
        let gateway = move || {
            let definition = Job::with(&*issuers, NOBODY).definition();
            Proxy::gateway(&definition, &Delivery::default(), 1)
        };
        let row = Row::new(format!("gateway, {name}"), &requests, gateway);
        group.add(row.beside(BASE).at_most(FRESH));
    }
    group
}

fn to_usize(count: u32) -> usize {
    usize::try_from(count).unwrap_or_default()
}
