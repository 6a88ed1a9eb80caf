//! Every benchmark program at a small size: HypnoScript in this process, the installed peers as
//! whole processes. Prints a table of ratios at the end, in which the peers' start-up time (their
//! time for `hello`) is subtracted.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::{BenchmarkGroup, Criterion, measurement::WallTime};
use hyp_benches::engine;
use hyp_benches::peer::{self, Peer};
use hyp_benches::program::{PROGRAMS, Program, source};
use hyp_benches::ratio::Table;

/// A peer's time counts if at least one part in so many of it is not start-up.
const OWN_SHARE: u32 = 4;

fn main() {
    let directory = std::env::temp_dir().join(format!("hyp-benches-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a scratch directory");
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1500))
        .configure_from_args();
    let table = RefCell::new(Table::default());
    let peers: Vec<(Peer, Duration)> = peer::installed()
        .into_iter()
        .filter_map(|p| Some((p, peer::fastest(&p.prepare("hello", None, &directory)?, 15))))
        .collect();
    for program in PROGRAMS {
        let mut group = criterion.benchmark_group(program.name);
        bench_program(&mut group, *program, &peers, &directory, &table);
        group.finish();
    }
    criterion.final_summary();
    let table = table.into_inner();
    if !table.is_empty() {
        println!("milliseconds, best sample; in brackets HypnoScript's time divided by it");
        print!("{}", table.render());
    }
    let _ = std::fs::remove_dir_all(&directory);
}

fn bench_program(
    group: &mut BenchmarkGroup<'_, WallTime>,
    program: Program,
    peers: &[(Peer, Duration)],
    directory: &Path,
    table: &RefCell<Table>,
) {
    let text = source(program.name, "hyp", Some(program.size)).expect("the program exists");
    let module = engine::load(&engine::build(program.name, &text));
    let expected = RefCell::new(String::new());
    measure(group, program.name, "hypvm", table, Duration::ZERO, || {
        let start = Instant::now();
        let output = engine::run(&module);
        let time = start.elapsed();
        *expected.borrow_mut() = output;
        time
    });
    for (peer, hello) in peers {
        let Some(command) = peer.prepare(program.name, Some(program.size), directory) else {
            continue;
        };
        measure(group, program.name, peer.name, table, *hello, || {
            checked(&command, &expected.borrow(), program.name, peer.name)
        });
    }
}

/// Runs a peer; a result that differs from ours makes the comparison worthless.
fn checked(command: &[PathBuf], expected: &str, program: &str, name: &str) -> Duration {
    let (output, time) = peer::run(command);
    if !expected.is_empty() && !peer::agree(&output, expected) {
        eprintln!("{program}: {name} prints {output:?}, hypvm prints {expected:?}");
    }
    time
}

fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    program: &str,
    name: &str,
    table: &RefCell<Table>,
    start_up: Duration,
    mut once: impl FnMut() -> Duration,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            let total: Duration = (0..iterations).map(|_| once()).sum();
            let each = total / u32::try_from(iterations).unwrap_or(u32::MAX);
            // What is mostly start-up says nothing about the program.
            let own = each.saturating_sub(start_up);
            if own * OWN_SHARE >= each {
                table.borrow_mut().add(program, name, own);
            }
            total
        });
    });
}
