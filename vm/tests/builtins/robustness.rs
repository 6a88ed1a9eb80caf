//! Every builtin with every kind of argument: a value or an error, never a panic or a hang.

use hyp_bytecode::builtin::{Builtin, BuiltinEffects};
use hyp_vm::{Trap, Value};

use crate::expression::Machine;

/// Builtins that would wait, end the program or change the machine.
fn is_harmless(builtin: Builtin) -> bool {
    let effects = builtin.spec().effects;
    ![
        BuiltinEffects::SLEEP,
        BuiltinEffects::FS_WRITE,
        BuiltinEffects::ENV_WRITE,
        BuiltinEffects::PROC,
        BuiltinEffects::NET,
    ]
    .iter()
    .any(|&effect| effects.has(effect))
}

const SAMPLES: &[&str] = &[
    "null",
    "true",
    "0",
    "-0",
    "-1",
    "2.5",
    "1e300",
    "nan",
    "inf",
    "-inf",
    "9007199254740993",
    "\"\"",
    "\"ä🌀b\"",
    "\"%Q{0:\"",
    "\"12\"",
    "[]",
    "[3, nan, 1]",
    "[\"b\", \"a\"]",
    "[[1, 2], {a: 1}, null]",
    "{}",
    "{a: 1, 2: [3]}",
    "Sqrt",
    "TypeOf",
    "ArrayClear",
    "cycle",
];

#[test]
fn any_arguments_give_a_value_or_an_error() {
    for gc_stress in [false, true] {
        let mut machine = Machine::new(gc_stress, "line\n");
        machine.eval("cycle = [1]; ArrayPush(cycle, cycle)").expect("a cycle");
        let samples: Vec<Value> =
            SAMPLES.iter().map(|text| machine.eval(text).expect("a sample")).collect();
        for &builtin in Builtin::all().iter().filter(|b| is_harmless(**b)) {
            for (i, &a) in samples.iter().enumerate() {
                for (j, &b) in samples.iter().enumerate() {
                    let c = samples[(i * 7 + j * 3) % samples.len()];
                    call(&mut machine, builtin, &[a, b, c]);
                }
                call(&mut machine, builtin, &[a]);
            }
            call(&mut machine, builtin, &[]);
        }
    }
}

fn call(machine: &mut Machine, builtin: Builtin, args: &[Value]) {
    // Mutators would spoil the samples for the following calls.
    let changes = builtin.spec().effects.has(BuiltinEffects::WRITES)
        || builtin.spec().effects.has(BuiltinEffects::CALLBACK);
    let args: Vec<Value> = if changes {
        args.iter().map(|&v| machine.vm.snapshot(v).expect("a copy")).collect()
    } else {
        args.to_vec()
    };
    let result = machine.vm.call_value(Value::builtin(builtin as u16), &args);
    match result {
        Ok(value) => {
            assert!(!value.is_undef(), "{builtin:?}");
            check_result(machine, builtin, args.len(), value);
        }
        Err(Trap::Error(error)) => {
            assert!(!error.message.is_empty() || builtin == Builtin::Throw, "{builtin:?}");
        }
        Err(Trap::Exit(_)) => assert_eq!(builtin, Builtin::Exit),
        Err(other) => panic!("{builtin:?}: {other:?}"),
    }
}

/// The result is of a kind that the table promises: the compiler relies on it.
fn check_result(machine: &Machine, builtin: Builtin, n_args: usize, value: Value) {
    use hyp_bytecode::builtin::Ty;
    let fits = |ty: &Ty| match ty {
        Ty::Any => true,
        Ty::Number => value.is_num(),
        Ty::String => value.is_string(),
        Ty::Boolean => value.is_bool(),
        Ty::Null => value.is_null(),
        Ty::Array => value.is_array(),
        Ty::Numbers => machine.vm.array_items(value).iter().all(|v| v.is_num()),
        Ty::Strings => machine.vm.array_items(value).iter().all(|v| v.is_string()),
        Ty::Object => value.is_object(),
        Ty::Function => value.is_callable(),
        Ty::Promise => value.is_promise(),
        Ty::opt | Ty::rest => false,
    };
    let returns = builtin.spec().returns;
    let shown = machine.vm.display(value);
    assert!(returns.iter().any(fits), "{builtin:?} with {n_args} arguments returns {shown}");
}
