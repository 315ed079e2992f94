//! The formats of strings.

mod date_time;
mod mail;
mod uri;

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::pattern::{Refusal, translate};

/// A format of the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    DateTime,
    Email,
    Hostname,
    Ipv4,
    Ipv6,
    Regex,
    Uri,
}

impl Format {
    /// Every format that means something.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "date-time" => Self::DateTime,
            "email" => Self::Email,
            "hostname" => Self::Hostname,
            "ipv4" => Self::Ipv4,
            "ipv6" => Self::Ipv6,
            "regex" => Self::Regex,
            "uri" => Self::Uri,
            _ => return None,
        })
    }

    pub(crate) fn accepts(self, text: &str) -> bool {
        match self {
            Self::DateTime => date_time::is_date_time(text),
            Self::Email => mail::is_address(text),
            Self::Hostname => mail::is_hostname(text),
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            // That it cannot be served here is no fault of its own.
            Self::Regex => !matches!(translate(text), Err(Refusal::Malformed(_))),
            Self::Uri => uri::is_absolute(text),
        }
    }

    /// What is said of a text that is not accepted.
    pub(crate) fn complaint(self, text: &str) -> String {
        let is_no = |what: &str| format!("string \"{text}\" is not a valid {what}");
        match self {
            Self::DateTime => format!(
                "string \"{text}\" is invalid against requested date format(s) \
                 [yyyy-MM-dd'T'HH:mm:ssZ, yyyy-MM-dd'T'HH:mm:ss.[0-9]{{1,12}}Z]"
            ),
            Self::Email => is_no("email address"),
            Self::Hostname => is_no("hostname"),
            Self::Ipv4 => is_no("IPv4 address"),
            Self::Ipv6 => is_no("IPv6 address"),
            Self::Regex => is_no("ECMA 262 regular expression"),
            Self::Uri => is_no("URI"),
        }
    }
}
