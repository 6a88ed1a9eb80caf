//! Structural equality, cycle-safe and without recursion on the native stack.

use crate::dict;
use crate::elements::Elements;
use crate::number;
use crate::object::{Bound, Kind};
use crate::value::Value;
use crate::vm::Vm;

/// Pairs that are compared before cycles are looked for.
const FREE_PAIRS: usize = 1000;

impl Vm {
    /// `a == b`: numbers within an epsilon; strings, arrays, objects and records by content;
    /// everything else by identity.
    #[must_use]
    pub fn equals(&self, a: Value, b: Value) -> bool {
        match self.shallow_equals(a, b) {
            Some(result) => result,
            None => self.deep_equals(a, b),
        }
    }

    /// The answer unless both are containers of the same kind.
    #[inline]
    fn shallow_equals(&self, a: Value, b: Value) -> Option<bool> {
        if let (Some(x), Some(y)) = (a.as_num(), b.as_num()) {
            return Some(number::equals(x, y));
        }
        let Some(kind) = a.kind() else { return Some(a == b) };
        if b.kind() != Some(kind) {
            return Some(false);
        }
        match kind {
            Kind::String => Some(a == b || self.heap.str_eq(a, b)),
            Kind::Bound => Some(bound_equals(a, b)),
            // Even one and the same: what holds NaN is not equal to itself.
            Kind::Array | Kind::Object | Kind::Record => None,
            _ => Some(a == b),
        }
    }

    fn deep_equals(&self, a: Value, b: Value) -> bool {
        let mut work = vec![(a, b)];
        // Pairs already being compared are taken as equal: a difference shows elsewhere.
        let mut seen = ahash::AHashSet::new();
        let mut compared = 0;
        while let Some((a, b)) = work.pop() {
            match self.shallow_equals(a, b) {
                Some(true) => continue,
                Some(false) => return false,
                None => {}
            }
            compared += 1;
            if compared > FREE_PAIRS && !seen.insert((a.0, b.0)) {
                continue;
            }
            if !self.push_children(a, b, &mut work) {
                return false;
            }
        }
        true
    }

    /// Queues the elements of two containers of the same kind; false if they differ at once.
    fn push_children(&self, a: Value, b: Value, work: &mut Vec<(Value, Value)>) -> bool {
        if a.is_array() {
            let (x, y) = (self.array_items(a), self.array_items(b));
            if let (Elements::Bools(x), Elements::Bools(y)) = (x, y) {
                return x == y;
            }
            work.extend(x.iter().zip(y.iter()));
            return x.len() == y.len();
        }
        if a.is_object() {
            if self.object_len(a) != self.object_len(b) {
                return false;
            }
            for entry in dict::entries(a) {
                let Some(other) = self.heap.map_get(b, entry.key) else { return false };
                work.push((entry.value, other));
            }
            return true;
        }
        if self.type_of_instance(a) != self.type_of_instance(b) {
            return false;
        }
        work.extend(self.field_values(a).iter().copied().zip(self.field_values(b).iter().copied()));
        true
    }
}

fn bound_equals(a: Value, b: Value) -> bool {
    let (x, y) = (a.ptr().cast::<Bound>(), b.ptr().cast::<Bound>());
    // SAFETY: both are live bound methods.
    unsafe { (*x).receiver == (*y).receiver && (*x).func == (*y).func }
}
