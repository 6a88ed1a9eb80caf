//! HypnoScript in this process, by way of the bytes of a module as the tools do it.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use hyp_bytecode::container;
use hyp_bytecode::verify::{VerifiedModule, verify};
use hyp_compiler::driver::{Options, compile};
use hyp_vm::{Vm, VmOptions};

/// Compiles a program to the bytes of a module.
///
/// # Panics
/// If it does not compile: the programs of this repository do.
#[must_use]
pub fn build(name: &str, source: &str) -> Vec<u8> {
    let compilation = compile(name, source.as_bytes(), &Options::default());
    for diagnostic in compilation.diagnostics.iter().filter(|d| d.is_error()) {
        eprintln!("{name}: {}", diagnostic.message);
    }
    container::write(&compilation.module.expect("the program compiles"))
}

/// Reads and verifies a module.
///
/// # Panics
/// If it is rejected.
#[must_use]
pub fn load(bytes: &[u8]) -> Arc<VerifiedModule> {
    let module = container::read(bytes).expect("a readable module");
    Arc::new(verify(module).expect("a valid module"))
}

/// Runs a program on a fresh machine; returns what it printed.
///
/// # Panics
/// If it fails.
#[must_use]
pub fn run(module: &Arc<VerifiedModule>) -> String {
    let output = Sink::default();
    let options = VmOptions { stdout: Box::new(output.clone()), ..VmOptions::new() };
    let outcome = Vm::new(Arc::clone(module), options).run();
    assert!(outcome.exit_code == 0, "{:?}", outcome.error);
    let bytes = output.0.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Keeps what the program prints.
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
