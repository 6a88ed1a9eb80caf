//! The command line of `hypvm`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

use crate::color::Color;
use crate::process::RunOptions;
use crate::serve::ServeOptions;

/// Executes HypnoScript modules (.hbc)
#[derive(Debug, Parser)]
#[command(name = "hypvm", version, args_conflicts_with_subcommands = true)]
#[command(arg_required_else_help = true, subcommand_negates_reqs = true)]
pub struct Cli {
    /// What to do instead of executing
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The module to execute; `-` reads it from standard input
    #[arg(required = true)]
    pub file: Option<PathBuf>,
    /// Arguments of the program
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<String>,
    /// How to execute it
    #[command(flatten)]
    pub run: RunOptions,
    /// When to colour messages
    #[arg(long, value_enum, default_value_t, global = true)]
    pub color: Color,
}

impl Cli {
    /// Reads the command line; the first of `words` is the name of the program.
    ///
    /// # Errors
    /// It is not valid, or asks for help.
    pub fn read(words: Vec<OsString>) -> Result<Cli, clap::Error> {
        match Self::of_file(&words) {
            Some(cli) => Ok(cli),
            None => Cli::try_parse_from(words),
        }
    }

    /// The command lines `hypvm FILE.hbc` and `hypvm --jit=WHEN FILE.hbc`: as `clap` reads them, but
    /// without building its model of all options, which takes as long as the rest of a short script.
    fn of_file(words: &[OsString]) -> Option<Cli> {
        let (run, file) = match words {
            [_, file] => (RunOptions::default(), file),
            [_, option, file] => (RunOptions::of_jit(option.to_str()?)?, file),
            _ => return None,
        };
        let is_module = Path::new(file).extension().is_some_and(|end| end == "hbc");
        if !is_module || file.as_encoded_bytes().starts_with(b"-") {
            return None;
        }
        Some(Cli {
            command: None,
            file: Some(PathBuf::from(file)),
            args: Vec::new(),
            run,
            color: Color::default(),
        })
    }
}

/// Something to do with a module instead of executing it.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Executes a module on several threads that share the connections of its servers
    Serve {
        /// The module
        file: PathBuf,
        /// Arguments of the program
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
        /// How to serve
        #[command(flatten)]
        serve: ServeOptions,
        /// How to execute it; `--timeout` limits how long code may run without waiting [default: 10s]
        #[command(flatten)]
        run: Box<RunOptions>,
    },
    /// Summarises a module
    Inspect {
        /// The module
        file: PathBuf,
    },
    /// Checks a module without executing it
    Verify {
        /// The module
        file: PathBuf,
    },
    /// Lists a module's instructions
    Disasm {
        /// List the machine code that they become on this processor
        #[arg(long)]
        native: bool,
        /// The module
        file: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &[&str]) -> Vec<OsString> {
        std::iter::once("hypvm").chain(line.iter().copied()).map(OsString::from).collect()
    }

    #[test]
    fn a_single_module_is_read_as_by_clap() {
        for line in [["a.hbc"], ["dir/b c.hbc"], ["./-x.hbc"], ["inspect.hbc"], ["a=b.hbc"]] {
            let quick = Cli::of_file(&words(&line)).expect("a plain command line");
            let whole = Cli::try_parse_from(words(&line)).expect("a valid command line");
            assert_eq!(format!("{quick:?}"), format!("{whole:?}"));
        }
    }

    #[test]
    fn the_setting_of_the_native_tier_is_read_as_by_clap() {
        for option in ["--jit=off", "--jit=auto", "--jit=always"] {
            let line = words(&[option, "a.hbc"]);
            let quick = Cli::of_file(&line).expect("a plain command line");
            let whole = Cli::try_parse_from(line).expect("a valid command line");
            assert_eq!(format!("{quick:?}"), format!("{whole:?}"));
        }
    }

    #[test]
    fn other_command_lines_are_left_to_clap() {
        let lines: [&[&str]; 12] = [
            &[],
            &[""],
            &["-"],
            &["inspect"],
            &["-x.hbc"],
            &["a.hbc", "b"],
            &["a.hbc", "b.hbc"],
            &["--jit", "a.hbc"],
            &["--jit=", "a.hbc"],
            &["--jit=OFF", "a.hbc"],
            &["--jit=off", "inspect"],
            &["--seed=1", "a.hbc"],
        ];
        for line in lines {
            assert!(Cli::of_file(&words(line)).is_none(), "{line:?}");
        }
    }
}
