//! Documents and overlays in which something is changed that a person might have written: what is
//! translated is served, and what cannot be served is refused with its place.
//!
//! With `MUTATIONS=N` in the environment there are N of each, and not a few.

use std::collections::BTreeMap;
use std::env;
use std::fs;

use serde_json::{Value, json};
use tollgate_envoy_config::{Keys, Settings};
use tollgate_gateway::{Definition, Gateway};
use tollgate_openapi::{Problem, translate};
use tollgate_overlay::COUNTERS;
use tollgate_policy::{Compile, Endpoint};
use tollgate_rate_limit::Counters;

use crate::{are_whole, documents, folder, named, overlay};

/// How many are made of each document.
const FEW: usize = 40;

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit.max(1)
    }

    /// One of these.
    fn of<T: Clone + Default>(&mut self, all: &[T]) -> T {
        all.get(self.below(all.len())).cloned().unwrap_or_default()
    }
}

/// What people write, right and wrong.
fn written(random: &mut Random) -> Value {
    let texts = [
        "",
        " ",
        "a",
        "a b",
        "é",
        "*",
        "**",
        "/",
        "//",
        "/a/{b}",
        "{a}",
        "{a",
        "${stageVariables.a}",
        "$context.requestId",
        "$context.nothing",
        "$request.header.a",
        "'a'",
        "''",
        "$",
        "default",
        "2\\d{2}",
        "(",
        "https://a.internal",
        "http://a.internal:1/x",
        "https://*.a.internal",
        "https://a.internal:99999",
        "https://user@a.internal",
        "ftp://a",
        "10.0.0.0/8",
        "10.0.0.1/8",
        "GET",
        "get",
        "ANY",
        "a/b",
        "application/json",
        "HEADER",
        "AUTHORIZER",
        "NONE",
        "true",
        "0",
        "1",
        "-1",
        "1.5",
        "200",
        "599",
        "600",
        "29000",
        "x-a",
        "x a",
        "authorization",
        "a.b.example",
        "A.example",
        "*.example",
        "prod",
        "$default",
        "\u{0}",
        "a\r\nb",
        "arn:aws:lambda:a:b",
        "x-tollgate-cluster",
        "content-length",
        "host",
        "STREAM",
        "vpce-1",
        "..",
        "%2e",
        "a%20b",
    ];
    match random.below(12) {
        0 => Value::Null,
        1 => true.into(),
        2 => false.into(),
        3 => json!([]),
        4 => json!({}),
        5 => {
            random.of(&[0, 1, 2, 49, 50, 599, 600, 29_001, 30_001, 900_001, -1, 1_i64 << 40]).into()
        }
        6 => random.of(&[0.5, 1.5, 1e9, -0.1, 99.995]).into(),
        7 => "x".repeat(random.of(&[64, 129, 256, 513, 2_000, 9_000])).into(),
        8 => json!(["a", "a"]),
        _ => random.of(&texts).into(),
    }
}

/// How many values there are, this one included.
fn count(value: &Value) -> usize {
    let within: usize = match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    };
    within + 1
}

/// The value of this number.
fn at(value: &mut Value, number: usize) -> &mut Value {
    let mut left = number;
    let mut here = value;
    'down: while left > 0 {
        left -= 1;
        let within: Vec<&mut Value> = match here {
            Value::Array(items) => items.iter_mut().collect(),
            Value::Object(map) => map.values_mut().collect(),
            _ => panic!("there is no value of this number"),
        };
        for next in within {
            let size = count(next);
            if left < size {
                here = next;
                continue 'down;
            }
            left -= size;
        }
        panic!("there is no value of this number");
    }
    here
}

/// Changes one thing.
fn change(document: &mut Value, random: &mut Random) {
    let size = count(document);
    let other = at(document, random.below(size)).clone();
    let place = at(document, random.below(size));
    match (random.below(6), place) {
        (0, Value::Object(map)) if !map.is_empty() => {
            let key = map.keys().nth(random.below(map.len())).cloned().unwrap_or_default();
            map.remove(&key);
        }
        (1, Value::Object(map)) if !map.is_empty() => {
            let key = map.keys().nth(random.below(map.len())).cloned().unwrap_or_default();
            let Value::String(name) = written(random) else { return };
            let moved = map.get(&key).cloned().unwrap_or_default();
            if random.below(2) == 0 {
                map.remove(&key);
            }
            map.insert(name, moved);
        }
        (2, Value::Object(map)) if !map.is_empty() => {
            let value = map.values().nth(random.below(map.len())).cloned().unwrap_or_default();
            let many = random.of(&[3, 11, 21, 51, 101, 301]);
            map.extend((0..many).map(|number| (format!("n{number}"), value.clone())));
        }
        (0..=2, Value::Array(items)) if !items.is_empty() => {
            let many = random.of(&[2, 11, 51, 101, 201]);
            *items = items.iter().cycle().take(items.len() * many).cloned().collect();
        }
        (3, place) if count(&other) < 50 => *place = other,
        (_, place) => *place = written(random),
    }
}

/// Whatever else a definition needs is there.
fn settings() -> Settings {
    let counters = Endpoint::split("http://127.0.0.1:8083").map(|(endpoint, _)| endpoint).ok();
    Settings { counters, keys: Keys::Folder, ..Settings::default() }
}

/// Why a definition is not served, if it is not.
fn refusal(mut definition: Definition) -> Option<String> {
    // As the command line has it.
    definition.counters.get_or_insert_with(|| Counters::behind(COUNTERS));
    if let Err(invalid) = tollgate_envoy_config::files(&definition, &settings()) {
        return Some(format!("Envoy cannot have it: {invalid}"));
    }
    Gateway::compile(definition).err().map(|invalid| format!("the gateway refuses it: {invalid}"))
}

/// Changes something in each document, and reports every translation that is not served.
#[track_caller]
fn check(
    texts: Vec<(String, String)>,
    translate: impl Fn(&str, &str) -> Result<Definition, Vec<Problem>>,
) {
    let number = |name| env::var(name).ok().and_then(|text| text.parse::<usize>().ok());
    let mut random = Random(number("SEED").unwrap_or(7) as u64);
    let mut refused = BTreeMap::new();
    let (mut translated, mut told) = (0, 0);
    for (name, text) in texts {
        let document: Value = serde_saphyr::from_str(&text).expect(&name);
        for _ in 0..number("MUTATIONS").unwrap_or(FEW) {
            let mut changed = document.clone();
            for _ in 0..=random.below(2) {
                change(&mut changed, &mut random);
            }
            let text = changed.to_string();
            match translate(&name, &text) {
                Ok(definition) => {
                    translated += 1;
                    let why = refusal(definition);
                    refused.extend(why.map(|why| (why, format!("{name}: {text}"))));
                }
                Err(problems) => {
                    told += 1;
                    are_whole(&name, &problems);
                }
            }
        }
    }
    assert!(translated > 0 && told > 0, "{translated} are translated, {told} refused");
    let shown: String = refused.iter().map(|(why, text)| format!("{why}\n    {text}\n")).collect();
    assert!(refused.is_empty(), "what is translated is not served:\n{shown}");
}

#[test]
fn a_document_in_which_something_is_changed_is_served_or_refused_with_its_place() {
    check(documents(&folder("golden/openapi"), ".in.yaml"), |_, text| {
        Ok(translate(text, &named("document.json"))?.definition)
    });
}

#[test]
fn an_overlay_in_which_something_is_changed_is_served_or_refused_with_its_place() {
    let mut texts = documents(&folder("golden/overlay"), ".in.yaml");
    let reference = fs::read_to_string(folder("../docs/overlay.md")).expect("the reference");
    let example = reference.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next());
    texts.push(("rest-example".to_owned(), example.expect("an example").to_owned()));
    check(texts, |name, text| Ok(overlay(name, text)?.definition));
}
