//! `tollgate edge`: everything Envoy needs to be the edge before one or more gateways.

use std::fs;
use std::net::IpAddr;
use std::path::{self, PathBuf};

use anyhow::Context;
use clap::Args;
use tollgate_envoy_config::{AccessLog, Address, Cache, Edge, Health, Http3, Settings};
use tollgate_policy::{Endpoint, Invalid};

use crate::endpoint::{self, Pem, Sight};
use crate::envoy::Folder;
use crate::failure::{Code, Failure};
use crate::settings::path_text;
use crate::shell::quoted;
use crate::terminal;

/// `tollgate edge`
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// A gateway, as `https://HOST:PORT`; may be repeated: the next one is for when those before are
    /// not well
    #[arg(long, value_name = "URL", required = true, value_parser = origin)]
    origin: Vec<Endpoint>,
    /// A PEM file of the authorities that gateways are certified by
    #[arg(long, value_name = "PEM")]
    origin_authorities: PathBuf,
    /// A PEM file of the certificate that is shown to gateways, whose `--client-authorities` must
    /// include its authority
    #[arg(long, value_name = "PEM")]
    origin_certificate: PathBuf,
    /// A PEM file of that certificate's key, in the same folder
    #[arg(long, value_name = "PEM")]
    origin_key: PathBuf,
    /// A PEM file of the certificate to serve TLS with; it is read anew when it is replaced
    #[arg(long, value_name = "PEM")]
    tls_certificate: PathBuf,
    /// A PEM file of the certificate's key, in the same folder
    #[arg(long, value_name = "PEM")]
    tls_key: PathBuf,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    address: IpAddr,
    /// The port to listen on, of TCP and of UDP
    #[arg(long, default_value_t = 8443)]
    port: u16,
    /// The port that clients see, where it is another, to be told where HTTP/3 is
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    public_port: Option<u16>,
    /// Do not speak HTTP/3
    #[arg(long, conflicts_with = "public_port")]
    no_http3: bool,
    /// The port of Envoy's administration, on this machine only; 0 for any that is free
    #[arg(long, default_value_t = 9901, value_name = "PORT")]
    admin_port: u16,
    /// A path that a gateway answers with 200 when it is well; otherwise it is well when it answers
    /// anything
    #[arg(long, value_name = "PATH")]
    health_path: Option<String>,
    /// The folder for answers that may be kept for everybody; nothing is kept without one. With
    /// `--directory` it is as Envoy sees it, and must be there
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// How much the cache may hold, in MiB
    #[arg(long, default_value_t = 1024, value_name = "MIB", requires = "cache",
          value_parser = clap::value_parser!(u64).range(10..=1 << 20))]
    cache_size: u64,
    /// A header field that says who the caller is, besides `authorization`, `cookie` and `x-api-key`:
    /// answers to such requests are not kept; may be repeated
    #[arg(long, value_name = "NAME", requires = "cache")]
    credential_header: Vec<String>,
    /// What clients and gateways are told the edge is called
    #[arg(long, default_value = "tollgate-edge", value_name = "NAME")]
    name: String,
    /// The folder to write to; made where it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Where Envoy will find that folder, if not in the same place
    #[arg(long, value_name = "DIR")]
    directory: Option<String>,
}

/// Writes `envoy.yaml` and what it names, and says how it is used.
pub fn edge(arguments: &Arguments) -> Result<(), Failure> {
    let out = &arguments.out;
    let here = path::absolute(out).with_context(|| format!("`{}` is no path", out.display()))?;
    let edge = described(arguments, &here)?;
    let files = edge.files().map_err(|invalid| Failure::new(Code::Refused, invalid.to_string()))?;
    fs::create_dir_all(&here).with_context(|| format!("cannot make `{}`", out.display()))?;
    let folder = Folder::at(here);
    // What Envoy starts with comes first here and is written last.
    for (name, content) in files.iter().rev() {
        folder.replace(name, content.as_bytes())?;
    }
    terminal::done("built", &out.display().to_string());
    terminal::say("start it with:");
    let config = format!("{}/envoy.yaml", edge.directory.trim_end_matches('/'));
    terminal::result(&format!("envoy --config-path {}", quoted(&config)))
}

fn described(arguments: &Arguments, here: &path::Path) -> Result<Edge, Failure> {
    let default = Settings::default();
    let sight = arguments.directory.as_ref().map_or(Sight::Same, |_| Sight::Other);
    let http3 = match (arguments.no_http3, arguments.public_port) {
        (true, _) => Http3::Off,
        (false, port) => Http3::At(port.unwrap_or(arguments.port)),
    };
    let cache = match &arguments.cache {
        None => Cache::Off,
        Some(path) => Cache::Folder {
            path: cache_folder(path, sight)?,
            max_bytes: arguments.cache_size.saturating_mul(1 << 20),
        },
    };
    Ok(Edge {
        listen: (arguments.address, arguments.port).into(),
        certificate: endpoint::certificate(
            ("--tls-certificate", &arguments.tls_certificate),
            ("--tls-key", &arguments.tls_key),
            sight,
        )?,
        http3,
        origins: arguments.origin.clone(),
        origin_authorities: endpoint::pem(
            "--origin-authorities",
            &arguments.origin_authorities,
            Pem::Certificate,
            sight,
        )?,
        origin_certificate: endpoint::certificate(
            ("--origin-certificate", &arguments.origin_certificate),
            ("--origin-key", &arguments.origin_key),
            sight,
        )?,
        health: arguments.health_path.clone().map_or(Health::Connection, Health::Path),
        cache,
        credential_headers: arguments.credential_header.clone(),
        admin: Address::Tcp(([127, 0, 0, 1], arguments.admin_port).into()),
        directory: match &arguments.directory {
            Some(directory) => directory.clone(),
            None => path_text(here)?,
        },
        node: arguments.name.clone(),
        access_log: AccessLog::Off,
        max_connections: default.max_connections,
        max_heap_bytes: default.max_heap_bytes,
    })
}

/// The folder of the cache, which is made where it can be.
fn cache_folder(path: &path::Path, sight: Sight) -> Result<String, Failure> {
    if sight == Sight::Other {
        return path_text(path);
    }
    let shown = path.display();
    let here = path::absolute(path).with_context(|| format!("--cache: `{shown}` is no path"))?;
    fs::create_dir_all(&here).with_context(|| format!("--cache: cannot make `{shown}`"))?;
    path_text(&here)
}

/// A gateway's URL, which has no path: that is the client's.
fn origin(text: &str) -> Result<Endpoint, Invalid> {
    match Endpoint::split(text)? {
        (endpoint, "" | "/") => Ok(endpoint),
        (endpoint, _) => {
            Err(Invalid::new("", format!("`{text}` has a path: is `{endpoint}` meant?")))
        }
    }
}
