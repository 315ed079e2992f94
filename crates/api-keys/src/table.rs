//! Keys that are written into the configuration.

use std::collections::BTreeMap;
use std::rc::Rc;

use tollgate_policy::Invalid;

use crate::cache::ByDigest;
use crate::config::ApiKey;
use crate::key::{DIGEST_BYTES, Key, check_id, from_hex};

/// How many keys a configuration may hold: API Gateway's quota for an account.
pub const MAX_INLINE_KEYS: usize = 10_000;

/// The longest name, in characters, as with API Gateway.
const MAX_NAME_CHARS: usize = 1_024;

/// The keys of a configuration.
#[derive(Debug, Default)]
pub struct Table {
    keys: ByDigest,
}

impl Table {
    /// Compiles the keys of a configuration, by id.
    ///
    /// # Errors
    /// [`Invalid`] for the first key that cannot be honoured, or has the value of another.
    pub fn compile(keys: &BTreeMap<String, ApiKey>) -> Result<Self, Invalid> {
        if keys.len() > MAX_INLINE_KEYS {
            let reason = format!("must not be more than {MAX_INLINE_KEYS}: deliver them as a file");
            return Err(Invalid::new("", reason));
        }
        let mut table = ByDigest::default();
        for (id, written) in keys {
            let at = |invalid: Invalid| invalid.within(format!("[{id:?}]"));
            check_id(id).map_err(at)?;
            let (digest, key) = compile(id, written).map_err(at)?;
            if let Some(other) = table.insert(digest, Rc::new(key)) {
                let reason = format!("is the value of `{}` too", other.id);
                return Err(at(Invalid::new("sha256", reason)));
            }
        }
        Ok(Self { keys: table })
    }

    /// The key with this digest, if there is one. It need not be enabled.
    #[must_use]
    pub fn find(&self, digest: &[u8; DIGEST_BYTES]) -> Option<&Rc<Key>> {
        self.keys.get(digest)
    }

    /// All keys, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.values().map(Rc::as_ref)
    }
}

fn compile(id: &str, written: &ApiKey) -> Result<([u8; DIGEST_BYTES], Key), Invalid> {
    if written.name.as_ref().is_some_and(|name| name.chars().count() > MAX_NAME_CHARS) {
        let reason = format!("must not have more than {MAX_NAME_CHARS} characters");
        return Err(Invalid::new("name", reason));
    }
    // Not in the words of whoever wrote it: it may be the value itself.
    let digest = from_hex(&written.sha256)
        .ok_or_else(|| Invalid::new("sha256", "must be 64 hexadecimal digits"))?;
    let usage_plans = written.usage_plans.clone();
    let key = Key { id: id.to_owned(), enabled: written.enabled, usage_plans };
    key.check()?;
    Ok((digest, key))
}
