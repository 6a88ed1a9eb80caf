//! Generated programs do the same on the oracle, at `-O0`, at `-O2` and in machine code.
//!
//! `HYP_SEEDS=20000` sets the number of programs; `HYP_SEED=n` prints and runs a single one and, if
//! engines differ, prints it minimised. The report says how good the programs are.

use std::process::ExitCode;
use std::time::Duration;

use hyp_bytecode::builtin::Builtin;
use hyp_bytecode::op::Op;
use hyp_compiler::driver::Options;
use hyp_tests::bundle::Bundle;
use hyp_tests::campaign::{Campaign, FAULT, Fate, Tally};
use hyp_tests::differ::{Coverage, Finding, compare, minimise};
use hyp_tests::generate::{modules, program};
use hyp_tests::oracle::on_deep_stack;

const CAMPAIGN: Campaign = Campaign {
    name: "generated",
    count_variable: "HYP_SEEDS",
    first_variable: "HYP_SEEDS_FROM",
    single_variable: "HYP_SEED",
    count: 300,
    time_max: Duration::from_secs(20),
    rss_max_kib: 2 << 20,
    chunk: 16,
};

/// One of so many programs consists of several modules.
const MODULES_EACH: u64 = 4;

fn main() -> ExitCode {
    on_deep_stack(|| CAMPAIGN.main(|| judge, quality))
}

fn judge(seed: u64) -> Fate {
    let source = if seed.is_multiple_of(MODULES_EACH) { modules(seed) } else { program(seed) };
    let is_single = std::env::var_os("HYP_SEED").is_some();
    if is_single {
        eprintln!("{source}");
    }
    let mut coverage = Coverage::default();
    let text = match compare(&source, &mut coverage) {
        Finding::Agree { is_trap: false } => "end without an error".to_owned(),
        Finding::Agree { is_trap: true } => "end with an error".to_owned(),
        Finding::Unsupported(what) => format!("not compared: {what}"),
        Finding::Invalid(what) => format!("{FAULT} does not compile: {what}"),
        Finding::Differ(what) => {
            if is_single {
                eprintln!("--- minimised ---\n{}", smallest(&source));
            }
            format!("{FAULT} differs: {}", what.replace(['\n', '\t'], " "))
        }
    };
    let mut marks: Vec<&'static str> = coverage.ops.into_iter().collect();
    marks.extend(coverage.builtins);
    Fate { text, marks }
}

fn smallest(source: &str) -> String {
    let is_clean = |text: &str| !Bundle::new(text).compile(&Options::default()).has_errors();
    minimise(source, |text| {
        is_clean(text) && matches!(compare(text, &mut Coverage::default()), Finding::Differ(_))
    })
}

/// The quality of the programs: most end without an error, and they use much of the machine.
fn quality(tally: &Tally) -> Result<String, String> {
    let count = |fate: &str| tally.fates.get(fate).copied().unwrap_or(0);
    let ended = count("end without an error");
    let compared = ended + count("end with an error");
    let all: u64 = tally.fates.values().sum();
    let used = |names: Vec<&str>| names.iter().filter(|n| tally.marks.contains_key(**n)).count();
    let ops = used(Op::all().iter().map(|op| op.spec().name).collect());
    let builtins = used(Builtin::all().iter().map(|b| b.spec().name).collect());
    if all >= 100 && (ended * 100 < all * 70 || compared * 100 < all * 90) {
        return Err(format!("only {ended} of {all} programs end well, {compared} are compared"));
    }
    Ok(format!(
        "\nquality: {ended} of {all} end without an error, {compared} are compared; \
         {ops} of {} instructions and {builtins} of {} builtins are used",
        Op::all().len(),
        Builtin::all().len(),
    ))
}
