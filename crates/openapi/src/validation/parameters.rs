//! The parameters of an operation, and which of them must be there.

use std::collections::BTreeSet;

use tollgate_policy::is_token;
use tollgate_source::text::quoted;
use tollgate_source::{At, Findings};

use super::Operation;
use crate::{Context, reference};

/// A parameter.
#[derive(Debug)]
pub(super) struct Parameter<'a> {
    /// Where it is in a request: `header`.
    pub(super) place: &'a str,
    pub(super) name: &'a str,
    pub(super) at: At<'a>,
}

/// Reads the parameters of an operation, and those of its path that it does not have itself.
pub(super) fn read<'a>(
    operation: &Operation<'_, 'a>,
    context: &Context<'a>,
    out: &mut Findings,
) -> Vec<Parameter<'a>> {
    let mut parameters = Vec::new();
    let mut known = BTreeSet::new();
    for list in [operation.at, operation.item].into_iter().filter_map(|of| of.get("parameters")) {
        for at in list.list(out).unwrap_or_default() {
            let Some(at) = reference::follow(at, &context.root, out) else { continue };
            let Some(mut fields) = at.fields(out) else { continue };
            let place = fields.need("in", out).and_then(|at| at.filled(out));
            let name = fields.need("name", out).and_then(|at| at.filled(out));
            let (Some(place), Some(name)) = (place, name) else { continue };
            if known.insert((place, name)) {
                parameters.push(Parameter { place, name, at });
            }
        }
    }
    parameters
}

/// Those that must be there, as API Gateway calls them. Cookies and forms it does not look at.
pub(super) fn required(
    parameters: &[Parameter<'_>],
    operation: &Operation<'_, '_>,
    out: &mut Findings,
) -> Vec<String> {
    let mut names = Vec::new();
    for Parameter { place, name, at } in parameters {
        let Some(required) = at.get("required") else { continue };
        if required.flag(out) != Some(true) {
            continue;
        }
        let place = match *place {
            "header" if !is_token(name.as_bytes()) => {
                out.refuse(at, format!("{} is not the name of a header", quoted(name)));
                continue;
            }
            "path" if !operation.variables.iter().any(|known| known == name) => {
                let name = quoted(name);
                let reason = format!(
                    "the path has no variable {name}, and a request without would be refused"
                );
                out.refuse(at, reason);
                continue;
            }
            "query" => "querystring",
            "header" | "path" => *place,
            _ => continue,
        };
        names.push(format!("method.request.{place}.{name}"));
    }
    names.sort();
    names
}
