//! `tollgate build`: everything Envoy needs, in one folder.

use std::fs;
use std::path::{self, PathBuf};

use anyhow::Context;
use tollgate_envoy_config::{Keys, Settings};

use crate::arguments::Build;
use crate::document::{self, Document};
use crate::endpoint::Sight;
use crate::envoy::Folder;
use crate::failure::{Code, Failure};
use crate::filter;
use crate::keys;
use crate::routes;
use crate::settings::{path_text, settings};
use crate::shell::quoted;
use crate::terminal;

/// Why quotas are refused that nothing would count.
const NO_COUNTERS: &str = "there are quotas, and no address of a server that counts them: start \
                           `tollgate counters` and name it in the overlay's `counters`";

/// Writes `envoy.yaml`, `clusters.yaml`, `gateway.yaml` and `gateway.wasm`, and says how they are
/// used. Nothing is written for a document that is refused.
pub fn build(arguments: &Build) -> Result<(), Failure> {
    let gateway = filter::gateway()?;
    let Document { definition, keys, counters, .. } = document::accepted(&arguments.source)?;
    let out = &arguments.out;
    let here = path::absolute(out).with_context(|| format!("`{}` is no path", out.display()))?;
    let here = without_dots(here);
    let directory = match &arguments.directory {
        Some(directory) => directory.clone(),
        None => path_text(&here)?,
    };
    if definition.counters.is_some() && counters.is_none() {
        return Err(Failure::new(Code::Refused, NO_COUNTERS));
    }
    let settings = Settings {
        keys: if keys.is_some() { Keys::Folder } else { Keys::None },
        counters,
        ..settings(&arguments.listen, directory)
    };
    let sight = arguments.directory.as_ref().map_or(Sight::Same, |_| Sight::Other);
    let settings =
        arguments.listen.endpoint.applied(arguments.source.endpoint_type, settings, sight)?;
    let files = tollgate_envoy_config::files(&definition, &settings)
        .map_err(|invalid| Failure::new(Code::Refused, invalid.to_string()))?;
    fs::create_dir_all(&here).with_context(|| format!("cannot make `{}`", out.display()))?;
    if let Some(keys) = &keys {
        keys::deliver(document::text(keys)?.as_bytes(), &keys.display().to_string(), &here)?;
    }
    Folder::at(here).fill(&files, gateway)?;

    terminal::say(&routes::table(&routes::rows(&definition)));
    terminal::done("built", &out.display().to_string());
    terminal::say("start it with:");
    let config = format!("{}/envoy.yaml", settings.directory.trim_end_matches('/'));
    terminal::result(&format!("envoy --config-path {}", quoted(&config)))
}

/// The same folder, by a path without `..`, as far as it is there.
fn without_dots(path: PathBuf) -> PathBuf {
    let parent = path.parent().and_then(|parent| parent.canonicalize().ok());
    match (path.canonicalize(), parent, path.file_name()) {
        (Ok(path), ..) => path,
        (Err(_), Some(parent), Some(name)) => parent.join(name),
        (Err(_), ..) => path,
    }
}
