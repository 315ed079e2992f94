//! What the operator decides about the proxy, from the command line and this machine.

use std::env;
use std::fs;
use std::path::Path;

use tollgate_envoy_config::{Address, LogDestination, Settings};

use crate::arguments::Listen;
use crate::failure::{Code, Failure};

/// What the operator decides about the proxy.
pub fn settings(listen: &Listen, directory: String) -> Settings {
    let default = Settings::default();
    Settings {
        listen: Address::Tcp((listen.address, listen.port).into()),
        admin: Address::Tcp(([127, 0, 0, 1], listen.admin_port).into()),
        directory,
        log_destination: destination(listen.access_log.as_deref()),
        authorities: authorities().unwrap_or_else(|| default.authorities.clone()),
        ..default
    }
}

/// A path that is not from `/` on is one of this folder.
fn destination(path: Option<&Path>) -> LogDestination {
    match path {
        None => LogDestination::Stdout,
        Some(path) => {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            LogDestination::File(path.display().to_string())
        }
    }
}

/// A path that can be written into a file of text.
pub fn path_text(path: &Path) -> Result<String, Failure> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::new(Code::Environment, format!("`{}` is not UTF-8", path.display()))
    })
}

/// The certificate authorities this machine trusts: what `SSL_CERT_FILE` names, or the first of
/// the files that distributions keep them in.
fn authorities() -> Option<String> {
    const PLACES: [&str; 4] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
        "/etc/ssl/ca-bundle.pem",
    ];
    let named = env::var("SSL_CERT_FILE").ok().filter(|path| !path.is_empty());
    let kept = || PLACES.into_iter().find(|place| fs::exists(place).unwrap_or_default());
    named.or_else(|| kept().map(str::to_owned))
}
