//! `hypc disasm`.

use std::path::Path;

use hyp_compiler::driver::Options;
use hypvm::exit;
use hypvm::process::print;

use crate::cli::Cli;
use crate::source::compile_file;

pub(super) fn disasm(cli: &Cli, file: &Path, options: &Options) -> Result<i32, i32> {
    let is_module = file.extension().is_some_and(|e| e.eq_ignore_ascii_case("hbc"));
    let module = if is_module {
        hypvm::load::load(file).map_err(|error| {
            hypvm::complain!("hypc: {}: {error}", file.display());
            i32::from(error.exit_code())
        })?
    } else {
        let compilation = compile_file(cli, file, options)?;
        let Some(module) = compilation.module else { return Err(i32::from(exit::FAILURE)) };
        super::verified(module)?
    };
    Ok(i32::from(print(&hyp_bytecode::text::disassemble(&module))))
}
