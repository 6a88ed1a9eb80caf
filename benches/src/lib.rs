//! What the benchmark suites share: the programs with their sizes, the peers, timing of processes,
//! HypnoScript in this process, and ratio tables.
//!
//! The programs and the peers' versions of them are in `benches/programs`; `benches/run.py` runs
//! them at larger sizes as whole processes. `docs/benchmarks.md` says how to read the figures.

pub mod engine;
pub mod large;
pub mod peer;
pub mod program;
pub mod ratio;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
