//! The values that keywords take.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use crate::keyword::Types;
use crate::number;

pub(crate) fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "must be a string".to_owned())
}

pub(crate) fn flag(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "must be `true` or `false`".to_owned())
}

pub(crate) fn number(value: &Value) -> Result<Number, String> {
    match value {
        Value::Number(number) => Ok(number.clone()),
        _ => Err("must be a number".to_owned()),
    }
}

pub(crate) fn divisor(value: &Value) -> Result<Number, String> {
    let divisor = number(value)?;
    if number::compare(&divisor, &Number::from(0)).is_gt() {
        Ok(divisor)
    } else {
        Err("must be greater than 0".to_owned())
    }
}

/// How many there may be. `2.0` is as good as `2`.
pub(crate) fn count(value: &Value) -> Result<u64, String> {
    let refuse = || "must be an integer from 0 on".to_owned();
    let real = value.as_f64().ok_or_else(refuse)?;
    match value.as_u64() {
        Some(count) => Ok(count),
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and casts saturate")]
        #[expect(clippy::cast_sign_loss, reason = "it is not negative")]
        None if real >= 0.0 && real.fract() == 0.0 => Ok(real as u64),
        None => Err(refuse()),
    }
}

pub(crate) fn object(value: &Value) -> Result<&Map<String, Value>, String> {
    value.as_object().ok_or_else(|| "must be an object".to_owned())
}

/// Names, sorted.
pub(crate) fn names(value: &Value) -> Result<Vec<String>, String> {
    let refuse = || "must be a list of strings".to_owned();
    let listed = value.as_array().ok_or_else(refuse)?;
    let names = listed.iter().map(|name| name.as_str().map(str::to_owned).ok_or_else(refuse));
    Ok(names.collect::<Result<BTreeSet<_>, _>>()?.into_iter().collect())
}

pub(crate) fn values(value: &Value) -> Result<&Value, String> {
    match value {
        Value::Array(values) if !values.is_empty() => Ok(value),
        _ => Err("must be a list of at least one value".to_owned()),
    }
}

pub(crate) fn types(value: &Value) -> Result<Types, String> {
    let known = |name: &str| {
        let names = Types::NAMES.join("`, `");
        format!("is `{name}`, which is none of `{names}`")
    };
    let refuse = || "must be the name of a type, or a list of at least one".to_owned();
    let add = |types: Types, name: &str| types.with(name).ok_or_else(|| known(name));
    match value {
        Value::String(name) => add(Types::default(), name),
        Value::Array(names) if !names.is_empty() => {
            names.iter().try_fold(Types::default(), |types, name| {
                add(types, name.as_str().ok_or_else(refuse)?)
            })
        }
        _ => Err(refuse()),
    }
}
