//! `tollgate run`: serves a document on this machine until it is stopped.

mod canaries;
mod counters;
mod live;
mod origin;
mod placed;
mod retry;
mod watch;

use std::future::{Future, poll_fn};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::Poll;
use std::time::Instant;

use tollgate_envoy_config::{Keys, Settings};
use tollgate_gateway::Definition;
use tollgate_releases::Store;

use crate::arguments::{Run, Runtime, Serve};
use crate::document::{self, Document};
use crate::endpoint::{Kind, Sight};
use crate::envoy::{self, Folder, Proxy, Start};
use crate::failure::{Code, Failure};
use crate::filter;
use crate::keys;
use crate::port;
use crate::routes;
use crate::settings::{path_text, settings};
use crate::terminal;
use crate::wait::Stop;

use canaries::Canaries;
use live::{Live, Trouble};
use origin::Origin;
use placed::Placed;
use watch::Watch;

/// `tollgate run`
pub async fn run(arguments: Run) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    serve_document(&arguments, &mut stop, |_| Ok(())).await
}

/// `tollgate serve`
pub async fn serve(arguments: Serve) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    let store = Store::open(&arguments.state);
    // There may be no folder to watch yet.
    Origin::Releases(&store).read()?;
    let folder = arguments.state.join("gateway");
    let server = Server {
        origin: Origin::Releases(&store),
        runtime: &arguments.runtime,
        endpoint_type: arguments.endpoint_type,
        is_watched: true,
        folder: Some(&folder),
        state: Some(&arguments.state),
    };
    server.serve(&mut stop, |_| Ok(())).await
}

/// Serves a document until asked to stop. Whoever waits for the gateway is told its URL once it serves.
///
/// # Errors
/// As of [`Server::serve`].
pub async fn serve_document(
    arguments: &Run,
    stop: &mut Stop,
    ready: impl FnOnce(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let state = arguments.state.as_deref();
    let server = Server {
        origin: Origin::Document(&arguments.source),
        runtime: &arguments.runtime,
        endpoint_type: arguments.source.endpoint_type,
        is_watched: arguments.watch,
        folder: state,
        state,
    };
    server.serve(stop, ready).await
}

/// What is served, and how.
#[derive(Clone, Copy, Debug)]
struct Server<'a> {
    origin: Origin<'a>,
    runtime: &'a Runtime,
    endpoint_type: Kind,
    /// Whether changes are taken up.
    is_watched: bool,
    /// The folder for Envoy's files; a temporary one where absent.
    folder: Option<&'a Path>,
    /// The folder for what must outlive the gateway, where it was asked for.
    state: Option<&'a Path>,
}

impl Server<'_> {
    /// Serves until asked to stop.
    ///
    /// # Errors
    /// A failure to start, or the death of Envoy. A document that becomes wrong while it is watched is
    /// reported, and the last right one goes on being served.
    async fn serve(
        self,
        stop: &mut Stop,
        ready: impl FnOnce(&str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let started = Instant::now();
        let Self { origin, runtime, is_watched, .. } = self;
        let gateway = filter::gateway()?;
        // Watched from before it is read, so that no change falls in between.
        let watch = |path: &Path| is_watched.then(|| Watch::start(path)).transpose();
        let watches = (origin.files().iter())
            .filter_map(|file| watch(file).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        let Document { definition, keys, credentials, counters, .. } = origin.read()?;
        let watch_keys = keys.as_deref().map(watch).transpose()?.flatten();
        let listen = &runtime.listen;
        port::must_be_free((listen.address, listen.port).into(), "--port")?;
        port::must_be_free(([127, 0, 0, 1], listen.admin_port).into(), "--admin-port")?;
        let program = envoy::find(runtime.envoy.as_deref()).await?;

        let folder = Folder::for_run(self.folder)?;
        let mut own_counters = match (&definition.counters, &counters) {
            (Some(_), None) => Some(counters::start(self.state).await?),
            _ => None,
        };
        let own_address = own_counters.as_ref().map(|(_, address)| address.clone());
        let settings = Settings {
            counters: counters.or(own_address),
            keys: if keys.is_some() { Keys::Folder } else { Keys::None },
            ..settings(listen, path_text(folder.path())?)
        };
        let settings = listen.endpoint.applied(self.endpoint_type, settings, Sight::Same)?;
        let settings = match origin {
            Origin::Releases(_) => ready_for_keys(settings, &definition),
            Origin::Document(_) => settings,
        };
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
            workers: runtime.workers,
            log_level: runtime.log_level,
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
                    origin,
                    folder: &folder,
                    state: self.state,
                    settings,
                    keys,
                    credentials,
                    own_counters: &mut own_counters,
                    admin,
                    log,
                    placed: Placed::all(&definition, Instant::now()),
                    definition,
                    files,
                    trouble: Trouble::default(),
                };
                live.tell().await;
                let mut watches = Watches { files: watches, keys: watch_keys, credentials: None };
                if is_watched {
                    watch_credentials(&mut watches.credentials, &mut live).await;
                }
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
}

/// What is watched of what is served.
struct Watches {
    files: Vec<Watch>,
    keys: Option<Watch>,
    credentials: Option<Watch>,
}

async fn until_stopped(
    proxy: &mut Proxy,
    stop: &mut Stop,
    mut watches: Watches,
    live: &mut Live<'_>,
) -> Result<(), Failure> {
    let mut canaries = Canaries::of(live.origin);
    loop {
        let Watches { files, keys, credentials } = &mut watches;
        let event = tokio::select! {
            () = stop.requested() => return Ok(()),
            failure = proxy.died() => return Err(failure),
            change = any_changed(files) => Event::Files(change),
            change = changed(keys.as_mut()) => Event::Keys(change),
            change = changed(credentials.as_mut()) => Event::Files(change),
            () = live.trouble.retry.due() => Event::Retry,
            never = canaries.judge(live) => match never {},
        };
        let take_up = async {
            match event {
                Event::Files(Change { path, text }) => live.take_up(&path, text).await,
                Event::Keys(Change { path, text }) => live.take_up_keys(&path, text).await,
                Event::Retry => live.try_again().await,
            }
            watch_keys(keys, live).await;
            watch_credentials(credentials, live).await;
        };
        tokio::select! {
            () = stop.requested() => return Ok(()),
            failure = proxy.died() => return Err(failure),
            () = take_up => {}
        }
    }
}

/// What happens while something is served.
enum Event {
    /// A file that it comes from has changed.
    Files(Change),
    /// The file with the keys has.
    Keys(Change),
    /// It is time to try again what has failed.
    Retry,
}

/// Watches the file that the keys come from now.
async fn watch_keys(watch: &mut Option<Watch>, live: &mut Live<'_>) {
    if live.keys.as_deref() == watch.as_ref().map(Watch::path) {
        return;
    }
    match live.keys.as_deref().map(Watch::start).transpose() {
        Ok(new) => *watch = new,
        // It is tried again with the next change of anything.
        Err(failure) => return terminal::warning(&failure.message),
    }
    if let Some(watch) = watch {
        // It may have changed since it was read and before it was watched.
        live.take_up_keys(watch.path(), document::text(watch.path())).await;
    }
}

/// Watches the file that the credentials come from now.
async fn watch_credentials(watch: &mut Option<Watch>, live: &mut Live<'_>) {
    if live.credentials.as_deref() == watch.as_ref().map(Watch::path) {
        return;
    }
    match live.credentials.as_deref().map(Watch::start).transpose() {
        Ok(new) => *watch = new,
        // It is tried again with the next change of anything.
        Err(failure) => return terminal::warning(&failure.message),
    }
    if watch.is_some() {
        // A key may have been taken back since it was read and before it was watched.
        live.try_again().await;
    }
}

/// What is deployed later may have a file with keys where there is none now, and Envoy is told how to
/// reach them only when it starts. Where the folder's path is too long for that, it takes a restart.
fn ready_for_keys(settings: Settings, definition: &Definition) -> Settings {
    let ready = Settings { keys: Keys::Folder, ..settings.clone() };
    if tollgate_envoy_config::files(definition, &ready).is_ok() { ready } else { settings }
}

/// What a file has become while it was served.
struct Change {
    path: PathBuf,
    text: Result<String, Failure>,
}

async fn any_changed(watches: &mut [Watch]) -> Change {
    let all = watches.iter_mut().map(|watch| Box::pin(changed(Some(watch))));
    first(all.collect()).await
}

/// Waits for the first of several.
async fn first<T>(mut all: Vec<Pin<Box<impl Future<Output = T>>>>) -> T {
    poll_fn(|context| {
        let ready = all.iter_mut().map(|each| each.as_mut().poll(context)).find(Poll::is_ready);
        ready.unwrap_or(Poll::Pending)
    })
    .await
}

async fn changed(watch: Option<&mut Watch>) -> Change {
    match watch {
        Some(watch) => {
            let text = watch.changed().await;
            Change { path: watch.path().to_owned(), text }
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
