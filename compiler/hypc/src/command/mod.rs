//! The commands. Each returns the process's exit code.

mod build;
mod builtins;
mod disasm;
mod doc;
mod explain;
mod fmt;
mod shell;

use std::sync::Arc;

use hyp_bytecode::module::Module;
use hyp_bytecode::verify::{VerifiedModule, verify};
use hyp_compiler::driver::Options;
use hypvm::exit;
use hypvm::grant::Grants;
use hypvm::process::{execute, print};

use crate::cli::{Check, Cli, Command, Run};
use crate::source::compile_file;

pub(crate) fn dispatch(cli: &Cli) -> i32 {
    let result = match &cli.command {
        Command::Build(build) => build::build(cli, build),
        Command::Run(run) => self::run(cli, run),
        Command::Check(check) => Ok(self::check(cli, check)),
        Command::Fmt(fmt) => fmt::fmt(cli, fmt),
        Command::Explain { code } => Ok(explain::explain(code.as_deref())),
        Command::Doc { file, all } => doc::doc(cli, file, *all),
        Command::Completions { shell, tool } => Ok(shell::completions(*shell, *tool)),
        Command::Man { directory } => shell::man(directory),
        Command::Disasm { file, compile } => disasm::disasm(cli, file, &compile.options()),
        Command::Builtins { name, json } => Ok(builtins::list(name.as_deref(), *json)),
        Command::Version => Ok(version()),
    };
    result.unwrap_or_else(|code| code)
}

/// Marks compiled code as verified. Our own compiler breaking a rule is a bug, not a user error.
fn verified(module: Module) -> Result<Arc<VerifiedModule>, i32> {
    verify(module).map(Arc::new).map_err(|error| {
        hypvm::complain!("hypc: internal error: compiled code was refused: {error}");
        i32::from(exit::INTERNAL)
    })
}

fn run(cli: &Cli, run: &Run) -> Result<i32, i32> {
    let compilation = compile_file(cli, &run.file, &run.compile.options())?;
    let Some(module) = compilation.module else { return Err(i32::from(exit::FAILURE)) };
    let module = verified(module)?;
    let (args, colored) = (run.args.clone(), cli.color.is_enabled());
    Ok(execute(module, args, &run.run, Grants::everything(), colored))
}

fn check(cli: &Cli, check: &Check) -> i32 {
    let mut code = 0;
    for file in &check.files {
        match compile_file(cli, file, &Options::default()) {
            Ok(compilation) if compilation.has_errors() => {
                code = code.max(i32::from(exit::FAILURE))
            }
            Ok(_) => {}
            Err(failure) => code = failure,
        }
    }
    code
}

fn version() -> i32 {
    let (major, minor) = hyp_bytecode::container::VERSION;
    i32::from(print(&format!(
        "hypc {}\nbytecode {major}.{minor}\ninstructions {}\nbuiltins {}\n",
        env!("CARGO_PKG_VERSION"),
        hyp_bytecode::op::OP_COUNT,
        hyp_bytecode::builtin::BUILTINS.len(),
    )))
}
