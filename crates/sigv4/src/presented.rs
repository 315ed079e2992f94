//! What a request says about who signed it.

use std::fmt;
use std::time::Duration;

use crate::form::{self, Form};
use crate::{ALGORITHM, Refusal, Request, Stamp, TERMINATOR};

/// How long a presigned request may be good: seven days, as with AWS.
pub const MAX_LIFETIME_SECS: u32 = 604_800;

/// By how much the clocks of the two sides may differ. API Gateway's number.
pub(crate) const SKEW: Duration = Duration::from_secs(300);

/// How many header fields one signature may cover. A request has no more in Envoy, unless it is told
/// otherwise.
pub(crate) const MAX_SIGNED_HEADERS: usize = 100;

/// How long a value may be that says whose a request is: API Gateway takes 10,240 bytes of request line
/// and fields together.
pub(crate) const MAX_VALUE_BYTES: usize = 10_240;

/// How long a path and query may be, which are encoded several times over.
const MAX_TARGET_BYTES: usize = 16_384;

/// How many parameters a query may have, which are sorted.
const MAX_PARAMETERS: usize = 1_024;

/// How long each part of a scope may be. Access keys of AWS have up to 128 characters.
const MAX_SCOPE_PART_BYTES: usize = 128;

/// What a signing key is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    /// The id of the access key, which is no secret.
    pub access_key: String,
    /// The day, such as `20150830`.
    pub date: String,
    /// The region.
    pub region: String,
    /// The service.
    pub service: String,
}

/// What a request says about who signed it. Nothing of it is proven.
#[derive(Clone)]
pub struct Presented {
    pub(crate) form: Form,
    pub(crate) scope: Scope,
    /// In lower case, in order, each once; `host` is one of them.
    pub(crate) signed: Vec<String>,
    pub(crate) signature: [u8; 32],
    pub(crate) stamp: Stamp,
    /// How long it is good, if it says so.
    lifetime: Option<Duration>,
    token: Option<Vec<u8>>,
}

/// The parts of a signature as they were found, in either form.
pub(crate) struct Parts {
    pub(crate) form: Form,
    pub(crate) credential: Vec<u8>,
    pub(crate) signed: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) stamp: Stamp,
    pub(crate) lifetime: Option<Duration>,
    pub(crate) token: Option<Vec<u8>>,
}

impl Presented {
    /// Reads what a request says. `None` where it says nothing.
    ///
    /// # Errors
    /// [`Refusal`] where what it says cannot be read, or can be read in two ways.
    pub fn read(request: &Request<'_>) -> Result<Option<Self>, Refusal> {
        let target = request.path.len().saturating_add(request.query.len());
        let parameters = request.query.iter().filter(|byte| **byte == b'&').count();
        if target > MAX_TARGET_BYTES || parameters >= MAX_PARAMETERS {
            return Err(Refusal::TooMuch);
        }
        let Some(parts) = form::find(request)? else { return Ok(None) };
        let scope = scope(&parts.credential)?;
        let signed = signed_headers(&parts.signed)?;
        let signature = crate::encode::from_hex(&parts.signature)
            .ok_or(Refusal::Unreadable(parts.form.signature()))?;
        let Parts { form, stamp, lifetime, token, .. } = parts;
        let presented = Self { form, scope, signed, signature, stamp, lifetime, token };
        presented.covers(request)?;
        Ok(Some(presented))
    }

    /// What the signing key is for.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The session token, if there is one.
    ///
    /// INVARIANT: whoever looks the key up compares it, and refuses one that the key does not have. It
    /// need not be signed.
    #[must_use]
    pub fn session_token(&self) -> Option<&[u8]> {
        self.token.as_deref()
    }

    /// When it was signed.
    #[must_use]
    pub const fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Whether the signature lies in the query: whoever has the URL has it.
    #[must_use]
    pub fn is_presigned(&self) -> bool {
        self.form == Form::Query
    }

    /// Whether it is for this region and service, and good at this time after the Unix epoch.
    ///
    /// # Errors
    /// [`Refusal`] if it is not.
    pub fn check(&self, region: &str, service: &str, now: Duration) -> Result<(), Refusal> {
        if self.scope.region != region {
            return Err(Refusal::Region);
        }
        if self.scope.service != service {
            return Err(Refusal::Service(service.to_owned()));
        }
        let signed = self.stamp;
        if signed.day() != self.scope.date {
            return Err(Refusal::Day { scope: self.scope.date.clone(), signed });
        }
        let (now, window) = (Stamp::at(now), self.lifetime.unwrap_or(SKEW));
        if signed > now.later(SKEW) {
            return Err(Refusal::NotYet { signed, now, window: SKEW });
        }
        if now > signed.later(window) {
            return Err(Refusal::Expired { signed, now, window });
        }
        Ok(())
    }

    /// Every field that changes what a request means to AWS is signed: the host, and all that starts with
    /// `x-amz-`, but for [`UNSIGNED`]. So is what says when it was signed.
    fn covers(&self, request: &Request<'_>) -> Result<(), Refusal> {
        let is_signed = |name: &str| self.signed.iter().any(|signed| signed == name);
        if !is_signed("host") {
            return Err(Refusal::NotSigned("host".to_owned()));
        }
        for (name, _) in request.headers {
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            let plain = name.replace('_', "-");
            if plain.starts_with("x-amz-") && !UNSIGNED.contains(&&*plain) && !is_signed(&name) {
                return Err(Refusal::NotSigned(name));
            }
        }
        if self.form == Form::Header
            && request.values("x-amz-date").next().is_none()
            && !is_signed("date")
        {
            return Err(Refusal::NotSigned("date".to_owned()));
        }
        Ok(())
    }
}

/// What may be there without being signed: what `CloudFront` adds on its way, the session token, and the
/// digest of the body, which is compared with the body itself. Some clients do not sign these two.
const UNSIGNED: [&str; 3] = ["x-amz-cf-id", "x-amz-security-token", "x-amz-content-sha256"];

impl fmt::Debug for Presented {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("Presented");
        out.field("scope", &self.scope).field("stamp", &self.stamp).finish_non_exhaustive()
    }
}

/// Takes a credential apart. Access keys hold no slash.
fn scope(credential: &[u8]) -> Result<Scope, Refusal> {
    let text = str::from_utf8(credential).map_err(|_| Refusal::Credential)?;
    let mut parts = text.split('/');
    let mut part = || {
        let fits = |part: &&str| {
            !part.is_empty()
                && part.len() <= MAX_SCOPE_PART_BYTES
                && part.bytes().all(|byte| byte.is_ascii_graphic())
        };
        parts.next().filter(fits).map(str::to_owned).ok_or(Refusal::Credential)
    };
    let scope = Scope { access_key: part()?, date: part()?, region: part()?, service: part()? };
    let terminator = part()?;
    if parts.next().is_some() {
        return Err(Refusal::Credential);
    }
    if terminator != TERMINATOR {
        return Err(Refusal::Terminator);
    }
    Ok(scope)
}

/// The names of signed fields. They are what the canonical request says they are, so they must already
/// be in the order and the case that it has them in.
fn signed_headers(text: &[u8]) -> Result<Vec<String>, Refusal> {
    let is_name = |byte: u8| {
        (byte.is_ascii_alphanumeric() && !byte.is_ascii_uppercase())
            || b"!#$%&'*+-.^_`|~".contains(&byte)
    };
    let mut names: Vec<String> = Vec::new();
    for name in text.split(|byte| *byte == b';') {
        if names.len() >= MAX_SIGNED_HEADERS {
            return Err(Refusal::TooMuch);
        }
        let name = str::from_utf8(name).unwrap_or_default();
        let in_order = names.last().is_none_or(|last| &**last < name);
        if name.is_empty() || !name.bytes().all(is_name) || !in_order {
            return Err(Refusal::Unreadable("SignedHeaders"));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

impl Scope {
    /// The scope as a string to sign has it.
    pub(crate) fn text(&self) -> String {
        let Self { date, region, service, .. } = self;
        format!("{date}/{region}/{service}/{TERMINATOR}")
    }
}

impl Presented {
    /// The text that is signed, of a canonical request with this SHA-256.
    pub(crate) fn string_to_sign(&self, digest: &[u8]) -> Vec<u8> {
        string_to_sign(self.stamp, &self.scope, digest)
    }
}

/// The text that is signed, of a canonical request with this SHA-256.
pub(crate) fn string_to_sign(stamp: Stamp, scope: &Scope, digest: &[u8]) -> Vec<u8> {
    let mut text = format!("{ALGORITHM}\n{stamp}\n{}\n", scope.text()).into_bytes();
    text.extend(crate::encode::hex(digest));
    text
}
