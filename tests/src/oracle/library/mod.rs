//! The builtins of the oracle, written from their documentation.
//!
//! Only names, aliases and the number of required arguments come from the table of builtins. Each
//! family answers `None` for a builtin that is not its own; one that nobody knows is unsupported.

mod array;
mod assertion;
pub(crate) mod channel;
mod collection;
mod core;
mod dictionary;
mod encoding;
mod file;
mod flow;
mod json;
mod math;
mod statistics;
mod task;
mod text;
mod words;

use hyp_bytecode::builtin::Builtin;
use hyp_grammar::span::Span;

use super::machine::{Eval, Machine, Stop};
use super::value::{Array, Value};
use super::{FUEL, fuel};

/// Most elements of a result.
const ELEMENTS_MAX: usize = 1 << 24;

/// The canonical name of a builtin. Calls also find it in other spellings.
pub(crate) fn find(name: &str, is_call: bool) -> Option<&'static str> {
    let spec = Builtin::lookup(name)?.spec();
    let is_exact = spec.name == name || spec.aliases.contains(&name);
    (is_exact || is_call).then_some(spec.name)
}

/// One call of a builtin.
pub(crate) struct Call<'a> {
    pub name: &'static str,
    pub args: Vec<Value<'a>>,
    pub span: Span,
}

impl<'a> Call<'a> {
    /// The argument, null if left out.
    pub(crate) fn value(&self, i: usize) -> Value<'a> {
        self.args.get(i).cloned().unwrap_or(Value::Null)
    }

    /// Whether the argument is given and not null.
    pub(crate) fn has(&self, i: usize) -> bool {
        self.args.get(i).is_some_and(|v| !v.is_null())
    }
}

/// What a family of builtins answers.
pub(crate) type Answer<'a> = Result<Option<Value<'a>>, Stop<'a>>;

impl<'a> Machine<'_, 'a> {
    /// Calls a builtin.
    pub(crate) fn builtin(
        &mut self,
        name: &'static str,
        args: Vec<Value<'a>>,
        span: Span,
    ) -> Eval<'a> {
        self.step()?;
        let spec = Builtin::lookup(name).map(Builtin::spec);
        let params = spec.map_or(&[][..], |s| s.params);
        let required = params.iter().take_while(|p| !p.is_optional()).count();
        if args.len() < required {
            let message = if name == "Length" {
                "Function 'Length' requires at least 1 argument".to_owned()
            } else {
                format!("Builtin '{name}' expected argument at position {}", args.len() + 1)
            };
            return Err(self.failure(message, span));
        }
        let call = Call { name, args, span };
        let families = [
            Machine::core,
            Machine::math,
            Machine::text_family,
            Machine::words,
            Machine::array_family,
            Machine::higher_order,
            Machine::collection,
            Machine::statistics,
            Machine::dictionary,
            Machine::assertions,
            Machine::flow,
            Machine::encoding,
            Machine::file_family,
            Machine::task_family,
            Machine::channel_family,
        ];
        for family in families {
            if let Some(value) = family(self, &call)? {
                if !call.args.iter().any(|arg| arg.is_identical(&value)) {
                    fuel::spend_copying(value.extent());
                }
                return Ok(value);
            }
        }
        Err(Stop::Unsupported(format!("builtin {name}")))
    }

    /// A numeric argument.
    fn num(&self, call: &Call<'a>, i: usize) -> Result<f64, Stop<'a>> {
        self.number(&call.value(i), call.span)
            .map_err(|_| self.wrong_kind(call, "numeric argument", i))
    }

    fn num_or(&self, call: &Call<'a>, i: usize, default: f64) -> Result<f64, Stop<'a>> {
        if call.has(i) { self.num(call, i) } else { Ok(default) }
    }

    /// A whole number: half away from zero, NaN is 0.
    fn whole(&self, call: &Call<'a>, i: usize) -> Result<f64, Stop<'a>> {
        let n = self.num(call, i)?;
        Ok(if n.is_nan() { 0.0 } else { n.round() })
    }

    /// A whole number that is not negative.
    fn count(&self, call: &Call<'a>, i: usize) -> Result<usize, Stop<'a>> {
        let n = self.num(call, i)?;
        if n < 0.0 {
            return Err(self.wrong_kind(call, "non-negative number", i));
        }
        Ok(n.round() as usize)
    }

    fn count_or(&self, call: &Call<'a>, i: usize, default: usize) -> Result<usize, Stop<'a>> {
        if call.has(i) { self.count(call, i) } else { Ok(default) }
    }

    /// A number of elements to make.
    fn size(&self, call: &Call<'a>, i: usize) -> Result<usize, Stop<'a>> {
        let n = self.count(call, i)?;
        self.check_elements(n, call)?;
        Ok(n)
    }

    /// Whether there may be so many elements.
    fn check_elements(&self, n: usize, call: &Call<'a>) -> Result<(), Stop<'a>> {
        if n > ELEMENTS_MAX {
            let message = format!("Array too large (limit {ELEMENTS_MAX} elements)");
            return Err(self.failure(message, call.span));
        }
        if fuel::spend_copying(n) { Ok(()) } else { lacks(FUEL) }
    }

    fn text_arg(&self, call: &Call<'a>, i: usize) -> Result<String, Stop<'a>> {
        match call.value(i) {
            Value::Text(text) => {
                fuel::spend_copying(text.len());
                Ok(text.to_string())
            }
            _ => Err(self.wrong_value(call, "string", i)),
        }
    }

    fn chars_arg(&self, call: &Call<'a>, i: usize) -> Result<Vec<char>, Stop<'a>> {
        Ok(self.text_arg(call, i)?.chars().collect())
    }

    fn array_arg(&self, call: &Call<'a>, i: usize) -> Result<Array<'a>, Stop<'a>> {
        match call.value(i) {
            Value::Array(items) => Ok(items),
            _ => Err(self.wrong_value(call, "array", i)),
        }
    }

    fn items(&self, call: &Call<'a>, i: usize) -> Result<Vec<Value<'a>>, Stop<'a>> {
        let items = self.array_arg(call, i)?.borrow().clone();
        fuel::spend_copying(items.len());
        Ok(items)
    }

    fn function_arg(&self, call: &Call<'a>, i: usize) -> Result<Value<'a>, Stop<'a>> {
        let value = call.value(i);
        if value.is_callable() { Ok(value) } else { Err(self.wrong_value(call, "function", i)) }
    }

    /// The elements of an array as numbers.
    fn numbers(&self, call: &Call<'a>, i: usize) -> Result<Vec<f64>, Stop<'a>> {
        let items = self.items(call, i)?;
        let numbers = items.iter().enumerate().map(|(at, item)| {
            self.number(item, call.span)
                .map_err(|_| self.wrong_kind(call, "numeric array element", at))
        });
        numbers.collect()
    }

    fn wrong_kind(&self, call: &Call<'a>, what: &str, i: usize) -> Stop<'a> {
        let message = format!("Builtin '{}' expected {what} at position {}", call.name, i + 1);
        self.fault("type", message, call.span)
    }

    fn wrong_value(&self, call: &Call<'a>, what: &str, i: usize) -> Stop<'a> {
        let shown = call.value(i).display();
        let got = match shown.char_indices().nth(80) {
            Some((cut, _)) => format!("{}...", &shown[..cut]),
            None => shown,
        };
        let (name, position) = (call.name, i + 1);
        let message =
            format!("Builtin '{name}' expected {what} argument at position {position}, got {got}");
        self.fault("type", message, call.span)
    }
}

/// A missing feature.
fn lacks<'a, T>(what: &str) -> Result<T, Stop<'a>> {
    Err(Stop::Unsupported(what.to_owned()))
}
