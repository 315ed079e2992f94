//! What a request asks to invoke, as policies name it.

use tollgate_iam::Decision;
use tollgate_mapping::decode_path;
use tollgate_policy::Exchange;

use crate::api::Api;

/// The ARN of the method and the path of a request.
///
/// A backend may decode a path and merge its slashes, so that what is sent may reach what another path
/// names. A policy must allow both.
#[derive(Debug)]
pub(crate) struct Invoked {
    /// With the path as it was sent.
    pub(crate) arn: String,
    /// With the path as a careless backend reads it, where that is another.
    other: Option<String>,
}

impl Invoked {
    /// That of a request, whose path without the stage is this.
    pub(crate) fn of(api: &Api, exchange: &Exchange, path: &str) -> Self {
        let method = String::from_utf8_lossy(exchange.request.method());
        let arn = |path: &str| api.arn.method_arn(&exchange.context.stage, &method, path);
        Self { arn: arn(path), other: read_loosely(path).map(|path| arn(&path)) }
    }

    /// What is decided of it whichever way it is read: what lets in least.
    pub(crate) fn decide(&self, decide: impl Fn(&str) -> Decision) -> Decision {
        let first = decide(&self.arn);
        match self.other.as_deref().map(decide) {
            None | Some(Decision::Allow) => first,
            Some(Decision::ExplicitDeny) => Decision::ExplicitDeny,
            Some(Decision::ImplicitDeny) if first == Decision::ExplicitDeny => first,
            Some(Decision::ImplicitDeny) => Decision::ImplicitDeny,
        }
    }
}

/// The path decoded, and with doubled slashes merged, if that is another.
fn read_loosely(path: &str) -> Option<String> {
    if !path.contains('%') && !path.contains("//") {
        return None;
    }
    let decoded = decode_path(path.as_bytes());
    let mut merged = String::with_capacity(decoded.len());
    for letter in String::from_utf8_lossy(&decoded).chars() {
        if letter != '/' || !merged.ends_with('/') {
            merged.push(letter);
        }
    }
    (merged != path).then_some(merged)
}
