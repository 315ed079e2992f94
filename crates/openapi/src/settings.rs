//! What the extensions at the root say of the whole API.

use tollgate_gateway::definition::{ApiKeySource, Protocol};
use tollgate_payload::BinaryMediaTypes;
use tollgate_source::text::quoted;
use tollgate_source::{At, Fields, Findings, Value};

use crate::{cors, gateway_responses};

/// API Gateway's limit on the size from which responses are compressed, in bytes.
const MAX_COMPRESSION_SIZE: u32 = 10 << 20;

const CORS: &str = "x-amazon-apigateway-cors";
const GATEWAY_RESPONSES: &str = "x-amazon-apigateway-gateway-responses";
const BINARY: &str = "x-amazon-apigateway-binary-media-types";
const COMPRESSION: &str = "x-amazon-apigateway-minimum-compression-size";

/// What holds for the whole API.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) cors: Option<tollgate_cors::Config>,
    pub(crate) gateway_responses: tollgate_gateway_response::Config,
    pub(crate) binary_media_types: Vec<String>,
    pub(crate) minimum_compression_size: Option<u32>,
}

/// Reads what the API's kind has, and reports what only the other kind has.
pub(crate) fn read(fields: &mut Fields<'_>, protocol: Protocol, out: &mut Findings) -> Settings {
    left_out(fields, out);
    refused(fields, out);
    let mut of = |key, only: Protocol, out: &mut Findings| {
        let at = fields.take(key)?;
        if protocol == only {
            return Some(at);
        }
        let reason = match protocol {
            Protocol::Http => format!("`{key}` does nothing in an HTTP API"),
            Protocol::Rest => {
                format!("`{key}` does nothing in a REST API: `cors` in the overlay does")
            }
        };
        out.notice(&at, reason);
        None
    };
    let cors = of(CORS, Protocol::Http, out);
    let gateway_responses = of(GATEWAY_RESPONSES, Protocol::Rest, out);
    let compression = of(COMPRESSION, Protocol::Rest, out);
    let binary = of(BINARY, Protocol::Rest, out);
    Settings {
        cors: cors.and_then(|at| cors::read(&at, out)),
        gateway_responses: gateway_responses
            .map(|at| gateway_responses::read(&at, out))
            .unwrap_or_default(),
        binary_media_types: binary.map(|at| binary_media_types(&at, out)).unwrap_or_default(),
        minimum_compression_size: compression
            .filter(|at| !matches!(at.node.value, Value::Null))
            .and_then(|at| at.number(0, MAX_COMPRESSION_SIZE, out)),
    }
}

/// The media types whose bodies are bytes.
fn binary_media_types(at: &At<'_>, out: &mut Findings) -> Vec<String> {
    let items = at.list(out).into_iter().flatten();
    let types: Vec<_> = items.filter_map(|item| Some(item.filled(out)?.to_owned())).collect();
    match BinaryMediaTypes::compile(&types) {
        Ok(_) => types,
        Err(invalid) => {
            out.refuse(at, invalid.reason);
            Vec::new()
        }
    }
}

/// Where API keys come from.
pub(crate) fn api_key_source(fields: &mut Fields<'_>, out: &mut Findings) -> ApiKeySource {
    let Some(at) = fields.take("x-amazon-apigateway-api-key-source") else {
        return ApiKeySource::default();
    };
    match at.string(out) {
        Some("HEADER") | None => ApiKeySource::Header,
        Some("AUTHORIZER") => ApiKeySource::Authorizer,
        Some(text) => {
            let reason =
                format!("{} is not known: `HEADER` or `AUTHORIZER` belongs here", quoted(text));
            out.refuse(&at, reason);
            ApiKeySource::Header
        }
    }
}

/// Extensions whose absence opens nothing.
fn left_out(fields: &mut Fields<'_>, out: &mut Findings) {
    fields.take("x-amazon-apigateway-importexport-version");
    // Read where an operation names one.
    fields.take("x-amazon-apigateway-request-validators");
    fields.take("x-amazon-apigateway-request-validator");
    fields.notice(
        "x-amazon-apigateway-documentation",
        "`x-amazon-apigateway-documentation` is not looked at: it documents",
        out,
    );
}

/// Extensions whose absence opens something.
fn refused(fields: &mut Fields<'_>, out: &mut Findings) {
    for (key, reason) in [
        (
            "x-amazon-apigateway-security-policy",
            "TLS is the proxy's own: set the oldest version its listener takes, and remove this",
        ),
        (
            "x-amazon-apigateway-endpoint-access-mode",
            "access modes of endpoints are not served by this version",
        ),
    ] {
        fields.refuse(key, reason, out);
    }
}
