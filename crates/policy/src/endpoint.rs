//! Where a service is: scheme, host and port.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use crate::Invalid;

/// An HTTP service: the scheme, host and port of a URL.
///
/// Written out in full (`https://api.example.com:443`) it is also the name of the proxy's cluster
/// for the service, so that everyone who knows the URL knows the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// Whether the service speaks TLS.
    pub scheme: Scheme,
    /// A DNS name in lower case, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// The port; 443 or 80 where the URL has none.
    pub port: u16,
}

/// How a service is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// HTTP in the clear.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl Endpoint {
    /// Splits a URL into its endpoint and what follows: path and query, empty or starting with
    /// `/` or `?`.
    ///
    /// # Errors
    /// [`Invalid`] if the URL is not `http` or `https`, has user information, a fragment or no
    /// usable host.
    pub fn split(url: &str) -> Result<(Self, &str), Invalid> {
        let refuse = |reason: &str| Err(Invalid::new("", format!("`{url}` {reason}")));
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Scheme::Https, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Scheme::Http, rest),
            _ => return refuse("is not a URL: it must start with `https://` or `http://`"),
        };
        if rest.contains('#') {
            return refuse("has a fragment, which is never sent");
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if authority.contains('@') {
            // Not in the words of whoever wrote it: there may be a password.
            let reason = "the URL has user information, which belongs in a header";
            return Err(Invalid::new("", reason));
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(bracketed) => match bracketed.split_once(']') {
                Some((host, "")) if host.parse::<Ipv6Addr>().is_ok() => (host, None),
                Some((host, port)) if host.parse::<Ipv6Addr>().is_ok() => {
                    (host, Some(port.strip_prefix(':').unwrap_or("")))
                }
                _ => return refuse("has no IPv6 address between its brackets"),
            },
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        let port = match port.map(u16::from_str) {
            None => scheme.port(),
            Some(Ok(port)) if port != 0 => port,
            Some(_) => return refuse("has a port that is not a number from 1 to 65535"),
        };
        let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if !host.contains(':') && (host.is_empty() || !host.bytes().all(name)) {
            return refuse("has no host, or one that is not a DNS name or an address");
        }
        Ok((Self { scheme, host: host.to_ascii_lowercase(), port }, target))
    }

    /// The proxy's name for the service.
    #[must_use]
    pub fn cluster(&self) -> String {
        self.to_string()
    }

    /// What to send as `Host`: without the port where it is the scheme's own.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = self.bracketed();
        if self.port == self.scheme.port() { host } else { format!("{host}:{}", self.port) }
    }

    /// Whether the service is on this very machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    fn bracketed(&self) -> String {
        if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}://{}:{}", self.scheme.as_str(), self.bracketed(), self.port)
    }
}
