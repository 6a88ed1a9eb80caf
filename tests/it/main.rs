//! Whole-toolchain tests.

mod cli;
mod tidy;
