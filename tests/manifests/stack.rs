//! The stack for Compose, without containers: every service's own command runs on this machine.
//!
//! Of what Compose would do, this does what matters to the programs: it has files lie where they are
//! mounted, lets services find each other, and starts them in the order they ask for.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::{env, thread};

use serde_json::Value;
use tempfile::TempDir;
use tollgate_tests::{envoy, program, wait, workspace};

use crate::compose::{self, strings};
use crate::places::replaced;

/// The ports on which the services listen, inside.
const PORTS: [u16; 8] = [8080, 8081, 8082, 8083, 8091, 9901, 9902, 6379];

/// Whose programs are not installed where the tests run.
const ABSENT: [&str; 2] = ["grafana", "prometheus"];

/// Keeps a program no longer than its standard input: however the tests end, it does not outlive them.
const LEASH: &str = r#"
exec 3<&0
"$@" 3<&- &
child=$!
(read -r _ <&3; kill -KILL $child) &
wait $child
"#;

/// A running stack, until it is dropped.
pub(crate) struct Stack {
    services: BTreeMap<String, Value>,
    ports: BTreeMap<u16, u16>,
    folder: TempDir,
    running: BTreeMap<String, Running>,
}

/// What a service finds at a place of its own.
struct Mount {
    inside: String,
    here: PathBuf,
    /// The file of ours that it is a copy of; without one it is a folder.
    file: Option<String>,
}

struct Running {
    child: Child,
    leash: Option<ChildStdin>,
}

impl Stack {
    /// Starts every service whose program is here, and waits until they are healthy.
    #[track_caller]
    pub(crate) fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("tollgate-").tempdir().expect("a folder");
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).expect("a folder");
        let tollgate = program::command(&[]).get_program().to_owned();
        for (name, program) in [("tollgate", PathBuf::from(tollgate)), ("envoy", envoy::program())]
        {
            std::os::unix::fs::symlink(program, bin.join(name)).expect("a link");
        }
        let services = compose::services();
        let names = services.keys().filter(|name| !ABSENT.contains(&name.as_str()));
        let names: Vec<_> = names.cloned().collect();
        let running = BTreeMap::new();
        let mut stack = Self { services, ports: free_ports(), folder, running };
        for name in &names {
            stack.start_one(name);
        }
        for name in &names {
            if stack.services[name].get("healthcheck").is_some() {
                stack.wait_until_healthy(name);
            }
        }
        stack
    }

    /// Where a port of the services is here.
    pub(crate) fn address(&self, port: u16) -> SocketAddr {
        ([127, 0, 0, 1], self.ports[&port]).into()
    }

    /// Kills a service.
    pub(crate) fn kill(&mut self, name: &str) {
        self.running.remove(name);
    }

    /// Runs a command in a service, as `docker compose exec` does, and returns what it prints.
    #[track_caller]
    pub(crate) fn exec(&self, service: &str, command: &[&str]) -> String {
        let command: Vec<_> = command.iter().map(|word| (*word).to_owned()).collect();
        let output = self.command(service, &command).output().expect("a program");
        assert!(
            output.status.success(),
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// A text of a service, with the places of this machine in it.
    pub(crate) fn here(&self, service: &str, text: &str) -> String {
        let mut places = vec![("0.0.0.0".to_owned(), "127.0.0.1".to_owned())];
        for (inside, here) in &self.ports {
            places.push((inside.to_string(), here.to_string()));
            for name in self.services.keys() {
                places.push((format!("{name}:{inside}"), format!("127.0.0.1:{here}")));
            }
        }
        for Mount { inside, here, .. } in self.mounts(service) {
            places.push((inside, here.to_str().expect("a path in UTF-8").to_owned()));
        }
        replaced(text, &places)
    }

    /// What is mounted in a service.
    fn mounts(&self, service: &str) -> Vec<Mount> {
        let own = self.folder.path().join("service").join(service);
        let volumes = strings(&self.services[service]["volumes"]).into_iter().map(|volume| {
            let mut parts = volume.split(':');
            let (from, inside) = (parts.next().expect("a source"), parts.next().expect("a place"));
            let (here, file) = match from.strip_prefix("./") {
                Some(file) => (own.join(file.replace('/', "-")), Some(file.to_owned())),
                None => (self.folder.path().join("volume").join(from), None),
            };
            Mount { inside: inside.to_owned(), here, file }
        });
        let temporary = strings(&self.services[service]["tmpfs"]).into_iter().map(|tmpfs| {
            let inside = tmpfs.split(':').next().expect("a place").to_owned();
            Mount { here: own.join(inside.replace('/', "-")), inside, file: None }
        });
        volumes.chain(temporary).collect()
    }

    /// Makes the folders and files that are mounted in a service.
    fn mount(&self, service: &str) {
        fs::create_dir_all(self.folder.path().join("service").join(service)).expect("a folder");
        for Mount { here, file, .. } in self.mounts(service) {
            match file {
                Some(file) => {
                    let source = workspace().join(compose::FOLDER).join(file);
                    let text = fs::read_to_string(source).expect("a file that is mounted");
                    fs::write(here, self.here(service, &text)).expect("a written file");
                }
                None => fs::create_dir_all(here).expect("a folder"),
            }
        }
    }

    /// What a service runs, with the places of this machine in it.
    fn command(&self, service: &str, words: &[String]) -> Command {
        let mut words = words.iter().map(|word| {
            let word = word.replace("$$", "\0");
            assert!(!word.contains('$'), "{service}: Compose would replace a variable in `{word}`");
            self.here(service, &word.replace('\0', "$"))
        });
        let mut command = Command::new(words.next().expect("a program"));
        let bin = self.folder.path().join("bin");
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([bin].into_iter().chain(env::split_paths(&path)));
        command.args(words).env("PATH", path.expect("a path")).stdin(Stdio::null());
        command
    }

    /// Starts a service, after those it depends on are as it wants them.
    #[track_caller]
    fn start_one(&mut self, name: &str) {
        if self.running.contains_key(name) {
            return;
        }
        let service = self.services[name].clone();
        for (before, how) in service["depends_on"].as_object().into_iter().flatten() {
            self.start_one(before);
            match how["condition"].as_str() {
                Some("service_started") => {}
                Some("service_healthy") => self.wait_until_healthy(before),
                Some("service_completed_successfully") => self.wait_until_ended(before),
                other => panic!("{name} depends on {before} in a new way: {other:?}"),
            }
        }
        self.mount(name);
        let entrypoint = match service.get("entrypoint") {
            Some(entrypoint) => strings(entrypoint),
            None if service.get("build").is_some() => entrypoint_of_the_image(),
            None => Vec::new(),
        };
        let words = [entrypoint, strings(&service["command"])].concat();
        let log = File::create(self.log_file(name)).expect("a log");
        let command = self.command(name, &words);
        let mut leashed = Command::new("sh");
        leashed.args(["-c", LEASH, "leash"]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            leashed.env(name, value.expect("a value"));
        }
        let mut child = leashed
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("a shell");
        let leash = child.stdin.take();
        self.running.insert(name.to_owned(), Running { child, leash });
    }

    #[track_caller]
    fn wait_until_healthy(&mut self, name: &str) {
        let test = strings(&self.services[name]["healthcheck"]["test"]);
        assert_eq!(test[0], "CMD", "{name}");
        wait::until_true(&format!("health of {name}"), 2 * wait::PATIENCE, || {
            if let Some(status) = self.status(name) {
                panic!("{name} has ended with {status}:\n{}", self.log(name));
            }
            let check =
                self.command(name, &test[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status();
            check.is_ok_and(|status| status.success())
        });
    }

    #[track_caller]
    fn wait_until_ended(&mut self, name: &str) {
        let status = wait::until(&format!("end of {name}"), wait::PATIENCE, || self.status(name));
        assert!(status.success(), "{name} has failed:\n{}", self.log(name));
    }

    /// How a service has ended, if it has.
    fn status(&mut self, name: &str) -> Option<ExitStatus> {
        self.running.get_mut(name)?.child.try_wait().expect("a child")
    }

    fn log_file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }

    fn log(&self, name: &str) -> String {
        fs::read_to_string(self.log_file(name)).unwrap_or_default()
    }
}

impl Drop for Stack {
    #[expect(clippy::print_stderr, reason = "that is where a failing test says why")]
    fn drop(&mut self) {
        if thread::panicking() {
            for name in self.running.keys() {
                eprintln!("{name} said:\n{}", self.log(name));
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The leash ends the program, and then itself.
        self.leash = None;
        let _ = self.child.wait();
    }
}

fn entrypoint_of_the_image() -> Vec<String> {
    let instructions = compose::dockerfile();
    let (_, list) = instructions.iter().find(|(name, _)| name == "ENTRYPOINT").expect("one");
    serde_json::from_str(list).expect("a list")
}

/// A free port for each port of the services. They are below those that the system gives away itself.
fn free_ports() -> BTreeMap<u16, u16> {
    let first = 20_000 + u16::try_from(std::process::id() % 1_000).unwrap_or_default() * 10;
    let mut free = (first..32_000).chain(20_000..first);
    let mut next = || {
        let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
        free.find(is_free).expect("a free port")
    };
    PORTS.map(|port| (port, next())).into()
}
