//! What an allowed origin looks like.

use std::net::Ipv6Addr;

/// A name of DNS has at most 253 bytes; scheme and port need a few more.
pub(crate) const MAX_ORIGIN_BYTES: usize = 320;

/// The longest name that DNS has.
const MAX_HOST_BYTES: usize = 253;

/// Origins that are alike.
#[derive(Debug)]
pub(crate) struct Pattern {
    scheme: String,
    host: Host,
    port: Port,
}

#[derive(Debug)]
enum Host {
    Any,
    Exactly(String),
    /// Every host that ends in this, which begins with a dot.
    Below(String),
}

#[derive(Debug)]
enum Port {
    Any,
    /// None is the scheme's own.
    Exactly(Option<u16>),
}

/// An origin, taken apart: scheme, host and port, as RFC 6454 has it in section 6.2.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'o> {
    scheme: &'o str,
    host: &'o str,
    port: Option<u16>,
}

impl Pattern {
    /// A pattern in small letters.
    ///
    /// # Errors
    /// What is wrong with it, to be read after it.
    pub(crate) fn parse(written: &str) -> Result<Self, &'static str> {
        if written == "null" {
            return Err("is the origin of every page in a sandbox, so it would stand for anybody");
        }
        if written.len() > MAX_ORIGIN_BYTES {
            return Err("is longer than an origin can be");
        }
        let (scheme, host, port) =
            split(written).ok_or("is not an origin, such as `https://www.example.com`")?;
        if host.contains(['/', '?', '#']) || port.is_some_and(|port| port.contains('/')) {
            return Err("is more than an origin: it ends with its host or port, without a `/`");
        }
        let of = |host, port| Ok(Self { scheme: scheme.to_owned(), host, port });
        if host == "*" && port.is_none() && own_port(scheme).is_some() {
            return of(Host::Any, Port::Any);
        }
        let host = match host.strip_prefix('*') {
            Some(end) if end.strip_prefix('.').is_some_and(is_name) => Host::Below(end.to_owned()),
            None if is_host(host) => Host::Exactly(host.to_owned()),
            Some(_) | None => {
                return Err("has no host: a name, an address as browsers write it, `*` alone \
                            after `https://` or `http://`, or `*.` before a name");
            }
        };
        match port {
            None => of(host, Port::Exactly(None)),
            Some("*") => of(host, Port::Any),
            Some(port) => {
                let port = number(port).ok_or("has a port that is not `*` or from 1 to 65535")?;
                let port = Some(port).filter(|_| own_port(scheme) != Some(port));
                of(host, Port::Exactly(port))
            }
        }
    }

    /// The only origin that fits, if there is only one.
    pub(crate) fn only(&self) -> Option<String> {
        let scheme = &self.scheme;
        match (&self.host, &self.port) {
            (Host::Exactly(host), Port::Exactly(None)) => Some(format!("{scheme}://{host}")),
            (Host::Exactly(host), Port::Exactly(Some(port))) => {
                Some(format!("{scheme}://{host}:{port}"))
            }
            (Host::Any | Host::Exactly(_) | Host::Below(_), Port::Any | Port::Exactly(_)) => None,
        }
    }

    /// Whether an origin fits.
    pub(crate) fn takes(&self, origin: Parts<'_>) -> bool {
        let host = match &self.host {
            Host::Any => true,
            Host::Exactly(host) => origin.host == host,
            Host::Below(end) => origin.host.len() > end.len() && origin.host.ends_with(end),
        };
        let port = match self.port {
            Port::Any => true,
            Port::Exactly(port) => origin.port == port,
        };
        origin.scheme == self.scheme && host && port
    }
}

impl<'o> Parts<'o> {
    /// An origin as a browser writes it, and nothing that only begins like one.
    pub(crate) fn of(origin: &'o str) -> Option<Self> {
        let (scheme, host, port) = split(origin)?;
        let port = match port {
            None => None,
            // A scheme's own port is left out.
            Some(port) => Some(number(port).filter(|port| own_port(scheme) != Some(*port))?),
        };
        is_host(host).then_some(Self { scheme, host, port })
    }
}

/// Scheme, host and port, of which only the scheme is known to be one.
fn split(origin: &str) -> Option<(&str, &str, Option<&str>)> {
    let (scheme, rest) = origin.split_once("://")?;
    let takes = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.');
    if !scheme.starts_with(|first: char| first.is_ascii_lowercase()) || !scheme.bytes().all(takes) {
        return None;
    }
    match rest.rsplit_once(':') {
        // What comes after a colon of an address has the bracket.
        Some((host, port)) if !port.contains(']') => Some((scheme, host, Some(port))),
        Some(_) | None => Some((scheme, rest, None)),
    }
}

/// A name, an address of IPv4, or one of IPv6: in brackets, and as short as it can be.
fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(host) => host.parse::<Ipv6Addr>().is_ok_and(|address| address.to_string() == host),
        None => is_name(host),
    }
}

fn is_name(name: &str) -> bool {
    let takes = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    name.len() <= MAX_HOST_BYTES
        && name.split('.').all(|label| !label.is_empty() && label.bytes().all(takes))
}

/// A port without a sign, and without a zero before it.
fn number(port: &str) -> Option<u16> {
    let parsed = port.parse::<u16>().ok().filter(|port| *port != 0)?;
    (parsed.to_string() == port).then_some(parsed)
}

/// The port that goes without saying.
fn own_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    }
}
