//! The byte forms that cross the border between a filter and its proxy.

use std::net::IpAddr;
use std::str::FromStr;

use tollgate_policy::{Digest, Headers};

/// Reads a header map as a proxy serializes it: a count, then the length of every name and value,
/// then the names and values themselves, each followed by a zero byte; numbers are little-endian.
pub(crate) fn headers(bytes: Vec<u8>) -> Option<Headers> {
    if bytes.is_empty() {
        return Some(Headers::new());
    }
    let count = size(&bytes, 0)?;
    let mut at = count.checked_mul(8)?.checked_add(4)?;
    // The lengths of all fields lie before the first of them, so a count that lies cannot make
    // this allocate more than the buffer's own size.
    bytes.get(..at)?;
    Headers::from_parts(bytes, count, |bytes, index| {
        let lengths = index.checked_mul(8)?.checked_add(4)?;
        let name = at..at.checked_add(size(bytes, lengths)?)?;
        let start = name.end.checked_add(1)?;
        let value = start..start.checked_add(size(bytes, lengths.checked_add(4)?)?)?;
        at = value.end.checked_add(1)?;
        Some((name, value))
    })
}

fn size(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..)?.first_chunk()?;
    usize::try_from(u32::from_le_bytes(*four)).ok()
}

/// Writes a header map as a proxy reads it. `None` where it is too long for that form.
pub(crate) fn pairs<N, V>(fields: &[(N, V)]) -> Option<Vec<u8>>
where
    N: AsRef<[u8]>,
    V: AsRef<[u8]>,
{
    let size = |(name, value): &(N, V)| 10 + name.as_ref().len() + value.as_ref().len();
    let mut bytes = Vec::with_capacity(4 + fields.iter().map(size).sum::<usize>());
    bytes.extend_from_slice(&u32::try_from(fields.len()).ok()?.to_le_bytes());
    for (name, value) in fields {
        bytes.extend_from_slice(&u32::try_from(name.as_ref().len()).ok()?.to_le_bytes());
        bytes.extend_from_slice(&u32::try_from(value.as_ref().len()).ok()?.to_le_bytes());
    }
    for (name, value) in fields {
        bytes.extend_from_slice(name.as_ref());
        bytes.push(0);
        bytes.extend_from_slice(value.as_ref());
        bytes.push(0);
    }
    Some(bytes)
}

/// A number as a proxy gives its properties: eight bytes, little-endian.
pub(crate) fn number(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// The `VerifySignatureArguments` message of Envoy's `verify_signature` function.
pub(crate) fn verify_signature(
    digest: Digest,
    key: &[u8],
    signature: &[u8],
    text: &[u8],
) -> Vec<u8> {
    const HASH_FUNCTION: u8 = 1;
    const PUBLIC_KEY: u8 = 2;
    const SIGNATURE: u8 = 3;
    const TEXT: u8 = 4;
    let hash: &[u8] = match digest {
        Digest::Sha256 => b"sha256",
        Digest::Sha384 => b"sha384",
        Digest::Sha512 => b"sha512",
    };
    let mut message = Vec::with_capacity(key.len() + signature.len() + text.len() + 32);
    for (field, bytes) in
        [(HASH_FUNCTION, hash), (PUBLIC_KEY, key), (SIGNATURE, signature), (TEXT, text)]
    {
        length_delimited(&mut message, field, bytes);
    }
    message
}

/// Whether a `VerifySignatureResult` message says yes: its field 1 is true.
pub(crate) fn is_verified(result: &[u8]) -> bool {
    result.starts_with(&[0x08, 0x01])
}

fn length_delimited(message: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    const LENGTH_DELIMITED: u8 = 2;
    const MORE: u8 = 0x80;
    message.push(field << 3 | LENGTH_DELIMITED);
    let mut length = bytes.len();
    while length >= usize::from(MORE) {
        // INVARIANT: the mask leaves seven bits.
        message.push((length & 0x7f) as u8 | MORE);
        length >>= 7;
    }
    message.push(length as u8);
    message.extend_from_slice(bytes);
}

/// The address in `10.0.0.1:1234` or `[::1]:1234`, as a proxy writes a peer.
pub(crate) fn peer(bytes: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (address, _port) = text.rsplit_once(':')?;
    let address = address.trim_start_matches('[').trim_end_matches(']');
    // A link-local IPv6 address may carry its zone, `fe80::1%eth0`.
    let address = address.split('%').next().unwrap_or(address);
    IpAddr::from_str(address).ok()
}
