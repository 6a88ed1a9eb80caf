//! Running a module as a process does: loading, signals, exit codes, reports. Shared by `hypvm` and
//! `hypc run`.
//!
//! Invariant: no front end; the only programs that start here are verified modules.
//! Invariant: whatever happens, the process ends with a code of [`exit`] or the program's own.
#![warn(missing_docs)]

pub mod cli;
pub mod color;
pub mod grant;
pub mod inspect;
pub mod load;
pub mod process;
pub mod serve;
mod stdin;

/// Writes a line to standard error, like `eprintln!`, but without panicking when nobody can read it.
#[macro_export]
macro_rules! complain {
    ($($part:tt)*) => {{
        use ::std::io::Write as _;
        let _ = ::std::writeln!(::std::io::stderr(), $($part)*);
    }};
}

/// Exit codes of the tools. `Exit(n)` of a script passes through as `n`.
pub mod exit {
    /// Success.
    pub const OK: u8 = 0;
    /// Diagnostics, or an uncaught script error.
    pub const FAILURE: u8 = 1;
    /// Wrong command line.
    pub const USAGE: u8 = 2;
    /// Failed tests.
    pub const TESTS: u8 = 3;
    /// Missing or unreadable input, unwritable output.
    pub const INPUT: u8 = 4;
    /// A `.hbc` file that the reader or verifier refuses.
    pub const REJECTED: u8 = 5;
    /// A denied capability.
    pub const DENIED: u8 = 6;
    /// A resource limit.
    pub const LIMIT: u8 = 7;
    /// A bug of the toolchain.
    pub const INTERNAL: u8 = 101;
}
