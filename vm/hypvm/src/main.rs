//! `hypvm`: executes `.hbc` modules. Contains no front end.

use std::process::ExitCode;

use hypvm::cli::{Cli, Command};
use hypvm::grant::Grants;
use hypvm::load::load;
use hypvm::process::{execute, print_answer};
use hypvm::{exit, inspect};

fn main() -> ExitCode {
    let cli = match Cli::read(std::env::args_os().collect()) {
        Ok(cli) => cli,
        Err(answer) => return ExitCode::from(print_answer(&answer)),
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
            Some(
                Command::Inspect { file }
                | Command::Verify { file }
                | Command::Disasm { file, .. }
                | Command::Serve { file, .. },
            ),
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
            let (args, colored) = (cli.args.clone(), cli.color.is_enabled());
            return execute(module, args, &cli.run, Grants::nothing(), colored);
        }
        Some(Command::Serve { args, serve, run, .. }) => {
            return hypvm::serve::serve(&module, args, serve, run, cli.color.is_enabled());
        }
        Some(Command::Verify { .. }) => format!("{}: valid\n", path.display()),
        Some(Command::Inspect { .. }) => inspect::summary(&module),
        Some(Command::Disasm { native: true, .. }) => {
            match inspect::native(&module, inspect::NativeForm::Assembly) {
                Ok(text) => text,
                Err(code) => return code,
            }
        }
        Some(Command::Disasm { .. }) => hyp_bytecode::text::disassemble(&module),
    };
    i32::from(hypvm::process::print(&text))
}
