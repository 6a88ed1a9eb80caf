//! Reading and compiling source files.

use std::path::Path;

use hyp_compiler::driver::{Compilation, Options};
use hyp_compiler::sources::SourceFile;
use hyp_grammar::source::MAX_SOURCE_BYTES;
use hyp_package::FileLoader;
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

/// The name of a file without directories.
pub(crate) fn display_name(path: &Path) -> String {
    if path.as_os_str() == "-" {
        return "<stdin>".to_owned();
    }
    path.file_name().map_or_else(|| "<program>".to_owned(), |n| n.to_string_lossy().into_owned())
}

/// Compiles a file and what it imports, and prints the diagnostics.
pub(crate) fn compile_file(cli: &Cli, path: &Path, options: &Options) -> Result<Compilation, i32> {
    compile_bytes(cli, path, &read(path)?, options)
}

/// As [`compile_file`], with what was read from the file.
pub(crate) fn compile_bytes(
    cli: &Cli,
    path: &Path,
    bytes: &[u8],
    options: &Options,
) -> Result<Compilation, i32> {
    let compilation = compile_silently(path, bytes, options)?;
    render::print(cli, &|file| shown_path(path, file), &compilation);
    Ok(compilation)
}

/// Where a file of the program at a path is, for the reader.
pub(crate) fn shown_path(path: &Path, file: &SourceFile) -> String {
    match file.start {
        0 => path.display().to_string(),
        _ => FileLoader::shown_path(path, &file.name).display().to_string(),
    }
}

/// As [`compile_bytes`], without printing diagnostics.
pub(crate) fn compile_silently(
    path: &Path,
    bytes: &[u8],
    options: &Options,
) -> Result<Compilation, i32> {
    hyp_package::compile(path, bytes, options).map_err(|error| {
        hypvm::complain!("hypc: {}: cannot read: {error}", path.display());
        i32::from(exit::INPUT)
    })
}
