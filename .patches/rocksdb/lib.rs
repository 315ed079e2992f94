//! Stands in for RocksDB, which nothing here opens.
//!
//! limitador 0.14.0 compiles its Redis storage only together with its RocksDB storage, because
//! both need a module that only the latter's feature turns on. The real RocksDB is a quarter of an
//! hour of C++ and needs libclang. These are the names that limitador uses, around a database that
//! cannot exist: opening one is an error, and nothing else can be called. Goes away with a limitador
//! that needs only what it uses.
#![forbid(unsafe_code)]

use std::fmt;
use std::path::Path;

/// There is no value of it, so nothing that has one ever runs.
#[derive(Clone, Copy)]
enum Never {}

/// How threads share a database.
pub struct MultiThreaded;

/// A database. There is none.
pub struct DBWithThreadMode<Mode> {
    never: Never,
    mode: std::marker::PhantomData<Mode>,
}

/// A database as it is usually meant.
pub type DB = DBWithThreadMode<MultiThreaded>;

/// A key and its value.
type Entry = Result<(Box<[u8]>, Box<[u8]>), Error>;

impl DB {
    /// Always fails.
    pub fn open(_: &Options, _: impl AsRef<Path>) -> Result<Self, Error> {
        Err(Error)
    }

    /// Never runs.
    pub fn get(&self, _: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>, Error> {
        match self.never {}
    }

    /// Never runs.
    pub fn merge(&self, _: impl AsRef<[u8]>, _: impl AsRef<[u8]>) -> Result<(), Error> {
        match self.never {}
    }

    /// Never runs.
    pub fn delete(&self, _: impl AsRef<[u8]>) -> Result<(), Error> {
        match self.never {}
    }

    /// Never runs.
    pub fn iterator(&self, _: IteratorMode) -> std::iter::Empty<Entry> {
        match self.never {}
    }

    /// Never runs.
    pub fn prefix_iterator(&self, _: impl AsRef<[u8]>) -> std::iter::Empty<Entry> {
        match self.never {}
    }
}

/// Where a walk begins.
pub enum IteratorMode {
    /// At the first key.
    Start,
}

/// How values are compressed.
pub enum DBCompressionType {
    /// With bzip2.
    Bz2,
    /// Not at all.
    None,
}

/// What becomes of a value when the database is compacted.
pub enum CompactionDecision {
    /// It stays.
    Keep,
    /// It goes.
    Remove,
}

/// How a database is opened.
#[derive(Default)]
pub struct Options;

impl Options {
    /// Changes nothing.
    pub fn set_compression_type(&mut self, _: DBCompressionType) {}

    /// Changes nothing.
    pub fn create_if_missing(&mut self, _: bool) {}

    /// Changes nothing.
    pub fn set_compaction_filter(
        &mut self,
        _: &str,
        _: impl Fn(u32, &[u8], &[u8]) -> CompactionDecision,
    ) {
    }

    /// Changes nothing.
    pub fn set_merge_operator_associative(
        &mut self,
        _: &str,
        _: impl Fn(&[u8], Option<&[u8]>, std::iter::Empty<&[u8]>) -> Option<Vec<u8>>,
    ) {
    }
}

/// Why nothing is opened.
#[derive(Debug)]
pub struct Error;

impl Error {
    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::NotSupported
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("there is no RocksDB in this program")
    }
}

impl std::error::Error for Error {}

/// What kind of thing went wrong.
#[derive(Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// This cannot be done.
    NotSupported,
    /// It took too long.
    TimedOut,
    /// It may work next time.
    TryAgain,
}
