//! Recovered functions mean what the originals mean: by the evaluator of the SSA form, and on the
//! machine after emitting them again.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use hyp_bytecode::module::{FuncId, Function, Module};
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_bytecode::verify::verify;
use hyp_compiler::driver::{Options, compile};
use hyp_jit::{ModuleView, recover};
use hyp_ssa::eval::{Observation, Value, observe};
use hyp_ssa::ir::{Func, ModuleFacts};
use hyp_ssa::unit::Unit;
use hyp_ssa::{emit, text};
use hyp_tests::fuzz::touches_the_machine;
use hyp_tests::subject::{programs, root};
use hyp_vm::{Vm, VmOptions};

/// Instructions after which an evaluation is given up.
const STEPS_MAX: u64 = 20_000;

fn ssa_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![root().join("compiler/ssa")];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "ssa") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(files.len() > 20, "the filetests are missing");
    files
}

/// The unit of a filetest: its input, without what is expected.
fn unit(path: &Path) -> Option<Unit> {
    text::parse(&std::fs::read_to_string(path).expect("readable")).ok()
}

fn recovered(function: &Function, facts: &dyn ModuleFacts, place: &str) -> Func {
    let func = recover(function, facts).unwrap_or_else(|e| panic!("{place}: {e}"));
    if let Err(fault) = hyp_ssa::verify::verify(&func, facts) {
        panic!("{place}: {fault}\n{}", text::print(&func, facts));
    }
    func
}

/// Arguments of several kinds for a parameter.
fn argument(rep: Rep, round: usize) -> Value {
    let numbers = [0.0, 1.0, -2.5, 7.0, 1e9, f64::NAN];
    let number = Value::Num(numbers[round % numbers.len()]);
    match rep {
        Rep::F64 => number,
        Rep::Any => match round % 5 {
            0 => number,
            1 => Value::Null,
            2 => Value::Str("abc".into()),
            3 => Value::Bool(true),
            _ => Value::Num(3.0),
        },
        Rep::Ref(TypeId::STRING) => Value::Str("12".into()),
        _ => Value::Null,
    }
}

fn observations(unit: &Unit, func: usize) -> Vec<Observation> {
    let reps = unit.param_reps(FuncId(func as u32));
    let observe_round = |round: usize| {
        let args: Vec<Value> =
            reps.iter().enumerate().map(|(i, rep)| argument(*rep, round + i)).collect();
        observe(unit, FuncId(func as u32), &args, STEPS_MAX)
    };
    (0..6).map(observe_round).collect()
}

#[test]
fn filetests_evaluate_like_their_recovered_forms() {
    let mut count = 0;
    for path in ssa_files() {
        let Some(unit) = unit(&path) else { continue };
        let mut again = unit.clone();
        for (i, func) in unit.funcs.iter().enumerate() {
            let place = format!("{}: function {i}", path.display());
            let Ok(function) = emit::emit(func, &unit) else { continue };
            again.funcs[i] = recovered(&function, &unit, &place);
            count += 1;
        }
        // A function with captures needs a closure: it is called by the others.
        for i in (0..unit.funcs.len()).filter(|i| unit.funcs[*i].upvalues.is_empty()) {
            let (before, after) = (observations(&unit, i), observations(&again, i));
            for (before, after) in before.iter().zip(&after) {
                // Both forms run out of steps, but not at the same place.
                if before.end != "steps" || after.end != "steps" {
                    let text = text::print(&again.funcs[i], &again);
                    assert_eq!(before, after, "{}: function {i}\n{text}", path.display());
                }
            }
        }
    }
    assert!(count > 40, "only {count} functions");
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("one writer").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a program prints, and how it ends.
fn run(module: Module, place: &str) -> (String, i32, Option<String>) {
    let module = verify(module).unwrap_or_else(|e| panic!("{place}: {e}"));
    let output = Sink::default();
    let options = VmOptions {
        stdout: Box::new(output.clone()),
        stderr: Box::new(std::io::sink()),
        stdin: Box::new(std::io::empty()),
        ..VmOptions::new()
    };
    let outcome = Vm::new(Arc::new(module), options).run();
    let bytes = output.0.lock().expect("one writer").clone();
    let report = outcome.error.map(|r| r.to_string());
    (String::from_utf8_lossy(&bytes).into_owned(), outcome.exit_code, report)
}

/// The module with every function recovered and emitted again.
fn emitted_again(module: &Module, place: &str) -> Module {
    let view = ModuleView(module);
    let mut again = module.clone();
    for (i, function) in module.functions.iter().enumerate() {
        let place = format!("{place}: function {i}");
        let func = recovered(function, &view, &place);
        let mut function = emit::emit(&func, &view).unwrap_or_else(|e| panic!("{place}: {e}"));
        // Unreachable code was left out, but its inline caches keep their numbers, and the verifier
        // wants more code than caches. Padding is code too: it must return what the function may.
        let lost = module.functions[i].code.len().saturating_sub(function.code.len());
        let padding = if function.result == Rep::Any { lost } else { 0 };
        function.code.extend(std::iter::repeat_n(Op::RetNull as u32, padding));
        again.functions[i] = function;
    }
    again
}

/// Every program of the corpus at both levels, with the number of its recovered functions.
fn check_program(path: &Path) -> usize {
    let source = std::fs::read(path).expect("readable");
    let mut count = 0;
    for opt_level in [0, 2] {
        let options = Options { opt_level, ..Options::default() };
        let Some(module) = compile("program.hyp", &source, &options).module else { continue };
        let place = format!("{} at -O{opt_level}", path.display());
        let again = emitted_again(&module, &place);
        count += again.functions.len();
        if touches_the_machine(&module) {
            verify(again).unwrap_or_else(|e| panic!("{place}: {e}"));
            continue;
        }
        let expected = run(module.clone(), &place);
        // Clocks and random numbers differ from run to run.
        if expected == run(module, &place) {
            assert_eq!(expected, run(again, &place), "{place}");
        }
    }
    count
}

#[test]
fn programs_run_like_their_recovered_forms() {
    let mut count = 0;
    for directory in ["docs/examples", "tests/spec"] {
        for path in programs(&root().join(directory)).expect("the corpus is readable") {
            count += check_program(&path);
        }
    }
    assert!(count > 1000, "only {count} functions");
}
