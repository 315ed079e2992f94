//! What must come out of an RSA signature, RFC 8017 section 9.

use crate::Digest;

/// Whether it is the one encoding of section 9.2 that the message has. Nothing is parsed: the
/// encoding is made anew and compared whole.
pub(super) fn is_pkcs1(digest: Digest, opened: &[u8], message: &[u8]) -> bool {
    let (head, hash) = (digest_info(digest), digest.of(&[message]));
    let Some(filler) = opened.len().checked_sub(head.len() + hash.len() + 3) else {
        return false;
    };
    [&[0, 1], vec![0xff; filler].as_slice(), &[0], head, &hash].concat() == opened
}

/// Whether it is an encoding of section 9.1 that the message has, with MGF1 and a salt as long as
/// the digest, as RFC 7518 section 3.5 demands.
pub(super) fn is_pss(digest: Digest, opened: &[u8], modulus_bits: usize, message: &[u8]) -> bool {
    // Step numbers are those of section 9.1.2. The encoding is one bit shorter than the modulus.
    let bits = modulus_bits.saturating_sub(1);
    let length = bits.div_ceil(8);
    let Some((zeros, encoded)) = opened.split_at_checked(opened.len().saturating_sub(length))
    else {
        return false;
    };
    // 3. and 4.
    let Some((body, [0xbc])) = encoded.split_last_chunk::<1>() else {
        return false;
    };
    let Some((masked, hash)) = body.split_at_checked(body.len().saturating_sub(digest.len()))
    else {
        return false;
    };
    // 6. The bits before the encoding are zero.
    let unused = length * 8 - bits;
    let first = 0xff_u8 >> unused;
    if zeros.iter().any(|byte| *byte != 0) || masked.first().is_none_or(|byte| byte & !first != 0) {
        return false;
    }
    // 7. to 9.
    let mut block = mask(digest, hash, masked.len());
    block.iter_mut().zip(masked).for_each(|(byte, masked)| *byte ^= masked);
    block.iter_mut().take(1).for_each(|byte| *byte &= first);
    // 10. and 11.
    let Some((filler, salt)) = block.split_at_checked(block.len().saturating_sub(digest.len()))
    else {
        return false;
    };
    let Some((zeros, [1])) = filler.split_last_chunk::<1>() else {
        return false;
    };
    // 12. to 14.
    zeros.iter().all(|byte| *byte == 0)
        && digest.of(&[&[0; 8], &digest.of(&[message]), salt]) == hash
}

/// MGF1, appendix B.2.1.
fn mask(digest: Digest, seed: &[u8], length: usize) -> Vec<u8> {
    let mut mask: Vec<u8> = (0_u32..)
        .map(|count| digest.of(&[seed, &count.to_be_bytes()]))
        .take(length.div_ceil(digest.len()))
        .flatten()
        .collect();
    mask.truncate(length);
    mask
}

/// All of a `DigestInfo` but the digest, section 9.2 note 1.
const fn digest_info(digest: Digest) -> &'static [u8] {
    match digest {
        Digest::Sha256 => {
            b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
        }
        Digest::Sha384 => {
            b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"
        }
        Digest::Sha512 => {
            b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"
        }
    }
}
