//! The write barrier: stores of references into old objects are remembered.
//!
//! A collection of the young objects starts at the roots and at the old objects that were written to.
//! The first store of a reference into a watched object puts the object on a list and ends the watch, so
//! further stores cost one test; a collection traces the objects of the list and watches them again. In
//! arrays and objects with large storage each element is remembered by itself, because tracing all of it
//! would take too long; the object stays watched.
//!
//! The same list makes major markings incremental: what they have traced is watched, so a reference that
//! a program moves into it is found at the end.
//!
//! Invariant: whoever stores a reference into an object that may have seen a safepoint since it was
//! allocated calls one of these functions. Globals, registers and the other roots need none.

use super::Heap;
use crate::object::{Array, Buffer, Header, Object, flag, gc};
use crate::value::Value;

/// Remembered elements after which the next safepoint collects.
const ELEMENTS_MAX: usize = 1 << 16;

/// Where in an object references were stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    /// Anywhere.
    All,
    /// Element of an array, entry of an object.
    Element(u32),
    /// The storage itself was replaced.
    Buffers,
}

impl Heap {
    /// To be called after storing `v` into a field of `object`.
    #[inline]
    pub(crate) fn stored(&self, object: *mut Header, v: Value) {
        if v.is_heap() {
            self.changed(object);
        }
    }

    /// To be called after storing references into fields of `object`, or moving its elements.
    #[inline]
    pub(crate) fn changed(&self, object: *mut Header) {
        // SAFETY: callers pass live objects.
        if unsafe { (*object).gc } & gc::WATCHED != 0 {
            self.remember(object, Part::All);
        }
    }

    /// To be called after storing `v` as element `index`.
    #[inline]
    pub(crate) fn stored_element(&self, array: *mut Array, index: u32, v: Value) {
        // SAFETY: callers pass live arrays.
        if v.is_heap() && unsafe { (*array).header.gc } & gc::WATCHED != 0 {
            // SAFETY: as above; storage outside of the array is preceded by its buffer.
            let data = unsafe { ((*array).ptr != array.add(1).cast()).then_some((*array).ptr) };
            self.remember_part(array.cast(), data.map(|d| d.cast()), Part::Element(index));
        }
    }

    /// To be called after storing `key` and `value` as entry `index`.
    #[inline]
    pub(crate) fn stored_entry(&self, map: *mut Object, index: u32, key: Value, value: Value) {
        // SAFETY: callers pass live objects.
        if (key.is_heap() || value.is_heap()) && unsafe { (*map).header.gc } & gc::WATCHED != 0 {
            // SAFETY: as above; an object with an entry has storage.
            let data = unsafe { (*map).entries };
            self.remember_part(map.cast(), Some(data.cast()), Part::Element(index));
        }
    }

    /// To be called after replacing the storage of an array or object, `data` being the elements.
    pub(crate) fn replaced_storage(&self, object: *mut Header, data: *mut Value) {
        // SAFETY: callers pass live objects.
        if unsafe { (*object).gc } & gc::WATCHED != 0 {
            self.remember_part(object, Some(data), Part::Buffers);
        }
    }

    /// Remembers a part if the storage is large, else all of the object.
    #[cold]
    #[inline(never)]
    fn remember_part(&self, object: *mut Header, data: Option<*mut Value>, part: Part) {
        let is_large = data.is_some_and(|data| {
            // SAFETY: callers pass storage that a buffer precedes.
            unsafe { (*data.cast::<Buffer>().sub(1)).header.flags & flag::LARGE != 0 }
        });
        self.remember(object, if is_large { part } else { Part::All });
    }

    #[cold]
    #[inline(never)]
    fn remember(&self, object: *mut Header, part: Part) {
        // SAFETY: no other reference to the list is live.
        let remembered = unsafe { &mut *self.remembered.get() };
        if part == Part::All {
            // SAFETY: callers pass live objects.
            unsafe { (*object).gc &= !gc::WATCHED };
        } else if remembered.len() >= ELEMENTS_MAX {
            self.wanted.set(true);
        }
        remembered.push((object, part));
    }
}
