//! What the operator says instead.

use std::borrow::Cow;

use tollgate_mapping::{Dialect, Expression, Scene, Template};
use tollgate_policy::{Exchange, Headers, Invalid, is_token};

use crate::GatewayResponse;

/// API Gateway has no limits of its own here; these keep a response smaller than what it is an error
/// about.
const MAX_PARAMETERS: usize = 20;
const MAX_TEMPLATES: usize = 10;
const MAX_TEMPLATE_BYTES: usize = 8_192;

const JSON: &str = "application/json";

/// The body where the operator gives none.
const DEFAULT_TEMPLATE: &str = r#"{"message":$context.error.messageString}"#;

/// Header fields that say how long the response is or how the connection goes on.
const RESERVED: [&str; 5] =
    ["connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"];

/// One response, compiled.
#[derive(Debug)]
pub(crate) struct Custom {
    pub(crate) status: Option<u16>,
    headers: Vec<(String, Expression)>,
    templates: Vec<(String, Template)>,
}

impl Custom {
    pub(crate) fn compile(config: &GatewayResponse) -> Result<Self, Invalid> {
        if let Some(status) = config.status_code.filter(|status| !(200..=599).contains(status)) {
            let reason = format!("`{status}` is not a status from 200 to 599");
            return Err(Invalid::new("status_code", reason));
        }
        let count = |field: &str, count: usize, most: usize| {
            let reason = format!("must not be more than {most}");
            if count > most { Err(Invalid::new(field, reason)) } else { Ok(()) }
        };
        count("response_parameters", config.response_parameters.len(), MAX_PARAMETERS)?;
        count("response_templates", config.response_templates.len(), MAX_TEMPLATES)?;
        let headers = (config.response_parameters.iter())
            .map(|(name, text)| {
                let at = |invalid: Invalid| invalid.within(format!("response_parameters.{name}"));
                Ok((header(name).map_err(at)?, expression(text).map_err(at)?))
            })
            .collect::<Result<_, _>>()?;
        let mut templates = (config.response_templates.iter())
            .map(|(media_type, text)| {
                let at =
                    |invalid: Invalid| invalid.within(format!("response_templates.{media_type}"));
                Ok((media_type.to_ascii_lowercase(), template(media_type, text).map_err(at)?))
            })
            .collect::<Result<Vec<_>, _>>()?;
        if templates.is_empty() {
            templates.push((JSON.to_owned(), Template::response(DEFAULT_TEMPLATE)?));
        }
        Ok(Self { status: config.status_code, headers, templates })
    }

    /// The media type and the text of the body.
    pub(crate) fn body(&self, exchange: &Exchange) -> (&str, String) {
        let accept = exchange.request.headers.get("accept").unwrap_or_default();
        let accept = String::from_utf8_lossy(accept).to_ascii_lowercase();
        let wanted = accept.split(',').filter_map(|item| item.split(';').next()).map(str::trim);
        let of = |wanted: &str| self.templates.iter().find(|(known, _)| known == wanted);
        let found = { wanted }.find_map(of).or_else(|| of(JSON)).or(self.templates.first());
        let Some((media_type, template)) = found else { return (JSON, String::new()) };
        let put = |value: Option<Cow<'_, str>>, text: &mut String| {
            text.push_str(&value.unwrap_or_default());
        };
        (media_type, template.render(exchange, put))
    }

    /// Puts the header fields the operator wants in place.
    pub(crate) fn mark(&self, exchange: &Exchange, headers: &mut Headers) {
        let scene = Scene::new(exchange);
        for (name, expression) in &self.headers {
            if let Some(value) = expression.value(&scene) {
                headers.set(name, value);
            }
        }
    }

    pub(crate) fn needs_source_address(&self) -> bool {
        let headers = self.headers.iter().map(|(_, expression)| expression.needs());
        let bodies = self.templates.iter().map(|(_, template)| template.needs());
        headers.chain(bodies).any(|needs| needs.source_address)
    }
}

fn header(name: &str) -> Result<String, Invalid> {
    let lower = name.to_ascii_lowercase();
    if !is_token(name.as_bytes()) || RESERVED.contains(&lower.as_str()) {
        return Err(Invalid::new("", "is not a header field that can be set"));
    }
    Ok(lower)
}

fn expression(text: &str) -> Result<Expression, Invalid> {
    let expression = Expression::parse(text, Dialect::Rest)?;
    if expression.speaks_of_response() || expression.needs_body() {
        return Err(Invalid::new("", format!("`{text}` is not there when the gateway answers")));
    }
    Ok(expression)
}

fn template(media_type: &str, text: &str) -> Result<Template, Invalid> {
    let is_type = (media_type.split_once('/'))
        .is_some_and(|(kind, sub)| is_token(kind.as_bytes()) && is_token(sub.as_bytes()));
    if !is_type {
        return Err(Invalid::new("", "is not a media type such as `application/json`"));
    }
    if text.len() > MAX_TEMPLATE_BYTES {
        return Err(Invalid::new(
            "",
            format!("must not be longer than {MAX_TEMPLATE_BYTES} bytes"),
        ));
    }
    Template::response(text)
}
