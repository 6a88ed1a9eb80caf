//! Algorithms on text that the string builtins share.

use std::ops::Range;

use ahash::AHashSet;
use memchr::memmem;

use super::args::{Args, STRING_BYTES_MAX};
use crate::{Trap, Value, Vm};

/// Byte offset of a code point position, clamped to the end.
pub(super) fn byte_offset(s: &str, chars: usize) -> usize {
    if s.is_ascii() {
        return chars.min(s.len());
    }
    s.char_indices().nth(chars).map_or(s.len(), |(at, _)| at)
}

/// Byte range of `part` in `s`; `part` must be a slice of `s`.
pub(super) fn range_of(s: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).wrapping_sub(s.as_ptr() as usize);
    start..start.wrapping_add(part.len())
}

/// The string `v` cut to a byte range; itself if that is all of its `len` bytes.
pub(super) fn slice(vm: &mut Vm, v: Value, range: Range<usize>, len: usize) -> Result<Value, Trap> {
    if range == (0..len) { Ok(v) } else { vm.slice_bytes(v, range.start, range.end) }
}

/// Array of byte ranges of the string `v`.
pub(super) fn slices(vm: &mut Vm, v: Value, ranges: &[Range<usize>]) -> Result<Value, Trap> {
    let result = vm.new_array_with_capacity(ranges.len())?;
    for range in ranges {
        let piece = vm.slice_bytes(v, range.start, range.end)?;
        vm.array_push(result, piece)?;
    }
    Ok(result)
}

/// Byte ranges between delimiters; an empty delimiter gives the single characters.
pub(super) fn split(s: &str, delimiter: &str) -> Vec<Range<usize>> {
    if delimiter.is_empty() {
        return s.char_indices().map(|(at, c)| at..at + c.len_utf8()).collect();
    }
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut piece = |at: usize| {
        pieces.push(start..at);
        start = at + delimiter.len();
    };
    match delimiter.as_bytes() {
        &[byte] => memchr::memchr_iter(byte, s.as_bytes()).for_each(&mut piece),
        bytes => memmem::find_iter(s.as_bytes(), bytes).for_each(&mut piece),
    }
    pieces.push(start..s.len());
    pieces
}

/// Replaces every occurrence; `None` if there is none.
pub(super) fn replace_all(
    args: &Args<'_>,
    s: &str,
    from: &str,
    to: &str,
) -> Result<Option<String>, Trap> {
    if from.is_empty() {
        let inserted = to.len().checked_mul(s.chars().count() + 1);
        args.check_bytes(inserted.and_then(|n| n.checked_add(s.len())))?;
        return Ok(Some(s.replace("", to)));
    }
    let mut matches = memmem::find_iter(s.as_bytes(), from);
    let Some(first) = matches.next() else {
        return Ok(None);
    };
    let mut result = String::with_capacity(s.len());
    let mut done = 0;
    for at in std::iter::once(first).chain(matches) {
        result.push_str(&s[done..at]);
        result.push_str(to);
        done = at + from.len();
        if result.len() > STRING_BYTES_MAX {
            args.check_bytes(None)?;
        }
    }
    result.push_str(&s[done..]);
    Ok(Some(result))
}

/// Upper-cases the first character.
pub(super) fn capitalize(s: &str) -> String {
    let mut chars = s.chars();
    match chars.next() {
        None => String::new(),
        Some(first) => first.to_uppercase().chain(chars).collect(),
    }
}

/// First occurrence of every character.
pub(super) fn distinct_chars(s: &str) -> String {
    let mut seen = AHashSet::new();
    s.chars().filter(|&c| seen.insert(c)).collect()
}

/// Characters in ascending order.
pub(super) fn sorted_chars(s: &str) -> Vec<char> {
    let mut chars: Vec<char> = s.chars().collect();
    chars.sort_unstable();
    chars
}

/// Words joined by single spaces.
pub(super) fn join_words(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" ")
}

/// Whether letters and digits read the same backwards, ignoring case.
pub(super) fn is_palindrome(s: &str) -> bool {
    let kept: String = s.chars().filter(|c| c.is_alphanumeric()).collect();
    let lower: Vec<char> = kept.to_lowercase().chars().collect();
    lower.iter().eq(lower.iter().rev())
}

/// Whether a string, array or dictionary is empty; `None` for other values.
pub(super) fn is_empty(vm: &Vm, v: Value) -> Option<bool> {
    if let Some(s) = vm.str(v) {
        Some(s.is_empty())
    } else if v.is_array() {
        Some(vm.array_len(v) == 0)
    } else if v.is_object() {
        Some(vm.object_len(v) == 0)
    } else {
        None
    }
}

/// Greedy word wrap; words longer than `width` stay whole, width 0 gives one line.
pub(super) fn wrap(s: &str, width: usize) -> Vec<String> {
    let mut words = s.split_whitespace();
    if width == 0 {
        return if s.trim().is_empty() { Vec::new() } else { vec![s.to_owned()] };
    }
    let Some(first) = words.next() else {
        return Vec::new();
    };
    let mut lines = vec![first.to_owned()];
    let mut used = first.chars().count();
    for word in words {
        let chars = word.chars().count();
        match lines.last_mut() {
            Some(line) if used + 1 + chars <= width => {
                line.push(' ');
                line.push_str(word);
                used += 1 + chars;
            }
            _ => {
                lines.push(word.to_owned());
                used = chars;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces<'a>(s: &'a str, delimiter: &str) -> Vec<&'a str> {
        split(s, delimiter).into_iter().map(|range| &s[range]).collect()
    }

    #[test]
    fn split_keeps_empty_pieces() {
        assert_eq!(pieces("a,,b,", ","), ["a", "", "b", ""]);
        assert_eq!(pieces("", ","), [""]);
        assert_eq!(pieces("äb", ""), ["ä", "b"]);
        assert_eq!(pieces("", ""), [] as [&str; 0]);
        assert_eq!(pieces("a--b--c", "--"), ["a", "b", "c"]);
    }

    #[test]
    fn wrap_is_greedy() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("extraordinary a b", 3), ["extraordinary", "a b"]);
        assert_eq!(wrap("  ", 0), [] as [&str; 0]);
        assert_eq!(wrap("a  b", 0), ["a  b"]);
    }

    #[test]
    fn offsets_count_code_points() {
        assert_eq!(byte_offset("aäb", 2), 3);
        assert_eq!(byte_offset("aäb", 9), 4);
        assert_eq!(range_of("  x ", "  x ".trim()).len(), 1);
    }

    #[test]
    fn palindromes() {
        assert!(is_palindrome("A man, a plan, a canal: Panama"));
        assert!(is_palindrome(""));
        assert!(!is_palindrome("ab"));
    }
}
