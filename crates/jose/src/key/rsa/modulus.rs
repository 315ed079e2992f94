//! Powers modulo a large odd number.
//!
//! Everything here is public: the key, the signature and what comes out. So nothing takes care to
//! hide how long it takes, which is what makes this a hundred lines and not a library. A mistake
//! could only make good signatures bad: what comes out is compared with what it must be, or must
//! have the digest it says it has.

/// An odd number, prepared for Montgomery multiplication with 32-bit digits: those are the longest
/// whose products a wasm engine multiplies in one instruction.
///
/// Digits are in order of rising significance. With `n` digits, R is 2 to the power of 32 n.
pub(super) struct Modulus {
    digits: Vec<u32>,
    /// How many bytes the number has.
    length: usize,
    /// The negative inverse of the lowest digit, modulo 2 to the power of 32.
    inverse: u32,
    /// R squared, which takes a number into Montgomery form.
    square: Vec<u32>,
}

impl Modulus {
    /// INVARIANT: `bytes` is an odd number in big-endian bytes, without leading zeros.
    pub(super) fn new(bytes: &[u8]) -> Self {
        let digits = digits(bytes, bytes.len().div_ceil(4));
        let lowest = digits.first().copied().unwrap_or(1);
        // Newton's method doubles the number of right bits with each step; an odd number is its own
        // inverse in three bits.
        let inverse = (0..4).fold(lowest, |inverse, _| {
            inverse.wrapping_mul(2_u32.wrapping_sub(lowest.wrapping_mul(inverse)))
        });
        let mut modulus = Self {
            digits,
            length: bytes.len(),
            inverse: inverse.wrapping_neg(),
            square: Vec::new(),
        };
        modulus.square = modulus.radix_squared();
        modulus
    }

    /// A number less than the modulus to the power of an exponent that is not zero: a number as
    /// long as the modulus, in big-endian bytes.
    pub(super) fn power(&self, base: &[u8], exponent: u32) -> Vec<u8> {
        let base = self.multiply(&digits(base, self.digits.len()), &self.square);
        let length = u32::BITS.saturating_sub(exponent.leading_zeros());
        let mut power = base.clone();
        for bit in (0..length.saturating_sub(1)).rev() {
            power = self.multiply(&power, &power);
            if exponent >> bit & 1 == 1 {
                power = self.multiply(&power, &base);
            }
        }
        let one = digits(&[1], self.digits.len());
        let power = self.multiply(&power, &one);
        let bytes = power.iter().rev().flat_map(|digit| digit.to_be_bytes());
        bytes.skip((power.len() * 4).saturating_sub(self.length)).collect()
    }

    /// Two numbers less than the modulus, multiplied and divided by R: less than the modulus again.
    fn multiply(&self, one: &[u32], two: &[u32]) -> Vec<u32> {
        let length = self.digits.len();
        let mut product = vec![0; length * 2];
        for (at, digit) in one.iter().enumerate() {
            let (low, high) = product.split_at_mut(at + length);
            let window = low.get_mut(at..).unwrap_or_default();
            let carry = add_multiple(window, two, *digit);
            high.iter_mut().take(1).for_each(|next| *next = carry);
        }
        let mut overflow = 0;
        for at in 0..length {
            let (low, high) = product.split_at_mut(at + length);
            let window = low.get_mut(at..).unwrap_or_default();
            let factor = window.first().copied().unwrap_or(0).wrapping_mul(self.inverse);
            let carry = add_multiple(window, &self.digits, factor);
            for next in high.iter_mut().take(1) {
                let sum = u64::from(*next) + u64::from(carry) + overflow;
                *next = low_half(sum);
                overflow = sum >> 32;
            }
        }
        let mut result = product.split_off(length);
        if overflow != 0 || !is_less(&result, &self.digits) {
            subtract(&mut result, &self.digits);
        }
        result
    }

    /// R squared. It starts from the highest power of two below the modulus, doubles it into the
    /// Montgomery form of a small power of two, and squares that.
    fn radix_squared(&self) -> Vec<u32> {
        let length = self.digits.len();
        let highest = self.digits.last().map_or(0, |digit| digit.leading_zeros());
        let mut power = vec![0; length];
        power.iter_mut().rev().take(1).for_each(|digit| *digit = (1 << 31) >> highest);
        // INVARIANT: `bits` is that of at most 256 digits.
        let bits = u32::try_from(length * 32).unwrap_or(0);
        let squarings = bits.trailing_zeros();
        for _ in 0..=highest + (bits >> squarings) {
            self.double(&mut power);
        }
        for _ in 0..squarings {
            power = self.multiply(&power, &power);
        }
        power
    }

    fn double(&self, number: &mut [u32]) {
        let mut carry = 0;
        for digit in number.iter_mut() {
            (*digit, carry) = (*digit << 1 | carry, *digit >> 31);
        }
        if carry != 0 || !is_less(number, &self.digits) {
            subtract(number, &self.digits);
        }
    }
}

/// Adds a multiple of a number to one just as long, and returns what does not fit.
fn add_multiple(sum: &mut [u32], number: &[u32], factor: u32) -> u32 {
    let mut carry = 0;
    for (sum, digit) in sum.iter_mut().zip(number) {
        let total = u64::from(*digit) * u64::from(factor) + u64::from(*sum) + carry;
        *sum = low_half(total);
        carry = total >> 32;
    }
    low_half(carry)
}

/// Subtracts a number from one just as long, and forgets the borrow.
fn subtract(from: &mut [u32], number: &[u32]) {
    let mut borrow = false;
    for (from, digit) in from.iter_mut().zip(number) {
        let (rest, first) = from.overflowing_sub(*digit);
        let (rest, second) = rest.overflowing_sub(u32::from(borrow));
        *from = rest;
        borrow = first || second;
    }
}

fn is_less(one: &[u32], two: &[u32]) -> bool {
    one.iter().rev().lt(two.iter().rev())
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
fn low_half(number: u64) -> u32 {
    number as u32
}

/// A number in big-endian bytes as digits.
fn digits(bytes: &[u8], length: usize) -> Vec<u32> {
    let mut digits: Vec<u32> = bytes
        .rchunks(4)
        .map(|chunk| chunk.iter().fold(0, |digit, byte| digit << 8 | u32::from(*byte)))
        .collect();
    digits.resize(length, 0);
    digits
}
