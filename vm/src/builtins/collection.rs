//! Arrays as sets. Results keep the order of first occurrence.

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use super::distinct::Distinct;
use crate::{Trap, Value, Vm};

/// New array of the different elements of argument `from` that are (`wanted`) or are not in `other`.
fn select(
    vm: &Vm,
    args: &Args<'_>,
    from: usize,
    other: usize,
    wanted: bool,
) -> Result<Vec<Value>, Trap> {
    let (from, other) = (args.array(vm, from)?, args.array(vm, other)?);
    let other = Distinct::of(vm, vm.array_items(other));
    let mut items = Distinct::of(vm, vm.array_items(from)).into_items();
    items.retain(|&v| other.contains(v) == wanted);
    Ok(items)
}

pub(super) fn union(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Union, args);
    let (a, b) = (args.array(vm, 0)?, args.array(vm, 1)?);
    let mut both = Distinct::of(vm, vm.array_items(a));
    for v in vm.array_items(b) {
        both.add(v);
    }
    let items = both.into_items();
    vm.new_array(&items)
}

pub(super) fn intersection(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let items = select(vm, &Args::new(Builtin::Intersection, args), 0, 1, true)?;
    vm.new_array(&items)
}

pub(super) fn difference(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let items = select(vm, &Args::new(Builtin::Difference, args), 0, 1, false)?;
    vm.new_array(&items)
}

pub(super) fn symmetric_difference(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::SymmetricDifference, args);
    let mut items = select(vm, &args, 0, 1, false)?;
    items.extend(select(vm, &args, 1, 0, false)?);
    vm.new_array(&items)
}

pub(super) fn is_subset(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let outside = select(vm, &Args::new(Builtin::IsSubset, args), 0, 1, false)?;
    Ok(Value::bool(outside.is_empty()))
}

pub(super) fn is_superset(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let outside = select(vm, &Args::new(Builtin::IsSuperset, args), 1, 0, false)?;
    Ok(Value::bool(outside.is_empty()))
}

pub(super) fn is_disjoint(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let shared = select(vm, &Args::new(Builtin::IsDisjoint, args), 0, 1, true)?;
    Ok(Value::bool(shared.is_empty()))
}

/// Different elements with their number of occurrences.
fn counts(vm: &Vm, args: &Args<'_>) -> Result<Vec<(Value, usize)>, Trap> {
    let arr = args.array(vm, 0)?;
    let mut seen = Distinct::new(vm);
    let mut counts: Vec<usize> = Vec::new();
    for v in vm.array_items(arr) {
        let (index, _) = seen.add(v);
        match counts.get_mut(index) {
            Some(count) => *count += 1,
            None => counts.push(1),
        }
    }
    Ok(seen.into_items().into_iter().zip(counts).collect())
}

pub(super) fn frequency(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let counts = counts(vm, &Args::new(Builtin::Frequency, args))?;
    let result = vm.new_object()?;
    for (v, count) in counts {
        let key = if v.is_string() || v.is_num() || v.is_bool() {
            v
        } else {
            let text = vm.display(v);
            vm.new_string(&text)?
        };
        // Different structures can share a display form.
        let before = vm.object_get(result, key).and_then(Value::as_num).unwrap_or(0.0);
        vm.object_set(result, key, Value::num(before + count as f64))?;
    }
    Ok(result)
}

pub(super) fn most_common(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::MostCommon, args);
    let mut counts = counts(vm, &args)?;
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    pairs(vm, &args, &counts)
}

pub(super) fn least_common(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::LeastCommon, args);
    let mut counts = counts(vm, &args)?;
    counts.sort_by_key(|&(_, count)| count);
    pairs(vm, &args, &counts)
}

/// The first pairs, as many as argument 1 says.
fn pairs(vm: &mut Vm, args: &Args<'_>, counts: &[(Value, usize)]) -> Result<Value, Trap> {
    let n = args.count(vm, 1)?.min(counts.len());
    let result = vm.new_array_with_capacity(n)?;
    for &(v, count) in counts.iter().take(n) {
        let pair = vm.new_array(&[v, Value::from_usize(count)])?;
        vm.array_push(result, pair)?;
    }
    Ok(result)
}

pub(super) fn to_set(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let arr = Args::new(Builtin::ToSet, args).array(vm, 0)?;
    let items = Distinct::of(vm, vm.array_items(arr)).into_items();
    vm.new_array(&items)
}

pub(super) fn set_size(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let arr = Args::new(Builtin::SetSize, args).array(vm, 0)?;
    Ok(Value::from_usize(Distinct::of(vm, vm.array_items(arr)).items().len()))
}

pub(super) fn cartesian_product(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::CartesianProduct, args);
    let (a, b) = (args.array(vm, 0)?, args.array(vm, 1)?);
    let (a, b) = (vm.array_items(a).to_vec(), vm.array_items(b).to_vec());
    let n = a.len().saturating_mul(b.len());
    args.check_size(n)?;
    let result = vm.new_array_with_capacity(n)?;
    for &x in &a {
        vm.charge(b.len())?;
        for &y in &b {
            let pair = vm.new_array(&[x, y])?;
            vm.array_push(result, pair)?;
        }
    }
    Ok(result)
}
