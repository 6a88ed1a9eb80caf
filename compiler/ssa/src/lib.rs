//! SSA form of HypnoScript functions.
//!
//! [`ir`] defines it; [`build`] constructs it on the fly; [`verify`] checks it; [`text`] prints and
//! parses it; [`eval`] is the slow oracle; [`pass`] holds the optimisations; [`emit`] takes it out of
//! SSA into verified register code.
//!
//! Invariant: no dependency on the source language or the virtual machine.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub mod build;
pub mod cfg;
pub mod emit;
pub mod eval;
pub mod ir;
pub mod number;
pub mod pass;
pub mod shape;
pub mod text;
pub mod unit;
pub mod verify;
