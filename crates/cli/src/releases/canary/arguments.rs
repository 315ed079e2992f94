//! What can be said of a canary and of its analysis.

use std::time::Duration;

use clap::Args;
use tollgate_canary::{Percent, Sticky};
use tollgate_releases::analysis::{AnalysisPlan, Conditions};

use crate::arguments::pair;

/// How much of the traffic a canary gets, and of which.
#[derive(Clone, Debug, Args)]
pub struct Share {
    /// How much of the traffic it gets, from 0 to 100
    #[arg(long, value_name = "PERCENT", required_unless_present = "steps")]
    pub percent: Option<f64>,
    /// A stage variable that it has besides, or with another value; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub stage_variable_override: Vec<(String, String)>,
    /// What keeps a caller with the stage or with the canary: `source-ip`, `api-key`, `header:NAME`,
    /// `cookie:NAME` or `claim:NAME`
    #[arg(long, value_name = "KEY", value_parser = sticky)]
    pub sticky: Option<Sticky>,
}

/// How a canary is judged; by people alone where no steps are given.
#[derive(Clone, Debug, Args)]
pub struct Analysis {
    /// Judge it, and give it this much of the traffic, one after the other: `5,25,50,100`
    #[arg(long, value_name = "PERCENT,...", value_delimiter = ',', conflicts_with = "percent")]
    pub steps: Vec<f64>,
    /// How long each step takes at least, as `30s`, `5m` or `1h`
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = interval, requires = "steps", conflicts_with = "percent")]
    pub interval: Duration,
    /// How many requests stage and canary must each have had before they are compared; latencies may take
    /// more, 459 of the stage at first
    #[arg(
        long,
        default_value_t = 100,
        value_name = "N",
        requires = "steps",
        conflicts_with = "percent"
    )]
    pub min_requests: u64,
    /// How likely a difference in 5xx, or in requests that clients give up, may be by chance and still
    /// count: a p-value
    #[arg(
        long,
        default_value_t = 0.01,
        value_name = "P",
        requires = "steps",
        conflicts_with = "percent"
    )]
    pub max_5xx_significance: f64,
    /// How large such a difference must be to count, in percent of the requests
    #[arg(
        long,
        default_value_t = 1.0,
        value_name = "PERCENT",
        requires = "steps",
        conflicts_with = "percent"
    )]
    pub min_5xx_difference: f64,
    /// How many times the stage's p99 the canary's may be; `none` to leave latencies alone
    #[arg(long, default_value = "1.5", value_name = "RATIO", value_parser = ratio, requires = "steps", conflicts_with = "percent")]
    pub max_p99_ratio: Ratio,
    /// Up to which p99 a canary is never too slow, in milliseconds
    #[arg(
        long,
        default_value_t = 50,
        value_name = "MS",
        requires = "steps",
        conflicts_with = "percent"
    )]
    pub p99_floor_millis: u64,
    /// Leave the canary at the last step, for somebody to promote
    #[arg(long, requires = "steps", conflicts_with = "percent")]
    pub no_promote: bool,
}

/// A number, or none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio(Option<f64>);

impl Analysis {
    /// The plan, if it is judged at all.
    pub fn plan(&self) -> Option<AnalysisPlan> {
        if self.steps.is_empty() {
            return None;
        }
        Some(AnalysisPlan {
            steps: self.steps.iter().copied().map(Percent).collect(),
            interval_secs: self.interval.as_secs(),
            min_requests: self.min_requests,
            conditions: Conditions {
                max_5xx_significance: self.max_5xx_significance,
                min_5xx_difference: Percent(self.min_5xx_difference),
                p99_ratio: self.max_p99_ratio.0,
                p99_floor_millis: self.p99_floor_millis,
            },
            promote: !self.no_promote,
        })
    }
}

fn sticky(text: &str) -> Result<Sticky, String> {
    match text.split_once(':') {
        None if text == "source-ip" => Ok(Sticky::SourceIp),
        None if text == "api-key" => Ok(Sticky::ApiKey),
        Some(("header", name)) if !name.is_empty() => Ok(Sticky::Header(name.to_owned())),
        Some(("cookie", name)) if !name.is_empty() => Ok(Sticky::Cookie(name.to_owned())),
        Some(("claim", name)) if !name.is_empty() => Ok(Sticky::Claim(name.to_owned())),
        _ => Err("must be `source-ip`, `api-key`, `header:NAME`, `cookie:NAME` or `claim:NAME`"
            .to_owned()),
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    let wrong = || "must be a number of seconds, minutes or hours: `30s`, `5m`, `1h`".to_owned();
    let (digits, unit) = match text.strip_suffix('s') {
        Some(digits) => (digits, 1),
        None => match text.strip_suffix('m') {
            Some(digits) => (digits, 60),
            None => (text.strip_suffix('h').ok_or_else(wrong)?, 3600),
        },
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).map(Duration::from_secs).ok_or_else(wrong)
}

fn ratio(text: &str) -> Result<Ratio, String> {
    if text == "none" {
        return Ok(Ratio(None));
    }
    let number = text.parse().map_err(|_| "must be a number or `none`".to_owned())?;
    Ok(Ratio(Some(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_a_caller_is_a_word_or_a_kind_and_a_name() {
        assert_eq!(sticky("source-ip"), Ok(Sticky::SourceIp));
        assert_eq!(sticky("api-key"), Ok(Sticky::ApiKey));
        assert_eq!(sticky("header:x-user"), Ok(Sticky::Header("x-user".to_owned())));
        assert_eq!(sticky("cookie:id"), Ok(Sticky::Cookie("id".to_owned())));
        assert_eq!(sticky("claim:a:b"), Ok(Sticky::Claim("a:b".to_owned())));
        for wrong in ["", "header", "header:", "ip", "source-ip:x"] {
            assert!(sticky(wrong).is_err(), "{wrong}");
        }
    }

    #[derive(Debug, clap::Parser)]
    struct Both {
        #[command(flatten)]
        share: Share,
        #[command(flatten)]
        analysis: Analysis,
    }

    #[test]
    fn an_analysis_takes_steps_and_a_percentage_is_without_one() {
        use clap::Parser;

        let read = |arguments: &[&str]| {
            Both::try_parse_from(std::iter::once(&"canary").chain(arguments)).ok()
        };
        let plan = |arguments: &[&str]| read(arguments).unwrap().analysis.plan();
        assert_eq!(plan(&["--percent", "5"]), None);
        let defaults = AnalysisPlan::default();
        assert_eq!(plan(&["--steps", "5,25,50,100"]), Some(defaults.clone()));
        let given =
            plan(&["--steps", "10", "--interval", "5m", "--max-p99-ratio", "none", "--no-promote"]);
        let given = given.unwrap();
        assert_eq!((given.interval_secs, given.promote), (300, false));
        assert_eq!(given.conditions, Conditions { p99_ratio: None, ..defaults.conditions });
        for wrong in [
            [].as_slice(),
            &["--percent", "5", "--steps", "5"],
            &["--percent", "5", "--interval", "5s"],
            &["--percent", "5", "--no-promote"],
            &["--percent", "much"],
        ] {
            assert!(read(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn an_interval_has_a_unit() {
        assert_eq!(interval("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(interval("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(interval("2h"), Ok(Duration::from_secs(7200)));
        for wrong in ["", "60", "s", "-1s", "1.5m", "99999999999999999999s", "9999999999999999999h"]
        {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_ratio_is_a_number_or_none() {
        assert_eq!(ratio("2"), Ok(Ratio(Some(2.0))));
        assert_eq!(ratio("none"), Ok(Ratio(None)));
        assert!(ratio("much").is_err());
    }
}
