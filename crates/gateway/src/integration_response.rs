//! What a client is answered for what an integration has answered.

use regex_lite::{Regex, RegexBuilder};
use tollgate_mapping::{Bodies, Dialect, Scene, Template};
use tollgate_parameter_mapping::ResponseMapping;
use tollgate_payload::ContentHandling;
use tollgate_policy::{Exchange, Headers, Invalid, Response};

use crate::definition::IntegrationResponse;
use crate::integration::JSON;
use crate::remap;

/// API Gateway has no more than there are statuses; each is tried for every answer.
const MAX_RESPONSES: usize = 20;

/// A pattern is about three digits.
const MAX_PATTERN_BYTES: usize = 256;
const MAX_PATTERN_STATE_BYTES: usize = 64 << 10;

/// The responses of an integration, in the order in which they are tried.
#[derive(Debug)]
pub(crate) struct IntegrationResponses(Vec<Compiled>);

#[derive(Debug)]
struct Compiled {
    pattern: Option<Regex>,
    status: u16,
    mapping: ResponseMapping,
    bodies: Bodies,
    content_handling: Option<ContentHandling>,
}

/// The response that fits.
pub(crate) struct Selected<'r>(&'r Compiled);

impl IntegrationResponses {
    pub(crate) fn compile(responses: &[IntegrationResponse]) -> Result<Self, Invalid> {
        if !(1..=MAX_RESPONSES).contains(&responses.len()) {
            return Err(Invalid::new("responses", format!("must be 1 to {MAX_RESPONSES}")));
        }
        let compile = |(index, response): (usize, &IntegrationResponse)| {
            Compiled::compile(response)
                .map_err(|invalid| invalid.within(format!("responses[{index}]")))
        };
        Ok(Self(responses.iter().enumerate().map(compile).collect::<Result<_, _>>()?))
    }

    /// The first response whose pattern the whole status fits, or else the first without one.
    pub(crate) fn select(&self, status: u16) -> Option<Selected<'_>> {
        let status = status.to_string();
        let fits = |response: &&Compiled| {
            response.pattern.as_ref().is_some_and(|pattern| pattern.is_match(&status))
        };
        let default = || self.0.iter().find(|response| response.pattern.is_none());
        self.0.iter().find(fits).or_else(default).map(Selected)
    }

    pub(crate) fn need_body(&self) -> bool {
        let needs = |response: &Compiled| {
            response.mapping.needs_body() || response.content_handling.is_some()
        };
        self.0.iter().any(needs)
    }

    pub(crate) fn need_source_address(&self) -> bool {
        let needs = |response: &Compiled| {
            response.mapping.needs_source_address() || response.bodies.need_source_address()
        };
        self.0.iter().any(needs)
    }
}

impl Compiled {
    fn compile(response: &IntegrationResponse) -> Result<Self, Invalid> {
        if !(200..=599).contains(&response.status_code) {
            let reason = format!("`{}` is not a status from 200 to 599", response.status_code);
            return Err(Invalid::new("status_code", reason));
        }
        let pattern = response.selection_pattern.as_deref().filter(|text| !text.is_empty());
        Ok(Self {
            pattern: pattern
                .map(self::pattern)
                .transpose()
                .map_err(|invalid| invalid.within("selection_pattern"))?,
            status: response.status_code,
            content_handling: response.content_handling,
            mapping: ResponseMapping::compile(&response.response_parameters, Dialect::Rest)
                .map_err(|invalid| invalid.within("response_parameters"))?,
            bodies: Bodies::compile(&response.response_templates, Template::integration)
                .map_err(|invalid| invalid.within("response_templates"))?,
        })
    }
}

impl Selected<'_> {
    /// Whether the integration's body must be there.
    pub(crate) fn needs_body(&self) -> bool {
        self.0.mapping.needs_body()
    }

    pub(crate) fn content_handling(&self) -> Option<ContentHandling> {
        self.0.content_handling
    }

    /// Whether it has a body of its own.
    pub(crate) fn makes_body(&self) -> bool {
        !self.0.bodies.is_empty()
    }

    /// The response, with the body that it makes.
    pub(crate) fn answer(&self, exchange: &Exchange, integration: &Response) -> Response {
        let mut answer = Response { status: self.0.status, ..Response::default() };
        let body = self.0.bodies.render(exchange);
        let media_type = body.as_ref().map_or(JSON, |(media_type, _)| media_type);
        answer.headers.set("content-type", media_type);
        if let Some((_, body)) = &body {
            answer.body = body.clone().into_bytes();
        }
        let scene = Scene::new(exchange).with_response(integration);
        let mut mapped = Response { headers: Headers::new(), ..Response::default() };
        self.0.mapping.changes(&scene).apply(&mut mapped);
        for (name, value) in mapped.headers.iter() {
            if let Ok(name) = std::str::from_utf8(name) {
                answer.headers.set(&remap::of_response(name), value);
            }
        }
        answer
    }
}

/// A pattern that the whole of a text must fit, as Java has it.
fn pattern(text: &str) -> Result<Regex, Invalid> {
    if text.len() > MAX_PATTERN_BYTES {
        return Err(Invalid::new("", format!("must not be longer than {MAX_PATTERN_BYTES} bytes")));
    }
    let whole = format!("^(?:{text})$");
    RegexBuilder::new(&whole)
        .size_limit(MAX_PATTERN_STATE_BYTES)
        .build()
        .map_err(|error| Invalid::new("", format!("`{text}` is not a regular expression: {error}")))
}
