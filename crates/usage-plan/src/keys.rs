//! Who a request is from, by its key.

use std::collections::BTreeMap;
use std::rc::Rc;

use tollgate_api_keys::{ApiKey, Config, DIGEST_BYTES, Directory, Found, Key, Table, digest};
use tollgate_policy::{Host, Invalid, Request, Response, Work};
use tollgate_rate_limit::Subject;

use crate::recent::Recent;

/// The longest value of a key. What is longer is not even hashed.
const MAX_VALUE_BYTES: usize = 128;

/// All keys there are.
#[derive(Debug, Default)]
pub struct Keys {
    table: Table,
    directory: Option<Directory>,
    recent: Recent,
}

/// A key that may be used.
#[derive(Clone, Debug)]
pub struct Identified {
    /// The key.
    pub key: Rc<Key>,
    /// Its digest.
    pub digest: [u8; DIGEST_BYTES],
}

/// Why there is no key that may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// None was brought, or none that is known and enabled.
    Refuse,
    /// The keys have not been loaded yet.
    NotLoaded,
}

impl Identified {
    /// Whose tokens are taken.
    #[must_use]
    pub fn subject(&self) -> Subject<'_> {
        Subject::named(&self.digest, &self.key.id)
    }
}

impl Keys {
    /// Compiles keys of a configuration, and where there are more.
    ///
    /// # Errors
    /// [`Invalid`] for the first that cannot be honoured.
    pub fn compile(
        keys: &BTreeMap<String, ApiKey>,
        files: Option<&Config>,
    ) -> Result<Self, Invalid> {
        let table = Table::compile(keys).map_err(|invalid| invalid.within("api_keys"))?;
        let directory = files.map(Directory::compile).transpose();
        let directory = directory.map_err(|invalid| invalid.within("api_key_files"))?;
        Ok(Self { table, directory, recent: Recent::default() })
    }

    /// Whether there are none, and never will be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.directory.is_none() && self.table.keys().next().is_none()
    }

    /// Finds the key that a request brings in a header field. With two different ones it brings none.
    ///
    /// # Errors
    /// [`Stranger`] where there is none that may be used.
    pub fn identify(
        &self,
        request: &Request,
        header: &str,
        host: &dyn Host,
    ) -> Result<Identified, Stranger> {
        let mut values = request.headers.get_all(header);
        let value = values.next().unwrap_or_default();
        if values.any(|other| other != value) {
            return Err(Stranger::Refuse);
        }
        self.find(value, host)
    }

    /// Finds a key by its value.
    ///
    /// # Errors
    /// [`Stranger`] where there is none that may be used.
    pub fn find(&self, value: &[u8], host: &dyn Host) -> Result<Identified, Stranger> {
        if value.is_empty() || value.len() > MAX_VALUE_BYTES {
            return Err(Stranger::Refuse);
        }
        let code = self.recent.code(value);
        let recent = self.recent.digest(code);
        let digest = recent.unwrap_or_else(|| digest(value));
        let found = match (self.table.find(&digest), &self.directory) {
            (Some(key), _) => Found::Key(key.clone()),
            (None, Some(directory)) => directory.find(&digest, host),
            (None, None) => Found::Unknown,
        };
        match found {
            Found::Key(key) if key.enabled => {
                if recent.is_none() {
                    self.recent.remember(code, digest);
                }
                Ok(Identified { key, digest })
            }
            Found::Key(_) | Found::Unknown => Err(Stranger::Refuse),
            Found::NotLoaded => Err(Stranger::NotLoaded),
        }
    }

    #[cfg(test)]
    pub(crate) fn remembers(&self, value: &[u8]) -> bool {
        self.recent.digest(self.recent.code(value)).is_some()
    }

    /// What there is to do about the keys. Fetches have numbers below 2^16.
    pub fn work(&self, host: &dyn Host) -> Work {
        self.directory.as_ref().map(|directory| directory.work(host)).unwrap_or_default()
    }

    /// Takes what a fetch has brought.
    pub fn on_fetched(&self, id: u32, reply: Option<Response>, host: &dyn Host) {
        if let Some(directory) = &self.directory {
            directory.on_fetched(id, reply, host);
        }
    }
}
