//! Our own extensions: what API Gateway has no words for.

use tollgate_jwt_authorizer::{JwksUri, KeyId, Keys};
use tollgate_policy::Endpoint;
use tollgate_source::text::{any_of, quoted};
use tollgate_source::{At, Fields, Findings, Value};

use super::url;
use crate::options::Options;

const ALGORITHMS: [&str; 10] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "HS256"];

const MAX_JWKS_HOSTS: usize = 5;

/// Our own extensions.
#[derive(Debug)]
pub(super) struct Own<'a> {
    pub(super) algorithms: Option<Vec<String>>,
    pub(super) any_audience: Option<At<'a>>,
    /// Where the keys are, where they do not come by discovery; and who says so.
    pub(super) keys: Option<(At<'a>, Keys)>,
    pub(super) jwks_hosts: Vec<String>,
    pub(super) plain_http: bool,
    pub(super) leeway_secs: u32,
    pub(super) key_id: KeyId,
}

impl<'a> Own<'a> {
    pub(super) fn read(
        fields: &mut Fields<'a>,
        options: &Options,
        out: &mut Findings,
    ) -> Option<Self> {
        const MAX_LEEWAY: u32 = 300;
        let plain_http = match fields.take("x-tollgate-plain-http") {
            Some(at) => at.flag(out)?,
            None => false,
        };
        let any_audience = match fields.take("x-tollgate-any-audience") {
            Some(at) => at.flag(out)?.then_some(at),
            None => None,
        };
        let algorithms = match fields.take("x-tollgate-algorithms") {
            Some(at) => Some(algorithms(&at, out)?),
            None => None,
        };
        let leeway_secs = match fields.take("x-tollgate-leeway-secs") {
            Some(at) => at.number(0, MAX_LEEWAY, out)?,
            None => 0,
        };
        let key_id = match fields.take("x-tollgate-key-id") {
            Some(at) => match at.string(out)? {
                "required" => KeyId::Required,
                "optional" => KeyId::Optional,
                _ => {
                    out.refuse(&at, "`required` or `optional` belongs here");
                    return None;
                }
            },
            None => KeyId::Required,
        };
        let jwks_hosts = match fields.take("x-tollgate-jwks-hosts") {
            Some(at) => jwks_hosts(&at, plain_http, out)?,
            None => Vec::new(),
        };
        let uri = fields.take("x-tollgate-jwks-uri");
        let jwks = fields.take("x-tollgate-jwks");
        let keys = match (uri, jwks) {
            (Some(_), Some(at)) => {
                let reason = "the keys are either here or at `x-tollgate-jwks-uri`, not both";
                out.refuse_key(&at, reason);
                return None;
            }
            (Some(at), None) => {
                let uri = options.substitute(at.filled(out)?);
                url::check(&at, &uri, plain_http, out)?;
                Some((at, Keys::JwksUri(JwksUri { uri, cluster: None, plain_http })))
            }
            (None, Some(at)) => {
                let set = at.get("keys").filter(|keys| matches!(keys.node.value, Value::List(_)));
                at.map(out)?;
                if set.is_none() {
                    out.refuse(
                        &at,
                        "a JSON Web Key Set belongs here: an object with a list `keys`",
                    );
                    return None;
                }
                let keys = Keys::Jwks(at.node.json());
                Some((at, keys))
            }
            (None, None) => None,
        };
        Some(Self { algorithms, any_audience, keys, jwks_hosts, plain_http, leeway_secs, key_id })
    }
}

fn jwks_hosts(at: &At<'_>, plain_http: bool, out: &mut Findings) -> Option<Vec<String>> {
    let hosts = at.strings(out)?;
    if hosts.len() > MAX_JWKS_HOSTS {
        out.refuse(at, format!("at most {MAX_JWKS_HOSTS} hosts are allowed"));
        return None;
    }
    for (at, url) in &hosts {
        url::check(at, url, plain_http, out)?;
        if Endpoint::split(url).is_ok_and(|(_, target)| !target.is_empty()) {
            out.refuse(at, format!("{} is more than `https://host[:port]`", quoted(url)));
            return None;
        }
    }
    Some(hosts.into_iter().map(|(_, url)| url.to_owned()).collect())
}

pub(super) fn algorithms(at: &At<'_>, out: &mut Findings) -> Option<Vec<String>> {
    let listed = at.strings(out)?;
    if listed.is_empty() {
        out.refuse(at, "at least one algorithm belongs here");
        return None;
    }
    for (at, name) in &listed {
        if !ALGORITHMS.contains(name) {
            let reason = format!(
                "the algorithm {} is not known by this version: {} is",
                quoted(name),
                any_of(ALGORITHMS)
            );
            out.refuse(at, reason);
            return None;
        }
    }
    Some(listed.into_iter().map(|(_, name)| name.to_owned()).collect())
}
