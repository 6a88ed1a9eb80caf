//! The command line of `hypvm`.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::color::Color;
use crate::process::RunOptions;

/// Executes HypnoScript modules (.hbc)
#[derive(Parser)]
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
    /// Which execution tiers to use
    #[arg(long, value_enum, default_value_t)]
    pub jit: Jit,
    /// How to execute it
    #[command(flatten)]
    pub run: RunOptions,
    /// When to colour messages
    #[arg(long, value_enum, default_value_t, global = true)]
    pub color: Color,
}

/// Something to do with a module instead of executing it.
#[derive(Subcommand)]
pub enum Command {
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
        /// The module
        file: PathBuf,
    },
}

/// Execution tiers.
#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Jit {
    /// The fastest tier that this build has
    #[default]
    Auto,
    /// The interpreter only
    Off,
}
