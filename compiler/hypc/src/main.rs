//! `hypc`: the HypnoScript developer tool.
//!
//! Invariant: files and streams are touched here and in `hypvm`'s library only; the compiler sees
//! bytes.
//! Invariant: results go to standard output, diagnostics for people and complaints to standard error;
//! exit codes are those of `hypvm::exit`.

mod cli;
mod command;
mod file;
mod render;
mod source;

use std::process::ExitCode;

use clap::Parser;
use hypvm::{exit, process::print_answer};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return ExitCode::from(print_answer(&answer)),
    };
    // A panic is a bug of the compiler: say so, and never look like a fault of the program.
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| command::dispatch(&cli))) {
        Ok(code) => std::process::exit(code),
        Err(_) => {
            hypvm::complain!("hypc: internal error (this is a bug in HypnoScript)");
            ExitCode::from(exit::INTERNAL)
        }
    }
}
