use proptest::prelude::*;
use rsa::hazmat::rsa_encrypt;
use rsa::{BoxedUint, PublicKey};

use super::modulus::Modulus;
use super::{Rsa, padding};
use crate::Digest;

const OPENSSL: &str = include_str!("../../../tests/data/openssl.jsonl");

/// Bytes in runs that make carries travel far.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(0), Just(1), Just(0x7f), Just(0x80), Just(0xff), any::<u8>()];
    proptest::collection::vec((byte, 1..40_usize), 40..60)
        .prop_map(|runs| runs.into_iter().flat_map(|(byte, length)| vec![byte; length]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_power_is_that_of_another_implementation(
        mut modulus in bytes(),
        base in bytes(),
        length in 256..330_usize,
        top in 1..=255_u8,
        exponent in prop_oneof![Just(3_u32), Just(65537), Just(u32::MAX), any::<u32>()],
    ) {
        modulus.resize(length, 0xff);
        modulus[0] = top;
        modulus[length - 1] |= 1;
        let mut base = base;
        base.resize(length, 0xff);
        base[0] = top - 1;
        let exponent = exponent | 3;

        let number = |bytes: &[u8]| {
            BoxedUint::from_be_slice(bytes, u32::try_from(length * 8).expect("small"))
                .expect("it fits")
        };
        let key = PublicKey::new(number(&modulus), BoxedUint::from(u64::from(exponent)))
            .expect("a key");
        let expected = rsa_encrypt(&key, &number(&base)).expect("a power").to_be_bytes();
        let power = Modulus::new(&modulus).power(&base, exponent);
        prop_assert_eq!(power.len(), length);
        prop_assert_eq!(&expected[expected.len() - length..], power);
    }
}

/// With a modulus of 2049 bits the encoding is a byte shorter than the modulus, and the byte before
/// it is zero.
#[test]
fn nothing_stands_before_an_encoding() {
    let row = OPENSSL.lines().find(|line| line.contains("PS256-2049")).expect("a row");
    let row: serde_json::Value = serde_json::from_str(row).expect("JSON");
    let bytes = |name: &str| crate::tests::hex(row[name].as_str().expect("hexadecimal digits"));
    let Ok(key) = Rsa::from_jwk(row["key"].as_object().expect("a key")) else {
        panic!("the key can be used");
    };
    let mut opened = key.modulus.power(&bytes("signature"), key.exponent);
    let is_pss = |opened: &[u8]| padding::is_pss(Digest::Sha256, opened, 2049, &bytes("message"));
    assert!(is_pss(&opened));
    opened[0] = 1;
    assert!(!is_pss(&opened));
}
