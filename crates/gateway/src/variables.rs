//! Stage variables in the text of a definition.

use std::collections::BTreeMap;

use tollgate_policy::Invalid;

const OPEN: &str = "${stageVariables.";

/// Puts the values of stage variables where `${stageVariables.NAME}` stands.
///
/// Unlike API Gateway, which puts nothing where a variable does not exist and fails at the first
/// request, a name the stage does not have is refused.
pub(crate) fn substitute(
    text: &str,
    variables: &BTreeMap<String, String>,
) -> Result<String, Invalid> {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        whole.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            return Err(Invalid::new("", format!("`{OPEN}` is never closed with `}}`")));
        };
        let Some(value) = variables.get(name) else {
            return Err(Invalid::new("", format!("the stage has no variable `{name}`")));
        };
        whole.push_str(value);
        rest = after;
    }
    whole.push_str(rest);
    Ok(whole)
}
