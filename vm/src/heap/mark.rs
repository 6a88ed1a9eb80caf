//! Marking with an explicit worklist.

use super::block::mark_lines;
use crate::object::{
    Array, Bound, Buffer, Cell, Closure, Entry, ErrorObj, Header, Iterator, Kind, Object, StrParts,
    flag,
};
use crate::value::Value;

/// State of one collection's marking.
pub(crate) struct Marker<'a> {
    epoch: u8,
    work: Vec<*mut Header>,
    /// Field counts by type id, for records and instances.
    field_counts: &'a [u32],
}

impl<'a> Marker<'a> {
    pub(super) fn new(epoch: u8, field_counts: &'a [u32]) -> Marker<'a> {
        Marker { epoch, work: Vec::with_capacity(256), field_counts }
    }

    /// Marks a root or child.
    #[inline]
    pub(crate) fn value(&mut self, v: Value) {
        if v.is_heap() {
            self.object(v.ptr());
        }
    }

    /// Marks the values `start..start + count`.
    ///
    /// # Safety
    /// The range is readable and holds tagged values or raw doubles and booleans.
    pub(crate) unsafe fn range(&mut self, start: *const Value, count: usize) {
        for i in 0..count {
            // SAFETY: by contract.
            self.value(unsafe { *start.add(i) });
        }
    }

    #[inline]
    fn object(&mut self, object: *mut Header) {
        // SAFETY: values in roots and in live objects refer to live objects.
        unsafe {
            if (*object).gc == self.epoch {
                return;
            }
            (*object).gc = self.epoch;
            if (*object).flags & flag::LARGE == 0 {
                mark_lines(object);
            }
            let is_leaf = match (*object).kind {
                Kind::Buffer | Kind::Session => true,
                Kind::String => (*object).flags & (flag::ROPE | flag::SLICE) == 0,
                _ => false,
            };
            if !is_leaf {
                self.work.push(object);
            }
        }
    }

    fn buffer(&mut self, buffer: *mut Buffer) {
        if !buffer.is_null() {
            self.object(buffer.cast());
        }
    }

    /// Marks everything reachable from what was marked so far.
    pub(super) fn drain(&mut self) {
        while let Some(object) = self.work.pop() {
            // SAFETY: the worklist holds live objects whose layout their kind names.
            unsafe { self.children(object) };
        }
    }

    /// # Safety
    /// `object` is live and laid out as its kind says.
    unsafe fn children(&mut self, object: *mut Header) {
        // SAFETY: by contract, for the whole function: each cast follows the object's kind, and
        // counts stored in objects bound their variable parts.
        unsafe {
            match (*object).kind {
                Kind::String => {
                    let parts = object.cast::<StrParts>();
                    self.value((*parts).left);
                    self.value((*parts).right);
                }
                Kind::Array => {
                    let array = object.cast::<Array>();
                    let data = (*array).ptr;
                    if data != array.add(1).cast() {
                        self.buffer(data.cast::<Buffer>().sub(1));
                    }
                    self.range(data, (*array).len as usize);
                }
                Kind::Object => self.map(object.cast()),
                Kind::Closure => {
                    let closure = object.cast::<Closure>();
                    self.range(closure.add(1).cast(), (*closure).count as usize);
                }
                Kind::Cell => self.value((*object.cast::<Cell>()).value),
                Kind::Iterator => {
                    let it = object.cast::<Iterator>();
                    self.value((*it).source);
                    self.value((*it).key);
                    self.value((*it).value);
                }
                Kind::Error => {
                    let error = object.cast::<ErrorObj>();
                    self.value((*error).message);
                    self.buffer((*error).trace);
                }
                Kind::Record | Kind::Instance => {
                    let count =
                        self.field_counts.get((*object).type_id as usize).copied().unwrap_or(0);
                    self.range(object.add(1).cast(), count as usize);
                }
                Kind::Bound => self.value((*object.cast::<Bound>()).receiver),
                Kind::Buffer | Kind::Session => {}
            }
        }
    }

    /// # Safety
    /// `map` is a live object.
    unsafe fn map(&mut self, map: *mut Object) {
        // SAFETY: by contract; `used` entries are initialised, and the buffers precede their data.
        unsafe {
            if !(*map).entries.is_null() {
                self.buffer((*map).entries.cast::<Buffer>().sub(1));
            }
            if !(*map).index.is_null() {
                self.buffer((*map).index.cast::<Buffer>().sub(1));
            }
            self.range(
                (*map).entries.cast(),
                (*map).used as usize * (size_of::<Entry>() / size_of::<Value>()),
            );
        }
    }
}
