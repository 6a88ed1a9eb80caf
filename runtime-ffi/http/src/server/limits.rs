//! Limits of a server, and how often they are looked at.

use std::time::Duration;

use hyp_vm::{Trap, Vm};

use crate::options::Options;

/// Time between two looks at the connections.
pub(crate) const TICK: Duration = Duration::from_millis(250);

/// What a server lets its peers take. Times are numbers of ticks.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of a request's body.
    pub(crate) body_bytes: usize,
    /// Bytes of a request's head.
    pub(crate) head_bytes: usize,
    pub(crate) connections: usize,
    /// From the first byte of a request, or from the connection, until its head is complete.
    pub(crate) head_ticks: u32,
    pub(crate) body_ticks: u32,
    /// Between two requests.
    pub(crate) idle_ticks: u32,
    /// Without the peer taking any byte of a response.
    pub(crate) write_ticks: u32,
    /// For a handler.
    pub(crate) request: Duration,
}

/// Names of the options.
pub(super) const NAMES: &[&str] = &[
    "host",
    "port",
    "tls",
    "accessLog",
    "compress",
    "bodyMax",
    "headersMax",
    "connectionsMax",
    "headerTimeoutMs",
    "bodyTimeoutMs",
    "requestTimeoutMs",
    "idleTimeoutMs",
    "writeTimeoutMs",
];

const TIME_MS_MAX: u64 = 24 * 60 * 60 * 1000;

/// The number of ticks that takes at least some milliseconds.
fn ticks(ms: u64) -> u32 {
    u32::try_from(ms.div_ceil(TICK.as_millis() as u64) + 1).unwrap_or(u32::MAX)
}

impl Limits {
    pub(super) fn read(vm: &Vm, options: Options) -> Result<Limits, Trap> {
        let count =
            |name, max, default| options.count(vm, name, max).map(|given| given.unwrap_or(default));
        let time = |name, default_ms| count(name, TIME_MS_MAX, default_ms);
        Ok(Limits {
            body_bytes: count("bodyMax", 64 << 20, 1 << 20)? as usize,
            // The protocol's reader needs this much.
            head_bytes: count("headersMax", 1 << 20, 16 << 10)?.max(8 << 10) as usize,
            connections: count("connectionsMax", 1 << 20, 10_000)? as usize,
            head_ticks: ticks(time("headerTimeoutMs", 10_000)?),
            body_ticks: ticks(time("bodyTimeoutMs", 30_000)?),
            idle_ticks: ticks(time("idleTimeoutMs", 75_000)?),
            write_ticks: ticks(time("writeTimeoutMs", 30_000)?),
            request: Duration::from_millis(time("requestTimeoutMs", 30_000)?),
        })
    }
}
