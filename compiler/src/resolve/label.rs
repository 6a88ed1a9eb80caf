//! Labels and jumps.

use super::scope::Resolver;
use hyp_grammar::ast::{Ident, Stmt, StmtKind};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::intern::Symbol;
use hyp_grammar::span::Span;

/// A label of an open block.
#[derive(Clone, Copy)]
pub(super) struct OpenLabel {
    name: Symbol,
    span: Span,
    /// The walk is inside the loop that it marks.
    in_loop: bool,
}

impl<'a> Resolver<'a, '_> {
    /// Opens the labels of a block. Returns what [`Resolver::close_labels`] needs.
    pub(super) fn open_labels(&mut self, stmts: &[Stmt<'a>]) -> usize {
        let before = self.labels.len();
        for stmt in stmts {
            if let StmtKind::Label { name, .. } = stmt.kind {
                self.open_label(name.name, name.span);
            }
        }
        before
    }

    pub(super) fn close_labels(&mut self, before: usize) {
        self.labels.truncate(before);
    }

    fn open_label(&mut self, name: Symbol, span: Span) {
        let base = self.context.labels_base;
        let open = self.labels.get(base..).unwrap_or_default();
        if let Some(first) = open.iter().find(|l| l.name == name).map(|l| l.span) {
            let text = self.text(name);
            self.report(
                Diagnostic::new(Code::DuplicateLabel, span, format!("duplicate label `{text}`"))
                    .with_primary("declared again here")
                    .with_label(first, "first declared here"),
            );
        }
        self.labels.push(OpenLabel { name, span, in_loop: false });
    }

    /// Marks the labels directly before a loop as those of the loop being entered or left.
    pub(super) fn mark_loop(&mut self, names: &[Span], in_loop: bool) {
        for label in self.labels.iter_mut().rev() {
            if names.contains(&label.span) {
                label.in_loop = in_loop;
            }
        }
    }

    /// `snap` or `sink`.
    pub(super) fn leave_loop(&mut self, label: Option<Ident>, word: &str, span: Span) {
        if let Some(label) = label {
            let target = self.find_label(label.name);
            match target {
                Some(OpenLabel { in_loop: true, .. }) => {}
                Some(found) => self.label_of_no_loop(label, found.span, word),
                None => self.unknown_label(label),
            }
            return;
        }
        if self.context.loop_depth == 0 {
            self.report(
                Diagnostic::new(Code::OutsideLoop, span, format!("`{word}` outside of a loop"))
                    .with_primary("no loop encloses this statement"),
            );
        }
    }

    /// `sinkTo`.
    pub(super) fn go_to(&mut self, label: Ident) {
        match self.context.body {
            Some(f) => self.function_states[f.index()].has_goto = true,
            None => self.module_has_goto = true,
        }
        if self.find_label(label.name).is_none() {
            self.unknown_label(label);
        }
    }

    fn find_label(&self, name: Symbol) -> Option<OpenLabel> {
        let open = self.labels.get(self.context.labels_base..).unwrap_or_default();
        open.iter().rev().find(|l| l.name == name).copied()
    }

    fn label_of_no_loop(&mut self, label: Ident, declared: Span, word: &str) {
        let text = self.text(label.name);
        let message = format!("label `{text}` does not mark an enclosing loop");
        self.report(
            Diagnostic::new(Code::UnknownLabel, label.span, message)
                .with_primary(format!("`{word}` needs the label of a loop around it"))
                .with_label(declared, "the label is declared here"),
        );
    }

    fn unknown_label(&mut self, label: Ident) {
        let text = self.text(label.name);
        let open = self.labels.get(self.context.labels_base..).unwrap_or_default();
        let similar = super::closest(text, open.iter().map(|l| self.interner.resolve(l.name)));
        let mut diagnostic =
            Diagnostic::new(Code::UnknownLabel, label.span, format!("unknown label `{text}`"))
                .with_primary("no enclosing block of this function has this label");
        if let Some(name) = similar {
            diagnostic = diagnostic.with_help(format!("did you mean `{name}`?"));
        }
        self.report(diagnostic);
    }
}
