//! How two values differ, as text for people.

use std::fmt::Write;

use super::structure::shown;
use crate::{Value, Vm};

/// Differences and lines that are shown.
const SHOWN_MAX: usize = 8;
/// Deepest nesting that is compared part by part.
const DEPTH_MAX: usize = 6;

/// Lines that show expected and actual value and, for containers and long texts, where they differ.
/// Each begins with a line feed.
pub(super) fn difference(vm: &Vm, actual: Value, expected: Value) -> String {
    let mut out = String::new();
    if let (Some(a), Some(b)) = (vm.str(actual), vm.str(expected))
        && (a.contains('\n') || b.contains('\n'))
    {
        compare_lines(a, b, &mut out);
        return out;
    }
    let (shown_actual, shown_expected) = (shown(vm, actual), shown(vm, expected));
    let _ = write!(out, "\n  expected: {shown_expected}\n  actual:   {shown_actual}");
    if shown_actual == shown_expected {
        let (a, b) = (vm.type_name(actual), vm.type_name(expected));
        let _ = write!(out, "\n  they look alike (expected {b}, actual {a})");
    }
    let mut parts = Vec::new();
    compare(vm, actual, expected, &mut String::new(), 0, &mut parts);
    if parts.first().is_some_and(|first| !first.starts_with(':')) {
        for part in parts.iter().take(SHOWN_MAX) {
            let _ = write!(out, "\n  at {part}");
        }
        if parts.len() > SHOWN_MAX {
            out.push_str("\n  and more");
        }
    }
    out
}

/// Collects `PATH: expected X, got Y`; stops when there are more than are shown.
fn compare(vm: &Vm, a: Value, b: Value, path: &mut String, depth: usize, found: &mut Vec<String>) {
    if found.len() > SHOWN_MAX || vm.equals(a, b) {
        return;
    }
    let start = path.len();
    let mut child = |key: &str, a: Option<Value>, b: Option<Value>, found: &mut Vec<String>| {
        if found.len() > SHOWN_MAX {
            return;
        }
        path.push_str(key);
        match (a, b) {
            (Some(a), Some(b)) => compare(vm, a, b, path, depth + 1, found),
            (Some(a), None) => found.push(format!("{path}: unexpected {}", shown(vm, a))),
            (None, Some(b)) => found.push(format!("{path}: missing {}", shown(vm, b))),
            (None, None) => {}
        }
        path.truncate(start);
    };
    if depth < DEPTH_MAX && a.is_array() && b.is_array() {
        for i in 0..vm.array_len(a).max(vm.array_len(b)) {
            child(&format!("[{i}]"), vm.array_get(a, i), vm.array_get(b, i), found);
        }
    } else if depth < DEPTH_MAX && a.is_object() && b.is_object() {
        for (key, value) in vm.object_entries(b) {
            child(&key_text(vm, key), vm.object_get(a, key), Some(value), found);
        }
        for (key, value) in vm.object_entries(a) {
            if vm.object_get(b, key).is_none() {
                child(&key_text(vm, key), Some(value), None, found);
            }
        }
    } else if depth < DEPTH_MAX
        && let (Some((type_a, a)), Some((type_b, b))) = (vm.fields(a), vm.fields(b))
        && type_a == type_b
    {
        for ((name, a), (_, b)) in a.into_iter().zip(b) {
            child(&format!(".{name}"), Some(a), Some(b), found);
        }
    } else {
        found.push(format!("{path}: expected {}, got {}", shown(vm, b), shown(vm, a)));
    }
}

fn key_text(vm: &Vm, key: Value) -> String {
    let is_name = |text: &str| {
        text.chars().all(|c| c.is_alphanumeric() || c == '_')
            && text.chars().next().is_some_and(|c| !c.is_numeric())
    };
    match vm.str(key).filter(|text| is_name(text)) {
        Some(text) => format!(".{text}"),
        None => format!("[{}]", shown(vm, key)),
    }
}

/// The lines between the common beginning and the common end: `-` expected, `+` actual.
fn compare_lines(actual: &str, expected: &str, out: &mut String) {
    let (a, b): (Vec<&str>, Vec<&str>) =
        (actual.split('\n').collect(), expected.split('\n').collect());
    let same_start = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let rest = a.len().min(b.len()) - same_start;
    let same_end =
        a.iter().rev().zip(b.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let _ = write!(out, " from line {} (- expected, + actual)", same_start + 1);
    if let Some(before) = same_start.checked_sub(1).and_then(|at| a.get(at)) {
        push_line(' ', before, out);
    }
    for (sign, lines) in [('-', &b), ('+', &a)] {
        let lines = &lines[same_start..lines.len() - same_end];
        for line in lines.iter().take(SHOWN_MAX) {
            push_line(sign, line, out);
        }
        if lines.len() > SHOWN_MAX {
            let _ = write!(out, "\n  {sign} … {} more lines", lines.len() - SHOWN_MAX);
        }
    }
    if let Some(after) = a.len().checked_sub(same_end).and_then(|at| a.get(at)) {
        push_line(' ', after, out);
    }
}

fn push_line(sign: char, line: &str, out: &mut String) {
    const CHARS_MAX: usize = 200;
    let cut = line.char_indices().nth(CHARS_MAX).map_or(line.len(), |(at, _)| at);
    let _ = write!(out, "\n  {sign} {}{}", &line[..cut], if cut < line.len() { "…" } else { "" });
}

#[cfg(test)]
mod tests {
    use super::compare_lines;

    fn lines(actual: &str, expected: &str) -> String {
        let mut out = String::new();
        compare_lines(actual, expected, &mut out);
        out
    }

    #[test]
    fn common_lines_are_left_out() {
        assert_eq!(
            lines("a\nb\nX\nd", "a\nb\nc\nd"),
            " from line 3 (- expected, + actual)\n    b\n  - c\n  + X\n    d"
        );
    }

    #[test]
    fn one_text_may_be_the_beginning_of_the_other() {
        assert_eq!(lines("a\na", "a"), " from line 2 (- expected, + actual)\n    a\n  + a");
        assert_eq!(lines("", "a\n"), " from line 1 (- expected, + actual)\n  - a\n    ");
    }
}
