//! `tollgate run`: serves a document on this machine until it is stopped.

mod counters;
mod live;
mod watch;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Instant;

use tollgate_envoy_config::{Keys, Settings};

use crate::arguments::Run;
use crate::document::{self, Document};
use crate::endpoint::Sight;
use crate::envoy::{self, Folder, Proxy, Start};
use crate::failure::{Code, Failure};
use crate::filter;
use crate::keys;
use crate::port;
use crate::routes;
use crate::settings::{path_text, settings};
use crate::terminal;
use crate::wait::Stop;

use live::Live;
use watch::Watch;

/// `tollgate run`
pub async fn run(arguments: Run) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    serve(&arguments, &mut stop, |_| Ok(())).await
}

/// Serves until asked to stop. Whoever waits for the gateway is told its URL once it serves.
///
/// # Errors
/// A failure to start, or the death of Envoy. A document that becomes wrong while it is watched is
/// reported, and the last right one goes on being served.
pub async fn serve(
    arguments: &Run,
    stop: &mut Stop,
    ready: impl FnOnce(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let started = Instant::now();
    let source = &arguments.source;
    let gateway = filter::gateway()?;
    // Watched from before it is read, so that no change falls in between.
    let watch = |path: &Path| arguments.watch.then(|| Watch::start(path)).transpose();
    let watch_document = watch(&source.document)?;
    let watch_overlay = source.overlay.as_deref().map(watch).transpose()?.flatten();
    let Document { definition, keys, counters, .. } = document::accepted(source)?;
    let watch_keys = keys.as_deref().map(watch).transpose()?.flatten();
    let listen = &arguments.listen;
    port::must_be_free((listen.address, listen.port).into(), "--port")?;
    port::must_be_free(([127, 0, 0, 1], listen.admin_port).into(), "--admin-port")?;
    let program = envoy::find(arguments.envoy.as_deref()).await?;

    let folder = Folder::for_run(arguments.state.as_deref())?;
    let own_counters = match (&definition.counters, &counters) {
        (Some(_), None) => Some(counters::start(arguments.state.as_deref()).await?),
        _ => None,
    };
    let own_address = own_counters.as_ref().map(|(_, address)| address.clone());
    let settings = Settings {
        counters: counters.or_else(|| own_address.clone()),
        keys: if keys.is_some() { Keys::Folder } else { Keys::None },
        ..settings(listen, path_text(folder.path())?)
    };
    let settings = listen.endpoint.applied(source.endpoint_type, settings, Sight::Same)?;
    let is_tls = settings.tls.is_some();
    let files = tollgate_envoy_config::files(&definition, &settings)
        .map_err(|invalid| Failure::new(Code::Refused, invalid.to_string()))?;
    if let Some(keys) = &keys {
        let text = document::text(keys)?;
        keys::deliver(text.as_bytes(), &keys.display().to_string(), folder.path())?;
    }
    folder.fill(&files, gateway)?;

    let mut proxy = Proxy::start(&Start {
        program: &program,
        folder: &folder,
        workers: arguments.workers,
        log_level: arguments.log_level,
    })?;
    let serving = tokio::select! {
        serving = proxy.serving(&folder) => Some(serving),
        () = stop.requested() => None,
    };
    let outcome = match serving {
        None => Ok(()),
        Some(Err(failure)) => Err(failure),
        Some(Ok((admin, address))) => {
            let url = url(if is_tls { "https" } else { "http" }, address);
            terminal::say(&routes::table(&routes::rows(&definition)));
            let time = started.elapsed().as_millis();
            let admin_url = self::url("http", admin.address);
            terminal::done(
                "serving",
                &format!("after {time} ms; Envoy's administration is at {admin_url}"),
            );
            let log = proxy.log();
            let mut live = Live {
                source,
                folder: &folder,
                settings,
                keys,
                own_counters: own_address,
                admin,
                log,
                definition,
                files,
            };
            let watches =
                Watches { document: watch_document, overlay: watch_overlay, keys: watch_keys };
            match terminal::result(&url).and_then(|()| ready(&url)) {
                Ok(()) => until_stopped(&mut proxy, stop, watches, &mut live).await,
                Err(failure) => Err(failure),
            }
        }
    };
    proxy.stop().await;
    if let Some((counters, _)) = own_counters {
        counters.stop().await;
    }
    outcome
}

/// What is watched of what is served.
struct Watches {
    document: Option<Watch>,
    overlay: Option<Watch>,
    keys: Option<Watch>,
}

async fn until_stopped(
    proxy: &mut Proxy,
    stop: &mut Stop,
    mut watches: Watches,
    live: &mut Live<'_>,
) -> Result<(), Failure> {
    loop {
        let Watches { document, overlay, keys } = &mut watches;
        let (change, is_keys) = tokio::select! {
            () = stop.requested() => return Ok(()),
            failure = proxy.died() => return Err(failure),
            change = changed(document) => (change, false),
            change = changed(overlay) => (change, false),
            change = changed(keys) => (change, true),
        };
        let take_up = async {
            let Change { path, text } = change;
            if is_keys {
                live.take_up_keys(path, text).await
            } else {
                live.take_up(path, text).await
            }
        };
        tokio::select! {
            () = stop.requested() => return Ok(()),
            failure = proxy.died() => return Err(failure),
            () = take_up => {}
        }
    }
}

/// What a file has become while it was served.
struct Change<'a> {
    path: &'a Path,
    text: Result<String, Failure>,
}

async fn changed(watch: &mut Option<Watch>) -> Change<'_> {
    match watch {
        Some(watch) => {
            let text = watch.changed().await;
            Change { path: watch.path(), text }
        }
        None => std::future::pending().await,
    }
}

/// The URL a person uses for an address.
fn url(scheme: &str, address: SocketAddr) -> String {
    let port = address.port();
    match address.ip() {
        IpAddr::V4(ip) if ip.is_loopback() || ip.is_unspecified() => {
            format!("{scheme}://localhost:{port}")
        }
        IpAddr::V6(ip) if ip.is_loopback() || ip.is_unspecified() => {
            format!("{scheme}://[::1]:{port}")
        }
        _ => format!("{scheme}://{address}"),
    }
}
