//! Whether values are the same: numbers by what they are, objects in any order.

use serde_json::Value;

use crate::number;
use crate::work::{Spent, Work};

/// Whether two values are the same.
pub(crate) fn equal(one: &Value, other: &Value, work: &mut Work) -> Result<bool, Spent> {
    match (one, other) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::Bool(one), Value::Bool(other)) => Ok(one == other),
        (Value::Number(one), Value::Number(other)) => Ok(number::compare(one, other).is_eq()),
        (Value::String(one), Value::String(other)) => {
            if one.len() == other.len() {
                work.read(one)?;
            }
            Ok(one == other)
        }
        (Value::Array(ones), Value::Array(others)) => {
            if ones.len() != others.len() {
                return Ok(false);
            }
            all(ones.iter().zip(others).map(|(one, other)| (one, Some(other))), work)
        }
        (Value::Object(ones), Value::Object(others)) => {
            if ones.len() != others.len() {
                return Ok(false);
            }
            all(ones.iter().map(|(name, one)| (one, others.get(name))), work)
        }
        _ => Ok(false),
    }
}

fn all<'a>(
    pairs: impl Iterator<Item = (&'a Value, Option<&'a Value>)>,
    work: &mut Work,
) -> Result<bool, Spent> {
    work.down()?;
    for (one, other) in pairs {
        work.take(1)?;
        let Some(other) = other else {
            work.up();
            return Ok(false);
        };
        if !equal(one, other, work)? {
            work.up();
            return Ok(false);
        }
    }
    work.up();
    Ok(true)
}

/// Whether no two values are the same.
pub(crate) fn are_unique(values: &[Value], work: &mut Work) -> Result<bool, Spent> {
    let mut marked = Vec::with_capacity(values.len());
    for value in values {
        marked.push((mark(value, work)?, value));
    }
    marked.sort_unstable_by_key(|(mark, _)| *mark);
    // Values of the same mark are hardly ever different, unless somebody has made them so. They
    // are compared each with each then, and that is counted.
    for group in marked.chunk_by(|(one, _), (other, _)| one == other) {
        for (index, (_, one)) in group.iter().enumerate() {
            for (_, other) in group.iter().take(index) {
                work.take(1)?;
                if equal(one, other, work)? {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}

/// Bits that are the same for values that are the same.
fn mark(value: &Value, work: &mut Work) -> Result<u64, Spent> {
    work.take(1)?;
    Ok(match value {
        Value::Null => 1,
        Value::Bool(false) => 2,
        Value::Bool(true) => 3,
        Value::Number(number) => mix(4, number::bits(number)),
        Value::String(text) => text_mark(5, text, work)?,
        Value::Array(values) => {
            work.down()?;
            let mut sum = 6;
            for value in values {
                sum = mix(sum, mark(value, work)?);
            }
            work.up();
            sum
        }
        Value::Object(members) => {
            work.down()?;
            let mut sum = 7_u64;
            for (name, value) in members {
                // Added, so that the order makes no difference.
                let member = mix(text_mark(8, name, work)?, mark(value, work)?);
                sum = sum.wrapping_add(member);
            }
            work.up();
            sum
        }
    })
}

fn text_mark(seed: u64, text: &str, work: &mut Work) -> Result<u64, Spent> {
    work.read(text)?;
    let chunks = text.as_bytes().chunks(8);
    Ok(chunks.fold(mix(seed, text.len() as u64), |sum, chunk| {
        let word = chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        mix(sum, word)
    }))
}

/// Stirs more bits in.
const fn mix(bits: u64, more: u64) -> u64 {
    let mixed = (bits.rotate_left(5) ^ more).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 29
}
