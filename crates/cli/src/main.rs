//! The command line: from an OpenAPI document to a served API.
//!
//! Results go to standard output, everything that is said about them to standard error. What the
//! exit code means is in [`failure::Code`].

mod arguments;
mod build;
mod check;
mod counters;
mod dev;
mod document;
mod edge;
mod endpoint;
mod envoy;
mod explain;
mod failure;
mod filter;
mod http;
mod keys;
mod port;
mod process;
mod releases;
mod routes;
mod run;
mod settings;
mod shell;
mod terminal;
mod usage;
mod wait;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;

fn main() -> ExitCode {
    match execute(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            for line in &failure.details {
                terminal::say(line);
            }
            terminal::error(&failure.message);
            failure.code.into()
        }
    }
}

fn execute(command: Command) -> Result<(), Failure> {
    match command {
        Command::Run(arguments) => wait::block_on(run::run(arguments)),
        Command::Serve(arguments) => wait::block_on(run::serve(arguments)),
        Command::Build(arguments) => build::build(&arguments),
        Command::Edge(arguments) => edge::edge(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::Routes(arguments) => routes::routes(&arguments),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Deploy(arguments) => releases::deploy::deploy(&arguments),
        Command::Stages(arguments) => releases::stages::stages(&arguments),
        Command::Rollback(arguments) => releases::rollback::rollback(&arguments),
        Command::Canary(command) => releases::canary::execute(&command),
        Command::Keys(command) => keys::execute(&command),
        Command::Counters(arguments) => wait::block_on(counters::serve(arguments)),
        Command::Usage(arguments) => wait::block_on(usage::usage(arguments)),
        Command::Dev(command) => dev::execute(command),
        Command::Version => terminal::result(&filter::version()),
    }
}
