//! What a test runner and a program give each other.

use std::sync::Arc;

use hyp_bytecode::verify;
use hyp_compiler::driver::{Options, compile};
use hyp_vm::{Value, Vm, VmOptions};

fn machine(source: &str) -> Box<Vm> {
    let compilation = compile("test.hyp", source.as_bytes(), &Options::default());
    let module = compilation.module.expect("the program compiles");
    let module = verify::verify(module).expect("the module is valid");
    Vm::new(Arc::new(module), VmOptions { gc_stress: true, ..VmOptions::new() })
}

#[test]
fn fixtures_reach_the_test_and_metrics_the_runner() {
    let mut vm = machine(
        "Focus { AssertEqual(GetFixture(), \"db\"); AssertEqual(GetTestParameters(), [1, 2]); \
         AssertEqual(GetTestData(), 7); SetTestData(\"own\", 1); SetGlobalFixture(\"all\", 2); \
         RecordMetric(\"ms\", 12.5); RecordMetric(\"rows\", 3); } Relax",
    );
    let fixture = vm.new_string("db").expect("there is room");
    let row = vm.new_array(&[Value::num(1.0), Value::num(2.0)]).expect("there is room");
    vm.set_fixture(fixture).expect("there is room");
    vm.set_test_parameters(row).expect("there is room");
    vm.set_test_row(Value::num(7.0)).expect("there is room");
    let outcome = vm.run();
    assert_eq!(outcome.error, None);
    let metrics = vm.take_metrics().expect("there is room");
    let figures: Vec<_> = metrics.iter().map(|m| (m.name.as_str(), m.value)).collect();
    assert_eq!(figures, [("ms", 12.5), ("rows", 3.0)]);
    assert_eq!(vm.take_metrics().expect("there is room"), []);
}

#[test]
fn a_test_ends_without_its_fixture() {
    let mut vm = machine(
        "Focus { AssertNull(GetFixture()); AssertEmpty(GetTestParameters()); \
         AssertNull(GetTestData()); AssertEqual(1, 2); } Relax",
    );
    vm.set_fixture(Value::TRUE).expect("there is room");
    vm.set_test_row(Value::TRUE).expect("there is room");
    vm.end_test().expect("there is room");
    let report = vm.run().error.expect("the last assertion fails");
    let message = "Assertion failed: not equal\n  expected: 2\n  actual:   1";
    assert_eq!((report.message.as_str(), report.line), (message, 1));
}
