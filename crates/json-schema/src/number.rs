//! Numbers, compared as they are rather than as they round.

use std::cmp::Ordering;

use serde_json::Number;

/// Two to the power of 64, from where on `serde_json` holds what was written as an integer as a
/// double.
const BEYOND_U64: f64 = 18_446_744_073_709_551_616.0;
/// The least that it holds as an integer.
const LEAST_I64: f64 = -9_223_372_036_854_775_808.0;
/// Well within `i128`, and beyond any integer that is held as one.
const WITHIN_I128: f64 = 1e36;

#[derive(Clone, Copy)]
enum Exact {
    Whole(i128),
    Real(f64),
}

fn exact(number: &Number) -> Exact {
    if let Some(whole) = number.as_u64() {
        return Exact::Whole(whole.into());
    }
    if let Some(whole) = number.as_i64() {
        return Exact::Whole(whole.into());
    }
    match number.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and within the type")]
        Some(real) if real.abs() < WITHIN_I128 && real.fract() == 0.0 => Exact::Whole(real as i128),
        real => Exact::Real(real.unwrap_or(f64::INFINITY)),
    }
}

/// Whether a number was written as an integer. `-0` is read as a double; and so is what has more
/// than 64 bits, of which no one can say any more how it was written.
pub(crate) fn is_integer(number: &Number) -> bool {
    let wide = |real: f64| real >= BEYOND_U64 || real <= LEAST_I64;
    let zero = |real: f64| real == 0.0 && real.is_sign_negative();
    !number.is_f64() || number.as_f64().is_some_and(|real| wide(real) || zero(real))
}

pub(crate) fn compare(one: &Number, other: &Number) -> Ordering {
    match (exact(one), exact(other)) {
        (Exact::Whole(one), Exact::Whole(other)) => one.cmp(&other),
        (Exact::Real(one), Exact::Real(other)) => one.total_cmp(&other),
        (Exact::Whole(one), Exact::Real(other)) => beside(one, other),
        (Exact::Real(one), Exact::Whole(other)) => beside(other, one).reverse(),
    }
}

/// An integer, compared with a number that is none or is further from zero than integers go.
fn beside(whole: i128, real: f64) -> Ordering {
    if real.abs() >= WITHIN_I128 {
        return if real > 0.0 { Ordering::Less } else { Ordering::Greater };
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is within the type")]
    let below = real.floor() as i128;
    if whole <= below { Ordering::Less } else { Ordering::Greater }
}

/// Bits that are the same for equal numbers.
pub(crate) fn bits(number: &Number) -> u64 {
    match exact(number) {
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is as good")]
        #[expect(clippy::cast_sign_loss, reason = "bits have no sign")]
        Exact::Whole(whole) => whole as u64,
        Exact::Real(real) => real.to_bits(),
    }
}
