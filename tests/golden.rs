//! Documents of APIs, and what becomes of them.
//!
//! * `golden/openapi/NAME.in.yaml` is a document, `NAME.out.json` the definition made of it and
//!   `NAME.notices` what is said about it, if anything.
//! * `golden/openapi/invalid/NAME.yaml` is a document with one mistake, `NAME.err` how it is refused.
//! * `data/openapi/` holds documents of others. `golden/openapi-documents.txt` says what becomes of
//!   each.
//!
//! * `golden/overlay/NAME.in.yaml` is an overlay, `NAME.out.json` what becomes of the API beside it:
//!   of `rest.api.yaml` where the name begins with `rest-`, and else of `http.api.yaml`. What is in
//!   `invalid/` is refused.
//!
//! With `BLESS=1` in the environment the results are written instead of compared.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod mutated;

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use tollgate_gateway::{Definition, Gateway};
use tollgate_openapi::{Options, Problem, Translation, translate};
use tollgate_overlay::{Overlaid, Overlay};
use tollgate_policy::Compile;
use tollgate_rate_limit::Counters;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The files of a folder whose names end like this: the name without the end, and the text.
fn documents(folder: &Path, ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of documents") {
        let path = entry.expect("an entry").path();
        let file = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
        let Some(name) = file.strip_suffix(ending) else { continue };
        found.push((name.to_owned(), fs::read_to_string(&path).expect(file)));
    }
    assert!(!found.is_empty(), "there are no documents in {}", folder.display());
    found.sort();
    found
}

/// Compares a text with the one that is kept, or keeps it.
#[track_caller]
fn check(path: &Path, text: &str) {
    let kept = fs::read_to_string(path).ok();
    if env::var_os("BLESS").is_none() {
        assert!(
            kept.as_deref().unwrap_or_default() == text,
            "{} has changed; `BLESS=1` accepts it:\n{text}",
            path.display()
        );
    } else if !text.is_empty() {
        fs::write(path, text).expect("a written file");
    } else if kept.is_some() {
        fs::remove_file(path).expect("a removed file");
    }
}

fn named(file: &str) -> Options {
    Options { file: file.to_owned(), ..Options::default() }
}

fn lines(items: impl IntoIterator<Item = impl ToString>) -> String {
    items.into_iter().map(|item| item.to_string() + "\n").collect()
}

#[test]
fn every_document_becomes_the_definition_that_is_kept_beside_it() {
    let folder = folder("golden/openapi");
    for (name, text) in documents(&folder, ".in.yaml") {
        let Translation { definition, notices } = translate(&text, &named(&format!("{name}.yaml")))
            .unwrap_or_else(|problems| panic!("{name}:\n{}", lines(problems)));
        let json = serde_json::to_string_pretty(&definition).expect("a definition as JSON");
        check(&folder.join(format!("{name}.out.json")), &(json + "\n"));
        check(&folder.join(format!("{name}.notices")), &lines(notices));
        Gateway::compile(definition).unwrap_or_else(|invalid| panic!("{name}: {invalid}"));
    }
}

#[test]
fn every_mistake_is_refused_with_the_text_that_is_kept_beside_it() {
    let folder = folder("golden/openapi/invalid");
    for (name, text) in documents(&folder, ".yaml") {
        let problems = translate(&text, &named(&format!("{name}.yaml")))
            .map(|translation| panic!("{name} is not refused: {translation:?}"))
            .unwrap_or_else(|problems| problems);
        are_whole(&name, &problems);
        check(&folder.join(format!("{name}.err")), &lines(problems));
    }
}

/// The API that an overlay of this name is for, served on its stages.
fn api_of(name: &str, overlay: &Overlay) -> Result<Definition, Vec<Problem>> {
    let protocol = if name.starts_with("rest-") { "rest" } else { "http" };
    let file = format!("golden/overlay/{protocol}.api.yaml");
    let text = fs::read_to_string(folder(&file)).expect("the API");
    let stages = overlay.stages(None);
    let has_host = !stages.is_empty() && stages.values().all(|stage| stage.contains_key("host"));
    // Where a stage lacks it, it comes from outside: what is wrong here is the overlay.
    let host = (!has_host).then(|| ("host".to_owned(), "outside.internal".to_owned()));
    let options = Options { stages, stage_variables: host.into_iter().collect(), ..named(&file) };
    Ok(translate(&text, &options)?.definition)
}

fn overlay(name: &str, text: &str) -> Result<Overlaid, Vec<Problem>> {
    let overlay = Overlay::parse(text, &format!("{name}.yaml"))?;
    overlay.apply(api_of(name, &overlay)?, None)
}

#[test]
fn every_overlay_makes_of_an_api_what_is_kept_beside_it() {
    let folder = folder("golden/overlay");
    for (name, text) in documents(&folder, ".in.yaml") {
        let Overlaid { definition, counters, api_keys_file, credentials_file, notices } =
            overlay(&name, &text).unwrap_or_else(|problems| panic!("{name}:\n{}", lines(problems)));
        // What the API itself says is kept elsewhere.
        let mut shown = serde_json::to_value(&definition).expect("a definition as JSON");
        let api = shown.pointer_mut("/apis/orders").and_then(|api| api.as_object_mut());
        api.expect("the API").retain(|key, _| key == "stages");
        let outcome = serde_json::json!({
            "definition": shown,
            "counters": counters.map(|endpoint| endpoint.to_string()),
            "api_keys_file": api_keys_file,
            "credentials_file": credentials_file,
        });
        let json = serde_json::to_string_pretty(&outcome).expect("JSON");
        check(&folder.join(format!("{name}.out.json")), &(json + "\n"));
        check(&folder.join(format!("{name}.notices")), &lines(notices));
        Gateway::compile(definition).unwrap_or_else(|invalid| panic!("{name}: {invalid}"));
    }
}

#[test]
fn every_mistake_of_an_overlay_is_refused_with_the_text_that_is_kept_beside_it() {
    let folder = folder("golden/overlay/invalid");
    for (name, text) in documents(&folder, ".yaml") {
        let problems = match overlay(&name, &text) {
            Ok(overlaid) => panic!("{name} is not refused: {overlaid:?}"),
            Err(problems) => problems,
        };
        are_whole(&name, &problems);
        check(&folder.join(format!("{name}.err")), &lines(problems));
    }
}

#[test]
fn the_example_of_the_reference_is_an_overlay() {
    let text = fs::read_to_string(folder("../docs/overlay.md")).expect("the reference");
    let examples: Vec<_> = text
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("```")?.0))
        .collect();
    let [whole, parts @ ..] = examples.as_slice() else { panic!("there is no example") };
    let overlaid =
        overlay("rest-example", whole).unwrap_or_else(|problems| panic!("{}", lines(problems)));
    assert_eq!(lines(overlaid.notices), "");
    Gateway::compile(overlaid.definition).unwrap_or_else(|invalid| panic!("{invalid}"));
    for part in parts {
        // What is secret is a file of its own.
        if part.starts_with("credentials:") {
            let read = tollgate_overlay::credentials::read(part, "credentials.yaml");
            assert_eq!(read.map(|all| all.len()).map_err(lines), Ok(1), "{part}");
            continue;
        }
        let text = format!("tollgate: 1\n{part}");
        overlay("example", &text).unwrap_or_else(|problems| panic!("{}{text}", lines(problems)));
    }
}

#[test]
fn the_counters_of_an_overlay_are_those_that_envoy_knows() {
    assert_eq!(tollgate_overlay::COUNTERS, tollgate_envoy_config::COUNTERS);
}

#[test]
fn what_becomes_of_documents_that_others_wrote_is_known() {
    let index = fs::read_to_string(folder("data/openapi/index.jsonl")).expect("the index");
    let mut outcomes = String::new();
    let mut total = 0;
    let mut right = 0;
    for row in index.lines() {
        let row: serde_json::Value = serde_json::from_str(row).expect("a row of JSON");
        let file = row.get("file").and_then(|file| file.as_str()).expect("a file");
        let text = fs::read_to_string(folder("data/openapi").join(file)).expect(file);
        let kind = kind(&text);
        total += 1;
        right += usize::from(row.get("kind").is_some_and(|said| said == kind));
        match translate(&text, &named(file)) {
            Ok(Translation { definition, notices }) => {
                let count = notices.len();
                writeln!(outcomes, "{file}: {kind}, builds with {count} notices").expect("a line");
                Gateway::compile(definition).unwrap_or_else(|invalid| panic!("{file}: {invalid}"));
            }
            Err(problems) => {
                are_whole(file, &problems);
                writeln!(outcomes, "{file}: {kind}, refused").expect("a line");
                for Problem { line, column, reason, also, .. } in &problems {
                    let places = also.len() + 1;
                    writeln!(outcomes, "    {line}:{column} ({places}x) {reason}").expect("a line");
                }
            }
        }
    }
    writeln!(outcomes, "the kind of {right} of {total} is found out").expect("a line");
    check(&folder("golden/openapi-documents.txt"), &outcomes);
}

/// Each document is cut at some places, and has some bytes changed. Nothing panics and nothing takes
/// long.
#[test]
fn damaged_documents_are_served_or_refused() {
    const DAMAGES: u32 = 12;
    let mut random = 0x2545_f491_u32;
    let mut below = move |limit: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(random >> 8).unwrap_or_default() % limit.max(1)
    };
    let others = documents(&folder("data/openapi/docs"), ".json");
    let own = documents(&folder("golden/openapi"), ".in.yaml");
    for (name, text) in others.into_iter().chain(own) {
        for damage in 0..DAMAGES {
            let mut bytes = text.clone().into_bytes();
            let (one, other) = (below(bytes.len()), below(bytes.len()));
            bytes.swap(one, other);
            if damage % 2 == 0 {
                bytes.truncate(below(text.len()));
            }
            let text = String::from_utf8_lossy(&bytes);
            for file in [name.as_str(), "document.json"] {
                match translate(&text, &named(file)) {
                    Ok(Translation { definition, .. }) => {
                        Gateway::compile(definition)
                            .unwrap_or_else(|invalid| panic!("{name}: {invalid}\n{text}"));
                    }
                    Err(problems) => are_whole(&name, &problems),
                }
            }
        }
    }
}

#[test]
fn the_documents_of_the_topologies_are_served() {
    let text = fs::read_to_string(folder("../envoy/regional/api.yaml")).expect("the document");
    let translation = translate(&text, &named("api.yaml"))
        .unwrap_or_else(|problems| panic!("{}", lines(problems)));
    let text = fs::read_to_string(folder("../envoy/regional/tollgate.yaml")).expect("the overlay");
    let overlay = Overlay::parse(&text, "tollgate.yaml").and_then(|overlay| {
        let mut definition = overlay.apply(translation.definition, None)?.definition;
        definition.counters = Some(Counters::behind(tollgate_overlay::COUNTERS));
        Ok(definition)
    });
    let definition = overlay.unwrap_or_else(|problems| panic!("{}", lines(problems)));
    Gateway::compile(definition).expect("a gateway");
}

/// What kind of API a document is taken for. Only one of the two has a stage `$default`.
fn kind(text: &str) -> &'static str {
    let options = Options { stage: Some("$default".to_owned()), ..Options::default() };
    let is_rest = |problem: &Problem| problem.reason.contains("only an HTTP API has a stage");
    match translate(text, &options) {
        Err(problems) if problems.iter().any(is_rest) => "REST",
        _ => "HTTP",
    }
}

/// A refusal says where and why.
fn are_whole(name: &str, problems: &[Problem]) {
    assert!(!problems.is_empty(), "{name} is refused for no reason");
    for problem in problems {
        let is_whole = problem.line > 0 && problem.column > 0 && problem.path.starts_with('$');
        assert!(is_whole && !problem.reason.is_empty(), "{name}: {problem:?}");
    }
}
