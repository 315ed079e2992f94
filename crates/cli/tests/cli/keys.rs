//! `keys`: making, importing, listing and disabling API keys.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;
use tollgate_api_keys::{digest, hex};

use crate::shell::{Outcome, argument, command, folder, outcome, run};

const SECRET: &str = "a-value-of-more-than-30-characters";

/// A keys file that may not be there yet.
struct File {
    folder: TempDir,
    path: PathBuf,
}

impl File {
    fn new() -> Self {
        let folder = folder();
        let path = folder.path().join("keys.csv");
        Self { folder, path }
    }

    /// Runs a command on the file.
    fn run(&self, verb: &str, options: &[&str]) -> Outcome {
        run(&[&["keys", verb, "--keys", argument(&self.path)], options].concat())
    }

    #[track_caller]
    fn must(&self, verb: &str, options: &[&str]) -> Outcome {
        let outcome = self.run(verb, options);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        outcome
    }

    #[track_caller]
    fn refused(&self, verb: &str, options: &[&str], message: &str) {
        let before = fs::read(&self.path).ok();
        let outcome = self.run(verb, options);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (3, ""), "{outcome:?}");
        assert!(outcome.stderr.ends_with(&format!("error: {message}\n")), "{outcome:?}");
        assert_eq!(fs::read(&self.path).ok(), before);
    }

    #[track_caller]
    fn list(&self) -> Value {
        serde_json::from_str(&self.must("list", &["--format", "json"]).stdout).expect("JSON")
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.path).expect("the file")
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).expect("a written file");
        path
    }
}

/// Whether a text is in a file below a folder.
fn is_anywhere(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).expect("a folder").any(|entry| {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => is_anywhere(&path, text),
            false => {
                let content = fs::read(&path).expect("a file");
                content.windows(text.len()).any(|window| window == text.as_bytes())
            }
        }
    })
}

#[test]
fn a_new_key_is_said_once_and_only_its_digest_is_kept() {
    let file = File::new();
    let made = file.must("create", &["--name", "alice", "--usage-plan", "gold"]);
    let value = made.stdout.trim_end();
    assert_eq!(value.len(), 40);
    assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let listed = file.list();
    let id = listed[0]["id"].as_str().expect("an id");
    assert_eq!(made.stderr, format!("created {id}\n"));
    let expected = json!([{
        "id": id, "name": "alice", "enabled": true, "usage_plans": ["gold"], "description": "",
    }]);
    assert_eq!(listed, expected);
    let sha256 = hex(&digest(value.as_bytes()));
    let expected =
        format!("id,name,sha256,enabled,usage_plans,description\n{id},alice,{sha256},true,gold,\n");
    assert_eq!(file.text(), expected);
    assert!(!is_anywhere(file.folder.path(), value));
}

#[test]
fn a_machine_is_told_the_value_as_json() {
    let file = File::new();
    let options = ["--name", "a", "--value", SECRET, "--disabled", "--format", "json"];
    let made: Value = serde_json::from_str(&file.must("create", &options).stdout).expect("JSON");
    assert_eq!((&made["value"], &made["enabled"]), (&json!(SECRET), &json!(false)));
    assert_eq!(file.list()[0]["id"], made["id"]);
    assert!(!is_anywhere(file.folder.path(), SECRET));
}

#[test]
fn a_value_can_be_kept_out_of_the_list_of_processes() {
    let file = File::new();
    let arguments = ["keys", "create", "--keys", argument(&file.path), "--name", "a"];
    let mut command = command(&[&arguments[..], &["--value", "-"]].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut input = child.stdin.take().expect("standard input");
    input.write_all(format!("{SECRET}\n").as_bytes()).expect("input");
    drop(input);
    let made = outcome(&child.wait_with_output().expect("the program ends"));
    assert_eq!((made.code, made.stdout), (0, format!("{SECRET}\n")));
    assert!(file.text().contains(&hex(&digest(SECRET.as_bytes()))));
}

#[test]
fn what_api_gateway_refuses_is_refused_in_its_words_and_never_repeated() {
    let file = File::new();
    let create = |value: &str, message: &str| {
        file.refused("create", &["--name", "a", "--value", value], message);
        assert!(!file.run("create", &["--name", "a", "--value", value]).stderr.contains(value));
    };
    create("hush-hush-hush-hush", "API Key value should be at least 20 characters");
    create(&"hush".repeat(33), "API Key value exceeds maximum size of 128 characters");
    file.must("create", &["--name", "a", "--value", SECRET]);
    create(SECRET, "API Key already exists");
    let name = "n".repeat(1_025);
    let long = "Invalid API Key name, can be at most 1024 characters.";
    file.refused("create", &["--name", &name], long);
    let plans: Vec<_> = (0..11).map(|number| format!("--usage-plan=p{number}")).collect();
    let plans = ["--name", "a"].into_iter().chain(plans.iter().map(String::as_str));
    let plans: Vec<_> = plans.collect();
    file.refused("create", &plans, "usage_plans: must not be more than 10");
}

const AWS: &str = "\
Name,key,description,Enabled,usageplanIds
alice,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,of sales,TRUE,\"gold,silver\"
bob,bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,,false,
short,hush-hush-hush,,,
alice again,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,,,gold
";

#[test]
fn keys_of_api_gateway_are_taken_over_and_refused_lines_are_listed() {
    let file = File::new();
    let aws = file.write("aws.csv", AWS);
    let imported = file.must("import", &[argument(&aws)]);
    assert_eq!(imported.stdout, "2 created, 1 overwritten, 1 refused\n");
    let line =
        format!("warning: {}:4: API Key value should be at least 30 characters\n", argument(&aws));
    assert_eq!(imported.stderr, line);
    let listed = file.list();
    let shown = |index: usize| {
        let key = &listed[index];
        (key["name"].clone(), key["enabled"].clone(), key["usage_plans"].clone())
    };
    assert_eq!(shown(0), (json!("alice again"), json!(true), json!(["gold"])));
    assert_eq!(shown(1), (json!("bob"), json!(false), json!([])));
    fs::remove_file(&aws).expect("a removed file");
    for value in ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "hush"] {
        assert!(!is_anywhere(file.folder.path(), value));
    }

    // Again: nothing new, and ids stay.
    let again = file.write("aws.csv", AWS);
    let options = [argument(&again), "--format", "json"];
    let report: Value = serde_json::from_str(&file.must("import", &options).stdout).expect("JSON");
    let reason = "API Key value should be at least 30 characters";
    let expected =
        json!({ "created": 0, "overwritten": 3, "refused": [{ "line": 4, "reason": reason }] });
    assert_eq!(report, expected);
    assert_eq!(file.list(), listed);
}

#[test]
fn an_import_that_must_not_warn_is_all_or_nothing() {
    let file = File::new();
    let aws = file.write("aws.csv", AWS);
    let name = argument(&aws);
    file.refused(
        "import",
        &[name, "--fail-on-warnings"],
        &format!("nothing is imported: 1 lines of `{name}` are refused"),
    );
    assert!(!file.path.exists());
    let without = file.write("no.csv", "Name,Value\na,b\n");
    file.refused("import", &[argument(&without)], "the header has no `Key`");
}

#[test]
fn keys_are_imported_from_a_pipe() {
    let file = File::new();
    let mut command = command(&["keys", "import", "--keys", argument(&file.path), "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut input = child.stdin.take().expect("standard input");
    input.write_all(AWS.as_bytes()).expect("input");
    drop(input);
    let imported = outcome(&child.wait_with_output().expect("the program ends"));
    assert_eq!(imported.stdout, "2 created, 1 overwritten, 1 refused\n");
    assert!(imported.stderr.starts_with("warning: -:4: "), "{}", imported.stderr);
}

#[test]
fn a_key_is_disabled_and_enabled_by_its_id_or_its_name() {
    let file = File::new();
    for (name, value) in [("alice", "a"), ("bob", "b"), ("bob", "c")] {
        file.must("create", &["--name", name, "--value", &value.repeat(20)]);
    }
    let listed = file.list();
    let ids: Vec<_> =
        (0..3).map(|index| listed[index]["id"].as_str().expect("an id").to_owned()).collect();
    let enabled = || -> Vec<_> {
        let listed = file.list();
        (0..3).map(|index| listed[index]["enabled"] == true).collect()
    };
    assert_eq!(file.must("disable", &["alice"]).stderr, format!("disabled {}\n", ids[0]));
    assert_eq!(enabled(), [false, true, true]);
    file.must("disable", &["alice"]);
    file.must("disable", &[&ids[2]]);
    assert_eq!(enabled(), [false, true, false]);
    file.must("enable", &[&ids[0]]);
    assert_eq!(enabled(), [true, true, false]);
    file.refused(
        "disable",
        &["bob"],
        &format!("several keys are named `bob`, say which: {}, {}", ids[1], ids[2]),
    );
    file.refused("disable", &["carol"], "no key has the id or the name `carol`");
    let table = file.must("list", &[]).stdout;
    let expected = format!(
        "ID          NAME   ENABLED  USAGE PLANS\n\
         {}  alice  yes\n{}  bob    yes\n{}  bob    no\n",
        ids[0], ids[1], ids[2]
    );
    assert_eq!(table, expected);
}

#[test]
fn commands_that_change_a_file_at_once_all_take_effect() {
    let file = File::new();
    thread::scope(|scope| {
        for number in 0..8 {
            let file = &file;
            scope.spawn(move || file.must("create", &["--name", &number.to_string()]));
        }
    });
    assert_eq!(file.list().as_array().map(Vec::len), Some(8));
}

#[test]
fn a_file_with_problems_is_left_alone() {
    let file = File::new();
    let secret = "id,sha256\na,hush-hush-hush\n";
    fs::write(&file.path, secret).expect("a written file");
    let name = argument(&file.path).to_owned();
    file.refused("create", &["--name", "a"], &format!("`{name}` is refused: 1 problem"));
    let outcome = file.run("list", &[]);
    assert!(outcome.stderr.starts_with(&format!("{name}:2: `sha256` must be")), "{outcome:?}");
    assert!(!outcome.stderr.contains("hush"));
    let missing = File::new().run("list", &[]);
    assert_eq!(missing.code, 1);
}
