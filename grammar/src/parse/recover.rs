//! Finds the statement that a syntax error spoils.

use crate::token::{Tok, Token};
use std::ops::Range;

fn opens(tok: Tok) -> bool {
    matches!(tok, Tok::LBrace | Tok::ObjectBrace | Tok::RecordBrace | Tok::BodyOpen)
}

fn closes(tok: Tok) -> bool {
    matches!(tok, Tok::RBrace | Tok::BodyClose)
}

/// The innermost statement or member that the token at `at` belongs to.
pub(super) fn statement_around(tokens: &[Token], at: usize) -> Option<Range<usize>> {
    // The outline of the program cannot be repaired.
    if matches!(tokens.get(at).map(|token| token.tok), None | Some(Tok::Relax)) {
        return None;
    }
    let start = start_before(tokens, at)?;
    bounded(tokens, start, at)
}

/// The statement around the one that the token at `at` stands for.
pub(super) fn enclosing_statement(tokens: &[Token], at: usize) -> Option<Range<usize>> {
    let start = start_before(tokens, at.checked_sub(1)?)?;
    bounded(tokens, start, at)
}

fn bounded(tokens: &[Token], start: usize, at: usize) -> Option<Range<usize>> {
    if opening_focus(tokens) == Some(start) || tokens[start].tok == Tok::Relax {
        return None;
    }
    let mut end = end_after(tokens, start, at);
    // Text before the program does not spoil the program.
    if let Some(focus) = opening_focus(tokens).filter(|focus| (start..end).contains(focus)) {
        end = focus;
    }
    (end > start).then_some(start..end)
}

/// The last token at or before `at` that starts a statement which is still open there.
fn start_before(tokens: &[Token], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let focus = opening_focus(tokens);
    for index in (0..=at.min(tokens.len().checked_sub(1)?)).rev() {
        let token = tokens[index];
        if index < at {
            if closes(token.tok) {
                depth += 1;
            } else if opens(token.tok) {
                // Leaving the bracket that `at` is in, when nothing in it starts a statement.
                depth = depth.saturating_sub(1);
            }
        }
        // The statement spoiled by the token at `at` ends before it.
        let ends_before = index == at && (closes(token.tok) || focus == Some(index));
        if depth == 0 && token.starts && !ends_before {
            return Some(index);
        }
    }
    None
}

/// The `Focus` that opens the program.
fn opening_focus(tokens: &[Token]) -> Option<usize> {
    tokens.iter().position(|token| token.tok == Tok::Focus)
}

/// Just past the end of the statement that starts at `start` and is spoiled at `at`.
fn end_after(tokens: &[Token], start: usize, at: usize) -> usize {
    let mut depth = 0_usize;
    for index in start..tokens.len() {
        let token = tokens[index];
        let next = tokens.get(index + 1);
        let next_starts = next.is_none_or(|next| next.starts || closes(next.tok));
        if index > at && depth == 0 && token.starts {
            return index;
        }
        if opens(token.tok) {
            depth += 1;
        } else if closes(token.tok) {
            if depth == 0 {
                return index;
            }
            depth -= 1;
            if depth == 0 && index >= at && next_starts {
                return index + 1;
            }
        } else if token.tok == Tok::Semi && depth == 0 && index >= at && next_starts {
            return index + 1;
        }
    }
    tokens.len()
}
