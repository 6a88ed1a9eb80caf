//! The scheduler: a queue of ready tasks, timers, cancellation and the end of the program.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::native::Suspended;
use super::park::Point;
use super::{Active, State, TaskId, Wake};
use crate::error::Trap;
use crate::heap::mark::Marker;
use crate::value::Value;
use crate::vm::Vm;

/// Longest wait in milliseconds, some 30,000 years; keeps the clock arithmetic in range.
const WAIT_MAX: f64 = 1e15;
/// How often tasks that wait for nothing are cancelled at the end before they are dropped: once for
/// each `finally` block around the wait.
const CANCEL_ROUNDS: usize = 1000;

/// One timer. Ordered by time, then by the order in which they were set.
struct Timer {
    due: u64,
    sequence: u64,
    promise: Value,
}

impl PartialEq for Timer {
    fn eq(&self, other: &Timer) -> bool {
        self.sequence == other.sequence
    }
}

impl Eq for Timer {}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Timer) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timer {
    fn cmp(&self, other: &Timer) -> std::cmp::Ordering {
        (self.due, self.sequence).cmp(&(other.due, other.sequence))
    }
}

/// Timers that have not gone off; times are microseconds since the machine was made.
#[derive(Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<Timer>>,
    sequence: u64,
}

impl Timers {
    pub(super) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    pub(super) fn trace(&self, marker: &mut Marker) {
        for Reverse(timer) in &self.heap {
            marker.value(timer.promise);
        }
    }

    pub(super) fn first_due(&self) -> Option<u64> {
        self.heap.peek().map(|Reverse(timer)| timer.due)
    }

    fn pop_due(&mut self, now: u64) -> Option<Value> {
        let is_due = self.heap.peek().is_some_and(|Reverse(timer)| timer.due <= now);
        if is_due { self.heap.pop().map(|Reverse(timer)| timer.promise) } else { None }
    }
}

/// How long the scheduler runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// Until the program body can go on.
    Main,
    /// Until all tasks have ended, or none can go on.
    Drained,
}

/// Whole milliseconds of a waiting time; negative ones and NaN are 0.
pub(crate) fn whole_ms(ms: f64) -> u64 {
    ms.clamp(0.0, WAIT_MAX) as u64
}

impl Vm {
    // ---- timers

    /// Microseconds since the machine was made.
    pub(crate) fn clock(&self) -> u64 {
        match self.tasks.virtual_clock {
            Some(now) => now,
            None => self.tasks.started.elapsed().as_micros() as u64,
        }
    }

    /// Lets virtual time pass; gives false if time is real.
    pub(crate) fn skip_to(&mut self, due: u64) -> bool {
        match &mut self.tasks.virtual_clock {
            Some(now) => {
                *now = due.max(*now);
                true
            }
            None => false,
        }
    }

    /// A promise that is fulfilled with `v` after some milliseconds.
    ///
    /// # Errors
    /// Too many timers; the heap limit.
    pub(crate) fn new_timer(&mut self, ms: u64, v: Value) -> Result<Value, Trap> {
        if self.tasks.timers.heap.len() >= self.tasks.limits.timers {
            let limit = self.tasks.limits.timers;
            return Err(Trap::runtime(format!("Too many timers (limit {limit})")));
        }
        let promise = self.new_promise()?;
        self.set_promise_value(promise, v);
        // The real clock is cut to whole microseconds.
        let rest = u64::from(self.tasks.virtual_clock.is_none());
        let due = self.clock() + ms * 1000 + rest;
        let timers = &mut self.tasks.timers;
        timers.sequence += 1;
        timers.heap.push(Reverse(Timer { due, sequence: timers.sequence, promise }));
        Ok(promise)
    }

    fn fire_timers(&mut self) -> Result<(), Trap> {
        if self.tasks.timers.is_empty() {
            return Ok(());
        }
        let now = self.clock();
        while let Some(promise) = self.tasks.timers.pop_due(now) {
            self.resolve(promise, self.promise_value(promise))?;
        }
        Ok(())
    }

    /// When the next timer goes off, if anything waits for one of them.
    fn next_timer(&mut self) -> Option<u64> {
        let mut idle = Vec::new();
        let mut due = None;
        while let Some(Reverse(timer)) = self.tasks.timers.heap.peek() {
            if self.has_waiters(timer.promise) {
                due = Some(timer.due);
                break;
            }
            idle.extend(self.tasks.timers.heap.pop());
        }
        self.tasks.timers.heap.extend(idle);
        due
    }

    // ---- running

    /// Makes a task ready that waits for this promise.
    pub(super) fn wake(&mut self, id: TaskId, promise: Value) {
        let Some(task) = self.tasks.task(id) else { return };
        if task.state == State::Waiting && task.waits_for == promise {
            task.state = State::Ready;
            self.tasks.ready.push_back(id);
        }
    }

    /// Lets other tasks run until the program body can go on.
    pub(super) fn wait_as_main(&mut self, v: Value) -> Result<Value, Trap> {
        self.tasks.ensure_main();
        let root = self.stack.first_frame().wrapping_add(1);
        let point = Point { next: std::ptr::null(), dst: 0 };
        // SAFETY: everything above the first frame belongs to the program body, which runs.
        unsafe {
            self.reserve_copy(TaskId::MAIN, root, 0)?;
            self.begin_wait(TaskId::MAIN, v)?;
            self.save_stack(TaskId::MAIN, root, 0, point);
        }
        let exit = self.exit.take();
        self.clear_stack();
        let result = self.run_tasks(Until::Main);
        if result.is_err() {
            self.tasks.ready.retain(|&id| id != TaskId::MAIN);
        }
        self.exit = exit;
        let buffer = self.tasks.task(TaskId::MAIN).map(|task| {
            task.is_saved = false;
            task.saved
        });
        if let Some(buffer) = buffer {
            // SAFETY: saved above; the scheduler leaves the shared stack empty.
            unsafe { self.restore_stack(buffer, false) };
        }
        let outcome = self.take_outcome(TaskId::MAIN);
        result.and(outcome)
    }

    fn run_tasks(&mut self, until: Until) -> Result<(), Trap> {
        loop {
            for _ in 0..self.tasks.ready.len() {
                if self.tasks.ready.front() == Some(&TaskId::MAIN) {
                    self.tasks.ready.pop_front();
                    return Ok(());
                }
                self.run_next()?;
            }
            self.call_hooks();
            self.fire_timers()?;
            if !self.tasks.ready.is_empty() {
                self.glance_outside()?;
                continue;
            }
            let is_expecting = self.is_expecting();
            if until == Until::Drained && self.tasks.n_live == 0 && !is_expecting {
                return Ok(());
            }
            match self.next_timer() {
                None if is_expecting => self.wait_outside(None)?,
                Some(due) if !self.is_busy_outside() && self.skip_to(due) => {}
                due @ Some(_) => self.wait_outside(due)?,
                None if self.end_suspension()? => {}
                None => {
                    if until == Until::Main
                        && let Some(main) = self.tasks.task(TaskId::MAIN)
                    {
                        main.wake = Wake::Deadlock;
                    }
                    return Ok(());
                }
            }
        }
    }

    /// Runs the first task of the queue.
    pub(super) fn run_next(&mut self) -> Result<(), Trap> {
        let Some(id) = self.tasks.ready.pop_front() else { return Ok(()) };
        self.budget -= 1;
        self.poll()?;
        self.resume(id)
    }

    /// Runs a ready task until it waits again or ends. Gives back what ends the program.
    fn resume(&mut self, id: TaskId) -> Result<(), Trap> {
        let Some(task) = self.tasks.task(id).filter(|task| task.state == State::Ready) else {
            return Ok(());
        };
        task.state = State::Running;
        task.is_saved = false;
        let (buffer, native, exit) = (task.saved, task.native.take(), task.exit.take());
        // SAFETY: a ready task has a saved stack, and the scheduler keeps the shared stack empty.
        let result = unsafe {
            let (root, point) = self.restore_stack(buffer, native.is_none());
            let native_depth = match &native {
                Some(suspended) => suspended.native_depth(),
                None => {
                    self.native_depth = 1;
                    1
                }
            };
            let ret_pc = std::ptr::null();
            self.activate(Active { task: id, root, ret_pc, native_depth, outer_exit: None });
            self.exit = exit;
            self.go_on(id, native, point)
        };
        self.clear_stack();
        result.map(|_| ())
    }

    /// # Safety
    /// The task's stack is back, and it is the running task.
    unsafe fn go_on(
        &mut self,
        id: TaskId,
        native: Option<Box<Suspended>>,
        point: Point,
    ) -> Result<Value, Trap> {
        let outcome = match native {
            None => self.take_outcome(id),
            Some(suspended) => self.resume_native(*suspended),
        };
        // SAFETY: by contract.
        unsafe {
            let next = self.deliver(outcome, point);
            self.execute(next)
        }
    }

    /// Hands the result of a wait, or of a builtin, to the running function. Returns where the
    /// interpreter goes on, or null if it leaves.
    ///
    /// # Safety
    /// `self.frame` is a script function's frame with registers at `self.base`; `point` lies in it.
    pub(crate) unsafe fn deliver(
        &mut self,
        outcome: Result<Value, Trap>,
        point: Point,
    ) -> *const u32 {
        let outcome = match outcome {
            // SAFETY: by contract.
            Err(Trap::Await(v)) => match unsafe { self.suspend_on(v, point) } {
                Some(outcome) => outcome,
                None => return std::ptr::null(),
            },
            other => other,
        };
        match outcome {
            Ok(v) => {
                // SAFETY: by contract.
                unsafe { *self.base.add(point.dst as usize) = v };
                point.next
            }
            // SAFETY: by contract.
            Err(trap) => unsafe { self.raise(trap) },
        }
    }

    /// Whether waiting for `v` is over at once.
    fn is_known(&mut self, v: Value) -> bool {
        if v.is_null() { self.is_alone() } else { self.is_settled(v) }
    }

    /// Waits for what a builtin has given back; `None` if the running task has left the interpreter.
    ///
    /// # Safety
    /// As [`Vm::deliver`].
    unsafe fn suspend_on(&mut self, v: Value, point: Point) -> Option<Result<Value, Trap>> {
        if let Some(active) = self.tasks.active.last()
            && (v.is_undef() || active.native_depth == self.native_depth)
        {
            let (root, is_waiting) = (active.root, v.is_undef() || !self.is_known(v));
            if is_waiting && self.begin_parking(root, v, point) {
                return None;
            }
        }
        if v.is_undef() {
            // SAFETY: `run_on_own_stack` gives this back when the task has yielded.
            unsafe { self.park_yielded(point) };
            self.has_parked = true;
            return None;
        }
        let known = if v.is_null() { self.is_alone().then_some(Ok(v)) } else { self.outcome_of(v) };
        if known.is_some() {
            return known;
        }
        let Some(active) = self.tasks.active.last() else { return Some(self.wait(v)) };
        if active.native_depth != self.native_depth {
            return Some(self.wait(v));
        }
        let (task, root) = (active.task, active.root);
        // SAFETY: no native frames lie above the root, so the frames are the interpreter's.
        match unsafe { self.park(task, root, v, point) } {
            Ok(()) => None,
            Err(trap) => Some(Err(trap)),
        }
    }

    /// # Safety
    /// `task` runs, and all frames from `root` are interpreted.
    unsafe fn park(
        &mut self,
        task: TaskId,
        root: *mut crate::stack::Frame,
        v: Value,
        point: Point,
    ) -> Result<(), Trap> {
        self.take_cancellation(task)?;
        let roots_below = self.roots.len();
        // SAFETY: by contract.
        unsafe {
            self.reserve_copy(task, root, roots_below)?;
            self.begin_wait(task, v)?;
            self.save_stack(task, root, roots_below, point);
        }
        let exit = self.exit.take();
        if let Some(slot) = self.tasks.task(task) {
            slot.exit = exit;
        }
        self.has_parked = true;
        Ok(())
    }

    /// Whether a task waits for this promise, which only a channel and that task know.
    pub(super) fn is_awaited(&mut self, promise: Value) -> bool {
        let waiter = self.waiter_of(promise).and_then(|task| self.tasks.task(task));
        waiter.is_some_and(|task| task.state == State::Waiting && task.waits_for == promise)
    }

    /// `suspend;`: waits for the end of the input, which other tasks need not.
    pub(crate) fn suspend_task(&mut self) -> Result<Value, Trap> {
        if self.is_alone() && self.tasks.n_live == 0 {
            self.read_to_end()?;
            return Ok(Value::NULL);
        }
        let promise = self.new_promise()?;
        self.tasks.suspended.push(promise);
        Err(Trap::Await(promise))
    }

    /// Reads the input to its end if a task waits for that.
    fn end_suspension(&mut self) -> Result<bool, Trap> {
        if self.tasks.suspended.is_empty() {
            return Ok(false);
        }
        self.read_to_end()?;
        for promise in std::mem::take(&mut self.tasks.suspended) {
            self.resolve(promise, Value::NULL)?;
        }
        Ok(true)
    }

    // ---- cancellation

    /// Asks a task to end: its wait raises a cancellation. Tasks and combinations that it alone waits
    /// for are cancelled with it. Returns whether the task had not ended.
    pub fn cancel(&mut self, promise: Value) -> bool {
        let is_running = self.promise_task(promise).is_some();
        self.cancel_chain(vec![promise]);
        is_running
    }

    /// Cancels the first part of a combination that no longer needs it.
    pub(super) fn cancel_part(&mut self, part: Value) {
        if part.is_promise() {
            self.cancel_chain(vec![part]);
        }
    }

    fn cancel_chain(&mut self, mut work: Vec<Value>) {
        while let Some(promise) = work.pop() {
            let (waiter, waits_for) = match self.promise_task(promise) {
                Some(id) => (id.waiter(), self.cancel_task(id)),
                None => {
                    if let Some(index) = self.operation_of(promise) {
                        self.cancel_operation(promise, index);
                    }
                    (promise, self.parts(promise).to_vec())
                }
            };
            let needed_no_more = waits_for
                .into_iter()
                .rev()
                .filter(|&p| p.is_promise() && p != promise && self.is_only_waiter(p, waiter));
            work.extend(needed_no_more);
        }
    }

    /// Cancels one task; returns what it was waiting for.
    fn cancel_task(&mut self, id: TaskId) -> Vec<Value> {
        let Some(task) = self.tasks.task(id) else { return Vec::new() };
        let waits_for = task.waits_for;
        match task.state {
            State::Free => {}
            State::Running => task.is_cancelled = true,
            State::Ready => task.wake = Wake::Cancelled,
            State::Waiting => {
                task.wake = Wake::Cancelled;
                task.state = State::Ready;
                self.tasks.ready.push_back(id);
                return vec![waits_for];
            }
        }
        Vec::new()
    }

    // ---- the end of the program

    /// Runs all tasks to their end. Those that wait for what cannot happen are cancelled.
    ///
    /// # Errors
    /// What ends the program early.
    pub(crate) fn drain_tasks(&mut self) -> Result<(), Trap> {
        if self.tasks.n_live == 0 && !self.is_expecting() {
            return Ok(());
        }
        self.run_tasks(Until::Drained)?;
        for _ in 0..CANCEL_ROUNDS {
            if self.tasks.n_live == 0 {
                break;
            }
            self.cancel_all();
            self.run_tasks(Until::Drained)?;
        }
        Ok(())
    }

    /// Asks all tasks to end, in the order in which they have begun.
    pub(crate) fn cancel_all(&mut self) {
        let slots = self.tasks.slots.iter().enumerate().skip(1);
        let live = slots.filter(|(_, task)| task.state != State::Free);
        let mut live: Vec<(u64, usize)> = live.map(|(at, task)| (task.begun, at)).collect();
        live.sort_unstable();
        for (_, index) in live {
            self.cancel_task(TaskId(index as u32));
        }
    }

    /// Forgets all tasks without running them any more, and all operations.
    pub(crate) fn drop_tasks(&mut self) {
        self.cancel_operations();
        self.tasks.ready.clear();
        for index in 1..self.tasks.slots.len() {
            let id = TaskId(index as u32);
            let native = self
                .tasks
                .task(id)
                .and_then(|task| (task.state != State::Free).then(|| task.native.take()));
            if let Some(native) = native {
                // Unwinds the builtin's frames.
                drop(native);
                self.remove_task(id);
            }
        }
    }
}
