//! Numbers as hexadecimal digits. Every request has a few, and `format!` takes its time.

/// Writes the last `digits` hexadecimal digits of a number, up to sixteen of them.
pub(crate) fn push(text: &mut String, number: u64, digits: usize) {
    let (mut all, mut rest) = ([b'0'; 16], number);
    for digit in all.iter_mut().rev() {
        // INVARIANT: four bits are at most fifteen.
        let nibble = (rest & 0xf) as u8;
        *digit = if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
        rest >>= 4;
    }
    let last = all.get(all.len().saturating_sub(digits)..).unwrap_or_default();
    text.push_str(std::str::from_utf8(last).unwrap_or_default());
}
