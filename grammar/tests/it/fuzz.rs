//! No input makes the front end panic or loop.

use crate::{samples, with_parse};
use hyp_grammar::{dump, intern::Interner, print, source::decode_lossy, tokens};
use proptest::prelude::*;

/// Parses, and prints what parsed. Spans must lie inside the source.
fn survive(source: &str) {
    with_parse(source, |program, diagnostics, interner| {
        for diagnostic in diagnostics {
            let span = diagnostic.primary.span;
            assert!(
                span.start <= span.end && span.end as usize <= source.len() + 1,
                "{diagnostic:?}"
            );
        }
        if let Some(program) = program {
            let printed = print(&program, interner);
            assert!(dump(&program, interner).starts_with("Program"));
            if diagnostics.is_empty() {
                with_parse(&printed, |again, diagnostics, interner| {
                    assert!(diagnostics.is_empty(), "{printed}\n{diagnostics:#?}");
                    let again = again.map(|program| print(&program, interner));
                    assert_eq!(again.as_deref(), Some(printed.as_str()));
                });
            }
        } else {
            assert!(!diagnostics.is_empty(), "no program and no diagnostic: {source}");
        }
    });
    let mut interner = Interner::new();
    for token in tokens(&mut interner, source).0 {
        assert!(!token.describe(source, &interner).is_empty());
    }
}

const PIECES: &[&str] = &[
    "Focus",
    "Relax",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    ":",
    "=",
    "=>",
    "->",
    ".",
    "?.",
    "?",
    "...",
    "x",
    "y",
    "1",
    "\"s\"",
    "`t{",
    "}`",
    "`",
    "+",
    "-",
    "!",
    "==",
    "??",
    "|",
    "^",
    "+=",
    "<",
    ">",
    "induce",
    "freeze",
    "suggestion",
    "session",
    "tranceify",
    "trigger",
    "entrance",
    "finale",
    "if",
    "else",
    "while",
    "loop",
    "pendulum",
    "for",
    "entrain",
    "when",
    "otherwise",
    "observe",
    "awaken",
    "snap",
    "sink",
    "sinkTo",
    "label",
    "oscillate",
    "assert",
    "throw",
    "try",
    "catch",
    "finally",
    "expose",
    "conceal",
    "dominant",
    "mesmerize",
    "imperative",
    "function",
    "var",
    "record",
    "with",
    "number",
    "lucid",
    "null",
    "this",
    "true",
    "await",
    "call",
    "from",
    "external",
    "import",
    "as",
    "upTo",
    "by",
    "drawn",
    "toward",
    "deepen",
    "descend",
    "within",
    "bitNot",
    "bitAnd",
    "sharedTrance",
    "anchor",
    "deepFocus",
    "suspend",
    "constructor",
    "\n",
    "plunge",
    "surface",
    "raw`",
    "dreamReach",
];

fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(PIECES)
}

/// 2000 cases, unless `PROPTEST_CASES` says otherwise.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { 2_000 };
    ProptestConfig { cases, failure_persistence: None, ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survive(&decode_lossy(&bytes));
    }

    #[test]
    fn random_text_does_not_panic(text in "\\PC{0,80}") {
        survive(&text);
    }

    #[test]
    fn random_words_do_not_panic(words in prop::collection::vec(piece(), 0..60)) {
        let text = words.join(" ");
        survive(&text);
        survive(&format!("Focus {{ {text} }} Relax"));
    }

    #[test]
    fn damaged_programs_do_not_panic(
        which in 0..samples::SNIPPETS.len(),
        cut in any::<prop::sample::Index>(),
        drop in 0..12_usize,
        insert in piece(),
    ) {
        let source = samples::SNIPPETS[which].1;
        let boundaries: Vec<usize> = source.char_indices().map(|(at, _)| at).collect();
        let at = cut.index(boundaries.len());
        let end = boundaries.get(at + drop).copied().unwrap_or(source.len());
        survive(&format!("{}{insert}{}", &source[..boundaries[at]], &source[end..]));
        survive(&source[..boundaries[at]]);
    }
}
