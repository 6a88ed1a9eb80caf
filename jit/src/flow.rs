//! What the translation has to know of register code before it begins: blocks, edges, handlers,
//! order, and which registers are read later.

mod graph;
mod live;
mod loops;

pub(crate) use graph::Graph;
pub(crate) use live::{Live, RegSet, for_each_read};
pub(crate) use loops::{Loop, loops};

/// Code that does not decode: it was not verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NotVerified;
