//! Certificates as OpenSSL makes them, and what no certificate is.

#[cfg(not(target_arch = "wasm32"))]
mod openssl;
mod wrong;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{Certificate, Unreadable};

/// Made by OpenSSL 3.0: a name with a part of two values, with everything that must be escaped, in Latin
/// letters beyond ASCII, and of a kind without a name; good from a `UTCTime` to a `GeneralizedTime`.
const ODD: &str = "-----BEGIN CERTIFICATE-----
MIICIDCCAccCEQChssPU5fYHGCk6S1xtfo+QMAoGCCqGSM49BAMCMH0xCzAJBgNV
BAYTAlVTMRMwEQYDVQQIDApXYXNoaW5ndG9uMRAwDgYDVQQHDAdTZWF0dGxlMRww
GgYDVQQKDBNBbWF6b24gV2ViIFNlcnZpY2VzMREwDwYDVQQLDAhTZWN1cml0eTEW
MBQGA1UEAwwNTXkgUHJpdmF0ZSBDQTAgFw0xOTA1MjgxMjMwMDJaGA8yMDUyMDgw
NTA5MzYwNFowgakxCzAJBgNVBAYTAlVTMSwwCwYDVQQLDARzaWRlMB0GA1UECgwW
Q2Fmw6ksIEJhciArIFPDtmhuZTs8PjETMBEGA1UEAwwKI2FcXGIgIngiIDEdMBsG
CSqGSIb3DQEJARYObWVAZXhhbXBsZS5jb20xEjAQBgoJkiaJk/IsZAEBDAJ1MTEX
MBUGCgmSJomT8ixkARkWB2V4YW1wbGUxCzAJBgJTBAwDb2RkMFkwEwYHKoZIzj0C
AQYIKoZIzj0DAQcDQgAE6b3BmBgUsX6qCBqPh04Y8NuS1bZwnhAI9Yo3yzAEVXcK
vRE/UaaJFmvC2o7rJ6UwT77NSLzOxBbw0330eFI8hTAKBggqhkjOPQQDAgNHADBE
AiAM3B65v65kxbcASbeKC4Gmm5ot3mrkO5zaIUNw+SVRIgIgBuAx8v6XLsE95ROB
ud8icqZchJFTdJbraok+leHmUEI=
-----END CERTIFICATE-----
";

/// The same with the number 1 and no version: it has no extensions.
const ONE: &str = "-----BEGIN CERTIFICATE-----
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

#[track_caller]
fn check(pem: &str, expected: Result<[&str; 5], &'static str>) {
    let read = Certificate::from_pem(pem.as_bytes());
    let found = read.as_ref().map(fields).map_err(|why| *why);
    assert_eq!(found, expected.map_err(Unreadable));
}

fn fields(it: &Certificate) -> [&str; 5] {
    [&it.serial_number, &it.issuer, &it.not_before, &it.not_after, &it.subject].map(String::as_str)
}

const ISSUER: &str =
    "C=US,ST=Washington,L=Seattle,O=Amazon Web Services,OU=Security,CN=My Private CA";
const SUBJECT: &str = "C=US,OU=side+O=Café\\, Bar \\+ Söhne\\;\\<\\>,CN=\\#a\\\\\\\\b \\\"x\\\"\\ ,\
                       emailAddress=me@example.com,UID=u1,DC=example,2.3.4=#0C036F6464";

#[test]
fn a_certificate_is_read_as_api_gateway_writes_it() {
    check(
        ODD,
        Ok([
            "a1:b2:c3:d4:e5:f6:07:18:29:3a:4b:5c:6d:7e:8f:90",
            ISSUER,
            "May 28 12:30:02 2019 GMT",
            "Aug  5 09:36:04 2052 GMT",
            SUBJECT,
        ]),
    );
    let one = Certificate::from_pem(ONE.as_bytes()).expect("a certificate");
    assert_eq!((one.serial_number.as_str(), one.subject.as_str()), ("1", SUBJECT));
}

#[test]
fn text_around_the_certificate_is_none_of_it() {
    const WRONG: &str = "no beginning and end of PEM";
    assert_eq!(
        Certificate::from_pem(format!("\n{ODD}\n").as_bytes()),
        Certificate::from_pem(ODD.as_bytes())
    );
    check("", Err(WRONG));
    check(&format!("x{ODD}"), Err(WRONG));
    check(&format!("{ODD}x"), Err(WRONG));
    check(&format!("{ODD}{ODD}"), Err("what is not Base64"));
    check(&ODD.replace("CERTIFICATE", "PUBLIC KEY"), Err(WRONG));
    check(&ODD.replacen("MII", "MI!", 1), Err("what is not Base64"));
    check(&format!("{}{ODD}", " ".repeat(40_000)), Err("more bytes than are read"));
}
