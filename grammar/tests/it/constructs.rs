//! Every construct of the grammar.

use crate::{check_body, check_clean, check_codes, samples, wrap};

#[test]
fn every_construct_parses() {
    check_clean(include_str!("every_construct.hyp"));
}

#[test]
fn every_snippet_of_the_specification_parses() {
    for (name, text) in samples::SNIPPETS {
        crate::with_parse(text, |program, diagnostics, _| {
            assert!(program.is_some(), "{name}");
            assert!(diagnostics.is_empty(), "{name}: {diagnostics:#?}");
        });
    }
}

#[test]
fn programs_parse() {
    for (_, text) in samples::PROGRAMS {
        check_clean(text);
    }
}

#[test]
fn modules_have_imports_and_declarations_before_focus() {
    check_clean("mindLink \"./a.hyp\" as A; import B; expose suggestion f() { } Focus { } Relax");
    check_clean("MINDLINK \"x\"; Focus { import \"y\" as Y; } Relax;");
}

#[test]
fn bodies_without_braces_bind_else_to_the_nearest_if() {
    check_body(
        "if (a) if (b) x = 1; else x = 2;",
        "if (a) {\n    if (b) {\n        x = 1;\n    } else {\n        x = 2;\n    }\n}",
    );
    check_body(
        "if (a) while (b) if (c) x(); else y(); else z();",
        "if (a) {\n    while (b) {\n        if (c) {\n            x();\n        } else {\n            \
         y();\n        }\n    }\n} else {\n    z();\n}",
    );
    check_body("while (a) ;", "while (a) {\n    ;\n}");
    check_body(
        "if (a) { } else if (b) ; else ;",
        "if (a) {} else if (b) {\n    ;\n} else {\n    ;\n}",
    );
}

#[test]
fn a_label_does_not_end_a_body_without_braces() {
    check_body(
        "if (a) l: loop { snap l; }",
        "if (a) {\n    l:\n    loop {\n        snap l;\n    }\n}",
    );
}

#[test]
fn braces_after_a_name_are_a_record_literal_when_they_look_like_one() {
    check_body("x = P {};", "x = P {};");
    check_body("x = P { while: 1 };", "x = P { while: 1 };");
    check_body("x = P { a };", "x = P { a };");
    check_body("x = P { ...q };", "x = P { ...q };");
    check_body("entrain p { when _ => 1 }", "entrain p {\n    when _ => 1\n};");
    check_body("entrain P { a: 1 } { when _ => 1 }", "entrain P { a: 1 } {\n    when _ => 1\n};");
    check_codes("entrain p {}", &["E0101"]);
}

#[test]
fn record_in_a_result_type_is_the_bare_type() {
    check_body("suggestion f(): record { x: 1; }", "suggestion f(): record {\n    x:\n    1;\n}");
    check_body("suggestion f(): ({ x: number }) { }", "suggestion f(): ({ x: number; }) {}");
    check_body("induce x: record { x: number } = y;", "induce x: { x: number; } = y;");
}

#[test]
fn types_nest() {
    check_body("induce x: number??;", "induce x: number?;");
    check_body("induce x: lucid lucid number;", "induce x: number?;");
    check_body("induce x: (A | B)[];", "induce x: (A | B)[];");
    check_body("induce x: ((A) -> B) | C;", "induce x: ((A) -> B) | C;");
    check_body("induce x: A | (A) -> B | C;", "induce x: A | (A) -> B | C;");
    check_body("induce x: (() -> void)?;", "induce x: (() -> void)?;");
    check_body("induce x: suggestion;", "induce x: suggestion;");
    check_body("induce x: M.T;", "induce x: M.T;");
    check_body("induce x: Map<A, Promise<B>> = y;", "induce x: Map<A, Promise<B>> = y;");
    check_codes("induce x: (A, B);", &["E0111"]);
    check_codes("induce x: { a: number = 1 };", &["E0111"]);
}

#[test]
fn assertions_take_their_message_in_four_ways() {
    for form in ["assert a \"m\";", "assert a : \"m\";", "assert a, \"m\";", "assert (a, \"m\");"] {
        check_body(form, "assert a, \"m\";");
    }
    check_body("assert (a) && b;", "assert (a) && b;");
    check_body("assert a ? b : c : d;", "assert a ? b : c, d;");
}

#[test]
fn entrain_statements_need_no_semicolon() {
    check_body("entrain x { when 1 => 2 } y = 1;", "entrain x {\n    when 1 => 2\n};\ny = 1;");
    check_body("entrain x { when 1 => f }(2);", "entrain x {\n    when 1 => f\n}(2);");
    check_body("entrain x { when 1 => 2 } + 1;", "entrain x {\n    when 1 => 2\n} + 1;");
    check_body("entrain x { when 1 => 2 }\n(y)();", "entrain x {\n    when 1 => 2\n};\n(y)();");
    check_body(
        "if (a) entrain x { when 1 => 2 } else b();",
        "if (a) {\n    entrain x {\n        when 1 => 2\n    };\n} else {\n    b();\n}",
    );
}

#[test]
fn patterns_nest() {
    let arm = |pattern: &str| format!("entrain x {{ when {pattern} => 1 }}");
    for pattern in [
        "-1",
        "\"s\"",
        "true",
        "null",
        "_",
        "a",
        "a: number",
        "_: T",
        "a: T[] | null",
        "P { a, b: [c] }",
        "[]",
        "[...]",
        "[...r]",
        "[a, _, ...]",
        "[a, [b, ...c]]",
        "1 | 2 | 3",
        "1 upTo 5",
        "-5 until 5",
        "9 downTo 1",
        "x as 1 | 2",
        "M.P { a }",
        "[x as P { y }]",
        "1 | n: number",
        "P {}",
    ] {
        check_body(&arm(pattern), &format!("entrain x {{\n    when {pattern} => 1\n}};"));
    }
    check_codes(&arm("a + 1"), &["E0101"]);
    check_codes(&arm("{ a }"), &["E0110"]);
}

#[test]
fn arrow_functions_are_recognised_outside_arms() {
    check_body("f(x => x, (y) => y, () => { });", "f((x) => x, (y) => y, () => {});");
    check_body("x = a => b => a + b;", "x = (a) => (b) => a + b;");
    check_body("x = a ? b => 1 : c => 2;", "x = a ? (b) => 1 : (c) => 2;");
    check_body("x = (a: number, b = 2) => a;", "x = (a: number, b = 2) => a;");
    check_body("entrain x { when 1 => (y => y) }", "entrain x {\n    when 1 => ((y) => y)\n};");
    check_codes("entrain x { when 1 => y => y }", &["E0101"]);
    check_codes("entrain x { when 1 if y => y => 1 }", &["E0101"]);
}

#[test]
fn operators_group_by_precedence() {
    let grouped = |source: &str| crate::dump_of(&wrap(&format!("x = {source};")));
    let same = |left: &str, right: &str| {
        let strip = |text: String| -> Vec<String> {
            let lines = text.lines().filter(|line| !line.contains("Paren"));
            let place = |line: &str| line.rfind(" e").or_else(|| line.rfind('@'));
            lines.map(|line| line[..place(line).unwrap_or(line.len())].trim().to_string()).collect()
        };
        assert_eq!(strip(grouped(left)), strip(grouped(right)), "{left}");
    };
    same("a + b * c", "a + (b * c)");
    same("a - b - c", "(a - b) - c");
    same("a < b < c", "(a < b) < c");
    same("-2 ^ 2", "-(2 ^ 2)");
    same("2 ^ -1 ^ 2", "2 ^ (-(1 ^ 2))");
    same("a || b && c == d", "a || (b && (c == d))");
    same("\"x\" + a ?? b", "(\"x\" + a) ?? b");
    same("a ?? b ? c : d", "(a ?? b) ? c : d");
    same("a + 1 upTo b * 2 by c - 1", "(a + 1) upTo (b * 2) by (c - 1)");
    same("a upTo b == c", "(a upTo b) == c");
    same(
        "a bitOr b bitXor c bitAnd d shiftDeeper e",
        "a bitOr (b bitXor (c bitAnd (d shiftDeeper e)))",
    );
    same("await a + b", "(await a) + b");
    same("!a.b[c](d)", "!(a.b[c](d))");
    same("y = z = 1", "y = (z = 1)");
    same("a ? b : c ? d : e", "a ? b : (c ? d : e)");
}

#[test]
fn optional_semicolons_disappear() {
    check_body("trigger t = suggestion() { };", "trigger t = suggestion() {};");
    check_body("trigger t = suggestion() { }", "trigger t = suggestion() {};");
    check_body("entrance { }; finale { };", "entrance {}\nfinale {}");
}

#[test]
fn the_prefix_call_has_no_effect() {
    check_body("call f(1); x = call this.m();", "f(1);\nx = this.m();");
}

#[test]
fn templates_hold_expressions() {
    check_body("x = `a {b + `c{d}`} {{e}}`;", "x = `a {b + `c{d}`} {{e}}`;");
    check_body("x = raw`\\n{a}`;", "x = raw`\\n{a}`;");
    check_body("x = `{ { a: 1 } }`;", "x = `{ { a: 1 } }`;");
    check_body("x = `{{}}`;", "x = `{{}}`;");
}

#[test]
fn long_else_chains_are_flat() {
    let mut source = String::from("if (a) { }");
    for _ in 0..20_000 {
        source.push_str(" else if (b) { }");
    }
    check_clean(&wrap(&source));
}

#[test]
fn the_longest_allowed_sum_parses() {
    let sum = vec!["1"; 900].join(" + ");
    check_clean(&wrap(&format!("x = {sum};")));
}
