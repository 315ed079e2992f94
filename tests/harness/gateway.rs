//! A gateway: an Envoy that serves a definition, as `tollgate run` would have it.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::Path;

use tollgate_envoy_config::{Address, Files, Settings, clusters, files};
use tollgate_gateway::Definition;

use crate::envoy::{self, Envoy};
use crate::{filter, wait};

/// An Envoy that serves a definition.
#[derive(Debug)]
pub struct Gateway {
    envoy: Envoy,
    settings: Settings,
    definition: Definition,
    address: SocketAddr,
}

/// What became of a new definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is served.
    TakenUp,
    /// Envoy refused it; the one before it is served on.
    Refused,
}

/// What Envoy has made of the definitions it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// How many it has read. Not all of them were taken up: see `refused`.
    pub read: u64,
    /// How often it has refused one, which it may have read or not.
    pub refused: u64,
}

impl Gateway {
    /// Serves a definition with two workers.
    ///
    /// # Panics
    /// If it cannot be served.
    #[must_use]
    #[track_caller]
    pub fn serving(definition: Definition) -> Self {
        Self::with_workers(definition, 2)
    }

    /// Serves a definition.
    ///
    /// # Panics
    /// If it cannot be served.
    #[must_use]
    #[track_caller]
    pub fn with_workers(definition: Definition, workers: u16) -> Self {
        Self::prepared(definition, workers, |_, _| {})
    }

    /// Serves a definition from a folder and with settings that are prepared for it.
    ///
    /// # Panics
    /// If it cannot be served.
    #[must_use]
    #[track_caller]
    pub fn prepared(
        definition: Definition,
        workers: u16,
        prepare: impl FnOnce(&Path, &mut Settings),
    ) -> Self {
        let folder = envoy::folder();
        let path = folder.path();
        let mut settings = Settings {
            listen: Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 0))),
            admin: Address::Unix(text(&Envoy::admin_socket(path))),
            directory: text(path),
            ..Settings::default()
        };
        prepare(path, &mut settings);
        let Files { bootstrap, clusters, gateway, secrets } =
            files(&definition, &settings).expect("a definition that can be served");
        for (name, content) in
            [("envoy.yaml", bootstrap), ("clusters.yaml", clusters), ("gateway.yaml", gateway)]
        {
            fs::write(path.join(name), content).expect("a written file");
        }
        for (name, content) in secrets {
            fs::write(path.join(name), content).expect("a written file");
        }
        link(&filter("gateway"), &path.join("gateway.wasm")).expect("a link to the filter");
        let envoy = Envoy::start(folder, workers);
        let address = envoy::listener(&envoy, "gateway");
        let gateway = Self { envoy, settings, definition, address };
        let counts = wait::until("filter", wait::PATIENCE, || {
            Some(gateway.counts()).filter(|counts| counts.read + counts.refused > 0)
        });
        assert_eq!(counts.refused, 0, "the filter refuses the definition: {}", gateway.log());
        gateway
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Replaces the definition, as the documentation of `tollgate-envoy-config` says, and waits
    /// until Envoy has taken it up or refused it.
    ///
    /// # Panics
    /// If Envoy does neither in time.
    #[track_caller]
    pub fn replace(&mut self, definition: Definition) -> Outcome {
        let both = clusters([&self.definition, &definition], &self.settings).expect("services");
        self.put("clusters.yaml", &both);
        let names = upstream_names(&definition);
        wait::until_true("services", wait::PATIENCE, || {
            let known = self.envoy.admin().get("/clusters").expect("the services");
            let known = String::from_utf8_lossy(&known).into_owned();
            names.iter().all(|name| known.contains(&format!("{name}::")))
                && self.envoy.admin().stat("cluster_manager.warming_clusters") == 0
        });
        let before = self.counts();
        let files = files(&definition, &self.settings).expect("a definition");
        self.put("gateway.yaml", &files.gateway);
        let outcome = wait::until("verdict on the definition", wait::PATIENCE, || {
            let now = self.counts();
            if now.refused > before.refused {
                return Some(Outcome::Refused);
            }
            (now.read > before.read).then_some(Outcome::TakenUp)
        });
        match outcome {
            Outcome::TakenUp => self.definition = definition,
            Outcome::Refused => self.put(
                "gateway.yaml",
                &self::files(&self.definition, &self.settings).expect("a definition").gateway,
            ),
        }
        let alone = clusters([&self.definition], &self.settings).expect("services");
        self.put("clusters.yaml", &alone);
        outcome
    }

    /// What Envoy has made of the definitions it was given.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let stats = self.envoy.admin().stats("tollgate.gateway.config_");
        let count = |end: &str| {
            let matching = stats.iter().filter(|(name, _)| name.ends_with(end));
            matching.map(|(_, value)| value).sum::<u64>()
        };
        Counts { read: count(".config_reload"), refused: count(".config_fail") }
    }

    /// Replaces a file of Envoy's at once.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn put(&self, name: &str, content: &str) {
        let path = self.envoy.folder().join(name);
        let next = path.with_extension("next");
        fs::write(&next, content).expect("a written file");
        fs::rename(&next, &path).expect("a replaced file");
    }

    /// The text of a file of Envoy's.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn file(&self, name: &str) -> String {
        fs::read_to_string(self.envoy.folder().join(name)).expect("a file")
    }
}

impl Deref for Gateway {
    type Target = Envoy;

    fn deref(&self) -> &Envoy {
        &self.envoy
    }
}

impl From<&Gateway> for SocketAddr {
    fn from(gateway: &Gateway) -> Self {
        gateway.address
    }
}

fn upstream_names(definition: &Definition) -> Vec<String> {
    let upstreams = tollgate_gateway::upstreams(definition).expect("services");
    upstreams.into_iter().map(|upstream| upstream.cluster).collect()
}

fn link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}
