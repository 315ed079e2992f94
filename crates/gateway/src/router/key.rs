//! What a route is called: `GET /pets/{id}`, `ANY /{proxy+}`, `$default`.

use std::fmt;
use std::str::FromStr;

use tollgate_policy::Invalid;

use super::template::Template;

/// What a route is called: `GET /pets/{id}`, `ANY /{proxy+}`, `$default`.
///
/// Two keys that differ only in the names of their variables are not equal, but no router takes
/// both.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RouteKey {
    /// `$default`: what nothing else matches.
    Default,
    /// A method and a path.
    Path(Method, Template),
}

/// The method of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// `ANY`: every method of an HTTP API, and every [`Verb`] of a REST API.
    Any,
    /// This one.
    Named(Verb),
}

/// A method that a route can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verb {
    /// `DELETE`
    Delete,
    /// `GET`
    Get,
    /// `HEAD`: not implied by `GET`.
    Head,
    /// `OPTIONS`
    Options,
    /// `PATCH`
    Patch,
    /// `POST`
    Post,
    /// `PUT`
    Put,
}

impl RouteKey {
    /// The method; `$default` takes any.
    #[must_use]
    pub const fn method(&self) -> Method {
        match self {
            Self::Default => Method::Any,
            Self::Path(method, _) => *method,
        }
    }

    /// The path, which `$default` does not have.
    #[must_use]
    pub const fn template(&self) -> Option<&Template> {
        match self {
            Self::Default => None,
            Self::Path(_, template) => Some(template),
        }
    }
}

impl Verb {
    const ALL: [Self; 7] =
        [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete, Self::Head, Self::Options];

    /// The verb of a request. Methods are case-sensitive, and `ANY` is not one a client can send.
    #[must_use]
    pub fn of_request(method: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.as_str().as_bytes() == method)
    }

    /// The verb as it is written, in capitals.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

impl FromStr for RouteKey {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text == "$default" {
            return Ok(Self::Default);
        }
        let Some((method, path)) = text.split_once(' ') else {
            return Err(Invalid::new(
                "",
                format!(
                    "a route is `$default` or a method and a path, such as `GET /pets`: `{text}`"
                ),
            ));
        };
        Ok(Self::Path(method.parse()?, path.parse()?))
    }
}

impl FromStr for Method {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text == "ANY" {
            return Ok(Self::Any);
        }
        Verb::of_request(text.as_bytes()).map(Self::Named).ok_or_else(|| {
            let verbs = Verb::ALL.map(Verb::as_str).join(", ");
            Invalid::new("", format!("a method is {verbs} or ANY, in capitals: `{text}`"))
        })
    }
}

impl fmt::Display for RouteKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str("$default"),
            Self::Path(method, template) => write!(out, "{method} {template}"),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => out.write_str("ANY"),
            Self::Named(verb) => out.write_str(verb.as_str()),
        }
    }
}
