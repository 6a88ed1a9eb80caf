//! JSON text to values, without a tree in between.

use std::fmt;

use ahash::AHashMap;
use serde_core::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::{Trap, Value, Vm};

/// Bytes of text that cost as much as a step of a script.
const BYTES_PER_STEP: usize = 16;
/// Keys that are shared between the objects of one text.
const KEYS_MAX: usize = 256;

/// Deepest nesting that the parser reads. Nothing deeper is written either.
pub(super) const DEPTH_MAX: usize = 127;

/// The value of JSON text. Nesting is limited by the parser, sizes by the heap.
///
/// # Errors
/// The text is invalid (with line and column), or a limit of the machine.
pub(super) fn read(vm: &mut Vm, text: &str) -> Result<Value, Trap> {
    vm.charge(text.len() / BYTES_PER_STEP)?;
    let mut reader = Reader { vm, keys: AHashMap::new(), trap: None };
    let mut parser = serde_json::Deserializer::from_str(text);
    let result = Item(&mut reader).deserialize(&mut parser);
    let result = result.and_then(|value| parser.end().map(|()| value));
    result.map_err(|error| match reader.trap {
        Some(trap) => trap,
        None => Trap::runtime(format!("Invalid JSON: {error}")),
    })
}

struct Reader<'a> {
    vm: &'a mut Vm,
    /// Strings of keys seen so far: rows of a table share them.
    keys: AHashMap<String, Value>,
    /// Why the machine stopped the parser.
    trap: Option<Trap>,
}

impl Reader<'_> {
    /// Passes a trap through the parser.
    fn keep<T, E: Error>(&mut self, result: Result<T, Trap>) -> Result<T, E> {
        result.map_err(|trap| {
            self.trap = Some(trap);
            E::custom("")
        })
    }
}

/// The next value.
struct Item<'r, 'a>(&'r mut Reader<'a>);

impl<'de> DeserializeSeed<'de> for Item<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<Value, D::Error> {
        parser.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Item<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::NULL)
    }

    fn visit_bool<E: Error>(self, b: bool) -> Result<Value, E> {
        Ok(Value::bool(b))
    }

    fn visit_i64<E: Error>(self, n: i64) -> Result<Value, E> {
        Ok(Value::num(n as f64))
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<Value, E> {
        Ok(Value::num(n as f64))
    }

    fn visit_f64<E: Error>(self, n: f64) -> Result<Value, E> {
        Ok(Value::num(n))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        let string = self.0.vm.new_string(text);
        self.0.keep(string)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let reader = self.0;
        let result = reader.vm.new_array_with_capacity(0);
        let result = reader.keep(result)?;
        while let Some(item) = items.next_element_seed(Item(reader))? {
            let pushed = reader.vm.array_push(result, item);
            reader.keep(pushed)?;
        }
        Ok(result)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let reader = self.0;
        let result = reader.vm.new_object();
        let result = reader.keep(result)?;
        while let Some(key) = entries.next_key_seed(Key(reader))? {
            let value = entries.next_value_seed(Item(reader))?;
            let stored = reader.vm.object_set(result, key, value);
            reader.keep(stored)?;
        }
        Ok(result)
    }
}

/// The next key of an object.
struct Key<'r, 'a>(&'r mut Reader<'a>);

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<Value, D::Error> {
        parser.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        let reader = self.0;
        if let Some(&key) = reader.keys.get(text) {
            return Ok(key);
        }
        let key = reader.vm.new_string(text);
        let key = reader.keep(key)?;
        if reader.keys.len() < KEYS_MAX {
            reader.keys.insert(text.to_owned(), key);
        }
        Ok(key)
    }
}
