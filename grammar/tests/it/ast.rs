//! The shape of the tree.

use crate::{dump_of, with_parse, wrap};
use hyp_grammar::ast::{ExprKind, FunctionKind, LoopHeader, StmtKind};

#[test]
fn ids_are_dense() {
    let source = include_str!("every_construct.hyp");
    with_parse(source, |program, _, _| {
        let program = program.expect("a program");
        assert!(program.expr_count > 300);
        assert!(program.bind_count > 100);
        assert!(program.func_count > 20);
    });
}

#[test]
fn statement_and_value_position_of_entrain_are_told_apart() {
    let source = wrap(
        "entrain x { when 1 => 2 }\ny = entrain x { when 1 => 2 };\n(entrain x { when 1 => 2 });",
    );
    with_parse(&source, |program, _, _| {
        let program = program.expect("a program");
        let direct: Vec<bool> =
            program.body.iter().map(|stmt| stmt.statement_entrain().is_some()).collect();
        assert_eq!(direct, [true, false, false]);
    });
}

#[test]
fn spans_cover_the_text() {
    let source = wrap("induce x: number = a.b(1) + [2][0];");
    with_parse(&source, |program, _, _| {
        let program = program.expect("a program");
        assert_eq!(program.focus.text(&source), "Focus");
        let stmt = &program.body[0];
        assert_eq!(stmt.span.text(&source), "induce x: number = a.b(1) + [2][0];");
        let StmtKind::Var(decl) = stmt.kind else { panic!("{stmt:?}") };
        assert_eq!(decl.ty.expect("a type").span.text(&source), "number");
        let hyp_grammar::ast::Init::Expr(value) = decl.init else { panic!("{decl:?}") };
        assert_eq!(value.span.text(&source), "a.b(1) + [2][0]");
        let ExprKind::Binary { left, right, .. } = value.kind else { panic!("{value:?}") };
        assert_eq!(left.span.text(&source), "a.b(1)");
        assert_eq!(right.span.text(&source), "[2][0]");
    });
}

#[test]
fn loops_and_functions_share_their_nodes() {
    let source = wrap(
        "while (a) { } loop { } pendulum (; b;) { } loop (induce x within y) { } descend { } while (c);\n\
         trigger t = suggestion() { }\nsession S { constructor() { } m() { } }\nx = y => y;",
    );
    with_parse(&source, |program, diagnostics, _| {
        assert!(diagnostics.is_empty(), "{diagnostics:#?}");
        let program = program.expect("a program");
        let headers: Vec<&str> = program.body[..5]
            .iter()
            .map(|stmt| match stmt.kind {
                StmtKind::Loop(node) => match node.header {
                    LoopHeader::Infinite => "infinite",
                    LoopHeader::While(_) => "while",
                    LoopHeader::DoWhile(_) => "do",
                    LoopHeader::Counted { .. } => "counted",
                    LoopHeader::Within { .. } => "within",
                },
                _ => "other",
            })
            .collect();
        assert_eq!(headers, ["while", "infinite", "counted", "within", "do"]);
        let StmtKind::Function(trigger) = program.body[5].kind else { panic!() };
        assert_eq!(trigger.kind, FunctionKind::Trigger);
    });
}

#[test]
fn the_dump_is_readable() {
    let dump = dump_of("Focus { induce x = 1 + y; } Relax");
    let expected = "Program @0..33\n  body\n    Var Induce x #0 @8..25\n      Binary + e2 @19..24\n        \
                    Number 1 e0 @19..20\n        Name y e1 @23..24\n";
    assert_eq!(dump, expected);
}
