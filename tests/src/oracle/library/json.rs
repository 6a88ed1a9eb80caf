//! JSON text.

use super::super::fuel;
use super::super::machine::Machine;
use super::super::value::{Dict, Key, Value, number_text};

/// The value of JSON text, `None` if it is none.
pub(crate) fn parse<'a>(text: &str) -> Option<Value<'a>> {
    let mut rest = text.trim_start();
    let value = value(&mut rest)?;
    rest.trim_start().is_empty().then_some(value)
}

fn value<'a>(rest: &mut &str) -> Option<Value<'a>> {
    *rest = rest.trim_start();
    match rest.chars().next()? {
        '"' => string(rest).map(Value::text),
        '[' => {
            let mut items = Vec::new();
            list(rest, '[', ']', |rest| {
                items.push(value(rest)?);
                Some(())
            })?;
            Some(Value::array(items))
        }
        '{' => {
            let mut dict = Dict::default();
            list(rest, '{', '}', |rest| {
                *rest = rest.trim_start();
                let key = string(rest)?;
                *rest = rest.trim_start().strip_prefix(':')?;
                dict.set(Key::Text(key.as_str().into()), value(rest)?);
                Some(())
            })?;
            Some(Value::dict(dict))
        }
        _ => {
            let end = rest.find([',', ']', '}', ' ', '\n']).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            *rest = after;
            match serde_json::from_str(word).ok()? {
                serde_json::Value::Null => Some(Value::Null),
                serde_json::Value::Bool(b) => Some(Value::Bool(b)),
                serde_json::Value::Number(n) => Some(Value::Number(n.as_f64()?)),
                _ => None,
            }
        }
    }
}

/// Elements between brackets, separated by commas.
fn list(
    rest: &mut &str,
    open: char,
    close: char,
    mut element: impl FnMut(&mut &str) -> Option<()>,
) -> Option<()> {
    *rest = rest.strip_prefix(open)?.trim_start();
    if let Some(after) = rest.strip_prefix(close) {
        *rest = after;
        return Some(());
    }
    loop {
        element(rest)?;
        *rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(close) {
            *rest = after;
            return Some(());
        }
        *rest = rest.strip_prefix(',')?;
    }
}

/// A quoted string; its escapes are decoded by the JSON library.
fn string(rest: &mut &str) -> Option<String> {
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|&(_, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    let (word, after) = rest.split_at(end.0 + 1);
    *rest = after;
    serde_json::from_str(word).ok()
}

/// Writes compact JSON; false if the value has none.
pub(crate) fn write<'a>(
    machine: &Machine<'_, 'a>,
    value: &Value<'a>,
    out: &mut String,
    depth: usize,
) -> bool {
    if depth > 100 || !fuel::spend(1) {
        return false;
    }
    let quote = |text: &str| serde_json::Value::from(text).to_string();
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(n) if n.is_finite() => out.push_str(&number_text(*n)),
        Value::Number(_) => out.push_str("null"),
        Value::Text(text) => out.push_str(&quote(text)),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.borrow().iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                if !write(machine, item, out, depth + 1) {
                    return false;
                }
            }
            out.push(']');
        }
        Value::Dict(dict) => {
            out.push('{');
            for (i, (key, item)) in dict.borrow().iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                out.push_str(&quote(&key.value().display()));
                out.push(':');
                if !write(machine, item, out, depth + 1) {
                    return false;
                }
            }
            out.push('}');
        }
        Value::Record(record) => {
            out.push('{');
            for (i, (name, item)) in record.fields.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                out.push_str(&quote(machine.name(*name)));
                out.push(':');
                if !write(machine, item, out, depth + 1) {
                    return false;
                }
            }
            out.push('}');
        }
        _ => return false,
    }
    true
}
