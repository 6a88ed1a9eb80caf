//! From the bytes of a large module to code that may run: reading and verifying.

use criterion::{BatchSize, Criterion, Throughput};
use hyp_benches::{engine, large};
use hyp_bytecode::{container, verify};

fn main() {
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let bytes = engine::build("large.hyp", &large::source(100_000));
    println!("module of the 100,000-line program: {} bytes", bytes.len());
    let module = container::read(&bytes).expect("a readable module");
    let mut group = criterion.benchmark_group("load");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("read", |b| b.iter(|| container::read(&bytes)));
    group.bench_function("verify", |b| {
        b.iter_batched(|| module.clone(), verify::verify, BatchSize::LargeInput);
    });
    group.bench_function("write", |b| b.iter(|| container::write(&module)));
    group.finish();
    criterion.final_summary();
}
