//! Who is admitted, and what whoever is not is told.

mod compile;
mod policies;
#[cfg(not(target_arch = "wasm32"))]
mod properties;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Exchange, Fault, Policy, Request, Response, Timestamp, Verdict, load};
use tollgate_sigv4::{Scope, Secret, SigningKey, Stamp};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{Filter, Notes};

const ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const AT: &str = "20150830T123600Z";
const ANN: &str = "arn:aws:iam::123456789012:user/ann";

fn at() -> Stamp {
    Stamp::parse(AT.as_bytes()).unwrap()
}

fn allow(resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource},
    ]})
}

/// An access key of Ann's, who may do this.
fn credential(policies: &[Value]) -> Value {
    json!({
        "access_key_id": ID,
        "secret_access_key": SECRET,
        "owner": {"arn": ANN, "user_id": "AIDAEXAMPLE", "org_id": "o-1"},
        "policies": policies,
    })
}

fn config(credential: Value) -> Value {
    json!({"credentials": [credential], "api_id": "shop", "stage": "prod", "style": "rest"})
}

fn filter(config: &Value) -> Filter {
    load(config.to_string().as_bytes()).unwrap()
}

/// A filter for which Ann may do everything.
fn open() -> Filter {
    filter(&config(credential(&[allow("*")])))
}

/// A request that has arrived, with these fields after the usual ones.
fn exchange(method: &str, target: &str, fields: &[(&str, &str)]) -> Exchange {
    let usual = [(":method", method), (":path", target), (":authority", "api.example.com")];
    let headers = usual.iter().chain(fields).copied().collect();
    Exchange {
        request: Request { headers },
        arrived: Timestamp(at().since_epoch()),
        ..Exchange::default()
    }
}

/// A request that Ann has signed.
fn signed(method: &str, target: &str, fields: &[(&str, &str)], body: &[u8]) -> Exchange {
    signed_with(SECRET, method, target, fields, body)
}

fn signed_with(
    secret: &str,
    method: &str,
    target: &str,
    fields: &[(&str, &str)],
    body: &[u8],
) -> Exchange {
    let [access_key, date, region, service] =
        [ID, "20150830", "us-east-1", "execute-api"].map(str::to_owned);
    let scope = Scope { access_key, date, region, service };
    let fields = [&[("x-amz-date", AT)], fields].concat();
    let mut names: Vec<_> = fields.iter().map(|(name, _)| *name).chain(["host"]).collect();
    names.sort_unstable();
    names.dedup();
    let unsigned = exchange(method, target, &fields);
    let authorization = crate::exchange::with_arrived(&unsigned, |request| {
        SigningKey::derive(&Secret::new(secret), &scope).authorize(
            request,
            &scope,
            at(),
            &names,
            body,
        )
    });
    exchange(method, target, &[&fields[..], &[("authorization", &authorization)]].concat())
}

/// What becomes of a request, with its body once that is asked for.
fn judge(filter: &Filter, exchange: &mut Exchange, body: &[u8]) -> Result<(), Box<Response>> {
    let (mut notes, host) = (Notes::default(), FakeHost::default());
    let mut verdict = filter.on_request(&mut notes, exchange, &host);
    if matches!(verdict, Verdict::Body) {
        assert!(notes.signer().is_none() && exchange.context.identity.is_none());
        verdict = filter.on_request_body(&mut notes, exchange, &mut body.to_vec(), &host);
    }
    match verdict {
        Verdict::Continue => Ok(()),
        Verdict::Respond(response) => Err(Box::new(response)),
        other => panic!("{other:?}"),
    }
}

/// A request is refused with this message, which is the fault's.
#[track_caller]
fn check(filter: &Filter, mut exchange: Exchange, fault: Fault, error_type: &str, message: &str) {
    let response = judge(filter, &mut exchange, b"").unwrap_err();
    let key = if fault == Fault::AccessDenied { "Message" } else { "message" };
    let told: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!((response.status, told), (403, json!({key: message})));
    assert_eq!(response.headers.get("x-amzn-errortype"), Some(error_type.as_bytes()));
    assert_eq!(response.headers.get("content-type"), Some(&b"application/json"[..]));
    assert_eq!(exchange.context.error, Some(fault));
    assert_eq!(exchange.context.error_message.as_deref(), Some(message));
    assert!(exchange.context.authorizer_error.is_some());
    assert_eq!(exchange.context.identity.is_some(), fault == Fault::AccessDenied);
}

const UNKNOWN: (Fault, &str, &str) = (
    Fault::UnrecognizedClient,
    "UnrecognizedClientException",
    "The security token included in the request is invalid.",
);

#[test]
fn whoever_has_signed_is_admitted_and_known() {
    let mut exchange = signed("GET", "/pets?b=2&a=1", &[], b"");
    judge(&open(), &mut exchange, b"").unwrap();
    let identity = exchange.context.identity.unwrap();
    assert_eq!(&*identity.access_key, ID);
    assert_eq!(&*identity.account_id, "123456789012");
    assert_eq!(&*identity.user_id, "AIDAEXAMPLE");
    assert_eq!(&*identity.user_arn, ANN);
    assert_eq!(identity.principal_org_id.as_deref(), Some("o-1"));
}

#[test]
fn the_body_is_signed_with_the_head() {
    let sent = |body: &[u8]| judge(&open(), &mut signed("POST", "/pets", &[], b"cat"), body);
    sent(b"cat").unwrap();
    assert!(sent(b"dog").is_err());
    assert!(sent(b"").is_err());
    // Where the head states what the body is, it is judged before the body is here.
    let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let fields = [("x-amz-content-sha256", digest)];
    judge(&open(), &mut signed("POST", "/pets", &fields, b""), b"").unwrap();
    let mut forged = signed_with("another secret of hers", "POST", "/pets", &fields, b"");
    let verdict = open().on_request(&mut Notes::default(), &mut forged, &FakeHost::default());
    assert!(matches!(verdict, Verdict::Respond(_)), "{verdict:?}");
}

#[test]
fn whoever_has_not_signed_is_told_why() {
    check(
        &open(),
        exchange("GET", "/pets", &[]),
        Fault::MissingAuthenticationToken,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    );
    check(
        &open(),
        exchange("GET", "/pets", &[("authorization", "Bearer token")]),
        Fault::IncompleteSignature,
        "IncompleteSignatureException",
        "'PEaenWxYddN6Q/NT1PiOYfz4EsZu7jRXRlpAsNpBU+A=' not a valid key=value pair (missing \
         equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): \
         'sirDDmH2JNXZ7PrsYu3JMpduFdLxWZgJKX9UIu07OWs='.",
    );
    let mut late = signed("GET", "/pets", &[], b"");
    late.arrived = Timestamp(late.arrived.0 + std::time::Duration::from_secs(301));
    check(
        &open(),
        late,
        Fault::InvalidSignature,
        "InvalidSignatureException",
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z \
         - 5 min.)",
    );
    let mut forged = signed_with("another secret of hers", "GET", "/pets", &[], b"");
    let refused = judge(&open(), &mut forged, b"").unwrap_err();
    let told = String::from_utf8(refused.body).unwrap();
    assert!(told.contains("The Canonical String for this request should have been\\n'GET\\n/pets"));
    assert_eq!(forged.context.error, Some(Fault::InvalidSignature));
}

#[test]
fn clients_of_an_http_api_are_told_nothing() {
    let mut config = config(credential(&[]));
    config["style"] = json!("http");
    let filter = filter(&config);
    for mut exchange in [
        exchange("GET", "/pets", &[]),
        exchange("GET", "/pets", &[("authorization", "Bearer token")]),
        signed_with("another secret of hers", "GET", "/pets", &[], b""),
        signed("GET", "/pets", &[("x-amz-security-token", "token")], b""),
        // Ann may do nothing.
        signed("GET", "/pets", &[], b""),
    ] {
        let response = judge(&filter, &mut exchange, b"").unwrap_err();
        assert_eq!((response.status, &*response.body), (403, &br#"{"message":"Forbidden"}"#[..]));
        assert_eq!(response.headers.get("x-amzn-errortype"), None);
        assert_eq!(exchange.context.error_message, None);
        assert!(exchange.context.authorizer_error.is_some());
    }
}

#[test]
fn a_key_that_is_unknown_or_disabled_opens_nothing() {
    let request = || signed("GET", "/pets", &[], b"");
    let with = |name: &str, value: Value| {
        let mut credential = credential(&[allow("*")]);
        credential[name] = value;
        filter(&config(credential))
    };
    let (fault, error_type, message) = UNKNOWN;
    check(&with("access_key_id", json!("AKIDOTHER")), request(), fault, error_type, message);
    check(&with("enabled", json!(false)), request(), fault, error_type, message);
    let now = at().since_epoch().as_secs();
    judge(&with("expires_at_secs", json!(now + 1)), &mut request(), b"").unwrap();
    check(
        &with("expires_at_secs", json!(now)),
        request(),
        Fault::ExpiredToken,
        "ExpiredTokenException",
        "The security token included in the request is expired",
    );
}

#[test]
fn temporary_credentials_take_exactly_their_token() {
    let mut temporary = credential(&[allow("*")]);
    temporary["session_token"] = json!("token/of+hers==");
    let (temporary, permanent) = (filter(&config(temporary)), open());
    let request = |token: Option<&str>| {
        let token = token.map(|token| ("x-amz-security-token", token));
        signed("GET", "/pets", token.as_slice(), b"")
    };
    judge(&temporary, &mut request(Some("token/of+hers==")), b"").unwrap();
    let (fault, error_type, message) = UNKNOWN;
    for token in [None, Some(""), Some("token/of+hers="), Some("token/of+hers=!")] {
        check(&temporary, request(token), fault, error_type, message);
    }
    for token in [Some(""), Some("token/of+hers==")] {
        check(&permanent, request(token), fault, error_type, message);
    }
}

#[test]
fn the_signature_does_not_go_on() {
    let mut temporary = credential(&[allow("*")]);
    temporary["session_token"] = json!("token");
    let filter = filter(&config(temporary));
    let mut exchange =
        signed("GET", "/pets?a=1", &[("x-amz-security-token", "token"), ("x-color", "red")], b"");
    judge(&filter, &mut exchange, b"").unwrap();
    let names: Vec<_> = exchange.request.headers.iter().map(|(name, _)| name).collect();
    assert_eq!(names, [&b":method"[..], b":path", b":authority", b"x-amz-date", b"x-color"]);
    assert_eq!(exchange.request.target(), b"/pets?a=1");

    let withdrawn = |target: &str| {
        let mut exchange = self::exchange("GET", target, &[]);
        crate::withdraw_signature(&mut exchange.request);
        String::from_utf8(exchange.request.target().to_vec()).unwrap()
    };
    let presigned = "X-Amz-Algorithm=a&X-Amz-Credential=c&X-Amz-Date=d&X-Amz-Expires=1\
                     &X-Amz-SignedHeaders=h&X-Amz-Security-Token=t&X-Amz-Signature=s";
    assert_eq!(withdrawn(&format!("/pets?a=1&{presigned}&b=%26")), "/pets?a=1&b=%26");
    assert_eq!(withdrawn(&format!("/pets?{presigned}")), "/pets");
    assert_eq!(
        withdrawn("/pets?X-Amz-Signatur%65=s&x-amz-signature=s&X-Amz-Other=1"),
        "/pets?X-Amz-Other=1"
    );
    assert_eq!(withdrawn("/pets?"), "/pets?");
    assert_eq!(withdrawn("/pets?a&&b"), "/pets?a&&b");
}

#[test]
fn a_signature_is_held_against_what_arrived() {
    let mut exchange = signed("GET", "/prod/pets?a=1", &[("x-color", "red")], b"");
    exchange.request.headers.set(":path", "/pets");
    exchange.request.headers.set("x-color", "blue");
    exchange.request.headers.remove("x-amz-date");
    judge(&open(), &mut exchange, b"").unwrap();
    assert_eq!(exchange.request.target(), b"/pets");
}

#[test]
fn a_new_configuration_keeps_the_signing_keys_and_no_secret() {
    let first = open();
    judge(&first, &mut signed("GET", "/pets", &[], b""), b"").unwrap();
    let mut changed = credential(&[allow("*")]);
    changed["secret_access_key"] = json!("another secret of hers".replace(' ', "-"));
    let second = filter(&config(changed));
    second.inherit(&first);
    assert!(judge(&second, &mut signed("GET", "/pets", &[], b""), b"").is_err());
    let mut exchange = signed_with("another-secret-of-hers", "GET", "/pets", &[], b"");
    judge(&second, &mut exchange, b"").unwrap();
}
