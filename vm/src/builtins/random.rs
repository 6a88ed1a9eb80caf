//! Random numbers. Not for secrets.

use std::hash::{BuildHasher, Hasher, RandomState};

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use crate::{Trap, Value, Vm};

const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
const INCREMENT: u64 = 1_442_695_040_888_963_407;

/// SplitMix64: every seed gives a full-period sequence of well-mixed numbers.
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn from_seed(seed: u64) -> Rng {
        Rng(seed)
    }

    /// A seed that differs from run to run.
    pub(super) fn from_system() -> Rng {
        Rng(RandomState::new().build_hasher().finish())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in [0, 1).
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number below `n`; 0 for 0. The bias is below `n` / 2^64.
    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    /// Moves `count` random items to the front (Fisher-Yates).
    fn shuffle(&mut self, items: &mut [Value], count: usize) {
        for i in 0..count.min(items.len()) {
            let rest = (items.len() - i) as u64;
            items.swap(i, i + self.below(rest) as usize);
        }
    }
}

/// The program's own generator.
fn rng(vm: &mut Vm) -> &mut Rng {
    vm.builtins.rng.get_or_insert_with(Rng::from_system)
}

pub(super) fn simple_random(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let seed = Args::new(Builtin::SimpleRandom, args).count(vm, 0)? as u64;
    Ok(Value::num(seed.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT) as f64))
}

pub(super) fn random(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    Ok(Value::num(rng(vm).unit()))
}

pub(super) fn random_range(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::RandomRange, args);
    let (min, max) = (args.num(vm, 0)?, args.num(vm, 1)?);
    between(vm, &args, min, max)
}

pub(super) fn random_int(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::RandomInt, args);
    let (min, max) = (args.whole(vm, 0)?, args.whole(vm, 1)?);
    between(vm, &args, min, max)
}

/// A whole number if both bounds are whole and their distance is exact, else any number.
fn between(vm: &mut Vm, args: &Args<'_>, min: f64, max: f64) -> Result<Value, Trap> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if !min.is_finite() || !max.is_finite() || min > max {
        return Err(args.error("expected finite bounds with min <= max"));
    }
    let span = max - min;
    let is_whole = min.fract() == 0.0 && max.fract() == 0.0;
    let n = if is_whole && span < EXACT {
        min + rng(vm).below(span as u64 + 1) as f64
    } else {
        let unit = rng(vm).unit();
        let n = min * (1.0 - unit) + max * unit;
        if is_whole { n.round() } else { n }
    };
    Ok(Value::num(n.clamp(min, max)))
}

pub(super) fn random_choice(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let arr = Args::new(Builtin::RandomChoice, args).array(vm, 0)?;
    let n = vm.array_len(arr) as u64;
    let index = rng(vm).below(n) as usize;
    Ok(vm.array_get(arr, index).unwrap_or(Value::NULL))
}

pub(super) fn random_sample(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::RandomSample, args);
    let arr = args.array(vm, 0)?;
    let count = args.count(vm, 1)?;
    let mut items = vm.array_items(arr).to_vec();
    rng(vm).shuffle(&mut items, count);
    items.truncate(count);
    vm.new_array(&items)
}

pub(super) fn array_shuffle(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ArrayShuffle, args);
    let arr = args.array(vm, 0)?;
    let mut items = vm.array_items(arr).to_vec();
    let n = items.len();
    match args.optional(1) {
        Some(_) => Rng::from_seed(args.count(vm, 1)? as u64).shuffle(&mut items, n),
        None => rng(vm).shuffle(&mut items, n),
    }
    vm.new_array(&items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_in_range() {
        let mut rng = Rng::from_seed(7);
        for _ in 0..1000 {
            assert!((0.0..1.0).contains(&rng.unit()));
            assert!(rng.below(3) < 3);
        }
        assert_eq!(rng.below(0), 0);
    }

    #[test]
    fn shuffle_keeps_all_items() {
        let mut items: Vec<Value> = (0..50).map(Value::from_usize).collect();
        Rng::from_seed(1).shuffle(&mut items, 50);
        let mut numbers: Vec<f64> = items.iter().filter_map(|v| v.as_num()).collect();
        assert_ne!(numbers[..3], [0.0, 1.0, 2.0]);
        numbers.sort_by(f64::total_cmp);
        assert_eq!(numbers, (0..50).map(f64::from).collect::<Vec<_>>());
    }
}
