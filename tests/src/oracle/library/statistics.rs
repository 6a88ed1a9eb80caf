//! Statistics over arrays of numbers.

use std::collections::HashMap;

use super::super::machine::Machine;
use super::super::value::Value;
use super::array::ascending;
use super::math::least;
use super::{Answer, Call};

impl<'a> Machine<'a> {
    pub(super) fn statistics(&mut self, call: &Call<'a>) -> Answer<'a> {
        let name = call.name;
        if name == "Range" && !matches!(call.value(0), Value::Array(_)) {
            return self.array_range(call).map(Some);
        }
        let known = matches!(
            name,
            "ArraySum"
                | "ArrayAverage"
                | "ArrayMin"
                | "ArrayMax"
                | "Min"
                | "Max"
                | "Mean"
                | "Median"
                | "Mode"
                | "Range"
        );
        if !known {
            return Ok(None);
        }
        let numbers = self.numbers(call, 0)?;
        let sum = numbers.iter().fold(0.0, |a, b| a + b);
        let count = numbers.len() as f64;
        let smallest = numbers.iter().copied().reduce(least);
        let largest = numbers.iter().map(|n| -n).reduce(least).map(|n| -n);
        let nullable =
            |n: Option<f64>| n.filter(|n| !n.is_nan()).map_or(Value::Null, Value::Number);
        Ok(Some(match name {
            "ArraySum" => Value::Number(sum),
            "ArrayMin" | "Min" => nullable(smallest),
            "ArrayMax" | "Max" => nullable(largest),
            _ if numbers.is_empty() => Value::Number(0.0),
            "ArrayAverage" | "Mean" => Value::Number(sum / count),
            "Range" => Value::Number(largest.unwrap_or(0.0) - smallest.unwrap_or(0.0)),
            "Median" => {
                let mut sorted = numbers;
                sorted.sort_by(|a, b| ascending(*a, *b));
                let middle = sorted.len() / 2;
                Value::Number(if sorted.len() % 2 == 1 {
                    sorted[middle]
                } else {
                    f64::midpoint(sorted[middle - 1], sorted[middle])
                })
            }
            _ => {
                let mut counts: HashMap<u64, usize> = HashMap::new();
                let bits = |n: f64| if n.is_nan() { f64::NAN.to_bits() } else { n.to_bits() };
                for n in &numbers {
                    *counts.entry(bits(*n)).or_default() += 1;
                }
                let most = counts.values().copied().max();
                let mode = numbers.iter().find(|n| counts.get(&bits(**n)).copied() == most);
                Value::Number(mode.copied().unwrap_or(0.0))
            }
        }))
    }
}
