//! Random functions of dynamic operations behave the same before and after each pass and after all
//! of them. A function is made from a list of choices, so that failures shrink.

mod generate;

use hyp_bytecode::module::FuncId;
use hyp_ssa::eval::{Value, observe};
use hyp_ssa::ir::Func;
use hyp_ssa::pass::{self, PASSES};
use hyp_ssa::unit::Unit;
use hyp_ssa::{text, verify};
use proptest::prelude::*;

const STEPS_MAX: u64 = 200_000;

/// Arguments that reach different paths; arrays are made anew for each call.
fn argument_lists() -> Vec<Vec<Value>> {
    let array = |items: Vec<Value>| Value::Array(std::rc::Rc::new(items.into()));
    vec![
        vec![Value::Num(2.0), Value::Num(-0.0)],
        vec![Value::Num(f64::NAN), Value::Str("7".into())],
        vec![Value::Num(-3.5), Value::Bool(true)],
        vec![Value::Num(1e300), Value::Null],
        vec![Value::Num(0.0), array(vec![Value::Num(1.0), Value::Str("x".into()), Value::Null])],
    ]
}

fn compare(before: &Unit, after: &Unit, what: &str) {
    for (i, func) in after.funcs.iter().enumerate() {
        if let Err(message) = verify::verify(func, after) {
            panic!("{what}: f{i}: {message}\n{}", show(before, after));
        }
    }
    let func = FuncId(generate::RANDOM);
    for (first, second) in argument_lists().into_iter().zip(argument_lists()) {
        let shown: Vec<String> = first.iter().map(|v| v.describe()).collect();
        let expected = observe(before, func, &first, STEPS_MAX);
        if expected.end == "steps" {
            continue;
        }
        let found = observe(after, func, &second, STEPS_MAX);
        assert!(
            expected == found,
            "{what} with {shown:?}:\n{expected:?}\n{found:?}\n{}",
            show(before, after)
        );
    }
}

fn show(before: &Unit, after: &Unit) -> String {
    let at = generate::RANDOM as usize;
    let (old, new) = (&before.funcs[at], &after.funcs[at]);
    format!("before\n{}after\n{}", text::print(old, before), text::print(new, after))
}

fn check(choices: &[u8]) {
    let before = generate::unit(choices);
    for (i, func) in before.funcs.iter().enumerate() {
        if let Err(message) = verify::verify(func, &before) {
            panic!("generated f{i}: {message}\n{}", text::print(func, &before));
        }
    }
    let at = generate::RANDOM as usize;
    for pass in PASSES {
        let after = transform(&before, |funcs, facts| {
            (pass.run)(&mut funcs[at], facts);
        });
        compare(&before, &after, pass.name);
    }
    let optimise = |funcs: &mut Vec<Func>, facts: &Unit| {
        funcs.iter_mut().for_each(|func| pass::run(func, facts, 2));
    };
    let once = transform(&before, optimise);
    compare(&before, &once, "all");
    let twice = transform(&once, optimise);
    compare(&before, &twice, "all twice");
}

/// The unit with its functions changed. Texts that a pass adds belong to the facts that it is given.
fn transform(unit: &Unit, change: impl Fn(&mut Vec<Func>, &Unit)) -> Unit {
    let mut changed = unit.clone();
    let mut funcs = changed.funcs.clone();
    change(&mut funcs, &changed);
    changed.funcs = funcs;
    changed
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn passes_keep_behaviour(choices in prop::collection::vec(any::<u8>(), 10..600)) {
        check(&choices);
    }
}
