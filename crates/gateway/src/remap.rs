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
    const MOVED: [(&str, &str); 3] = [
        ("date", "x-amzn-remapped-date"),
        ("server", "x-amzn-remapped-server"),
        ("x-amzn-requestid", "x-amzn-remapped-x-amzn-requestid"),
    ];
    for (name, instead) in MOVED {
        headers.copy(name, instead);
        headers.remove(name);
    }
    headers.copy("content-length", "x-amzn-remapped-content-length");
}
