//! The text that strings and templates stand for.

use bumpalo::{Bump, collections::String};

/// Whether `\c` has a meaning of its own, or is a usual way to write `c`.
pub(crate) fn is_known_escape(c: char) -> bool {
    matches!(c, 'n' | 't' | 'r' | '\\' | '"' | '\'' | '`' | '{' | '}')
}

/// The text of a string literal given without its quotes.
pub(crate) fn unescape<'a>(arena: &'a Bump, text: &str) -> &'a str {
    if !text.contains('\\') {
        return arena.alloc_str(text);
    }
    decode(arena, text, false)
}

/// The text of a template piece: escapes, and doubled braces for single ones.
pub(crate) fn template_text<'a>(arena: &'a Bump, text: &str) -> &'a str {
    if !text.contains(['\\', '{', '}']) {
        return arena.alloc_str(text);
    }
    decode(arena, text, true)
}

fn decode<'a>(arena: &'a Bump, text: &str, braces: bool) -> &'a str {
    let mut decoded = String::with_capacity_in(text.len(), arena);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => decoded.extend(chars.next().map(escaped)),
            '{' | '}' if braces => {
                chars.next_if_eq(&c);
                decoded.push(c);
            }
            _ => decoded.push(c),
        }
    }
    decoded.into_bump_str()
}

fn escaped(c: char) -> char {
    match c {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        other => other,
    }
}
