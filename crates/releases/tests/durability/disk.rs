use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use tollgate_releases::{State, Store};

use crate::child::{after, deploy, program, start};

/// Lets the process deploy until it cannot, and says how many were kept and why it could not.
#[track_caller]
fn until_it_fails(command: Command, folder: &Path) -> (usize, String) {
    let mut child = start(command, folder);
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    child.wait().unwrap();
    let kept = said.lines().filter(|line| after(line, "kept ").is_some()).count();
    let error = said.lines().find_map(|line| after(line, "error ")).unwrap_or_else(|| {
        panic!("it says no error: {said}");
    });
    (kept, error.to_owned())
}

/// A folder with one deployment, which everybody can read.
fn prepared(folder: &Path) -> State {
    let store = Store::open(folder);
    deploy(&store, 1).unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    mode(folder, 0o555);
    mode(&folder.join("deployments"), 0o555);
    store.read().unwrap()
}

#[test]
fn a_folder_that_is_read_only_is_said_to_be_and_is_read_all_the_same() {
    let parent = tempfile::tempdir().unwrap();
    fs::set_permissions(parent.path(), Permissions::from_mode(0o755)).unwrap();
    let folder = parent.path().join("state");
    let before = prepared(&folder);
    // Root may write everywhere: somebody else is told.
    let copy = parent.path().join("program");
    fs::copy(program(), &copy).unwrap();
    fs::set_permissions(&copy, Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(&copy);
    if is_root(parent.path()) {
        command.uid(65_534).gid(65_534).current_dir("/");
    }
    let (kept, error) = until_it_fails(command, &folder);
    assert_eq!(kept, 0);
    let lock = folder.join("releases.lock");
    assert!(error.starts_with(&format!("cannot write `{}`: ", lock.display())), "{error}");
    assert!(error.contains("Permission denied"), "{error}");
    assert_eq!(Store::open(&folder).read().unwrap(), before);
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(folder.join("deployments"), Permissions::from_mode(0o755)).unwrap();
}

/// Whether permissions say nothing to this process.
fn is_root(scratch: &Path) -> bool {
    let probe = scratch.join("probe");
    fs::write(&probe, "").unwrap();
    fs::set_permissions(&probe, Permissions::from_mode(0o000)).unwrap();
    fs::File::open(&probe).is_ok()
}

#[test]
fn a_file_that_does_not_fit_leaves_the_old_state() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    deploy(&store, 1).unwrap();
    let before = store.read().unwrap();
    // A file may have 512 bytes: less than a deployment.
    let mut command = Command::new("sh");
    command.args(["-c", r#"ulimit -f 1; trap "" XFSZ; exec "$0" "$@""#]).arg(program());
    let (kept, error) = until_it_fails(command, folder.path());
    assert_eq!(kept, 0);
    assert!(error.starts_with("cannot write `"), "{error}");
    assert!(error.contains("File too large"), "{error}");
    assert_eq!(store.read().unwrap(), before);
    // What was half written is gone, and it goes on once there is room.
    assert_eq!(fs::read_dir(folder.path().join("deployments")).unwrap().count(), 1);
    deploy(&store, 2).unwrap();
}

#[test]
fn a_disk_that_is_full_leaves_the_old_state() {
    let folder = tempfile::tempdir().unwrap();
    // A disk of its own, which goes with the process that has mounted it. After the process has failed,
    // what it has left is copied off.
    let disk = folder.path().join("disk");
    let copy = folder.path().join("copy");
    fs::create_dir(&disk).unwrap();
    let script = r#"mount -t tmpfs -o size=96k none "$1" && echo mounted || exit 9
disk=$1; copy=$2; shift 2; "$@"; cp -r "$disk" "$copy""#;
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script, "sh"]).arg(&disk).arg(&copy).arg(program());
    let may_mount = Command::new("unshare")
        .args(["--mount", "sh", "-c", r#"mount -t tmpfs none "$1""#, "sh"])
        .arg(&disk)
        .status()
        .is_ok_and(|status| status.success());
    if !may_mount {
        eprintln!("not tested: this takes the right to mount");
        return;
    }
    let (kept, error) = until_it_fails(command, &disk);
    assert!(kept >= 1, "{error}");
    assert!(error.contains("No space left on device"), "{error}");
    let state = Store::open(&copy).read().unwrap();
    assert_eq!(state.releases.stage("orders", "prod").unwrap().history.len(), kept);
}
