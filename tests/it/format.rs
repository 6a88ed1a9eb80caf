//! The formatter over the corpus: it keeps programs, and formatting twice is formatting once.

use std::fs;
use std::path::{Path, PathBuf};

use hyp_grammar::{FormatError, format};
use hyp_tests::subject::root;

/// All programs below a directory.
fn programs(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            programs(&path, found);
        } else if path.extension().is_some_and(|e| e == "hyp") {
            found.push(path);
        }
    }
}

fn corpus() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for directory in ["tests/spec", "tests/regress", "docs/examples", "benches"] {
        programs(&root().join(directory), &mut found);
    }
    assert!(found.len() > 1000, "the corpus has {} programs", found.len());
    found
}

#[test]
fn formatting_keeps_every_program_and_settles() {
    for path in corpus() {
        let Ok(source) = fs::read_to_string(&path) else { continue };
        let once = match format(&source) {
            Ok(text) => text,
            Err(FormatError::Syntax(_)) => continue,
            Err(FormatError::Unfaithful) => panic!("{} would change", path.display()),
        };
        let twice = format(&once).unwrap_or_else(|e| panic!("{}: {e:?}", path.display()));
        if once != twice {
            let pair = once.lines().zip(twice.lines()).find(|(a, b)| a != b);
            panic!("{} does not settle: {pair:?}", path.display());
        }
    }
}

#[test]
fn the_examples_are_formatted() {
    for path in corpus() {
        if path.starts_with(root().join("docs")) {
            let source = fs::read_to_string(&path).expect("readable");
            let text = format(&source).expect("the examples parse");
            let pair = source.lines().zip(text.lines()).enumerate().find(|(_, (a, b))| a != b);
            assert_eq!(source, text, "{}: {pair:?}", path.display());
        }
    }
}
