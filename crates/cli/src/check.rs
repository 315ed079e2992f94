//! `tollgate check`: whether a document can be served.

use anyhow::Context;
use serde::Serialize;

use crate::arguments::{Check, Format};
use crate::document::{self, Document, Finding};
use crate::failure::Failure;
use crate::keys;
use crate::terminal;

/// The answer for machines.
#[derive(Debug, Serialize)]
struct Report<'a> {
    accepted: bool,
    problems: &'a [Finding],
    notices: &'a [Finding],
    /// Of a document that is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    served: Option<Served>,
}

/// How much would be served.
#[derive(Clone, Copy, Debug, Serialize)]
struct Served {
    routes: usize,
    stages: usize,
    usage_plans: usize,
    /// Those of the definition and those of the file.
    api_keys: usize,
}

impl Served {
    fn count(document: &Document) -> Result<Self, Failure> {
        let definition = &document.definition;
        let apis = || definition.apis.values();
        let of_file = document.keys.as_deref().map(keys::count).transpose()?;
        Ok(Self {
            routes: apis().map(|api| api.routes.len()).sum(),
            stages: apis().map(|api| api.stages.len()).sum(),
            usage_plans: definition.usage_plans.len(),
            api_keys: definition.api_keys.len() + of_file.unwrap_or_default(),
        })
    }

    /// In words: `3 routes on 1 stage, 2 usage plans, 10 API keys`.
    fn words(self) -> String {
        let some = |count: usize, one: &str| match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {one}s"),
        };
        let on_stages = format!("{} on {}", some(self.routes, "route"), some(self.stages, "stage"));
        let others = [(self.usage_plans, "usage plan"), (self.api_keys, "API key")];
        let others = others.into_iter().filter(|(count, _)| *count > 0);
        let others = others.map(|(count, one)| some(count, one));
        std::iter::once(on_stages).chain(others).collect::<Vec<_>>().join(", ")
    }
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
    let served = outcome.as_ref().ok().map(Served::count).transpose()?;
    match arguments.format {
        Format::Json => {
            let report = Report { accepted: outcome.is_ok(), problems, notices, served };
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
            let words = served.map(Served::words).unwrap_or_default();
            terminal::done("accepted", &format!("{}: {words}", source.document.display()));
            Ok(())
        }
        // The problems are already listed.
        Err(problems) => Err(document::refused(source, problems).with_details(Vec::new())),
    }
}
