//! Names with several values, and the ways in which events have them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// Names, each with its values in order.
#[derive(Clone, Debug, Default)]
pub struct Multi<'a>(BTreeMap<Cow<'a, str>, Vec<Cow<'a, str>>>);

impl<'a> Multi<'a> {
    pub(crate) fn push(&mut self, name: Cow<'a, str>, value: Cow<'a, str>) {
        self.0.entry(name).or_default().push(value);
    }

    /// The same where there is any, for an event has `null` or nothing in place of none.
    pub(crate) fn filled(self) -> Option<Rc<Self>> {
        (!self.0.is_empty()).then(|| self.into())
    }
}

/// The last value of each.
#[derive(Clone, Debug)]
pub struct Last<'a>(pub(crate) Rc<Multi<'a>>);

/// All values of each.
#[derive(Clone, Debug)]
pub struct Lists<'a>(pub(crate) Rc<Multi<'a>>);

/// All values of each, with commas between them.
#[derive(Clone, Debug)]
pub struct Joined<'a>(pub(crate) Rc<Multi<'a>>);

impl Serialize for Last<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = &self.0.0;
        let mut map = serializer.serialize_map(Some(all.len()))?;
        for (name, values) in all {
            map.serialize_entry(name, values.last().map_or("", |value| value))?;
        }
        map.end()
    }
}

impl Serialize for Lists<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.0.0)
    }
}

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = &self.0.0;
        let mut map = serializer.serialize_map(Some(all.len()))?;
        for (name, values) in all {
            match values.as_slice() {
                [value] => map.serialize_entry(name, value)?,
                values => map.serialize_entry(name, &values.join(","))?,
            }
        }
        map.end()
    }
}
