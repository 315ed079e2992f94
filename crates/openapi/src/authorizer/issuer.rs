//! `jwtConfiguration`: who may have issued a token, and what it must say.

use tollgate_jwt_authorizer::{AdditionalClaim, Audiences, Discovery, Issuer, Keys};
use tollgate_source::text::quoted;
use tollgate_source::{At, Findings};

use super::own::{Own, algorithms};
use super::url;
use crate::extensions::Extended as _;
use crate::options::Options;

const MAX_AUDIENCES: usize = 50;
const MAX_ISSUERS: usize = 100;
const MAX_CLAIMS: usize = 20;

/// Reads `jwtConfiguration`.
pub(super) fn read(
    at: &At<'_>,
    own: Option<&Own<'_>>,
    options: &Options,
    out: &mut Findings,
) -> Option<Vec<Issuer>> {
    let mut fields = at.fields(out)?;
    let default_algorithms = match fields.take("defaultAlgorithms") {
        Some(at) => algorithms(&at, out)?,
        None => Vec::new(),
    };
    let several = fields.take("issuers");
    let issuer = fields.take("issuer");
    let audience = fields.take("audience");
    fields.done(out);
    let own = own?;
    let algorithms = own.algorithms.clone().unwrap_or(default_algorithms);
    if algorithms.iter().any(|name| name == "HS256")
        && !matches!(own.keys, Some((_, Keys::Jwks(_))))
    {
        let reason =
            "`HS256` is only possible with keys in `x-tollgate-jwks`, and never by default";
        out.refuse_key(at, reason);
        return None;
    }
    match (several, issuer) {
        (Some(at), None) if audience.is_none() => {
            let items = at.list(out)?;
            if !(1..=MAX_ISSUERS).contains(&items.len()) {
                out.refuse(&at, format!("a JWT authorizer has 1 to {MAX_ISSUERS} issuers"));
                return None;
            }
            if let (Some((at, _)), true) = (&own.keys, items.len() > 1) {
                out.refuse_key(
                    at,
                    "this says where the keys of one issuer are, and there are several",
                );
                return None;
            }
            let issuers: Vec<_> =
                items.iter().map(|at| one_of_several(at, own, &algorithms, options, out)).collect();
            issuers.into_iter().collect()
        }
        (None, Some(issuer)) => {
            let audiences = audiences(at, audience.as_ref(), "audience", own, options, out);
            let issuer = issuer_text(&issuer, own, options, out);
            Some(vec![assemble(issuer?, audiences?, algorithms, own, Vec::new())])
        }
        (Some(_), _) => {
            let reason = "there is either one `issuer` with its `audience`, as in an HTTP API, or a \
                          list `issuers`, as in a REST API";
            out.refuse_key(at, reason);
            None
        }
        (None, None) => {
            out.refuse_key(at, "lacks `issuer`");
            None
        }
    }
}

fn one_of_several(
    at: &At<'_>,
    own: &Own<'_>,
    algorithms: &[String],
    options: &Options,
    out: &mut Findings,
) -> Option<Issuer> {
    let mut fields = at.fields(out)?;
    let issuer = fields.need("issuer", out).and_then(|at| issuer_text(&at, own, options, out));
    let audience = fields.take("audiences");
    let audiences = audiences(at, audience.as_ref(), "audiences", own, options, out);
    // What AWS fills in itself.
    fields.take("jwksUri");
    let claims = match fields.take("additionalClaims") {
        Some(at) => additional_claims(&at, out),
        None => Some(Vec::new()),
    };
    fields.done(out);
    Some(assemble(issuer?, audiences?, algorithms.to_vec(), own, claims?))
}

fn assemble(
    issuer: String,
    audiences: Audiences,
    algorithms: Vec<String>,
    own: &Own<'_>,
    additional_claims: Vec<AdditionalClaim>,
) -> Issuer {
    let keys = match &own.keys {
        Some((_, keys)) => keys.clone(),
        None => {
            let mut jwks_hosts = own.jwks_hosts.clone();
            // The one issuer in wide use whose keys are not on its own host.
            let google = "https://www.googleapis.com";
            if issuer == "https://accounts.google.com"
                && !jwks_hosts.iter().any(|host| host == google)
            {
                jwks_hosts.push(google.to_owned());
            }
            Keys::Discovery(Discovery { cluster: None, jwks_hosts, plain_http: own.plain_http })
        }
    };
    Issuer { issuer, audiences, algorithms, keys, additional_claims }
}

fn issuer_text(
    at: &At<'_>,
    own: &Own<'_>,
    options: &Options,
    out: &mut Findings,
) -> Option<String> {
    const MOST: usize = 2048;
    let issuer = options.substitute(at.filled(out)?);
    if issuer.len() > MOST {
        out.refuse(at, format!("an issuer has at most {MOST} characters"));
        return None;
    }
    if own.keys.is_none() {
        url::check(at, &issuer, own.plain_http, out)?;
        if issuer.contains('?') {
            out.refuse(at, format!("{} has a query, and discovery adds a path", quoted(&issuer)));
            return None;
        }
    }
    Some(issuer)
}

fn audiences(
    owner: &At<'_>,
    at: Option<&At<'_>>,
    key: &str,
    own: &Own<'_>,
    options: &Options,
    out: &mut Findings,
) -> Option<Audiences> {
    let listed = match at {
        Some(at) => at.strings(out)?,
        None => Vec::new(),
    };
    match (&own.any_audience, at) {
        (Some(_), Some(at)) if !listed.is_empty() => {
            let reason = "audiences are listed here, and `x-tollgate-any-audience` says that any \
                          will do: remove one of the two";
            out.refuse_key(at, reason);
            None
        }
        (Some(_), _) => Some(Audiences::Unchecked),
        (None, at) if listed.is_empty() => {
            let reason = format!(
                "lacks `{key}`: without it, a token that was issued for any other service would do \
                 (`x-tollgate-any-audience: true` if that is meant)"
            );
            out.refuse_key(at.unwrap_or(owner), reason);
            None
        }
        (None, at) => {
            if listed.len() > MAX_AUDIENCES {
                let reason = format!("an issuer has at most {MAX_AUDIENCES} audiences");
                out.refuse(at.unwrap_or(owner), reason);
                return None;
            }
            Some(Audiences::AnyOf(
                listed.into_iter().map(|(_, text)| options.substitute(text)).collect(),
            ))
        }
    }
}

fn additional_claims(at: &At<'_>, out: &mut Findings) -> Option<Vec<AdditionalClaim>> {
    let items = at.list(out)?;
    if items.len() > MAX_CLAIMS {
        out.refuse(at, format!("an issuer has at most {MAX_CLAIMS} additional claims"));
        return None;
    }
    let claims: Vec<_> = items.iter().map(|at| additional_claim(at, out)).collect();
    claims.into_iter().collect()
}

fn additional_claim(at: &At<'_>, out: &mut Findings) -> Option<AdditionalClaim> {
    const OWN: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "scope", "scp"];
    let mut fields = at.fields(out)?;
    let name = fields.need("claimName", out).and_then(|at| {
        let name = at.filled(out)?;
        if OWN.contains(&name) {
            out.refuse(&at, format!("{} is checked anyway, and by other rules", quoted(name)));
            return None;
        }
        Some(name.to_owned())
    });
    if let Some(at) = fields.take("format")
        && let Some(format) = at.string(out)
        && format != "SINGLE_STRING"
    {
        out.refuse(&at, "`SINGLE_STRING` belongs here");
    }
    let required = match fields.take("required") {
        Some(at) => at.flag(out),
        None => Some(false),
    };
    let expected = match fields.take("expectedValues") {
        Some(at) => at.strings(out),
        None => Some(Vec::new()),
    };
    fields.done(out);
    let expected_values = expected?.into_iter().map(|(_, text)| text.to_owned()).collect();
    Some(AdditionalClaim { claim_name: name?, required: required?, expected_values })
}
