//! The fuzz targets on fixed seeds: damaged sources and damaged modules, and what printing keeps.

use bumpalo::Bump;
use hyp_bytecode::container;
use hyp_compiler::driver::{Options, compile};
use hyp_grammar::intern::Interner;
use hyp_tests::differ::{Behaviour, behaviour};
use hyp_tests::fuzz::{check_listing, check_source, check_syntax};
use hyp_tests::generate::program;
use hyp_tests::mutate::{Random, mutant};
use hyp_tests::subject::{programs, root};

/// Cases per target.
const CASES: u64 = if cfg!(debug_assertions) { 400 } else { 10_000 };

fn sources() -> Vec<Vec<u8>> {
    let paths = programs(&root().join("tests/spec")).expect("the corpus is readable");
    paths.iter().map(|path| std::fs::read(path).expect("the corpus is readable")).collect()
}

/// A damaged source: pieces removed, doubled, moved from another program, bytes changed.
fn damaged(sources: &[Vec<u8>], index: u64) -> Vec<u8> {
    let mut random = Random::new(index);
    let mut text = sources[random.below(sources.len())].clone();
    for _ in 0..1 + random.below(4) {
        let from = random.below(text.len());
        let to = (from + 1 + random.below(24)).min(text.len());
        match random.below(6) {
            0 => drop(text.drain(from..to)),
            1 => {
                let piece = text[from..to].to_vec();
                text.splice(to..to, piece);
            }
            2 | 3 => {
                let other = &sources[random.below(sources.len())];
                let start = random.below(other.len());
                let end = (start + 1 + random.below(40)).min(other.len());
                text.splice(from..from, other[start..end].iter().copied());
            }
            4 => {
                let marks = b"{}()[];:,.=\"`'?!&|+-*/%^<>\n\\\0\xff";
                text.insert(from, marks[random.below(marks.len())]);
            }
            _ => {
                if let Some(byte) = text.get_mut(from) {
                    *byte ^= 1 << random.below(8);
                }
            }
        }
    }
    text
}

#[test]
fn damaged_sources_are_parsed() {
    let sources = sources();
    (0..CASES * 2).for_each(|index| check_syntax(&damaged(&sources, index)));
}

#[test]
fn damaged_sources_compile_to_valid_code_or_not_at_all() {
    let sources = sources();
    (0..CASES).for_each(|index| check_source(&damaged(&sources, index)));
}

#[test]
fn damaged_modules_have_a_listing_that_assembles() {
    let modules: Vec<Vec<u8>> = sources()
        .iter()
        .step_by(7)
        .filter_map(|text| compile("fuzz.hyp", text, &Options::default()).module)
        .map(|module| container::write(&module))
        .collect();
    (0..CASES).for_each(|index| check_listing(&mutant(&modules, index)));
}

/// The canonical text of a program.
fn printed(source: &str) -> String {
    let arena = Bump::new();
    let mut interner = Interner::new();
    let (program, _) = hyp_grammar::parse(&arena, &mut interner, source);
    hyp_grammar::print(&program.expect("generated programs parse"), &interner)
}

#[test]
fn printing_keeps_the_meaning() {
    for seed in 0..CASES / 10 {
        let source = program(seed);
        let canonical = printed(&source);
        assert_eq!(printed(&canonical), canonical, "seed {seed}");
        // Lines may differ, and with them what `e.line` says; generated programs do not ask.
        let run = |text: &str| {
            let Behaviour { stdout, error, rejections, exit } =
                behaviour(text, 2).expect("it compiles");
            let errors: Vec<_> = error.into_iter().chain(rejections).map(|e| e.message).collect();
            (stdout, errors, exit)
        };
        assert_eq!(run(&source), run(&canonical), "seed {seed}");
    }
}

#[test]
fn compiling_twice_gives_the_same_bytes() {
    for seed in 0..CASES / 10 {
        let source = program(seed);
        let build = |_| {
            let compilation = compile("same.hyp", source.as_bytes(), &Options::default());
            container::write(&compilation.module.expect("generated programs compile"))
        };
        // Another thread has other hash seeds.
        let other = std::thread::scope(|s| s.spawn(|| build(())).join().expect("no panic"));
        assert!(build(()) == other, "seed {seed}");
    }
}
