//! Certificates and authorities, in files that Envoy watches.
//!
//! What Envoy reads once, at its start, it never reads again. What it discovers it watches: so each
//! secret is a resource in a file of its own, which names the PEM files and their folder. A folder
//! is seen to change when a file in it is replaced by a rename, as Kubernetes and certbot do it.

use tollgate_policy::Invalid;

use crate::MADE_BY;
use crate::bootstrap::source;
use crate::yaml::{Node, map};

/// A certificate and its key, as the proxy sees them. They lie in one folder, so that both are read
/// anew when one is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// A PEM file of the certificate, and of those between it and its authority.
    pub chain: String,
    /// A PEM file of its key.
    pub key: String,
}

pub(crate) fn check(field: &str, certificate: &Certificate) -> Result<(), Invalid> {
    let Certificate { chain, key } = certificate;
    check_path(&format!("{field}.chain"), chain)?;
    check_path(&format!("{field}.key"), key)?;
    if folder(chain) != folder(key) {
        let reason = format!("`{key}` must lie beside `{chain}`: they are replaced together");
        return Err(Invalid::new(format!("{field}.key"), reason));
    }
    Ok(())
}

pub(crate) fn check_path(field: &str, path: &str) -> Result<(), Invalid> {
    if path.starts_with('/') && !path.ends_with('/') {
        return Ok(());
    }
    Err(Invalid::new(field, format!("`{path}` must be the path of a file, from `/` on")))
}

/// The folder of a file whose path starts at `/`.
fn folder(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((folder, _)) => folder,
    }
}

/// The name of the only secret in every file.
const NAME: &str = "tollgate";

/// A file with a certificate.
pub(crate) fn certificate(certificate: &Certificate) -> String {
    let Certificate { chain, key } = certificate;
    document(&map! {
        "@type": TYPE,
        "name": NAME,
        "tls_certificate": map! {
            "certificate_chain": map! { "filename": chain },
            "private_key": map! { "filename": key },
            "watched_directory": map! { "path": folder(chain) },
        },
    })
}

/// A file with authorities.
pub(crate) fn authorities(path: &str) -> String {
    document(&map! {
        "@type": TYPE,
        "name": NAME,
        "validation_context": map! {
            "trusted_ca": map! { "filename": path },
            "watched_directory": map! { "path": folder(path) },
        },
    })
}

/// What kind of resource it is.
const TYPE: &str = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";

fn document(secret: &Node) -> String {
    map! { "resources": [secret.clone()] }.document(MADE_BY)
}

/// Where Envoy finds the secret that is in a file.
pub(crate) fn reference(file: &str, directory: &str) -> Node {
    map! { "name": NAME, "sds_config": source(file, directory) }
}
