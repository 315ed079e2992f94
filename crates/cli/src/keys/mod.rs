//! `tollgate keys`: the file that API keys are kept in.
//!
//! The file has no key's value, only its SHA-256: a value is said once, when it is made.

mod aws;
mod create;
mod deliver;
mod file;
mod import;
mod list;
mod random;
mod switch;
mod value;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::failure::Failure;

pub use deliver::deliver;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a key and say its value, this once
    Create(create::Arguments),
    /// Take over keys in the format of AWS's `ImportApiKeys`
    Import(import::Arguments),
    /// List the keys
    List(list::Arguments),
    /// Refuse requests with a key
    Disable(switch::Arguments),
    /// Admit requests with a key again
    Enable(switch::Arguments),
}

/// The file with keys.
#[derive(Clone, Debug, Args)]
pub struct Kept {
    /// The file with keys: CSV with the columns `id,name,sha256,enabled,usage_plans,description`
    #[arg(long = "keys", value_name = "KEYS.CSV")]
    pub path: PathBuf,
}

/// How many keys a file has.
pub fn count(path: &Path) -> Result<usize, Failure> {
    Ok(file::read(path)?.len())
}

/// Does it.
pub fn execute(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Create(arguments) => create::create(arguments),
        Command::Import(arguments) => import::import(arguments),
        Command::List(arguments) => list::list(arguments),
        Command::Disable(arguments) => switch::switch(arguments, switch::To::Disabled),
        Command::Enable(arguments) => switch::switch(arguments, switch::To::Enabled),
    }
}
