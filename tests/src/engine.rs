//! Engine settings, and one run of a program under one of them in this process.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use hyp_bytecode::{container, verify};
use hyp_compiler::driver::{Compilation, Options, compile};
use hyp_vm::{Vm, VmOptions};

/// A way to run every program of the corpus.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Engine {
    /// Name, also on the command line.
    pub name: &'static str,
    opt_level: u8,
    gc_stress: bool,
}

/// All settings.
pub const ENGINES: &[Engine] = &[
    Engine { name: "O0", opt_level: 0, gc_stress: false },
    Engine { name: "O2", opt_level: 2, gc_stress: false },
    Engine { name: "O2-gc-stress", opt_level: 2, gc_stress: true },
];

/// The setting of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<Engine> {
    ENGINES.iter().copied().find(|e| e.name == name)
}

/// Compiles as `hypc` does and prints the diagnostics to standard error.
#[must_use]
pub fn compile_file(path: &Path, bytes: &[u8], opt_level: u8) -> Compilation {
    let options = Options { opt_level, ..Options::default() };
    let compilation = hyp_package::compile(path, bytes, &options).expect("the file was read");
    for d in &compilation.diagnostics {
        let at = compilation.sources.locate(d.primary.span.start);
        eprintln!(
            "{}:{}:{}: {} {} {} ({}) {}",
            at.file.name,
            at.line,
            at.column,
            if d.is_error() { "error" } else { "warning" },
            d.code.as_str(),
            d.message,
            d.primary.text,
            d.help.as_deref().unwrap_or("")
        );
    }
    compilation
}

/// Runs a program, by way of its container form; returns the exit status of the process.
#[must_use]
pub fn run(engine: Engine, path: &Path, args: Vec<String>, is_check_only: bool) -> i32 {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            return 4;
        }
    };
    let compilation = compile_file(path, &bytes, engine.opt_level);
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
            eprintln!("compiled code was refused: {error}");
            return 101;
        }
    };
    let options = VmOptions { args, gc_stress: engine.gc_stress, ..VmOptions::new() };
    let mut vm = Vm::new(Arc::new(module), options);
    let outcome = vm.run();
    for report in outcome.reports() {
        eprintln!("{report}");
    }
    outcome.exit_code
}

/// Bytes that a machine has written.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

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
    let options = Options { opt_level: engine.opt_level, ..Options::default() };
    let compilation = compile("page.hyp", program.as_bytes(), &options);
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
        gc_stress: engine.gc_stress,
        ..VmOptions::new()
    };
    let outcome = Vm::new(Arc::new(module), options).run();
    if let Some(report) = outcome.reports().next() {
        return Err(report.to_string());
    }
    let bytes = output.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
