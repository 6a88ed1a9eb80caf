//! SSA form of HypnoScript functions.
//!
//! [`ir`] defines it; [`build`] constructs it on the fly; [`verify`] checks it; [`text`] prints and
//! parses it; [`eval`] is the slow oracle; [`pass`] holds the optimisations; [`emit`] takes it out of
//! SSA into verified register code.
//!
//! Invariant: no dependency on the source language or the virtual machine.

pub mod ir;
