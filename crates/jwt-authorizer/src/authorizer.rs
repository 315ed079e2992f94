//! The authorizer itself: from a request to an admitted caller.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tollgate_jose::{Claims, Digest, Jws, Native, Refusal};
use tollgate_policy::{
    self as policy, Compile, Exchange, Fault, Host, Invalid, Policy, Request, Response, Timestamp,
    Verdict, Work, reads_as, text,
};

use crate::answer;
use crate::bounds::{bounded, check_claims_to_headers, check_scopes, within};
use crate::cache::Cache;
use crate::config::{Config, KeyId};
use crate::identity::{self, Found, Source};
use crate::issuer::Issuer;
use crate::user_pools::{self, UserPools};
use crate::verified::Verified;

/// What API Gateway says when it cannot get at an issuer's keys.
const NO_KEYS: &str = "OIDC discovery endpoint communication error";

/// Bounds on the lists of a configuration: each is gone through for a request.
const MAX_SOURCES: usize = 4;
const MAX_ISSUERS: usize = 100;
const MAX_LEEWAY_SECS: u32 = 300;
const MAX_KEY_WAIT_MILLIS: u32 = 10_000;

/// Admits requests that carry a JSON Web Token.
#[derive(Debug)]
pub struct JwtAuthorizer {
    sources: Vec<Source>,
    issuers: Vec<Issuer>,
    scopes: Vec<String>,
    key_id: KeyId,
    key_wait: Duration,
    claims_to_headers: BTreeMap<String, String>,
    user_pools: Option<UserPools>,
    cache: RefCell<Rc<RefCell<Cache>>>,
    /// What this was compiled from: what was learned under it is true under the same only.
    config: Config,
}

/// What the authorizer remembers of one exchange.
#[derive(Clone, Copy, Debug, Default)]
pub struct Notes {
    /// When the wait for keys is over, once there is one.
    wait_ends: Option<Timestamp>,
}

/// Why a request is not admitted.
enum Stop {
    Missing,
    Refused(Refusal),
    Ambiguous,
    /// The issuer's keys are not here, or the one that is needed is not among them.
    Keys(usize, Lack),
}

enum Lack {
    AllKeys,
    ThisKey,
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl JwtAuthorizer {
    /// Judges a request that must have one of these scopes, or none where there are none. Call it
    /// again when the wait it asks for is over.
    pub fn authorize(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        scopes: &[String],
        host: &dyn Host,
    ) -> Verdict {
        for name in self.claims_to_headers.keys() {
            exchange.request.headers.remove_alike(name);
        }
        match self.admit(&exchange.request, host) {
            Ok(verified) => self.judge(&verified, exchange, scopes),
            Err(Stop::Missing) => {
                refuse(exchange, Fault::Unauthorized, "no token", answer::missing())
            }
            Err(Stop::Ambiguous) => {
                let why = "there is more than one token";
                refuse(exchange, Fault::Unauthorized, why, answer::invalid(scopes, why))
            }
            Err(Stop::Refused(refusal)) => {
                if self.user_pools.is_some() && matches!(refusal, Refusal::Expired) {
                    exchange.context.error_message = Some(user_pools::EXPIRED.to_owned());
                }
                let why = refusal.to_string();
                let answer = answer::invalid(scopes, &why);
                refuse(exchange, Fault::Unauthorized, why, answer)
            }
            Err(Stop::Keys(issuer, lack)) => {
                self.wait(notes, exchange, issuer, &lack, scopes, host)
            }
        }
    }

    /// Judges a token that is good as such.
    fn judge(&self, verified: &Verified, exchange: &mut Exchange, scopes: &[String]) -> Verdict {
        if let Some(pools) = &self.user_pools {
            if let Err(why) = pools.check(verified, scopes) {
                let answer = answer::invalid(scopes, why);
                return refuse(exchange, Fault::Unauthorized, why, answer);
            }
        } else if !verified.has_any(scopes) {
            let why = "the token does not have any of the required scopes";
            return refuse(exchange, Fault::AccessDenied, why, answer::insufficient(scopes));
        }
        self.forward(verified, &mut exchange.request);
        let mut caller = verified.authorizer.clone();
        if self.user_pools.is_some() {
            caller.kind = UserPools::KIND;
        }
        exchange.context.authorizer = Some(caller);
        Verdict::Continue
    }

    /// Whether the issuers are user pools of Cognito.
    #[must_use]
    pub const fn is_of_user_pools(&self) -> bool {
        self.user_pools.is_some()
    }

    /// The header fields that only the authorizer may send on. Wherever its answers go, what a
    /// client sends under these names is to be removed.
    pub fn own_headers(&self) -> impl Iterator<Item = &str> {
        self.claims_to_headers.keys().map(String::as_str)
    }

    /// Whether header fields of these names can be removed from requests and the token still be
    /// found.
    ///
    /// # Errors
    /// [`Invalid`] for the first that cannot.
    pub fn check_own_headers<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), Invalid> {
        let holds_token = |name: &str| {
            self.sources.iter().any(|source| match source {
                Source::Header(header) => reads_as(header.as_bytes(), name.as_bytes()),
                Source::QueryString(_) => false,
                Source::Cookie(_) => name.eq_ignore_ascii_case("cookie"),
            })
        };
        match names.into_iter().find(|name| holds_token(name)) {
            None => Ok(()),
            Some(name) => {
                let reason = format!("`{name}` is where the token comes from");
                Err(Invalid::new("claims_to_headers", reason))
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.cache.borrow().borrow().len()
    }

    /// Waits for keys, if that is of any use.
    fn wait(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        issuer: usize,
        lack: &Lack,
        scopes: &[String],
        host: &dyn Host,
    ) -> Verdict {
        let until = *notes.wait_ends.get_or_insert_with(|| host.now().after(self.key_wait));
        let keyring = self.issuers.get(issuer).map(|issuer| &issuer.keys);
        if keyring.is_some_and(|keys| keys.is_worth_waiting(until, host)) {
            return Verdict::Wait(until);
        }
        let why = match lack {
            Lack::AllKeys => NO_KEYS.to_owned(),
            Lack::ThisKey => Refusal::NoKey.to_string(),
        };
        let answer = answer::invalid(scopes, &why);
        refuse(exchange, Fault::Unauthorized, why, answer)
    }

    fn admit(&self, request: &Request, host: &dyn Host) -> Result<Rc<Verified>, Stop> {
        let value = self
            .sources
            .iter()
            .map(|source| source.find(request))
            .find(|found| *found != Found::Nothing)
            .unwrap_or(Found::Nothing);
        let value = match value {
            Found::Nothing => return Err(Stop::Missing),
            Found::Several => return Err(Stop::Ambiguous),
            Found::Token(value) => value,
        };
        let token = identity::token(&value);
        if let Some(verified) = self.recall(token, host) {
            return Ok(verified);
        }
        let verified = Rc::new(self.verify(token, host)?);
        self.cache.borrow().borrow_mut().insert(token, verified.clone());
        Ok(verified)
    }

    /// A token that was verified before, if it has not expired and its key has not been withdrawn.
    fn recall(&self, token: &[u8], host: &dyn Host) -> Option<Rc<Verified>> {
        let cache = self.cache.borrow().clone();
        let mut cache = cache.borrow_mut();
        let verified = cache.get(token)?;
        let keyring = self.issuers.get(verified.issuer).map(|issuer| &issuer.keys)?;
        // After a change of configuration the cache is here before the keys are.
        let keys = keyring.keys().or_else(|| keyring.adopt(host).then(|| keyring.keys())?);
        if verified.is_current(host.now()) && keys?.contains(verified.key) {
            return Some(verified);
        }
        cache.remove(token);
        None
    }

    /// Everything that can be judged without a signature is judged first: it costs less.
    fn verify(&self, token: &[u8], host: &dyn Host) -> Result<Verified, Stop> {
        let jws = Jws::parse(token)?;
        let claims = Claims::parse(jws.payload())?;
        let (index, issuer) = self
            .issuers
            .iter()
            .enumerate()
            .find(|(_, issuer)| claims.issuer() == Some(issuer.name.as_str()))
            .ok_or(Refusal::Issuer)?;
        issuer.check(jws.algorithm(), &claims, host.now())?;
        if jws.key_id().is_none() && self.key_id == KeyId::Required {
            return Err(Refusal::NoKey.into());
        }
        let native = Bridge(host);
        loop {
            let keys = issuer.keys.keys();
            let mut tried = 0_usize;
            for key in keys.iter().flat_map(|keys| keys.candidates(jws.key_id(), jws.algorithm())) {
                tried = tried.saturating_add(1);
                if let Ok(proof) = key.verify(&jws, &native) {
                    let until = issuer.good_until(&claims);
                    return Ok(Verified::new(proof, index, key.thumbprint(), until, claims));
                }
            }
            // Another worker may just have brought newer keys: look, and then look again.
            if tried == 0 && issuer.keys.adopt(host) {
                continue;
            }
            return Err(match (keys, tried) {
                (None, _) => Stop::Keys(index, Lack::AllKeys),
                (Some(_), 0) => Stop::Keys(index, Lack::ThisKey),
                (Some(_), _) => Refusal::Signature.into(),
            });
        }
    }

    fn forward(&self, verified: &Verified, request: &mut Request) {
        for (header, claim) in &self.claims_to_headers {
            if let Some(value) = verified.authorizer.claims.get(claim) {
                request.headers.set(header, text(value));
            }
        }
    }
}

fn refuse(
    exchange: &mut Exchange,
    fault: Fault,
    why: impl Into<std::borrow::Cow<'static, str>>,
    answer: Response,
) -> Verdict {
    exchange.context.error = Some(fault);
    exchange.context.authorizer_error = Some(why.into());
    Verdict::Respond(answer)
}

impl Policy for JwtAuthorizer {
    type Notes = Notes;

    fn on_request(&self, notes: &mut Notes, exchange: &mut Exchange, host: &dyn Host) -> Verdict {
        self.authorize(notes, exchange, &self.scopes, host)
    }

    fn on_wake(&self, notes: &mut Notes, exchange: &mut Exchange, host: &dyn Host) -> Verdict {
        self.authorize(notes, exchange, &self.scopes, host)
    }

    fn work(&self, host: &dyn Host) -> Work {
        (0_u32..)
            .zip(&self.issuers)
            .map(|(id, issuer)| issuer.keys.work(id, host))
            .fold(Work::default(), Work::and)
    }

    fn on_fetched(&self, id: u32, reply: Option<Response>, host: &dyn Host) {
        if let Some(issuer) = usize::try_from(id).ok().and_then(|id| self.issuers.get(id)) {
            issuer.keys.on_fetched(reply, host);
        }
    }

    fn inherit(&self, previous: &Self) {
        if self.config == previous.config {
            self.cache.replace(previous.cache.borrow().clone());
        }
    }
}

impl Compile for JwtAuthorizer {
    type Config = Config;

    fn compile(config: Config) -> Result<Self, Invalid> {
        bounded("identity_source", config.identity_source.len(), 1, MAX_SOURCES)?;
        bounded("issuers", config.issuers.len(), 1, MAX_ISSUERS)?;
        within("leeway_secs", config.leeway_secs, MAX_LEEWAY_SECS)?;
        within("key_wait_millis", config.key_wait_millis, MAX_KEY_WAIT_MILLIS)?;
        check_scopes(&config.scopes)?;
        check_claims_to_headers(&config.claims_to_headers)?;
        let sources = (config.identity_source.iter().enumerate())
            .map(|(index, source)| {
                let at = |invalid: Invalid| invalid.within(format!("identity_source[{index}]"));
                Source::parse(source).map_err(at)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let leeway = Duration::from_secs(u64::from(config.leeway_secs));
        let mut issuers: Vec<Issuer> = Vec::with_capacity(config.issuers.len());
        for (index, issuer) in config.issuers.iter().enumerate() {
            let at = |invalid: Invalid| invalid.within(format!("issuers[{index}]"));
            if issuers.iter().any(|other| other.name == issuer.issuer) {
                return Err(at(Invalid::new(
                    "issuer",
                    format!("`{}` is there twice", issuer.issuer),
                )));
            }
            issuers.push(Issuer::compile(issuer, leeway).map_err(at)?);
        }
        let user_pools = (config.user_pools.as_ref())
            .map(UserPools::compile)
            .transpose()
            .map_err(|invalid| invalid.within("user_pools"))?;
        let authorizer = Self {
            user_pools,
            sources,
            issuers,
            scopes: config.scopes.clone(),
            key_id: config.key_id,
            key_wait: Duration::from_millis(u64::from(config.key_wait_millis)),
            claims_to_headers: config.claims_to_headers.clone(),
            cache: RefCell::default(),
            config,
        };
        authorizer.check_own_headers(authorizer.own_headers())?;
        Ok(authorizer)
    }
}

/// A host, as far as it verifies signatures.
struct Bridge<'a>(&'a dyn Host);

impl Native for Bridge<'_> {
    fn verify(&self, digest: Digest, key: &[u8], signature: &[u8], message: &[u8]) -> Option<bool> {
        let digest = match digest {
            Digest::Sha256 => policy::Digest::Sha256,
            Digest::Sha384 => policy::Digest::Sha384,
            Digest::Sha512 => policy::Digest::Sha512,
        };
        self.0.verify_signature(digest, key, signature, message)
    }
}
