//! Whether a signature is good, and how one is made.

use sha2::{Digest as _, Sha256};

use crate::canonical::{Frame, LeftOut, paths, queries};
use crate::encode::{from_hex, hex};
use crate::presented::string_to_sign;
use crate::{ALGORITHM, Presented, Refusal, Request, Scope, SigningKey, Stamp};

/// The field in which a client may state the digest of the body.
const STATED: &str = "x-amz-content-sha256";

/// Proof that a request was signed with the key of this scope. Only [`Presented::verify`] makes one.
#[derive(Clone, Debug)]
pub struct Verified {
    scope: Scope,
}

impl Verified {
    /// Whose key it was, and what for.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }
}

/// What has been found out.
#[derive(Clone, Debug)]
#[must_use]
pub enum Outcome {
    /// Head and body are those that were signed.
    Verified(Verified),
    /// It takes the body to say more. Nothing is proven yet.
    NeedsBody,
}

impl Presented {
    /// Verifies the signature with the key that belongs to [`scope`](Self::scope).
    ///
    /// Without a body the head is judged as far as it can be: a request that states the digest of its
    /// body is refused before its body is read.
    ///
    /// # Errors
    /// [`Refusal`] if the signature is not one of this request.
    pub fn verify(
        &self,
        request: &Request<'_>,
        key: &SigningKey,
        body: Option<&[u8]>,
    ) -> Result<Outcome, Refusal> {
        let stated = stated(request)?;
        let digest = match (body.map(|body| <[u8; 32]>::from(Sha256::digest(body))), stated) {
            (Some(digest), Some(stated)) if digest != stated => return Err(Refusal::Payload),
            (Some(digest), _) | (None, Some(digest)) => digest,
            (None, None) => return Ok(Outcome::NeedsBody),
        };
        self.check_signature(request, key, &hex(&digest))?;
        if body.is_none() {
            return Ok(Outcome::NeedsBody);
        }
        Ok(Outcome::Verified(Verified { scope: self.scope.clone() }))
    }

    fn check_signature(
        &self,
        request: &Request<'_>,
        key: &SigningKey,
        payload: &[u8],
    ) -> Result<(), Refusal> {
        let frame = Frame::new(request, &self.signed, payload);
        let left_out: &[_] = match (self.is_presigned(), self.session_token()) {
            (false, _) => &[LeftOut::Nothing],
            (true, None) => &[LeftOut::Signature],
            (true, Some(_)) => &[LeftOut::Signature, LeftOut::SignatureAndToken],
        };
        let queries: Vec<_> =
            left_out.iter().flat_map(|left_out| queries(request.query, *left_out)).collect();
        let mut standard = None;
        for path in paths(request.path) {
            for query in &queries {
                let canonical = frame.around(request.method, &path, query);
                let text = self.string_to_sign(&Sha256::digest(&canonical));
                if key.has_signed(&text, &self.signature) {
                    return Ok(());
                }
                standard.get_or_insert((canonical, text));
            }
        }
        let (canonical, text) = standard.unwrap_or_default();
        Err(Refusal::Mismatch {
            canonical: String::from_utf8_lossy(&canonical).into_owned(),
            string_to_sign: String::from_utf8_lossy(&text).into_owned(),
        })
    }
}

/// The digest a request states. Bodies that are signed in pieces or not at all are not for APIs.
fn stated(request: &Request<'_>) -> Result<Option<[u8; 32]>, Refusal> {
    let mut values = request.values(STATED);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refusal::Twice(STATED));
    }
    from_hex(value.trim_ascii()).map(Some).ok_or(Refusal::Payload)
}

impl SigningKey {
    /// What goes into `Authorization`, of a request that has its date and all it is to be signed with.
    /// `signed` are names in lower case and in order, `host` among them.
    #[must_use]
    pub fn authorize(
        &self,
        request: &Request<'_>,
        scope: &Scope,
        stamp: Stamp,
        signed: &[&str],
        body: &[u8],
    ) -> String {
        let frame = Frame::new(request, signed, &hex(&Sha256::digest(body)));
        let path = paths(request.path).next().unwrap_or_default();
        let query = queries(request.query, LeftOut::Nothing).next().unwrap_or_default();
        let canonical = frame.around(request.method, &path, &query);
        let text = string_to_sign(stamp, scope, &Sha256::digest(canonical));
        let signature = String::from_utf8_lossy(&hex(&self.sign(&text))).into_owned();
        format!(
            "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={signature}",
            scope.access_key,
            scope.text(),
            signed.join(";")
        )
    }
}
