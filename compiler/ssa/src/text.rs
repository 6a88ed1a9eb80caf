//! The readable text form.
//!
//! ```text
//! type t16 session "Counter" { "n": f64, private "tag": any, method "inc" f1, constructor f2 }
//! global g0: f64
//! desc d0 number
//! function "f" -> any required 1 slots 1 {
//! block0(v0: any, v1: f64):
//!   v2 = add_f64_k v1, 1.0 @3:7 note "variable 'x'"
//!   v3: f64 = get_global g0
//!   v4 = lt_f64 v2, v3
//!   brif v4, block1(v2), block2
//! block1(v5: any) handler block3:
//!   return v5
//! …
//! }
//! ```
//!
//! Operands come in the order arguments, immediates. Values are numbered in the order of their
//! definitions, so printing a parsed function gives the same text. `;` starts a comment.

mod lex;
mod parse;
mod print;

pub use parse::{ParseError, parse};
pub use print::print;

use hyp_bytecode::rep::{Rep, TypeId};

/// Names of the representations that are not `t` and a number.
const REPS: &[(&str, Rep)] = &[
    ("any", Rep::Any),
    ("f64", Rep::F64),
    ("i64", Rep::I64),
    ("bool", Rep::Bool),
    ("str", Rep::Ref(TypeId::STRING)),
    ("array", Rep::Ref(TypeId::ARRAY)),
    ("object", Rep::Ref(TypeId::OBJECT)),
    ("func", Rep::Ref(TypeId::FUNCTION)),
    ("cell", Rep::Ref(TypeId::CELL)),
    ("iter", Rep::Ref(TypeId::ITERATOR)),
    ("error", Rep::Ref(TypeId::ERROR)),
];
