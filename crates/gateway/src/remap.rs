//! The header fields of responses that API Gateway renames, because they are its own to say.

use tollgate_policy::Headers;

/// What every REST API renames.
const ALWAYS: [&str; 4] = ["connection", "content-length", "date", "server"];

/// What is renamed besides where the gateway makes the response from what a service answers.
const OF_MADE: [&str; 10] = [
    "authorization",
    "content-md5",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "trailer",
    "upgrade",
    "user-agent",
    "www-authenticate",
];

/// The name under which a field goes out that a mapping of a REST API sets.
pub(crate) fn of_response(name: &str) -> String {
    let is_renamed = ALWAYS.contains(&name) || OF_MADE.contains(&name);
    if is_renamed { format!("x-amzn-remapped-{name}") } else { name.to_owned() }
}

/// Renames what a service said that a REST API only passes on. The length stays besides, since the body
/// is as long.
pub(crate) fn of_proxy(headers: &mut Headers) {
    for name in ["date", "server", "x-amzn-requestid"] {
        if let Some(value) = headers.get(name).map(<[u8]>::to_vec) {
            headers.remove(name);
            headers.set(&format!("x-amzn-remapped-{name}"), value);
        }
    }
    if let Some(length) = headers.get("content-length").map(<[u8]>::to_vec) {
        headers.set("x-amzn-remapped-content-length", length);
    }
}
