//! JSON text from and to values.

use hyp_bytecode::builtin::Builtin;

use super::args::{Args, brief};
use crate::{Trap, Value, Vm, number};

/// Deepest nesting that is written; reading stops at 128.
const DEPTH_MAX: usize = 500;

pub(super) fn parse_json(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ParseJSON, args);
    let text = args.text(vm, 0)?;
    let json = read(text)?;
    build(vm, &json)
}

pub(super) fn stringify_json(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::StringifyJSON, args);
    write_argument(vm, &args)
}

/// JSON text of argument 0.
pub(super) fn write_argument(vm: &mut Vm, args: &Args<'_>) -> Result<Value, Trap> {
    let mut writer = Writer { vm, args, path: Vec::new(), out: String::new() };
    writer.value(args.value(0))?;
    let text = writer.out;
    vm.new_string(&text)
}

/// Parses JSON text.
pub(super) fn read(text: &str) -> Result<serde_json::Value, Trap> {
    serde_json::from_str(text).map_err(|e| Trap::runtime(format!("Invalid JSON: {e}")))
}

/// The script value of a JSON value. Its depth is limited by the parser.
pub(super) fn build(vm: &mut Vm, json: &serde_json::Value) -> Result<Value, Trap> {
    Ok(match json {
        serde_json::Value::Null => Value::NULL,
        serde_json::Value::Bool(b) => Value::bool(*b),
        serde_json::Value::Number(n) => Value::num(n.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(text) => vm.new_string(text)?,
        serde_json::Value::Array(items) => {
            let result = vm.new_array_with_capacity(items.len())?;
            for item in items {
                let item = build(vm, item)?;
                vm.array_push(result, item)?;
            }
            result
        }
        serde_json::Value::Object(entries) => {
            let result = vm.new_object()?;
            for (key, value) in entries {
                let value = build(vm, value)?;
                vm.object_set_str(result, key, value)?;
            }
            result
        }
    })
}

struct Writer<'a> {
    vm: &'a Vm,
    args: &'a Args<'a>,
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
            return Err(self.args.error("cannot write such deep nesting as JSON"));
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
        self.out.push('[');
        for (i, &item) in self.vm.array_items(v).iter().enumerate() {
            self.comma(i);
            self.value(item)?;
        }
        self.out.push(']');
        Ok(())
    }

    fn object(&mut self, v: Value) -> Result<(), Trap> {
        self.out.push('{');
        for (i, (key, value)) in self.vm.object_entries(v).into_iter().enumerate() {
            self.comma(i);
            let key = self.vm.display(key);
            self.string(&key);
            self.out.push(':');
            self.value(value)?;
        }
        self.out.push('}');
        Ok(())
    }

    fn record(&mut self, v: Value) -> Result<(), Trap> {
        self.out.push('{');
        let fields = self.vm.fields(v).map(|(_, fields)| fields).unwrap_or_default();
        for (i, (name, value)) in fields.into_iter().enumerate() {
            self.comma(i);
            self.string(name);
            self.out.push(':');
            self.value(value)?;
        }
        self.out.push('}');
        Ok(())
    }

    fn comma(&mut self, i: usize) {
        if i > 0 {
            self.out.push(',');
        }
    }
}
