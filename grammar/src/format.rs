//! The formatter: source text in one layout, with every token and comment kept as it is spelled.
//!
//! It works on tokens, not on the tree, so it changes nothing but white space and adds the semicolons
//! that the adapter supplies. Like `gofmt` it keeps the writer's line breaks within brackets and
//! statements, keeps a block on one line if it was written so and fits, and otherwise decides
//! everything: one statement per line, four spaces per level, at most one blank line in a row.
//!
//! Invariant: the result has the same tokens and comments as the source; [`format`] checks it.
//! Invariant: formatting the result again changes nothing.

mod layout;
mod piece;
mod spacing;

use bumpalo::Bump;

use crate::diagnostic::Diagnostic;
use crate::intern::Interner;
use crate::parse::parse;

/// Why a program was not formatted.
#[derive(Debug)]
pub enum FormatError {
    /// It does not parse.
    Syntax(Vec<Diagnostic>),
    /// The result would not be the same program: a bug of the formatter.
    Unfaithful,
}

/// Formats a program.
///
/// # Errors
/// The program does not parse.
pub fn format(source: &str) -> Result<String, FormatError> {
    let (_, diagnostics) = parse(&Bump::new(), &mut Interner::new(), source);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(FormatError::Syntax(diagnostics));
    }
    let pieces = piece::pieces(source);
    let text = layout::layout(&pieces);
    if is_faithful(source, &text) { Ok(text) } else { Err(FormatError::Unfaithful) }
}

/// Whether two texts have the same tokens and comments.
fn is_faithful(source: &str, text: &str) -> bool {
    let words = |text| {
        let mut words = Vec::new();
        for piece in piece::pieces(text) {
            words.extend(piece.comments.iter().map(|c| c.text.trim().replace('\r', "")));
            words.push(piece.text.to_owned());
        }
        words
    };
    words(source) == words(text)
}
