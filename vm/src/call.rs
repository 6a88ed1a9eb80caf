//! Calls whose target is a value: from instructions, and from native code into scripts.

use hyp_bytecode::builtin::Builtin;
use hyp_bytecode::module::{ErrorKind, FuncId};
use hyp_bytecode::rep::{Rep, TypeId};

use crate::access::builtin_denied;
use crate::builtins::work::depends_on_sizes;
use crate::builtins::{BUILTINS, BuiltinFn};
use crate::error::Trap;
use crate::link::FuncInfo;
use crate::native::Native;
use crate::object::{Bound, Closure, Kind};
use crate::stack::Frame;
use crate::task::needs_stack;
use crate::value::Value;
use crate::vm::Vm;

/// Most arguments of a call from native code.
const ARGS_MAX: usize = 250;

/// Number of required arguments of a builtin whose capability is not granted: more than there can be,
/// so that one comparison covers both.
pub(crate) const DENIED: u8 = u8::MAX;

/// What a value runs when it is called.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// A script function.
    Script {
        /// The function.
        func: *const FuncInfo,
        /// Its closure, or null.
        closure: Value,
        /// Passed before the arguments; of the right type for parameter 0.
        receiver: Option<Value>,
        /// The session whose constructor it is.
        session: Option<TypeId>,
    },
    /// A builtin.
    Builtin(Builtin),
    /// A function that a builtin made, with its state.
    Native(Native, Value),
}

impl Vm {
    /// Calls a value. Everything that the caller still needs afterwards must be rooted.
    ///
    /// # Errors
    /// Not callable, wrong arguments, too deep; whatever the callee raises.
    pub fn call_value(&mut self, callee: Value, args: &[Value]) -> Result<Value, Trap> {
        let target = self.resolve_callee(callee)?;
        self.call_target(target, args, false)
    }

    /// Starts a function without arguments as a task and gives its promise. It runs until it first
    /// waits; a builtin runs to its end.
    ///
    /// # Errors
    /// Not callable, wrong arguments, too many tasks; what no promise can hold.
    pub(crate) fn spawn(&mut self, callee: Value) -> Result<Value, Trap> {
        self.spawn_with(callee, &[])
    }

    /// As [`Vm::spawn`], with arguments.
    pub(crate) fn spawn_with(&mut self, callee: Value, args: &[Value]) -> Result<Value, Trap> {
        let target = self.resolve_callee(callee)?;
        if matches!(target, Target::Script { .. }) {
            return self.call_target(target, args, true);
        }
        let promise = self.new_promise()?;
        self.root(promise);
        match self.call_target(target, args, false) {
            Ok(v) => self.resolve(promise, v)?,
            Err(trap) => {
                let reason = self.catch(trap)?;
                self.reject(promise, reason)?;
            }
        }
        Ok(promise)
    }

    /// Required and maximal argument count of a callable value.
    #[must_use]
    pub fn arity(&self, callee: Value) -> Option<(usize, usize)> {
        match self.resolve_callee(callee).ok()? {
            Target::Script { func, receiver, .. } => {
                // SAFETY: function descriptions live as long as the machine.
                let f = unsafe { &*func };
                let bound = u32::from(receiver.is_some());
                Some((
                    f.n_required.saturating_sub(bound) as usize,
                    f.n_params.saturating_sub(bound) as usize,
                ))
            }
            Target::Builtin(b) => {
                let params = b.spec().params;
                let required = params.iter().filter(|p| !p.is_optional()).count();
                Some((required, params.len()))
            }
            Target::Native(..) => Some((0, ARGS_MAX)),
        }
    }

    /// Calls a function by number.
    pub(crate) fn call_function(&mut self, id: FuncId, args: &[Value]) -> Result<Value, Trap> {
        let func = self.func_info(id.0);
        self.call_target(
            Target::Script { func, closure: Value::NULL, receiver: None, session: None },
            args,
            false,
        )
    }

    pub(crate) fn func_info(&self, index: u32) -> *const FuncInfo {
        self.funcs.wrapping_add(index as usize)
    }

    /// What a value runs when it is called.
    pub(crate) fn resolve_callee(&self, callee: Value) -> Result<Target, Trap> {
        if let Some(b) = callee.as_builtin() {
            if let Some(mock) = self.mock_of(b) {
                return self.resolve_callee(mock);
            }
            return Builtin::from_code(u32::from(b)).map(Target::Builtin).ok_or_else(not_callable);
        }
        if callee.is_null() {
            return Err(Trap::runtime("Cannot call null value"));
        }
        match callee.kind() {
            Some(Kind::Closure) => {
                // SAFETY: the kind says that it is a live closure.
                let func = unsafe { (*callee.ptr().cast::<Closure>()).func };
                let func = self.func_info(func);
                Ok(Target::Script { func, closure: callee, receiver: None, session: None })
            }
            Some(Kind::Bound) => {
                if let Some((native, state)) = self.native(callee) {
                    return Ok(Target::Native(native, state));
                }
                // SAFETY: the kind says that it is a live bound method.
                let (func, receiver) = unsafe {
                    let bound = callee.ptr().cast::<Bound>();
                    ((*bound).func, (*bound).receiver)
                };
                let func = self.func_info(func);
                Ok(Target::Script {
                    func,
                    closure: Value::NULL,
                    receiver: Some(receiver),
                    session: None,
                })
            }
            Some(Kind::Session) => self.resolve_constructor(callee),
            _ => Err(not_callable()),
        }
    }

    fn resolve_constructor(&self, callee: Value) -> Result<Target, Trap> {
        let session = self.session_type(callee);
        let def = session.and_then(|t| self.module.type_def(t));
        let id = def.and_then(|d| d.constructor).ok_or_else(not_callable)?;
        Ok(Target::Script {
            func: self.func_info(id.0),
            closure: Value::NULL,
            receiver: None,
            session,
        })
    }

    /// Calls from native code: pushes a boundary that errors do not pass.
    fn call_target(
        &mut self,
        target: Target,
        args: &[Value],
        is_task: bool,
    ) -> Result<Value, Trap> {
        if self.native_depth >= self.native_depth_max || !self.has_native_room() {
            return Err(callbacks_too_deep(self.native_depth_max));
        }
        if args.len() > ARGS_MAX {
            return Err(Trap::runtime(format!("Too many arguments (limit {ARGS_MAX})")));
        }
        self.charge(1)?;
        self.native_depth += 1;
        let entered = self.set_entered(std::ptr::null_mut());
        // SAFETY: the frame stack has room for a boundary per native depth; the register stack has
        // room for the arguments above the innermost builtin's.
        let result = unsafe {
            let saved = *self.frame;
            self.push_boundary(saved.top);
            let result = self.call_above_boundary(target, args, is_task);
            self.pop_boundary();
            result
        };
        self.set_entered(entered);
        self.native_depth -= 1;
        result
    }

    /// # Safety
    /// `self.frame` has a free successor.
    unsafe fn push_boundary(&mut self, frame_top: *mut Value) {
        let (args, count) = (self.native_args, self.native_count);
        let top = if count > 0 { args.wrapping_add(count as usize) } else { frame_top };
        // SAFETY: by contract.
        unsafe {
            self.frame = self.frame.add(1);
            *self.frame = Frame {
                func: std::ptr::null(),
                top,
                ret_pc: self.pc,
                ret_base: self.base,
                closure: Value(args as u64),
                dst: 0,
                count,
                site: std::ptr::null(),
            };
        }
        self.native_count = 0;
    }

    /// # Safety
    /// `self.frame` is a boundary that `push_boundary` made.
    unsafe fn pop_boundary(&mut self) {
        // SAFETY: by contract.
        unsafe {
            let boundary = *self.frame;
            self.pc = boundary.ret_pc;
            self.base = boundary.ret_base;
            self.native_args = boundary.closure.0 as *mut Value;
            self.native_count = boundary.count;
            self.frame = self.frame.sub(1);
        }
    }

    /// # Safety
    /// `self.frame` is a boundary with room for the arguments above its top.
    unsafe fn call_above_boundary(
        &mut self,
        target: Target,
        args: &[Value],
        is_task: bool,
    ) -> Result<Value, Trap> {
        // SAFETY: by contract; `begin_call` leaves a frame whose return address is null, so the
        // interpreter leaves when it returns.
        unsafe {
            let at = (*self.frame).top;
            match target {
                Target::Builtin(builtin) => {
                    std::ptr::copy_nonoverlapping(args.as_ptr(), at, args.len());
                    match self.run_builtin(builtin, at, args.len()) {
                        Err(Trap::Await(v)) => self.wait(v),
                        result => result,
                    }
                }
                Target::Native(native, state) => {
                    *at = state;
                    std::ptr::copy_nonoverlapping(args.as_ptr(), at.add(1), args.len());
                    match self.run_waiting(native.body(), at, 1 + args.len()) {
                        Err(Trap::Await(v)) => self.wait(v),
                        result => result,
                    }
                }
                Target::Script { receiver, .. } => {
                    let skip = place_receiver(receiver, at);
                    std::ptr::copy_nonoverlapping(args.as_ptr(), at.add(skip), args.len());
                    let pc = self.begin_call(target, skip + args.len(), std::ptr::null(), 0)?;
                    if is_task && let Err(trap) = self.begin_task() {
                        self.frame = self.frame.sub(1);
                        return Err(trap);
                    }
                    self.execute(pc)
                }
            }
        }
    }

    /// Runs a builtin whose `count` arguments lie at `args`, above every frame.
    ///
    /// # Safety
    /// The arguments are initialised and nothing above them is in use.
    pub(crate) unsafe fn run_builtin(
        &mut self,
        builtin: Builtin,
        args: *mut Value,
        count: usize,
    ) -> Result<Value, Trap> {
        let required = usize::from(self.builtin_required[builtin as usize]);
        if count < required {
            if required == usize::from(DENIED)
                && let Some(capability) = self.access.missing(builtin.spec())
            {
                return Err(builtin_denied(builtin.spec(), capability));
            }
            if builtin == Builtin::Length {
                return Err(Trap::runtime("Function 'Length' requires at least 1 argument"));
            }
            let name = builtin.spec().name;
            return Err(Trap::runtime(format!(
                "Builtin '{name}' expected argument at position {}",
                count + 1
            )));
        }
        let is_charged = depends_on_sizes(builtin);
        if is_charged {
            // SAFETY: by contract.
            self.charge_arguments(builtin, unsafe { std::slice::from_raw_parts(args, count) })?;
        }
        let body = BUILTINS[builtin as usize];
        // SAFETY: by contract.
        let result = unsafe {
            if needs_stack(builtin) {
                self.run_waiting(body, args, count)
            } else {
                self.run_native(body, args, count)
            }
        };
        if is_charged && let Ok(v) = result {
            self.charge_result(v)?;
        }
        result
    }

    /// Runs a body in Rust that may have to wait while it is active.
    ///
    /// # Safety
    /// As [`Vm::run_builtin`].
    pub(crate) unsafe fn run_waiting(
        &mut self,
        body: BuiltinFn,
        args: *mut Value,
        count: usize,
    ) -> Result<Value, Trap> {
        // SAFETY: by contract.
        unsafe {
            if self.is_on_foreign_stack() {
                self.run_on_own_stack(body, args, count)
            } else {
                self.run_native(body, args, count)
            }
        }
    }

    /// Runs a body in Rust whose `count` arguments lie at `args`, above every frame.
    ///
    /// # Safety
    /// As [`Vm::run_builtin`].
    pub(crate) unsafe fn run_native(
        &mut self,
        body: BuiltinFn,
        args: *mut Value,
        count: usize,
    ) -> Result<Value, Trap> {
        let roots = self.roots.len();
        self.native_args = args;
        self.native_count = count as u32;
        self.safepoint();
        // SAFETY: by contract; script code called meanwhile uses the stack above the arguments.
        let result = body(self, unsafe { std::slice::from_raw_parts(args, count) });
        self.native_count = 0;
        self.roots.truncate(roots);
        result
    }

    /// Pushes the frame of a script function whose `count` arguments (the receiver included) lie above
    /// the running frame, after checking them. Sets `self.base` and returns the first instruction.
    ///
    /// # Safety
    /// `target` is a script function; the arguments are initialised.
    pub(crate) unsafe fn begin_call(
        &mut self,
        target: Target,
        count: usize,
        ret_pc: *const u32,
        dst: u32,
    ) -> Result<*const u32, Trap> {
        let Target::Script { func, closure, receiver, session } = target else {
            return Err(not_callable());
        };
        // SAFETY: by contract; function descriptions live as long as the machine, and the depth
        // check leaves room for the new frame and its registers.
        unsafe {
            let f = &*func;
            let bound = usize::from(receiver.is_some());
            let (min, max) = (f.n_required as usize, f.n_params as usize);
            if count < min || count > max {
                let expected = if count < min { min } else { max };
                return Err(self.arity_error(
                    session,
                    expected - bound.min(expected),
                    count - bound,
                ));
            }
            if self.frame >= self.frame_limit {
                return Err(too_deep(self.stack.depth_max()));
            }
            self.slow_calls += 1;
            let base = (*self.frame).top;
            for i in bound..count {
                self.check_argument(f, i, base.add(i))?;
            }
            for i in count..max {
                *base.add(i) = Value::UNDEF;
            }
            push_frame(self, func, closure, ret_pc, dst);
            Ok(f.start)
        }
    }

    #[cold]
    fn arity_error(&self, session: Option<TypeId>, expected: usize, received: usize) -> Trap {
        let def = session.and_then(|t| self.module.type_def(t));
        let Some(name) = def.map(|d| self.module.str(d.name)) else {
            return Trap::runtime(format!("Expected {expected} arguments, received {received}"));
        };
        if expected == 0 {
            return Trap::runtime(format!(
                "Session '{name}' does not define a constructor but arguments were provided"
            ));
        }
        Trap::runtime(format!(
            "Constructor for session '{name}' expects {expected} arguments, received {received}"
        ))
    }

    /// Checks a passed argument against the representation of its parameter.
    ///
    /// # Safety
    /// `slot` holds the argument.
    unsafe fn check_argument(
        &mut self,
        f: &FuncInfo,
        index: usize,
        slot: *mut Value,
    ) -> Result<(), Trap> {
        // SAFETY: by contract.
        let v = unsafe { *slot };
        let module = std::sync::Arc::clone(&self.module);
        let Some(def) = module.functions.get(f.index as usize) else { return Ok(()) };
        let rep = def.reps.get(index).copied().unwrap_or(Rep::Any);
        if self.fits(rep, v) {
            return Ok(());
        }
        let param = def.param_names.get(index).map_or("", |&n| module.str(n));
        let name = crate::link::function_name(&module, FuncId(f.index));
        Err(self.mismatch(&self.rep_name(rep), v, &format!("argument '{param}' of '{name}'")))
    }
}

/// Writes the receiver before the arguments; returns how many slots it takes.
///
/// # Safety
/// `at` is a writable slot.
pub(crate) unsafe fn place_receiver(receiver: Option<Value>, at: *mut Value) -> usize {
    if let Some(v) = receiver {
        // SAFETY: by contract.
        unsafe { *at = v };
    }
    usize::from(receiver.is_some())
}

/// Pushes a frame whose parameters are in place and initialises its other registers.
///
/// # Safety
/// The frame below the limit; `func` is a function of the machine.
unsafe fn push_frame(
    vm: &mut Vm,
    func: *const FuncInfo,
    closure: Value,
    ret_pc: *const u32,
    dst: u32,
) {
    // SAFETY: by contract.
    unsafe {
        let f = &*func;
        let base = (*vm.frame).top;
        let null_from = base.add(f.n_params as usize);
        for i in 0..f.n_null as usize {
            *null_from.add(i) = Value::NULL;
        }
        for i in 0..f.n_zero as usize {
            *null_from.add(f.n_null as usize + i) = Value(0);
        }
        let frame = vm.frame.add(1);
        *frame = Frame {
            func,
            top: base.add(f.n_regs as usize),
            ret_pc,
            ret_base: vm.base,
            closure,
            dst,
            count: 0,
            site: std::ptr::null(),
        };
        vm.frame = frame;
        vm.base = base;
    }
}

#[cold]
pub(crate) fn too_deep(limit: usize) -> Trap {
    Trap::error(ErrorKind::Stack, format!("Trance too deep (call stack limit {limit} exceeded)"))
}

#[cold]
fn callbacks_too_deep(limit: u32) -> Trap {
    Trap::error(ErrorKind::Stack, format!("Trance too deep ({limit} nested callbacks of builtins)"))
}

#[cold]
fn not_callable() -> Trap {
    Trap::runtime("Value is not callable")
}
