//! What OpenSSL reads in the certificates it makes, and hostile bytes.

use openssl::asn1::{Asn1Time, Asn1Type};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::{X509, X509Name};
use proptest::prelude::*;

use super::ODD;
use crate::Certificate;

fn certificate(number: &[u8], name: &str, from: i64) -> X509 {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve");
    let key = PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key");
    let mut subject = X509Name::builder().expect("a name");
    subject
        .append_entry_by_nid_with_type(Nid::COMMONNAME, name, Asn1Type::UTF8STRING)
        .expect("a part");
    let subject = subject.build();
    let mut builder = X509::builder().expect("a builder");
    let number = BigNum::from_slice(number).and_then(|number| number.to_asn1_integer());
    builder.set_serial_number(&number.expect("a number")).expect("a number");
    builder.set_subject_name(&subject).expect("a name");
    builder.set_issuer_name(&subject).expect("a name");
    builder.set_not_before(&Asn1Time::from_unix(from).expect("a time")).expect("a time");
    builder.set_not_after(&Asn1Time::days_from_now(1).expect("a time")).expect("a time");
    builder.set_pubkey(&key).expect("a key");
    builder.sign(&key, MessageDigest::sha256()).expect("a signature");
    builder.build()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_openssl_makes_is_read_as_openssl_reads_it(
        number in prop::collection::vec(any::<u8>(), 1..20),
        name in "[a-zA-Z0-9 äß€.*@/-]{1,60}",
        from in 0_i64..250_000_000_000,
    ) {
        let made = certificate(&number, &name, from);
        let read = Certificate::from_pem(&made.to_pem().expect("PEM")).expect("a certificate");
        prop_assert_eq!(&read.not_before, &made.not_before().to_string());
        prop_assert_eq!(&read.not_after, &made.not_after().to_string());
        let digits = made.serial_number().to_bn().and_then(|number| number.to_hex_str());
        let digits = digits.expect("digits").to_ascii_lowercase();
        let mine = read.serial_number.replace(':', "");
        prop_assert_eq!(mine.trim_start_matches('0'), digits.trim_start_matches('0'));
        let plain = read.subject.strip_prefix("CN=").expect("a name").replace('\\', "");
        prop_assert_eq!(plain, name);
        prop_assert_eq!(read.issuer, read.subject);
    }

    #[test]
    fn no_bytes_lead_to_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Certificate::from_der(&bytes);
        let _ = Certificate::from_pem(&bytes);
    }

    #[test]
    fn no_change_of_a_certificate_leads_to_a_panic(at in 0_usize..540, byte: u8) {
        let mut der = X509::from_pem(ODD.as_bytes()).and_then(|it| it.to_der()).expect("DER");
        if let Some(place) = der.get_mut(at) {
            *place = byte;
        }
        let _ = Certificate::from_der(&der);
    }
}
