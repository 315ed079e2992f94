//! The operators of conditions, by name.

use std::cmp::Ordering;

use crate::malformed::{Malformed, shown};

/// What a condition does with the values of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operator {
    /// How many of the values it must hold of.
    pub(crate) quantifier: Quantifier,
    pub(crate) comparison: Comparison,
    /// Whether a value must be none of the policy's: `...NotEquals` and the like.
    pub(crate) is_negated: bool,
    /// Whether it holds where there is no such key: `...IfExists`.
    pub(crate) is_optional: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantifier {
    /// There is one value.
    One,
    /// `ForAnyValue:`
    Any,
    /// `ForAllValues:`
    All,
}

/// What values are compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Text,
    TextIgnoringCase,
    TextWithWildcards,
    Number(Order),
    Date(Order),
    Flag,
    Bytes,
    Address,
    Arn,
    /// Whether there is a value at all.
    Absence,
}

/// How a value lies to that of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Order {
    pub(crate) fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
        }
    }
}

impl Operator {
    pub(crate) fn parse(written: &str) -> Result<Self, Malformed> {
        let (quantifier, rest) = match written.split_once(':') {
            None => (Quantifier::One, written),
            Some(("ForAnyValue", rest)) => (Quantifier::Any, rest),
            Some(("ForAllValues", rest)) => (Quantifier::All, rest),
            Some(_) => return Err(unknown(written)),
        };
        let (name, is_optional) = match rest.strip_suffix("IfExists") {
            None => (rest, false),
            Some(name) => (name, true),
        };
        let Some((comparison, is_negated)) = named(name) else { return Err(unknown(written)) };
        let is_plain = quantifier == Quantifier::One && !is_optional;
        if comparison == Comparison::Absence && !is_plain {
            return Err(Malformed::new(
                "`Null` stands alone: it is about whether there are values",
            ));
        }
        Ok(Self { quantifier, comparison, is_negated, is_optional })
    }
}

/// What an operator compares, and whether it is negated.
fn named(name: &str) -> Option<(Comparison, bool)> {
    let of_order = |order: &str| {
        Some(match order {
            "Equals" => (Order::Equal, false),
            "NotEquals" => (Order::Equal, true),
            "LessThan" => (Order::Less, false),
            "LessThanEquals" => (Order::AtMost, false),
            "GreaterThan" => (Order::Greater, false),
            "GreaterThanEquals" => (Order::AtLeast, false),
            _ => return None,
        })
    };
    if let Some(order) = name.strip_prefix("Numeric") {
        return of_order(order).map(|(order, negated)| (Comparison::Number(order), negated));
    }
    if let Some(order) = name.strip_prefix("Date") {
        return of_order(order).map(|(order, negated)| (Comparison::Date(order), negated));
    }
    Some(match name {
        "StringEquals" => (Comparison::Text, false),
        "StringNotEquals" => (Comparison::Text, true),
        "StringEqualsIgnoreCase" => (Comparison::TextIgnoringCase, false),
        "StringNotEqualsIgnoreCase" => (Comparison::TextIgnoringCase, true),
        "StringLike" => (Comparison::TextWithWildcards, false),
        "StringNotLike" => (Comparison::TextWithWildcards, true),
        "Bool" => (Comparison::Flag, false),
        "BinaryEquals" => (Comparison::Bytes, false),
        "IpAddress" => (Comparison::Address, false),
        "NotIpAddress" => (Comparison::Address, true),
        // These two do the same, in IAM as well.
        "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
        "Null" => (Comparison::Absence, false),
        _ => return None,
    })
}

fn unknown(written: &str) -> Malformed {
    Malformed::new(format!("there is no operator `{}`", shown(written)))
}
