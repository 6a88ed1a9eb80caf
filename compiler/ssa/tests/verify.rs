//! The verifier names the first broken rule. Each case is a function body and a part of the message.

use hyp_ssa::{text, verify};

const DECLARATIONS: &str = r#"
type t16 session "S" { "n": f64, "x": any }
global g0: f64
function "callee" -> f64 {
block0(v0: f64):
  return v0
}
"#;

const BROKEN: &[(&str, &str)] = &[
    // ---- structure
    ("block0(v0: any): jump block0(v0)", "jumps to the entry"),
    ("block0(v0: any): jump block7", "jumps to the entry or to no block"),
    ("block0(v0: any): none", "no end"),
    // ---- operands
    ("block0(v0: any): v1 = add_f64 v0, v0 return v1", "Any where F64 is needed"),
    ("block0(v0: f64): v1 = lt_f64 v0, v0 v2 = truthy v1 return", "Bool where Any is needed"),
    ("block0(v0: any): v1 = get_cell v0 return v1", "Any where Ref(4) is needed"),
    ("block0(v0: any): v1: f64 = get_field v0, 0 return v1", "Any where Typed is needed"),
    ("block0(v0: f64): v1 = lt_f64 v0, v0 v2 = new_array v1 return v2", "is raw"),
    ("block0(v0: any): v1: i64 = add_f64_k v0, 1.0 return v0", "Any where F64 is needed"),
    ("block0(v0: f64): v1: any = add_f64_k v0, 1.0 return v0", "the result is Any, not F64"),
    ("block0(v0: any): v1 = load_imm 256 return v0", "out of range"),
    ("block0(v0: any): v1: any = mov v0 return v1", "not an SSA instruction"),
    ("block0(v0: any): v1: any = print v0, 0 return v0", "unexpected result"),
    ("block0(v0: any): truthy v0 return v0", "the result is missing"),
    // ---- places
    ("block0(v0: any): set_global v0, g0 return", "does not fit F64"),
    ("block0(v0: t16, v1: any): set_field v0, v1, 0 return", "does not fit F64"),
    ("block0(v0: any): v1: f64 = call v0, f0 return", "does not fit F64"),
    ("block0(v0: f64): v1: f64 = call v0, v0, f0 return", "2 arguments for 1 parameters"),
    ("block0(v0: t16): v1: f64 = get_field v0, 1 return", "the result is F64 but gets Any"),
    ("block0: v0: any = get_upvalue 0 return v0", "no such upvalue"),
    ("block0(v0: any): slot_set v0, 0 return", "no such slot"),
    // ---- ends
    ("block0(v0: any): brif v0, block1, block1 block1: return", "does not fit"),
    ("block0(v0: any): switch v0, [block1], block1 block1: return", "does not fit"),
    ("block0(v0: f64): v1 = lt_f64 v0, v0 throw v1", "does not fit"),
    ("block0(v0: any): jump block1 block1(v1: any): return", "0 arguments for block1"),
    ("block0(v0: any): jump block1(v0) block1(v1: f64): return", "does not fit v1: F64"),
    // ---- dominance
    ("block0(v0: any): v1 = truthy v2 v2 = add_any v0, v0 return", "does not dominate"),
    (
        "block0(v0: any): v1 = truthy v0 brif v1, block1, block2
         block1: v2 = add_any v0, v0 jump block2
         block2: return v2",
        "does not dominate",
    ),
    // ---- handlers
    ("block0(v0: any) handler block1: return block1(v1: any): return", "entry block is protected"),
    (
        "block0(v0: any): jump block1 block1 handler block2: return block2: return",
        "exactly one parameter",
    ),
    (
        "block0(v0: any): jump block1 block1 handler block2: return block2(v1: f64): return",
        "not `any`",
    ),
    (
        "block0(v0: any): jump block1 block1 handler block2: jump block2(v0) block2(v1: any): return",
        "jumps to a handler",
    ),
    (
        "block0(v0: any): jump block1 block1 handler block2: return
         block2(v1: any) handler block2: return",
        "protects itself",
    ),
    (
        "block0(v0: any): jump block1
         block1 handler block2: v1 = add_any v0, v0 return v1
         block2(v2: any): return v1",
        "does not dominate",
    ),
];

#[test]
fn broken_functions_are_rejected() {
    for (body, message) in BROKEN {
        let source = format!("{DECLARATIONS}function \"broken\" -> any {{ {body} }}");
        let unit = text::parse(&source).unwrap_or_else(|e| panic!("{body}: {e}"));
        match verify::verify(&unit.funcs[1], &unit) {
            Ok(()) => panic!("accepted: {body}"),
            Err(found) => assert!(found.contains(message), "{body}\n{message}\n{found}"),
        }
    }
}

#[test]
fn result_must_fit() {
    for body in ["block0(v0: any): return v0", "block0(v0: any): return"] {
        let source = format!("function \"broken\" -> f64 {{ {body} }}");
        let unit = text::parse(&source).unwrap_or_else(|e| panic!("{body}: {e}"));
        assert!(verify::verify(&unit.funcs[0], &unit).is_err(), "{body}");
    }
}

#[test]
fn malformed_text_is_an_error_with_its_line() {
    let cases = [
        ("function _ -> any {\nblock0:\n  v0 = no_such_op\n  return\n}", 3, "no operation"),
        ("function _ -> any {\nblock1:\n  return\n}", 2, "numbered from 0"),
        ("function _ -> any {\nblock0:\n  return v3\n}", 4, "no definition"),
        ("function _ -> any {\nblock0(v0: any):\n  v0 = load_imm 0\n  return\n}", 3, "twice"),
        ("function _ -> nothing {\n}", 1, "not a representation"),
        ("function _ -> any {\nblock0:\n  v0 = load_str \"a", 3, "unterminated"),
        ("function _ -> any {\nblock0:\n  return", 3, "unexpected end"),
        ("global g1: any", 1, "numbered from 0"),
        ("bogus", 1, "starts no declaration"),
    ];
    for (source, line, message) in cases {
        let error = text::parse(source).expect_err(source);
        assert_eq!(error.line, line, "{source}: {error}");
        assert!(error.message.contains(message), "{source}: {error}");
    }
}
