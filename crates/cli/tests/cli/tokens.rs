//! `dev token`: on its own, and many at once.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use jwt_simple::token::Token;

use crate::shell::{argument, command, folder, outcome, run};

fn key_id(token: &str) -> String {
    let metadata = Token::decode_metadata(token.trim()).expect("a token");
    metadata.key_id().expect("a key id").to_owned()
}

#[test]
fn many_first_tokens_at_once_are_signed_with_one_key_that_only_its_owner_can_read() {
    let folder = folder();
    let state = folder.path().join("state");
    let children: Vec<_> = (0..4)
        .map(|_| {
            let mut command = command(&["dev", "token", "--state", argument(&state)]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("the program starts")
        })
        .collect();
    let keys: BTreeSet<_> = children
        .into_iter()
        .map(|child| {
            let outcome = outcome(&child.wait_with_output().expect("an outcome"));
            assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
            assert_eq!(outcome.stdout.lines().count(), 1);
            key_id(&outcome.stdout)
        })
        .collect();
    assert_eq!(keys.len(), 1);
    let mode = |path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(state.join("issuer.json")), 0o600);
    assert_eq!(mode(state), 0o700);
}

#[test]
fn a_state_that_cannot_be_read_is_not_shown() {
    let folder = folder();
    let secret = "{\"keys\": \"my private key\"}";
    fs::write(folder.path().join("issuer.json"), secret).expect("a file");
    let outcome = run(&["dev", "token", "--state", argument(folder.path())]);
    assert_eq!(outcome.code, 1);
    assert_eq!(outcome.stdout, "");
    assert!(outcome.stderr.contains("is not an issuer's state: remove it"), "{outcome:?}");
    assert!(!outcome.stderr.contains("private key"), "{outcome:?}");
}

#[test]
fn the_user_is_told_where_there_is_no_home_for_the_state() {
    let outcome = run(&["dev", "token"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("name one with `--state`"), "{outcome:?}");
}
