//! Valid modules that no compiler writes, and programs that defeat a simple interpreter.

use std::path::Path;
use std::sync::Arc;

use hyp_bytecode::text::assemble;
use hyp_bytecode::verify::verify;
use hyp_grammar::intern::Interner;
use hyp_tests::oracle::{self, Setting, Verdict};
use hyp_vm::{Vm, VmOptions};

/// Runs a listing on a machine that was told to stop before it started.
fn run_interrupted(listing: &str) -> i32 {
    let module = assemble(listing).expect("the listing is well formed");
    let module = verify(module).expect("the module is valid");
    let mut vm = Vm::new(Arc::new(module), VmOptions::new());
    vm.interrupt_handle().interrupt();
    vm.run().exit_code
}

#[test]
fn a_handler_that_leads_back_to_its_throw_can_be_interrupted() {
    let listing = "source \"throw.hyp\"\nsites 0\nmain @0\n\nfunc @0 {\n  params 0 required 0\n  \
                   result any\n  regs any |\nL0:\n  throw r0\nL1:\n  ret_null\n  \
                   .handler L0, L1, L0, r0\n}\n";
    assert_eq!(run_interrupted(listing), 130);
}

#[test]
fn an_empty_loop_can_be_interrupted() {
    let listing = "source \"loop.hyp\"\nsites 0\nmain @0\n\nfunc @0 {\n  params 0 required 0\n  \
                   result any\n  regs any |\nL0:\n  jump L0\n}\n";
    assert_eq!(run_interrupted(listing), 130);
}

#[test]
fn endless_calls_can_be_interrupted() {
    let listing = "source \"call.hyp\"\nsites 0\nmain @0\n\nfunc @0 {\n  params 0 required 0\n  \
                   result any\n  regs any |\nL0:\n  call r0, @0, ()\nL1:\n  ret_null\n  \
                   .handler L0, L1, L0, r0\n}\n";
    assert_eq!(run_interrupted(listing), 130);
}

#[test]
fn a_cleanup_that_leads_back_to_its_throw_stays_within_its_heap() {
    let listing = "source \"cleanup.hyp\"\nsites 0\nmain @0\n\nfunc @0 {\n  params 0 required 0\n  \
                   result any\n  regs any |\nL0:\n  throw r0\nL1:\n  ret_null\n  \
                   .cleanup L0, L1, L0, r0\n}\n";
    let module = assemble(listing).expect("the listing is well formed");
    let module = verify(module).expect("the module is valid");
    let limit = 4 << 20;
    let options = VmOptions { heap_bytes_max: limit, fuel_max: Some(300_000), ..VmOptions::new() };
    let mut vm = Vm::new(Arc::new(module), options);
    assert_eq!(vm.run().exit_code, 7);
    assert!(vm.heap_stats().committed_max <= limit, "{}", vm.heap_stats());
}

#[test]
fn the_oracle_ends_on_values_that_double() {
    let rounds = [
        "a = ArrayFlatten([a, a]);",
        "a = [a, a]; b = [b, b]; observe a == b;",
        "a = [a, a]; observe a;",
        "a = [a, a]; s = StringifyJSON(a);",
        "s = s + s;",
        "s = Replace(s, \"x\", \"xx\");",
        "s = Repeat(s, 2);",
        "a = CartesianProduct(a, a);",
        "s = s + s; n = LevenshteinDistance(s, s);",
        "a = ArrayInterleave(a, a); n = ArrayLength(ArrayDistinct(a));",
    ];
    for round in rounds {
        let source = format!(
            "Focus {{ induce a = [1]; induce b = [1]; induce s = \"x\"; induce n = 0; \
             loop {{ {round} }} }} Relax"
        );
        let setting = Setting { fuel: 300_000, ..Setting::default() };
        let main = Path::new("main.hyp");
        let read = |path: &Path| (path == main).then(|| source.clone().into_bytes());
        let verdict = oracle::run(main, &read, &setting);
        assert_eq!(verdict, Verdict::Unsupported(oracle::FUEL.to_owned()), "{round}");
    }
}

/// Small native stacks, because recursion along a chain would need large ones.
#[test]
fn chains_of_operators_are_as_long_as_one_writes_them() {
    for (op, n, printed) in [
        ("+", 200_000, "200000"),
        ("-", 20_000, "-19998"),
        ("==", 20_000, "false"),
        ("&&", 20_000, "1"),
        ("||", 20_000, "1"),
        ("??", 20_000, "1"),
        ("&& a ||", 25_000, "1"),
    ] {
        let chain = format!("{}a", format!("a {op} ").repeat(n - 1));
        let source = format!("Focus {{ induce a = 1; if ({chain}) {{ }} observe {chain}; }} Relax");
        let body = move || {
            let run = |level| hyp_tests::capture::run(&source, level, |_| {}, |_| {});
            for level in [0, 2] {
                assert_eq!(run(level).stdout.trim_end(), printed, "{op} at -O{level}");
            }
            let read = |_: &Path| Some(source.clone().into_bytes());
            match oracle::run_here(Path::new("chain.hyp"), &read, &Setting::default()) {
                Verdict::Ran { stdout, .. } => assert_eq!(stdout.trim_end(), printed, "{op}"),
                other => panic!("{op}: {other:?}"),
            }
            let operands = |text: &str| text.matches('a').count();
            let formatted = hyp_grammar::format(&source).expect("a program");
            assert_eq!(operands(&formatted), operands(&source), "{op}");
            let (arena, mut interner) = (bumpalo::Bump::new(), Interner::new());
            let (program, _) = hyp_grammar::parse(&arena, &mut interner, &source);
            let program = program.expect("a program");
            let again = hyp_grammar::print(&program, &interner);
            assert_eq!(operands(&again), operands(&source), "{op}");
            assert!(hyp_grammar::dump(&program, &interner).len() > n, "{op}");
        };
        let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(body);
        thread.expect("a thread").join().expect("no failure");
    }
}
