//! Engine settings, and one run of a program under one of them in this process.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use hyp_bytecode::{container, verify};
use hyp_compiler::driver::{Compilation, Options, compile};
use hyp_vm::{Vm, VmOptions};

use crate::expectation::{Expectation, Observed};

/// A way to run every program of the corpus.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Engine {
    /// Name, also on the command line.
    pub name: &'static str,
    opt_level: u8,
    gc_stress: bool,
    /// A pass that does not run.
    without: Option<&'static str>,
    /// Whether every function is compiled to machine code before it first runs.
    is_native: bool,
}

impl Engine {
    /// Level 2 without one pass.
    #[must_use]
    pub fn without(pass: &'static str) -> Engine {
        Engine { name: pass, without: Some(pass), ..PLAIN }
    }

    fn options(self) -> Options {
        let disabled_passes = self.without.map(str::to_owned).into_iter().collect();
        Options { opt_level: self.opt_level, disabled_passes, ..Options::default() }
    }
}

/// Level 2 without anything special.
pub const PLAIN: Engine =
    Engine { name: "O2", opt_level: 2, gc_stress: false, without: None, is_native: false };

/// All settings.
pub const ENGINES: &[Engine] = &[
    Engine { name: "O0", opt_level: 0, ..PLAIN },
    PLAIN,
    Engine { name: "O2-gc-stress", gc_stress: true, ..PLAIN },
    Engine { name: "O0-native", opt_level: 0, is_native: true, ..PLAIN },
    Engine { name: "O2-native", is_native: true, ..PLAIN },
    Engine { name: "O2-native-gc-stress", gc_stress: true, is_native: true, ..PLAIN },
];

impl Engine {
    /// Changes what a machine is set up with.
    fn apply(self, options: VmOptions) -> VmOptions {
        let native = hyp_jit::Options {
            mode: hyp_jit::Mode::Always,
            code: hyp_jit::CodeOptions { verify: true, ..Default::default() },
            ..Default::default()
        };
        let tier = self.is_native.then(|| native.factory());
        let host = Some(hyp_http::Http::alone());
        VmOptions { gc_stress: self.gc_stress, tier, host, ..options }
    }
}

/// The setting of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<Engine> {
    ENGINES.iter().copied().find(|e| e.name == name)
}

/// Compiles as `hypc` does and writes the diagnostics.
fn compile_file(path: &Path, bytes: &[u8], engine: Engine, out: &mut dyn Write) -> Compilation {
    let compilation =
        hyp_package::compile(path, bytes, &engine.options()).expect("the file was read");
    for d in &compilation.diagnostics {
        let at = compilation.sources.locate(d.primary.span.start);
        say(
            out,
            format_args!(
                "{}:{}:{}: {} {} {} ({}) {}",
                at.file.name,
                at.line,
                at.column,
                if d.is_error() { "error" } else { "warning" },
                d.code.as_str(),
                d.message,
                d.primary.text,
                d.help.as_deref().unwrap_or("")
            ),
        );
    }
    compilation
}

/// Runs a program, by way of its container form, with the streams of this process; returns the exit
/// status.
#[must_use]
pub fn run(engine: Engine, path: &Path, args: Vec<String>, is_check_only: bool) -> i32 {
    let options = VmOptions { args, ..VmOptions::new() };
    run_with(engine, path, options, &mut std::io::stderr(), is_check_only)
}

/// Runs a program in this process as its expectation says and catches what it writes.
#[must_use]
pub fn observe(engine: Engine, path: &Path, expectation: &Expectation) -> Observed {
    let (stdout, mut stderr) = (Sink::default(), Sink::default());
    let stdin: String = expectation.stdin.iter().map(|line| format!("{line}\n")).collect();
    let options = VmOptions {
        args: expectation.args.clone(),
        stdout: Box::new(stdout.clone()),
        stderr: Box::new(stderr.clone()),
        stdin: Box::new(std::io::Cursor::new(stdin)),
        ..VmOptions::new()
    };
    let exit = run_with(engine, path, options, &mut stderr, expectation.is_check_only);
    Observed { stdout: stdout.text(), stderr: stderr.text(), exit: Some(exit) }
}

fn say(stderr: &mut dyn Write, line: std::fmt::Arguments<'_>) {
    writeln!(stderr, "{line}").expect("standard error is open");
}

fn run_with(
    engine: Engine,
    path: &Path,
    options: VmOptions,
    stderr: &mut dyn Write,
    is_check_only: bool,
) -> i32 {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            say(stderr, format_args!("{}: {error}", path.display()));
            return 4;
        }
    };
    let compilation = compile_file(path, &bytes, engine, stderr);
    if is_check_only {
        return i32::from(compilation.has_errors());
    }
    let Some(module) = compilation.module else { return 1 };
    let module = container::read(&container::write(&module));
    let module = match module
        .map_err(|e| e.to_string())
        .and_then(|read| verify::verify(read).map_err(|e| e.to_string()))
    {
        Ok(module) => module,
        Err(error) => {
            say(stderr, format_args!("compiled code was refused: {error}"));
            return 101;
        }
    };
    let options = engine.apply(options);
    let mut vm = Vm::new(Arc::new(module), options);
    let outcome = vm.run();
    outcome.reports().for_each(|report| say(stderr, format_args!("{report}")));
    outcome.exit_code
}

/// Bytes that a machine has written.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
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

/// Runs a text in this process: a whole program, or statements as the body of one. Returns what it
/// prints.
///
/// # Errors
/// Why it does not compile, or the error that ended it.
pub fn output_of(engine: Engine, source: &str) -> Result<String, String> {
    let program = if source.trim_start().starts_with("Focus") {
        source.to_owned()
    } else {
        format!("Focus {{ {source} }} Relax")
    };
    let compilation = compile("page.hyp", program.as_bytes(), &engine.options());
    let Some(module) = compilation.module else {
        let messages: Vec<_> = compilation.diagnostics.into_iter().map(|d| d.message).collect();
        return Err(messages.join("; "));
    };
    let module = container::read(&container::write(&module)).map_err(|e| e.to_string())?;
    let module = verify::verify(module).map_err(|e| e.to_string())?;
    let output = Sink::default();
    let options = VmOptions {
        stdout: Box::new(output.clone()),
        stdin: Box::new(std::io::empty()),
        ..VmOptions::new()
    };
    let options = engine.apply(options);
    let outcome = Vm::new(Arc::new(module), options).run();
    if let Some(report) = outcome.reports().next() {
        return Err(report.to_string());
    }
    Ok(output.text())
}
