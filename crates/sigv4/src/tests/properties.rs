//! What holds of all requests.

use proptest::prelude::*;

use super::{AT, REGION, Wire, at, judge, sign};
use crate::canonical::{LeftOut, paths, queries};
use crate::{Presented, Refusal, Request};

/// Paths that are more than letters.
fn path() -> impl Strategy<Value = String> {
    "(/{1,2}(\\.{1,2}|[a-b%2fF+;@~.]{0,4})){1,4}"
}

fn query() -> impl Strategy<Value = String> {
    "([ab]{0,1}[=&+%2f1~./]{0,3}){0,5}"
}

/// What AWS reads a query as: a list of parameters that is sorted.
fn read(query: &str) -> Vec<u8> {
    queries(query.as_bytes(), LeftOut::Nothing).next().unwrap()
}

fn small(path: String, query: String) -> Wire {
    let headers = [("Host", "api.example.com"), ("X-Amz-Date", AT)];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Wire { method: "GET".to_owned(), path, query, headers, body: Vec::new() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_signed_is_good(path in path(), query in query()) {
        let wire = sign(small(path, query), &["host", "x-amz-date"]);
        let verdict = judge(&wire, REGION, "execute-api", at(AT));
        prop_assert!(matches!(verdict, Ok(Some(_))), "{:?}", verdict);
    }

    /// Two requests have a canonical path in common only if they are the same once dots and slashes are
    /// taken out of one of them.
    #[test]
    fn no_path_is_signed_by_the_signature_of_another(one in path(), other in path()) {
        let forms = |path: &str| paths(path.as_bytes()).collect::<Vec<_>>();
        let (ones, others) = (forms(&one), forms(&other));
        if one != other && ones.iter().any(|form| others.contains(form)) {
            prop_assert_eq!(&ones[0], &others[0]);
        }
    }

    /// Two requests have a canonical query in common only if AWS reads them as the same.
    #[test]
    fn no_query_is_signed_by_the_signature_of_another(one in query(), other in query()) {
        let forms = |query: &str| {
            queries(query.as_bytes(), LeftOut::Nothing).collect::<Vec<_>>()
        };
        if forms(&one).iter().any(|form| forms(&other).contains(form)) {
            prop_assert_eq!(read(&one), read(&other));
        }
    }

    #[test]
    fn whatever_is_sent_is_refused_or_nobodys(
        target in "[ -~]{0,60}",
        fields in prop::collection::vec(
            (
                "(Authorization|X-Amz-Date|Date|x-amz-content-sha256|[a-z]{1,3})",
                "(AWS4-HMAC-SHA256 )?((Credential=a/20150830/us-east-1/execute-api/aws4_request|Signature=[0-9a-f]{64}|SignedHeaders=host|[ -~]{0,20})[, ]{0,2}){0,4}",
            ),
            0..4,
        ),
        parameters in prop::collection::vec(
            "X-Amz-(Algorithm=AWS4-HMAC-SHA256|Credential=[ -~]{0,20}|Date=20150830T123600Z|Expires=[0-9]{0,7}|SignedHeaders=host|Signature=[0-9a-f]{64})",
            0..8,
        ),
    ) {
        let mut wire = small(format!("/{target}"), parameters.join("&"));
        wire.headers.extend(fields);
        prop_assert!(!matches!(judge(&wire, REGION, "execute-api", at(AT)), Ok(Some(_))));
    }

    #[test]
    fn bytes_that_are_no_text_do_no_harm(value in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = b"AWS4-HMAC-SHA256 Credential=";
        let value = [&text[..], &value].concat();
        let headers: [(&[u8], &[u8]); 2] = [(b"authorization", &value), (b"\xff", b"\xff")];
        let request = Request {
            method: b"\xff",
            path: &value,
            query: &value,
            authority: &value,
            headers: &headers,
        };
        let _: Result<Option<Presented>, Refusal> = Presented::read(&request);
    }
}
