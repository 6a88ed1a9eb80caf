//! Texts as other texts: Base64, hexadecimal digits, URLs, HTML.

use super::super::machine::{Machine, Stop};
use super::super::value::Value;
use super::{Answer, Call};

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl<'a> Machine<'_, 'a> {
    pub(super) fn encoding(&mut self, call: &Call<'a>) -> Answer<'a> {
        let s = || self.text_arg(call, 0);
        let bytes = match call.name {
            "Base64Encode" => base64(s()?.as_bytes()).into_bytes(),
            "HexEncode" => s()?.bytes().map(|b| format!("{b:02x}")).collect::<String>().into(),
            "URLEncode" => s()?.bytes().map(url_byte).collect::<String>().into(),
            "HTMLEncode" => s()?.chars().map(html_char).collect::<String>().into(),
            "HTMLDecode" => from_html(&s()?).into(),
            "Base64Decode" => self.decoded(from_base64(&s()?), "expected Base64", call)?,
            "HexDecode" => {
                self.decoded(from_hex(&s()?), "expected pairs of hexadecimal digits", call)?
            }
            "URLDecode" => {
                let what = "expected two hexadecimal digits after `%`";
                self.decoded(from_url(&s()?), what, call)?
            }
            _ => return Ok(None),
        };
        let text = String::from_utf8(bytes)
            .map_err(|_| self.undecodable("the result is not UTF-8 text", call))?;
        Ok(Some(Value::text(text)))
    }

    fn decoded(
        &self,
        bytes: Option<Vec<u8>>,
        what: &str,
        call: &Call<'a>,
    ) -> Result<Vec<u8>, Stop<'a>> {
        bytes.ok_or_else(|| self.undecodable(what, call))
    }

    fn undecodable(&self, what: &str, call: &Call<'a>) -> Stop<'a> {
        self.failure(format!("Builtin '{}' cannot decode: {what}", call.name), call.span)
    }
}

fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = BASE64[(bits >> (18 - 6 * i)) as usize & 63];
            out.push(if i > group.len() { '=' } else { char::from(digit) });
        }
    }
    out
}

/// Only what [`base64`] writes.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for group in text.as_bytes().chunks(4) {
        let digits = group.iter().take_while(|b| **b != b'=').count();
        let mut bits = 0;
        for i in 0..4 {
            let digit = match group.get(..digits)?.get(i) {
                Some(byte) => BASE64.iter().position(|d| d == byte)?,
                None => 0,
            };
            bits = bits << 6 | digit as u32;
        }
        out.extend(&bits.to_be_bytes()[1..digits.max(1)]);
    }
    (base64(&out) == text).then_some(out)
}

fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    Some((digit(high)? * 16 + digit(low)?) as u8)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    text.as_bytes().chunks(2).map(|pair| hex_pair(pair[0], *pair.get(1)?)).collect()
}

fn url_byte(byte: u8) -> String {
    match byte {
        b' ' => "+".to_owned(),
        b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

fn from_url(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                at += 2;
                hex_pair(*bytes.get(at - 2)?, *bytes.get(at - 1)?)?
            }
            _ => byte,
        });
    }
    Some(out)
}

fn html_char(c: char) -> String {
    match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        _ => c.to_string(),
    }
}

fn from_html(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let entity = rest.strip_prefix('&').and_then(|tail| tail.split_once(';'));
        match entity.and_then(|(name, after)| Some((entity_char(name)?, after))) {
            Some((c, after)) => {
                out.push(c);
                rest = after;
            }
            None => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out
}

fn entity_char(name: &str) -> Option<char> {
    let number = |digits: &str, radix| {
        let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        char::from_u32(u32::from_str_radix(digits, radix).ok().filter(|_| is_number)?)
    };
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let digits = name.strip_prefix('#')?;
            match digits.strip_prefix(['x', 'X']) {
                Some(digits) => number(digits, 16),
                None => number(digits, 10),
            }
        }
    }
}
