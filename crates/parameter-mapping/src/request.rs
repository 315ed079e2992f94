//! What is changed of a request.

use std::collections::BTreeMap;

use tollgate_mapping::{Dialect, Expression, Scene, encode};
use tollgate_policy::{Headers, Invalid};

use crate::key::{self, Operation, Place};
use crate::query;

/// The most mappings of one request: API Gateway has none, and each is looked up for every request.
const MAX_MAPPINGS: usize = 100;

/// What is changed of a request on its way to the integration.
#[derive(Debug, Default)]
pub struct RequestMapping(Vec<(Operation, Place, Expression)>);

/// The changes to one request, with their values.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    fields: Vec<(Operation, Place, Option<Vec<u8>>)>,
    /// The path that the integration is asked for, percent-encoded, where it is overwritten.
    pub path: Option<String>,
    /// The values of variables of the integration's URI, percent-encoded.
    pub path_variables: BTreeMap<String, String>,
}

impl RequestMapping {
    /// Compiles `requestParameters`: what is changed, and what it is worth then.
    ///
    /// # Errors
    /// [`Invalid`] for what cannot be changed, or an expression that names what there is not.
    pub fn compile(config: &BTreeMap<String, String>, dialect: Dialect) -> Result<Self, Invalid> {
        if config.len() > MAX_MAPPINGS {
            return Err(Invalid::new("", format!("must not be more than {MAX_MAPPINGS}")));
        }
        let compile = |(key, value): (&String, &String)| {
            let at = |invalid: Invalid| invalid.within(key.as_str());
            let (operation, place) = key::of_request(key, dialect).map_err(at)?;
            let expression = Expression::parse(value, dialect).map_err(at)?;
            if expression.speaks_of_response() {
                let reason = format!("`{value}` is not there before the integration has answered");
                return Err(at(Invalid::new("", reason)));
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

    /// Whether the body of the request must be there.
    #[must_use]
    pub fn needs_body(&self) -> bool {
        self.0.iter().any(|(.., expression)| expression.needs_body())
    }

    /// Whether where the client is must be known.
    #[must_use]
    pub fn needs_source_address(&self) -> bool {
        self.0.iter().any(|(.., expression)| expression.needs().source_address)
    }

    /// The header fields that are changed.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|(_, place, _)| match place {
            Place::Header(name) => Some(name.as_str()),
            Place::QueryString(_) | Place::Path | Place::PathVariable(_) | Place::StatusCode => {
                None
            }
        })
    }

    /// Whether nothing but header fields is changed.
    #[must_use]
    pub fn is_of_headers(&self) -> bool {
        self.headers().count() == self.0.len()
    }

    /// The variables of the integration's URI that get a value.
    pub fn path_variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|(_, place, _)| match place {
            Place::PathVariable(name) => Some(name.as_str()),
            Place::Header(_) | Place::QueryString(_) | Place::Path | Place::StatusCode => None,
        })
    }

    /// What the changes to one request are.
    #[must_use]
    pub fn changes(&self, scene: &Scene<'_>) -> Changes {
        let mut changes = Changes::default();
        for (operation, place, expression) in &self.0 {
            let value = expression.value(scene);
            match place {
                Place::Path => {
                    changes.path = value.map(|value| encode_path(&value));
                }
                Place::PathVariable(name) => {
                    let value = match expression.path_parameter() {
                        // It is a piece of a path already.
                        Some(name) => scene.path_parameter(name).map(str::to_owned),
                        None => value.map(|value| encoded(&value)),
                    };
                    changes.path_variables.insert(name.clone(), value.unwrap_or_default());
                }
                Place::Header(_) | Place::QueryString(_) | Place::StatusCode => {
                    let value = value.map(std::borrow::Cow::into_owned);
                    changes.fields.push((*operation, place.clone(), value));
                }
            }
        }
        changes
    }
}

impl Changes {
    /// Changes header fields and returns the query string, which had been `query`. What is overwritten
    /// with nothing is removed, so that nobody else says it.
    #[must_use]
    pub fn apply(&self, headers: &mut Headers, query: Option<&[u8]>) -> Option<Vec<u8>> {
        let mut parameters = query.map(<[u8]>::to_vec);
        for (operation, place, value) in &self.fields {
            match (place, operation, value) {
                (Place::Header(name), Operation::Overwrite, Some(value)) => {
                    headers.set(name, value);
                }
                (Place::Header(name), Operation::Append, Some(value)) => {
                    headers.append(name, value);
                }
                (Place::Header(name), Operation::Overwrite, None)
                | (Place::Header(name), Operation::Remove, _) => headers.remove(name),
                (Place::QueryString(name), Operation::Append, Some(value)) => {
                    query::append(parameters.get_or_insert_default(), name, value);
                }
                (Place::QueryString(name), Operation::Overwrite, value) => {
                    let mut left = query::remove(&parameters.unwrap_or_default(), name);
                    if let Some(value) = value {
                        query::append(&mut left, name, value);
                    }
                    parameters = Some(left);
                }
                (Place::QueryString(name), Operation::Remove, _) => {
                    parameters = parameters.map(|parameters| query::remove(&parameters, name));
                }
                (_, Operation::Append, None)
                | (Place::Path | Place::PathVariable(_) | Place::StatusCode, ..) => {}
            }
        }
        parameters
            .filter(|parameters| !parameters.is_empty() || query.is_some_and(<[u8]>::is_empty))
    }
}

fn encoded(value: &[u8]) -> String {
    let mut out = Vec::with_capacity(value.len());
    encode(value, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// A path as it may stand in a request: what cannot is percent-encoded. Slashes stay, and what is
/// encoded already.
fn encode_path(path: &[u8]) -> String {
    let mut out = Vec::with_capacity(path.len().saturating_add(1));
    if !path.starts_with(b"/") {
        out.push(b'/');
    }
    let mut rest = path;
    while let Some((&byte, after)) = rest.split_first() {
        let is_encoded =
            byte == b'%' && after.iter().take(2).filter(|d| d.is_ascii_hexdigit()).count() == 2;
        if is_encoded || byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte) {
            out.push(byte);
        } else {
            encode(&[byte], &mut out);
        }
        rest = after;
    }
    String::from_utf8(out).unwrap_or_default()
}
