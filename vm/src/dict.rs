//! Objects: insertion-ordered maps from strings, numbers and booleans to values.
//!
//! Entries lie in insertion order in one buffer; removing leaves a gap that the next growth closes.
//! Above [`LINEAR_MAX`] entries a hash index maps to entry numbers: open addressing, each word holds
//! the upper bits of the hash and the entry number + 1. While all keys are integers from 0 that are not
//! many times more than the entries, the index is dense: the key itself is the place of its word.

use hyp_bytecode::rep::TypeId;

use crate::error::Trap;
use crate::heap::Heap;
use crate::object::{Buffer, Entry, Kind, Object, flag};
use crate::value::{TAG_HEAP, Value};

/// Entries that are searched without index.
const LINEAR_MAX: u32 = 8;
/// Most entries of an object; the index word limits it.
const ENTRIES_MAX: usize = 1 << 28;
/// How many times more places than entries a dense index may have. It is at most as large as the hash
/// index would be after the next growth.
const DENSE_SPREAD: usize = 4;
const GAP: Entry = Entry { key: Value::UNDEF, value: Value::NULL };

/// The map object of an object value.
#[inline]
pub(crate) fn object(v: Value) -> *mut Object {
    debug_assert!(v.is_object());
    v.ptr().cast()
}

/// The key as it is stored, unless the value cannot be a key.
#[inline]
pub(crate) fn normalize(key: Value) -> Option<Value> {
    if key.is_num() {
        return Some(if key.0 << 1 == 0 { Value::ZERO } else { key });
    }
    (key.is_string() || key.is_bool()).then_some(key)
}

/// The place of a normalized key in a dense index.
#[inline]
fn dense_place(key: Value) -> Option<u32> {
    let n = key.as_num()?;
    let place = n as u32;
    (f64::from(place) == n).then_some(place)
}

/// The first live entry at or after `*pos`; moves `*pos` behind it.
pub(crate) fn entry_at(v: Value, pos: &mut usize) -> Option<Entry> {
    let map = object(v);
    // SAFETY: `v` is a live object; `used` entries are initialised.
    unsafe {
        while *pos < (*map).used as usize {
            let entry = *(*map).entries.add(*pos);
            *pos += 1;
            if !entry.key.is_undef() {
                return Some(entry);
            }
        }
    }
    None
}

/// Live entries in insertion order. Valid while the object is alive; tolerates changes to it.
pub(crate) fn entries(v: Value) -> impl Iterator<Item = Entry> {
    let mut pos = 0;
    std::iter::from_fn(move || entry_at(v, &mut pos))
}

impl Heap {
    /// An empty object with room for `capacity` entries.
    ///
    /// # Errors
    /// The heap limit.
    pub(crate) fn new_map(&self, capacity: usize) -> Result<Value, Trap> {
        let header = self.alloc(size_of::<Object>(), Kind::Object, TypeId::OBJECT.0, 0)?;
        let map = header.cast::<Object>();
        // SAFETY: `alloc` returned room for the struct; only the header is initialised so far.
        unsafe {
            (*map).len = 0;
            (*map).used = 0;
            (*map).cap = 0;
            (*map).mask = 0;
            (*map).entries = std::ptr::null_mut();
            (*map).index = std::ptr::null_mut();
            (*map).epoch = 0;
            (*map).dense = 0;
            if capacity > 0 {
                self.map_reserve(map, capacity)?;
            }
        }
        Ok(Value::from_ptr(TAG_HEAP, header))
    }

    /// Hash of a normalized key.
    #[inline]
    fn key_hash(&self, key: Value) -> u32 {
        if key.is_string() { self.str_hash(key) } else { self.hash_word(key.0) }
    }

    #[inline]
    fn key_eq(&self, a: Value, b: Value) -> bool {
        a == b || (a.is_string() && b.is_string() && self.str_eq(a, b))
    }

    /// Entry number of a normalized key.
    ///
    /// # Safety
    /// `map` is live.
    pub(crate) unsafe fn map_find(&self, map: *mut Object, key: Value) -> Option<u32> {
        // SAFETY: by contract; index words name entries below `used`, and a free word ends every
        // probe sequence because the index is never full.
        unsafe {
            let mask = (*map).mask;
            if mask == 0 {
                return (0..(*map).used)
                    .find(|&i| self.key_eq((*(*map).entries.add(i as usize)).key, key));
            }
            if (*map).dense != 0 {
                let place = dense_place(key).filter(|&place| place <= mask)?;
                return (*(*map).index.add(place as usize)).checked_sub(1);
            }
            let hash = self.key_hash(key);
            let mut at = hash & mask;
            loop {
                let word = *(*map).index.add(at as usize);
                if word == 0 {
                    return None;
                }
                if (word ^ hash) & !mask == 0 {
                    let i = (word & mask) - 1;
                    if self.key_eq((*(*map).entries.add(i as usize)).key, key) {
                        return Some(i);
                    }
                }
                at = (at + 1) & mask;
            }
        }
    }

    /// The value of a key; keys of other kinds are never present.
    pub(crate) fn map_get(&self, v: Value, key: Value) -> Option<Value> {
        let map = object(v);
        // SAFETY: `v` is a live object and `map_find` returns numbers below `used`.
        unsafe {
            let i = self.map_find(map, normalize(key)?)?;
            Some((*(*map).entries.add(i as usize)).value)
        }
    }

    /// Sets a key.
    ///
    /// # Errors
    /// A key that is no string, number or boolean; the heap limit.
    pub(crate) fn map_set(&self, v: Value, key: Value, value: Value) -> Result<(), Trap> {
        let map = object(v);
        let key = normalize(key)
            .ok_or_else(|| Trap::type_error("Object keys must be strings, numbers or booleans"))?;
        // SAFETY: `v` is a live object; after `map_reserve` there is room for one more entry.
        unsafe {
            if let Some(i) = self.map_find(map, key) {
                (*(*map).entries.add(i as usize)).value = value;
                self.stored_entry(map, i, Value::NULL, value);
                return Ok(());
            }
            if (*map).used == (*map).cap {
                self.map_reserve(map, 1)?;
            }
            if (*map).dense != 0 && dense_place(key).is_none_or(|place| place > (*map).mask) {
                self.rebuild_index(map, key)?;
            }
            let i = (*map).used;
            (*map).entries.add(i as usize).write(Entry { key, value });
            (*map).used = i + 1;
            (*map).len += 1;
            self.stored_entry(map, i, key, value);
            if (*map).dense != 0 {
                dense_insert(map, key, i);
            } else if (*map).mask != 0 {
                index_insert(map, self.key_hash(key), i);
            }
        }
        Ok(())
    }

    /// Removes a key and returns its value.
    pub(crate) fn map_remove(&self, v: Value, key: Value) -> Option<Value> {
        let map = object(v);
        // SAFETY: as `map_get`.
        unsafe {
            let i = self.map_find(map, normalize(key)?)?;
            let entry = (*map).entries.add(i as usize);
            let value = (*entry).value;
            if (*map).dense != 0
                && let Some(place) = dense_place((*entry).key)
            {
                *(*map).index.add(place as usize) = 0;
            }
            *entry = GAP;
            (*map).len -= 1;
            Some(value)
        }
    }

    /// Removes everything.
    pub(crate) fn map_clear(&self, v: Value) {
        let map = object(v);
        // SAFETY: `v` is a live object; its buffers become garbage.
        unsafe {
            (*map).len = 0;
            (*map).used = 0;
            (*map).cap = 0;
            (*map).mask = 0;
            (*map).dense = 0;
            (*map).entries = std::ptr::null_mut();
            (*map).index = std::ptr::null_mut();
            (*map).epoch = (*map).epoch.wrapping_add(1);
        }
    }

    /// Makes room for `more` entries: closes gaps if there are many, else grows.
    ///
    /// # Safety
    /// `map` is live.
    #[cold]
    #[inline(never)]
    unsafe fn map_reserve(&self, map: *mut Object, more: usize) -> Result<(), Trap> {
        // SAFETY: by contract; entries are moved within or between buffers that hold `cap` entries.
        unsafe {
            let (len, used) = ((*map).len as usize, (*map).used as usize);
            let wanted = len + more;
            if wanted > ENTRIES_MAX {
                return Err(Trap::runtime(format!(
                    "Object too large (limit {ENTRIES_MAX} entries)"
                )));
            }
            let cap =
                if used - len > used / 4 { wanted.max(len + len / 4) } else { wanted.max(len * 2) };
            let cap = cap.next_multiple_of(4);
            if (*map).entries.is_null() {
                let buffer = self.alloc_buffer(cap * size_of::<Entry>())?;
                (*map).entries = buffer.add(1).cast();
            } else {
                if close_gaps(map) {
                    self.changed(map.cast());
                }
                let buffer = (*map).entries.cast::<Buffer>().sub(1);
                if cap > (*map).cap as usize {
                    let buffer = self.grow_buffer(buffer, cap * size_of::<Entry>())?;
                    (*map).entries = buffer.add(1).cast();
                }
            }
            (*map).cap = cap.max((*map).cap as usize) as u32;
            self.replaced_storage(map.cast(), (*map).entries.cast());
            self.rebuild_index(map, Value::ZERO)
        }
    }

    /// Makes the index anew, for the entries and one with the key `next`.
    ///
    /// # Safety
    /// `map` is live and has no gaps, or its index is dense.
    unsafe fn rebuild_index(&self, map: *mut Object, next: Value) -> Result<(), Trap> {
        // SAFETY: by contract; a hash index has more words than `cap`, so entry numbers fit its mask.
        unsafe {
            let cap = (*map).cap;
            // Until the index is complete the map is searched linearly.
            (*map).mask = 0;
            (*map).dense = 0;
            if cap <= LINEAR_MAX {
                return Ok(());
            }
            let dense = dense_size(map, next);
            let size = dense.unwrap_or((cap as usize * 3 / 2).next_power_of_two());
            let old = (*map).index.cast::<Buffer>();
            let bytes = size * size_of::<u32>();
            // A large index grows where it is instead of lying around until the next collection.
            let buffer = if !old.is_null() && (*old.sub(1)).header.flags & flag::LARGE != 0 {
                self.grow_buffer(old.sub(1), bytes)?
            } else {
                self.alloc_buffer(bytes)?
            };
            let index = buffer.add(1).cast::<u32>();
            std::ptr::write_bytes(index, 0, size);
            (*map).index = index;
            (*map).mask = size as u32 - 1;
            (*map).dense = u32::from(dense.is_some());
            self.replaced_storage(map.cast(), (*map).entries.cast());
            for i in 0..(*map).used {
                let key = (*(*map).entries.add(i as usize)).key;
                if dense.is_some() {
                    dense_insert(map, key, i);
                } else if !key.is_undef() {
                    index_insert(map, self.key_hash(key), i);
                }
            }
        }
        Ok(())
    }
}

/// Number of places of a dense index for the entries and one with the key `next`, if all have a place and
/// there are not too many.
///
/// # Safety
/// `map` is live.
unsafe fn dense_size(map: *mut Object, next: Value) -> Option<usize> {
    // SAFETY: by contract; `used` entries are initialised.
    let entries = unsafe { std::slice::from_raw_parts((*map).entries, (*map).used as usize) };
    let mut last = dense_place(next)?;
    for entry in entries.iter().filter(|e| !e.key.is_undef()) {
        last = last.max(dense_place(entry.key)?);
    }
    // SAFETY: by contract.
    let cap = unsafe { (*map).cap } as usize;
    let size = (last as usize + 1).max(cap).next_power_of_two();
    (size <= cap * DENSE_SPREAD).then_some(size)
}

/// # Safety
/// `map` has a dense index with a place for `key`.
unsafe fn dense_insert(map: *mut Object, key: Value, entry: u32) {
    if let Some(place) = dense_place(key) {
        // SAFETY: by contract.
        unsafe { *(*map).index.add(place as usize) = entry + 1 };
    }
}

/// # Safety
/// `map` has an index with a free word, and `entry` is a number below its mask.
unsafe fn index_insert(map: *mut Object, hash: u32, entry: u32) {
    // SAFETY: by contract.
    unsafe {
        let mask = (*map).mask;
        let mut at = hash & mask;
        while *(*map).index.add(at as usize) != 0 {
            at = (at + 1) & mask;
        }
        *(*map).index.add(at as usize) = (hash & !mask) | (entry + 1);
    }
}

/// Whether entries moved.
///
/// # Safety
/// `map` is live.
unsafe fn close_gaps(map: *mut Object) -> bool {
    // SAFETY: by contract; both positions stay below `used`.
    unsafe {
        if (*map).len == (*map).used {
            return false;
        }
        let mut to = 0;
        for from in 0..(*map).used {
            let entry = *(*map).entries.add(from as usize);
            if !entry.key.is_undef() {
                *(*map).entries.add(to as usize) = entry;
                to += 1;
            }
        }
        (*map).used = to;
        (*map).epoch = (*map).epoch.wrapping_add(1);
    }
    true
}
