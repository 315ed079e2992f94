//! What a request is worth to the condition keys of policies.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::date;

/// Where a policy looks condition keys up. Only what a policy asks for needs to be computed.
pub trait Keys {
    /// The values of a condition key, whose name is given in lower case: `aws:sourceip`.
    fn values(&self, key: &str) -> Found<'_>;
}

/// The values of a condition key.
#[derive(Clone, Debug, PartialEq)]
pub enum Found<'k> {
    /// The request has no such key.
    Nothing,
    /// The one value of a key that has one.
    One(Value<'k>),
    /// The values of a key that may have several. None at all are like no key.
    Several(Vec<Value<'k>>),
}

/// One value of a condition key.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'k> {
    /// Text, which may still be read as whatever an operator compares.
    Text(Cow<'k, str>),
    /// An address.
    Address(IpAddr),
    /// A yes or a no.
    Flag(bool),
    /// A time, in seconds since the Unix epoch.
    Time(u64),
    /// A number, or a time in seconds since the Unix epoch.
    Number(u64),
}

impl<'k> Value<'k> {
    /// The value as text, as policies write it.
    #[must_use]
    pub fn into_text(self) -> Cow<'k, str> {
        match self {
            Self::Text(text) => text,
            Self::Address(address) => address.to_string().into(),
            Self::Flag(flag) => if flag { "true" } else { "false" }.into(),
            Self::Time(secs) => date::iso(secs).into(),
            Self::Number(number) => number.to_string().into(),
        }
    }

    /// Whether it says nothing: no text.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }
}

impl<'k> From<Option<Value<'k>>> for Found<'k> {
    fn from(value: Option<Value<'k>>) -> Self {
        value.map_or(Self::Nothing, Self::One)
    }
}

impl<'k> From<&'k str> for Value<'k> {
    fn from(text: &'k str) -> Self {
        Self::Text(text.into())
    }
}
