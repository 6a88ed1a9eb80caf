//! The tables of keywords, operators and diagnostics.

use hyp_grammar::{
    diagnostic::{Code, Severity},
    intern::{Interner, known},
    keyword::{Keyword, Word, classify},
    operator::BinaryOp,
};
use std::collections::HashSet;

#[test]
fn every_spelling_is_classified() {
    for &keyword in Keyword::ALL {
        assert!(!keyword.meaning().is_empty());
        for spelling in std::iter::once(keyword.as_str()).chain(keyword.aliases().iter().copied()) {
            assert_eq!(classify(spelling), Word::Keyword(keyword));
            let upper = spelling.to_ascii_uppercase();
            let exact = keyword.kind().is_exact();
            assert_eq!(classify(&upper) == Word::Keyword(keyword), !exact, "{upper}");
        }
    }
    for &op in BinaryOp::ALL {
        for synonym in op.synonyms() {
            let word = classify(&synonym.to_ascii_uppercase());
            assert_eq!(word, Word::Synonym { op, legacy: false });
        }
    }
    assert_eq!(classify("hypnosis"), Word::Name);
}

#[test]
fn codes_are_unique_and_explained() {
    let mut seen = HashSet::new();
    for code in Code::ALL {
        assert!(seen.insert(code.as_str()), "{}", code.as_str());
        assert!(code.explanation().ends_with('.'), "{}", code.as_str());
        assert!(!code.title().ends_with('.'), "{}", code.as_str());
        let warning = code.as_str().starts_with('W');
        assert_eq!(code.severity() == Severity::Warning, warning, "{}", code.as_str());
    }
}

#[test]
fn names_are_interned_by_spelling() {
    let mut interner = Interner::new();
    let first = interner.intern("depth");
    assert_eq!(interner.intern("depth"), first);
    assert_ne!(interner.intern("Depth"), first);
    assert_eq!(interner.resolve(first), "depth");
    assert_eq!(interner.lookup("unknown name"), None);
    assert_eq!(interner.resolve(known::CONSTRUCTOR), "constructor");
    for index in 0..5_000 {
        let name = format!("name{index}");
        let symbol = interner.intern(&name);
        assert_eq!(interner.resolve(symbol), name);
        assert_eq!(interner.lookup(&name), Some(symbol));
    }
}
