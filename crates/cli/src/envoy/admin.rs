//! Envoy's administration: what it says about itself.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;
use tokio::time::timeout;

use crate::envoy::canaries::{self, Looks};
use crate::http;

/// How long an answer may take. The administration is on this machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// The administration of one Envoy.
#[derive(Clone, Copy, Debug)]
pub struct Admin {
    /// Where it listens.
    pub address: SocketAddr,
}

/// What Envoy has counted of the configuration it was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// New configurations of the gateway that were taken up.
    pub gateway_accepted: u64,
    /// New configurations of the gateway that were refused.
    pub gateway_refused: u64,
    /// Times the services were read.
    pub services_accepted: u64,
    /// Times the services were refused.
    pub services_refused: u64,
    /// Services that are not ready to be called yet.
    pub services_warming: u64,
    /// Whether requests are taken.
    pub workers_started: u64,
}

#[derive(Debug, Deserialize)]
struct Stats {
    stats: Vec<Stat>,
}

/// A histogram has other fields, and is not looked at.
#[derive(Debug, Deserialize)]
struct Stat {
    #[serde(default)]
    name: String,
    #[serde(default)]
    value: serde_json::Value,
}

#[derive(Debug, Deserialize)]
struct Listeners {
    listener_statuses: Vec<Listener>,
}

#[derive(Debug, Deserialize)]
struct Listener {
    name: String,
    local_address: Address,
}

#[derive(Debug, Deserialize)]
struct Address {
    socket_address: Option<SocketAddress>,
}

#[derive(Debug, Deserialize)]
struct SocketAddress {
    address: std::net::IpAddr,
    port_value: u16,
}

impl Admin {
    /// Whether Envoy has everything it waits for at its start.
    pub async fn is_ready(&self) -> bool {
        matches!(self.get("/ready").await, Ok((200, _)))
    }

    /// What Envoy has counted so far.
    pub async fn counters(&self) -> Result<Counters> {
        const FILTER: &str = "^(extension_config_discovery|cluster_manager|listener_manager)\\.";
        let (_, body) = self.get(&format!("/stats?format=json&filter={FILTER}")).await?;
        Counters::read(&body)
    }

    /// What has become of the requests of stages with a canary.
    pub async fn canaries(&self) -> Result<Looks> {
        let (_, body) = self.get("/stats/prometheus?filter=tollgate_canary_").await?;
        canaries::read(&body)
    }

    /// Where the gateway listens: what the system chose where the port was 0.
    pub async fn listener(&self) -> Result<SocketAddr> {
        let (_, body) = self.get("/listeners?format=json").await?;
        let listeners: Listeners =
            serde_json::from_slice(&body).context("Envoy's listeners are not understood")?;
        let mut all = listeners.listener_statuses.into_iter();
        let address = all.find(|listener| listener.name == "gateway");
        let address = address.and_then(|listener| listener.local_address.socket_address);
        let address = address.context("Envoy has no listener")?;
        Ok((address.address, address.port_value).into())
    }

    async fn get(&self, target: &str) -> Result<(u16, Vec<u8>)> {
        timeout(PATIENCE, http::get(self.address, target))
            .await
            .context("Envoy's administration does not answer")?
    }
}

impl Counters {
    fn read(json: &[u8]) -> Result<Self> {
        let stats: Stats =
            serde_json::from_slice(json).context("Envoy's statistics are not understood")?;
        let sum = |start: &str, end: &str| {
            let matching = stats
                .stats
                .iter()
                .filter(|stat| stat.name.starts_with(start) && stat.name.ends_with(end));
            matching.filter_map(|stat| stat.value.as_u64()).sum()
        };
        Ok(Self {
            gateway_accepted: sum("extension_config_discovery.", ".config_reload"),
            gateway_refused: sum("extension_config_discovery.", ".config_fail"),
            services_accepted: sum("cluster_manager.cds.", ".update_success"),
            services_refused: sum("cluster_manager.cds.", ".update_rejected"),
            services_warming: sum("cluster_manager.", ".warming_clusters"),
            workers_started: sum("listener_manager.", ".workers_started"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counters_are_read_from_what_envoy_says() {
        let said = br#"{"stats":[
            {"name":"cluster_manager.cds.update_success","value":3},
            {"name":"cluster_manager.cds.update_rejected","value":1},
            {"name":"cluster_manager.warming_clusters","value":2},
            {"name":"extension_config_discovery.http_filter.tollgate.gateway.config_fail","value":4},
            {"name":"extension_config_discovery.http_filter.tollgate.gateway.config_reload","value":5},
            {"name":"listener_manager.workers_started","value":1},
            {"histograms":{"supported_quantiles":[]}}
        ]}"#;
        let expected = Counters {
            gateway_accepted: 5,
            gateway_refused: 4,
            services_accepted: 3,
            services_refused: 1,
            services_warming: 2,
            workers_started: 1,
        };
        assert_eq!(Counters::read(said).unwrap(), expected);
        assert!(Counters::read(b"<html>").is_err());
    }
}
