//! What is known of a client by its certificate.

use std::rc::Rc;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::json;

use super::{definition, gateway, merge, open_api, request, send};
use crate::Gateway;

/// Made by OpenSSL, number 1.
const PEM: &str = "-----BEGIN CERTIFICATE-----
MIICDzCCAbUCAQEwCgYIKoZIzj0EAwIwfTELMAkGA1UEBhMCVVMxEzARBgNVBAgM
Cldhc2hpbmd0b24xEDAOBgNVBAcMB1NlYXR0bGUxHDAaBgNVBAoME0FtYXpvbiBX
ZWIgU2VydmljZXMxETAPBgNVBAsMCFNlY3VyaXR5MRYwFAYDVQQDDA1NeSBQcml2
YXRlIENBMB4XDTI2MTEyNTExMTIwNVoXDTI2MTEyODExMTIwNVowgakxCzAJBgNV
BAYTAlVTMSwwCwYDVQQLDARzaWRlMB0GA1UECgwWQ2Fmw6ksIEJhciArIFPDtmhu
ZTs8PjETMBEGA1UEAwwKI2FcXGIgIngiIDEdMBsGCSqGSIb3DQEJARYObWVAZXhh
bXBsZS5jb20xEjAQBgoJkiaJk/IsZAEBDAJ1MTEXMBUGCgmSJomT8ixkARkWB2V4
YW1wbGUxCzAJBgJTBAwDb2RkMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE6b3B
mBgUsX6qCBqPh04Y8NuS1bZwnhAI9Yo3yzAEVXcKvRE/UaaJFmvC2o7rJ6UwT77N
SLzOxBbw0330eFI8hTAKBggqhkjOPQQDAgNIADBFAiBVczsAjKkeRkTYw/wIOQIN
yQd1EWXsikiDdGvWJWibGgIhALwEdOXmw/hrYs1Crbb8nn9WFfoUmDQ54OGhOqN/
DLm6
-----END CERTIFICATE-----
";

const FIELD: &str = "x-forwarded-client-cert";

/// A route that tells its backend the number of the client's certificate.
fn serving() -> Gateway {
    let mut api = open_api("http", &[("GET /", "http://b")], &["$default"]);
    let mapping = json!({ "request_parameters": {
        "overwrite:header.x-serial": "$context.identity.clientCert.serialNumber",
    } });
    merge(&mut api["integrations"]["GET /"]["http_proxy"], &mapping);
    gateway(&definition(&[("a", api)]))
}

/// A certificate as Envoy writes it.
fn escaped(pem: &str) -> String {
    let escape = |character| match character {
        '\n' => "%0A".to_owned(),
        ' ' => "%20".to_owned(),
        '+' => "%2B".to_owned(),
        '/' => "%2F".to_owned(),
        '=' => "%3D".to_owned(),
        plain => String::from(plain),
    };
    pem.chars().map(escape).collect()
}

fn said() -> String {
    format!("Hash=0123abcd;Cert=\"{}\"", escaped(PEM))
}

#[track_caller]
fn check(fields: &[(&str, &str)], serial: Option<&str>) {
    let sent = send(&serving(), request("GET", "a", "/", fields));
    assert_eq!(sent.to_string(), "GET http://b:80 /");
    assert_eq!(sent.header("x-serial").as_deref(), serial);
    let mut names = sent.exchange.request.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
    assert!(names.all(|name| !name.starts_with(b"x-forwarded") && !name.starts_with(b"x_forw")));
    let known = sent.exchange.context.client_cert.as_ref();
    assert_eq!(known.map(|known| known.serial_number.as_str()), serial);
    if let Some(known) = known {
        assert_eq!(known.client_cert_pem, PEM);
        assert!(known.issuer_dn.ends_with("CN=My Private CA"), "{known:?}");
        assert!(known.subject_dn.starts_with("C=US,OU=side"), "{known:?}");
        assert_eq!(known.not_before, "Nov 25 11:12:05 2026 GMT");
        assert_eq!(known.not_after, "Nov 28 11:12:05 2026 GMT");
    }
}

#[test]
fn a_clients_certificate_is_known_and_goes_no_further() {
    check(&[], None);
    check(&[(FIELD, &said())], Some("1"));
    check(&[("X-Forwarded-Client-Cert", &said())], Some("1"));
    check(&[(FIELD, &format!("cert=\"{}\"", escaped(PEM)))], Some("1"));
    check(&[(FIELD, &format!("{};Subject=\"CN=a;CN=\\\"b,c\\\"\"", said()))], Some("1"));
    // The proxy says nothing under this name, but a backend may read it so.
    check(&[("x_forwarded_client_cert", &said())], None);
    check(&[(FIELD, &said()), ("x_forwarded-client_cert", "forged")], Some("1"));
}

#[test]
fn what_is_not_one_certificate_of_one_client_is_none() {
    let said = said();
    check(&[(FIELD, &said), (FIELD, &said)], None);
    check(&[(FIELD, &said), ("X-Forwarded-Client-Cert", "")], None);
    for nonsense in [
        "",
        "Cert=",
        "Cert=\"\"",
        "Hash=0123abcd",
        "Cert=\"%ff\"",
        PEM.lines().next().expect("a line"),
        &said.replace("Cert=", "Chain="),
        &said.replace("MII", "MIJ"),
        // Another proxy says what it likes.
        &format!("{said},Hash=1"),
        &format!("{said},{said}"),
        &format!("Hash=1,{said}"),
        &format!("{said};{said}"),
        &format!("Hash=\";{said}"),
        &format!("Subject=\"a\\\";{said}"),
        &format!("{said};Hash=\"{}\"", "0".repeat(80_000)),
    ] {
        check(&[(FIELD, nonsense)], None);
    }
}

#[test]
fn a_certificate_is_read_once_as_long_as_few_others_come() {
    let gateway = serving();
    let known = |said: &str| {
        let sent = send(&gateway, request("GET", "a", "/", &[(FIELD, said)]));
        sent.exchange.context.client_cert
    };
    let first = known(&said()).expect("a certificate");
    let is_first = |again: Option<Rc<_>>| again.is_some_and(|again| Rc::ptr_eq(&again, &first));
    for other in 0..40 {
        assert_eq!(known(&format!("Hash={other}")), None);
        assert!(is_first(known(&said())), "{other}");
    }
    for other in 0..16 {
        known(&format!("Hash={other}"));
    }
    let again = known(&said());
    assert_eq!(again.as_deref(), Some(&*first));
    assert!(!is_first(again));
}
