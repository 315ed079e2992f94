//! How times, keys and canonical texts are written.

use std::time::Duration;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{SECRET, scope};
use crate::canonical::{LeftOut, paths, queries};
use crate::{Secret, SigningKey, SigningKeys, Stamp};

#[track_caller]
fn check_path(path: &str, expected: &[&str]) {
    let forms: Vec<_> = paths(path.as_bytes()).collect();
    assert_eq!(forms, expected.iter().map(|form| form.as_bytes()).collect::<Vec<_>>(), "{path}");
}

#[track_caller]
fn check_query(query: &str, left_out: LeftOut, expected: &[&str]) {
    let forms: Vec<_> = queries(query.as_bytes(), left_out).collect();
    assert_eq!(forms, expected.iter().map(|form| form.as_bytes()).collect::<Vec<_>>(), "{query}");
}

#[test]
fn a_path_is_encoded_as_it_was_sent() {
    check_path("", &["/"]);
    check_path("/", &["/"]);
    check_path("/pets/", &["/pets/"]);
    check_path("/a%2Fb/%e1%88%B4", &["/a%252Fb/%25e1%2588%25B4"]);
    check_path("/a:b;c=d@e~f", &["/a%3Ab%3Bc%3Dd%40e~f"]);
    check_path("/\u{1234}", &["/%E1%88%B4"]);
}

#[test]
fn a_path_with_dots_or_doubled_slashes_has_a_second_form() {
    check_path("//", &["/", "//"]);
    check_path("/a//b", &["/a/b", "/a//b"]);
    check_path("/a/./../b/..", &["/", "/a/./../b/.."]);
    check_path("/../../a", &["/a", "/../../a"]);
    check_path("/a/b/../", &["/a/", "/a/b/../"]);
    check_path("a", &["/a", "a"]);
    // Dots that are encoded are none to AWS.
    check_path("/a/%2e%2E/b", &["/a/%252e%252E/b"]);
}

#[test]
fn a_query_is_decoded_encoded_and_sorted() {
    let check = |query, expected| check_query(query, LeftOut::Nothing, expected);
    check("", &[""]);
    check("&&", &[""]);
    check("b=2&a=1", &["a=1&b=2"]);
    check("a=2&a=10&a=1", &["a=1&a=10&a=2"]);
    check("A=1&a=1&B=1", &["A=1&B=1&a=1"]);
    check("a-b=1&a=1", &["a=1&a-b=1"]);
    check("q=%e1%88%b4", &["q=%E1%88%B4", "q=%e1%88%b4"]);
    check("q=a%20b", &["q=a%20b"]);
    check("q=a+b", &["q=a%20b", "q=a+b"]);
    check("q=a%2Bb", &["q=a%2Bb"]);
    check("q=%&r=%4", &["q=%25&r=%254", "q=%&r=%4"]);
    check("b&a=", &["a=&b=", "a=&b"]);
    check("t=a=b", &["t=a%3Db", "t=a=b"]);
    check("=", &["="]);
}

#[test]
fn a_signature_in_the_query_is_left_out_however_it_is_written() {
    let query = "X-Amz-Security-Token=t&X-Amz-Signatur%65=0&a=1";
    let all = "X-Amz-Security-Token=t&X-Amz-Signature=0&a=1";
    check_query(query, LeftOut::Nothing, &[all, query]);
    check_query(query, LeftOut::Signature, &["X-Amz-Security-Token=t&a=1"]);
    check_query(query, LeftOut::SignatureAndToken, &["a=1"]);
}

#[test]
fn times_are_read_and_written() {
    let check = |text: &str, secs: u64| {
        let stamp = Stamp::parse(text.as_bytes()).unwrap();
        assert_eq!(stamp.since_epoch(), Duration::from_secs(secs), "{text}");
        assert_eq!(stamp.to_string(), text);
    };
    check("19700101T000000Z", 0);
    check("20150830T123600Z", 1_440_938_160);
    check("20000229T235959Z", 951_868_799);
    check("21000301T000000Z", 4_107_542_400);
    check("99991231T235959Z", 253_402_300_799);
    assert_eq!(Stamp::at(Duration::MAX).to_string(), "99991231T235959Z");
    for text in [
        "",
        "20150830T123600",
        "20150830t123600z",
        "20150830T240000Z",
        "20150830T126000Z",
        "20150830T123660Z",
        "20151330T123600Z",
        "20150001T123600Z",
        "20150100T123600Z",
        "20150431T123600Z",
        "21000229T123600Z",
        "19691231T235959Z",
        "2015083\u{661}T123600Z",
        "+2150830T123600Z",
    ] {
        assert_eq!(Stamp::parse(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn a_date_of_http_is_a_time_too() {
    let stamp = Stamp::parse(b"20150830T123600Z");
    for text in ["20150830T123600Z", "Sun, 30 Aug 2015 12:36:00 GMT"] {
        assert_eq!(Stamp::parse_date(text.as_bytes()), stamp, "{text}");
    }
    for text in [
        "Sunday, 30-Aug-15 12:36:00 GMT",
        "Sun, 30 Aug 2015 12:36:00 UTC",
        "Sun, 30 Aug 2015 12:36:00",
        "Sun, 30 aug 2015 12:36:00 GMT",
        "Sun, 30 Aug 2015 12:36 GMT",
        "Sun, 30 Aug 2015 12:36:00:00 GMT",
        "Sun, 30 Aug 2015 12:36:00 GMT GMT",
        "Sun, 3 Aug 2015 12:36:00 GMT",
        "2015-08-30",
    ] {
        assert_eq!(Stamp::parse_date(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn keys_are_remembered_but_not_more_than_a_thousand() {
    let mut keys = SigningKeys::default();
    let secret = Secret::new(SECRET);
    let named = |number: usize| crate::Scope { access_key: format!("AKID{number}"), ..scope() };
    let expected = SigningKey::derive(&secret, &named(0)).sign(b"text");
    for number in 0..3_000 {
        keys.get(&secret, &named(number));
        // What is used is kept.
        assert_eq!(keys.get(&secret, &named(0)).sign(b"text"), expected);
        assert!(keys.len() <= 1_024, "{}", keys.len());
    }
    assert!(keys.len() > 500);
}

#[test]
fn another_secret_makes_another_key_of_the_same_scope() {
    let mut keys = SigningKeys::default();
    let sign = |keys: &mut SigningKeys, secret: &str| {
        keys.get(&Secret::new(secret), &scope()).sign(b"text")
    };
    let first = sign(&mut keys, "first");
    let second = sign(&mut keys, "second");
    assert_ne!(first, second);
    assert_eq!(sign(&mut keys, "second"), second);
    assert_eq!(sign(&mut keys, "first"), first);
    let printed = format!("{:?} {:?}", Secret::new("first"), keys);
    assert_eq!(printed, "Secret(..) SigningKeys(1)");
}
