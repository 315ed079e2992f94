//! The header fields that no mapping may touch.

use tollgate_mapping::Dialect;
use tollgate_policy::{Invalid, is_token};

/// What only the gateway and the proxies may say, of both kinds of API.
const EVERYWHERE: [&str; 6] = [
    "connection",
    "content-length",
    "te",
    "transfer-encoding",
    "x-amzn-apigateway-api-id",
    "x-amzn-trace-id",
];

/// What an HTTP API reserves besides.
const OF_HTTP: [&str; 16] = [
    "authorization",
    "content-encoding",
    "content-location",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "trailer",
    "trailers",
    "upgrade",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

const PREFIXES_OF_HTTP: [&str; 4] = ["access-control-", "apigw-", "x-amz-", "x-amzn-"];

/// How the gateway and the proxy speak to each other.
const CONTROL: [&str; 2] = ["x-envoy-", "x-tollgate-"];

/// Refuses what is no header field, and what is reserved.
///
/// # Errors
/// [`Invalid`] that says which of the two.
pub fn check_header(name: &str, dialect: Dialect) -> Result<(), Invalid> {
    if !is_token(name.as_bytes()) {
        return Err(Invalid::new("", format!("`{}` is not a header field", name.escape_default())));
    }
    let lower = name.to_ascii_lowercase();
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| lower.starts_with(prefix));
    let is_http = dialect == Dialect::Http;
    if EVERYWHERE.contains(&lower.as_str())
        || begins(&CONTROL)
        || is_http && (OF_HTTP.contains(&lower.as_str()) || begins(&PREFIXES_OF_HTTP))
    {
        return Err(Invalid::new("", format!("the header field `{lower}` is reserved")));
    }
    Ok(())
}
