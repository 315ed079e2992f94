//! What the operator says instead.

use std::collections::BTreeMap;

use tollgate_mapping::{Bodies, Dialect, Expression, Scene, Template};
use tollgate_policy::{Exchange, Headers, Invalid, is_token};

use crate::GatewayResponse;

/// API Gateway has no limit of its own here; this keeps a response smaller than what it is an error
/// about.
const MAX_PARAMETERS: usize = 20;

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
    bodies: Bodies,
}

impl Custom {
    pub(crate) fn compile(config: &GatewayResponse) -> Result<Self, Invalid> {
        if let Some(status) = config.status_code.filter(|status| !(200..=599).contains(status)) {
            let reason = format!("`{status}` is not a status from 200 to 599");
            return Err(Invalid::new("status_code", reason));
        }
        if config.response_parameters.len() > MAX_PARAMETERS {
            let reason = format!("must not be more than {MAX_PARAMETERS}");
            return Err(Invalid::new("response_parameters", reason));
        }
        let headers = (config.response_parameters.iter())
            .map(|(name, text)| {
                let at = |invalid: Invalid| invalid.within(format!("response_parameters.{name}"));
                Ok((header(name).map_err(at)?, expression(text).map_err(at)?))
            })
            .collect::<Result<_, _>>()?;
        let templates = if config.response_templates.is_empty() {
            &BTreeMap::from([(JSON.to_owned(), DEFAULT_TEMPLATE.to_owned())])
        } else {
            &config.response_templates
        };
        let bodies = Bodies::compile(templates, Template::response)
            .map_err(|invalid| invalid.within("response_templates"))?;
        Ok(Self { status: config.status_code, headers, bodies })
    }

    /// The media type and the text of the body.
    pub(crate) fn body(&self, exchange: &Exchange) -> (&str, String) {
        self.bodies.render(exchange).unwrap_or((JSON, String::new()))
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
        let mut headers = self.headers.iter();
        self.bodies.need_source_address()
            || headers.any(|(_, expression)| expression.needs().source_address)
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
