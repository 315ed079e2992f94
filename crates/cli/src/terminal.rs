//! What is said, and in what colour.

use std::env;
use std::io::{self, ErrorKind, IsTerminal, Write};

use anyhow::Context;

use crate::failure::Failure;

/// Prints a result to standard output. Whoever stops reading has read enough.
pub fn result(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output").map_err(Failure::from)
        }
        _ => Ok(()),
    }
}

/// Says something as it is.
pub fn say(line: &str) {
    // Where standard error is gone there is nobody to tell.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Says what went wrong.
pub fn error(message: &str) {
    say(&format!("{} {message}", Style::Red.paint("error:")));
}

/// Says what may go wrong.
pub fn warning(message: &str) {
    say(&format!("{} {message}", Style::Yellow.paint("warning:")));
}

/// Says what has been done.
pub fn done(what: &str, message: &str) {
    say(&format!("{} {message}", Style::Green.paint(what)));
}

/// How a word stands out.
#[derive(Clone, Copy, Debug)]
enum Style {
    Red,
    Yellow,
    Green,
}

impl Style {
    fn paint(self, word: &str) -> String {
        if !is_colourful() {
            return word.to_owned();
        }
        let colour = match self {
            Self::Red => 31,
            Self::Yellow => 33,
            Self::Green => 32,
        };
        format!("\x1b[1;{colour}m{word}\x1b[0m")
    }
}

/// Colour is for people: on a terminal, and not where `NO_COLOR` says no (no-color.org).
fn is_colourful() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !is_set("NO_COLOR") && env::var_os("TERM") != Some("dumb".into())
}
