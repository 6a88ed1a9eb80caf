//! Source decoding and lines.

use crate::{check_clean, codes};
use hyp_grammar::{
    diagnostic::Code,
    source::{LineColumn, LineIndex, MAX_SOURCE_BYTES, decode, decode_lossy},
};

const PROGRAM: &str = "Focus { observe \"täglich 日 😀\"; } Relax\r\n";

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn every_encoding_yields_the_same_text() {
    let with_mark = [b"\xEF\xBB\xBF", PROGRAM.as_bytes()].concat();
    for bytes in
        [PROGRAM.as_bytes().to_vec(), with_mark, utf16(PROGRAM, false), utf16(PROGRAM, true)]
    {
        let text = decode(&bytes).expect("valid text");
        assert_eq!(text, PROGRAM);
        check_clean(&text);
    }
}

#[track_caller]
fn check_invalid(bytes: &[u8], at: u32) {
    let diagnostic = decode(bytes).expect_err("invalid bytes");
    assert_eq!(diagnostic.code, Code::InvalidEncoding);
    assert_eq!(diagnostic.primary.span.start, at);
    assert!(decode_lossy(bytes).len() >= at as usize);
}

#[test]
fn invalid_bytes_are_located() {
    check_invalid(b"Focus \xFF { }", 6);
    check_invalid(b"\xEF\xBB\xBFab\xC3", 2);
    check_invalid(b"\xFF\xFEa\0b", 1);
    check_invalid(b"\xFF\xFEa\0\x00\xD8", 1);
    check_invalid(b"\xFE\xFF\0a\xDC\x00", 1);
}

#[test]
fn the_size_of_a_source_is_limited() {
    let bytes = vec![b' '; MAX_SOURCE_BYTES + 1];
    assert_eq!(decode(&bytes).expect_err("too large").code, Code::SourceTooLarge);
}

#[test]
fn columns_count_scalar_values() {
    let text = "ab\nä😀c\r\n\nlast";
    let index = LineIndex::new(text);
    let locate = |at| index.locate(text, at);
    assert_eq!(index.line_count(), 4);
    assert_eq!(locate(0), LineColumn { line: 1, column: 1 });
    assert_eq!(locate(2), LineColumn { line: 1, column: 3 });
    assert_eq!(locate(3), LineColumn { line: 2, column: 1 });
    assert_eq!(locate(9), LineColumn { line: 2, column: 3 });
    assert_eq!(locate(12), LineColumn { line: 3, column: 1 });
    assert_eq!(locate(99), LineColumn { line: 4, column: 5 });
    assert_eq!(index.line_span(text, 2).text(text), "ä😀c\r");
    assert_eq!(index.line_span(text, 4).text(text), "last");
}

#[test]
fn identifiers_are_unicode() {
    check_clean(
        "Focus { induce größe = 1; induce 日本 = 2; induce Ⅷ = 3; induce x² = 4; induce _٣ = 5; } Relax",
    );
    assert_eq!(codes("Focus { induce 😀 = 1; } Relax"), ["E0002"]);
    assert_eq!(codes("Focus { x = ½; } Relax"), ["E0005"]);
}

#[test]
fn columns_of_long_lines_count_characters() {
    let text = format!("é{}ü\n{}x", "ab".repeat(1000), "日".repeat(700));
    let index = LineIndex::new(&text);
    let mut expected = LineColumn { line: 1, column: 1 };
    for (at, c) in text.char_indices() {
        assert_eq!(index.locate(&text, at as u32), expected, "offset {at}");
        expected.column += 1;
        if c == '\n' {
            expected = LineColumn { line: expected.line + 1, column: 1 };
        }
    }
    assert_eq!(index.locate(&text, text.len() as u32), expected);
}
