//! The little of DER that it takes to write down a public key and an ECDSA signature.

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;

/// `rsaEncryption` with its NULL parameters, RFC 8017 appendix A.1.
const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
/// `id-ecPublicKey` on `secp256r1`, RFC 5480 section 2.1.1.
pub(crate) const P256: &[u8] =
    b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
/// `id-ecPublicKey` on `secp384r1`, RFC 5480 section 2.1.1.
pub(crate) const P384: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";

/// The `SubjectPublicKeyInfo` of an RSA key, its numbers in big-endian bytes.
pub(crate) fn rsa_public_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let key = wrap(SEQUENCE, &[&integer(modulus), &integer(exponent)]);
    public_key(RSA, &key)
}

/// The `SubjectPublicKeyInfo` of a key.
pub(crate) fn public_key(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    wrap(SEQUENCE, &[&wrap(SEQUENCE, &[algorithm]), &wrap(BIT_STRING, &[&[0], key])])
}

/// The `ECDSA-Sig-Value` of two numbers in big-endian bytes, RFC 3279 section 2.2.3.
pub(crate) fn ecdsa_signature(r: &[u8], s: &[u8]) -> Vec<u8> {
    wrap(SEQUENCE, &[&integer(r), &integer(s)])
}

/// A number that is not negative, in as few bytes as say so.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let bytes = bytes.get(zeros..).unwrap_or_default();
    match bytes.first() {
        Some(first) if *first < 0x80 => wrap(INTEGER, &[bytes]),
        _ => wrap(INTEGER, &[&[0], bytes]),
    }
}

fn wrap(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let zeros = length.iter().take_while(|byte| **byte == 0).count();
    let length = length.get(zeros..).unwrap_or_default();
    let mut out = vec![tag];
    match length {
        [] => out.push(0),
        [short] if *short < 0x80 => out.push(*short),
        long => {
            // INVARIANT: a length has at most eight bytes, so the sum fits.
            out.push(0x80 | u8::try_from(long.len()).unwrap_or(0x7f));
            out.extend_from_slice(long);
        }
    }
    out.extend(content);
    out
}
