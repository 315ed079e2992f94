//! The root of a document.

use std::collections::BTreeMap;

use tollgate_gateway::Definition;
use tollgate_gateway::definition::{Api, Protocol, Stage, Version};
use tollgate_source::text::quoted;
use tollgate_source::{At, Fields, Findings, Node};

use crate::Context;
use crate::base_path;
use crate::extensions::Extended as _;
use crate::options::{EndpointType, Options};
use crate::paths::{self, Routes};
use crate::policy;
use crate::protocol;
use crate::security::Schemes;
use crate::settings;
use crate::text::slug;

/// The longest name of an API.
const MAX_NAME: usize = 128;

/// The longest id of an API: it is the first label of a host name.
const MAX_ID: usize = 63;

const ENDPOINT: &str = "x-amazon-apigateway-endpoint-configuration";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Swagger,
    OpenApi,
}

pub(crate) fn translate(node: &Node, options: &Options, out: &mut Findings) -> Option<Definition> {
    let root = At::root(node);
    let mut fields = root.fields(out)?;
    let format = format(&mut fields, out)?;
    let protocol = protocol(node, &root, options, out);
    let api_key_source = settings::api_key_source(&mut fields, out);
    let context = Context {
        root: root.clone(),
        protocol,
        api_key_source,
        options,
        variables: options.variables(),
    };
    let stage = options.stage(protocol, &root, out);
    options.check_variables(&root, out);
    let name = title(&mut fields, out);
    let id = id(&name, &root, options, out);

    let mut disable_execute_api_endpoint = false;
    if let Some(at) = fields.take(ENDPOINT) {
        disable_execute_api_endpoint |= endpoint_configuration(&at, options, out);
    }
    let (base, schemes) = match format {
        Format::Swagger => (base_path::of_swagger(&mut fields, out), swagger(&mut fields, out)),
        Format::OpenApi => {
            let (base, disabled) = servers(&mut fields, options, out);
            disable_execute_api_endpoint |= disabled;
            (base, components(&mut fields, &root, out))
        }
    };
    let prefix = base_path::prefix(base, options.base_path, &stage, out);
    describe(&mut fields, out);
    let settings = settings::read(&mut fields, protocol, out);
    let policy = (fields.take("x-amazon-apigateway-policy"))
        .and_then(|at| policy::read(&at, &id, protocol, options, out));
    let mut schemes = Schemes::new(schemes);
    let routes = fields
        .need("paths", out)
        .map(|paths| Routes::read(&paths, &prefix, &mut schemes, &context, out));
    let authorizers = schemes.authorizers(out);
    fields.done(out);

    let routes = routes?;
    let usual = Options::default();
    let other = |said: &String, usual: &String| (said != usual).then(|| said.clone());
    let stage = (stage, Stage { variables: options.stage_variables.clone(), ..Stage::default() });
    let api = Api {
        disable_execute_api_endpoint,
        api_key_source,
        cors: settings.cors,
        gateway_responses: settings.gateway_responses,
        models: routes.models,
        binary_media_types: settings.binary_media_types,
        minimum_compression_size: settings.minimum_compression_size,
        policy,
        authorizers,
        integrations: routes.integrations,
        routes: routes.routes,
        stages: BTreeMap::from([stage]),
        ..Api::new(name, protocol)
    };
    Some(Definition {
        version: Version,
        apis: BTreeMap::from([(id.clone(), api)]),
        default_api: Some(id),
        region: other(&options.region, &usual.region),
        account_id: other(&options.account_id, &usual.account_id),
        ..Definition::default()
    })
}

fn format(fields: &mut Fields<'_>, out: &mut Findings) -> Option<Format> {
    let (at, format) = match (fields.take("openapi"), fields.take("swagger")) {
        (Some(at), None) => (at, Format::OpenApi),
        (None, Some(at)) => (at, Format::Swagger),
        (Some(_), Some(at)) => {
            out.refuse_key(&at, "a document is either `openapi` or `swagger`, not both");
            return None;
        }
        (None, None) => {
            let reason =
                "this is no OpenAPI document: `openapi: 3.0.1` or `swagger: \"2.0\"` is missing";
            out.refuse(&fields.at, reason);
            return None;
        }
    };
    let version = at.version(out)?;
    let is_known = match format {
        Format::Swagger => matches!(version, "2.0" | "2"),
        Format::OpenApi => {
            matches!(version, "3.0" | "3.1" | "3")
                || version.starts_with("3.0.")
                || version.starts_with("3.1.")
        }
    };
    if !is_known {
        let reason = format!(
            "version {} is not known: OpenAPI 3.0 and 3.1 and Swagger 2.0 are",
            quoted(version)
        );
        out.refuse(&at, reason);
        return None;
    }
    Some(format)
}

fn protocol(node: &Node, root: &At<'_>, options: &Options, out: &mut Findings) -> Protocol {
    if let Some(protocol) = options.protocol {
        return protocol;
    }
    let found = protocol::find(node);
    if let Some(against) = found.against {
        let protocol = found.protocol;
        let article = match protocol {
            Protocol::Http => "an",
            Protocol::Rest => "a",
        };
        let reason = format!(
            "this is read as a document of {article} {protocol} API, although it has {against}, which \
             only the other kind of API knows"
        );
        out.notice(root, reason);
    }
    found.protocol
}

/// The API's name.
fn title(fields: &mut Fields<'_>, out: &mut Findings) -> String {
    let unnamed = || "api".to_owned();
    let Some(info) = fields.take("info") else {
        return unnamed();
    };
    crate::extensions::refuse_within(&info, out);
    if info.map(out).is_none() {
        return unnamed();
    }
    let Some(at) = info.get("title") else {
        return unnamed();
    };
    match at.version(out) {
        None | Some("") => unnamed(),
        Some(title) if title.chars().count() > MAX_NAME => {
            out.refuse(&at, format!("an API's name has at most {MAX_NAME} characters"));
            unnamed()
        }
        Some(title) => title.to_owned(),
    }
}

fn id(name: &str, root: &At<'_>, options: &Options, out: &mut Findings) -> String {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match &options.api_id {
        Some(id) if (1..=MAX_ID).contains(&id.len()) && id.bytes().all(letter) => id.clone(),
        Some(id) => {
            let id = quoted(id);
            let reason =
                format!("an API's id has 1 to {MAX_ID} lower-case letters, digits and `-`: {id}");
            out.refuse(root, reason);
            "api".to_owned()
        }
        None => Some(slug(name, MAX_ID)).filter(|id| !id.is_empty()).unwrap_or("api".to_owned()),
    }
}

/// What only Swagger 2.0 has, besides the base path. The security schemes are returned.
fn swagger<'a>(fields: &mut Fields<'a>, out: &mut Findings) -> Option<At<'a>> {
    fields.describe(
        &["host", "schemes", "consumes", "produces", "definitions", "parameters", "responses"],
        out,
    );
    let schemes = fields.take("securityDefinitions")?;
    schemes.map(out)?;
    Some(schemes)
}

/// The base path, and whether the API's own host name is switched off.
fn servers<'a>(
    fields: &mut Fields<'a>,
    options: &Options,
    out: &mut Findings,
) -> (Option<(At<'a>, String)>, bool) {
    let mut base = None;
    let mut disabled = false;
    let servers = fields.take("servers").and_then(|at| at.list(out)).unwrap_or_default();
    for (index, server) in servers.iter().enumerate() {
        let Some(mut server) = server.fields(out) else {
            continue;
        };
        server.describe(&["description"], out);
        if let Some(at) = server.take(ENDPOINT) {
            disabled |= endpoint_configuration(&at, options, out);
        }
        if index == 0 {
            base = base_path::of_server(&mut server, out);
        } else {
            server.describe(&["url", "variables"], out);
        }
        server.done(out);
    }
    (base, disabled)
}

/// What only OpenAPI 3 has. The security schemes are returned.
fn components<'a>(fields: &mut Fields<'a>, root: &At<'a>, out: &mut Findings) -> Option<At<'a>> {
    fields.describe(&["jsonSchemaDialect"], out);
    for key in ["basePath", "consumes", "host", "produces", "schemes"] {
        fields.notice(
            key,
            "this is of Swagger 2.0, and does nothing in an OpenAPI 3 document",
            out,
        );
    }
    let instead = "this is of Swagger 2.0: `components.securitySchemes` belongs here";
    fields.refuse("securityDefinitions", instead, out);
    fields.notice("webhooks", "`webhooks` are not looked at, as in API Gateway", out);
    let mut components = fields.take("components")?.fields(out)?;
    components.describe(
        &[
            "schemas",
            "responses",
            "parameters",
            "examples",
            "requestBodies",
            "headers",
            "links",
            "callbacks",
        ],
        out,
    );
    // Read where it is referred to.
    components.take("pathItems");
    if let Some(at) = components.take("x-amazon-apigateway-integrations")
        && at.map(out).is_some()
    {
        paths::report_unused(&at, root, out);
    }
    let schemes = components.take("securitySchemes");
    components.done(out);
    let schemes = schemes?;
    schemes.map(out)?;
    Some(schemes)
}

/// Whether the API's own host name is switched off.
fn endpoint_configuration(at: &At<'_>, options: &Options, out: &mut Findings) -> bool {
    let Some(mut fields) = at.fields(out) else {
        return false;
    };
    let disabled = fields.take("disableExecuteApiEndpoint").and_then(|at| at.flag(out));
    let private = "this API is private, and whoever reaches the proxy's listener would reach it: \
                   say whom to serve, with `--endpoint-type private`";
    fields.refuse(
        "vpcEndpointIds",
        match options.endpoint_type {
            EndpointType::Regional => private,
            EndpointType::Private => {
                "endpoints of a VPC are AWS's: leave them out, and name networks with \
                 `--allow-source` or clients with `--client-authorities`"
            }
        },
        out,
    );
    if let Some(types) = fields.take("types") {
        for at in types.list(out).unwrap_or_default() {
            match at.string(out) {
                Some("PRIVATE") if options.endpoint_type == EndpointType::Regional => {
                    out.refuse(&at, private);
                }
                Some("PRIVATE" | "REGIONAL" | "EDGE") | None => {}
                Some(_) => out.refuse(&at, "`REGIONAL`, `EDGE` or `PRIVATE` belongs here"),
            }
        }
    }
    fields.done(out);
    disabled.unwrap_or_default()
}

fn describe(fields: &mut Fields<'_>, out: &mut Findings) {
    fields.describe(&["externalDocs"], out);
    // Operations say what they require. Where one does not, it is asked why this is here.
    fields.take("security");
    let Some(tags) = fields.take("tags") else {
        return;
    };
    for tag in tags.list(out).unwrap_or_default() {
        let Some(mut tag) = tag.fields(out) else {
            continue;
        };
        tag.describe(&["name", "description", "externalDocs"], out);
        let reason = "the tags of an API are kept by AWS for its bills, and not looked at";
        tag.notice("x-amazon-apigateway-tag-value", reason, out);
        tag.done(out);
    }
}
