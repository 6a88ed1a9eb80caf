//! `hypc fmt`.

use std::path::Path;

use hyp_compiler::driver::Options;
use hyp_grammar::FormatError;
use hypvm::exit;
use hypvm::process::print;
use similar::TextDiff;

use crate::cli::{Cli, Fmt};
use crate::file::{programs, write_atomically};
use crate::source::{compile_bytes, read};

pub(super) fn fmt(cli: &Cli, fmt: &Fmt) -> Result<i32, i32> {
    let mut code = 0;
    for path in &fmt.paths {
        if path.is_dir() {
            let found = programs(path).map_err(|error| {
                hypvm::complain!("hypc: {}: cannot read: {error}", path.display());
                i32::from(exit::INPUT)
            })?;
            for program in found {
                code = code.max(file(cli, &program, fmt.check));
            }
        } else {
            code = code.max(file(cli, path, fmt.check));
        }
    }
    Ok(code)
}

/// Formats one file; returns its exit code.
fn file(cli: &Cli, path: &Path, is_check: bool) -> i32 {
    match formatted(cli, path) {
        Err(code) => code,
        Ok((source, text)) if is_check => {
            if source == text {
                return 0;
            }
            let name = path.display().to_string();
            let diff = TextDiff::from_lines(&source, &text);
            let diff =
                diff.unified_diff().header(&name, &format!("{name} (formatted)")).to_string();
            i32::from(print(&diff).max(exit::FAILURE))
        }
        Ok((_, text)) if path.as_os_str() == "-" => i32::from(print(&text)),
        Ok((source, text)) if source == text => 0,
        Ok((_, text)) => match write_atomically(path, text.as_bytes()) {
            Ok(()) => 0,
            Err(error) => {
                hypvm::complain!("hypc: {}: cannot write: {error}", path.display());
                i32::from(exit::INPUT)
            }
        },
    }
}

/// The text of a program and its formatted text.
fn formatted(cli: &Cli, path: &Path) -> Result<(String, String), i32> {
    let bytes = read(path)?;
    let source = hyp_grammar::source::decode(&bytes).map_err(|error| {
        hypvm::complain!("hypc: {}: {}", path.display(), error.message);
        i32::from(exit::FAILURE)
    })?;
    match hyp_grammar::format(&source) {
        Ok(text) => Ok((source.into_owned(), text)),
        Err(FormatError::Syntax(_)) => {
            // Prints the diagnostics; a program that does not parse gets no further.
            compile_bytes(cli, path, &bytes, &Options::default())?;
            Err(i32::from(exit::FAILURE))
        }
        Err(FormatError::Unfaithful) => {
            hypvm::complain!(
                "hypc: internal error: formatting would change {}; it is left as it is",
                path.display()
            );
            Err(i32::from(exit::INTERNAL))
        }
    }
}
