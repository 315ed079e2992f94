//! The folders below `envoy/`: what their READMEs tell to make is made, moved to this machine, and
//! served by a real Envoy.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use tollgate_tests::{Envoy, envoy, filter, program, workspace};

/// Where Envoy sees its folder in a container.
const DIRECTORY: &str = "/etc/tollgate";

/// The folders, and the files that each has below it.
const FOLDERS: [(&str, &[&str]); 3] =
    [("regional", &["."]), ("private", &["."]), ("edge", &[".", "regional"])];

/// What a README's command makes: the files by name.
type Made = BTreeMap<String, String>;

/// A folder to start an Envoy in, with what a README's command makes, moved there.
pub struct Moved {
    folder: TempDir,
    made: Made,
}

impl Moved {
    /// What the README of a folder tells to make into a folder of this name, such as
    /// `envoy/regional`.
    pub fn new(name: &str, out: &str) -> Self {
        let folder = envoy::folder();
        let made = made(name, out, folder.path());
        Self { folder, made }.replaced(DIRECTORY, folder_text)
    }

    /// With other text in all files.
    pub fn replaced(mut self, from: &str, to: impl Fn(&Path) -> String) -> Self {
        let to = to(self.folder.path());
        let count: usize = self.made.values().map(|text| text.matches(from).count()).sum();
        assert!(count > 0, "no file has `{from}`");
        for text in self.made.values_mut() {
            *text = text.replace(from, &to);
        }
        self
    }

    /// With a service, or a listener, at another address than its own.
    pub fn with(mut self, host: &str, port: u16, address: SocketAddr) -> Self {
        let (ip, new) = (address.ip(), address.port());
        let quoted = if host.starts_with(char::is_alphabetic) {
            host.to_owned()
        } else {
            format!("\"{host}\"")
        };
        let place = format!("address: {quoted}, port_value: {port} }}");
        let count: usize = self.made.values().map(|text| text.matches(&place).count()).sum();
        assert!(count > 0, "nothing is at {host}:{port}");
        for text in self.made.values_mut() {
            *text = text
                .replace(&place, &format!("address: \"{ip}\", port_value: {new} }}"))
                .replace(&format!("//{host}:{port}"), &format!("//{ip}:{new}"));
        }
        self
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts an Envoy on it.
    pub fn start(self) -> Envoy {
        let Self { folder, made } = self;
        let socket = Envoy::admin_socket(folder.path());
        let pipe = format!("{{ pipe: {{ path: {} }} }}", socket.display());
        for (name, text) in made {
            let text = match name.as_str() {
                "envoy.yaml" => {
                    let admin = r#"{ socket_address: { address: "127.0.0.1", port_value: 9901 } }"#;
                    assert!(text.contains(admin), "the administration is not where it was");
                    text.replacen(admin, &pipe, 1)
                }
                _ => text,
            };
            fs::write(folder.path().join(name), text).expect("a written file");
        }
        Envoy::start(folder, 1)
    }
}

/// Starts what lies in a folder as it is, with its listeners at ports of this machine.
pub fn beside(name: &str, part: &str, listeners: &[(&str, u16)]) -> Envoy {
    let path = workspace().join(format!("envoy/{name}/{part}/envoy.yaml"));
    let text = fs::read_to_string(path).expect("envoy.yaml");
    let made = [("envoy.yaml".to_owned(), text)].into();
    let moved = Moved { folder: envoy::folder(), made };
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    listeners.iter().fold(moved, |moved, (host, port)| moved.with(host, *port, any)).start()
}

fn folder_text(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}

/// Runs the command of a README that makes a folder, and reads what it makes. The filter is left
/// beside it.
fn made(name: &str, out: &str, filter_in: &Path) -> Made {
    let readme = workspace().join(format!("envoy/{name}/README.md"));
    let text = fs::read_to_string(&readme).expect("a README");
    let text = text.replace("\\\n", " ");
    let mut commands = text.lines().filter(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        words.first() == Some(&"target/debug/tollgate") && words.last() == Some(&out)
    });
    let command = commands.next().unwrap_or_else(|| panic!("no command makes {out}"));
    let temporary = envoy::folder();
    let to = folder_text(&temporary.path().join("out"));
    let overlay = folder_text(&temporary.path().join("overlay.yaml"));
    // As the README says to make it.
    let own = fs::read_to_string(workspace().join(format!("envoy/{name}/tollgate.yaml")));
    let own = own.unwrap_or_default() + "counters: { address: \"127.0.0.1:8083\" }\n";
    fs::write(&overlay, own).expect("a written overlay");
    let arguments: Vec<&str> = (command.split_whitespace().skip(1))
        .map(|word| match word {
            "overlay.yaml" => &overlay,
            _ if word == out => &to,
            word => word,
        })
        .collect();
    let run = program::command(&arguments).current_dir(workspace()).output().expect("tollgate");
    assert!(run.status.success(), "{command}: {}", String::from_utf8_lossy(&run.stderr));
    let mut made = Made::new();
    for entry in fs::read_dir(&to).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        let path = Path::new(&to).join(&name);
        if name.ends_with(".wasm") {
            let _ = std::os::unix::fs::symlink(filter("gateway"), filter_in.join(name));
        } else {
            made.insert(name, fs::read_to_string(path).expect("text"));
        }
    }
    made
}

#[test]
fn what_envoy_starts_with_is_what_the_readme_makes() {
    for (name, parts) in FOLDERS {
        for part in parts {
            let out = format!("envoy/{name}/{part}").replace("/.", "");
            let temporary = envoy::folder();
            let made = made(name, &out, temporary.path());
            let path = workspace().join(&out).join("envoy.yaml");
            if std::env::var_os("BLESS").is_some() {
                fs::create_dir_all(workspace().join(&out)).expect("a folder");
                fs::write(&path, &made["envoy.yaml"]).expect("a written file");
            }
            let kept = fs::read_to_string(&path).unwrap_or_default();
            let made = &made["envoy.yaml"];
            assert!(kept == *made, "{out}/envoy.yaml has changed; `BLESS=1` accepts it:\n{made}");
        }
    }
}

#[test]
fn the_containers_run_the_envoy_of_the_tests_as_the_tests_run_it() {
    let install = fs::read_to_string(workspace().join(".ci/install")).expect("a script");
    let version = install.lines().find_map(|line| line.strip_prefix("ENVOY=")).expect("a version");
    for (name, _) in FOLDERS {
        let path = workspace().join(format!("envoy/{name}/compose.yaml"));
        let text = fs::read_to_string(&path).expect("compose.yaml");
        let compose: Value = serde_saphyr::from_str(&text).expect("YAML");
        for (service, value) in compose["services"].as_object().expect("services") {
            assert_eq!(value["image"], format!("envoyproxy/envoy:v{version}"), "{name}/{service}");
            let command: Vec<_> = value["command"].as_array().expect("a list").iter().collect();
            // The flags of the harness, but for the number of workers.
            let flags = ["--disable-hot-restart", "--log-level", "warning"];
            assert_eq!(command[0], "--config-path", "{name}/{service}");
            assert_eq!(command[2..], flags.map(|flag| json!(flag)).iter().collect::<Vec<_>>());
            let config = command[1].as_str().expect("a path");
            // It is in the folder that the container has, and this folder has it.
            let volumes = value["volumes"].as_array().expect("volumes");
            let found = volumes.iter().filter_map(Value::as_str).any(|volume| {
                let mut parts = volume.split(':');
                let (from, to, mode) = (parts.next(), parts.next(), parts.next());
                let (Some(from), Some(to), Some("ro")) = (from, to, mode) else { return false };
                let here = path.parent().expect("a folder").join(from);
                config
                    .strip_prefix(to)
                    .is_some_and(|rest| here.join(rest.trim_start_matches('/')).is_file())
            });
            assert!(found, "{name}/{service} does not have `{config}`");
        }
    }
}
