//! From what the operator writes of an access key to what is known of it.

use std::collections::BTreeMap;
use std::rc::Rc;

use tollgate_iam::{Caller, CallerKind, Kind, Policy};
use tollgate_iam_policies::Policies;
use tollgate_policy::{Identity, Invalid};
use tollgate_sigv4 as sigv4;

use crate::Secret;
use crate::config::{Credential, Owner};
use crate::signer::Signer;

/// Characters of an access key's id. Those of AWS have up to 128.
const MAX_ID_CHARS: usize = 128;

/// Characters of a secret. Those of AWS have 40; shorter ones than this can be guessed from a request
/// that was seen, and longer ones than that protect no better.
const MIN_SECRET_CHARS: usize = 16;
const MAX_SECRET_CHARS: usize = 256;

/// Characters of a session token: what fits into a header field beside others, where API Gateway takes
/// 10,240 bytes of all.
const MAX_TOKEN_CHARS: usize = 8_192;

/// Policies of one owner. IAM attaches up to 20 to a user.
const MAX_POLICIES: usize = 20;

/// Bounds on what is said of an owner: those of IAM.
const MAX_ARN_CHARS: usize = 2_048;
const MAX_TAGS: usize = 50;
const MAX_TAG_NAME_CHARS: usize = 128;
const MAX_VALUE_CHARS: usize = 256;

/// Places in organizations that an owner may be in. AWS has one.
const MAX_ORG_PATHS: usize = 10;

/// An access key that may sign.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) secret: sigv4::Secret,
    pub(crate) session_token: Option<Secret>,
    pub(crate) expires_at_secs: Option<u64>,
    pub(crate) enabled: bool,
    pub(crate) signer: Rc<Signer>,
}

/// Policies that have been compiled, by their text: a policy of many owners is there once.
pub(crate) type Compiled = BTreeMap<String, Rc<Policy>>;

impl Known {
    pub(crate) fn compile(config: &Credential, compiled: &mut Compiled) -> Result<Self, Invalid> {
        let id = &config.access_key_id;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if id.is_empty() || id.len() > MAX_ID_CHARS || !id.bytes().all(is_plain) {
            let reason = format!("is not 1 to {MAX_ID_CHARS} letters, digits, `-`, `_` and `.`");
            return Err(Invalid::new("access_key_id", reason));
        }
        let secret = config.secret_access_key.reveal();
        if !(MIN_SECRET_CHARS..=MAX_SECRET_CHARS).contains(&secret.len()) || !is_visible(secret) {
            let reason =
                format!("is not {MIN_SECRET_CHARS} to {MAX_SECRET_CHARS} characters of ASCII");
            return Err(Invalid::new("secret_access_key", reason));
        }
        let token = config.session_token.as_ref().map(Secret::reveal);
        if token.is_some_and(|token| {
            token.is_empty() || token.len() > MAX_TOKEN_CHARS || !is_visible(token)
        }) {
            let reason = format!("is not 1 to {MAX_TOKEN_CHARS} characters of ASCII");
            return Err(Invalid::new("session_token", reason));
        }
        let caller = caller(&config.owner, id).map_err(|invalid| invalid.within("owner"))?;
        let policies = policies(&config.policies, compiled)?;
        let identity = Identity {
            access_key: id.as_str().into(),
            account_id: caller.account_id.as_str().into(),
            user_id: caller.user_id.as_str().into(),
            user_arn: caller.arn.as_str().into(),
            principal_org_id: caller.org_id.as_deref().map(Rc::from),
        };
        Ok(Self {
            secret: sigv4::Secret::new(secret),
            session_token: config.session_token.clone(),
            expires_at_secs: config.expires_at_secs,
            enabled: config.enabled,
            signer: Rc::new(Signer { caller, policies: Policies::new(policies), identity }),
        })
    }
}

fn policies(
    documents: &[serde_json::Value],
    compiled: &mut Compiled,
) -> Result<Box<[Rc<Policy>]>, Invalid> {
    if documents.len() > MAX_POLICIES {
        return Err(Invalid::new("policies", format!("there are more than {MAX_POLICIES}")));
    }
    let compile = |(index, document): (usize, &serde_json::Value)| {
        let text = document.to_string();
        if let Some(known) = compiled.get(&text) {
            return Ok(known.clone());
        }
        let policy = Rc::new(Policy::compile(document, Kind::Identity).map_err(|malformed| {
            let invalid = Invalid::new(malformed.path, malformed.reason);
            invalid.within(format!("policies[{index}]"))
        })?);
        compiled.insert(text, policy.clone());
        Ok(policy)
    };
    documents.iter().enumerate().map(compile).collect()
}

fn caller(owner: &Owner, access_key_id: &str) -> Result<Caller, Invalid> {
    let account = owner.arn.split(':').nth(4).unwrap_or_default();
    let kind = CallerKind::of(&owner.arn).filter(|_| {
        is_account(account) && owner.arn.len() <= MAX_ARN_CHARS && is_visible(&owner.arn)
    });
    let Some(kind) = kind else {
        let reason = format!(
            "`{}` is no ARN of an owner, such as `arn:aws:iam::123456789012:user/ann`",
            owner
                .arn
                .chars()
                .take(MAX_VALUE_CHARS)
                .flat_map(char::escape_debug)
                .collect::<String>()
        );
        return Err(Invalid::new("arn", reason));
    };
    let user_id = owner.user_id.as_deref().unwrap_or(access_key_id);
    check("user_id", user_id, MAX_VALUE_CHARS)?;
    if let Some(role) = &owner.role_arn {
        check("role_arn", role, MAX_ARN_CHARS)?;
        if kind != CallerKind::AssumedRole || !role.contains(&format!("::{account}:role/")) {
            return Err(Invalid::new(
                "role_arn",
                "is of a role of the account, of an assumed role",
            ));
        }
    }
    if let Some(org) = &owner.org_id {
        check("org_id", org, MAX_VALUE_CHARS)?;
    }
    if owner.org_paths.len() > MAX_ORG_PATHS {
        return Err(Invalid::new("org_paths", format!("there are more than {MAX_ORG_PATHS}")));
    }
    for (index, path) in owner.org_paths.iter().enumerate() {
        check(&format!("org_paths[{index}]"), path, MAX_ARN_CHARS)?;
    }
    if owner.tags.len() > MAX_TAGS {
        return Err(Invalid::new("tags", format!("there are more than {MAX_TAGS}")));
    }
    for (name, value) in &owner.tags {
        if name.is_empty() || name.chars().count() > MAX_TAG_NAME_CHARS {
            let reason = format!("a name has not 1 to {MAX_TAG_NAME_CHARS} characters");
            return Err(Invalid::new("tags", reason));
        }
        if value.chars().count() > MAX_VALUE_CHARS {
            let reason = format!("`{name}` has more than {MAX_VALUE_CHARS} characters");
            return Err(Invalid::new("tags", reason));
        }
        let is_twice = |other: &&String| *other != name && other.eq_ignore_ascii_case(name);
        if owner.tags.keys().any(|other| is_twice(&other)) {
            let reason = format!("`{name}` is there twice: names are the same in small letters");
            return Err(Invalid::new("tags", reason));
        }
    }
    Ok(Caller {
        arn: owner.arn.clone(),
        account_id: account.to_owned(),
        user_id: user_id.to_owned(),
        kind,
        role_arn: owner.role_arn.clone(),
        org_id: owner.org_id.clone(),
        org_paths: owner.org_paths.clone(),
        tags: owner.tags.clone(),
        has_mfa: owner.has_mfa,
        mfa_age_secs: None,
        token_issued_secs: owner.token_issued_secs,
    })
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether it is all in ASCII, without spaces.
fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn check(field: &str, text: &str, most: usize) -> Result<(), Invalid> {
    if text.is_empty() || text.len() > most || !is_visible(text) {
        return Err(Invalid::new(field, format!("is not 1 to {most} characters of ASCII")));
    }
    Ok(())
}
