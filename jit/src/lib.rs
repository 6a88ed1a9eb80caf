//! The native tier of the virtual machine.
//!
//! So far its front half: [`recover`] rebuilds the SSA form of a function from its verified code.
//! The tier compiles from that form, so there is one program representation to verify, not two.
//!
//! Invariant: nothing but verified bytecode goes in; facts that its verifier did not establish are
//! not used.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod facts;
mod recover;

pub use facts::ModuleView;
pub use recover::{RecoverError, recover};
