//! Arrays: access, search, functions that return new arrays, and the mutators.

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use super::distinct::Distinct;
use super::higher_order;
use crate::{Trap, Value, Vm, number};

pub(super) fn array_length(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let arr = Args::new(Builtin::ArrayLength, args).array(vm, 0)?;
    Ok(Value::from_usize(vm.array_len(arr)))
}

pub(super) fn array_is_empty(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let arr = Args::new(Builtin::ArrayIsEmpty, args).array(vm, 0)?;
    Ok(Value::bool(vm.array_len(arr) == 0))
}

pub(super) fn array_get(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayGet, args);
    let arr = args.array(vm, 0)?;
    let index = args.count(vm, 1)?;
    Ok(vm.array_get(arr, index).unwrap_or(Value::NULL))
}

pub(super) fn array_first(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let arr = Args::new(Builtin::ArrayFirst, args).array(vm, 0)?;
    Ok(vm.array_get(arr, 0).unwrap_or(Value::NULL))
}

pub(super) fn array_last(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let arr = Args::new(Builtin::ArrayLast, args).array(vm, 0)?;
    Ok(vm.array_items(arr).iter().next_back().unwrap_or(Value::NULL))
}

// ---- Search ----

pub(super) fn array_index_of(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayIndexOf, args);
    let (arr, element) = (args.array(vm, 0)?, args.value(1));
    Ok(index_value(vm.array_items(arr).iter().position(|v| vm.equals(v, element))))
}

pub(super) fn array_last_index_of(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayLastIndexOf, args);
    let (arr, element) = (args.array(vm, 0)?, args.value(1));
    Ok(index_value(vm.array_items(arr).iter().rposition(|v| vm.equals(v, element))))
}

/// An index as a number; -1 for none.
pub(super) fn index_value(found: Option<usize>) -> Value {
    found.map_or(Value::num(-1.0), Value::from_usize)
}

pub(super) fn array_contains(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayContains, args);
    let (arr, element) = (args.array(vm, 0)?, args.value(1));
    Ok(Value::bool(vm.array_items(arr).iter().any(|v| vm.equals(v, element))))
}

pub(super) fn array_count(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayCount, args);
    let (arr, element) = (args.array(vm, 0)?, args.value(1));
    Ok(Value::from_usize(vm.array_items(arr).iter().filter(|&v| vm.equals(v, element)).count()))
}

pub(super) fn arrays_equal(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArraysEqual, args);
    let (a, b) = (args.array(vm, 0)?, args.array(vm, 1)?);
    Ok(Value::bool(vm.equals(a, b)))
}

// ---- Numbers ----

pub(super) fn array_sum(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    Ok(Value::num(sum(vm, &Args::new(Builtin::ArraySum, args))?.0))
}

pub(super) fn array_average(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let (total, n) = sum(vm, &Args::new(Builtin::ArrayAverage, args))?;
    Ok(Value::num(if n == 0 { 0.0 } else { total / n as f64 }))
}

/// Sum and count of a number array.
pub(super) fn sum(vm: &mut Vm, args: &Args<'_>) -> Result<(f64, usize), Trap> {
    let arr = args.array(vm, 0)?;
    let items = vm.array_items(arr);
    let n = items.len();
    let mut total = 0.0;
    for item in items {
        match item.as_num() {
            Some(x) => total += x,
            None => return Ok((args.numbers(vm, 0)?.into_iter().fold(0.0, |a, b| a + b), n)),
        }
    }
    Ok((total, n))
}

pub(super) fn array_min(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let numbers = Args::new(Builtin::ArrayMin, args).numbers(vm, 0)?.into_iter();
    Ok(numbers.filter(|n| !n.is_nan()).reduce(number::min).map_or(Value::NULL, Value::num))
}

pub(super) fn array_max(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let numbers = Args::new(Builtin::ArrayMax, args).numbers(vm, 0)?.into_iter();
    Ok(numbers.filter(|n| !n.is_nan()).reduce(number::max).map_or(Value::NULL, Value::num))
}

/// Ascending order with NaN last.
pub(super) fn number_order(a: &f64, b: &f64) -> std::cmp::Ordering {
    a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

pub(super) fn array_sort(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let row = Args::new(Builtin::ArraySort, args);
    let arr = row.array(vm, 0)?;
    if row.optional(1).is_some() {
        return higher_order::sort_by(vm, &row);
    }
    vm.charge(vm.array_len(arr))?;
    let items = vm.array_items(arr);
    if !items.is_empty() && items.iter().all(Value::is_string) {
        let mut sorted = items.to_vec();
        sorted.sort_by(|&a, &b| vm.str(a).cmp(&vm.str(b)));
        return vm.new_array(&sorted);
    }
    let mut numbers = row.numbers(vm, 0)?;
    numbers.sort_by(number_order);
    let sorted: Vec<Value> = numbers.into_iter().map(Value::num).collect();
    vm.new_array(&sorted)
}

// ---- New arrays ----

/// New array of the elements in a range, clamped.
fn copy_range(vm: &mut Vm, arr: Value, start: usize, end: usize) -> Result<Value, Trap> {
    vm.heap.new_array_from(vm.array_items(arr).range(start..end))
}

pub(super) fn array_take(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayTake, args);
    let arr = args.array(vm, 0)?;
    let n = args.count(vm, 1)?;
    copy_range(vm, arr, 0, n)
}

pub(super) fn array_skip(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArraySkip, args);
    let arr = args.array(vm, 0)?;
    let n = args.count(vm, 1)?;
    copy_range(vm, arr, n, usize::MAX)
}

pub(super) fn array_slice(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArraySlice, args);
    let arr = args.array(vm, 0)?;
    let start = args.count(vm, 1)?;
    let end = args.count_or(vm, 2, usize::MAX)?;
    copy_range(vm, arr, start, end)
}

pub(super) fn sub_array(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::SubArray, args);
    let arr = args.array(vm, 0)?;
    let start = args.count(vm, 1)?;
    let end = start.saturating_add(args.count(vm, 2)?);
    copy_range(vm, arr, start, end)
}

pub(super) fn array_reverse(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let arr = Args::new(Builtin::ArrayReverse, args).array(vm, 0)?;
    let items: Vec<Value> = vm.array_items(arr).iter().rev().collect();
    vm.new_array(&items)
}

pub(super) fn array_distinct(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let arr = Args::new(Builtin::ArrayDistinct, args).array(vm, 0)?;
    let items = Distinct::of(vm, vm.array_items(arr)).into_items();
    vm.new_array(&items)
}

pub(super) fn array_join(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayJoin, args);
    let arr = args.array(vm, 0)?;
    let separator = args.text(vm, 1)?;
    let mut result = String::new();
    for (i, item) in vm.array_items(arr).iter().enumerate() {
        if i > 0 {
            result.push_str(separator);
        }
        match vm.str(item) {
            Some(text) => result.push_str(text),
            None => vm.display_into(item, &mut result),
        }
        args.check_bytes(Some(result.len()))?;
    }
    vm.new_string(&result)
}

pub(super) fn array_flatten(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayFlatten, args);
    let arr = args.array(vm, 0)?;
    let mut flat = Vec::new();
    for item in vm.array_items(arr) {
        if item.is_array() {
            flat.extend(vm.array_items(item));
        } else {
            flat.push(item);
        }
        args.check_size(flat.len())?;
    }
    vm.new_array(&flat)
}

pub(super) fn array_zip(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayZip, args);
    let (a, b) = (args.array(vm, 0)?, args.array(vm, 1)?);
    let n = vm.array_len(a).min(vm.array_len(b));
    let result = vm.new_array_with_capacity(n)?;
    for i in 0..n {
        let x = vm.array_get(a, i).unwrap_or(Value::NULL);
        let y = vm.array_get(b, i).unwrap_or(Value::NULL);
        let pair = vm.new_array(&[x, y])?;
        vm.array_push(result, pair)?;
    }
    Ok(result)
}

pub(super) fn unzip(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Unzip, args);
    let pairs = args.array(vm, 0)?;
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for pair in vm.array_items(pairs) {
        let parts = vm.array_items(pair);
        let (Some(x), Some(y), 2) = (parts.get(0), parts.get(1), parts.len()) else {
            return Err(args.expected_got("array of pairs", vm, 0));
        };
        a.push(x);
        b.push(y);
    }
    pair_of_arrays(vm, &a, &b)
}

/// Array of two new arrays.
pub(super) fn pair_of_arrays(vm: &mut Vm, a: &[Value], b: &[Value]) -> Result<Value, Trap> {
    let a = vm.new_array(a)?;
    let b = vm.new_array(b)?;
    vm.new_array(&[a, b])
}

pub(super) fn array_chunk(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayChunk, args);
    let arr = args.array(vm, 0)?;
    let size = args.count(vm, 1)?;
    let items = vm.array_items(arr).to_vec();
    let chunks = if size == 0 { &[] } else { items.as_slice() }.chunks(size.max(1));
    let result = vm.new_array_with_capacity(chunks.len())?;
    for chunk in chunks {
        let chunk = vm.new_array(chunk)?;
        vm.array_push(result, chunk)?;
    }
    Ok(result)
}

pub(super) fn array_windows(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayWindows, args);
    let arr = args.array(vm, 0)?;
    let size = args.count(vm, 1)?;
    let items = vm.array_items(arr).to_vec();
    let windows = if size == 0 { &[] } else { items.as_slice() }.windows(size.max(1));
    args.check_size(windows.len().saturating_mul(size))?;
    let result = vm.new_array_with_capacity(windows.len())?;
    for window in windows {
        let window = vm.new_array(window)?;
        vm.array_push(result, window)?;
    }
    Ok(result)
}

pub(super) fn array_rotate_left(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    rotate(vm, &Args::new(Builtin::ArrayRotateLeft, args), <[Value]>::rotate_left)
}

pub(super) fn array_rotate_right(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    rotate(vm, &Args::new(Builtin::ArrayRotateRight, args), <[Value]>::rotate_right)
}

fn rotate(vm: &mut Vm, args: &Args<'_>, by: fn(&mut [Value], usize)) -> Result<Value, Trap> {
    let arr = args.array(vm, 0)?;
    let n = args.count(vm, 1)?;
    let mut items = vm.array_items(arr).to_vec();
    let len = items.len().max(1);
    by(&mut items, n % len);
    vm.new_array(&items)
}

pub(super) fn array_interleave(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayInterleave, args);
    let (a, b) = (args.array(vm, 0)?, args.array(vm, 1)?);
    let (a, b) = (vm.array_items(a), vm.array_items(b));
    args.check_size(a.len() + b.len())?;
    let shorter = a.len().min(b.len());
    let mut items = Vec::with_capacity(a.len() + b.len());
    for (x, y) in a.iter().zip(b) {
        items.extend([x, y]);
    }
    items.extend(a.range(shorter..a.len()));
    items.extend(b.range(shorter..b.len()));
    vm.new_array(&items)
}

pub(super) fn array_range(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    number_range(vm, &Args::new(Builtin::ArrayRange, args))
}

/// Numbers from the first argument to the second in steps of the third.
pub(super) fn number_range(vm: &mut Vm, args: &Args<'_>) -> Result<Value, Trap> {
    /// Allows for the rounding of steps such as 0.1.
    const TOLERANCE: f64 = 1e-9;
    let (start, end, step) = (args.num(vm, 0)?, args.num(vm, 1)?, args.num_or(vm, 2, 1.0)?);
    if step == 0.0 || !start.is_finite() || !end.is_finite() || !step.is_finite() {
        return Err(args.error("expected finite bounds and a step that is not 0"));
    }
    let steps = ((end - start) / step + TOLERANCE).floor();
    if steps < 0.0 {
        return vm.new_array(&[]);
    }
    let n = (steps as usize).saturating_add(1);
    args.check_size(n)?;
    let result = vm.new_array_with_capacity(n)?;
    for i in 0..n {
        vm.array_push(result, Value::num(start + i as f64 * step))?;
    }
    Ok(result)
}

pub(super) fn array_repeat(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayRepeat, args);
    let n = args.size(vm, 1)?;
    repeated(vm, args.value(0), n)
}

pub(super) fn create_array(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::CreateArray, args);
    let n = args.size(vm, 0)?;
    repeated(vm, args.value(1), n)
}

/// New array of `n` times the same value.
pub(super) fn repeated(vm: &mut Vm, value: Value, n: usize) -> Result<Value, Trap> {
    vm.heap.new_array_repeating(value, n)
}

// ---- In place ----

pub(super) fn array_set(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArraySet, args);
    let arr = args.array(vm, 0)?;
    let index = position(vm, &args, vm.array_len(arr))?;
    vm.array_set(arr, index, args.value(2))?;
    Ok(arr)
}

/// The second argument as an index below `limit`.
fn position(vm: &mut Vm, args: &Args<'_>, limit: usize) -> Result<usize, Trap> {
    let index = args.whole(vm, 1)?;
    if index < 0.0 || index >= limit as f64 {
        return Err(Trap::index(index));
    }
    Ok(index as usize)
}

pub(super) fn array_push(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayPush, args);
    let arr = args.array(vm, 0)?;
    vm.array_push(arr, args.value(1))?;
    Ok(arr)
}

pub(super) fn array_pop(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let arr = Args::new(Builtin::ArrayPop, args).array(vm, 0)?;
    Ok(vm.array_pop(arr).unwrap_or(Value::NULL))
}

pub(super) fn array_shift(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let arr = Args::new(Builtin::ArrayShift, args).array(vm, 0)?;
    Ok(vm.array_remove(arr, 0).unwrap_or(Value::NULL))
}

pub(super) fn array_insert(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayInsert, args);
    let arr = args.array(vm, 0)?;
    let index = position(vm, &args, vm.array_len(arr) + 1)?;
    vm.array_insert(arr, index, args.value(2))?;
    Ok(arr)
}

pub(super) fn array_remove_at(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayRemoveAt, args);
    let arr = args.array(vm, 0)?;
    let index = position(vm, &args, vm.array_len(arr))?;
    Ok(vm.array_remove(arr, index).unwrap_or(Value::NULL))
}

pub(super) fn array_clear(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let arr = Args::new(Builtin::ArrayClear, args).array(vm, 0)?;
    vm.array_truncate(arr, 0);
    Ok(arr)
}
