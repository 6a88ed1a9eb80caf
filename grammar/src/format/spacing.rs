//! Where a space stands between two tokens of one line.

use super::piece::{Piece, is_closer, is_opener};
use crate::token::Tok;

/// Whether a space stands before each piece, if no line break does.
pub(super) fn spaces(pieces: &[Piece<'_>]) -> Vec<bool> {
    let mut roles = Roles { pieces, generic: generic_brackets(pieces), conditional: vec![0] };
    (0..pieces.len()).map(|at| roles.is_space_before(at)).collect()
}

struct Roles<'p, 's> {
    pieces: &'p [Piece<'s>],
    /// Whether a `<` or `>` encloses type arguments.
    generic: Vec<bool>,
    /// Open `?` without their `:`, by bracket.
    conditional: Vec<usize>,
}

impl Roles<'_, '_> {
    fn tok(&self, at: usize) -> Option<Tok> {
        self.pieces.get(at).and_then(|piece| piece.tok)
    }

    fn is_space_before(&mut self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return false };
        let is_colon_of_conditional = self.enter(at);
        let (Some(prev), Some(next)) = (self.tok(before), self.tok(at)) else { return true };
        if self.are_words(before, at) {
            return true;
        }
        match next {
            Tok::Semi | Tok::Comma | Tok::Dot | Tok::QuestionDot | Tok::RParen | Tok::RBracket => {
                return false;
            }
            Tok::BodyOpen | Tok::BodyClose => return false,
            Tok::Colon => return is_colon_of_conditional,
            Tok::Question => return self.is_conditional(at),
            Tok::Lt | Tok::Gt if self.generic[at] => return false,
            Tok::RBrace => {
                return !matches!(prev, Tok::LBrace | Tok::ObjectBrace | Tok::RecordBrace);
            }
            _ => {}
        }
        match prev {
            Tok::LParen | Tok::ArrowParen | Tok::LBracket => return false,
            Tok::Dot | Tok::QuestionDot | Tok::Ellipsis => return false,
            Tok::Lt if self.generic[before] => return false,
            Tok::Prefix(_) => return self.is_word(before),
            Tok::Minus | Tok::Plus if self.is_unary(before) => return false,
            _ => {}
        }
        match next {
            Tok::LParen | Tok::ArrowParen => !self.takes_parenthesis(before),
            Tok::LBracket => !self.ends_operand(before),
            _ => true,
        }
    }

    /// Keeps track of brackets and conditional expressions. Returns whether the piece is the `:` of
    /// one.
    fn enter(&mut self, at: usize) -> bool {
        match self.tok(at) {
            Some(tok) if is_opener(tok) => self.conditional.push(0),
            Some(tok) if is_closer(tok) && self.conditional.len() > 1 => {
                self.conditional.pop();
            }
            Some(Tok::Question) if self.is_conditional(at) => {
                if let Some(open) = self.conditional.last_mut() {
                    *open += 1;
                }
            }
            Some(Tok::Colon) => {
                if let Some(open @ 1..) = self.conditional.last_mut() {
                    *open -= 1;
                    return true;
                }
            }
            Some(Tok::Semi) => {
                if let Some(open) = self.conditional.last_mut() {
                    *open = 0;
                }
            }
            _ => {}
        }
        false
    }

    /// Whether a `?` belongs to a conditional expression: an operand follows. Otherwise it marks
    /// something that may be left out or null.
    fn is_conditional(&self, at: usize) -> bool {
        match self.tok(at + 1) {
            None => false,
            Some(
                Tok::Colon
                | Tok::Eq
                | Tok::Semi
                | Tok::Comma
                | Tok::RParen
                | Tok::RBracket
                | Tok::RBrace
                | Tok::LBrace
                | Tok::Gt
                | Tok::Pipe
                | Tok::FatArrow
                | Tok::From
                | Tok::Question
                | Tok::Within,
            ) => false,
            // `T?[]` is a type; a conditional has an element there.
            Some(Tok::LBracket) => self.tok(at + 2) != Some(Tok::RBracket),
            Some(_) => true,
        }
    }

    fn is_word(&self, at: usize) -> bool {
        self.pieces[at].text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }

    /// Whether two pieces would run into one word. Operators have spellings that are words.
    fn are_words(&self, before: usize, at: usize) -> bool {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        self.pieces[before].text.ends_with(is_part) && self.pieces[at].text.starts_with(is_part)
    }

    fn is_unary(&self, at: usize) -> bool {
        at.checked_sub(1).is_none_or(|before| !self.ends_operand(before))
    }

    fn ends_operand(&self, at: usize) -> bool {
        matches!(
            self.tok(at),
            Some(
                Tok::Ident(_)
                    | Tok::Number
                    | Tok::Str
                    | Tok::TemplateOpen
                    | Tok::RawTemplate
                    | Tok::True
                    | Tok::False
                    | Tok::Null
                    | Tok::This
                    | Tok::RParen
                    | Tok::RBracket
                    | Tok::RBrace
            )
        ) || self.tok(at) == Some(Tok::Question) && !self.is_conditional(at)
            || self.tok(at) == Some(Tok::Gt) && self.generic[at]
    }

    /// Whether `(` after the piece belongs to it: a call, or the parameters of a function.
    fn takes_parenthesis(&self, at: usize) -> bool {
        self.ends_operand(at) || matches!(self.tok(at), Some(Tok::Func { .. } | Tok::Dominant))
    }
}

/// Marks `<` and `>` that enclose type arguments: only types stand between them, and what follows can
/// follow a type but not an operand.
fn generic_brackets(pieces: &[Piece<'_>]) -> Vec<bool> {
    let mut is_generic = vec![false; pieces.len()];
    for at in 0..pieces.len() {
        if pieces[at].tok != Some(Tok::Lt) || is_generic[at] {
            continue;
        }
        let mut open = vec![at];
        let mut found = Vec::new();
        for (i, piece) in pieces.iter().enumerate().skip(at + 1) {
            match piece.tok {
                Some(Tok::Lt) => open.push(i),
                Some(Tok::Gt) => {
                    found.extend(open.pop().map(|opener| (opener, i)));
                    if open.is_empty() {
                        break;
                    }
                }
                Some(
                    Tok::Ident(_)
                    | Tok::Comma
                    | Tok::LBracket
                    | Tok::RBracket
                    | Tok::Question
                    | Tok::Pipe
                    | Tok::Dot
                    | Tok::Null,
                ) => {}
                _ => break,
            }
        }
        let end = found.last().map_or(pieces.len(), |pair| pair.1);
        let follows_type = matches!(
            pieces.get(end + 1).and_then(|piece| piece.tok),
            Some(
                Tok::LBrace
                    | Tok::Eq
                    | Tok::Semi
                    | Tok::Comma
                    | Tok::RParen
                    | Tok::Question
                    | Tok::LBracket
                    | Tok::Pipe
                    | Tok::FatArrow
            )
        );
        if open.is_empty() && follows_type {
            for (opener, closer) in found {
                is_generic[opener] = true;
                is_generic[closer] = true;
            }
        }
    }
    is_generic
}
