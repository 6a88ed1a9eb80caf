//! Deep copies.

use ahash::AHashMap;

use crate::elements::Elements;
use crate::error::Trap;
use crate::value::Value;
use crate::vm::Vm;

impl Vm {
    /// A deep copy of arrays, objects and records; other values are the same in the copy. Sharing and
    /// cycles are kept.
    ///
    /// # Errors
    /// The heap limit.
    pub fn snapshot(&mut self, v: Value) -> Result<Value, Trap> {
        let mut copies = AHashMap::new();
        let mut work = Vec::new();
        let copy = self.shell(v, &mut copies, &mut work)?;
        while let Some((from, to)) = work.pop() {
            if from.is_object() {
                for (key, value) in self.object_entries(from) {
                    let value = self.shell(value, &mut copies, &mut work)?;
                    self.heap.map_set(to, key, value)?;
                }
                continue;
            }
            for (i, item) in self.elements(from).to_vec().into_iter().enumerate() {
                let item = self.shell(item, &mut copies, &mut work)?;
                self.set_element(to, i, item)?;
            }
        }
        Ok(copy)
    }

    /// A copy whose elements are still to be copied, or the value itself if it is no container.
    fn shell(
        &mut self,
        v: Value,
        copies: &mut AHashMap<u64, Value>,
        work: &mut Vec<(Value, Value)>,
    ) -> Result<Value, Trap> {
        if !(v.is_array() || v.is_object() || v.is_record()) {
            return Ok(v);
        }
        if let Some(&copy) = copies.get(&v.0) {
            return Ok(copy);
        }
        let copy = if v.is_array() {
            self.heap.new_array_from(self.array_items(v))?
        } else if v.is_object() {
            self.heap.new_map(self.object_len(v))?
        } else {
            self.copy_fields(v)?
        };
        copies.insert(v.0, copy);
        if !matches!(self.array_items(v), Elements::Bools(_)) {
            work.push((v, copy));
        }
        Ok(copy)
    }

    fn elements(&self, v: Value) -> Elements<'_> {
        if v.is_array() { self.array_items(v) } else { Elements::Values(self.field_values(v)) }
    }

    fn set_element(&mut self, v: Value, index: usize, item: Value) -> Result<(), Trap> {
        if v.is_array() {
            self.array_set(v, index, item)?;
        } else {
            self.set_field_value(v, index, item);
        }
        Ok(())
    }
}
