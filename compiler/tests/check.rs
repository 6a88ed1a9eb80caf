//! What the checker tells lowering: guarantees of variables, results and fields.

use bumpalo::Bump;
use hyp_compiler::check::{CheckOptions, Types, check_with};
use hyp_compiler::link::ModuleTree;
use hyp_compiler::resolve::{Resolution, resolve};
use hyp_compiler::types::Ty;
use hyp_grammar::ast::{ExprKind, StmtKind};
use hyp_grammar::diagnostic::Diagnostic;
use hyp_grammar::intern::Interner;

struct Checked {
    guarantees: Vec<(String, String)>,
    results: Vec<String>,
    fields: Vec<Vec<String>>,
    statics: Vec<Vec<String>>,
    codes: Vec<&'static str>,
}

fn checked_with(body: &str, options: CheckOptions) -> Checked {
    let source = format!("Focus {{\n{body}\n}} Relax");
    let (arena, mut interner) = (Bump::new(), Interner::new());
    let (program, mut diagnostics) = hyp_grammar::parse(&arena, &mut interner, &source);
    assert!(diagnostics.is_empty(), "{body}: {diagnostics:?}");
    let program = program.expect("a program");
    let resolution = resolve(&program, &interner, &mut diagnostics);
    let types =
        check_with(&ModuleTree::single(program), &resolution, &interner, options, &mut diagnostics);
    summary(&types, &resolution, &interner, &diagnostics)
}

fn checked(body: &str) -> Checked {
    checked_with(body, CheckOptions::default())
}

fn summary(
    types: &Types,
    resolution: &Resolution<'_>,
    interner: &Interner,
    diagnostics: &[Diagnostic],
) -> Checked {
    let vars = resolution.vars.iter().zip(&types.guarantees);
    let known = vars.filter(|(_, ty)| **ty != Ty::Unknown);
    let table = |rows: &[Vec<Ty>]| rows.iter().map(|row| row.iter().map(show).collect()).collect();
    Checked {
        guarantees: known.map(|(v, ty)| (interner.resolve(v.name).to_owned(), show(ty))).collect(),
        results: types.results.iter().map(show).collect(),
        fields: table(&types.fields),
        statics: table(&types.statics),
        codes: diagnostics.iter().map(|d| d.code.as_str()).collect(),
    }
}

fn show(ty: &Ty) -> String {
    match ty {
        Ty::Nullable(inner) => format!("{}?", show(inner)),
        Ty::Array(inner) => format!("{}[]", show(inner)),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn guarantee(body: &str, name: &str) -> Option<String> {
    let found = checked(body).guarantees;
    found.into_iter().find(|(n, _)| n == name).map(|(_, ty)| ty)
}

#[test]
fn only_annotations_are_guarantees() {
    assert_eq!(guarantee("induce x: number = 1; observe x;", "x").as_deref(), Some("number"));
    assert_eq!(guarantee("induce x = 1; observe x;", "x"), None);
    assert_eq!(guarantee("induce x: any = 1; observe x;", "x"), None);
    assert_eq!(guarantee("induce x: trance = null; observe x;", "x"), None);
    let parameter = "suggestion f(x: string[]) { awaken x; } observe f([]);";
    assert_eq!(guarantee(parameter, "x").as_deref(), Some("string[]"));
}

#[test]
fn scalars_that_may_be_null_are_nullable() {
    for body in [
        "induce x: number; observe x;",
        "induce x: number = null; observe x;",
        "induce x: number = 1; suggestion f() { x = null; } f(); observe x;",
        "suggestion f(m: number?) { induce x: number = m; awaken x; } observe f(1);",
        "suggestion f(x: number = null) { awaken x; } observe f();",
    ] {
        assert_eq!(guarantee(body, "x").as_deref(), Some("number?"), "{body}");
    }
    let text = "induce x: string = null; observe x;";
    assert_eq!(guarantee(text, "x").as_deref(), Some("string"));
}

#[test]
fn a_second_type_makes_a_variable_dynamic() {
    let body = "induce x: number = 1; observe x; induce x: string = \"s\"; observe x;";
    assert_eq!(guarantee(body, "x"), None);
}

#[test]
fn results_are_those_annotated() {
    let body =
        "suggestion f(): number { awaken 1; } suggestion g() { awaken 1; } observe f() + g();";
    assert_eq!(checked(body).results, ["number", "unknown"]);
}

#[test]
fn fields_need_a_certain_value() {
    for (constructor, expected) in [
        ("", "number?"),
        ("constructor() { this.x = 1; }", "number"),
        ("constructor(a) { if (a) { this.x = 1; } }", "number?"),
        ("constructor(a) { if (a) { this.x = 1; } else { this.x = 2; } }", "number"),
        ("constructor() { observe this; this.x = 1; }", "number?"),
        ("constructor() { this.m(); this.x = 1; }", "number?"),
        ("constructor() { observe this.x; this.x = 1; }", "number?"),
        ("constructor() { induce f = () => this; this.x = 1; observe f; }", "number?"),
        ("constructor(a) { if (a) { awaken; } this.x = 1; }", "number?"),
        ("constructor(a) { if (a) { throw 1; } this.x = 1; }", "number"),
        ("constructor(a) { while (a) { this.x = 1; } }", "number?"),
        ("constructor(a) { try { this.x = a(); } catch { } }", "number?"),
        ("constructor(a) { this.x = 1; this.m(); observe this; }", "number"),
    ] {
        let body = format!("session S {{ expose x: number; {constructor} suggestion m() {{ }} }}");
        assert_eq!(checked(&body).fields, [[expected]], "{constructor}");
    }
}

#[test]
fn fields_and_statics_are_counted_apart() {
    let body =
        "session S { expose a: string; dominant b: number = 1; expose c; expose d: number = 2; }";
    let found = checked(body);
    assert_eq!(found.fields, [["string", "unknown", "number"]]);
    assert_eq!(found.statics, [["number"]]);
    let record = checked("tranceify P { x: number; y?: number; }");
    assert_eq!(record.fields, [["number", "number?"]]);
}

#[test]
fn strict_null_refuses_what_may_be_null() {
    let strict = CheckOptions { strict_null: true };
    let codes = |body: &str| {
        let mut codes = checked_with(body, strict).codes;
        codes.retain(|code| *code != "W0609");
        codes
    };
    assert_eq!(codes("induce s: string;"), ["E0314"]);
    assert_eq!(codes("induce s: string? = null; induce t: string = s;"), ["E0314"]);
    assert!(codes("induce s: string? = null; if (s != null) { induce t: string = s; }").is_empty());
    assert_eq!(codes("suggestion f(s: string) { } induce t: string? = null; f(t);"), ["E0314"]);
    assert_eq!(codes("suggestion f(s: string?): string { awaken s; } f(null);"), ["E0314"]);
    assert!(codes("suggestion f(s: string?): string { awaken s ?? \"\"; } f(null);").is_empty());
    assert_eq!(codes("session A { expose b: string; }"), ["E0314"]);
    assert!(codes("session A { expose b: string?; expose c: string = \"\"; }").is_empty());
}

#[test]
fn strict_null_refuses_null() {
    let strict = CheckOptions { strict_null: true };
    let body = "induce s: string = null; observe s;";
    assert_eq!(checked_with(body, strict).codes, ["E0314"]);
    assert_eq!(checked(body).codes, ["W0614"]);
}

#[test]
fn an_object_becomes_the_record_that_is_expected() {
    let source = "Focus { tranceify P { x: number; } induce p: P = { x: 1 }; observe p; } Relax";
    let (arena, mut interner) = (Bump::new(), Interner::new());
    let (program, mut diagnostics) = hyp_grammar::parse(&arena, &mut interner, source);
    let program = program.expect("a program");
    let resolution = resolve(&program, &interner, &mut diagnostics);
    let types = hyp_compiler::check::check(&program, &resolution, &interner, &mut diagnostics);
    let literal = program.body.iter().find_map(|stmt| match stmt.kind {
        StmtKind::Var(decl) => match decl.init {
            hyp_grammar::ast::Init::Expr(e) if matches!(e.kind, ExprKind::Object(_)) => Some(e.id),
            _ => None,
        },
        _ => None,
    });
    let id = literal.expect("the literal");
    assert!(matches!(types.exprs[id.index()], Ty::Record(_)));
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
}
