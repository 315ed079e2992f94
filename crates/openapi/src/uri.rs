//! The URI of an integration, with its variables.

use std::collections::{BTreeMap, BTreeSet};

use tollgate_policy::{Endpoint, Scheme};
use tollgate_source::text::{cut, quoted};
use tollgate_source::{At, Findings};

use crate::Context;
use crate::options::Variables;

/// How a stage variable is called in a URI.
const STAGE_VARIABLE: &str = "stageVariables.";

/// Checks a URI, and gives its variables the names of the route.
///
/// `variables` are those of the route's path; `renames` says which of them stands for which of the
/// URI's.
pub(crate) fn translate(
    at: &At<'_>,
    variables: &[String],
    renames: &BTreeMap<String, String>,
    context: &Context<'_>,
    out: &mut Findings,
) -> Option<String> {
    let text = context.options.substitute(at.filled(out)?);
    if text.starts_with("arn:") {
        let reason = "an ARN cannot be called by this version: an `https://` or `http://` URL \
                      belongs here";
        out.refuse(at, reason);
        return None;
    }
    let mut uri = String::new();
    let mut rest = text.as_str();
    let mut is_right = true;
    while let Some(brace) = rest.find('{') {
        let (before, after) = rest.split_at_checked(brace).unwrap_or((rest, ""));
        let after = after.strip_prefix('{').unwrap_or(after);
        let Some((name, after)) = after.split_once('}') else {
            out.refuse(at, "`{` is never closed with `}`");
            return None;
        };
        rest = after;
        uri.push_str(before);
        if before.ends_with('$') {
            uri.push_str(&format!("{{{name}}}"));
            if !name.starts_with(STAGE_VARIABLE) {
                let reason = format!(
                    "{} is for CloudFormation to resolve: only `${{stageVariables.NAME}}` and \
                     `${{AWS::Region}}`, `${{AWS::AccountId}}` and `${{AWS::Partition}}` are known here",
                    quoted(&format!("${{{name}}}"))
                );
                out.refuse(at, reason);
                is_right = false;
            }
            continue;
        }
        // `{proxy+}` is how the route has it, and is common in URIs too.
        let name = name.strip_suffix('+').unwrap_or(name);
        let name = renames.get(name).map_or(name, String::as_str);
        if !variables.iter().any(|variable| variable == name) {
            out.refuse(at, format!("the path has no variable {}", quoted(name)));
            is_right = false;
        }
        uri.push_str(&format!("{{{name}}}"));
    }
    uri.push_str(rest);
    if uri.matches('{').count() != uri.matches('}').count() {
        out.refuse(at, "`}` closes nothing");
        return None;
    }
    for (stage, variables) in &context.variables {
        match at_stage(&uri, *stage, variables) {
            Ok(_) if !is_right => {}
            Ok(uri) => {
                if let Err(reason) = endpoint(&uri) {
                    out.refuse(at, reason);
                    is_right = false;
                }
            }
            Err(reason) => {
                out.refuse(at, reason);
                is_right = false;
            }
        }
    }
    is_right.then_some(uri)
}

/// The URI as it will be on a stage.
fn at_stage(uri: &str, stage: Option<&str>, variables: &Variables<'_>) -> Result<String, String> {
    let mut whole = String::with_capacity(uri.len());
    let mut rest = uri;
    while let Some((before, after)) = rest.split_once("${") {
        whole.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        rest = after;
        let Some(name) = name.strip_prefix(STAGE_VARIABLE) else { continue };
        match (variables.get(name), stage) {
            (Some(value), _) => whole.push_str(value),
            (None, None) => {
                return Err(format!(
                    "the stage has no variable {}: give it one with `--stage-variable {}=VALUE`",
                    quoted(name),
                    cut(name)
                ));
            }
            (None, Some(stage)) => {
                return Err(format!(
                    "the stage {} has no variable {}: give it one in the overlay, or all stages with \
                     `--stage-variable {}=VALUE`",
                    quoted(stage),
                    quoted(name),
                    cut(name)
                ));
            }
        }
    }
    whole.push_str(rest);
    Ok(whole)
}

/// How a URI that is right leads to its service, on all stages.
pub(crate) fn schemes(uri: &str, context: &Context<'_>) -> BTreeSet<Scheme> {
    let stages = context.variables.iter();
    let uris = stages.filter_map(|(stage, variables)| at_stage(uri, *stage, variables).ok());
    uris.filter_map(|uri| Some(Endpoint::split(&uri).ok()?.0.scheme)).collect()
}

fn endpoint(uri: &str) -> Result<(), String> {
    let after = uri.split_once("://").map_or(uri, |(_, after)| after);
    let authority = after.split(['/', '?']).next().unwrap_or_default();
    if authority.contains(['{', '}']) {
        return Err("a path variable cannot say which host is called: \
                    `{name}` belongs in the path or query"
            .to_owned());
    }
    let (_, target) = Endpoint::split(uri).map_err(|invalid| invalid.reason)?;
    if target.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(format!("{} has a character that is written as `%XX` in a URL", quoted(uri)))
}
