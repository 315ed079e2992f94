//! The URI of an integration, with its variables.

use std::collections::BTreeMap;

use tollgate_policy::Endpoint;

use crate::cursor::At;
use crate::options::Options;
use crate::problem::Findings;
use crate::text::quoted;

/// Checks a URI, and gives its variables the names of the route.
///
/// `variables` are those of the route's path; `renames` says which of them stands for which of the
/// URI's.
pub(crate) fn translate(
    at: &At<'_>,
    variables: &[String],
    renames: &BTreeMap<String, String>,
    options: &Options,
    out: &mut Findings,
) -> Option<String> {
    let text = options.substitute(at.filled(out)?);
    if text.starts_with("arn:") {
        let reason = "an ARN cannot be called by this version: an `https://` or `http://` URL \
                      belongs here";
        out.refuse(at, reason);
        return None;
    }
    // The URI as it stands in the definition, and as it will be once the stage is known.
    let mut uri = String::new();
    let mut at_stage = String::new();
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
        at_stage.push_str(before);
        if before.ends_with('$') {
            at_stage.pop();
            uri.push_str(&format!("{{{name}}}"));
            match stage_variable(name, options) {
                Ok(value) => at_stage.push_str(value),
                Err(reason) => {
                    out.refuse(at, reason);
                    is_right = false;
                }
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
        at_stage.push_str(&format!("{{{name}}}"));
    }
    uri.push_str(rest);
    at_stage.push_str(rest);
    if at_stage.matches('{').count() != at_stage.matches('}').count() {
        out.refuse(at, "`}` closes nothing");
        return None;
    }
    if !is_right {
        return None;
    }
    match endpoint(&at_stage) {
        Ok(()) => Some(uri),
        Err(reason) => {
            out.refuse(at, reason);
            None
        }
    }
}

fn stage_variable<'o>(name: &str, options: &'o Options) -> Result<&'o str, String> {
    let Some(variable) = name.strip_prefix("stageVariables.") else {
        return Err(format!(
            "{} is for CloudFormation to resolve: only `${{stageVariables.NAME}}` and \
             `${{AWS::Region}}`, `${{AWS::AccountId}}` and `${{AWS::Partition}}` are known here",
            quoted(&format!("${{{name}}}"))
        ));
    };
    options.stage_variables.get(variable).map(String::as_str).ok_or_else(|| {
        format!(
            "the stage has no variable {}: give it one with `--stage-variable {}=VALUE`",
            quoted(variable),
            crate::text::cut(variable)
        )
    })
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
