#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{compiled, key, many};
use crate::{Compiled, Key, Manifest, Segment, compile, digest, from_hex, hex};

#[track_caller]
fn refused(keys: &[([u8; 32], Key)], expected: &str) {
    let outcome = compile(keys.iter().map(|(digest, key)| (digest, key)));
    assert_eq!(outcome.expect_err("refused").to_string(), expected);
}

/// The segments that are not in both.
fn differing(one: &Compiled, other: &Compiled) -> usize {
    other.segments.iter().filter(|file| !one.segments.contains(file)).count()
}

#[test]
fn what_is_compiled_is_read_back() {
    let mut keys = many();
    keys[7].1.enabled = false;
    keys[8].1.usage_plans.clear();
    keys[9].1.usage_plans = (0..10).map(|number| format!("plan {number}")).rev().collect();
    let made = compiled(&keys);
    let manifest = Manifest::read(&made.manifest).expect("a manifest");
    assert_eq!(manifest.count(), 2_000);
    let names: Vec<_> = made.segments.iter().map(|file| file.name.clone()).collect();
    assert_eq!(manifest.files().collect::<Vec<_>>(), names);
    let mut read = Vec::new();
    for file in &made.segments {
        let segment = Segment::read(&file.content).expect("a segment");
        assert!(file.name.starts_with(&format!("{:02x}-", segment.first())));
        assert_eq!(segment.keys().len(), segment.count() as usize);
        read.append(&mut segment.keys());
    }
    keys.sort_by_key(|(digest, _)| *digest);
    assert!(read == keys);
}

#[test]
fn the_order_of_keys_does_not_matter_and_a_changed_key_changes_one_segment() {
    let mut keys = many();
    let before = compiled(&keys);
    keys.reverse();
    assert!(compiled(&keys) == before);

    keys[100].1.enabled = false;
    let disabled = compiled(&keys);
    assert_eq!(differing(&before, &disabled), 1);
    assert_ne!(before.manifest, disabled.manifest);

    // A plan that comes before all others by name, so that others would move if they had numbers.
    keys[200].1.usage_plans.push("a".to_owned());
    assert_eq!(differing(&disabled, &compiled(&keys)), 1);
}

#[test]
fn no_keys_are_a_manifest_without_files() {
    let made = compiled(&[]);
    let manifest = Manifest::read(&made.manifest).expect("a manifest");
    assert_eq!((manifest.count(), manifest.files().count(), made.segments.len()), (0, 0, 0));
}

#[test]
fn a_key_takes_less_than_64_bytes_among_a_million() {
    // As many on a page as there are with a million keys: 15.
    let keys = (0..1_000_000_u32).filter_map(|number| {
        let digest = digest(&number.to_le_bytes());
        let id = format!("{number:010}");
        let key = Key { id, enabled: true, usage_plans: vec!["gold".to_owned()] };
        (digest[0] == 0x7f).then_some((digest, key))
    });
    let keys: Vec<_> = keys.collect();
    let bytes = compiled(&keys).segments[0].content.len();
    // A page in shared memory also has a name, and some 100 bytes of the map around it.
    let overhead = 256 * ("tollgate.keys|01234567|0123".len() + 100);
    assert!((bytes + overhead) / keys.len() < 64, "{bytes} bytes for {} keys", keys.len());
}

#[test]
fn keys_that_cannot_be_told_apart_are_refused() {
    let (one, two) = (key("one", &[]), key("two", &[]));
    let same_value = (one.0, two.1.clone());
    refused(&[one.clone(), same_value], r#"["one"]: `two` has the same value"#);
    refused(&[one.clone(), (two.0, one.1)], r#"["one"]: two keys have this id"#);
}

#[test]
fn what_api_gateway_would_refuse_is_refused() {
    let plans: Vec<_> = (0..11).map(|number| format!("p{number}")).collect();
    let plans: Vec<_> = plans.iter().map(String::as_str).collect();
    refused(&[key("a", &plans)], r#"["a"].usage_plans: must not be more than 10"#);
    refused(&[key("a", &["x", "x"])], r#"["a"].usage_plans[1]: is named twice"#);
    let id = "must be 1 to 64 letters, digits, `-`, `_` or `.`";
    refused(&[key("", &[])], &format!(r#"[""].id: {id}"#));
    refused(&[key("a b", &[])], &format!(r#"["a b"].id: {id}"#));
    for plan in ["", " a", "a,b", "a\"", "a\n", &"x".repeat(129)] {
        let outcome = compile([key("a", &[plan])].iter().map(|(digest, key)| (digest, key)));
        let invalid = outcome.expect_err(plan);
        assert_eq!(invalid.field, r#"["a"].usage_plans[0]"#);
    }
}

#[test]
fn a_file_with_any_byte_changed_is_no_manifest_and_no_other_segment() {
    let made = compiled(&many()[..20]);
    for at in 0..made.manifest.len() {
        let mut manifest = made.manifest.clone();
        manifest[at] ^= 1;
        assert_eq!(Manifest::read(&manifest), None, "byte {at}");
    }
    for end in 0..made.manifest.len() {
        assert_eq!(Manifest::read(&made.manifest[..end]), None);
    }
    let segment = &made.segments[0].content;
    for end in 0..segment.len() {
        assert!(Segment::read(&segment[..end]).is_none(), "{end} bytes");
    }
    assert!(Segment::read(&[segment, &b"x"[..]].concat()).is_none());
}

/// A segment of one page, with `count` keys as its head says.
fn segment(count: u32, page: &[u8]) -> Vec<u8> {
    let mut bytes = b"TGKS\x01\x7f".to_vec();
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.push(u8::try_from(page.len()).expect("a short page"));
    bytes.extend_from_slice(&[0; 255]);
    bytes.extend_from_slice(page);
    bytes
}

/// An entry with this tail, head, places of plans and id.
fn entry(tail: u8, head: u8, places: &[u8], id: &str) -> Vec<u8> {
    let length = u8::try_from(id.len()).expect("a short id");
    [&[tail; 30][..], &[head], places, &[length], id.as_bytes()].concat()
}

#[test]
fn a_page_that_says_what_cannot_be_is_refused() {
    #[track_caller]
    fn check(count: u32, plans: &[u8], entries: &[Vec<u8>], good: bool) {
        let page = [plans, &entries.concat()].concat();
        assert_eq!(Segment::read(&segment(count, &page)).is_some(), good);
    }
    let plans = b"\x02\x01a\x01b";
    check(1, plans, &[entry(1, 0x82, &[1, 0], "id")], true);
    check(2, b"\x00", &[entry(1, 0x80, &[], "a"), entry(2, 0, &[], "b")], true);
    // The number of keys.
    check(2, plans, &[entry(1, 0x82, &[1, 0], "id")], false);
    check(0, b"\x00", &[], false);
    // The order of digests and of plans.
    check(2, b"\x00", &[entry(2, 0x80, &[], "a"), entry(1, 0, &[], "b")], false);
    check(2, b"\x00", &[entry(1, 0x80, &[], "a"), entry(1, 0, &[], "b")], false);
    check(1, b"\x02\x01b\x01a", &[entry(1, 0x80, &[], "id")], false);
    // A plan that is not there, and more plans than a key can have.
    check(1, plans, &[entry(1, 0x81, &[2], "id")], false);
    check(1, plans, &[entry(1, 0x8b, &[0; 11], "id")], false);
    // Names.
    check(1, b"\x01\x02a,", &[entry(1, 0x80, &[], "id")], false);
    check(1, b"\x00", &[entry(1, 0x80, &[], "")], false);
    check(1, b"\x00", &[entry(1, 0x80, &[], "a b")], false);
    // Numbers that are too large, or longer than they need to be.
    check(1, b"\xff\xff\xff\xff\x1f", &[], false);
    check(1, b"\x80\x00", &[entry(1, 0x80, &[], "id")], false);
}

#[test]
fn a_digest_is_that_of_the_standard_and_is_written_in_hexadecimal_digits() {
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(hex(&digest(b"abc")), abc);
    assert_eq!(from_hex(abc), Some(digest(b"abc")));
    assert_eq!(from_hex(&abc.to_uppercase()), Some(digest(b"abc")));
    for wrong in ["", "ba", &abc.replacen('b', "", 1), &format!("{abc}00"), &abc.replace('b', "g")]
    {
        assert_eq!(from_hex(wrong), None, "{wrong}");
    }
    assert_eq!(from_hex(&abc.replace("ba", "é")), None);
}
