//! `hypc build`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bumpalo::Bump;
use hyp_bytecode::container;
use hyp_grammar::intern::Interner;
use hyp_grammar::source::LineIndex;
use hypvm::exit;
use hypvm::inspect::NativeForm;
use hypvm::process::print;

use crate::cli::{Build, Cli, Emit};
use crate::file::write_atomically;
use crate::source::{compile_file, read};

pub(super) fn build(cli: &Cli, build: &Build) -> Result<i32, i32> {
    if let Some(emit @ (Emit::Tokens | Emit::Ast)) = build.emit {
        return syntax(&build.file, emit);
    }
    let path = build.output.clone().unwrap_or_else(|| default_output(&build.file));
    if build.emit.is_none() && is_same_file(&build.file, &path) {
        hypvm::complain!(
            "hypc: {}: output would replace the program; choose another with `-o`",
            path.display()
        );
        return Err(i32::from(exit::USAGE));
    }
    let mut options = build.compile.options();
    options.dump_ssa = build.emit == Some(Emit::Ssa);
    let compilation = compile_file(cli, &build.file, &options)?;
    if let Some(ssa) = &compilation.ssa {
        return Ok(i32::from(print(ssa)));
    }
    let refused = compilation.has_errors() && !build.allow_type_errors;
    let Some(module) = compilation.module.filter(|_| !refused) else {
        return Err(i32::from(exit::FAILURE));
    };
    let module = super::verified(module)?;
    if build.emit == Some(Emit::Bytecode) {
        return Ok(i32::from(print(&hyp_bytecode::text::disassemble(&module))));
    }
    let native = match build.emit {
        Some(Emit::Clif) => Some(NativeForm::Clif),
        Some(Emit::Asm) => Some(NativeForm::Assembly),
        _ => None,
    };
    if let Some(form) = native {
        return Ok(i32::from(print(&hypvm::inspect::native(&module, form)?)));
    }
    write_atomically(&path, &container::write(&module)).map_err(|error| {
        hypvm::complain!("hypc: {}: cannot write: {error}", path.display());
        i32::from(exit::INPUT)
    })?;
    Ok(0)
}

fn default_output(source: &Path) -> PathBuf {
    if source.as_os_str() == "-" {
        return PathBuf::from("out.hbc");
    }
    source.with_extension("hbc")
}

/// Whether both paths lead to one regular file.
fn is_same_file(source: &Path, output: &Path) -> bool {
    let files = (source.canonicalize(), output.canonicalize());
    matches!(files, (Ok(a), Ok(b)) if a == b && a.is_file())
}

/// Prints tokens or the syntax tree.
fn syntax(file: &Path, emit: Emit) -> Result<i32, i32> {
    let bytes = read(file)?;
    let text = hyp_grammar::source::decode(&bytes).map_err(|error| {
        hypvm::complain!("hypc: {}: {}", file.display(), error.message);
        i32::from(exit::FAILURE)
    })?;
    let mut interner = Interner::new();
    if emit == Emit::Tokens {
        return Ok(tokens(file, &mut interner, &text));
    }
    let arena = Bump::new();
    let (program, diagnostics) = hyp_grammar::parse(&arena, &mut interner, &text);
    let code = print(&program.map_or_else(String::new, |p| hyp_grammar::dump(&p, &interner)));
    for diagnostic in &diagnostics {
        hypvm::complain!("hypc: {}: {}", file.display(), diagnostic.message);
    }
    let failed = diagnostics.iter().any(hyp_grammar::diagnostic::Diagnostic::is_error);
    Ok(i32::from(if failed { exit::FAILURE } else { code }))
}

/// Prints one token per line with its position.
fn tokens(file: &Path, interner: &mut Interner, text: &str) -> i32 {
    let (tokens, diagnostics) = hyp_grammar::tokens(interner, text);
    let lines = LineIndex::new(text);
    let mut out = String::new();
    for token in &tokens {
        let at = lines.locate(text, token.span.start);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}:{} {}", at.line, at.column, token.describe(text, interner));
    }
    let code = print(&out);
    for diagnostic in &diagnostics {
        hypvm::complain!("hypc: {}: {}", file.display(), diagnostic.message);
    }
    let failed = diagnostics.iter().any(hyp_grammar::diagnostic::Diagnostic::is_error);
    i32::from(if failed { exit::FAILURE } else { code })
}
