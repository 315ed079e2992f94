//! `tlsConfig` and `x-tollgate-http2`: how a service proves who it is, and what it is spoken to in.

use tollgate_gateway::definition::Protocol;
use tollgate_policy::Scheme;
use tollgate_source::text::quoted;
use tollgate_source::{At, Fields, Findings};

use crate::extensions::Extended as _;
use crate::{Context, uri};

/// The longest name that the DNS has.
const MAX_NAME_BYTES: usize = 253;

/// What is said of encryption.
#[derive(Default)]
pub(super) struct Encryption<'a> {
    server_name: Option<(At<'a>, String)>,
    skips: Option<At<'a>>,
    http2: Option<At<'a>>,
}

/// What a service is spoken to in, once it is known where it is.
#[derive(Default)]
pub(super) struct Settled {
    pub(super) server_name_to_verify: Option<String>,
    pub(super) insecure_skip_verification: bool,
    pub(super) http2: bool,
}

/// Reads it, where it stands. There is nothing if it is wrong.
pub(super) fn read<'a>(
    fields: &mut Fields<'a>,
    protocol: Protocol,
    out: &mut Findings,
) -> Option<Encryption<'a>> {
    let http2 = match fields.take("x-tollgate-http2") {
        Some(at) => at.flag(out)?.then_some(at),
        None => None,
    };
    let Some(at) = fields.take("tlsConfig") else {
        return Some(Encryption { http2, ..Encryption::default() });
    };
    let mut fields = at.fields(out)?;
    let skips = match fields.take("insecureSkipVerification") {
        Some(at) => at.flag(out)?.then_some(at),
        None => None,
    };
    if let (Some(at), Protocol::Http) = (&skips, protocol) {
        let reason = "only a REST API can leave a certificate unchecked: give the service one that \
                      fits, or name what it says in `serverNameToVerify`";
        out.refuse(at, reason);
        return None;
    }
    let server_name = match fields.take("serverNameToVerify") {
        Some(at) => {
            let name = at.filled(out)?;
            let takes = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
            if name.len() > MAX_NAME_BYTES || !name.bytes().all(takes) {
                out.refuse(&at, format!("{} is not a DNS name", quoted(name)));
                return None;
            }
            Some((at, name.to_owned()))
        }
        None => None,
    };
    if let (Some(at), Some(_)) = (&skips, &server_name) {
        let reason = "a certificate that nobody checks needs no name: leave out one of \
                      `insecureSkipVerification` and `serverNameToVerify`";
        out.refuse(at, reason);
        return None;
    }
    fields.done(out);
    Some(Encryption { server_name, skips, http2 })
}

impl Encryption<'_> {
    /// Whatever is said must be about something, on every stage.
    pub(super) fn settle(
        self,
        uri: &str,
        context: &Context<'_>,
        out: &mut Findings,
    ) -> Option<Settled> {
        let schemes = uri::schemes(uri, context);
        let (clear, secure) = (schemes.contains(&Scheme::Http), schemes.contains(&Scheme::Https));
        if let (Some((at, _)), true) = (&self.server_name, clear) {
            let reason = "a service that is reached in the clear has no certificate: the URI begins \
                          with `https://`, or there is no `serverNameToVerify`";
            out.refuse(at, reason);
            return None;
        }
        if let Some(at) = &self.skips {
            if clear && secure {
                let reason = "on some stages the service is reached in the clear, and has no \
                              certificate: the URI begins with `https://`";
                out.refuse(at, reason);
                return None;
            }
            let reason = if clear {
                "a service that is reached in the clear has no certificate: this does nothing"
            } else {
                "nobody checks the service's certificate: whoever is on the way there can read and \
                 change what is said. (API Gateway looks at its name and its dates still.)"
            };
            out.notice(at, reason);
        }
        if let (Some(at), true) = (&self.http2, secure) {
            let reason = "over TLS a service and the proxy agree on HTTP/2 by themselves: leave it \
                          out, or the URI begins with `http://`";
            out.refuse(at, reason);
            return None;
        }
        Some(Settled {
            server_name_to_verify: self.server_name.map(|(_, name)| name),
            insecure_skip_verification: self.skips.is_some() && secure,
            http2: self.http2.is_some(),
        })
    }
}
