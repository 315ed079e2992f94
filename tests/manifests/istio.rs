//! The manifests for Istio: what its API server and our filters say of them.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;

use serde_json::{Map, Value, json};
use tollgate_policy::load;
use tollgate_tests::{data, workspace};

use crate::schema::{closed, problems};
use crate::yaml;

const FOLDER: &str = "envoy/istio";

/// Every manifest, with the file it stands in.
pub(crate) fn manifests() -> Vec<(String, Value)> {
    let of_file = |file: String| {
        let documents = yaml::documents(&format!("{FOLDER}/{file}"));
        documents.into_iter().map(move |document| (file.clone(), document))
    };
    yaml::files(FOLDER, ".yaml").into_iter().flat_map(of_file).collect()
}

/// Those of a kind in a file.
#[track_caller]
pub(crate) fn of_kind(file: &str, kind: &str) -> Value {
    let mut found =
        manifests().into_iter().filter(|(name, document)| name == file && document["kind"] == kind);
    found.next().unwrap_or_else(|| panic!("{file} has no {kind}")).1
}

/// The manifests that load a filter.
fn plugins() -> Vec<(String, Value)> {
    manifests().into_iter().filter(|(_, manifest)| manifest["kind"] == "WasmPlugin").collect()
}

/// The filter that a manifest loads, by the name and the version in its image's.
#[track_caller]
fn image(manifest: &Value) -> (&str, &str) {
    let url = manifest["spec"]["url"].as_str().expect("a URL");
    let path = url.strip_prefix("oci://").expect("an image");
    let name = path.rsplit('/').next().expect("a name");
    name.split_once(':').expect("a version")
}

/// The text that a filter gets: Istio keeps the configuration as a `google.protobuf.Struct`, whose
/// numbers are doubles, and writes it as JSON.
pub(crate) fn configuration(manifest: &Value) -> String {
    fn doubled(value: &Value) -> Value {
        match value {
            Value::Number(number) => {
                let double = number.as_f64().expect("a double");
                assert!(double.abs() < 9e15, "{double} is not exact");
                #[expect(clippy::cast_possible_truncation, reason = "it has been looked at")]
                let whole = double as i64;
                #[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "it is exact")]
                if whole as f64 == double { json!(whole) } else { json!(double) }
            }
            Value::Array(items) => items.iter().map(doubled).collect(),
            Value::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| (name.clone(), doubled(value)));
                Value::Object(fields.collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }
    doubled(&manifest["spec"]["pluginConfig"]).to_string()
}

/// The schema of a resource: that of its `spec`, in what all resources have.
fn schema(manifest: &Value) -> Value {
    let kind = manifest["kind"].as_str().expect("a kind");
    let definition: Value = data::json(&format!("istio/{kind}.json"));
    closed(json!({
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": definition["apiVersion"]},
            "kind": {"const": definition["kind"]},
            "metadata": {
                "type": "object",
                "required": ["name", "namespace"],
                "properties": {
                    "name": {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"},
                    "namespace": {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"},
                },
            },
            "spec": definition["spec"],
        },
    }))
}

#[test]
fn istio_takes_every_manifest() {
    let mut kinds = BTreeSet::new();
    for (file, manifest) in manifests() {
        assert_eq!(problems(&schema(&manifest), &manifest), [""; 0], "{file}");
        kinds.insert(manifest["kind"].to_string());
    }
    // Every schema is here for something.
    let schemas = yaml::files("tests/data/istio", ".json");
    let schemas: BTreeSet<_> =
        schemas.iter().map(|name| format!("\"{}\"", name.replace(".json", ""))).collect();
    assert_eq!(kinds, schemas);
}

#[test]
fn a_slip_in_a_manifest_is_noticed() {
    let check = |file: &str, kind: &str, pointer: &str, value: Value| {
        let mut manifest = of_kind(file, kind);
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        manifest.pointer_mut(parent).expect(parent)[name] = value;
        assert_ne!(problems(&schema(&manifest), &manifest), [""; 0], "{pointer}");
    };
    check("throttle.yaml", "WasmPlugin", "/spec/failstrategy", json!("FAIL_RELOAD"));
    check("throttle.yaml", "WasmPlugin", "/spec/failStrategy", json!("FAIL_SOMEHOW"));
    check("throttle.yaml", "WasmPlugin", "/spec/sha256", json!("sha256:0"));
    check("throttle.yaml", "WasmPlugin", "/spec/selector/labels", json!({"a": "b"}));
    check("throttle.yaml", "WasmPlugin", "/spec/url", json!(null));
    check(
        "routes.yaml",
        "VirtualService",
        "/spec/http/0/match/0/headers/x-a",
        json!({"is": "true"}),
    );
    check("routes.yaml", "VirtualService", "/spec/http/0/route/0/subset", json!("v2"));
    check("routes.yaml", "DestinationRule", "/spec/subsets/0/label", json!({}));
}

#[test]
fn every_filter_takes_the_configuration_of_its_manifests() {
    fn outcome<P, E: Display>(loaded: Result<P, E>) -> Result<(), String> {
        loaded.map(|_| ()).map_err(|invalid| invalid.to_string())
    }
    for (file, manifest) in plugins() {
        let text = configuration(&manifest);
        let json = text.as_bytes();
        let loaded = match image(&manifest).0 {
            "canary" => outcome(load::<tollgate_canary::Canary>(json)),
            "cors" => outcome(load::<tollgate_cors::Cors>(json)),
            "gateway" => outcome(load::<tollgate_gateway::Gateway>(json)),
            "iam-authorizer" => outcome(load::<tollgate_iam_authorizer::Filter>(json)),
            "jwt-authorizer" => outcome(load::<tollgate_jwt_authorizer::JwtAuthorizer>(json)),
            "lambda-authorizer" => {
                outcome(load::<tollgate_lambda_authorizer::standalone::LambdaAuthorizer>(json))
            }
            "lambda-proxy" => outcome(load::<tollgate_lambda_proxy::standalone::LambdaProxy>(json)),
            "request-validator" => {
                outcome(load::<tollgate_request_validator::RequestValidator>(json))
            }
            "resource-policy" => outcome(load::<tollgate_resource_policy::Filter>(json)),
            "throttle" => outcome(load::<tollgate_throttle::Throttle>(json)),
            "usage-plan" => outcome(load::<tollgate_usage_plan::UsagePlan>(json)),
            other => panic!("{file}: there is no filter `{other}`"),
        };
        assert_eq!(loaded, Ok(()), "{file}");
    }
}

#[test]
fn every_filter_has_a_manifest_of_its_name() {
    for entry in fs::read_dir(workspace().join("filters")).expect("the filters") {
        let name = entry.expect("a folder").file_name().into_string().expect("a name");
        let manifest = of_kind(&format!("{name}.yaml"), "WasmPlugin");
        assert_eq!(manifest["metadata"]["name"], *name);
        assert_eq!(image(&manifest).0, name);
    }
}

#[test]
fn every_filter_closes_when_it_fails_and_says_which_image_and_for_whom() {
    for (file, manifest) in plugins() {
        let spec = &manifest["spec"];
        // FAIL_OPEN would admit everybody, FAIL_CLOSE would refuse everybody for good: decision 5.
        assert_eq!(spec["failStrategy"], "FAIL_RELOAD", "{file}");
        assert!(["AUTHN", "AUTHZ", "STATS"].iter().any(|phase| spec["phase"] == *phase), "{file}");
        assert_eq!(image(&manifest), (image(&manifest).0, env!("CARGO_PKG_VERSION")), "{file}");
        assert_eq!(spec["sha256"].as_str().map(str::len), Some(64), "{file}: whose image it is");
        // A rule of the resource that its schema cannot say, and without either it would be for all.
        let chosen =
            ["selector", "targetRefs"].iter().filter(|way| spec.get(**way).is_some()).count();
        assert_eq!(chosen, 1, "{file}");
    }
}

/// Where a manifest says what stands in another.
#[test]
fn manifests_that_speak_of_each_other_agree() {
    let all = manifests();
    let of = |kind: &str| {
        let found = all.iter().filter(|(_, manifest)| manifest["kind"] == kind);
        found.map(|(_, manifest)| manifest).collect::<Vec<_>>()
    };
    // Subsets are those of the destination rule.
    let rules = of("DestinationRule");
    for service in of("VirtualService") {
        for route in service["spec"]["http"].as_array().expect("routes") {
            let destination = &route["route"][0]["destination"];
            let Some(subset) = destination.get("subset") else { continue };
            let rule = rules.iter().find(|rule| rule["spec"]["host"] == destination["host"]);
            let subsets = rule.expect("a rule for the host")["spec"]["subsets"].as_array();
            assert!(
                subsets.expect("subsets").iter().any(|known| known["name"] == *subset),
                "{subset}"
            );
        }
    }
    // The issuer's cluster is that of a service entry, and is reached over TLS.
    let entry = of("ServiceEntry").remove(0);
    let host = entry["spec"]["hosts"][0].as_str().expect("a host");
    let port = &entry["spec"]["ports"][0]["number"];
    let cluster = format!("outbound|{port}||{host}");
    for (file, manifest) in plugins() {
        if configuration(&manifest).contains("\"issuers\"") {
            assert!(configuration(&manifest).contains(&cluster), "{file}");
        }
    }
    let rule = rules.iter().find(|rule| rule["spec"]["host"] == host).expect("a rule");
    assert_eq!(rule["spec"]["trafficPolicy"]["tls"]["mode"], "SIMPLE");
}

#[test]
fn the_gateways_services_are_those_that_are_routed_to() {
    let plugin = of_kind("gateway.yaml", "WasmPlugin");
    let definition = serde_json::from_str(&configuration(&plugin)).expect("a definition");
    let upstreams = tollgate_gateway::upstreams(&definition).expect("services");
    let clusters: BTreeSet<_> =
        upstreams.iter().map(|upstream| upstream.cluster.as_str()).collect();
    let service = of_kind("gateway.yaml", "VirtualService");
    let routes = service["spec"]["http"].as_array().expect("routes");
    let routed = routes.iter().map(|route| {
        let matched = &route["match"][0]["headers"]["x-tollgate-cluster"]["exact"];
        let destination = &route["route"][0]["destination"];
        let host = destination["host"].as_str().expect("a host");
        assert_eq!(*matched, format!("http://{host}:{}", destination["port"]["number"]));
        matched.as_str().expect("a cluster")
    });
    assert_eq!(routed.collect::<BTreeSet<_>>(), clusters);
}
