//! API keys: the form they are delivered in, and finding one among a million.
//!
//! A key is known by the SHA-256 [`digest`] of its value and by nothing else: the value itself is in
//! no configuration, no log and no memory that is shared. A client that guesses learns nothing from
//! how long the comparison of two digests takes, because it cannot choose the digest of its guess.
//!
//! Keys come from one of two places. A [`Table`] holds those that are written into the configuration,
//! as many as an account of API Gateway may have. A [`Directory`] finds keys that are delivered beside
//! it, millions of them, in the form that [`compile`] makes:
//!
//! * The keys lie in up to 256 *segments* by the first byte of their digests. The [`Manifest`] names
//!   each by its hash, so it only ever names whole files, and one changed key changes one segment.
//! * A segment consists of 256 *pages* by the second byte. Each says all about its keys, the names
//!   of their usage plans included, so that pages of different ages can lie side by side.
//! * One worker of the proxy fetches what has changed and puts the pages into the memory that all
//!   workers share. Finding a key is one look at one page.
//!
//! A change takes effect within [`Config::refresh_millis`] plus [`POLL`] plus the time for two
//! fetches: a disabled key is refused after little more than a second.

mod bytes;
mod cache;
mod compile;
mod config;
mod directory;
mod key;
mod manifest;
mod page;
mod segment;
mod table;

pub use compile::{Compiled, File, MAX_KEYS, compile};
pub use config::{ApiKey, Config};
pub use directory::{Directory, Found, POLL};
pub use key::{DIGEST_BYTES, Key, MAX_USAGE_PLANS, check_id, check_plans, digest, from_hex, hex};
pub use manifest::{MAX_MANIFEST_BYTES, Manifest};
pub use segment::{MAX_SEGMENT_BYTES, Segment};
pub use table::{MAX_INLINE_KEYS, Table};

#[cfg(test)]
mod tests;
