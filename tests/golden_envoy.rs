//! Definitions and the Envoy configuration made of them, checked by Envoy itself.
//!
//! `golden/envoy/NAME.in.json` is a definition, `NAME.out/` the files made of it. With `BLESS=1` in
//! the environment the files are written instead of compared.
//!
//! Envoy is the program that `TOLLGATE_ENVOY` names, or else `.tools/bin/envoy`.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tollgate_envoy_config::{Address, Files, Keys, Settings, files};
use tollgate_gateway::Definition;
use tollgate_policy::Endpoint;

#[test]
fn every_definition_becomes_the_files_that_are_kept_beside_it() {
    for (name, definition) in definitions() {
        let folder = workspace().join(format!("tests/golden/envoy/{name}.out"));
        let settings = at_golden(&name, Settings::default());
        for (file, text) in named(&files(&definition, &settings).expect(&name)) {
            let path = folder.join(file);
            if env::var_os("BLESS").is_some() {
                fs::create_dir_all(&folder).expect("a folder");
                fs::write(&path, text).expect("a written file");
            }
            let kept = fs::read_to_string(&path).unwrap_or_default();
            assert!(kept == text, "{name}: {file} has changed; `BLESS=1` accepts it:\n{text}");
        }
    }
}

/// As one file with nothing to discover, because Envoy is stricter with what it starts with, and
/// looks up no name.
#[test]
fn envoy_finds_no_fault_with_what_any_definition_becomes() {
    for (name, definition) in definitions() {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = at_golden(&name, settings(&folder));
        let made = files(&definition, &settings).expect(&name);
        let [mut bootstrap, mut clusters, mut gateway] = named(&made).map(|(file, text)| {
            serde_saphyr::from_str::<Value>(text).unwrap_or_else(|error| panic!("{file}: {error}"))
        });
        for cluster in at(&mut clusters, "/resources").as_array_mut().expect("a list") {
            cluster.as_object_mut().expect("a cluster").remove("@type");
        }
        bootstrap.as_object_mut().expect("a map").remove("dynamic_resources");
        let all = at(&mut bootstrap, "/static_resources/clusters");
        let there = all.take().as_array_mut().map(std::mem::take).unwrap_or_default();
        let discovered = at(&mut clusters, "/resources").as_array_mut().map(std::mem::take);
        *all = there.into_iter().chain(discovered.into_iter().flatten()).collect();
        *at(&mut bootstrap, &format!("{MANAGER}/http_filters/0")) = json!({
            "name": "tollgate.gateway",
            "typed_config": at(&mut gateway, "/resources/0/typed_config").take(),
        });
        let file = folder.path().join("whole.json");
        fs::write(&file, bootstrap.to_string()).expect("a written file");
        fs::write(folder.path().join("gateway.wasm"), FILTER).expect("a written filter");
        let mut validate = Command::new(envoy());
        validate.args(["--mode", "validate", "--log-level", "warn", "-c"]).arg(&file);
        let found = validate.output().expect("Envoy runs");
        let log = String::from_utf8_lossy(&found.stderr);
        // The file server is work in progress, and it is known what it is used for.
        let complaint = |line: &str| !line.contains("file_server") && !line.contains("async_files");
        let clean = !log.lines().any(complaint);
        assert!(found.status.success() && clean, "{name}: {log}");
    }
}

#[test]
fn envoy_reads_every_character_of_a_definition() {
    let mut definition = definition("minimal");
    let odd: String = (0..0x3000).chain(0xfe00..0x1_0000).filter_map(char::from_u32).collect();
    for api in definition.apis.values_mut() {
        api.name.clone_from(&odd);
    }
    let proxy = Proxy::start(&definition, FILTER);
    let dump: Value = serde_json::from_str(&proxy.admin("/config_dump")).expect("JSON");
    let dump = find(&dump, "configuration").and_then(|found| found.get("value")?.as_str());
    let served: Definition = serde_json::from_str(dump.expect("the definition")).expect("its JSON");
    definition.source_address_is_told = true;
    assert!(served == definition, "Envoy has another definition than was written");
}

#[test]
fn a_new_definition_takes_effect_without_a_restart() {
    let proxy = Proxy::start(&Definition::default(), FILTER);
    proxy.wait_for("cluster_manager.active_clusters", 0);
    proxy.wait_for(RELOADS, 1);
    proxy.write(&definition("minimal"));
    proxy.wait_for("cluster_manager.active_clusters", 1);
    proxy.wait_for(RELOADS, 2);
    proxy.wait_for("cluster_manager.cds.update_rejected", 0);
    proxy.wait_for("runtime.deprecated_feature_use", 0);
}

#[test]
fn the_keys_are_served_to_envoy_and_replaced_files_are_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = Settings { keys: Keys::Folder, ..settings(&folder) };
    let proxy = Proxy::start_in(folder, &Definition::default(), FILTER, &settings);
    let keys = proxy.folder.path().join("keys");
    fs::create_dir(&keys).expect("a folder of keys");
    let socket = proxy.folder.path().join("keys.sock");
    let get = |path: &str| {
        let answer = ask(&socket, &format!("GET {path} HTTP/1.1\r\nhost: keys\r\n\r\n"));
        let answer = answer.expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
    };
    // As large as a segment of a million keys, and in many pieces.
    let large: String = (0..50_000).map(|number| format!("{number:05}")).collect();
    fs::write(keys.join("large"), &large).expect("a written file");
    assert!(get("/large") == ("HTTP/1.1 200 OK".to_owned(), large));
    for content in ["one", "another"] {
        fs::write(keys.join("new"), content).expect("a written file");
        fs::rename(keys.join("new"), keys.join("manifest")).expect("a file in its place");
        assert_eq!(get("/manifest"), ("HTTP/1.1 200 OK".to_owned(), content.to_owned()));
    }
    assert_eq!(get("/missing").0, "HTTP/1.1 404 Not Found");
    assert_eq!(get("/").0, "HTTP/1.1 403 Forbidden");
    for outside in ["/../envoy.yaml", "/%2e%2e/envoy.yaml", "/..%2fenvoy.yaml", "//etc/passwd"] {
        let (status, body) = get(outside);
        assert!(!status.contains(" 200 ") && !body.contains("node"), "{outside}: {status}");
    }
    let mode = fs::metadata(&socket).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn without_its_filter_nothing_passes() {
    let proxy = Proxy::start(&Definition::default(), b"no module");
    check(&proxy, "GET / HTTP/1.1\r\nhost: a\r\n\r\n", 500, "Internal Server Error");
}

#[test]
fn a_client_cannot_name_the_service() {
    let service = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    service.set_nonblocking(true).expect("a socket that does not wait");
    let url = format!("http://{}", service.local_addr().expect("an address"));
    let text = serde_json::to_string(&definition("minimal")).expect("JSON");
    let text = text.replace("http://127.0.0.1:9000", &url);
    let proxy = Proxy::start(&serde_json::from_str(&text).expect("a definition"), FILTER);
    proxy.wait_for("cluster_manager.active_clusters", 1);
    let request = format!("GET / HTTP/1.1\r\nhost: a\r\nX-Tollgate-Cluster: {url}\r\n\r\n");
    check(&proxy, &request, 503, "Service Unavailable");
    assert!(service.accept().is_err(), "the service was called");
}

#[test]
fn what_envoy_refuses_it_refuses_in_the_words_of_api_gateway() {
    let proxy = Proxy::start(&Definition::default(), FILTER);
    let long = "x".repeat(24 << 10);
    let long_field = format!("GET / HTTP/1.1\r\nhost: a\r\na: {long}\r\n\r\n");
    let long_path = format!("GET /{long} HTTP/1.1\r\nhost: a\r\n\r\n");
    let two_lengths =
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n";
    check(&proxy, &long_field, 431, "Request Header Fields Too Large");
    check(&proxy, &long_path, 431, "Request Header Fields Too Large");
    check(&proxy, two_lengths, 400, "Bad Request");
    check(&proxy, "GET / HTTP/1.1\r\n\r\n", 400, "Bad Request");
    check(&proxy, "GET / HTTP/1.1\r\nhost: a\r\na b: c\r\n\r\n", 400, "Bad Request");
    check(&proxy, "GET /%00 HTTP/1.1\r\nhost: a\r\n\r\n", 400, "Bad Request");
    check(&proxy, "nonsense\r\n\r\n", 400, "Bad Request");
    check(&proxy, "CONNECT a:80 HTTP/1.1\r\nhost: a:80\r\n\r\n", 404, "Not Found");
    // What Envoy lets through, this filter leaves without a service.
    let just_fits = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "x".repeat(24_500));
    check(&proxy, &just_fits, 503, "Service Unavailable");
    let upgrade = "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    check(&proxy, upgrade, 503, "Service Unavailable");
}

/// The answer to a request has a status and the body API Gateway has for it, and does not say whose
/// it is.
#[track_caller]
fn check(proxy: &Proxy, request: &str, status: u16, message: &str) {
    let answer = ask(&proxy.folder.path().join("gateway.sock"), request).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
    assert!(head.contains("\r\ncontent-type: application/json"), "{head}");
    assert!(!head.contains("\r\nserver:"), "{head}");
    assert_eq!(body, format!("{{\"message\":\"{message}\"}}"));
}

/// A filter that lets everything through: `proxy_abi_version_0_2_1`, `proxy_on_memory_allocate` and a
/// page of memory.
const FILTER: &[u8] = b"\0asm\x01\0\0\0\
    \x01\x09\x02\x60\0\0\x60\x01\x7f\x01\x7f\
    \x03\x03\x02\0\x01\
    \x05\x03\x01\0\x01\
    \x07\x3f\x03\x06memory\x02\0\x17proxy_abi_version_0_2_1\0\0\x18proxy_on_memory_allocate\0\x01\
    \x0a\x0a\x02\x02\0\x0b\x05\0\x41\x80\x08\x0b";

/// How often Envoy has taken a new configuration of the filter.
const RELOADS: &str = "extension_config_discovery.http_filter.tollgate.gateway.config_reload";

/// Where the connection manager's configuration is.
const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every definition in the folder, in order of their names.
fn definitions() -> Vec<(String, Definition)> {
    let folder = workspace().join("tests/golden/envoy");
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).expect("the folder of definitions") {
        let path = entry.expect("an entry").path();
        let file = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
        let Some(name) = file.strip_suffix(".in.json") else { continue };
        let text = fs::read_to_string(&path).expect(file);
        let definition =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        found.push((name.to_owned(), definition));
    }
    assert!(!found.is_empty(), "there are no definitions in {}", folder.display());
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found
}

fn definition(name: &str) -> Definition {
    let mut all = definitions().into_iter();
    all.find(|(found, _)| found == name).expect(name).1
}

/// The settings that a golden definition needs.
fn at_golden(name: &str, settings: Settings) -> Settings {
    match name {
        "keys" => Settings { keys: Keys::Folder, ..settings },
        "limits" => {
            Settings { counters: Some(endpoint("https://counters.internal:8083")), ..settings }
        }
        _ => settings,
    }
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint::split(url).expect(url).0
}

fn named(files: &Files) -> [(&'static str, &str); 3] {
    [
        ("envoy.yaml", &files.bootstrap),
        ("clusters.yaml", &files.clusters),
        ("gateway.yaml", &files.gateway),
    ]
}

/// A gateway that is reached only through the folder.
fn settings(folder: &TempDir) -> Settings {
    let path = |file| folder.path().join(file).to_str().expect("a path in UTF-8").to_owned();
    Settings {
        listen: Address::Unix(path("gateway.sock")),
        admin: Address::Unix(path("admin.sock")),
        directory: path(""),
        ..Settings::default()
    }
}

fn envoy() -> PathBuf {
    let path = env::var_os("TOLLGATE_ENVOY")
        .map_or_else(|| workspace().join(".tools/bin/envoy"), PathBuf::from);
    assert!(path.is_file(), "there is no Envoy at {}: name one in TOLLGATE_ENVOY", path.display());
    path
}

/// What stands at a place in a document. A field that is not there yet is made.
#[track_caller]
fn at<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
    let (parent, field) = pointer.rsplit_once('/').expect("a place");
    if let Some(Value::Object(parent)) = document.pointer_mut(parent) {
        parent.entry(field).or_insert(Value::Null);
    }
    document.pointer_mut(pointer).expect(pointer)
}

/// The first field of a name, however deep.
fn find<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    match document {
        Value::Object(fields) => {
            fields.get(name).or_else(|| fields.values().find_map(|value| find(value, name)))
        }
        Value::Array(items) => items.iter().find_map(|item| find(item, name)),
        _ => None,
    }
}

/// Asks over a Unix socket, and reads until the other side has no more to say.
fn ask(socket: &Path, request: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer)?;
        answer.extend_from_slice(buffer.get(..count).unwrap_or_default());
        let text = String::from_utf8_lossy(&answer);
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let mut lines = head.lines();
            let length = lines.find_map(|line| line.strip_prefix("content-length: "));
            length.and_then(|length| length.parse().ok()) == Some(body.len())
        });
        if count == 0 || whole {
            return Ok(text.into_owned());
        }
    }
}

/// A body without the lengths between its chunks.
fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).expect("the length of a chunk");
        let Some((chunk, rest)) = rest.split_at_checked(length) else { break };
        whole.push_str(chunk);
        body = rest.strip_prefix("\r\n").unwrap_or_default();
    }
    whole
}

/// How long Envoy may take over anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs until it gives something.
#[track_caller]
fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// An Envoy that runs in a folder of its own.
struct Proxy {
    folder: TempDir,
    child: Child,
}

impl Proxy {
    #[track_caller]
    fn start(definition: &Definition, filter: &[u8]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = settings(&folder);
        Self::start_in(folder, definition, filter, &settings)
    }

    #[track_caller]
    fn start_in(
        folder: TempDir,
        definition: &Definition,
        filter: &[u8],
        settings: &Settings,
    ) -> Self {
        fs::write(folder.path().join("gateway.wasm"), filter).expect("a written filter");
        let place = Self::place(&folder, definition, settings);
        let child = Command::new(envoy())
            .args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "error"])
            .args(["--reject-unknown-dynamic-fields", "-c"])
            .arg(place)
            .stdout(Stdio::null())
            .spawn()
            .expect("Envoy starts");
        let proxy = Self { folder, child };
        eventually("Envoy", || proxy.admin("/ready").ends_with("LIVE\n").then_some(()));
        proxy
    }

    /// Replaces the files by renaming new ones over them.
    fn place(folder: &TempDir, definition: &Definition, settings: &Settings) -> PathBuf {
        for (file, text) in named(&files(definition, settings).expect("files")) {
            let fresh = folder.path().join(format!("{file}.new"));
            fs::write(&fresh, text).expect("a written file");
            fs::rename(fresh, folder.path().join(file)).expect("a file in its place");
        }
        folder.path().join("envoy.yaml")
    }

    fn write(&self, definition: &Definition) {
        Self::place(&self.folder, definition, &settings(&self.folder));
    }

    /// What the administration says: the whole answer, or nothing while there is none.
    fn admin(&self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n");
        let answer = ask(&self.folder.path().join("admin.sock"), &request).unwrap_or_default();
        unchunked(answer.split_once("\r\n\r\n").unwrap_or_default().1)
    }

    /// Waits until a statistic has a value.
    #[track_caller]
    fn wait_for(&self, statistic: &str, value: u64) {
        let line = format!("{statistic}: {value}");
        eventually(&line, || self.admin("/stats").lines().any(|found| found == line).then_some(()));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
