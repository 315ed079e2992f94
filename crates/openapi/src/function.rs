//! Functions that a document names, and where they are called.

use tollgate_lambda::{Function, Reference};
use tollgate_source::text::quoted;
use tollgate_source::{At, Findings, Value};

use crate::Context;

/// A function, and whether what it writes is asked for as a stream.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) function: Function,
    pub(crate) streams: bool,
}

/// Reads the URI of a function, or its ARN.
pub(crate) fn read(at: &At<'_>, context: &Context<'_>, out: &mut Findings) -> Option<Called> {
    let text = match template(at) {
        Some(text) => text,
        None => at.filled(out)?,
    };
    let text = context.options.substitute(text);
    let Some(reference) = Reference::parse(&text) else {
        let reason = format!(
            "{} names no function: `arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/\
             FUNCTION_ARN/invocations` belongs here",
            quoted(&text)
        );
        out.refuse(at, reason);
        return None;
    };
    check_variables(at, &reference.name, context, out)?;
    match reference.resolve(&context.options.functions) {
        Ok(function) => Some(Called { function, streams: reference.streams }),
        Err(reason) => {
            out.refuse(at, reason);
            None
        }
    }
}

/// The text of `Fn::Sub` and `!Sub`, which a document of `CloudFormation` has in place of a string. Its
/// own variables are left: only names of functions are understood.
fn template<'a>(at: &At<'a>) -> Option<&'a str> {
    let text = |value: &'a Value| match value {
        Value::String(text) => Some(&**text),
        _ => None,
    };
    if at.node.tag.as_deref() == Some("!Sub") {
        return text(&at.node.value);
    }
    let [only] = at.node.entries() else { return None };
    if &*only.key != "Fn::Sub" {
        return None;
    }
    text(&only.value.value)
}

/// Every stage has the variables that are part of the name.
fn check_variables(
    at: &At<'_>,
    name: &str,
    context: &Context<'_>,
    out: &mut Findings,
) -> Option<()> {
    const OPEN: &str = "${stageVariables.";
    let mut is_right = true;
    for part in name.split(OPEN).skip(1) {
        let Some((variable, _)) = part.split_once('}') else {
            out.refuse(at, "`${` is never closed with `}`");
            return None;
        };
        for (stage, variables) in &context.variables {
            if !variables.contains_key(variable) {
                let whose = stage.map_or_else(
                    || "the stage".to_owned(),
                    |stage| format!("the stage {}", quoted(stage)),
                );
                let reason = format!(
                    "{whose} has no variable {}: give it one with `--stage-variable NAME=VALUE`, or \
                     in the overlay",
                    quoted(variable)
                );
                out.refuse(at, reason);
                is_right = false;
            }
        }
    }
    is_right.then_some(())
}
