//! Requests with AWS Signature Version 4, signed by OpenSSL: what is measured has no part in them.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sha::sha256;
use openssl::sign::Signer;
use serde_json::{Value, json};
use tollgate_api_keys::hex;
use tollgate_tests::issuer::now;

use crate::requests::{Requests, keyed};

const ID: &str = "AKIDBENCH";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TARGET: &str = "/prod/orders";
const HOST: &str = "gw.example";

/// The key that signs, as a definition has it, with a policy that allows everything.
pub fn credentials() -> Value {
    json!([{
        "access_key_id": ID,
        "secret_access_key": SECRET,
        "owner": {"arn": "arn:aws:iam::123456789012:user/bench"},
        "policies": [{
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"},
        }],
    }])
}

/// So many requests, good for some minutes from when they are needed first.
pub fn signed(count: u32) -> Requests {
    Requests::new(move || {
        let date = stamp(now());
        (0..count).map(|number| one(number, &date)).collect::<Vec<_>>()
    })
}

fn one(number: u32, date: &str) -> Vec<u8> {
    let names = "host;x-amz-date;x-number";
    let nothing = hex(&sha256(b""));
    let canonical = format!(
        "GET\n{TARGET}\n\nhost:{HOST}\nx-amz-date:{date}\nx-number:{number}\n\n{names}\n{nothing}"
    );
    let day = date.get(..8).expect("a date");
    let scope = format!("{day}/us-east-1/execute-api/aws4_request");
    let hash = hex(&sha256(canonical.as_bytes()));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for part in [day, "us-east-1", "execute-api", "aws4_request"] {
        key = hmac(&key, part.as_bytes());
    }
    let signature: String =
        hmac(&key, text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    keyed("GET", TARGET, number)
        .header("x-amz-date", date)
        .header("x-number", number.to_string())
        .header(
            "authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential={ID}/{scope}, SignedHeaders={names}, \
                 Signature={signature}"
            ),
        )
        .into_bytes()
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let key = PKey::hmac(key).expect("a key");
    let mut signer = Signer::new(MessageDigest::sha256(), &key).expect("a signer");
    signer.sign_oneshot_to_vec(text).expect("a code")
}

/// A time as `20260131T235959Z`.
fn stamp(seconds: u64) -> String {
    let (mut days, second) = (seconds / 86_400, seconds % 86_400);
    let mut year = 1970;
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    while days >= if is_leap(year) { 366 } else { 365 } {
        days -= if is_leap(year) { 366 } else { 365 };
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!("{year}{month:02}{:02}T{hour:02}{minute:02}{:02}Z", days + 1, second % 60)
}
