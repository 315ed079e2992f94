//! The authorizer itself: from a request to who has signed it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use tollgate_policy::{Exchange, Fault, Invalid, Verdict};
use tollgate_sigv4::{Outcome, Presented, Refusal, SigningKeys, Verified};

use crate::answer::{self, Style};
use crate::config::Credential;
use crate::credential::{Compiled, Known};
use crate::exchange::with_arrived;
use crate::signer::Signer;

/// Access keys of one configuration: each worker holds all of them, about a kilobyte each.
pub const MAX_CREDENTIALS: usize = 10_000;

/// Knows access keys, and finds out whose a request is.
#[derive(Debug)]
pub struct IamAuthorizer {
    region: String,
    service: String,
    credentials: BTreeMap<String, Known>,
    /// Outlives the configuration: a key is remembered together with the secret it was made of.
    keys: RefCell<Rc<RefCell<SigningKeys>>>,
}

/// What the authorizer remembers of one exchange.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    signer: Option<Rc<Signer>>,
}

impl Notes {
    /// Who has signed the request, once it has been admitted.
    #[must_use]
    pub fn signer(&self) -> Option<&Rc<Signer>> {
        self.signer.as_ref()
    }
}

/// What API Gateway finds wrong with an `Authorization` that is no signature, where it takes it for one: of
/// every request to a REST API that no authorizer reads, also for what is not there. Nothing where there
/// is none, or one that can be read.
pub fn refuse_unreadable(exchange: &mut Exchange) -> Option<Fault> {
    let refusal = with_arrived(exchange, |request| Presented::read(request).err())?;
    let _ = answer::refused(exchange, Style::Rest, &refusal);
    exchange.context.error
}

/// What has been found out.
enum Found {
    /// Nobody has signed the request.
    Nobody,
    /// It takes the body to say who has.
    NeedsBody,
    /// The owner of a key has.
    Signed(Verified),
}

impl IamAuthorizer {
    /// An authorizer for what is signed for this region and service with one of these keys.
    ///
    /// # Errors
    /// [`Invalid`] for the first key that cannot be honoured, as in `[3].owner.arn`.
    pub fn new(region: &str, service: &str, credentials: &[Credential]) -> Result<Self, Invalid> {
        if !(1..=MAX_CREDENTIALS).contains(&credentials.len()) {
            let reason = format!("there are {}, not 1 to {MAX_CREDENTIALS}", credentials.len());
            return Err(Invalid::new("", reason));
        }
        let mut compiled = Compiled::new();
        let mut known = BTreeMap::new();
        for (index, credential) in credentials.iter().enumerate() {
            let at = |invalid: Invalid| invalid.within(format!("[{index}]"));
            let id = credential.access_key_id.clone();
            let value = Known::compile(credential, &mut compiled).map_err(at)?;
            if known.insert(id, value).is_some() {
                return Err(at(Invalid::new("access_key_id", "is there twice")));
            }
        }
        Ok(Self {
            region: region.to_owned(),
            service: service.to_owned(),
            credentials: known,
            keys: RefCell::default(),
        })
    }

    /// Finds out whose a request is: without its body first, and with it where [`Verdict::Body`] asks
    /// for that. `Some(&[])` is a body that is empty.
    ///
    /// With [`Verdict::Continue`] the caller is in the notes and in `$context.identity`. The request
    /// still has the signature: [`withdraw_signature`](crate::withdraw_signature) takes it out.
    pub fn authenticate(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        body: Option<&[u8]>,
        style: Style,
    ) -> Verdict {
        notes.signer = None;
        exchange.context.identity = None;
        match self.find(exchange, body) {
            Ok(Found::Signed(proof)) => {
                let known = self.credentials.get(&proof.scope().access_key);
                let signer = known.map(|known| known.signer.clone());
                exchange.context.identity = signer.as_ref().map(|signer| signer.identity.clone());
                notes.signer = signer;
                Verdict::Continue
            }
            Ok(Found::NeedsBody) => Verdict::Body,
            Ok(Found::Nobody) => answer::missing(exchange, style),
            Err(refusal) => answer::refused(exchange, style, &refusal),
        }
    }

    /// Whether it takes the client's address to decide by the policies of some caller.
    #[must_use]
    pub fn needs_source_address(&self) -> bool {
        (self.credentials.values()).any(|known| known.signer.policies.needs_source_address())
    }

    /// Takes over the signing keys that another one has derived.
    pub fn inherit(&self, previous: &Self) {
        self.keys.replace(previous.keys.borrow().clone());
    }

    fn find(&self, exchange: &Exchange, body: Option<&[u8]>) -> Result<Found, Refusal> {
        with_arrived(exchange, |request| {
            let Some(presented) = Presented::read(request)? else { return Ok(Found::Nobody) };
            // The time that counts is the one at which the head was here.
            presented.check(&self.region, &self.service, exchange.arrived.0)?;
            let known = self.known(&presented, exchange)?;
            let keys = self.keys.borrow().clone();
            let key = keys.borrow_mut().get(&known.secret, presented.scope());
            Ok(match presented.verify(request, &key, body)? {
                Outcome::Verified(proof) => Found::Signed(proof),
                Outcome::NeedsBody => Found::NeedsBody,
            })
        })
    }

    /// The key that a request names, if it may be used now and with the session token that there is.
    fn known(&self, presented: &Presented, exchange: &Exchange) -> Result<&Known, Refusal> {
        let known = self.credentials.get(&presented.scope().access_key).filter(|known| {
            known.enabled
                && match (&known.session_token, presented.session_token()) {
                    (None, None) => true,
                    (Some(token), Some(sent)) => token.is(sent),
                    (None, Some(_)) | (Some(_), None) => false,
                }
        });
        let known = known.ok_or(Refusal::UnknownKey)?;
        let now = exchange.arrived.as_secs();
        if known.expires_at_secs.is_some_and(|expires| expires <= now) {
            return Err(Refusal::ExpiredToken);
        }
        Ok(known)
    }
}
