//! From bytes to text: encodings, the size limit, and line numbers.

use crate::{
    diagnostic::{Code, Diagnostic},
    span::Span,
};
use std::borrow::Cow;

/// Largest accepted source file in bytes.
pub const MAX_SOURCE_BYTES: usize = 16 * 1024 * 1024;

/// Decodes a source file: UTF-8 with an optional byte order mark, or UTF-16 with one.
///
/// # Errors
/// [`Code::SourceTooLarge`] or [`Code::InvalidEncoding`]. The span of the latter is a byte offset
/// in the text decoded so far, which ends at the first bad place; see [`decode_lossy`] for a text
/// to show it in.
#[expect(clippy::result_large_err, reason = "once per file")]
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Diagnostic> {
    if bytes.len() > MAX_SOURCE_BYTES {
        return Err(too_large(bytes.len()));
    }
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => decode_utf8(rest, 3),
        [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes).map(Cow::Owned),
        [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes).map(Cow::Owned),
        _ => decode_utf8(bytes, 0),
    }
}

/// Decodes with replacement characters, for showing a file that [`decode`] refuses.
#[must_use]
pub fn decode_lossy(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest),
        [0xFF, 0xFE, rest @ ..] => Cow::Owned(lossy_utf16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => Cow::Owned(lossy_utf16(rest, u16::from_be_bytes)),
        _ => String::from_utf8_lossy(bytes),
    }
}

/// The diagnostic for a file over the limit.
#[must_use]
pub fn too_large(bytes: usize) -> Diagnostic {
    Diagnostic::new(
        Code::SourceTooLarge,
        Span::at(0),
        format!("source file has {bytes} bytes, the limit is {MAX_SOURCE_BYTES}"),
    )
    .with_help("split the program into modules and import them with `mindLink`")
}

#[expect(clippy::result_large_err, reason = "once per file")]
fn decode_utf8(bytes: &[u8], skipped: usize) -> Result<Cow<'_, str>, Diagnostic> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        let at = error.valid_up_to();
        let bad = bytes.get(at).copied().unwrap_or(0);
        Diagnostic::new(
            Code::InvalidEncoding,
            Span::at(offset(at)),
            format!("byte {bad:#04x} at offset {} is not valid UTF-8", at + skipped),
        )
        .with_primary("the text is valid up to here")
        .with_help("save the file as UTF-8")
    })
}

#[expect(clippy::result_large_err, reason = "once per file")]
fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Diagnostic> {
    let mut text = String::with_capacity(bytes.len());
    let mut at = 2;
    for decoded in char::decode_utf16(units(bytes, unit)) {
        match decoded {
            Ok(c) => {
                at += c.len_utf16() * 2;
                text.push(c);
            }
            Err(_) => return Err(bad_utf16(&text, at, "an unpaired surrogate")),
        }
    }
    if bytes.len() % 2 == 1 {
        return Err(bad_utf16(&text, at, "half a code unit"));
    }
    Ok(text)
}

fn lossy_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    char::decode_utf16(units(bytes, unit))
        .map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn units(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> impl Iterator<Item = u16> {
    bytes.as_chunks::<2>().0.iter().map(move |&pair| unit(pair))
}

fn bad_utf16(text: &str, at: usize, what: &str) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidEncoding,
        Span::at(offset(text.len())),
        format!("{what} at byte offset {at} is not valid UTF-16"),
    )
    .with_primary("the text is valid up to here")
    .with_help("save the file as UTF-8")
}

/// Offsets fit because of the size limit.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A place in a file; both count from 1, columns in scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line feeds before it, plus one.
    pub line: u32,
    /// Scalar values before it in its line, plus one.
    pub column: u32,
}

/// Finds lines by offset.
#[derive(Clone, Debug)]
pub struct LineIndex {
    /// Offsets of the first byte of every line.
    starts: Vec<u32>,
    /// Characters before every [`COUNTED`]th byte, so that columns of very long lines are found
    /// quickly; empty if the source is ASCII.
    counts: Vec<u32>,
}

/// Bytes between two character counts.
const COUNTED: usize = 256;

/// Number of characters that start in `bytes`.
fn count_starts(bytes: &[u8]) -> u32 {
    offset(bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count())
}

impl LineIndex {
    /// Indexes `source`.
    #[must_use]
    pub fn new(source: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', source.as_bytes()).map(|at| offset(at + 1)));
        let mut counts = Vec::new();
        if !source.is_ascii() {
            let mut count = 0;
            for block in source.as_bytes().chunks(COUNTED) {
                counts.push(count);
                count += count_starts(block);
            }
        }
        Self { starts, counts }
    }

    /// Number of lines, at least 1.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// Line number (from 1) of a byte offset.
    #[must_use]
    pub fn line(&self, at: u32) -> u32 {
        offset(self.starts.partition_point(|&start| start <= at))
    }

    /// Line and column of a byte offset in `source`, the text that was indexed.
    #[must_use]
    pub fn locate(&self, source: &str, at: u32) -> LineColumn {
        let line = self.line(at).max(1);
        let start = self.starts.get(line as usize - 1).copied().unwrap_or(0) as usize;
        let mut end = (at as usize).min(source.len());
        while !source.is_char_boundary(end) {
            end -= 1;
        }
        let before =
            self.count_before(source, end).saturating_sub(self.count_before(source, start));
        LineColumn { line, column: before + 1 }
    }

    /// Number of characters before a byte offset.
    fn count_before(&self, source: &str, at: usize) -> u32 {
        let block = at / COUNTED;
        match self.counts.get(block) {
            Some(count) => {
                count + count_starts(source.as_bytes().get(block * COUNTED..at).unwrap_or(&[]))
            }
            // Only the end of a source that is not ASCII can lie past the last block.
            None if self.counts.is_empty() => offset(at),
            None => count_starts(source.as_bytes()),
        }
    }

    /// Byte range of a line (from 1) without its line feed.
    #[must_use]
    pub fn line_span(&self, source: &str, line: u32) -> Span {
        let index = line.max(1) as usize - 1;
        let start = self.starts.get(index).copied().unwrap_or(offset(source.len()));
        let end = match self.starts.get(index + 1) {
            Some(next) => next - 1,
            None => offset(source.len()),
        };
        Span::new(start, end.max(start))
    }
}
