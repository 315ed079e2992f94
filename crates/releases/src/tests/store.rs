use std::fs;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("deployments")).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_is_deployed_is_read_again() {
    let folder = folder();
    let store = Store::open(folder.path().join("not/there/yet"));
    assert_eq!(store.read().unwrap(), State::default());
    let first = deploy_to(&store, "one", 100).unwrap();
    let second = deploy_to(&store, "two", 200).unwrap();
    assert!(first != second && id::is_id(&first));
    let state = store.read().unwrap();
    assert_eq!(present(&state.releases).deployment, second);
    let definition = state.definition().unwrap();
    assert_eq!(definition.apis["orders"].deployments.keys().collect::<Vec<_>>(), [&second]);
    let snapshot = store.snapshot(&first).unwrap();
    assert_eq!((snapshot.created, snapshot.description.as_str()), (100, "one"));
    assert_eq!(snapshot.deployment, deployment("one"));
}

#[test]
fn what_is_refused_changes_nothing() {
    let folder = folder();
    let store = Store::open(folder.path());
    deploy_to(&store, "one", 1).unwrap();
    let before = (store.read().unwrap(), names(folder.path()));
    // By the work, by the gateway, and by a bound.
    let outcome: Result<(), Error> = store.change("a test", 2, |draft| {
        let id = draft.add("orders", "", deployment("two"))?;
        draft.releases.deploy(deploy("prod", id, 2))?;
        Err(Error::refused("no"))
    });
    refused(outcome, "no");
    let outcome = store.change("a test", 2, |draft| {
        let mut bad = deployment("two");
        bad.integrations.clear();
        let id = draft.add("orders", "", bad)?;
        draft.releases.deploy(deploy("prod", id, 2)).map(drop)
    });
    assert!(matches!(outcome, Err(Error::Invalid(_))), "{outcome:?}");
    let outcome = store
        .change("a test", 2, |draft| draft.add("orders", &"x".repeat(1025), deployment("two")));
    refused(outcome, "description: must have at most 1024 characters");
    assert_eq!((store.read().unwrap(), names(folder.path())), before);
}

#[test]
fn a_stage_can_go_back_to_a_deployment_that_is_not_served() {
    let folder = folder();
    let store = Store::open(folder.path());
    let first = deploy_to(&store, "one", 1).unwrap();
    deploy_to(&store, "two", 2).unwrap();
    let back =
        store.change("a test", 3, |draft| draft.releases.rollback("orders", "prod", None, 3));
    assert_eq!(back.unwrap(), first);
    let definition = store.read().unwrap().definition().unwrap();
    assert_eq!(definition.apis["orders"].deployments[&first], deployment("one"));
}

#[test]
fn a_torn_or_foreign_file_is_refused_with_its_name_and_never_taken_for_empty() {
    #[track_caller]
    fn check(spoil: impl FnOnce(&Path, &str), file: &str, reason: &str) {
        let folder = folder();
        let store = Store::open(folder.path());
        let id = deploy_to(&store, "one", 1).unwrap();
        spoil(folder.path(), &id);
        for error in [store.read().unwrap_err(), deploy_to(&store, "two", 2).unwrap_err()] {
            let said = error.to_string();
            let file = file.replace("ID", &id);
            assert!(said.contains(&file) && said.contains(reason), "{said}");
        }
        // What is there is left as it is.
        assert!(names(folder.path()).len() <= 1);
    }
    let stages = |folder: &Path| folder.join("stages.json");
    let of = |folder: &Path, id: &str| folder.join(format!("deployments/{id}.json"));
    let cut = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        fs::write(path, &text.as_bytes()[..text.len() / 2]).unwrap();
    };
    check(|folder, _| cut(&stages(folder)), "stages.json", "it is torn");
    check(|folder, _| fs::write(stages(folder), "").unwrap(), "stages.json", "it is empty");
    check(|folder, _| fs::write(stages(folder), b"\xff").unwrap(), "stages.json", "not UTF-8");
    check(
        |folder, _| fs::write(stages(folder), r#"{"version":2,"apis":{},"shared":{}}"#).unwrap(),
        "stages.json",
        "version `2` is not known, expected 1",
    );
    check(
        |folder, _| fs::write(stages(folder), r#"{"resources":[]}"#).unwrap(),
        "stages.json",
        "unknown field `resources`",
    );
    check(|folder, _| fs::remove_file(stages(folder)).unwrap(), "stages.json", "put it back");
    check(|folder, id| cut(&of(folder, id)), "deployments/ID.json", "it is torn");
    check(
        |folder, id| fs::remove_file(of(folder, id)).unwrap(),
        "deployments/ID.json",
        "`stages.json` points to it",
    );
    check(
        |folder, id| {
            let text = fs::read_to_string(of(folder, id)).unwrap();
            fs::write(of(folder, id), text.replace(id, "aaaaaaaaaa")).unwrap();
        },
        "deployments/ID.json",
        "it is of the deployment `aaaaaaaaaa`",
    );
    check(
        |folder, id| {
            let text = fs::read_to_string(stages(folder)).unwrap();
            fs::write(stages(folder), text.replace(id, "../../etc/x")).unwrap();
        },
        "stages.json",
        "`../../etc/x` is not the id of a deployment",
    );
}

#[test]
fn a_deployment_that_is_lost_from_the_history_is_only_missed_by_who_goes_back_to_it() {
    let folder = folder();
    let store = Store::open(folder.path());
    let first = deploy_to(&store, "one", 1).unwrap();
    let second = deploy_to(&store, "two", 2).unwrap();
    let third = deploy_to(&store, "three", 3).unwrap();
    fs::remove_file(folder.path().join(format!("deployments/{second}.json"))).unwrap();
    let serves = || present(&store.read().unwrap().releases).deployment.clone();
    let back = |to: Option<&str>| {
        store.change("a test", 4, |draft| draft.releases.rollback("orders", "prod", to, 4))
    };
    assert_eq!(serves(), third);
    let lost = back(None).unwrap_err();
    assert!(!lost.is_refusal() && lost.to_string().contains(&second), "{lost}");
    assert_eq!(serves(), third);
    assert_eq!(back(Some(&first)).unwrap(), first);
    assert_eq!(serves(), first);
}

#[test]
fn what_is_served_is_told_by_who_serves_it() {
    let folder = folder();
    let store = Store::open(folder.path());
    assert_eq!(store.serving().unwrap(), None);
    deploy_to(&store, "one", 1).unwrap();
    let state = store.read().unwrap();
    let serving = Serving::of(&state.definition().unwrap(), None);
    store.say_serving(&serving).unwrap();
    assert_eq!(store.serving().unwrap().as_ref(), Some(&serving));
    assert!(serving.stage("orders", "prod").unwrap().is(present(&state.releases)));
    assert_eq!(serving.stage("orders", "beta"), None);
    // Another deployment, a canary, and another share are each something else.
    let is_served = || {
        let releases = store.read().unwrap().releases;
        store.serving().unwrap().unwrap().stage("orders", "prod").unwrap().is(present(&releases))
    };
    let change = |work: &dyn Fn(&mut Releases) -> Result<(), Error>| {
        store.change("a test", 2, |draft| work(&mut draft.releases)).unwrap();
    };
    let variables = variables(&[("x", "new")]);
    change(&|releases| {
        let mut start = start(None, 5.0);
        start.settings.stage_variable_overrides = variables.clone();
        releases.start_canary(start)
    });
    assert!(!is_served());
    store.say_serving(&Serving::of(&store.read().unwrap().definition().unwrap(), None)).unwrap();
    assert!(is_served());
    change(&|releases| releases.set_percent("orders", "prod", Percent(6.0)));
    assert!(!is_served());
}

#[test]
fn what_nothing_points_to_is_removed_and_what_is_not_ours_is_left_alone() {
    let folder = folder();
    let store = Store::open(folder.path());
    let kept = deploy_to(&store, "one", 1).unwrap();
    let at = |name: &str| folder.path().join("deployments").join(name);
    for name in ["aaaaaaaaaa.json", "bbbbbbbbbb.json.new", "README.md", "short.json"] {
        fs::write(at(name), "{}").unwrap();
    }
    let second = deploy_to(&store, "two", 2).unwrap();
    let mut expected = vec![
        "README.md".to_owned(),
        format!("{kept}.json"),
        format!("{second}.json"),
        "short.json".to_owned(),
    ];
    expected.sort();
    assert_eq!(names(folder.path()), expected);
}

#[test]
fn what_is_over_the_bound_leaves_no_file() {
    let folder = folder();
    let store = Store::open(folder.path());
    let ids: Vec<_> = (0..105).map(|now| deploy_to(&store, "one", now).unwrap()).collect();
    assert_eq!(names(folder.path()).len(), 100);
    assert!(store.snapshot(&ids[4]).is_err());
    assert!(store.snapshot(&ids[5]).is_ok());
}

#[test]
fn the_second_of_two_waits_and_then_says_who_is_in_the_way() {
    let folder = folder();
    let store = Store::open(folder.path());
    deploy_to(&store, "one", 1).unwrap();
    let (entered, is_in) = channel();
    let (leave, may_leave) = channel::<()>();
    let first = store.clone();
    let first = thread::spawn(move || {
        first.change("deploy of prod", 2, |draft| {
            entered.send(()).unwrap();
            may_leave.recv().unwrap();
            let id = draft.add("orders", "", deployment("first"))?;
            draft.releases.deploy(deploy("prod", id, 2)).map(drop)
        })
    });
    is_in.recv().unwrap();
    let hasty = store.clone().with_patience(Duration::from_millis(50));
    let Err(Error::Busy { holder, .. }) = deploy_to(&hasty, "two", 3) else {
        panic!("it is not busy")
    };
    assert_eq!(holder, format!("process {} (deploy of prod)", std::process::id()));
    // Reading waits for nobody.
    assert_eq!(present(&store.read().unwrap().releases).history.len(), 1);
    let second = store.clone();
    let second = thread::spawn(move || deploy_to(&second, "second", 4));
    leave.send(()).unwrap();
    first.join().unwrap().unwrap();
    second.join().unwrap().unwrap();
    assert_eq!(present(&store.read().unwrap().releases).history.len(), 3);
}

#[test]
fn who_has_waited_in_vain_leaves_nothing_behind_that_waits() {
    let folder = folder();
    let store = Store::open(folder.path()).with_patience(Duration::from_millis(5));
    deploy_to(&store, "one", 1).unwrap();
    let held = fs::File::open(folder.path().join("releases.lock")).unwrap();
    held.lock().unwrap();
    let threads = || fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    for _ in 0..50 {
        assert!(matches!(deploy_to(&store, "two", 2), Err(Error::Busy { .. })));
    }
    // Other tests run beside this one, and not as many.
    assert!(threads() < before + 40, "{before} threads, then {}", threads());
    held.unlock().unwrap();
    deploy_to(&store, "two", 3).unwrap();
}

#[test]
fn many_at_once_lose_nothing() {
    let folder = folder();
    let deployed: Vec<_> = (0..8)
        .map(|number| {
            let store = Store::open(folder.path());
            thread::spawn(move || deploy_to(&store, "one", number).unwrap())
        })
        .collect();
    let mut expected: Vec<_> = deployed.into_iter().map(|thread| thread.join().unwrap()).collect();
    let state = Store::open(folder.path()).read().unwrap();
    let mut found: Vec<_> =
        present(&state.releases).history.iter().map(|entry| entry.deployment.clone()).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn reading_is_never_wrong_while_others_change() {
    let folder = folder();
    let store = Store::open(folder.path());
    deploy_to(&store, "one", 0).unwrap();
    let other = store.clone();
    let writer = thread::spawn(move || {
        // Each of these deployments is removed as soon as its canary is.
        for now in 0..100 {
            let begin: Result<(), Error> = other.change("a test", now, |draft| {
                let id = draft.add("orders", "", deployment("two"))?;
                draft.releases.start_canary(start(Some(id), 5.0))
            });
            begin.unwrap();
            let end: Result<(), Error> = other.change("a test", now, |draft| {
                draft.releases.abort("orders", "prod", End::Aborted, "", now)
            });
            end.unwrap();
        }
    });
    while !writer.is_finished() {
        store.read().unwrap().definition().unwrap();
    }
    writer.join().unwrap();
}
