//! What is refused, and what the client is told of it.

use std::time::Duration;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{AT, REGION, Wire, at, judge, presigned, sign, signed};
use crate::Refusal;

const SERVICE: &str = "execute-api";

/// What is told of a request that is presented at this time.
#[track_caller]
fn check_at(wire: &Wire, now: Duration, error_type: &str, expected: &str) {
    let refusal = judge(wire, REGION, SERVICE, now).expect_err("it is refused");
    assert_eq!((refusal.error_type(), &*refusal.to_string()), (error_type, expected));
}

#[track_caller]
fn check(wire: &Wire, error_type: &str, expected: &str) {
    check_at(wire, at(AT), error_type, expected);
}

#[track_caller]
fn check_good(wire: &Wire) {
    let verdict = judge(wire, REGION, SERVICE, at(AT));
    assert!(matches!(verdict, Ok(Some(_))), "{verdict:?}");
}

/// The value of a field.
fn value(wire: &Wire, name: &str) -> String {
    wire.headers.iter().find(|(known, _)| known == name).unwrap().1.clone()
}

/// The small request with its `Authorization` written otherwise.
fn rewritten(from: &str, to: &str) -> Wire {
    let wire = signed();
    let value = value(&wire, "Authorization");
    assert!(value.contains(from), "{value}");
    wire.set("Authorization", &value.replace(from, to))
}

const INCOMPLETE: &str = "IncompleteSignatureException";
const INVALID: &str = "InvalidSignatureException";

#[test]
fn a_request_that_says_nothing_is_nobodys() {
    let wire = signed().set("Authorization", "");
    assert!(matches!(judge(&wire, REGION, SERVICE, at(AT)), Ok(None)));
}

#[test]
fn spaces_between_the_parameters_do_not_matter() {
    check_good(&signed());
    check_good(&rewritten(", ", ","));
    check_good(&rewritten(", ", " ,  "));
    let value = value(&signed(), "Authorization");
    let (algorithm, rest) = value.split_once(' ').unwrap();
    let mut parts: Vec<_> = rest.split(", ").collect();
    parts.reverse();
    check_good(&signed().set("Authorization", &format!("{algorithm} {}", parts.join(","))));
}

#[test]
fn what_cannot_be_read_as_a_signature_is_told_by_its_digest_alone() {
    check(
        &signed().set("Authorization", "Bearer token"),
        INCOMPLETE,
        "'PEaenWxYddN6Q/NT1PiOYfz4EsZu7jRXRlpAsNpBU+A=' not a valid key=value pair (missing \
         equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): \
         'sirDDmH2JNXZ7PrsYu3JMpduFdLxWZgJKX9UIu07OWs='.",
    );
    check(
        &signed().set("Authorization", "Bearer").set("X-Amz-Date", ""),
        INCOMPLETE,
        "Authorization header requires 'Credential' parameter. Authorization header requires \
         'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. \
         Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed \
         with SHA-256 and encoded with Base64) \
         Authorization=cQ4NvdQimYUQF6TWcmXs0EbxtO23QVJZkqGmqPqAElg=",
    );
    check(
        &rewritten("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        INCOMPLETE,
        "Unsupported AWS 'algorithm': it must be 'AWS4-HMAC-SHA256'.",
    );
    let credential = "Credential must have exactly 5 slash-delimited elements, e.g. \
                      keyid/date/region/service/term.";
    for (from, to) in [
        ("/us-east-1", ""),
        ("/us-east-1", "/"),
        ("AKIDEXAMPLE/", "AKID/EXAMPLE/"),
        ("AKIDEXAMPLE", &*"A".repeat(129)),
    ] {
        check(&rewritten(from, to), INCOMPLETE, credential);
    }
    for (from, to) in [
        ("host;my-header", "my-header;host"),
        ("host;my-header", "host;host;my-header"),
        ("host;my-header", "Host;my-header"),
        ("host;my-header", "host;;my-header"),
        ("host;my-header", "host; my-header"),
    ] {
        check(&rewritten(from, to), INCOMPLETE, "The value of 'SignedHeaders' is not valid.");
    }
    for (from, to) in [("Signature=", "Signature=0"), ("Signature=", "Signature=\u{e9}")] {
        check(&rewritten(from, to), INCOMPLETE, "The value of 'Signature' is not valid.");
    }
    let date = "The value of 'X-Amz-Date' is not valid.";
    for text in ["20150830T123600", "2015-08-30T12:36:00Z", "20150230T123600Z", "20150830T126000Z"]
    {
        check(&signed().set("X-Amz-Date", text), INCOMPLETE, date);
    }
}

#[test]
fn what_can_be_read_in_two_ways_is_not_read() {
    let twice = |name: &str, value: &str| {
        let mut wire = signed();
        wire.headers.push((name.to_owned(), value.to_owned()));
        wire
    };
    let told = |name: &str| format!("'{name}' must not be given more than once.");
    check(&twice("authorization", "Basic YTpi"), INCOMPLETE, &told("Authorization"));
    check(&twice("x-amz-date", AT), INCOMPLETE, &told("X-Amz-Date"));
    check(&rewritten(" Signature=", " Signature=00, Signature="), INCOMPLETE, &told("Signature"));
    let mut wire = presigned(600, "");
    wire.query.push_str("&X-Amz-Expires=604800");
    check(&wire, INCOMPLETE, &told("X-Amz-Expires"));
    let wire = presigned(600, "").set("Authorization", &value(&signed(), "Authorization"));
    check(
        &wire,
        INCOMPLETE,
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or the \
         Authorization header should be specified.",
    );
}

#[test]
fn a_signature_is_for_one_place() {
    check(
        &rewritten("us-east-1", "eu-west-1"),
        INVALID,
        "Credential should be scoped to a valid region. ",
    );
    check(
        &rewritten("execute-api", "s3"),
        INVALID,
        "Credential should be scoped to correct service: 'execute-api'. ",
    );
    check(
        &rewritten("aws4_request", "aws5_request"),
        INVALID,
        "Credential should be scoped with a valid terminator: 'aws4_request'. ",
    );
    check(
        &rewritten("20150830", "20150829"),
        INVALID,
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
         '20150829' != '20150830', from '20150830T123600Z'.",
    );
}

#[test]
fn a_signature_is_good_for_five_minutes_either_way() {
    let wire = signed();
    for time in ["20150830T123100Z", AT, "20150830T124100Z"] {
        assert!(judge(&wire, REGION, SERVICE, at(time)).is_ok(), "{time}");
    }
    check_at(
        &wire,
        at("20150830T124101Z"),
        INVALID,
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z \
         - 5 min.)",
    );
    check_at(
        &wire,
        at("20150830T123059Z"),
        INVALID,
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z \
         (20150830T123059Z + 5 min.)",
    );
}

#[test]
fn a_presigned_request_is_good_as_long_as_it_says() {
    let wire = presigned(90, "");
    for time in ["20150830T123100Z", AT, "20150830T123730Z"] {
        assert!(judge(&wire, REGION, SERVICE, at(time)).is_ok(), "{time}");
    }
    check_at(
        &wire,
        at("20150830T123731Z"),
        INVALID,
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T123731Z \
         - 90 s.)",
    );
    assert!(judge(&presigned(604_800, ""), REGION, SERVICE, at("20150906T123600Z")).is_ok());
    for lifetime in ["604801", "0", "-1", "+60", "6e1", ""] {
        let mut wire = presigned(90, "");
        wire.query = wire.query.replace("Expires=90", &format!("Expires={lifetime}"));
        check(&wire, INCOMPLETE, "The value of 'X-Amz-Expires' is not valid.");
    }
    let mut wire = presigned(90, "");
    wire.query = wire.query.replace("X-Amz-Expires=90&", "").replace("X-Amz-Date", "X-Amz-Data");
    check(
        &wire,
        INCOMPLETE,
        "AWS query-string parameters must include 'X-Amz-Date'. AWS query-string parameters must \
         include 'X-Amz-Expires'.",
    );
}

#[test]
fn what_matters_to_aws_is_signed() {
    let told = |name: &str| format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.");
    check(&sign(signed(), &["my-header", "x-amz-date"]), INVALID, &told("Host' or ':authority"));
    check(&sign(signed(), &["host", "my-header"]), INVALID, &told("x-amz-date"));
    check(&signed().set("X-Amz-Target", "Delete"), INVALID, &told("x-amz-target"));
    check(&signed().set("X_Amz_Target", "Delete"), INVALID, &told("x_amz_target"));
    let date = "Sun, 30 Aug 2015 12:36:00 GMT";
    let wire = signed().set("X-Amz-Date", "").set("Date", date);
    check_good(&sign(wire.clone(), &["date", "host", "my-header"]));
    check(&sign(wire, &["host", "my-header"]), INVALID, &told("date"));
    // What was added on the way.
    check_good(&signed().set("X-Amzn-Trace-Id", "Root=1").set("X-Amz-Cf-Id", "a"));
}

#[test]
fn a_session_token_may_be_signed_or_not_and_is_told_either_way() {
    let token = |wire: &Wire| {
        wire.with(|request| {
            let presented = crate::Presented::read(request).unwrap().unwrap();
            presented.session_token().map(<[u8]>::to_vec)
        })
    };
    let after = signed().set("X-Amz-Security-Token", "a+b/c==");
    let before = sign(after.clone(), &["host", "my-header", "x-amz-date", "x-amz-security-token"]);
    let mut added = presigned(90, "");
    added.query.push_str("&X-Amz-Security-Token=a%2Bb%2Fc%3D%3D");
    for wire in
        [after, before.clone(), added, presigned(90, "X-Amz-Security-Token=a%2Bb%2Fc%3D%3D&")]
    {
        check_good(&wire);
        assert_eq!(token(&wire).unwrap(), b"a+b/c==");
    }
    let other = before.set("X-Amz-Security-Token", "other");
    assert!(matches!(judge(&other, REGION, SERVICE, at(AT)), Err(Refusal::Mismatch { .. })));
}

#[test]
fn the_body_is_the_one_that_was_signed() {
    let told = "The value of 'x-amz-content-sha256' must be the SHA-256 of the payload.";
    let names = ["host", "my-header", "x-amz-content-sha256", "x-amz-date"];
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let stating = |digest: &str| sign(signed().set("X-Amz-Content-Sha256", digest), &names);
    check_good(&stating(empty));
    for digest in [
        "UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        &empty.to_ascii_uppercase(),
        &empty.replace('e', "f"),
    ] {
        let wire = stating(digest);
        let refusal = judge(&wire, REGION, SERVICE, at(AT)).unwrap_err();
        let is_readable = digest.len() == 64 && !digest.contains('E');
        assert_eq!(matches!(refusal, Refusal::Mismatch { .. }), is_readable, "{digest}");
        if !is_readable {
            check(&wire, INVALID, told);
        }
    }
    // It need not be signed: it is compared with the body either way.
    check_good(&signed().set("X-Amz-Content-Sha256", empty));
    for digest in ["UNSIGNED-PAYLOAD", &empty.replace('e', "f")] {
        assert!(
            judge(&signed().set("X-Amz-Content-Sha256", digest), REGION, SERVICE, at(AT)).is_err()
        );
    }
    let mut wire = signed().set("X-Amz-Content-Sha256", empty);
    wire.body = b"other".to_vec();
    check(&wire, INVALID, told);
    // The head says what the body must be, and so it is.
    let mut wire = stating(empty);
    wire.body = b"other".to_vec();
    check(&wire, INVALID, told);
    let mut wire = signed();
    wire.body = b"other".to_vec();
    let verdict = judge(&wire, REGION, SERVICE, at(AT));
    assert!(matches!(verdict, Err(Refusal::Mismatch { .. })));
}

#[test]
fn a_mismatch_is_told_with_what_should_have_been_signed() {
    check(
        &signed().set("My-Header", "c"),
        INVALID,
        "The request signature we calculated does not match the signature you provided. Check your \
         AWS Secret Access Key and signing method. Consult the service documentation for details.\n\n\
         The Canonical String for this request should have been\n'GET\n/orders\na=1&b=2\n\
         host:api.example.com\nmy-header:c\nx-amz-date:20150830T123600Z\n\nhost;my-header;x-amz-date\n\
         e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'\n\nThe String-to-Sign \
         should have been\n'AWS4-HMAC-SHA256\n20150830T123600Z\n\
         20150830/us-east-1/execute-api/aws4_request\n\
         42129009f4bb023968025e6f5493e98bb5efe9f5d863aae24913ce36c2b141fa'\n",
    );
}

#[test]
fn what_is_too_much_is_not_verified() {
    let told = "The request is too large to be verified, or signs more than 100 header fields.";
    let names: Vec<_> = (0..101).map(|number| format!("x{number:03}")).collect();
    let long = "a".repeat(10_241);
    let path = |path: String| Wire { path, ..signed() };
    let query = |query: String| Wire { query, ..signed() };
    check(&rewritten("host;my-header", &names.join(";")), INCOMPLETE, told);
    check(&signed().set("Authorization", &long), INCOMPLETE, told);
    check(&signed().set("X-Amz-Security-Token", &long), INCOMPLETE, told);
    check(&query(format!("X-Amz-Credential={long}")), INCOMPLETE, told);
    check(&path("/a".repeat(9_000)), INCOMPLETE, told);
    check(&query("&".repeat(1_024)), INCOMPLETE, told);
}

#[test]
fn keys_and_tokens_that_are_not_known_are_told_in_the_words_of_aws() {
    let unknown = Refusal::UnknownKey;
    assert_eq!(unknown.error_type(), "UnrecognizedClientException");
    assert_eq!(unknown.to_string(), "The security token included in the request is invalid.");
    let expired = Refusal::ExpiredToken;
    assert_eq!(expired.error_type(), "ExpiredTokenException");
    assert_eq!(expired.to_string(), "The security token included in the request is expired");
}

#[test]
fn nothing_that_is_logged_has_a_secret_in_it() {
    let wire = signed().set("X-Amz-Security-Token", "hidden");
    let wire = sign(wire, &["host", "x-amz-date", "x-amz-security-token"]);
    let presented = wire.with(|request| crate::Presented::read(request).unwrap().unwrap());
    let refusal = judge(&wire.set("Host", "other"), REGION, SERVICE, at(AT)).unwrap_err();
    assert!(refusal.to_string().contains("hidden"));
    for text in [format!("{presented:?}"), format!("{refusal:?}"), refusal.reason().to_owned()] {
        assert!(!text.contains("hidden"), "{text}");
    }
}
