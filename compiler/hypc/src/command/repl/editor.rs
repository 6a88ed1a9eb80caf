//! Line editing: completion, and whether an input is complete.

use std::collections::BTreeSet;

use hyp_bytecode::builtin::BUILTINS;
use hyp_grammar::intern::Interner;
use hyp_grammar::keyword::Keyword;
use hyp_grammar::token::Tok;
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};

use super::session::is_incomplete;

/// Helps the line editor.
pub(super) struct Assistant {
    words: BTreeSet<String>,
}

impl Default for Assistant {
    fn default() -> Self {
        let keywords = Keyword::ALL.iter().map(|keyword| keyword.as_str().to_owned());
        let builtins = BUILTINS.iter().map(|row| row.name.to_owned());
        let commands = [":help", ":reset", ":save", ":quit"].map(str::to_owned);
        Assistant { words: keywords.chain(builtins).chain(commands).collect() }
    }
}

impl Assistant {
    /// Remembers the names of an input.
    pub(super) fn learn(&mut self, input: &str) {
        let mut interner = Interner::new();
        let source = format!("Focus {{\n{input}\n}} Relax");
        let (tokens, _) = hyp_grammar::tokens(&mut interner, &source);
        for token in tokens {
            if let Tok::Ident(name) = token.tok {
                self.words.insert(interner.resolve(name).to_owned());
            }
        }
    }
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = line.get(..at).unwrap_or(line);
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        let start = before
            .rfind(|c: char| !is_part(c))
            .map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
        let prefix = &before[start..];
        if prefix.is_empty() {
            return Ok((at, Vec::new()));
        }
        let pair = |word: &String| Pair { display: word.clone(), replacement: word.clone() };
        let found = self.words.range(prefix.to_owned()..).take_while(|w| w.starts_with(prefix));
        Ok((start, found.map(pair).collect()))
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if is_incomplete(context.input()) {
            ValidationResult::Incomplete
        } else {
            ValidationResult::Valid(None)
        })
    }
}

impl Hinter for Assistant {
    type Hint = String;
}

impl Highlighter for Assistant {}

impl Helper for Assistant {}
