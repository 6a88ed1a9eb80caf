//! Whole-toolchain tests.

mod book;
mod cli;
mod format;
mod hostile;
mod limits;
mod process;
mod sandbox;
mod tidy;
mod tools;
