//! Whole-toolchain tests.

mod book;
mod cli;
mod hostile;
mod tidy;
