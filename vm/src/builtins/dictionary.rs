//! Insertion-ordered dictionaries.

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use super::json_reader::read;
use super::json_writer::{Layout, write};
use crate::{Trap, Value, Vm};

/// A dictionary argument. JSON text of an object gives a new dictionary, of other values an empty
/// one.
#[inline]
pub(super) fn dict(vm: &mut Vm, args: &Args<'_>, i: usize) -> Result<Value, Trap> {
    let v = args.value(i);
    if v.is_object() { Ok(v) } else { dict_from_text(vm, args, i) }
}

#[cold]
fn dict_from_text(vm: &mut Vm, args: &Args<'_>, i: usize) -> Result<Value, Trap> {
    let Some(text) = vm.str(args.value(i)).map(str::to_owned) else {
        return Err(args.expected_got("dictionary", vm, i));
    };
    let value = read(vm, &text)?;
    if value.is_object() { Ok(value) } else { vm.new_object() }
}

pub(super) fn dict_create(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    vm.new_object()
}

pub(super) fn dict_get(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::DictGet, args);
    let dict = dict(vm, &args, 0)?;
    let key = args.key(vm, 1)?;
    Ok(vm.object_get(dict, key).unwrap_or(Value::NULL))
}

pub(super) fn dict_set(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::DictSet, args);
    let dict = dict(vm, &args, 0)?;
    let key = args.key(vm, 1)?;
    vm.object_set(dict, key, args.value(2))?;
    Ok(dict)
}

pub(super) fn dict_has_key(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::DictHasKey, args);
    if args.value(0).is_record() {
        let name = args.text(vm, 1)?;
        let fields = vm.fields(args.value(0)).map(|(_, fields)| fields).unwrap_or_default();
        return Ok(Value::bool(fields.iter().any(|f| f.0 == name)));
    }
    let dict = dict(vm, &args, 0)?;
    let key = args.key(vm, 1)?;
    Ok(Value::bool(vm.object_get(dict, key).is_some()))
}

pub(super) fn dict_keys(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let dict = dict(vm, &Args::new(Builtin::DictKeys, args), 0)?;
    let keys: Vec<Value> = vm.object_entries(dict).into_iter().map(|entry| entry.0).collect();
    vm.new_array(&keys)
}

pub(super) fn dict_values(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let dict = dict(vm, &Args::new(Builtin::DictValues, args), 0)?;
    let values: Vec<Value> = vm.object_entries(dict).into_iter().map(|entry| entry.1).collect();
    vm.new_array(&values)
}

pub(super) fn dict_size(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let dict = dict(vm, &Args::new(Builtin::DictSize, args), 0)?;
    Ok(Value::from_usize(vm.object_len(dict)))
}

pub(super) fn dict_is_empty(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let dict = dict(vm, &Args::new(Builtin::DictIsEmpty, args), 0)?;
    Ok(Value::bool(vm.object_len(dict) == 0))
}

pub(super) fn dict_remove(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::DictRemove, args);
    let dict = dict(vm, &args, 0)?;
    let key = args.key(vm, 1)?;
    vm.object_remove(dict, key);
    Ok(dict)
}

pub(super) fn dict_clear(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let dict = dict(vm, &Args::new(Builtin::DictClear, args), 0)?;
    vm.object_clear(dict);
    Ok(dict)
}

pub(super) fn dict_merge(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::DictMerge, args);
    let (a, b) = (dict(vm, &args, 0)?, dict(vm, &args, 1)?);
    let result = vm.new_object()?;
    for source in [a, b] {
        for (key, value) in vm.object_entries(source) {
            vm.object_set(result, key, value)?;
        }
    }
    Ok(result)
}

pub(super) fn dict_to_json(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::DictToJson, args);
    let dict = dict(vm, &args, 0)?;
    write(vm, &args, dict, Layout::Compact)
}

pub(super) fn dict_from_json(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::DictFromJson, args);
    args.string(vm, 0)?;
    dict(vm, &args, 0)
}

/// Adds to the resulting dictionary, given an entry and what the callback returned for it.
type Visit = fn(&mut Vm, Value, (Value, Value), Value) -> Result<(), Trap>;

/// Calls the function of argument 1 with every key and value of argument 0.
fn each_entry(vm: &mut Vm, args: &Args<'_>, visit: Visit) -> Result<Value, Trap> {
    let dict = dict(vm, args, 0)?;
    let function = args.function(vm, 1)?;
    let (keys, values): (Vec<Value>, Vec<Value>) = vm.object_entries(dict).into_iter().unzip();
    let result = vm.new_object()?;
    vm.root(result);
    // The callback may change the dictionary, so its entries are kept alive here.
    for kept in [&keys, &values] {
        let kept = vm.new_array(kept)?;
        vm.root(kept);
    }
    for entry in keys.into_iter().zip(values) {
        let returned = vm.call_value(function, &[entry.0, entry.1])?;
        visit(vm, result, entry, returned)?;
    }
    Ok(result)
}

pub(super) fn dict_filter(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    each_entry(vm, &Args::new(Builtin::DictFilter, args), |vm, result, (key, value), keep| {
        if vm.truthy(keep) { vm.object_set(result, key, value) } else { Ok(()) }
    })
}

pub(super) fn dict_map(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    each_entry(vm, &Args::new(Builtin::DictMap, args), |vm, result, (key, _), mapped| {
        vm.object_set(result, key, mapped)
    })
}
