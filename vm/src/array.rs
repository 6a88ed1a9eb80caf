//! Arrays on the heap.

use hyp_bytecode::rep::TypeId;

use crate::elements::Elements;
use crate::error::Trap;
use crate::heap::Heap;
use crate::object::{Array, Buffer, Kind};
use crate::value::{TAG_HEAP, Value};
use crate::vm::Vm;

/// Most elements of an array.
pub(crate) const LEN_MAX: usize = 1 << 24;
/// Bytes of the first buffer of a growing array.
const FIRST_BYTES: usize = 32;

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

/// Bytes of a slot of an array of this kind.
const fn slot_bytes(kind: Kind) -> usize {
    match kind {
        Kind::BoolArray => size_of::<bool>(),
        _ => size_of::<Value>(),
    }
}

/// Whether these values make an array of booleans.
#[inline]
pub(crate) fn are_bools(mut items: impl ExactSizeIterator<Item = Value>) -> bool {
    items.len() > 0 && items.all(Value::is_bool)
}

/// The elements from `from` on, at which there may be one.
///
/// # Safety
/// `array` is live, has slots of type `T`, and its elements are not otherwise borrowed.
unsafe fn tail<'a, T>(array: *mut Array, from: usize) -> &'a mut [T] {
    // SAFETY: by contract; the first `len` slots are initialised.
    let items =
        unsafe { std::slice::from_raw_parts_mut((*array).ptr.cast::<T>(), (*array).len as usize) };
    items.get_mut(from..).unwrap_or_default()
}

impl Heap {
    /// An empty general array with room for `capacity` elements.
    ///
    /// # Errors
    /// More than 2^24 elements, or the heap limit.
    pub(crate) fn new_array(&self, capacity: usize) -> Result<Value, Trap> {
        self.new_array_of_kind(Kind::Array, capacity)
    }

    /// An empty array of booleans with room for `capacity` of them.
    ///
    /// # Errors
    /// As [`Heap::new_array`].
    pub(crate) fn new_bool_array(&self, capacity: usize) -> Result<Value, Trap> {
        self.new_array_of_kind(Kind::BoolArray, capacity)
    }

    #[inline]
    fn new_array_of_kind(&self, kind: Kind, capacity: usize) -> Result<Value, Trap> {
        if capacity > LEN_MAX {
            return Err(too_large());
        }
        let bytes = size_of::<Array>() + capacity * slot_bytes(kind);
        let inline = bytes <= crate::heap::SMALL_MAX;
        let header =
            self.alloc(if inline { bytes } else { size_of::<Array>() }, kind, TypeId::ARRAY.0, 0)?;
        let array = header.cast::<Array>();
        // SAFETY: `alloc` returned room for the struct and, if `inline`, for `capacity` slots.
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
    pub(crate) fn new_array_from(&self, items: Elements<'_>) -> Result<Value, Trap> {
        let is_bool = match items {
            Elements::Values(items) => are_bools(items.iter().copied()),
            Elements::Bools(_) => true,
        };
        let n = items.len();
        let v = if is_bool { self.new_bool_array(n)? } else { self.new_array(n)? };
        let array = object(v);
        // SAFETY: the array has room for all items and is new, so they do not overlap.
        unsafe {
            match items {
                Elements::Values(items) if is_bool => {
                    for (i, item) in items.iter().enumerate() {
                        (*array).ptr.cast::<bool>().add(i).write(*item == Value::TRUE);
                    }
                }
                Elements::Values(items) => {
                    std::ptr::copy_nonoverlapping(items.as_ptr(), (*array).ptr, n);
                }
                Elements::Bools(items) => {
                    std::ptr::copy_nonoverlapping(items.as_ptr(), (*array).ptr.cast(), n);
                }
            }
            (*array).len = n as u32;
        }
        Ok(v)
    }

    /// An array of `n` times the same value.
    ///
    /// # Errors
    /// As [`Heap::new_array`].
    pub(crate) fn new_array_repeating(&self, item: Value, n: usize) -> Result<Value, Trap> {
        let v = match item.as_bool() {
            Some(b) if n > 0 => {
                let v = self.new_bool_array(n)?;
                // SAFETY: the array has room for `n` bytes.
                unsafe { (*object(v)).ptr.cast::<u8>().write_bytes(u8::from(b), n) };
                v
            }
            _ => {
                let v = self.new_array(n)?;
                for i in 0..n {
                    // SAFETY: the array has room for `n` values.
                    unsafe { (*object(v)).ptr.add(i).write(item) };
                }
                v
            }
        };
        // SAFETY: `v` is a live array, its first `n` slots are initialised.
        unsafe { (*object(v)).len = n as u32 };
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
            let slot = slot_bytes((*array).header.kind);
            let double = ((*array).cap as usize * 2).min(LEN_MAX);
            let cap = wanted.max(FIRST_BYTES / slot).max(double);
            let data = (*array).ptr.cast::<u8>();
            let buffer = if data == array.add(1).cast() {
                let buffer = self.alloc_buffer(cap * slot)?;
                let bytes = (*array).len as usize * slot;
                std::ptr::copy_nonoverlapping(data, buffer.add(1).cast(), bytes);
                buffer
            } else {
                self.grow_buffer(data.cast::<Buffer>().sub(1), cap * slot)?
            };
            (*array).ptr = buffer.add(1).cast();
            (*array).cap = cap as u32;
            self.replaced_storage(array.cast(), (*array).ptr);
        }
        Ok(())
    }

    /// Makes an array of booleans a general one with room for at least `wanted` elements.
    ///
    /// # Errors
    /// As [`Heap::new_array`]; the array is then as it was.
    ///
    /// # Safety
    /// `array` is a live array of booleans.
    #[cold]
    #[inline(never)]
    unsafe fn generalize(&self, array: *mut Array, wanted: usize) -> Result<(), Trap> {
        if wanted > LEN_MAX {
            return Err(too_large());
        }
        let cap = wanted.max(FIRST_BYTES / size_of::<Value>());
        let buffer = self.alloc_buffer(cap * size_of::<Value>())?;
        // SAFETY: by contract; the buffer is new and has room for all elements. The old storage is
        // left to the collector.
        unsafe {
            let data = buffer.add(1).cast::<Value>();
            for (i, b) in tail::<bool>(array, 0).iter().enumerate() {
                data.add(i).write(Value::bool(*b));
            }
            (*array).header.kind = Kind::Array;
            (*array).ptr = data;
            (*array).cap = cap as u32;
            self.replaced_storage(array.cast(), data);
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
        // SAFETY: `v` is a live array; `make_room` leaves a general array unless `item` is a boolean,
        // and room for one more element.
        unsafe {
            let len = (*array).len;
            if (*array).header.kind != Kind::Array || len == (*array).cap {
                self.make_room(array, item)?;
            }
            if (*array).header.kind == Kind::BoolArray {
                (*array).ptr.cast::<bool>().add(len as usize).write(item == Value::TRUE);
                (*array).len = len + 1;
                return Ok(());
            }
            (*array).ptr.add(len as usize).write(item);
            (*array).len = len + 1;
            self.stored_element(array, len, item);
        }
        Ok(())
    }

    /// Makes room for one more element that is to be `item`. An array without slots takes the kind
    /// that suits it.
    ///
    /// # Safety
    /// `array` is live.
    unsafe fn make_room(&self, array: *mut Array, item: Value) -> Result<(), Trap> {
        // SAFETY: by contract; without slots either kind describes the storage.
        unsafe {
            if (*array).cap == 0 {
                let is_bool = item.is_bool();
                (*array).header.kind = if is_bool { Kind::BoolArray } else { Kind::Array };
            }
            let wanted = (*array).len as usize + 1;
            if (*array).header.kind == Kind::BoolArray && !item.is_bool() {
                self.generalize(array, wanted)
            } else if wanted > (*array).cap as usize {
                self.array_reserve(array, wanted)
            } else {
                Ok(())
            }
        }
    }

    /// Replaces the element at `index`, which there is.
    ///
    /// # Errors
    /// The heap limit, if an array of booleans becomes a general one.
    #[inline]
    pub(crate) fn array_put(&self, v: Value, index: usize, item: Value) -> Result<(), Trap> {
        let array = object(v);
        // SAFETY: `v` is a live array that has the element; an array that is still one of booleans
        // after `generalize` was not called gets a boolean.
        unsafe {
            debug_assert!(index < (*array).len as usize);
            if (*array).header.kind == Kind::BoolArray {
                if let Some(b) = item.as_bool() {
                    (*array).ptr.cast::<bool>().add(index).write(b);
                    return Ok(());
                }
                self.generalize(array, (*array).len as usize)?;
            }
            (*array).ptr.add(index).write(item);
            self.stored_element(array, index as u32, item);
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
        self.heap.new_array_from(Elements::Values(items))
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
    pub fn array_items(&self, v: Value) -> Elements<'_> {
        if !v.is_array() {
            return Elements::EMPTY;
        }
        let array = object(v);
        // SAFETY: `v` is a live array with `len` initialised slots of the type that its kind says.
        unsafe {
            let (data, len) = ((*array).ptr, (*array).len as usize);
            match (*array).header.kind {
                Kind::BoolArray => Elements::Bools(std::slice::from_raw_parts(data.cast(), len)),
                _ => Elements::Values(std::slice::from_raw_parts(data, len)),
            }
        }
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
        self.array_items(v).get(index)
    }

    /// Replaces an element; false if there is none at `index`.
    ///
    /// # Errors
    /// The heap limit, if the elements were all booleans and `item` is none.
    pub fn array_set(&mut self, v: Value, index: usize, item: Value) -> Result<bool, Trap> {
        let exists = index < self.array_len(v);
        if exists {
            self.heap.array_put(v, index, item)?;
        }
        Ok(exists)
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
        self.rotate(v, index, |n| n.saturating_sub(1));
        Ok(())
    }

    /// Removes and returns an element.
    pub fn array_remove(&mut self, v: Value, index: usize) -> Option<Value> {
        let item = self.array_get(v, index)?;
        self.rotate(v, index, |_| 1);
        self.array_pop(v);
        Some(item)
    }

    /// Moves the first elements from position `index` on to the end: as many of the `n` that there are
    /// as `by` says, which is at most `n`.
    fn rotate(&mut self, v: Value, index: usize, by: impl Fn(usize) -> usize) {
        if index >= self.array_len(v) {
            return;
        }
        let array = object(v);
        // SAFETY: `v` is a live array whose slots are as its kind says; the machine is borrowed
        // exclusively.
        unsafe {
            match (*array).header.kind {
                Kind::BoolArray => {
                    let tail = tail::<bool>(array, index);
                    tail.rotate_left(by(tail.len()));
                }
                _ => {
                    let tail = tail::<Value>(array, index);
                    tail.rotate_left(by(tail.len()));
                }
            }
        }
        self.heap.changed(v.ptr());
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
