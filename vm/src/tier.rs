//! Native code and the interpreter: how control passes between them.
//!
//! The machine knows no code generator; a [`Tier`] plugs in. Hot functions and loops are found where
//! the interpreter polls ([`Vm::poll`]): a poll that hits a function counts for it. Published code is
//! taken over at polls too, so nothing that runs has to be synchronised.
//!
//! Frames of native code are frames of the register stack like the interpreter's, at the same
//! addresses; their return address is null, so the interpreter leaves when it returns from one, and
//! [`Frame::site`] says where the caller continues. Native code keeps registers in machine registers.
//! Before anything that may look at the frame, it stores the tagged registers that are live; before
//! it gives a frame up, all of them. It gives up in one way: it returns a [`Status`] to its caller,
//! which, if it is native too, settles the callee ([`after_call`]) or gives up itself.
//!
//! Invariant: the same budget steps, the same limits and the same errors as the interpreter's, because
//! whatever native code does not do itself is the interpreter's own slow path ([`step`]).

use std::mem::offset_of;
use std::sync::Arc;

use ahash::AHashMap;
use hyp_bytecode::op::Op;
use hyp_bytecode::verify::VerifiedModule;

use crate::error::Trap;
use crate::interp::{self, Slow};
use crate::link::FuncInfo;
use crate::stack::Frame;
use crate::task::Point;
use crate::value::Value;
use crate::vm::Vm;

/// Steps in a function, or at a loop, that make it hot; those between two polls all count for the
/// place where the second one is.
const HOT: u32 = 8192;
/// What a poll counts.
const POLL: u32 = 4096;
/// What a call from native code counts, which is slow until the callee is native too.
const NATIVE_CALL: u32 = 128;
/// Times that code is left by guards before it is replaced.
const LEAVES: u32 = 16;
/// Bytes of native stack that native frames may take below the address where a machine was entered.
const STACK_BYTES: usize = 512 << 10;

/// How native code has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Status {
    /// The frame has returned; its result is with it or in the machine.
    Done = 0,
    /// The frame is gone, and an error goes on to its caller.
    Raised = 1,
    /// The frame is the top frame and complete; the interpreter goes on with it.
    Left = 2,
    /// The running task waits; all frames become the interpreter's, so that they can be parked.
    Parked = 3,
}

/// Native code from the outside: machine, registers, frame; gives a [`Status`].
pub type Entry = unsafe extern "C" fn(*mut Vm, *mut Value, *mut Frame) -> u64;

/// Code that has been published.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// The function.
    pub func: u32,
    /// Word of the loop head where the code is entered; `None` for the function's start.
    pub head: Option<u32>,
    /// Address of an [`Entry`].
    pub entry: usize,
    /// Address of the code that takes parameters in machine registers; 0 for loops.
    pub typed: usize,
}

/// Makes native code for a module. Shared by all machines that run it.
pub trait Tier: Send + Sync {
    /// A function, or a loop of it, is hot. Asked again while it stays hot and is interpreted.
    fn request(&self, func: u32, head: Option<u32>);

    /// The code of a function was left too often because what it relies on did not hold: code that
    /// relies on nothing is to replace it.
    fn be_cautious(&self, func: u32);

    /// How much code has been published.
    fn published(&self) -> usize;

    /// Calls `take` with the published code from number `from` on.
    fn for_each_published(&self, from: usize, take: &mut dyn FnMut(&Code));

    /// Whether functions are compiled before they first run.
    fn is_eager(&self) -> bool {
        false
    }
}

/// Makes the tier of a module.
pub type TierFactory = Arc<dyn Fn(&Arc<VerifiedModule>) -> Arc<dyn Tier> + Send + Sync>;

/// What a machine knows about its tier.
pub(crate) struct Native {
    tier: Arc<dyn Tier>,
    /// Published code that has been taken over.
    n_seen: usize,
    loops: AHashMap<(u32, u32), usize>,
    /// Polls by function and by loop; a loop's function is given by its upper half.
    heat: AHashMap<u64, u32>,
    /// How often the code of a function was left, by function.
    leaves: AHashMap<u32, u32>,
    /// The frame where native code was entered last, if it has not ended; null below a builtin.
    entered: *mut Frame,
    /// What the running task waits for while native frames are given up.
    parking: Option<(Value, Point)>,
}

/// The one instruction of code that leads to native code.
static ENTER: [u32; 1] = [Op::Native as u32];

impl Vm {
    /// Has native code made by `tier`.
    pub(crate) fn attach(&mut self, tier: Arc<dyn Tier>) {
        if tier.is_eager() {
            for f in &mut self.func_table {
                f.start = ENTER.as_ptr();
            }
        }
        let here = 0_u8;
        self.native_limit = std::ptr::from_ref(&here).addr().saturating_sub(STACK_BYTES);
        self.native = Some(Box::new(Native {
            tier,
            n_seen: 0,
            loops: AHashMap::new(),
            heat: AHashMap::new(),
            leaves: AHashMap::new(),
            entered: std::ptr::null_mut(),
            parking: None,
        }));
    }

    /// Takes over code that has been published since the last time.
    fn take_published(&mut self) {
        let Some(native) = &mut self.native else { return };
        let count = native.tier.published();
        if count == native.n_seen {
            return;
        }
        let tier = Arc::clone(&native.tier);
        tier.for_each_published(native.n_seen, &mut |code| match code.head {
            Some(head) => {
                native.loops.insert((code.func, head), code.entry);
            }
            None => {
                if let Some(f) = self.func_table.get_mut(code.func as usize) {
                    f.entry = code.entry;
                    f.typed = code.typed;
                    f.start = ENTER.as_ptr();
                }
            }
        });
        native.n_seen = count;
    }

    /// Counts steps; asks for code when they make the place hot.
    fn heat(&mut self, func: u32, head: Option<u32>, steps: u32) {
        let Some(native) = &mut self.native else { return };
        let key = u64::from(func) << 32 | head.map_or(0xFFFF_FFFF, u64::from);
        let heat = native.heat.entry(key).or_default();
        let before = *heat / HOT;
        *heat = heat.saturating_add(steps);
        if *heat / HOT > before {
            native.tier.request(func, head);
        }
    }

    /// A poll at a call of a function.
    pub(crate) fn poll_at_call(&mut self, func: u32) {
        if self.native.is_some() {
            self.heat(func, None, POLL);
            self.take_published();
        }
    }

    /// Replaces the frame below which native frames are not given up; gives the one before.
    pub(crate) fn set_entered(&mut self, frame: *mut Frame) -> *mut Frame {
        match &mut self.native {
            Some(native) => std::mem::replace(&mut native.entered, frame),
            None => std::ptr::null_mut(),
        }
    }

    /// Takes note that the running task waits for `v`, if native frames above `root` have to be given
    /// up before.
    pub(crate) fn begin_parking(&mut self, root: *mut Frame, v: Value, point: Point) -> bool {
        match &mut self.native {
            Some(native) if !native.entered.is_null() && native.entered >= root => {
                native.parking = Some((v, point));
                true
            }
            _ => false,
        }
    }

    /// Whether native frames are being given up.
    pub(crate) fn is_parking(&self) -> bool {
        self.native.as_ref().is_some_and(|native| native.parking.is_some())
    }

    /// Whether native code may be entered here.
    fn has_room_for_native(&self) -> bool {
        let here = 0_u8;
        std::ptr::from_ref(&here).addr() > self.native_limit
    }
}

/// A poll at the head of a loop: continues in native code if there is some.
///
/// # Safety
/// As [`Slow`]; `pc` is where execution continues.
pub(crate) unsafe fn poll_at_loop(vm: &mut Vm, pc: *const u32, base: *mut Value) -> *const u32 {
    // SAFETY: by contract.
    let (func, word) = unsafe {
        let info = (*vm.frame).func;
        ((*info).index, pc.offset_from((*info).code) as u32)
    };
    // A loop that is hot although its code is there belongs to a function that is called again.
    vm.heat(func, Some(word), POLL);
    vm.heat(func, None, POLL / 2);
    vm.take_published();
    let code = vm.native.as_ref().and_then(|native| native.loops.get(&(func, word)).copied());
    match code {
        // SAFETY: the tier publishes entries.
        Some(code) if vm.has_room_for_native() => unsafe {
            run(vm, std::mem::transmute::<usize, Entry>(code), base)
        },
        _ => pc,
    }
}

/// `native`: enters the code of the function whose frame was just pushed.
///
/// # Safety
/// As [`Slow`].
pub(crate) unsafe fn enter(vm: *mut Vm, base: *mut Value) -> *const u32 {
    // SAFETY: by contract; function descriptions live as long as the machine.
    unsafe {
        let vm = &mut *vm;
        vm.base = base;
        let info = (*vm.frame).func;
        if (*info).entry == 0 {
            let index = (*info).index;
            vm.pc = (*info).code;
            if let Some(native) = &vm.native {
                Arc::clone(&native.tier).request(index, None);
            }
            vm.take_published();
            if (*info).entry == 0
                && let Some(f) = vm.func_table.get_mut(index as usize)
            {
                f.start = f.code;
                return f.code;
            }
        }
        if !vm.has_room_for_native() {
            return (*info).code;
        }
        run(vm, std::mem::transmute::<usize, Entry>((*info).entry), base)
    }
}

/// Runs native code for the top frame. Returns where the interpreter continues.
///
/// # Safety
/// `base` is the top frame's registers; `code` is of its function, for the place where it stands.
unsafe fn run(vm: &mut Vm, code: Entry, base: *mut Value) -> *const u32 {
    // SAFETY: by contract. Native code touches the machine only through the pointer that it gets;
    // when it returns, the frame is as its status says.
    unsafe {
        let frame = vm.frame;
        let link = *frame;
        (*frame).ret_pc = std::ptr::null();
        if !link.ret_pc.is_null() {
            (*frame).site = link.ret_pc;
        }
        let outer = vm.set_entered(frame);
        let status = code(vm, base, frame);
        vm.set_entered(outer);
        if status == Status::Done as u64 {
            if !link.ret_pc.is_null() {
                *link.ret_base.add(link.dst as usize) = vm.result;
                vm.base = link.ret_base;
            }
            link.ret_pc
        } else if status == Status::Raised as u64 {
            if link.ret_pc.is_null() {
                return std::ptr::null();
            }
            let Some(trap) = vm.pending.take() else { return std::ptr::null() };
            vm.base = link.ret_base;
            vm.pc = link.ret_pc.sub(1);
            vm.unwind(trap)
        } else {
            (*frame).ret_pc = link.ret_pc;
            (*frame).dst = link.dst;
            let parking = vm.native.as_mut().and_then(|native| native.parking.take());
            match parking {
                Some((v, point)) => vm.deliver(Err(Trap::Await(v)), point),
                None => {
                    vm.base = base;
                    vm.exit_pc
                }
            }
        }
    }
}

// ---- what native code calls

/// An instruction whose slow path native code calls.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct SlowStep {
    pc: *const u32,
    next: *const u32,
    target: *const u32,
    slow: Slow,
}

// SAFETY: the fields never change, and nothing is read through them but by machines that run the
// module, whose code they point into.
unsafe impl Send for SlowStep {}

impl SlowStep {
    /// The instruction at `pc`, the one behind it, or null if it never continues there, and the one
    /// where it may branch to, or null. `None` if it has no slow path.
    #[must_use]
    pub fn new(op: Op, pc: *const u32, next: *const u32, target: *const u32) -> Option<SlowStep> {
        let slow = interp::slow_path(op)?;
        Some(SlowStep { pc, next, target, slow })
    }
}

/// Does the work of an instruction as the interpreter does when its fast path does not apply.
/// 0: done, the result is in its register. 4: done, and a branch is taken to its target.
/// Otherwise a [`Status`] of the frame; [`Status::Left`] also if a handler of the frame takes an
/// error, with `exit_pc` where it stands.
///
/// # Safety
/// The top frame's registers that the instruction reads are in their slots at `base`, and so are its
/// live tagged registers.
pub unsafe extern "C" fn step(vm: *mut Vm, base: *mut Value, insn: *const SlowStep) -> u64 {
    // SAFETY: by contract.
    unsafe {
        let SlowStep { pc, next, target, slow } = *insn;
        let frame = (*vm).frame;
        let to = slow(vm, pc, base);
        if to.is_null() {
            return if (*vm).is_parking() { Status::Parked } else { Status::Raised } as u64;
        }
        if to == next {
            return 0;
        }
        if to == target {
            return TAKEN;
        }
        let vm = &mut *vm;
        if vm.frame > frame {
            return run_callee(vm, to, pc, base, next);
        }
        vm.exit_pc = to;
        Status::Left as u64
    }
}

/// What [`step`] returns for a branch that is taken.
pub const TAKEN: u64 = 4;

/// Runs the callee whose frame was just pushed, from `to` on, and hands its result to the caller.
///
/// # Safety
/// `pc` is the caller's call instruction, `base` its registers.
unsafe fn run_callee(
    vm: &mut Vm,
    to: *const u32,
    pc: *const u32,
    base: *mut Value,
    next: *const u32,
) -> u64 {
    // SAFETY: by contract.
    unsafe {
        let callee = vm.frame;
        let dst = (*callee).dst;
        vm.heat((*(*callee).func).index, None, NATIVE_CALL);
        vm.take_published();
        (*callee).ret_pc = std::ptr::null();
        (*callee).site = next;
        let result = vm.execute(to);
        settle(vm, result, callee, pc, base, next, dst)
    }
}

/// Hands what a callee has ended with to the caller's frame.
///
/// # Safety
/// `callee` is the frame above the caller's; `pc` is the caller's call instruction.
unsafe fn settle(
    vm: &mut Vm,
    result: Result<Value, Trap>,
    callee: *mut Frame,
    pc: *const u32,
    base: *mut Value,
    next: *const u32,
    dst: u32,
) -> u64 {
    // SAFETY: by contract.
    unsafe {
        match result {
            Ok(v) => {
                vm.base = base;
                vm.result = v;
                *base.add(dst as usize) = v;
                0
            }
            Err(_) if vm.is_parking() => {
                (*callee).ret_pc = next;
                (*callee).dst = dst;
                Status::Parked as u64
            }
            Err(trap) => {
                vm.base = base;
                vm.pc = pc;
                let to = vm.unwind(trap);
                if to.is_null() {
                    return Status::Raised as u64;
                }
                vm.exit_pc = to;
                Status::Left as u64
            }
        }
    }
}

/// What a native caller does about a callee that has not returned. The result is as of [`step`].
///
/// # Safety
/// `frame` is the caller's frame with its registers, complete, at `base`; `pc` is its call
/// instruction, whose result goes to register `dst`; `status` is what the callee has given.
pub unsafe extern "C" fn after_call(
    vm: *mut Vm,
    pc: *const u32,
    base: *mut Value,
    frame: *mut Frame,
    status: u64,
    dst: u32,
) -> u64 {
    // SAFETY: by contract.
    unsafe {
        let vm = &mut *vm;
        let callee = frame.add(1);
        let next = (*callee).site;
        let result = if status == Status::Left as u64 {
            vm.base = (*frame).top;
            let to = vm.exit_pc;
            vm.execute(to)
        } else if status == Status::Parked as u64 {
            Err(Trap::Await(Value::UNDEF))
        } else {
            Err(vm.pending.take().unwrap_or(Trap::Closed))
        };
        settle(vm, result, callee, pc, base, next, dst)
    }
}

/// Gives the top frame to the interpreter, which goes on at `pc`: what the code relies on does not
/// hold. The result is [`Status::Left`].
///
/// # Safety
/// The top frame's registers that are read at `pc` or behind it are complete.
pub unsafe extern "C" fn leave(vm: *mut Vm, pc: *const u32) -> u64 {
    // SAFETY: by contract.
    unsafe {
        let vm = &mut *vm;
        vm.exit_pc = pc;
        let func = (*(*vm.frame).func).index;
        if let Some(native) = &mut vm.native {
            let count = native.leaves.entry(func).or_default();
            *count += 1;
            if *count == LEAVES {
                native.tier.be_cautious(func);
            }
        }
        Status::Left as u64
    }
}

/// Polls at a taken backward branch to `pc`. The result is as of [`step`].
///
/// # Safety
/// The top frame's registers at `base` are complete.
pub unsafe extern "C" fn poll(vm: *mut Vm, base: *mut Value, pc: *const u32) -> u64 {
    // SAFETY: by contract.
    unsafe {
        let vm = &mut *vm;
        vm.pc = pc;
        vm.base = base;
        vm.safepoint();
        match vm.poll() {
            Ok(()) => {
                vm.take_published();
                0
            }
            Err(trap) => {
                let to = vm.raise(trap);
                if to.is_null() {
                    return Status::Raised as u64;
                }
                vm.exit_pc = to;
                Status::Left as u64
            }
        }
    }
}

/// `pow` of the language.
pub extern "C" fn power(a: f64, b: f64) -> f64 {
    a.powf(b)
}

/// `fmod` of the language.
pub extern "C" fn modulo(a: f64, b: f64) -> f64 {
    crate::number::modulo(a, b)
}

/// The low 32 bits of a number's integer part.
pub extern "C" fn wrap(a: f64) -> i64 {
    i64::from(crate::number::to_i32(a))
}

/// Name of a function, for messages of a tier.
#[must_use]
pub fn function_name(module: &VerifiedModule, func: u32) -> String {
    crate::link::function_name(module, hyp_bytecode::module::FuncId(func))
}

/// Whether an instruction can be a [`SlowStep`].
#[must_use]
pub fn has_slow_path(op: Op) -> bool {
    interp::slow_path(op).is_some()
}

/// Addresses of the helpers and offsets of everything that native code touches.
pub mod layout {
    use super::{Frame, FuncInfo, Vm, offset_of};
    use crate::heap::Heap;
    use crate::link::Site;

    macro_rules! offsets {
        ($($(#[$meta:meta])* $name:ident = $ty:ty, $($field:tt).+;)+) => {
            $($(#[$meta])* pub const $name: i32 = offset_of!($ty, $($field).+) as i32;)+
        };
    }

    offsets! {
        /// The running frame.
        VM_FRAME = Vm, frame;
        /// End of the frames.
        VM_FRAME_LIMIT = Vm, frame_limit;
        /// Steps until the next poll.
        VM_BUDGET = Vm, budget;
        /// Function table.
        VM_FUNCS = Vm, funcs;
        /// Module variables.
        VM_GLOBALS = Vm, globals;
        /// String constants.
        VM_STRINGS = Vm, strings;
        /// Function values.
        VM_CLOSURES = Vm, closures;
        /// Inline caches.
        VM_SITES = Vm, sites;
        /// What a helper that keeps all registers has given.
        VM_GIVEN = Vm, given;
        /// Where the interpreter goes on.
        VM_EXIT_PC = Vm, exit_pc;
        /// Result of a function.
        VM_RESULT = Vm, result;
        /// Lowest address of native frames.
        VM_NATIVE_LIMIT = Vm, native_limit;
        /// Function of a frame.
        FRAME_FUNC = Frame, func;
        /// End of its registers.
        FRAME_TOP = Frame, top;
        /// Return address.
        FRAME_RET_PC = Frame, ret_pc;
        /// Registers of the caller.
        FRAME_RET_BASE = Frame, ret_base;
        /// Closure.
        FRAME_CLOSURE = Frame, closure;
        /// Where a native caller continues.
        FRAME_SITE = Frame, site;
        /// Address of code with parameters in machine registers.
        FUNC_TYPED = FuncInfo, typed;
        /// Address of an entry.
        FUNC_ENTRY = FuncInfo, entry;
        /// Parameters.
        FUNC_N_PARAMS = FuncInfo, n_params;
        /// Bit per parameter that must be a number.
        FUNC_NUMBER_PARAMS = FuncInfo, number_params;
        /// Whether dynamic calls need no further check.
        FUNC_IS_SIMPLE = FuncInfo, is_simple;
        /// Keys of an inline cache.
        SITE_KEYS = Site, keys;
        /// Its payloads.
        SITE_PAYLOADS = Site, payloads;
    }

    /// Payload bit of `set_member`: the field takes numbers only.
    pub const SITE_NUMBER_ONLY: u64 = crate::interp::NUMBER_ONLY;
    /// Payload bit of `set_member`: a store makes a changed copy of the object.
    pub const SITE_COPIES: u64 = crate::interp::COPIES;
    /// Bytes of a frame.
    pub const FRAME_BYTES: i32 = size_of::<Frame>() as i32;
    /// Bytes of a row of the function table.
    pub const FUNC_BYTES: i32 = size_of::<FuncInfo>() as i32;
    /// Bytes of an inline cache.
    pub const SITE_BYTES: i32 = size_of::<Site>() as i32;
    /// Next free byte of the heap.
    pub const VM_HEAP_PTR: i32 = (offset_of!(Vm, heap) + Heap::PTR_OFFSET) as i32;
    /// End of the free bytes.
    pub const VM_HEAP_LIMIT: i32 = (offset_of!(Vm, heap) + Heap::LIMIT_OFFSET) as i32;
    /// Whether the next safepoint collects.
    pub const VM_HEAP_WANTED: i32 = (offset_of!(Vm, heap) + Heap::WANTED_OFFSET) as i32;
}
