//! The base path of a document.

use tollgate_source::text::quoted;
use tollgate_source::{At, Fields, Findings};

use crate::options::BasePath;

/// What stands before every route, without a slash at its end. Empty for nothing.
pub(crate) fn prefix(
    base: Option<(At<'_>, String)>,
    mode: BasePath,
    stage: &str,
    out: &mut Findings,
) -> String {
    let Some((at, base)) = base else {
        return String::new();
    };
    let base = base.trim_end_matches('/');
    if base.is_empty() {
        return String::new();
    }
    if !base.starts_with('/') {
        out.refuse(&at, format!("a base path begins with a slash: {}", quoted(base)));
        return String::new();
    }
    match mode {
        // What API Gateway exports has the stage for its base path.
        BasePath::Ignore if base.strip_prefix('/') == Some(stage) => String::new(),
        BasePath::Ignore => {
            let reason = format!("the base path {} is not part of the routes", quoted(base));
            out.notice(&at, reason);
            String::new()
        }
        BasePath::Prepend => base.to_owned(),
        BasePath::Split => {
            let (_, rest) = base.trim_start_matches('/').split_once('/').unwrap_or_default();
            if rest.is_empty() { String::new() } else { format!("/{rest}") }
        }
    }
}

/// The base path of Swagger 2.0.
pub(crate) fn of_swagger<'a>(
    root: &mut Fields<'a>,
    out: &mut Findings,
) -> Option<(At<'a>, String)> {
    let at = root.take("basePath")?;
    let text = at.string(out)?.to_owned();
    Some((at, text))
}

/// The base path of OpenAPI 3: the server variable `basePath`, or the path of the first server's
/// URL.
pub(crate) fn of_server<'a>(
    server: &mut Fields<'a>,
    out: &mut Findings,
) -> Option<(At<'a>, String)> {
    let variables = server.take("variables");
    let url = server.take("url");
    let default = |name: &str| variables.as_ref()?.get(name)?.get("default");
    if let Some(at) = default("basePath") {
        let text = at.version(out)?;
        let slash = if text.starts_with('/') || text.is_empty() { "" } else { "/" };
        let text = format!("{slash}{text}");
        return Some((at, text));
    }
    let url = url?;
    let mut rest = url.string(out)?;
    let mut whole = String::new();
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            out.refuse(&url, "`{` is never closed with `}`");
            return None;
        };
        whole.push_str(before);
        match default(name) {
            Some(value) => whole.push_str(value.version(out)?),
            None => {
                out.refuse(
                    &url,
                    format!("the server has no variable {} with a default", quoted(name)),
                );
                return None;
            }
        }
        rest = after;
    }
    whole.push_str(rest);
    let after = whole.split_once("://").map_or(whole.as_str(), |(_, after)| after);
    let path = after.find('/').and_then(|slash| after.get(slash..)).unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default().to_owned();
    Some((url, path))
}
