//! The byte forms at the border.

use proptest::prelude::*;
use tollgate_policy::{Digest, Headers};

use crate::wire;

#[track_caller]
fn check(bytes: &[u8], expected: Option<&[(&[u8], &[u8])]>) {
    let headers = wire::headers(bytes.to_vec());
    let fields = headers.as_ref().map(|headers| headers.iter().collect::<Vec<_>>());
    assert_eq!(fields.as_deref(), expected, "{bytes:02x?}");
}

#[test]
fn a_header_map_is_read_as_envoy_writes_it() {
    check(b"", Some(&[]));
    check(&[0, 0, 0, 0], Some(&[]));
    let mut bytes = vec![2, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend_from_slice(b":path\0/\0x\0\0");
    check(&bytes, Some(&[(b":path", b"/"), (b"x", b"")]));
    let mut bytes = vec![1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0];
    bytes.extend_from_slice(b"x\0\xff\xfe\0");
    check(&bytes, Some(&[(b"x", b"\xff\xfe")]));
}

#[test]
fn a_header_map_that_lies_is_none() {
    check(&[0], None);
    check(&[1, 0, 0, 0], None);
    check(&[0xff; 4], None);
    check(&[0xff; 64], None);
    check(&[1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], None);
    check(&[1, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, b'x', 0, b'y', 0], None);
    check(&[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, b'x', 0, b'y', 0], None);
}

proptest! {
    #[test]
    fn no_bytes_are_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = wire::headers(bytes.clone());
        let _ = wire::peer(&bytes);
        let _ = wire::is_verified(&bytes);
    }

    #[test]
    fn nearly_right_bytes_are_no_panic(
        count in 0_u32..8,
        lengths in proptest::collection::vec(0_u32..16, 0..16),
        rest in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let mut bytes = count.to_le_bytes().to_vec();
        bytes.extend(lengths.iter().flat_map(|length| length.to_le_bytes()));
        bytes.extend(rest);
        if let Some(headers) = wire::headers(bytes) {
            prop_assert_eq!(headers.iter().count(), count as usize);
        }
    }

    #[test]
    fn a_header_map_survives_the_way(
        fields in proptest::collection::vec((any::<Vec<u8>>(), any::<Vec<u8>>()), 0..8),
    ) {
        let headers: Headers = wire::pairs(&fields).and_then(wire::headers).expect("a map");
        let read: Vec<_> =
            headers.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        prop_assert_eq!(read, fields);
    }
}

/// Written by hand from the field numbers of `VerifySignatureArguments`: a tag is the number times
/// eight, plus two for bytes.
#[test]
fn the_arguments_of_verify_signature_are_the_message_envoy_reads() {
    let message = wire::verify_signature(Digest::Sha256, b"KEY", b"", b"te");
    assert_eq!(message, b"\x0a\x06sha256\x12\x03KEY\x1a\x00\x22\x02te");
    let message = wire::verify_signature(Digest::Sha384, &[1; 127], &[2; 128], &[3; 300]);
    let mut expected = b"\x0a\x06sha384\x12\x7f".to_vec();
    expected.extend_from_slice(&[1; 127]);
    expected.extend_from_slice(b"\x1a\x80\x01");
    expected.extend_from_slice(&[2; 128]);
    expected.extend_from_slice(b"\x22\xac\x02");
    expected.extend_from_slice(&[3; 300]);
    assert_eq!(message, expected);
    assert!(wire::verify_signature(Digest::Sha512, b"", b"", b"").starts_with(b"\x0a\x06sha512"));
}

#[test]
fn only_a_plain_yes_is_a_yes() {
    assert!(wire::is_verified(&[8, 1]));
    assert!(wire::is_verified(&[8, 1, 0x12, 0]));
    for no in [&[][..], &[8], &[8, 0], &[1, 8], &[8, 2], &[0x12, 2, 8, 1]] {
        assert!(!wire::is_verified(no), "{no:?}");
    }
}

#[test]
fn a_peer_is_an_address_without_its_port() {
    #[track_caller]
    fn check(peer: &[u8], expected: Option<&str>) {
        let address = wire::peer(peer).map(|address| address.to_string());
        assert_eq!(address.as_deref(), expected, "{}", peer.escape_ascii());
    }
    check(b"10.0.0.1:1234", Some("10.0.0.1"));
    check(b"[::1]:1234", Some("::1"));
    check(b"[fe80::1%eth0]:1", Some("fe80::1"));
    check(b"10.0.0.1", None);
    check(b"/tmp/socket", None);
    check(b"", None);
    check(b":", None);
    check(b"\xff:1", None);
}
