//! The steps that are left to the program of this thread.
//!
//! Work on values counts as well, because nested values that share parts can be very much larger
//! than the memory they take; values know no machine, so the count belongs to the thread.

use std::cell::Cell;

thread_local! {
    static LEFT: Cell<u64> = const { Cell::new(0) };
}

/// Begins a program.
pub(crate) fn refill(steps: u64) {
    LEFT.set(steps);
}

/// Uses up steps; whether there were enough. What is computed after the last step is of no use.
pub(crate) fn spend(steps: usize) -> bool {
    let left = LEFT.get().checked_sub(steps as u64);
    LEFT.set(left.unwrap_or(0));
    left.is_some_and(|left| left > 0)
}

/// As [`spend`], for copying `units` small things.
pub(crate) fn spend_copying(units: usize) -> bool {
    spend(units / 8)
}

/// Whether all steps are used up.
pub(crate) fn is_empty() -> bool {
    LEFT.get() == 0
}
