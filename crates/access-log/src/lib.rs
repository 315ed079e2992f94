//! Lines about requests in the formats of API Gateway, which no header field can forge.
//!
//! An [`AccessLog`] makes one line of an exchange from a format in which `$context` variables stand.
//! What a variable is worth comes from clients, backends and issuers, so it is written the way the
//! format is: escaped as JSON in a JSON object, as XML in an element, in quotation marks where commas
//! separate, and never with the end of a line in it. What is not there is `-`.
//!
//! See [access logging](https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html).

mod encoding;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use tollgate_mapping::{Form, Template};
use tollgate_policy::{Exchange, Invalid, Needs};

pub use encoding::Encoding;

/// API Gateway's limit on a format.
const MAX_FORMAT_BYTES: usize = 3 * 1024;

/// What is written of one variable at most: more than all header fields of a request together.
const MAX_VALUE_BYTES: usize = 16 * 1024;

/// What is logged of each request of a stage. API Gateway: `accessLogSettings`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// One line in which `$context` variables stand, of up to 3,072 bytes. Must have
    /// `$context.requestId` or `$context.extendedRequestId`, so that a line and a response can be told
    /// to be of one request.
    pub format: String,
}

/// Makes lines about requests.
#[derive(Debug)]
pub struct AccessLog {
    template: Template,
    encoding: Encoding,
}

impl AccessLog {
    /// Compiles a format.
    ///
    /// # Errors
    /// [`Invalid`] for a format of several lines or without an id, and for a variable that there is not.
    pub fn compile(config: &Config) -> Result<Self, Invalid> {
        let format = config.format.as_str();
        let refuse = |reason: &str| Err(Invalid::new("format", reason));
        if format.len() > MAX_FORMAT_BYTES {
            return refuse("must not be longer than 3,072 bytes");
        }
        if format.contains(char::is_control) {
            return refuse("must be one line");
        }
        if !["requestId", "extendedRequestId"].iter().any(|id| has(format, id)) {
            return refuse("must have `$context.requestId` or `$context.extendedRequestId`");
        }
        let template = Template::log(format).map_err(|invalid| invalid.within("format"))?;
        Ok(Self { template, encoding: Encoding::of(format) })
    }

    /// The line about an exchange, without its end.
    #[must_use]
    pub fn line(&self, exchange: &Exchange) -> String {
        let put = |value: Option<Cow<'_, str>>, form, line: &mut String| match (value, form) {
            (Some(value), Form::Json) => self.encoding.write_json(cut(&value), line),
            (Some(value), Form::Text) => self.encoding.write(cut(&value), line),
            (None, _) => line.push('-'),
        };
        self.template.render(exchange, put)
    }

    /// What has to be known of an exchange.
    #[must_use]
    pub fn needs(&self) -> Needs {
        self.template.needs()
    }
}

fn has(format: &str, variable: &str) -> bool {
    let places = format.match_indices("$context.").filter_map(|(at, found)| {
        format.get(at.saturating_add(found.len())..)?.strip_prefix(variable)
    });
    let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
    { places }.any(|rest| !rest.bytes().next().is_some_and(goes_on))
}

fn cut(value: &str) -> &str {
    let end = value.floor_char_boundary(MAX_VALUE_BYTES);
    value.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;
