//! Throughput of the compiler in lines per second on a generated program, stage by stage, and how
//! the time grows when the program doubles.

use std::time::{Duration, Instant};

use bumpalo::Bump;
use criterion::{BenchmarkId, Criterion, Throughput};
use hyp_benches::large;
use hyp_compiler::driver::{Options, compile};
use hyp_compiler::{check, resolve};
use hyp_grammar::intern::Interner;

/// Lines of the programs.
const SIZES: [usize; 3] = [25_000, 50_000, 100_000];

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let texts = SIZES.map(large::source);
    let mut group = criterion.benchmark_group("frontend");
    for text in &texts {
        let lines = large::lines(text);
        group.throughput(Throughput::Elements(lines));
        group
            .bench_with_input(BenchmarkId::new("lex", lines), text, |b, text| b.iter(|| lex(text)));
        group.bench_with_input(BenchmarkId::new("parse", lines), text, |b, text| {
            b.iter(|| parse(text));
        });
        group.bench_with_input(BenchmarkId::new("resolve and check", lines), text, |b, text| {
            b.iter_custom(|n| (0..n).map(|_| resolve_and_check(text)).sum());
        });
        group.bench_with_input(BenchmarkId::new("compile", lines), text, |b, text| {
            b.iter(|| whole(text));
        });
    }
    group.finish();
    criterion.final_summary();
    growth(&texts);
}

fn lex(text: &str) -> usize {
    hyp_grammar::tokens(&mut Interner::new(), text).0.len()
}

fn parse(text: &str) -> usize {
    let arena = Bump::new();
    hyp_grammar::parse(&arena, &mut Interner::new(), text).1.len()
}

/// Time of the two stages alone.
fn resolve_and_check(text: &str) -> Duration {
    let arena = Bump::new();
    let mut interner = Interner::new();
    let (program, mut diagnostics) = hyp_grammar::parse(&arena, &mut interner, text);
    let program = program.expect("the generated program is correct");
    let start = Instant::now();
    let resolution = resolve::resolve(&program, &interner, &mut diagnostics);
    let types = check::check(&program, &resolution, &interner, &mut diagnostics);
    let time = start.elapsed();
    std::hint::black_box(&types);
    time
}

fn whole(text: &str) -> usize {
    let compilation = compile("large.hyp", text.as_bytes(), &Options::default());
    compilation.module.map_or(0, |m| m.functions.len())
}

/// Prints lines per second and the factor by which the time grows from size to size.
fn growth(texts: &[String]) {
    let mut last: Option<Duration> = None;
    for text in texts {
        let time = (0..5).map(|_| timed(|| whole(text))).min().unwrap_or_default();
        let (lines, seconds) = (large::lines(text), time.as_secs_f64());
        let factor = last.map_or_else(String::new, |last| {
            format!(", {:.2} times the time of half as many", seconds / last.as_secs_f64())
        });
        println!("{lines} lines: {:.0} lines/s{factor}", lines as f64 / seconds);
        last = Some(time);
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    std::hint::black_box(work());
    start.elapsed()
}
