//! The HypnoScript language as data and syntax: keyword and operator tables, source decoding,
//! lexer, grammar, syntax tree in an arena, canonical printer, and diagnostics.
#![forbid(unsafe_code)]

pub mod ast;
pub mod diagnostic;
pub mod intern;
pub mod operator;
pub mod span;
