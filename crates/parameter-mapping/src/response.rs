//! What is changed of a response.

use std::collections::BTreeMap;

use tollgate_mapping::{Dialect, Expression, Scene};
use tollgate_policy::{Invalid, Response};

use crate::key::{self, Operation, Place};

/// The most mappings of one response.
const MAX_MAPPINGS: usize = 100;

/// What is changed of a response on its way to the client.
#[derive(Debug, Default)]
pub struct ResponseMapping(Vec<(Operation, Place, Expression)>);

/// The changes to one response, with their values.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ResponseChanges(Vec<(Operation, Place, Option<Vec<u8>>)>);

impl ResponseMapping {
    /// Compiles `responseParameters` of one status, or of one integration response.
    ///
    /// # Errors
    /// [`Invalid`] for what cannot be changed, or an expression that names what there is not.
    pub fn compile(config: &BTreeMap<String, String>, dialect: Dialect) -> Result<Self, Invalid> {
        if config.len() > MAX_MAPPINGS {
            return Err(Invalid::new("", format!("must not be more than {MAX_MAPPINGS}")));
        }
        let compile = |(key, value): (&String, &String)| {
            let at = |invalid: Invalid| invalid.within(key.as_str());
            let (operation, place) = key::of_response(key, dialect).map_err(at)?;
            let expression = Expression::parse(value, dialect).map_err(at)?;
            if expression.needs_body() {
                let reason = format!("`{value}` is not there any more when a response is mapped");
                return Err(at(Invalid::new("", reason)));
            }
            if place == Place::StatusCode
                && expression.is_fixed()
                && status(value.as_bytes()).is_none()
            {
                return Err(at(Invalid::new(
                    "",
                    format!("`{value}` is not a status from 200 to 599"),
                )));
            }
            Ok((operation, place, expression))
        };
        let mut changes = config.iter().map(compile).collect::<Result<Vec<_>, _>>()?;
        changes.sort_by_key(|(operation, ..)| *operation);
        Ok(Self(changes))
    }

    /// Whether there is nothing to change.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the body of the response must be there.
    #[must_use]
    pub fn needs_body(&self) -> bool {
        self.0.iter().any(|(.., expression)| expression.needs_response_body())
    }

    /// Whether where the client is must be known.
    #[must_use]
    pub fn needs_source_address(&self) -> bool {
        self.0.iter().any(|(.., expression)| expression.needs().source_address)
    }

    /// What the changes to one response are.
    #[must_use]
    pub fn changes(&self, scene: &Scene<'_>) -> ResponseChanges {
        let value = |(operation, place, expression): &(Operation, Place, Expression)| {
            let value = expression.value(scene).map(std::borrow::Cow::into_owned);
            (*operation, place.clone(), value)
        };
        ResponseChanges(self.0.iter().map(value).collect())
    }
}

impl ResponseChanges {
    /// Changes a response. A status that is none leaves the one that is there.
    pub fn apply(self, response: &mut Response) {
        for (operation, place, value) in self.0 {
            match (place, operation, value) {
                (Place::StatusCode, _, Some(value)) => {
                    response.status = status(&value).unwrap_or(response.status);
                }
                (Place::Header(name), Operation::Overwrite, Some(value)) => {
                    response.headers.set(&name, value);
                }
                (Place::Header(name), Operation::Append, Some(value)) => {
                    response.headers.append(&name, value);
                }
                (Place::Header(name), Operation::Overwrite, None)
                | (Place::Header(name), Operation::Remove, _) => response.headers.remove(&name),
                (_, _, None)
                | (Place::QueryString(_) | Place::Path | Place::PathVariable(_), ..) => {}
            }
        }
    }
}

fn status(text: &[u8]) -> Option<u16> {
    let status = std::str::from_utf8(text).ok()?.trim().parse().ok()?;
    (200..=599).contains(&status).then_some(status)
}
