//! The database in its file: opened, watched, and opened again after the disk has failed.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use redb::{Builder, Database, DatabaseError};

use super::Unusable;
use crate::decision::Failure;
use crate::report::Report;

/// How much memory the file's pages may take. A state is read as a whole only at the start.
const CACHE_BYTES: usize = 16 << 20;

/// Opens the database, and makes it only where it may.
pub type Open = Box<dyn Fn(Make) -> Result<Database, DatabaseError> + Send + Sync>;

/// Whether a database is made where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    /// It is: nothing has been counted yet.
    Missing,
    /// It is not: what has been counted is gone.
    Never,
}

/// The database, or what became of it.
pub struct File {
    open: Open,
    database: RwLock<Option<Database>>,
    /// Why it was lost, from the first error until something is written again. After an error of the
    /// disk the database has no other words than that there was one.
    lost: Mutex<Option<String>>,
    report: Report,
}

/// How a database in a file is opened.
pub fn at(path: PathBuf) -> Open {
    Box::new(move |make| {
        let mut builder = Builder::new();
        // A damaged page is found now, and not by whoever asks for what was on it.
        builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true);
        match make {
            Make::Missing => builder.create(&path),
            Make::Never => builder.open(&path),
        }
    })
}

impl File {
    /// Opens it, or makes it.
    pub fn open(open: Open, report: Report) -> Result<Self, Unusable> {
        let database = open(Make::Missing).map_err(|error| unusable(error.into()))?;
        Ok(Self { open, database: RwLock::new(Some(database)), lost: Mutex::default(), report })
    }

    /// Does something with it, at the start.
    pub fn with<T>(
        &self,
        what: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, redb::Error> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        database.as_ref().map_or(Err(redb::Error::DatabaseClosed), what)
    }

    /// Reads something.
    pub fn read<T>(
        &self,
        what: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, Failure> {
        self.with(what).map_err(|error| match error {
            redb::Error::Io(_) | redb::Error::PreviousIo => self.lose(&error.to_string()),
            error => self.lost().unwrap_or_else(|| Failure::State(error.to_string())),
        })
    }

    /// Writes something. Where the last time failed the database is opened again first.
    pub fn write<T>(
        &self,
        what: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, Failure> {
        let was_lost = self.lost().is_some();
        let opened = if was_lost { self.open_again() } else { Ok(()) };
        let written = opened.and_then(|()| self.with(what));
        let written = written.map_err(|error| self.lose(&error.to_string()))?;
        if was_lost {
            *self.reason() = None;
            self.report.say("the state is written again");
        }
        Ok(written)
    }

    /// Why nothing can be written, if it is so.
    pub fn lost(&self) -> Option<Failure> {
        self.reason().clone().map(Failure::State)
    }

    /// Notes why nothing can be written, and says so the first time. Returns what it was then.
    pub fn lose(&self, reason: &str) -> Failure {
        let (first, is_first) = {
            let mut lost = self.reason();
            let is_first = lost.is_none();
            (Failure::State(lost.get_or_insert_with(|| reason.to_owned()).clone()), is_first)
        };
        if is_first {
            self.report.say(&first.to_string());
        }
        first
    }

    /// Lets go of it. Nothing can be read or written any more.
    pub fn close(&self) {
        drop(self.database.write().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn open_again(&self) -> Result<(), redb::Error> {
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        // It holds a lock on the file, so it must go first.
        drop(database.take());
        *database = Some((self.open)(Make::Never)?);
        Ok(())
    }

    fn reason(&self) -> MutexGuard<'_, Option<String>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the state cannot be used: what somebody else has, what the machine does not give, or what was
/// written and is not there.
pub fn unusable(error: redb::Error) -> Unusable {
    match error {
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => Unusable::InUse,
        redb::Error::Io(error)
            if !matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) =>
        {
            Unusable::Io(error)
        }
        error => Unusable::Corrupt(error.to_string()),
    }
}
