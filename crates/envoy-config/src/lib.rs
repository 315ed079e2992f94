//! The API definition as Envoy resources.
//!
//! Values, no I/O: [`files`] returns the contents of three files, which together with `gateway.wasm`,
//! and those of the certificates where there is TLS, are all that Envoy needs. Only this crate knows Envoy's configuration.
//!
//! `envoy.yaml` depends on the [`Settings`], and on the sizes from which responses are compressed; it is
//! read once, at start. A size that comes later is not compressed by until the next. Two others follow
//! the definition, and Envoy watches them: a new definition takes effect without a restart and
//! without losing a request, if the files are replaced in this order, each by renaming a finished
//! file over the old one in the same folder:
//!
//! 1. `clusters.yaml` with the services of the old and the new definition together: [`clusters`];
//! 2. once `cluster_manager.warming_clusters` is 0, `gateway.yaml`: the filter may only name
//!    services that are there;
//! 3. once `extension_config_discovery` has counted an `update_success` and no `config_fail`,
//!    `clusters.yaml` of the new definition alone. Its `config_reload` alone says nothing: Envoy
//!    may count one for a definition that its filter refuses.

mod access;
mod bootstrap;
mod cluster;
mod compressor;
mod connection;
mod edge;
mod filter;
mod keys;
mod listener;
mod local_reply;
mod network;
mod secret;
mod settings;
mod tls;
mod transfer;
mod yaml;

use tollgate_gateway::{Definition, compression_sizes};
use tollgate_policy::Invalid;

pub use access::EndpointType;
pub use edge::{Cache, Edge, Health, Http3};
pub use network::Network;
pub use secret::Certificate;
pub use settings::{AccessLog, Address, Keys, LogDestination, Settings, Underscores};
pub use tls::{Clients, Tls};

/// The files of one proxy, by name `envoy.yaml`, `clusters.yaml` and `gateway.yaml`, and those of its
/// certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// `envoy.yaml`: what Envoy starts with.
    pub bootstrap: String,
    /// `clusters.yaml`: the services that are reached.
    pub clusters: String,
    /// `gateway.yaml`: the filter, and the definition it is configured with.
    pub gateway: String,
    /// Where certificates are, by the name of the file; none without TLS. Like `envoy.yaml` they
    /// depend on the settings alone.
    pub secrets: Vec<(&'static str, String)>,
}

/// What a proxy needs to serve a definition.
///
/// # Errors
/// [`Invalid`] for a setting, or a service of the definition, that Envoy could not honour.
pub fn files(definition: &Definition, settings: &Settings) -> Result<Files, Invalid> {
    settings.check()?;
    keys::check_delivery(definition, settings)?;
    let sizes = compression_sizes(definition);
    if sizes.len() > compressor::MAX_SIZES {
        let reason = format!("must not be more than {} different ones", compressor::MAX_SIZES);
        return Err(Invalid::new("minimum_compression_size", reason));
    }
    Ok(Files {
        bootstrap: bootstrap::document(settings, &sizes),
        clusters: clusters([definition], settings)?,
        gateway: filter::document(definition, settings)?,
        secrets: settings.tls.as_ref().map(tls::secrets).unwrap_or_default(),
    })
}

/// `clusters.yaml` for several definitions at once, such as the one that is served and the one that
/// follows it.
///
/// # Errors
/// [`Invalid`] for a service of a definition that Envoy could not honour.
pub fn clusters<'a>(
    definitions: impl IntoIterator<Item = &'a Definition>,
    settings: &Settings,
) -> Result<String, Invalid> {
    cluster::document(definitions, settings)
}

/// The cluster by which a definition names the server that counts.
pub use cluster::COUNTERS;

/// The first lines of every file.
const MADE_BY: &str = "Made by tollgate; changes are overwritten.";

#[cfg(test)]
mod tests;
