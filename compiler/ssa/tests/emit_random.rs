//! Random functions behave the same before and after code emission, and their code passes the
//! verifier.

#[path = "support/machine.rs"]
mod machine;
#[path = "support/random.rs"]
mod random;
mod support;

use hyp_bytecode::rep::Rep;
use hyp_bytecode::verify::verify;
use hyp_ssa::emit::{EmitErrorKind, Emitter};
use hyp_ssa::eval::{self, Observation, Value};
use hyp_ssa::ir::Func;
use hyp_ssa::text;
use hyp_ssa::unit::Unit;

/// Messages differ between the two; what is compared is that an error of the kind came up.
fn without_messages(observation: Observation) -> (String, Vec<String>, Vec<String>) {
    let is_error = |text: &str| text.contains("rror") || text.contains("raised") || text.is_empty();
    let plain = |text: String| if is_error(&text) { "error".to_owned() } else { text };
    let Observation { end, output, globals } = observation;
    let end = if end.starts_with("threw") { plain(end) } else { end };
    let globals = globals.into_iter().map(plain).collect();
    (end, output.into_iter().map(plain).collect(), globals)
}

fn check(seed: u64, emitter: &mut Emitter, may_fail: bool, generate: fn(u64, &Unit) -> Func) {
    let mut unit = Unit::default();
    unit.globals.push(Rep::Any);
    let func = generate(seed, &unit);
    unit.funcs.push(func);
    let func = &unit.funcs[0];
    let ssa = || text::print(func, &unit);
    hyp_ssa::verify::verify(func, &unit).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{}", ssa()));
    let code = match emitter.emit(func, &unit) {
        Ok(code) => code,
        Err(error) if may_fail && error.kind == EmitErrorKind::TooManyRegisters => return,
        Err(error) => panic!("seed {seed}: {error}\n{}", ssa()),
    };
    let module = support::module_of(&unit, vec![code.clone()]);
    let list = hyp_bytecode::text::disassemble(&module);
    if let Err(error) = verify(module) {
        panic!("seed {seed}: {error}\n{}\n{list}", ssa());
    }
    let id = hyp_bytecode::module::FuncId(0);
    for (x, y) in [(0.0, Value::Null), (2.0, Value::Num(1.0)), (f64::NAN, Value::Bool(true))] {
        let args = [Value::Num(x), y];
        let expected = eval::observe(&unit, id, &args, 2_000);
        if expected.end == "steps" {
            continue;
        }
        let actual = machine::observe(&unit, &code, &args, 20_000);
        let (expected, actual) = (without_messages(expected), without_messages(actual));
        assert!(
            expected == actual,
            "seed {seed}, {args:?}:\n{expected:?}\n{actual:?}\n{}\n{list}",
            ssa()
        );
    }
}

fn check_all(registers_max: usize, generate: fn(u64, &Unit) -> Func) {
    let mut emitter = Emitter::with_registers(registers_max);
    let n = std::env::var("EMIT_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(2000);
    for seed in 1..=n {
        check(seed, &mut emitter, registers_max < 250, generate);
    }
}

#[test]
fn random_functions_keep_their_behaviour() {
    check_all(250, random::function);
}

#[test]
fn tangled_functions_keep_their_behaviour() {
    check_all(250, random::tangle);
}

#[test]
fn random_functions_keep_their_behaviour_with_few_registers() {
    check_all(10, random::function);
}

#[test]
fn tangled_functions_keep_their_behaviour_with_few_registers() {
    check_all(10, random::tangle);
}
