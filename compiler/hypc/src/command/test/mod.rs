//! `hypc test`.

mod case;
mod report;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use hypvm::exit;

use self::case::{Case, Outcome, TestFile};
use self::report::Summary;
use crate::cli::{Cli, Reporter, Test};
use crate::file::programs;

/// How often `--watch` looks at the files.
const WATCH_INTERVAL: Duration = Duration::from_millis(300);

/// Stack of a thread that runs tests.
const STACK_BYTES: usize = 16 << 20;

pub(super) fn test(cli: &Cli, test: &Test) -> Result<i32, i32> {
    if !test.watch {
        return run_all(cli, test);
    }
    loop {
        let code = run_all(cli, test);
        hypvm::complain!("watching for changes; stop with Ctrl-C");
        if code == Err(i32::from(exit::USAGE)) {
            return code;
        }
        let before = stamps(&test.paths);
        while stamps(&test.paths) == before {
            std::thread::sleep(WATCH_INTERVAL);
        }
    }
}

/// When each program below the paths was last changed.
fn stamps(paths: &[PathBuf]) -> BTreeMap<PathBuf, Option<SystemTime>> {
    let mut stamps = BTreeMap::new();
    for path in paths {
        let files =
            if path.is_dir() { programs(path).unwrap_or_default() } else { vec![path.clone()] };
        for file in files {
            let time = file.metadata().and_then(|m| m.modified()).ok();
            stamps.insert(file, time);
        }
    }
    stamps
}

/// Finds, compiles and runs the tests once.
fn run_all(cli: &Cli, test: &Test) -> Result<i32, i32> {
    let start = Instant::now();
    let paths = find(&test.paths)?;
    let mut files = Vec::new();
    let mut broken = Vec::new();
    for path in &paths {
        match TestFile::load(cli, path, test) {
            Ok(file) => files.extend(file),
            Err(file) => broken.push(file),
        }
    }
    let wanted = |case: &Case<'_>| {
        test.filter.as_ref().is_none_or(|filter| case.name().contains(filter.as_str()))
    };
    let cases: Vec<Case<'_>> = files.iter().flat_map(TestFile::cases).filter(wanted).collect();
    if test.list {
        let names: Vec<String> = cases.iter().map(|case| case.name() + "\n").collect();
        return Ok(i32::from(hypvm::process::print(&names.concat())));
    }
    let outcomes = run_cases(test, &cases);
    let summary =
        Summary { cases: &cases, outcomes: &outcomes, broken: &broken, elapsed: start.elapsed() };
    let is_ok = report::write(cli, test, &summary)?;
    Ok(if is_ok { 0 } else { i32::from(exit::TESTS) })
}

/// The test files: those that are named, and of directories the files that look like tests.
fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, i32> {
    let mut found = Vec::new();
    for path in paths {
        if !path.exists() {
            hypvm::complain!("hypc: {}: there is no such file or directory", path.display());
            return Err(i32::from(exit::INPUT));
        }
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let all = programs(path).map_err(|error| {
            hypvm::complain!("hypc: {}: cannot read: {error}", path.display());
            i32::from(exit::INPUT)
        })?;
        found.extend(all.into_iter().filter(|file| is_test(file)));
    }
    found.dedup();
    Ok(found)
}

/// Whether a file's name says that it is a test: `*_test.hyp`, `*.test.hyp`, `test_*.hyp`.
fn is_test(path: &Path) -> bool {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy());
    stem.is_some_and(|s| s.ends_with("_test") || s.ends_with(".test") || s.starts_with("test_"))
}

/// Runs cases in parallel; a case that was not run because of `--fail-fast` has no outcome.
fn run_cases(test: &Test, cases: &[Case<'_>]) -> Vec<Option<Outcome>> {
    let threads = test
        .jobs
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    let next = AtomicUsize::new(0);
    let has_failed = AtomicBool::new(false);
    let outcomes: Mutex<Vec<Option<Outcome>>> = Mutex::new(cases.iter().map(|_| None).collect());
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(at) else { return };
            if test.fail_fast && has_failed.load(Ordering::Relaxed) {
                return;
            }
            let outcome = case.run(test);
            has_failed.fetch_or(!outcome.is_ok(), Ordering::Relaxed);
            report::progress(test, case, &outcome);
            if let Ok(mut outcomes) = outcomes.lock() {
                outcomes[at] = Some(outcome);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, cases.len().max(1)) {
            let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
            // Without another thread those that are there do its work.
            let _ = builder.spawn_scoped(scope, work);
        }
        work();
    });
    outcomes.into_inner().unwrap_or_default()
}

/// Whether results are printed for people as they come.
fn is_human(test: &Test) -> bool {
    test.reporter == Reporter::Human
}
