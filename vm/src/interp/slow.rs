//! Slow paths and instructions without a fast path.
//!
//! Every function is [`super::Slow`]; its safety contract is that of [`super::run_loop`].

use std::sync::Arc;

use hyp_bytecode::module::{Desc, DescId, ErrorKind};
use hyp_bytecode::rep::{Rep, TypeId};

use super::at::{branch, define, enter, perform};
use crate::dict;
use crate::error::Trap;
use crate::number;
use crate::object::{Cell, Closure, Iterator, Kind, Session, flag};
use crate::string;
use crate::types::Strictness;
use crate::value::{TAG_FUNC, TAG_HEAP, Value};
use crate::vm::{POLL_INTERVAL, Vm};

macro_rules! slow {
    ($($(#[$meta:meta])* $how:ident $len:literal $name:ident |$vm:ident, $at:ident| $body:expr;)+) => {
        $($(#[$meta])*
        #[cold]
        #[inline(never)]
        pub(super) unsafe fn $name(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
            // SAFETY: by contract.
            unsafe { $how(vm, pc, base, $len, |$vm, $at| $body) }
        })+
    };
}

fn raw(b: bool) -> Value {
    Value(u64::from(b))
}

/// Looks at the interrupt flag. `pc` is where execution continues.
#[cold]
#[inline(never)]
pub(super) unsafe fn poll(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        let (vm, _) = enter(vm, pc, base);
        vm.budget = POLL_INTERVAL;
        if vm.take_interrupt() { vm.raise(Trap::Interrupted) } else { pc }
    }
}

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

    fn new_closure(&mut self, func: u32, captured: impl ExactSizeIterator<Item = Value>) -> Result<Value, Trap> {
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

// ---- conversions and checks

slow! {
    define 1 truthy |vm, at| Ok(raw(vm.truthy(at.reg(at.b()))));
    branch 2 jump_truthy |vm, at| Ok(vm.truthy(at.reg(at.a())));
    branch 2 jump_falsy |vm, at| Ok(!vm.truthy(at.reg(at.a())));
    define 1 check_f64 |vm, at| vm.check_failed("number", at.reg(at.b()));
    define 1 check_bool |vm, at| vm.check_failed("boolean", at.reg(at.b()));
    define 1 check_str |vm, at| vm.check_failed("string", at.reg(at.b()));
    define 1 check_array |vm, at| vm.check_failed("array", at.reg(at.b()));
    define 2 check_ref |vm, at| {
        let desc = Desc::Named(TypeId(at.word(1)));
        let place = vm.place().to_owned();
        vm.check_desc(&desc, at.reg(at.b()), &place)
    };
    define 2 check_type |vm, at| {
        vm.safepoint();
        let module = Arc::clone(&vm.module);
        let desc = module.descs.get(at.word(1) as usize).unwrap_or(&Desc::Any);
        let v = at.reg(at.b());
        if vm.matches(desc, v, Strictness::Shallow) {
            return Ok(v);
        }
        let place = vm.place().to_owned();
        vm.check_desc(desc, v, &place)
    };
    define 2 is_type |vm, at| Ok(raw(vm.is_exactly(DescId(at.word(1)), at.reg(at.b()))));
    branch 3 jump_not_type |vm, at| Ok(!vm.is_exactly(DescId(at.word(2)), at.reg(at.a())));
    define 1 to_num |vm, at| vm.to_number(at.reg(at.b())).map(Value::num);
}

impl Vm {
    #[cold]
    pub(super) fn check_failed(&self, expected: &str, v: Value) -> Result<Value, Trap> {
        Err(self.mismatch(expected, v, self.place()))
    }

    fn is_exactly(&self, desc: DescId, v: Value) -> bool {
        self.module.descs.get(desc.0 as usize).is_some_and(|d| self.matches(d, v, Strictness::Exact))
    }
}

// ---- numbers

macro_rules! binary_i32 {
    ($at:ident, $x:ident, $y:ident, $e:expr) => {{
        let ($x, $y) = (number::to_i32($at.num($at.b())), number::to_i32($at.num($at.c())));
        let result: i32 = $e;
        Ok(Value::num(f64::from(result)))
    }};
}

slow! {
    define 1 mod_f64 |_vm, at| Ok(Value::num(number::modulo(at.num(at.b()), at.num(at.c()))));
    define 3 mod_f64_k |_vm, at| Ok(Value::num(number::modulo(at.num(at.b()), f64::from_bits(at.k64(1)))));
    define 1 pow_f64 |_vm, at| Ok(Value::num(at.num(at.b()).powf(at.num(at.c()))));
    define 1 floor_f64 |_vm, at| Ok(Value::num(at.num(at.b()).floor()));
    define 1 ceil_f64 |_vm, at| Ok(Value::num(at.num(at.b()).ceil()));
    define 1 trunc_f64 |_vm, at| Ok(Value::num(at.num(at.b()).trunc()));
    define 1 min_f64 |_vm, at| Ok(Value::num(number::min(at.num(at.b()), at.num(at.c()))));
    define 1 max_f64 |_vm, at| Ok(Value::num(number::max(at.num(at.b()), at.num(at.c()))));
    define 1 bit_and |_vm, at| binary_i32!(at, x, y, x & y);
    define 1 bit_or |_vm, at| binary_i32!(at, x, y, x | y);
    define 1 bit_xor |_vm, at| binary_i32!(at, x, y, x ^ y);
    define 1 bit_shl |_vm, at| binary_i32!(at, x, y, x.wrapping_shl(y as u32));
    define 1 bit_shr |_vm, at| binary_i32!(at, x, y, x.wrapping_shr(y as u32));
    define 1 bit_not |_vm, at| Ok(Value::num(f64::from(!number::to_i32(at.num(at.b())))));
}

// ---- operators on tagged values

slow! {
    define 1 add_any |vm, at| vm.add(at.reg(at.b()), at.reg(at.c()));
    define 3 add_any_k |vm, at| vm.add(at.reg(at.b()), Value(at.k64(1)));
    define 1 sub_any |vm, at| vm.arithmetic(at.reg(at.b()), at.reg(at.c()), |x, y| x - y);
    define 1 mul_any |vm, at| vm.arithmetic(at.reg(at.b()), at.reg(at.c()), |x, y| x * y);
    define 1 div_any |vm, at| vm.arithmetic(at.reg(at.b()), at.reg(at.c()), |x, y| x / y);
    define 1 mod_any |vm, at| vm.arithmetic(at.reg(at.b()), at.reg(at.c()), number::modulo);
    define 1 pow_any |vm, at| {
        let (a, b) = (at.reg(at.b()), at.reg(at.c()));
        match (a.as_bool(), b.as_bool()) {
            (Some(x), Some(y)) => Ok(Value::bool(x != y)),
            _ => vm.arithmetic(a, b, f64::powf),
        }
    };
    define 1 neg_any |vm, at| Ok(Value::num(-vm.to_number(at.reg(at.b()))?));
    define 1 lt_any |vm, at| vm.less(at.reg(at.b()), at.reg(at.c())).map(raw);
    define 1 le_any |vm, at| vm.less_equal(at.reg(at.b()), at.reg(at.c())).map(raw);
    define 1 eq_any |vm, at| Ok(raw(vm.equals(at.reg(at.b()), at.reg(at.c()))));
    branch 2 jump_lt_any |vm, at| vm.less(at.reg(at.a()), at.reg(at.b()));
    branch 2 jump_le_any |vm, at| vm.less_equal(at.reg(at.a()), at.reg(at.b()));
    branch 2 jump_nlt_any |vm, at| vm.less(at.reg(at.a()), at.reg(at.b())).map(|t| !t);
    branch 2 jump_nle_any |vm, at| vm.less_equal(at.reg(at.a()), at.reg(at.b())).map(|t| !t);
    branch 2 jump_eq_any |vm, at| Ok(vm.equals(at.reg(at.a()), at.reg(at.b())));
    branch 2 jump_ne_any |vm, at| Ok(!vm.equals(at.reg(at.a()), at.reg(at.b())));
}

impl Vm {
    fn add(&mut self, a: Value, b: Value) -> Result<Value, Trap> {
        if a.is_string() || b.is_string() {
            self.safepoint();
            let a = self.display_value(a)?;
            let b = self.display_value(b)?;
            return self.heap.concat(a, b);
        }
        self.arithmetic(a, b, |x, y| x + y)
    }

    fn arithmetic(&self, a: Value, b: Value, f: impl FnOnce(f64, f64) -> f64) -> Result<Value, Trap> {
        let x = self.to_number(a)?;
        Ok(Value::num(f(x, self.to_number(b)?)))
    }

    /// The display string of a value as a string value.
    pub(super) fn display_value(&mut self, v: Value) -> Result<Value, Trap> {
        if v.is_string() {
            return Ok(v);
        }
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        self.display_into(v, &mut text);
        let result = self.heap.new_str(&text);
        self.scratch = text;
        result
    }

    fn less(&self, a: Value, b: Value) -> Result<bool, Trap> {
        if a.is_string() && b.is_string() {
            return Ok(self.heap.bytes(a) < self.heap.bytes(b));
        }
        self.ordered(a, b).map(|(x, y)| x < y)
    }

    fn less_equal(&self, a: Value, b: Value) -> Result<bool, Trap> {
        if a.is_string() && b.is_string() {
            return Ok(self.heap.bytes(a) <= self.heap.bytes(b));
        }
        self.ordered(a, b).map(|(x, y)| x <= y)
    }

    /// Both operands as numbers. `a > b` is compiled as `b < a` with the note `swapped`: then the
    /// error is that of the second operand here, which comes first in the source.
    fn ordered(&self, a: Value, b: Value) -> Result<(f64, f64), Trap> {
        let (x, y) = (self.to_number(a), self.to_number(b));
        if self.place() == "swapped" {
            let y = y?;
            return Ok((x?, y));
        }
        Ok((x?, y?))
    }
}

// ---- raising

slow! {
    perform 1 throw |vm, at| Err(vm.thrown(at.reg(at.a())));
    perform 2 raise |vm, at| {
        let kind = ErrorKind::from_code(at.a() as u8).unwrap_or(ErrorKind::Runtime);
        Err(Trap::error(kind, vm.name(at.word(1))))
    };
    perform 1 fail |vm, at| {
        let kind = ErrorKind::from_code(at.b() as u8).unwrap_or(ErrorKind::Runtime);
        Err(Trap::error(kind, vm.display(at.reg(at.a()))))
    };
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
    perform 1 set_cell |vm, _at| Err(vm.undeclared(vm.place()));
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
    fn append(&mut self, joined: &mut Option<Value>, text: &mut String, part: Option<Value>) -> Result<(), Trap> {
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

// ---- iteration

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
        let header = self.heap.alloc(size_of::<Iterator>(), Kind::Iterator, TypeId::ITERATOR.0, 0)?;
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

// ---- output and host

slow! {
    perform 1 print |vm, at| vm.print(at.reg(at.a()), at.b());
    define 1 snapshot |vm, at| {
        vm.safepoint();
        vm.snapshot(at.reg(at.b()))
    };
    define 2 oscillate |vm, at| {
        let v = at.reg(at.b());
        match v.as_bool() {
            Some(b) => Ok(Value::bool(!b)),
            None => {
                let (name, got) = (vm.name(at.word(1)), vm.type_name(v));
                Err(Trap::runtime(format!("Oscillate target '{name}' must be boolean, got {got}")))
            }
        }
    };
    define 1 read_external |vm, at| vm.read_external(at.b());
    perform 1 suspend |vm, _at| vm.suspend();
}

impl Vm {
    fn print(&mut self, v: Value, kind: usize) -> Result<(), Trap> {
        let mut out = std::mem::take(&mut self.output.buffer);
        match kind {
            2 => out.push_str(&self.display(v).to_uppercase()),
            3 => {
                out.push_str("[DEBUG] ");
                self.display_into(v, &mut out);
            }
            _ => self.display_into(v, &mut out),
        }
        if matches!(kind, 0 | 2) {
            out.push('\n');
        }
        self.output.buffer = out;
        self.output.flush_if_full()
    }

    fn read_external(&mut self, kind: usize) -> Result<Value, Trap> {
        let Some(line) = self.read_line()? else { return Ok(Value::NULL) };
        match kind {
            1 => number::parse(line.trim())
                .map(Value::num)
                .ok_or_else(|| Trap::runtime(format!("Cannot convert '{line}' to number"))),
            2 => match line.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" => Ok(Value::TRUE),
                "false" | "0" | "no" => Ok(Value::FALSE),
                _ => Err(Trap::runtime(format!("Cannot convert '{line}' to boolean"))),
            },
            _ => self.heap.new_str(&line),
        }
    }

    fn suspend(&mut self) -> Result<(), Trap> {
        self.write_out("[SUSPEND] Program suspended - press Ctrl+C to exit")?;
        while self.read_line()?.is_some() {
            if self.take_interrupt() {
                return Err(Trap::Interrupted);
            }
        }
        if self.take_interrupt() { Err(Trap::Interrupted) } else { Ok(()) }
    }
}

// ---- shared with other modules

impl Vm {
    /// A record or instance with its initial field values, and the address of the fields.
    pub(crate) fn new_fields(&mut self, ty: TypeId) -> Result<(Value, *mut Value), Trap> {
        let index = ty.user_index().unwrap_or(0) as usize;
        let Some(info) = self.type_table.get(index) else { return Err(Trap::runtime("Unknown type")) };
        let header = self.heap.alloc(info.bytes, info.header.kind, ty.0, 0)?;
        let fields = header.wrapping_add(1).cast::<Value>();
        // SAFETY: `alloc` returned room for the header and the fields of the template.
        unsafe { std::ptr::copy_nonoverlapping(info.template.as_ptr(), fields, info.template.len()) };
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
        }
    }
}
