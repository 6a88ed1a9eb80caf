//! Backtick templates: text, holes, and raw`…`.

use super::{Lexer, MAX_TEMPLATES, RawKind, offset};
use crate::{
    diagnostic::{Code, Diagnostic},
    span::Span,
};

impl Lexer<'_, '_> {
    pub(super) fn template(&mut self) {
        let start = self.at;
        self.at += 1;
        self.push(RawKind::TemplateOpen, start);
        self.template_text();
    }

    /// Reads text up to the next hole or the closing backtick.
    pub(super) fn template_text(&mut self) {
        let start = self.at;
        loop {
            match (self.bytes.get(self.at), self.peek(1)) {
                (None, _) => {
                    self.unterminated_template(start);
                    return;
                }
                (Some(b'`'), _) => break,
                (Some(b'{'), b'{') | (Some(b'}'), b'}') => self.at += 2,
                (Some(b'{'), _) => break,
                (Some(b'}'), _) => {
                    self.error(
                        Code::InvalidEscape,
                        self.at,
                        self.at + 1,
                        "`}` in a template closes no hole",
                    );
                    self.at += 1;
                }
                (Some(b'\\'), _) => self.escape(),
                (Some(_), _) => self.at += 1,
            }
        }
        if self.at > start {
            self.push(RawKind::TemplateText, start);
        }
        let stop = self.at;
        self.at += 1;
        if self.bytes[stop] == b'`' {
            self.push(RawKind::TemplateClose, stop);
            return;
        }
        self.push(RawKind::HoleOpen, stop);
        if self.braces.len() >= MAX_TEMPLATES {
            self.swallowed(stop);
            self.error(Code::NestingTooDeep, stop, stop + 1, "templates are nested too deeply");
            self.at = self.bytes.len();
            self.braces.clear();
            return;
        }
        self.braces.push(self.depth);
    }

    fn unterminated_template(&mut self, start: usize) {
        let open = self
            .tokens
            .iter()
            .rev()
            .find(|token| token.kind == RawKind::TemplateOpen)
            .map_or(start, |token| token.start as usize);
        self.swallowed(open);
        let span = Span::new(offset(open), offset(open + 1));
        self.report(
            Diagnostic::new(Code::UnterminatedTemplate, span, "unterminated template")
                .with_primary("opened here")
                .with_help("close the template with a backtick"),
        );
        self.braces.clear();
    }

    pub(super) fn unterminated_hole(&mut self) {
        let open = self.tokens.iter().rev().find(|token| token.kind == RawKind::HoleOpen);
        let start = open.map_or(0, |token| token.start);
        self.cutoff = self.cutoff.min(start);
        self.report(
            Diagnostic::new(
                Code::UnterminatedTemplate,
                Span::new(start, start + 1),
                "unterminated hole in a template",
            )
            .with_primary("opened here")
            .with_help("close the hole with `}`, or write `{{` for a brace"),
        );
    }

    pub(super) fn raw_template(&mut self, start: usize) {
        let open = self.at;
        match self.source[open + 1..].find('`') {
            Some(end) => self.at = open + 1 + end + 1,
            None => {
                self.at = self.bytes.len();
                self.swallowed(start);
                let span = Span::new(offset(start), offset(open + 1));
                self.report(
                    Diagnostic::new(Code::UnterminatedTemplate, span, "unterminated template")
                        .with_primary("opened here")
                        .with_help("close the template with a backtick"),
                );
            }
        }
        self.push(RawKind::RawTemplate, start);
    }
}
