//! Conversions, type tests and `Throw`.

use ahash::AHashSet;
use hyp_bytecode::builtin::Builtin;
use hyp_bytecode::module::ErrorKind;

use super::args::{Args, brief};
use super::text;
use crate::object::Kind;
use crate::{Trap, Value, Vm, number};

pub(super) fn to_int(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let n = Args::new(Builtin::ToInt, args).num(vm, 0)?;
    Ok(Value::num(n as i64 as f64))
}

pub(super) fn to_double(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ToDouble, args);
    match number::parse(args.text(vm, 0)?) {
        Some(n) => Ok(Value::num(n)),
        None => Err(Trap::runtime(no_number(vm, args.value(0)))),
    }
}

fn no_number(vm: &Vm, v: Value) -> String {
    format!("Cannot convert '{}' to number", brief(vm, v))
}

pub(super) fn to_string(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let v = Args::new(Builtin::ToString, args).value(0);
    if v.is_string() {
        return Ok(v);
    }
    let text = vm.display(v);
    vm.new_string(&text)
}

pub(super) fn to_boolean(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let v = Args::new(Builtin::ToBoolean, args).value(0);
    Ok(Value::bool(match vm.str(v) {
        Some(word) => ["true", "1", "yes"].iter().any(|yes| word.eq_ignore_ascii_case(yes)),
        None => vm.truthy(v),
    }))
}

pub(super) fn to_number(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let v = Args::new(Builtin::ToNumber, args).value(0);
    let n = match vm.str(v) {
        Some(text) => number::parse(text.trim()),
        None => return vm.to_number(v).map(Value::num),
    };
    n.map(Value::num).ok_or_else(|| Trap::type_error(no_number(vm, v)))
}

pub(super) fn type_of(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let v = Args::new(Builtin::TypeOf, args).value(0);
    vm.new_string(kind_name(v))
}

fn kind_name(v: Value) -> &'static str {
    if v.is_null() {
        return "null";
    }
    if v.is_num() {
        return "number";
    }
    if v.is_bool() {
        return "boolean";
    }
    if v.is_string() {
        return "string";
    }
    match v.kind() {
        Some(Kind::Array) => "array",
        Some(Kind::Object) => "object",
        Some(Kind::Record) => "record",
        Some(Kind::Session | Kind::Instance) => "session",
        Some(Kind::Error) => "error",
        Some(Kind::Promise) => "promise",
        _ => "function",
    }
}

/// Tests of one value.
macro_rules! test {
    ($($name:ident = $row:ident($vm:ident, $v:ident) $body:expr;)+) => {
        $(pub(super) fn $name($vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let $v = Args::new(Builtin::$row, args).value(0);
            Ok(Value::bool($body))
        })+
    };
}

test! {
    is_null = IsNull(_vm, v) v.is_null();
    is_defined = IsDefined(_vm, v) !v.is_null();
    is_number = IsNumber(_vm, v) v.is_num();
    is_string = IsString(_vm, v) v.is_string();
    is_boolean = IsBoolean(_vm, v) v.is_bool();
    is_array = IsArray(_vm, v) v.is_array();
    is_object = IsObject(_vm, v) v.is_object() || v.is_record();
    is_null_or_empty = IsNullOrEmpty(vm, v) v.is_null() || text::is_empty(vm, v) == Some(true);
}

pub(super) fn deep_equals(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::DeepEquals, args);
    Ok(Value::bool(same_structure(vm, args.value(0), args.value(1))))
}

/// Structural equality with exact numbers. Pairs that are already being compared count as equal, so
/// cycles end.
fn same_structure(vm: &Vm, a: Value, b: Value) -> bool {
    let mut todo = vec![(a, b)];
    let mut seen = AHashSet::new();
    while let Some((a, b)) = todo.pop() {
        if let (Some(a), Some(b)) = (a.as_num(), b.as_num()) {
            if a != b && !(a.is_nan() && b.is_nan()) {
                return false;
            }
            continue;
        }
        if a == b {
            continue;
        }
        if let (Some(a), Some(b)) = (vm.str(a), vm.str(b)) {
            if a != b {
                return false;
            }
            continue;
        }
        if !seen.insert((a.0, b.0)) {
            continue;
        }
        if !push_parts(vm, a, b, &mut todo) {
            return false;
        }
    }
    true
}

/// Adds the corresponding parts of two containers; false if their shapes differ.
fn push_parts(vm: &Vm, a: Value, b: Value, todo: &mut Vec<(Value, Value)>) -> bool {
    if a.is_array() && b.is_array() {
        let (a, b) = (vm.array_items(a), vm.array_items(b));
        todo.extend(a.iter().zip(b.iter()));
        return a.len() == b.len();
    }
    if a.is_object() && b.is_object() {
        let same_keys = vm.object_entries(a).into_iter().all(|(key, value)| {
            let other = vm.object_get(b, key);
            todo.extend(other.map(|other| (value, other)));
            other.is_some()
        });
        return same_keys && vm.object_len(a) == vm.object_len(b);
    }
    if !a.is_record() || !b.is_record() {
        return vm.equals(a, b);
    }
    let (Some((type_a, a)), Some((type_b, b))) = (vm.fields(a), vm.fields(b)) else {
        return false;
    };
    let same_names = a.iter().map(|f| f.0).eq(b.iter().map(|f| f.0));
    todo.extend(a.iter().zip(&b).map(|(x, y)| (x.1, y.1)));
    type_a == type_b && same_names
}

pub(super) fn throw(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let message = vm.display(Args::new(Builtin::Throw, args).value(0));
    Err(Trap::error(ErrorKind::User, message))
}
