//! Rules about exception handlers.

#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use super::code::Starts;
use super::{Check, FunctionChecker, Rule};
use crate::rep::Rep;
use std::cmp::Reverse;

impl FunctionChecker<'_> {
    /// Checks the handler table against the instruction starts.
    pub(super) fn check_handlers(&self, starts: &Starts) -> Check {
        let end = self.function.code.len();
        for (idx, handler) in self.function.handlers.iter().enumerate() {
            let (first, past) = (handler.start as usize, handler.end as usize);
            let is_range =
                first < past && starts.contains(first) && (past == end || starts.contains(past));
            self.require(is_range, Rule::HandlerRange, || {
                format!("handler {idx} covers words {first}..{past}")
            })?;
            self.require(starts.contains(handler.target as usize), Rule::HandlerTarget, || {
                format!("handler {idx} continues at word {}", handler.target)
            })?;
            let rep = self.function.reps.get(usize::from(handler.reg));
            self.require(rep == Some(&Rep::Any), Rule::HandlerReg, || {
                format!("handler {idx} puts the raised value into register {}", handler.reg)
            })?;
        }
        self.check_nesting()
    }

    /// Visits ranges from the outside in; a range must end before the one around it and come
    /// earlier in the table.
    fn check_nesting(&self) -> Check {
        let ranges = self.function.handlers.iter().enumerate();
        let mut ranges: Vec<_> =
            ranges.map(|(idx, h)| (h.start, Reverse(h.end), Reverse(idx))).collect();
        ranges.sort_unstable();
        let mut open: Vec<(u32, usize)> = Vec::new();
        for (start, Reverse(end), Reverse(idx)) in ranges {
            while open.last().is_some_and(|(outer_end, _)| *outer_end <= start) {
                open.pop();
            }
            let is_nested =
                open.last().is_none_or(|(outer_end, outer)| end <= *outer_end && idx < *outer);
            self.require(is_nested, Rule::HandlerNesting, || {
                format!("handler {idx} overlaps another one")
            })?;
            open.push((end, idx));
        }
        Ok(())
    }
}
