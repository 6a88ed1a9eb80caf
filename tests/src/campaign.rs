//! Many numbered cases, judged in child processes, so that a crash, a hang or a flood of memory is
//! a fault with the number of its case.
//!
//! A test binary without harness calls [`main`]; its children are itself with [`CHILD`] as their
//! first argument. Every processor runs one child.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// First argument of a child process.
const CHILD: &str = "--cases-from-input";
/// A child that says nothing for so long hangs.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Faults after which a campaign ends early.
const FAULTS_MAX: usize = 10;
/// Start of a fate that is a fault.
pub const FAULT: &str = "FAULT";

/// What is tried, and what it may cost.
pub struct Campaign {
    /// Name of the test.
    pub name: &'static str,
    /// Environment variable with the number of cases.
    pub count_variable: &'static str,
    /// Environment variable with the number of the first case.
    pub first_variable: &'static str,
    /// Environment variable with the number of a single case.
    pub single_variable: &'static str,
    /// Number of cases if nothing says otherwise.
    pub count: u64,
    /// Longest time of a case.
    pub time_max: Duration,
    /// Most memory that a child may ever have, in KiB.
    pub rss_max_kib: u64,
    /// Cases per message to a child.
    pub chunk: u64,
}

/// What became of a case.
pub struct Fate {
    /// What is counted, on one line; starts with [`FAULT`] if it is one.
    pub text: String,
    /// Words that are collected over all cases.
    pub marks: Vec<&'static str>,
}

impl Campaign {
    /// Runs the campaign, or a child of it: `judge` makes the judge of a child, and `conclude` may
    /// add lines about all marks to the report or refuse them.
    #[must_use]
    pub fn main<J: FnMut(u64) -> Fate>(
        &self,
        judge: impl FnOnce() -> J,
        conclude: impl FnOnce(&Tally) -> Result<String, String>,
    ) -> ExitCode {
        let args: Vec<String> = std::env::args().skip(1).collect();
        let name = self.name;
        if args.first().is_some_and(|a| a == CHILD) {
            return child(judge());
        }
        if args.iter().any(|a| a == "--list") {
            println!("{name}: test");
            return ExitCode::SUCCESS;
        }
        if args.iter().any(|a| !a.starts_with('-') && !name.contains(a.as_str())) {
            return ExitCode::SUCCESS;
        }
        let start = Instant::now();
        let tally = self.run();
        let mut report = tally.report(start.elapsed());
        let mut faults = tally.faults.clone();
        match conclude(&tally) {
            Ok(text) => report.push_str(&text),
            Err(fault) => faults.push(fault),
        }
        println!("{report}");
        if faults.is_empty() {
            println!("{name} ... ok");
            return ExitCode::SUCCESS;
        }
        println!("{name} ... FAILED:\n{}", faults.join("\n"));
        ExitCode::FAILURE
    }

    /// The numbers of the cases.
    fn range(&self) -> (u64, u64) {
        match number(self.single_variable) {
            Some(index) => (index, index + 1),
            None => {
                let first = number(self.first_variable).unwrap_or(0);
                (first, first + number(self.count_variable).unwrap_or(self.count))
            }
        }
    }

    fn run(&self) -> Tally {
        let (first, end) = self.range();
        let next = AtomicU64::new(first);
        let tally = Mutex::new(Tally::default());
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        std::thread::scope(|threads| {
            for _ in 0..workers {
                threads.spawn(|| {
                    while next.load(Ordering::Relaxed) < end
                        && lock(&tally).faults.len() < FAULTS_MAX
                    {
                        if let Err(error) = self.one_worker(&next, end, &tally) {
                            lock(&tally).faults.push(error.to_string());
                        }
                    }
                });
            }
        });
        tally.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Feeds one child until the end or its death.
    fn one_worker(&self, next: &AtomicU64, end: u64, tally: &Mutex<Tally>) -> std::io::Result<()> {
        let mut worker = Worker::start()?;
        while lock(tally).faults.len() < FAULTS_MAX {
            let first = next.fetch_add(self.chunk, Ordering::Relaxed);
            let last = (first + self.chunk).min(end);
            if first >= end {
                break;
            }
            // A child that died shows in its silence.
            let _ = writeln!(worker.input, "{first} {last}");
            for index in first..last {
                let line = worker.lines.recv_timeout(SILENCE_MAX);
                if line.ok().and_then(|line| lock(tally).add(&line, self)).is_none() {
                    let fault = worker.end();
                    lock(tally).faults.push(format!("case {index} {fault}"));
                    // The cases behind it in this chunk are left out; the campaign has failed.
                    return Ok(());
                }
            }
        }
        drop(worker.input);
        worker.process.wait()?;
        Ok(())
    }
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Judges the cases whose numbers come on standard input, one line with the result for each.
fn child(mut judge: impl FnMut(u64) -> Fate) -> ExitCode {
    let mut stdout = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let Some((first, last)) = line.ok().and_then(|l| range(&l)) else { return 2.into() };
        for index in first..last {
            let (start, start_busy) = (Instant::now(), busy_time());
            let fate = judge(index);
            // Time on the processor counts: a loaded machine makes no case slow.
            let busy = busy_time().zip(start_busy).map(|(end, start)| end.saturating_sub(start));
            let micros = busy.unwrap_or_else(|| start.elapsed()).as_micros();
            let (rss, text, marks) = (peak_rss_kib(), fate.text, fate.marks.join(" "));
            if writeln!(stdout, "{index}\t{micros}\t{rss}\t{text}\t{marks}").is_err() {
                return 2.into();
            }
        }
    }
    ExitCode::SUCCESS
}

fn range(line: &str) -> Option<(u64, u64)> {
    let (first, last) = line.split_once(' ')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// Processor time of this thread, where the system tells it.
fn busy_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?))
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
            // Every case has a machine with a stack of its own. Glibc would soon keep that memory and
            // clear it for each of them, instead of leaving it to the system.
            .env("MALLOC_MMAP_THRESHOLD_", "1048576")
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
        // A crash closes the stream shortly before the system knows the status.
        std::thread::sleep(Duration::from_millis(100));
        match self.process.try_wait() {
            Ok(None) => {
                let _ = self.process.kill();
                let _ = self.process.wait();
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

/// What the cases have shown.
#[derive(Default)]
pub struct Tally {
    /// Cases by fate.
    pub fates: BTreeMap<String, u64>,
    /// Cases by mark.
    pub marks: BTreeMap<String, u64>,
    cases: u64,
    slowest: (u64, Duration),
    peak_kib: u64,
    faults: Vec<String>,
}

impl Tally {
    fn add(&mut self, line: &str, campaign: &Campaign) -> Option<()> {
        let mut fields = line.split('\t');
        let index: u64 = fields.next()?.parse().ok()?;
        let time = Duration::from_micros(fields.next()?.parse().ok()?);
        let rss: u64 = fields.next()?.parse().ok()?;
        let fate = fields.next()?;
        for mark in fields.next()?.split_whitespace() {
            *self.marks.entry(mark.to_owned()).or_default() += 1;
        }
        self.cases += 1;
        if let Some(fault) = fate.strip_prefix(FAULT) {
            self.faults.push(format!("case {index}{fault}"));
        } else {
            *self.fates.entry(fate.to_owned()).or_default() += 1;
        }
        if time > self.slowest.1 {
            self.slowest = (index, time);
        }
        if time > campaign.time_max {
            self.faults.push(format!("case {index} takes {} ms", time.as_millis()));
        }
        if rss > campaign.rss_max_kib && self.peak_kib <= campaign.rss_max_kib {
            self.faults.push(format!("case {index} raises the memory to {rss} KiB"));
        }
        self.peak_kib = self.peak_kib.max(rss);
        Some(())
    }

    fn report(&self, time: Duration) -> String {
        let mut report = format!("{} cases in {:.1} s", self.cases, time.as_secs_f64());
        for (fate, n) in &self.fates {
            report.push_str(&format!("\n{n:>8} {fate}"));
        }
        let (index, slowest) = self.slowest;
        report.push_str(&format!("\nslowest: case {index}, {} ms", slowest.as_millis()));
        report.push_str(&format!("\npeak memory: {} MiB", self.peak_kib >> 10));
        report
    }
}
