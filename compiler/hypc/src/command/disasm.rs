//! `hypc disasm`.

use std::path::Path;

use hyp_bytecode::container::MAGIC;
use hyp_bytecode::module::limit;
use hyp_compiler::driver::Options;
use hypvm::exit;
use hypvm::load::{from_bytes, read_bounded};
use hypvm::process::print;

use crate::cli::Cli;
use crate::source::compile_bytes;

/// A module is known by its name or, on standard input for one, by its first bytes.
pub(super) fn disasm(cli: &Cli, file: &Path, options: &Options) -> Result<i32, i32> {
    let bytes = read_bounded(file, limit::FILE_BYTES).map_err(|error| {
        hypvm::complain!("hypc: {}: cannot read: {error}", file.display());
        i32::from(exit::INPUT)
    })?;
    let is_module = bytes.starts_with(&MAGIC)
        || file.extension().is_some_and(|e| e.eq_ignore_ascii_case("hbc"));
    let module = if is_module {
        from_bytes(&bytes).map_err(|error| {
            hypvm::complain!("hypc: {}: {error}", file.display());
            i32::from(error.exit_code())
        })?
    } else {
        let compilation = compile_bytes(cli, file, &bytes, options)?;
        let Some(module) = compilation.module else { return Err(i32::from(exit::FAILURE)) };
        super::verified(module)?
    };
    Ok(i32::from(print(&hyp_bytecode::text::disassemble(&module))))
}
