//! The architecture, as a test: what depends on what, and what lies where.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

/// What each kind of package may use of ours: `docs/architecture.md`, from the top down.
const LAYERS: [(&str, &[&str]); 36] = [
    ("tollgate-jose", &[]),
    ("tollgate-rls", &[]),
    ("tollgate-policy", &[]),
    ("tollgate-source", &[]),
    ("tollgate-x509", &[]),
    ("tollgate-rate-limit", &["tollgate-policy", "tollgate-rls"]),
    ("tollgate-api-keys", &["tollgate-policy"]),
    ("tollgate-jwt-authorizer", &["tollgate-jose", "tollgate-policy"]),
    ("tollgate-canary", &["tollgate-policy"]),
    ("tollgate-throttle", &["tollgate-policy", "tollgate-rate-limit"]),
    ("tollgate-usage-plan", &["tollgate-api-keys", "tollgate-policy", "tollgate-rate-limit"]),
    ("tollgate-json-schema", &[]),
    ("tollgate-mapping", &["tollgate-policy"]),
    ("tollgate-payload", &["tollgate-policy"]),
    ("tollgate-access-log", &["tollgate-mapping", "tollgate-policy"]),
    ("tollgate-cors", &["tollgate-policy"]),
    ("tollgate-gateway-response", &["tollgate-mapping", "tollgate-policy"]),
    ("tollgate-parameter-mapping", &["tollgate-mapping", "tollgate-policy"]),
    ("tollgate-request-validator", &["tollgate-json-schema", "tollgate-policy"]),
    ("tollgate-iam", &[]),
    ("tollgate-iam-policies", &["tollgate-iam", "tollgate-policy"]),
    ("tollgate-sigv4", &[]),
    ("tollgate-lambda", &["tollgate-mapping", "tollgate-payload", "tollgate-policy"]),
    (
        "tollgate-lambda-proxy",
        &["tollgate-lambda", "tollgate-mapping", "tollgate-payload", "tollgate-policy"],
    ),
    (
        "tollgate-lambda-authorizer",
        &[
            "tollgate-iam",
            "tollgate-iam-policies",
            "tollgate-lambda",
            "tollgate-mapping",
            "tollgate-policy",
        ],
    ),
    (
        "tollgate-iam-authorizer",
        &["tollgate-iam", "tollgate-iam-policies", "tollgate-policy", "tollgate-sigv4"],
    ),
    ("tollgate-resource-policy", &["tollgate-iam", "tollgate-iam-policies", "tollgate-policy"]),
    ("tollgate-gateway", &PARTS),
    ("tollgate-adapter", &["tollgate-policy"]),
    ("tollgate-openapi", &TRANSLATORS),
    ("tollgate-overlay", &TRANSLATORS),
    ("tollgate-envoy-config", &WHOLE),
    ("tollgate-counters", &["tollgate-rls"]),
    ("tollgate-releases", &WHOLE),
    ("tollgate-cli", &ANY),
    ("tollgate-tests", &ANY),
];

/// What the gateway is made of.
const PARTS: [&str; 21] = [
    "tollgate-access-log",
    "tollgate-api-keys",
    "tollgate-canary",
    "tollgate-cors",
    "tollgate-gateway-response",
    "tollgate-iam",
    "tollgate-iam-authorizer",
    "tollgate-jwt-authorizer",
    "tollgate-lambda",
    "tollgate-lambda-authorizer",
    "tollgate-lambda-proxy",
    "tollgate-mapping",
    "tollgate-parameter-mapping",
    "tollgate-payload",
    "tollgate-policy",
    "tollgate-rate-limit",
    "tollgate-request-validator",
    "tollgate-resource-policy",
    "tollgate-throttle",
    "tollgate-usage-plan",
    "tollgate-x509",
];

/// What stands at the edges speaks of the definition, and of what it is made of.
const WHOLE: [&str; 21] = [
    "tollgate-access-log",
    "tollgate-api-keys",
    "tollgate-canary",
    "tollgate-cors",
    "tollgate-gateway",
    "tollgate-gateway-response",
    "tollgate-iam",
    "tollgate-iam-authorizer",
    "tollgate-jwt-authorizer",
    "tollgate-lambda",
    "tollgate-lambda-authorizer",
    "tollgate-lambda-proxy",
    "tollgate-mapping",
    "tollgate-parameter-mapping",
    "tollgate-payload",
    "tollgate-policy",
    "tollgate-rate-limit",
    "tollgate-request-validator",
    "tollgate-resource-policy",
    "tollgate-throttle",
    "tollgate-usage-plan",
];

/// The same, and how people write it down.
const TRANSLATORS: [&str; 22] = [
    "tollgate-access-log",
    "tollgate-api-keys",
    "tollgate-canary",
    "tollgate-cors",
    "tollgate-gateway",
    "tollgate-gateway-response",
    "tollgate-iam",
    "tollgate-iam-authorizer",
    "tollgate-jwt-authorizer",
    "tollgate-lambda",
    "tollgate-lambda-authorizer",
    "tollgate-lambda-proxy",
    "tollgate-mapping",
    "tollgate-parameter-mapping",
    "tollgate-payload",
    "tollgate-policy",
    "tollgate-rate-limit",
    "tollgate-request-validator",
    "tollgate-resource-policy",
    "tollgate-source",
    "tollgate-throttle",
    "tollgate-usage-plan",
];

/// Programs and tests may use everything but a filter and what only filters need.
const ANY: [&str; 30] = [
    "tollgate-access-log",
    "tollgate-api-keys",
    "tollgate-canary",
    "tollgate-cors",
    "tollgate-counters",
    "tollgate-envoy-config",
    "tollgate-gateway",
    "tollgate-gateway-response",
    "tollgate-iam",
    "tollgate-iam-authorizer",
    "tollgate-jose",
    "tollgate-json-schema",
    "tollgate-jwt-authorizer",
    "tollgate-lambda",
    "tollgate-lambda-authorizer",
    "tollgate-lambda-proxy",
    "tollgate-mapping",
    "tollgate-openapi",
    "tollgate-overlay",
    "tollgate-parameter-mapping",
    "tollgate-payload",
    "tollgate-policy",
    "tollgate-rate-limit",
    "tollgate-releases",
    "tollgate-request-validator",
    "tollgate-resource-policy",
    "tollgate-rls",
    "tollgate-sigv4",
    "tollgate-throttle",
    "tollgate-usage-plan",
];

/// A file nobody can read in one go is two files.
const MAX_LINES: usize = 600;

struct Package {
    name: String,
    folder: PathBuf,
    manifest: String,
    dependencies: Vec<String>,
}

static PACKAGES: LazyLock<Vec<Package>> = LazyLock::new(|| {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let path = PathBuf::from(package["manifest_path"].as_str().expect("a path"));
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            let names = dependencies.iter().filter_map(|each| each["name"].as_str());
            Package {
                name: package["name"].as_str().expect("a name").to_owned(),
                folder: path.parent().expect("a folder").to_owned(),
                manifest: fs::read_to_string(&path).expect("a manifest"),
                dependencies: names.map(str::to_owned).collect(),
            }
        })
        .collect()
});

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().expect("the workspace")
}

/// The folders in a folder, by name.
fn folders(of: &str) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(root().join(of))
        .expect(of)
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// Every file of ours with this ending, with its path from the root.
fn files(ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let skipped = ["target", "dist", "data", "corpus", "artifacts"].contains(&name);
            let hidden = name.starts_with('.') && name != ".ci";
            if path.is_dir() && !skipped && !hidden {
                open.push(path);
            } else if path.is_file() && name.ends_with(ending) {
                let shown = path.strip_prefix(root()).expect("a path inside").display().to_string();
                found.push((shown, fs::read_to_string(&path).expect("text")));
            }
        }
    }
    assert!(!found.is_empty(), "there is no file that ends in `{ending}`");
    found.sort();
    found
}

fn package(name: &str) -> &'static Package {
    PACKAGES.iter().find(|package| package.name == name).expect(name)
}

fn ours(package: &Package) -> BTreeSet<&str> {
    let all: BTreeSet<_> = PACKAGES.iter().map(|package| package.name.as_str()).collect();
    let names = package.dependencies.iter().map(String::as_str);
    names.filter(|name| all.contains(name)).collect()
}

#[test]
fn only_the_adapter_knows_the_proxy() {
    for package in PACKAGES.iter() {
        let knows = package.dependencies.iter().any(|name| name == "proxy-wasm");
        assert!(!knows || package.name == "tollgate-adapter", "{} knows it too", package.name);
    }
}

#[test]
fn every_crate_uses_only_what_lies_below_it() {
    let layers: BTreeMap<_, _> = LAYERS.into_iter().collect();
    for package in PACKAGES.iter() {
        if package.folder.starts_with(root().join("filters")) {
            continue;
        }
        let Some(allowed) = layers.get(package.name.as_str()) else {
            panic!("`{}` has no place among the layers: say which", package.name);
        };
        for used in ours(package) {
            assert!(allowed.contains(&used), "`{}` must not use `{used}`", package.name);
        }
    }
    for (name, _) in LAYERS {
        assert_eq!(package(name).name, name);
    }
}

#[test]
fn a_filter_is_an_adapter_around_one_crate() {
    for name in folders("filters") {
        let package = package(&name);
        let wrapped = format!("tollgate-{name}");
        let used: Vec<_> = package.dependencies.iter().map(String::as_str).collect();
        assert_eq!(used, ["tollgate-adapter", &wrapped], "filters/{name}");
        let sources: Vec<_> = fs::read_dir(package.folder.join("src"))
            .expect("sources")
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        assert_eq!(sources, ["lib.rs"], "filters/{name}");
        let text = fs::read_to_string(package.folder.join("src/lib.rs")).expect("lib.rs");
        for word in ["if ", "match ", "fn ", "unsafe"] {
            assert!(!text.contains(word), "filters/{name} has `{word}`");
        }
    }
}

#[test]
fn names_are_those_of_the_folders() {
    for (parent, prefix) in [("crates", "tollgate-"), ("filters", "")] {
        for folder in folders(parent) {
            let found = package(&format!("{prefix}{folder}"));
            assert_eq!(found.folder, root().join(parent).join(&folder));
        }
    }
}

#[test]
fn every_package_inherits_the_lints_and_the_versions() {
    for package in PACKAGES.iter() {
        let (name, manifest) = (&package.name, &package.manifest);
        assert!(manifest.contains("[lints]\nworkspace = true"), "{name} has lints of its own");
        for field in ["version", "edition", "rust-version", "license", "publish"] {
            assert!(manifest.contains(&format!("{field}.workspace = true")), "{name}: {field}");
        }
        let mut section = "";
        for line in manifest.lines() {
            if line.starts_with('[') {
                section = line;
            } else if section.ends_with("dependencies]") && line.contains('=') {
                assert!(line.contains("workspace = true"), "{name}: {line}");
            }
        }
    }
}

#[test]
fn no_file_is_too_long_and_each_says_what_it_is_for() {
    for (path, text) in files(".rs") {
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{path} has {lines} lines");
        let is_test = path.contains("/tests/") || path.ends_with("tests.rs");
        assert!(is_test || text.starts_with("//! "), "{path} does not begin with `//! `");
    }
}

#[test]
fn nothing_sleeps_below_the_command_line() {
    for (path, text) in files(".rs") {
        let pure = path.starts_with("crates/") && !path.starts_with("crates/cli/");
        assert!(!pure || !text.contains(concat!("sleep", "(")), "{path} sleeps");
    }
}

#[test]
fn nothing_is_left_to_do() {
    let marks =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX"), concat!("todo", "!(")];
    for ending in [".rs", ".md", ".toml", "Makefile", ".yaml"] {
        for (path, text) in files(ending) {
            for mark in marks {
                let found = text.lines().position(|line| line.contains(mark));
                assert!(found.is_none(), "{path}:{} has `{mark}`", found.unwrap_or_default() + 1);
            }
        }
    }
}

/// The names of all tests of a file, and of the modules it is made of.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (path, text) in files(".rs") {
        let Some(module) = module(&path) else { continue };
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if line == "#[test]" {
                is_test = true;
            } else if let Some(rest) = line.strip_prefix("fn ").filter(|_| is_test) {
                let name = rest.split('(').next().unwrap_or_default();
                names.insert(format!("{module}::{name}"));
                is_test = false;
            }
        }
    }
    names
}

/// What tests in a file are called before `::`: `e2e::routing`, `tidy`, `gateway::router::tests`.
fn module(path: &str) -> Option<String> {
    let path = path.strip_suffix(".rs")?;
    let path = match path.strip_prefix("tests/") {
        Some(path) => path.to_owned(),
        None => path.strip_prefix("crates/")?.replace("/src/", "/").replace("/lib", ""),
    };
    let path = path.trim_end_matches("/main").trim_end_matches("/mod");
    Some(path.replace('/', "::"))
}

#[test]
fn every_row_of_the_parity_table_names_a_test_that_exists() {
    let (path, tests) = ("docs/parity.md", tests());
    let text = fs::read_to_string(root().join(path)).expect(path);
    let mut rows = 0;
    for (number, line) in text.lines().enumerate() {
        let row = line.strip_prefix('|').and_then(|line| line.strip_suffix('|'));
        let cells: Vec<_> = row.into_iter().flat_map(|row| row.split('|')).map(str::trim).collect();
        let Some(&last) = cells.last().filter(|last| **last != "test" && !last.starts_with("--"))
        else {
            continue;
        };
        rows += 1;
        for test in last.split(", ").map(|test| test.trim_matches('`')).filter(|test| *test != "-")
        {
            let number = number + 1;
            assert!(tests.contains(test), "{path}:{number}: there is no test `{test}`");
        }
    }
    assert!(rows > 10, "{path} has only {rows} rows");
}

#[test]
fn every_filter_has_end_to_end_tests_and_a_place_in_the_parity_table() {
    let parity = fs::read_to_string(root().join("docs/parity.md")).expect("docs/parity.md");
    let modules: BTreeSet<_> =
        tests().iter().filter_map(|test| Some(test.rsplit_once("::")?.0.to_owned())).collect();
    for filter in folders("filters") {
        let module = format!("e2e::{}", filter.replace('-', "_"));
        assert!(modules.contains(&module), "there is no `{module}` for filters/{filter}");
        assert!(parity.contains(&format!("{module}::")), "docs/parity.md does not name `{module}`");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    for (path, text) in files(".md") {
        let folder = root().join(&path).parent().expect("a folder").to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.contains(' ') {
                continue;
            }
            assert!(folder.join(target).exists(), "{path}: `{target}` is not there");
        }
    }
}

#[test]
fn what_every_project_has_is_there() {
    for file in ["README.md", "LICENSE", "CHANGELOG.md", "Makefile", "docs/architecture.md"] {
        assert!(root().join(file).is_file(), "{file} is not there");
    }
}

#[test]
fn every_make_target_says_what_it_does() {
    let text = fs::read_to_string(root().join("Makefile")).expect("Makefile");
    let mut targets = 0;
    for line in text.lines() {
        let Some((name, rest)) = line.split_once(':') else { continue };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/.".contains(&byte);
        if name.is_empty()
            || name.starts_with('.')
            || !name.bytes().all(plain)
            || rest.starts_with('=')
        {
            continue;
        }
        targets += 1;
        assert!(line.contains(" ## "), "`{name}` has no `##` help");
    }
    assert!(targets > 5, "there are only {targets} targets");
}
