//! What compiler, virtual machine and JIT agree on.
//!
//! The instruction table ([`op`]), the builtin table ([`builtin`]), representations ([`rep`]), the
//! in-memory module ([`module`]) and its `.hbc` container (reader, writer, verifier, disassembler,
//! assembler). It knows neither the source language nor the heap.
//!
//! Invariant: whatever two crates must agree on is declared here exactly once.
//! Invariant: a [`verify::VerifiedModule`] is the only thing an engine executes.
//!
//! Start reading at [`op`], then [`module`].
#![warn(missing_docs)]

pub mod builtin;
pub mod container;
pub mod module;
pub mod op;
pub mod rep;
pub mod text;
pub mod verify;
