//! What a plain YAML scalar is, by the core schema of YAML 1.2: `yes`, `no`, `on` and `off` are
//! strings.

use super::tree::Value;

pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        number if is_number(number) => Value::Number(number.into()),
        text => Value::String(text.into()),
    }
}

fn is_number(text: &str) -> bool {
    let digits = |text: &str, radix| !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
    if let Some(digits_of) = text.strip_prefix("0x") {
        return digits(digits_of, 16);
    }
    if let Some(digits_of) = text.strip_prefix("0o") {
        return digits(digits_of, 8);
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let exponent =
        exponent.is_none_or(|text| digits(text.strip_prefix(['-', '+']).unwrap_or(text), 10));
    let all = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let some = !whole.is_empty() || (mantissa.contains('.') && !fraction.is_empty());
    some && all(whole) && all(fraction) && exponent
}
