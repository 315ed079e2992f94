//! Numbers as decimal digits, and whether one divides another.

use serde_json::Number;

/// `digits` times ten to the power of `exponent`. There is no zero at the end of the digits, save
/// for zero itself. The sign is left out: it makes no difference here.
#[derive(Clone, Copy)]
struct Decimal {
    digits: u128,
    exponent: i32,
}

impl Decimal {
    /// Takes the shortest digits that read as the number: those it was written with, unless these
    /// are more than a double holds.
    fn of(number: &Number) -> Option<Self> {
        let text = number.to_string();
        let text = text.trim_start_matches('-');
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits = format!("{whole}{fraction}").parse::<u128>().ok()?;
        let mut exponent = exponent.parse::<i32>().ok()?;
        exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        while digits != 0 && digits.is_multiple_of(10) {
            digits /= 10;
            exponent = exponent.checked_add(1)?;
        }
        Some(Self { digits, exponent })
    }
}

/// Whether the quotient is an integer.
pub(crate) fn is_multiple(number: &Number, divisor: &Number) -> bool {
    let (Some(number), Some(divisor)) = (Decimal::of(number), Decimal::of(divisor)) else {
        return false;
    };
    if number.digits == 0 {
        return true;
    }
    // Without a zero at its end no number is a multiple of ten.
    let Ok(shift) = u32::try_from(number.exponent.saturating_sub(divisor.exponent)) else {
        return false;
    };
    times_power_of_ten(number.digits, shift, divisor.digits) == Some(0)
}

/// `digits` times ten to the power of `power`, modulo `modulus`.
fn times_power_of_ten(digits: u128, power: u32, modulus: u128) -> Option<u128> {
    // INVARIANT: digits come from a double or from 64 bits, so a product of two remainders fits.
    let product = |one: u128, other: u128| one.checked_mul(other)?.checked_rem(modulus);
    let mut result = digits.checked_rem(modulus)?;
    let mut base = 10_u128.checked_rem(modulus)?;
    let mut power = power;
    while power > 0 {
        if power % 2 == 1 {
            result = product(result, base)?;
        }
        base = product(base, base)?;
        power /= 2;
    }
    Some(result)
}
