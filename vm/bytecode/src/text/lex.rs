//! Lines to tokens.

use super::AsmError;
use std::iter::Peekable;
use std::str::{Chars, FromStr};

/// One piece of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token<'s> {
    /// A run of other characters.
    Word(&'s str),
    /// Quoted text.
    Text(String),
    /// One of `,()[]{}|`.
    Mark(char),
}

/// The tokens of one line that are not used up yet.
#[derive(Debug)]
pub(super) struct Line<'s> {
    /// Line number, from 1.
    pub(super) number: usize,
    tokens: Peekable<std::vec::IntoIter<Token<'s>>>,
}

/// The non-empty lines of a text.
pub(super) fn lines(text: &str) -> Result<Vec<Line<'_>>, AsmError> {
    let mut lines = Vec::new();
    for (idx, line) in text.lines().enumerate() {
        let number = idx + 1;
        let tokens = tokens(line).map_err(|message| AsmError { line: number, message })?;
        if !tokens.is_empty() {
            lines.push(Line { number, tokens: tokens.into_iter().peekable() });
        }
    }
    Ok(lines)
}

fn is_mark(c: char) -> bool {
    matches!(c, ',' | '(' | ')' | '[' | ']' | '{' | '}' | '|')
}

fn tokens(line: &str) -> Result<Vec<Token<'_>>, String> {
    let mut tokens = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == ';' {
            break;
        }
        if first == '"' {
            let mut chars = rest.chars();
            chars.next();
            tokens.push(Token::Text(quoted(&mut chars)?));
            rest = chars.as_str();
        } else if is_mark(first) {
            tokens.push(Token::Mark(first));
            rest = rest.strip_prefix(first).unwrap_or("");
        } else {
            let ends = |c: char| c.is_whitespace() || is_mark(c) || c == '"' || c == ';';
            let (word, tail) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
            tokens.push(Token::Word(word));
            rest = tail;
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

fn quoted(chars: &mut Chars<'_>) -> Result<String, String> {
    let mut text = String::new();
    loop {
        match chars.next().ok_or("the text has no closing quote")? {
            '"' => return Ok(text),
            '\\' => text.push(escape(chars).ok_or("unknown escape")?),
            c => text.push(c),
        }
    }
}

fn escape(chars: &mut Chars<'_>) -> Option<char> {
    Some(match chars.next()? {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let (hex, tail) = chars.as_str().strip_prefix('{')?.split_once('}')?;
            *chars = tail.chars();
            return char::from_u32(u32::from_str_radix(hex, 16).ok()?);
        }
        c @ ('"' | '\\') => c,
        _ => return None,
    })
}

impl<'s> Line<'s> {
    /// An error in this line.
    pub(super) fn fault(&self, message: impl Into<String>) -> AsmError {
        AsmError { line: self.number, message: message.into() }
    }

    /// The next token, if there is one.
    pub(super) fn next(&mut self) -> Option<Token<'s>> {
        self.tokens.next()
    }

    /// Whether the line is used up.
    pub(super) fn is_done(&mut self) -> bool {
        self.tokens.peek().is_none()
    }

    /// Requires the line to be used up.
    pub(super) fn end(&mut self) -> Result<(), AsmError> {
        match self.tokens.next() {
            None => Ok(()),
            Some(token) => Err(self.fault(format!("unexpected {token:?}"))),
        }
    }

    /// The next token, which must be a word.
    pub(super) fn word(&mut self, what: &str) -> Result<&'s str, AsmError> {
        match self.tokens.next() {
            Some(Token::Word(word)) => Ok(word),
            Some(token) => Err(self.fault(format!("expected {what}, found {token:?}"))),
            None => Err(self.fault(format!("expected {what}"))),
        }
    }

    /// Uses up a word if one comes next.
    pub(super) fn next_word(&mut self) -> Option<&'s str> {
        match self.tokens.next_if(|token| matches!(token, Token::Word(_)))? {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The next token, which must be quoted text.
    pub(super) fn text(&mut self) -> Result<String, AsmError> {
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(text),
            _ => Err(self.fault("expected quoted text")),
        }
    }

    /// Uses up a mark if it comes next.
    pub(super) fn eat(&mut self, mark: char) -> bool {
        self.tokens.next_if_eq(&Token::Mark(mark)).is_some()
    }

    /// Uses up a word if it comes next.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        self.tokens.next_if(|token| matches!(token, Token::Word(w) if *w == word)).is_some()
    }

    /// Requires a mark.
    pub(super) fn expect(&mut self, mark: char) -> Result<(), AsmError> {
        if self.eat(mark) { Ok(()) } else { Err(self.fault(format!("expected `{mark}`"))) }
    }

    /// A number after a prefix (`r1`, `@0`); an empty prefix for a plain number.
    pub(super) fn number<T: FromStr>(&mut self, prefix: &str, what: &str) -> Result<T, AsmError> {
        let word = self.word(what)?;
        let number = word.strip_prefix(prefix).and_then(|digits| digits.parse().ok());
        number.ok_or_else(|| self.fault(format!("expected {what}, found `{word}`")))
    }

    /// An index that must be the next one of its table.
    pub(super) fn index(&mut self, prefix: &str, expected: usize) -> Result<(), AsmError> {
        let idx: usize = self.number(prefix, "an index")?;
        if idx == expected {
            return Ok(());
        }
        Err(self.fault(format!("index {idx} is out of order, the next is {expected}")))
    }
}
