//! Printing, parsing and printing again changes nothing.

use crate::{samples, with_parse};
use hyp_grammar::{print, source::decode};
use std::path::{Path, PathBuf};

/// Checks one program; returns whether it parses.
#[track_caller]
fn check_fixpoint(name: &str, source: &str) -> bool {
    let Some(first) = with_parse(source, |program, diagnostics, interner| {
        let readable = !diagnostics.iter().any(hyp_grammar::diagnostic::Diagnostic::is_error);
        program.filter(|_| readable).map(|program| print(&program, interner))
    }) else {
        return false;
    };
    let second = with_parse(&first, |program, diagnostics, interner| {
        assert!(diagnostics.is_empty(), "{name}\n{first}\n{diagnostics:#?}");
        program.map(|program| print(&program, interner))
    });
    assert_eq!(second.as_deref(), Some(first.as_str()), "{name}");
    true
}

fn hyp_files(dir: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            hyp_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "hyp") {
            files.push(path);
        }
    }
}

#[test]
fn samples_print_to_a_fixpoint() {
    assert!(check_fixpoint("every construct", include_str!("every_construct.hyp")));
    for (name, text) in samples::SNIPPETS.iter().chain(samples::PROGRAMS) {
        assert!(check_fixpoint(name, text), "{name}");
    }
}

#[test]
fn programs_of_the_repository_print_to_a_fixpoint() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for dir in ["tests/spec", "docs/examples", "benches/programs"] {
        hyp_files(&root.join(dir), &mut files);
    }
    for path in files {
        let bytes = std::fs::read(&path).unwrap_or_default();
        if let Ok(text) = decode(&bytes) {
            check_fixpoint(&path.display().to_string(), &text);
        }
    }
}

#[test]
fn awkward_literals_survive() {
    for literal in [
        "1e300",
        "5e-324",
        "1e999",
        "0.1",
        "\"\\\\ \\\" \\n \\t \\r {\"",
        "`\\\\ \\` {{ }} \\n`",
        "raw`a\nb \\ {`",
        "1.5.foo",
        "-(-1)",
        "- -1",
        "!(!a)",
        "a - -b",
    ] {
        assert!(check_fixpoint(literal, &crate::wrap(&format!("x = {literal};"))), "{literal}");
    }
}
