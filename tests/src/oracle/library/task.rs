//! Builtins of tasks, promises and time.

use super::super::machine::{Eval, Machine, Stop};
use super::super::promise::Kind;
use super::super::value::Value;
use super::{Answer, Call};

impl<'a> Machine<'_, 'a> {
    pub(super) fn task_family(&mut self, call: &Call<'a>) -> Answer<'a> {
        Ok(Some(match call.name {
            "Drift" => return self.pause(call, 0).map(|()| Some(Value::Null)),
            "DelayedSuggestion" => {
                let action = self.function_arg(call, 0)?;
                self.pause(call, 1)?;
                self.call(&action, call.args[2..].to_vec(), call.span)?;
                Value::Null
            }
            "AccelerateTime" | "DecelerateTime" => {
                let factor = self.num(call, 0)?;
                if factor <= 0.0 || !factor.is_finite() {
                    return Err(self.wrong_kind(call, "positive number", 0));
                }
                let is_faster = call.name == "AccelerateTime";
                self.pace.set(if is_faster {
                    self.pace.get() * factor
                } else {
                    self.pace.get() / factor
                });
                Value::Null
            }
            "GetExecutionTime" => Value::Number(self.tasks.borrow().now as f64),
            "asyncDelay" => Value::Promise(self.timer(self.duration(call, 0)?, Value::Null)),
            "delayedValue" => Value::Promise(self.timer(self.duration(call, 0)?, call.value(1))),
            "withTimeout" => {
                let timer = self.timer(self.duration(call, 0)?, Value::Null);
                let mut operation = call.value(1);
                if operation.is_callable() {
                    operation = self.spawn(&operation, call)?;
                }
                self.combined(Kind::Timeout, vec![operation, Value::Promise(timer)])
            }
            "spawnTask" => {
                let function = self.function_arg(call, 0)?;
                self.spawn(&function, call)?
            }
            "awaitTask" => self.awaited(call.value(0), call.span)?,
            "cancelTask" => match call.value(0) {
                Value::Promise(promise) => Value::Bool(self.cancel(&promise)),
                _ => return Err(self.wrong_value(call, "promise", 0)),
            },
            "promiseAll" => self.combined(Kind::All, self.items(call, 0)?),
            "promiseRace" => self.combined(Kind::Race, self.items(call, 0)?),
            "promiseAny" => self.combined(Kind::Any, self.items(call, 0)?),
            "promiseAllSettled" => self.combined(Kind::Settled, self.items(call, 0)?),
            "parallel" => {
                let functions = self.array_arg(call, 0)?;
                if !functions.borrow().iter().all(Value::is_callable) {
                    return Err(self.wrong_kind(call, "array of functions", 0));
                }
                let mut promises = Vec::new();
                // A task that has begun may change the array.
                loop {
                    let next = functions.borrow().get(promises.len()).cloned();
                    let Some(function) = next else { break };
                    promises.push(self.spawn(&function, call)?);
                }
                self.combined(Kind::All, promises)
            }
            "yieldTask" => self.wait(None, call.span)?,
            _ => return Ok(None),
        }))
    }

    /// Milliseconds of an argument at the pace of the program.
    fn duration(&self, call: &Call<'a>, i: usize) -> Result<f64, Stop<'a>> {
        Ok(self.num(call, i)? / self.pace.get())
    }

    /// Waits as many milliseconds as an argument says.
    pub(super) fn pause(&mut self, call: &Call<'a>, i: usize) -> Result<(), Stop<'a>> {
        let timer = self.timer(self.duration(call, i)?, Value::Null);
        self.wait(Some(&timer), call.span).map(|_| ())
    }

    /// Starts a function without parameters as a task.
    fn spawn(&mut self, function: &Value<'a>, call: &Call<'a>) -> Eval<'a> {
        let declared = match function {
            Value::Function(f) => Some(f.function),
            Value::Method(method) => Some(method.function),
            _ => None,
        };
        if let Some(declared) = declared {
            self.check_arity(declared, 0, call.span)?;
            if declared.is_async {
                return self.call(function, Vec::new(), call.span);
            }
        }
        let (function, span) = (function.clone(), call.span);
        self.begin(move |machine| machine.call(&function, Vec::new(), span))
    }
}
