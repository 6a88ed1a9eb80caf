//! A file system that fails: every file operation of every builtin, and of every program of the
//! corpus that uses files, fails once or from some time on. The error is documented and can be
//! caught, or the result is right; files are never lost.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hyp_bytecode::builtin::Capability;
use hyp_tests::capture::{Captured, run};
use hyp_tests::subject::{programs, read_text, root};
use hyp_vm::{Cause, FileFault, Grants, Scope};

use crate::process::{Scratch, text};

/// What goes wrong, and whether it goes on. A lasting interruption would be no error: it is tried
/// again.
const FAULTS: [(ErrorKind, bool); 6] = [
    (ErrorKind::PermissionDenied, false),
    (ErrorKind::NotFound, false),
    (ErrorKind::Interrupted, false),
    (ErrorKind::TimedOut, false),
    (ErrorKind::StorageFull, true),
    (ErrorKind::StaleNetworkFileHandle, true),
];
/// More operations than any of the programs needs.
const OPERATIONS_MAX: u64 = 200;

/// Runs a program whose file operation number `at` fails; whether it came to that.
fn run_with(source: &str, grants: &Grants, at: u64, fault: (ErrorKind, bool)) -> (Captured, bool) {
    let left = Arc::new(AtomicU64::new(at));
    let fault = FileFault { left: Arc::clone(&left), kind: fault.0, is_lasting: fault.1 };
    let captured = run(
        source,
        2,
        |options| {
            options.grants = grants.clone();
            options.file_fault = Some(fault);
        },
        |_| {},
    );
    (captured, left.load(Ordering::Relaxed) == 0)
}

/// Everything granted, and only what lies in a directory: the operations differ.
fn both_grants(directory: &Path) -> [Grants; 2] {
    let mut within = Grants::nothing();
    for capability in [Capability::Read, Capability::Write] {
        within.get_mut(capability).allow = Scope::Only(vec![text(directory).to_owned()]);
    }
    [Grants::everything(), within]
}

/// What must be true of the files afterwards, given whether the call was done.
type Check = fn(&Path, bool) -> bool;

const OLD: &str = "old text";
const NEW: &str = "new text that is longer";

fn content(path: PathBuf) -> Option<String> {
    fs::read_to_string(path).ok()
}

fn keeps(directory: &Path) -> bool {
    content(directory.join("a.txt")).as_deref() == Some(OLD)
}

/// Whether a file holds a part of the text, or is missing; all of it if the call was done.
fn is_part(path: PathBuf, whole: &str, is_done: bool) -> bool {
    match content(path) {
        Some(text) => {
            if is_done {
                text == whole
            } else {
                whole.starts_with(&text)
            }
        }
        None => !is_done,
    }
}

/// Calls, what they give, and what becomes of the files. `@` stands for the directory.
const CALLS: [(&str, &str, Check); 20] =
    [
        ("ReadFile(\"@/a.txt\")", OLD, |d, _| keeps(d)),
        ("ReadLines(\"@/a.txt\")", "[old text]", |d, _| keeps(d)),
        ("GetFileSize(\"@/a.txt\")", "8", |d, _| keeps(d)),
        ("GetFileInfo(\"@/a.txt\").size", "8", |d, _| keeps(d)),
        ("Substring(HashFile(\"@/a.txt\", \"MD5\"), 0, 4)", "bc07", |d, _| keeps(d)),
        ("ListDirectory(\"@\")", "[a.txt, link.txt, tree]", |d, _| keeps(d)),
        ("ListFiles(\"@\")", "[a.txt, link.txt]", |d, _| keeps(d)),
        ("ListDirectories(\"@\")", "[tree]", |d, _| keeps(d)),
        ("WriteFile(\"@/a.txt\", \"new text that is longer\")", "null", |d, is_done| {
            is_part(d.join("a.txt"), NEW, is_done) || (!is_done && keeps(d))
        }),
        ("WriteFile(\"@/x/y/z.txt\", \"new text that is longer\")", "null", |d, is_done| {
            keeps(d) && is_part(d.join("x/y/z.txt"), NEW, is_done)
        }),
        ("WriteLines(\"@/b.txt\", [\"new\", \"text\"])", "null", |d, is_done| {
            keeps(d) && is_part(d.join("b.txt"), "new\ntext", is_done)
        }),
        ("AppendFile(\"@/a.txt\", \" and more\")", "null", |d, is_done| {
            content(d.join("a.txt")).is_some_and(|text| text.starts_with(OLD))
                && is_part(d.join("a.txt"), "old text and more", is_done)
        }),
        ("CopyFile(\"@/a.txt\", \"@/b.txt\")", "8", |d, is_done| {
            keeps(d) && is_part(d.join("b.txt"), OLD, is_done)
        }),
        // Never right, but nothing may make it empty the file.
        ("CopyFile(\"@/a.txt\", \"@/tree/../a.txt\")", "", |d, _| keeps(d)),
        ("CopyFile(\"@/link.txt\", \"@/a.txt\")", "", |d, _| keeps(d)),
        ("RenameFile(\"@/a.txt\", \"@/b.txt\")", "null", |d, is_done| {
            let (old, new) = (content(d.join("a.txt")), content(d.join("b.txt")));
            let whole = Some(OLD.to_owned());
            if is_done { (old, new) == (None, whole) } else { (old, new) == (whole, None) }
        }),
        ("DeleteFile(\"@/a.txt\")", "null", |d, is_done| {
            if is_done { !d.join("a.txt").exists() } else { keeps(d) }
        }),
        ("CreateDirectory(\"@/c/d\")", "null", |d, is_done| {
            keeps(d) && d.join("c/d").is_dir() == is_done
        }),
        ("DeleteDirectory(\"@/tree\", true)", "null", |d, is_done| {
            keeps(d) && d.join("tree").exists() != is_done
        }),
        ("CopyDirectoryRecursive(\"@/tree\", \"@/copy\")", "null", |d, is_done| {
            let leaf = content(d.join("tree/sub/leaf.txt"));
            leaf.as_deref() == Some(OLD) && is_part(d.join("copy/sub/leaf.txt"), OLD, is_done)
        }),
    ];

/// A directory with files.
fn directory() -> Scratch {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.0.join("tree/sub")).expect("a directory");
    let file = scratch.file("a.txt", OLD);
    fs::hard_link(file, scratch.0.join("link.txt")).expect("a link");
    scratch.file("tree/sub/leaf.txt", OLD);
    scratch
}

#[test]
fn every_operation_of_the_file_builtins_may_fail() {
    let mut faults = 0;
    for (call, result, check) in CALLS {
        for (fault, granted) in FAULTS.into_iter().flat_map(|fault| [(fault, 0), (fault, 1)]) {
            for at in 1..=OPERATIONS_MAX {
                let scratch = directory();
                let directory = text(&scratch.0);
                let call = call.replace('@', directory);
                let source = format!(
                    "Focus {{ try {{ observe {call}; }} \
                     catch (e) {{ observe e.kind + \": \" + e.message; }} }} Relax"
                );
                let grants = &both_grants(&scratch.0)[granted];
                let (captured, has_failed) = run_with(&source, grants, at, fault);
                let said = captured.stdout.trim_end();
                let is_done = said == result && !result.is_empty();
                let kind = fault.0.to_string();
                let is_error = said.starts_with("io: Cannot ")
                    && (said.ends_with(&kind)
                        || (result.is_empty() && said.ends_with("same file")));
                let what = format!("{call}, {fault:?} at {at}, grants {granted}: {captured:?}");
                assert_eq!(captured.exit_code, 0, "{what}");
                assert!(is_done || (is_error && (has_failed || result.is_empty())), "{what}");
                assert!(check(&scratch.0, is_done), "{what}");
                faults += usize::from(has_failed);
                if !has_failed {
                    break;
                }
                assert!(at < OPERATIONS_MAX, "{what}");
            }
        }
    }
    assert!(faults >= 500, "only {faults} operations failed");
}

/// The programs of the corpus that use files, with their names. They only use a directory of theirs.
fn corpus() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for directory in ["tests/spec", "tests/regress", "docs/examples"] {
        for path in programs(&root().join(directory)).expect("the corpus is readable") {
            let source = read_text(&path).expect("the corpus is readable");
            if source.contains("GetTempDirectory()") && !source.contains("SetEnv") {
                found.push((path.display().to_string(), source));
            }
        }
    }
    found
}

#[test]
fn programs_survive_a_failing_file_system() {
    let corpus = corpus();
    assert!(corpus.len() >= 20, "only {} programs", corpus.len());
    let mut faults = 0;
    for (name, program) in &corpus {
        // These may take another way when a file is missing.
        let is_careful =
            ["catch", "Exists", "IsFile", "IsDirectory"].iter().any(|w| program.contains(w));
        let mut whole = String::new();
        for (nth, fault) in std::iter::once((ErrorKind::Other, false)).chain(FAULTS).enumerate() {
            for at in 1..=OPERATIONS_MAX {
                // The first run shows what the program does undisturbed.
                let at = if nth == 0 { u64::MAX } else { at };
                let scratch = Scratch::new();
                let quoted = format!("{:?}", text(&scratch.0));
                let source = program.replace("GetTempDirectory()", &quoted);
                let (captured, has_failed) = run_with(&source, &Grants::everything(), at, fault);
                let Captured { exit_code, error, stdout, .. } = &captured;
                let stdout = stdout.replace(text(&scratch.0), "");
                if nth == 0 {
                    whole = stdout;
                    break;
                }
                let what = format!("{name}, {fault:?} at {at}: {captured:?}");
                let is_clean =
                    error.as_ref().is_none_or(|e| e.cause == Cause::Script && e.line > 0);
                assert!(is_clean && *exit_code == i32::from(error.is_some()), "{what}");
                let is_right =
                    if *exit_code == 0 { stdout == whole } else { whole.starts_with(&stdout) };
                assert!(is_right || is_careful, "{what}, not {whole:?}");
                faults += usize::from(has_failed);
                if !has_failed {
                    break;
                }
                assert!(at < OPERATIONS_MAX, "{what}");
            }
        }
    }
    assert!(faults >= 300, "only {faults} operations failed");
}
