//! `tollgate run`: serves a document on this machine until it is stopped.

mod live;
mod watch;

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use crate::arguments::Run;
use crate::document;
use crate::envoy::{self, Folder, Proxy, Start};
use crate::failure::{Code, Failure};
use crate::filter;
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
    let watch = arguments.watch.then(|| Watch::start(&source.document)).transpose()?;
    let definition = document::accepted(source)?;
    let listen = &arguments.listen;
    port::must_be_free((listen.address, listen.port).into(), "--port")?;
    port::must_be_free(([127, 0, 0, 1], listen.admin_port).into(), "--admin-port")?;
    let program = envoy::find(arguments.envoy.as_deref()).await?;

    let folder = Folder::for_run(arguments.state.as_deref())?;
    let settings = settings(listen, path_text(folder.path())?);
    let files = tollgate_envoy_config::files(&definition, &settings)
        .map_err(|invalid| Failure::new(Code::Refused, invalid.to_string()))?;
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
            let url = url(address);
            terminal::say(&routes::table(&routes::rows(&definition)));
            let time = started.elapsed().as_millis();
            let admin_url = self::url(admin.address);
            terminal::done(
                "serving",
                &format!("after {time} ms; Envoy's administration is at {admin_url}"),
            );
            let log = proxy.log();
            let mut live =
                Live { source, folder: &folder, settings, admin, log, definition, files };
            match terminal::result(&url).and_then(|()| ready(&url)) {
                Ok(()) => until_stopped(&mut proxy, stop, watch, &mut live).await,
                Err(failure) => Err(failure),
            }
        }
    };
    proxy.stop().await;
    outcome
}

async fn until_stopped(
    proxy: &mut Proxy,
    stop: &mut Stop,
    mut watch: Option<Watch>,
    live: &mut Live<'_>,
) -> Result<(), Failure> {
    loop {
        let changed = async {
            match &mut watch {
                Some(watch) => watch.changed().await,
                None => std::future::pending().await,
            }
        };
        let text = tokio::select! {
            () = stop.requested() => return Ok(()),
            failure = proxy.died() => return Err(failure),
            text = changed => text,
        };
        tokio::select! {
            () = stop.requested() => return Ok(()),
            failure = proxy.died() => return Err(failure),
            () = live.take_up(text) => {}
        }
    }
}

/// The URL a person uses for an address.
fn url(address: SocketAddr) -> String {
    let port = address.port();
    match address.ip() {
        IpAddr::V4(ip) if ip.is_loopback() || ip.is_unspecified() => {
            format!("http://localhost:{port}")
        }
        IpAddr::V6(ip) if ip.is_loopback() || ip.is_unspecified() => format!("http://[::1]:{port}"),
        _ => format!("http://{address}"),
    }
}
