//! Reading and compiling source files.

use std::path::Path;

use hyp_compiler::driver::{Compilation, Options, compile};
use hyp_grammar::source::MAX_SOURCE_BYTES;
use hypvm::exit;
use hypvm::load::read_bounded;

use crate::cli::Cli;
use crate::render;

/// Reads a source file; a message on standard error and an exit code if that fails.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, i32> {
    read_bounded(path, MAX_SOURCE_BYTES).map_err(|error| {
        hypvm::complain!("hypc: {}: cannot read: {error}", path.display());
        i32::from(exit::INPUT)
    })
}

/// The name that a module carries: no directories, so that builds do not depend on the place.
pub(crate) fn display_name(path: &Path) -> String {
    if path.as_os_str() == "-" {
        return "<stdin>".to_owned();
    }
    path.file_name().map_or_else(|| "<program>".to_owned(), |n| n.to_string_lossy().into_owned())
}

/// Compiles a file and prints its diagnostics.
pub(crate) fn compile_file(cli: &Cli, path: &Path, options: &Options) -> Result<Compilation, i32> {
    Ok(compile_bytes(cli, path, &read(path)?, options))
}

/// Compiles what was read from a file and prints its diagnostics.
pub(crate) fn compile_bytes(
    cli: &Cli,
    path: &Path,
    bytes: &[u8],
    options: &Options,
) -> Compilation {
    let compilation = compile(&display_name(path), bytes, options);
    render::print(cli, &|_| path.display().to_string(), &compilation);
    compilation
}
