//! Base64, hexadecimal, URL and HTML text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyp_bytecode::builtin::Builtin;

use super::args::{Args, STRING_BYTES_MAX};
use crate::{Trap, Value, Vm};

/// The text of decoded bytes.
fn decoded(vm: &mut Vm, args: &Args<'_>, bytes: Vec<u8>) -> Result<Value, Trap> {
    match String::from_utf8(bytes) {
        Ok(text) => vm.new_string(&text),
        Err(_) => Err(args.error("cannot decode: the result is not UTF-8 text")),
    }
}

fn undecodable(args: &Args<'_>, why: &str) -> Trap {
    args.error(&format!("cannot decode: {why}"))
}

pub(super) fn base64_encode(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Base64Encode, args);
    let text = args.text(vm, 0)?;
    args.check_bytes(base64::encoded_len(text.len(), true))?;
    let text = STANDARD.encode(text);
    vm.new_string(&text)
}

pub(super) fn base64_decode(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Base64Decode, args);
    match STANDARD.decode(args.text(vm, 0)?) {
        Ok(bytes) => decoded(vm, &args, bytes),
        Err(error) => Err(undecodable(&args, &error.to_string())),
    }
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Lower-case hexadecimal digits of bytes.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|b| [b >> 4, b & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// The bytes of hexadecimal digits; `None` if there is an odd number of them or something else.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    if rest.is_empty() { bytes.collect() } else { None }
}

pub(super) fn hex_encode(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HexEncode, args);
    let text = args.text(vm, 0)?;
    args.check_bytes(text.len().checked_mul(2))?;
    let text = hex(text.as_bytes());
    vm.new_string(&text)
}

pub(super) fn hex_decode(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HexDecode, args);
    match unhex(args.text(vm, 0)?) {
        Some(bytes) => decoded(vm, &args, bytes),
        None => Err(undecodable(&args, "expected pairs of hexadecimal digits")),
    }
}

pub(super) fn url_encode(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::URLEncode, args);
    let source = args.text(vm, 0)?;
    let is_kept = |b: &u8| b.is_ascii_alphanumeric() || b"-_.~ ".contains(b);
    let n_escaped = source.bytes().filter(|b| !is_kept(b)).count();
    args.check_bytes(Some(source.len() + 2 * n_escaped))?;
    let mut text = String::with_capacity(source.len() + 2 * n_escaped);
    for byte in source.bytes() {
        match byte {
            b' ' => text.push('+'),
            kept if is_kept(&kept) => text.push(char::from(kept)),
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    vm.new_string(&text)
}

pub(super) fn url_decode(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::URLDecode, args);
    let source = args.text(vm, 0)?.as_bytes();
    let mut bytes = Vec::with_capacity(source.len());
    let mut at = 0;
    while let Some(&byte) = source.get(at) {
        at += 1;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = source.get(at..at + 2).and_then(|d| std::str::from_utf8(d).ok());
                let escaped = digits.and_then(unhex).ok_or_else(|| {
                    undecodable(&args, "expected two hexadecimal digits after `%`")
                })?;
                bytes.extend(escaped);
                at += 2;
            }
            other => bytes.push(other),
        }
    }
    decoded(vm, &args, bytes)
}

/// Characters with a meaning in HTML, and their entities.
const ENTITIES: &[(char, &str)] =
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")];

pub(super) fn html_encode(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HTMLEncode, args);
    let mut text = String::new();
    for c in args.text(vm, 0)?.chars() {
        match ENTITIES.iter().find(|e| e.0 == c) {
            Some((_, entity)) => text.push_str(entity),
            None => text.push(c),
        }
        if text.len() > STRING_BYTES_MAX {
            args.check_bytes(None)?;
        }
    }
    vm.new_string(&text)
}

pub(super) fn html_decode(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HTMLDecode, args);
    let mut rest = args.text(vm, 0)?;
    let mut text = String::with_capacity(rest.len());
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let (c, length) = entity(rest).unwrap_or(('&', 1));
        text.push(c);
        rest = &rest[length..];
    }
    text.push_str(rest);
    vm.new_string(&text)
}

/// The character of the entity at the start of a text, and the entity's length.
fn entity(text: &str) -> Option<(char, usize)> {
    /// Longest entity that is looked for, `&#x10FFFF;`.
    const LENGTH_MAX: usize = 10;
    let end = text.bytes().take(LENGTH_MAX).position(|b| b == b';')?;
    let name = &text[1..end];
    let number = |digits: &str, radix| {
        let signed = digits.starts_with('+');
        u32::from_str_radix(digits, radix).ok().filter(|_| !signed)
    };
    let c = match name.strip_prefix('#') {
        Some(code) => match code.strip_prefix(['x', 'X']) {
            Some(digits) => char::from_u32(number(digits, 16)?)?,
            None => char::from_u32(number(code, 10)?)?,
        },
        None if name == "apos" => '\'',
        None => ENTITIES.iter().find(|e| e.1[1..] == text[1..=end])?.0,
    };
    Some((c, end + 1))
}

#[cfg(test)]
mod tests {
    use super::{entity, hex, unhex};

    #[test]
    fn hexadecimal() {
        assert_eq!(hex(&[0, 15, 255]), "000fff");
        assert_eq!(unhex("000FfF"), Some(vec![0, 15, 255]));
        assert_eq!(unhex(""), Some(vec![]));
        for bad in ["0", "0g", "ä", "+1", " 1"] {
            assert_eq!(unhex(bad), None, "{bad}");
        }
    }

    #[test]
    fn entities() {
        assert_eq!(entity("&amp;x"), Some(('&', 5)));
        assert_eq!(entity("&#x10FFFF;"), Some(('\u{10FFFF}', 10)));
        assert_eq!(entity("&#228;"), Some(('ä', 6)));
        for kept in [
            "&",
            "&;",
            "&nosuch;",
            "&#;",
            "&#xD800;",
            "&#99999999;",
            "&äöüäöüäöü;",
            "&lt",
            "&#+65;",
        ] {
            assert_eq!(entity(kept), None, "{kept}");
        }
    }
}
