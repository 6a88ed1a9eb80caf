//! The native tier of the virtual machine.
//!
//! [`NativeTier`] compiles functions and loops that the interpreter finds hot. `translate` makes CLIF
//! of verified bytecode, Cranelift machine code of that. What native code and the interpreter promise
//! each other stands in [`hyp_vm::tier`].
//!
//! Invariant: nothing but verified bytecode goes in; facts that its verifier did not establish are
//! not used.
#![warn(missing_docs)]
#![deny(unsafe_code)]

mod compiler;
mod flow;
mod listing;
mod tier;
mod translate;

pub use compiler::CodeOptions;
pub use listing::{Form, listing};
pub use tier::{Mode, NativeTier, Options};
