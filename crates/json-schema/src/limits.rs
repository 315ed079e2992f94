//! The keywords that look at a number, a string or an array as a whole, and what is said of them.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use crate::keyword::{Bound, Itself, Keyword, Types, type_of};
use crate::quote::{self, OF_AUTHOR, OF_CLIENT};
use crate::violation::Report;
use crate::work::{Spent, Work};
use crate::{decimal, equal, number as exact};

pub(crate) fn types(allowed: Types, value: &Value, report: &mut Report) {
    let found = type_of(value);
    if !allowed.contains(found) {
        report.add("type", || {
            let allowed = quote::names(allowed.names(), OF_AUTHOR);
            format!(
                "instance type ({found}) does not match any allowed primitive type (allowed: {allowed})"
            )
        });
    }
}

pub(crate) fn number(keyword: &Keyword, number: &Number, report: &mut Report) {
    match keyword {
        Keyword::Maximum(Bound { number: maximum, itself }) => {
            match (exact::compare(number, maximum), itself) {
                (Ordering::Greater, _) => report.add("maximum", || {
                    format!(
                        "numeric instance is greater than the required maximum (maximum: {maximum}, found: {number})"
                    )
                }),
                (Ordering::Equal, Itself::Excluded) => report.add("maximum", || {
                    format!(
                        "numeric instance is not strictly lower than the required maximum {maximum}"
                    )
                }),
                _ => {}
            }
        }
        Keyword::Minimum(Bound { number: minimum, itself }) => {
            match (exact::compare(number, minimum), itself) {
                (Ordering::Less, _) => report.add("minimum", || {
                    format!(
                        "numeric instance is lower than the required minimum (minimum: {minimum}, found: {number})"
                    )
                }),
                (Ordering::Equal, Itself::Excluded) => report.add("minimum", || {
                    format!(
                        "numeric instance is not strictly greater than the required minimum {minimum}"
                    )
                }),
                _ => {}
            }
        }
        Keyword::MultipleOf(divisor) if !decimal::is_multiple(number, divisor) => {
            report.add("multipleOf", || {
                format!("remainder of division is not zero ({number} / {divisor})")
            });
        }
        _ => {}
    }
}

pub(crate) fn string(
    keyword: &Keyword,
    text: &str,
    work: &mut Work,
    report: &mut Report,
) -> Result<(), Spent> {
    match keyword {
        Keyword::MaxLength(most) => {
            work.read(text)?;
            let length = text.chars().count();
            if length as u64 > *most {
                report.add("maxLength", || {
                    let text = quote::text(text);
                    format!(
                        "string \"{text}\" is too long (length: {length}, maximum allowed: {most})"
                    )
                });
            }
        }
        Keyword::MinLength(least) => {
            work.read(text)?;
            let length = text.chars().count();
            if (length as u64) < *least {
                report.add("minLength", || {
                    let text = quote::text(text);
                    format!(
                        "string \"{text}\" is too short (length: {length}, required minimum: {least})"
                    )
                });
            }
        }
        Keyword::Pattern(pattern) if !pattern.is_match(text, work)? => {
            report.add("pattern", || {
                let (pattern, text) = (pattern.source(), quote::text(text));
                format!("ECMA 262 regex \"{pattern}\" does not match input string \"{text}\"")
            });
        }
        Keyword::Format(format) => {
            work.read(text)?;
            if !format.accepts(text) {
                report.add("format", || format.complaint(&quote::text(text)));
            }
        }
        _ => {}
    }
    Ok(())
}

pub(crate) fn array(
    keyword: &Keyword,
    items: &[Value],
    work: &mut Work,
    report: &mut Report,
) -> Result<(), Spent> {
    let count = items.len();
    match keyword {
        Keyword::AdditionalItems(most) if count > *most => report.add("additionalItems", || {
            format!("schema only allows {most} elements in array but instance has {count} elements")
        }),
        Keyword::MaxItems(most) if count as u64 > *most => report.add("maxItems", || {
            format!(
                "array is too long: must have at most {most} elements but instance has {count} elements"
            )
        }),
        Keyword::MinItems(least) if (count as u64) < *least => report.add("minItems", || {
            format!(
                "array is too short: must have at least {least} elements but instance has {count} elements"
            )
        }),
        Keyword::UniqueItems if !equal::are_unique(items, work)? => {
            report.add("uniqueItems", || "array must not contain duplicate elements".to_owned());
        }
        _ => {}
    }
    Ok(())
}

pub(crate) fn not_in(values: &Value, value: &Value) -> String {
    let (value, values) = (quote::json(value, OF_CLIENT), quote::json(values, OF_AUTHOR));
    format!("instance value ({value}) not found in enum (possible values: {values})")
}

pub(crate) fn all_of(matched: usize, of: usize) -> String {
    format!("instance failed to match all required schemas (matched only {matched} out of {of})")
}

pub(crate) fn any_of(of: usize) -> String {
    format!("instance failed to match at least one required schema among {of}")
}

pub(crate) fn one_of(matched: usize, of: usize) -> String {
    format!("instance failed to match exactly one schema (matched {matched} out of {of})")
}
