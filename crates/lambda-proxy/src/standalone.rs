//! A function that answers every request, as a filter of its own.
//!
//! A body is held until it is whole, so that none may be longer than what the proxy's listener buffers
//! (`per_connection_buffer_limit_bytes`, 1 MiB where nobody says otherwise): the proxy itself refuses what
//! is. A function that writes a stream is told the client when it is done.

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tollgate_lambda::event::Source;
use tollgate_payload::BinaryMediaTypes;
use tollgate_policy::{
    Compile, Exchange, Fault, Headers, Host, Invalid, Level, Needs, Policy, Response, Verdict,
};

use crate::{Bad, Format};

/// The function that answers, and what its events say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The function.
    pub integration: crate::Config,
    /// The proxy's cluster for the Invoke API; named `https://host:port` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The API that events speak of; `tollgate` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_id: Option<String>,
    /// The stage that events speak of; `$default` where absent. Paths have none of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The account that events speak of: twelve digits, zeros where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The media types whose bodies are bytes, such as `image/*`, for a function of format `rest`. Up to
    /// 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub binary_media_types: Vec<String>,
}

/// A function that answers every request, compiled.
#[derive(Debug)]
pub struct LambdaProxy {
    function: crate::LambdaProxy,
    cluster: Option<String>,
    format: Format,
    api_id: Rc<str>,
    stage: Rc<str>,
    account_id: Option<Rc<str>>,
    binary: BinaryMediaTypes,
}

/// The route of everything, as REST APIs and as HTTP APIs have it.
const PROXY: &str = "/{proxy+}";
const ANY_PROXY: &str = "ANY /{proxy+}";
const DEFAULT: &str = "$default";

/// The longest trace that is handed on. What is longer is none.
const MAX_TRACE_BYTES: usize = 512;

impl Policy for LambdaProxy {
    type Notes = ();

    fn needs(&self) -> Needs {
        Needs { source_address: true, bounded_bodies: true, ..Needs::default() }
    }

    fn on_request(&self, _: &mut (), exchange: &mut Exchange, _: &dyn Host) -> Verdict {
        let path = path(exchange);
        // The function's own trace goes on from the client's.
        let trace = exchange.request.headers.get("x-amzn-trace-id");
        let trace = trace.filter(|trace| trace.len() <= MAX_TRACE_BYTES);
        let trace = trace.and_then(|trace| std::str::from_utf8(trace).ok()).map(str::to_owned);
        let context = &mut exchange.context;
        context.trace_id = trace;
        context.account_id = self.account_id.clone();
        context.api_id = self.api_id.clone();
        context.stage = self.stage.clone();
        context.request_id = format!("{:032x}", exchange.nonce);
        context.extended_request_id = context.request_id.clone();
        match self.format {
            Format::Rest | Format::V1 => {
                context.resource_path = PROXY.into();
                context.route_key = ANY_PROXY.into();
                let rest = path.trim_start_matches('/').to_owned();
                if !rest.is_empty() {
                    context.path_parameters.insert("proxy".into(), rest);
                }
            }
            Format::V2 => context.route_key = DEFAULT.into(),
        }
        Verdict::Body
    }

    fn on_request_body(
        &self,
        _: &mut (),
        exchange: &mut Exchange,
        body: &mut Vec<u8>,
        _: &dyn Host,
    ) -> Verdict {
        let path = path(exchange);
        let source = Source { exchange, path: &path };
        let mut call = self.function.call(source, body, &self.binary);
        if let Some(cluster) = &self.cluster {
            call.cluster.clone_from(cluster);
        }
        Verdict::Call(call)
    }

    fn on_reply(
        &self,
        _: &mut (),
        exchange: &mut Exchange,
        reply: Option<Response>,
        host: &dyn Host,
    ) -> Verdict {
        match self.function.answer(exchange, reply, &self.binary) {
            Ok(response) => Verdict::Respond(response),
            Err(Bad { fault, reason }) => {
                host.log(Level::Warn, reason);
                exchange.context.error = Some(fault);
                exchange.context.integration_error = Some(reason.to_owned());
                Verdict::Respond(self.words(fault))
            }
        }
    }
}

impl LambdaProxy {
    /// What API Gateway says where a function has answered nothing that can be told.
    fn words(&self, fault: Fault) -> Response {
        let (status, message) = match (self.format, fault) {
            (_, Fault::RequestTooLarge) => (413, "Request Too Long"),
            (Format::Rest, Fault::IntegrationTimeout) => (504, "Endpoint request timed out"),
            (Format::Rest, Fault::IntegrationFailure) => {
                (504, "Network error communicating with endpoint")
            }
            (Format::Rest, Fault::BadFunctionResponse) => (502, "Internal server error"),
            (Format::Rest, _) => (500, "Internal server error"),
            (_, Fault::IntegrationTimeout | Fault::IntegrationFailure) => {
                (503, "Service Unavailable")
            }
            (Format::V1 | Format::V2, _) => (500, "Internal Server Error"),
        };
        let space = if self.format == Format::Rest { " " } else { "" };
        let body = format!("{{\"message\":{space}\"{message}\"}}").into_bytes();
        let headers = Headers::from_iter([("content-type", "application/json")]);
        Response { status, headers, body }
    }
}

fn path(exchange: &Exchange) -> String {
    String::from_utf8_lossy(exchange.request.path()).into_owned()
}

impl Compile for LambdaProxy {
    type Config = Config;

    fn compile(config: Config) -> Result<Self, Invalid> {
        const ACCOUNT_DIGITS: usize = 12;
        if let Some(id) = &config.account_id
            && (id.len() != ACCOUNT_DIGITS || !id.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Err(Invalid::new("account_id", format!("`{id}` is not twelve digits")));
        }
        let function = crate::LambdaProxy::compile(&config.integration)
            .map_err(|invalid| invalid.within("integration"))?;
        let binary = BinaryMediaTypes::compile(&config.binary_media_types)
            .map_err(|invalid| invalid.within("binary_media_types"))?;
        Ok(Self {
            function,
            cluster: config.cluster,
            format: config.integration.format,
            api_id: config.api_id.unwrap_or_else(|| "tollgate".to_owned()).into(),
            stage: config.stage.unwrap_or_else(|| DEFAULT.to_owned()).into(),
            account_id: config.account_id.map(Into::into),
            binary,
        })
    }
}
