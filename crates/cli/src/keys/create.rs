//! `tollgate keys create`

use std::io::{self, Read};

use anyhow::Context;
use clap::Args;
use serde_json::json;
use tollgate_api_keys::{Key, digest};

use crate::arguments::Format;
use crate::failure::{Code, Failure};
use crate::keys::file::{self, Record};
use crate::keys::{Kept, random, value};
use crate::terminal;

/// The most bytes of a value that are read: more than any value has.
const MAX_VALUE_BYTES: u64 = 10_000;

/// `tollgate keys create`
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    kept: Kept,
    /// What people call the key
    #[arg(long)]
    name: String,
    /// A usage plan the key is in; may be repeated
    #[arg(long = "usage-plan", value_name = "PLAN")]
    usage_plans: Vec<String>,
    /// The value, or `-` to read it from standard input; otherwise one that nobody can guess
    #[arg(long, allow_hyphen_values = true)]
    value: Option<String>,
    /// What people say about the key
    #[arg(long, default_value = "", value_name = "TEXT")]
    description: String,
    /// Refuse requests with the key until it is enabled
    #[arg(long)]
    disabled: bool,
    /// How to answer
    #[arg(long, default_value = "text")]
    format: Format,
}

/// Makes a key and says its value, which is kept nowhere.
pub fn create(arguments: &Arguments) -> Result<(), Failure> {
    let refuse = |reason: String| Failure::new(Code::Refused, reason);
    let secret = match arguments.value.as_deref() {
        None => random::value()?,
        Some("-") => from_input()?,
        Some(value) => value.to_owned(),
    };
    value::check(&secret, value::MIN_CHARS).map_err(refuse)?;
    value::check_name(&arguments.name).map_err(refuse)?;
    let digest = digest(secret.as_bytes());

    let mut kept = file::Kept::open(&arguments.kept.path)?;
    if kept.records.iter().any(|record| record.digest == digest) {
        return Err(refuse(value::TAKEN.to_owned()));
    }
    let mut id = random::id()?;
    while kept.records.iter().any(|record| record.key.id == id) {
        id = random::id()?;
    }
    let usage_plans = arguments.usage_plans.clone();
    let key = Key { id: id.clone(), enabled: !arguments.disabled, usage_plans };
    key.check().map_err(|invalid| refuse(invalid.to_string()))?;
    let (name, description) = (arguments.name.clone(), arguments.description.clone());
    kept.records.push(Record { key, digest, name, description });
    kept.save()?;

    terminal::done("created", &id);
    terminal::result(&match arguments.format {
        Format::Text => secret,
        Format::Json => serde_json::to_string_pretty(&json!({
            "id": id,
            "name": arguments.name,
            "value": secret,
            "enabled": !arguments.disabled,
            "usage_plans": arguments.usage_plans,
            "description": arguments.description,
        }))
        .context("cannot write JSON")?,
    })
}

/// The first line of standard input.
fn from_input() -> Result<String, Failure> {
    let mut text = String::new();
    let input = io::stdin().lock();
    input
        .take(MAX_VALUE_BYTES)
        .read_to_string(&mut text)
        .context("cannot read a value from standard input")?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
