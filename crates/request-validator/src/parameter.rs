//! Parameters that must be there.

use std::str::FromStr;

use tollgate_policy::{Exchange, is_token};

use crate::decode;

/// A parameter of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    place: Place,
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Header,
    Path,
    Query,
}

impl Parameter {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn place(&self) -> Place {
        self.place
    }

    /// Whether a request has it, with a value that is more than spaces.
    pub(crate) fn is_in(&self, exchange: &Exchange) -> bool {
        let says_something = |value: &[u8]| value.iter().any(|byte| *byte > b' ');
        match self.place {
            // Proxies know the host by its name of HTTP/2.
            Place::Header if self.name.eq_ignore_ascii_case("host") => {
                says_something(exchange.request.authority())
            }
            Place::Header => exchange.request.headers.get_all(&self.name).any(says_something),
            Place::Path => exchange
                .context
                .path_parameters
                .get(self.name.as_str())
                .is_some_and(|value| says_something(&decode::percent(value.as_bytes()))),
            Place::Query => {
                let query = exchange.request.query().unwrap_or_default();
                query.split(|byte| *byte == b'&').any(|pair| {
                    let mut halves = pair.splitn(2, |byte| *byte == b'=').map(decode::query);
                    halves.next().is_some_and(|name| name == self.name.as_bytes())
                        && halves.next().is_some_and(|value| says_something(&value))
                })
            }
        }
    }
}

impl FromStr for Parameter {
    type Err = String;

    fn from_str(key: &str) -> Result<Self, String> {
        let refuse = || {
            Err(format!(
                "`{key}` is none of `method.request.header.NAME`, `method.request.path.NAME` and \
                 `method.request.querystring.NAME`"
            ))
        };
        let Some((place, name)) =
            key.strip_prefix("method.request.").and_then(|rest| rest.split_once('.'))
        else {
            return refuse();
        };
        let place = match place {
            "header" if is_token(name.as_bytes()) => Place::Header,
            "path" if !name.is_empty() => Place::Path,
            "querystring" if !name.is_empty() => Place::Query,
            _ => return refuse(),
        };
        Ok(Self { place, name: name.to_owned() })
    }
}
