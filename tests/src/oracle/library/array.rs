//! Arrays, and the functions that take functions.

use std::cmp::Ordering;
use std::rc::Rc;

use super::super::fuel;
use super::super::machine::{Machine, Stop};
use super::super::member::position;
use super::super::value::{Dict, Key, Value};
use super::{Answer, Call, ELEMENTS_MAX, lacks};

impl<'a> Machine<'_, 'a> {
    pub(super) fn array_family(&mut self, call: &Call<'a>) -> Answer<'a> {
        let items = || self.items(call, 0);
        let found = |at: Option<usize>| Value::Number(at.map_or(-1.0, |at| at as f64));
        let value = call.value(1);
        Ok(Some(match call.name {
            "ArrayLength" => Value::Number(items()?.len() as f64),
            "ArrayIsEmpty" | "IsEmpty" => Value::Bool(items()?.is_empty()),
            "ArrayGet" => items()?.get(self.count(call, 1)?).cloned().unwrap_or(Value::Null),
            "ArrayIndexOf" | "IndexOf" => found(items()?.iter().position(|v| v.equals(&value))),
            "ArrayLastIndexOf" | "LastIndexOf" => {
                found(items()?.iter().rposition(|v| v.equals(&value)))
            }
            "ArrayContains" | "Contains" => Value::Bool(items()?.iter().any(|v| v.equals(&value))),
            "ArrayCount" => {
                Value::Number(items()?.iter().filter(|v| v.equals(&value)).count() as f64)
            }
            "ArrayReverse" | "Reverse" => Value::array(items()?.into_iter().rev().collect()),
            "ArrayFirst" => items()?.first().cloned().unwrap_or(Value::Null),
            "ArrayLast" => items()?.last().cloned().unwrap_or(Value::Null),
            "ArrayTake" => {
                let n = self.count(call, 1)?;
                Value::array(items()?.into_iter().take(n).collect())
            }
            "ArraySkip" => {
                let n = self.count(call, 1)?;
                Value::array(items()?.into_iter().skip(n).collect())
            }
            "ArraySlice" => {
                let items = items()?;
                let start = self.count(call, 1)?.min(items.len());
                let end = self.count_or(call, 2, items.len())?.min(items.len());
                Value::array(items[start.min(end)..end].to_vec())
            }
            "SubArray" => {
                let items = items()?;
                let (start, count) = (self.count(call, 1)?, self.count(call, 2)?);
                Value::array(items.into_iter().skip(start).take(count).collect())
            }
            "ArrayJoin" => {
                let items = items()?;
                let by = self.text_arg(call, 1)?;
                Value::text(items.iter().map(Value::display).collect::<Vec<_>>().join(&by))
            }
            "ArrayFlatten" => {
                let mut flat = Vec::new();
                for item in items()? {
                    match item {
                        Value::Array(inner) if fuel::spend_copying(inner.borrow().len()) => {
                            flat.extend(inner.borrow().iter().cloned());
                        }
                        other => flat.push(other),
                    }
                }
                Value::array(flat)
            }
            "ArrayZip" => {
                let pairs = items()?.into_iter().zip(self.items(call, 1)?);
                Value::array(pairs.map(|(a, b)| Value::array(vec![a, b])).collect())
            }
            "ArrayChunk" => {
                let (items, size) = (items()?, self.count(call, 1)?);
                let chunks = if size == 0 { Vec::new() } else { items.chunks(size).collect() };
                Value::array(chunks.into_iter().map(|c| Value::array(c.to_vec())).collect())
            }
            "ArrayWindows" => {
                let (items, size) = (items()?, self.count(call, 1)?);
                let runs = if size == 0 { Vec::new() } else { items.windows(size).collect() };
                Value::array(runs.into_iter().map(|c| Value::array(c.to_vec())).collect())
            }
            "ArrayRotateLeft" | "ArrayRotateRight" => {
                let (mut items, n) = (items()?, self.count(call, 1)?);
                if !items.is_empty() {
                    let n = n % items.len();
                    if call.name == "ArrayRotateLeft" {
                        items.rotate_left(n);
                    } else {
                        items.rotate_right(n);
                    }
                }
                Value::array(items)
            }
            "ArrayInterleave" => {
                let (a, b) = (items()?, self.items(call, 1)?);
                let mut mixed = Vec::new();
                for at in 0..a.len().max(b.len()) {
                    mixed.extend(a.get(at).cloned());
                    mixed.extend(b.get(at).cloned());
                }
                Value::array(mixed)
            }
            "ArraysEqual" => {
                let (a, b) = (self.array_arg(call, 0)?, self.array_arg(call, 1)?);
                Value::Bool(Value::Array(a).equals(&Value::Array(b)))
            }
            "ArrayRepeat" => Value::array(vec![call.value(0); self.size(call, 1)?]),
            "CreateArray" => Value::array(vec![call.value(1); self.size(call, 0)?]),
            "ArrayRange" => self.array_range(call)?,
            _ => return self.in_place(call),
        }))
    }

    /// Builtins that change their argument.
    fn in_place(&mut self, call: &Call<'a>) -> Answer<'a> {
        let known = matches!(
            call.name,
            "ArraySet"
                | "ArrayPush"
                | "ArrayPop"
                | "ArrayShift"
                | "ArrayInsert"
                | "ArrayRemoveAt"
                | "ArrayClear"
        );
        if !known {
            return Ok(None);
        }
        let array = self.array_arg(call, 0)?;
        let same = Value::Array(Rc::clone(&array));
        let place = |len: usize| {
            let n = self.whole(call, 1)?;
            position(n).filter(|at| *at < len).ok_or_else(|| self.out_of_bounds(n, call.span))
        };
        let len = array.borrow().len();
        Ok(Some(match call.name {
            "ArraySet" => {
                let at = place(len)?;
                array.borrow_mut()[at] = call.value(2);
                same
            }
            "ArrayPush" => {
                array.borrow_mut().push(call.value(1));
                if len > ELEMENTS_MAX {
                    return lacks("large array");
                }
                same
            }
            "ArrayPop" => array.borrow_mut().pop().unwrap_or(Value::Null),
            "ArrayShift" if len == 0 => Value::Null,
            "ArrayShift" => array.borrow_mut().remove(0),
            "ArrayInsert" => {
                let at = place(len + 1)?;
                array.borrow_mut().insert(at, call.value(2));
                same
            }
            "ArrayRemoveAt" => {
                let at = place(len)?;
                array.borrow_mut().remove(at)
            }
            _ => {
                array.borrow_mut().clear();
                same
            }
        }))
    }

    pub(super) fn array_range(&mut self, call: &Call<'a>) -> Result<Value<'a>, Stop<'a>> {
        let (start, end) = (self.num(call, 0)?, self.num(call, 1)?);
        let step = self.num_or(call, 2, 1.0)?;
        if step == 0.0 || !start.is_finite() || !end.is_finite() || !step.is_finite() {
            return lacks("odd range");
        }
        let mut items = Vec::new();
        loop {
            let at = start + items.len() as f64 * step;
            if (step > 0.0 && at > end) || (step < 0.0 && at < end) {
                return Ok(Value::array(items));
            }
            if items.len() > 1 << 20 {
                return lacks("long range");
            }
            items.push(Value::Number(at));
        }
    }

    pub(super) fn higher_order(&mut self, call: &Call<'a>) -> Answer<'a> {
        match call.name {
            "ArrayReduce" => return self.reduce(call).map(Some),
            "ArraySort" | "ArraySortBy" => return self.sort(call).map(Some),
            "ArrayMap" | "ArrayFilter" | "ArrayFind" | "ArrayFindIndex" | "ArrayEvery"
            | "ArraySome" | "ArrayPartition" | "ArrayUniqueBy" | "ArrayGroupBy" => {}
            _ => return Ok(None),
        }
        let array = self.array_arg(call, 0)?;
        let f = self.function_arg(call, 1)?;
        let length = array.borrow().len();
        let mut kept = Vec::new();
        let mut others = Vec::new();
        let mut groups: Dict<'a> = Dict::default();
        let mut keys: Vec<Value<'a>> = Vec::new();
        for at in 0..length {
            let Some(item) = array.borrow().get(at).cloned() else { break };
            let result = self.call(&f, vec![item.clone()], call.span)?;
            match call.name {
                "ArrayMap" => kept.push(result),
                "ArrayFind" if result.truthy() => return Ok(Some(item)),
                "ArrayFindIndex" if result.truthy() => {
                    return Ok(Some(Value::Number(at as f64)));
                }
                "ArrayEvery" if !result.truthy() => return Ok(Some(Value::Bool(false))),
                "ArraySome" if result.truthy() => return Ok(Some(Value::Bool(true))),
                "ArrayUniqueBy" => {
                    if !keys.iter().any(|k| k.equals(&result)) {
                        keys.push(result);
                        kept.push(item);
                    }
                }
                "ArrayGroupBy" => {
                    let Some(key) = Key::of(&result) else { return lacks("odd group keys") };
                    match groups.get(&key) {
                        Some(Value::Array(group)) => group.borrow_mut().push(item),
                        _ => groups.set(key, Value::array(vec![item])),
                    }
                }
                _ if result.truthy() => kept.push(item),
                _ => others.push(item),
            }
        }
        Ok(Some(match call.name {
            "ArrayFind" => Value::Null,
            "ArrayFindIndex" => Value::Number(-1.0),
            "ArrayEvery" => Value::Bool(true),
            "ArraySome" => Value::Bool(false),
            "ArrayPartition" => Value::array(vec![Value::array(kept), Value::array(others)]),
            "ArrayGroupBy" => Value::dict(groups),
            _ => Value::array(kept),
        }))
    }

    fn reduce(&mut self, call: &Call<'a>) -> Result<Value<'a>, Stop<'a>> {
        let array = self.array_arg(call, 0)?;
        let (mut total, f) = match (call.value(1), call.value(2)) {
            (initial, f) if f.is_callable() => (initial, f),
            (f, initial) if f.is_callable() => (initial, f),
            _ => return Err(self.wrong_value(call, "function", 2)),
        };
        let length = array.borrow().len();
        for at in 0..length {
            let Some(item) = array.borrow().get(at).cloned() else { break };
            total = self.call(&f, vec![total, item], call.span)?;
        }
        Ok(total)
    }

    /// A stable merge sort.
    fn sort(&mut self, call: &Call<'a>) -> Result<Value<'a>, Stop<'a>> {
        let items = self.items(call, 0)?;
        let compare = match call.name {
            "ArraySortBy" => Some(self.function_arg(call, 1)?),
            _ if call.has(1) => Some(self.function_arg(call, 1)?),
            _ => None,
        };
        if compare.is_none() {
            let mut items = items;
            if items.iter().all(|v| matches!(v, Value::Number(_))) {
                items.sort_by(|a, b| match (a, b) {
                    (Value::Number(a), Value::Number(b)) => ascending(*a, *b),
                    _ => Ordering::Equal,
                });
            } else if items.iter().all(|v| matches!(v, Value::Text(_))) {
                items.sort_by_key(Value::display);
            } else {
                return lacks("sorting mixed values");
            }
            return Ok(Value::array(items));
        }
        let Some(compare) = compare else { return Ok(Value::Null) };
        // The order in which elements are compared is not specified, so only comparisons without
        // effects are supported: their results are memorised by an insertion sort.
        let mut sorted: Vec<Value<'a>> = Vec::new();
        for item in items {
            let mut at = sorted.len();
            while at > 0 {
                let args = vec![sorted[at - 1].clone(), item.clone()];
                let out = self.out.borrow().len();
                let order = match self.call(&compare, args, call.span) {
                    Ok(order) => order,
                    Err(Stop::Throw(..)) => return lacks("failing comparison"),
                    Err(stop) => return Err(stop),
                };
                if self.out.borrow().len() != out {
                    return lacks("comparison with effects");
                }
                let order = match order {
                    Value::Number(n) => n,
                    Value::Bool(b) => f64::from(u8::from(b)),
                    _ => return lacks("odd comparison"),
                };
                if order.is_nan() || order <= 0.0 {
                    break;
                }
                at -= 1;
            }
            sorted.insert(at, item);
        }
        Ok(Value::array(sorted))
    }
}

/// Ascending, NaN last.
pub(super) fn ascending(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}
