//! The HypnoScript language as data and syntax: keyword and operator tables, source decoding,
//! lexer, grammar, syntax tree in an arena, canonical printer, and diagnostics.
//!
//! Start reading at [`parse`] and [`ast`]; the normative grammar is `grammar.lalrpop`.
//!
//! Invariant: any text gives a tree or diagnostics, several of them and each with a place; parsing
//! never panics and its depth is bounded.
//! Invariant: nothing here knows of scopes, types, files or output.
#![forbid(unsafe_code)]

mod adapter;
pub mod ast;
pub mod diagnostic;
mod dump;
mod format;
pub mod intern;
pub mod keyword;
mod lexer;
pub mod operator;
mod parse;
mod print;
pub mod source;
pub mod span;
pub mod token;

pub use adapter::MAX_NESTING;
pub use dump::dump;
pub use format::{FormatError, format};
pub use parse::{MAX_TREE_DEPTH, Start, parse, parse_from, tokens};
pub use print::print;
