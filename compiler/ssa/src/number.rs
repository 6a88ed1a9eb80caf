//! Number semantics of the language that folding and the evaluator share.

/// Language equality of numbers: IEEE-equal, or nearer than 2^-52.
#[must_use]
pub fn is_equal(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() < f64::EPSILON
}

/// Two's complement 32-bit value, as the bit operations take it.
#[must_use]
pub fn to_i32(x: f64) -> i32 {
    if x.is_finite() { x.trunc().rem_euclid(4_294_967_296.0) as u32 as i32 } else { 0 }
}

/// Display string.
#[must_use]
pub fn display(x: f64) -> String {
    // Rust prints the shortest round-trip digits in positional notation, which is the language's
    // rule; its spelling of NaN, infinities and -0 is the language's, too.
    if x.is_nan() { "NaN".to_owned() } else { format!("{x}") }
}

/// Number of a string by the language's implicit conversion: optional sign, then `inf`, `infinity`
/// or `nan` in any case, or decimal digits with optional fraction and exponent.
#[must_use]
pub fn parse(text: &str) -> Option<f64> {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_word = ["inf", "infinity", "nan"].iter().any(|w| body.eq_ignore_ascii_case(w));
    let starts_well = body.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if is_word || starts_well { text.parse().ok() } else { None }
}
