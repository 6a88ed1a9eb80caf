//! Arrays on the heap.

use hyp_bytecode::rep::TypeId;

use crate::error::Trap;
use crate::heap::Heap;
use crate::object::{Array, Buffer, Kind};
use crate::value::{TAG_HEAP, Value};
use crate::vm::Vm;

/// Most elements of an array.
pub(crate) const LEN_MAX: usize = 1 << 24;
/// Slots of the first buffer of a growing array.
const FIRST_CAP: usize = 4;

/// The array object of an array value.
#[inline]
pub(crate) fn object(v: Value) -> *mut Array {
    debug_assert!(v.is_array());
    v.ptr().cast()
}

/// An array would have more than [`LEN_MAX`] elements.
#[cold]
pub(crate) fn too_large() -> Trap {
    Trap::runtime(format!("Array too large (limit {LEN_MAX} elements)"))
}

impl Heap {
    /// An empty array with room for `capacity` elements.
    ///
    /// # Errors
    /// More than 2^24 elements, or the heap limit.
    pub(crate) fn new_array(&self, capacity: usize) -> Result<Value, Trap> {
        if capacity > LEN_MAX {
            return Err(too_large());
        }
        let bytes = size_of::<Array>() + capacity * size_of::<Value>();
        let inline = bytes <= crate::heap::SMALL_MAX;
        let header = self.alloc(
            if inline { bytes } else { size_of::<Array>() },
            Kind::Array,
            TypeId::ARRAY.0,
            0,
        )?;
        let array = header.cast::<Array>();
        // SAFETY: `alloc` returned room for the struct and, if `inline`, for `capacity` values.
        unsafe {
            (*array).len = 0;
            (*array).cap = if inline { capacity as u32 } else { 0 };
            (*array).ptr = array.add(1).cast();
            if !inline {
                self.array_reserve(array, capacity)?;
            }
        }
        Ok(Value::from_ptr(TAG_HEAP, header))
    }

    /// An array of these elements.
    ///
    /// # Errors
    /// As [`Heap::new_array`].
    pub(crate) fn new_array_from(&self, items: &[Value]) -> Result<Value, Trap> {
        let v = self.new_array(items.len())?;
        let array = object(v);
        // SAFETY: the array has room for all items and is new, so they do not overlap.
        unsafe {
            std::ptr::copy_nonoverlapping(items.as_ptr(), (*array).ptr, items.len());
            (*array).len = items.len() as u32;
        }
        Ok(v)
    }

    /// Grows the storage to at least `wanted` slots.
    ///
    /// # Safety
    /// `array` is live.
    #[cold]
    #[inline(never)]
    unsafe fn array_reserve(&self, array: *mut Array, wanted: usize) -> Result<(), Trap> {
        if wanted > LEN_MAX {
            return Err(too_large());
        }
        // SAFETY: by contract; a buffer precedes storage that does not follow the array itself.
        unsafe {
            let cap = wanted.max(FIRST_CAP).max(((*array).cap as usize * 2).min(LEN_MAX));
            let bytes = cap * size_of::<Value>();
            let data = (*array).ptr;
            let buffer = if data == array.add(1).cast() {
                let buffer = self.alloc_buffer(bytes)?;
                std::ptr::copy_nonoverlapping(data, buffer.add(1).cast(), (*array).len as usize);
                buffer
            } else {
                self.grow_buffer(data.cast::<Buffer>().sub(1), bytes)?
            };
            (*array).ptr = buffer.add(1).cast();
            (*array).cap = cap as u32;
            self.replaced_storage(array.cast(), (*array).ptr);
        }
        Ok(())
    }

    /// Appends an element.
    ///
    /// # Errors
    /// As [`Heap::new_array`].
    #[inline]
    pub(crate) fn array_push(&self, v: Value, item: Value) -> Result<(), Trap> {
        let array = object(v);
        // SAFETY: `v` is a live array; after `array_reserve` there is room for one more element.
        unsafe {
            let len = (*array).len;
            if len == (*array).cap {
                self.array_reserve(array, len as usize + 1)?;
            }
            (*array).ptr.add(len as usize).write(item);
            (*array).len = len + 1;
            self.stored_element(array, len, item);
        }
        Ok(())
    }
}

impl Vm {
    /// An array of these elements.
    ///
    /// # Errors
    /// More than 2^24 elements, or the heap limit.
    pub fn new_array(&mut self, items: &[Value]) -> Result<Value, Trap> {
        self.heap.new_array_from(items)
    }

    /// An empty array with room for `capacity` elements.
    ///
    /// # Errors
    /// More than 2^24 elements, or the heap limit.
    pub fn new_array_with_capacity(&mut self, capacity: usize) -> Result<Value, Trap> {
        self.heap.new_array(capacity)
    }

    /// The elements; empty for other values.
    #[must_use]
    #[inline]
    pub fn array_items(&self, v: Value) -> &[Value] {
        if !v.is_array() {
            return &[];
        }
        let array = object(v);
        // SAFETY: `v` is a live array with `len` initialised elements.
        unsafe { std::slice::from_raw_parts((*array).ptr, (*array).len as usize) }
    }

    fn array_items_mut(&mut self, v: Value) -> &mut [Value] {
        if !v.is_array() {
            return &mut [];
        }
        let array = object(v);
        // SAFETY: as `array_items`; the machine is borrowed exclusively.
        unsafe { std::slice::from_raw_parts_mut((*array).ptr, (*array).len as usize) }
    }

    /// Number of elements; 0 for other values.
    #[must_use]
    #[inline]
    pub fn array_len(&self, v: Value) -> usize {
        self.array_items(v).len()
    }

    /// An element.
    #[must_use]
    #[inline]
    pub fn array_get(&self, v: Value, index: usize) -> Option<Value> {
        self.array_items(v).get(index).copied()
    }

    /// Replaces an element; false if there is none at `index`.
    pub fn array_set(&mut self, v: Value, index: usize, item: Value) -> bool {
        match self.array_items_mut(v).get_mut(index) {
            Some(slot) => {
                *slot = item;
                self.heap.stored_element(object(v), index as u32, item);
                true
            }
            None => false,
        }
    }

    /// Appends an element. Other values than arrays are left alone.
    ///
    /// # Errors
    /// More than 2^24 elements, or the heap limit.
    pub fn array_push(&mut self, v: Value, item: Value) -> Result<(), Trap> {
        if v.is_array() { self.heap.array_push(v, item) } else { Ok(()) }
    }

    /// Removes and returns the last element.
    pub fn array_pop(&mut self, v: Value) -> Option<Value> {
        let last = self.array_len(v).checked_sub(1)?;
        let item = self.array_get(v, last);
        self.array_truncate(v, last);
        item
    }

    /// Inserts an element before position `index`, or at the end if that is smaller.
    ///
    /// # Errors
    /// More than 2^24 elements, or the heap limit.
    pub fn array_insert(&mut self, v: Value, index: usize, item: Value) -> Result<(), Trap> {
        self.array_push(v, item)?;
        if let Some(tail @ [_, ..]) = self.array_items_mut(v).get_mut(index..) {
            tail.rotate_right(1);
            self.heap.changed(v.ptr());
        }
        Ok(())
    }

    /// Removes and returns an element.
    pub fn array_remove(&mut self, v: Value, index: usize) -> Option<Value> {
        let tail = self.array_items_mut(v).get_mut(index..)?;
        let item = *tail.first()?;
        tail.rotate_left(1);
        self.heap.changed(v.ptr());
        self.array_pop(v);
        Some(item)
    }

    /// Drops the elements from position `len` on.
    pub fn array_truncate(&mut self, v: Value, len: usize) {
        if v.is_array() {
            let array = object(v);
            // SAFETY: `v` is a live array; shortening keeps the rest initialised.
            unsafe { (*array).len = (*array).len.min(u32::try_from(len).unwrap_or(u32::MAX)) };
        }
    }
}
