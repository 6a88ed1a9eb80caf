//! Tasks: cooperative, on one thread, in a fixed order.
//!
//! A call of a `mesmerize` function becomes a task by `begin_task`. Its frame stays where it is, above
//! the frames of its caller, and it runs on as if nothing had happened: a task that never waits costs
//! a promise. The frame's return address is replaced by null, so that returning leaves the
//! interpreter; [`Vm::execute`] then settles the promise and hands it to the caller.
//!
//! A task that has to wait copies its frames and registers out of the shared stack ([`park`]) and
//! hands the promise to whoever is below. When it is ready, [`schedule`] copies them back and goes on.
//! A task that waits inside a callback of a builtin has native frames too. Builtins that call back
//! therefore run on a native stack of their own when a task calls them ([`native`]).
//!
//! The program body is the task [`TaskId::MAIN`]. It owns the process's stack, so it never leaves it:
//! when it waits, the scheduler runs on top of it until it is ready.
//!
//! Invariant: while a task runs, the shared stack holds its frames, those of the callers that it has
//! not yet been separated from, and nothing else.

pub(crate) mod channel;
mod external;
mod native;
mod park;
pub(crate) mod promise;
mod schedule;

pub use external::{Completion, Host, Mailbox, Ticket};
pub(crate) use native::needs_stack;
pub(crate) use park::Point;
pub(crate) use schedule::whole_ms;

use std::collections::VecDeque;
use std::time::Instant;

use crate::error::Trap;
use crate::heap::mark::Marker;
use crate::object::Buffer;
use crate::stack::Frame;
use crate::value::Value;
use crate::vm::Vm;

/// A task. Numbers of ended tasks are used again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TaskId(u32);

impl TaskId {
    /// The program body, and everything else that runs on the process's stack.
    pub(crate) const MAIN: TaskId = TaskId(0);

    /// A number that is never 0.
    fn number(self) -> u32 {
        self.0 + 1
    }

    fn from_number(number: u32) -> Option<TaskId> {
        number.checked_sub(1).map(TaskId)
    }

    fn index(self) -> usize {
        self.0 as usize
    }

    /// How the task stands in the waiters of a promise.
    fn waiter(self) -> Value {
        Value::num(f64::from(self.number()))
    }
}

/// What a task is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// There is no such task.
    Free,
    /// It runs, or has begun to and the task that it has called runs.
    Running,
    /// It waits for a promise.
    Waiting,
    /// It is in the queue.
    Ready,
}

/// With what a waiting task goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wake {
    /// The outcome of the promise that it waits for.
    Outcome,
    /// It has been cancelled.
    Cancelled,
    /// Nothing can settle the promise that it waits for.
    Deadlock,
}

/// One task.
struct Task {
    /// How many tasks began before it.
    begun: u64,
    /// Its result; null for the program body.
    promise: Value,
    /// What it waits for; null if it only lets others run.
    waits_for: Value,
    /// Its part of the shared stack while it does not run; reused. See [`park`].
    saved: *mut Buffer,
    /// Whether `saved` is in use.
    is_saved: bool,
    state: State,
    wake: Wake,
    /// To be cancelled when it next waits.
    is_cancelled: bool,
    /// Whether channels hold subscriptions of it.
    has_subscriptions: bool,
    /// Its native stack while it waits inside a builtin.
    native: Option<Box<native::Suspended>>,
    /// What its running `finally` blocks continue.
    exit: Option<Trap>,
}

/// A task on the shared stack whose caller has not got its promise yet.
struct Active {
    task: TaskId,
    root: *mut Frame,
    /// Where the caller continues; null if native code or the scheduler is below.
    ret_pc: *const u32,
    native_depth: u32,
    /// What the running `finally` blocks of the caller continue.
    outer_exit: Option<Trap>,
}

/// Everything about tasks.
pub(crate) struct Tasks {
    slots: Vec<Task>,
    free: Vec<u32>,
    n_begun: u64,
    /// Tasks that have begun and not ended, without the program body.
    n_live: usize,
    active: Vec<Active>,
    /// The task that runs.
    current: TaskId,
    ready: VecDeque<TaskId>,
    timers: schedule::Timers,
    external: external::External,
    /// What `suspend;` waits for.
    suspended: Vec<Value>,
    /// Promises that were rejected while nobody waited, each with the calls that were active where
    /// the reason was thrown, if it is no error object.
    rejected: Vec<(Value, Vec<(u32, u32)>)>,
    /// With what the promise of a cancelled task is being rejected.
    cancellation: Option<Value>,
    pub(crate) channels: channel::Channels,
    native: native::Stacks,
    limits: TaskLimits,
    started: Instant,
    /// Microseconds, if time is virtual.
    virtual_clock: Option<u64>,
}

/// Limits of concurrent programs; exceeding one raises a catchable error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskLimits {
    /// Tasks that have begun and not ended.
    pub tasks: usize,
    /// Tasks that wait inside a callback of a builtin; each keeps a native stack.
    pub native_stacks: usize,
    /// Timers that have not gone off.
    pub timers: usize,
    /// Channels.
    pub channels: usize,
    /// Messages in all channels.
    pub messages: usize,
    /// Operations outside of the machine that have not ended.
    pub operations: usize,
}

impl Default for TaskLimits {
    fn default() -> TaskLimits {
        TaskLimits {
            tasks: 1_000_000,
            native_stacks: 4096,
            timers: 1_000_000,
            channels: 65_536,
            messages: 65_536,
            operations: 65_536,
        }
    }
}

impl Tasks {
    pub(crate) fn new(limits: TaskLimits, virtual_time: bool) -> Tasks {
        Tasks {
            slots: Vec::new(),
            free: Vec::new(),
            n_begun: 0,
            n_live: 0,
            active: Vec::new(),
            current: TaskId::MAIN,
            ready: VecDeque::new(),
            timers: schedule::Timers::default(),
            external: external::External::default(),
            suspended: Vec::new(),
            rejected: Vec::new(),
            cancellation: None,
            channels: channel::Channels::default(),
            native: native::Stacks::default(),
            limits,
            started: Instant::now(),
            virtual_clock: virtual_time.then_some(0),
        }
    }

    fn task(&mut self, id: TaskId) -> Option<&mut Task> {
        self.slots.get_mut(id.index())
    }

    fn new_slot(&mut self, promise: Value) -> TaskId {
        let task = Task {
            begun: self.n_begun,
            promise,
            waits_for: Value::NULL,
            saved: std::ptr::null_mut(),
            is_saved: false,
            state: State::Running,
            wake: Wake::Outcome,
            is_cancelled: false,
            has_subscriptions: false,
            native: None,
            exit: None,
        };
        self.n_begun += 1;
        if let Some(index) = self.free.pop() {
            self.slots[index as usize] = task;
            return TaskId(index);
        }
        self.slots.push(task);
        TaskId(self.slots.len() as u32 - 1)
    }

    /// The slot of the program body, which exists from the first use on.
    fn ensure_main(&mut self) {
        if self.slots.is_empty() {
            self.new_slot(Value::NULL);
        }
    }
}

impl Vm {
    /// Whether a task runs, not the program body.
    pub(crate) fn is_in_task(&self) -> bool {
        self.tasks.current != TaskId::MAIN
    }

    /// Whether the program body runs and nothing else could.
    pub(crate) fn is_alone(&self) -> bool {
        let tasks = &self.tasks;
        tasks.active.is_empty()
            && tasks.ready.is_empty()
            && tasks.timers.is_empty()
            && !self.is_busy_outside()
    }
}

/// How the frames above a boundary have left the interpreter.
enum Leave {
    /// The call above the boundary is over.
    Done(Result<Value, Trap>),
    /// Execution continues here, with `base` set.
    Continue(*const u32),
    /// An error goes on to the next frame that leaves the interpreter.
    Raised,
}

impl Vm {
    /// Makes the running call a task, unless it is one already.
    ///
    /// # Errors
    /// Too many tasks; the heap limit.
    ///
    /// # Safety
    /// `self.frame` is the running function's frame, and every result of the function is a tagged
    /// value that its callers take as any value.
    pub(crate) unsafe fn begin_task(&mut self) -> Result<(), Trap> {
        let root = self.frame;
        if root == self.task_root {
            return Ok(());
        }
        self.safepoint();
        let promise = self.new_promise()?;
        if self.tasks.n_live >= self.tasks.limits.tasks {
            let limit = self.tasks.limits.tasks;
            return Err(Trap::runtime(format!("Too many tasks (limit {limit})")));
        }
        self.tasks.ensure_main();
        let task = self.tasks.new_slot(promise);
        self.tasks.n_live += 1;
        self.set_promise_task(promise, Some(task));
        // SAFETY: by contract.
        let ret_pc = unsafe { std::mem::replace(&mut (*root).ret_pc, std::ptr::null()) };
        self.activate(Active {
            task,
            root,
            ret_pc,
            native_depth: self.native_depth,
            outer_exit: None,
        });
        Ok(())
    }

    fn activate(&mut self, mut active: Active) {
        active.outer_exit = self.exit.take();
        self.tasks.current = active.task;
        self.task_root = active.root;
        self.tasks.active.push(active);
    }

    fn deactivate(&mut self) -> Option<Active> {
        let mut ended = self.tasks.active.pop()?;
        self.exit = ended.outer_exit.take();
        let (task, root) = self
            .tasks
            .active
            .last()
            .map_or((TaskId::MAIN, std::ptr::null_mut()), |a| (a.task, a.root));
        self.tasks.current = task;
        self.task_root = root;
        Some(ended)
    }

    /// Runs script code from `pc` until the frame above the boundary has left; null if it just has.
    ///
    /// # Safety
    /// `self.frame` is the frame above a boundary, `pc` lies in its function, and `self.base` is its
    /// registers.
    pub(crate) unsafe fn execute(&mut self, mut pc: *const u32) -> Result<Value, Trap> {
        loop {
            if !pc.is_null() {
                // SAFETY: by contract.
                unsafe { crate::interp::run_loop(self, pc, self.base) };
                if self.is_parking() {
                    return Err(Trap::Await(Value::UNDEF));
                }
            }
            pc = loop {
                // SAFETY: the interpreter has left the frame above `self.frame`.
                match unsafe { self.leave() } {
                    Leave::Done(result) => return result,
                    Leave::Continue(next) => break next,
                    Leave::Raised => {}
                }
            };
        }
    }

    /// Looks at what left the interpreter: the call that native code waits for, or a task.
    ///
    /// # Safety
    /// The interpreter has just left the frame above `self.frame`.
    #[inline]
    unsafe fn leave(&mut self) -> Leave {
        let left = self.frame.wrapping_add(1);
        if left == self.task_root {
            // SAFETY: by contract.
            return unsafe { self.leave_task() };
        }
        Leave::Done(match self.pending.take() {
            Some(trap) => Err(trap),
            None => Ok(self.result),
        })
    }

    /// A task has ended or waits: its caller gets the promise.
    ///
    /// # Safety
    /// The frame above `self.frame` is the first frame of the running task.
    #[inline(never)]
    unsafe fn leave_task(&mut self) -> Leave {
        let Some(active) = self.deactivate() else { return Leave::Done(Ok(Value::NULL)) };
        // SAFETY: by contract; the frame's content is still there.
        let left = unsafe { *active.root };
        let promise = self.tasks.task(active.task).map_or(Value::NULL, |t| t.promise);
        let has_parked = std::mem::take(&mut self.has_parked);
        let result = if has_parked {
            Ok(())
        } else {
            let result = match self.pending.take() {
                Some(trap) => Err(trap),
                None => Ok(self.result),
            };
            self.end_task(active.task, promise, result)
        };
        if active.ret_pc.is_null() {
            return Leave::Done(result.map(|()| promise));
        }
        self.base = left.ret_base;
        match result {
            Ok(()) => {
                // SAFETY: the caller's registers lie at `ret_base`, and `dst` is one of them; it
                // holds any value because the function's result is any value.
                unsafe { *self.base.add(left.dst as usize) = promise };
                Leave::Continue(active.ret_pc)
            }
            Err(trap) => {
                // SAFETY: the word before the return address belongs to the call instruction.
                unsafe {
                    self.pc = active.ret_pc.sub(1);
                    let next = self.raise(trap);
                    if next.is_null() { Leave::Raised } else { Leave::Continue(next) }
                }
            }
        }
    }

    /// Settles the promise of a task that has ended. Gives back what no promise can hold.
    fn end_task(
        &mut self,
        task: TaskId,
        promise: Value,
        result: Result<Value, Trap>,
    ) -> Result<(), Trap> {
        self.remove_task(task);
        match result {
            Ok(v) => self.resolve(promise, v),
            Err(Trap::Cancelled) => {
                self.observe(promise);
                let reason = self.catch(Trap::runtime("Task cancelled"))?;
                self.tasks.cancellation = Some(reason);
                let rejected = self.reject(promise, reason);
                self.tasks.cancellation = None;
                rejected
            }
            Err(trap) => {
                let reason = self.catch(trap)?;
                self.reject(promise, reason)
            }
        }
    }

    fn remove_task(&mut self, id: TaskId) {
        let Some(task) = self.tasks.task(id) else { return };
        task.state = State::Free;
        task.is_saved = false;
        task.saved = std::ptr::null_mut();
        let promise = std::mem::replace(&mut task.promise, Value::NULL);
        let had_subscriptions = task.has_subscriptions;
        self.set_promise_task(promise, None);
        self.tasks.n_live -= 1;
        self.tasks.free.push(id.0);
        if had_subscriptions {
            self.tasks.channels.unsubscribe(id);
        }
    }

    /// Takes note of a rejection that nobody has seen yet.
    fn note_rejection(&mut self, promise: Value) {
        // Promises that were made of a cancelled task's are no more an error than that is.
        let is_cancelled = self.tasks.cancellation == Some(self.promise_value(promise));
        if is_cancelled || !self.is_unobserved(promise) {
            return;
        }
        if self.tasks.rejected.len() == self.tasks.rejected.capacity() {
            let mut rejected = std::mem::take(&mut self.tasks.rejected);
            rejected.retain(|(p, _)| self.is_unobserved(*p));
            self.tasks.rejected = rejected;
        }
        let (thrown, calls) = &self.thrown;
        let is_place = *thrown == self.promise_value(promise);
        let calls = if is_place { calls.clone() } else { Vec::new() };
        self.tasks.rejected.push((promise, calls));
    }

    /// The reasons of rejections that nobody has seen, in order, with the calls where they were thrown.
    pub(crate) fn take_unobserved(&mut self) -> Vec<(Value, Vec<(u32, u32)>)> {
        let rejected = std::mem::take(&mut self.tasks.rejected);
        let unobserved = rejected.into_iter().filter(|(p, _)| self.is_unobserved(*p));
        unobserved.map(|(p, calls)| (self.promise_value(p), calls)).collect()
    }

    /// Marks everything that tasks keep alive.
    pub(crate) fn trace_tasks(&self, marker: &mut Marker) {
        for task in &self.tasks.slots {
            marker.value(task.promise);
            marker.value(task.waits_for);
            marker.buffer(task.saved);
            if task.is_saved {
                // SAFETY: `is_saved` says that the buffer holds a stack.
                unsafe { park::trace(task.saved, marker) };
            }
        }
        self.tasks.timers.trace(marker);
        self.tasks.external.trace(marker);
        self.tasks.channels.trace(marker);
        let rejected = self.tasks.rejected.iter().map(|(promise, _)| promise);
        for &promise in rejected.chain(&self.tasks.suspended) {
            marker.value(promise);
        }
    }

    /// The return address that `begin_task` has taken from a frame.
    pub(crate) fn task_return(&self, frame: *const Frame) -> *const u32 {
        let active = self.tasks.active.iter().rev().find(|a| a.root.cast_const() == frame);
        active.map_or(std::ptr::null(), |a| a.ret_pc)
    }
}
