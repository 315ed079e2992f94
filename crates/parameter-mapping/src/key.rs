//! What a mapping changes: the left side of one.

use tollgate_mapping::Dialect;
use tollgate_policy::Invalid;

use crate::reserved::check_header;

/// How it is changed, in the order in which changes are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Overwrite,
    Append,
    Remove,
}

/// What is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Header(String),
    QueryString(String),
    /// The whole path.
    Path,
    /// A variable of the integration's URI.
    PathVariable(String),
    StatusCode,
}

/// Reads `overwrite:header.NAME` or `integration.request.header.NAME`.
pub(crate) fn of_request(key: &str, dialect: Dialect) -> Result<(Operation, Place), Invalid> {
    match dialect {
        Dialect::Http => match http(key)? {
            (_, Place::StatusCode) => Err(refuse(key, "a request has no status")),
            change => Ok(change),
        },
        Dialect::Rest => {
            let place = key.strip_prefix("integration.request.").and_then(|of| of.split_once('.'));
            match place {
                Some(("header", name)) => Ok((Operation::Overwrite, header(name, dialect)?)),
                Some(("querystring", name)) if is_name(name) => {
                    Ok((Operation::Append, Place::QueryString(name.to_owned())))
                }
                Some(("path", name)) if is_name(name) => {
                    Ok((Operation::Overwrite, Place::PathVariable(name.to_owned())))
                }
                _ => Err(refuse(
                    key,
                    "`integration.request.header.NAME` belongs here, or \
                                      `querystring` or `path`",
                )),
            }
        }
    }
}

/// Reads `overwrite:header.NAME` or `method.response.header.NAME`.
pub(crate) fn of_response(key: &str, dialect: Dialect) -> Result<(Operation, Place), Invalid> {
    match dialect {
        Dialect::Http => match http(key)? {
            change @ (_, Place::Header(_) | Place::StatusCode) => Ok(change),
            _ => Err(refuse(key, "a response has header fields and a status only")),
        },
        Dialect::Rest => match key.strip_prefix("method.response.header.") {
            // What is reserved in a response is renamed when it goes out.
            Some(name) if tollgate_policy::is_token(name.as_bytes()) => {
                Ok((Operation::Overwrite, Place::Header(name.to_ascii_lowercase())))
            }
            Some(_) | None => Err(refuse(key, "`method.response.header.NAME` belongs here")),
        },
    }
}

fn http(key: &str) -> Result<(Operation, Place), Invalid> {
    let wanted =
        "`overwrite:header.NAME` belongs here, or `append` or `remove`, and `querystring.NAME`";
    let (operation, place) = key.split_once(':').ok_or_else(|| refuse(key, wanted))?;
    let operation = match operation {
        "append" => Operation::Append,
        "overwrite" => Operation::Overwrite,
        "remove" => Operation::Remove,
        _ => return Err(refuse(key, wanted)),
    };
    match (operation, place) {
        (Operation::Overwrite, "path") => return Ok((operation, Place::Path)),
        (Operation::Overwrite, "statuscode") => return Ok((operation, Place::StatusCode)),
        (_, "path" | "statuscode") => return Err(refuse(key, "it can be overwritten only")),
        _ => {}
    }
    match place.split_once('.') {
        Some(("header", name)) => Ok((operation, header(name, Dialect::Http)?)),
        Some(("querystring", name)) if is_name(name) => {
            Ok((operation, Place::QueryString(name.to_owned())))
        }
        _ => Err(refuse(key, wanted)),
    }
}

fn header(name: &str, dialect: Dialect) -> Result<Place, Invalid> {
    check_header(name, dialect)?;
    Ok(Place::Header(name.to_ascii_lowercase()))
}

/// API Gateway: `[a-zA-Z0-9._$-]+`. HTTP APIs take more.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && !b"&=#?".contains(&byte))
}

fn refuse(key: &str, reason: &str) -> Invalid {
    Invalid::new("", format!("`{}` is not what can be mapped: {reason}", key.escape_default()))
}
