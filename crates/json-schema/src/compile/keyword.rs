//! The keywords that say something of a value as a whole.

use serde_json::{Map, Value};

use super::Compiler;
use crate::format::Format;
use crate::index::Place;
use crate::keyword::{Bound, Dependency, Id, Itself, Keyword};
use crate::problem::Problem;
use crate::reader;

/// Every keyword that says something of a value as a whole, in the order in which they are judged.
pub(super) const ALL: [&str; 22] = [
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "dependencies",
    "enum",
    "format",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "required",
    "type",
    "uniqueItems",
];

/// Why a keyword was refused.
pub(super) enum Refused {
    /// For its own value.
    Here(String),
    /// For something within it.
    There(Problem),
}

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        Self::Here(reason)
    }
}

impl From<&str> for Refused {
    fn from(reason: &str) -> Self {
        Self::Here(reason.to_owned())
    }
}

impl Compiler<'_> {
    pub(super) fn keyword(
        &mut self,
        name: &str,
        value: &Value,
        at: &Place,
        schema: &Map<String, Value>,
    ) -> Result<Option<Keyword>, Refused> {
        Ok(Some(match name {
            "additionalItems" => match (value, schema.get("items")) {
                // Where one schema is for all items, there are no others.
                (Value::Bool(false), Some(Value::Array(items))) => {
                    Keyword::AdditionalItems(items.len())
                }
                (Value::Bool(_) | Value::Object(_), _) => return Ok(None),
                _ => return Err("must be `true`, `false` or a schema".into()),
            },
            "additionalProperties" => match value {
                Value::Bool(false) => Keyword::AdditionalProperties,
                Value::Bool(true) | Value::Object(_) => return Ok(None),
                _ => return Err("must be `true`, `false` or a schema".into()),
            },
            "allOf" => Keyword::AllOf(self.listed(value, at)?),
            "anyOf" => Keyword::AnyOf(self.listed(value, at)?),
            "dependencies" => Keyword::Dependencies(self.dependencies(value, at)?),
            "enum" => Keyword::Enum(reader::values(value)?.clone()),
            "format" => return Ok(Format::named(reader::text(value)?).map(Keyword::Format)),
            "maxItems" => Keyword::MaxItems(reader::count(value)?),
            "maxLength" => Keyword::MaxLength(reader::count(value)?),
            "maxProperties" => Keyword::MaxProperties(reader::count(value)?),
            "maximum" => Keyword::Maximum(bound(value, schema.get("exclusiveMaximum"))?),
            "minItems" => Keyword::MinItems(reader::count(value)?),
            "minLength" => Keyword::MinLength(reader::count(value)?),
            "minProperties" => Keyword::MinProperties(reader::count(value)?),
            "minimum" => Keyword::Minimum(bound(value, schema.get("exclusiveMinimum"))?),
            "multipleOf" => Keyword::MultipleOf(reader::divisor(value)?),
            "not" => Keyword::Not(self.schema(at.clone())),
            "oneOf" => Keyword::OneOf(self.listed(value, at)?),
            "pattern" => Keyword::Pattern(self.patterns.compile(reader::text(value)?)?),
            "required" => Keyword::Required(reader::names(value)?),
            "type" => Keyword::Type(reader::types(value)?),
            "uniqueItems" if reader::flag(value)? => Keyword::UniqueItems,
            _ => return Ok(None),
        }))
    }

    fn listed(&mut self, value: &Value, at: &Place) -> Result<Vec<Id>, Refused> {
        match value {
            Value::Array(listed) if !listed.is_empty() => Ok((0..listed.len())
                .map(|index| self.schema(at.child(&index.to_string())))
                .collect()),
            _ => Err("must be a list of at least one schema".into()),
        }
    }

    fn dependencies(
        &mut self,
        value: &Value,
        at: &Place,
    ) -> Result<Vec<(String, Dependency)>, Refused> {
        let mut dependencies = Vec::new();
        for (name, value) in reader::object(value)? {
            let at = at.child(name);
            let dependency = match value {
                Value::Array(_) => Dependency::Names(
                    reader::names(value)
                        .map_err(|reason| Refused::There(self.index.problem(&at, reason)))?,
                ),
                _ => Dependency::Schema(self.schema(at)),
            };
            dependencies.push((name.clone(), dependency));
        }
        Ok(dependencies)
    }
}

fn bound(value: &Value, exclusive: Option<&Value>) -> Result<Bound, String> {
    let itself = match exclusive {
        None | Some(Value::Bool(false)) => Itself::Allowed,
        Some(Value::Bool(true)) => Itself::Excluded,
        Some(_) => {
            return Err("is exclusive by `true` or `false`, not by another number".to_owned());
        }
    };
    Ok(Bound { number: reader::number(value)?, itself })
}
