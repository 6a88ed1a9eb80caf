//! Other language implementations that run the same programs, as whole processes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::program;

/// An implementation to compare with.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Name in tables.
    pub name: &'static str,
    /// Command and options before the program; empty for the C compiler, whose output runs itself.
    command: &'static [&'static str],
    /// Extension of its version of the programs.
    extension: &'static str,
}

const ALL: &[Peer] = &[
    Peer { name: "gcc -O2", command: &[], extension: "c" },
    Peer { name: "luajit", command: &["luajit"], extension: "lua" },
    Peer { name: "luajit -joff", command: &["luajit", "-joff"], extension: "lua" },
    Peer { name: "lua5.4", command: &["lua5.4"], extension: "lua" },
    Peer { name: "node", command: &["node"], extension: "js" },
    Peer { name: "python3", command: &["python3"], extension: "py" },
];

/// The peers that this machine has.
#[must_use]
pub fn installed() -> Vec<Peer> {
    let runs = |peer: &&Peer| {
        let command = peer.command.first().copied().unwrap_or("gcc");
        let version = if command == "luajit" || command == "lua5.4" { "-v" } else { "--version" };
        let mut probe = Command::new(command);
        probe.arg(version).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|s| s.success())
    };
    ALL.iter().filter(runs).copied().collect()
}

impl Peer {
    /// Writes (and for C compiles) a program into `directory`; returns the command that runs it.
    /// `None` if there is no version for this peer or it does not compile.
    #[must_use]
    pub fn prepare(&self, name: &str, size: Option<u64>, directory: &Path) -> Option<Vec<PathBuf>> {
        let text = program::source(name, self.extension, size)?;
        let file = directory.join(format!("{name}.{}", self.extension));
        std::fs::write(&file, text).ok()?;
        if self.command.is_empty() {
            let executable = directory.join(name);
            let mut gcc = Command::new("gcc");
            gcc.args(["-O2", "-o"]).arg(&executable).arg(&file).arg("-lm").stderr(Stdio::null());
            return gcc.status().is_ok_and(|s| s.success()).then(|| vec![executable]);
        }
        Some(self.command.iter().map(PathBuf::from).chain([file]).collect())
    }
}

/// Runs a command to its end; returns its output and its wall time.
///
/// # Panics
/// If it cannot be run or fails.
#[must_use]
pub fn run(command: &[PathBuf]) -> (String, Duration) {
    let (program, args) = command.split_first().expect("a command");
    let mut process = Command::new(program);
    process.args(args).stdin(Stdio::null()).stderr(Stdio::inherit());
    let start = Instant::now();
    let output = process.output().expect("the command starts");
    let time = start.elapsed();
    assert!(output.status.success(), "{command:?}: {}", output.status);
    (String::from_utf8_lossy(&output.stdout).into_owned(), time)
}

/// Shortest wall time of a command.
///
/// # Panics
/// If it cannot be run or fails.
#[must_use]
pub fn fastest(command: &[PathBuf], runs: usize) -> Duration {
    (0..runs.max(1)).map(|_| run(command).1).min().unwrap_or_default()
}

/// Whether two outputs agree; numbers need only be near, since languages print them differently.
#[must_use]
pub fn agree(a: &str, b: &str) -> bool {
    let near = |(x, y): (&str, &str)| match (x.parse::<f64>(), y.parse::<f64>()) {
        (Ok(x), Ok(y)) => (x - y).abs() <= 1e-5 * x.abs().max(1.0),
        _ => x == y,
    };
    let count = |s: &str| s.split_whitespace().count();
    count(a) == count(b) && a.split_whitespace().zip(b.split_whitespace()).all(near)
}
