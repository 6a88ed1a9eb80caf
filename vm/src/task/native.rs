//! Native stacks for tasks that wait inside a builtin.
//!
//! The body of a builtin that calls script code, or that waits in the middle, cannot be copied away
//! like interpreted frames. If a task calls one while another task owns the native stack, the body
//! runs as a coroutine on a stack from a pool; if the task has to wait there, the coroutine yields.

use corosensei::stack::{DefaultStack, Stack};
use corosensei::{Coroutine, CoroutineResult, Yielder};
use hyp_bytecode::builtin::{Builtin, BuiltinEffects};

use super::park::Point;
use super::{State, TaskId, Wake};
use crate::builtins::BuiltinFn;
use crate::error::Trap;
use crate::value::Value;
use crate::vm::Vm;

/// Bytes of one stack; pages that are never used cost nothing.
const STACK_BYTES: usize = 1 << 20;
/// Bytes that must be left when native code calls into scripts: room for any builtin.
const STACK_RESERVE: usize = 192 << 10;
/// Unused stacks that are kept.
const FREE_MAX: usize = 64;

type Body = Coroutine<(), (), Result<Value, Trap>, DefaultStack>;

/// A builtin that runs on a stack of its own.
#[derive(Clone, Copy)]
struct Run {
    task: TaskId,
    yielder: *const Yielder<(), ()>,
    /// Native calls must not use addresses below this.
    limit: usize,
    /// Roots of builtins that were there before.
    roots_below: usize,
    /// Depth of native calls where the task's interpreted frames are.
    native_depth: u32,
}

/// A builtin that has yielded.
pub(super) struct Suspended {
    body: Body,
    run: Run,
}

impl Suspended {
    /// Depth of native calls where the task's interpreted frames are.
    pub(super) fn native_depth(&self) -> u32 {
        self.run.native_depth
    }
}

/// The native stacks of tasks.
#[derive(Default)]
pub(super) struct Stacks {
    free: Vec<DefaultStack>,
    n_used: usize,
    /// Builtins on stacks of their own that have not ended or yielded, innermost last.
    runs: Vec<Run>,
}

impl Stacks {
    /// The task that owns the native stack in use.
    fn owner(&self) -> TaskId {
        self.runs.last().map_or(TaskId::MAIN, |run| run.task)
    }

    fn take(&mut self, max: usize) -> Result<DefaultStack, Trap> {
        if let Some(stack) = self.free.pop() {
            self.n_used += 1;
            return Ok(stack);
        }
        if self.n_used >= max {
            return Err(Trap::runtime(format!(
                "Too many tasks wait inside builtin functions (limit {max})"
            )));
        }
        let stack = DefaultStack::new(STACK_BYTES)
            .map_err(|e| Trap::runtime(format!("Cannot reserve a stack for a task: {e}")))?;
        self.n_used += 1;
        Ok(stack)
    }

    fn give_back(&mut self, stack: DefaultStack) {
        self.n_used -= 1;
        if self.free.len() < FREE_MAX {
            self.free.push(stack);
        }
    }
}

/// Whether the body of a builtin may have to wait while it is active.
pub(crate) fn needs_stack(builtin: Builtin) -> bool {
    let effects = builtin.spec().effects;
    effects.has(BuiltinEffects::CALLBACK)
        || effects.has(BuiltinEffects::SLEEP) && !effects.has(BuiltinEffects::TASKS)
}

impl Vm {
    /// Whether the running task does not own the native stack in use.
    #[inline]
    pub(crate) fn is_on_foreign_stack(&self) -> bool {
        self.tasks.current != TaskId::MAIN && self.tasks.native.owner() != self.tasks.current
    }

    /// Runs a builtin's body on a stack of its own. `Trap::Await` of the missing mark says that the
    /// task waits inside.
    ///
    /// # Safety
    /// As [`Vm::run_builtin`].
    pub(crate) unsafe fn run_on_own_stack(
        &mut self,
        body: BuiltinFn,
        args: *mut Value,
        count: usize,
    ) -> Result<Value, Trap> {
        let max = self.tasks.limits.native_stacks;
        let stack = self.tasks.native.take(max)?;
        let limit = stack.limit().get() + STACK_RESERVE;
        let (task, roots_below) = (self.tasks.current, self.roots.len());
        let native_depth = self.native_depth;
        let vm: *mut Vm = self;
        let coroutine = Body::with_stack(stack, move |yielder, ()| {
            // SAFETY: the machine outlives its coroutines, and whoever resumes one does not use its
            // own borrow of the machine before the coroutine yields or returns.
            unsafe {
                let run = Run { task, yielder, limit, roots_below, native_depth };
                (*vm).tasks.native.runs.push(run);
                let result = (*vm).run_native(body, args, count);
                (*vm).tasks.native.runs.pop();
                result
            }
        });
        self.resume_body(task, coroutine)
    }

    fn resume_body(&mut self, task: TaskId, mut body: Body) -> Result<Value, Trap> {
        let entered = self.set_entered(std::ptr::null_mut());
        let result = body.resume(());
        self.set_entered(entered);
        match result {
            CoroutineResult::Return(result) => {
                self.tasks.native.give_back(body.into_stack());
                result
            }
            CoroutineResult::Yield(()) => {
                if let (Some(run), Some(slot)) =
                    (self.tasks.native.runs.pop(), self.tasks.slots.get_mut(task.index()))
                {
                    slot.native = Some(Box::new(Suspended { body, run }));
                }
                Err(Trap::Await(Value::UNDEF))
            }
        }
    }

    /// Lets a builtin that has yielded go on.
    pub(super) fn resume_native(&mut self, suspended: Suspended) -> Result<Value, Trap> {
        self.tasks.native.runs.push(suspended.run);
        self.resume_body(suspended.run.task, suspended.body)
    }

    /// Copies the stack of a task away that has yielded inside a builtin. `point` is where it goes on
    /// when the builtin has ended.
    ///
    /// # Safety
    /// The running task has just yielded.
    pub(super) unsafe fn park_yielded(&mut self, point: Point) {
        let Some(active) = self.tasks.active.last() else { return };
        let (task, root) = (active.task, active.root);
        let exit = self.exit.take();
        let Some(slot) = self.tasks.task(task) else { return };
        slot.exit = exit;
        let outside = slot.native.as_ref().map(|s| (s.run.roots_below, s.run.native_depth));
        let (roots_below, native_depth) = outside.unwrap_or((0, self.native_depth));
        // SAFETY: by contract; `wait_here` has made room.
        unsafe { self.save_stack(task, root, roots_below, point) };
        // The calls that the builtin has made come back with its stack.
        self.native_depth = native_depth;
    }

    /// Whether native code has room to call a script.
    #[inline]
    pub(crate) fn has_native_room(&self) -> bool {
        match self.tasks.native.runs.last() {
            None => true,
            Some(run) => {
                let here = 0_u8;
                std::ptr::from_ref(&here).addr() > run.limit
            }
        }
    }

    /// Waits inside native code: for a promise, or, given null, until every task that is ready has had
    /// its turn.
    ///
    /// # Errors
    /// What the promise is rejected with; the task is cancelled; nothing can settle the promise.
    pub(crate) fn wait(&mut self, v: Value) -> Result<Value, Trap> {
        let entered = self.set_entered(std::ptr::null_mut());
        let outcome = self.wait_here(v);
        self.set_entered(entered);
        outcome
    }

    fn wait_here(&mut self, v: Value) -> Result<Value, Trap> {
        if !v.is_null()
            && let Some(outcome) = self.outcome_of(v)
        {
            return outcome;
        }
        let task = self.tasks.current;
        if task == TaskId::MAIN {
            return self.wait_as_main(v);
        }
        let Some(&run) = self.tasks.native.runs.last().filter(|run| run.task == task) else {
            return Err(Trap::runtime("A task cannot wait inside this builtin function"));
        };
        let Some(active) = self.tasks.active.last() else { return Ok(Value::NULL) };
        let root = active.root;
        self.take_cancellation(task)?;
        // SAFETY: the running task's frames begin at its root. The yielder lives on the stack that
        // runs now. Whoever resumes the coroutine has put the shared stack back.
        unsafe {
            self.reserve_copy(task, root, run.roots_below)?;
            self.begin_wait(task, v)?;
            (*run.yielder).suspend(());
        }
        self.take_outcome(task)
    }

    /// Raises a cancellation that was asked for while the task ran.
    pub(super) fn take_cancellation(&mut self, task: TaskId) -> Result<(), Trap> {
        let is_cancelled =
            self.tasks.task(task).is_some_and(|slot| std::mem::take(&mut slot.is_cancelled));
        if is_cancelled { Err(Trap::Cancelled) } else { Ok(()) }
    }

    /// Takes note that a task waits for a promise, or puts it last in the queue.
    pub(super) fn begin_wait(&mut self, task: TaskId, v: Value) -> Result<(), Trap> {
        if v.is_promise() {
            self.add_waiter(v, task.waiter())?;
        } else {
            self.tasks.ready.push_back(task);
        }
        if let Some(slot) = self.tasks.task(task) {
            slot.waits_for = v;
            slot.wake = Wake::Outcome;
            slot.state = if v.is_promise() { State::Waiting } else { State::Ready };
        }
        Ok(())
    }

    /// What a task that has been woken goes on with.
    pub(super) fn take_outcome(&mut self, task: TaskId) -> Result<Value, Trap> {
        let Some(slot) = self.tasks.task(task) else { return Ok(Value::NULL) };
        slot.state = State::Running;
        let v = std::mem::replace(&mut slot.waits_for, Value::NULL);
        match std::mem::replace(&mut slot.wake, Wake::Outcome) {
            Wake::Cancelled => Err(Trap::Cancelled),
            Wake::Deadlock => {
                Err(Trap::runtime("Deadlock: nothing is left that could end this wait"))
            }
            Wake::Outcome => self.outcome_of(v).unwrap_or(Ok(Value::NULL)),
        }
    }
}
