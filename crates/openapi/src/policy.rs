//! `x-amazon-apigateway-policy`: the resource policy of a REST API.

use serde_json::Value as Json;
use tollgate_gateway::definition::Protocol;
use tollgate_iam::{Api, Kind, Policy};
use tollgate_source::text::quoted;
use tollgate_source::{At, Findings, Value};

use crate::options::Options;

/// Reads the resource policy of an API with this id.
pub(crate) fn read(
    at: &At<'_>,
    id: &str,
    protocol: Protocol,
    options: &Options,
    out: &mut Findings,
) -> Option<Json> {
    if protocol == Protocol::Http {
        out.refuse(at, "only a REST API has a resource policy: whom this one denies would get in");
        return None;
    }
    // The console writes it as text in an export.
    let written = match &at.node.value {
        Value::String(text) => match serde_json::from_str(&options.substitute(text)) {
            Ok(policy) => policy,
            Err(error) => {
                out.refuse(at, format!("this text is no JSON: {error}"));
                return None;
            }
        },
        _ => at.node.json(),
    };
    let policy = resolve(written, options).map_or_else(
        |function| {
            let reason = format!(
                "only CloudFormation knows what {} stands for: write what it is",
                quoted(&function)
            );
            out.refuse(at, reason);
            None
        },
        Some,
    )?;
    let api = Api::new(&options.region, &options.account_id, id);
    match Policy::compile(&policy, Kind::Resource(&api)) {
        Ok(_) => Some(policy),
        Err(malformed) => {
            out.refuse(at, malformed.to_string());
            None
        }
    }
}

/// Puts values where variables of `CloudFormation` stand that are known here, also within `Fn::Sub`.
///
/// # Errors
/// The function whose value is not known.
fn resolve(value: Json, options: &Options) -> Result<Json, String> {
    match value {
        Json::String(text) => Ok(Json::String(options.substitute(&text))),
        Json::Array(items) => {
            let items: Result<_, String> =
                items.into_iter().map(|item| resolve(item, options)).collect();
            Ok(Json::Array(items?))
        }
        Json::Object(fields) => {
            let is_function = |key: &str| key == "Ref" || key.starts_with("Fn::");
            if let (1, Some((key, value))) = (fields.len(), fields.iter().next())
                && is_function(key)
            {
                let resolved = if key == "Fn::Sub" { substitution(value, options) } else { None };
                return resolved.map(Json::String).ok_or_else(|| key.clone());
            }
            let each = |(key, value)| Ok((key, resolve(value, options)?));
            let fields: Result<_, String> = fields.into_iter().map(each).collect();
            Ok(Json::Object(fields?))
        }
        other => Ok(other),
    }
}

/// What `Fn::Sub` makes of its text, if every variable in it is known. `${aws:username}` and the like are
/// the policy's own.
fn substitution(value: &Json, options: &Options) -> Option<String> {
    let (text, variables) = match value {
        Json::String(text) => (text, None),
        Json::Array(parts) => match parts.as_slice() {
            [Json::String(text), Json::Object(variables)] => (text, Some(variables)),
            _ => return None,
        },
        _ => return None,
    };
    let mut text = options.substitute(text);
    for (name, value) in variables.into_iter().flatten() {
        text = text.replace(&format!("${{{name}}}"), value.as_str()?);
    }
    let mut rest = text.split("${").skip(1);
    rest.all(|part| {
        part.split_once('}').is_some_and(|(name, _)| name.contains(':') && !name.contains("::"))
    })
    .then_some(text)
}
