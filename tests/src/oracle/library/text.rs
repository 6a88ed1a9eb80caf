//! Strings.

use super::super::fuel;
use super::super::machine::Machine;
use super::super::value::Value;
use super::{Answer, Call, lacks};

/// Bytes of a text that the oracle still makes.
const TEXT_MAX: usize = 1 << 24;

impl<'a> Machine<'_, 'a> {
    pub(super) fn text_family(&mut self, call: &Call<'a>) -> Answer<'a> {
        if matches!(call.value(0), Value::Array(_)) && is_shared_with_arrays(call.name) {
            return Ok(None);
        }
        let s = |i| self.text_arg(call, i);
        let text = match call.name {
            "Length" | "CountCharacters" => return self.length(call),
            "ToUpper" => s(0)?.to_uppercase(),
            "ToLower" => s(0)?.to_lowercase(),
            "Trim" => s(0)?.trim().to_owned(),
            "TrimStart" => s(0)?.trim_start().to_owned(),
            "TrimEnd" => s(0)?.trim_end().to_owned(),
            "Replace" => {
                let (text, from, to) = (s(0)?, s(1)?, s(2)?);
                if fuel::spend_copying(text.matches(&from).count() * to.len()) {
                    text.replace(&from, &to)
                } else {
                    text
                }
            }
            "ReplaceFirst" => s(0)?.replacen(&s(1)?, &s(2)?, 1),
            "Reverse" => s(0)?.chars().rev().collect(),
            "Capitalize" => {
                let text = s(0)?;
                let mut chars = text.chars();
                match chars.next() {
                    Some(first) => first.to_uppercase().chain(chars).collect(),
                    None => String::new(),
                }
            }
            "Substring" => {
                let chars = self.chars_arg(call, 0)?;
                let start = self.count(call, 1)?.min(chars.len());
                let end = self.count_or(call, 2, chars.len())?.min(chars.len());
                chars[start.min(end)..end].iter().collect()
            }
            "SliceWithNegative" => {
                let chars = self.chars_arg(call, 0)?;
                let at = |i: usize, default: usize| {
                    if i == 2 && !call.has(2) {
                        return Ok(default);
                    }
                    let n = self.whole(call, i)?;
                    let n = if n < 0.0 { n + chars.len() as f64 } else { n };
                    Ok(n.clamp(0.0, chars.len() as f64) as usize)
                };
                let (start, end) = (at(1, 0)?, at(2, chars.len())?);
                chars[start.min(end)..end].iter().collect()
            }
            "Repeat" => {
                if !matches!(call.value(0), Value::Text(_)) {
                    let count = self.size(call, 1)?;
                    return Ok(Some(Value::array(vec![call.value(0); count])));
                }
                let (text, count) = (s(0)?, self.count(call, 1)?);
                if text.len().saturating_mul(count) > TEXT_MAX {
                    return lacks("long text");
                }
                text.repeat(count)
            }
            "PadLeft" | "PadRight" => return self.pad(call),
            "UniqueCharacters" | "RemoveDuplicates" => {
                let mut seen = Vec::new();
                for c in s(0)?.chars() {
                    if !seen.contains(&c) {
                        seen.push(c);
                    }
                }
                seen.into_iter().collect()
            }
            "Concat" => call.args.iter().map(Value::display).collect(),
            "InsertAt" => {
                let mut chars = self.chars_arg(call, 0)?;
                let at = self.count(call, 1)?.min(chars.len());
                chars.splice(at..at, s(2)?.chars());
                chars.into_iter().collect()
            }
            "RemoveAt" => {
                let mut chars = self.chars_arg(call, 0)?;
                let at = self.whole(call, 1)?;
                if (0.0..chars.len() as f64).contains(&at) {
                    chars.remove(at as usize);
                }
                chars.into_iter().collect()
            }
            "CharAt" => {
                let chars = self.chars_arg(call, 0)?;
                let n = self.whole(call, 1)?;
                let found = if n < 0.0 { None } else { chars.get(n as usize) };
                return Ok(Some(found.map_or(Value::Null, |c| Value::text(c.to_string()))));
            }
            "Split" => {
                let (text, by) = (s(0)?, s(1)?);
                let pieces: Vec<_> = if by.is_empty() {
                    text.chars().map(|c| Value::text(c.to_string())).collect()
                } else {
                    text.split(&by).map(Value::text).collect()
                };
                return Ok(Some(Value::array(pieces)));
            }
            _ => return self.text_tests(call),
        };
        Ok(Some(Value::text(text)))
    }

    /// Builtins on text that answer with numbers and booleans.
    fn text_tests(&mut self, call: &Call<'a>) -> Answer<'a> {
        let s = |i| self.text_arg(call, i);
        let chars_before =
            |text: &str, at: Option<usize>| at.map_or(-1.0, |at| text[..at].chars().count() as f64);
        Ok(Some(match call.name {
            "IndexOf" => {
                let text = s(0)?;
                Value::Number(chars_before(&text, text.find(&s(1)?)))
            }
            "LastIndexOf" => {
                let text = s(0)?;
                Value::Number(chars_before(&text, text.rfind(&s(1)?)))
            }
            "StartsWith" => Value::Bool(s(0)?.starts_with(&s(1)?)),
            "EndsWith" => Value::Bool(s(0)?.ends_with(&s(1)?)),
            "Contains" => Value::Bool(s(0)?.contains(&s(1)?)),
            "IsEmpty" => Value::Bool(match call.value(0) {
                Value::Dict(dict) => dict.borrow().len() == 0,
                _ => match call.value(0) {
                    Value::Text(text) => text.is_empty(),
                    _ => return lacks("IsEmpty of other values"),
                },
            }),
            "IsWhitespace" => Value::Bool(s(0)?.chars().all(char::is_whitespace)),
            "CountOccurrences" => {
                let (text, by) = (s(0)?, s(1)?);
                let n = if by.is_empty() { 0 } else { text.matches(&by).count() };
                Value::Number(n as f64)
            }
            "AreAnagrams" => {
                let mut a = self.chars_arg(call, 0)?;
                let mut b = self.chars_arg(call, 1)?;
                a.sort_unstable();
                b.sort_unstable();
                Value::Bool(a == b)
            }
            "IsPalindrome" => {
                let text = s(0)?.to_lowercase();
                let letters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
                Value::Bool(letters.iter().eq(letters.iter().rev()))
            }
            "Compare" => {
                let order = s(0)?.chars().cmp(s(1)?.chars());
                Value::Number(f64::from(order as i8))
            }
            "EqualsIgnoreCase" => Value::Bool(s(0)?.to_lowercase() == s(1)?.to_lowercase()),
            "IsAlphanumeric" => non_empty(&s(0)?, char::is_alphanumeric),
            "IsAlphabetic" => non_empty(&s(0)?, char::is_alphabetic),
            "IsDigits" => non_empty(&s(0)?, char::is_numeric),
            "IsLowercase" => non_empty(&s(0)?, |c| !c.is_alphabetic() || c.is_lowercase()),
            "IsUppercase" => non_empty(&s(0)?, |c| !c.is_alphabetic() || c.is_uppercase()),
            "IsNumeric" => {
                let text = s(0)?;
                Value::Bool(super::super::value::parse_number(&text).is_some())
            }
            _ => return Ok(None),
        }))
    }

    fn length(&self, call: &Call<'a>) -> Answer<'a> {
        let n = match call.value(0) {
            Value::Text(text) => text.chars().count(),
            Value::Array(items) if call.name == "Length" => items.borrow().len(),
            other if call.name == "Length" => {
                let shown = other.display();
                let message =
                    format!("Function 'Length' expects string or array argument, got {shown}");
                return Err(self.fault("type", message, call.span));
            }
            _ => return Err(self.wrong_value(call, "string", 0)),
        };
        Ok(Some(Value::Number(n as f64)))
    }

    fn pad(&self, call: &Call<'a>) -> Answer<'a> {
        let text = self.text_arg(call, 0)?;
        let width = self.count(call, 1)?;
        let pad = if call.has(2) { self.text_arg(call, 2)? } else { " ".to_owned() };
        let Some(pad) = pad.chars().next() else { return lacks("empty padding") };
        let missing = width.saturating_sub(text.chars().count());
        if missing > TEXT_MAX {
            return lacks("long text");
        }
        let filler: String = std::iter::repeat_n(pad, missing).collect();
        Ok(Some(Value::text(if call.name == "PadLeft" { filler + &text } else { text + &filler })))
    }
}

fn non_empty<'a>(text: &str, test: impl Fn(char) -> bool) -> Value<'a> {
    Value::Bool(!text.is_empty() && text.chars().all(test))
}

/// Builtins that mean their array form when the first argument is an array.
fn is_shared_with_arrays(name: &str) -> bool {
    matches!(
        name,
        "IndexOf" | "LastIndexOf" | "Contains" | "Reverse" | "RemoveDuplicates" | "IsEmpty"
    )
}
