//! `requestParameters`: what an integration is told about the request.

use std::collections::BTreeMap;

use tollgate_gateway::definition::Protocol;
use tollgate_policy::is_token;
use tollgate_source::text::{any_of, quoted};
use tollgate_source::{At, Findings};

/// The most header fields that can carry claims.
const MAX_CLAIMS: usize = 20;

/// What `requestParameters` say.
#[derive(Debug, Default)]
pub(crate) struct Mapping {
    /// For a variable of the URI, the variable of the path it stands for.
    pub(crate) renames: BTreeMap<String, String>,
    /// Header fields by name, in lower case, and the claim each carries.
    pub(crate) claims_to_headers: BTreeMap<String, String>,
}

/// Reads `requestParameters`. Nothing is returned where one of them is not served.
pub(crate) fn read(
    at: &At<'_>,
    protocol: Protocol,
    variables: &[String],
    out: &mut Findings,
) -> Option<Mapping> {
    at.map(out)?;
    let mut mapping = Mapping::default();
    let mut is_right = true;
    for (target, value) in at.entries() {
        is_right &= read_one(target, &value, protocol, variables, &mut mapping, out).is_some();
    }
    if mapping.claims_to_headers.len() > MAX_CLAIMS {
        out.refuse_key(at, format!("at most {MAX_CLAIMS} header fields can carry claims"));
        return None;
    }
    is_right.then_some(mapping)
}

fn read_one(
    target: &str,
    value: &At<'_>,
    protocol: Protocol,
    variables: &[String],
    mapping: &mut Mapping,
    out: &mut Findings,
) -> Option<()> {
    let source = value.string(out)?;
    if let Some(name) = target.strip_prefix("integration.request.path.") {
        let Some(variable) = source.strip_prefix("method.request.path.") else {
            let reason = "a path variable can only be mapped from `method.request.path.NAME` \
                          by this version";
            out.refuse(value, reason);
            return None;
        };
        if !variables.iter().any(|known| known == variable) {
            out.refuse(value, format!("the path has no variable {}", quoted(variable)));
            return None;
        }
        mapping.renames.insert(name.to_owned(), variable.to_owned());
        return Some(());
    }
    let header = match protocol {
        Protocol::Http => target
            .strip_prefix("overwrite:header.")
            .or_else(|| target.strip_prefix("append:header.")),
        Protocol::Rest => target.strip_prefix("integration.request.header."),
    };
    let claim = source
        .strip_prefix('$')
        .unwrap_or(source)
        .strip_prefix("context.authorizer.claims.")
        .filter(|claim| {
            !claim.is_empty() && source.starts_with('$') == (protocol == Protocol::Http)
        });
    let (Some(header), Some(claim)) = (header, claim) else {
        let known = match protocol {
            Protocol::Http => ["overwrite:header.NAME", "$context.authorizer.claims.CLAIM"],
            Protocol::Rest => {
                ["integration.request.header.NAME", "context.authorizer.claims.CLAIM"]
            }
        };
        let [header, claim] = known;
        let reason = format!(
            "this parameter mapping is not served by this version: of those of {protocol} APIs, \
             only the one from `{claim}` to `{header}` and those of path variables are"
        );
        out.refuse_key(value, reason);
        return None;
    };
    let header = header.to_ascii_lowercase();
    check_header(&header, value, out)?;
    if mapping.claims_to_headers.insert(header.clone(), claim.to_owned()).is_some() {
        out.refuse_key(value, format!("the header {} is mapped twice", quoted(&header)));
        return None;
    }
    Some(())
}

/// Refuses what is no header name, and what API Gateway reserves.
fn check_header(header: &str, at: &At<'_>, out: &mut Findings) -> Option<()> {
    const RESERVED: [&str; 20] = [
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-location",
        "forwarded",
        "host",
        "keep-alive",
        "origin",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
    ];
    const PREFIXES: [&str; 6] =
        ["access-control-", "apigw-", "x-amz-", "x-amzn-", "x-envoy-", "x-tollgate-"];
    if !is_token(header.as_bytes()) {
        out.refuse_key(at, format!("{} is not the name of a header", quoted(header)));
        return None;
    }
    if RESERVED.contains(&header) || PREFIXES.iter().any(|prefix| header.starts_with(prefix)) {
        let reason = format!(
            "the header {} is reserved, as are those that begin with {}",
            quoted(header),
            any_of(PREFIXES)
        );
        out.refuse_key(at, reason);
        return None;
    }
    Some(())
}
