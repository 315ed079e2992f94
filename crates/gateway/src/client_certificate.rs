//! The client's certificate, as the proxy tells it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use tollgate_mapping::decode_path;
use tollgate_policy::{ClientCert, Headers};
use tollgate_x509::{Certificate, MAX_CERTIFICATE_BYTES};

/// The header field in which the proxy tells it.
///
/// INVARIANT: the proxy removes what a client sends under this name, and says something itself only of a
/// client that has proved that the certificate is its own.
const FIELD: &str = "x-forwarded-client-cert";

/// How many certificates are remembered. A client sends many requests with one, and those that have one
/// are few: proxies, services, devices. Another is read again.
const MAX_REMEMBERED: usize = 16;

/// The longest field that is read: every third byte of PEM could be escaped, and a hash goes before.
const MAX_FIELD_BYTES: usize = 4 * MAX_CERTIFICATE_BYTES;

/// The certificates that were seen last, the latest first.
#[derive(Default)]
pub(crate) struct ClientCertificates(RefCell<VecDeque<Known>>);

struct Known {
    /// What the proxy said.
    said: Vec<u8>,
    certificate: Option<Rc<ClientCert>>,
}

/// Whose certificates they are is nobody's business.
impl std::fmt::Debug for ClientCertificates {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ClientCertificates").finish_non_exhaustive()
    }
}

impl ClientCertificates {
    /// Takes what the proxy says off the request. There is nothing where it says nothing, or what cannot
    /// be read as one certificate.
    pub(crate) fn take(&self, headers: &mut Headers) -> Option<Rc<ClientCert>> {
        let (only, more) = {
            let mut said = headers.get_all(FIELD).map(<[u8]>::to_vec);
            (said.next(), said.next().is_some())
        };
        headers.remove_alike(FIELD);
        let only = only.filter(|only| !more && only.len() <= MAX_FIELD_BYTES)?;
        let mut known = self.0.borrow_mut();
        if let Some(place) = known.iter().position(|known| known.said == only) {
            let found = known.remove(place)?;
            let certificate = found.certificate.clone();
            known.push_front(found);
            return certificate;
        }
        let certificate = read(&only).map(Rc::new);
        known.truncate(MAX_REMEMBERED.saturating_sub(1));
        known.push_front(Known { said: only, certificate: certificate.clone() });
        certificate
    }
}

/// Reads `Hash=...;Cert="..."`, of one hop: that of the client.
fn read(said: &[u8]) -> Option<ClientCert> {
    let mut found = None;
    for part in parts(said)? {
        if let Some((name, value)) = part.split_at_checked(b"Cert=".len())
            && name.eq_ignore_ascii_case(b"Cert=")
        {
            if found.is_some() {
                return None;
            }
            let bare = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
            found = Some(bare.unwrap_or(value));
        }
    }
    let pem = String::from_utf8(decode_path(found?).into_owned()).ok()?;
    let read = Certificate::from_pem(pem.as_bytes()).ok()?;
    Some(ClientCert {
        client_cert_pem: pem,
        subject_dn: read.subject,
        issuer_dn: read.issuer,
        serial_number: read.serial_number,
        not_before: read.not_before,
        not_after: read.not_after,
    })
}

/// The parts of what is said of one hop. Nothing where there are more hops, of which another proxy says
/// what it likes.
fn parts(said: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let mut is_foreign = false;
    let parts = said
        .split(|&byte| {
            let was_escaped = std::mem::replace(&mut is_escaped, false);
            match byte {
                b'\\' if is_quoted && !was_escaped => is_escaped = true,
                b'"' if !was_escaped => is_quoted = !is_quoted,
                b',' if !is_quoted => is_foreign = true,
                b';' => return !is_quoted,
                _ => {}
            }
            false
        })
        .collect();
    (!is_foreign && !is_quoted).then_some(parts)
}
