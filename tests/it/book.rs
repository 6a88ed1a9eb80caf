//! The documentation is true: its programs run and print what it says, its links lead somewhere, its
//! generated page is current (`UPDATE=1` rewrites it).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use hyp_grammar::diagnostic::{Code, Severity};
use hyp_tests::engine::{ENGINES, output_of};
use hyp_tests::subject::root;

/// Markdown files of the documentation and the README.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md"), root().join("fuzz/README.md")];
    let mut open = vec![root().join("docs")];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() && path.file_name().is_none_or(|n| n != "book") {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    assert!(pages.len() > 20, "the documentation is missing");
    pages
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("readable")
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The programs of a page: blocks marked `hyp`, with the line on which they start.
fn programs(page: &str) -> Vec<(usize, String)> {
    let mut programs = Vec::new();
    let mut current: Option<(usize, String)> = None;
    for (number, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            programs.extend(current.take());
            if line == "```hyp" {
                current = Some((number + 2, String::new()));
            }
        } else if let Some((_, text)) = &mut current {
            text.push_str(line);
            text.push('\n');
        }
    }
    programs
}

#[test]
fn programs_in_the_documentation_print_what_it_says() {
    let mut faults = String::new();
    let mut count = 0;
    let engine = ENGINES[1];
    // The programs of this page are the examples of builtins, which `spec` runs.
    for path in pages().into_iter().filter(|path| !path.ends_with("builtins.md")) {
        for (line, source) in programs(&read(&path)) {
            count += 1;
            let arrows = source.lines().filter_map(|l| l.split_once("// → "));
            let expected: String = arrows.map(|(_, text)| format!("{text}\n")).collect();
            let result = output_of(engine, &source);
            let shown = expected.is_empty() || result.as_ref() == Ok(&expected);
            if result.is_err() || !shown {
                let _ = writeln!(faults, "{}:{line}: {result:?}, not {expected:?}", name(&path));
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
    assert!(count > 20, "only {count} programs found");
}

#[test]
fn links_lead_to_files() {
    let mut faults = String::new();
    for path in pages() {
        let text = read(&path);
        for piece in text.split("](").skip(1) {
            let Some((target, _)) = piece.split_once(')') else { continue };
            let file = target.split('#').next().unwrap_or("");
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let directory = path.parent().unwrap_or(&path);
            if !directory.join(file).exists() {
                let _ = writeln!(faults, "{}: {target} is missing", name(&path));
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn every_page_is_in_the_summary() {
    let summary = read(&root().join("docs/SUMMARY.md"));
    for path in pages() {
        let name = name(&path);
        let Some(page) = name.strip_prefix("docs/") else { continue };
        if page != "SUMMARY.md" && !page.starts_with("examples/") {
            assert!(summary.contains(&format!("({page})")), "{page} is not in the summary");
        }
    }
}

#[test]
fn the_diagnostics_page_is_current() {
    let path = root().join("docs/diagnostics.md");
    let fresh = diagnostics_page();
    if std::fs::read_to_string(&path).is_ok_and(|page| page == fresh) {
        return;
    }
    assert!(std::env::var_os("UPDATE").is_some(), "docs/diagnostics.md is stale: use UPDATE=1");
    std::fs::write(&path, fresh).expect("writable");
}

/// Groups of codes by their first three characters.
const GROUPS: [(&str, &str); 7] = [
    ("E00", "Text"),
    ("E01", "Syntax"),
    ("E02", "Names"),
    ("E03", "Types"),
    ("E04", "Sessions, records and patterns"),
    ("E05", "Limits"),
    ("W06", "Warnings"),
];

fn diagnostics_page() -> String {
    let mut page = "# Diagnostics\n\n\
        This page is generated from the table of codes. *Fatal* findings keep a program from running \
        at all. Other errors stop `hypc check` and `hypc build`, while `hypc run` reports them and runs \
        the program, which raises an error when it reaches the place.\n"
        .to_owned();
    let mut listed = 0;
    for (prefix, title) in GROUPS {
        let _ = write!(page, "\n## {title}\n");
        for code in Code::ALL.iter().filter(|c| c.as_str().starts_with(prefix)) {
            listed += 1;
            let class = match code.severity() {
                Severity::Warning => "warning",
                Severity::Error if code.is_fatal() => "fatal error",
                Severity::Error => "error",
            };
            let (name, title, text) = (code.as_str(), code.title(), code.explanation());
            let _ = write!(page, "\n### {name}: {title}\n\n*{class}.* {text}\n");
        }
    }
    assert_eq!(listed, Code::ALL.len(), "a code belongs to no group");
    page
}
