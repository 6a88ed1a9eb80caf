//! One program everywhere: the oracle, the machine at `-O0`, at `-O2` and in machine code.
//!
//! They must agree on standard output, the uncaught error and unobserved rejections (category,
//! message, file, line) and the exit status. Time is virtual. Programs print what they end with, so the final state is part of the output.

use std::collections::BTreeSet;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use hyp_bytecode::container;
use hyp_bytecode::module::Module;
use hyp_bytecode::op::{Kind, decode};
use hyp_bytecode::verify::verify;
use hyp_compiler::driver::Options;
use hyp_vm::{Report, Vm, VmOptions};

use crate::bundle::{Bundle, MAIN};
use crate::oracle::{self, Fault, Setting, Verdict};

/// Evaluation steps of the oracle per program; programs that take more are left out.
const ORACLE_FUEL: u64 = 1_000_000;
/// Steps of the machine per program: more than the oracle could ever need.
const MACHINE_FUEL: u64 = 50_000_000;
const HEAP_BYTES_MAX: usize = 128 << 20;

/// What a program did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// Standard output.
    pub stdout: String,
    /// The uncaught error.
    pub error: Option<Fault>,
    /// Rejections that nobody has seen.
    pub rejections: Vec<Fault>,
    /// Exit status.
    pub exit: i32,
}

/// What the comparison showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// All engines did the same; whether an uncaught error ended the program.
    Agree {
        /// Whether an uncaught error ended the program.
        is_trap: bool,
    },
    /// The program does not compile; generated ones should.
    Invalid(String),
    /// The oracle lacks something or the program takes too long; `-O0` and `-O2` agree.
    Unsupported(String),
    /// Engines differ.
    Differ(String),
}

/// Instructions and builtins that a compiled program contains.
#[derive(Clone, Default, Debug)]
pub struct Coverage {
    /// Instructions by name.
    pub ops: BTreeSet<&'static str>,
    /// Builtins by name.
    pub builtins: BTreeSet<&'static str>,
}

impl Coverage {
    fn add(&mut self, module: &Module) {
        for function in &module.functions {
            let mut pc = 0;
            while let Ok(insn) = decode(&function.code, pc) {
                self.ops.insert(insn.op.spec().name);
                let builtin = insn.id(Kind::Builtin);
                if let Some(builtin) = builtin.and_then(hyp_bytecode::builtin::Builtin::from_code) {
                    self.builtins.insert(builtin.spec().name);
                }
                pc = insn.next;
            }
        }
    }
}

/// Runs `source`, which may be a [bundle](crate::bundle), everywhere. Must be called on a deep stack, see [`oracle::on_deep_stack`].
#[must_use]
pub fn compare(source: &str, coverage: &mut Coverage) -> Finding {
    let setting = Setting { fuel: ORACLE_FUEL, ..Setting::default() };
    let verdict = {
        let files = Bundle::new(source);
        oracle::run_here(Path::new(MAIN), &|path| files.file(path), &setting)
    };
    if let Verdict::Unsupported(what) = &verdict
        && what == oracle::FUEL
    {
        return Finding::Unsupported(what.clone());
    }
    let mut runs = Vec::new();
    let mut fuel = Vec::new();
    for (opt_level, is_native) in [(0, false), (2, false), (2, true)] {
        let name = format!("-O{opt_level}{}", if is_native { " in machine code" } else { "" });
        let run = || run_machine(source, opt_level, is_native, coverage);
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok((behaviour, left))) => {
                runs.push((name, behaviour));
                fuel.push(left);
            }
            Ok(Err(what)) => return Finding::Invalid(what),
            Err(_) => return Finding::Differ(format!("{name} panics")),
        }
    }
    let unsupported = match verdict {
        Verdict::Ran { stdout, error, rejections, exit } => {
            runs.push(("oracle".to_owned(), Behaviour { stdout, error, rejections, exit }));
            None
        }
        Verdict::Rejected => return Finding::Invalid("syntax errors".to_owned()),
        Verdict::Unsupported(what) => Some(what),
    };
    let (_, first) = &runs[0];
    for (name, other) in &runs[1..] {
        if first != other {
            return Finding::Differ(difference(("-O0", first), (name, other)));
        }
    }
    // Programs that end otherwise stop at the same place, but may not have counted their last step.
    if first.exit == 0 && fuel[1] != fuel[2] {
        let (a, b) = (fuel[1], fuel[2]);
        return Finding::Differ(format!("fuel left: -O2 {a:?}, in machine code {b:?}"));
    }
    match unsupported {
        Some(what) => Finding::Unsupported(what),
        None => Finding::Agree { is_trap: first.error.is_some() || !first.rejections.is_empty() },
    }
}

/// The first difference.
#[must_use]
pub fn difference(a: (&str, &Behaviour), b: (&str, &Behaviour)) -> String {
    let lines = a.1.stdout.lines().zip(b.1.stdout.lines());
    let at = lines.take_while(|(x, y)| x == y).count();
    let line = |text: &str| text.lines().nth(at).unwrap_or("(nothing)").to_owned();
    if a.1.stdout != b.1.stdout {
        let (x, y) = (line(&a.1.stdout), line(&b.1.stdout));
        return format!("output line {}: {} `{x}`, {} `{y}`", at + 1, a.0, b.0);
    }
    format!("end: {} {:?} {}, {} {:?} {}", a.0, a.1.error, a.1.exit, b.0, b.1.error, b.1.exit)
}

/// What a program does on the machine at an optimisation level.
///
/// # Errors
/// Why it does not compile.
pub fn behaviour(source: &str, opt_level: u8) -> Result<Behaviour, String> {
    run_machine(source, opt_level, false, &mut Coverage::default()).map(|(behaviour, _)| behaviour)
}

/// Runs a program on the machine, by way of its container form. Gives the fuel that is left too.
fn run_machine(
    source: &str,
    opt_level: u8,
    is_native: bool,
    coverage: &mut Coverage,
) -> Result<(Behaviour, Option<u64>), String> {
    let options = Options { opt_level, ..Options::default() };
    let compilation = Bundle::new(source).compile(&options);
    let Some(module) = compilation.module else {
        let first = compilation.diagnostics.iter().find(|d| d.is_error());
        return Err(first.map_or_else(String::new, |d| {
            let at = compilation.sources.locate(d.primary.span.start);
            format!("{} {} in line {}", d.code.as_str(), d.message, at.line)
        }));
    };
    coverage.add(&module);
    let module = container::read(&container::write(&module)).map_err(|e| e.to_string())?;
    let module = verify(module).map_err(|e| format!("refused by the verifier: {e}"))?;
    let stdout = Sink::default();
    let native = hyp_jit::Options { mode: hyp_jit::Mode::Always, ..Default::default() };
    let options = VmOptions {
        heap_bytes_max: HEAP_BYTES_MAX,
        fuel_max: Some(MACHINE_FUEL),
        virtual_time: true,
        tier: is_native.then(|| native.factory()),
        stdout: Box::new(stdout.clone()),
        stderr: Box::new(std::io::sink()),
        stdin: Box::new(std::io::empty()),
        ..VmOptions::new()
    };
    let mut vm = Vm::new(Arc::new(module), options);
    let outcome = vm.run();
    let fault = |e: Report| Fault { message: e.message, file: e.file, line: e.line };
    let error = outcome.error.map(fault);
    let rejections = outcome.rejections.into_iter().map(fault).collect();
    let left = vm.fuel_left();
    let behaviour = Behaviour { stdout: stdout.text(), error, rejections, exit: outcome.exit_code };
    Ok((behaviour, left))
}

/// A stream that keeps what is written.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A smaller program on which `is_wanted` still holds: lines, alone and in runs, are left out as
/// long as that works.
#[must_use]
pub fn minimise(source: &str, mut is_wanted: impl FnMut(&str) -> bool) -> String {
    let mut lines: Vec<&str> = source.lines().filter(|line| !line.trim().is_empty()).collect();
    let mut run = lines.len() / 2;
    while run > 0 {
        let mut at = 0;
        let mut is_smaller = false;
        while at < lines.len() {
            // A line that opens a block goes together with the line that closes it.
            let close = closing(&lines, at);
            let mut candidates = vec![without(&lines, at, at + run)];
            if run == 1
                && let Some(close) = close
            {
                candidates.push(without(&lines, at, close + 1));
                let mut unwrapped = without(&lines, close, close + 1);
                unwrapped.remove(at);
                candidates.push(unwrapped);
            }
            let found = candidates.into_iter().find(|c| is_wanted(&c.join("\n")));
            match found {
                Some(smaller) => {
                    lines = smaller;
                    is_smaller = true;
                }
                None => at += run.min(lines.len()),
            }
        }
        run = if is_smaller && run == 1 { 1 } else { run / 2 };
    }
    lines.join("\n") + "\n"
}

fn without<'s>(lines: &[&'s str], from: usize, to: usize) -> Vec<&'s str> {
    lines[..from].iter().chain(&lines[to.min(lines.len())..]).copied().collect()
}

/// The line that closes the block which line `at` opens.
fn closing(lines: &[&str], at: usize) -> Option<usize> {
    let balance = |line: &str| line.matches('{').count() as i64 - line.matches('}').count() as i64;
    let mut depth = balance(lines[at]);
    if depth <= 0 {
        return None;
    }
    for (i, line) in lines.iter().enumerate().skip(at + 1) {
        depth += balance(line);
        if depth <= 0 {
            return Some(i);
        }
    }
    None
}
