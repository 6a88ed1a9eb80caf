//! Tasks, promises and timers.

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use crate::task::promise::Combine;
use crate::task::whole_ms;
use crate::{Trap, Value, Vm};

/// Milliseconds of an argument at the current pace of time.
fn duration(vm: &mut Vm, args: &Args<'_>) -> Result<u64, Trap> {
    let ms = args.num(vm, 0)?;
    Ok(whole_ms(ms / vm.builtins.pace))
}

pub(super) fn async_delay(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let ms = duration(vm, &Args::new(Builtin::asyncDelay, args))?;
    vm.new_timer(ms, Value::NULL)
}

pub(super) fn delayed_value(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::delayedValue, args);
    let ms = duration(vm, &args)?;
    vm.new_timer(ms, args.value(1))
}

pub(super) fn with_timeout(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::withTimeout, args);
    let ms = duration(vm, &args)?;
    let timer = vm.new_timer(ms, Value::NULL)?;
    vm.root(timer);
    let mut operation = args.value(1);
    if operation.is_callable() {
        operation = vm.spawn(operation)?;
    }
    vm.combined(Combine::Timeout, &[operation, timer])
}

pub(super) fn spawn_task(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let function = Args::new(Builtin::spawnTask, args).function(vm, 0)?;
    vm.spawn(function)
}

pub(super) fn await_task(_vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let task = Args::new(Builtin::awaitTask, args).value(0);
    if task.is_promise() { Err(Trap::Await(task)) } else { Ok(task) }
}

pub(super) fn cancel_task(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::cancelTask, args);
    let task = args.value(0);
    if !task.is_promise() {
        return Err(args.expected_got("promise", vm, 0));
    }
    Ok(Value::bool(vm.cancel(task)))
}

fn combine(vm: &mut Vm, builtin: Builtin, kind: Combine, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(builtin, args);
    let parts = args.array(vm, 0)?;
    args.check_size(vm.array_len(parts))?;
    let parts = vm.array_items(parts).to_vec();
    vm.combined(kind, &parts)
}

pub(super) fn promise_all(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    combine(vm, Builtin::promiseAll, Combine::All, args)
}

pub(super) fn promise_race(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    combine(vm, Builtin::promiseRace, Combine::Race, args)
}

pub(super) fn promise_any(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    combine(vm, Builtin::promiseAny, Combine::Any, args)
}

pub(super) fn promise_all_settled(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    combine(vm, Builtin::promiseAllSettled, Combine::Settled, args)
}

pub(super) fn parallel(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::parallel, args);
    let functions = args.array(vm, 0)?;
    args.check_size(vm.array_len(functions))?;
    let all_callable = vm.array_items(functions).iter().all(|f| f.is_callable());
    if !all_callable {
        return Err(args.expected("array of functions", 0));
    }
    let promises = vm.new_array(&[])?;
    vm.root(promises);
    for i in 0..vm.array_len(functions) {
        // A task that has begun may change the array.
        let Some(function) = vm.array_get(functions, i) else { break };
        let promise = vm.spawn(function)?;
        vm.array_push(promises, promise)?;
    }
    let promises = vm.array_items(promises).to_vec();
    vm.combined(Combine::All, &promises)
}

pub(super) fn yield_task(_vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    Err(Trap::Await(Value::NULL))
}
