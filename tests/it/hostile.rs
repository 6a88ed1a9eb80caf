//! Valid modules that no compiler writes.

use std::sync::Arc;

use hyp_bytecode::text::assemble;
use hyp_bytecode::verify::verify;
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
