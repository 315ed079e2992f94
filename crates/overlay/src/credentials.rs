//! Who may sign requests: access keys, whose they are, and what their owners may do.

use std::collections::BTreeMap;

use tollgate_iam_authorizer::{Credential, MAX_CREDENTIALS, Owner, Secret};
use tollgate_source::{At, Findings, Problem};

/// The root of a file with credentials: `credentials: [...]`.
///
/// # Errors
/// Every [`Problem`] of the file. None repeats a secret.
pub fn read(text: &str, file: &str) -> Result<Vec<Credential>, Vec<Problem>> {
    let mut findings = Findings::default();
    let node = tollgate_source::read(text, file, &mut findings);
    let read = node.as_ref().and_then(|node| all(&At::root(node), &mut findings));
    match read {
        Some(credentials) if !findings.is_refused() => Ok(credentials),
        _ => Err(findings.report(file).0),
    }
}

fn all(root: &At<'_>, out: &mut Findings) -> Option<Vec<Credential>> {
    let mut fields = root.fields(out)?;
    let list = fields.need("credentials", out);
    fields.finish(out);
    let (list, items) = list.and_then(|at| at.list(out).map(|items| (at, items)))?;
    if items.len() > MAX_CREDENTIALS {
        out.refuse_key(&list, format!("there are at most {MAX_CREDENTIALS} credentials"));
        return None;
    }
    Some(items.iter().filter_map(|at| credential(at, out)).collect())
}

fn credential(at: &At<'_>, out: &mut Findings) -> Option<Credential> {
    let mut fields = at.fields(out)?;
    let access_key_id = fields.need("accessKeyId", out).and_then(|at| at.filled(out));
    let secret_access_key = fields.need("secretAccessKey", out).and_then(|at| secret(&at, out));
    let session_token = fields.take("sessionToken").map(|at| secret(&at, out));
    let expires = fields.take("expiration").map(|at| time(&at, out));
    let enabled = fields.take("enabled").map_or(Some(true), |at| at.flag(out));
    let owner = fields.need("owner", out).and_then(|at| self::owner(&at, out));
    let policies = fields.take("policies").map(|at| at.list(out));
    fields.finish(out);
    Some(Credential {
        access_key_id: access_key_id?.to_owned(),
        secret_access_key: secret_access_key?,
        session_token: flat(session_token)?,
        expires_at_secs: flat(expires)?,
        enabled: enabled?,
        owner: owner?,
        policies: (flat(policies)?.unwrap_or_default().iter()).map(|at| at.node.json()).collect(),
    })
}

/// What may be left out, and must be right where it is not.
#[expect(
    clippy::option_option,
    reason = "one is about whether it is there, the other whether it is right"
)]
fn flat<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(None) => None,
        Some(right) => Some(right),
    }
}

fn owner(at: &At<'_>, out: &mut Findings) -> Option<Owner> {
    let mut fields = at.fields(out)?;
    let mut text = |key, out: &mut Findings| {
        let at = fields.take(key)?;
        at.filled(out).map(str::to_owned)
    };
    let user_id = text("userId", out);
    let role_arn = text("roleArn", out);
    let org_id = text("orgId", out);
    let arn = fields.need("arn", out).and_then(|at| at.filled(out));
    let org_paths = fields.take("orgPaths").and_then(|at| at.strings(out)).unwrap_or_default();
    let tags = fields.take("tags").map(|at| tags(&at, out)).unwrap_or_default();
    let has_mfa = fields.take("multiFactorAuthPresent").map(|at| at.flag(out));
    let token_issued = fields.take("tokenIssueTime").map(|at| time(&at, out));
    fields.finish(out);
    Some(Owner {
        arn: arn?.to_owned(),
        user_id,
        role_arn,
        org_id,
        org_paths: org_paths.into_iter().map(|(_, path)| path.to_owned()).collect(),
        tags,
        has_mfa: flat(has_mfa)?,
        token_issued_secs: flat(token_issued)?,
    })
}

fn tags(at: &At<'_>, out: &mut Findings) -> BTreeMap<String, String> {
    if at.map(out).is_none() {
        return BTreeMap::new();
    }
    at.entries()
        .filter_map(|(name, at)| Some((name.to_owned(), at.version(out)?.to_owned())))
        .collect()
}

/// A secret is not repeated, whatever is wrong with it.
fn secret(at: &At<'_>, out: &mut Findings) -> Option<Secret> {
    match at.node.text() {
        Some(text) if !text.is_empty() => Some(Secret::new(text)),
        _ => {
            out.refuse(at, "a secret belongs here, in quotation marks");
            None
        }
    }
}

/// `2026-01-31T12:00:00Z`, or seconds since 1970.
fn time(at: &At<'_>, out: &mut Findings) -> Option<u64> {
    let text = at.version(out)?;
    let secs = tollgate_iam::secs(text).and_then(|secs| u64::try_from(secs).ok());
    if secs.is_none() {
        out.refuse(at, "a time such as `2026-01-31T12:00:00Z` belongs here, or seconds since 1970");
    }
    secs
}
