//! The running instruction as slow paths see it.

use hyp_bytecode::module::{Function, StrId};

use crate::error::Trap;
use crate::value::Value;
use crate::vm::Vm;

/// Declares slow paths: how the body runs ([`define`], [`perform`] or [`branch`]), the instruction's
/// length, the name, and the body.
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

/// The running instruction with its registers.
#[derive(Clone, Copy)]
pub(super) struct At {
    pc: *const u32,
    base: *mut Value,
}

impl At {
    /// # Safety
    /// `pc` is an instruction of a verified function whose registers lie at `base`, and both stay
    /// valid while the result is in use.
    pub(super) unsafe fn new(pc: *const u32, base: *mut Value) -> At {
        At { pc, base }
    }

    /// First operand byte.
    pub(super) fn a(self) -> usize {
        (self.word(0) >> 8 & 255) as usize
    }

    /// Second operand byte.
    pub(super) fn b(self) -> usize {
        (self.word(0) >> 16 & 255) as usize
    }

    /// Third operand byte.
    pub(super) fn c(self) -> usize {
        (self.word(0) >> 24) as usize
    }

    /// A register.
    pub(super) fn reg(self, index: usize) -> Value {
        // SAFETY: by the contract of `new`; callers pass operands of the instruction.
        unsafe { *self.base.add(index) }
    }

    /// A register as a double.
    pub(super) fn num(self, index: usize) -> f64 {
        f64::from_bits(self.reg(index).0)
    }

    /// A word of the instruction.
    pub(super) fn word(self, index: usize) -> u32 {
        // SAFETY: by the contract of `new`; callers pass words of the instruction.
        unsafe { *self.pc.add(index) }
    }

    /// A 64-bit constant that starts at a word of the instruction.
    pub(super) fn k64(self, index: usize) -> u64 {
        u64::from(self.word(index)) | u64::from(self.word(index + 1)) << 32
    }

    /// Register number `i` of the argument list that starts at word `list`.
    pub(super) fn arg_reg(self, list: usize, i: usize) -> usize {
        (self.word(list + i / 4) >> (i % 4 * 8) & 255) as usize
    }

    /// Argument `i` of the list that starts at word `list`.
    pub(super) fn arg(self, list: usize, i: usize) -> Value {
        self.reg(self.arg_reg(list, i))
    }

    /// All `count` arguments of the list that starts at word `list`.
    pub(super) fn args(self, list: usize, count: usize) -> impl ExactSizeIterator<Item = Value> {
        (0..count).map(move |i| self.arg(list, i))
    }
}

/// Runs the body of a slow path that defines the register of the first operand byte.
///
/// # Safety
/// As [`super::Slow`]: `vm` is valid and not borrowed, `pc` and `base` are those of its top frame.
#[inline(always)]
pub(super) unsafe fn define(
    vm: *mut Vm,
    pc: *const u32,
    base: *mut Value,
    len: usize,
    body: impl FnOnce(&mut Vm, At) -> Result<Value, Trap>,
) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        let (vm, at) = enter(vm, pc, base);
        match body(vm, at) {
            Ok(v) => {
                *base.add(at.a()) = v;
                pc.add(len)
            }
            Err(trap) => vm.raise(trap),
        }
    }
}

/// Runs the body of a slow path that defines nothing.
///
/// # Safety
/// As [`define`].
#[inline(always)]
pub(super) unsafe fn perform(
    vm: *mut Vm,
    pc: *const u32,
    base: *mut Value,
    len: usize,
    body: impl FnOnce(&mut Vm, At) -> Result<(), Trap>,
) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        let (vm, at) = enter(vm, pc, base);
        match body(vm, at) {
            Ok(()) => pc.add(len),
            Err(trap) => vm.raise(trap),
        }
    }
}

/// Runs the body of a branch whose distance is in word 1 of `len`.
///
/// # Safety
/// As [`define`].
#[inline(always)]
pub(super) unsafe fn branch(
    vm: *mut Vm,
    pc: *const u32,
    base: *mut Value,
    len: usize,
    body: impl FnOnce(&mut Vm, At) -> Result<bool, Trap>,
) -> *const u32 {
    // SAFETY: by contract; the verifier has checked the target.
    unsafe {
        let (vm, at) = enter(vm, pc, base);
        match body(vm, at) {
            Ok(false) => pc.add(len),
            Ok(true) => {
                let distance = at.word(1) as i32 as isize;
                vm.budget -= i64::from(distance < 0);
                if let Err(trap) = vm.poll() {
                    return vm.raise(trap);
                }
                pc.add(len).offset(distance)
            }
            Err(trap) => vm.raise(trap),
        }
    }
}

/// # Safety
/// As [`define`].
#[inline(always)]
pub(super) unsafe fn enter<'a>(vm: *mut Vm, pc: *const u32, base: *mut Value) -> (&'a mut Vm, At) {
    // SAFETY: by contract.
    unsafe {
        let vm = &mut *vm;
        vm.pc = pc;
        vm.base = base;
        (vm, At::new(pc, base))
    }
}

impl Vm {
    /// The running function's definition.
    pub(super) fn running(&self) -> Option<&Function> {
        // SAFETY: slow paths run above a script frame.
        let func = unsafe { (*self.frame).func };
        if func.is_null() {
            return None;
        }
        // SAFETY: function descriptions live as long as the machine.
        self.module.functions.get(unsafe { (*func).index } as usize)
    }

    /// What an error at the running instruction calls the place; empty if unknown.
    pub(super) fn place(&self) -> &str {
        let Some(f) = self.running() else { return "" };
        // SAFETY: `pc` lies in the running function's code.
        let word = unsafe { self.pc.offset_from(f.code.as_ptr()) } as u32;
        match f.notes.binary_search_by_key(&word, |n| n.pc) {
            Ok(i) => f.notes.get(i).map_or("", |n| self.module.str(n.text)),
            Err(_) => "",
        }
    }

    /// The session whose private members the running function may use; 0 if none.
    pub(super) fn owner(&self) -> u32 {
        self.running().and_then(|f| f.owner).map_or(0, |t| t.0)
    }

    pub(super) fn name(&self, id: u32) -> &str {
        self.module.str(StrId(id))
    }
}

/// A raw boolean.
pub(super) fn raw(b: bool) -> Value {
    Value(u64::from(b))
}
