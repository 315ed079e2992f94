//! What a request costs as everything grows: routes, API keys, issuers, canaries, tokens.
//!
//! Each row asks for the whole job; what the first row of its kind has is the base.

use std::rc::Rc;

use tollgate_tests::Request;

use crate::check::EVERYTHING;
use crate::gateway::CACHED;
use crate::job::{Job, api_id, stage_name};
use crate::keys::{self, BUSY, MILLION};
use crate::native::Chain;
use crate::proxy::{Answers, Bare, Delivery, NOBODY, Proxy};
use crate::requests::{Requests, keyed, keyed_at, numbered, whole};
use crate::rows::{Group, Row, Target};
use crate::tokens::{Algorithm, Issuer, Tokens};
use crate::world::World;

/// How much more the largest may cost than the smallest.
const FLAT: f64 = 1.2;

/// How many callers take turns, where they are not what grows.
const CALLERS: usize = 1_000;

/// Everything that grows.
pub fn group<'a>(world: &'a World) -> Group<'a> {
    let mut group = Group::new("growth");
    let tokens = world.issuer.tokens(0, CALLERS);
    routes(&mut group, &tokens, world);
    keys(&mut group, &tokens, world);
    issuers(&mut group);
    canaries(&mut group, &tokens, world);
    rotation(&mut group);
    group
}

/// Rows of one kind, each with so many of something, of which the first is the base.
struct Kind {
    name: &'static str,
    first: Option<String>,
}

impl Kind {
    const fn new(name: &'static str) -> Self {
        Self { name, first: None }
    }

    fn add<'a>(
        &mut self,
        group: &mut Group<'a>,
        count: usize,
        requests: &Requests,
        start: impl FnOnce() -> Proxy + 'a,
    ) {
        let name = format!("{}: {}", self.name, grouped(count));
        let row = Row::new(&*name, requests, start).refusing(EVERYTHING);
        group.add(match &self.first {
            // Only what is ours has to stay flat.
            Some(first) if self.name.starts_with("gateway") => {
                row.beside(first).target(Target::Times(first.clone(), FLAT))
            }
            Some(first) => row.beside(first),
            None => row,
        });
        self.first.get_or_insert(name);
    }
}

/// A path of its own for each of many routes.
fn path(number: usize) -> String {
    format!("/orders{number}")
}

/// Up to a thousand requests, spread over so many places.
fn spread(tokens: &Tokens, places: usize) -> Requests {
    each(tokens, move |number| {
        let place = to_usize(number) * places / CALLERS;
        keyed("GET", &format!("/prod{}", path(place)), number)
    })
}

/// A request of each token's caller.
fn each(tokens: &Tokens, request: impl Fn(u32) -> Request + Send + 'static) -> Requests {
    let tokens = tokens.clone();
    Requests::new(move || {
        let one = |(number, token): (u32, &String)| whole(request(number), token).into_bytes();
        numbered(tokens.all()).map(one).collect::<Vec<_>>()
    })
}

fn routes<'a>(group: &mut Group<'a>, tokens: &Tokens, world: &'a World) {
    let issuers = std::slice::from_ref(&world.issuer);
    let (mut ours, mut native) = (Kind::new("gateway, routes"), Kind::new("native chain, routes"));
    for count in [10, 1_000, 10_000] {
        let requests = spread(tokens, count);
        ours.add(group, count, &requests, move || {
            let routes = (0..count).map(|number| format!("GET {}", path(number))).collect();
            let job = Job { routes, ..Job::with(issuers, NOBODY) };
            Proxy::gateway(&job.definition(), &Delivery::default(), 1)
        });
        native.add(group, count, &requests, move || {
            let chain = Chain { issuers, cached_tokens: CACHED, keys: BUSY };
            let paths = (0..count).map(|number| format!("/prod{}", path(number)));
            let whole = chain.whole(Answers::Fault);
            Proxy::bare(Bare { more_paths: paths.collect(), ..whole }, 1)
        });
    }
}

fn keys<'a>(group: &mut Group<'a>, tokens: &Tokens, world: &'a World) {
    let issuers = std::slice::from_ref(&world.issuer);
    let requests = |count| {
        each(tokens, move |number| keyed("GET", "/prod/orders", keys::spread(number, count)))
    };
    let mut ours = Kind::new("gateway, API keys");
    for count in [10, 1_000] {
        ours.add(group, to_usize(count), &requests(count), move || {
            let job = Job { keys: Some(count), ..Job::with(issuers, NOBODY) };
            Proxy::gateway(&job.definition(), &Delivery::default(), 1)
        });
    }
    ours.add(group, to_usize(MILLION), &requests(MILLION), move || {
        let job = Job { keys: None, ..Job::with(issuers, NOBODY) };
        let delivery = Delivery { keys: Some(world.key_files()), ..Delivery::default() };
        Proxy::gateway(&job.definition(), &delivery, 1)
    });
    let mut native = Kind::new("native chain, API keys");
    for count in [10, 1_000, 100_000] {
        native.add(group, to_usize(count), &requests(count), move || {
            let chain = Chain { issuers, cached_tokens: CACHED, keys: count };
            Proxy::bare(chain.whole(Answers::Fault), 1)
        });
    }
}

fn issuers<'a>(group: &mut Group<'a>) {
    let (mut ours, mut native) =
        (Kind::new("gateway, issuers"), Kind::new("native chain, issuers"));
    for count in [1, 10, 100] {
        let issuer =
            |number| Issuer::new(&format!("https://issuer{number}.example"), Algorithm::Es256);
        let issuers: Rc<[Issuer]> = (0..count).map(issuer).collect();
        let requests = Requests::of_tokens(&Tokens::of_all(&issuers, CALLERS / count));
        let same = issuers.clone();
        ours.add(group, count, &requests, move || {
            let definition = Job::with(&same, NOBODY).definition();
            Proxy::gateway(&definition, &Delivery::default(), 1)
        });
        native.add(group, count, &requests, move || {
            let chain = Chain { issuers: &issuers, cached_tokens: CACHED, keys: BUSY };
            Proxy::bare(chain.whole(Answers::Fault), 1)
        });
    }
}

/// Stages with a canary each: ten of an API, as many as there may be. Beside them as many routes with
/// weighted clusters each.
fn canaries<'a>(group: &mut Group<'a>, tokens: &Tokens, world: &'a World) {
    const STAGES: u32 = 10;
    let issuers = std::slice::from_ref(&world.issuer);
    let mut ours = Kind::new("gateway, canaries");
    let mut native = Kind::new("native chain, canaries");
    for (apis, stages) in [(1, 1), (10, STAGES), (100, STAGES)] {
        let count = to_usize(apis * stages);
        let requests = each(tokens, move |number| {
            let (api, stage) = (number / stages % apis, number % stages);
            let host = format!("{}.execute-api.us-east-1.amazonaws.com", api_id(api));
            keyed_at(&host, "GET", &format!("/{}/orders", stage_name(stage)), number)
        });
        ours.add(group, count, &requests, move || {
            let job = Job { apis, stages, ..Job::with(issuers, NOBODY) };
            Proxy::gateway(&job.definition(), &Delivery::default(), 1)
        });
        let requests = spread(tokens, count);
        native.add(group, count, &requests, move || {
            let chain = Chain { issuers, cached_tokens: CACHED, keys: BUSY };
            let paths = (0..count).map(|number| format!("/prod{}", path(number)));
            let whole = chain.whole(Answers::Fault);
            Proxy::bare(Bare { more_paths: paths.collect(), ..whole }, 1)
        });
    }
}

/// Tokens that take turns, each of which has been seen in the turn before.
fn rotation<'a>(group: &mut Group<'a>) {
    const MOST: usize = 100_000;
    let issuer = Issuer::new("https://elliptic.example", Algorithm::Es256);
    let tokens = issuer.tokens(0, MOST);
    let issuers: Rc<[Issuer]> = Rc::new([issuer]);
    let (mut ours, mut native) = (Kind::new("gateway, tokens"), Kind::new("native chain, tokens"));
    for count in [100, 1_000, 10_000, MOST] {
        let requests = Requests::of_tokens(&tokens.first(count));
        let same = issuers.clone();
        ours.add(group, count, &requests, move || {
            let definition = Job::with(&same, NOBODY).definition();
            Proxy::gateway(&definition, &Delivery::default(), 1)
        });
        let same = issuers.clone();
        native.add(group, count, &requests, move || {
            let chain = Chain { issuers: &same, cached_tokens: CACHED, keys: BUSY };
            Proxy::bare(chain.whole(Answers::Fault), 1)
        });
    }
}

fn to_usize(count: u32) -> usize {
    usize::try_from(count).unwrap_or_default()
}

/// A number with its thousands apart.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
