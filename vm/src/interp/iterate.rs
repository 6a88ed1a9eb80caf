//! Iteration.
//!
//! Every function is [`super::Slow`]; its safety contract is that of [`super::run_loop`].

use hyp_bytecode::rep::TypeId;

use super::at::{define, raw};
use crate::dict;
use crate::error::Trap;
use crate::object::{Iterator, Kind};
use crate::value::{TAG_HEAP, Value};
use crate::vm::Vm;

slow! {
    define 1 iter_new |vm, at| {
        let source = at.reg(at.b());
        if !matches!(source.kind(), Some(Kind::Array | Kind::String | Kind::Object)) {
            let display = vm.display(source);
            return Err(Trap::type_error(format!("Cannot iterate over '{display}'")));
        }
        vm.safepoint();
        vm.new_iterator(source)
    };
}

/// `iter_next`.
#[inline(never)]
pub(super) unsafe fn iter_next(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        define(vm, pc, base, 1, |vm, at| {
            let iter = at.reg(at.b());
            if iter.is_null() {
                return Ok(raw(false));
            }
            vm.safepoint();
            vm.advance(iter.ptr().cast()).map(raw)
        })
    }
}

/// `iter_key`.
#[inline(never)]
pub(super) unsafe fn iter_key(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract; the verifier has checked that the register holds an iterator or null.
    unsafe {
        define(vm, pc, base, 1, |_, at| {
            let iter = at.reg(at.b());
            Ok(if iter.is_null() { iter } else { (*iter.ptr().cast::<Iterator>()).key })
        })
    }
}

/// `iter_value`.
#[inline(never)]
pub(super) unsafe fn iter_value(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: as `iter_key`.
    unsafe {
        define(vm, pc, base, 1, |_, at| {
            let iter = at.reg(at.b());
            Ok(if iter.is_null() { iter } else { (*iter.ptr().cast::<Iterator>()).value })
        })
    }
}

impl Vm {
    fn new_iterator(&mut self, source: Value) -> Result<Value, Trap> {
        let header =
            self.heap.alloc(size_of::<Iterator>(), Kind::Iterator, TypeId::ITERATOR.0, 0)?;
        let epoch = if source.is_object() {
            // SAFETY: `source` is a live object.
            unsafe { (*dict::object(source)).epoch }
        } else {
            0
        };
        let iterator = header.cast::<Iterator>();
        // SAFETY: `alloc` returned room for the struct.
        unsafe {
            (*iterator).source = source;
            (*iterator).key = Value::NULL;
            (*iterator).value = Value::NULL;
            (*iterator).pos = 0;
            (*iterator).count = 0;
            (*iterator).epoch = epoch;
            (*iterator).pad = 0;
        }
        Ok(Value::from_ptr(TAG_HEAP, header))
    }

    /// Moves to the next element; false at the end.
    ///
    /// # Safety
    /// `it` is live.
    unsafe fn advance(&mut self, it: *mut Iterator) -> Result<bool, Trap> {
        // SAFETY: by contract.
        unsafe {
            let source = (*it).source;
            let Some((key, value)) = (match source.kind() {
                Some(Kind::Array) => {
                    let item = self.array_get(source, (*it).pos as usize);
                    item.map(|v| (Value::from_usize((*it).pos as usize), v))
                }
                Some(Kind::String) => self.next_char(it)?,
                _ => self.next_entry(it),
            }) else {
                return Ok(false);
            };
            (*it).key = key;
            (*it).value = value;
            self.heap.stored(it.cast(), key);
            self.heap.stored(it.cast(), value);
            if source.is_array() {
                (*it).pos += 1;
            }
            (*it).count += 1;
            Ok(true)
        }
    }

    /// # Safety
    /// `it` is live and iterates over a string.
    unsafe fn next_char(&mut self, it: *mut Iterator) -> Result<Option<(Value, Value)>, Trap> {
        // SAFETY: by contract.
        let (source, pos, count) = unsafe { ((*it).source, (*it).pos as usize, (*it).count) };
        let Some(c) = self.heap.text(source).get(pos..).and_then(|rest| rest.chars().next()) else {
            return Ok(None);
        };
        let item = self.slice_bytes(source, pos, pos + c.len_utf8())?;
        // SAFETY: by contract.
        unsafe { (*it).pos = (pos + c.len_utf8()) as u32 };
        Ok(Some((Value::num(f64::from(count)), item)))
    }

    /// # Safety
    /// `it` is live and iterates over an object.
    unsafe fn next_entry(&mut self, it: *mut Iterator) -> Option<(Value, Value)> {
        // SAFETY: by contract; entry numbers are checked by `entry_at`.
        unsafe {
            let map = dict::object((*it).source);
            let mut pos = (*it).pos as usize;
            if (*it).epoch != (*map).epoch {
                // Entries were renumbered: go on after the last key, if it is still there.
                (*it).epoch = (*map).epoch;
                if (*it).count > 0 {
                    let last = self.heap.map_find(map, (*it).key);
                    pos = last.map_or((*it).count.min((*map).used), |i| i + 1) as usize;
                }
            }
            let entry = dict::entry_at((*it).source, &mut pos)?;
            (*it).pos = pos as u32;
            Some((entry.key, entry.value))
        }
    }
}
