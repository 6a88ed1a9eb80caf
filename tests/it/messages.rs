//! Every run-time message of the language has a program that produces it.
//!
//! The programs run in the conformance test, so a message in an expectation is one that appears.
//! What a program names stands as `_` here.

use hyp_tests::expectation::Expectation;
use hyp_tests::subject::{programs, read_text, root};

/// Messages in the language's own order: names, calls, members, sessions, types, values, builtins.
const MESSAGES: &[&str] = &[
    "Variable '_' not found",
    "Cannot reassign constant variable '_'",
    "Value is not callable",
    "Cannot call null value",
    "Expected _ arguments, received _",
    "Trance too deep (call stack limit _ exceeded)",
    "Constructor for session '_' expects _ arguments, received _",
    "Session '_' does not define a constructor but arguments were provided",
    "Cannot access member '_' on value '_'",
    "Record of type '_' has no field '_'",
    "Object has no field '_'",
    "Assignment target is not a session member",
    "Session instance of '_' has no member '_'",
    "Session instance of '_' has no field '_'",
    "Session '_' has no static member '_'",
    "Session '_' has no static field '_'",
    "Cannot assign to method '_'",
    "Cannot assign to static method '_'",
    "Assign static field '_' through session '_', not an instance",
    "Access denied to private field '_' of session '_'",
    "Access denied to private method '_' of session '_'",
    "Undefined tranceify type '_'",
    "Index _ out of bounds",
    "Type error: Cannot index non-array",
    "Cannot convert '_' to number",
    "Type error: Cannot convert to number",
    "Object keys must be strings, numbers or booleans",
    "Cannot iterate over '_'",
    "Oscillate target '_' must be boolean, got _",
    "No pattern matched and no default case provided",
    "Assertion failed: _",
    "Uncaught: _",
    "expected _, got _ (variable '_')",
    "expected _, got _ (argument '_' of '_')",
    "expected _, got _ (field '_' of '_')",
    "expected _, got _ (result of '_')",
    "Builtin '_' expected argument at position _",
    "Builtin '_' expected numeric argument at position _",
    "Builtin '_' expected string argument at position _, got _",
    "Builtin '_' expected array argument at position _, got _",
    "Builtin '_' expected function argument at position _, got _",
    "Builtin '_' expected non-negative number at position _",
    "Builtin '_' expected numeric array element at position _",
    "Function 'Length' requires at least 1 argument",
    "Function 'Length' expects string or array argument, got _",
];

/// Findings before the program runs that the language words as it does at run time.
const DIAGNOSTICS: &[&str] =
    &["E0108", "E0402", "E0403", "E0404", "E0106", "E0107", "E0103", "E0104", "E0003", "E0004"];

/// Whether the pieces of a pattern occur in the text, in order.
fn says(text: &str, pattern: &str) -> bool {
    let mut rest = text;
    pattern.split('_').all(|piece| match rest.find(piece) {
        Some(at) => {
            rest = &rest[at + piece.len()..];
            true
        }
        None => false,
    })
}

fn expectations() -> Vec<String> {
    let mut said = Vec::new();
    for path in programs(&root().join("tests/spec")).expect("the corpus is readable") {
        let text = read_text(&path).expect("the corpus is readable");
        let expectation = Expectation::parse(&text);
        said.extend(expectation.errors);
        said.extend(expectation.lines);
        said.extend(expectation.diagnostics);
    }
    said
}

#[test]
fn every_message_has_a_program() {
    let said = expectations();
    let missing: Vec<_> = MESSAGES
        .iter()
        .chain(DIAGNOSTICS)
        .filter(|message| !said.iter().any(|text| says(text, message)))
        .collect();
    assert!(missing.is_empty(), "no program of tests/spec expects {missing:#?}");
}

#[test]
fn patterns_match_in_order() {
    assert!(says("Runtime error: Index 4 out of bounds", "Index _ out of bounds"));
    assert!(!says("out of bounds: Index 4", "Index _ out of bounds"));
}
