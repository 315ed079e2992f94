//! `tollgate usage`: what keys have used of their plans, by day.

use std::time::{Duration, SystemTime};

use anyhow::{Context, anyhow};
use clap::Args;
use serde_json::Value;
use tokio::net::lookup_host;
use tokio::time::timeout;
use tollgate_counters::{Day, Usage};
use tollgate_policy::{Endpoint, Scheme};

use crate::arguments::Format;
use crate::failure::Failure;
use crate::http;
use crate::terminal;

/// How many days are shown where nothing is said: a week.
const DAYS: u32 = 7;
/// How long the counters may take to answer. They may read a year of many keys from Redis.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// `tollgate usage`
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// The usage plan
    #[arg(long, value_name = "ID")]
    plan: String,
    /// The id of a key; all that have used the plan where not given
    #[arg(long, value_name = "ID")]
    key: Option<String>,
    /// The domain of the counters, where the overlay says one
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,
    /// The first day, as `2026-11-24`; a week with the last where not given
    #[arg(long, value_name = "DAY")]
    from: Option<Day>,
    /// The last day; today where not given
    #[arg(long, value_name = "DAY")]
    to: Option<Day>,
    /// Where `tollgate counters` serves
    #[arg(long, default_value = "http://127.0.0.1:8083", value_name = "URL")]
    counters: String,
    /// How to answer
    #[arg(long, default_value = "text")]
    format: Format,
}

/// Asks the counters and shows what they say.
pub async fn usage(arguments: Arguments) -> Result<(), Failure> {
    let to = arguments.to.unwrap_or_else(|| Day::of(SystemTime::now()));
    let from = arguments.from.unwrap_or_else(|| to.minus(DAYS - 1));
    let mut target = format!("/usage?plan={}&from={from}&to={to}", encode(&arguments.plan));
    if let Some(key) = &arguments.key {
        target.push_str("&key=");
        target.push_str(&encode(key));
    }
    if let Some(domain) = &arguments.domain {
        target.push_str("&domain=");
        target.push_str(&encode(domain));
    }
    let body = ask(&arguments.counters, &target).await?;
    match arguments.format {
        Format::Json => terminal::result(String::from_utf8_lossy(&body).trim_end()),
        Format::Text => {
            let usage = serde_json::from_slice(&body).context("the counters make no sense")?;
            terminal::result(&table(&usage))
        }
    }
}

/// Asks for a path, and fails with the counters' own words where they have no answer.
async fn ask(counters: &str, target: &str) -> anyhow::Result<Vec<u8>> {
    let (endpoint, rest) = Endpoint::split(counters).map_err(|invalid| anyhow!("{invalid}"))?;
    if endpoint.scheme == Scheme::Https || !matches!(rest, "" | "/") {
        return Err(anyhow!("`--counters` must be `http://HOST:PORT`"));
    }
    let unreachable = || format!("cannot ask the counters at `{counters}`");
    let answer = async {
        let mut addresses = lookup_host((endpoint.host.as_str(), endpoint.port)).await?;
        let address = addresses.next().context("the host has no address")?;
        http::get(address, target).await
    };
    let answer = timeout(TIME_LIMIT, answer).await.context("there was no answer in time");
    let (status, body) = answer.and_then(|answer| answer).with_context(unreachable)?;
    if status != 200 {
        let body: Option<Value> = serde_json::from_slice(&body).ok();
        let message = body.as_ref().and_then(|body| body.get("message")?.as_str());
        let message = message.map_or_else(|| format!("they answer {status}"), str::to_owned);
        return Err(anyhow!(message)).with_context(unreachable);
    }
    Ok(body)
}

/// A value in a query: everything but letters, digits and a few marks is written as its bytes.
fn encode(value: &str) -> String {
    let each = value.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    });
    each.collect()
}

/// The usage for people.
fn table(usage: &Usage) -> String {
    let mut lines = vec![["KEY", "DAY", "USED", "REMAINING"].map(str::to_owned)];
    let first: Option<Day> = usage.start_date.parse().ok();
    for (key, days) in &usage.items {
        for (number, (used, remaining)) in (0_u32..).zip(days) {
            let day = first.map(|first| first.plus(number).to_string()).unwrap_or_default();
            let remaining = remaining.map_or_else(|| "?".to_owned(), |left| left.to_string());
            lines.push([key.clone(), day, used.to_string(), remaining]);
        }
    }
    let width = |column: fn(&[String; 4]) -> &String| {
        lines.iter().map(|line| column(line).chars().count()).max().unwrap_or_default()
    };
    let (key, day) = (width(|[key, ..]| key), width(|[_, day, ..]| day));
    let (used, left) = (width(|[_, _, used, _]| used), width(|[.., left]| left));
    let lines: Vec<_> = (lines.iter())
        .map(|[a, b, c, d]| format!("{a:key$}  {b:day$}  {c:>used$}  {d:>left$}"))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_was_used_and_what_remains() {
        let usage = Usage {
            usage_plan_id: "gold".to_owned(),
            start_date: "2026-11-30".to_owned(),
            end_date: "2026-12-01".to_owned(),
            items: [("k1".to_owned(), vec![(12, Some(988)), (0, None)])].into(),
        };
        let expected = "\
KEY  DAY         USED  REMAINING
k1   2026-11-30    12        988
k1   2026-12-01     0          ?";
        assert_eq!(table(&usage), expected);
    }

    #[test]
    fn a_value_in_a_query_is_encoded() {
        assert_eq!(encode("a b&c=d/ü~"), "a%20b%26c%3Dd%2F%C3%BC~");
    }
}
