//! Recovery, messages, and missing semicolons.

use crate::{check_body, check_codes, codes, with_parse, wrap};

/// Checks the messages for the statements in `body`, each with its line and column.
#[track_caller]
fn check_messages(body: &str, expected: &[&str]) {
    let source = format!("Focus {{ {body} }} Relax");
    with_parse(&source, |_, diagnostics, _| {
        let messages: Vec<&str> = diagnostics.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(messages, expected, "{source}");
    });
}

#[test]
fn independent_errors_are_reported_once_each() {
    check_codes("induce x = ; observe 1; induce = 2;", &["E0101", "E0101"]);
    check_codes("observe 1 observe 2; x = (3; y = [4;", &["E0102", "E0105", "E0105"]);
    check_codes("suggestion f() { x = ; } suggestion g() { y = ; }", &["E0101", "E0101"]);
    check_codes(
        "session S { a b; expose c: number; suggestion m() { x = ; } }",
        &["E0102", "E0101"],
    );
    check_codes("if x { observe 1; } while (y { observe 2; } observe 3;", &["E0101", "E0105"]);
    check_codes("x = { a: 1; b: 2 }; y = ;", &["E0105", "E0101"]);
    check_codes("f(suggestion() { x = ; }, 1); y = ;", &["E0101", "E0101"]);
    check_codes("for (induce i = 0; i < 3) { observe i; } y = ;", &["E0101", "E0101"]);
}

#[test]
fn a_lexical_error_explains_the_statement_around_it() {
    check_codes("x = 1 # 2; y = 3;", &["E0002"]);
    check_codes("x = 1..2; y = ;", &["E0112", "E0101"]);
    assert_eq!(codes("Focus { x = \"abc; } Relax"), ["E0003"]);
    assert_eq!(codes("Focus { /* abc } Relax"), ["E0004"]);
    assert_eq!(codes("Focus { x = `a {b `; } Relax"), ["E0006"]);
    assert_eq!(codes("Focus { x = `a; } Relax"), ["E0006"]);
    assert_eq!(codes("Focus { x = raw`a; } Relax"), ["E0006"]);
    assert_eq!(codes("Focus { y = ; x = \"abc; } Relax"), ["E0101", "E0003"]);
    assert_eq!(codes("Focus { } Relax @"), ["E0002"]);
}

#[test]
fn the_outline_of_the_program_is_checked() {
    assert_eq!(codes(""), ["E0103"]);
    assert_eq!(codes("observe 1;"), ["E0103"]);
    assert_eq!(codes("observe 1; Focus { } Relax"), ["E0103"]);
    assert_eq!(codes("Focus"), ["E0101"]);
    assert_eq!(codes("Focus {"), ["E0105"]);
    assert_eq!(codes("Focus { }"), ["E0104"]);
    assert_eq!(codes("Focus { if (x) { } Relax"), ["E0105"]);
    assert_eq!(codes("Focus { } } Relax"), ["E0101"]);
    assert_eq!(codes("Focus { } Relax ;"), Vec::<&str>::new());
    assert_eq!(codes("Focus { } Relax x"), ["W0602"]);
    assert_eq!(codes("foo(1, [ Focus { observe 1; } Relax"), ["E0101"]);
}

#[test]
fn messages_name_what_is_missing() {
    check_messages("induce x = 1 y();", &["expected `;` after variable declaration, found `y`"]);
    check_messages("x = 1 y();", &["expected `;` after expression, found `y`"]);
    check_messages("x = ;", &["expected an expression, found `;`"]);
    check_messages("pendulum (;;) { }", &["pendulum loop requires a condition expression"]);
    check_messages("pendulum x;", &["expected `(` after `pendulum`"]);
    check_messages("x = a.;", &["expected property name after `.`"]);
    check_messages("x = a?.;", &["expected property name or `[` after `?.`"]);
    check_messages("entrain x { foo => 1 };", &["expected `when` or `otherwise`, found `foo`"]);
    check_messages("entrain x { when => 1 };", &["expected a pattern, found `=>`"]);
    check_messages(
        "entrain x { otherwise => 1 when 2 => 3 };",
        &["`otherwise` must be the last arm"],
    );
    check_messages("induce x: = 1;", &["expected a type, found `=`"]);
    check_messages("f(1 2);", &["expected `,` or `)`, found `2`"]);
    check_messages("else { }", &["`else` without `if`"]);
    check_messages("tranceify P { x number; }", &["expected `:` after `x`"]);
    check_messages("try { }", &["`try` needs `catch` or `finally`"]);
    check_messages("plunge { }", &["`plunge` needs `surface` or `settle`"]);
    check_messages("induce if = 1;", &["`if` is a reserved word and cannot be used as a name"]);
}

#[test]
fn every_error_has_a_place_and_a_label() {
    for body in ["x = ;", "induce if = 1;", "f(1;", "x = 1 y;", "1 = 2;", "entrain x { };"] {
        with_parse(&wrap(body), |_, diagnostics, _| {
            assert_eq!(diagnostics.len(), 1, "{body}");
            let diagnostic = &diagnostics[0];
            assert!(diagnostic.primary.span.start >= 8, "{body}");
            assert!(!diagnostic.primary.text.is_empty(), "{body}");
        });
    }
}

#[test]
fn blocks_of_the_program_stay_at_the_top_level() {
    check_codes("if (x) { entrance { } }", &["E0106"]);
    check_codes("suggestion f() { finale { } }", &["E0106"]);
    check_codes("loop { trigger t = suggestion() { }; }", &["E0106"]);
    check_codes("{ mindLink \"x\"; }", &["E0106"; 1]);
    check_codes("while (x) { expose suggestion f() { } }", &["E0106"]);
    check_codes("session S { trigger t = suggestion() { } }", &["E0106"]);
    check_codes("x = suggestion() { entrance { } };", &["E0106"]);
    check_codes("try { finale { } } catch { entrance { } }", &["E0106", "E0106"]);
    check_codes(
        "entrain x { when 1 => { finale { } } otherwise => { finale { } } }",
        &["E0106"; 2],
    );
    check_codes("entrance { entrance { } }", &["E0106"]);
}

#[test]
fn only_places_are_assigned_to() {
    for target in ["1", "a + b", "f()", "a?.b", "[a]", "this", "a ?? b", "-a"] {
        check_codes(&format!("{target} = 1;"), &["E0108"]);
    }
    for target in ["a", "a.b", "a[1]", "this.a", "f().a", "(a).b", "a[0].b[1]"] {
        check_codes(&format!("{target} = 1; {target} += 1; oscillate {target};"), &[]);
    }
    check_codes("oscillate a();", &["E0108"]);
    check_codes("deepen f();", &["E0108"]);
}

#[test]
fn modifiers_do_not_conflict() {
    check_codes("expose conceal suggestion f() { }", &["E0113"]);
    check_codes("session S { expose conceal a; }", &["E0113"]);
    check_codes("session S { dominant expose dominant a; }", &[]);
}

#[test]
fn declarations_are_no_bodies() {
    check_codes("if (a) induce x = 1;", &["E0115"]);
    check_codes("while (a) suggestion f() { }", &["E0115"]);
    check_codes("if (a) induce p.x = 1;", &[]);
}

#[test]
fn missing_semicolons_are_supplied_at_line_ends() {
    check_codes("induce x = 1\nobserve x\nx = 2\n", &["W0601"; 3]);
    check_codes("if (a) { observe x\n}", &["W0601"]);
    check_codes("suggestion f() { awaken\n}", &["W0601"]);
    check_codes("suggestion f() { awaken\nobserve 1; }", &["W0601"]);
    check_codes("suggestion f() { awaken\ninduce x = 1; }", &["W0601"]);
    check_codes("loop { snap\n}", &["W0601"]);
    check_codes("induce x\ninduce y: number\ny = 1;", &["W0601"; 2]);
    check_codes("session S { expose a: number\n expose b: number\n }", &["W0601"; 2]);
    check_codes("tranceify R { a: number\n b: number\n }", &["W0601"; 2]);
    check_codes("x = f()\n{ observe 1; }", &["W0601"]);
    check_codes("if (a) x = 1\nobserve 2;", &["W0601"]);
}

#[test]
fn expressions_go_on_over_line_ends() {
    check_body("x = a\n + b\n .c\n (d)\n [e];", "x = a + b.c(d)[e];");
    check_body("awaken\n foo;", "awaken foo;");
    check_codes("x = 1 y = 2;", &["E0102"]);
    check_codes("{ observe x }", &["E0102"]);
}
