//! What an operator says about a limit.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tollgate_policy::Invalid;

use crate::limit::Limit;

/// How fast requests may come: API Gateway's `ThrottleSettings`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Throttle {
    /// Requests per second in the long run, `0` to `10000000`; may be fractional, down to a
    /// millionth. With `0` every request is refused.
    pub rate_limit: f64,
    /// Requests that may come at once after a quiet time, `0` to `10000000`: the size of the token
    /// bucket. With `0` every request is refused.
    pub burst_limit: u32,
    /// What holds while the counters cannot be asked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_unavailable: OnUnavailable,
}

/// How many requests there may be in a period: API Gateway's `QuotaSettings`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Requests in one period.
    pub limit: u32,
    /// The period, by the calendar and in UTC.
    pub period: Period,
    /// On which day the period begins: for `WEEK` 0 (Sunday) to 6, for `MONTH` 0 (the first) to 27,
    /// for `DAY` 0.
    #[serde(default, skip_serializing_if = "is_default")]
    pub offset: u8,
    /// What holds while the counters cannot be asked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_unavailable: OnUnavailable,
}

/// The period of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Period {
    /// From midnight to midnight.
    Day,
    /// Seven days.
    Week,
    /// A month.
    Month,
}

/// What holds while the counters cannot be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnavailable {
    /// Every proxy keeps its share of the limit by itself.
    #[default]
    Local,
    /// Every request is refused.
    Deny,
    /// Every request is admitted.
    Allow,
}

/// The server that counts for several proxies, and for quotas: any server of Envoy's Rate Limit
/// Service protocol.
///
/// # What holds across the fleet
///
/// A limit of rate *r* and burst *b* is granted in windows of *b*/2 tokens, one every *b*/2*r*
/// seconds, and what is granted in a window is spent in it or not at all. So in any T seconds the
/// fleet admits at most *b* + *r* x T requests: as many as one bucket would. A fifth of each window is
/// divided among the proxies beforehand, so that a caller who is far from the limit never has to be
/// asked for; a proxy that gets all of a caller's requests can admit four fifths of the limit at least.
///
/// Two cases admit more:
///
/// * a burst of less than a fifth of the rate would need windows too short to ask in; they are a
///   tenth of a second then, and the fleet may admit up to *r*/5 - *b* requests more in one of them;
/// * a burst of 1 counts as 2.
///
/// Every proxy also holds the limit by itself, whatever the server grants.
///
/// # While the server is down
///
/// With `local` every proxy has a bucket of its share: rate and burst divided by `fleet_size`. Going
/// down adds at most *b* (the shares of the proxies, still unspent) and coming back at most *b*/2
/// (a window that was counted before, if the server forgot it). A proxy asks again after 2 s at most;
/// until the last has, those that do not know yet keep their shares beside what the server grants the
/// others, so that of *n* proxies up to *r* x (*n* - 1)/*n* x 2 s more may be admitted. Of a quota each proxy hands out at
/// most its share of what was known to be left; it is charged when the server is back.
///
/// The clocks of the proxies decide which window it is: a difference of *d* seconds between them
/// counts like *r* x *d* more requests in the burst.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counters {
    /// The proxy's name for the service. It must speak HTTP/2.
    pub cluster: String,
    /// The domain of the counters on the server.
    #[serde(default = "Counters::default_domain")]
    pub domain: String,
    /// How many proxies share the limits, 1 to 10,000; no more than this may. With 1, only quotas are
    /// counted by the server.
    #[serde(default = "Counters::default_fleet_size")]
    pub fleet_size: u32,
    /// How long a request may wait for tokens of the fleet, 0 to 1,000 ms. After that `local` gives it
    /// a token in advance of the answer, unless tokens are so scarce that the answer may be no; `deny`
    /// and `allow` say what they say. It should be longer than a round trip to the server.
    #[serde(default = "Counters::default_wait_millis")]
    pub wait_millis: u32,
    /// How long the server may take to answer before it counts as down, 10 to 10,000 ms.
    #[serde(default = "Counters::default_timeout_millis")]
    pub timeout_millis: u32,
}

impl Counters {
    fn default_domain() -> String {
        "tollgate".to_owned()
    }

    const fn default_fleet_size() -> u32 {
        1
    }

    const fn default_wait_millis() -> u32 {
        20
    }

    const fn default_timeout_millis() -> u32 {
        500
    }

    /// The counters behind a cluster, for one proxy.
    #[must_use]
    pub fn behind(cluster: impl Into<String>) -> Self {
        Self {
            cluster: cluster.into(),
            domain: Self::default_domain(),
            fleet_size: Self::default_fleet_size(),
            wait_millis: Self::default_wait_millis(),
            timeout_millis: Self::default_timeout_millis(),
        }
    }

    /// Whether every field can be honoured.
    ///
    /// # Errors
    /// [`Invalid`] for the first that cannot.
    pub fn check(&self) -> Result<(), Invalid> {
        for (field, text) in [("cluster", &self.cluster), ("domain", &self.domain)] {
            if text.is_empty() || text.len() > 255 {
                return Err(Invalid::new(field, "must have 1 to 255 characters"));
            }
        }
        for (field, value, least, most) in [
            ("fleet_size", self.fleet_size, 1, 10_000),
            ("wait_millis", self.wait_millis, 0, 1_000),
            ("timeout_millis", self.timeout_millis, 10, 10_000),
        ] {
            if !(least..=most).contains(&value) {
                return Err(Invalid::new(
                    field,
                    format!("`{value}` is not from {least} to {most}"),
                ));
            }
        }
        Ok(())
    }
}

impl Period {
    /// How long it is; a month as thirty days.
    pub(crate) const fn length(self) -> Duration {
        const DAY_SECS: u64 = 24 * 60 * 60;
        Duration::from_secs(match self {
            Self::Day => DAY_SECS,
            Self::Week => 7 * DAY_SECS,
            Self::Month => 30 * DAY_SECS,
        })
    }
}

impl Throttle {
    /// A limit that falls back to the proxy's own share.
    #[must_use]
    pub const fn new(rate_limit: f64, burst_limit: u32) -> Self {
        Self { rate_limit, burst_limit, on_unavailable: OnUnavailable::Local }
    }

    pub(crate) fn limit(&self) -> Result<Limit, Invalid> {
        Limit::new(self.rate_limit, self.burst_limit)
    }

    /// Whether every field can be honoured.
    ///
    /// # Errors
    /// [`Invalid`] for the first that cannot.
    pub fn check(&self) -> Result<(), Invalid> {
        self.limit().map(drop)
    }
}

impl Quota {
    /// Whether every field can be honoured.
    ///
    /// # Errors
    /// [`Invalid`] for the first that cannot.
    pub fn check(&self) -> Result<(), Invalid> {
        let most = match self.period {
            Period::Day => 0,
            Period::Week => 6,
            Period::Month => 27,
        };
        if self.offset > most {
            return Err(Invalid::new(
                "offset",
                format!("`{}` is not from 0 to {most}", self.offset),
            ));
        }
        Ok(())
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
