//! Words for syntax errors.

use super::{Failure, recover};
use crate::{
    diagnostic::{Code, Diagnostic},
    span::Span,
    token::{Tok, Token},
};

/// Longest piece of source shown in a message.
const SHOWN: usize = 30;

struct Context<'t> {
    tokens: &'t [Token],
    at: usize,
    expected: &'t [String],
    source: &'t str,
}

/// The diagnostic for a failed parse.
pub(super) fn explain(tokens: &[Token], failure: &Failure, source: &str) -> Diagnostic {
    let context = Context { tokens, at: failure.at, expected: &failure.expected, source };
    context.outline().or_else(|| context.special()).unwrap_or_else(|| context.expectation())
}

impl Context<'_> {
    fn found(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    fn previous(&self) -> Option<Token> {
        self.at.checked_sub(1).and_then(|before| self.tokens.get(before)).copied()
    }

    fn expects(&self, terminal: &str) -> bool {
        self.expected.iter().any(|name| name.trim_matches('"') == terminal)
    }

    /// Where the offending token is.
    fn span(&self) -> Span {
        let end = Span::at(u32::try_from(self.source.len()).unwrap_or(u32::MAX));
        let real = self.tokens.get(self.at..).unwrap_or(&[]).iter().find(|t| !t.inserted);
        real.map_or(end, |token| token.span)
    }

    /// Just past the token before the offending one.
    fn before(&self) -> Span {
        self.previous().map_or(self.span(), |token| Span::at(token.span.end))
    }

    /// The offending token in words.
    fn found_text(&self) -> String {
        let text = self.span().text(self.source);
        if text.is_empty() { "the end of the file".into() } else { quoted(text) }
    }

    fn previous_text(&self) -> String {
        self.previous().map_or(String::new(), |token| quoted(token.span.text(self.source)))
    }

    fn make(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, self.span(), message)
    }

    /// Errors in the outline of the program: `Focus`, `Relax`, braces.
    fn outline(&self) -> Option<Diagnostic> {
        let found = self.found().map(|token| token.tok);
        if found.is_some() && found != Some(Tok::Relax) {
            return None;
        }
        let has_focus = self.tokens.iter().any(|token| token.tok == Tok::Focus);
        if !has_focus {
            let first = self.tokens.first().map_or(Span::at(0), |token| token.span);
            return Some(
                Diagnostic::new(Code::MissingFocus, first, "program must start with `Focus`")
                    .with_primary("expected `Focus` here")
                    .with_help("write `Focus { … } Relax`"),
            );
        }
        if found.is_none() && self.expects("Relax") {
            return Some(
                Diagnostic::new(Code::MissingRelax, self.before(), "program must end with `Relax`")
                    .with_primary("expected `Relax` here")
                    .with_help("write `Relax` after the `}` that closes the program"),
            );
        }
        let name_only = self.expects("name") && !self.expects("number") && !self.expects("lucid");
        if !self.expects("}") && (self.expects("{") || name_only) {
            return None;
        }
        let message = match found {
            Some(_) => "expected `}` before `Relax`",
            None => "expected `}`, found the end of the file",
        };
        let diagnostic = self.make(Code::UnclosedDelimiter, message);
        Some(
            match self.open_bracket(|tok| {
                matches!(tok, Tok::LBrace | Tok::ObjectBrace | Tok::RecordBrace)
            }) {
                Some(open) => diagnostic
                    .with_primary("expected `}` before this")
                    .with_label(open, "this `{` is not closed")
                    .with_help("close the block with `}`"),
                None => diagnostic,
            },
        )
    }

    /// The innermost bracket of a kind that is open at the error.
    fn open_bracket(&self, opens: fn(Tok) -> bool) -> Option<Span> {
        let mut stack = Vec::new();
        for token in self.tokens.get(..self.at.min(self.tokens.len())).unwrap_or(&[]) {
            let closes = match token.tok {
                Tok::LBrace
                | Tok::ObjectBrace
                | Tok::RecordBrace
                | Tok::LParen
                | Tok::ArrowParen
                | Tok::LBracket => {
                    stack.push(*token);
                    continue;
                }
                Tok::RBrace => &[Tok::LBrace, Tok::ObjectBrace, Tok::RecordBrace][..],
                Tok::RParen => &[Tok::LParen, Tok::ArrowParen][..],
                Tok::RBracket => &[Tok::LBracket][..],
                _ => continue,
            };
            if let Some(open) = stack.iter().rposition(|open| closes.contains(&open.tok)) {
                stack.truncate(open);
            }
        }
        stack.iter().rev().find(|open| opens(open.tok)).map(|open| open.span)
    }

    /// Whether the innermost open bracket is the header of a loop.
    fn in_loop_header(&self) -> bool {
        let Some(open) = self.open_bracket(|_| true) else { return false };
        let index = self.tokens.iter().position(|token| token.span == open);
        let before =
            index.and_then(|index| index.checked_sub(1)).and_then(|at| self.tokens.get(at));
        matches!(before.map(|token| token.tok), Some(Tok::Loop(_)))
    }

    /// Mistakes that deserve words of their own.
    fn special(&self) -> Option<Diagnostic> {
        let found = self.found()?.tok;
        let previous = self.previous().map(|token| token.tok);
        let two_before = self.at.checked_sub(2).and_then(|at| self.tokens.get(at));
        if previous == Some(Tok::This) && matches!(two_before?.tok, Tok::Decl(_)) {
            return Some(
                Diagnostic::new(
                    Code::ReservedName,
                    self.previous()?.span,
                    "`this` is a reserved word and cannot be used as a name",
                )
                .with_primary("expected a name")
                .with_help("choose another name, such as `self`"),
            );
        }
        let diagnostic = match (previous, found) {
            (_, Tok::Error) => return None,
            (_, Tok::Else) if !self.expects("name") || self.expects("number") => self
                .make(Code::UnexpectedToken, "`else` without `if`")
                .with_primary("no `if` to belong to")
                .with_help("`else` stands directly after the body of `if`"),
            (_, Tok::FatArrow) if !self.expects("number") => self
                .make(Code::UnexpectedToken, "unexpected `=>`")
                .with_primary("not expected here")
                .with_help("inside an arm, put an arrow function in parentheses: `((x) => …)`"),
            (_, Tok::When)
                if !self.expects("when") && !self.expects("while") && self.expects("}") =>
            {
                self.make(Code::UnexpectedToken, "`otherwise` must be the last arm")
                    .with_primary("no arm may follow `otherwise`")
                    .with_help("move the `otherwise` arm to the end")
            }
            (Some(Tok::Dot), _) => self
                .make(Code::UnexpectedToken, "expected property name after `.`")
                .with_primary("not a name"),
            (Some(Tok::QuestionDot), _) => self
                .make(Code::UnexpectedToken, "expected property name or `[` after `?.`")
                .with_primary("not a name"),
            (_, Tok::RParen) if self.expects(";") && self.in_loop_header() => self
                .make(Code::UnexpectedToken, "expected `;` in the header of the loop, found `)`")
                .with_primary("a part is missing before this")
                .with_help("a header has three parts: `(start; condition; step)`"),
            (_, Tok::Assign(_)) if self.expects("=") && !self.expects("assign") => self
                .make(Code::UnexpectedToken, format!("unexpected {}", self.found_text()))
                .with_primary("a declaration takes its value with `=`")
                .with_help("write `=`"),
            _ => return None,
        };
        Some(diagnostic)
    }

    /// What would have been right here.
    fn expectation(&self) -> Diagnostic {
        let found = self.found_text();
        if self.expects("lucid") {
            return self
                .make(Code::InvalidType, format!("expected a type, found {found}"))
                .with_primary("not a type")
                .with_help("types are names such as `number`, `T[]`, `T?` or `(A) -> R`");
        }
        if self.expects("while") {
            return self
                .make(Code::UnexpectedToken, format!("expected a statement, found {found}"))
                .with_primary("cannot start a statement");
        }
        if self.expects("prefix") {
            return self
                .make(Code::UnexpectedToken, format!("expected an expression, found {found}"))
                .with_primary("cannot start an expression");
        }
        if self.expects("number") {
            return self
                .make(Code::InvalidPattern, format!("expected a pattern, found {found}"))
                .with_primary("not a pattern")
                .with_help("patterns are literals, names, `name: Type`, `[a, b]`, `Record { f }`");
        }
        if self.expects("dominant") {
            return self
                .make(Code::UnexpectedToken, format!("expected a session member, found {found}"))
                .with_primary("not a field or method")
                .with_help("write `expose name: Type;` or `suggestion name() { … }`");
        }
        if self.expects("when") {
            return self
                .make(
                    Code::UnexpectedToken,
                    format!("expected `when` or `otherwise`, found {found}"),
                )
                .with_primary("not an arm");
        }
        if self.expects("name") {
            return self.expected_name(&found);
        }
        self.expected_punctuation(&found)
    }

    fn expected_name(&self, found: &str) -> Diagnostic {
        let word = self.span().text(self.source);
        if word.starts_with(|c: char| c.is_alphabetic()) {
            return self
                .make(
                    Code::ReservedName,
                    format!("{found} is a reserved word and cannot be used as a name"),
                )
                .with_primary("expected a name")
                .with_help(format!("choose another name, such as `{word}_`"));
        }
        let what = match self.previous().map(|token| token.tok) {
            Some(Tok::Decl(_) | Tok::Shared | Tok::Anchor) => "a variable name",
            Some(Tok::Func { .. }) => "a suggestion name",
            _ => "a name",
        };
        self.make(Code::UnexpectedToken, format!("expected {what}, found {found}"))
            .with_primary("not a name")
    }

    fn expected_punctuation(&self, found: &str) -> Diagnostic {
        if self.expects(";") {
            return self.missing_semicolon(found);
        }
        let brackets = [(")", "("), ("]", "["), ("}", "{")];
        let fits = |close: &str| self.expects(close) && (close != "}" || self.expects(","));
        let close = brackets.into_iter().find(|(close, _)| fits(close));
        if let Some((close, open)) = close {
            return self.unclosed(found, close, open);
        }
        let after = self.previous_text();
        for terminal in [":", "(", "{", "=", "=>", "]", "}", "->", "Relax", "while", "else"] {
            let shown = if terminal == "{" && self.expects("object {") { "{" } else { terminal };
            if self.expects(terminal) {
                let message = format!("expected `{shown}` after {after}");
                return self
                    .make(Code::UnexpectedToken, message)
                    .with_primary(format!("found {found}"))
                    .with_help(format!("write `{shown}` before this"));
            }
        }
        self.make(Code::UnexpectedToken, format!("unexpected {found}"))
            .with_primary("not expected here")
    }

    fn unclosed(&self, found: &str, close: &str, open: &str) -> Diagnostic {
        let message = if self.expects(",") {
            format!("expected `,` or `{close}`, found {found}")
        } else {
            format!("expected `{close}`, found {found}")
        };
        let diagnostic = self
            .make(Code::UnclosedDelimiter, message)
            .with_primary(format!("expected `{close}` before this"));
        let round = |tok| matches!(tok, Tok::LParen | Tok::ArrowParen);
        let square = |tok| matches!(tok, Tok::LBracket);
        let curly = |tok| matches!(tok, Tok::ObjectBrace | Tok::RecordBrace | Tok::LBrace);
        let opener = self.open_bracket(match close {
            ")" => round,
            "]" => square,
            _ => curly,
        });
        match opener {
            Some(span) => diagnostic.with_label(span, format!("this `{open}` is not closed")),
            None => diagnostic,
        }
    }

    fn missing_semicolon(&self, found: &str) -> Diagnostic {
        let first = recover::statement_around(self.tokens, self.at)
            .and_then(|range| self.tokens.get(range.start))
            .map(|token| token.tok);
        let what = match first {
            Some(Tok::Decl(_) | Tok::Shared | Tok::Anchor) => "variable declaration".to_string(),
            Some(Tok::Import) => "import".into(),
            Some(Tok::Awaken) => "`awaken`".into(),
            Some(Tok::Snap | Tok::Sink | Tok::SinkTo | Tok::Suspend) => self.previous_text(),
            _ => "expression".into(),
        };
        let stray = matches!(
            self.found().map(|token| token.tok),
            Some(Tok::RParen | Tok::RBracket | Tok::Comma | Tok::Colon)
        );
        if stray {
            return self
                .make(Code::UnexpectedToken, format!("unexpected {found} after {what}"))
                .with_primary("expected `;` instead")
                .with_help(format!("remove {found} or open its bracket"));
        }
        Diagnostic::new(
            Code::MissingSemicolon,
            self.before(),
            format!("expected `;` after {what}, found {found}"),
        )
        .with_primary("expected `;` here")
        .with_help("end the statement with `;`")
    }
}

/// Source text in backticks, shortened.
fn quoted(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    if line.chars().count() > SHOWN || line.len() < text.len() {
        let short: String = line.chars().take(SHOWN).collect();
        format!("`{short}…`")
    } else {
        format!("`{text}`")
    }
}
