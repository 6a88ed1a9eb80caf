//! Assertions.
//!
//! A failed one raises an error of kind `assertion`, whose message begins with `Assertion failed: `
//! and shows what was expected and what was found.

use hyp_bytecode::builtin::Builtin;
use hyp_bytecode::module::ErrorKind;

use super::args::Args;
use super::difference::difference;
use super::flow::message_of;
use super::structure::shown;
use super::text;
use crate::{Trap, Value, Vm};

#[cold]
fn failed(what: &str) -> Trap {
    Trap::error(ErrorKind::Assertion, format!("Assertion failed: {what}"))
}

/// Null if the assertion holds, else its error.
fn check(holds: bool, what: impl FnOnce() -> String) -> Result<Value, Trap> {
    if holds { Ok(Value::NULL) } else { Err(failed(&what())) }
}

/// `WHAT` and the value on a line below.
fn with_actual(vm: &Vm, what: &str, v: Value) -> String {
    format!("{what}\n  actual: {}", shown(vm, v))
}

pub(super) fn assert_condition(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Assert, args);
    if vm.truthy(args.value(0)) {
        return Ok(Value::NULL);
    }
    Err(failed(&match args.optional(1) {
        Some(message) => vm.display(message),
        None => with_actual(vm, "the condition does not hold", args.value(0)),
    }))
}

pub(super) fn assert_equal(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::AssertEqual, args);
    let (actual, expected) = (args.value(0), args.value(1));
    check(vm.equals(actual, expected), || format!("not equal{}", difference(vm, actual, expected)))
}

pub(super) fn assert_not_equal(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::AssertNotEqual, args);
    let is_equal = vm.equals(args.value(0), args.value(1));
    check(!is_equal, || with_actual(vm, "equal to the unexpected value", args.value(0)))
}

/// Assertions about one value.
macro_rules! about_value {
    ($($name:ident = $row:ident($v:ident) $body:expr, $what:literal;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let $v = Args::new(Builtin::$row, args).value(0);
            check($body, || with_actual(vm, $what, $v))
        })+
    };
}

about_value! {
    assert_true = AssertTrue(v) v.as_bool() == Some(true), "not true";
    assert_false = AssertFalse(v) v.as_bool() == Some(false), "not false";
    assert_null = AssertNull(v) v.is_null(), "not null";
    assert_not_null = AssertNotNull(v) !v.is_null(), "null";
}

fn emptiness(vm: &mut Vm, args: &Args<'_>, wanted: bool) -> Result<Value, Trap> {
    let v = args.value(0);
    let Some(is_empty) = text::is_empty(vm, v) else {
        return Err(args.expected_got("string, array or dictionary", vm, 0));
    };
    check(is_empty == wanted, || with_actual(vm, if wanted { "not empty" } else { "empty" }, v))
}

pub(super) fn assert_empty(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    emptiness(vm, &Args::new(Builtin::AssertEmpty, args), true)
}

pub(super) fn assert_not_empty(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    emptiness(vm, &Args::new(Builtin::AssertNotEmpty, args), false)
}

fn containment(vm: &mut Vm, args: &Args<'_>, wanted: bool) -> Result<Value, Trap> {
    let (arr, element) = (args.array(vm, 0)?, args.value(1));
    let found = vm.array_items(arr).iter().any(|item| vm.equals(item, element));
    check(found == wanted, || {
        let does = if wanted { "does not contain" } else { "contains" };
        with_actual(vm, &format!("the array {does} {}", shown(vm, element)), arr)
    })
}

pub(super) fn assert_array_contains(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    containment(vm, &Args::new(Builtin::AssertArrayContains, args), true)
}

pub(super) fn assert_array_not_contains(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    containment(vm, &Args::new(Builtin::AssertArrayNotContains, args), false)
}

pub(super) fn assert_array_length(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::AssertArrayLength, args);
    let arr = args.array(vm, 0)?;
    let (actual, expected) = (vm.array_len(arr), args.count(vm, 1)?);
    check(actual == expected, || {
        let what = format!("the array has {actual} elements, not {expected}");
        with_actual(vm, &what, arr)
    })
}

/// Assertions about a text and a part of it.
macro_rules! about_text {
    ($($name:ident = $row:ident($s:ident, $part:ident) $body:expr, $what:literal;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let args = Args::new(Builtin::$row, args);
            let ($s, $part) = (args.text(vm, 0)?, args.text(vm, 1)?);
            check($body, || {
                let what = format!(concat!("the text does not ", $what, " {}"), shown(vm, args.value(1)));
                with_actual(vm, &what, args.value(0))
            })
        })+
    };
}

about_text! {
    assert_string_contains = AssertStringContains(s, part)
        memchr::memmem::find(s.as_bytes(), part.as_bytes()).is_some(), "contain";
    assert_string_starts_with = AssertStringStartsWith(s, part) s.starts_with(part), "start with";
    assert_string_ends_with = AssertStringEndsWith(s, part) s.ends_with(part), "end with";
}

/// Assertions about two numbers.
macro_rules! about_numbers {
    ($($name:ident = $row:ident($a:ident, $b:ident) $body:expr, $what:literal;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let args = Args::new(Builtin::$row, args);
            let ($a, $b) = (args.num(vm, 0)?, args.num(vm, 1)?);
            check($body, || {
                let what = concat!("not ", $what);
                let (a, b) = (crate::number::display($a), crate::number::display($b));
                format!("{what}\n  expected: {} {b}\n  actual:   {a}", $what)
            })
        })+
    };
}

about_numbers! {
    assert_greater_than = AssertGreaterThan(a, b) a > b, "greater than";
    assert_less_than = AssertLessThan(a, b) a < b, "less than";
    assert_greater_than_or_equal = AssertGreaterThanOrEqual(a, b) a >= b, "at least";
    assert_less_than_or_equal = AssertLessThanOrEqual(a, b) a <= b, "at most";
}

pub(super) fn assert_float_equal(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::AssertFloatEqual, args);
    let (actual, expected) = (args.num(vm, 0)?, args.num(vm, 1)?);
    let tolerance = args.num(vm, 2)?;
    if tolerance.is_nan() || tolerance < 0.0 {
        return Err(args.expected("non-negative number", 2));
    }
    // Equal infinities have no difference.
    let holds = actual == expected || (actual - expected).abs() <= tolerance;
    check(holds, || {
        let [actual, expected, tolerance] =
            [actual, expected, tolerance].map(crate::number::display);
        format!("too far apart\n  expected: {expected} ± {tolerance}\n  actual:   {actual}")
    })
}

/// Message of what calling the function of argument 0 raises; `None` if it returns.
fn raised(vm: &mut Vm, args: &Args<'_>) -> Result<Option<String>, Trap> {
    let function = args.function(vm, 0)?;
    match vm.call_value(function, &[]) {
        Ok(_) => Ok(None),
        Err(trap) => {
            let caught = vm.catch(trap)?;
            Ok(Some(message_of(vm, caught)))
        }
    }
}

pub(super) fn assert_throws(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let raised = raised(vm, &Args::new(Builtin::AssertThrows, args))?;
    check(raised.is_some(), || "the call raised no error".to_owned())
}

pub(super) fn assert_does_not_throw(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    match raised(vm, &Args::new(Builtin::AssertDoesNotThrow, args))? {
        None => Ok(Value::NULL),
        Some(message) => Err(failed(&format!("the call raised an error\n  actual: {message}"))),
    }
}

pub(super) fn assert_throws_with_message(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::AssertThrowsWithMessage, args);
    args.string(vm, 1)?;
    let actual = raised(vm, &args)?;
    let expected = args.text(vm, 1)?;
    match actual {
        None => Err(failed(&format!("the call raised no error\n  expected: {expected}"))),
        Some(actual) => check(actual == expected, || {
            format!("the call raised another error\n  expected: {expected}\n  actual:   {actual}")
        }),
    }
}
