//! Array functions that call script code.
//!
//! Rules for this file:
//! 1. A callback may change the array: elements are read one by one, at most as many as there were
//!    at the start.
//! 2. A callback may collect garbage: elements and results live in a rooted array, never only in
//!    Rust variables, while it runs.

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use super::array::{index_value, pair_of_arrays};
use super::distinct::Distinct;
use crate::{Trap, Value, Vm};

/// Calls the function of argument 1 with every element of argument 0. `visit` gets the index, the
/// element and the result, and returns whether to go on.
fn each(
    vm: &mut Vm,
    args: &Args<'_>,
    mut visit: impl FnMut(&mut Vm, usize, Value, Value) -> Result<bool, Trap>,
) -> Result<(), Trap> {
    let arr = args.array(vm, 0)?;
    let function = args.function(vm, 1)?;
    // The callback may remove the element from the array, which then no longer keeps it alive.
    let current = vm.new_array(&[Value::NULL])?;
    vm.root(current);
    for i in 0..vm.array_len(arr) {
        let Some(item) = vm.array_get(arr, i) else { break };
        vm.array_set(current, 0, item)?;
        let result = vm.call_value(function, &[item])?;
        if !visit(vm, i, item, result)? {
            break;
        }
    }
    Ok(())
}

/// New rooted array with room for some elements.
fn rooted_array(vm: &mut Vm, capacity: usize) -> Result<Value, Trap> {
    let result = vm.new_array_with_capacity(capacity)?;
    vm.root(result);
    Ok(result)
}

pub(super) fn array_map(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayMap, args);
    let capacity = vm.array_len(args.array(vm, 0)?);
    let result = rooted_array(vm, capacity)?;
    each(vm, &args, |vm, _, _, mapped| {
        vm.array_push(result, mapped)?;
        Ok(true)
    })?;
    Ok(result)
}

pub(super) fn array_filter(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayFilter, args);
    let result = rooted_array(vm, 0)?;
    each(vm, &args, |vm, _, item, keep| {
        if vm.truthy(keep) {
            vm.array_push(result, item)?;
        }
        Ok(true)
    })?;
    Ok(result)
}

pub(super) fn array_partition(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayPartition, args);
    let pair = pair_of_arrays(vm, &[], &[])?;
    vm.root(pair);
    each(vm, &args, |vm, _, item, matches| {
        let side = usize::from(!vm.truthy(matches));
        let part = vm.array_get(pair, side).unwrap_or(Value::NULL);
        vm.array_push(part, item)?;
        Ok(true)
    })?;
    Ok(pair)
}

pub(super) fn array_find(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let mut found = Value::NULL;
    each(vm, &Args::new(Builtin::ArrayFind, args), |vm, _, item, matches| {
        if vm.truthy(matches) {
            found = item;
            return Ok(false);
        }
        Ok(true)
    })?;
    Ok(found)
}

/// Index of the first element whose result is truthy (`wanted`) or falsy.
fn first_index(vm: &mut Vm, args: &Args<'_>, wanted: bool) -> Result<Option<usize>, Trap> {
    let mut found = None;
    each(vm, args, |vm, i, _, matches| {
        if vm.truthy(matches) == wanted {
            found = Some(i);
        }
        Ok(found.is_none())
    })?;
    Ok(found)
}

pub(super) fn array_find_index(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    Ok(index_value(first_index(vm, &Args::new(Builtin::ArrayFindIndex, args), true)?))
}

pub(super) fn array_every(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let failing = first_index(vm, &Args::new(Builtin::ArrayEvery, args), false)?;
    Ok(Value::bool(failing.is_none()))
}

pub(super) fn array_some(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let matching = first_index(vm, &Args::new(Builtin::ArraySome, args), true)?;
    Ok(Value::bool(matching.is_some()))
}

pub(super) fn array_reduce(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayReduce, args);
    let arr = args.array(vm, 0)?;
    let (mut accumulator, mut function) = (args.value(1), args.value(2));
    if !function.is_callable() {
        if !accumulator.is_callable() {
            return Err(args.expected_got("function", vm, 2));
        }
        std::mem::swap(&mut accumulator, &mut function);
    }
    for i in 0..vm.array_len(arr) {
        let Some(item) = vm.array_get(arr, i) else { break };
        // Both values are arguments of the call, which keeps them alive.
        accumulator = vm.call_value(function, &[accumulator, item])?;
    }
    Ok(accumulator)
}

/// Rooted array of `key(element)`, as long as the array was.
fn keys(vm: &mut Vm, args: &Args<'_>) -> Result<(Value, Value), Trap> {
    let capacity = vm.array_len(args.array(vm, 0)?);
    let items = rooted_array(vm, capacity)?;
    let keys = rooted_array(vm, capacity)?;
    each(vm, args, |vm, _, item, key| {
        vm.array_push(items, item)?;
        vm.array_push(keys, key)?;
        Ok(true)
    })?;
    Ok((items, keys))
}

pub(super) fn array_unique_by(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let (items, keys) = keys(vm, &Args::new(Builtin::ArrayUniqueBy, args))?;
    let mut seen = Distinct::new(vm);
    let pairs = vm.array_items(items).iter().zip(vm.array_items(keys));
    let unique: Vec<Value> =
        pairs.filter(|&(_, key)| seen.add(key).1).map(|(item, _)| item).collect();
    vm.new_array(&unique)
}

pub(super) fn array_group_by(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let (items, keys) = keys(vm, &Args::new(Builtin::ArrayGroupBy, args))?;
    let groups = vm.new_object()?;
    for i in 0..vm.array_len(items) {
        let item = vm.array_get(items, i).unwrap_or(Value::NULL);
        let key = vm.array_get(keys, i).unwrap_or(Value::NULL);
        match vm.object_get(groups, key) {
            Some(group) => vm.array_push(group, item)?,
            None => {
                let group = vm.new_array(&[item])?;
                vm.object_set(groups, key, group)?;
            }
        }
    }
    Ok(groups)
}

pub(super) fn array_sort_by(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    sort_by(vm, &Args::new(Builtin::ArraySortBy, args))
}

/// New array of argument 0 in the order of the comparator in argument 1.
pub(super) fn sort_by(vm: &mut Vm, args: &Args<'_>) -> Result<Value, Trap> {
    let arr = args.array(vm, 0)?;
    let compare = args.function(vm, 1)?;
    let mut items = vm.array_items(arr).to_vec();
    // Keeps every element alive, whatever the comparator does to the original.
    let keep = vm.new_array(&items)?;
    vm.root(keep);
    let mut spare = items.clone();
    merge_sort(&mut items, &mut spare, &mut |a, b| {
        let order = vm.call_value(compare, &[a, b])?;
        match order.as_num() {
            Some(n) => Ok(n > 0.0),
            None => match vm.to_number(order) {
                Ok(n) => Ok(n > 0.0),
                Err(_) => Err(args.expected("function that returns a number", 1)),
            },
        }
    })?;
    for (i, &item) in items.iter().enumerate() {
        vm.array_set(keep, i, item)?;
    }
    Ok(keep)
}

/// Stable merge sort that stays in bounds and ends for any comparator. `after(a, b)` says whether
/// `a` belongs after `b`. `spare` is as long as `items`.
fn merge_sort(
    items: &mut [Value],
    spare: &mut [Value],
    after: &mut impl FnMut(Value, Value) -> Result<bool, Trap>,
) -> Result<(), Trap> {
    let mid = items.len() / 2;
    if mid == 0 {
        return Ok(());
    }
    let (left_spare, right_spare) = spare.split_at_mut(mid);
    merge_sort(&mut items[..mid], left_spare, after)?;
    merge_sort(&mut items[mid..], right_spare, after)?;
    if !after(items[mid - 1], items[mid])? {
        return Ok(());
    }
    left_spare.copy_from_slice(&items[..mid]);
    let (mut left, mut right, mut out) = (0, mid, 0);
    while left < mid && right < items.len() {
        if after(left_spare[left], items[right])? {
            items[out] = items[right];
            right += 1;
        } else {
            items[out] = left_spare[left];
            left += 1;
        }
        out += 1;
    }
    items[out..out + mid - left].copy_from_slice(&left_spare[left..]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(numbers: &[f64], after: impl Fn(f64, f64) -> bool) -> Vec<f64> {
        let mut items: Vec<Value> = numbers.iter().copied().map(Value::num).collect();
        let mut spare = items.clone();
        let number = |v: Value| v.as_num().unwrap_or(f64::NAN);
        merge_sort(&mut items, &mut spare, &mut |a, b| Ok(after(number(a), number(b))))
            .expect("no callback fails");
        items.into_iter().map(number).collect()
    }

    #[test]
    fn merge_sort_is_stable() {
        let by_tens = |a: f64, b: f64| (a / 10.0).floor() > (b / 10.0).floor();
        assert_eq!(sorted(&[25.0, 11.0, 23.0, 12.0, 5.0], by_tens), [5.0, 11.0, 12.0, 25.0, 23.0]);
        let many: Vec<f64> = (0..1000).map(|i| f64::from(i * 7919 % 1000)).collect();
        let expected: Vec<f64> = (0..1000).map(f64::from).collect();
        assert_eq!(sorted(&many, |a, b| a > b), expected);
    }

    #[test]
    fn merge_sort_survives_an_inconsistent_order() {
        let mut result = sorted(&[3.0, 1.0, 2.0, 5.0, 4.0], |_, _| true);
        result.sort_by(f64::total_cmp);
        assert_eq!(result, [1.0, 2.0, 3.0, 4.0, 5.0]);
    }
}
