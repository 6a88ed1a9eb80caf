//! Numbers as text, and the arithmetic that is more than one machine instruction.

use std::fmt::Write;

/// Largest magnitude below which every integral double prints exactly as an integer.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Numbers closer than this are equal.
pub const EPSILON: f64 = f64::EPSILON;

/// The display string of a number: shortest digits that round-trip, positional.
#[must_use]
pub fn display(n: f64) -> String {
    let mut text = String::new();
    display_into(n, &mut text);
    text
}

/// Appends the display string of a number.
pub fn display_into(n: f64, out: &mut String) {
    let integer = n as i64;
    if integer as f64 == n && n.abs() < EXACT && (integer != 0 || n.is_sign_positive()) {
        return integer_into(integer, out);
    }
    // The standard formatter prints exactly the specified form, `-0`, `inf` and `NaN` included.
    let _ = write!(out, "{n}");
}

fn integer_into(integer: i64, out: &mut String) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = integer.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if integer < 0 {
        out.push('-');
    }
    out.extend(digits[at..].iter().map(|&d| char::from(d)));
}

/// Reads a number as implicit coercion does: optional sign, digits with optional point and exponent,
/// or `inf`, `infinity`, `nan` in any case; no white space.
#[must_use]
pub fn parse(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Equality of numbers: IEEE, or closer than [`EPSILON`].
#[must_use]
#[inline]
pub fn equals(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() < EPSILON
}

/// `fmod`: the result has the sign of the dividend.
#[must_use]
#[inline]
pub fn modulo(a: f64, b: f64) -> f64 {
    let (x, y) = (a as i64, b as i64);
    // 2^63 saturates to a neighbour that is equal to it as a double.
    let is_exact = x as f64 == a && y as f64 == b && x != i64::MAX && y != i64::MAX;
    if is_exact && x > 0 && y > 0 {
        return if (x | y) >> 32 == 0 { f64::from(x as u32 % y as u32) } else { (x % y) as f64 };
    }
    a % b
}

/// The low 32 bits of the integer part, as in JavaScript; NaN and infinities give 0.
#[must_use]
#[inline]
pub fn to_i32(n: f64) -> i32 {
    let integer = n as i64;
    if integer != i64::MAX && integer != i64::MIN {
        return integer as i32;
    }
    if !n.is_finite() {
        return 0;
    }
    let rest = n.trunc() % 4_294_967_296.0;
    rest as i64 as i32
}

/// `f64_to_i64` of the instruction table: truncated, saturated to ±2^53; NaN gives 0.
#[must_use]
#[inline]
pub fn to_i64(n: f64) -> i64 {
    (n as i64).clamp(-(1 << 53), 1 << 53)
}

/// The smaller operand; a NaN operand is ignored; −0 is below 0.
#[must_use]
#[inline]
pub fn min(a: f64, b: f64) -> f64 {
    if a < b || b.is_nan() || (a == b && a.is_sign_negative()) { a } else { b }
}

/// The larger operand; a NaN operand is ignored; −0 is below 0.
#[must_use]
#[inline]
pub fn max(a: f64, b: f64) -> f64 {
    if a > b || b.is_nan() || (a == b && a.is_sign_positive()) { a } else { b }
}
