//! Damaged modules are rejected or run within the limits: no crash, no hang, bounded memory.
//!
//! `HYP_MUTANTS=100000` sets the number of mutants (default 2,000) and `HYP_MUTANT=n` runs a single
//! one. Mutants run in child processes, so that a crash is a failed test with the mutant's number.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use hyp_bytecode::container;
use hyp_compiler::driver::{Options, compile};
use hyp_tests::fuzz::{Fate, check_container};
use hyp_tests::mutate::mutant;
use hyp_tests::subject::{programs, root};

/// First argument of a child process.
const CHILD: &str = "--mutants-from-input";
/// A child that says nothing for so long hangs.
const SILENCE_MAX: Duration = Duration::from_secs(20);
/// Most memory that a child may ever have, in KiB.
const RSS_MAX_KIB: u64 = 256 << 10;
/// Longest time of one mutant. Builds without optimisation get more.
const TIME_MAX: Duration = Duration::from_secs(if cfg!(debug_assertions) { 5 } else { 1 });
/// Mutants per message to a child.
const CHUNK: u64 = 64;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|a| a == CHILD) {
        return child();
    }
    if args.iter().any(|a| a == "--list") {
        println!("mutants: test");
        return ExitCode::SUCCESS;
    }
    if args.iter().any(|a| !a.starts_with('-') && !"mutants".contains(a.as_str())) {
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(report) => {
            println!("{report}\nmutants ... ok");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            println!("mutants ... FAILED: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Every program of the corpus that compiles, as a module.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for directory in ["docs/examples", "tests/spec"] {
        for path in programs(&root().join(directory)).unwrap_or_default() {
            let Ok(source) = std::fs::read(&path) else { continue };
            let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into());
            let compilation = compile(&name, &source, &Options::default());
            seeds.extend(compilation.module.map(|module| container::write(&module)));
        }
    }
    assert!(seeds.len() >= 200, "only {} programs of the corpus compile", seeds.len());
    seeds
}

/// Judges the mutants whose numbers come on standard input, one line with the result for each.
fn child() -> ExitCode {
    let seeds = seeds();
    let mut stdout = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let Some((first, count)) = line.ok().and_then(|l| range(&l)) else { return 2.into() };
        for index in first..first + count {
            let bytes = mutant(&seeds, index);
            let start = Instant::now();
            let fate = check_container(&bytes);
            let micros = start.elapsed().as_micros();
            let fate = match fate {
                Fate::Unreadable => "rejected by the reader".to_owned(),
                Fate::Unverified => "rejected by the verifier".to_owned(),
                Fate::NotRun => "valid, not run".to_owned(),
                Fate::Ran(code) => format!("ran, exit {code}"),
            };
            let rss = peak_rss_kib();
            if writeln!(stdout, "{index}\t{micros}\t{rss}\t{fate}").is_err() {
                return 2.into();
            }
        }
    }
    ExitCode::SUCCESS
}

fn range(line: &str) -> Option<(u64, u64)> {
    let (first, count) = line.split_once(' ')?;
    Some((first.parse().ok()?, count.parse().ok()?))
}

/// Peak resident set of this process; 0 where the system does not tell.
fn peak_rss_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

/// A child process with its streams.
struct Worker {
    process: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Worker {
    fn start() -> std::io::Result<Worker> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(CHILD)
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(std::io::ErrorKind::BrokenPipe.into());
        };
        Ok(Worker { process, input, lines: lines_of(output) })
    }

    /// Why the child said no more.
    fn end(&mut self) -> String {
        match self.process.try_wait() {
            Ok(None) => {
                let _ = self.process.kill();
                format!("hangs for {} s", SILENCE_MAX.as_secs())
            }
            Ok(Some(status)) => format!("crashes: {status}"),
            Err(error) => error.to_string(),
        }
    }
}

fn lines_of(output: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// What the mutants have shown.
#[derive(Default)]
struct Tally {
    fates: BTreeMap<String, u64>,
    slowest: (u64, Duration),
    peak_kib: u64,
    faults: Vec<String>,
}

impl Tally {
    fn add(&mut self, line: &str) -> Option<u64> {
        let mut fields = line.split('\t');
        let index = fields.next()?.parse().ok()?;
        let time = Duration::from_micros(fields.next()?.parse().ok()?);
        let rss: u64 = fields.next()?.parse().ok()?;
        *self.fates.entry(fields.next()?.to_owned()).or_default() += 1;
        if time > self.slowest.1 {
            self.slowest = (index, time);
        }
        if time > TIME_MAX {
            self.faults.push(format!("mutant {index} takes {} ms", time.as_millis()));
        }
        if rss > RSS_MAX_KIB && self.peak_kib <= RSS_MAX_KIB {
            self.faults.push(format!("mutant {index} raises the memory to {rss} KiB"));
        }
        self.peak_kib = self.peak_kib.max(rss);
        Some(index)
    }
}

fn run() -> Result<String, String> {
    let (first, count) = match number("HYP_MUTANT") {
        Some(index) => (index, 1),
        None => (0, number("HYP_MUTANTS").unwrap_or(2_000)),
    };
    let start = Instant::now();
    let mut tally = Tally::default();
    let mut next = first;
    while next < first + count && tally.faults.len() < 10 {
        next = one_worker(next, first + count, &mut tally).map_err(|e| e.to_string())?;
    }
    let mut report = format!("{} mutants in {:.1} s", next - first, start.elapsed().as_secs_f64());
    for (fate, n) in &tally.fates {
        report.push_str(&format!("\n{n:>8} {fate}"));
    }
    let (index, time) = tally.slowest;
    report.push_str(&format!("\nslowest: mutant {index}, {} ms", time.as_millis()));
    report.push_str(&format!("\npeak memory: {} MiB", tally.peak_kib >> 10));
    if tally.faults.is_empty() { Ok(report) } else { Err(tally.faults.join("\n") + "\n" + &report) }
}

/// Feeds one child until the end or its death; returns the first mutant that it did not get to.
fn one_worker(first: u64, end: u64, tally: &mut Tally) -> std::io::Result<u64> {
    let mut worker = Worker::start()?;
    let mut next = first;
    while next < end {
        let count = CHUNK.min(end - next);
        // A child that died shows in its silence.
        let _ = writeln!(worker.input, "{next} {count}");
        for _ in 0..count {
            let line = worker.lines.recv_timeout(SILENCE_MAX);
            let Some(index) = line.ok().and_then(|line| tally.add(&line)) else {
                let fault = worker.end();
                tally.faults.push(format!("mutant {next} {fault}"));
                return Ok(next + 1);
            };
            next = index + 1;
        }
    }
    drop(worker.input);
    worker.process.wait()?;
    Ok(next)
}
