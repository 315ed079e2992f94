//! What a parameter mapping names.

use std::borrow::Cow;

use tollgate_policy::{Invalid, Needs, is_token, text};

use crate::scene::MAX_BODY_BYTES;
use crate::{JsonPath, Scene, Variable, query};

/// The longest expression: API Gateway's limit on a value of a mapping.
const MAX_CHARS: usize = 512;

/// In whose words an expression is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Of HTTP APIs: `$request.header.NAME`, `$context.NAME`, `${request.path.a}-${request.path.b}`.
    Http,
    /// Of REST APIs: `method.request.header.NAME`, `context.NAME`, `'static'`.
    Rest,
}

/// What a parameter mapping puts into its target.
#[derive(Clone, Debug)]
pub struct Expression(Vec<Source>);

/// One place a value comes from.
#[derive(Clone, Debug)]
enum Source {
    Text(String),
    Context(Variable),
    StageVariable(String),
    Header(String, Which),
    QueryString(String, Which),
    Path,
    PathParameter(String),
    Body(Option<JsonPath>),
    ResponseHeader(String, Which),
    ResponseBody(Option<JsonPath>),
}

/// Which of several values of one name.
#[derive(Clone, Copy, Debug)]
enum Which {
    Last,
    /// All, with commas between.
    All,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`Invalid`] for one that names what there is not.
    pub fn parse(expression: &str, dialect: Dialect) -> Result<Self, Invalid> {
        if expression.chars().count() > MAX_CHARS {
            return Err(Invalid::new(
                "",
                format!("must not be longer than {MAX_CHARS} characters"),
            ));
        }
        match dialect {
            Dialect::Http => http(expression).map(Self),
            Dialect::Rest => Ok(Self(vec![rest(expression)?])),
        }
    }

    /// What the expression is worth. Nothing where it names one thing that is not there; where several
    /// stand in text, those that are not there are worth nothing.
    #[must_use]
    pub fn value<'a>(&'a self, scene: &'a Scene<'_>) -> Option<Cow<'a, [u8]>> {
        if let [one] = self.0.as_slice() {
            return one.value(scene);
        }
        let mut whole = Vec::new();
        for source in &self.0 {
            whole.extend_from_slice(&source.value(scene).unwrap_or_default());
        }
        Some(whole.into())
    }

    /// Whether the body of the request must be there.
    #[must_use]
    pub fn needs_body(&self) -> bool {
        self.0.iter().any(|source| matches!(source, Source::Body(_)))
    }

    /// Whether the body of the response must be there.
    #[must_use]
    pub fn needs_response_body(&self) -> bool {
        self.0.iter().any(|source| matches!(source, Source::ResponseBody(_)))
    }

    /// The variable of the path it names, if that is all.
    #[must_use]
    pub fn path_parameter(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Source::PathParameter(name)] => Some(name),
            _ => None,
        }
    }

    /// Whether it speaks of the response, which is not there when a request is mapped.
    #[must_use]
    pub fn speaks_of_response(&self) -> bool {
        let of_response = |source: &Source| {
            matches!(source, Source::ResponseHeader(..) | Source::ResponseBody(_))
        };
        self.0.iter().any(of_response)
    }

    /// Whether it is worth the same for every request.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        self.0.iter().all(|source| matches!(source, Source::Text(_)))
    }

    /// What has to be known of an exchange.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let needs = |source: &Source| match source {
            Source::Context(variable) => variable.needs().source_address,
            _ => false,
        };
        Needs { source_address: self.0.iter().any(needs), ..Needs::default() }
    }
}

impl Source {
    fn value<'a>(&'a self, scene: &'a Scene<'_>) -> Option<Cow<'a, [u8]>> {
        let request = &scene.exchange.request;
        let context = &scene.exchange.context;
        match self {
            Self::Text(text) => Some(text.as_bytes().into()),
            Self::Context(variable) => Some(bytes(variable.value(scene.exchange)?)),
            Self::StageVariable(name) => {
                context.stage_variables.get(name).map(|value| value.as_bytes().into())
            }
            Self::Header(name, which) => which.of(request.headers.get_all(name).map(Cow::from)),
            Self::QueryString(name, which) => which.of(query::values(request.query()?, name)),
            Self::Path => Some(scene.path.map_or(request.path(), str::as_bytes).into()),
            Self::PathParameter(name) => {
                let value = context.path_parameters.get(name.as_str())?;
                Some(query::decode_path(value.as_bytes()))
            }
            Self::Body(path) => scene.body.value(path.as_ref()),
            Self::ResponseHeader(name, which) => {
                which.of(scene.response?.headers.get_all(name).map(Cow::from))
            }
            Self::ResponseBody(path) => scene.answer.value(path.as_ref()),
        }
    }
}

impl crate::scene::Body<'_> {
    /// The body whole, or what lies in it.
    fn value(&self, path: Option<&JsonPath>) -> Option<Cow<'_, [u8]>> {
        match path {
            None => self.bytes.map(|bytes| bytes.get(..MAX_BODY_BYTES).unwrap_or(bytes).into()),
            Some(path) => Some(text(path.find(self.json()?)?).into_bytes().into()),
        }
    }
}

impl Which {
    fn of<'v>(self, values: impl Iterator<Item = Cow<'v, [u8]>>) -> Option<Cow<'v, [u8]>> {
        match self {
            Self::Last => values.last(),
            Self::All => values.reduce(|mut all, value| {
                all.to_mut().push(b',');
                all.to_mut().extend_from_slice(&value);
                all
            }),
        }
    }
}

fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// An expression of an HTTP API: one name, or text in which names stand in braces.
fn http(expression: &str) -> Result<Vec<Source>, Invalid> {
    if let Some(name) = expression.strip_prefix('$').filter(|name| !name.starts_with('{')) {
        return Ok(vec![http_name(name)?]);
    }
    let mut sources = Vec::new();
    let mut rest = expression;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            return Err(Invalid::new(
                "",
                format!("`{expression}` has a `${{` that is never closed"),
            ));
        };
        if !before.is_empty() {
            sources.push(Source::Text(before.to_owned()));
        }
        sources.push(http_name(name)?);
        rest = after;
    }
    if !rest.is_empty() || sources.is_empty() {
        sources.push(Source::Text(rest.to_owned()));
    }
    Ok(sources)
}

fn http_name(name: &str) -> Result<Source, Invalid> {
    let refuse = || Err(Invalid::new("", format!("there is no `${name}`")));
    if name == "request.path" {
        return Ok(Source::Path);
    }
    if let Some(path) = body(name, "request.body")? {
        return Ok(Source::Body(path));
    }
    if let Some(path) = body(name, "response.body")? {
        return Ok(Source::ResponseBody(path));
    }
    if let Some(source) = shared(name)? {
        return Ok(source);
    }
    let (place, of) = match name.splitn(3, '.').collect::<Vec<_>>().as_slice() {
        [side, place, of] if !of.is_empty() => (format!("{side}.{place}"), (*of).to_owned()),
        _ => return refuse(),
    };
    match place.as_str() {
        "request.header" => Ok(Source::Header(header(&of)?, Which::All)),
        "request.querystring" => Ok(Source::QueryString(of, Which::All)),
        "request.path" => Ok(Source::PathParameter(of)),
        "response.header" => Ok(Source::ResponseHeader(header(&of)?, Which::All)),
        _ => refuse(),
    }
}

/// An expression of a REST API: one name, or text in quotation marks.
fn rest(expression: &str) -> Result<Source, Invalid> {
    let quoted = expression.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    if let Some(text) = quoted {
        return Ok(Source::Text(text.to_owned()));
    }
    if let Some(path) = body(expression, "method.request.body")? {
        return Ok(Source::Body(path));
    }
    if let Some(path) = body(expression, "integration.response.body")? {
        return Ok(Source::ResponseBody(path));
    }
    if let Some(source) = shared(expression)? {
        return Ok(source);
    }
    let refuse = || {
        let reason = format!(
            "`{expression}` names nothing: `method.request.header.NAME`, `context.NAME` and \
             `'text'` do"
        );
        Err(Invalid::new("", reason))
    };
    let parts: Vec<_> = expression.splitn(4, '.').collect();
    let [first, second, place, of] = parts.as_slice() else { return refuse() };
    if of.is_empty() {
        return refuse();
    }
    let (of, whole) = ((*of).to_owned(), format!("{first}.{second}"));
    match (whole.as_str(), *place) {
        ("method.request", "path") => Ok(Source::PathParameter(of)),
        ("method.request", "querystring") => Ok(Source::QueryString(of, Which::Last)),
        ("method.request", "multivaluequerystring") => Ok(Source::QueryString(of, Which::All)),
        ("method.request", "header") => Ok(Source::Header(header(&of)?, Which::Last)),
        ("method.request", "multivalueheader") => Ok(Source::Header(header(&of)?, Which::All)),
        ("integration.response", "header") => Ok(Source::ResponseHeader(header(&of)?, Which::Last)),
        ("integration.response", "multivalueheader") => {
            Ok(Source::ResponseHeader(header(&of)?, Which::All))
        }
        _ => refuse(),
    }
}

/// What both kinds of API call by the same name.
fn shared(name: &str) -> Result<Option<Source>, Invalid> {
    if let Some(name) = name.strip_prefix("context.") {
        return Ok(Some(Source::Context(Variable::parse(name)?)));
    }
    match name.strip_prefix("stageVariables.") {
        Some(name) if !name.is_empty() => Ok(Some(Source::StageVariable(name.to_owned()))),
        _ => Ok(None),
    }
}

/// A body, whole or what lies in it; nothing where the name is not that of a body.
#[expect(clippy::option_option, reason = "a body whole is not the same as no body")]
fn body(name: &str, prefix: &str) -> Result<Option<Option<JsonPath>>, Invalid> {
    match name.strip_prefix(prefix) {
        Some("") => Ok(Some(None)),
        Some(path) if path.starts_with(['.', '[']) => Ok(Some(Some(JsonPath::parse(path)?))),
        Some(_) | None => Ok(None),
    }
}

fn header(name: &str) -> Result<String, Invalid> {
    if !is_token(name.as_bytes()) {
        return Err(Invalid::new("", format!("`{}` is not a header field", name.escape_default())));
    }
    Ok(name.to_owned())
}
