//! The commands. Each returns the process's exit code.

mod add;
mod build;
mod builtins;
mod disasm;
mod doc;
mod explain;
mod fmt;
mod init;
mod install;
mod list;
mod remove;
mod repl;
mod run;
mod shell;
mod test;
mod validate;

use std::sync::Arc;

use hyp_bytecode::module::Module;
use hyp_bytecode::verify::{VerifiedModule, verify};
use hyp_compiler::driver::Options;
use hyp_package::{Manifest, PackageError};
use hypvm::exit;
use hypvm::process::print;

use crate::cli::{Check, Cli, Command};
use crate::source::compile_file;

pub(crate) fn dispatch(cli: &Cli) -> i32 {
    let result = match &cli.command {
        Command::Build(build) => build::build(cli, build),
        Command::Run(run) => run::run(cli, run),
        Command::Exec(run) => run::exec(cli, run),
        Command::Init(init) => init::init(init),
        Command::New(new) => init::new(new),
        Command::Add(add) => add::add(add),
        Command::Remove { name } => remove::remove(name),
        Command::List => list::list(),
        Command::Install(install) => install::install(install),
        Command::Validate => validate::validate(),
        Command::Check(check) => Ok(self::check(cli, check)),
        Command::Repl(repl) => repl::repl(cli, repl),
        Command::Test(test) => test::test(cli, test),
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

/// The manifest of the package around the working directory.
fn manifest() -> Result<Manifest, i32> {
    let here = std::env::current_dir().map_err(|error| {
        hypvm::complain!("hypc: cannot find the working directory: {error}");
        i32::from(exit::INPUT)
    })?;
    Manifest::find(&here).map_err(refuse)
}

/// Reports an error of a package; the exit code.
fn refuse(error: PackageError) -> i32 {
    hypvm::complain!("hypc: {error}");
    i32::from(if error.is_io { exit::INPUT } else { exit::FAILURE })
}

fn check(cli: &Cli, check: &Check) -> i32 {
    let mut code = 0;
    let options = Options { strict_null: check.strict_null, ..Options::default() };
    for file in &check.files {
        match compile_file(cli, file, &options) {
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
