//! The generated program on which the front end is measured: the same text as
//! `benches/programs/gen_large.py` writes.

use std::fmt::Write;

/// Lines of one generated function.
const LINES_PER_FUNCTION: usize = 10;

/// A program of about `lines` lines: ten-line functions with arithmetic, a loop and conditions.
#[must_use]
pub fn source(lines: usize) -> String {
    let mut text = String::with_capacity(lines * 40);
    text.push_str("Focus {\n");
    for i in 0..(lines / LINES_PER_FUNCTION).max(8) {
        let m = i % 7;
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "suggestion work{i}(a: number, b: number): number {{
    induce total: number = a * {i} + b;
    induce name: string = \"item {i}\";
    loop (induce k: number = 0; k < 10; k = k + 1) {{
        if (total % 2 == 0 && k > {m}) {{ total = total / 2 + k; }}
        else {{ total = total * 3 + 1 - k; }}
    }}
    if (total > 1000) {{ total = total - Length(name) * 2; }}
    awaken total + {i};
}}
"
        );
    }
    text.push_str("observe work7(3, 4);\n} Relax\n");
    text
}

/// Lines of a text.
#[must_use]
pub fn lines(text: &str) -> u64 {
    text.bytes().filter(|b| *b == b'\n').count() as u64
}
