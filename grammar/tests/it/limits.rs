//! Deep nesting and large inputs.

use crate::{codes, wrap};

#[track_caller]
fn check_deep(body: &str) {
    let found = codes(&wrap(body));
    assert!(!found.is_empty() && found.len() <= 2, "{} {}", found.len(), &body[..20]);
}

#[test]
fn deep_nesting_is_an_error() {
    let n = 100_000;
    for unit in [
        "(",
        "[",
        "{",
        "x = {a:",
        "f(",
        "a[",
        "-",
        "!",
        "- ",
        "+ ",
        "await ",
        "if (a) ",
        "while (a) ",
    ] {
        check_deep(&unit.repeat(n));
    }
    for unit in [
        "if (a) { ",
        "if ",
        "x => ",
        "suggestion() { ",
        "a = ",
        "a ? ",
        "entrain ",
        "loop { ",
        "`{",
        "when ",
        "else ",
        "entrain x { when 1 => ",
        "drawn ",
        "bitNot ",
        "call x",
        "expose ",
    ] {
        check_deep(&unit.repeat(n));
    }
}

#[test]
fn deep_trees_are_an_error_even_without_brackets() {
    let n = 100_000;
    let cases = [
        format!("x = {}a;", "a = ".repeat(n)),
        format!("x = {}a;", "a ^ ".repeat(n)),
        format!("x = {}a;", "a upTo ".repeat(n)),
        format!("x = {}a;", "- ".repeat(n)),
        format!("x = {}a;", "a ? b : ".repeat(n)),
        format!("x = {}a;", "a => ".repeat(n)),
        format!("x = a{};", ".b".repeat(n)),
        format!("x = a{};", "()".repeat(n)),
        format!("x = a{};", "[0]".repeat(n)),
        format!("induce x: T{};", "[]".repeat(n)),
        format!("induce x: {}T;", "() -> ".repeat(n)),
    ];
    for body in cases {
        assert_eq!(codes(&wrap(&body)), ["E0502"], "{}", &body[..40]);
    }
}

#[test]
fn chains_of_operators_are_long_not_deep() {
    for op in ["+", "-", "*", "==", "&&", "||", "??", "&& b ||", "+ b *"] {
        let body = format!("x = {}a;", format!("a {op} ").repeat(100_000));
        assert_eq!(codes(&wrap(&body)), Vec::<&str>::new(), "{op}");
        let nested = format!("x = {}a{};", format!("(a {op} ").repeat(600), ")".repeat(600));
        assert_eq!(codes(&wrap(&nested)), ["E0502"], "{op}");
    }
    let parts = ["(a + a + a) * "; 150].concat();
    let nested = format!("x = {parts}a;");
    assert_eq!(codes(&wrap(&nested)), Vec::<&str>::new());
}

#[test]
fn the_nesting_limit_is_two_hundred() {
    let nested = |depth: usize| format!("x = {}1{};", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(codes(&wrap(&nested(199))), Vec::<&str>::new());
    assert_eq!(codes(&wrap(&nested(205))), ["E0502"]);
}

#[test]
fn many_errors_stop_at_a_limit() {
    let found = codes(&wrap(&"x = ;\n".repeat(5_000)));
    assert_eq!(found.len(), 100);
}

#[test]
fn too_large_a_source_is_refused() {
    assert_eq!(codes(&" ".repeat(33 * 1024 * 1024)), ["E0501"]);
}

#[test]
fn unclosed_brackets_before_much_text_stay_fast() {
    let start = std::time::Instant::now();
    codes(&wrap(&"f(x = (1, [2, {a: ;\n".repeat(20)));
    codes(&format!("Focus {{ {} }} Relax", "foo(1; ".repeat(20_000)));
    codes(&wrap(&"Focus ".repeat(50_000)));
    codes(&wrap(&"entrain x { when 1 => 2 }".repeat(20_000)));
    assert!(start.elapsed().as_secs() < 20);
}
