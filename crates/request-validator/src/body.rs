//! Bodies, read as JSON into no more memory than there may be.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How many bytes of memory the values of a body may take, roughly. A body of 10 MB takes less than
/// this if it is made up of records as people write them, and could take a hundred times its size
/// if it is made up of tiny objects; a filter's memory never shrinks again.
pub const MAX_BODY_MEMORY: usize = 128 * 1_024 * 1_024;

/// What a value takes, whatever it is.
const VALUE: usize = size_of::<Value>();
/// What a node of a tree of members takes.
const NODE: usize = 11 * (size_of::<String>() + VALUE);
/// How many members a node holds at least.
const MEMBERS: usize = 5;

/// Reads a body. What is wrong with one is told in the words of API Gateway, which are few.
pub(crate) fn read(body: &[u8]) -> Result<Value, &'static str> {
    let room = Cell::new(MAX_BODY_MEMORY);
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = Room(&room).deserialize(&mut deserializer);
    match value.and_then(|value| deserializer.end().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(_) if room.get() == 0 => Err("request body has too many values to be validated"),
        Err(_) => Err("Unknown error parsing request body"),
    }
}

/// The memory that is left.
#[derive(Clone, Copy)]
struct Room<'a>(&'a Cell<usize>);

impl Room<'_> {
    fn take<E: Error>(self, bytes: usize) -> Result<(), E> {
        let left = self.0.get().checked_sub(bytes);
        self.0.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or_else(|| E::custom("too many values"))
    }
}

impl<'de> DeserializeSeed<'de> for Room<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.take(VALUE)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Room<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("beyond a double"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.take(value.len())?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            self.take(name.len())?;
            if object.len().is_multiple_of(MEMBERS) {
                self.take(NODE)?;
            }
            object.insert(name, members.next_value_seed(self)?);
        }
        Ok(Value::Object(object))
    }
}
