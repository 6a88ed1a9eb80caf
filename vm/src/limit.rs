//! Resource limits: what they count, and what reaching one means.
//!
//! Fuel counts what every loop must pass: taken backward branches, calls and raised errors, plus what
//! builtins charge for long work. The interpreter counts down one branch budget; fuel only decides how
//! much of it is handed out at a time, so a program without a fuel limit pays nothing for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Trap;
use crate::vm::Vm;

/// Fuel steps between two looks at the interrupt flag.
const POLL_INTERVAL: u64 = 4096;

/// A resource limit whose violation scripts cannot catch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// Bytes of the heap. The first violation raises a catchable error.
    Heap,
    /// Steps.
    Fuel,
    /// Time since the start.
    WallClock,
    /// Bytes written to standard output and standard error.
    Output,
}

/// Limits of regular expressions. Matching takes linear time, so they bound what compiling and one step
/// of a match cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RegexLimits {
    /// Bytes of a pattern.
    pub pattern_bytes: usize,
    /// Bytes of a compiled pattern, and of the cache of its lazily built automaton.
    pub program_bytes: usize,
    /// Nesting of groups.
    pub nesting: u32,
}

impl Default for RegexLimits {
    fn default() -> Self {
        RegexLimits { pattern_bytes: 1 << 10, program_bytes: 1 << 20, nesting: 50 }
    }
}

/// Why a program failed, as far as the host is concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The script: a run-time error or an uncaught `throw`.
    Script,
    /// A limit.
    Limit(Limit),
    /// A capability that the host has not granted.
    Denied,
    /// Standard output cannot be written.
    Stream,
}

impl Cause {
    /// The code that error objects store.
    pub(crate) fn code(self) -> u32 {
        match self {
            Cause::Script => 0,
            Cause::Limit(_) => 1,
            Cause::Denied => 2,
            Cause::Stream => 3,
        }
    }

    /// The cause of a code of [`Cause::code`]; the only limit that makes an error object is the heap.
    pub(crate) fn from_code(code: u32) -> Cause {
        match code {
            1 => Cause::Limit(Limit::Heap),
            2 => Cause::Denied,
            3 => Cause::Stream,
            _ => Cause::Script,
        }
    }

    /// Exit code of a process whose program failed for this reason.
    #[must_use]
    pub fn exit_code(self) -> i32 {
        match self {
            Cause::Script => 1,
            Cause::Stream => 4,
            Cause::Denied => 6,
            Cause::Limit(_) => 7,
        }
    }
}

/// Stops a running machine from another thread or a signal handler.
#[derive(Clone, Debug, Default)]
pub struct InterruptHandle {
    requested: Arc<AtomicBool>,
    expired: Arc<AtomicBool>,
    /// Whether only the running task is to stop.
    cancels: Arc<AtomicBool>,
}

impl InterruptHandle {
    /// Makes the program stop at its next poll with exit code 130, after its finales. Only stores an
    /// atomic flag, so a signal handler may call it.
    pub fn interrupt(&self) {
        self.requested.store(true, Ordering::Relaxed);
    }

    /// Makes the program stop at its next poll because its time is over; nothing of it runs after
    /// that. Only stores atomic flags.
    pub fn expire(&self) {
        self.expired.store(true, Ordering::Relaxed);
        self.interrupt();
    }

    /// Cancels the task that runs, at its next poll. Only stores atomic flags.
    pub fn cancel_running(&self) {
        self.cancels.store(true, Ordering::Relaxed);
        self.interrupt();
    }

    /// Takes back what [`InterruptHandle::cancel_running`] has asked for: another task runs now.
    pub fn forget_cancellation(&self) {
        if self.cancels.swap(false, Ordering::Relaxed) {
            self.requested.store(false, Ordering::Relaxed);
        }
    }

    /// The flag of [`InterruptHandle::interrupt`], for signal libraries that set one.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.requested)
    }

    /// Takes a request to stop; a time limit stays.
    fn take(&self) -> Result<(), Trap> {
        if !self.requested.load(Ordering::Relaxed) {
            return Ok(());
        }
        if self.expired.load(Ordering::Relaxed) {
            return Err(Trap::Limit(Limit::WallClock));
        }
        self.requested.store(false, Ordering::Relaxed);
        let cancels = self.cancels.swap(false, Ordering::Relaxed);
        Err(if cancels { Trap::Cancelled } else { Trap::Interrupted })
    }
}

/// Fuel beyond what the branch budget holds.
pub(crate) struct Fuel {
    /// `None` without a limit.
    rest: Option<u64>,
    /// Most steps that are handed out at a time.
    interval: u64,
}

impl Fuel {
    /// The budget to start with, and the rest.
    pub(crate) fn new(steps_max: Option<u64>) -> (i64, Fuel) {
        let mut fuel = Fuel { rest: steps_max, interval: POLL_INTERVAL };
        (fuel.next().unwrap_or(0), fuel)
    }

    fn next(&mut self) -> Option<i64> {
        let Some(rest) = &mut self.rest else { return Some(self.interval as i64) };
        let part = (*rest).min(self.interval);
        *rest -= part;
        Some(part as i64)
    }
}

impl Vm {
    /// Looks at fuel and interrupts if the branch budget is used up.
    ///
    /// # Errors
    /// The fuel is used up; the host wants the program to stop.
    #[inline]
    pub(crate) fn poll(&mut self) -> Result<(), Trap> {
        if self.budget >= 0 { Ok(()) } else { self.refuel() }
    }

    #[cold]
    fn refuel(&mut self) -> Result<(), Trap> {
        let owed = self.budget.unsigned_abs();
        if let Some(rest) = &mut self.fuel.rest {
            // A budget that stays negative makes every later poll fail as well.
            *rest = rest.checked_sub(owed).ok_or(Trap::Limit(Limit::Fuel))?;
        }
        self.budget = self.fuel.next().unwrap_or(0);
        self.check_interrupt()
    }

    /// While on, no steps are handed out in advance: every call and backward branch takes its slow
    /// path, where `slow_calls` counts.
    pub(crate) fn count_calls(&mut self, on: bool) {
        self.fuel.interval = if on { 0 } else { POLL_INTERVAL };
        if on && self.budget > 0 {
            let left = std::mem::take(&mut self.budget).unsigned_abs();
            self.fuel.rest = self.fuel.rest.map(|rest| rest + left);
        }
    }

    /// Charges the work of a builtin: about as much as `steps` loop iterations of a script. Long loops
    /// of builtins call it every few thousand steps, so that they can be interrupted.
    ///
    /// # Errors
    /// The fuel is used up; the host wants the program to stop.
    pub fn charge(&mut self, steps: usize) -> Result<(), Trap> {
        self.budget = self.budget.saturating_sub(i64::try_from(steps).unwrap_or(i64::MAX));
        self.poll()
    }

    /// Whether the host wants the program to stop. Waiting code asks this every few milliseconds.
    ///
    /// # Errors
    /// It does.
    pub fn check_interrupt(&mut self) -> Result<(), Trap> {
        match self.interrupt.take() {
            // The program body is no task.
            Err(Trap::Cancelled) if !self.is_in_task() => Ok(()),
            other => other,
        }
    }

    /// Fuel steps that are left; `None` without a limit.
    #[must_use]
    pub fn fuel_left(&self) -> Option<u64> {
        self.fuel.rest.map(|rest| rest + self.budget.max(0).unsigned_abs())
    }
}
