//! What the adapter asks of a proxy. Nothing here can panic: what fails says so.

use std::borrow::Cow;
use std::time::Duration;

use tollgate_policy::{Call, Conflict, Digest, Expect, Kind, Level, Metric, Shared, Timestamp};

/// What the adapter asks of a proxy.
pub(crate) trait Proxy {
    /// The time.
    fn now(&self) -> Timestamp;
    /// The fields of a message, in the form of [`wire::headers`](crate::wire::headers).
    fn headers(&self, of: Message) -> Option<Vec<u8>>;
    /// Gives a field one value.
    fn set_header(&self, of: Message, name: &[u8], value: &[u8]);
    /// Adds a field.
    fn add_header(&self, of: Message, name: &[u8], value: &[u8]);
    /// Removes the fields of a name.
    fn remove_header(&self, of: Message, name: &[u8]);
    /// The first `size` bytes of a body.
    fn body(&self, of: Message, size: usize) -> Option<Vec<u8>>;
    /// Puts other bytes in place of the first `size` of a body.
    fn set_body(&self, of: Message, size: usize, body: &[u8]);
    /// Answers the client. `details` is for the access log.
    fn respond(&self, status: u16, details: &str, fields: &[Field<'_>], body: &[u8]);
    /// Lets a held message go on. Must not be asked for one that is not held.
    fn resume(&self, side: Side);
    /// Makes a call; the token comes back with the reply. `None` if it cannot be made.
    fn call(&self, call: &Call) -> Option<u32>;
    /// What the proxy knows under this path, whose parts are separated by zero bytes.
    fn property(&self, path: &str) -> Option<Vec<u8>>;
    /// Makes this known under a path, for what comes after the filter.
    fn set_property(&self, path: &str, value: &[u8]);
    /// Asks to be woken at this interval; zero for not at all.
    fn tick_every(&self, period: Duration);
    /// Makes a context the one that the calls after this are about. False if it is gone.
    fn enter(&self, context: u32) -> bool;
    /// [`tollgate_policy::Host::shared`]
    fn shared(&self, key: &str) -> Option<Shared>;
    /// [`tollgate_policy::Host::share`]
    fn share(&self, key: &str, value: &[u8], expect: Expect) -> Result<(), Conflict>;
    /// [`tollgate_policy::Host::verify_signature`]
    fn verify_signature(&self, digest: Digest, key: &[u8], sig: &[u8], text: &[u8])
    -> Option<bool>;
    /// [`tollgate_policy::Host::uptime`]
    fn uptime(&self) -> Duration;
    /// [`tollgate_policy::Host::metric`]
    fn metric(&self, kind: Kind, name: &str) -> Option<Metric>;
    /// [`tollgate_policy::Host::record`]
    fn record(&self, metric: Metric, value: u64);
    /// [`tollgate_policy::Host::log`]
    fn log(&self, level: Level, message: &str);
}

/// A header field on its way out: its name and its value.
pub(crate) type Field<'f> = (&'f [u8], Cow<'f, [u8]>);

/// One of the two messages of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Response,
}

/// A message whose parts can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Request,
    Response,
    /// The reply to a call, while it is being delivered.
    Reply,
}

impl From<Side> for Message {
    fn from(side: Side) -> Self {
        match side {
            Side::Request => Self::Request,
            Side::Response => Self::Response,
        }
    }
}
