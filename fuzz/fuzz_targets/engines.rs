//! A generated program, from the number in the bytes: the oracle, `-O0` and `-O2` agree.

#![no_main]

use hyp_tests::differ::{Coverage, Finding, compare};
use hyp_tests::generate::program;
use hyp_tests::oracle::on_deep_stack;

libfuzzer_sys::fuzz_target!(|seed: u64| {
    let source = program(seed);
    let finding = on_deep_stack(|| compare(&source, &mut Coverage::default()));
    assert!(!matches!(finding, Finding::Differ(_) | Finding::Invalid(_)), "{finding:?}\n{source}");
});
