//! Statistics over arrays of numbers.

use super::super::machine::Machine;
use super::super::value::{Value, numbers_equal};
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
                let count = |n: f64| numbers.iter().filter(|m| numbers_equal(n, **m)).count();
                let most = numbers.iter().map(|n| count(*n)).max().unwrap_or(0);
                let mode = numbers.iter().find(|n| count(**n) == most).copied();
                Value::Number(mode.unwrap_or(0.0))
            }
        }))
    }
}
