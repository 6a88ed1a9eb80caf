//! Named stores of a program, and its event handlers.

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use crate::{Trap, Value, Vm};

/// Entry of a handle that holds the values; removed when the store is deleted.
const VALUES: &str = "values";

pub(super) fn create_session(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::CreateSession, args);
    let name = args.string(vm, 0)?;
    let (persistent, shared) = (vm.truthy(args.value(1)), vm.truthy(args.value(2)));
    if shared {
        let handles = vm.registry("shared sessions")?;
        if let Some(handle) = vm.object_get(handles, name)
            && vm.object_get_str(handle, VALUES).is_some()
        {
            return Ok(handle);
        }
    }
    let values = if persistent { persistent_values(vm, name)? } else { vm.new_object()? };
    let handle = vm.new_object()?;
    vm.object_set_str(handle, "name", name)?;
    vm.object_set_str(handle, "persistent", Value::bool(persistent))?;
    vm.object_set_str(handle, "shared", Value::bool(shared))?;
    vm.object_set_str(handle, VALUES, values)?;
    if shared {
        let handles = vm.registry("shared sessions")?;
        vm.object_set(handles, name, handle)?;
    }
    Ok(handle)
}

/// The values of all persistent stores of a name.
fn persistent_values(vm: &mut Vm, name: Value) -> Result<Value, Trap> {
    let kept = vm.registry("persistent sessions")?;
    if let Some(values) = vm.object_get(kept, name) {
        return Ok(values);
    }
    let values = vm.new_object()?;
    vm.object_set(kept, name, values)?;
    Ok(values)
}

/// The values of the store in argument 0.
fn values(vm: &Vm, args: &Args<'_>) -> Result<Value, Trap> {
    let handle = args.value(0);
    let Some(name) = vm.object_get_str(handle, "name").and_then(|name| vm.str(name)) else {
        return Err(args.expected_got("session handle", vm, 0));
    };
    match vm.object_get_str(handle, VALUES) {
        Some(values) if values.is_object() => Ok(values),
        _ => Err(Trap::runtime(format!("Session '{name}' is deleted"))),
    }
}

pub(super) fn session_set(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::SessionSet, args);
    let (values, key) = (values(vm, &args)?, args.string(vm, 1)?);
    vm.object_set(values, key, args.value(2))?;
    Ok(Value::NULL)
}

pub(super) fn session_get(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::SessionGet, args);
    let (values, key) = (values(vm, &args)?, args.string(vm, 1)?);
    Ok(vm.object_get(values, key).unwrap_or(Value::NULL))
}

pub(super) fn session_delete(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::SessionDelete, args);
    values(vm, &args)?;
    let key = vm.new_string(VALUES)?;
    vm.object_remove(args.value(0), key);
    Ok(Value::NULL)
}

pub(super) fn on_system_event(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::OnSystemEvent, args);
    let (event, handler) = (args.string(vm, 0)?, args.function(vm, 1)?);
    let events = vm.registry("events")?;
    match vm.object_get(events, event) {
        Some(handlers) => vm.array_push(handlers, handler)?,
        None => {
            let handlers = vm.new_array(&[handler])?;
            vm.object_set(events, event, handlers)?;
        }
    }
    Ok(Value::NULL)
}

pub(super) fn trigger_system_event(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::TriggerSystemEvent, args);
    let event = args.string(vm, 0)?;
    let events = vm.registry("events")?;
    let Some(handlers) = vm.object_get(events, event) else { return Ok(Value::NULL) };
    // Handlers are never removed; those that are registered meanwhile wait for the next event.
    for i in 0..vm.array_len(handlers) {
        let Some(handler) = vm.array_get(handlers, i) else { break };
        vm.call_value(handler, &[args.value(1)])?;
    }
    Ok(Value::NULL)
}
