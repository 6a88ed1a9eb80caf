//! Diagnostics for people (source snippets) and for programs (JSON lines).

use std::io::Write;

use annotate_snippets::{Annotation, AnnotationKind, Level, Renderer, Snippet};
use hyp_compiler::driver::Compilation;
use hyp_compiler::sources::{SourceFile, Sources};
use hyp_grammar::diagnostic::{Diagnostic, Severity};
use hyp_grammar::span::Span;
use serde_json::json;

use crate::cli::{Cli, MessageFormat};

/// Diagnostics shown in full; the rest is counted.
const SHOWN_MAX: usize = 100;

/// Where a source file is, for the reader of a diagnostic.
pub(crate) type PathOf<'p> = dyn Fn(&SourceFile) -> String + 'p;

/// Prints the diagnostics of a compilation.
pub(crate) fn print(cli: &Cli, path_of: &PathOf<'_>, compilation: &Compilation) {
    match cli.message_format {
        MessageFormat::Human => print_human(cli.color.is_enabled(), path_of, compilation),
        MessageFormat::Json => print_json(path_of, compilation),
    }
}

fn print_human(colored: bool, path_of: &PathOf<'_>, compilation: &Compilation) {
    let renderer = if colored { Renderer::styled() } else { Renderer::plain() };
    let mut stderr = std::io::stderr().lock();
    for diagnostic in compilation.diagnostics.iter().take(SHOWN_MAX) {
        let text = human(&renderer, path_of, &compilation.sources, diagnostic);
        // A closed standard error leaves nobody to tell.
        let _ = writeln!(stderr, "{text}\n");
    }
    if compilation.diagnostics.len() > SHOWN_MAX {
        let _ = writeln!(stderr, "… and {} more", compilation.diagnostics.len() - SHOWN_MAX);
    }
}

/// The part of a file that a span covers, on character boundaries.
fn range(span: Span, file: &SourceFile, text: &str) -> std::ops::Range<usize> {
    let clamp = |at: u32| {
        let mut at = (at.saturating_sub(file.start) as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (start, end) = (clamp(span.start), clamp(span.end));
    start..end.max(start)
}

fn human(
    renderer: &Renderer,
    path_of: &PathOf<'_>,
    sources: &Sources,
    diagnostic: &Diagnostic,
) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let file = sources.file_at(diagnostic.primary.span.start);
    let mut files = vec![file];
    for label in &diagnostic.labels {
        let file = sources.file_at(label.span.start);
        if !files.contains(&file) {
            files.push(file);
        }
    }
    let snippets = files.into_iter().map(|file| snippet(path_of, sources, diagnostic, file));
    let mut group = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code.as_str())
        .elements(snippets);
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// What a diagnostic says of one file.
fn snippet<'d>(
    path_of: &PathOf<'_>,
    sources: &'d Sources,
    diagnostic: &'d Diagnostic,
    file: &'d SourceFile,
) -> Snippet<'d, Annotation<'d>> {
    let text = sources.text_of(file);
    let primary = &diagnostic.primary;
    let is_here = |span: Span| sources.file_at(span.start) == file;
    let labels: Vec<_> = diagnostic.labels.iter().filter(|l| is_here(l.span)).collect();
    let own = is_here(primary.span).then_some(primary.span);
    let ranges: Vec<_> = own
        .into_iter()
        .chain(labels.iter().map(|l| l.span))
        .map(|s| range(s, file, text))
        .collect();
    // Only the lines that are shown: the renderer looks at everything that it gets.
    let first = ranges.iter().map(|r| r.start).min().unwrap_or(0);
    let last = ranges.iter().map(|r| r.end).max().unwrap_or(0);
    let start = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at + 1);
    let line = sources.locate(file.start + u32::try_from(first).unwrap_or(0)).line;
    let mut snippet =
        Snippet::source(&text[start..end]).line_start(line as usize).path(path_of(file));
    let mut places = ranges.into_iter().map(|r| r.start - start..r.end - start);
    if let Some(place) = own.and_then(|_| places.next()) {
        let label = Some(primary.text.as_str()).filter(|t| !t.is_empty());
        snippet = snippet.annotation(AnnotationKind::Primary.span(place).label(label));
    }
    for (label, place) in labels.into_iter().zip(places) {
        let place = AnnotationKind::Context.span(place);
        snippet = snippet.annotation(place.label(label.text.as_str()));
    }
    snippet
}

fn print_json(path_of: &PathOf<'_>, compilation: &Compilation) {
    let mut stderr = std::io::stderr().lock();
    let renderer = Renderer::plain();
    let sources = &compilation.sources;
    for diagnostic in &compilation.diagnostics {
        let labels: Vec<_> = diagnostic
            .labels
            .iter()
            .map(|l| {
                let mut label = span_json(l.span, &l.text, sources);
                label["file"] = json!(path_of(sources.file_at(l.span.start)));
                label
            })
            .collect();
        let line = json!({
            "reason": "diagnostic",
            "v": 1,
            "file": path_of(sources.file_at(diagnostic.primary.span.start)),
            "code": diagnostic.code.as_str(),
            "severity": match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            "message": diagnostic.message,
            "primary": span_json(diagnostic.primary.span, &diagnostic.primary.text, sources),
            "labels": labels,
            "notes": diagnostic.notes,
            "help": diagnostic.help,
            "rendered": human(&renderer, path_of, sources, diagnostic),
        });
        // A closed standard error leaves nobody to tell.
        let _ = writeln!(stderr, "{line}");
    }
}

fn span_json(span: Span, text: &str, sources: &Sources) -> serde_json::Value {
    let place = |at: u32| {
        let place = sources.locate(at);
        json!({ "byte": at - place.file.start, "line": place.line, "column": place.column })
    };
    json!({ "start": place(span.start), "end": place(span.end), "label": text })
}
