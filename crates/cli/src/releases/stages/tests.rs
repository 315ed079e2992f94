use serde_json::json;

use super::*;

fn releases() -> Releases {
    serde_json::from_value(json!({
        "version": 1,
        "shared": {},
        "apis": {"orders": {"name": "Orders", "protocol": "http", "stages": {
            "prod": {
                "deployment": "aaaaaaaaaa",
                "settings": {},
                "history": [
                    {"deployment": "aaaaaaaaaa", "at": 0, "cause": "deployed"},
                    {"deployment": "bbbbbbbbbb", "at": 60, "cause": "promoted"},
                    {"deployment": "aaaaaaaaaa", "at": 3600, "cause": "rolled_back"},
                ],
                "canary": {"began": 1, "settings": {
                    "deployment": "cccccccccc", "percent_traffic": 5.0,
                }},
            },
            "beta": {
                "deployment": "bbbbbbbbbb",
                "settings": {},
                "history": [{"deployment": "bbbbbbbbbb", "at": 86400, "cause": "deployed"}],
            },
        }}},
    }))
    .unwrap()
}

#[test]
fn the_table_says_what_each_stage_serves() {
    let expected = "\
API     STAGE  DEPLOYMENT  SINCE                 CANARY
orders  beta   bbbbbbbbbb  1970-01-02T00:00:00Z  none
orders  prod   aaaaaaaaaa  1970-01-01T01:00:00Z  cccccccccc 5 %";
    assert_eq!(stages_table(&rows(&releases())), expected);
    let json = serde_json::to_value(rows(&releases())).unwrap();
    assert_eq!(
        json[0],
        json!({
            "api": "orders", "stage": "beta", "deployment": "bbbbbbbbbb", "since": 86400,
        })
    );
    assert_eq!(json[1]["canary"], json!({"deployment": "cccccccccc", "percent_traffic": 5.0}));
}

#[test]
fn the_history_says_what_a_stage_served_the_latest_first_and_what_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    std::fs::create_dir(folder.path().join("deployments")).unwrap();
    let snapshot = json!({
        "version": 1, "id": "aaaaaaaaaa", "created": 0, "api": "orders",
        "description": "the \u{1b}[31mfirst\none", "deployment": {"integrations": {}, "routes": {}},
    });
    let path = folder.path().join("deployments/aaaaaaaaaa.json");
    std::fs::write(path, snapshot.to_string()).unwrap();
    let releases = releases();
    let entries = entries(&store, releases.stage("orders", "prod").unwrap());
    let lost = folder.path().join("deployments/bbbbbbbbbb.json");
    let lost = format!(
        "`{}` cannot be used: it is not there, and `stages.json` points to it",
        lost.display()
    );
    let first = "the \\u{1b}[31mfirst one";
    let expected = format!(
        "\
DEPLOYMENT  SINCE                 BY          DESCRIPTION
aaaaaaaaaa  1970-01-01T01:00:00Z  rollback    {first}
bbbbbbbbbb  1970-01-01T00:01:00Z  promotion   missing: {lost}
aaaaaaaaaa  1970-01-01T00:00:00Z  deployment  {first}"
    );
    assert_eq!(history_table(&entries), expected);
    let current: Vec<_> = entries.iter().map(|entry| entry.current).collect();
    assert_eq!(current, [true, false, false]);
    let json = serde_json::to_value(&entries).unwrap();
    assert_eq!(json[1]["missing"], json!(lost));
    assert_eq!(json[0]["missing"], serde_json::Value::Null);
}
