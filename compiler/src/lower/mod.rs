//! Syntax tree to SSA.
//!
//! Every value that reaches a variable is tagged-compatible (`Any`, `F64` or `Ref`); conditions are
//! `Bool` values. Operations whose operand representations are known already become typed
//! instructions here; everything else is left to the representation pass.
//!
//! Function numbers: 0 is the module body, `1 + n` the n-th function of the syntax tree (a
//! constructor's number is the function that `Name(args)` calls), then constructors of types that
//! declare none, then the finales, then the functions of clones.
//!
//! Source positions travel as byte offsets in [`Pos::line`] (plus one) until the driver turns them
//! into lines and columns.

mod call;
mod capture;
mod control;
mod declare;
mod entrain;
mod expr;
mod function;
mod higher_order;
mod iterate;
mod member;
mod module;
mod operator;
mod pattern;
mod place;
mod stmt;
mod table;
mod try_block;

pub use module::{Knowledge, Lowered, Signature, Sink, Tables, lower};
pub use table::{Descs, Strings};

use hyp_ssa::ir::Pos;

/// The position of a source offset.
fn pos_of(offset: u32) -> Pos {
    Pos { line: offset.saturating_add(1), ..Pos::default() }
}

/// The source offset of a position made by this module.
#[must_use]
pub fn offset_of(pos: Pos) -> Option<u32> {
    pos.line.checked_sub(1)
}
