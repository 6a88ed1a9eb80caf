//! Programs that get no findings: well typed ones, and ones without annotations, where what is
//! unknown is dynamic.

use std::path::Path;

use hyp_compiler::driver::{Options, compile};

#[test]
fn programs_without_annotations_are_silent() {
    assert_silent("tests/untyped", 8);
}

#[test]
fn well_typed_programs_are_silent() {
    assert_silent("tests/typed", 1);
}

fn assert_silent(directory: &str, at_least: usize) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let mut n_programs = 0;
    for entry in std::fs::read_dir(directory).expect("the directory of programs") {
        let path = entry.expect("a directory entry").path();
        let bytes = std::fs::read(&path).expect("a readable program");
        let options = Options { opt_level: 0, ..Options::default() };
        let compilation = compile("test.hyp", &bytes, &options);
        let findings: Vec<String> = compilation
            .diagnostics
            .iter()
            .map(|d| format!("{} {}", d.code.as_str(), d.message))
            .collect();
        assert!(findings.is_empty(), "{}: {findings:#?}", path.display());
        n_programs += 1;
    }
    assert!(n_programs >= at_least, "only {n_programs} programs");
}
