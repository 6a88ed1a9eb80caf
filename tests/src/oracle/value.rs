//! Values of the oracle: what a program computes with, how it looks, when two are equal.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use hyp_grammar::ast::{Function, RecordDecl, SessionDecl};
use hyp_grammar::intern::Symbol;

use super::fuel;
use super::promise::{Promise, State};
use super::scope::Scope;

/// Two numbers closer than this are equal (2^-52).
const EPSILON: f64 = 2.220_446_049_250_313e-16;

/// Any value of a program.
#[derive(Clone)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(Rc<str>),
    Array(Array<'a>),
    Dict(Rc<RefCell<Dict<'a>>>),
    /// Never changed once made: a store to a field makes another record.
    Record(Rc<Record<'a>>),
    Function(Rc<Closure<'a>>),
    Method(Rc<Method<'a>>),
    /// By its canonical name.
    Builtin(&'static str),
    /// A function that a builtin has made.
    Native(Rc<Native<'a>>),
    Session(Rc<Session<'a>>),
    /// A record type with a constructor.
    RecordType(&'a RecordDecl<'a>),
    Instance(Rc<Instance<'a>>),
    Error(Rc<Fault>),
    Promise(Rc<Promise<'a>>),
}

/// A shared, growable array.
pub(crate) type Array<'a> = Rc<RefCell<Vec<Value<'a>>>>;

/// A record value.
pub(crate) struct Record<'a> {
    pub decl: &'a RecordDecl<'a>,
    pub name: Rc<str>,
    pub fields: Vec<(Symbol, Value<'a>)>,
}

/// A function with the scope it was made in.
pub(crate) struct Closure<'a> {
    pub function: &'a Function<'a>,
    pub name: Rc<str>,
    pub scope: Rc<Scope<'a>>,
}

/// A method that remembers its receiver.
pub(crate) struct Method<'a> {
    pub receiver: Value<'a>,
    pub function: &'a Function<'a>,
    pub owner: Rc<str>,
    pub name: Rc<str>,
}

/// A function that a builtin has made of others.
pub(crate) enum Native<'a> {
    /// The first gets the arguments, the second the result.
    Composed(Value<'a>, Value<'a>),
    /// With the argument lists and results that it remembers, oldest first.
    Memoized(Value<'a>, RefCell<Vec<(Vec<Value<'a>>, Value<'a>)>>),
}

/// A session (class).
pub(crate) struct Session<'a> {
    pub decl: &'a SessionDecl<'a>,
    pub name: Rc<str>,
    pub scope: Rc<Scope<'a>>,
    pub statics: RefCell<HashMap<Symbol, Value<'a>>>,
}

/// An instance of a session.
pub(crate) struct Instance<'a> {
    pub session: Rc<Session<'a>>,
    pub fields: RefCell<HashMap<Symbol, Value<'a>>>,
}

/// An error that the language itself raises.
pub(crate) struct Fault {
    pub kind: &'static str,
    pub message: String,
    /// The place in the text of all modules; without one it is where the error is raised first.
    pub at: Cell<Option<u32>>,
}

/// The key of a dictionary entry; kinds never mix.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Text(Rc<str>),
    /// Bits of a number; -0 is 0.
    Number(u64),
    Bool(bool),
}

impl Key {
    /// The key that a value is, if it can be one.
    pub(crate) fn of(value: &Value<'_>) -> Option<Key> {
        match value {
            Value::Text(text) => Some(Key::Text(Rc::clone(text))),
            Value::Number(n) => Some(Key::Number(if *n == 0.0 { 0 } else { n.to_bits() })),
            Value::Bool(b) => Some(Key::Bool(*b)),
            _ => None,
        }
    }

    /// The value that a key is.
    pub(crate) fn value<'a>(&self) -> Value<'a> {
        match self {
            Key::Text(text) => Value::Text(Rc::clone(text)),
            Key::Number(bits) => Value::Number(f64::from_bits(*bits)),
            Key::Bool(b) => Value::Bool(*b),
        }
    }
}

/// A map in insertion order.
#[derive(Clone, Default)]
pub(crate) struct Dict<'a> {
    /// Removed entries leave a gap, so that positions of running loops stay valid.
    pub entries: Vec<Option<(Key, Value<'a>)>>,
    index: HashMap<Key, usize>,
}

impl<'a> Dict<'a> {
    pub(crate) fn get(&self, key: &Key) -> Option<&Value<'a>> {
        self.entries.get(*self.index.get(key)?)?.as_ref().map(|(_, v)| v)
    }

    pub(crate) fn set(&mut self, key: Key, value: Value<'a>) {
        if let Some(&at) = self.index.get(&key) {
            self.entries[at] = Some((key, value));
        } else {
            self.index.insert(key.clone(), self.entries.len());
            self.entries.push(Some((key, value)));
        }
    }

    pub(crate) fn remove(&mut self, key: &Key) {
        if let Some(at) = self.index.remove(key) {
            self.entries[at] = None;
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Dict::default();
    }

    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Key, Value<'a>)> {
        self.entries.iter().flatten()
    }

    pub(crate) fn text(&self, key: &str) -> Option<&Value<'a>> {
        self.get(&Key::Text(key.into()))
    }
}

impl<'a> Value<'a> {
    pub(crate) fn text(text: impl AsRef<str>) -> Value<'a> {
        Value::Text(text.as_ref().into())
    }

    pub(crate) fn array(items: Vec<Value<'a>>) -> Value<'a> {
        Value::Array(Rc::new(RefCell::new(items)))
    }

    pub(crate) fn dict(dict: Dict<'a>) -> Value<'a> {
        Value::Dict(Rc::new(RefCell::new(dict)))
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    pub(crate) fn is_callable(&self) -> bool {
        matches!(
            self,
            Value::Function(_)
                | Value::Method(_)
                | Value::Builtin(_)
                | Value::Native(_)
                | Value::Session(_)
                | Value::RecordType(_)
        )
    }

    pub(crate) fn truthy(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(b) => *b,
            Value::Number(n) => *n != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::Array(items) => !items.borrow().is_empty(),
            Value::Dict(dict) => dict.borrow().len() > 0,
            _ => true,
        }
    }

    /// Elements, entries or bytes that the value consists of itself.
    pub(crate) fn extent(&self) -> usize {
        match self {
            Value::Array(items) => items.borrow().len(),
            Value::Dict(dict) => dict.borrow().len(),
            Value::Text(text) => text.len(),
            _ => 0,
        }
    }

    /// Whether both are the same object.
    pub(crate) fn is_identical(&self, other: &Value<'a>) -> bool {
        match (self, other) {
            (Value::Array(x), Value::Array(y)) => Rc::ptr_eq(x, y),
            (Value::Dict(x), Value::Dict(y)) => Rc::ptr_eq(x, y),
            (Value::Text(x), Value::Text(y)) => Rc::ptr_eq(x, y),
            _ => false,
        }
    }

    /// What type errors call the value.
    pub(crate) fn type_name(&self) -> String {
        match self {
            Value::Null => "null".to_owned(),
            Value::Bool(_) => "boolean".to_owned(),
            Value::Number(_) => "number".to_owned(),
            Value::Text(_) => "string".to_owned(),
            Value::Array(_) => "array".to_owned(),
            Value::Dict(_) => "object".to_owned(),
            Value::Record(record) => record.name.to_string(),
            Value::Function(_)
            | Value::Method(_)
            | Value::Builtin(_)
            | Value::Native(_)
            | Value::RecordType(_) => "function".to_owned(),
            Value::Session(_) => "session".to_owned(),
            Value::Instance(instance) => instance.session.name.to_string(),
            Value::Error(_) => "error".to_owned(),
            Value::Promise(_) => "promise".to_owned(),
        }
    }

    /// The display form.
    pub(crate) fn display(&self) -> String {
        let mut out = String::new();
        self.show(&mut out, &mut Vec::new());
        out
    }

    fn show(&self, out: &mut String, open: &mut Vec<*const ()>) {
        if !fuel::spend(1) {
            return;
        }
        match self {
            Value::Null => out.push_str("null"),
            Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Value::Number(n) => out.push_str(&number_text(*n)),
            Value::Text(text) => {
                if fuel::spend_copying(text.len()) {
                    out.push_str(text);
                }
            }
            Value::Array(items) => {
                let at = Rc::as_ptr(items).cast::<()>();
                if open.contains(&at) {
                    return out.push_str("[...]");
                }
                open.push(at);
                out.push('[');
                for (i, item) in items.borrow().iter().enumerate() {
                    out.push_str(if i > 0 { ", " } else { "" });
                    item.show(out, open);
                }
                out.push(']');
                open.pop();
            }
            Value::Dict(dict) => {
                let at = Rc::as_ptr(dict).cast::<()>();
                if open.contains(&at) {
                    return out.push_str("{...}");
                }
                open.push(at);
                out.push('{');
                for (i, (key, value)) in dict.borrow().iter().enumerate() {
                    out.push_str(if i > 0 { ", " } else { "" });
                    out.push_str(&key.value().display());
                    out.push_str(": ");
                    value.show(out, open);
                }
                out.push('}');
                open.pop();
            }
            Value::Error(fault) => out.push_str(&fault.message),
            other => out.push_str(&other.named_form()),
        }
    }

    fn named_form(&self) -> String {
        match self {
            Value::Record(record) => format!("<record {}>", record.name),
            Value::Function(f) => format!("<function {}>", f.name),
            Value::Method(m) => format!("<function {}::{}>", m.owner, m.name),
            Value::Builtin(name) => format!("<function {name}>"),
            Value::Native(_) => "<function anonymous>".to_owned(),
            Value::Session(session) => format!("<session {}>", session.name),
            Value::Instance(instance) => format!("<session-instance {}>", instance.session.name),
            Value::Promise(promise) => match promise.state() {
                State::Pending => "<promise pending>".to_owned(),
                State::Fulfilled(_) => "<promise resolved>".to_owned(),
                State::Rejected(..) => "<promise rejected>".to_owned(),
            },
            _ => "<function>".to_owned(),
        }
    }

    /// `==`: never fails, never converts.
    pub(crate) fn equals(&self, other: &Value<'a>) -> bool {
        equal(self, other, numbers_equal, &mut Vec::new())
    }

    /// As `==`, but numbers must be the same (NaN is NaN, 0 is not -0).
    pub(crate) fn same(&self, other: &Value<'a>) -> bool {
        let exact = |a: f64, b: f64| a == b || (a.is_nan() && b.is_nan());
        equal(self, other, exact, &mut Vec::new())
    }
}

/// Display form of a number: the shortest digits that read back as it, never with an exponent.
pub(crate) fn number_text(n: f64) -> String {
    if n.is_nan() {
        "NaN".to_owned()
    } else if n.is_infinite() {
        if n > 0.0 { "inf".to_owned() } else { "-inf".to_owned() }
    } else {
        format!("{n}")
    }
}

/// The number that a text is: sign, digits, fraction, exponent, `inf`, `infinity`, `nan`.
pub(crate) fn parse_number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = unsigned.to_ascii_lowercase();
    let magnitude = match lower.as_str() {
        "inf" | "infinity" => f64::INFINITY,
        "nan" => f64::NAN,
        _ if unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            unsigned.parse().ok()?
        }
        _ => return None,
    };
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}

/// Number equality of `==`.
pub(crate) fn numbers_equal(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() < EPSILON
}

fn equal<'a>(
    a: &Value<'a>,
    b: &Value<'a>,
    numbers: fn(f64, f64) -> bool,
    open: &mut Vec<(*const (), *const ())>,
) -> bool {
    if !fuel::spend(1) {
        return true;
    }
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(x), Value::Bool(y)) => x == y,
        (Value::Number(x), Value::Number(y)) => numbers(*x, *y),
        (Value::Text(x), Value::Text(y)) => fuel::spend_copying(x.len()) && x == y,
        (Value::Array(x), Value::Array(y)) => {
            let pair = (Rc::as_ptr(x).cast::<()>(), Rc::as_ptr(y).cast::<()>());
            if open.contains(&pair) {
                return true;
            }
            let (x, y) = (x.borrow(), y.borrow());
            open.push(pair);
            let same = x.len() == y.len()
                && x.iter().zip(y.iter()).all(|(p, q)| equal(p, q, numbers, open));
            open.pop();
            same
        }
        (Value::Dict(x), Value::Dict(y)) => {
            let pair = (Rc::as_ptr(x).cast::<()>(), Rc::as_ptr(y).cast::<()>());
            if open.contains(&pair) {
                return true;
            }
            let (x, y) = (x.borrow(), y.borrow());
            open.push(pair);
            let same = x.len() == y.len()
                && x.iter().all(|(k, p)| y.get(k).is_some_and(|q| equal(p, q, numbers, open)));
            open.pop();
            same
        }
        (Value::Record(x), Value::Record(y)) => {
            std::ptr::eq(x.decl, y.decl)
                && x.fields.iter().zip(&y.fields).all(|(p, q)| equal(&p.1, &q.1, numbers, open))
        }
        (Value::Function(x), Value::Function(y)) => Rc::ptr_eq(x, y),
        (Value::Method(x), Value::Method(y)) => {
            std::ptr::eq(x.function, y.function) && equal(&x.receiver, &y.receiver, numbers, open)
        }
        (Value::Builtin(x), Value::Builtin(y)) => x == y,
        (Value::Native(x), Value::Native(y)) => Rc::ptr_eq(x, y),
        (Value::Session(x), Value::Session(y)) => Rc::ptr_eq(x, y),
        (Value::RecordType(x), Value::RecordType(y)) => std::ptr::eq(*x, *y),
        (Value::Instance(x), Value::Instance(y)) => Rc::ptr_eq(x, y),
        (Value::Error(x), Value::Error(y)) => Rc::ptr_eq(x, y),
        (Value::Promise(x), Value::Promise(y)) => Rc::ptr_eq(x, y),
        _ => false,
    }
}

/// A deep copy of arrays, dictionaries and records; what is shared inside stays shared.
pub(crate) fn snapshot<'a>(
    value: &Value<'a>,
    seen: &mut HashMap<*const (), Value<'a>>,
) -> Value<'a> {
    if !fuel::spend(1) {
        return Value::Null;
    }
    match value {
        Value::Array(items) => {
            let at = Rc::as_ptr(items).cast::<()>();
            if let Some(copy) = seen.get(&at) {
                return copy.clone();
            }
            let copy: Array<'a> = Rc::default();
            seen.insert(at, Value::Array(Rc::clone(&copy)));
            let items: Vec<_> = items.borrow().iter().map(|v| snapshot(v, seen)).collect();
            *copy.borrow_mut() = items;
            Value::Array(copy)
        }
        Value::Dict(dict) => {
            let at = Rc::as_ptr(dict).cast::<()>();
            if let Some(copy) = seen.get(&at) {
                return copy.clone();
            }
            let copy: Rc<RefCell<Dict<'a>>> = Rc::default();
            seen.insert(at, Value::Dict(Rc::clone(&copy)));
            let entries: Vec<_> = dict.borrow().iter().cloned().collect();
            for (key, value) in entries {
                let value = snapshot(&value, seen);
                copy.borrow_mut().set(key, value);
            }
            Value::Dict(copy)
        }
        Value::Record(record) => Value::Record(Rc::new(Record {
            decl: record.decl,
            name: Rc::clone(&record.name),
            fields: record.fields.iter().map(|(n, v)| (*n, snapshot(v, seen))).collect(),
        })),
        other => other.clone(),
    }
}

/// The receiver's type and the text around a function, for access to private members.
#[derive(Clone, Copy)]
pub(crate) enum Home<'a> {
    Session(&'a SessionDecl<'a>),
    Record(&'a RecordDecl<'a>),
}
