//! Programs in assembler form, each run as it is and with a collection at every safepoint.

mod calls;
mod errors;
mod memory;
mod values;

use std::io::Write;
use std::sync::{Arc, Mutex};

use hyp_bytecode::{text, verify};
use hyp_vm::{Outcome, Vm, VmOptions};

/// Collects what a program prints.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no test panics while writing").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs a program and returns its output and how it ended.
#[track_caller]
fn run_with(source: &str, change: impl Fn(&mut VmOptions)) -> (String, Outcome) {
    run_observed(source, change, |_| {})
}

/// As [`run_with`], and lets the caller look at the machine afterwards.
#[track_caller]
fn run_observed(
    source: &str,
    change: impl Fn(&mut VmOptions),
    look: impl FnOnce(&Vm),
) -> (String, Outcome) {
    let module = text::assemble(source).unwrap_or_else(|e| panic!("{e}"));
    let module = Arc::new(verify::verify(module).unwrap_or_else(|e| panic!("{e}")));
    let sink = Sink::default();
    let mut options = VmOptions::new();
    options.stdout = Box::new(sink.clone());
    options.stdin = Box::new(std::io::empty());
    change(&mut options);
    let mut vm = Vm::new(module, options);
    let outcome = vm.run();
    look(&vm);
    let bytes = sink.0.lock().expect("no test panics while writing").clone();
    (String::from_utf8(bytes).expect("output is text"), outcome)
}

/// Runs a program twice, the second time with a collection at every safepoint; both must agree.
#[track_caller]
fn run(source: &str) -> (String, Outcome) {
    let plain = run_with(source, |_| {});
    let stressed = run_with(source, |o| o.gc_stress = true);
    assert_eq!(plain, stressed, "collections change the result");
    plain
}

/// A program whose body is `code`, with `regs` as its registers.
fn main_with(regs: &str, code: &str) -> String {
    format!(
        "source \"t.hyp\"\nsites 4\nmain @0\nfunc @0 \"main\" {{\n  regs {regs}\n{code}\n  ret_null\n}}\n"
    )
}

/// Checks the output of a program that ends well.
#[track_caller]
fn prints(source: &str, expected: &str) {
    let (output, outcome) = run(source);
    assert_eq!(outcome.error.map(|e| e.to_string()), None, "output so far: {output}");
    assert_eq!(output.trim_end(), expected.trim());
}

/// Checks the report of a program that fails.
#[track_caller]
fn fails(source: &str, expected: &str) {
    let (_, outcome) = run(source);
    assert_eq!(outcome.exit_code, 1);
    assert_eq!(outcome.error.map(|e| e.to_string()).unwrap_or_default(), expected.trim());
}
