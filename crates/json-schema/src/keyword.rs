//! What a schema compiles to.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

use crate::format::Format;
use crate::pattern::Pattern;

/// The place of a schema among all that were compiled together.
pub(crate) type Id = usize;

/// What lies in a place.
#[derive(Debug)]
pub(crate) enum Slot {
    Node(Node),
    /// The schema was a `$ref` to this one. Never to another alias.
    Alias(Id),
}

/// One schema.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// What it says of a value as a whole, in the order of the keywords' names.
    pub(crate) keywords: Vec<Keyword>,
    /// What it says of the items of an array.
    pub(crate) items: Items,
    /// What it says of the members of an object.
    pub(crate) members: Members,
}

#[derive(Debug)]
pub(crate) enum Keyword {
    /// No more items than this: `additionalItems` is false.
    AdditionalItems(usize),
    /// No members but those that `members` knows: `additionalProperties` is false.
    AdditionalProperties,
    AllOf(Vec<Id>),
    AnyOf(Vec<Id>),
    Dependencies(Vec<(String, Dependency)>),
    Enum(Value),
    Format(Format),
    MaxItems(u64),
    MaxLength(u64),
    MaxProperties(u64),
    Maximum(Bound),
    MinItems(u64),
    MinLength(u64),
    MinProperties(u64),
    Minimum(Bound),
    MultipleOf(Number),
    Not(Id),
    OneOf(Vec<Id>),
    Pattern(Pattern),
    /// Sorted.
    Required(Vec<String>),
    Type(Types),
    UniqueItems,
}

#[derive(Debug)]
pub(crate) enum Dependency {
    /// Sorted.
    Names(Vec<String>),
    Schema(Id),
}

#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) number: Number,
    pub(crate) itself: Itself,
}

/// Whether a bound is within itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Itself {
    Allowed,
    Excluded,
}

#[derive(Debug, Default)]
pub(crate) enum Items {
    #[default]
    Any,
    /// Each by the same schema.
    Each(Id),
    /// The first ones by a schema of their own, the rest by one if there is one.
    Listed(Vec<Id>, Option<Id>),
}

#[derive(Debug, Default)]
pub(crate) struct Members {
    /// `properties`
    pub(crate) named: BTreeMap<String, Id>,
    /// `patternProperties`
    pub(crate) matched: Vec<(Pattern, Id)>,
    /// `additionalProperties`, where it is a schema.
    pub(crate) others: Option<Id>,
}

/// A set of the draft's types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Types(u8);

impl Types {
    /// In the order in which they are told.
    pub(crate) const NAMES: [&str; 7] =
        ["array", "boolean", "integer", "null", "number", "object", "string"];

    /// Adds a type. `None` if there is none of this name.
    pub(crate) fn with(self, name: &str) -> Option<Self> {
        let bit = |name: &str| Self::NAMES.iter().position(|other| *other == name);
        let also = if name == "number" { bit("integer") } else { None };
        Some(Self(self.0 | 1 << bit(name)? | also.map_or(0, |bit| 1 << bit)))
    }

    pub(crate) fn contains(self, name: &str) -> bool {
        self.names().any(|other| other == name)
    }

    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        let named = Self::NAMES.into_iter().enumerate();
        named.filter(move |(bit, _)| self.0 >> bit & 1 == 1).map(|(_, name)| name)
    }
}

/// The type of a value.
pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if crate::number::is_integer(number) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
