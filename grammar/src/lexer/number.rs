//! Number literals: where they end, and their value.

use super::is_continue;

/// Finds the end of the number literal at `start`, and what is wrong with it, if anything.
pub(crate) fn scan(source: &str, start: usize) -> (usize, Option<&'static str>) {
    let bytes = source.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let mut problem = None;
    let mut at = start;
    if byte(at) == b'0' && matches!(byte(at + 1) | 0x20, b'x' | b'b' | b'o') {
        let radix = radix_of(byte(at + 1));
        let digits = at + 2;
        at = skip_digits(bytes, digits, radix);
        if !bytes[digits..at].iter().any(u8::is_ascii_hexdigit) {
            problem = Some("digits are missing");
        }
    } else {
        at = skip_digits(bytes, at, 10);
        let after = source.get(at + 1..).and_then(|rest| rest.chars().next());
        if byte(at) == b'.' && byte(at + 1).is_ascii_digit() {
            at = skip_digits(bytes, at + 1, 10);
        } else if byte(at) == b'.' && !after.is_some_and(|c| c == '.' || is_continue(c)) {
            at += 1;
        }
        at = skip_exponent(bytes, at);
    }
    if byte(at.wrapping_sub(1)) == b'_' {
        problem = Some("an underscore must stand between digits");
    }
    extend_over_garbage(source, at, problem)
}

/// Takes what is glued to the literal into it, so that it is reported once.
fn extend_over_garbage(
    source: &str,
    end: usize,
    problem: Option<&'static str>,
) -> (usize, Option<&'static str>) {
    let mut at = end;
    for c in source[end..].chars() {
        let fraction = c == '.' && source[at + 1..].starts_with(|c: char| c.is_ascii_digit());
        if !is_continue(c) && !fraction {
            break;
        }
        at += c.len_utf8();
    }
    if at > end { (at, Some("this is not a number")) } else { (at, problem) }
}

fn skip_digits(bytes: &[u8], mut at: usize, radix: u32) -> usize {
    while bytes.get(at).is_some_and(|&b| b == b'_' || (b as char).is_digit(radix)) {
        at += 1;
    }
    at
}

fn skip_exponent(bytes: &[u8], at: usize) -> usize {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    if byte(at) | 0x20 != b'e' {
        return at;
    }
    let sign = usize::from(matches!(byte(at + 1), b'+' | b'-'));
    if byte(at + 1 + sign).is_ascii_digit() { skip_digits(bytes, at + 1 + sign, 10) } else { at }
}

fn radix_of(letter: u8) -> u32 {
    match letter | 0x20 {
        b'x' => 16,
        b'o' => 8,
        _ => 2,
    }
}

/// The value of a literal that [`scan`] accepted; NaN for others.
pub(crate) fn value(text: &str) -> f64 {
    let bytes = text.as_bytes();
    if bytes.len() <= 15 && bytes.iter().all(u8::is_ascii_digit) {
        let value = bytes.iter().fold(0_u64, |sum, &b| sum * 10 + u64::from(b - b'0'));
        // Fifteen digits are below 2^53.
        return value as f64;
    }
    if bytes.len() > 2 && bytes[0] == b'0' && matches!(bytes[1] | 0x20, b'x' | b'b' | b'o') {
        return radix_value(&bytes[2..], radix_of(bytes[1]));
    }
    let plain: String = text.chars().filter(|&c| c != '_').collect();
    plain.parse().unwrap_or(f64::NAN)
}

/// Correctly rounded value of hexadecimal, octal or binary digits of any number.
fn radix_value(digits: &[u8], radix: u32) -> f64 {
    let bits = radix.trailing_zeros();
    let mut mantissa: u128 = 0;
    let mut dropped: i32 = 0;
    let mut sticky = false;
    for digit in digits.iter().filter_map(|&b| (b as char).to_digit(radix)) {
        if mantissa >> 120 == 0 {
            mantissa = (mantissa << bits) | u128::from(digit);
        } else {
            dropped = dropped.saturating_add(i32::try_from(bits).unwrap_or(4));
            sticky |= digit != 0;
        }
    }
    // Far above the 53 bits that count, so the lowest bit can stand for all dropped ones.
    if sticky {
        mantissa |= 1;
    }
    let head = mantissa as f64;
    head * 2_f64.powi(dropped)
}

#[cfg(test)]
mod tests {
    use super::{scan, value};

    #[track_caller]
    fn check(text: &str, expected: f64) {
        assert_eq!(scan(text, 0), (text.len(), None), "{text}");
        assert_eq!(value(text), expected, "{text}");
    }

    #[test]
    fn literals_have_their_value() {
        check("0", 0.0);
        check("1_000", 1000.0);
        check("1.5", 1.5);
        check("1.", 1.0);
        check("1e5", 1e5);
        check("1.5E-3", 1.5e-3);
        check("0xFF", 255.0);
        check("0b101", 5.0);
        check("0o17", 15.0);
        check("0x1_0000_0000_0000_0001_0000", 2_f64.powi(80));
        check("9007199254740993", 9_007_199_254_740_992.0);
    }

    #[test]
    fn garbage_is_reported_once() {
        for text in ["1abc", "1.2.3", "0x", "7n", "1__", "0b2"] {
            let (end, problem) = scan(text, 0);
            assert_eq!((end, problem.is_some()), (text.len(), true), "{text}");
        }
    }

    #[test]
    fn a_dot_before_a_name_or_a_dot_is_not_part_of_the_number() {
        assert_eq!(scan("1..2", 0).0, 1);
        assert_eq!(scan("1.x", 0).0, 1);
        assert_eq!(scan("1.;", 0).0, 2);
    }
}
