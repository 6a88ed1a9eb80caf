//! Running a verified module as this process's program.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use clap::ValueEnum;

use crate::grant::GrantOptions;
use crate::stdin::Stdin;
use hyp_bytecode::verify::VerifiedModule;
use hyp_vm::Report;
use hyp_vm::{Grants, Vm, VmOptions};

/// Options of a run that both tools offer.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct RunOptions {
    #[command(flatten)]
    pub(crate) limits: LimitOptions,
    #[command(flatten)]
    grants: GrantOptions,
    /// Let Random and its relatives give the same numbers in every run
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Show what DebugPrint and its relatives write
    #[arg(long)]
    pub debug: bool,
    /// Collect garbage at every allocation (slow; finds bugs of the machine)
    #[arg(long, hide = true)]
    pub gc_stress: bool,
    /// Report each pause of the garbage collector on standard error, and its figures at the end
    #[arg(long)]
    pub trace_gc: bool,
    /// When to compile to machine code
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    jit: Jit,
    /// Report each compilation to machine code on standard error
    #[arg(long)]
    trace_jit: bool,
}

/// When machine code is made.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, clap::ValueEnum)]
enum Jit {
    /// Of functions and loops that are hot, on a thread of its own
    #[default]
    Auto,
    /// Never
    Off,
    /// Of each function before it first runs
    Always,
}

/// Limits of a run.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitOptions {
    /// Largest size of the script's heap, for example 64M or 2G [default: 1G]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    heap_max: Option<usize>,
    /// Most calls that may be active at once [default: 10000]
    #[arg(long, value_name = "CALLS", value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    depth_max: Option<u32>,
    /// Most steps (loop iterations, calls) that the program may take [default: unlimited]
    #[arg(long, value_name = "STEPS")]
    fuel: Option<u64>,
    /// Longest time that the program may run, for example 500ms, 10s or 5m [default: unlimited]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    timeout: Option<Duration>,
    /// Most bytes that the program may print, for example 64M [default: unlimited]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    output_max: Option<usize>,
    /// Most tasks that may live at once, and most timers [default: 1000000]
    #[arg(long, value_name = "TASKS")]
    tasks_max: Option<u32>,
    /// Most timers that may run at once [default: as --tasks-max]
    #[arg(long, value_name = "TIMERS")]
    timers_max: Option<u32>,
    /// Most tasks that may wait inside callbacks of builtins; each keeps a stack [default: 4096]
    #[arg(long, value_name = "TASKS")]
    native_stacks_max: Option<u32>,
    /// Most channels [default: 65536]
    #[arg(long, value_name = "CHANNELS")]
    channels_max: Option<u32>,
    /// Most messages that may wait in all channels [default: 65536]
    #[arg(long, value_name = "MESSAGES")]
    messages_max: Option<u32>,
    /// Most callbacks of builtins that may be active at once [default: 1000]
    #[arg(long, value_name = "CALLS", value_parser = clap::value_parser!(u32).range(1..=1000))]
    callbacks_max: Option<u32>,
    /// Most bytes that a regular expression may take when it is compiled [default: 1M]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    regex_max: Option<usize>,
    /// Most bytes of its pattern [default: 1K]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    regex_pattern_max: Option<usize>,
    /// Deepest nesting of its groups [default: 50]
    #[arg(long, value_name = "LEVELS", value_parser = clap::value_parser!(u32).range(0..=250))]
    regex_nest_max: Option<u32>,
    /// Limits for untrusted programs: 256M of heap, 10^9 steps, 10s, 64M of output, 10000 tasks, no
    /// capabilities; other options change single ones
    #[arg(long)]
    sandbox: bool,
}

impl LimitOptions {
    fn apply(&self, setup: &mut VmOptions) {
        if self.sandbox {
            setup.heap_bytes_max = 256 << 20;
            setup.fuel_max = Some(1_000_000_000);
            setup.output_bytes_max = Some(64 << 20);
            (setup.tasks.tasks, setup.tasks.timers) = (10_000, 10_000);
        }
        let tasks = &mut setup.tasks;
        let set = |limit: &mut usize, option: Option<u32>| {
            *limit = option.map_or(*limit, |n| n as usize);
        };
        set(&mut tasks.tasks, self.tasks_max);
        set(&mut tasks.timers, self.timers_max.or(self.tasks_max));
        set(&mut tasks.native_stacks, self.native_stacks_max);
        set(&mut tasks.channels, self.channels_max);
        set(&mut tasks.messages, self.messages_max);
        setup.native_depth_max = self.callbacks_max.unwrap_or(setup.native_depth_max);
        setup.heap_bytes_max = self.heap_max.unwrap_or(setup.heap_bytes_max);
        setup.call_depth_max = self.depth_max.map_or(setup.call_depth_max, |n| n as usize);
        let regex = &mut setup.regex;
        regex.program_bytes = self.regex_max.unwrap_or(regex.program_bytes);
        regex.pattern_bytes = self.regex_pattern_max.unwrap_or(regex.pattern_bytes);
        regex.nesting = self.regex_nest_max.unwrap_or(regex.nesting);
        setup.fuel_max = self.fuel.or(setup.fuel_max);
        setup.output_bytes_max = self.output_max.map(|n| n as u64).or(setup.output_bytes_max);
    }

    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.timeout.or(self.sandbox.then_some(Duration::from_secs(10)))
    }
}

impl RunOptions {
    /// The options that the single word `--jit=WHEN` stands for; `None` if it is another one.
    pub(crate) fn of_jit(word: &str) -> Option<RunOptions> {
        let jit = Jit::from_str(word.strip_prefix("--jit=")?, false).ok()?;
        Some(RunOptions { jit, ..RunOptions::default() })
    }

    /// The options of a machine; `granted` is what the program may do if none of these options allows
    /// something in particular.
    #[must_use]
    pub fn machine(&self, args: Vec<String>, granted: Grants) -> VmOptions {
        let mut setup = VmOptions { args, gc_stress: self.gc_stress, ..VmOptions::new() };
        let mode = match self.jit {
            Jit::Off => None,
            Jit::Auto => Some(hyp_jit::Mode::Auto),
            Jit::Always => Some(hyp_jit::Mode::Always),
        };
        let tier =
            mode.map(|mode| hyp_jit::Options { mode, trace: self.trace_jit, ..Default::default() });
        setup.tier = tier.map(hyp_jit::Options::factory);
        setup.random_seed = self.seed;
        setup.host = Some(hyp_http::Http::alone());
        setup.debug = self.debug;
        self.limits.apply(&mut setup);
        let granted = if self.limits.sandbox { Grants::nothing() } else { granted };
        setup.grants = self.grants.grants(granted);
        setup
    }

    /// Watches the time limit, if there is one: stops the program wherever it is, after setting
    /// `interrupted`. The watch ends when its handle is dropped.
    #[must_use]
    pub fn watch(&self, vm: &Vm, interrupted: &Arc<AtomicBool>) -> Option<Watchdog> {
        let timeout = self.limits.timeout()?;
        let (handle, interrupted) = (vm.interrupt_handle(), Arc::clone(interrupted));
        let (sender, receiver) = channel::<()>();
        let watch = move || {
            if receiver.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout) {
                interrupted.store(true, Ordering::Relaxed);
                handle.expire();
            }
        };
        let watcher = std::thread::Builder::new().name("watchdog".to_owned()).spawn(watch);
        if let Err(error) = watcher {
            crate::complain!("cannot watch the time limit: {error}");
            std::process::exit(i32::from(crate::exit::INTERNAL));
        }
        Some(Watchdog { _sender: sender })
    }
}

/// Keeps a time limit watched.
pub struct Watchdog {
    /// Closing it wakes the watching thread.
    _sender: Sender<()>,
}

/// Reads a duration: digits, then `ms`, `s`, `m` or `h`; without a unit, seconds.
///
/// # Errors
/// If the text is not a duration, or none that lasts.
pub fn parse_time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit_ms = match &text[digits.len()..] {
        "ms" => 1,
        "s" | "" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("`{text}` is not a duration; write 500ms, 10s, 5m or 1h")),
    };
    let number: u64 =
        digits.parse().map_err(|_| format!("`{text}` is not a duration; write 500ms or 10s"))?;
    let ms = number.checked_mul(unit_ms).ok_or_else(|| format!("`{text}` is too long"))?;
    if ms == 0 {
        return Err(format!("`{text}` leaves no time to run; leave `--timeout` out for no limit"));
    }
    Ok(Duration::from_millis(ms))
}

/// Reads a size: digits with an optional suffix K, M or G (powers of 1024).
///
/// # Errors
/// If the text is not a size.
pub fn parse_size(text: &str) -> Result<usize, String> {
    let (digits, shift) = match text.chars().last() {
        Some('K' | 'k') => (&text[..text.len() - 1], 10),
        Some('M' | 'm') => (&text[..text.len() - 1], 20),
        Some('G' | 'g') => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let number: usize = digits.parse().map_err(|_| format!("`{text}` is not a size"))?;
    number.checked_mul(1 << shift).ok_or_else(|| format!("`{text}` is too large"))
}

/// Runs a module with the process's streams; returns its exit code. Reports go to standard error.
/// `granted` is what the program may do if the options allow nothing in particular.
#[must_use]
pub fn execute(
    module: Arc<VerifiedModule>,
    args: Vec<String>,
    options: &RunOptions,
    granted: Grants,
    colored: bool,
) -> i32 {
    let interrupted = Arc::new(AtomicBool::new(false));
    let mut setup = options.machine(args, granted);
    setup.stdin = Box::new(Stdin::buffered(Arc::clone(&interrupted)));
    let mut vm = Vm::new(module, setup);
    let watchdog = options.watch(&vm, &interrupted);
    forward_interrupts(&vm, interrupted);
    if options.trace_gc {
        vm.on_heap_pause(Box::new(|pause| crate::complain!("{pause}")));
    }
    let outcome = vm.run();
    if options.trace_gc {
        crate::complain!("{}", vm.heap_stats());
    }
    drop(watchdog);
    for report in outcome.reports() {
        print_report(report, colored);
    }
    // The process ends here: returning the heap piece by piece would only cost time.
    std::mem::forget(vm);
    outcome.exit_code
}

/// The first Ctrl-C stops the program after its finales, the second one ends the process.
fn forward_interrupts(vm: &Vm, interrupted: Arc<AtomicBool>) {
    #[cfg(unix)]
    {
        use signal_hook::consts::SIGINT;
        use signal_hook::flag::{register, register_conditional_shutdown};
        let is_second = Arc::new(AtomicBool::new(false));
        // Without a handler the first Ctrl-C ends the process as usual.
        let _ = register_conditional_shutdown(SIGINT, 130, Arc::clone(&is_second))
            .and_then(|_| register(SIGINT, is_second))
            .and_then(|_| register(SIGINT, vm.interrupt_handle().flag()))
            .and_then(|_| register(SIGINT, interrupted));
    }
    #[cfg(not(unix))]
    let _ = (vm, interrupted);
}

/// Ctrl-C stops what the machine is running; the process goes on.
pub fn interrupt_by_signal(vm: &Vm) {
    #[cfg(unix)]
    {
        // Without a handler Ctrl-C ends the process as usual.
        let flag = vm.interrupt_handle().flag();
        let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, flag);
    }
    #[cfg(not(unix))]
    let _ = vm;
}

/// Prints an uncaught error to standard error.
pub fn print_report(report: &Report, colored: bool) {
    let text = report.to_string();
    let mut stderr = std::io::stderr().lock();
    // A closed standard error leaves nobody to tell.
    let _ = match text.split_once('\n') {
        _ if !colored => writeln!(stderr, "{text}"),
        Some((first, rest)) => writeln!(stderr, "\x1b[1;31m{first}\x1b[0m\n{rest}"),
        None => writeln!(stderr, "\x1b[1;31m{text}\x1b[0m"),
    };
}

/// Writes text to standard output; a closed pipe is a quiet end. Returns the exit code.
#[must_use]
pub fn print(text: &str) -> u8 {
    let mut stdout = std::io::stdout().lock();
    printed(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// Answers a command line that is not valid, or asks for help. Returns the exit code.
#[must_use]
pub fn print_answer(answer: &clap::Error) -> u8 {
    if answer.use_stderr() {
        // A closed standard error leaves nobody to tell.
        let _ = answer.print();
        return crate::exit::USAGE;
    }
    printed(answer.print().and_then(|()| std::io::stdout().flush()))
}

/// The exit code after writing to standard output; complains if that failed.
fn printed(result: std::io::Result<()>) -> u8 {
    match result {
        Ok(()) => crate::exit::OK,
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => crate::exit::OK,
        Err(e) => {
            crate::complain!("error: cannot write to standard output: {e}");
            crate::exit::INPUT
        }
    }
}
