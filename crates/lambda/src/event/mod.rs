//! The events that functions get.

mod certificate;
mod fields;
mod identity;
mod multi;
mod query;
mod token;
mod v1;
mod v2;

pub use token::Token;
pub use v1::{Authorization as V1Authorization, Context as V1Context, V1};
pub use v2::{Context as V2Context, V2};

use std::borrow::Cow;

use tollgate_policy::Exchange;

/// The account that events and ARNs speak of where the operator names none: the one of AWS's examples.
pub const NO_ACCOUNT: &str = "123456789012";

/// An exchange, as events are written from it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The exchange, before it is turned to any integration.
    pub exchange: &'a Exchange,
    /// The path without the stage.
    pub path: &'a str,
}

/// The body of a request, as its event has it.
#[derive(Clone, Debug, Default)]
pub struct Body<'a> {
    /// The body, if there is any.
    pub text: Option<Cow<'a, str>>,
    /// Whether that is Base64.
    pub is_base64: bool,
    /// How many bytes were sent.
    pub bytes: usize,
}

impl<'a> Source<'a> {
    fn account(self) -> &'a str {
        self.exchange.context.account_id.as_deref().unwrap_or(NO_ACCOUNT)
    }

    /// The path as it was sent.
    fn whole_path(self) -> &'a [u8] {
        let target = self.exchange.request.headers.arrived(":path").unwrap_or_default();
        target.split(|&byte| byte == b'?').next().unwrap_or(target)
    }

    /// The query as it was sent, without a signature that has been taken out of it.
    fn query(self) -> &'a [u8] {
        self.exchange.request.query().unwrap_or_default()
    }

    fn method(self) -> &'a [u8] {
        self.exchange.request.headers.arrived(":method").unwrap_or_default()
    }

    fn field(self, name: &str) -> Option<Cow<'a, str>> {
        self.exchange.request.headers.arrived(name).map(query::readable)
    }
}
