//! What is being served, and its replacement while it is.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;
use tollgate_envoy_config::{Files, Keys, Settings};
use tollgate_gateway::Definition;
use tollgate_policy::Endpoint;
use tollgate_releases::Serving;

use super::canaries::Served;
use super::counters;
use super::origin::Origin;
use super::placed::Placed;
use super::retry::Retry;
use crate::document::{self, Document};
use crate::envoy::{Admin, Counters, Folder, Log};
use crate::failure::{Code, Failure};
use crate::keys;
use crate::routes;
use crate::terminal;
use crate::wait;

/// How long Envoy may take to take up a file: a gateway is compiled, a service's name resolved.
const TIME_TO_TAKE_UP: Duration = Duration::from_secs(20);

/// How long the reason of a refusal may be on its way.
const TIME_TO_COMPLAIN: Duration = Duration::from_secs(1);

/// What a running Envoy serves.
pub struct Live<'a> {
    /// Where it comes from.
    pub origin: Origin<'a>,
    /// Where Envoy's files are.
    pub folder: &'a Folder,
    /// The folder for what must outlive the gateway, where it was asked for.
    pub state: Option<&'a Path>,
    /// What the operator decided.
    pub settings: Settings,
    /// The file with API keys.
    pub keys: Option<PathBuf>,
    /// The file with credentials.
    pub credentials: Option<PathBuf>,
    /// The counters that run in this process, and where.
    pub own_counters: &'a mut Option<(tollgate_counters::Counters, Endpoint)>,
    /// Envoy's administration.
    pub admin: Admin,
    /// What Envoy says.
    pub log: Log,
    /// What is served.
    pub definition: Definition,
    /// The files that make Envoy serve it.
    pub files: Files,
    /// Since when.
    pub placed: Placed,
    /// Why something newer is not served.
    pub trouble: Trouble,
}

/// Why something newer is not served, and when it is tried again.
#[derive(Debug, Default)]
pub struct Trouble {
    /// Why nothing newer is served at all.
    refused: Option<Problem>,
    /// Why the keys are older than all else.
    keys: Option<Problem>,
    /// When it is tried again.
    pub retry: Retry,
    /// What was last told of it.
    told: Option<Serving>,
}

/// Why something is not served.
#[derive(Debug)]
struct Problem {
    message: String,
    /// Whether it is tried again. Who edits a document tries again by saving it.
    may_pass: bool,
}

impl Trouble {
    /// Tries again later, if there is anything to try.
    fn go_on(&mut self) {
        let mut problems = self.refused.iter().chain(&self.keys);
        if problems.any(|problem| problem.may_pass) {
            self.retry.later();
        } else {
            self.retry.never();
        }
    }

    /// What others are told.
    fn message(&self) -> Option<String> {
        let problem = self.refused.as_ref().or(self.keys.as_ref())?;
        Some(problem.message.clone())
    }
}

/// Who asks for something new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Occasion {
    /// Somebody has changed a file, and wants to hear what becomes of it.
    Change,
    /// It has failed before, and need not be said again.
    Retry,
}

impl Live<'_> {
    /// Serves what a file has become, or says why not and goes on as before.
    pub async fn take_up(&mut self, path: &Path, text: Result<String, Failure>) {
        // All files are read, for all may have changed.
        let read = text.and_then(|_| self.origin.read());
        self.take(read, path, Occasion::Change).await;
    }

    /// Tries again what has failed.
    pub async fn try_again(&mut self) {
        let files = self.origin.files();
        let read = self.origin.read();
        self.take(read, files.first().map_or(Path::new(""), PathBuf::as_path), Occasion::Retry)
            .await;
    }

    async fn take(&mut self, read: Result<Document, Failure>, path: &Path, occasion: Occasion) {
        let outcome = match read {
            Ok(document) => self.serve(document).await,
            Err(failure) => Err(failure),
        };
        let before = self.trouble.refused.take();
        let name = self.origin.name(path);
        match outcome {
            // Those who deploy know what, and of a canary much is noted that changes nothing.
            Ok(change) => match (self.origin, change) {
                (Origin::Releases(_), Change::Same) => {}
                (Origin::Releases(_), Change::Other) => terminal::done("reloaded", &name),
                (Origin::Document(_), Change::Same)
                    if occasion == Occasion::Retry && before.is_none() => {}
                (Origin::Document(_), Change::Same) => {
                    terminal::done("reloaded", &format!("{name}: nothing changes"));
                }
                (Origin::Document(_), Change::Other) => {
                    terminal::say(&routes::table(&routes::rows(&self.definition)));
                    terminal::done("reloaded", &name);
                }
            },
            Err(failure) => {
                let is_said = before.is_some_and(|before| before.message == failure.message);
                if occasion == Occasion::Change || !is_said {
                    still_served(&failure);
                }
                self.trouble.refused = Some(self.problem(failure));
            }
        }
        self.trouble.go_on();
        self.tell().await;
    }

    fn problem(&self, failure: Failure) -> Problem {
        let is_final = failure.code == Code::Refused && matches!(self.origin, Origin::Document(_));
        Problem { message: failure.message, may_pass: !is_final }
    }

    /// Tells others what is served of the releases.
    pub async fn tell(&mut self) {
        let Origin::Releases(store) = self.origin else { return };
        let serving = Serving::of(&self.definition, self.trouble.message());
        if self.trouble.told.as_ref() == Some(&serving) {
            return;
        }
        let (store, said) = (store.clone(), serving.clone());
        let outcome = spawn_blocking(move || store.say_serving(&said)).await;
        match outcome {
            Ok(Ok(())) => self.trouble.told = Some(serving),
            Ok(Err(error)) => terminal::warning(&error.to_string()),
            Err(_) => terminal::warning("cannot say what is served"),
        }
    }

    /// What is served, unless what is kept from now on would not be.
    pub fn served(&self) -> Option<Served<'_>> {
        let served = Served { definition: &self.definition, placed: &self.placed };
        self.trouble.refused.is_none().then_some(served)
    }

    /// Delivers a new text of the keys, or says why not and goes on as before.
    pub async fn take_up_keys(&mut self, path: &Path, text: Result<String, Failure>) {
        match self.deliver(path, text).await {
            Ok(()) => self.trouble.keys = None,
            Err(failure) => {
                still_served(&failure);
                // The file is watched: what is wrong with it is mended there.
                let may_pass = failure.code != Code::Refused;
                self.trouble.keys = Some(Problem { message: failure.message, may_pass });
            }
        }
        self.trouble.go_on();
        self.tell().await;
    }

    async fn deliver(&self, path: &Path, text: Result<String, Failure>) -> Result<(), Failure> {
        let name = path.display().to_string();
        let folder = self.folder.path().to_owned();
        let shown = name.clone();
        // A million keys take seconds, in which a signal must not go unheard.
        let delivery =
            spawn_blocking(move || keys::deliver(text?.as_bytes(), &shown, &folder)).await;
        let delivered = delivery.unwrap_or_else(|_| {
            Err(Failure::new(Code::Environment, format!("`{name}` could not be compiled")))
        })?;
        terminal::done("reloaded", &format!("{name}: {} keys", delivered.keys));
        Ok(())
    }

    async fn serve(&mut self, document: Document) -> Result<Change, Failure> {
        let Document { mut definition, keys, credentials, counters, .. } = document;
        self.credentials = credentials;
        self.take_keys(keys, &mut definition).await;
        if definition.counters.is_some() && counters.is_none() && self.own_counters.is_none() {
            *self.own_counters = Some(counters::start(self.state).await?);
        }
        let own = self.own_counters.as_ref().map(|(_, address)| address.clone());
        let counters = counters.or(own);
        self.settings.counters = counters.or_else(|| self.settings.counters.take());
        let refuse =
            |invalid: tollgate_policy::Invalid| Failure::new(Code::Refused, invalid.to_string());
        let files = tollgate_envoy_config::files(&definition, &self.settings).map_err(refuse)?;
        if files == self.files {
            return Ok(Change::Same);
        }
        let both = tollgate_envoy_config::clusters([&self.definition, &definition], &self.settings)
            .map_err(refuse)?;
        match self.replace(&files, &both).await {
            Ok(()) => {
                self.placed.touch(&definition, &self.definition, Instant::now());
                self.definition = definition;
                self.files = files;
                Ok(Change::Other)
            }
            Err(failure) => {
                // Envoy may have taken up the one, and may be about to take up the other.
                self.placed.touch(&self.definition, &definition, Instant::now());
                // What Envoy did not take up must not be what it finds at its next look.
                let restored =
                    (self.folder).replace("gateway.yaml", self.files.gateway.as_bytes()).and_then(
                        |()| self.folder.replace("clusters.yaml", self.files.clusters.as_bytes()),
                    );
                if restored.is_err() {
                    self.placed.forget();
                }
                Err(failure)
            }
        }
    }

    /// Delivers the keys of another file. Where that cannot be done, the definition goes on with those
    /// that there are, for nothing else depends on them.
    async fn take_keys(&mut self, keys: Option<PathBuf>, definition: &mut Definition) {
        if keys == self.keys && self.trouble.keys.is_none() {
            return;
        }
        let outcome = match &keys {
            None => Ok(()),
            Some(_) if self.settings.keys == Keys::None => {
                let reason = "`apiKeysFile` names a file, and there was none before: that takes a \
                              restart";
                Err(Failure::new(Code::Refused, reason))
            }
            Some(path) => self.deliver(path, document::text(path)).await,
        };
        match outcome {
            Ok(()) => {
                self.keys = keys;
                self.trouble.keys = None;
            }
            Err(failure) => {
                let before = self.trouble.keys.as_ref().map(|problem| &problem.message);
                if before != Some(&failure.message) {
                    for line in &failure.details {
                        terminal::say(line);
                    }
                    terminal::error(&failure.message);
                    terminal::say("all else is served, with the keys that there were before");
                }
                definition.api_key_files.clone_from(&self.definition.api_key_files);
                self.trouble.keys = Some(self.problem(failure));
            }
        }
    }

    /// Replaces the files so that at no time the filter names a service that is not there.
    async fn replace(&self, new: &Files, both: &str) -> Result<(), Failure> {
        if both != self.files.clusters {
            self.put("clusters.yaml", both, Counters::services).await?;
        }
        if new.gateway != self.files.gateway {
            self.put("gateway.yaml", &new.gateway, Counters::gateway).await?;
        }
        if new.clusters != both {
            self.put("clusters.yaml", &new.clusters, Counters::services).await?;
        }
        Ok(())
    }

    /// Replaces one file and waits until Envoy has judged it.
    async fn put(
        &self,
        name: &str,
        content: &str,
        judged: fn(&Counters) -> (u64, u64),
    ) -> Result<(), Failure> {
        let before = judged(&self.admin.counters().await?);
        self.log.forget();
        self.folder.replace(name, content.as_bytes())?;
        let verdict = wait::until(TIME_TO_TAKE_UP, || async {
            let counters = self.admin.counters().await.ok()?;
            let (accepted, refused) = judged(&counters);
            if refused > before.1 {
                return Some(false);
            }
            (accepted > before.0 && counters.services_warming == 0).then_some(true)
        });
        match verdict.await {
            Some(true) => Ok(()),
            Some(false) => {
                let complaint = || async { self.log.refusal() };
                let message = match wait::until(TIME_TO_COMPLAIN, complaint).await {
                    Some(complaint) => format!("Envoy refuses {name}: {complaint}"),
                    None => format!("Envoy refuses {name}"),
                };
                Err(Failure::new(Code::Envoy, message))
            }
            None => {
                let limit = TIME_TO_TAKE_UP.as_secs();
                let reason = format!("Envoy has not taken up {name} after {limit} s");
                Err(Failure::new(Code::Envoy, reason))
            }
        }
    }
}

/// Says why something new is not served.
fn still_served(failure: &Failure) {
    for line in &failure.details {
        terminal::say(line);
    }
    terminal::error(&failure.message);
    terminal::say("what was served before is still served");
}

/// What a new text changes.
enum Change {
    /// Nothing that is served.
    Same,
    /// What is served.
    Other,
}

impl Counters {
    /// How often the gateway's configuration was accepted and refused.
    fn gateway(&self) -> (u64, u64) {
        (self.gateway_accepted, self.gateway_refused)
    }

    /// How often the services were accepted and refused.
    fn services(&self) -> (u64, u64) {
        (self.services_accepted, self.services_refused)
    }
}
