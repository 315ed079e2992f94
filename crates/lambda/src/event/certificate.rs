//! What a client's certificate says, as events have it.

use serde::Serialize;

use super::Source;

/// `clientCert`
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientCert<'a> {
    client_cert_pem: &'a str,
    #[serde(rename = "subjectDN")]
    subject_dn: &'a str,
    #[serde(rename = "issuerDN")]
    issuer_dn: &'a str,
    serial_number: &'a str,
    validity: Validity<'a>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Validity<'a> {
    not_before: &'a str,
    not_after: &'a str,
}

/// `requestContext.authentication`, of format 2.0.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Authentication<'a> {
    client_cert: ClientCert<'a>,
}

impl<'a> ClientCert<'a> {
    pub(crate) fn of(source: Source<'a>) -> Option<Self> {
        let known = source.exchange.context.client_cert.as_deref()?;
        Some(Self {
            client_cert_pem: &known.client_cert_pem,
            subject_dn: &known.subject_dn,
            issuer_dn: &known.issuer_dn,
            serial_number: &known.serial_number,
            validity: Validity { not_before: &known.not_before, not_after: &known.not_after },
        })
    }
}

impl<'a> Authentication<'a> {
    pub(crate) fn of(source: Source<'a>) -> Option<Self> {
        ClientCert::of(source).map(|client_cert| Self { client_cert })
    }
}
