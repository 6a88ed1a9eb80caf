//! Tests of the front end's syntax layer.

mod ast;
mod constructs;
mod encoding;
mod errors;
mod fixpoint;
mod format;
mod fuzz;
mod limits;
mod samples;
mod tables;
mod words;

use bumpalo::Bump;
use hyp_grammar::{ast::Program, diagnostic::Diagnostic, dump, intern::Interner, parse, print};

/// Parses and hands the result to `check`.
fn with_parse<R>(
    source: &str,
    check: impl FnOnce(Option<Program<'_>>, &[Diagnostic], &Interner) -> R,
) -> R {
    let arena = Bump::new();
    let mut interner = Interner::new();
    let (program, diagnostics) = parse(&arena, &mut interner, source);
    check(program, &diagnostics, &interner)
}

fn codes(source: &str) -> Vec<&'static str> {
    with_parse(source, |_, diagnostics, _| diagnostics.iter().map(|d| d.code.as_str()).collect())
}

/// The statements inside `Focus { … } Relax`.
fn wrap(body: &str) -> String {
    format!("Focus {{\n{body}\n}} Relax\n")
}

/// Checks that `source` parses without any finding, and returns its canonical text.
#[track_caller]
fn check_clean(source: &str) -> String {
    with_parse(source, |program, diagnostics, interner| {
        assert!(diagnostics.is_empty(), "{source}\n{diagnostics:#?}");
        print(&program.expect("a program without errors"), interner)
    })
}

/// Checks that the statements in `body` parse and print as `expected`, one level unindented.
#[track_caller]
fn check_body(body: &str, expected: &str) {
    let printed = check_clean(&wrap(body));
    let lines: Vec<&str> = printed.lines().collect();
    let inner: Vec<&str> = lines[1..lines.len() - 1]
        .iter()
        .map(|line| line.strip_prefix("    ").unwrap_or(line))
        .collect();
    assert_eq!(inner.join("\n"), expected, "{body}");
}

/// The codes of all findings for the statements in `body`.
#[track_caller]
fn check_codes(body: &str, expected: &[&str]) {
    assert_eq!(codes(&wrap(body)), expected, "{body}");
}

fn dump_of(source: &str) -> String {
    with_parse(source, |program, diagnostics, interner| {
        assert!(diagnostics.is_empty(), "{source}\n{diagnostics:#?}");
        dump(&program.expect("a program without errors"), interner)
    })
}
