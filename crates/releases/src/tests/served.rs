use tollgate_gateway::Gateway;
use tollgate_policy::Compile;

use super::*;

#[test]
fn what_is_served_has_exactly_what_stages_and_canaries_point_to() {
    let mut releases = released(&["a", "b"]);
    releases.deploy(deploy("beta", "c".to_owned(), 3)).unwrap();
    releases.start_canary(start(Some("d".to_owned()), 5.0)).unwrap();
    releases.shared.default_api = Some("orders".to_owned());
    let definition = releases.definition(|id| Ok::<_, Error>(deployment(id))).unwrap();
    let api = &definition.apis["orders"];
    assert_eq!(api.deployments.keys().collect::<Vec<_>>(), ["b", "c", "d"]);
    assert_eq!(api.deployments["d"], deployment("d"));
    assert!(api.routes.is_empty() && api.integrations.is_empty());
    assert_eq!(api.stages["prod"].deployment.as_deref(), Some("b"));
    assert_eq!(api.stages["prod"].canary, Some(canary(Some("d".to_owned()), 5.0)));
    assert_eq!(api.stages["beta"].canary, None);
    Gateway::compile(definition).unwrap();
}

#[test]
fn what_speaks_of_stages_that_are_not_deployed_waits_for_them() {
    let mut releases = released(&["a"]);
    releases.shared = serde_json::from_value(json!({
        "default_api": "shop",
        "domains": {
            "a.example.com": {"mappings": {
                "": {"api": "orders", "stage": "prod"},
                "beta": {"api": "orders", "stage": "beta"},
                "any": {"api": "orders"},
                "shop": {"api": "shop"},
            }},
            "b.example.com": {"mappings": {"": {"api": "orders", "stage": "beta"}}},
        },
        "usage_plans": {"gold": {"api_stages": [
            {"api": "orders", "stage": "prod"},
            {"api": "orders", "stage": "beta"},
            {"api": "shop", "stage": "prod"},
        ]}},
    }))
    .unwrap();
    let lookup = |id: &str| Ok::<_, Error>(deployment(id));
    let definition = releases.definition(lookup).unwrap();
    assert_eq!(definition.default_api, None);
    assert_eq!(definition.domains.keys().collect::<Vec<_>>(), ["a.example.com"]);
    assert_eq!(definition.domains["a.example.com"].mappings.len(), 2);
    assert_eq!(definition.usage_plans["gold"].api_stages.len(), 1);
    Gateway::compile(definition).unwrap();

    releases.deploy(deploy("beta", "b".to_owned(), 1)).unwrap();
    let definition = releases.definition(lookup).unwrap();
    assert_eq!(definition.domains.len(), 2);
    assert_eq!(definition.usage_plans["gold"].api_stages.len(), 2);
    Gateway::compile(definition).unwrap();
}

#[test]
fn a_deployment_that_is_not_there_is_an_error() {
    let releases = released(&["a"]);
    let nothing = releases.definition(|id| Err::<Deployment, _>(id.to_owned()));
    assert_eq!(nothing, Err("a".to_owned()));
}
