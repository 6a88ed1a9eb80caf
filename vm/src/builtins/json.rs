//! JSON text: reading, writing, querying, merging.

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use super::json_reader::read;
use super::json_writer::{Layout, write};
use crate::{Trap, Value, Vm};

/// The value of the JSON text in argument `i`.
fn read_argument(vm: &mut Vm, args: &Args<'_>, i: usize) -> Result<Value, Trap> {
    // Values are made while the text is read, so it must not lie in the heap.
    let text = args.text(vm, i)?.to_owned();
    read(vm, &text)
}

pub(super) fn parse_json(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    read_argument(vm, &Args::new(Builtin::ParseJSON, args), 0)
}

pub(super) fn stringify_json(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::StringifyJSON, args);
    write(vm, &args, args.value(0), Layout::Compact)
}

pub(super) fn json_pretty(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::JsonPretty, args);
    let value = read_argument(vm, &args, 0)?;
    write(vm, &args, value, Layout::Pretty)
}

pub(super) fn json_query(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::JsonQuery, args);
    let path = args.text(vm, 1)?.to_owned();
    let default = match args.optional(2) {
        Some(_) => args.string(vm, 2)?,
        None => Value::NULL,
    };
    let document = read_argument(vm, &args, 0)?;
    if path.trim().is_empty() {
        return write(vm, &args, document, Layout::Sorted);
    }
    match find(vm, document, &path) {
        Some(found) if found.is_string() => Ok(found),
        Some(found) => write(vm, &args, found, Layout::Sorted),
        None => Ok(default),
    }
}

/// The value at a path such as `data.items[0].name`. Nothing escapes the dots in a key.
fn find(vm: &Vm, document: Value, path: &str) -> Option<Value> {
    let mut at = document;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(indexed) = rest.strip_prefix('[') {
            let (index, after) = indexed.split_once(']').unwrap_or((indexed, ""));
            at = vm.array_get(at, index.trim().parse().ok()?)?;
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            if end > 0 {
                at = vm.object_get_str(at, &rest[..end])?;
            }
            rest = rest[end..].strip_prefix('.').unwrap_or(&rest[end..]);
        }
    }
    Some(at)
}

pub(super) fn json_merge(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::JsonMerge, args);
    let (a, b) = (read_argument(vm, &args, 0)?, read_argument(vm, &args, 1)?);
    let merged = merge(vm, a, b)?;
    write(vm, &args, merged, Layout::Sorted)
}

/// Merges `b` into `a`, both just read, so nothing else sees the change and their depth is limited.
fn merge(vm: &mut Vm, a: Value, b: Value) -> Result<Value, Trap> {
    if a.is_object() && b.is_object() {
        for (key, value) in vm.object_entries(b) {
            let value = match vm.object_get(a, key) {
                Some(old) => merge(vm, old, value)?,
                None => value,
            };
            vm.object_set(a, key, value)?;
        }
        return Ok(a);
    }
    if a.is_array() && b.is_array() {
        for i in 0..vm.array_len(b) {
            let item = vm.array_get(b, i).unwrap_or(Value::NULL);
            vm.array_push(a, item)?;
        }
        return Ok(a);
    }
    Ok(b)
}
