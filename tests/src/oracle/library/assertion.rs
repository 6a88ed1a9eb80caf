//! Assertions.

use super::super::machine::{Machine, Stop};
use super::super::value::Value;
use super::{Answer, Call, lacks};

/// What messages show whole: the longest value, the most differences, the deepest nesting.
const SHOWN_MAX: usize = 60;
const DIFFERENCES_MAX: usize = 5;
const DEPTH_MAX: usize = 8;

impl<'a> Machine<'_, 'a> {
    pub(super) fn assertions(&mut self, call: &Call<'a>) -> Answer<'a> {
        if !call.name.starts_with("Assert") {
            return Ok(None);
        }
        let v = call.value(0);
        // What is wrong, if anything is.
        let wrong = match call.name {
            "Assert" if v.truthy() => None,
            "Assert" if call.has(1) => Some(call.value(1).display()),
            "Assert" => Some(actual("the condition does not hold", &v)?),
            "AssertTrue" if matches!(v, Value::Bool(true)) => None,
            "AssertTrue" => Some(actual("not true", &v)?),
            "AssertFalse" if matches!(v, Value::Bool(false)) => None,
            "AssertFalse" => Some(actual("not false", &v)?),
            "AssertNull" if v.is_null() => None,
            "AssertNull" => Some(actual("not null", &v)?),
            "AssertNotNull" if !v.is_null() => None,
            "AssertNotNull" => Some(actual("null", &v)?),
            "AssertEmpty" | "AssertNotEmpty" => {
                if !matches!(v, Value::Text(_) | Value::Array(_) | Value::Dict(_)) {
                    return Err(self.wrong_value(call, "string, array or dictionary", 0));
                }
                let wants_empty = call.name == "AssertEmpty";
                let what = if wants_empty { "not empty" } else { "empty" };
                if (v.extent() == 0) == wants_empty { None } else { Some(actual(what, &v)?) }
            }
            "AssertArrayContains" | "AssertArrayNotContains" => {
                let wants = call.name == "AssertArrayContains";
                let element = call.value(1);
                let has = self.items(call, 0)?.iter().any(|item| item.equals(&element));
                let verb = if wants { "does not contain" } else { "contains" };
                match has == wants {
                    true => None,
                    false => Some(actual(&format!("the array {verb} {}", quoted(&element)?), &v)?),
                }
            }
            "AssertArrayLength" => {
                let (items, length) = (self.items(call, 0)?, self.num(call, 1)?);
                let n = items.len();
                let what = format!("the array has {n} elements, not {length}");
                if n as f64 == length { None } else { Some(actual(&what, &v)?) }
            }
            "AssertStringContains" | "AssertStringStartsWith" | "AssertStringEndsWith" => {
                let (text, part) = (self.text_arg(call, 0)?, self.text_arg(call, 1)?);
                let (holds, verb) = match call.name {
                    "AssertStringContains" => (text.contains(&part), "contain"),
                    "AssertStringStartsWith" => (text.starts_with(&part), "start with"),
                    _ => (text.ends_with(&part), "end with"),
                };
                let what = format!("the text does not {verb} {}", quoted(&call.value(1))?);
                if holds { None } else { Some(actual(&what, &v)?) }
            }
            "AssertGreaterThan"
            | "AssertLessThan"
            | "AssertGreaterThanOrEqual"
            | "AssertLessThanOrEqual" => {
                let (a, b) = (self.num(call, 0)?, self.num(call, 1)?);
                let (holds, relation) = match call.name {
                    "AssertGreaterThan" => (a > b, "greater than"),
                    "AssertLessThan" => (a < b, "less than"),
                    "AssertGreaterThanOrEqual" => (a >= b, "at least"),
                    _ => (a <= b, "at most"),
                };
                let [a, b] = [a, b].map(|n| Value::Number(n).display());
                let expected = format!("{relation} {b}");
                (!holds).then(|| both(&format!("not {relation}"), &expected, &a))
            }
            "AssertFloatEqual" => {
                let (a, b, tolerance) =
                    (self.num(call, 0)?, self.num(call, 1)?, self.num(call, 2)?);
                if tolerance < 0.0 {
                    return Err(self.wrong_kind(call, "non-negative number", 2));
                }
                let [x, y, by] = [a, b, tolerance].map(|n| Value::Number(n).display());
                let holds = a == b || (a - b).abs() <= tolerance;
                (!holds).then(|| both("too far apart", &format!("{y} ± {by}"), &x))
            }
            "AssertEqual" if v.equals(&call.value(1)) => None,
            "AssertEqual" => Some(unequal(&v, &call.value(1))?),
            "AssertNotEqual" if !v.equals(&call.value(1)) => None,
            "AssertThrows" | "AssertDoesNotThrow" | "AssertThrowsWithMessage" => {
                self.assert_throwing(call)?
            }
            _ => return lacks("this assertion"),
        };
        match wrong {
            None => Ok(Some(Value::Null)),
            Some(what) => {
                Err(self.fault("assertion", format!("Assertion failed: {what}"), call.span))
            }
        }
    }

    fn assert_throwing(&mut self, call: &Call<'a>) -> Result<Option<String>, Stop<'a>> {
        let function = self.function_arg(call, 0)?;
        let wanted = match call.name {
            "AssertThrowsWithMessage" => Some(self.text_arg(call, 1)?),
            _ => None,
        };
        let thrown = match self.call(&function, Vec::new(), call.span) {
            Err(Stop::Throw(value, _)) => Some(value.display()),
            Err(stop) => return Err(stop),
            Ok(_) => None,
        };
        Ok(match (call.name, thrown, wanted) {
            ("AssertDoesNotThrow", None, _) | ("AssertThrows", Some(_), _) => None,
            ("AssertDoesNotThrow", Some(text), _) => {
                Some(format!("the call raised an error\n  actual: {text}"))
            }
            (_, Some(text), Some(wanted)) if text == wanted => None,
            (_, Some(text), Some(wanted)) => {
                Some(both("the call raised another error", &wanted, &text))
            }
            ("AssertThrows", None, _) => Some("the call raised no error".to_owned()),
            _ => return lacks("a missing message"),
        })
    }
}

fn actual<'a>(what: &str, value: &Value<'a>) -> Result<String, Stop<'a>> {
    Ok(format!("{what}\n  actual: {}", quoted(value)?))
}

fn both(what: &str, expected: &str, actual: &str) -> String {
    format!("{what}\n  expected: {expected}\n  actual:   {actual}")
}

/// Why two values are not equal.
fn unequal<'a>(value: &Value<'a>, expected: &Value<'a>) -> Result<String, Stop<'a>> {
    let mut message = both("not equal", &quoted(expected)?, &quoted(value)?);
    let mut lines = Vec::new();
    differences("", value, expected, &mut lines)?;
    if lines.len() > DIFFERENCES_MAX {
        return lacks("many differences");
    }
    // That of the whole stands there already.
    for line in lines.iter().filter(|line| !line.starts_with(':')) {
        message.push_str(&format!("\n  at {line}"));
    }
    Ok(message)
}

fn differences<'a>(
    at: &str,
    value: &Value<'a>,
    expected: &Value<'a>,
    lines: &mut Vec<String>,
) -> Result<(), Stop<'a>> {
    if value.equals(expected) {
        return Ok(());
    }
    if at.len() > SHOWN_MAX || lines.len() > DIFFERENCES_MAX {
        return lacks("many differences");
    }
    match (value, expected) {
        (Value::Array(a), Value::Array(b)) => {
            let (a, b) = (a.borrow(), b.borrow());
            for i in 0..a.len().max(b.len()) {
                difference(&format!("{at}[{i}]"), a.get(i), b.get(i), lines)?;
            }
        }
        (Value::Dict(a), Value::Dict(b)) => {
            let (a, b) = (a.borrow(), b.borrow());
            for (key, expected) in b.iter() {
                let at = format!("{at}.{}", key.value().display());
                difference(&at, a.get(key), Some(expected), lines)?;
            }
            for (key, value) in a.iter().filter(|(key, _)| b.get(key).is_none()) {
                difference(&format!("{at}.{}", key.value().display()), Some(value), None, lines)?;
            }
        }
        _ => {
            lines.push(format!("{at}: expected {}, got {}", quoted(expected)?, quoted(value)?));
        }
    }
    Ok(())
}

fn difference<'a>(
    at: &str,
    value: Option<&Value<'a>>,
    expected: Option<&Value<'a>>,
    lines: &mut Vec<String>,
) -> Result<(), Stop<'a>> {
    match (value, expected) {
        (Some(value), Some(expected)) => differences(at, value, expected, lines)?,
        (None, Some(expected)) => lines.push(format!("{at}: missing {}", quoted(expected)?)),
        (Some(value), None) => lines.push(format!("{at}: unexpected {}", quoted(value)?)),
        (None, None) => {}
    }
    Ok(())
}

/// The display form with texts in quotes.
fn quoted<'a>(value: &Value<'a>) -> Result<String, Stop<'a>> {
    quoted_within(value, 0)
}

fn quoted_within<'a>(value: &Value<'a>, depth: usize) -> Result<String, Stop<'a>> {
    if depth > DEPTH_MAX {
        return lacks("a deep value in quotes");
    }
    let quoted = |value: &Value<'a>| quoted_within(value, depth + 1);
    let shown = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.display(),
        Value::Text(text) if text.contains(|c: char| c.is_control() || c == '"' || c == '\\') => {
            return lacks("a text in quotes");
        }
        Value::Text(text) => format!("\"{text}\""),
        Value::Array(items) => {
            let items = items.borrow();
            let items: Result<Vec<_>, _> = items.iter().map(&quoted).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Dict(dict) => {
            let dict = dict.borrow();
            let entries = dict
                .iter()
                .map(|(key, value)| Ok(format!("{}: {}", quoted(&key.value())?, quoted(value)?)));
            let entries: Result<Vec<_>, _> = entries.collect();
            format!("{{{}}}", entries?.join(", "))
        }
        _ => return lacks("a value in quotes"),
    };
    if shown.len() > SHOWN_MAX { lacks("a long value in quotes") } else { Ok(shown) }
}
