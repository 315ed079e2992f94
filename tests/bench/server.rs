//! What is measured: an Envoy, or another proxy of the system's.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tollgate_tests::{envoy, wait};

use crate::keys::{self, BUSY};
use crate::process::Process;
use crate::proxy::Proxy;
use crate::requests::{ORIGIN, REQUIRED};
use crate::tokens::{AUDIENCE, Issuer, SCOPE};

/// A running proxy.
#[derive(Debug)]
pub enum Server {
    Envoy(Box<Proxy>),
    Other(Other),
}

/// A proxy that is not Envoy, until it is dropped.
#[derive(Debug)]
pub struct Other {
    child: Child,
    address: SocketAddr,
    /// Where its configuration is.
    _folder: TempDir,
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Envoy(proxy) => proxy.address(),
            Self::Other(other) => other.address,
        }
    }

    /// Its process.
    pub fn process(&self) -> Process {
        match self {
            Self::Envoy(proxy) => proxy.process(),
            Self::Other(other) => Process(other.child.id()),
        }
    }

    /// The Envoy, if it is one.
    pub fn envoy(&self) -> Option<&Proxy> {
        match self {
            Self::Envoy(proxy) => Some(proxy),
            Self::Other(_) => None,
        }
    }
}

impl From<Proxy> for Server {
    fn from(proxy: Proxy) -> Self {
        Self::Envoy(Box::new(proxy))
    }
}

impl From<Other> for Server {
    fn from(other: Other) -> Self {
        Self::Other(other)
    }
}

/// A program of the system's packages, if it is there.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let mut programs = folders.map(|folder: PathBuf| folder.join(name));
    programs.find(|program| {
        fs::metadata(program).is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
    })
}

impl Other {
    fn start(program: &Path, arguments: impl FnOnce(&Path, SocketAddr) -> Vec<String>) -> Self {
        let folder = envoy::folder();
        let address = free();
        let arguments = arguments(folder.path(), address);
        let log = File::create(folder.path().join("log")).expect("a file");
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("a program that runs");
        let mut other = Self { child, address, _folder: folder };
        wait::until_true("listener", wait::PATIENCE, || {
            if let Ok(Some(status)) = other.child.try_wait() {
                let log = fs::read_to_string(other._folder.path().join("log"));
                panic!("{}: {status}\n{}", program.display(), log.unwrap_or_default());
            }
            TcpStream::connect(address).is_ok()
        });
        other
    }

    /// `HAProxy`: tokens of RS256, which it verifies each time, keys, a rate for each key, a parameter,
    /// CORS, two weighted servers, and a log.
    pub fn haproxy(program: &Path, issuer: &Issuer, backend: Option<&str>) -> Self {
        Self::start(program, |folder, address| {
            let (pem, map) = (folder.join("key.pem"), folder.join("keys.map"));
            fs::write(&pem, issuer.pem()).expect("a file");
            let mut known = String::new();
            for number in 0..BUSY {
                let _ = writeln!(known, "{} k{number}", keys::value(number));
            }
            fs::write(&map, known).expect("a file");
            let end = match backend {
                None => {
                    "  http-request return status 200 content-type text/plain string ok\n".into()
                }
                Some(url) => {
                    let place = url.trim_start_matches("http://").trim_end_matches('/');
                    format!(
                        "  default_backend both\nbackend both\n  http-reuse always\n  \
                         server stable {place} weight 90\n  server canary {place} weight 10\n"
                    )
                }
            };
            let (pem, map, name) = (pem.display(), map.display(), &issuer.name);
            let config = format!(
                r#"global
  nbthread 1
  maxconn 2000
  log stdout format raw local0
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  log global
  log-format "%ID %ci %HM %HP %ST %B %[var(txn.sub)]"
frontend gateway
  bind {address}
  stick-table type string len 40 size 100k expire 10m store http_req_rate(1s)
  http-request set-var(txn.origin) req.hdr(origin)
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request deny deny_status 401 unless {{ var(txn.alg) -m str RS256 }}
  http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_verify(txn.alg,"{pem}") 1 }}
  http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_payload_query('$.iss') -m str "{name}" }}
  http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_payload_query('$.aud') -m str "{AUDIENCE}" }}
  http-request deny deny_status 403 unless {{ var(txn.bearer),jwt_payload_query('$.scope') -m sub "{SCOPE}" }}
  http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 if {{ var(txn.exp),sub(txn.now) -m int lt 0 }}
  http-request set-var(txn.sub) var(txn.bearer),jwt_payload_query('$.sub')
  http-request deny deny_status 403 unless {{ req.hdr(x-api-key),map_str({map}) -m found }}
  http-request deny deny_status 400 unless {{ req.hdr({REQUIRED}) -m found }}
  http-request track-sc0 req.hdr(x-api-key)
  http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt 10000 }}
  http-request set-header x-user %[var(txn.sub)]
  http-after-response set-header access-control-allow-origin {ORIGIN} if {{ var(txn.origin) -m str {ORIGIN} }}
{end}"#
            );
            let path = folder.join("haproxy.cfg");
            fs::write(&path, config).expect("a file");
            vec!["-db".into(), "-f".into(), path.display().to_string()]
        })
    }

    /// nginx: what it has without modules of others. It has no tokens; keys, a rate for each key, a
    /// parameter, CORS, a split, and a log.
    pub fn nginx(program: &Path, backend: Option<&str>) -> Self {
        Self::start(program, |folder, address| {
            let mut known = String::new();
            for number in 0..BUSY {
                let _ = writeln!(known, "    {} 1;", keys::value(number));
            }
            fs::write(folder.join("ok"), "ok").expect("a file");
            let place = backend.unwrap_or("http://127.0.0.1:9");
            let place = place.trim_start_matches("http://").trim_end_matches('/');
            let end = if backend.is_some() {
                "proxy_http_version 1.1; proxy_set_header connection \"\"; \
                 proxy_pass http://$variant;"
            } else {
                "try_files /ok =404;"
            };
            let required = REQUIRED.replace('-', "_");
            let path = folder.display();
            let config = format!(
                r#"daemon off;
master_process off;
worker_processes 1;
pid {path}/pid;
error_log {path}/error.log;
events {{ worker_connections 1024; }}
http {{
  client_body_temp_path {path}/body;
  proxy_temp_path {path}/proxy;
  fastcgi_temp_path {path}/fastcgi;
  uwsgi_temp_path {path}/uwsgi;
  scgi_temp_path {path}/scgi;
  map_hash_max_size 8192;
  map_hash_bucket_size 128;
  map $http_x_api_key $known {{
    default 0;
{known}  }}
  map $http_origin $allowed {{ default ""; "{ORIGIN}" $http_origin; }}
  split_clients "$request_id" $variant {{ 10% canary; * stable; }}
  upstream stable {{ server {place}; keepalive 64; keepalive_requests 1000000; }}
  upstream canary {{ server {place}; keepalive 64; keepalive_requests 1000000; }}
  limit_req_zone $http_x_api_key zone=each:10m rate=10000r/s;
  log_format own "$request_id $remote_addr $request_method $uri $status $bytes_sent $variant";
  access_log /dev/null own;
  server {{
    listen {address};
    root {path};
    keepalive_requests 100000000;
    location / {{
      if ($known = 0) {{ return 403; }}
      if ($http_{required} = "") {{ return 400; }}
      limit_req zone=each burst=5000 nodelay;
      add_header access-control-allow-origin $allowed;
      {end}
    }}
  }}
}}
"#
            );
            let file = folder.join("nginx.conf");
            fs::write(&file, config).expect("a file");
            ["-p", &path.to_string(), "-c", &file.display().to_string()].map(str::to_owned).into()
        })
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that nobody listened on a moment ago.
fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}
