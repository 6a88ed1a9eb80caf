//! Diagnostics for people (source snippets) and for programs (JSON lines).

use std::io::Write;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use hyp_compiler::driver::Compilation;
use hyp_grammar::diagnostic::{Diagnostic, Severity};
use hyp_grammar::span::Span;
use serde_json::json;

use crate::cli::{Cli, MessageFormat};

/// Diagnostics shown in full; the rest is counted.
const SHOWN_MAX: usize = 100;

/// Prints the diagnostics of a compilation.
pub(crate) fn print(cli: &Cli, path: &str, compilation: &Compilation) {
    match cli.message_format {
        MessageFormat::Human => print_human(cli.color.is_enabled(), path, compilation),
        MessageFormat::Json => print_json(path, compilation),
    }
}

fn print_human(colored: bool, path: &str, compilation: &Compilation) {
    let renderer = if colored { Renderer::styled() } else { Renderer::plain() };
    let mut stderr = std::io::stderr().lock();
    for diagnostic in compilation.diagnostics.iter().take(SHOWN_MAX) {
        let text = human(&renderer, path, &compilation.source, diagnostic);
        // A closed standard error leaves nobody to tell.
        let _ = writeln!(stderr, "{text}\n");
    }
    if compilation.diagnostics.len() > SHOWN_MAX {
        let _ = writeln!(stderr, "… and {} more", compilation.diagnostics.len() - SHOWN_MAX);
    }
}

/// A byte range that lies on character boundaries of the source.
fn range(span: Span, source: &str) -> std::ops::Range<usize> {
    let clamp = |at: u32| {
        let mut at = (at as usize).min(source.len());
        while !source.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (start, end) = (clamp(span.start), clamp(span.end));
    start..end.max(start)
}

fn human(renderer: &Renderer, path: &str, source: &str, diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let primary = AnnotationKind::Primary.span(range(diagnostic.primary.span, source));
    let mut snippet = Snippet::source(source).path(path).annotation(
        primary.label(Some(diagnostic.primary.text.as_str()).filter(|t| !t.is_empty())),
    );
    for label in &diagnostic.labels {
        let context = AnnotationKind::Context.span(range(label.span, source));
        snippet = snippet.annotation(context.label(label.text.as_str()));
    }
    let mut group = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code.as_str())
        .element(snippet);
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

fn print_json(path: &str, compilation: &Compilation) {
    let mut stderr = std::io::stderr().lock();
    let renderer = Renderer::plain();
    for diagnostic in &compilation.diagnostics {
        let labels: Vec<_> =
            diagnostic.labels.iter().map(|l| span_json(l.span, &l.text, compilation)).collect();
        let line = json!({
            "reason": "diagnostic",
            "v": 1,
            "file": path,
            "code": diagnostic.code.as_str(),
            "severity": match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            "message": diagnostic.message,
            "primary": span_json(diagnostic.primary.span, &diagnostic.primary.text, compilation),
            "labels": labels,
            "notes": diagnostic.notes,
            "help": diagnostic.help,
            "rendered": human(&renderer, path, &compilation.source, diagnostic),
        });
        // A closed standard error leaves nobody to tell.
        let _ = writeln!(stderr, "{line}");
    }
}

fn span_json(span: Span, text: &str, compilation: &Compilation) -> serde_json::Value {
    let start = compilation.lines.locate(&compilation.source, span.start);
    let end = compilation.lines.locate(&compilation.source, span.end);
    json!({
        "start": { "byte": span.start, "line": start.line, "column": start.column },
        "end": { "byte": span.end, "line": end.line, "column": end.column },
        "label": text,
    })
}
