//! A function that answers requests, compiled.

use std::time::Duration;

use tollgate_lambda::event::Source;
use tollgate_lambda::{Callee, Failure, returned};
use tollgate_payload::BinaryMediaTypes;
use tollgate_policy::{Call, Exchange, Fault, Invalid, Response};

use crate::config::{Config, Format, Transfer};
use crate::stream::{Progress, Stream};
use crate::{request, response};

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

    /// Whether what the function writes goes on while it writes.
    #[must_use]
    pub fn streams(&self) -> bool {
        self.transfer == Transfer::Stream
    }

    /// The stream that a reply brings, of which only the head has come.
    ///
    /// # Errors
    /// [`Bad`] where it brings none.
    pub fn begin(&self, reply: &Response) -> Result<Stream, Bad> {
        let head = Response { body: Vec::new(), ..reply.clone() };
        let stream = Stream::of(&head);
        returned(Some(head)).map_err(|failure| Bad::from(&failure))?;
        Ok(stream)
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
        let stream = reply.as_ref().map(Stream::of);
        let mut returned = returned(reply).map_err(|failure| Bad::from(&failure))?;
        match self.transfer {
            Transfer::Stream => {
                let mut stream = stream.ok_or_else(|| bad("there is no stream"))?;
                match stream.read(&mut returned, true)? {
                    Progress::Begun(head) => Ok(Response { body: returned, ..head }),
                    Progress::More | Progress::GoesOn => Err(bad("the stream has no head")),
                }
            }
            Transfer::Buffered if returned.len() > MAX_RETURNED_BYTES => {
                Err(bad("the function returned more than 6 MB"))
            }
            Transfer::Buffered => {
                let accept = exchange.request.headers.arrived("accept").unwrap_or(ANYTHING);
                response::response(returned, self.format, accept, binary).map_err(bad)
            }
        }
    }
}

/// What a client accepts that does not say: RFC 9110 section 12.5.1.
const ANYTHING: &[u8] = b"*/*";

/// Lambda's own limit, which what stands in for it may not know.
const MAX_RETURNED_BYTES: usize = 6_291_556;

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
