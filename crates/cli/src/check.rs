//! `tollgate check`: whether a document can be served.

use anyhow::Context;
use serde::Serialize;

use crate::arguments::{Check, Format};
use crate::document::{self, Document, Finding};
use crate::failure::Failure;
use crate::terminal;

/// The answer for machines.
#[derive(Debug, Serialize)]
struct Report<'a> {
    accepted: bool,
    problems: &'a [Finding],
    notices: &'a [Finding],
}

/// Lists every problem of a document, as `file:line:column: place: reason` or as JSON.
///
/// The list is the result, so it is on standard output.
pub fn check(arguments: &Check) -> Result<(), Failure> {
    let source = &arguments.source;
    let outcome = document::read(source)?;
    let (problems, notices): (&[Finding], &[Finding]) = match &outcome {
        Ok(Document { notices, .. }) => (&[], notices),
        Err(problems) => (problems, &[]),
    };
    match arguments.format {
        Format::Json => {
            let report = Report { accepted: outcome.is_ok(), problems, notices };
            let json = serde_json::to_string_pretty(&report).context("cannot write JSON")?;
            terminal::result(&json)?;
        }
        Format::Text => {
            for notice in notices {
                terminal::warning(&notice.text);
            }
            for problem in problems {
                terminal::result(&problem.text)?;
            }
        }
    }
    match outcome {
        Ok(_) => {
            terminal::done("accepted", &source.document.display().to_string());
            Ok(())
        }
        // The problems are already listed.
        Err(problems) => Err(document::refused(source, problems).with_details(Vec::new())),
    }
}
