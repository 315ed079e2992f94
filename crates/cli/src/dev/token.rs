//! `tollgate dev token`: one token, on standard output and nothing else.

use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use serde_json::Value;

use crate::arguments::pair;
use crate::dev::algorithm::Algorithm;
use crate::dev::claims::{self, Claims};
use crate::dev::state::{Place, State};
use crate::failure::Failure;
use crate::terminal;

/// The audience of the example API.
pub const DEFAULT_AUDIENCE: &str = "orders";

/// `tollgate dev token`
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// A claim; the value is JSON where it can be, and `null` leaves the claim out. May be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = claim)]
    claim: Vec<(String, Value)>,
    /// A scope; may be repeated
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// Whom the token is for; `''` for no `aud`. May be repeated
    #[arg(long, value_name = "AUDIENCE", default_value = DEFAULT_AUDIENCE)]
    audience: Vec<String>,
    /// Who issues it; what the issuer was last started as where not given
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Whom it is about
    #[arg(long, default_value = "dev")]
    subject: String,
    /// After how many seconds it expires; negative for a token that already has
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600, allow_negative_numbers = true)]
    expires_in: i64,
    /// What it is signed with
    #[arg(long, default_value = "RS256")]
    algorithm: Algorithm,
    #[command(flatten)]
    place: Place,
}

/// Prints a token.
pub fn print(arguments: &Arguments) -> Result<(), Failure> {
    let state = State::load(&arguments.place)?;
    let claims = Claims {
        issuer: arguments.issuer.as_deref().unwrap_or(&state.issuer),
        subject: &arguments.subject,
        audiences: &arguments.audience,
        scopes: &arguments.scope,
        expires_in: arguments.expires_in,
        further: &arguments.claim,
    };
    let token = state.key(arguments.algorithm)?.sign(claims.at(now()))?;
    terminal::result(&token)
}

/// Seconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn claim(text: &str) -> Result<(String, Value), String> {
    pair(text).map(|(name, text)| (name, claims::value(&text)))
}
