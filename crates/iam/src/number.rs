//! Numbers as policies write them.

use crate::malformed::{Malformed, shown};

/// A number, in thousand-millionths.
pub(crate) type Number = i128;

/// Digits before the point: as many as a `u64` has.
const MAX_WHOLE_DIGITS: usize = 20;

/// Digits after the point: what is measured has no more.
const MAX_FRACTION_DIGITS: usize = 9;

const ONE: Number = 1_000_000_000;

/// Reads a number that stands in a policy.
pub(crate) fn written(text: &str) -> Result<Number, Malformed> {
    parse(text).ok_or_else(|| {
        Malformed::new(format!("`{}` is no number such as `12` or `-0.5`", shown(text)))
    })
}

/// Reads a number that is written with digits, and maybe a sign and a point.
pub(crate) fn parse(text: &str) -> Option<Number> {
    let (is_negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_digits(whole, MAX_WHOLE_DIGITS) || !is_digits(fraction, MAX_FRACTION_DIGITS) {
        return None;
    }
    let fraction: Number = format!("{fraction:0<9}").parse().ok()?;
    let number = whole.parse::<Number>().ok()?.checked_mul(ONE)?.checked_add(fraction)?;
    if is_negative { number.checked_neg() } else { Some(number) }
}

pub(crate) fn whole(number: u64) -> Number {
    Number::from(number).saturating_mul(ONE)
}
