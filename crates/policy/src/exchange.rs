//! One request on its way through, and the answer to it.

use std::net::IpAddr;

use crate::{Context, Headers, Timestamp};

/// One request and what has been learned about it.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// The request line and header fields.
    pub request: Request,
    /// Whether nothing follows the head of the request, and that is known.
    pub is_bodiless: bool,
    /// API Gateway's `$context`.
    pub context: Context,
    /// When the request arrived.
    pub arrived: Timestamp,
    /// Random bits of this exchange alone, for ids and draws. Not for secrets.
    pub nonce: u128,
    /// The peer's address, where [`Needs::source_address`](crate::Needs) asked for it.
    pub source_address: Option<IpAddr>,
}

/// The head of a request. Method, path, authority and scheme are the pseudo-fields of RFC 9113.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Header fields, the pseudo-fields among them.
    pub headers: Headers,
}

impl Request {
    /// `GET`, `POST`, ...
    #[must_use]
    pub fn method(&self) -> &[u8] {
        self.headers.get(":method").unwrap_or_default()
    }

    /// The path as sent, without the query.
    #[must_use]
    pub fn path(&self) -> &[u8] {
        let target = self.target();
        target.split(|&byte| byte == b'?').next().unwrap_or(target)
    }

    /// The query as sent, without its `?`. `None` where there is no `?`.
    #[must_use]
    pub fn query(&self) -> Option<&[u8]> {
        let target = self.target();
        let mark = target.iter().position(|&byte| byte == b'?')?;
        target.get(mark.saturating_add(1)..)
    }

    /// Path and query as sent.
    #[must_use]
    pub fn target(&self) -> &[u8] {
        self.headers.get(":path").unwrap_or_default()
    }

    /// The `Host` the client asked for, its port included.
    #[must_use]
    pub fn authority(&self) -> &[u8] {
        self.headers.get(":authority").unwrap_or_default()
    }
}

/// An answer: to the client from a policy, or to a policy from a call.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The status code. One outside 200-599 goes out as 500.
    pub status: u16,
    /// Header fields, without pseudo-fields.
    pub headers: Headers,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Who made a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The integration answered.
    Integration,
    /// The proxy made it up because the integration could not answer. The text is the proxy's own
    /// account of why, such as `upstream_response_timeout`.
    Proxy(String),
}
