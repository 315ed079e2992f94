//! The extensions of API Gateway, and where each belongs.

use tollgate_source::text::{nearest, quoted};
use tollgate_source::{At, Fields, Findings, Node};

const OPERATION: &str = "in an operation";
const ROOT: &str = "at the document's root";
const SCHEME: &str = "in a security scheme";
const AUTHORIZER: &str = "in `x-amazon-apigateway-authorizer`";

const KNOWN: [(&str, &str); 33] = [
    ("x-amazon-apigateway-any-method", "in a path"),
    ("x-amazon-apigateway-api-key-source", ROOT),
    ("x-amazon-apigateway-auth", OPERATION),
    ("x-amazon-apigateway-authorizer", SCHEME),
    ("x-amazon-apigateway-authtype", SCHEME),
    ("x-amazon-apigateway-binary-media-types", ROOT),
    ("x-amazon-apigateway-cors", ROOT),
    ("x-amazon-apigateway-documentation", ROOT),
    ("x-amazon-apigateway-endpoint-access-mode", ROOT),
    ("x-amazon-apigateway-endpoint-configuration", "at the root or in a server"),
    ("x-amazon-apigateway-gateway-responses", ROOT),
    ("x-amazon-apigateway-importexport-version", ROOT),
    ("x-amazon-apigateway-integration", OPERATION),
    ("x-amazon-apigateway-integrations", "in `components`"),
    ("x-amazon-apigateway-minimum-compression-size", ROOT),
    ("x-amazon-apigateway-policy", ROOT),
    ("x-amazon-apigateway-request-validator", "at the root or in an operation"),
    ("x-amazon-apigateway-request-validators", ROOT),
    ("x-amazon-apigateway-security-policy", ROOT),
    ("x-amazon-apigateway-tag-value", "in a tag"),
    ("x-tollgate-algorithms", AUTHORIZER),
    ("x-tollgate-any-audience", AUTHORIZER),
    ("x-tollgate-headers", AUTHORIZER),
    ("x-tollgate-http2", "in an integration of type `http_proxy` or `http`"),
    ("x-tollgate-jwks", AUTHORIZER),
    ("x-tollgate-jwks-hosts", AUTHORIZER),
    ("x-tollgate-jwks-uri", AUTHORIZER),
    ("x-tollgate-key-id", AUTHORIZER),
    ("x-tollgate-leeway-secs", AUTHORIZER),
    ("x-tollgate-plain-http", AUTHORIZER),
    ("x-tollgate-uri", AUTHORIZER),
    ("x-amazon-apigateway-integration.tlsConfig", "as `tlsConfig` in an integration"),
    (
        "x-amazon-apigateway-integration.requestParameters",
        "as `requestParameters` in an integration",
    ),
];

/// Where an extension belongs, if it is one of API Gateway's or ours.
pub(crate) fn place(key: &str) -> Option<&'static str> {
    KNOWN.iter().find(|(known, _)| *known == key).map(|(_, place)| *place)
}

/// Whether a key is an extension of someone else.
pub(crate) fn is_foreign(key: &str) -> bool {
    let lower = key.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"));
    lower && !is_ours(key)
}

/// Whether a key is an extension of API Gateway or of ours, or was meant to be one.
fn is_ours(key: &str) -> bool {
    const MEANT: [&str; 7] = [
        "x-amazon-api",
        "x-amazon-gateway",
        "x-amzn-apigateway",
        "x-amzon-api",
        "x-aws-apigateway",
        "x-apigateway",
        "x-tollgate",
    ];
    MEANT.iter().any(|prefix| {
        key.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    })
}

/// The extension that was probably meant.
fn meant(key: &str) -> Option<&'static str> {
    nearest(key, KNOWN.iter().map(|(name, _)| *name))
}

/// Objects in a document that may also describe, and hold extensions.
pub(crate) trait Extended {
    /// Keys that only describe. They are searched for extensions, which would do nothing there.
    fn describe(&mut self, keys: &[&'static str], out: &mut Findings);

    /// Refuses what is left. Extensions of other makers are not ours to judge.
    fn done(self, out: &mut Findings);
}

impl Extended for Fields<'_> {
    fn describe(&mut self, keys: &[&'static str], out: &mut Findings) {
        for key in keys {
            if let Some(at) = self.take(key) {
                refuse_within(&at, out);
            }
        }
    }

    fn done(self, out: &mut Findings) {
        for (key, at) in self.unknown().filter(|(key, _)| !is_foreign(key)) {
            let meant =
                if out.is_full() { None } else { self.meant(key).or_else(|| self::meant(key)) };
            let reason = match (place(key), meant) {
                (Some(place), _) => format!("`{key}` does nothing here: it belongs {place}"),
                (None, Some(meant)) => {
                    format!("{} is not known, perhaps `{meant}` is meant", quoted(key))
                }
                (None, None) => format!("{} is not known here", quoted(key)),
            };
            out.refuse_key(&at, reason);
        }
    }
}

/// Refuses extensions in a part of the document that only describes. Examples may hold anything.
pub(crate) fn refuse_within(at: &At<'_>, out: &mut Findings) {
    if !has_extension(at.node) {
        return;
    }
    let mut rest = vec![at.clone()];
    while let Some(at) = rest.pop() {
        for (key, value) in at.entries() {
            if is_example(key) {
                continue;
            }
            if may_be_ours(key) {
                let reason = match place(key) {
                    Some(place) => format!("{} does nothing here: it belongs {place}", quoted(key)),
                    None => format!("{} is not known, and does nothing here", quoted(key)),
                };
                out.refuse_key(&value, reason);
            } else {
                rest.push(value);
            }
        }
        rest.extend(at.items());
    }
}

/// The same search without paths, which is nearly always enough.
fn has_extension(node: &Node) -> bool {
    let mut rest = vec![node];
    while let Some(node) = rest.pop() {
        for entry in node.entries() {
            if is_example(&entry.key) {
                continue;
            }
            if may_be_ours(&entry.key) {
                return true;
            }
            rest.push(&entry.value);
        }
        rest.extend(node.items());
    }
    false
}

fn may_be_ours(key: &str) -> bool {
    key.starts_with("x-amazon-api") || key.starts_with("x-tollgate")
}

fn is_example(key: &str) -> bool {
    matches!(key, "example" | "examples" | "default" | "enum" | "const")
}
