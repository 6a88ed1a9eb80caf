//! Values of the evaluator.

use std::cell::RefCell;
use std::rc::Rc;

use hyp_bytecode::module::{Desc, ErrorKind, FuncId, TypeKind};
use hyp_bytecode::rep::TypeId;

use crate::ir::ModuleFacts;
use crate::number;
use crate::unit::Unit;

/// A record or an instance of a session.
#[derive(Debug)]
pub struct Composite {
    /// Its type.
    pub ty: TypeId,
    /// Fields in slot order.
    pub fields: RefCell<Vec<Value>>,
}

/// Content of an object: keys and values in insertion order.
pub type Pairs = Vec<(Rc<str>, Value)>;
/// State of a loop.
#[derive(Debug)]
pub struct Iteration {
    /// What it goes over.
    pub source: Value,
    /// Keys and elements, unless it goes over an array.
    pub pairs: Vec<(Value, Value)>,
    /// Position after the current element.
    pub at: usize,
    /// Current key and element.
    pub current: Option<(Value, Value)>,
}

/// A value. Raw booleans and tagged ones are the same; only `I64` registers hold `Int`.
#[derive(Clone, Debug)]
pub enum Value {
    /// The missing-argument mark.
    Missing,
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Num(f64),
    /// A raw integer.
    Int(i64),
    /// A string.
    Str(Rc<str>),
    /// An array.
    Array(Rc<RefCell<Vec<Value>>>),
    /// An object: pairs in insertion order.
    Object(Rc<RefCell<Pairs>>),
    /// A record or session instance.
    Composite(Rc<Composite>),
    /// A function with its captured values.
    Closure(FuncId, Rc<[Value]>),
    /// A method with its receiver.
    Bound(FuncId, Rc<Composite>),
    /// A session itself.
    Session(TypeId),
    /// A builtin.
    Builtin(u32),
    /// A captured variable's box.
    Cell(Rc<RefCell<Value>>),
    /// State of a loop.
    Iter(Rc<RefCell<Iteration>>),
    /// A run-time error.
    Error(Rc<(ErrorKind, String)>),
}

/// Nesting at which display and comparison of cyclic values stop.
const NESTING_MAX: usize = 8;

impl Value {
    /// Truthiness.
    #[must_use]
    pub fn is_truthy(&self) -> bool {
        match self {
            Value::Missing | Value::Null => false,
            Value::Bool(b) => *b,
            Value::Num(x) => *x != 0.0,
            Value::Str(s) => !s.is_empty(),
            Value::Array(items) => !items.borrow().is_empty(),
            Value::Object(pairs) => !pairs.borrow().is_empty(),
            _ => true,
        }
    }

    /// What type errors call the value.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Value::Missing | Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Num(_) | Value::Int(_) => "number",
            Value::Str(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
            Value::Composite(_) => "record",
            Value::Closure(..) | Value::Bound(..) | Value::Session(_) | Value::Builtin(_) => {
                "function"
            }
            Value::Cell(_) => "cell",
            Value::Iter(_) => "iterator",
            Value::Error(_) => "error",
        }
    }

    /// Display string.
    #[must_use]
    pub fn display(&self) -> String {
        self.display_nested(0)
    }

    fn display_nested(&self, depth: usize) -> String {
        if depth > NESTING_MAX {
            return "...".to_owned();
        }
        match self {
            Value::Missing | Value::Null => "null".to_owned(),
            Value::Bool(b) => b.to_string(),
            Value::Num(x) => number::display(*x),
            Value::Int(i) => i.to_string(),
            Value::Str(s) => s.to_string(),
            Value::Array(items) => {
                let items = items.borrow();
                let shown: Vec<_> = items.iter().map(|v| v.display_nested(depth + 1)).collect();
                format!("[{}]", shown.join(", "))
            }
            Value::Object(pairs) => {
                let pairs = pairs.borrow();
                let shown: Vec<_> = pairs
                    .iter()
                    .map(|(k, v)| format!("{k}: {}", v.display_nested(depth + 1)))
                    .collect();
                format!("{{{}}}", shown.join(", "))
            }
            Value::Composite(c) => format!("<composite t{}>", c.ty.0),
            Value::Error(e) => format!("<error {}: {}>", e.0.name(), e.1),
            Value::Closure(func, _) | Value::Bound(func, _) => format!("<function f{}>", func.0),
            Value::Session(ty) => format!("<session t{}>", ty.0),
            Value::Builtin(code) => format!("<builtin {code}>"),
            Value::Cell(_) | Value::Iter(_) => "<internal>".to_owned(),
        }
    }

    /// Text that tells apart everything an observer could: kinds, bits of numbers, contents.
    #[must_use]
    pub fn describe(&self) -> String {
        self.describe_nested(0)
    }

    fn describe_nested(&self, depth: usize) -> String {
        if depth > NESTING_MAX {
            return "...".to_owned();
        }
        let list = |values: &[Value]| {
            let shown: Vec<_> = values.iter().map(|v| v.describe_nested(depth + 1)).collect();
            shown.join(", ")
        };
        match self {
            Value::Missing => "missing".to_owned(),
            Value::Num(x) => format!("{x:?}"),
            Value::Str(s) => format!("{s:?}"),
            Value::Array(items) => format!("[{}]", list(&items.borrow())),
            Value::Composite(c) => format!("t{}{{{}}}", c.ty.0, list(&c.fields.borrow())),
            Value::Closure(func, captures) => format!("f{}({})", func.0, list(captures)),
            Value::Bound(func, c) => format!("f{} of t{}", func.0, c.ty.0),
            Value::Cell(cell) => format!("cell {}", cell.borrow().describe_nested(depth + 1)),
            _ => self.display_nested(depth),
        }
    }

    /// Language equality: structural for arrays, objects and records, else by kind.
    #[must_use]
    pub fn is_equal(&self, other: &Value, unit: &Unit) -> bool {
        self.is_equal_nested(other, unit, 0)
    }

    fn is_equal_nested(&self, other: &Value, unit: &Unit, depth: usize) -> bool {
        let equal = |a: &Value, b: &Value| a.is_equal_nested(b, unit, depth + 1);
        if depth > NESTING_MAX {
            return true;
        }
        match (self, other) {
            (Value::Missing | Value::Null, Value::Missing | Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Num(a), Value::Num(b)) => number::is_equal(*a, *b),
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Array(a), Value::Array(b)) => {
                let (a, b) = (a.borrow(), b.borrow());
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b))
            }
            (Value::Object(a), Value::Object(b)) => {
                let (a, b) = (a.borrow(), b.borrow());
                let find = |k: &str| b.iter().find(|(name, _)| &**name == k);
                a.len() == b.len()
                    && a.iter().all(|(k, v)| find(k).is_some_and(|(_, w)| equal(v, w)))
            }
            (Value::Composite(a), Value::Composite(b)) => {
                if Rc::ptr_eq(a, b)
                    || a.ty != b.ty
                    || unit.type_kind(a.ty) == Some(TypeKind::Session)
                {
                    return Rc::ptr_eq(a, b);
                }
                let (a, b) = (a.fields.borrow(), b.fields.borrow());
                a.iter().zip(b.iter()).all(|(a, b)| equal(a, b))
            }
            (Value::Closure(a, x), Value::Closure(b, y)) => {
                a == b && (Rc::ptr_eq(x, y) || (x.is_empty() && y.is_empty()))
            }
            (Value::Bound(a, x), Value::Bound(b, y)) => a == b && Rc::ptr_eq(x, y),
            (Value::Session(a), Value::Session(b)) => a == b,
            (Value::Builtin(a), Value::Builtin(b)) => a == b,
            (Value::Error(a), Value::Error(b)) => Rc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// Whether the value matches a descriptor.
    #[must_use]
    pub fn matches(&self, desc: &Desc, unit: &Unit) -> bool {
        match desc {
            Desc::Any => true,
            Desc::Null => matches!(self, Value::Null | Value::Missing),
            Desc::Number => matches!(self, Value::Num(_)),
            Desc::Boolean => matches!(self, Value::Bool(_)),
            Desc::String => matches!(self, Value::Str(_)),
            Desc::Array(of) => {
                matches!(self, Value::Array(items) if items.borrow().iter().all(|v| v.matches(of, unit)))
            }
            Desc::Object => matches!(self, Value::Object(_)),
            Desc::Function => self.kind_name() == "function",
            Desc::Instance => {
                matches!(self, Value::Composite(c) if unit.type_kind(c.ty) == Some(TypeKind::Session))
            }
            Desc::Promise => false,
            Desc::Named(ty) => matches!(self, Value::Composite(c) if c.ty == *ty),
            Desc::Nullable(inner) => self.matches(&Desc::Null, unit) || self.matches(inner, unit),
            Desc::Union(of) => of.iter().any(|d| self.matches(d, unit)),
        }
    }

    /// The same value with arrays, objects and records copied deeply.
    #[must_use]
    pub fn snapshot(&self, depth: usize) -> Value {
        if depth > NESTING_MAX {
            return self.clone();
        }
        match self {
            Value::Array(items) => {
                let items = items.borrow().iter().map(|v| v.snapshot(depth + 1)).collect();
                Value::Array(Rc::new(RefCell::new(items)))
            }
            Value::Object(pairs) => {
                let pairs = pairs.borrow();
                let pairs = pairs.iter().map(|(k, v)| (k.clone(), v.snapshot(depth + 1))).collect();
                Value::Object(Rc::new(RefCell::new(pairs)))
            }
            _ => self.clone(),
        }
    }
}
