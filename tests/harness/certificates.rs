//! Certificates, made by the tests that need them.

use std::fs;
use std::path::{Path, PathBuf};

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name};

/// An authority that certifies whomever a test wants.
#[derive(Debug)]
pub struct Authority {
    pub(crate) certificate: X509,
    key: PKey<Private>,
}

/// A certificate and its key.
#[derive(Clone, Debug)]
pub struct Identity {
    pub(crate) certificate: X509,
    pub(crate) key: PKey<Private>,
}

/// The PEM files of an identity.
#[derive(Clone, Debug)]
pub struct Files {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Authority {
    /// An authority of its own.
    ///
    /// # Panics
    /// If there cannot be one.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let key = key();
        let mut builder = builder(name, &key);
        builder.set_issuer_name(&subject(name)).expect("an issuer");
        let basic = BasicConstraints::new().critical().ca().build().expect("an extension");
        builder.append_extension(basic).expect("an extension");
        let usage = KeyUsage::new().critical().key_cert_sign().crl_sign().build();
        builder.append_extension(usage.expect("an extension")).expect("an extension");
        builder.sign(&key, MessageDigest::sha256()).expect("a signature");
        Self { certificate: builder.build(), key }
    }

    /// A certificate for these names: addresses, URIs and DNS names.
    ///
    /// # Panics
    /// If there cannot be one.
    #[must_use]
    pub fn certify(&self, names: &[&str]) -> Identity {
        let key = key();
        let mut builder = builder("somebody", &key);
        builder.set_issuer_name(self.certificate.subject_name()).expect("an issuer");
        let mut all = SubjectAlternativeName::new();
        for name in names {
            if name.parse::<std::net::IpAddr>().is_ok() {
                all.ip(name);
            } else if name.contains("://") {
                all.uri(name);
            } else {
                all.dns(name);
            }
        }
        let context = builder.x509v3_context(Some(&self.certificate), None);
        let all = all.build(&context).expect("names");
        builder.append_extension(all).expect("an extension");
        builder.sign(&self.key, MessageDigest::sha256()).expect("a signature");
        Identity { certificate: builder.build(), key }
    }

    /// Writes its certificate to a file, at once.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, path: &Path) -> PathBuf {
        replace(path, &self.certificate.to_pem().expect("PEM"));
        path.to_owned()
    }
}

impl Identity {
    /// Writes both to `NAME.pem` and `NAME.key` in a folder, each at once.
    ///
    /// # Panics
    /// If they cannot be written.
    pub fn write(&self, folder: &Path, name: &str) -> Files {
        let files = Files {
            certificate: folder.join(format!("{name}.pem")),
            key: folder.join(format!("{name}.key")),
        };
        replace(&files.key, &self.key.private_key_to_pem_pkcs8().expect("PEM"));
        replace(&files.certificate, &self.certificate.to_pem().expect("PEM"));
        files
    }

    /// The serial number of the certificate, which no other has.
    ///
    /// # Panics
    /// If it has none.
    #[must_use]
    pub fn serial(&self) -> String {
        serial(&self.certificate)
    }
}

pub(crate) fn serial(certificate: &X509) -> String {
    let number = certificate.serial_number().to_bn().expect("a number");
    number.to_hex_str().expect("digits").to_string()
}

fn replace(path: &Path, content: &[u8]) {
    let next = path.with_extension("next");
    fs::write(&next, content).expect("a written file");
    fs::rename(next, path).expect("a file in its place");
}

fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve");
    PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key")
}

fn subject(name: &str) -> X509Name {
    let mut builder = X509Name::builder().expect("a name");
    builder.append_entry_by_nid(Nid::COMMONNAME, name).expect("a name");
    builder.build()
}

fn builder(name: &str, key: &PKey<Private>) -> X509Builder {
    let mut builder = X509::builder().expect("a builder");
    builder.set_version(2).expect("a version");
    let mut serial = BigNum::new().expect("a number");
    serial.rand(127, MsbOption::MAYBE_ZERO, false).expect("a number");
    let serial = serial.to_asn1_integer().expect("a number");
    builder.set_serial_number(&serial).expect("a number");
    builder.set_subject_name(&subject(name)).expect("a name");
    let (now, later) = (Asn1Time::days_from_now(0), Asn1Time::days_from_now(1));
    builder.set_not_before(&now.expect("a time")).expect("a time");
    builder.set_not_after(&later.expect("a time")).expect("a time");
    builder.set_pubkey(key).expect("a key");
    builder
}
