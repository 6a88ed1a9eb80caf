//! What the translation has to know of register code before it begins: blocks, edges, handlers,
//! order, which registers are read later, and which hold integers or objects.

mod graph;
mod live;
mod loops;
mod object;
mod range;
mod test;

pub(crate) use graph::Graph;
pub(crate) use live::{Live, RegSet, for_each_read};
pub(crate) use loops::{Loop, loops};
pub(crate) use object::{Objects, apply as apply_to_objects};
pub(crate) use range::{EXACT, Facts, LIMIT, Outcome, Range, Ranges, Subject};
pub(crate) use test::{Test, test_of};

/// Code that does not decode: it was not verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NotVerified;
