//! `tollgate dev`: what an API needs around it to be tried on one machine. Nothing here is for
//! production: whoever can call the issuer gets any token.

mod algorithm;
mod backend;
mod claims;
mod curl;
mod issuer;
mod key;
mod server;
mod state;
mod token;
mod up;

use clap::Subcommand;

use crate::failure::Failure;
use crate::wait::block_on;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Issue tokens: OpenID discovery, a JWKS and a token endpoint
    Issuer(issuer::Arguments),
    /// Print a token, signed with the issuer's key whether it runs or not
    Token(token::Arguments),
    /// Answer as an orders service would, and say what was received
    Backend(backend::Arguments),
    /// Serve a document together with the issuer and the backend it names
    Up(Box<up::Arguments>),
}

/// Does it.
pub fn execute(command: Command) -> Result<(), Failure> {
    match command {
        Command::Issuer(arguments) => block_on(issuer::serve(arguments)),
        Command::Token(arguments) => token::print(&arguments),
        Command::Backend(arguments) => block_on(backend::serve(arguments)),
        Command::Up(arguments) => block_on(up::up(*arguments)),
    }
}
