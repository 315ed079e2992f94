//! Names with several values, and the ways in which events have them.

use std::borrow::Cow;
use std::rc::Rc;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A name with one of its values.
type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Names, each with its values in order.
#[derive(Clone, Debug, Default)]
pub struct Multi<'a>(Vec<Pair<'a>>);

impl<'a> FromIterator<Pair<'a>> for Multi<'a> {
    fn from_iter<I: IntoIterator<Item = Pair<'a>>>(pairs: I) -> Self {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        // INVARIANT: values of one name stand beside each other, in the order in which they came.
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self(pairs)
    }
}

impl<'a> Multi<'a> {
    /// The same where there is any, for an event has `null` or nothing in place of none.
    pub(crate) fn filled(self) -> Option<Rc<Self>> {
        (!self.0.is_empty()).then(|| self.into())
    }

    /// Each name with all its values.
    fn names(&self) -> impl Iterator<Item = (&str, &[Pair<'a>])> {
        let groups = self.0.chunk_by(|(one, _), (other, _)| one == other);
        groups.filter_map(|pairs| Some((&*pairs.first()?.0, pairs)))
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
        let mut map = serializer.serialize_map(None)?;
        for (name, pairs) in self.0.names() {
            map.serialize_entry(name, pairs.last().map_or("", |(_, value)| value))?;
        }
        map.end()
    }
}

impl Serialize for Lists<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, pairs) in self.0.names() {
            map.serialize_entry(name, &Values(pairs))?;
        }
        map.end()
    }
}

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, pairs) in self.0.names() {
            match pairs {
                [(_, value)] => map.serialize_entry(name, value)?,
                pairs => {
                    let values: Vec<_> = pairs.iter().map(|(_, value)| &**value).collect();
                    map.serialize_entry(name, &values.join(","))?;
                }
            }
        }
        map.end()
    }
}

struct Values<'a>(&'a [Pair<'a>]);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(_, value)| value))
    }
}
