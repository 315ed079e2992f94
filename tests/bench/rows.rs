//! What is compared: every row is an Envoy and the requests that it gets.

use std::path::Path;

use serde_json::{Value, json};
use tollgate_gateway::Definition;
use tollgate_tests::{Counters, definition};

use crate::drive::{Callers, Order};
use crate::filters;
use crate::keys::{self, INLINE, PLAN};
use crate::proxy::{Bare, Delivery, NOBODY, Proxy};

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    pub name: &'static str,
    /// The row that it is compared with.
    pub base: Option<&'static str>,
    pub target: Option<Target>,
    /// Which of the proxies is measured.
    pub proxy: usize,
    /// How many keys take turns.
    pub keys: u32,
    /// Whether the counters are to be asked.
    pub asks: bool,
}

/// What a row may cost.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// So many microseconds more than its base.
    Added(f64),
    /// So many times as much as another row.
    Times(&'static str, f64),
}

/// Everything that is compared.
#[derive(Debug)]
pub struct Rows {
    pub proxies: Vec<Proxy>,
    pub rows: Vec<Row>,
}

/// How many keys take turns, where their owners come back soon.
const BUSY: u32 = 1_000;

/// And where no worker remembers the last time.
const MANY: u32 = 100_000;

/// A limit that requests fall under and never exceed here: ten times API Gateway's for an account.
fn wide() -> Value {
    json!({"rate_limit": 100_000, "burst_limit": 50_000})
}

/// The same for one caller: as much as API Gateway's for an account.
fn narrow() -> Value {
    json!({"rate_limit": 10_000, "burst_limit": 5_000})
}

/// The gateway's limits in a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limits {
    None,
    /// Of the account, the stage and the plan.
    Throttles,
    /// And a quota, with so many proxies that share all of it.
    Shared(u32),
}

/// Where the keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Inline,
    Files,
}

/// An API with one route, which needs a key where there are limits.
pub fn api(limits: Limits, place: Place) -> Definition {
    let is_limited = limits != Limits::None;
    let mut api = json!({
        "version": 1,
        "default_api": "a",
        "apis": {"a": {
            "name": "A",
            "protocol": "rest",
            "integrations": {"backend": {"http_proxy": {"uri": NOBODY}}},
            "routes": {"GET /orders": {
                "authorization": "none",
                "integration": "backend",
                "api_key_required": is_limited,
            }},
            "stages": {"prod": {}},
        }},
    });
    if is_limited {
        let stages = json!([{"api": "a", "stage": "prod"}]);
        api["account_throttle"] = wide();
        api["apis"]["a"]["stages"]["prod"]["throttle"] = wide();
        api["usage_plans"] = json!({PLAN: {"throttle": narrow(), "api_stages": stages}});
        match place {
            Place::Inline => api["api_keys"] = keys::inline(),
            Place::Files => api["api_key_files"] = json!({}),
        }
    }
    if let Limits::Shared(fleet_size) = limits {
        api["usage_plans"][PLAN]["quota"] = json!({"limit": 1_000_000, "period": "MONTH"});
        let cluster = tollgate_envoy_config::COUNTERS;
        api["counters"] = json!({"cluster": cluster, "fleet_size": fleet_size});
    }
    definition(api)
}

impl Rows {
    /// Starts everything.
    pub fn start(files: &Path, counters: &Counters) -> Self {
        let mut all = Self { proxies: Vec::new(), rows: Vec::new() };
        all.filters(counters.url());
        all.gateways(Delivery { keys: Some(files), counters: Some(counters.url()) });
        all
    }

    fn filters(&mut self, counters: &str) {
        let limit = |per: Value| {
            let limit = json!({"name": "all", "throttle": wide()});
            if per.is_null() {
                limit
            } else {
                json!({"name": "each", "throttle": narrow(), "per": per})
            }
        };
        self.add("router", None, Proxy::bare(Bare::default()), BUSY);
        let base = Some("router");
        let own = filters::local_ratelimit();
        self.add("Envoy's local_ratelimit", base, Proxy::bare(own), BUSY);
        let asking = filters::ratelimit(counters);
        self.add("Envoy's ratelimit, asking each time", base, Proxy::bare(asking), BUSY);
        self.asking();
        let all = filters::throttle(&limit(Value::Null));
        self.add("throttle.wasm", base, Proxy::bare(all), BUSY);
        let each = filters::throttle(&limit("source_ip".into()));
        self.add("throttle.wasm per source_ip", base, Proxy::bare(each), BUSY);
    }

    fn gateways(&mut self, delivery: Delivery<'_>) {
        let start = |limits, place| {
            let keys = delivery.keys.filter(|_| place == Place::Files && limits != Limits::None);
            let proxy = Proxy::gateway(&api(limits, place), Delivery { keys, ..delivery }, 1);
            proxy.wait_for(1, 200);
            proxy
        };
        self.add(GATEWAY, None, start(Limits::None, Place::Inline), BUSY);
        let base = Some(GATEWAY);
        self.add(LIMITED, base, start(Limits::Throttles, Place::Files), BUSY);
        self.target(Target::Added(1.5));
        let inline = start(Limits::Throttles, Place::Inline);
        self.add("... 10 keys in the definition", base, inline, INLINE);
        let limited = start(Limits::Throttles, Place::Files);
        self.add("... 100,000 keys take turns", base, limited, MANY);
        self.add("... and a quota", base, start(Limits::Shared(1), Place::Files), BUSY);
        self.asking();
        let fleet = start(Limits::Shared(2), Place::Files);
        self.add(SHARED, base, fleet, BUSY);
        self.asking();
        self.target(Target::Times(LIMITED, 1.1));
        // The same Envoy: a caller of which more comes asks for more at once.
        let proxy = self.proxies.len() - 1;
        let (name, target) = ("... the same, 100 keys take turns", None);
        self.rows.push(Row { name, base, target, proxy, keys: 100, asks: true });
        // The other of the two. Nobody asks it anything.
        self.proxies.push(start(Limits::Shared(2), Place::Files));
    }

    fn add(&mut self, name: &'static str, base: Option<&'static str>, proxy: Proxy, keys: u32) {
        self.rows.push(Row {
            name,
            base,
            target: None,
            proxy: self.proxies.len(),
            keys,
            asks: false,
        });
        self.proxies.push(proxy);
    }

    fn asking(&mut self) {
        if let Some(row) = self.rows.last_mut() {
            row.asks = true;
        }
    }

    fn target(&mut self, target: Target) {
        if let Some(row) = self.rows.last_mut() {
            row.target = Some(target);
        }
    }

    /// Forgets the rows that are neither called so nor compared with one that is.
    pub fn keep(&mut self, part: &str) {
        let wanted: Vec<_> = self.rows.iter().filter(|row| row.name.contains(part)).collect();
        let beside = |row: &&Row| match row.target {
            Some(Target::Times(name, _)) => [Some(row.name), row.base, Some(name)],
            Some(Target::Added(_)) | None => [Some(row.name), row.base, None],
        };
        let names: Vec<_> = wanted.iter().flat_map(beside).flatten().collect();
        self.rows.retain(|row| names.contains(&row.name));
    }

    /// The Envoy of a row.
    pub fn proxy(&self, row: &Row) -> &Proxy {
        &self.proxies[row.proxy]
    }
}

impl Row {
    /// Whose requests there are in a round. Those of many keys go on where the last round ended.
    pub const fn callers(&self, round: u32) -> Callers {
        let order = if round == 0 { Order::Skewed } else { Order::InTurns };
        Callers { keys: self.keys, first: round.wrapping_mul(37_001), order }
    }
}

/// The base of what the gateway does.
const GATEWAY: &str = "gateway, an open route";

/// What a fleet has.
const SHARED: &str = "... and a quota, all shared by two";

/// What most gateways have.
const LIMITED: &str = "gateway, a key, plan, stage and account";
