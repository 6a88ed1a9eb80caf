//! Display strings, cycle-safe and without recursion on the native stack.

use hyp_bytecode::builtin::Builtin;
use hyp_bytecode::module::FuncId;
use hyp_bytecode::rep::TypeId;

use crate::dict;
use crate::link::function_name;
use crate::number;
use crate::object::{Bound, Closure, Kind, Session};
use crate::value::Value;
use crate::vm::Vm;

/// Bytes of a container's display form after which it is cut: arrays that share their elements can
/// have one that is exponentially longer than their size in memory. Longer than any string may be, so
/// a cut form never becomes a string.
const DISPLAY_BYTES_MAX: usize = 64 << 20;

/// Depth of nesting up to which searching the open containers one by one is fastest.
const SEARCHED_DEPTH: usize = 32;

/// A container whose elements are being printed.
struct Open {
    container: Value,
    next: usize,
    is_first: bool,
}

impl Vm {
    /// The display string of a value. Containers that contain themselves print as `[...]` inside.
    #[must_use]
    pub fn display(&self, v: Value) -> String {
        let mut out = String::new();
        self.display_into(v, &mut out);
        out
    }

    /// Appends the display string of a value.
    pub fn display_into(&self, v: Value, out: &mut String) {
        if !(v.is_array() || v.is_object()) {
            return self.display_scalar(v, out);
        }
        let start = out.len();
        let mut open = vec![self.open(v, out)];
        // The open containers below the first ones.
        let mut deep = ahash::AHashSet::new();
        while let Some(top) = open.last_mut() {
            if out.len() - start > DISPLAY_BYTES_MAX {
                return out.push_str("...");
            }
            let Some((key, value)) = element(self, top) else {
                out.push(if top.container.is_array() { ']' } else { '}' });
                deep.remove(&top.container.0);
                open.pop();
                continue;
            };
            if !top.is_first {
                out.push_str(", ");
            }
            top.is_first = false;
            if let Some(key) = key {
                self.display_scalar(key, out);
                out.push_str(": ");
            }
            if !(value.is_array() || value.is_object()) {
                self.display_scalar(value, out);
            } else if open.iter().take(SEARCHED_DEPTH).any(|o| o.container == value)
                || deep.contains(&value.0)
            {
                out.push_str("[...]");
            } else {
                if open.len() >= SEARCHED_DEPTH {
                    deep.insert(value.0);
                }
                let inner = self.open(value, out);
                open.push(inner);
            }
        }
    }

    fn open(&self, container: Value, out: &mut String) -> Open {
        out.push(if container.is_array() { '[' } else { '{' });
        Open { container, next: 0, is_first: true }
    }

    fn display_scalar(&self, v: Value, out: &mut String) {
        if let Some(n) = v.as_num() {
            return number::display_into(n, out);
        }
        if let Some(b) = v.as_bool() {
            return out.push_str(if b { "true" } else { "false" });
        }
        if let Some(b) = v.as_builtin() {
            let name = Builtin::from_code(u32::from(b)).map_or("builtin", |b| b.spec().name);
            return wrap(out, "function", name);
        }
        match v.kind() {
            Some(Kind::String) => out.push_str(self.heap.text(v)),
            Some(Kind::Closure | Kind::Bound | Kind::Session) => self.display_function(v, out),
            Some(Kind::Record) => wrap(out, "record", self.type_name(v)),
            Some(Kind::Instance) => wrap(out, "session-instance", self.type_name(v)),
            Some(Kind::Error) => {
                if let Some(info) = self.error_info(v) {
                    out.push_str(&info.message);
                }
            }
            Some(Kind::Promise) => wrap(out, "promise", self.promise_status(v).name()),
            Some(Kind::Iterator) => out.push_str("<iterator>"),
            Some(Kind::Cell) => out.push_str("<cell>"),
            Some(Kind::Array | Kind::BoolArray | Kind::Object | Kind::Buffer) | None => {
                out.push_str("null");
            }
        }
    }

    fn display_function(&self, v: Value, out: &mut String) {
        if self.native(v).is_some() {
            return wrap(out, "function", "anonymous");
        }
        match self.function_of(v) {
            Some(func) => {
                let name = function_name(&self.module, func);
                wrap(out, "function", if name.is_empty() { "anonymous" } else { &name });
            }
            None => wrap(out, "session", self.session_name(v)),
        }
    }

    /// The function that a closure or bound method runs; `None` for sessions and other values.
    pub(crate) fn function_of(&self, v: Value) -> Option<FuncId> {
        // SAFETY: the casts follow the kind of a live object.
        unsafe {
            match v.kind()? {
                Kind::Closure => Some(FuncId((*v.ptr().cast::<Closure>()).func)),
                Kind::Bound => Some(FuncId((*v.ptr().cast::<Bound>()).func)),
                _ => None,
            }
        }
    }

    /// Name of the session that a session value is.
    pub(crate) fn session_name(&self, v: Value) -> &str {
        self.session_type(v)
            .and_then(|t| self.module.type_def(t))
            .map_or("", |d| self.module.str(d.name))
    }

    /// The session that a session value is; `None` for other values.
    pub(crate) fn session_type(&self, v: Value) -> Option<TypeId> {
        if v.kind() != Some(Kind::Session) {
            return None;
        }
        // SAFETY: `v` is a live session value.
        Some(TypeId(unsafe { (*v.ptr().cast::<Session>()).ty }))
    }

    /// Kind of a value in one word; records and instances give their type's name.
    #[must_use]
    pub fn type_name(&self, v: Value) -> &str {
        if v.is_num() {
            return "number";
        }
        if v.is_bool() {
            return "boolean";
        }
        match v.kind() {
            Some(Kind::String) => "string",
            Some(Kind::Array | Kind::BoolArray) => "array",
            Some(Kind::Object) => "object",
            Some(Kind::Closure | Kind::Bound) => "function",
            Some(Kind::Session) => "session",
            Some(Kind::Error) => "error",
            Some(Kind::Promise) => "promise",
            Some(Kind::Record | Kind::Instance) => {
                self.type_def(v).map_or("record", |def| self.module.str(def.name))
            }
            Some(Kind::Iterator | Kind::Cell | Kind::Buffer) => "internal",
            None if v.is_callable() => "function",
            None => "null",
        }
    }
}

fn wrap(out: &mut String, what: &str, name: &str) {
    out.push('<');
    out.push_str(what);
    out.push(' ');
    out.push_str(name);
    out.push('>');
}

/// The next element of an open container: its key if it is an object, and its value.
fn element(vm: &Vm, open: &mut Open) -> Option<(Option<Value>, Value)> {
    if open.container.is_array() {
        let value = vm.array_get(open.container, open.next)?;
        open.next += 1;
        return Some((None, value));
    }
    let entry = dict::entry_at(open.container, &mut open.next)?;
    Some((Some(entry.key), entry.value))
}
