//! The superset guard: a word that the reference does not know is a name wherever the file
//! declares it.

use crate::{
    intern::Symbol,
    keyword::{Keyword, KeywordKind, Word},
    lexer::{Raw, RawKind},
};
use std::collections::HashSet;

/// What a file declares under the spelling of a keyword.
#[derive(Default)]
pub(super) struct Declared {
    /// Words unknown to the reference; bit `n` stands for the keyword with number `n`.
    pub(super) words: u128,
    /// Suggestions named like a soft keyword, by exact spelling.
    pub(super) functions: HashSet<Symbol>,
}

/// Finds the declared words.
pub(super) fn declared_words(raw: &[Raw]) -> Declared {
    let mut declared = Declared::default();
    let mut params_end = 0;
    let mut in_pattern = false;
    for (at, token) in raw.iter().enumerate() {
        match token.kind {
            RawKind::FatArrow => in_pattern = false,
            RawKind::Word(Word::Keyword(keyword)) => match keyword {
                Keyword::When => in_pattern = true,
                Keyword::If => in_pattern = false,
                Keyword::Suggestion
                | Keyword::ImperativeSuggestion
                | Keyword::DominantSuggestion => {
                    params_end = params_end.max(end_of_params(raw, at + 1));
                    declared.functions.extend(raw.get(at + 1).copied().and_then(soft_name));
                }
                _ if keyword.kind() == KeywordKind::SoftExact => {
                    let previous = at.checked_sub(1).map(|before| raw[before].kind);
                    let next = raw.get(at + 1).map(|token| token.kind);
                    if previous.is_some_and(|before| declares(before, keyword, next))
                        || (in_pattern && previous.is_some_and(starts_pattern))
                        || (at < params_end && is_param(previous, next))
                    {
                        declared.words |= 1 << (keyword as u32);
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
    declared
}

fn soft_name(token: Raw) -> Option<Symbol> {
    match token.kind {
        RawKind::Word(Word::Keyword(keyword)) if keyword.kind() == KeywordKind::Soft => {
            Some(token.symbol())
        }
        _ => None,
    }
}

/// Index of the token that closes the parameters of the function head at `at`.
fn end_of_params(raw: &[Raw], at: usize) -> usize {
    let named = raw.get(at).is_some_and(|token| matches!(token.kind, RawKind::Word(_)));
    match raw.get(at + usize::from(named)) {
        Some(token) if token.kind == RawKind::LParen && (token.value as usize) < raw.len() => {
            token.value as usize
        }
        _ => 0,
    }
}

fn declares(previous: RawKind, word: Keyword, next: Option<RawKind>) -> bool {
    let RawKind::Word(Word::Keyword(declarer)) = previous else { return false };
    // `sharedTrance var x`
    if word == Keyword::Var && matches!(next, Some(RawKind::Word(_))) {
        return false;
    }
    matches!(
        declarer,
        Keyword::Induce
            | Keyword::Implant
            | Keyword::Embed
            | Keyword::Freeze
            | Keyword::Anchor
            | Keyword::SharedTrance
            | Keyword::Suggestion
            | Keyword::ImperativeSuggestion
            | Keyword::DominantSuggestion
            | Keyword::Session
            | Keyword::Tranceify
            | Keyword::Trigger
    )
}

fn starts_pattern(previous: RawKind) -> bool {
    matches!(
        previous,
        RawKind::Word(Word::Keyword(Keyword::When))
            | RawKind::Comma
            | RawKind::LBracket
            | RawKind::LBrace
            | RawKind::Ellipsis
            | RawKind::Colon
    )
}

fn is_param(previous: Option<RawKind>, next: Option<RawKind>) -> bool {
    matches!(previous, Some(RawKind::LParen | RawKind::Comma))
        && matches!(next, Some(RawKind::Comma | RawKind::RParen | RawKind::Colon | RawKind::Eq))
}
