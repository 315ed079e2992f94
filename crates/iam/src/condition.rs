//! What must be so of a request for a statement to apply.

use serde_json::Value as Json;

use crate::answer::{all, any, not};
use crate::elements::object;
use crate::keys::{Found, Keys, Value};
use crate::malformed::{Malformed, shown};
use crate::operands::Operands;
use crate::operator::{Operator, Quantifier};
use crate::work::Work;

/// Bytes of a key's name. Names are short; that of a tag may have 128 characters.
const MAX_KEY_BYTES: usize = 256;

/// What must be so of one key.
#[derive(Debug)]
pub(crate) struct Condition {
    operator: Operator,
    /// In lower case.
    key: Box<str>,
    operands: Operands,
}

impl Condition {
    /// Reads all that stand in a `Condition` element. Each of them must hold.
    pub(crate) fn parse_all(written: &Json, has_variables: bool) -> Result<Box<[Self]>, Malformed> {
        let mut conditions = Vec::new();
        for (name, written) in object(written)? {
            let of = || -> Result<Vec<Self>, Malformed> {
                let operator = Operator::parse(name)?;
                let keys = object(written)?;
                if keys.is_empty() {
                    return Err(Malformed::new("must name a key"));
                }
                let parse = |(key, values): (&String, &Json)| {
                    Self::parse(operator, key, values, has_variables)
                        .map_err(|malformed| malformed.within(shown(key)))
                };
                keys.iter().map(parse).collect()
            };
            conditions.extend(of().map_err(|malformed| malformed.within(shown(name)))?);
        }
        Ok(conditions.into())
    }

    fn parse(
        operator: Operator,
        key: &str,
        values: &Json,
        has_variables: bool,
    ) -> Result<Self, Malformed> {
        let is_key = key.len() <= MAX_KEY_BYTES
            && key.split_once(':').is_some_and(|(service, name)| {
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
                !service.is_empty() && service.bytes().all(is_plain) && !name.is_empty()
            });
        if !is_key {
            return Err(Malformed::new("is no condition key such as `aws:SourceIp`"));
        }
        let operands = Operands::parse(operator.comparison, values, has_variables)?;
        Ok(Self { operator, key: key.to_ascii_lowercase().into(), operands })
    }

    /// Whether it holds. `None` if it cannot be told.
    pub(crate) fn holds(&self, keys: &dyn Keys, work: &Work) -> Option<bool> {
        work.take(1)?;
        let Operator { quantifier, is_negated, is_optional, .. } = self.operator;
        // A variable that stands for nothing is equal to nothing. That something is *not* equal to
        // it cannot be told.
        let unresolved = if is_negated { None } else { Some(false) };
        let test = |value: Value<'_>| {
            let is_match = self.operands.match_value(value, keys, unresolved, work);
            if is_negated { not(is_match) } else { is_match }
        };
        let found = match keys.values(&self.key) {
            Found::Several(values) if values.is_empty() => Found::Nothing,
            found => found,
        };
        if let Operands::Absence(expected) = &self.operands {
            return Some(expected.contains(&matches!(found, Found::Nothing)));
        }
        match (quantifier, found) {
            (_, Found::Nothing) if is_optional => Some(true),
            (Quantifier::One, Found::Nothing) => Some(is_negated),
            (Quantifier::Any, Found::Nothing) => Some(false),
            (Quantifier::All, Found::Nothing) => Some(true),
            (Quantifier::All, Found::One(value)) if value.is_empty() => Some(true),
            (_, Found::One(value)) => test(value),
            (Quantifier::One, Found::Several(values)) => match <[_; 1]>::try_from(values) {
                Ok([value]) => test(value),
                Err(_) => None,
            },
            (Quantifier::Any, Found::Several(values)) => any(values.into_iter().map(test)),
            (Quantifier::All, Found::Several(values)) => {
                if values.iter().all(Value::is_empty) {
                    return Some(true);
                }
                all(values.into_iter().map(test))
            }
        }
    }

    /// The keys that it asks for.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.key).chain(self.operands.keys())
    }
}
