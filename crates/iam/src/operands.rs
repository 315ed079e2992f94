//! What a condition compares the values of a key with.

use std::borrow::Cow;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use crate::answer::any;
use crate::date::{self, Moment};
use crate::elements::{each, scalar};
use crate::keys::{Keys, Value};
use crate::malformed::{Malformed, shown};
use crate::network::Network;
use crate::number::{self, Number};
use crate::operator::{Comparison, Order};
use crate::pattern::{Pattern, Syntax};
use crate::segments::{ArnPattern, Reach};
use crate::work::{MAX_TEXT_BYTES, Work};

/// What a condition compares the values of a key with: as many as the policy lists.
#[derive(Debug)]
pub(crate) enum Operands {
    Texts(Box<[Pattern]>),
    TextsIgnoringCase(Box<[Pattern]>),
    Numbers(Order, Box<[Number]>),
    Dates(Order, Box<[Moment]>),
    Flags(Box<[bool]>),
    Bytes(Box<[Box<[u8]>]>),
    Networks(Box<[Network]>),
    Arns(Box<[ArnPattern]>),
    /// Whether there is to be no value.
    Absence(Box<[bool]>),
}

impl Operands {
    pub(crate) fn parse(
        comparison: Comparison,
        written: &Json,
        has_variables: bool,
    ) -> Result<Self, Malformed> {
        let pattern = |has_wildcards| {
            move |text: &str| Pattern::parse(text, Syntax { has_wildcards, has_variables })
        };
        Ok(match comparison {
            Comparison::Text => Self::Texts(list(written, pattern(false))?),
            Comparison::TextIgnoringCase => Self::TextsIgnoringCase(list(written, pattern(false))?),
            Comparison::TextWithWildcards => Self::Texts(list(written, pattern(true))?),
            Comparison::Number(order) => Self::Numbers(order, list(written, number::written)?),
            Comparison::Date(order) => Self::Dates(order, list(written, date::written)?),
            Comparison::Flag => Self::Flags(list(written, flag)?),
            Comparison::Bytes => Self::Bytes(list(written, bytes)?),
            Comparison::Address => Self::Networks(list(written, Network::parse)?),
            Comparison::Arn => Self::Arns(list(written, |text| arn(text, has_variables))?),
            Comparison::Absence => Self::Absence(list(written, flag)?),
        })
    }

    /// Whether a value is, or lies to, one of these. `unresolved` is the answer of an operand with a
    /// variable that stands for nothing. `None` if it cannot be told.
    pub(crate) fn match_value(
        &self,
        value: Value<'_>,
        keys: &dyn Keys,
        unresolved: Option<bool>,
        work: &Work,
    ) -> Option<bool> {
        match self {
            Self::Texts(patterns) => {
                let text = bounded(value)?;
                any(patterns.iter().map(|pattern| match pattern.resolve(keys) {
                    Some(variables) => pattern.matches(&variables, &text, work),
                    None => unresolved,
                }))
            }
            Self::TextsIgnoringCase(patterns) => {
                let text = bounded(value)?;
                any(patterns.iter().map(|pattern| match pattern.resolve(keys) {
                    Some(variables) => {
                        work.take(text.len().saturating_add(1))?;
                        Some(pattern.equals_ignoring_case(&variables, &text))
                    }
                    None => unresolved,
                }))
            }
            Self::Numbers(order, numbers) => {
                let number = match value {
                    Value::Number(number) => number::whole(number),
                    Value::Text(text) => number::parse(&text)?,
                    Value::Address(_) | Value::Flag(_) | Value::Time(_) => return None,
                };
                Some(numbers.iter().any(|operand| order.accepts(number.cmp(operand))))
            }
            Self::Dates(order, dates) => {
                let moment = match value {
                    Value::Time(secs) | Value::Number(secs) => (i64::try_from(secs).ok()?, 0),
                    Value::Text(text) => date::parse(&text)?,
                    Value::Address(_) | Value::Flag(_) => return None,
                };
                Some(dates.iter().any(|operand| order.accepts(moment.cmp(operand))))
            }
            Self::Flags(flags) => {
                let value = match value {
                    Value::Flag(flag) => flag,
                    Value::Text(text) => flag(&text).ok()?,
                    Value::Address(_) | Value::Time(_) | Value::Number(_) => return None,
                };
                Some(flags.contains(&value))
            }
            Self::Bytes(operands) => {
                let value = STANDARD.decode(&*bounded(value)?).ok()?;
                Some(operands.iter().any(|operand| **operand == *value))
            }
            Self::Networks(networks) => {
                let address: IpAddr = match value {
                    Value::Address(address) => address,
                    Value::Text(text) => text.parse().ok()?,
                    Value::Flag(_) | Value::Time(_) | Value::Number(_) => return None,
                };
                Some(networks.iter().any(|network| network.contains(address)))
            }
            Self::Arns(patterns) => {
                let text = bounded(value)?;
                if !is_arn(&text) {
                    return None;
                }
                any(patterns.iter().map(|pattern| pattern.matches(&text, keys, unresolved, work)))
            }
            // Which is not about values, and asked before.
            Self::Absence(_) => None,
        }
    }

    /// The keys that variables ask for.
    pub(crate) fn keys(&self) -> Vec<&str> {
        match self {
            Self::Texts(patterns) | Self::TextsIgnoringCase(patterns) => {
                patterns.iter().flat_map(Pattern::keys).collect()
            }
            Self::Arns(patterns) => patterns.iter().flat_map(ArnPattern::keys).collect(),
            Self::Numbers(..)
            | Self::Dates(..)
            | Self::Flags(_)
            | Self::Bytes(_)
            | Self::Networks(_)
            | Self::Absence(_) => Vec::new(),
        }
    }
}

fn list<T>(
    written: &Json,
    parse: impl Fn(&str) -> Result<T, Malformed>,
) -> Result<Box<[T]>, Malformed> {
    Ok(each(written, |value| parse(&scalar(value)?))?.into())
}

/// The text of a value, if it is one that may be compared.
fn bounded(value: Value<'_>) -> Option<Cow<'_, str>> {
    Some(value.into_text()).filter(|text| text.len() <= MAX_TEXT_BYTES)
}

fn flag(written: &str) -> Result<bool, Malformed> {
    if written.eq_ignore_ascii_case("true") {
        return Ok(true);
    }
    if written.eq_ignore_ascii_case("false") {
        return Ok(false);
    }
    Err(Malformed::new(format!("`{}` is neither `true` nor `false`", shown(written))))
}

fn bytes(written: &str) -> Result<Box<[u8]>, Malformed> {
    match STANDARD.decode(written) {
        Ok(bytes) => Ok(bytes.into()),
        Err(_) => Err(Malformed::new(format!("`{}` is not in base64", shown(written)))),
    }
}

fn arn(written: &str, has_variables: bool) -> Result<ArnPattern, Malformed> {
    let pattern = ArnPattern::parse(written, Reach::Part, has_variables)?;
    if !pattern.is_whole() && !pattern.is_any() {
        let reason = format!(
            "`{}` is neither `*` nor an ARN, which has six parts with colons between",
            shown(written)
        );
        return Err(Malformed::new(reason));
    }
    Ok(pattern)
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.bytes().filter(|&byte| byte == b':').nth(4).is_some()
}
