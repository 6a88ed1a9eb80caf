//! One run of a program text in this process, with what it printed.

use std::cell::RefCell;
use std::io::{Cursor, Write};
use std::rc::Rc;
use std::sync::Arc;

use hyp_bytecode::verify;
use hyp_compiler::driver::{Options, compile};
use hyp_vm::{Report, Vm, VmOptions};

/// What a run left behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Captured {
    /// Exit code.
    pub exit_code: i32,
    /// The uncaught error.
    pub error: Option<Report>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// A stream whose bytes stay readable.
#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.borrow()).into_owned()
    }
}

/// Compiles and runs a program with empty standard input. `setup` changes the options, `start` gets
/// the machine before the run.
///
/// # Panics
/// If the program does not compile.
#[must_use]
pub fn run(
    source: &str,
    opt_level: u8,
    setup: impl FnOnce(&mut VmOptions),
    start: impl FnOnce(&mut Vm),
) -> Captured {
    let options = Options { opt_level, ..Options::default() };
    let compilation = compile("test.hyp", source.as_bytes(), &options);
    let module = compilation.module.unwrap_or_else(|| panic!("{:?}", compilation.diagnostics));
    let module = verify::verify(module).unwrap_or_else(|error| panic!("{error}"));
    let (stdout, stderr) = (Sink::default(), Sink::default());
    let mut options = VmOptions {
        stdout: Box::new(stdout.clone()),
        stderr: Box::new(stderr.clone()),
        stdin: Box::new(Cursor::new(Vec::new())),
        host: Some(hyp_http::Http::alone()),
        ..VmOptions::new()
    };
    setup(&mut options);
    let mut vm = Vm::new(Arc::new(module), options);
    start(&mut vm);
    let outcome = vm.run();
    Captured {
        exit_code: outcome.exit_code,
        error: outcome.error,
        stdout: stdout.text(),
        stderr: stderr.text(),
    }
}
