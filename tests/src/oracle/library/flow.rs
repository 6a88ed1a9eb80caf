//! Builtins that call functions one after the other.

use std::cell::RefCell;
use std::rc::Rc;

use hyp_grammar::ast::OutputKind;
use hyp_grammar::span::Span;

use super::super::machine::{Eval, Machine, Stop};
use super::super::value::{Dict, Key, Native, Value};
use super::{Answer, Call};

/// Argument lists that a memoized function remembers.
const MEMORY: usize = 1024;
/// Parts of an argument that is not very large.
const PARTS_MAX: usize = 4096;

impl<'a> Machine<'_, 'a> {
    pub(super) fn flow(&mut self, call: &Call<'a>) -> Answer<'a> {
        let output = |kind| (kind, call.value(0));
        let (kind, value) = match call.name {
            "Observe" => output(OutputKind::Observe),
            "Whisper" => output(OutputKind::Whisper),
            "Command" => output(OutputKind::Command),
            "Murmur" => output(OutputKind::Murmur),
            _ => return self.sequences(call),
        };
        self.print(kind, &value)?;
        Ok(Some(Value::Null))
    }

    fn sequences(&mut self, call: &Call<'a>) -> Answer<'a> {
        match call.name {
            // As an expression it is evaluated elsewhere, because its arguments are lazy.
            "Try" => return Ok(Some(call.value(0))),
            "Ok" => return Ok(Some(result(true, "value", call.value(0)))),
            "Err" => return Ok(Some(result(false, "error", call.value(0)))),
            "Compose" => {
                let (last, first) = (self.function_arg(call, 0)?, self.function_arg(call, 1)?);
                return Ok(Some(Value::Native(Rc::new(Native::Composed(first, last)))));
            }
            "Pipe" => {
                let (first, last) = (self.function_arg(call, 0)?, self.function_arg(call, 1)?);
                return Ok(Some(Value::Native(Rc::new(Native::Composed(first, last)))));
            }
            "Memoize" => {
                let memoized = Native::Memoized(self.function_arg(call, 0)?, RefCell::default());
                return Ok(Some(Value::Native(Rc::new(memoized))));
            }
            "IfTranced" => {
                let (then, otherwise) = (self.function_arg(call, 1)?, call.value(2));
                if call.has(2) {
                    self.function_arg(call, 2)?;
                }
                return if call.value(0).truthy() {
                    self.act(&then, call).map(Some)
                } else if otherwise.is_null() {
                    Ok(Some(Value::Null))
                } else {
                    self.act(&otherwise, call).map(Some)
                };
            }
            "RepeatAction" => {
                let (count, action) = if call.value(0).is_callable() { (1, 0) } else { (0, 1) };
                let count = self.whole(call, count)?;
                let action = self.function_arg(call, action)?;
                let mut done = 0.0;
                while done < count {
                    if done > 0.0 && call.has(2) && self.num(call, 2)? > 0.0 {
                        self.pause(call, 2)?;
                    }
                    self.act(&action, call)?;
                    done += 1.0;
                }
            }
            "RepeatUntil" => {
                let (action, until) = (self.function_arg(call, 0)?, self.function_arg(call, 1)?);
                loop {
                    self.act(&action, call)?;
                    if self.act(&until, call)?.truthy() {
                        break;
                    }
                }
            }
            "RepeatWhile" => {
                let (cond, action) = (self.function_arg(call, 0)?, self.function_arg(call, 1)?);
                while self.act(&cond, call)?.truthy() {
                    self.act(&action, call)?;
                }
            }
            "SequentialTrance" => {
                for action in self.items(call, 0)? {
                    self.act(&action, call)?;
                }
            }
            "TryOrAwaken" => {
                let (attempt, rescue) = (self.function_arg(call, 0)?, self.function_arg(call, 1)?);
                let why = match self.act(&attempt, call) {
                    Ok(value) => failure(&value),
                    Err(Stop::Throw(value, _)) => Some(Value::text(value.display())),
                    Err(stop) => return Err(stop),
                };
                if let Some(why) = why {
                    self.call(&rescue, vec![why], call.span)?;
                }
            }
            "EnsureAwakening" => {
                let (main, cleanup) = (self.function_arg(call, 0)?, self.function_arg(call, 1)?);
                let result = self.act(&main, call);
                if let Err(stop @ Stop::Unsupported(_)) = result {
                    return Err(stop);
                }
                self.act(&cleanup, call)?;
                result?;
            }
            _ => return Ok(None),
        }
        Ok(Some(Value::Null))
    }

    /// Calls a function that a builtin has made.
    pub(crate) fn call_native(
        &mut self,
        native: &Native<'a>,
        args: Vec<Value<'a>>,
        span: Span,
    ) -> Eval<'a> {
        self.step()?;
        match native {
            Native::Composed(first, last) => {
                let value = self.call(first, args, span)?;
                self.call(last, vec![value], span)
            }
            Native::Memoized(function, _) if !args.iter().all(|arg| is_small(arg, &mut 0)) => {
                self.call(function, args, span)
            }
            Native::Memoized(function, known) => {
                let same = |list: &[Value<'a>]| {
                    list.len() == args.len() && list.iter().zip(&args).all(|(a, b)| a.same(b))
                };
                let found = known.borrow().iter().find(|(list, _)| same(list)).map(|k| k.1.clone());
                if let Some(value) = found {
                    return Ok(value);
                }
                let value = self.call(function, args.clone(), span)?;
                let mut known = known.borrow_mut();
                if known.len() == MEMORY {
                    known.remove(0);
                }
                known.push((args, value.clone()));
                Ok(value)
            }
        }
    }

    /// Calls a function without arguments.
    fn act(&mut self, function: &Value<'a>, call: &Call<'a>) -> Result<Value<'a>, Stop<'a>> {
        self.step()?;
        self.call(function, Vec::new(), call.span)
    }
}

fn result<'a>(ok: bool, name: &str, value: Value<'a>) -> Value<'a> {
    let mut dict = Dict::default();
    dict.set(Key::Text("ok".into()), Value::Bool(ok));
    dict.set(Key::Text(name.into()), value);
    Value::dict(dict)
}

/// Whether an argument is small enough to be remembered. One that contains itself is not.
fn is_small(value: &Value<'_>, parts: &mut usize) -> bool {
    *parts += 1;
    if *parts > PARTS_MAX {
        return false;
    }
    match value {
        Value::Array(items) => items.borrow().iter().all(|item| is_small(item, parts)),
        Value::Dict(dict) => dict.borrow().iter().all(|(_, item)| is_small(item, parts)),
        _ => true,
    }
}

/// The message of a result that `Err` has made.
fn failure<'a>(value: &Value<'a>) -> Option<Value<'a>> {
    let Value::Dict(dict) = value else { return None };
    let dict = dict.borrow();
    match dict.text("ok") {
        Some(Value::Bool(false)) => Some(dict.text("error").cloned().unwrap_or(Value::Null)),
        _ => None,
    }
}
