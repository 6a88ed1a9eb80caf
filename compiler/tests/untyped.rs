//! Programs without annotations get no findings: what is unknown is dynamic.

use std::path::Path;

use hyp_compiler::driver::{Options, compile};

#[test]
fn programs_without_annotations_are_silent() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/untyped");
    let mut n_programs = 0;
    for entry in std::fs::read_dir(directory).expect("the directory of programs") {
        let path = entry.expect("a directory entry").path();
        let bytes = std::fs::read(&path).expect("a readable program");
        let compilation =
            compile("test.hyp", &bytes, &Options { opt_level: 0, ..Options::default() });
        let findings: Vec<String> = compilation
            .diagnostics
            .iter()
            .map(|d| format!("{} {}", d.code.as_str(), d.message))
            .collect();
        assert!(findings.is_empty(), "{}: {findings:#?}", path.display());
        n_programs += 1;
    }
    assert!(n_programs >= 8, "only {n_programs} programs");
}
