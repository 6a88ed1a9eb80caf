//! Slow paths of checks and operators.
//!
//! Every function is [`super::Slow`]; its safety contract is that of [`super::run_loop`].

use std::sync::Arc;

use hyp_bytecode::module::{Desc, DescId, ErrorKind};
use hyp_bytecode::rep::TypeId;

use super::at::{branch, define, enter, perform, raw};
use crate::error::Trap;
use crate::number;
use crate::types::Strictness;
use crate::value::Value;
use crate::vm::Vm;

/// Looks at the interrupt flag. `pc` is where execution continues.
#[cold]
#[inline(never)]
pub(super) unsafe fn poll(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        let (vm, _) = enter(vm, pc, base);
        match vm.poll() {
            Ok(()) if vm.native.is_some() => crate::tier::poll_at_loop(vm, pc, base),
            Ok(()) => pc,
            Err(trap) => vm.raise(trap),
        }
    }
}

/// `native`.
#[inline(never)]
pub(super) unsafe fn native(vm: *mut Vm, _pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    unsafe { crate::tier::enter(vm, base) }
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
        let desc = Desc::Nullable(Box::new(Desc::Named(TypeId(at.word(1)))));
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
        self.module
            .descs
            .get(desc.0 as usize)
            .is_some_and(|d| self.matches(d, v, Strictness::Exact))
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

    fn arithmetic(
        &self,
        a: Value,
        b: Value,
        f: impl FnOnce(f64, f64) -> f64,
    ) -> Result<Value, Trap> {
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
