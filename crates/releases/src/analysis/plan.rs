//! How a canary is judged.

use serde::{Deserialize, Serialize};
use tollgate_canary::Percent;
use tollgate_policy::Invalid;

/// Whoever needs more is not releasing in steps.
const MAX_STEPS: usize = 20;

/// A day: what takes longer is watched by people.
const MAX_INTERVAL_SECS: u64 = 86_400;

/// Below this, no count of errors differs from another with any certainty.
const MIN_REQUESTS: u64 = 10;

/// How a canary is judged, and what follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnalysisPlan {
    /// How much of the traffic it gets, one after the other. Up to 20, rising, the first below 100.
    pub steps: Vec<Percent>,
    /// How long it is watched at each, in seconds. Up to a day.
    pub interval_secs: u64,
    /// How many requests base and canary must each have had before they are compared: at least 10. A
    /// canary is healthy only after as many more as it takes to compare latencies.
    pub min_requests: u64,
    /// What makes a canary a bad one.
    #[serde(default)]
    pub conditions: Conditions,
    /// Whether it is promoted after the last step. Otherwise it stays there, and goes on being judged.
    #[serde(default = "yes")]
    pub promote: bool,
}

/// What makes a canary a bad one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// How likely a difference in server errors may be by chance and still count: it counts if a
    /// one-sided test of two proportions has a p-value below this. The same holds of requests that
    /// clients give up.
    #[serde(default = "max_5xx_significance")]
    pub max_5xx_significance: f64,
    /// How large the difference must be besides, in percent of the requests.
    #[serde(default = "min_5xx_difference")]
    pub min_5xx_difference: Percent,
    /// How many times the base's 99th percentile of latency the canary's may be; not looked at where
    /// nothing is said.
    #[serde(default = "p99_ratio")]
    pub p99_ratio: Option<f64>,
    /// Up to which 99th percentile a canary is never too slow, in milliseconds.
    #[serde(default = "p99_floor_millis")]
    pub p99_floor_millis: u64,
}

impl Default for AnalysisPlan {
    fn default() -> Self {
        Self {
            steps: [5.0, 25.0, 50.0, 100.0].map(Percent).to_vec(),
            interval_secs: 60,
            min_requests: 100,
            conditions: Conditions::default(),
            promote: true,
        }
    }
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            max_5xx_significance: max_5xx_significance(),
            min_5xx_difference: min_5xx_difference(),
            p99_ratio: p99_ratio(),
            p99_floor_millis: p99_floor_millis(),
        }
    }
}

fn yes() -> bool {
    true
}

fn max_5xx_significance() -> f64 {
    0.01
}

fn min_5xx_difference() -> Percent {
    Percent(1.0)
}

#[expect(clippy::unnecessary_wraps, reason = "a default has the type of its field")]
fn p99_ratio() -> Option<f64> {
    Some(1.5)
}

fn p99_floor_millis() -> u64 {
    50
}

impl AnalysisPlan {
    /// # Errors
    /// [`Invalid`] for the first field that is out of range.
    pub fn check(&self) -> Result<(), Invalid> {
        let refuse = |field: &str, reason: String| Err(Invalid::new(field, reason));
        if self.steps.is_empty() || self.steps.len() > MAX_STEPS {
            return refuse("steps", format!("must be 1 to {MAX_STEPS}"));
        }
        let mut last = Percent(0.0);
        for (index, step) in self.steps.iter().enumerate() {
            step.check().map_err(|invalid| invalid.within(format!("steps[{index}]")))?;
            if *step <= last {
                let reason = format!("`{}` must be more than `{}`", step.0, last.0);
                return refuse(&format!("steps[{index}]"), reason);
            }
            last = *step;
        }
        if self.steps.first().is_some_and(|first| first.0 >= 100.0) {
            let reason = "must be below 100, where there is no base to compare the canary with";
            return refuse("steps[0]", reason.to_owned());
        }
        if !(1..=MAX_INTERVAL_SECS).contains(&self.interval_secs) {
            let reason = format!("`{}` is not from 1 to {MAX_INTERVAL_SECS}", self.interval_secs);
            return refuse("interval_secs", reason);
        }
        if self.min_requests < MIN_REQUESTS {
            let reason = format!("`{}` is not at least {MIN_REQUESTS}", self.min_requests);
            return refuse("min_requests", reason);
        }
        self.conditions.check().map_err(|invalid| invalid.within("conditions"))
    }
}

impl Conditions {
    fn check(&self) -> Result<(), Invalid> {
        let p = self.max_5xx_significance;
        if !(p > 0.0 && p <= 0.5) {
            let reason = format!("`{p}` is not above 0 and up to 0.5");
            return Err(Invalid::new("max_5xx_significance", reason));
        }
        self.min_5xx_difference.check().map_err(|invalid| invalid.within("min_5xx_difference"))?;
        if let Some(ratio) = self.p99_ratio
            && !(1.0..=1000.0).contains(&ratio)
        {
            return Err(Invalid::new("p99_ratio", format!("`{ratio}` is not from 1 to 1000")));
        }
        Ok(())
    }
}
