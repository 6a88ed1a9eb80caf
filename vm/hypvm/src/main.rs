//! `hypvm`: executes `.hbc` modules. Contains no front end.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use hypvm::color::Color;
use hypvm::grant::Grants;
use hypvm::load::load;
use hypvm::process::{RunOptions, execute};
use hypvm::{exit, inspect};

/// Executes HypnoScript modules (.hbc)
#[derive(Parser)]
#[command(name = "hypvm", version, args_conflicts_with_subcommands = true)]
#[command(arg_required_else_help = true, subcommand_negates_reqs = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// The module to execute; `-` reads it from standard input
    #[arg(required = true)]
    file: Option<PathBuf>,
    /// Arguments of the program
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
    /// Which execution tiers to use
    #[arg(long, value_enum, default_value_t)]
    jit: Jit,
    #[command(flatten)]
    run: RunOptions,
    /// When to colour messages
    #[arg(long, value_enum, default_value_t, global = true)]
    color: Color,
}

#[derive(Subcommand)]
enum Command {
    /// Summarises a module
    Inspect { file: PathBuf },
    /// Checks a module without executing it
    Verify { file: PathBuf },
    /// Lists a module's instructions
    Disasm { file: PathBuf },
}

/// Execution tiers.
#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Jit {
    /// The fastest tier that this build has
    #[default]
    Auto,
    /// The interpreter only
    Off,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::OK });
        }
    };
    // A panic is a bug of the machine: say so, and never look like a script's failure.
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| dispatch(&cli))) {
        Ok(code) => std::process::exit(code),
        Err(_) => {
            hypvm::complain!("hypvm: internal error (this is a bug in HypnoScript)");
            ExitCode::from(exit::INTERNAL)
        }
    }
}

fn dispatch(cli: &Cli) -> i32 {
    let path = match (&cli.command, &cli.file) {
        (
            Some(Command::Inspect { file } | Command::Verify { file } | Command::Disasm { file }),
            _,
        )
        | (None, Some(file)) => file,
        (None, None) => return i32::from(exit::USAGE),
    };
    let module = match load(path) {
        Ok(module) => module,
        Err(error) => {
            hypvm::complain!("hypvm: {}: {error}", path.display());
            return i32::from(error.exit_code());
        }
    };
    let text = match &cli.command {
        None => {
            // Both settings of the interpreter-only build select the same tier.
            let (Jit::Auto | Jit::Off) = cli.jit;
            let (args, colored) = (cli.args.clone(), cli.color.is_enabled());
            return execute(module, args, &cli.run, Grants::nothing(), colored);
        }
        Some(Command::Verify { .. }) => format!("{}: valid\n", path.display()),
        Some(Command::Inspect { .. }) => inspect::summary(&module),
        Some(Command::Disasm { .. }) => hyp_bytecode::text::disassemble(&module),
    };
    i32::from(hypvm::process::print(&text))
}
