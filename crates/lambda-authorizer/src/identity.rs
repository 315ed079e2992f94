//! By what callers are told apart.

use std::borrow::Cow;

use tollgate_mapping::{Dialect, Expression, Scene, decode};
use tollgate_policy::{Exchange, Invalid, is_token};

use crate::config::Format;

/// How many identity sources an authorizer may have: each is looked up for every request.
const MAX_SOURCES: usize = 10;

/// One value by which callers are told apart.
#[derive(Debug)]
enum Source {
    Header(String),
    /// A parameter of the query, of which each ends at one of these bytes.
    QueryString(String, &'static [u8]),
    /// A variable of the context or of the stage.
    Variable(Expression),
}

/// All values by which callers are told apart, in order.
#[derive(Debug)]
pub(crate) struct Sources(Vec<Source>);

/// Why callers cannot be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// A value is not there, or is empty.
    Missing,
    /// A value is there more than once: another reader might take another than we do.
    Several,
}

impl Sources {
    pub(crate) fn compile(sources: &[String], format: Format) -> Result<Self, Invalid> {
        if sources.len() > MAX_SOURCES {
            let reason = format!("must not be more than {MAX_SOURCES}");
            return Err(Invalid::new("identity_sources", reason));
        }
        let parse = |(index, source): (usize, &String)| {
            let at = |invalid: Invalid| invalid.within(format!("identity_sources[{index}]"));
            Source::parse(source, format).map_err(at)
        };
        sources.iter().enumerate().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// The header field of a token.
    pub(crate) fn of_token(source: &str) -> Result<Self, Invalid> {
        match Source::parse(source, Format::Rest)? {
            header @ Source::Header(_) => Ok(Self(vec![header])),
            Source::QueryString(..) | Source::Variable(_) => {
                let reason = format!("`{source}` is not `method.request.header.NAME`");
                Err(Invalid::new("", reason))
            }
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a header field is among them that reads as this one.
    pub(crate) fn have_header(&self, name: &str) -> bool {
        let reads_as = |known: &str| tollgate_policy::reads_as(known.as_bytes(), name.as_bytes());
        self.0.iter().any(|source| matches!(source, Source::Header(known) if reads_as(known)))
    }

    /// Their values, all of which are there.
    pub(crate) fn values<'e>(&self, exchange: &'e Exchange) -> Result<Vec<Cow<'e, [u8]>>, Lack> {
        self.0.iter().map(|source| source.value(exchange)).collect()
    }
}

impl Source {
    fn parse(source: &str, format: Format) -> Result<Self, Invalid> {
        let (dialect, of_request, of_context, of_stage, ends): (_, _, _, _, &[u8]) = match format {
            // `;` ends a parameter too.
            Format::Rest => {
                (Dialect::Rest, "method.request.", "context.", "stageVariables.", b"&;")
            }
            Format::V1 | Format::V2 => {
                (Dialect::Http, "$request.", "$context.", "$stageVariables.", b"&")
            }
        };
        let refuse = || {
            let reason = format!(
                "`{source}` is no identity source: it must be `{of_request}header.NAME`, \
                 `{of_request}querystring.NAME`, `{of_context}NAME` or `{of_stage}NAME`"
            );
            Invalid::new("", reason)
        };
        if let Some(of) = source.strip_prefix(of_request) {
            return match of.split_once('.') {
                Some(("header", name)) if is_token(name.as_bytes()) => {
                    Ok(Self::Header(name.to_owned()))
                }
                Some(("querystring", name)) if !name.is_empty() => {
                    Ok(Self::QueryString(name.to_owned(), ends))
                }
                _ => Err(refuse()),
            };
        }
        if source.starts_with(of_context) || source.starts_with(of_stage) {
            return Expression::parse(source, dialect).map(Self::Variable).map_err(|_| refuse());
        }
        Err(refuse())
    }

    fn value<'e>(&self, exchange: &'e Exchange) -> Result<Cow<'e, [u8]>, Lack> {
        let value = match self {
            Self::Header(name) => {
                only(exchange.request.headers.get_all(name).map(<[u8]>::trim_ascii).map(Cow::from))
            }
            Self::QueryString(name, ends) => {
                let query = exchange.request.query().unwrap_or_default();
                only(query.split(|byte| ends.contains(byte)).filter_map(|part| {
                    let end = part.iter().position(|&byte| byte == b'=').unwrap_or(part.len());
                    let (key, value) = part.split_at_checked(end)?;
                    let is_it = !part.is_empty() && *decode(key) == *name.as_bytes();
                    is_it.then(|| decode(value.get(1..).unwrap_or_default()))
                }))
            }
            Self::Variable(expression) => {
                let scene = Scene::new(exchange);
                let value = expression.value(&scene).map(Cow::into_owned);
                value.map(Cow::Owned).ok_or(Lack::Missing)
            }
        }?;
        if value.is_empty() { Err(Lack::Missing) } else { Ok(value) }
    }
}

fn only<'v>(mut values: impl Iterator<Item = Cow<'v, [u8]>>) -> Result<Cow<'v, [u8]>, Lack> {
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        (Some(_), Some(_)) => Err(Lack::Several),
        (None, _) => Err(Lack::Missing),
    }
}
