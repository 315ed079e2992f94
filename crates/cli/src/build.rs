//! `tollgate build`: everything Envoy needs, in one folder.

use std::fs;
use std::path;

use anyhow::Context;

use crate::arguments::Build;
use crate::document;
use crate::envoy::Folder;
use crate::failure::{Code, Failure};
use crate::filter;
use crate::routes;
use crate::settings::{path_text, settings};
use crate::shell::quoted;
use crate::terminal;

/// Writes `envoy.yaml`, `clusters.yaml`, `gateway.yaml` and `gateway.wasm`, and says how they are
/// used. Nothing is written for a document that is refused.
pub fn build(arguments: &Build) -> Result<(), Failure> {
    let gateway = filter::gateway()?;
    let definition = document::accepted(&arguments.source)?;
    let out = &arguments.out;
    let here = path::absolute(out).with_context(|| format!("`{}` is no path", out.display()))?;
    let directory = match &arguments.directory {
        Some(directory) => directory.clone(),
        None => path_text(&here)?,
    };
    let settings = settings(&arguments.listen, directory);
    let files = tollgate_envoy_config::files(&definition, &settings)
        .map_err(|invalid| Failure::new(Code::Refused, invalid.to_string()))?;
    fs::create_dir_all(&here).with_context(|| format!("cannot make `{}`", out.display()))?;
    Folder::at(here).fill(&files, gateway)?;

    terminal::say(&routes::table(&routes::rows(&definition)));
    terminal::done("built", &out.display().to_string());
    terminal::say("start it with:");
    let config = format!("{}/envoy.yaml", settings.directory.trim_end_matches('/'));
    terminal::result(&format!("envoy --config-path {}", quoted(&config)))
}
