//! What answers a route, compiled: what the integration is told, and what becomes of its answer.

use std::collections::BTreeMap;

use tollgate_lambda_proxy::Format;
use tollgate_mapping::{Dialect, Scene};
use tollgate_parameter_mapping::{RequestMapping, ResponseMapping};
use tollgate_payload::{BinaryMediaTypes, ContentHandling, Conversion, NotBase64};
use tollgate_policy::{Exchange, Fault, Headers, Invalid, Response};

use crate::definition::{self, HttpProxy, Mock, Passthrough, Protocol, ResponseTransferMode};
use crate::integration_response::{IntegrationResponses, Selected};
use crate::remap;
use crate::snapshot::Snapshot;

/// The media type of a request or a response that says none.
pub(crate) const JSON: &str = "application/json";

/// How many media types a mock tells apart.
const MAX_STATUSES: usize = 10;

/// What answers a route.
#[derive(Debug)]
pub(crate) struct Integration {
    pub(crate) kind: Kind,
    pub(crate) request: RequestMapping,
    /// What becomes of a request's body.
    pub(crate) handling: Option<ContentHandling>,
    /// How its answer comes.
    pub(crate) mode: ResponseTransferMode,
}

/// Whose answer it is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// That of a service, passed on; of an HTTP API changed by its status.
    HttpProxy(BTreeMap<u16, ResponseMapping>),
    /// That of a function; of an HTTP API changed by its status. Which function it is depends on the
    /// stage.
    Lambda(BTreeMap<u16, ResponseMapping>),
    /// That of a service, turned into what the responses say.
    Http(IntegrationResponses),
    /// One of the responses.
    Mock {
        statuses: BTreeMap<String, u16>,
        passthrough: Passthrough,
        responses: IntegrationResponses,
    },
}

/// What is to be done with an answer.
pub(crate) enum Step {
    /// It goes on as it is now.
    GoOn,
    /// Its body must be there first.
    Body,
    /// It is replaced.
    Respond(Response),
    /// It cannot be turned into an answer.
    Refuse(Fault),
}

impl Integration {
    pub(crate) fn compile(
        integration: &definition::Integration,
        protocol: Protocol,
    ) -> Result<Self, Invalid> {
        let within = |name: &'static str| move |invalid: Invalid| invalid.within(name);
        match integration {
            definition::Integration::HttpProxy(service) => {
                let at = within("http_proxy");
                let request = request(service, protocol).map_err(at)?;
                let responses = responses(&service.response_parameters, protocol).map_err(at)?;
                let handling = handling(service, protocol).map_err(at)?;
                let mode = mode(service, protocol).map_err(at)?;
                Ok(Self { kind: Kind::HttpProxy(responses), request, handling, mode })
            }
            definition::Integration::Http(http) => {
                let at = within("http");
                of_rest(protocol).map_err(at)?;
                let service = &http.service;
                let request = request(service, protocol).map_err(within("service")).map_err(at)?;
                if !service.response_parameters.is_empty() {
                    let reason = "what is answered is in `responses`";
                    return Err(at(Invalid::new("service.response_parameters", reason)));
                }
                let mode = service.response_transfer_mode;
                if mode == ResponseTransferMode::Stream {
                    let reason = "only what an `http_proxy` answers comes as a stream";
                    return Err(at(Invalid::new("service.response_transfer_mode", reason)));
                }
                let responses = IntegrationResponses::compile(&http.responses).map_err(at)?;
                let handling = service.content_handling;
                Ok(Self { kind: Kind::Http(responses), request, handling, mode })
            }
            definition::Integration::LambdaProxy(lambda) => {
                let at = within("lambda_proxy");
                check_format(lambda.proxy.format, protocol).map_err(at)?;
                let request = mapping(&lambda.request_parameters, protocol).map_err(at)?;
                if !request.is_of_headers() {
                    let reason = "of an event only header fields can be changed";
                    return Err(at(Invalid::new("request_parameters", reason)));
                }
                let responses = responses(&lambda.response_parameters, protocol).map_err(at)?;
                let mode = ResponseTransferMode::Buffered;
                Ok(Self { kind: Kind::Lambda(responses), request, handling: None, mode })
            }
            definition::Integration::Mock(mock) => {
                let at = within("mock");
                of_rest(protocol).map_err(at)?;
                let (kind, request) = (self::mock(mock).map_err(at)?, RequestMapping::default());
                Ok(Self { kind, request, handling: None, mode: ResponseTransferMode::Buffered })
            }
        }
    }

    /// Whether the body of the service's answer is read, which it could not be once it is compressed.
    pub(crate) fn reads_answer(&self) -> bool {
        match &self.kind {
            Kind::HttpProxy(responses) => responses.values().any(ResponseMapping::needs_body),
            Kind::Http(responses) => responses.need_body(),
            Kind::Lambda(_) | Kind::Mock { .. } => false,
        }
    }

    pub(crate) fn needs_source_address(&self) -> bool {
        let responses = match &self.kind {
            Kind::HttpProxy(responses) => {
                responses.values().any(ResponseMapping::needs_source_address)
            }
            // An event says where the client is.
            Kind::Lambda(_) => true,
            Kind::Http(responses) | Kind::Mock { responses, .. } => responses.need_source_address(),
        };
        responses || self.request.needs_source_address()
    }

    /// Turns the response of a function into what the client sees of it.
    pub(crate) fn answer_of_function(&self, exchange: &Exchange, response: &mut Response) {
        let Kind::Lambda(mappings) = &self.kind else { return };
        if let Some(mapping) = mappings.get(&response.status) {
            let scene = Scene::new(exchange).with_response(response);
            let changes = mapping.changes(&scene);
            changes.apply(response);
        }
    }

    /// What the gateway answers itself, where it does.
    pub(crate) fn mock(&self, exchange: &Exchange) -> Option<Step> {
        let Kind::Mock { statuses, passthrough, responses } = &self.kind else { return None };
        let media_type = media_type(&exchange.request.headers);
        let status = match (statuses.get(&media_type), passthrough) {
            (Some(status), _) => *status,
            (None, Passthrough::Never) => return Some(Step::Refuse(Fault::UnsupportedMediaType)),
            // What goes on is the body, which names no status.
            (None, Passthrough::WhenNoMatch) => return Some(Step::Refuse(Fault::Internal)),
        };
        let answer = Response { status, ..Response::default() };
        Some(match responses.select(status) {
            Some(selected) => Step::Respond(selected.answer(exchange, &answer)),
            None => Step::Refuse(Fault::ApiConfiguration),
        })
    }

    /// Turns the head of an answer into what the client sees of it. `is_whole` where the body is there.
    pub(crate) fn answer(
        &self,
        exchange: &Exchange,
        response: &mut Response,
        snapshot: &Snapshot,
        is_whole: bool,
    ) -> Step {
        let protocol = snapshot.protocol;
        let conversion = self.conversion(exchange, response, &snapshot.binary);
        if conversion != Conversion::None && protocol == Protocol::Rest {
            if !is_whole {
                return Step::Body;
            }
            match conversion.apply(&response.body) {
                Ok(body) => response.body = body,
                Err(NotBase64) => return Step::Refuse(Fault::ApiConfiguration),
            }
        }
        match &self.kind {
            Kind::HttpProxy(mappings) => {
                if let Some(mapping) = mappings.get(&response.status) {
                    if mapping.needs_body() && !is_whole {
                        return Step::Body;
                    }
                    let scene = Scene::new(exchange).with_response(response);
                    let changes = mapping.changes(&scene);
                    changes.apply(response);
                }
                if protocol == Protocol::Rest {
                    remap::of_proxy(&mut response.headers);
                }
                Step::GoOn
            }
            Kind::Http(responses) => match responses.select(response.status) {
                None => Step::Refuse(Fault::ApiConfiguration),
                Some(selected) if selected.needs_body() && !is_whole => Step::Body,
                Some(selected) if selected.makes_body() => {
                    Step::Respond(selected.answer(exchange, response))
                }
                Some(selected) => {
                    turn(&selected, exchange, response);
                    Step::GoOn
                }
            },
            // They are answered before anything goes on.
            Kind::Lambda(_) | Kind::Mock { .. } => Step::Refuse(Fault::Internal),
        }
    }
}

impl Integration {
    /// What becomes of the body of an answer.
    fn conversion(
        &self,
        exchange: &Exchange,
        response: &Response,
        binary: &BinaryMediaTypes,
    ) -> Conversion {
        let handling = match &self.kind {
            Kind::HttpProxy(_) | Kind::Lambda(_) | Kind::Mock { .. } => None,
            Kind::Http(responses) => match responses.select(response.status) {
                // The integration's body is not in it.
                Some(selected) if selected.makes_body() => return Conversion::None,
                Some(selected) => selected.content_handling(),
                None => None,
            },
        };
        let is_off =
            binary.is_empty() && handling.is_none() || self.mode == ResponseTransferMode::Stream;
        if is_off || response.headers.get("content-encoding").is_some() {
            return Conversion::None;
        }
        let media_type = media_type(&response.headers);
        let accept = exchange.request.headers.arrived("accept").unwrap_or_default();
        let (is_binary, accepts) = (binary.contain(media_type.as_bytes()), binary.contain(accept));
        Conversion::of_response(is_binary, accepts, handling)
    }
}

/// Turns a service's answer into the one that was selected, body and all that says how long it is.
fn turn(selected: &Selected<'_>, exchange: &Exchange, response: &mut Response) {
    const KEPT: [&[u8]; 4] =
        [b"content-length", b"transfer-encoding", b"content-encoding", b":status"];
    let answer = selected.answer(exchange, response);
    let names: Vec<_> = (response.headers.iter())
        .map(|(name, _)| String::from_utf8_lossy(name).into_owned())
        .filter(|name| !KEPT.contains(&name.as_bytes()))
        .collect();
    for name in names {
        response.headers.remove(&name);
    }
    for (name, value) in answer.headers.iter() {
        if let Ok(name) = std::str::from_utf8(name) {
            response.headers.append(name, value);
        }
    }
    response.status = answer.status;
}

/// The media type that a message says it has, without parameters.
pub(crate) fn media_type(headers: &Headers) -> String {
    let said = headers.get("content-type").and_then(|said| std::str::from_utf8(said).ok());
    let said = said.and_then(|said| said.split(';').next()).map(str::trim);
    said.filter(|said| !said.is_empty()).unwrap_or(JSON).to_ascii_lowercase()
}

pub(crate) const fn dialect(protocol: Protocol) -> Dialect {
    match protocol {
        Protocol::Http => Dialect::Http,
        Protocol::Rest => Dialect::Rest,
    }
}

fn of_rest(protocol: Protocol) -> Result<(), Invalid> {
    match protocol {
        Protocol::Rest => Ok(()),
        Protocol::Http => Err(Invalid::new("", "only a REST API has such an integration")),
    }
}

fn handling(service: &HttpProxy, protocol: Protocol) -> Result<Option<ContentHandling>, Invalid> {
    match (service.content_handling, protocol) {
        (Some(_), Protocol::Http) => {
            Err(Invalid::new("content_handling", "only a REST API converts bodies"))
        }
        (handling, _) => Ok(handling),
    }
}

/// Nothing that holds a body back is there in a REST API.
fn mode(service: &HttpProxy, protocol: Protocol) -> Result<ResponseTransferMode, Invalid> {
    match (service.response_transfer_mode, protocol) {
        (ResponseTransferMode::Stream, Protocol::Http) => {
            let reason = "only a REST API says that responses come as a stream";
            Err(Invalid::new("response_transfer_mode", reason))
        }
        (mode, _) => Ok(mode),
    }
}

/// Events and responses of a function are those of the API's kind.
fn check_format(format: Format, protocol: Protocol) -> Result<(), Invalid> {
    match (format, protocol) {
        (Format::Rest, Protocol::Rest) | (Format::V1 | Format::V2, Protocol::Http) => Ok(()),
        (Format::Rest, Protocol::Http) => {
            Err(Invalid::new("proxy.format", "must be `1.0` or `2.0` in an HTTP API"))
        }
        (Format::V1 | Format::V2, Protocol::Rest) => {
            Err(Invalid::new("proxy.format", "must be `rest` in a REST API"))
        }
    }
}

fn request(service: &HttpProxy, protocol: Protocol) -> Result<RequestMapping, Invalid> {
    mapping(&service.request_parameters, protocol)
}

fn mapping(
    parameters: &BTreeMap<String, String>,
    protocol: Protocol,
) -> Result<RequestMapping, Invalid> {
    RequestMapping::compile(parameters, dialect(protocol))
        .map_err(|invalid| invalid.within("request_parameters"))
}

fn responses(
    parameters: &BTreeMap<u16, BTreeMap<String, String>>,
    protocol: Protocol,
) -> Result<BTreeMap<u16, ResponseMapping>, Invalid> {
    let at = |invalid: Invalid| invalid.within("response_parameters");
    if protocol == Protocol::Rest && !parameters.is_empty() {
        return Err(at(Invalid::new(
            "",
            "only an HTTP API changes what a proxied service answers",
        )));
    }
    let compile = |(status, config): (&u16, &BTreeMap<String, String>)| {
        if !(200..=599).contains(status) {
            let reason = format!("`{status}` is not a status from 200 to 599");
            return Err(at(Invalid::new("", reason)));
        }
        let mapping = ResponseMapping::compile(config, dialect(protocol))
            .map_err(|invalid| at(invalid.within(status.to_string())))?;
        Ok((*status, mapping))
    };
    parameters.iter().map(compile).collect()
}

fn mock(mock: &Mock) -> Result<Kind, Invalid> {
    let refuse = |reason: String| Err(Invalid::new("statuses", reason));
    if !(1..=MAX_STATUSES).contains(&mock.statuses.len()) {
        return refuse(format!("must be 1 to {MAX_STATUSES}"));
    }
    if let Some(status) = mock.statuses.values().find(|status| !(100..=599).contains(*status)) {
        return refuse(format!("`{status}` is not a status"));
    }
    let statuses = mock.statuses.iter();
    Ok(Kind::Mock {
        statuses: statuses.map(|(name, status)| (name.to_ascii_lowercase(), *status)).collect(),
        passthrough: mock.passthrough,
        responses: IntegrationResponses::compile(&mock.responses)?,
    })
}
