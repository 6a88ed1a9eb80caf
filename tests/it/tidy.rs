//! Rules of the repository that no compiler checks.

use std::path::{Path, PathBuf};

use hyp_tests::subject::root;

/// Files that may contain `unsafe`; every block in them carries a `SAFETY` comment.
const UNSAFE_ALLOWED: &[&str] = &[
    "vm/src/",
    "jit/src/compiler.rs",
    "runtime-ffi/src/descriptor.rs",
    "tests/src/oracle/fiber.rs",
];

fn rust_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> =
        ["grammar", "compiler", "vm", "jit", "runtime-ffi", "tests", "benches", "fuzz"]
            .iter()
            .map(|d| root().join(d))
            .collect();
    while let Some(directory) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() && path.file_name().is_none_or(|n| n != "target") {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() > 50, "the source tree is missing");
    found
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[test]
fn unsafe_code_stays_in_the_virtual_machine() {
    let needle = ["unsafe", " {"].concat();
    for path in rust_files() {
        let name = relative(&path);
        if UNSAFE_ALLOWED.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("readable source");
        assert!(!text.contains(&needle), "{name} contains unsafe code");
    }
}

#[test]
fn every_file_starts_with_what_it_is() {
    for path in rust_files() {
        let text = std::fs::read_to_string(&path).expect("readable source");
        let first = text.lines().find(|l| !l.is_empty()).unwrap_or("");
        assert!(
            first.starts_with("//!") || first.starts_with("// "),
            "{} does not say what it is",
            relative(&path)
        );
    }
}

#[test]
fn no_file_is_a_grab_bag() {
    for path in rust_files() {
        let stem = path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
        let banned = ["util", "utils", "helper", "helpers", "common", "manager", "misc"];
        assert!(!banned.contains(&stem.as_str()), "{} needs a noun for a name", relative(&path));
    }
}
