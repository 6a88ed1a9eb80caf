//! Strings on the heap: making, joining, flattening, slicing, hashing.

use crate::error::Trap;
use crate::heap::Heap;
use crate::object::{Buffer, Kind, Str, StrParts, flag};
use crate::value::{TAG_HEAP, TAG_STRING, Value};

/// Longest string in bytes.
pub(crate) const MAX_BYTES: usize = 64 << 20;
/// Shortest concatenation that becomes a rope.
const ROPE_MIN: usize = 32;
/// Shortest substring that shares its parent's bytes.
const SLICE_MIN: usize = 64;
/// How much longer than a slice its parent may be before the slice copies instead.
const SLICE_WASTE_MAX: usize = 1024;
const UNKNOWN: u32 = u32::MAX;

#[cold]
fn too_long() -> Trap {
    Trap::runtime(format!("String too long (limit {MAX_BYTES} bytes)"))
}

/// The string object of a string value.
#[inline]
pub(crate) fn object(v: Value) -> *mut Str {
    debug_assert!(v.is_string());
    v.ptr().cast()
}

/// Length in bytes; does not flatten.
#[inline]
pub(crate) fn byte_len(v: Value) -> usize {
    // SAFETY: `v` is a live string.
    unsafe { (*object(v)).len as usize }
}

/// Whether every byte is below 128; does not flatten.
#[inline]
pub(crate) fn is_ascii(v: Value) -> bool {
    // SAFETY: `v` is a live string.
    unsafe { (*object(v)).header.flags & flag::ASCII != 0 }
}

impl Heap {
    /// A flat string.
    ///
    /// # Errors
    /// Longer than [`MAX_BYTES`], or the heap limit.
    pub(crate) fn new_str(&self, text: &str) -> Result<Value, Trap> {
        self.new_str_parts(text.as_bytes(), &[], text.is_ascii())
    }

    /// A flat string of two UTF-8 texts.
    fn new_str_parts(&self, a: &[u8], b: &[u8], ascii: bool) -> Result<Value, Trap> {
        let len = a.len() + b.len();
        if len > MAX_BYTES {
            return Err(too_long());
        }
        let flags = if ascii { flag::ASCII } else { 0 };
        let header = self.alloc(size_of::<Str>() + len, Kind::String, 0, flags)?;
        let string = header.cast::<Str>();
        // SAFETY: `alloc` returned room for the struct and `len` bytes after it.
        unsafe {
            let data = string.add(1).cast::<u8>();
            std::ptr::copy_nonoverlapping(a.as_ptr(), data, a.len());
            std::ptr::copy_nonoverlapping(b.as_ptr(), data.add(a.len()), b.len());
            (*string).len = len as u32;
            (*string).hash = 0;
            (*string).ptr = data;
            (*string).chars = if ascii { len as u32 } else { UNKNOWN };
            (*string).spare = 0;
        }
        Ok(Value::from_ptr(TAG_STRING, header))
    }

    /// Joins two strings: a rope if long, else a copy.
    ///
    /// # Errors
    /// Longer than [`MAX_BYTES`], or the heap limit.
    pub(crate) fn concat(&self, a: Value, b: Value) -> Result<Value, Trap> {
        let (la, lb) = (byte_len(a), byte_len(b));
        if la == 0 {
            return Ok(b);
        }
        if lb == 0 {
            return Ok(a);
        }
        let ascii = is_ascii(a) && is_ascii(b);
        if la + lb < ROPE_MIN {
            return self.new_str_parts(self.bytes(a), self.bytes(b), ascii);
        }
        if la + lb > MAX_BYTES {
            return Err(too_long());
        }
        let flags = flag::ROPE | if ascii { flag::ASCII } else { 0 };
        let chars = if ascii { (la + lb) as u32 } else { UNKNOWN };
        self.new_node((la + lb) as u32, chars, std::ptr::null(), flags, (a, b))
    }

    fn new_node(
        &self,
        len: u32,
        chars: u32,
        ptr: *const u8,
        flags: u8,
        (left, right): (Value, Value),
    ) -> Result<Value, Trap> {
        let header = self.alloc(size_of::<StrParts>(), Kind::String, 0, flags)?;
        let node = header.cast::<StrParts>();
        // SAFETY: `alloc` returned room for the struct; the header is already written.
        unsafe {
            (*node).head.len = len;
            (*node).head.hash = 0;
            (*node).head.ptr = ptr;
            (*node).head.chars = chars;
            (*node).head.spare = 0;
            (*node).left = left;
            (*node).right = right;
        }
        Ok(Value::from_ptr(TAG_STRING, header))
    }

    /// The bytes of a string, flattened first if it is a rope.
    #[inline]
    pub(crate) fn bytes(&self, v: Value) -> &[u8] {
        let string = object(v);
        // SAFETY: `v` is a live string; after flattening `ptr` addresses `len` initialised bytes that
        // stay until a collection, which needs exclusive access to the machine.
        unsafe {
            if (*string).ptr.is_null() {
                self.flatten(string.cast());
            }
            std::slice::from_raw_parts((*string).ptr, (*string).len as usize)
        }
    }

    /// The text of a string, flattened first if it is a rope.
    #[inline]
    pub(crate) fn text(&self, v: Value) -> &str {
        // SAFETY: strings are only made from UTF-8 texts, their joins and cuts at code point borders.
        unsafe { std::str::from_utf8_unchecked(self.bytes(v)) }
    }

    /// Turns a rope into a flat string with its own buffer. Takes time proportional to the text that
    /// was not flattened before, if the leftmost part was the last result of this and has spare room:
    /// this makes `s = s + x` loops linear even when every step reads `s`.
    #[cold]
    #[inline(never)]
    fn flatten(&self, root: *mut StrParts) {
        // SAFETY: `root` is a live rope. Ropes are acyclic, and every leaf is flat.
        unsafe {
            let total = (*root).head.len as usize;
            let leaf = leftmost(root);
            let (buffer, kept) = self.flat_buffer(leaf, total);
            let data = buffer.add(1).cast::<u8>();
            let mut end = total;
            let mut work = vec![Value::from_ptr(TAG_STRING, root.cast())];
            while let Some(v) = work.pop() {
                let s = object(v);
                if (*s).ptr.is_null() {
                    let parts = s.cast::<StrParts>();
                    work.push((*parts).left);
                    work.push((*parts).right);
                    continue;
                }
                let len = (*s).len as usize;
                end -= len;
                if end >= kept {
                    std::ptr::copy_nonoverlapping((*s).ptr, data.add(end), len);
                }
            }
            let header = &mut (*root).head;
            header.header.flags = (header.header.flags & !flag::ROPE) | flag::SLICE;
            header.ptr = data;
            header.spare = ((*buffer).bytes - total) as u32;
            (*root).left = Value::from_ptr(TAG_HEAP, buffer.cast());
            (*root).right = Value::NULL;
            self.changed(root.cast());
        }
    }

    /// The buffer for a flattened rope of `total` bytes whose leftmost part is `leaf`, and how many
    /// bytes of it are already in place.
    ///
    /// # Safety
    /// `leaf` is a live flat string.
    unsafe fn flat_buffer(&self, leaf: *mut Str, total: usize) -> (*mut Buffer, usize) {
        // SAFETY: by contract; a slice's `left` is the owner of its bytes.
        unsafe {
            let len = (*leaf).len as usize;
            let spare = (*leaf).spare as usize;
            if spare > 0 && total - len <= spare {
                // The tail of the buffer now belongs to the longer string.
                (*leaf).spare = 0;
                return ((*leaf.cast::<StrParts>()).left.ptr().cast(), len);
            }
            let grows = (*leaf).header.flags & flag::SLICE != 0 && len >= total / 2;
            let capacity = if grows { (total * 2).min(MAX_BYTES) } else { total };
            (self.alloc_buffer_unlimited(capacity), 0)
        }
    }

    /// Bytes `start..end` of a string as a string; the offsets are code point borders in range.
    ///
    /// # Errors
    /// The heap limit.
    pub(crate) fn slice(&self, v: Value, start: usize, end: usize) -> Result<Value, Trap> {
        let bytes = self.bytes(v);
        let part = &bytes[start..end];
        if part.len() == bytes.len() {
            return Ok(v);
        }
        let ascii = is_ascii(v) || part.is_ascii();
        if part.len() < SLICE_MIN || bytes.len() / SLICE_WASTE_MAX > part.len() {
            return self.new_str_parts(part, &[], ascii);
        }
        let parent = object(v);
        // SAFETY: `v` is live and flat; a slice's `left` owns its bytes.
        let owner = unsafe {
            if (*parent).header.flags & flag::SLICE != 0 {
                (*parent.cast::<StrParts>()).left
            } else {
                v
            }
        };
        let flags = flag::SLICE | if ascii { flag::ASCII } else { 0 };
        let chars = if ascii { part.len() as u32 } else { UNKNOWN };
        self.new_node(part.len() as u32, chars, part.as_ptr(), flags, (owner, Value::NULL))
    }

    /// Length in code points.
    #[inline]
    pub(crate) fn char_len(&self, v: Value) -> usize {
        let string = object(v);
        // SAFETY: `v` is a live string.
        unsafe {
            if (*string).chars == UNKNOWN {
                (*string).chars = count_chars(self.bytes(v)) as u32;
            }
            (*string).chars as usize
        }
    }

    /// Hash of the bytes; never 0.
    #[inline]
    pub(crate) fn str_hash(&self, v: Value) -> u32 {
        let string = object(v);
        // SAFETY: `v` is a live string.
        unsafe {
            if (*string).hash == 0 {
                (*string).hash = self.hash_bytes(self.bytes(v));
            }
            (*string).hash
        }
    }

    /// Whether two strings have the same text.
    pub(crate) fn str_eq(&self, a: Value, b: Value) -> bool {
        if a == b {
            return true;
        }
        let (x, y) = (object(a), object(b));
        // SAFETY: both are live strings.
        unsafe {
            let interned = (*x).header.flags & (*y).header.flags & flag::INTERNED != 0;
            let hashed = (*x).hash != 0 && (*y).hash != 0 && (*x).hash != (*y).hash;
            if (*x).len != (*y).len || interned || hashed {
                return false;
            }
        }
        self.bytes(a) == self.bytes(b)
    }
}

fn count_chars(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&b| b & 0xC0 != 0x80).count()
}

/// # Safety
/// `root` is a live string.
unsafe fn leftmost(root: *mut StrParts) -> *mut Str {
    let mut at = root.cast::<Str>();
    // SAFETY: by contract; the left half of a rope is a live string.
    unsafe {
        while (*at).ptr.is_null() {
            at = object((*at.cast::<StrParts>()).left);
        }
    }
    at
}
