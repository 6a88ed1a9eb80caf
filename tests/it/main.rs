//! Whole-toolchain tests.

mod book;
mod cli;
mod faults;
mod file_faults;
mod format;
mod fuzzing;
mod hostile;
mod http;
mod limits;
mod messages;
mod operators;
mod packages;
mod process;
mod repl;
mod runner;
mod sandbox;
mod test_command;
mod tidy;
mod tools;
