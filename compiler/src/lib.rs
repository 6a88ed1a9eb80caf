//! The HypnoScript compiler: resolve, check, infer, lower to SSA, optimise, emit.
//!
//! Invariant: no input or output, no clock, no unsafe code; source bytes in, module and
//! diagnostics out.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub mod check;
pub mod driver;
pub mod infer;
pub mod link;
pub mod lower;
pub mod resolve;
mod schedule;
mod sites;
mod size;
pub mod sources;
pub mod types;
