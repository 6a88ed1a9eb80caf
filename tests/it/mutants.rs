//! Damaged and changed modules are rejected or run within the limits: no crash, no hang, bounded
//! memory.
//!
//! `HYP_MUTANTS=100000` sets the number of mutants (default 2,000) and `HYP_MUTANT=n` prints and runs a
//! single one. Mutants run in child processes, so that a crash is a failed test with the mutant's number.

use std::process::ExitCode;
use std::time::Duration;

use hyp_bytecode::module::Module;
use hyp_bytecode::{container, text};
use hyp_compiler::driver::{Options, compile};
use hyp_tests::campaign::{Campaign, Fate};
use hyp_tests::fuzz::{self, check_container};
use hyp_tests::listing::Listings;
use hyp_tests::mutate::mutant;
use hyp_tests::subject::{programs, root};

const CAMPAIGN: Campaign = Campaign {
    name: "mutants",
    count_variable: "HYP_MUTANTS",
    first_variable: "HYP_MUTANTS_FROM",
    single_variable: "HYP_MUTANT",
    count: 2_000,
    // Builds without optimisation get more.
    time_max: Duration::from_secs(if cfg!(debug_assertions) { 5 } else { 1 }),
    rss_max_kib: 256 << 10,
    chunk: 64,
};

fn main() -> ExitCode {
    CAMPAIGN.main(judge, |_| Ok(String::new()))
}

/// Every program of the corpus that compiles, as a module.
fn seeds() -> Vec<Module> {
    let mut seeds = Vec::new();
    for directory in ["docs/examples", "tests/spec"] {
        for path in programs(&root().join(directory)).unwrap_or_default() {
            let Ok(source) = std::fs::read(&path) else { continue };
            let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into());
            let compilation = compile(&name, &source, &Options::default());
            seeds.extend(compilation.module);
        }
    }
    assert!(seeds.len() >= 200, "only {} programs of the corpus compile", seeds.len());
    seeds
}

fn judge() -> impl FnMut(u64) -> Fate {
    let modules = seeds();
    let listings = Listings::new(&modules);
    let bytes: Vec<_> = modules.iter().map(container::write).collect();
    move |index| {
        // One mutant in four has damaged bytes, the others changed instructions and declarations.
        let mutant =
            if index % 4 == 0 { Some(mutant(&bytes, index)) } else { listings.mutant(index) };
        let Some(mutant) = mutant else {
            return Fate { text: "not assembled".to_owned(), marks: Vec::new() };
        };
        if std::env::var_os(CAMPAIGN.single_variable).is_some()
            && let Ok(module) = container::read(&mutant)
        {
            eprintln!("{}", text::disassemble(&module));
        }
        let text = match check_container(&mutant) {
            fuzz::Fate::Unreadable => "rejected by the reader".to_owned(),
            fuzz::Fate::Unverified => "rejected by the verifier".to_owned(),
            fuzz::Fate::NotRun => "valid, not run".to_owned(),
            fuzz::Fate::Ran(code) => format!("ran, exit {code}"),
        };
        Fate { text, marks: Vec::new() }
    }
}
