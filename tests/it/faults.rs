//! What the host may refuse: memory, fuel, output, input. Wherever a program is when that happens,
//! it gets an error that it can catch or ends with one, and the machine stays usable.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hyp_bytecode::verify::{VerifiedModule, verify};
use hyp_compiler::driver::{Options, compile};
use hyp_tests::expectation::Expectation;
use hyp_tests::fuzz::touches_the_machine;
use hyp_tests::subject::{programs, read_text, root};
use hyp_vm::{Outcome, Vm, VmOptions};

/// Most refusals that are tried in one program.
const FAULTS_MAX: u64 = if cfg!(debug_assertions) { 60 } else { 2_000 };
/// Every so many programs of the corpus take part.
const STRIDE: usize = if cfg!(debug_assertions) { 12 } else { 1 };

fn module(source: &str) -> Option<Arc<VerifiedModule>> {
    let compilation = compile("faults.hyp", source.as_bytes(), &Options::default());
    let module = compilation.module.filter(|m| !touches_the_machine(m))?;
    Some(Arc::new(verify(module).expect("compiled code is valid")))
}

/// Programs of the corpus that compile, run and touch nothing outside.
fn corpus() -> Vec<(String, Arc<VerifiedModule>)> {
    let mut found = Vec::new();
    for path in programs(&root().join("tests/spec")).expect("the corpus is readable") {
        let text = read_text(&path).expect("the corpus is readable");
        let name = path.strip_prefix(root()).unwrap_or(Path::new("")).display().to_string();
        let is_slow = name.contains("/limits/") || text.contains("10000");
        let expectation = Expectation::parse(&text);
        // One that ends with the exit code of a limit by itself tells nothing.
        if expectation.is_check_only || is_slow || expectation.exit == 7 {
            continue;
        }
        found.extend(module(&text).map(|module| (name, module)));
    }
    found
}

/// What a machine has written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn quiet() -> VmOptions {
    VmOptions {
        stdout: Box::new(std::io::sink()),
        stderr: Box::new(std::io::sink()),
        stdin: Box::new(std::io::empty()),
        ..VmOptions::new()
    }
}

/// Runs a program and, to see that the machine survived, drops the machine.
fn run(module: &Arc<VerifiedModule>, options: VmOptions) -> Outcome {
    Vm::new(Arc::clone(module), options).run()
}

fn is_clean(outcome: &Outcome, code: i32, what: &str) -> bool {
    let says = outcome.error.as_ref().is_some_and(|e| e.message.contains(what));
    // A program may catch the error, or fail later because of what it left undone.
    outcome.exit_code != code || says
}

#[test]
fn every_allocation_may_fail() {
    let corpus = corpus();
    let chosen: Vec<_> = corpus.iter().step_by(STRIDE).collect();
    assert!(chosen.len() >= 30, "only {} programs", chosen.len());
    let mut faults = 0;
    for (name, module) in chosen {
        for at in 1..=FAULTS_MAX {
            let left = Arc::new(AtomicU64::new(at));
            let options = VmOptions {
                gc_stress: true,
                allocations_left: Some(Arc::clone(&left)),
                fuel_max: Some(200_000),
                ..quiet()
            };
            let outcome = run(module, options);
            assert!(is_clean(&outcome, 7, "limit"), "{name}, allocation {at}: {outcome:?}");
            if left.load(Ordering::Relaxed) > 0 {
                break;
            }
            faults += 1;
        }
    }
    assert!(faults >= 500, "only {faults} allocations failed");
}

#[test]
fn fuel_may_run_out_anywhere() {
    for (name, module) in corpus().iter().step_by(STRIDE) {
        for fuel in 0..FAULTS_MAX {
            let outcome = run(module, VmOptions { fuel_max: Some(fuel), ..quiet() });
            let is_out = outcome.error.as_ref().is_some_and(|e| e.message.contains("Fuel"));
            assert!(outcome.exit_code <= 10 || !is_out, "{name}, fuel {fuel}: {outcome:?}");
            if !is_out {
                break;
            }
        }
    }
}

#[test]
fn every_heap_size_is_survived() {
    for (name, module) in corpus().iter().step_by(STRIDE * 2) {
        for kib in [0, 1, 32, 64, 96, 128, 256, 512] {
            let options =
                VmOptions { heap_bytes_max: kib << 10, fuel_max: Some(200_000), ..quiet() };
            let outcome = run(module, options);
            assert!(is_clean(&outcome, 7, "limit"), "{name}, {kib} KiB: {outcome:?}");
        }
    }
}

const TALKATIVE: &str = "Focus { loop (induce i = 0; i < 9000; i = i + 1) { observe \"line \" + i; \
                         } finale { observe \"end\"; } } Relax";

/// A stream that takes some bytes and then fails, perhaps only once.
struct Failing {
    kept: Kept,
    /// Bytes until the fault.
    left: usize,
    kind: ErrorKind,
    is_lasting: bool,
    /// Most bytes that one call takes.
    most: usize,
}

impl Write for Failing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.left == 0 && !bytes.is_empty() {
            if !self.is_lasting {
                self.left = usize::MAX;
            }
            return Err(self.kind.into());
        }
        let taken = bytes.len().min(self.left).min(self.most);
        self.left -= taken;
        self.kept.write(&bytes[..taken])
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn talk(left: usize, kind: ErrorKind, is_lasting: bool, most: usize) -> (Outcome, Vec<u8>) {
    let module = module(TALKATIVE).expect("the program compiles");
    let kept = Kept::default();
    let stdout = Failing { kept: kept.clone(), left, kind, is_lasting, most };
    let outcome = run(&module, VmOptions { stdout: Box::new(stdout), ..quiet() });
    (outcome, kept.bytes())
}

#[test]
fn output_may_fail_at_any_byte() {
    let (outcome, all) = talk(usize::MAX, ErrorKind::Other, true, usize::MAX);
    assert_eq!(outcome.exit_code, 0);
    let kinds = [ErrorKind::StorageFull, ErrorKind::PermissionDenied, ErrorKind::TimedOut];
    for left in (0..all.len()).step_by(4_099).chain([1, 32_767, 32_768, 32_769, all.len() - 1]) {
        for kind in kinds {
            let (outcome, some) = talk(left, kind, true, 7_000);
            let message = outcome.error.map(|e| e.message).unwrap_or_default();
            assert_eq!(outcome.exit_code, 4, "{left} {kind}");
            assert!(message.contains("Cannot write to standard output"), "{left}: {message}");
            assert!(all.starts_with(&some), "{left} {kind}");
        }
        let (outcome, some) = talk(left, ErrorKind::BrokenPipe, true, usize::MAX);
        assert_eq!((outcome.exit_code, outcome.error), (0, None), "{left}: closed");
        assert!(all.starts_with(&some), "{left}: closed");
    }
}

#[test]
fn short_and_interrupted_writes_lose_nothing() {
    let (_, all) = talk(usize::MAX, ErrorKind::Other, true, usize::MAX);
    for left in [0, 1, 1_000, 32_768, 40_000] {
        let (outcome, some) = talk(left, ErrorKind::Interrupted, false, 1_021);
        assert_eq!((outcome.exit_code, some == all), (0, true), "{left}");
    }
}

/// A script that reads all its input, one line at a time.
const READER: &str = "Focus { induce n = 0; loop { induce line = InputProvider(); if (line == null) \
                      { snap; } n = n + 1; observe n + \":\" + line; } observe \"end\"; } Relax";

/// Input that fails after some bytes, perhaps only once.
struct Source {
    bytes: &'static [u8],
    at: usize,
    fault_at: usize,
    kind: ErrorKind,
    is_lasting: bool,
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at >= self.fault_at {
            if !self.is_lasting {
                self.fault_at = usize::MAX;
            }
            return Err(self.kind.into());
        }
        let end = self.bytes.len().min(self.fault_at).min(self.at + 3);
        let taken = buffer.len().min(end - self.at);
        buffer[..taken].copy_from_slice(&self.bytes[self.at..self.at + taken]);
        self.at += taken;
        Ok(taken)
    }
}

fn read_input(bytes: &'static [u8], fault: Option<(usize, ErrorKind, bool)>) -> (Outcome, String) {
    let module = hyp_tests_module(READER);
    let (fault_at, kind, is_lasting) = fault.unwrap_or((usize::MAX, ErrorKind::Other, true));
    let source = Source { bytes, at: 0, fault_at, kind, is_lasting };
    let stdin: Box<dyn BufRead> = Box::new(BufReader::with_capacity(5, source));
    let kept = Kept::default();
    let outcome = run(&module, VmOptions { stdin, stdout: Box::new(kept.clone()), ..quiet() });
    (outcome, String::from_utf8_lossy(&kept.bytes()).into_owned())
}

/// As [`module`], for programs that read.
fn hyp_tests_module(source: &str) -> Arc<VerifiedModule> {
    let compilation = compile("reader.hyp", source.as_bytes(), &Options::default());
    let module = compilation.module.expect("the program compiles");
    Arc::new(verify(module).expect("compiled code is valid"))
}

#[test]
fn input_may_fail_at_any_byte() {
    let text = "eins\nzwei ä\n\nvier".as_bytes();
    let (_, all) = read_input(text, None);
    assert_eq!(all, "1:eins\n2:zwei ä\n3:\n4:vier\nend\n");
    for at in 0..text.len() {
        let (outcome, said) = read_input(text, Some((at, ErrorKind::TimedOut, true)));
        let message = outcome.error.map(|e| e.message).unwrap_or_default();
        assert_eq!(outcome.exit_code, 1, "{at}");
        assert!(message.contains("standard input"), "{at}: {message}");
        assert!(all.starts_with(&said), "{at}: {said}");
        let (outcome, said) = read_input(text, Some((at, ErrorKind::Interrupted, false)));
        assert_eq!((outcome.exit_code, said.as_str()), (0, all.as_str()), "{at}: interrupted");
    }
}

#[test]
fn input_that_is_no_text_is_survived() {
    for bytes in [&b"a\xff\xfe\nb"[..], b"\x80", b"\n\n\xc3", b"\0\0\n", b"\r\n\r"] {
        let (outcome, said) = read_input(bytes, None);
        assert!(outcome.exit_code <= 1, "{bytes:?}: {outcome:?} {said}");
    }
}
