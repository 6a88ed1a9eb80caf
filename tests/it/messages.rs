//! Every run-time message of the language has a program that produces it.
//!
//! The programs run in the conformance test, so a message in an expectation is one that appears.
//! What a program names stands as `_` here.

use hyp_tests::expectation::Expectation;
use hyp_tests::subject::{programs, read_text, root};

/// What becomes of a message.
enum Fate {
    /// It is raised: what some program expects to be printed contains this.
    Raised(&'static str),
    /// The compiler finds it before the program runs, under this code.
    Found(&'static str),
    /// No program can provoke it, for this reason.
    Unreachable(&'static str),
}
use Fate::{Found, Raised, Unreachable};

/// Appendix A of the language, message by message in its order.
const APPENDIX_A: &[(&str, Fate)] = &[
    ("Variable 'x' not found", Raised("Variable '_' not found")),
    ("Cannot reassign constant variable 'x'", Raised("Cannot reassign constant variable '_'")),
    ("Invalid assignment target", Found("E0108")),
    ("Value is not callable", Raised("Value is not callable")),
    ("Cannot call null value", Raised("Cannot call null value")),
    ("Expected N arguments, received M", Raised("Expected _ arguments, received _")),
    (
        "Constructor for session 'S' expects N arguments, received M",
        Raised("Constructor for session '_' expects _ arguments, received _"),
    ),
    (
        "Session 'S' does not define a constructor but arguments were provided",
        Raised("Session '_' does not define a constructor but arguments were provided"),
    ),
    ("Cannot access member 'm' on value 'v'", Raised("Cannot access member '_' on value '_'")),
    ("Record of type 'T' has no field 'f'", Raised("Record of type '_' has no field '_'")),
    (
        "Assignment target is not a session member",
        Raised("Assignment target is not a session member"),
    ),
    (
        "Session instance of 'S' has no member 'm'",
        Raised("Session instance of '_' has no member '_'"),
    ),
    (
        "Session instance of 'S' has no field 'f'",
        Raised("Session instance of '_' has no field '_'"),
    ),
    ("Session 'S' has no static member 'm'", Raised("Session '_' has no static member '_'")),
    ("Session 'S' has no static field 'f'", Raised("Session '_' has no static field '_'")),
    (
        "Static field 'f' not found on session 'S'",
        Unreachable("decision O24: a missing static field is the message above"),
    ),
    ("Cannot assign to method 'm'", Raised("Cannot assign to method '_'")),
    ("Cannot assign to static method 'm'", Raised("Cannot assign to static method '_'")),
    (
        "Assign static field 'f' through session 'S', not an instance",
        Raised("Assign static field '_' through session '_', not an instance"),
    ),
    (
        "Access denied to private field 'm' of session 'S'",
        Raised("Access denied to private field '_' of session '_'"),
    ),
    (
        "Access denied to private method 'm' of session 'S'",
        Raised("Access denied to private method '_' of session '_'"),
    ),
    ("Duplicate session field 'f' in session 'S'", Found("E0402")),
    ("Duplicate method", Found("E0402")),
    ("Duplicate static method", Found("E0402")),
    ("Multiple constructors declared in session 'S'", Found("E0403")),
    ("Constructor in session 'S' cannot be static", Found("E0404")),
    ("Undefined tranceify type 'T'", Raised("Undefined tranceify type '_'")),
    ("Index i out of bounds", Raised("Index _ out of bounds")),
    ("Type error: Cannot index non-array", Raised("Type error: Cannot index non-array")),
    ("Type error: Cannot convert 's' to number", Raised("Cannot convert '_' to number")),
    ("Type error: Cannot convert to number", Raised("Type error: Cannot convert to number")),
    (
        "Oscillate target 'x' must be boolean, got",
        Raised("Oscillate target '_' must be boolean, got _"),
    ),
    // Any place will do, and what is none is found before.
    ("Oscillate requires a variable identifier", Found("E0108")),
    (
        "No pattern matched and no default case provided",
        Raised("No pattern matched and no default case provided"),
    ),
    ("Break statement outside of loop", Found("E0208")),
    ("Continue statement outside of loop", Found("E0208")),
    (
        "Return from function: ",
        Unreachable("`awaken` outside of suggestions ends the program's body"),
    ),
    ("Unknown unary operator: ", Unreachable("the parser knows all operators")),
    ("Unknown binary operator: ", Unreachable("the parser knows all operators")),
    (
        "Builtin 'F' expected argument at position k",
        Raised("Builtin '_' expected argument at position _"),
    ),
    (
        "Type error: Builtin 'F' expected numeric argument at position k",
        Raised("Builtin '_' expected numeric argument at position _"),
    ),
    (
        "string argument … got <debug>",
        Raised("Builtin '_' expected string argument at position _, got _"),
    ),
    (
        "array argument … got <debug>",
        Raised("Builtin '_' expected array argument at position _, got _"),
    ),
    ("non-negative number", Raised("Builtin '_' expected non-negative number at position _")),
    (
        "non-empty string to derive character",
        Raised("Builtin '_' expected non-empty string to derive character"),
    ),
    ("numeric array element", Raised("Builtin '_' expected numeric array element at position _")),
    (
        "Function 'Length' requires at least 1 argument",
        Raised("Function 'Length' requires at least 1 argument"),
    ),
    (
        "Type error: Function 'Length' expects string or array argument, got v",
        Raised("Function 'Length' expects string or array argument, got _"),
    ),
];

/// Messages that the decisions add to the appendix.
const MORE: &[&str] = &[
    "Trance too deep (call stack limit _ exceeded)",
    "Object has no field '_'",
    "Object keys must be strings, numbers or booleans",
    "Cannot iterate over '_'",
    "Assertion failed: _",
    "Uncaught: _",
    "expected _, got _ (variable '_')",
    "expected _, got _ (argument '_' of '_')",
    "expected _, got _ (field '_' of '_')",
    "expected _, got _ (result of '_')",
    "Builtin '_' expected function argument at position _, got _",
];

/// Findings before the program runs that the language words as it does at run time.
const DIAGNOSTICS: &[&str] = &["E0106", "E0107", "E0103", "E0104", "E0003", "E0004"];

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
    let expected = |pattern: &str| said.iter().any(|text| says(text, pattern));
    let missing = APPENDIX_A.iter().filter_map(|(message, fate)| match fate {
        Raised(pattern) | Found(pattern) => (!expected(pattern)).then_some(*message),
        // A program that expects it shows that the reason is wrong.
        Unreachable(reason) => said.iter().any(|text| text.contains(message)).then_some(*reason),
    });
    let more = MORE.iter().chain(DIAGNOSTICS).copied().filter(|pattern| !expected(pattern));
    let missing: Vec<_> = missing.chain(more).collect();
    assert!(missing.is_empty(), "no program of tests/spec expects {missing:#?}");
}

#[test]
fn patterns_match_in_order() {
    assert!(says("Runtime error: Index 4 out of bounds", "Index _ out of bounds"));
    assert!(!says("out of bounds: Index 4", "Index _ out of bounds"));
}
