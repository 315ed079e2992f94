use std::io::{BufRead, BufReader};
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use tollgate_gateway::Gateway;
use tollgate_policy::Compile;
use tollgate_releases::Store;

use crate::child::{after, deploy, program, start};

/// How often the process is killed.
const KILLS: u64 = 120;

/// The history of a stage goes back that far.
const HISTORY: usize = 100;

#[test]
fn what_is_acknowledged_survives_kill_9_at_any_point() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    let mut random = fastrand::Rng::with_seed(1);
    let mut kept: Vec<String> = Vec::new();
    for round in 0..KILLS {
        let mut child = start(Command::new(program()), folder.path());
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        let reader = thread::spawn(move || {
            for line in out.lines() {
                let _ = sender.send(line.unwrap());
            }
        });
        // From the first deployment on, a moment that is anywhere in the next few.
        let mut said: Vec<String> = Vec::new();
        while said.last().is_none_or(|line| after(line, "kept ").is_none()) {
            said.push(lines.recv_timeout(Duration::from_secs(60)).unwrap());
        }
        wait(Duration::from_micros(random.u64(0..30_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        reader.join().unwrap();
        said.extend(lines.try_iter());
        let all = said.join("\n");
        assert!(!all.contains("error "), "{all}");
        kept.extend(said.iter().filter_map(|line| after(line, "kept ")).map(str::to_owned));

        let state = store.read().unwrap();
        let definition = state.definition().unwrap();
        Gateway::compile(definition).unwrap();
        let stage = state.releases.stage("orders", "prod").unwrap();
        let history: Vec<_> = stage.history.iter().map(|entry| entry.deployment.as_str()).collect();
        for id in state.releases.referred() {
            store.snapshot(id).unwrap();
        }
        // The last one may be kept and not yet acknowledged.
        let last = kept.last().unwrap().as_str();
        let place = history.iter().rposition(|id| *id == last).unwrap();
        assert!(history.len() - place <= 2, "round {round}: {last} is too far back");
        if place + 1 < history.len() {
            kept.push(history[place + 1].to_owned());
        }
        let expected = &kept[kept.len().saturating_sub(HISTORY)..];
        assert_eq!(history, expected, "round {round}");
        assert_eq!(stage.deployment, *expected.last().unwrap());
    }
    assert!(kept.len() > HISTORY, "there were only {} deployments", kept.len());
    let left = std::fs::read_dir(folder.path().join("deployments")).unwrap().count();
    // Besides those of the history: of a canary, and what the last kill has left.
    assert!(left <= HISTORY + 4, "{left} files are left");
}

/// How often it is killed in a folder that is not there yet.
const FIRST_KILLS: u64 = 60;

#[test]
fn a_folder_that_was_just_being_made_is_none_or_one() {
    let mut random = fastrand::Rng::with_seed(2);
    let mut made = 0;
    for round in 0..FIRST_KILLS {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("state"));
        let mut child = start(Command::new(program()), store.folder());
        // Starting takes some milliseconds, and so does what is to be met.
        wait(Duration::from_micros(random.u64(0..25_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let state = store.read().unwrap();
        made += usize::from(store.stages_file().exists());
        let before =
            state.releases.stages().map(|(_, _, stage)| stage.history.len()).sum::<usize>();
        // A canary that was left takes what is deployed next.
        if state.releases.stages().all(|(_, _, stage)| stage.canary.is_none()) {
            deploy(&store, round).unwrap();
            let state = store.read().unwrap();
            let stage = state.releases.stage("orders", "prod").unwrap();
            assert_eq!(stage.history.len(), before + 1);
        }
    }
    assert!(made > 0, "it was always killed too early");
}

/// Waits for a moment, and for nothing in it.
fn wait(time: Duration) {
    let (_never, at) = channel::<()>();
    assert_eq!(at.recv_timeout(time), Err(RecvTimeoutError::Timeout));
}
