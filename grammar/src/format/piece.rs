//! Tokens with the comments and line breaks before them.

use crate::diagnostic::Code;
use crate::intern::Interner;
use crate::parse::tokens;
use crate::token::{Tok, Token};

/// A comment.
pub(super) struct Comment<'s> {
    /// With its delimiters, without spaces around it.
    pub(super) text: &'s str,
    /// Line breaks between it and what stands before it.
    pub(super) breaks: usize,
}

impl Comment<'_> {
    /// Whether it goes on to the end of its line.
    pub(super) fn is_line(&self) -> bool {
        self.text.starts_with("//")
    }
}

/// A token, or a whole template, that is written as it is spelled.
pub(super) struct Piece<'s> {
    /// `None` for a word without a token of its own, and at the end of the file.
    pub(super) tok: Option<Tok>,
    pub(super) text: &'s str,
    /// First token of a statement or session member.
    pub(super) starts: bool,
    /// Comments before it.
    pub(super) comments: Vec<Comment<'s>>,
    /// Line breaks between it and the comment or token before it.
    pub(super) breaks: usize,
    /// Index of the bracket that closes it, if it opens one.
    pub(super) closer: Option<usize>,
}

impl Piece<'_> {
    /// Whether the source has a line break somewhere between it and the token before it.
    pub(super) fn is_broken(&self) -> bool {
        self.breaks > 0 || self.comments.iter().any(|c| c.breaks > 0 || c.is_line())
    }
}

/// The pieces of a source text. The last one is empty and carries the comments at the end.
pub(super) fn pieces(source: &str) -> Vec<Piece<'_>> {
    let (tokens, diagnostics) = tokens(&mut Interner::new(), source);
    // The adapter also closes statements that need no semicolon.
    let missing: Vec<u32> = diagnostics
        .iter()
        .filter(|d| d.code == Code::InsertedSemicolon)
        .map(|d| d.primary.span.start)
        .collect();
    let is_silent = |t: &&Token| {
        t.inserted && t.tok == Tok::Semi && missing.binary_search(&t.span.start).is_err()
    };
    let mut pieces: Vec<Piece<'_>> = Vec::with_capacity(tokens.len() + 1);
    let mut end = 0;
    let mut template_depth = 0;
    for token in tokens.iter().filter(|t| !is_silent(t)) {
        let (from, to) = (token.span.start as usize, token.span.end as usize);
        match token.tok {
            Tok::TemplateOpen => template_depth += 1,
            Tok::TemplateClose => template_depth -= 1,
            _ => {}
        }
        let continues = template_depth > 0 && token.tok != Tok::TemplateOpen
            || template_depth > 1
            || token.tok == Tok::TemplateClose;
        if continues {
            // A template is one piece from its opening to its closing backtick.
            if let Some(last) = pieces.last_mut() {
                last.text = source.get(end - last.text.len()..to).unwrap_or(last.text);
            }
            end = to.max(end);
            continue;
        }
        let text = match token.tok {
            Tok::Semi if token.inserted => ";",
            Tok::Comma if token.inserted => ",",
            _ => token.span.text(source),
        };
        let mut piece = Piece {
            tok: Some(token.tok),
            text,
            starts: token.starts,
            comments: Vec::new(),
            breaks: 0,
            closer: None,
        };
        if !token.inserted {
            gap(source.get(end..from).unwrap_or(""), &mut piece, &mut pieces);
            end = to;
        }
        pieces.push(piece);
    }
    let mut last =
        Piece { tok: None, text: "", starts: true, comments: Vec::new(), breaks: 0, closer: None };
    gap(source.get(end..).unwrap_or(""), &mut last, &mut pieces);
    pieces.push(last);
    match_brackets(&mut pieces);
    pieces
}

/// Reads what stands before a piece: white space, comments, and words that no token stands for,
/// which become pieces of their own.
fn gap<'s>(text: &'s str, piece: &mut Piece<'s>, pieces: &mut Vec<Piece<'s>>) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c.is_whitespace() || c == '\u{feff}' {
            piece.breaks += usize::from(c == '\n');
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let len = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else {
            rest.find(|c: char| c.is_whitespace() || c == '/')
                .unwrap_or(rest.len())
                .max(c.len_utf8())
        };
        let (part, after) = rest.split_at(len);
        rest = after;
        if part.starts_with("//") || part.starts_with("/*") {
            piece.comments.push(Comment { text: part.trim_end(), breaks: piece.breaks });
        } else {
            pieces.push(Piece {
                tok: None,
                text: part,
                starts: std::mem::take(&mut piece.starts),
                comments: std::mem::take(&mut piece.comments),
                breaks: piece.breaks,
                closer: None,
            });
        }
        piece.breaks = 0;
    }
}

fn match_brackets(pieces: &mut [Piece<'_>]) {
    let mut open = Vec::new();
    for at in 0..pieces.len() {
        match pieces[at].tok {
            Some(tok) if is_opener(tok) => open.push(at),
            Some(tok) if is_closer(tok) => {
                if let Some(opener) = open.pop() {
                    pieces[opener].closer = Some(at);
                }
            }
            _ => {}
        }
    }
}

/// Whether a token opens a bracket.
pub(super) fn is_opener(tok: Tok) -> bool {
    matches!(
        tok,
        Tok::LParen
            | Tok::ArrowParen
            | Tok::LBracket
            | Tok::LBrace
            | Tok::ObjectBrace
            | Tok::RecordBrace
            | Tok::BodyOpen
    )
}

/// Whether a token closes a bracket.
pub(super) fn is_closer(tok: Tok) -> bool {
    matches!(tok, Tok::RParen | Tok::RBracket | Tok::RBrace | Tok::BodyClose)
}
