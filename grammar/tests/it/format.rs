//! The formatter's layout.

use hyp_grammar::{FormatError, format};

#[track_caller]
fn check(source: &str, expected: &str) {
    let text = format(source).unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(text, expected, "\n{text}");
    assert_eq!(format(&text).ok().as_deref(), Some(expected), "it does not settle");
}

/// Checks statements; both texts are the body of a program.
#[track_caller]
fn check_body(source: &str, expected: &str) {
    let lines: Vec<String> = expected
        .lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("    {line}") })
        .collect();
    check(
        &format!("Focus {{\n{source}\n}} Relax"),
        &format!("Focus {{\n{}\n}} Relax\n", lines.join("\n")),
    );
}

#[test]
fn one_statement_per_line() {
    check_body(
        "induce a=1;induce  b = 2 ;\nobserve a+b",
        "induce a = 1;\ninduce b = 2;\nobserve a + b;",
    );
}

#[test]
fn spaces_around_operators() {
    check_body("observe -a+b*(-c)- -d;", "observe -a + b * (-c) - -d;");
    check_body("observe !a&&b||c ?? d;", "observe !a && b || c ?? d;");
    check_body("x=a[ 1 ].b ?. c( 1,2 );", "x = a[1].b?.c(1, 2);");
    check_body("observe c?5:1;", "observe c ? 5 : 1;");
    check_body("observe a youAreFeelingVerySleepy b;", "observe a youAreFeelingVerySleepy b;");
    check_body("observe f(1,2 , { ...rest });", "observe f(1, 2, { ...rest });");
}

#[test]
fn types_are_tight() {
    check_body(
        "suggestion f( a:number?,b : array < string > = [] ):number[ ]{awaken [ ];}",
        "suggestion f(a: number?, b: array<string> = []): number[] { awaken []; }",
    );
    check_body("observe a<b;", "observe a < b;");
}

#[test]
fn a_block_on_one_line_stays_there_if_it_fits() {
    check_body("if(a){observe 1;}", "if (a) { observe 1; }");
    check_body("if (a) {\nobserve 1; }", "if (a) {\n    observe 1;\n}");
    let long = "a".repeat(90);
    check_body(
        &format!("if (ok) {{ observe \"{long}\"; }}"),
        &format!("if (ok) {{\n    observe \"{long}\";\n}}"),
    );
}

#[test]
fn a_chain_of_blocks_breaks_as_a_whole() {
    check_body("if (a) { x(); } else { y(); }", "if (a) { x(); } else { y(); }");
    check_body(
        "if (a) { x(); }\nelse if (b) { y(); }\nelse { z(); }",
        "if (a) {\n    x();\n} else if (b) {\n    y();\n} else {\n    z();\n}",
    );
    check_body(
        "try { x(); } catch (e) {\ny(); } finally { z(); }",
        "try {\n    x();\n} catch (e) {\n    y();\n} finally {\n    z();\n}",
    );
}

#[test]
fn bodies_without_braces_are_indented() {
    check_body("if (a) snap;\nelse\nsink;", "if (a) snap;\nelse\n    sink;");
}

#[test]
fn functions_as_arguments_hug_the_call() {
    check_body(
        "ArrayMap(xs, suggestion(x) {\nobserve x;\nawaken x;\n});",
        "ArrayMap(xs, suggestion(x) {\n    observe x;\n    awaken x;\n});",
    );
    check_body("f(x=>x+1, (a,b)=>{awaken a;});", "f(x => x + 1, (a, b) => { awaken a; });");
}

#[test]
fn line_breaks_within_brackets_are_kept() {
    check_body(
        "induce o = {\na: 1,\nb: [\n2,3\n]\n};",
        "induce o = {\n    a: 1,\n    b: [\n        2, 3\n    ]\n};",
    );
    check_body(
        "induce s = a +\nb;",
        "induce s = a +\n        b;".replace("        ", "    ").as_str(),
    );
}

#[test]
fn comments_keep_their_place() {
    check_body(
        "// first\nobserve 1;// trailing\n\n\n/* block */ observe /* inner */ 2;\n// last",
        "// first\nobserve 1; // trailing\n\n/* block */ observe /* inner */ 2;\n// last",
    );
    check("// head\n\nFocus{}Relax // tail\n// end", "// head\n\nFocus {} Relax // tail\n// end\n");
    check_body("if (a) {\n// nothing\n}", "if (a) {\n    // nothing\n}");
    check_body("f(1, // one\n2);", "f(1, // one\n    2);");
}

#[test]
fn blank_lines_are_at_most_one() {
    check_body("\n\na();\n\n\n\nb();\n\n", "a();\n\nb();");
}

#[test]
fn sessions_and_records() {
    check_body(
        "session A{expose x:number=0;conceal dominant y=1;constructor(x){this.x=x;}\nexpose suggestion f(){awaken this.x;}}",
        "session A {\n    expose x: number = 0;\n    conceal dominant y = 1;\n    constructor(x) { this.x = x; }\n    expose suggestion f() { awaken this.x; }\n}",
    );
    check_body("tranceify P{x:number;y?:string;}", "tranceify P { x: number; y?: string; }");
}

#[test]
fn arms_stand_on_their_own_lines() {
    check_body(
        "observe entrain x {\nwhen 1=>\"a\" when y: number if y>2=>{awaken y;}\notherwise=>null\n};",
        "observe entrain x {\n    when 1 => \"a\"\n    when y: number if y > 2 => { awaken y; }\n    otherwise => null\n};",
    );
}

#[test]
fn templates_are_left_alone() {
    check_body("observe `a {  b+c }  {`x{y}`} }}`;", "observe `a {  b+c }  {`x{y}`} }}`;");
}

#[test]
fn labels_stay_with_their_loop() {
    check_body("outer:while(true){snap outer;}", "outer: while (true) { snap outer; }");
}

#[test]
fn programs_with_errors_are_not_formatted() {
    assert!(matches!(format("Focus { induce = ; } Relax"), Err(FormatError::Syntax(_))));
    assert!(matches!(format(""), Err(FormatError::Syntax(_))));
}
