//! Measuring programs: time and number of calls.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use super::new_figures;
use crate::{Trap, Value, Vm};

/// Profiles with different names, and bytes of a name: they are outside of the script's heap.
const PROFILES_MAX: usize = 1000;
const NAME_BYTES_MAX: usize = 200;

/// The profiles of a program.
#[derive(Default)]
pub(super) struct Profiles {
    active: Option<Active>,
    ended: BTreeMap<String, Total>,
}

struct Active {
    name: String,
    start: Instant,
    /// Count of calls at the start.
    calls: u64,
}

/// Sum of the profiles of a name.
#[derive(Clone, Copy, Default)]
struct Total {
    calls: u64,
    time: Duration,
}

impl Active {
    fn since_start(&self, calls: u64) -> Total {
        Total { calls: calls - self.calls, time: self.start.elapsed() }
    }
}

impl Total {
    fn plus(self, other: Total) -> Total {
        Total { calls: self.calls + other.calls, time: self.time + other.time }
    }
}

fn stop(vm: &mut Vm) {
    vm.count_calls(false);
    let Some(active) = vm.builtins.profiles.active.take() else { return };
    let more = active.since_start(vm.slow_calls);
    let total = vm.builtins.profiles.ended.entry(active.name).or_default();
    *total = total.plus(more);
}

pub(super) fn start_profiling(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::StartProfiling, args);
    let name = args.text(vm, 0)?.to_owned();
    if name.len() > NAME_BYTES_MAX {
        return Err(args.error(&format!("expected a name of at most {NAME_BYTES_MAX} bytes")));
    }
    stop(vm);
    let known = &vm.builtins.profiles.ended;
    if known.len() >= PROFILES_MAX && !known.contains_key(&name) {
        return Err(args.error(&format!("has made {PROFILES_MAX} profiles already")));
    }
    vm.builtins.profiles.active =
        Some(Active { name, start: Instant::now(), calls: vm.slow_calls });
    vm.count_calls(true);
    Ok(Value::NULL)
}

pub(super) fn stop_profiling(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    stop(vm);
    Ok(Value::NULL)
}

pub(super) fn get_profile_data(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let name = Args::new(Builtin::GetProfileData, args).text(vm, 0)?;
    let profiles = &vm.builtins.profiles;
    let running = profiles
        .active
        .as_ref()
        .filter(|active| active.name == name)
        .map(|active| active.since_start(vm.slow_calls));
    let Some(total) = (match (profiles.ended.get(name), running) {
        (Some(ended), Some(running)) => Some(ended.plus(running)),
        (ended, running) => running.or(ended.copied()),
    }) else {
        return Ok(Value::NULL);
    };
    let figures = [
        ("functionCalls", total.calls as f64),
        ("executionTime", total.time.as_secs_f64() * 1000.0),
    ];
    new_figures(vm, &figures)
}

pub(super) fn benchmark(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Benchmark, args);
    let function = args.function(vm, 0)?;
    let iterations = if args.optional(1).is_some() { args.int(vm, 1)?.max(1) } else { 1 };
    let start = Instant::now();
    for _ in 0..iterations {
        vm.charge(1)?;
        vm.call_value(function, &[])?;
    }
    Ok(Value::num(start.elapsed().as_secs_f64() * 1000.0 / iterations as f64))
}

pub(super) fn force_garbage_collection(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    vm.collect_all();
    Ok(Value::NULL)
}

pub(super) fn optimize_memory(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    vm.collect_all();
    Ok(Value::NULL)
}

pub(super) fn optimize_cpu(_vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    Ok(Value::NULL)
}
