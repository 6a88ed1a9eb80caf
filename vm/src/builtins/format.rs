//! `FormatString`.

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use super::math::round_decimal;
use crate::{Trap, Value, Vm};

/// Most decimals or digits that a format can ask for.
const DIGITS_MAX: usize = 100;

pub(super) fn format_string(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::FormatString, args);
    let template = args.text(vm, 0)?.to_owned();
    let mut result = String::with_capacity(template.len());
    let mut rest = template.as_str();
    while let Some(at) = rest.find(['{', '}']) {
        result.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        let after = &rest[at + 1..];
        if let Some(tail) = after.strip_prefix(brace) {
            result.push_str(brace);
            rest = tail;
            continue;
        }
        let hole = if brace == "{" { after.split_once('}') } else { None };
        let Some((hole, tail)) = hole else {
            return Err(args.error(&format!("found an unmatched '{brace}' in the template")));
        };
        fill(vm, &args, hole, &mut result)?;
        args.check_bytes(Some(result.len()))?;
        rest = tail;
    }
    result.push_str(rest);
    vm.new_string(&result)
}

/// Appends the value of the hole `{n}` or `{n:format}`.
fn fill(vm: &mut Vm, args: &Args<'_>, hole: &str, out: &mut String) -> Result<(), Trap> {
    let (index, format) = match hole.split_once(':') {
        Some((index, format)) => (index, Some(format.trim())),
        None => (hole, None),
    };
    let Ok(index) = index.trim().parse::<usize>() else {
        return Err(args.error(&format!("expected a position in '{{{hole}}}'")));
    };
    let values = args.rest(1);
    let Some(&value) = values.get(index) else {
        return Err(args.error(&format!("has no argument for '{{{hole}}}'")));
    };
    match format {
        None => vm.display_into(value, out),
        Some(format) => {
            let n = vm.to_number(value)?;
            let text = number(n, format)
                .ok_or_else(|| args.error(&format!("does not know the format '{format}'")))?;
            out.push_str(&text);
        }
    }
    Ok(())
}

/// A number in one of the formats F, N, P, D and X; `None` for other formats.
fn number(n: f64, format: &str) -> Option<String> {
    let mut chars = format.chars();
    let letter = chars.next()?.to_ascii_uppercase();
    let digits = match chars.as_str() {
        "" => None,
        digits => Some(digits.parse::<usize>().ok().filter(|&d| d <= DIGITS_MAX)?),
    };
    if !"FNPDX".contains(letter) {
        return None;
    }
    if !n.is_finite() {
        return Some(crate::number::display(n));
    }
    Some(match letter {
        'F' => fixed(n, digits.unwrap_or(2)),
        'N' => grouped(&fixed(n, digits.unwrap_or(2))),
        'P' => fixed(n * 100.0, digits.unwrap_or(2)) + "%",
        _ => whole(n.round(), letter == 'X', digits.unwrap_or(0)),
    })
}

/// Fixed number of decimals, halves away from zero.
fn fixed(n: f64, decimals: usize) -> String {
    format!("{:.decimals$}", round_decimal(n, decimals as i64))
}

/// Commas between the thousands of a decimal text.
fn grouped(text: &str) -> String {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let (integer, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut result = String::from(sign);
    for (i, digit) in integer.chars().enumerate() {
        if i > 0 && (integer.len() - i).is_multiple_of(3) {
            result.push(',');
        }
        result.push(digit);
    }
    result + fraction
}

/// A whole number padded with zeros.
fn whole(n: f64, hexadecimal: bool, width: usize) -> String {
    let sign = if n < 0.0 { "-" } else { "" };
    if hexadecimal {
        format!("{sign}{:0width$X}", n.abs() as u64)
    } else {
        format!("{sign}{:0>width$}", format!("{:.0}", n.abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn formats() {
        let text = |n, format| number(n, format).unwrap_or_default();
        assert_eq!(text(1234.5, "F1"), "1234.5");
        assert_eq!(text(2.5, "F0"), "3");
        assert_eq!(text(1_234_567.891, "N2"), "1,234,567.89");
        assert_eq!(text(-1234.0, "N0"), "-1,234");
        assert_eq!(text(0.256, "P1"), "25.6%");
        assert_eq!(text(7.0, "D3"), "007");
        assert_eq!(text(-7.0, "d3"), "-007");
        assert_eq!(text(255.0, "X4"), "00FF");
        assert_eq!(text(f64::NAN, "F2"), "NaN");
        assert_eq!(number(1.0, "Q"), None);
        assert_eq!(number(1.0, "F999"), None);
    }
}
