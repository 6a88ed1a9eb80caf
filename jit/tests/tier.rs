//! Machine code against the interpreter, where the corpus does not look: limits, memory protection,
//! compilation in the background.

use std::sync::{Arc, Mutex};

use hyp_bytecode::verify::{VerifiedModule, verify};
use hyp_compiler::driver::{Options, compile};
use hyp_jit::{CodeOptions, Mode, NativeTier};
use hyp_vm::tier::{Tier, TierFactory};
use hyp_vm::{Vm, VmOptions};

/// A stream that keeps what is written.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no writer panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn module(body: &str) -> Arc<VerifiedModule> {
    let compilation = compile("t.hyp", body.as_bytes(), &Options::default());
    let module = compilation.module.expect("the program compiles");
    Arc::new(verify(module).expect("the compiler emits valid code"))
}

/// Output, first error, exit code and fuel left.
fn run(body: &str, tier: Option<TierFactory>, fuel_max: u64) -> (String, String, i32, Option<u64>) {
    let output = Sink::default();
    let options = VmOptions {
        stdout: Box::new(output.clone()),
        fuel_max: Some(fuel_max),
        tier,
        ..VmOptions::new()
    };
    let mut vm = Vm::new(module(body), options);
    let outcome = vm.run();
    let error = outcome.error.map_or_else(String::new, |report| report.to_string());
    let text = String::from_utf8(output.0.lock().expect("no writer panics").clone());
    (text.expect("output is UTF-8"), error, outcome.exit_code, vm.fuel_left())
}

fn always() -> TierFactory {
    let code = CodeOptions { verify: true, ..CodeOptions::default() };
    hyp_jit::Options { mode: Mode::Always, code, trace: false }.factory()
}

/// Both engines do the same.
fn assert_same(body: &str, fuel_max: u64) {
    assert_eq!(run(body, None, fuel_max), run(body, Some(always()), fuel_max), "{body}");
}

#[test]
fn fuel_runs_out_at_the_same_step() {
    let body = "Focus { suggestion f(n: number): number { if (n < 2) { awaken n; } \
                awaken f(n - 1) + f(n - 2); } induce s = 0; \
                loop (induce i = 0; i < 20; i = i + 1) { s = s + f(i); observe s; } } Relax";
    for fuel in [0, 1, 2, 50, 1000, 4095, 4096, 4097, 20_000, 1_000_000] {
        assert_same(body, fuel);
    }
}

#[test]
fn deep_recursion_raises_the_same_error() {
    assert_same(
        "Focus { suggestion f(n) { awaken f(n + 1) + 1; } \
         try { f(0); } catch (e) { observe e.message; } f(0); } Relax",
        1_000_000,
    );
}

#[test]
fn deep_recursion_that_returns_does_so() {
    assert_same(
        "Focus { suggestion f(n: number, t: string): string { if (n == 0) { awaken t; } \
         awaken f(n - 1, t); } observe f(9900, \"deep\"); } Relax",
        1_000_000,
    );
}

#[test]
fn arrays_that_change_in_a_loop_are_looked_at_again() {
    assert_same(
        "Focus { induce a = [1, 2, 3]; suggestion grow(x) { ArrayPush(x, 7); awaken 1; } \
         induce s = 0; loop (induce i = 0; i < 40; i = i + 1) { s = s + a[i]; grow(a); \
         if (i == 20) { a[21] = \"t\"; } observe s; } } Relax",
        1_000_000,
    );
}

#[test]
fn errors_inside_a_loop_leave_its_arrays_as_they_are() {
    assert_same(
        "Focus { induce a = [1]; suggestion grow(x, n) { ArrayPush(x, n); \
         if (n % 3 == 0) { throw \"three\"; } awaken n; } induce s = 0; \
         loop (induce i = 0; i < 60; i = i + 1) { try { grow(a, i); s = s + a[i]; } \
         catch (e) { s = s + a[i + 1] + 100; } } observe s; observe a; } Relax",
        1_000_000,
    );
}

#[cfg(target_os = "linux")]
#[test]
fn no_memory_is_writable_and_executable() {
    let (text, ..) = run("Focus { observe 1 + Length(\"ab\"); } Relax", Some(always()), 1000);
    assert_eq!(text, "3\n");
    let maps = std::fs::read_to_string("/proc/self/maps").expect("the process has a map");
    let is_both = |line: &&str| line.split(' ').nth(1).is_some_and(|p| p.contains("wx"));
    assert_eq!(maps.lines().find(is_both), None);
}

#[test]
fn a_hot_loop_is_compiled_in_the_background() {
    let body = "Focus { induce s = 0; induce i = 0; \
                while (i < 1000000000) { s = s + i % 7; i = i + 1; } observe s; } Relax";
    let module = module(body);
    let tier = Arc::new(NativeTier::new(Arc::clone(&module), hyp_jit::Options::default()));
    let shared = Arc::clone(&tier);
    let factory: TierFactory = Arc::new(move |_| Arc::clone(&shared) as Arc<dyn Tier>);
    let options = VmOptions { tier: Some(factory), ..VmOptions::new() };
    let mut vm = Vm::new(module, options);
    let handle = vm.interrupt_handle();
    let waiter = std::thread::spawn(move || {
        while tier.published() == 0 {
            std::thread::yield_now();
        }
        handle.interrupt();
    });
    // Only the interruption ends it in reasonable time, and only published code interrupts it.
    assert_eq!(vm.run().exit_code, 130);
    waiter.join().expect("the waiting thread ends");
}
