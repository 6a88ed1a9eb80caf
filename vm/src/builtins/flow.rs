//! Control flow as functions: repetition, choice, composition, protection.

use std::time::Instant;

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use super::hypnotic::wait;
use super::structure;
use crate::native::Native;
use crate::{Trap, Value, Vm};

/// Results that a function of `Memoize` remembers.
const RESULTS_MAX: usize = 1024;

pub(super) fn repeat_action(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::RepeatAction, args);
    let (times, action) = if args.value(0).is_callable() { (1, 0) } else { (0, 1) };
    let count = args.int(vm, times)?;
    let action = args.function(vm, action)?;
    let interval = args.num_or(vm, 2, 0.0)?;
    for i in 0..count {
        if i > 0 && interval > 0.0 {
            wait(vm, interval)?;
        }
        vm.charge(1)?;
        vm.call_value(action, &[])?;
    }
    Ok(Value::NULL)
}

pub(super) fn delayed_suggestion(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::DelayedSuggestion, args);
    let action = args.function(vm, 0)?;
    let delay = args.num(vm, 1)?;
    wait(vm, delay)?;
    vm.call_value(action, args.rest(2))?;
    Ok(Value::NULL)
}

pub(super) fn if_tranced(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::IfTranced, args);
    let then = args.function(vm, 1)?;
    let otherwise = args.optional(2).map(|_| args.function(vm, 2)).transpose()?;
    let chosen = if vm.truthy(args.value(0)) { Some(then) } else { otherwise };
    chosen.map_or(Ok(Value::NULL), |branch| vm.call_value(branch, &[]))
}

pub(super) fn compose(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Compose, args);
    let (second, first) = (args.function(vm, 0)?, args.function(vm, 1)?);
    vm.new_native(Native::Composed, &[first, second])
}

pub(super) fn pipe(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Pipe, args);
    let (first, second) = (args.function(vm, 0)?, args.function(vm, 1)?);
    vm.new_native(Native::Composed, &[first, second])
}

/// Element of a state.
fn part(vm: &Vm, state: Value, at: usize) -> Value {
    vm.array_get(state, at).unwrap_or(Value::NULL)
}

/// Splits the state from the arguments of a call.
fn state_and_arguments(args: &[Value]) -> (Value, &[Value]) {
    args.split_first().map_or((Value::NULL, args), |(state, rest)| (*state, rest))
}

pub(crate) fn call_composed(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let (state, args) = state_and_arguments(args);
    let inner = vm.call_value(part(vm, state, 0), args)?;
    vm.call_value(part(vm, state, 1), &[inner])
}

pub(crate) fn call_first(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let (state, args) = state_and_arguments(args);
    vm.call_value(part(vm, state, 0), args)
}

pub(super) fn memoize(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let function = Args::new(Builtin::Memoize, args).function(vm, 0)?;
    let results = vm.new_object()?;
    vm.new_native(Native::Memoized, &[function, results])
}

/// The results are a dictionary from the structure of the arguments to an array of the result and of
/// everything that the structure names by identity, which must stay alive as long.
pub(crate) fn call_memoized(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let (state, args) = state_and_arguments(args);
    let (function, results) = (part(vm, state, 0), part(vm, state, 1));
    let Some((key, identities)) = structure::key(vm, args) else {
        return vm.call_value(function, args);
    };
    let key = vm.new_string(&key)?;
    if let Some(entry) = vm.object_get(results, key) {
        return Ok(part(vm, entry, 0));
    }
    vm.root(key);
    // The callee may change an argument so that it no longer refers to these.
    let entry = vm.new_array(&[Value::NULL])?;
    for value in identities {
        vm.array_push(entry, value)?;
    }
    vm.root(entry);
    let result = vm.call_value(function, args)?;
    vm.array_set(entry, 0, result)?;
    if vm.object_len(results) >= RESULTS_MAX
        && let Some((oldest, _)) = vm.entry_at(results, &mut 0)
    {
        vm.object_remove(results, oldest);
    }
    vm.object_set(results, key, entry)?;
    Ok(result)
}

pub(super) fn repeat_until(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::RepeatUntil, args);
    let (action, condition) = (args.function(vm, 0)?, args.function(vm, 1)?);
    loop {
        vm.charge(1)?;
        vm.call_value(action, &[])?;
        let done = vm.call_value(condition, &[])?;
        if vm.truthy(done) {
            return Ok(Value::NULL);
        }
    }
}

pub(super) fn repeat_while(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::RepeatWhile, args);
    let (condition, action) = (args.function(vm, 0)?, args.function(vm, 1)?);
    loop {
        vm.charge(1)?;
        let goes_on = vm.call_value(condition, &[])?;
        if !vm.truthy(goes_on) {
            return Ok(Value::NULL);
        }
        vm.call_value(action, &[])?;
    }
}

pub(super) fn sequential_trance(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::SequentialTrance, args);
    let actions = args.array(vm, 0)?;
    for i in 0..vm.array_len(actions) {
        let Some(action) = vm.array_get(actions, i) else { break };
        vm.call_value(action, &[])?;
    }
    Ok(Value::NULL)
}

/// Message of a caught value.
pub(super) fn message_of(vm: &Vm, caught: Value) -> String {
    vm.error_info(caught).map_or_else(|| vm.display(caught), |info| info.message)
}

pub(super) fn try_or_awaken(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::TryOrAwaken, args);
    let (attempt, rescue) = (args.function(vm, 0)?, args.function(vm, 1)?);
    let message = match vm.call_value(attempt, &[]) {
        Ok(result) => {
            if vm.object_get_str(result, "ok") != Some(Value::FALSE) {
                return Ok(Value::NULL);
            }
            vm.display(vm.object_get_str(result, "error").unwrap_or(Value::NULL))
        }
        Err(trap) => {
            let caught = vm.catch(trap)?;
            message_of(vm, caught)
        }
    };
    let message = vm.new_string(&message)?;
    vm.call_value(rescue, &[message])?;
    Ok(Value::NULL)
}

pub(super) fn ensure_awakening(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::EnsureAwakening, args);
    let (main, cleanup) = (args.function(vm, 0)?, args.function(vm, 1)?);
    let ended = match vm.call_value(main, &[]) {
        Ok(_) => Ok(Value::NULL),
        Err(trap) if trap.is_catchable() => {
            let caught = vm.catch(trap)?;
            vm.root(caught);
            Err(Trap::Throw(caught))
        }
        Err(exit @ Trap::Exit(_)) => Err(exit),
        // As for `finally`: nothing runs any more.
        Err(end) => return Err(end),
    };
    vm.call_value(cleanup, &[])?;
    ended
}

pub(super) fn measure_trance_depth(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let action = Args::new(Builtin::MeasureTranceDepth, args).function(vm, 0)?;
    let start = Instant::now();
    vm.call_value(action, &[])?;
    Ok(Value::num(start.elapsed().as_millis() as f64))
}

/// `{ok: …, NAME: value}`.
fn result(vm: &mut Vm, ok: bool, name: &str, value: Value) -> Result<Value, Trap> {
    let result = vm.new_object()?;
    vm.object_set_str(result, "ok", Value::bool(ok))?;
    vm.object_set_str(result, name, value)?;
    Ok(result)
}

pub(super) fn ok_result(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    result(vm, true, "value", Args::new(Builtin::Ok, args).value(0))
}

pub(super) fn err_result(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    result(vm, false, "error", Args::new(Builtin::Err, args).value(0))
}

/// `Try` as a value; calls by name are compiled.
pub(super) fn try_value(_vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    Ok(Args::new(Builtin::Try, args).value(0))
}
