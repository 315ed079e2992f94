//! The stack for Compose: what its files say, as far as that can be seen without running them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};
use tollgate_tests::{data, workspace};

use crate::schema::problems;
use crate::yaml;

pub(crate) const FOLDER: &str = "envoy/compose";

/// The compose file, with what it merges merged.
pub(crate) fn file() -> Value {
    yaml::documents(&format!("{FOLDER}/compose.yaml")).remove(0)
}

/// Its services by name.
pub(crate) fn services() -> BTreeMap<String, Value> {
    serde_json::from_value(file()["services"].take()).expect("services")
}

/// The strings of a list; none where there is no list.
pub(crate) fn strings(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.map(|item| item.as_str().expect("a string").to_owned()).collect()
}

/// The instructions of the Dockerfile, each with its arguments.
pub(crate) fn dockerfile() -> Vec<(String, String)> {
    let text = fs::read_to_string(workspace().join(FOLDER).join("Dockerfile")).expect("a file");
    let text = text.replace("\\\n", " ");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let split = |line: &str| line.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned()));
    lines.map(|line| split(line).expect("an instruction")).collect()
}

/// Whether an image is always the same one, or nearly: by its digest, or by a whole version.
fn is_pinned(image: &str) -> bool {
    if image.contains("@sha256:") {
        return true;
    }
    let Some((_, tag)) = image.rsplit_once(':') else { return false };
    let version = tag.split('-').next().unwrap_or_default().trim_start_matches('v');
    version.split('.').count() >= 2 && version.split('.').all(|part| part.parse::<u32>().is_ok())
}

#[test]
fn compose_takes_the_file() {
    let schema = data::json("compose/compose-spec.json");
    assert_eq!(problems(&schema, &file()), [""; 0]);
    // And does not take a slip.
    for (pointer, value) in [
        ("/services/envoy/comand", json!(["envoy"])),
        ("/services/envoy/healthcheck/retry", json!(3)),
        ("/services/envoy/read_only", json!([])),
        ("/service", json!({})),
    ] {
        let mut file = file();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        file.pointer_mut(parent).expect(parent)[name] = value;
        assert_ne!(problems(&schema, &file), [""; 0], "{pointer}");
    }
}

#[test]
fn every_image_is_pinned() {
    for (name, service) in services() {
        let image = service["image"].as_str().expect("an image");
        assert!(is_pinned(image), "{name}: {image}");
    }
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(services()["build"]["image"], format!("tollgate:{version}"));
    assert_eq!(services()["envoy"]["image"], format!("envoyproxy/envoy:v{}", envoy()));
    for image in ["envoyproxy/envoy", "redis:latest", "redis:7-alpine", "debian:bookworm-slim"] {
        assert!(!is_pinned(image), "{image}");
    }
}

/// The version of the Envoy that the tests run.
fn envoy() -> String {
    let install = fs::read_to_string(workspace().join(".ci/install")).expect("a script");
    let version = install.lines().find_map(|line| line.strip_prefix("ENVOY="));
    version.expect("a version").to_owned()
}

#[test]
fn every_service_may_do_as_little_as_it_can() {
    let all = services();
    for (name, service) in &all {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"], json!(["ALL"]), "{name}");
        assert_eq!(service["security_opt"], json!(["no-new-privileges:true"]), "{name}");
        assert!(service["mem_limit"].is_string() && service["pids_limit"].is_u64(), "{name}");
        assert_eq!(service.get("privileged"), None, "{name}");
        // Ours says so in its Dockerfile.
        let user = service["user"].as_str().map(|user| user.split(':').next().unwrap_or_default());
        assert!(user.map_or(service.get("build").is_some(), |id| id != "0"), "{name} is root");
        for port in strings(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name} is open to others: {port}");
        }
        // Whoever is waited for until it ends needs no check.
        let ends = all.values().any(|other| {
            other["depends_on"][name]["condition"] == "service_completed_successfully"
        });
        assert_eq!(service.get("healthcheck").is_none(), ends, "{name}");
    }
}

#[test]
fn the_image_is_built_as_the_project_is_and_is_not_root() {
    let instructions = dockerfile();
    let of = |name: &str| {
        let found = instructions.iter().filter(|(instruction, _)| instruction == name);
        found.map(|(_, arguments)| arguments.as_str()).collect::<Vec<_>>()
    };
    let from = of("FROM");
    assert_eq!(from.len(), 2);
    for image in &from {
        assert!(is_pinned(image.split(' ').next().expect("an image")), "{image}");
    }
    let rust = concat!("rust:", env!("CARGO_PKG_RUST_VERSION"));
    assert!(from[0].starts_with(rust) && from[0].ends_with(" AS build"), "{}", from[0]);
    assert_eq!(of("USER"), ["10001:10001"]);
    assert_eq!(of("ENTRYPOINT"), ["[\"tollgate\"]"]);
    // Only the program goes from one into the other.
    assert_eq!(of("COPY"), [". .", "--from=build /out/tollgate /usr/local/bin/tollgate"]);
    // What is let into the context is there.
    let ignore = workspace().join(FOLDER).join("Dockerfile.dockerignore");
    let ignore = fs::read_to_string(ignore).expect("a file");
    for path in ignore.lines().filter_map(|line| line.strip_prefix('!')) {
        assert!(workspace().join(path).exists(), "{path}");
    }
}

#[test]
fn what_is_mounted_is_there() {
    let file = file();
    for (name, service) in services() {
        for volume in strings(&service["volumes"]) {
            let source = volume.split(':').next().expect("a source");
            match source.strip_prefix("./") {
                Some(path) => {
                    assert!(workspace().join(FOLDER).join(path).is_file(), "{name}: {path}");
                    assert!(volume.ends_with(":ro"), "{name}: {volume}");
                }
                None => assert!(file["volumes"].get(source).is_some(), "{name}: {volume}"),
            }
        }
    }
}

/// What Prometheus asks: services and their ports, and paths.
pub(crate) fn scraped() -> Vec<(String, String)> {
    let config = yaml::documents(&format!("{FOLDER}/prometheus.yaml")).remove(0);
    let jobs = config["scrape_configs"].as_array().expect("jobs").iter();
    jobs.flat_map(|job| {
        let path = job["metrics_path"].as_str().unwrap_or("/metrics").to_owned();
        let targets = job["static_configs"].as_array().expect("targets");
        let targets = targets.iter().flat_map(|targets| strings(&targets["targets"]));
        targets.map(move |target| (target, path.clone())).collect::<Vec<_>>()
    })
    .collect()
}

fn dashboard() -> Value {
    let path = workspace().join(FOLDER).join("grafana/tollgate.json");
    serde_json::from_slice(&fs::read(path).expect("a dashboard")).expect("JSON")
}

/// The panels of the dashboard, without the lines above them.
fn panels(dashboard: &Value) -> Vec<&Value> {
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    panels.filter(|panel| panel["type"] != "row").collect()
}

/// The variables of the dashboard: their names, and from which label of what their values are.
fn variables(dashboard: &Value) -> Vec<(String, String)> {
    let variables = dashboard["templating"]["list"].as_array().expect("variables").iter();
    variables
        .map(|variable| {
            let query = variable["query"]["query"].as_str().expect("a query");
            let query = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')'));
            let (metric, label) =
                query.and_then(|query| query.rsplit_once(", ")).expect("a metric and a label");
            let name = variable["name"].as_str().expect("a name").to_owned();
            (name, format!("sum by ({label}) ({metric})"))
        })
        .collect()
}

/// The queries of the dashboard.
pub(crate) fn queries() -> Vec<String> {
    let dashboard = dashboard();
    let targets = panels(&dashboard).into_iter();
    let targets = targets.flat_map(|panel| panel["targets"].as_array().expect("queries"));
    let queries = targets.map(|target| target["expr"].as_str().expect("a query").to_owned());
    queries.chain(variables(&dashboard).into_iter().map(|(_, query)| query)).collect()
}

#[test]
fn the_dashboard_asks_by_variables_that_it_has() {
    let dashboard = dashboard();
    let variables = variables(&dashboard);
    // Grafana's own begin so.
    let is_there =
        |name: &str| name.starts_with("__") || variables.iter().any(|(known, _)| known == name);
    for query in queries() {
        for part in query.split('$').skip(1) {
            let end = |char: char| !char.is_ascii_alphanumeric() && char != '_';
            let name = part.split(end).next().unwrap_or_default();
            assert!(is_there(name), "{query}: {name}");
        }
    }
    for (name, _) in &variables {
        let asks = format!("=~\"${name}\"");
        assert!(queries().iter().any(|query| query.contains(&asks)), "nobody asks for {name}");
    }
}

#[test]
fn prometheus_and_grafana_find_each_other_and_their_files() {
    let services = services();
    for (target, _) in scraped() {
        let host = target.split(':').next().expect("a host");
        assert!(services.contains_key(host), "{target}");
    }
    let provision =
        |name: &str| yaml::documents(&format!("{FOLDER}/grafana/{name}.yaml")).remove(0);
    let source = provision("datasources")["datasources"][0].take();
    assert_eq!(source["url"], "http://prometheus:9090");
    let dashboard = dashboard();
    let panels_and_rows = dashboard["panels"].as_array().expect("panels");
    let ids: BTreeSet<_> = panels_and_rows.iter().map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels_and_rows.len(), "an id is there twice");
    let variables = dashboard["templating"]["list"].as_array().expect("variables");
    for asking in panels(&dashboard).into_iter().chain(variables) {
        assert_eq!(asking["datasource"]["uid"], source["uid"], "{asking}");
    }
    // Prometheus finds its rules beside its configuration, there as here.
    let config = yaml::documents(&format!("{FOLDER}/prometheus.yaml")).remove(0);
    let mounted = strings(&services["prometheus"]["volumes"]);
    for rules in strings(&config["rule_files"]) {
        let volume = format!("./{rules}:/etc/prometheus/{rules}:ro");
        assert!(mounted.contains(&volume), "{rules} is not mounted");
    }
    assert_eq!(config["rule_files"], json!(["alerts.yaml"]));
    // The folder of the provider, and the page Grafana begins with, is where the dashboard is mounted.
    let grafana = &services["grafana"];
    let mounted = strings(&grafana["volumes"]).into_iter().find_map(|volume| {
        Some(volume.strip_prefix("./grafana/tollgate.json:")?.trim_end_matches(":ro").to_owned())
    });
    let mounted = mounted.expect("a dashboard that is mounted");
    assert_eq!(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"], *mounted);
    let folder = provision("dashboards")["providers"][0]["options"]["path"].take();
    assert_eq!(mounted, format!("{}/tollgate.json", folder.as_str().expect("a folder")));
}
