//! What a policy may answer.

use std::time::Duration;

use crate::{Headers, Response, Timestamp};

/// What is to happen to an exchange.
///
/// There is no default, and no variant means "yes" by accident: a policy says what it means.
#[derive(Debug)]
#[must_use]
pub enum Verdict {
    /// Go on to the next policy, and after the last to where the exchange was going.
    Continue,
    /// Answer the client with this instead.
    Respond(Response),
    /// Hold the exchange, make this call, and hand the policy the reply.
    Call(Call),
    /// Hold the exchange until its body has arrived whole, and hand it to the policy.
    Body,
    /// Hold the exchange until a [`Fetch`] of this policy has come back, but no longer than this.
    Wait(Timestamp),
}

/// What is to happen to a piece of a response's body.
#[derive(Debug)]
#[must_use]
pub enum Piece {
    /// It goes on, and the head before it if that has not gone yet.
    GoOn,
    /// More must come first: it comes again, with what follows it.
    Hold,
    /// The client is answered with this instead. Once the head has gone on, the response is broken off.
    Respond(Response),
}

/// A request to another service on behalf of one exchange.
#[derive(Clone, Debug)]
pub struct Call {
    /// The proxy's name for the service.
    pub cluster: String,
    /// Header fields, `:method`, `:path` and `:authority` among them.
    pub headers: Headers,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// How long to wait for the reply.
    pub timeout: Duration,
}

/// A request to another service on behalf of all exchanges, such as for a key set.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// The policy's own name for this fetch, handed back with the reply.
    pub id: u32,
    /// The request to make.
    pub call: Call,
}

/// What a policy has to do between exchanges.
#[derive(Debug, Default)]
pub struct Work {
    /// Fetches to start now.
    pub fetches: Vec<Fetch>,
    /// When to ask again. `None`: not until an exchange waits.
    pub again: Option<Duration>,
    /// Whether what exchanges wait for may have come, by way of another worker.
    pub news: bool,
}

impl Work {
    /// Both pieces of work; the sooner of the two times to ask again.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.fetches.extend(other.fetches);
        self.news |= other.news;
        self.again = match (self.again, other.again) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        self
    }
}
