//! The different values of a list, by the equality of array builtins, without comparing all pairs.
//!
//! Numbers are equal within 2^-52. Doubles from 2 on are at least that far apart, so their bits
//! decide. Smaller ones fall into cells of width 2^-52: two values of one cell are equal, and only
//! the neighbouring cells can hold further equal ones. Containers are compared only with those of
//! the same signature.

use std::hash::{DefaultHasher, Hash, Hasher};

use ahash::AHashMap;

use crate::{Value, Vm};

#[derive(PartialEq, Eq, Hash)]
enum Key<'v> {
    Text(&'v str),
    /// Everything that only equals itself.
    Bits(u64),
    Cell(i64),
}

/// Different values in order of first occurrence.
pub(super) struct Distinct<'v> {
    vm: &'v Vm,
    items: Vec<Value>,
    keys: AHashMap<Key<'v>, usize>,
    /// Indices of arrays, objects, records and other heap values, by signature.
    structured: AHashMap<u64, Vec<usize>>,
}

impl<'v> Distinct<'v> {
    pub(super) fn new(vm: &'v Vm) -> Distinct<'v> {
        Distinct { vm, items: Vec::new(), keys: AHashMap::new(), structured: AHashMap::new() }
    }

    /// The different values of a list.
    pub(super) fn of(vm: &'v Vm, values: impl IntoIterator<Item = Value>) -> Distinct<'v> {
        let mut distinct = Distinct::new(vm);
        for v in values {
            distinct.add(v);
        }
        distinct
    }

    pub(super) fn items(&self) -> &[Value] {
        &self.items
    }

    pub(super) fn into_items(self) -> Vec<Value> {
        self.items
    }

    /// Adds a value unless an equal one is there. Index of the equal or new value, and whether it
    /// is new.
    pub(super) fn add(&mut self, v: Value) -> (usize, bool) {
        if let Some(index) = self.find(v) {
            return (index, false);
        }
        let index = self.items.len();
        self.items.push(v);
        match self.key(v) {
            Some(key) => {
                self.keys.insert(key, index);
            }
            None => self.structured.entry(signature(self.vm, v, 0)).or_default().push(index),
        }
        (index, true)
    }

    /// Index of the equal value.
    pub(super) fn find(&self, v: Value) -> Option<usize> {
        match self.key(v) {
            Some(Key::Cell(cell)) => [cell, cell - 1, cell + 1].into_iter().find_map(|near| {
                let index = *self.keys.get(&Key::Cell(near))?;
                self.vm.equals(*self.items.get(index)?, v).then_some(index)
            }),
            // NaN does not even equal itself.
            Some(_) if v.as_num().is_some_and(f64::is_nan) => None,
            Some(key) => self.keys.get(&key).copied(),
            None => {
                let alike = self.structured.get(&signature(self.vm, v, 0))?;
                alike.iter().copied().find(|&index| {
                    self.items.get(index).is_some_and(|&item| self.vm.equals(item, v))
                })
            }
        }
    }

    pub(super) fn contains(&self, v: Value) -> bool {
        self.find(v).is_some()
    }

    fn key(&self, v: Value) -> Option<Key<'v>> {
        const CELLS_PER_UNIT: f64 = (1u64 << 52) as f64;
        if let Some(text) = self.vm.str(v) {
            return Some(Key::Text(text));
        }
        if let Some(n) = v.as_num() {
            let small = n.abs() < 2.0;
            return Some(if small {
                Key::Cell((n * CELLS_PER_UNIT).floor() as i64)
            } else {
                Key::Bits(n.to_bits())
            });
        }
        (!v.is_heap()).then_some(Key::Bits(v.0))
    }
}

/// A hash that equal values share. Looks at a bounded part of a container, so cycles end.
fn signature(vm: &Vm, v: Value, depth: usize) -> u64 {
    const DEPTH_MAX: usize = 3;
    const ELEMENTS_MAX: usize = 16;
    let mut hasher = DefaultHasher::new();
    if let Some(text) = vm.str(v) {
        text.hash(&mut hasher);
    } else if let Some(n) = v.as_num() {
        // Smaller numbers can be equal without having the same bits.
        (n.abs() >= 2.0).then_some(n.to_bits()).hash(&mut hasher);
    } else if v.is_array() {
        let items = vm.array_items(v);
        items.len().hash(&mut hasher);
        if depth < DEPTH_MAX {
            for item in items.iter().take(ELEMENTS_MAX) {
                signature(vm, item, depth + 1).hash(&mut hasher);
            }
        }
    } else if v.is_object() {
        vm.object_len(v).hash(&mut hasher);
        if depth < DEPTH_MAX && vm.object_len(v) <= ELEMENTS_MAX {
            // A sum, as the order of entries does not count.
            let entries = vm.object_entries(v).into_iter();
            let sum = entries.fold(0u64, |sum, (key, value)| {
                let pair = signature(vm, key, depth + 1).rotate_left(1);
                sum.wrapping_add(pair ^ signature(vm, value, depth + 1))
            });
            sum.hash(&mut hasher);
        }
    } else {
        vm.type_name(v).hash(&mut hasher);
    }
    hasher.finish()
}
