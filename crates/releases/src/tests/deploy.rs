use std::collections::BTreeMap;

use super::*;
use tollgate_gateway::definition::VpcEndpoint;

fn back(releases: &mut Releases, to: Option<&str>) -> Result<String, Error> {
    releases.rollback("orders", "prod", to, 50)
}

#[test]
fn a_stage_is_made_by_what_is_deployed_to_it_first() {
    let releases = released(&["a", "b"]);
    let stage = present(&releases);
    assert_eq!(stage.deployment, "b");
    let history: Vec<_> = stage
        .history
        .iter()
        .map(|entry| (entry.deployment.as_str(), entry.at, entry.cause))
        .collect();
    assert_eq!(history, [("a", 0, Cause::Deployed), ("b", 1, Cause::Deployed)]);
}

#[test]
fn while_a_stage_has_a_canary_what_is_deployed_goes_to_the_canary() {
    let mut releases = released(&["a"]);
    releases.start_canary(start(Some("b".to_owned()), 5.0)).unwrap();
    let before = present(&releases).clone();
    let settings =
        Settings::Given(Stage { variables: variables(&[("x", "1")]), ..Stage::default() }.into());
    let shared = Some(Shared { default_api: Some("orders".to_owned()), ..Shared::default() });
    let next = Deploy { settings, shared, ..deploy("prod", "c".to_owned(), 20) };
    assert_eq!(releases.deploy(next).unwrap(), Deployed::Canary);
    let stage = present(&releases);
    let now = stage.canary.as_ref().unwrap();
    assert_eq!(now.settings.deployment.as_deref(), Some("c"));
    // Nothing else changes, neither for the stage nor for others.
    let canary = before.canary.clone();
    assert_eq!(StageRelease { canary, ..stage.clone() }, before);
    assert_eq!(releases.shared, Shared::default());
}

#[test]
fn the_settings_of_a_stage_are_kept_where_none_are_given() {
    let mut releases = released(&["a"]);
    let settings = Stage { variables: variables(&[("x", "1"), ("y", "1")]), ..Stage::default() };
    let given = Settings::Given(settings.into());
    releases.deploy(Deploy { settings: given, ..deploy("prod", "b".to_owned(), 1) }).unwrap();
    let kept = Settings::Kept(variables(&[("y", "2")]));
    releases.deploy(Deploy { settings: kept, ..deploy("prod", "c".to_owned(), 2) }).unwrap();
    assert_eq!(present(&releases).settings.variables, variables(&[("x", "1"), ("y", "2")]));
}

#[test]
fn what_is_said_of_a_stage_that_is_not_there_yet_waits_for_it() {
    let with = |name: &str, value: &str| {
        (name.to_owned(), Stage { variables: variables(&[("x", value)]), ..Stage::default() })
    };
    let mut releases = Releases::default();
    let others = Some([with("beta", "1"), with("gamma", "1")].into());
    releases.deploy(Deploy { others, ..deploy("prod", "a".to_owned(), 1) }).unwrap();
    // Who says nothing of others leaves them waiting, and takes what waits for its own.
    let kept = Settings::Kept(variables(&[("y", "2")]));
    releases.deploy(Deploy { settings: kept, ..deploy("beta", "b".to_owned(), 2) }).unwrap();
    let settings = |releases: &Releases, stage: &str| {
        releases.stage("orders", stage).unwrap().settings.variables.clone()
    };
    assert_eq!(settings(&releases, "beta"), variables(&[("x", "1"), ("y", "2")]));
    assert_eq!(releases.waiting["orders"].keys().collect::<Vec<_>>(), ["gamma"]);
    // What is there is not changed by what is said of it in passing, and the last word counts.
    let others = Some([with("beta", "3"), with("delta", "3")].into());
    releases.deploy(Deploy { others, ..deploy("prod", "c".to_owned(), 3) }).unwrap();
    assert_eq!(settings(&releases, "beta"), variables(&[("x", "1"), ("y", "2")]));
    assert_eq!(releases.waiting["orders"].keys().collect::<Vec<_>>(), ["delta"]);
    // What is given is all there is.
    releases.deploy(deploy("delta", "d".to_owned(), 4)).unwrap();
    assert_eq!(settings(&releases, "delta"), variables(&[]));
    assert!(releases.waiting.is_empty());
}

#[test]
fn the_api_that_answers_where_the_host_names_none_stays_the_one_it_was() {
    let by = |api: &str, domain: &str| Deploy {
        api: api.to_owned(),
        shared: Some(Shared {
            default_api: Some(api.to_owned()),
            domains: [(domain.to_owned(), Domain::default())].into(),
            ..Shared::default()
        }),
        ..deploy("prod", api.to_owned(), 1)
    };
    let mut releases = Releases::default();
    releases.deploy(by("orders", "orders.example.com")).unwrap();
    releases.deploy(by("shop", "shop.example.com")).unwrap();
    assert_eq!(releases.shared.default_api.as_deref(), Some("orders"));
    assert_eq!(releases.shared.domains.keys().collect::<Vec<_>>(), ["shop.example.com"]);
}

#[test]
fn an_api_stays_of_one_kind() {
    let mut releases = released(&["a"]);
    let mut other = deploy("beta", "b".to_owned(), 1);
    other.about.protocol = Protocol::Rest;
    refused(
        releases.deploy(other),
        "`orders` is an HTTP API, and the document is of a REST API: deploy it as another API",
    );
}

#[test]
fn a_stage_goes_back_step_by_step_and_forth_by_id() {
    let mut releases = released(&["a", "b", "c"]);
    assert_eq!(back(&mut releases, None).unwrap(), "b");
    assert_eq!(back(&mut releases, None).unwrap(), "a");
    refused(back(&mut releases, None), "stage `prod` has no earlier deployment to go back to");
    assert_eq!(back(&mut releases, Some("c")).unwrap(), "c");
    assert_eq!(present(&releases).history.last().unwrap().cause, Cause::RolledBack);
    // What is deployed after going back comes after what it went back to.
    assert_eq!(back(&mut releases, Some("b")).unwrap(), "b");
    releases.deploy(deploy("prod", "d".to_owned(), 60)).unwrap();
    assert_eq!(back(&mut releases, None).unwrap(), "b");
}

#[test]
fn a_deployment_that_is_not_known_is_refused_in_api_gateways_words() {
    let mut releases = released(&["a", "b"]);
    let before = releases.clone();
    refused(back(&mut releases, Some("nothing")), "Deployment id does not exist");
    refused(back(&mut releases, Some("b")), "stage `prod` serves `b` already");
    refused(
        releases.rollback("orders", "beta", None, 1),
        "Invalid stage identifier specified: there is no stage `beta`, deployed is `prod` of `orders`",
    );
    assert_eq!(releases, before);
}

#[test]
fn a_deployment_of_another_stage_of_the_api_can_be_gone_back_to() {
    let mut releases = released(&["a"]);
    releases.deploy(deploy("beta", "b".to_owned(), 1)).unwrap();
    assert_eq!(back(&mut releases, Some("b")).unwrap(), "b");
}

#[test]
fn the_api_need_not_be_named_where_one_has_the_stage() {
    let mut releases = released(&["a"]);
    assert_eq!(releases.api_of(None, "prod").unwrap(), "orders");
    let other = Deploy { api: "shop".to_owned(), ..deploy("prod", "b".to_owned(), 1) };
    releases.deploy(other).unwrap();
    refused(
        releases.api_of(None, "prod"),
        "several APIs have a stage `prod`: say which of `orders`, `shop`",
    );
    assert_eq!(releases.api_of(Some("shop"), "prod").unwrap(), "shop");
    assert!(releases.api_of(Some("other"), "prod").is_err());
}

#[test]
fn the_history_has_a_bound_and_what_is_served_is_never_forgotten() {
    let ids: Vec<_> = (0..250).map(|id| id.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let mut releases = released(&ids);
    releases.forget();
    let history = &present(&releases).history;
    assert_eq!((history.len(), history[0].deployment.as_str()), (100, "150"));
    // Four stages with long histories: the oldest deployments go, whose ever they were.
    let mut releases = Releases::default();
    releases.deploy(deploy("quiet", "first".to_owned(), 0)).unwrap();
    for now in 1..=400 {
        let stage = format!("s{}", now % 4);
        releases.deploy(deploy(&stage, format!("d{now}"), now)).unwrap();
    }
    releases.forget();
    assert_eq!(releases.referred().len(), 300);
    assert_eq!(releases.stage("orders", "quiet").unwrap().deployment, "first");
    assert!(!releases.referred().contains("d101"));
    assert!(releases.referred().contains("d102"));
}

#[test]
fn who_may_call_other_apis_stays_where_a_document_says_nothing_of_it() {
    let before = Shared {
        account_id: Some("123456789012".to_owned()),
        region: Some("eu-west-1".to_owned()),
        credentials_file: Some("/credentials.yaml".to_owned()),
        vpc_endpoints: BTreeMap::from([("vpce-1".to_owned(), VpcEndpoint::default())]),
        ..Shared::default()
    };
    assert_eq!(Shared::default().after(&before), before);
    let new = Shared { region: Some("us-east-1".to_owned()), ..Shared::default() };
    let expected = Shared { region: Some("us-east-1".to_owned()), ..before.clone() };
    assert_eq!(new.after(&before), expected);
}
