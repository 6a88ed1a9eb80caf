//! Exceptions, stack overflow, exits, finales.

use super::{prints, run, run_with};

const CATCH: &str = "
source \"t.hyp\"
sites 6
main @0
func @0 \"main\" {
  regs any*3
try:
  .line 2:1
  call r0, @1, ()
end:
  ret_null
caught:
  print r1, 0
  get_member r2, r1, \"kind\", s0
  print r2, 0
  get_member r2, r1, \"line\", s1
  print r2, 0
  get_member r2, r1, \"trace\", s2
  print r2, 0
again:
  load_str r2, \"stop\"
  throw r2
again_end:
  ret_null
caught_again:
  print r1, 0
  ret_null
  .handler try, end, caught, r1
  .handler again, again_end, caught_again, r1
}
func @1 \"bad\" {
  regs any, any, f64
  load_f64 r2, 4.0
  new_array r0, (r2)
  .line 8:5
  array_get r1, r0, r2
  ret_null
}
";

#[test]
fn errors_are_caught_with_kind_position_and_trace() {
    prints(CATCH, "Index 4 out of bounds\nindex\n8\nat bad (t.hyp:8:5)\nat main (t.hyp:2:1)\nstop");
}

const OVERFLOW: &str = "
source \"t.hyp\"
sites 1
main @0
func @0 \"main\" {
  regs any*2 | f64
try:
  call r2, @1, (r2)
end:
  ret_null
caught:
  print r1, 0
  get_member r1, r1, \"kind\", s0
  print r1, 0
  ret_null
  .handler try, end, caught, r1
}
func @1 \"deep\" {
  params 1
  names \"n\"
  result f64
  regs f64
  add_f64_k r0, r0, 1.0
  call r0, @1, (r0)
  ret r0
}
";

#[test]
fn stack_overflow_is_catchable() {
    prints(OVERFLOW, "Trance too deep (call stack limit 10000 exceeded)\nstack");
}

const FINALES: &str = "
source \"t.hyp\"
main @0
finale @1
finale @2
func @0 \"main\" {
  regs string
  load_str r0, \"body\"
  print r0, 0
  .line 3:3
  load_str r0, \"boom\"
  .line 4:4
  throw r0
}
func @1 \"finale\" {
  regs string
  load_str r0, \"first\"
  print r0, 0
  ret_null
}
func @2 \"finale\" {
  regs string
  load_str r0, \"last\"
  print r0, 0
  ret_null
}
";

#[test]
fn finales_run_after_an_uncaught_error() {
    let (output, outcome) = run(FINALES);
    assert_eq!(output, "body\nfirst\nlast\n");
    assert_eq!(outcome.exit_code, 1);
    let report = outcome.error.expect("the throw is not caught").to_string();
    assert_eq!(report, "t.hyp:4:4: Uncaught: boom\n    at main (t.hyp:4:4)");
}

const HUNGRY: &str = "
source \"t.hyp\"
main @0
func @0 \"main\" {
  regs any, f64, any
  new_array r0, ()
try:
grow:
  new_array r2, (r1, r1, r1, r1, r1, r1, r1, r1)
  array_push r0, r0, r2
  jump grow
end:
  ret_null
caught:
  print r2, 0
HANDLER
  ret_null
  .handler try, end, caught, r2
}
";

#[test]
fn the_heap_limit_is_catchable_once() {
    let limit = |o: &mut hyp_vm::VmOptions| o.heap_bytes_max = 4 << 20;
    let (output, outcome) = run_with(&HUNGRY.replace("HANDLER", ""), limit);
    assert_eq!(output, "Heap limit of 4194304 bytes exceeded\n");
    assert_eq!(outcome.exit_code, 0);
    let (_, outcome) = run_with(
        &HUNGRY
            .replace("HANDLER", "  jump again")
            .replace(
                "caught:",
                "caught:\nagain:\n  new_array r2, (r1, r1, r1, r1)\n  array_push r0, r0, r2",
            )
            .replace("print r2, 0", ""),
        limit,
    );
    assert_eq!(outcome.exit_code, 7);
}

const EXIT: &str = "
source \"t.hyp\"
main @0
finale @1
func @0 \"main\" {
  regs any*2 | f64
  load_f64 r2, 5.0
try:
  call_builtin r0, Exit, (r2)
end:
  ret_null
caught:
  load_str r0, \"never\"
  print r0, 0
  ret_null
cleanup:
  load_str r0, \"finally\"
  print r0, 0
  throw r1
  .handler try, end, caught, r1
  .cleanup try, end, cleanup, r1
}
func @1 \"finale\" {
  regs any
  load_str r0, \"finale\"
  print r0, 0
  ret_null
}
";

#[test]
fn exit_passes_catch_and_runs_finally_and_finale() {
    let (output, outcome) = run(EXIT);
    assert_eq!((output.as_str(), outcome.exit_code), ("finally\nfinale\n", 5));
    assert_eq!(outcome.error, None);
}

/// Runs a program that never ends by itself and interrupts it.
fn interrupted(body: &str) -> (i32, String) {
    let source = format!(
        "source \"t.hyp\"\nmain @0\nfinale @1\nfunc @0 \"main\" {{\n{body}\n}}\n\
         func @1 \"finale\" {{\n  regs string\n  load_str r0, \"bye\"\n  print r0, 0\n  ret_null\n}}\n"
    );
    let module = hyp_bytecode::text::assemble(&source).expect("assembles");
    let module = std::sync::Arc::new(hyp_bytecode::verify::verify(module).expect("verifies"));
    let sink = super::Sink::default();
    let mut options = hyp_vm::VmOptions::new();
    options.stdout = Box::new(sink.clone());
    let mut vm = hyp_vm::Vm::new(module, options);
    let handle = vm.interrupt_handle();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        handle.interrupt();
    });
    let outcome = vm.run();
    thread.join().expect("the thread only stores a flag");
    assert_eq!(outcome.error, None);
    let bytes = sink.0.lock().expect("no test panics while writing").clone();
    (outcome.exit_code, String::from_utf8(bytes).expect("output is text"))
}

#[test]
fn an_interrupt_ends_the_program_after_its_finales() {
    let loops = [
        "again:\n jump again",
        // A branch that is always decided out of line.
        "regs string\n load_str r0, \"x\"\nagain:\n jump_truthy r0, again\n ret_null",
        // A handler that leads back to what raises.
        "regs any\nagain:\n throw r0\nend:\n ret_null\n .handler again, end, again, r0",
        // Calls without loops.
        "regs any\nagain:\n call r0, @0, ()\nend:\n ret_null\n .handler again, end, again, r0",
    ];
    for body in loops {
        assert_eq!(interrupted(body), (130, "bye\n".to_owned()), "{body}");
    }
}
