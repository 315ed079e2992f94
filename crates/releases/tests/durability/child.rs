//! The process that deploys.

use std::env;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tollgate_canary::Percent;
use tollgate_gateway::definition::{Canary, Deployment, Protocol};
use tollgate_releases::{About, Deploy, Deployed, End, Error, Settings, Start, Store};

/// A deployment that is large enough to be torn.
pub fn deployment(number: u64) -> Deployment {
    let routes: serde_json::Map<String, Value> = (0..40)
        .map(|route| {
            let key = format!("GET /deployment-{number}/route-{route}");
            (key, json!({"authorization": "none", "integration": "backend"}))
        })
        .collect();
    serde_json::from_value(json!({
        "integrations": {"backend": {"http_proxy": {"uri": "http://127.0.0.1:8081/"}}},
        "routes": routes,
    }))
    .unwrap()
}

/// Deploys to the stage itself, and says the deployment's id.
pub fn deploy(store: &Store, number: u64) -> Result<String, Error> {
    store.change("deploy", number, |draft| {
        let id = draft.add("orders", "", deployment(number))?;
        let to = draft.releases.deploy(Deploy {
            api: "orders".to_owned(),
            about: About {
                name: "Orders".to_owned(),
                protocol: Protocol::Http,
                disable_execute_api_endpoint: false,
            },
            stage: "prod".to_owned(),
            deployment: id.clone(),
            settings: Settings::Given(Box::default()),
            others: None,
            shared: None,
            now: number,
        })?;
        assert_eq!(to, Deployed::Stage);
        Ok(id)
    })
}

/// A canary comes and goes: files that are made and removed.
fn canary(store: &Store, number: u64) -> Result<(), Error> {
    store.change("canary start", number, |draft| {
        let id = draft.add("orders", "", deployment(number))?;
        draft.releases.start_canary(Start {
            api: "orders".to_owned(),
            stage: "prod".to_owned(),
            settings: Canary {
                deployment: Some(id),
                percent_traffic: Percent(5.0),
                ..Canary::default()
            },
            analysis: None,
            now: number,
        })
    })?;
    store.change("canary abort", number, |draft| {
        draft.releases.abort("orders", "prod", End::Aborted, "", number)
    })
}

/// What the other process does: it deploys for ever, and says each deployment once it is kept.
#[test]
#[ignore = "it is a part of others, which start it in a process of its own"]
fn deploys_for_ever() {
    let mut folder = String::new();
    std::io::stdin().read_to_string(&mut folder).unwrap();
    let store = Store::open(PathBuf::from(folder));
    // Whoever was killed may have left a canary.
    let state = store.read().unwrap();
    if state.releases.stages().any(|(_, _, stage)| stage.canary.is_some()) {
        store
            .change("canary abort", 0, |draft| {
                draft.releases.abort("orders", "prod", End::Aborted, "", 0)
            })
            .unwrap();
    }
    for number in 0.. {
        let outcome = deploy(&store, number).and_then(|id| {
            say(&format!("kept {id}\n"));
            if number % 3 == 0 { canary(&store, number) } else { Ok(()) }
        });
        if let Err(error) = outcome {
            say(&format!("error {error}\n"));
            return;
        }
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).unwrap();
}

/// Starts that process.
pub fn start(mut command: Command, folder: &Path) -> Child {
    let mut child = command
        .args(["--exact", "child::deploys_for_ever", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(folder.to_str().unwrap().as_bytes()).unwrap();
    child
}

/// This program.
pub fn program() -> PathBuf {
    env::current_exe().unwrap()
}

/// What a line says after a word. The first one is preceded by what the test runner says.
pub fn after<'l>(line: &'l str, word: &str) -> Option<&'l str> {
    Some(line.split_once(word)?.1.trim())
}
