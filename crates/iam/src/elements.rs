//! The elements of a document, as JSON has them.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::malformed::{Malformed, shown};

/// What an object has under names that are all known.
#[derive(Clone, Copy)]
pub(crate) struct Elements<'d> {
    object: &'d Map<String, Value>,
}

impl<'d> Elements<'d> {
    /// # Errors
    /// [`Malformed`] if it is no object, or has another name than these.
    pub(crate) fn of(value: &'d Value, names: &[&str]) -> Result<Self, Malformed> {
        let object = object(value)?;
        match object.keys().find(|name| !names.contains(&name.as_str())) {
            None => Ok(Self { object }),
            Some(name) => {
                let reason =
                    format!("there is no element `{}`, only {}", shown(name), listed(names));
                Err(Malformed::new(reason))
            }
        }
    }

    pub(crate) fn get(self, name: &str) -> Option<&'d Value> {
        self.object.get(name)
    }

    /// Of two elements that exclude each other, the one that is there; and whether it is the second.
    pub(crate) fn either<'n>(
        self,
        names: [&'n str; 2],
    ) -> Result<Option<(&'n str, &'d Value, bool)>, Malformed> {
        let [plain, negated] = names;
        match (self.get(plain), self.get(negated)) {
            (Some(_), Some(_)) => {
                Err(Malformed::new(format!("has both `{plain}` and `{negated}`: one must go")))
            }
            (Some(value), None) => Ok(Some((plain, value, false))),
            (None, Some(value)) => Ok(Some((negated, value, true))),
            (None, None) => Ok(None),
        }
    }
}

pub(crate) fn object(value: &Value) -> Result<&Map<String, Value>, Malformed> {
    value.as_object().ok_or_else(|| Malformed::new("must be an object"))
}

pub(crate) fn text(value: &Value) -> Result<&str, Malformed> {
    value.as_str().ok_or_else(|| Malformed::new("must be a string"))
}

/// What is made of each value of an element that has one value or a list of them. An empty list is
/// refused: it would read as though it said something.
pub(crate) fn each<'d, T>(
    value: &'d Value,
    mut make: impl FnMut(&'d Value) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let Value::Array(items) = value else { return Ok(vec![make(value)?]) };
    if items.is_empty() {
        return Err(Malformed::new("must not be an empty list"));
    }
    let made =
        |(index, item)| make(item).map_err(|malformed| malformed.within(format_args!("[{index}]")));
    items.iter().enumerate().map(made).collect()
}

/// A value of a condition, as text: IAM takes `true` for `"true"`, and `3` for `"3"`.
pub(crate) fn scalar(value: &Value) -> Result<Cow<'_, str>, Malformed> {
    match value {
        Value::String(text) => Ok(text.into()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string().into()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(Malformed::new("must be a string, a number, `true` or `false`"))
        }
    }
}

/// Names as a sentence has them.
fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
