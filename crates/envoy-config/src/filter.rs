//! `gateway.yaml`: the gateway filter and the definition it is configured with.

use std::fmt::Write;
use std::time::Duration;

use tollgate_gateway::Definition;
use tollgate_policy::Invalid;

use crate::MADE_BY;
use crate::settings::Settings;
use crate::yaml::{Node, is_invisible, map};

/// The name the filter's configuration is discovered by.
pub(crate) const NAME: &str = "tollgate.gateway";

/// What kind of filter it is.
pub(crate) const TYPE: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";

pub(crate) fn document(definition: &Definition, settings: &Settings) -> Result<String, Invalid> {
    let document = map! {
        "resources": [map! {
            "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
            "name": NAME,
            "typed_config": map! { "@type": TYPE, "config": plugin(definition, settings)? },
        }],
    };
    Ok(document.document(MADE_BY))
}

fn plugin(definition: &Definition, settings: &Settings) -> Result<Node, Invalid> {
    Ok(map! {
        "name": NAME,
        "root_id": NAME,
        "vm_config": map! {
            /// Never another one: what is remembered under it would be lost.
            "vm_id": "tollgate",
            "runtime": "envoy.wasm.runtime.v8",
            "code": map! { "local": map! { "filename": settings.path("gateway.wasm") } },
        },
        /// A worker whose filter failed gets a new one, and refuses requests until then.
        "failure_policy": "FAIL_RELOAD",
        "reload_config": map! {
            "backoff": map! { "base_interval": Duration::from_millis(100) },
        },
        "allow_on_headers_stop_iteration": true,
        "configuration": map! {
            "@type": "type.googleapis.com/google.protobuf.StringValue",
            /// The listener tells where a client is, and believes nobody else.
            "value": Node::Lines(json(&Definition {
                source_address_is_told: true,
                ..definition.clone()
            })?),
        },
    })
}

/// The definition with its lines, and with nothing in it that YAML does not take as it is.
fn json(definition: &Definition) -> Result<String, Invalid> {
    let json = serde_json::to_string_pretty(definition)
        .map_err(|error| Invalid::new("", format!("cannot be written as JSON: {error}")))?;
    let mut out = String::with_capacity(json.len());
    for char in json.chars() {
        // Outside strings there is nothing invisible but the ends of lines.
        if char == '\n' || !is_invisible(char) {
            out.push(char);
            continue;
        }
        for unit in char.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    Ok(out)
}
