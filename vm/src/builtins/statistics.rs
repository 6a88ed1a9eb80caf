//! Statistics over number arrays.

use ahash::AHashMap;
use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use super::array::{self, number_order};
use crate::{Trap, Value, Vm, number};

pub(super) fn mean(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let (total, n) = array::sum(vm, &Args::new(Builtin::Mean, args))?;
    Ok(Value::num(if n == 0 { 0.0 } else { total / n as f64 }))
}

/// Mean of numbers; 0 when empty.
fn average(numbers: &[f64]) -> f64 {
    if numbers.is_empty() { 0.0 } else { numbers.iter().sum::<f64>() / numbers.len() as f64 }
}

fn sorted(vm: &mut Vm, args: &Args<'_>) -> Result<Vec<f64>, Trap> {
    let mut numbers = args.numbers(vm, 0)?;
    numbers.sort_by(number_order);
    Ok(numbers)
}

pub(super) fn median(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let numbers = sorted(vm, &Args::new(Builtin::Median, args))?;
    let mid = numbers.len() / 2;
    let median = match numbers.get(mid) {
        None => 0.0,
        Some(&upper) if numbers.len() % 2 == 1 => upper,
        Some(&upper) => (numbers.get(mid - 1).copied().unwrap_or(upper) + upper) / 2.0,
    };
    Ok(Value::num(median))
}

pub(super) fn mode(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let numbers = Args::new(Builtin::Mode, args).numbers(vm, 0)?;
    Ok(Value::num(most_frequent(&numbers)))
}

/// First of the most frequent numbers, by their bits; 0 when empty.
fn most_frequent(numbers: &[f64]) -> f64 {
    let mut counts: AHashMap<u64, usize> = AHashMap::new();
    for n in numbers {
        *counts.entry(n.to_bits()).or_default() += 1;
    }
    let count = |n: &f64| counts.get(&n.to_bits()).copied().unwrap_or(0);
    let most = numbers.iter().map(count).max().unwrap_or(0);
    numbers.iter().copied().find(|n| count(n) == most).unwrap_or(0.0)
}

/// Sample variance; 0 below two numbers.
fn sample_variance(numbers: &[f64]) -> f64 {
    if numbers.len() < 2 {
        return 0.0;
    }
    let mean = average(numbers);
    numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (numbers.len() - 1) as f64
}

pub(super) fn variance(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let numbers = Args::new(Builtin::Variance, args).numbers(vm, 0)?;
    Ok(Value::num(sample_variance(&numbers)))
}

pub(super) fn standard_deviation(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let numbers = Args::new(Builtin::StandardDeviation, args).numbers(vm, 0)?;
    Ok(Value::num(sample_variance(&numbers).sqrt()))
}

pub(super) fn range(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Range, args);
    if args.value(0).is_array() {
        let numbers = args.numbers(vm, 0)?;
        let high = numbers.iter().copied().reduce(number::max);
        let low = numbers.iter().copied().reduce(number::min);
        return Ok(Value::num(high.zip(low).map_or(0.0, |(high, low)| high - low)));
    }
    if args.len() < 2 {
        return Err(args.expected_got("array", vm, 0));
    }
    array::number_range(vm, &args)
}

pub(super) fn percentile(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Percentile, args);
    let numbers = sorted(vm, &args)?;
    let p = args.num(vm, 1)?;
    if numbers.is_empty() || !(0.0..=100.0).contains(&p) {
        return Ok(Value::ZERO);
    }
    let rank = (p / 100.0 * (numbers.len() - 1) as f64).round() as usize;
    Ok(Value::num(numbers.get(rank).copied().unwrap_or(0.0)))
}

/// Two number arrays and the sums of products of their deviations: xx, xy, yy.
struct Deviations {
    mean_x: f64,
    mean_y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

/// `None` for unequal lengths or no elements.
fn deviations(vm: &mut Vm, args: &Args<'_>) -> Result<Option<Deviations>, Trap> {
    let (x, y) = (args.numbers(vm, 0)?, args.numbers(vm, 1)?);
    if x.len() != y.len() || x.is_empty() {
        return Ok(None);
    }
    let (mean_x, mean_y) = (average(&x), average(&y));
    let mut sums = Deviations { mean_x, mean_y, xx: 0.0, xy: 0.0, yy: 0.0 };
    for (x, y) in x.iter().zip(&y) {
        let (dx, dy) = (x - mean_x, y - mean_y);
        sums.xx += dx * dx;
        sums.xy += dx * dy;
        sums.yy += dy * dy;
    }
    Ok(Some(sums))
}

pub(super) fn correlation(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let r = match deviations(vm, &Args::new(Builtin::Correlation, args))? {
        Some(d) if d.xx != 0.0 && d.yy != 0.0 => d.xy / (d.xx * d.yy).sqrt(),
        _ => 0.0,
    };
    Ok(Value::num(r))
}

pub(super) fn linear_regression(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let (slope, intercept) = match deviations(vm, &Args::new(Builtin::LinearRegression, args))? {
        None => (0.0, 0.0),
        Some(d) if d.xx == 0.0 => (0.0, d.mean_y),
        Some(d) => {
            let slope = d.xy / d.xx;
            (slope, d.mean_y - slope * d.mean_x)
        }
    };
    vm.new_array(&[Value::num(slope), Value::num(intercept)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mode_prefers_the_first_seen() {
        assert_eq!(most_frequent(&[3.0, 1.0, 1.0, 3.0]), 3.0);
        assert_eq!(most_frequent(&[]), 0.0);
    }

    #[test]
    fn variance_of_a_sample() {
        assert_eq!(sample_variance(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]), 32.0 / 7.0);
        assert_eq!(sample_variance(&[1.0]), 0.0);
    }
}
