//! What no certificate is, byte by byte.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{Certificate, MAX_CERTIFICATE_BYTES, Unreadable};

/// A value with a short or a long length.
fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u16::try_from(content.len()).expect("a short content") {
        short @ 0..0x80 => out.extend(short.to_be_bytes().get(1)),
        middle @ 0x80..0x100 => out.extend([0x81, middle.to_be_bytes()[1]]),
        long => out.extend([0x82, long.to_be_bytes()[0], long.to_be_bytes()[1]]),
    }
    out.extend(content);
    out
}

/// A name of one part.
fn name(kind: &[u8], tag: u8, content: &[u8]) -> Vec<u8> {
    let pair = [value(0x06, kind), value(tag, content)].concat();
    value(0x30, &value(0x31, &value(0x30, &pair)))
}

/// What a certificate is made of.
struct Parts {
    number: Vec<u8>,
    from: Vec<u8>,
    subject: Vec<u8>,
}

impl Default for Parts {
    fn default() -> Self {
        let from = value(0x17, b"190528123002Z");
        Self { number: value(0x02, b"\x01"), from, subject: name(b"\x55\x04\x03", 0x0c, b"me") }
    }
}

impl Parts {
    fn der(&self) -> Vec<u8> {
        let until = value(0x18, b"21200805002821Z");
        let fields = [
            value(0xa0, b"\x02\x01\x02"),
            self.number.clone(),
            value(0x30, b""),
            name(b"\x55\x04\x03", 0x13, b"Example issuer"),
            value(0x30, &[self.from.clone(), until].concat()),
            self.subject.clone(),
            value(0x30, b"a key"),
        ];
        value(0x30, &[value(0x30, &fields.concat()), value(0x30, b"a signature")].concat())
    }

    fn read(&self) -> Result<Certificate, Unreadable> {
        Certificate::from_der(&self.der())
    }
}

#[track_caller]
fn check_number(content: &[u8], expected: &str) {
    let read = Parts { number: value(0x02, content), ..Parts::default() }.read();
    let found = read.as_ref().map(|it| it.serial_number.as_str()).map_err(|why| why.0);
    assert_eq!(found, outcome(expected));
}

/// What is expected, or the reason behind `!` for which there is nothing.
fn outcome(expected: &str) -> Result<&str, &str> {
    expected.strip_prefix('!').map_or(Ok(expected), Err)
}

#[test]
fn numbers_have_no_leading_zeros() {
    check_number(b"\x00", "0");
    check_number(b"\x0f", "f");
    check_number(b"\x7f", "7f");
    check_number(b"\x00\xff", "ff");
    check_number(b"\x01\x00", "01:00");
    check_number(b"\x00\x80\x0a", "80:0a");
    check_number(b"", "!no number");
}

#[track_caller]
fn check_from(tag: u8, text: &str, expected: &str) {
    let read = Parts { from: value(tag, text.as_bytes()), ..Parts::default() }.read();
    let found = read.as_ref().map(|it| it.not_before.as_str()).map_err(|why| why.0);
    assert_eq!(found, outcome(expected), "{text}");
}

#[test]
fn times_are_those_of_the_standard() {
    check_from(0x17, "500101000000Z", "Jan  1 00:00:00 1950 GMT");
    check_from(0x17, "491231235959Z", "Dec 31 23:59:59 2049 GMT");
    check_from(0x18, "20500229010203Z", "Feb 29 01:02:03 2050 GMT");
    check_from(0x18, "99991231235959Z", "Dec 31 23:59:59 9999 GMT");
    const WRONG: &str = "!a time that is none";
    for (tag, text) in [
        (0x17, "1905281230Z"),
        (0x17, "190528123002"),
        (0x17, "190528123002+0100"),
        (0x17, "19052812300Z"),
        (0x17, "191328123002Z"),
        (0x17, "190028123002Z"),
        (0x17, "190532123002Z"),
        (0x17, "190500123002Z"),
        (0x17, "190528243002Z"),
        (0x17, "190528126002Z"),
        (0x17, "190528123060Z"),
        (0x17, "1905281230x2Z"),
        (0x17, ""),
        (0x17, "Z"),
        (0x18, "20190528123002.5Z"),
        (0x18, "190528123002Z"),
        (0x02, "190528123002Z"),
    ] {
        check_from(tag, text, WRONG);
    }
}

#[track_caller]
fn check_subject(subject: Vec<u8>, expected: &str) {
    let read = Parts { subject, ..Parts::default() }.read();
    let found = read.as_ref().map(|it| it.subject.as_str()).map_err(|why| why.0);
    assert_eq!(found, outcome(expected));
}

#[test]
fn a_name_cannot_be_taken_for_another() {
    const CN: &[u8] = b"\x55\x04\x03";
    let of = |tag, content: &[u8]| name(CN, tag, content);
    check_subject(value(0x30, b""), "");
    check_subject(of(0x0c, b""), "CN=");
    check_subject(of(0x0c, b"a,CN=b"), "CN=a\\,CN=b");
    check_subject(of(0x0c, b" a b "), "CN=\\ a b\\ ");
    check_subject(of(0x0c, b" "), "CN=\\ ");
    check_subject(of(0x0c, b"#0C0141"), "CN=\\#0C0141");
    check_subject(of(0x0c, b"a\r\nb\0\x7f"), "CN=a\\0D\\0Ab\\00\\7F");
    check_subject(of(0x0c, "\u{85}".as_bytes()), "CN=\\C2\\85");
    check_subject(of(0x0c, b"\xff"), "CN=#0C01FF");
    check_subject(of(0x13, b"\xe9"), "CN=#1301E9");
    check_subject(of(0x14, b"\xe9"), "CN=é");
    check_subject(of(0x1e, b"\x00A\x20\xac"), "CN=A€");
    check_subject(of(0x1e, b"\xd8\x3d\xde\x00"), "CN=#1E04D83DDE00");
    check_subject(of(0x1e, b"\x00"), "CN=#1E0100");
    check_subject(of(0x1c, b"\x00\x01\xf6\x00"), "CN=😀");
    check_subject(of(0x02, b"\x05"), "CN=#020105");
    check_subject(name(b"\x2a\x03\x04", 0x0c, b"a"), "1.2.3.4=#0C0161");
    check_subject(name(b"\x88\x37", 0x0c, b"a"), "2.999=#0C0161");
    check_subject(name(b"", 0x0c, b"a"), "!a part of a name that is of no kind");
    check_subject(name(b"\x55\x84", 0x0c, b"a"), "!a part of a name that is of no kind");
    check_subject(name(&[0xff; 9], 0x0c, b"a"), "!a part of a name that is of no kind");
    let part = |count: usize| {
        let pair = [value(0x06, CN), value(0x0c, b"a")].concat();
        value(0x30, &value(0x31, &value(0x30, &pair)).repeat(count))
    };
    check_subject(part(100), &["CN=a"; 100].join(","));
    check_subject(part(101), "!a name of more parts than are read");
}

#[test]
fn what_is_not_the_one_way_to_write_it_is_refused() {
    let good = Parts::default().der();
    assert!(Certificate::from_der(&good).is_ok());
    for end in 0..good.len() {
        assert!(Certificate::from_der(good.get(..end).expect("a part")).is_err(), "{end}");
    }
    let check = |bytes: &[u8], reason: &'static str| {
        assert_eq!(Certificate::from_der(bytes), Err(Unreadable(reason)));
    };
    check(&[&good[..], b"x"].concat(), "more than belongs there");
    check(b"\x30\x80\x00\x00", "a length that nothing in it can have");
    check(b"\x30\x83\x00\x00\x00", "a length that nothing in it can have");
    check(b"\x30\x81\x05aaaaa", "a length in more bytes than it takes");
    check(b"\x30\x82\x00\x85", "a length in more bytes than it takes");
    check(b"\x3f\x00", "a value of a kind that no certificate has");
    check(b"\x31\x00", "a value out of place");
    check(&vec![0; MAX_CERTIFICATE_BYTES + 1], "more bytes than are read");
}
