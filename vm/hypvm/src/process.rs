//! Running a verified module as this process's program.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::stdin::Stdin;
use hyp_bytecode::verify::VerifiedModule;
use hyp_vm::Report;
use hyp_vm::{Outcome, Vm, VmOptions};

/// Options of a run that both tools offer.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct RunOptions {
    /// Largest size of the script's heap, for example 64M or 2G
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub heap_max: Option<usize>,
    /// Collect garbage at every allocation (slow; finds bugs of the machine)
    #[arg(long, hide = true)]
    pub gc_stress: bool,
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
#[must_use]
pub fn execute(
    module: Arc<VerifiedModule>,
    args: Vec<String>,
    options: &RunOptions,
    colored: bool,
) -> i32 {
    let interrupted = Arc::new(AtomicBool::new(false));
    let stdin = Box::new(Stdin::buffered(Arc::clone(&interrupted)));
    let mut setup = VmOptions { args, gc_stress: options.gc_stress, stdin, ..VmOptions::new() };
    if let Some(bytes) = options.heap_max {
        setup.heap_bytes_max = bytes;
    }
    let mut vm = Vm::new(module, setup);
    forward_interrupts(&vm, interrupted);
    let Outcome { exit_code, error } = vm.run();
    if let Some(report) = error {
        print_report(&report, colored);
    }
    // The process ends here: returning the heap piece by piece would only cost time.
    std::mem::forget(vm);
    exit_code
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

/// Writes text to standard output; a closed pipe is a quiet end.
#[must_use]
pub fn print(text: &str) -> u8 {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => crate::exit::OK,
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => crate::exit::OK,
        Err(e) => {
            let _ = writeln!(std::io::stderr(), "cannot write to standard output: {e}");
            crate::exit::INPUT
        }
    }
}
