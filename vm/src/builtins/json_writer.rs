//! Values to JSON text.

use super::args::{Args, brief};
use super::json_reader::DEPTH_MAX;
use crate::{Trap, Value, Vm, number};

/// How the text looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// No blanks; keys in the order of the value.
    Compact,
    /// No blanks; keys in ascending order.
    Sorted,
    /// A line for every element, two blanks per level; keys in ascending order.
    Pretty,
}

/// JSON text of a value.
///
/// # Errors
/// The value is, or contains, something that JSON has no form for; the text is too long.
pub(super) fn write(
    vm: &mut Vm,
    args: &Args<'_>,
    value: Value,
    layout: Layout,
) -> Result<Value, Trap> {
    let text = text(vm, args, value, layout)?;
    vm.new_string(&text)
}

/// As [`write`], outside of the heap.
pub(super) fn text(vm: &Vm, args: &Args<'_>, value: Value, layout: Layout) -> Result<String, Trap> {
    let mut writer = Writer { vm, args, layout, path: Vec::new(), out: String::new() };
    writer.value(value)?;
    Ok(writer.out)
}

struct Writer<'a> {
    vm: &'a Vm,
    args: &'a Args<'a>,
    layout: Layout,
    /// Containers that are being written.
    path: Vec<Value>,
    out: String,
}

impl Writer<'_> {
    fn value(&mut self, v: Value) -> Result<(), Trap> {
        if v.is_null() {
            self.out.push_str("null");
        } else if let Some(b) = v.as_bool() {
            self.out.push_str(if b { "true" } else { "false" });
        } else if let Some(n) = v.as_num() {
            self.number(n);
        } else if let Some(text) = self.vm.str(v) {
            self.string(text);
        } else if v.is_error() {
            let text = self.vm.display(v);
            self.string(&text);
        } else {
            self.container(v)?;
        }
        self.args.check_bytes(Some(self.out.len()))
    }

    fn number(&mut self, n: f64) {
        if n.is_finite() {
            self.out.push_str(&number::display(n));
        } else {
            self.out.push_str("null");
        }
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        let mut done = 0;
        for (at, c) in text.char_indices().filter(|&(_, c)| c < ' ' || c == '"' || c == '\\') {
            self.out.push_str(&text[done..at]);
            done = at + 1;
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                other => self.out.push_str(&format!("\\u{:04x}", u32::from(other))),
            }
        }
        self.out.push_str(&text[done..]);
        self.out.push('"');
    }

    fn container(&mut self, v: Value) -> Result<(), Trap> {
        if self.path.contains(&v) {
            return Err(self.args.error("cannot write a value that contains itself as JSON"));
        }
        if self.path.len() >= DEPTH_MAX {
            let text = format!("cannot write nesting deeper than {DEPTH_MAX} levels as JSON");
            return Err(self.args.error(&text));
        }
        self.path.push(v);
        if v.is_array() {
            self.array(v)?;
        } else if v.is_object() {
            self.object(v)?;
        } else if v.is_record() {
            self.record(v)?;
        } else {
            let text = format!("cannot write {} as JSON", brief(self.vm, v));
            return Err(self.args.error(&text));
        }
        self.path.pop();
        Ok(())
    }

    fn array(&mut self, v: Value) -> Result<(), Trap> {
        let items = self.vm.array_items(v);
        self.out.push('[');
        for (i, item) in items.iter().enumerate() {
            self.start(i);
            self.value(item)?;
        }
        self.end(items.len(), ']');
        Ok(())
    }

    fn object(&mut self, v: Value) -> Result<(), Trap> {
        let entries = self.vm.object_entries(v).into_iter();
        self.entries(entries.map(|(key, value)| (self.vm.display(key), value)).collect())
    }

    fn record(&mut self, v: Value) -> Result<(), Trap> {
        let fields = self.vm.fields(v).map(|(_, fields)| fields).unwrap_or_default();
        self.entries(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn entries(&mut self, mut entries: Vec<(String, Value)>) -> Result<(), Trap> {
        if self.layout != Layout::Compact {
            entries.sort_by(|a, b| a.0.cmp(&b.0));
        }
        self.out.push('{');
        for (i, (key, value)) in entries.iter().enumerate() {
            self.start(i);
            self.string(key);
            self.out.push_str(if self.layout == Layout::Pretty { ": " } else { ":" });
            self.value(*value)?;
        }
        self.end(entries.len(), '}');
        Ok(())
    }

    /// Before element `i` of a container.
    fn start(&mut self, i: usize) {
        if i > 0 {
            self.out.push(',');
        }
        self.line(self.path.len());
    }

    /// After the last of `count` elements.
    fn end(&mut self, count: usize, bracket: char) {
        if count > 0 {
            self.line(self.path.len() - 1);
        }
        self.out.push(bracket);
    }

    fn line(&mut self, depth: usize) {
        if self.layout == Layout::Pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", depth));
        }
    }
}
