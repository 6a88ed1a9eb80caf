//! Statistics over arrays of numbers.

use std::collections::HashMap;

use super::super::machine::Machine;
use super::super::value::Value;
use super::array::ascending;
use super::math::least;
use super::{Answer, Call};

impl<'a> Machine<'_, 'a> {
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
                | "Variance"
                | "StandardDeviation"
                | "Percentile"
                | "Correlation"
                | "LinearRegression"
        );
        if !known {
            return Ok(None);
        }
        let numbers = self.numbers(call, 0)?;
        if matches!(name, "Correlation" | "LinearRegression") {
            let others = self.numbers(call, 1)?;
            return Ok(Some(match name {
                "Correlation" => Value::Number(correlation(&numbers, &others)),
                _ => Value::array(line(&numbers, &others).map(Value::Number).to_vec()),
            }));
        }
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
            "Variance" => Value::Number(variance(&numbers)),
            "StandardDeviation" => Value::Number(variance(&numbers).sqrt()),
            "Percentile" => {
                let p = self.num(call, 1)?;
                let mut sorted = numbers;
                sorted.sort_by(|a, b| ascending(*a, *b));
                let at = (p / 100.0 * (sorted.len() - 1) as f64).round();
                let is_inside = (0.0..=100.0).contains(&p);
                Value::Number(if is_inside { sorted[at as usize] } else { 0.0 })
            }
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

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |a, b| a + b) / numbers.len() as f64
}

/// Sample variance.
fn variance(numbers: &[f64]) -> f64 {
    let mean = mean(numbers);
    let squares = numbers.iter().fold(0.0, |sum, n| sum + (n - mean) * (n - mean));
    if numbers.len() < 2 { 0.0 } else { squares / (numbers.len() - 1) as f64 }
}

/// Sum of the products of the distances from the means.
fn products(x: &[f64], y: &[f64]) -> f64 {
    let (mean_x, mean_y) = (mean(x), mean(y));
    x.iter().zip(y).fold(0.0, |sum, (x, y)| sum + (x - mean_x) * (y - mean_y))
}

fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let spread = (products(x, x) * products(y, y)).sqrt();
    if x.len() != y.len() || x.is_empty() || spread == 0.0 { 0.0 } else { products(x, y) / spread }
}

/// Slope and intercept of the least squares line.
fn line(x: &[f64], y: &[f64]) -> [f64; 2] {
    if x.len() != y.len() || x.is_empty() {
        return [0.0, 0.0];
    }
    let spread = products(x, x);
    let slope = if spread == 0.0 { 0.0 } else { products(x, y) / spread };
    [slope, mean(y) - slope * mean(x)]
}
