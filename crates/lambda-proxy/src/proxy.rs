//! A function that answers requests, compiled.

use std::time::Duration;

use tollgate_lambda::event::Source;
use tollgate_lambda::{Callee, Failure, returned};
use tollgate_payload::BinaryMediaTypes;
use tollgate_policy::{Call, Exchange, Fault, Invalid, Response};

use crate::config::{Config, Format, Transfer};
use crate::{request, response, stream};

/// A function that answers requests.
#[derive(Debug)]
pub struct LambdaProxy {
    callee: Callee,
    format: Format,
    transfer: Transfer,
    timeout: Duration,
}

/// Why a function has answered nothing that a client could be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bad {
    /// What the client is told.
    pub fault: Fault,
    /// What the operator is told, in `$context.integrationErrorMessage`.
    pub reason: &'static str,
}

const MIN_TIMEOUT_MILLIS: u32 = 50;

impl LambdaProxy {
    /// The function of a configuration.
    ///
    /// # Errors
    /// [`Invalid`] for a function that cannot be called, or a time-out that API Gateway does not have.
    pub fn compile(config: &Config) -> Result<Self, Invalid> {
        let most = match (config.format, config.transfer) {
            (Format::Rest, Transfer::Buffered) => 29_000,
            (Format::Rest, Transfer::Stream) => 900_000,
            (Format::V1 | Format::V2, Transfer::Buffered) => 30_000,
            (Format::V1 | Format::V2, Transfer::Stream) => {
                return Err(Invalid::new(
                    "transfer",
                    "only a REST API streams what functions write",
                ));
            }
        };
        let millis = config.timeout_millis.unwrap_or(most.min(30_000));
        if !(MIN_TIMEOUT_MILLIS..=most).contains(&millis) {
            let reason = format!("`{millis}` is not from {MIN_TIMEOUT_MILLIS} to {most}");
            return Err(Invalid::new("timeout_millis", reason));
        }
        let callee = match config.transfer {
            Transfer::Buffered => Callee::compile(&config.function),
            Transfer::Stream => Callee::streaming(&config.function),
        };
        Ok(Self {
            callee: callee.map_err(|invalid| invalid.within("function"))?,
            format: config.format,
            transfer: config.transfer,
            timeout: Duration::from_millis(u64::from(millis)),
        })
    }

    /// The call that hands a request to the function, before it is turned to any other integration. The
    /// API's `binary` media types are those of a REST API.
    #[must_use]
    pub fn call(&self, source: Source<'_>, body: &[u8], binary: &BinaryMediaTypes) -> Call {
        let event = request::event(source, body, self.format, binary);
        self.callee.call(event, source.exchange.context.trace_id.as_deref(), self.timeout)
    }

    /// What the client is told for what the call has come to.
    ///
    /// # Errors
    /// [`Bad`] where the function has answered nothing that can be told.
    pub fn answer(
        &self,
        exchange: &Exchange,
        reply: Option<Response>,
        binary: &BinaryMediaTypes,
    ) -> Result<Response, Bad> {
        let bad = |reason| Bad { fault: Fault::BadFunctionResponse, reason };
        let media_type = reply.as_ref().and_then(|reply| reply.headers.get("content-type"));
        let media_type = media_type.unwrap_or_default().to_vec();
        let body = returned(reply).map_err(|failure| Bad::from(&failure))?;
        match self.transfer {
            Transfer::Stream => stream::response(&media_type, body).map_err(bad),
            Transfer::Buffered => {
                let accept = exchange.request.headers.arrived("accept").unwrap_or_default();
                response::response(body, self.format, accept, binary).map_err(bad)
            }
        }
    }
}

impl From<&Failure> for Bad {
    fn from(failure: &Failure) -> Self {
        let fault = match failure {
            Failure::Unreachable => Fault::IntegrationFailure,
            Failure::TimedOut => Fault::IntegrationTimeout,
            Failure::NotPermitted | Failure::NotFound => Fault::Internal,
            Failure::TooLarge => Fault::RequestTooLarge,
            Failure::Throttled | Failure::FunctionError(_) | Failure::Service(_) => {
                Fault::BadFunctionResponse
            }
        };
        Self { fault, reason: failure.reason() }
    }
}
