//! The rules as they are written: look at every route, keep what matches, sort, take the first.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;

/// A route the slow way: text against text.
#[derive(Clone, Debug)]
struct Slow {
    key: String,
    method: String,
    parts: Vec<String>,
}

/// How specific a segment is: a literal, a variable, a greedy variable.
fn rank(part: &str) -> u8 {
    match part {
        part if part.ends_with("+}") => 2,
        part if part.starts_with('{') => 1,
        _ => 0,
    }
}

fn parts(path: &str) -> Vec<String> {
    match path.strip_prefix('/').expect("a slash") {
        "" => Vec::new(),
        rest => rest.split('/').map(str::to_owned).collect(),
    }
}

impl Slow {
    fn new(key: &str) -> Self {
        let (method, path) = key.split_once(' ').unwrap_or(("ANY", "/"));
        Self { key: key.to_owned(), method: method.to_owned(), parts: parts(path) }
    }

    fn ranks(&self) -> Vec<u8> {
        self.parts.iter().map(|part| rank(part)).collect()
    }

    /// The parameters as text, if the path matches.
    fn matches(&self, path: &[String]) -> Option<String> {
        let mut parameters = String::new();
        let mut rest = path;
        for part in &self.parts {
            let (first, after) = rest.split_first()?;
            let name = part.trim_matches(['{', '}', '+']);
            match rank(part) {
                0 if *part == first.replace("%61", "a") => {}
                1 if !first.is_empty() => parameters += &format!(" {name}={first}"),
                2 if rest.iter().any(|segment| !segment.is_empty()) => {
                    return Some(format!("{parameters} {name}={}", rest.join("/")));
                }
                _ => return None,
            }
            rest = after;
        }
        rest.is_empty().then_some(parameters)
    }
}

/// HTTP API: the class, then the method, then the segments.
fn http(routes: &[Slow], method: &str, path: &str) -> String {
    let path = parts(path);
    let candidate = |route: &Slow| {
        if route.key == "$default" {
            return Some((2, false, Vec::new(), route.key.clone()));
        }
        let any = route.method == "ANY";
        let parameters = route.matches(&path).filter(|_| any || route.method == method)?;
        let ranks = route.ranks();
        Some((u8::from(ranks.contains(&2)), any, ranks, format!("{}{parameters}", route.key)))
    };
    routes.iter().filter_map(candidate).min().map_or_else(|| "none".to_owned(), |best| best.3)
}

/// REST API: the resource by its segments, then its method.
fn rest(routes: &[Slow], method: &str, path: &str) -> String {
    let path = parts(&format!("/{}", path.trim_matches('/')));
    let matching = routes.iter().filter_map(|route| Some((route, route.matches(&path)?)));
    let Some(best) = matching.clone().map(|(route, _)| route.ranks()).min() else {
        return "none".to_owned();
    };
    let is_known = super::Verb::of_request(method.as_bytes()).is_some();
    let of = |wanted: &str| {
        let (route, parameters) =
            matching.clone().find(|(route, _)| route.ranks() == best && route.method == wanted)?;
        Some(format!("{}{parameters}", route.key))
    };
    let found = of(method).or_else(|| of("ANY")).filter(|_| is_known);
    found.unwrap_or_else(|| "none".to_owned())
}

fn segments(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(select(of), 0..5).prop_map(|parts| format!("/{}", parts.join("/")))
}

/// Keys that meet each other often. Not all of them are keys of both kinds of API.
fn key() -> impl Strategy<Value = String> {
    let path =
        (segments(&["a", "a", "b", "{x}", "{x}", "{y}"]), select(vec!["", "/{p+}", "/", "/c"]));
    let path = path.prop_map(|(path, end)| format!("{}{end}", path.trim_end_matches('/')));
    let path = path.prop_map(|path| if path.is_empty() { "/".to_owned() } else { path });
    let key = (select(vec!["GET", "PUT", "ANY"]), path)
        .prop_map(|(method, path)| format!("{method} {path}"));
    prop_oneof![30 => key, 1 => Just("$default".to_owned())]
}

fn request() -> impl Strategy<Value = (&'static str, String)> {
    let path = segments(&["a", "a", "b", "b", "c", "%61", ""]);
    (select(vec!["GET", "PUT", "POST", "PROPFIND"]), path)
}

/// Inserts what is not refused, and does the same to the slow list.
fn both(rules: Rules, keys: &[String]) -> (Router<String>, Vec<Slow>) {
    let (mut fast, mut slow) = (Router::new(rules), Vec::new());
    for key in keys {
        let inserted = key.parse().and_then(|parsed| fast.insert(&parsed, key.clone()));
        if inserted.is_ok() {
            slow.push(Slow::new(key));
        }
    }
    (fast, slow)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_router_finds_what_the_rules_say(
        keys in prop::collection::vec(key(), 1..24),
        requests in prop::collection::vec(request(), 1..24),
    ) {
        for (rules, oracle) in [(Http, http as fn(&[Slow], &str, &str) -> String), (Rest, rest)] {
            let (fast, slow) = both(rules, &keys);
            for (method, path) in &requests {
                let fast = found(&fast, method.as_bytes(), path.as_bytes());
                prop_assert_eq!(fast, oracle(&slow, method, path), "{:?} {} {}", rules, method, path);
            }
        }
    }

    #[test]
    fn an_http_api_refuses_exactly_the_routes_it_could_not_tell_apart(
        keys in prop::collection::vec(key(), 1..24),
    ) {
        let mut router = Router::new(Http);
        let mut shapes = Vec::new();
        for key in &keys {
            let Ok(parsed) = key.parse::<RouteKey>() else { continue };
            let shape = key.replace("{y}", "{x}");
            prop_assert_eq!(router.insert(&parsed, ()).is_err(), shapes.contains(&shape), "{}", key);
            shapes.push(shape);
        }
    }

    #[test]
    fn the_order_of_insertion_does_not_matter(
        keys in subsequence(
            vec![
                "GET /a/{x}", "GET /a/b", "ANY /{x}/b", "GET /a/{x}/c", "ANY /a/b/c", "GET /",
                "GET /b/{p+}", "ANY /b/c", "PUT /b/c/a", "PUT /b/{p+}",
            ],
            1..10,
        ).prop_shuffle(),
        (method, path) in request(),
    ) {
        for rules in [Http, Rest] {
            let mut sorted = keys.clone();
            sorted.sort_unstable();
            let [one, other] = [&keys, &sorted].map(|keys| {
                found(&router(rules, keys), method.as_bytes(), path.as_bytes())
            });
            prop_assert_eq!(one, other);
        }
    }

    #[test]
    fn no_path_takes_more_steps_than_were_foretold(
        keys in prop::collection::vec(key(), 1..24),
        requests in prop::collection::vec(request(), 1..24),
    ) {
        let mut trie = super::trie::Trie::new();
        for key in keys.iter().filter_map(|key| key.parse().ok()) {
            trie.entry(&key).expect("few routes").replace(());
        }
        for (_, path) in &requests {
            let mut steps = 0;
            trie.find(&super::path::Path::exact(path.as_bytes()).expect("a path"), &mut steps);
            prop_assert!(steps <= trie.steps(), "{} of {} for {}", steps, trie.steps(), path);
        }
    }

    #[test]
    fn no_bytes_are_too_strange_to_look_up(
        method in prop::collection::vec(any::<u8>(), 0..8),
        path in prop::collection::vec(prop_oneof![any::<u8>(), select(b"/%2aF".to_vec())], 0..64),
    ) {
        for rules in [Http, Rest] {
            let router = router(rules, &["ANY /a/{x}", "GET /{x}/a", "ANY /a/b/{p+}", "ANY /"]);
            let _ = router.find(&method, &path);
            let _ = router.find(b"GET", &path);
        }
    }

    #[test]
    fn a_key_that_parses_is_written_as_one_that_parses_to_the_same(key in "(GET|ANY) (/[ -~]{0,6}){1,4}") {
        if let Ok(parsed) = key.parse::<RouteKey>() {
            prop_assert_eq!(parsed.to_string().parse(), Ok(parsed));
        }
    }
}
