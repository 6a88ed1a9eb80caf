//! The conformance harness: expectations written in the programs of the corpus, and the engine
//! settings under which every program runs.
//!
//! A program runs in a process of its own (the test binary calls itself), so that a crash or hang
//! of the machine is a failed test and not a broken run.
//!
//! Invariant: a program of the corpus passes under every engine setting or the run fails; there are
//! no ignored tests and no expected failures.

pub mod bundle;
pub mod campaign;
pub mod capture;
pub mod differ;
pub mod engine;
pub mod expectation;
pub mod fuzz;
pub mod generate;
pub mod listing;
pub mod mutate;
pub mod oracle;
pub mod subject;
pub mod tool;
