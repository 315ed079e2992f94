//! Numbers as hexadecimal digits. Every request has a few, and `format!` takes its time.

/// The eight digits of a number, all of them at once.
pub(crate) const fn digits(number: u32) -> [u8; 8] {
    /// One in each byte.
    const EACH: u64 = 0x0101_0101_0101_0101;
    let number = number as u64;
    // Four bits go into each byte, the last ones into the last.
    let halves = (number & 0xffff) | (number & 0xffff_0000) << 16;
    let bytes = (halves & 0xff_0000_00ff) | (halves & 0xff00_0000_ff00) << 8;
    let nibbles = (bytes & 0x000f_000f_000f_000f) | (bytes & 0x00f0_00f0_00f0_00f0) << 4;
    // Six more than ten is sixteen, which is the next bit.
    let letters = (nibbles + 6 * EACH) >> 4 & EACH;
    // INVARIANT: no byte carries over, since the greatest is that of `f`.
    (nibbles + b'0' as u64 * EACH + letters * (b'a' - b'0' - 10) as u64).to_be_bytes()
}

/// The thirty-two digits of a number.
pub(crate) fn all_digits(number: u128) -> [u8; 32] {
    let mut text = [0; 32];
    for (digits, place) in text.chunks_exact_mut(8).zip([96, 64, 32, 0]) {
        // Only the last bits are wanted.
        digits.copy_from_slice(&self::digits((number >> place) as u32));
    }
    text
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    #[test]
    #[wasm_bindgen_test]
    fn digits_are_those_that_the_standard_library_writes() {
        let mut number = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210_u128;
        for _ in 0..1_000 {
            let last = number as u32;
            assert_eq!(super::digits(last), *format!("{last:08x}").as_bytes());
            assert_eq!(super::all_digits(number), *format!("{number:032x}").as_bytes());
            number = number.rotate_left(13).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        for edge in [0, u32::MAX, 0x9999_9999, 0xaaaa_aaaa] {
            assert_eq!(super::digits(edge), *format!("{edge:08x}").as_bytes());
        }
    }
}
