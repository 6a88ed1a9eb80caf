//! The machine: memory, processors, disks, addresses; measurements of them.

use std::net::IpAddr;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyp_bytecode::builtin::Builtin;
use sysinfo::{Disks, MINIMUM_CPU_UPDATE_INTERVAL, Networks, System};

use super::args::Args;
use super::process::own_usage;
use super::{new_figures, system};
use crate::{Trap, Value, Vm};

/// Bytes of what scripts see as a megabyte.
pub(super) const MIB: f64 = (1 << 20) as f64;
/// Bytes of what scripts see as a gigabyte.
const GIB: f64 = (1 << 30) as f64;
/// Shortest interval of background measurements, in milliseconds.
const INTERVAL_MIN: f64 = 10.0;
/// Longest interval, some 30 years.
const INTERVAL_MAX: f64 = 1e12;

pub(super) fn get_system_info(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let info = vm.new_object()?;
    let processors = system::get_cpu_count(vm, &[])?;
    let texts = [
        ("os", std::env::consts::OS),
        ("architecture", std::env::consts::ARCH),
        ("frameworkVersion", env!("CARGO_PKG_VERSION")),
    ];
    for (name, text) in texts {
        let text = vm.new_string(text)?;
        vm.object_set_str(info, name, text)?;
        if name == "architecture" {
            vm.object_set_str(info, "processors", processors)?;
        }
    }
    Ok(info)
}

fn unknown(e: sysinfo::Error) -> Trap {
    Trap::io(format!("Cannot read facts about the system: {e}"))
}

/// Facts about the system that are still to be read.
pub(super) fn facts() -> Result<System, Trap> {
    System::new().map_err(unknown)
}

/// Total, available and used memory in bytes.
fn memory() -> Result<[f64; 3], Trap> {
    let mut system = facts()?;
    system.refresh_memory();
    let figures = [system.total_memory(), system.available_memory(), system.used_memory()];
    Ok(figures.map(|n| n as f64))
}

pub(super) fn get_memory_info(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let [total, available, used] = memory()?.map(|bytes| bytes / MIB);
    new_figures(vm, &[("total", total), ("available", available), ("used", used)])
}

pub(super) fn get_disk_info(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let disks = Disks::new_with_refreshed_list().map_err(unknown)?;
    let result = vm.new_array_with_capacity(disks.len())?;
    for disk in disks.iter() {
        let entry = vm.new_object()?;
        vm.array_push(result, entry)?;
        let drive = vm.new_string(&disk.mount_point().to_string_lossy())?;
        vm.object_set_str(entry, "drive", drive)?;
        let spaces = [("total", disk.total_space()), ("free", disk.available_space())];
        for (name, bytes) in spaces {
            vm.object_set_str(entry, name, Value::num(bytes as f64 / GIB))?;
        }
    }
    Ok(result)
}

/// The first address that other machines could know, IPv4 before IPv6.
fn address() -> Result<Option<IpAddr>, Trap> {
    let networks = Networks::new_with_refreshed_list().map_err(unknown)?;
    let mut addresses: Vec<IpAddr> = networks
        .values()
        .flat_map(|network| network.ip_networks().iter().map(|ip| ip.addr))
        .filter(|ip| match ip {
            IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_link_local(),
            IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unicast_link_local(),
        })
        .collect();
    // The networks are listed in no particular order.
    addresses.sort_unstable();
    Ok(addresses.first().copied())
}

pub(super) fn get_network_info(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let info = vm.new_object()?;
    let hostname = system::get_hostname(vm, &[])?;
    vm.object_set_str(info, "hostname", hostname)?;
    let address = match address()? {
        Some(ip) => vm.new_string(&ip.to_string())?,
        None => Value::NULL,
    };
    vm.object_set_str(info, "ipAddress", address)?;
    Ok(info)
}

/// Measurements that need an earlier one.
pub(super) struct Machine {
    system: System,
    measured: Instant,
}

/// Load of all processors in percent since the last measurement.
fn cpu_usage(vm: &mut Vm) -> Result<f64, Trap> {
    let mut machine = match vm.builtins.machine.take() {
        Some(machine) => machine,
        None => {
            let mut system = facts()?;
            system.refresh_cpu_usage();
            Box::new(Machine { system, measured: Instant::now() })
        }
    };
    let wait = MINIMUM_CPU_UPDATE_INTERVAL.saturating_sub(machine.measured.elapsed());
    let waited = if wait.is_zero() { Ok(()) } else { vm.sleep(wait) };
    if waited.is_ok() {
        machine.system.refresh_cpu_usage();
        machine.measured = Instant::now();
    }
    let usage = machine.system.global_cpu_usage();
    vm.builtins.machine = Some(machine);
    waited.map(|()| f64::from(usage))
}

pub(super) fn get_cpu_usage(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    cpu_usage(vm).map(Value::num)
}

pub(super) fn get_memory_usage(_vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    Ok(Value::num(own_usage(&mut facts()?).0 / MIB))
}

pub(super) fn get_available_memory(_vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    Ok(Value::num(memory()?[1] / MIB))
}

pub(super) fn get_performance_metrics(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let cpu = cpu_usage(vm)?;
    let (own, _) = own_usage(&mut facts()?);
    let figures =
        [("cpuUsage", cpu), ("memoryUsage", own / MIB), ("availableMemory", memory()?[1] / MIB)];
    new_figures(vm, &figures)
}

/// What the background has measured.
#[derive(Clone, Copy, Default)]
struct Samples {
    count: u32,
    /// Percent of one processor.
    cpu: f64,
    /// Bytes.
    memory_max: f64,
}

/// Background measurements of this process.
#[derive(Default)]
pub(super) struct Monitor {
    samples: Arc<Mutex<Samples>>,
    /// Dropping it ends the measuring thread.
    stop: Option<Sender<()>>,
}

impl Monitor {
    /// Starts anew.
    fn start(interval: Duration) -> Result<Monitor, Trap> {
        let mut system = facts()?;
        let (stop, stopped) = channel();
        let monitor = Monitor { samples: Arc::default(), stop: Some(stop) };
        let samples = Arc::clone(&monitor.samples);
        let measure = move || {
            let (start, (_, cpu_start)) = (Instant::now(), own_usage(&mut system));
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                let (memory, cpu) = own_usage(&mut system);
                let elapsed = start.elapsed().as_secs_f64() * 1000.0;
                let mut samples = samples.lock().unwrap_or_else(PoisonError::into_inner);
                samples.count = samples.count.saturating_add(1);
                samples.cpu = (cpu - cpu_start) / elapsed * 100.0;
                samples.memory_max = samples.memory_max.max(memory);
            }
        };
        std::thread::Builder::new()
            .name("monitor".to_owned())
            .spawn(measure)
            .map_err(|e| Trap::io(format!("Cannot start monitoring: {e}")))?;
        Ok(monitor)
    }
}

pub(super) fn start_monitoring(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let ms = Args::new(Builtin::StartMonitoring, args).num(vm, 0)?;
    let ms = if ms.is_nan() { INTERVAL_MIN } else { ms.clamp(INTERVAL_MIN, INTERVAL_MAX) };
    vm.builtins.monitor = Monitor::start(Duration::from_millis(ms as u64))?;
    Ok(Value::NULL)
}

pub(super) fn stop_monitoring(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    vm.builtins.monitor.stop = None;
    Ok(Value::NULL)
}

pub(super) fn get_monitoring_data(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let Samples { count, cpu, memory_max } =
        *vm.builtins.monitor.samples.lock().unwrap_or_else(PoisonError::into_inner);
    let figures =
        [("avgCpuUsage", cpu), ("maxMemoryUsage", memory_max / MIB), ("samples", f64::from(count))];
    new_figures(vm, &figures)
}
