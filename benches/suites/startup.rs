//! Whole processes that print one line: `hypvm hello.hbc` beside the installed peers, interleaved.

use std::path::PathBuf;
use std::time::Duration;

use criterion::Criterion;
use hyp_benches::{engine, peer, program, ratio::Table};
use hyp_tests::tool;

/// Rounds of the interleaved comparison.
const ROUNDS: usize = 60;

fn main() {
    let directory = std::env::temp_dir().join(format!("hyp-startup-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a scratch directory");
    let text = program::source("hello", "hyp", None).expect("the program exists");
    let module = directory.join("hello.hbc");
    std::fs::write(&module, engine::build("hello.hyp", &text)).expect("a writable directory");
    let mut commands: Vec<(&str, Vec<PathBuf>)> =
        vec![("hypvm", vec![tool::path("hypvm"), module])];
    for peer in peer::installed() {
        commands.extend(peer.prepare("hello", None, &directory).map(|c| (peer.name, c)));
    }
    let mut criterion = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let mut group = criterion.benchmark_group("startup");
    for (name, command) in &commands {
        group.bench_function(*name, |b| {
            b.iter_custom(|n| (0..n).map(|_| peer::run(command).1).sum());
        });
    }
    group.finish();
    criterion.final_summary();
    compare(&commands);
    let _ = std::fs::remove_dir_all(&directory);
}

/// One run of each in turn, so that a disturbance of the machine meets all of them.
fn compare(commands: &[(&str, Vec<PathBuf>)]) {
    let mut times = vec![Vec::with_capacity(ROUNDS); commands.len()];
    for _ in 0..ROUNDS {
        for ((_, command), times) in commands.iter().zip(&mut times) {
            times.push(peer::run(command).1);
        }
    }
    let mut table = Table::default();
    for ((name, _), times) in commands.iter().zip(&mut times) {
        times.sort_unstable();
        table.add("hello", name, times[ROUNDS / 2]);
    }
    println!("milliseconds, median; in brackets hypvm's time divided by it\n{}", table.render());
}
