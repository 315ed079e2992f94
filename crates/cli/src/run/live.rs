//! What is being served, and its replacement while it is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tollgate_envoy_config::{Files, Settings};
use tollgate_gateway::Definition;
use tollgate_policy::Endpoint;

use crate::document::Document;
use crate::envoy::{Admin, Counters, Folder, Log};
use crate::failure::{Code, Failure};
use crate::keys;
use crate::routes;
use crate::run::origin::Origin;
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
    /// What the operator decided.
    pub settings: Settings,
    /// The file with API keys.
    pub keys: Option<PathBuf>,
    /// Where the counters are that run in this process.
    pub own_counters: Option<Endpoint>,
    /// Envoy's administration.
    pub admin: Admin,
    /// What Envoy says.
    pub log: Log,
    /// What is served.
    pub definition: Definition,
    /// The files that make Envoy serve it.
    pub files: Files,
}

impl Live<'_> {
    /// Serves what a file has become, or says why not and goes on as before.
    pub async fn take_up(&mut self, path: &Path, text: Result<String, Failure>) {
        // All files are read, for all may have changed.
        let outcome = match text.and_then(|_| self.origin.read()) {
            Ok(document) => self.serve(document).await,
            Err(failure) => Err(failure),
        };
        let name = self.origin.name(path);
        match outcome {
            // Those who deploy know what, and of a canary much is noted that changes nothing.
            Ok(change) => match (self.origin, change) {
                (Origin::Releases(_), Change::Same) => {}
                (Origin::Releases(_), Change::Other) => terminal::done("reloaded", &name),
                (Origin::Document(_), Change::Same) => {
                    terminal::done("reloaded", &format!("{name}: nothing changes"));
                }
                (Origin::Document(_), Change::Other) => {
                    terminal::say(&routes::table(&routes::rows(&self.definition)));
                    terminal::done("reloaded", &name);
                }
            },
            Err(failure) => still_served(&failure),
        }
    }

    /// Delivers a new text of the keys, or says why not and goes on as before.
    pub async fn take_up_keys(&self, path: &Path, text: Result<String, Failure>) {
        let name = path.display().to_string();
        let folder = self.folder.path().to_owned();
        let shown = name.clone();
        // A million keys take seconds, in which a signal must not go unheard.
        let delivery =
            spawn_blocking(move || keys::deliver(text?.as_bytes(), &shown, &folder)).await;
        let outcome = delivery.unwrap_or_else(|_| {
            Err(Failure::new(Code::Environment, format!("`{name}` could not be compiled")))
        });
        match outcome {
            Ok(delivered) => {
                let message = format!("{name}: {} keys", delivered.keys);
                terminal::done("reloaded", &message);
            }
            Err(failure) => still_served(&failure),
        }
    }

    async fn serve(&mut self, document: Document) -> Result<Change, Failure> {
        let Document { definition, keys, counters, .. } = document;
        if keys != self.keys {
            let reason = "`apiKeysFile` names another file: that takes a restart";
            return Err(Failure::new(Code::Refused, reason));
        }
        let counters = counters.or_else(|| self.own_counters.clone());
        if definition.counters.is_some() && counters.is_none() {
            let reason = "there are quotas now, and nothing that counts them: that takes a restart";
            return Err(Failure::new(Code::Refused, reason));
        }
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
                self.definition = definition;
                self.files = files;
                Ok(Change::Other)
            }
            Err(failure) => {
                // What Envoy did not take up must not be what it finds at its next look.
                self.folder.replace("gateway.yaml", self.files.gateway.as_bytes())?;
                self.folder.replace("clusters.yaml", self.files.clusters.as_bytes())?;
                Err(failure)
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
