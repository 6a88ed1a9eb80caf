//! `hypvm serve`: one program on several threads.
//!
//! An isolate is a machine with its own heap on its own thread; isolates share the module and the
//! connections of their servers. The process's first thread watches over them: it drains them on
//! SIGTERM, cancels what computes for too long, and replaces isolates that have failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hyp_bytecode::verify::VerifiedModule;
use hyp_http::{Http, Process, Pulse};
use hyp_vm::{Grants, InterruptHandle, Vm};

use crate::exit;
use crate::process::{RunOptions, parse_time, print_report};

/// Time between two looks at the isolates.
const LOOK: Duration = Duration::from_millis(20);
/// How long code may run without waiting.
const BUSY_MAX: Duration = Duration::from_secs(10);
/// An isolate that fails sooner than this would fail again.
const YOUNG: Duration = Duration::from_secs(1);
/// How long an isolate without servers may go on while the process ends.
const AFTERWARDS: Duration = Duration::from_secs(1);
/// Bytes of an isolate's native stack, as the first thread of a process has.
const STACK_BYTES: usize = 8 << 20;

/// Options of `hypvm serve`.
#[derive(Clone, Debug, clap::Args)]
pub struct ServeOptions {
    /// Isolates to run [default: one per processor]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
    /// Longest time to finish requests after SIGTERM or Ctrl-C
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "30s")]
    drain_timeout: Duration,
    /// Let another process listen on the same addresses, to take over without a gap
    #[arg(long)]
    reuse_port: bool,
}

/// One machine on its thread.
struct Isolate {
    thread: Option<JoinHandle<End>>,
    /// Comes when the machine is made.
    arriving: Receiver<InterruptHandle>,
    interrupt: Option<InterruptHandle>,
    pulse: Arc<Pulse>,
    started: Instant,
    /// Whether its running task was cancelled since it last waited.
    is_warned: bool,
    is_expired: bool,
}

/// How an isolate has ended.
struct End {
    code: i32,
    /// Whether an error has ended it, not the program.
    has_failed: bool,
}

/// What all isolates run.
struct Program<'a> {
    module: &'a Arc<VerifiedModule>,
    args: &'a [String],
    run: &'a RunOptions,
    process: Arc<Process>,
    colored: bool,
}

impl Program<'_> {
    fn start(&self) -> std::io::Result<Isolate> {
        let (sender, arriving) = channel();
        let pulse = Arc::new(Pulse::default());
        let (module, args, run) = (Arc::clone(self.module), self.args.to_vec(), self.run.clone());
        let (process, of_host, colored) =
            (Arc::clone(&self.process), Arc::clone(&pulse), self.colored);
        let body = move || {
            let mut setup = run.machine(args, Grants::nothing());
            setup.stdin = Box::new(std::io::empty());
            setup.host = Some(Http::isolate(process, of_host));
            let mut vm = Vm::new(module, setup);
            // The watching thread waits for it as long as this one lives.
            let _ = sender.send(vm.interrupt_handle());
            let outcome = vm.run();
            for report in outcome.reports() {
                print_report(report, colored);
            }
            End { code: outcome.exit_code, has_failed: outcome.error.is_some() }
        };
        let thread = std::thread::Builder::new().name("isolate".to_owned()).stack_size(STACK_BYTES);
        Ok(Isolate {
            thread: Some(thread.spawn(body)?),
            arriving,
            interrupt: None,
            pulse,
            started: Instant::now(),
            is_warned: false,
            is_expired: false,
        })
    }
}

impl Isolate {
    /// How an isolate has ended; `None` while it runs.
    fn take_end(&mut self) -> Option<End> {
        let thread = self.thread.take_if(|thread| thread.is_finished())?;
        // A panic has written what it has to say.
        Some(thread.join().unwrap_or(End { code: i32::from(exit::INTERNAL), has_failed: true }))
    }

    /// Tells the time, and ends what computes for too long: first the task, then the isolate.
    fn look(&mut self, busy_max: Duration) {
        if self.interrupt.is_none() {
            self.interrupt = self.arriving.try_recv().ok();
        }
        let Some(interrupt) = &self.interrupt else { return };
        self.pulse.set_clock(self.started.elapsed().as_millis() as u64);
        let busy = Duration::from_millis(self.pulse.busy_ms());
        // A program body may take its time before it serves.
        if busy <= busy_max || self.pulse.n_servers() == 0 {
            self.is_warned = false;
        } else if !self.is_warned {
            self.is_warned = true;
            crate::complain!("hypvm: a task has computed for {busy_max:?} and is cancelled");
            interrupt.cancel_running();
        } else if busy > 2 * busy_max && !self.is_expired {
            self.is_expired = true;
            crate::complain!("hypvm: an isolate does not react and is replaced");
            interrupt.expire();
        }
    }
}

/// Executes a module on several threads until all have ended; returns the exit code.
#[must_use]
pub fn serve(
    module: &Arc<VerifiedModule>,
    args: &[String],
    options: &ServeOptions,
    run: &RunOptions,
    colored: bool,
) -> i32 {
    let process = Arc::new(Process::default());
    if options.reuse_port {
        process.share_ports();
    }
    let is_ending = end_signal();
    let program = Program { module, args, run, process: Arc::clone(&process), colored };
    let n_workers = options
        .workers
        .map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
    let isolates: std::io::Result<Vec<Isolate>> = (0..n_workers).map(|_| program.start()).collect();
    let mut isolates = match isolates {
        Ok(isolates) => isolates,
        Err(error) => {
            crate::complain!("hypvm: cannot start a thread: {error}");
            return i32::from(exit::INTERNAL);
        }
    };
    let busy_max = run.limits.timeout().unwrap_or(BUSY_MAX);
    let mut drained_from = None;
    let mut code = i32::from(exit::OK);
    while !isolates.is_empty() {
        std::thread::sleep(LOOK);
        if is_ending.load(Ordering::Relaxed) && drained_from.is_none() {
            drained_from = Some(Instant::now());
            process.drain();
        }
        if let Some(since) = drained_from
            && !end_isolates(&mut isolates, since.elapsed(), options.drain_timeout)
        {
            let n_left = process.n_connections();
            crate::complain!(
                "hypvm: {n_left} connections are left when the time to finish is over"
            );
            return i32::from(exit::FAILURE);
        }
        let mut i = 0;
        while let Some(isolate) = isolates.get_mut(i) {
            isolate.look(busy_max);
            let Some(end) = isolate.take_end() else {
                i += 1;
                continue;
            };
            let age = isolates.swap_remove(i).started.elapsed();
            if drained_from.is_some() {
                // Ended by the signal, after its finales.
                code = if end.code == 130 { code } else { code.max(end.code) };
            } else if !end.has_failed && end.code != i32::from(exit::OK) {
                // The program wants to exit, which ends the other isolates, too.
                code = end.code;
                drained_from = Some(Instant::now());
                process.drain();
            } else if end.has_failed && age < YOUNG {
                return end.code;
            } else if end.has_failed {
                crate::complain!("hypvm: an isolate has ended with {} and is replaced", end.code);
                isolates.extend(program.start());
            }
        }
    }
    code
}

/// Ends isolates whose servers are closed; false if the time for all of it is over.
fn end_isolates(isolates: &mut [Isolate], elapsed: Duration, max: Duration) -> bool {
    if elapsed > max + AFTERWARDS {
        return false;
    }
    for isolate in isolates {
        let has_ended = isolate.pulse.n_servers() == 0 && elapsed > AFTERWARDS;
        if let Some(interrupt) = &isolate.interrupt
            && (has_ended || elapsed > max)
            && !isolate.is_expired
        {
            isolate.is_expired = true;
            interrupt.interrupt();
        }
    }
    true
}

/// A flag that the first SIGTERM or Ctrl-C sets; the second one ends the process.
fn end_signal() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    #[cfg(unix)]
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        use signal_hook::flag::{register, register_conditional_shutdown};
        // Without a handler the signal ends the process as usual.
        let _ = register_conditional_shutdown(signal, 130, Arc::clone(&flag))
            .and_then(|_| register(signal, Arc::clone(&flag)));
    }
    flag
}
