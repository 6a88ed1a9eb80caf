//! Instructions that make or load heap objects, and variables outside the frame.
//!
//! Every function is [`super::Slow`]; its safety contract is that of [`super::run_loop`].

use hyp_bytecode::module::ErrorKind;
use hyp_bytecode::rep::{Rep, TypeId};

use super::at::{define, perform};
use crate::array::are_bools;
use crate::error::Trap;
use crate::object::{Cell, Closure, Kind, Session, flag};
use crate::string;
use crate::value::{TAG_FUNC, TAG_HEAP, Value};
use crate::vm::Vm;

// ---- constants

slow! {
    define 2 load_str |vm, at| vm.interned(at.word(1));
    define 2 load_func |vm, at| vm.function_value(at.word(1));
    define 2 load_session |vm, at| vm.session_value(TypeId(at.word(1)));
}

impl Vm {
    /// The string of a constant, made once.
    pub(super) fn interned(&mut self, id: u32) -> Result<Value, Trap> {
        // SAFETY: the table has an entry per string of the module, and `id` is verified.
        let slot = unsafe { self.strings.add(id as usize) };
        // SAFETY: as above.
        let known = unsafe { *slot };
        if known.is_string() {
            return Ok(known);
        }
        let v = self.heap.new_str(self.name(id))?;
        self.heap.str_hash(v);
        // SAFETY: `v` is a new string; texts of a module are distinct.
        unsafe {
            (*v.ptr()).flags |= flag::INTERNED;
            *slot = v;
        }
        Ok(v)
    }

    /// The function value of a function without captures, made once.
    pub(super) fn function_value(&mut self, func: u32) -> Result<Value, Trap> {
        // SAFETY: the table has an entry per function of the module, and `func` is verified.
        let slot = unsafe { self.closures.add(func as usize) };
        // SAFETY: as above.
        let known = unsafe { *slot };
        if known.is_heap() {
            return Ok(known);
        }
        let v = self.new_closure(func, std::iter::empty())?;
        // SAFETY: as above.
        unsafe { *slot = v };
        Ok(v)
    }

    fn new_closure(
        &mut self,
        func: u32,
        captured: impl ExactSizeIterator<Item = Value>,
    ) -> Result<Value, Trap> {
        let bytes = size_of::<Closure>() + captured.len() * size_of::<Value>();
        let header = self.heap.alloc(bytes, Kind::Closure, TypeId::FUNCTION.0, 0)?;
        let closure = header.cast::<Closure>();
        // SAFETY: `alloc` returned room for the struct and the captured values.
        unsafe {
            (*closure).func = func;
            (*closure).count = captured.len() as u32;
            for (i, v) in captured.enumerate() {
                closure.add(1).cast::<Value>().add(i).write(v);
            }
        }
        Ok(Value::from_ptr(TAG_FUNC, header))
    }

    fn session_value(&mut self, ty: TypeId) -> Result<Value, Trap> {
        let index = ty.user_index().unwrap_or(0) as usize;
        let known = self.session_table.get(index).copied().unwrap_or(Value::NULL);
        if known.0 != 0 {
            return Ok(known);
        }
        let header = self.heap.alloc(size_of::<Session>(), Kind::Session, TypeId::FUNCTION.0, 0)?;
        // SAFETY: `alloc` returned room for the struct.
        unsafe {
            (*header.cast::<Session>()).ty = ty.0;
            (*header.cast::<Session>()).pad = 0;
        }
        let v = Value::from_ptr(TAG_FUNC, header);
        if let Some(slot) = self.session_table.get_mut(index) {
            *slot = v;
        }
        Ok(v)
    }
}

// ---- variables outside the frame

/// `make_closure`; its length depends on the argument count.
#[inline(never)]
pub(super) unsafe fn make_closure(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        let count = (*pc >> 16 & 255) as usize;
        define(vm, pc, base, 2 + count.div_ceil(4), |vm, at| {
            vm.safepoint();
            vm.new_closure(at.word(1), at.args(2, count))
        })
    }
}

/// `new_cell`.
#[inline(never)]
pub(super) unsafe fn new_cell(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        define(vm, pc, base, 1, |vm, at| {
            vm.safepoint();
            let header = vm.heap.alloc(size_of::<Cell>(), Kind::Cell, TypeId::CELL.0, 0)?;
            (*header.cast::<Cell>()).value = at.reg(at.b());
            Ok(Value::from_ptr(TAG_HEAP, header))
        })
    }
}

slow! {
    define 1 get_cell |vm, _at| Err(vm.undeclared(vm.place()));
    perform 1 set_cell |vm, at| {
        let (cell, v) = (at.reg(at.a()), at.reg(at.b()));
        if cell.is_null() {
            return Err(vm.undeclared(vm.place()));
        }
        // The verifier has checked that the register holds a box or null.
        (*cell.ptr().cast::<Cell>()).value = v;
        vm.heap.stored(cell.ptr(), v);
        Ok(())
    };
    define 2 get_global |vm, at| {
        let global = vm.module.globals.get(at.word(1) as usize);
        let name = global.map_or("", |g| vm.module.str(g.name));
        Err(vm.undeclared(name))
    };
}

impl Vm {
    /// `Variable 'x' not found`; a place like `variable 'x'` gives its quoted name.
    #[cold]
    pub(super) fn undeclared(&self, place: &str) -> Trap {
        let name = place.split('\'').nth(1).unwrap_or(place);
        Trap::error(ErrorKind::Undefined, format!("Variable '{name}' not found"))
    }
}

// ---- arrays, objects, strings

/// `new_array`; its length depends on the argument count.
#[inline(never)]
pub(super) unsafe fn new_array(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract; the new array has room for `count` elements.
    unsafe {
        let count = (*pc >> 16 & 255) as usize;
        define(vm, pc, base, 1 + count.div_ceil(4), |vm, at| {
            vm.safepoint();
            if are_bools(at.args(1, count)) {
                let v = vm.heap.new_bool_array(count)?;
                at.args(1, count).try_for_each(|item| vm.heap.array_push(v, item))?;
                return Ok(v);
            }
            let v = vm.heap.new_array(count)?;
            let array = crate::array::object(v);
            for i in 0..count {
                *(*array).ptr.add(i) = at.arg(1, i);
            }
            (*array).len = count as u32;
            Ok(v)
        })
    }
}

/// `new_object`; its length depends on the argument count.
#[inline(never)]
pub(super) unsafe fn new_object(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        let count = (*pc >> 16 & 255) as usize;
        define(vm, pc, base, 1 + count.div_ceil(4), |vm, at| {
            vm.safepoint();
            let v = vm.heap.new_map(count / 2)?;
            for i in 0..count / 2 {
                vm.heap.map_set(v, at.arg(1, 2 * i), at.arg(1, 2 * i + 1))?;
            }
            Ok(v)
        })
    }
}

/// Strings above this length are joined as ropes by `concat`, shorter ones are copied.
const CONCAT_COPY_MAX: usize = 64;

/// `concat`; its length depends on the argument count.
#[inline(never)]
pub(super) unsafe fn concat(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        let count = (*pc >> 16 & 255) as usize;
        define(vm, pc, base, 1 + count.div_ceil(4), |vm, at| {
            vm.safepoint();
            vm.join(at.args(1, count))
        })
    }
}

impl Vm {
    fn join(&mut self, parts: impl std::iter::Iterator<Item = Value>) -> Result<Value, Trap> {
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        let mut joined = None;
        let mut result = Ok(());
        for part in parts {
            if part.is_string() && string::byte_len(part) > CONCAT_COPY_MAX {
                result = self.append(&mut joined, &mut text, Some(part));
            } else {
                self.display_into(part, &mut text);
            }
            if result.is_err() {
                break;
            }
        }
        result = result.and_then(|()| self.append(&mut joined, &mut text, None));
        self.scratch = text;
        result?;
        match joined {
            Some(v) => Ok(v),
            None => self.heap.new_str(""),
        }
    }

    /// Appends the collected text and then a long string.
    fn append(
        &mut self,
        joined: &mut Option<Value>,
        text: &mut String,
        part: Option<Value>,
    ) -> Result<(), Trap> {
        if !text.is_empty() {
            let piece = self.heap.new_str(text)?;
            text.clear();
            *joined = Some(match *joined {
                Some(before) => self.heap.concat(before, piece)?,
                None => piece,
            });
        }
        if let Some(part) = part {
            *joined = Some(match *joined {
                Some(before) => self.heap.concat(before, part)?,
                None => part,
            });
        }
        Ok(())
    }
}

// ---- records and sessions

/// `new_record`; its length depends on the argument count.
#[inline(never)]
pub(super) unsafe fn new_record(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract; the verifier has checked the field count.
    unsafe {
        let count = (*pc >> 16 & 255) as usize;
        define(vm, pc, base, 2 + count.div_ceil(4), |vm, at| {
            vm.safepoint();
            let (v, fields) = vm.new_fields(TypeId(at.word(1)))?;
            for i in 0..count {
                *fields.add(i) = at.arg(2, i);
            }
            Ok(v)
        })
    }
}

/// `new_instance`.
#[inline(never)]
pub(super) unsafe fn new_instance(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        define(vm, pc, base, 2, |vm, at| {
            vm.safepoint();
            Ok(vm.new_fields(TypeId(at.word(1)))?.0)
        })
    }
}

slow! {
    define 1 copy_record |vm, at| {
        let v = at.reg(at.b());
        if !v.is_record() {
            let display = vm.display(v);
            return Err(Trap::runtime(format!("Cannot copy '{display}': not a record")));
        }
        vm.safepoint();
        vm.copy_fields(v)
    };
}

// ---- shared with other modules

impl Vm {
    /// A record or instance with its initial field values, and the address of the fields.
    pub(crate) fn new_fields(&mut self, ty: TypeId) -> Result<(Value, *mut Value), Trap> {
        let index = ty.user_index().unwrap_or(0) as usize;
        let Some(info) = self.type_table.get(index) else {
            return Err(Trap::runtime("Unknown type"));
        };
        let header = self.heap.alloc(info.bytes, info.header.kind, ty.0, 0)?;
        let fields = header.wrapping_add(1).cast::<Value>();
        // SAFETY: `alloc` returned room for the header and the fields of the template.
        unsafe {
            std::ptr::copy_nonoverlapping(info.template.as_ptr(), fields, info.template.len())
        };
        Ok((Value::from_ptr(TAG_HEAP, header), fields))
    }

    /// A record of these field values, which fit its fields' representations.
    pub(crate) fn new_record(&mut self, ty: TypeId, values: &[Value]) -> Result<Value, Trap> {
        let (v, _) = self.new_fields(ty)?;
        for (i, &value) in values.iter().enumerate() {
            self.set_field_value(v, i, value);
        }
        Ok(v)
    }

    /// A copy of a record.
    pub(crate) fn copy_fields(&mut self, v: Value) -> Result<Value, Trap> {
        let Some(ty) = self.type_of_instance(v) else { return Ok(v) };
        let (copy, fields) = self.new_fields(ty)?;
        let values = self.field_values(v);
        // SAFETY: both have the fields of the same type, and `copy` is new.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), fields, values.len()) };
        Ok(copy)
    }

    /// Stores a field of a record or instance if the slot exists and the value fits it.
    pub(crate) fn set_field_value(&mut self, v: Value, slot: usize, value: Value) {
        let rep = self.type_def(v).and_then(|d| d.fields.get(slot)).map_or(Rep::Bool, |f| f.rep);
        if self.fits(rep, value) {
            // SAFETY: the slot exists, so `v` is a record or instance with a field there.
            unsafe { *v.ptr().add(1 + slot).cast::<Value>() = value };
            self.heap.stored(v.ptr(), value);
        }
    }
}
