//! What must hold for any bytes at all. The fuzz targets and the mutation test are thin layers over
//! these functions, so what a fuzzer finds can be replayed by an ordinary test.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bumpalo::Bump;
use hyp_bytecode::builtin::{Builtin, BuiltinEffects};
use hyp_bytecode::module::Module;
use hyp_bytecode::op::{Kind, decode};
use hyp_bytecode::verify::{VerifiedModule, verify};
use hyp_bytecode::{container, text};
use hyp_compiler::driver::{Options, TypesMode, compile};
use hyp_grammar::intern::Interner;
use hyp_vm::{InterruptHandle, Vm, VmOptions};

/// Heap of a program under test, in bytes.
pub const HEAP_BYTES_MAX: usize = 64 << 20;
/// Active calls of a program under test.
const CALL_DEPTH_MAX: usize = 2_000;
/// Steps of a program under test: most endless loops end by this, sooner than by the clock.
const FUEL_MAX: u64 = 300_000;
/// A program under test is interrupted after one to two of these.
const TICK: Duration = Duration::from_millis(50);
/// Bytes of output after which the pipe counts as closed.
const OUTPUT_BYTES_MAX: usize = 1 << 20;

/// Effects of builtins that a program of unknown origin must not have on the machine of the tests.
const FORBIDDEN: [BuiltinEffects; 7] = [
    BuiltinEffects::FS_READ,
    BuiltinEffects::FS_WRITE,
    BuiltinEffects::ENV_WRITE,
    BuiltinEffects::PROC,
    BuiltinEffects::NET,
    BuiltinEffects::SLEEP,
    BuiltinEffects::IN,
];

/// What became of the bytes of a module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fate {
    /// The reader rejected them.
    Unreadable,
    /// The verifier rejected the module.
    Unverified,
    /// The module is valid and uses files, the clock or the environment: it was not run.
    NotRun,
    /// The program ran and ended with this exit code.
    Ran(i32),
}

/// Reads, verifies and runs a module as `hypvm` would, under limits.
///
/// # Panics
/// If a readable module does not survive being written and read again. Any other panic, a crash or
/// a hang is a defect, too.
pub fn check_container(bytes: &[u8]) -> Fate {
    let Ok(module) = container::read(bytes) else { return Fate::Unreadable };
    let again = container::read(&container::write(&module));
    assert!(again.as_ref() == Ok(&module), "writing and reading changes the module");
    match verify(module) {
        Err(_) => Fate::Unverified,
        Ok(module) if touches_the_machine(&module) => Fate::NotRun,
        Ok(module) => Fate::Ran(run_limited(Arc::new(module))),
    }
}

/// As [`check_container`]; in addition the listing of a readable module must assemble to it.
///
/// # Panics
/// As [`check_container`].
pub fn check_listing(bytes: &[u8]) {
    let Ok(module) = container::read(bytes) else { return };
    let listing = text::disassemble(&module);
    let again = text::assemble(&listing);
    assert!(again.as_ref() == Ok(&module), "the listing does not assemble to its module");
}

/// Lexes and parses any bytes.
///
/// # Panics
/// If a diagnostic lies outside the text.
pub fn check_syntax(bytes: &[u8]) {
    let source = hyp_grammar::source::decode_lossy(bytes);
    let arena = Bump::new();
    let mut interner = Interner::new();
    let (_, diagnostics) = hyp_grammar::parse(&arena, &mut interner, &source);
    for diagnostic in &diagnostics {
        let span = diagnostic.primary.span;
        assert!(span.start as usize <= source.len() && span.end as usize <= source.len());
        assert!(!diagnostic.message.is_empty());
    }
}

/// Compiles any bytes at both optimisation levels; what comes out must be valid and run.
///
/// # Panics
/// If compiled code is refused by the verifier.
pub fn check_source(bytes: &[u8]) {
    for (opt_level, types) in [(0, TypesMode::Sound), (2, TypesMode::Sound), (2, TypesMode::Erased)]
    {
        let options = Options { opt_level, types, ..Options::default() };
        let compilation = compile("fuzz.hyp", bytes, &options);
        let Some(module) = compilation.module else { continue };
        let fate = check_container(&container::write(&module));
        assert!(
            !matches!(fate, Fate::Unreadable | Fate::Unverified),
            "compiled code was refused at -O{opt_level}: {:?}",
            verify(module).err()
        );
    }
}

/// Whether some instruction names a builtin with effects outside the process.
#[must_use]
pub fn touches_the_machine(module: &Module) -> bool {
    module.functions.iter().any(|function| {
        let mut pc = 0;
        while let Ok(insn) = decode(&function.code, pc) {
            let builtin = insn.id(Kind::Builtin).and_then(Builtin::from_code);
            let effects = builtin.map(|b| b.spec().effects);
            if effects.is_some_and(|e| FORBIDDEN.iter().any(|f| e.has(*f))) {
                return true;
            }
            pc = insn.next;
        }
        false
    })
}

/// Runs a program with a small heap; it is interrupted when it takes too long.
fn run_limited(module: Arc<VerifiedModule>) -> i32 {
    let options = VmOptions {
        heap_bytes_max: HEAP_BYTES_MAX,
        call_depth_max: CALL_DEPTH_MAX,
        fuel_max: Some(FUEL_MAX),
        stdout: Box::new(Bounded { left: OUTPUT_BYTES_MAX }),
        stderr: Box::new(Bounded { left: OUTPUT_BYTES_MAX }),
        stdin: Box::new(std::io::empty()),
        ..VmOptions::new()
    };
    let mut vm = Vm::new(module, options);
    let watch = Watch::start(vm.interrupt_handle());
    let outcome = vm.run();
    drop(watch);
    outcome.exit_code
}

/// A stream that swallows a number of bytes and then looks closed.
struct Bounded {
    left: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.left == 0 && !bytes.is_empty() {
            return Err(std::io::ErrorKind::BrokenPipe.into());
        }
        let taken = bytes.len().min(self.left);
        self.left -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The machine that the timer interrupts, with the tick since which it runs.
static RUNNING: Mutex<Option<(InterruptHandle, u64)>> = Mutex::new(None);
static TICKS: AtomicU64 = AtomicU64::new(0);

/// Interrupts a machine again and again from the second tick on, so that endless finales stop, too.
/// One machine per process is watched at a time.
struct Watch;

impl Watch {
    fn start(handle: InterruptHandle) -> Watch {
        static TIMER: OnceLock<std::thread::JoinHandle<()>> = OnceLock::new();
        TIMER.get_or_init(|| std::thread::spawn(tick_forever));
        let now = TICKS.load(Ordering::Relaxed);
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = Some((handle, now));
        Watch
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn tick_forever() {
    loop {
        std::thread::sleep(TICK);
        let now = TICKS.fetch_add(1, Ordering::Relaxed) + 1;
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((handle, since)) = &*running
            && now >= since + 2
        {
            handle.interrupt();
        }
    }
}
