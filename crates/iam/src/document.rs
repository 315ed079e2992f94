//! A policy document as JSON has it.

use serde_json::Value as Json;

use crate::elements::{Elements, each, text};
use crate::malformed::{Malformed, shown};
use crate::policy::Kind;
use crate::statement::Statement;
use crate::{MAX_DOCUMENT_BYTES, MAX_DOCUMENT_VALUES, MAX_RESOURCE_POLICY_CHARS};

/// The statements of a document.
pub(crate) fn parse(document: &Json, kind: Kind<'_>) -> Result<Box<[Statement]>, Malformed> {
    measure(document, kind)?;
    let elements = Elements::of(document, &["Version", "Id", "Statement"])?;
    if let Some(id) = elements.get("Id") {
        text(id).map_err(|malformed| malformed.within("Id"))?;
    }
    let version = elements.get("Version").map_or(Ok("2008-10-17"), text);
    let has_variables = match version.map_err(|malformed| malformed.within("Version"))? {
        "2012-10-17" => true,
        "2008-10-17" => false,
        other => {
            let reason = format!("`{}` is neither `2012-10-17` nor `2008-10-17`", shown(other));
            return Err(Malformed::new(reason).within("Version"));
        }
    };
    let Some(statements) = elements.get("Statement") else {
        return Err(Malformed::new("is missing").within("Statement"));
    };
    let statements = each(statements, |statement| Statement::parse(statement, has_variables, kind));
    Ok(statements.map_err(|malformed| malformed.within("Statement"))?.into())
}

/// Refuses a document that says too much.
fn measure(document: &Json, kind: Kind<'_>) -> Result<(), Malformed> {
    let (mut bytes, mut chars, mut values) = (0_usize, 0_usize, 0_usize);
    let mut count = |text: &str| {
        bytes = bytes.saturating_add(text.len());
        chars = chars.saturating_add(text.chars().count());
    };
    // As deep as the document is, this is not recursive.
    let mut open = vec![document];
    while let Some(value) = open.pop() {
        values = values.saturating_add(1);
        match value {
            Json::String(text) => count(text),
            Json::Array(items) => open.extend(items),
            Json::Object(entries) => {
                entries.keys().for_each(|name| count(name));
                open.extend(entries.values());
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }
    let refuse = |most: usize, of: &str| Err(Malformed::new(format!("has more than {most} {of}")));
    if bytes > MAX_DOCUMENT_BYTES {
        return refuse(MAX_DOCUMENT_BYTES, "bytes");
    }
    if values > MAX_DOCUMENT_VALUES {
        return refuse(MAX_DOCUMENT_VALUES, "values");
    }
    match kind {
        Kind::Resource(_) if chars > MAX_RESOURCE_POLICY_CHARS => {
            refuse(MAX_RESOURCE_POLICY_CHARS, "characters")
        }
        Kind::Resource(_) | Kind::Identity => Ok(()),
    }
}
