//! `hypc doc`: the declarations of a module with the comments above them, as Markdown.

use std::fmt::Write;
use std::path::Path;

use bumpalo::Bump;
use hyp_compiler::driver::Options;
use hyp_grammar::ast::{
    DeclKeyword, DeclTarget, Function, FunctionBody, Member, MemberKind, Program, RecordDecl,
    SessionDecl, Stmt, StmtKind, VarDecl, Visibility,
};
use hyp_grammar::diagnostic::Diagnostic;
use hyp_grammar::intern::{Interner, Symbol};
use hyp_grammar::span::Span;
use hypvm::exit;
use hypvm::process::print;

use crate::cli::Cli;
use crate::source::{compile_bytes, display_name, read};

pub(super) fn doc(cli: &Cli, path: &Path, is_all: bool) -> Result<i32, i32> {
    let bytes = read(path)?;
    let source = hyp_grammar::source::decode(&bytes).map_err(|error| {
        hypvm::complain!("hypc: {}: {}", path.display(), error.message);
        i32::from(exit::FAILURE)
    })?;
    let (arena, mut interner) = (Bump::new(), Interner::new());
    let (program, diagnostics) = hyp_grammar::parse(&arena, &mut interner, &source);
    let Some(program) = program.filter(|_| !diagnostics.iter().any(Diagnostic::is_error)) else {
        // Prints the diagnostics; a program that does not parse gets no further.
        compile_bytes(cli, path, &bytes, &Options::default())?;
        return Err(i32::from(exit::FAILURE));
    };
    let mut page = Page { source: &source, interner: &interner, is_all, text: String::new() };
    page.module(&display_name(path), &program);
    Ok(i32::from(print(&page.text)))
}

struct Page<'s> {
    source: &'s str,
    interner: &'s Interner,
    /// Also what is not exported.
    is_all: bool,
    text: String,
}

impl Page<'_> {
    fn module(&mut self, name: &str, program: &Program<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "# {name}\n");
        let head = self.head();
        self.paragraph(&head);
        let has_exposed =
            program.body.iter().any(|stmt| stmt.visibility == Some(Visibility::Expose));
        for stmt in program.prelude.iter().chain(program.body) {
            let is_exported = match stmt.visibility {
                Some(Visibility::Expose) => true,
                Some(Visibility::Conceal) => false,
                None => !has_exposed && is_exported_by_default(&stmt.kind),
            };
            if is_exported || self.is_all {
                self.declaration(stmt);
            }
        }
    }

    /// The comment at the start of the file, unless it belongs to a declaration.
    fn head(&self) -> String {
        let mut lines = Vec::new();
        for line in self.source.trim_start_matches('\u{feff}').lines() {
            match line.trim().strip_prefix("//") {
                Some(text) => lines.push(comment_text(text)),
                None if line.trim().is_empty() && lines.is_empty() => {}
                None => break,
            }
        }
        lines.join("\n")
    }

    fn declaration(&mut self, stmt: &Stmt<'_>) {
        let comment = self.comment(stmt.span);
        match &stmt.kind {
            StmtKind::Function(function) => {
                self.title(2, function.name.map(|n| n.name), &self.signature(stmt.span, function));
                self.paragraph(&comment);
            }
            StmtKind::Session(session) => self.session(session, &comment),
            StmtKind::Record(record) => self.record(record, &comment),
            StmtKind::Var(decl) => {
                if let DeclTarget::Name(binding) = decl.target {
                    let text = self.one_line(stmt.span);
                    self.title(2, Some(binding.name), &text);
                    self.paragraph(&comment);
                }
            }
            _ => {}
        }
    }

    fn session(&mut self, session: &SessionDecl<'_>, comment: &str) {
        let name = self.interner.resolve(session.name.name).to_owned();
        self.title(2, Some(session.name.name), &format!("session {name}"));
        self.paragraph(comment);
        for member in session.members {
            if member.visibility != Some(Visibility::Conceal) || self.is_all {
                self.member(member);
            }
        }
    }

    fn member(&mut self, member: &Member<'_>) {
        let comment = self.comment(member.span);
        match member.kind {
            MemberKind::Field(field) => {
                let text = self.one_line(member.span);
                self.title(3, Some(field.name.name), &text);
            }
            MemberKind::Method(function) => {
                let text = self.signature(member.span, function);
                self.title(3, function.name.map(|n| n.name), &text);
            }
            MemberKind::Error => return,
        }
        self.paragraph(&comment);
    }

    fn record(&mut self, record: &RecordDecl<'_>, comment: &str) {
        let name = self.interner.resolve(record.name.name);
        let mut text = format!("tranceify {name} {{\n");
        for field in record.fields {
            let _ = writeln!(text, "    {};", self.one_line(field.span).trim_end_matches(';'));
        }
        text.push('}');
        self.title(2, Some(record.name.name), &text);
        self.paragraph(comment);
        for method in record.methods {
            let (comment, text) = (self.comment(method.span), self.signature(method.span, method));
            self.title(3, method.name.map(|n| n.name), &text);
            self.paragraph(&comment);
        }
    }

    fn title(&mut self, level: usize, name: Option<Symbol>, signature: &str) {
        let name = name.map_or("", |name| self.interner.resolve(name));
        let _ = writeln!(self.text, "{} {name}\n\n```hyp\n{signature}\n```\n", "#".repeat(level));
    }

    fn paragraph(&mut self, text: &str) {
        if !text.is_empty() {
            let _ = writeln!(self.text, "{text}\n");
        }
    }

    /// A function's text up to its body.
    fn signature(&self, whole: Span, function: &Function<'_>) -> String {
        let end = match &function.body {
            FunctionBody::Block(block) => block.span.start,
            FunctionBody::Expr(expr) => expr.span.start,
        };
        self.one_line(Span { start: whole.start, end })
    }

    /// The text of a span on one line, without `expose` and a final semicolon.
    fn one_line(&self, span: Span) -> String {
        let text = span.text(self.source);
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        text.strip_prefix("expose ").unwrap_or(&text).trim_end_matches(';').to_owned()
    }

    /// The `//` comment in the lines right above a declaration.
    fn comment(&self, span: Span) -> String {
        let above = self.source.get(..span.start as usize).unwrap_or("");
        let mut lines = Vec::new();
        // The last piece is the indentation of the declaration itself.
        for line in above.split('\n').rev().skip(1) {
            match line.trim().strip_prefix("//") {
                Some(text) => lines.push(comment_text(text)),
                None => break,
            }
        }
        lines.reverse();
        lines.join("\n")
    }
}

/// A comment's line without its slashes and the space after them.
fn comment_text(text: &str) -> &str {
    let text = text.trim_start_matches('/').trim_end();
    text.strip_prefix(' ').unwrap_or(text)
}

/// What a module exports when it marks nothing.
fn is_exported_by_default(kind: &StmtKind<'_>) -> bool {
    match kind {
        StmtKind::Function(_) | StmtKind::Session(_) | StmtKind::Record(_) => true,
        StmtKind::Var(VarDecl { keyword, .. }) => *keyword == Some(DeclKeyword::Freeze),
        _ => false,
    }
}
