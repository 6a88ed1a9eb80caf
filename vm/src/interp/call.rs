//! Slow paths of calls.
//!
//! Every function is [`super::Slow`]; its safety contract is that of [`super::run_loop`].

use hyp_bytecode::builtin::Builtin;

use super::access::Found;
use super::at::{At, enter};
use crate::call::{Target, place_receiver};
use crate::error::Trap;
use crate::link::FuncInfo;
use crate::task::Point;
use crate::value::Value;
use crate::vm::Vm;

/// The argument list of a call instruction.
#[derive(Clone, Copy)]
struct Arguments {
    /// First word of the list.
    list: usize,
    /// Arguments to skip.
    skip: usize,
    /// Arguments of the instruction, skipped ones included.
    count: usize,
}

impl Arguments {
    fn len(self) -> usize {
        self.list + self.count.div_ceil(4)
    }

    /// # Safety
    /// `to` has room.
    unsafe fn copy(self, at: At, to: *mut Value) -> usize {
        for i in self.skip..self.count {
            // SAFETY: by contract.
            unsafe { *to.add(i - self.skip) = at.arg(self.list, i) };
        }
        self.count - self.skip
    }
}

/// Continues in `target`, or runs it if it is a builtin.
///
/// # Safety
/// As [`super::Slow`].
unsafe fn transfer(
    vm: &mut Vm,
    pc: *const u32,
    at: At,
    target: Result<Target, Trap>,
    args: Arguments,
) -> *const u32 {
    // SAFETY: by contract; the register stack has room above the running frame for all arguments of
    // an instruction and a receiver.
    let result = unsafe {
        let to = (*vm.frame).top;
        match target {
            Err(trap) => Err(trap),
            Ok(Target::Builtin(builtin)) => {
                let count = args.copy(at, to);
                let result = vm.run_builtin(builtin, to, count);
                return vm.deliver(result, Point { next: pc.add(args.len()), dst: at.a() as u32 });
            }
            Ok(Target::Native(native, state)) => {
                *to = state;
                let count = 1 + args.copy(at, to.add(1));
                let result = vm.run_waiting(native.body(), to, count);
                return vm.deliver(result, Point { next: pc.add(args.len()), dst: at.a() as u32 });
            }
            Ok(target @ Target::Script { receiver, .. }) => {
                let skip = place_receiver(receiver, to);
                let count = skip + args.copy(at, to.add(skip));
                vm.begin_call(target, count, pc.add(args.len()), at.a() as u32)
            }
        }
    };
    match result {
        Ok(pc) => pc,
        // SAFETY: by contract.
        Err(trap) => unsafe { vm.raise(trap) },
    }
}

/// `call` when the budget or the call stack is exhausted.
#[cold]
#[inline(never)]
pub(super) unsafe fn call_slow(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        let (vm, at) = enter(vm, pc, base);
        let func = vm.func_info(at.word(1));
        let polled = vm.poll();
        vm.poll_at_call(at.word(1));
        let target = polled.map(|()| Target::Script {
            func,
            closure: Value::NULL,
            receiver: None,
            session: None,
        });
        transfer(vm, pc, at, target, Arguments { list: 2, skip: 0, count: at.b() })
    }
}

/// `check_depth` when the calls do not fit.
#[cold]
#[inline(never)]
pub(super) unsafe fn too_deep(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        let (vm, _) = enter(vm, pc, base);
        let limit = vm.stack.depth_max();
        vm.raise(crate::call::too_deep(limit))
    }
}

/// `call_value` of anything but a closure whose parameters fit.
#[inline(never)]
pub(super) unsafe fn call_value(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        let (vm, at) = enter(vm, pc, base);
        let target = vm.poll().and_then(|()| vm.resolve_callee(at.reg(at.b())));
        transfer(vm, pc, at, target, Arguments { list: 1, skip: 0, count: at.c() })
    }
}

/// `call_method` that the inline cache does not answer.
#[inline(never)]
pub(super) unsafe fn call_method(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    unsafe {
        let (vm, at) = enter(vm, pc, base);
        let (receiver, name) = (at.arg(3, 0), at.word(1));
        let args = Arguments { list: 3, skip: 1, count: at.b() };
        let found = vm.poll().and_then(|()| vm.find_member(receiver, name));
        let target = found.and_then(|found| match found {
            Found::Method { func } => {
                vm.cache_method(at, receiver, vm.func_info(func));
                Ok(Target::Script {
                    func: vm.func_info(func),
                    closure: Value::NULL,
                    receiver: Some(receiver),
                    session: None,
                })
            }
            other => {
                let callee = vm.found_value(receiver, other)?;
                vm.resolve_callee(callee)
            }
        });
        transfer(vm, pc, at, target, args)
    }
}

impl Vm {
    /// Remembers the method that a receiver's type has for this instruction.
    fn cache_method(&mut self, at: At, receiver: Value, func: *const FuncInfo) {
        let Some(ty) = self.type_of_instance(receiver) else { return };
        // SAFETY: function descriptions live as long as the machine.
        if unsafe { (*func).is_simple_method } {
            self.remember(at.word(2), ty, func as u64);
        }
    }
}

/// `call_builtin`.
#[inline(never)]
pub(super) unsafe fn call_builtin(vm: *mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract; the verifier has checked the builtin's number.
    unsafe {
        let args = Arguments { list: 2, skip: 0, count: (*pc >> 16 & 255) as usize };
        let (vm, at) = enter(vm, pc, base);
        let next = pc.add(args.len());
        let Some(builtin) = Builtin::from_code(at.word(1)) else { return next };
        let to = (*vm.frame).top;
        let count = args.copy(at, to);
        match vm.run_builtin(builtin, to, count) {
            Ok(v) => {
                *base.add(at.a()) = v;
                next
            }
            result => vm.deliver(result, Point { next, dst: at.a() as u32 }),
        }
    }
}
