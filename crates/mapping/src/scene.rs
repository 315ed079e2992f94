//! What expressions are looked up in.

use std::cell::OnceCell;

use serde_json::Value;
use tollgate_policy::{Exchange, Response};

/// How much of a body is read for its members. API Gateway cuts a body of an HTTP API there, and what
/// is cut is not JSON any more.
pub(crate) const MAX_BODY_BYTES: usize = 100 * 1024;

/// An exchange, as far as it has come, and the bodies that are there.
#[derive(Debug)]
pub struct Scene<'a> {
    pub(crate) exchange: &'a Exchange,
    pub(crate) path: Option<&'a str>,
    pub(crate) body: Body<'a>,
    pub(crate) response: Option<&'a Response>,
    pub(crate) answer: Body<'a>,
}

/// A body, read as JSON at most once.
#[derive(Debug, Default)]
pub(crate) struct Body<'a> {
    pub(crate) bytes: Option<&'a [u8]>,
    json: OnceCell<Option<Value>>,
}

impl Body<'_> {
    pub(crate) fn json(&self) -> Option<&Value> {
        let read = || {
            let bytes = self.bytes?;
            (bytes.len() <= MAX_BODY_BYTES).then(|| serde_json::from_slice(bytes).ok())?
        };
        self.json.get_or_init(read).as_ref()
    }
}

impl<'a> Scene<'a> {
    /// A request, without its body.
    #[must_use]
    pub fn new(exchange: &'a Exchange) -> Self {
        Self {
            exchange,
            path: None,
            body: Body::default(),
            response: None,
            answer: Body::default(),
        }
    }

    /// The value of a variable of the path, still percent-encoded.
    #[must_use]
    pub fn path_parameter(&self, name: &str) -> Option<&'a str> {
        self.exchange.context.path_parameters.get(name).map(String::as_str)
    }

    /// The same, where the path without the stage is this one.
    #[must_use]
    pub fn with_path(mut self, path: &'a str) -> Self {
        self.path = Some(path);
        self
    }

    /// The same, with the body of the request.
    #[must_use]
    pub fn with_body(mut self, body: &'a [u8]) -> Self {
        self.body.bytes = Some(body);
        self
    }

    /// The same, with the response of the integration. Its body counts where it is there already.
    #[must_use]
    pub fn with_response(mut self, response: &'a Response) -> Self {
        self.answer.bytes = Some(&response.body);
        self.response = Some(response);
        self
    }
}
