//! The structure of values as text: a key for equal arguments, and what assertions show.

use std::fmt::Write;

use crate::{Value, Vm};

/// Most bytes of a key.
const KEY_BYTES_MAX: usize = 4 << 10;

/// Deepest nesting that is shown.
const DEPTH_MAX: usize = 6;

/// Most characters that are shown of a value.
const SHOWN_MAX: usize = 400;

/// A text that two argument lists share exactly if they have the same structure, and the values in
/// it that are named by identity. `None` if it would be too long, as for cycles.
pub(super) fn key(vm: &Vm, args: &[Value]) -> Option<(String, Vec<Value>)> {
    let (mut key, mut identities) = (String::new(), Vec::new());
    // Closing brackets wait between the values.
    let mut open: Vec<Result<Value, char>> = args.iter().rev().map(|v| Ok(*v)).collect();
    while let Some(next) = open.pop() {
        if key.len() > KEY_BYTES_MAX {
            return None;
        }
        let v = match next {
            Ok(v) => v,
            Err(bracket) => {
                key.push(bracket);
                continue;
            }
        };
        if let Some(text) = vm.str(v) {
            if text.len() > KEY_BYTES_MAX {
                return None;
            }
            let _ = write!(key, "\"{}:{text}", text.len());
        } else if v.is_array() {
            key.push('[');
            open.push(Err(']'));
            open.extend(vm.array_items(v).iter().rev().take(KEY_BYTES_MAX).map(Ok));
            if vm.array_len(v) > KEY_BYTES_MAX {
                return None;
            }
        } else if v.is_object() {
            if vm.object_len(v) > KEY_BYTES_MAX {
                return None;
            }
            key.push('{');
            open.push(Err('}'));
            let entries = vm.object_entries(v);
            open.extend(entries.into_iter().rev().flat_map(|(key, value)| [Ok(value), Ok(key)]));
        } else if v.is_record() {
            let _ = write!(key, "<{}", vm.type_of_instance(v).map_or(0, |t| t.0));
            open.push(Err('>'));
            open.extend(vm.field_values(v).iter().rev().map(|v| Ok(*v)));
        } else {
            // Numbers, booleans and null by their bits, everything else by its address.
            let _ = write!(key, "#{:x}", v.0);
            if v.is_heap() {
                identities.push(v);
            }
        }
    }
    Some((key, identities))
}

/// A value as it would be written in a program, cut if it is long.
pub(super) fn shown(vm: &Vm, v: Value) -> String {
    let mut text = String::new();
    show(vm, v, DEPTH_MAX, &mut text);
    match text.char_indices().nth(SHOWN_MAX) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

fn show(vm: &Vm, v: Value, depth: usize, out: &mut String) {
    if out.len() > 4 * SHOWN_MAX {
        return;
    }
    if let Some(text) = vm.str(v) {
        return quote(text, out);
    }
    let is_container = v.is_array() || v.is_object() || v.is_record();
    if is_container && depth == 0 {
        out.push('…');
    } else if v.is_array() {
        out.push('[');
        for (i, item) in vm.array_items(v).iter().take(SHOWN_MAX).enumerate() {
            out.push_str(if i > 0 { ", " } else { "" });
            show(vm, item, depth - 1, out);
        }
        out.push(']');
    } else if v.is_object() {
        out.push('{');
        let mut pos = 0;
        let mut separator = "";
        while let Some((key, value)) =
            vm.entry_at(v, &mut pos).filter(|_| out.len() <= 4 * SHOWN_MAX)
        {
            out.push_str(separator);
            show(vm, key, 0, out);
            out.push_str(": ");
            show(vm, value, depth - 1, out);
            separator = ", ";
        }
        out.push('}');
    } else if v.is_record() {
        show_record(vm, v, depth, out);
    } else {
        vm.display_into(v, out);
    }
}

fn show_record(vm: &Vm, v: Value, depth: usize, out: &mut String) {
    let Some((name, fields)) = vm.fields(v) else { return };
    let _ = write!(out, "{name} {{");
    for (i, (field, value)) in fields.into_iter().enumerate() {
        let _ = write!(out, "{}{field}: ", if i > 0 { ", " } else { " " });
        show(vm, value, depth - 1, out);
    }
    out.push_str(" }");
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars().take(SHOWN_MAX) {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{{{:X}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
