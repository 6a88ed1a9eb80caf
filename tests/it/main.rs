//! Whole-toolchain tests.

mod book;
mod cli;
mod tidy;
