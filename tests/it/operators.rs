//! Every operator on every pair of edge values: the oracle, `-O0` and `-O2` agree.
//!
//! Operands come as unknown values, as annotated variables and as constants, because the compiler
//! has a form of its own for each.

use hyp_grammar::operator::{BinaryOp, RangeOp, UnaryOp};
use hyp_tests::differ::{Coverage, Finding, compare};
use hyp_tests::oracle::on_deep_stack;

/// Numbers at the edges of formats and conversions.
const NUMBERS: [&str; 26] = [
    "0",
    "-0",
    "1",
    "-1",
    "0.5",
    "-0.5",
    "1.5",
    "2",
    "3",
    "-3",
    "10",
    "31",
    "32",
    "33",
    "255",
    "2147483647",
    "-2147483648",
    "4294967295",
    "4294967296",
    "9007199254740991",
    "9007199254740993",
    "1e300",
    "-1e300",
    "5e-324",
    "(1 / 0)",
    "(0 / 0)",
];

/// Values of every other kind.
const OTHERS: [&str; 22] = [
    "null",
    "true",
    "false",
    "\"\"",
    "\"0\"",
    "\"1.5\"",
    "\"-0\"",
    "\"inf\"",
    "\" 1\"",
    "\"abc\"",
    "\"ä\"",
    "\"\u{10348}\"",
    "[]",
    "[1]",
    "[[1], \"a\"]",
    "({})",
    "({ k: 1 })",
    "Spot { x: 1 }",
    "Lamp()",
    "Lamp",
    "plain",
    "Sin",
];

const PRELUDE: &str = "Focus {\n    tranceify Spot { x: number; }\n    session Lamp { expose lit = \
                       true; }\n    suggestion plain(x) { awaken x; }\n    suggestion id(v) { \
                       awaken v; }\n";

fn values() -> impl Iterator<Item = &'static str> + Clone {
    NUMBERS.into_iter().chain(OTHERS)
}

fn symbols() -> impl Iterator<Item = &'static str> {
    let ranges = [RangeOp::UpTo, RangeOp::Until, RangeOp::DownTo];
    // Ranges of huge bounds are long; they have tests of their own.
    BinaryOp::ALL
        .iter()
        .map(|op| op.symbol())
        .filter(move |s| ranges.iter().all(|r| r.symbol() != *s))
}

fn check(what: &str, source: &str) {
    match compare(source, &mut Coverage::default()) {
        Finding::Agree { is_trap: false } => {}
        other => panic!("{what}: {other:?}\n{source}"),
    }
}

/// `body` with the values `a` and `b` of all pairs of an array.
fn pairs(declarations: &str, list: &str, body: &str) -> String {
    format!(
        "{PRELUDE}{declarations}    induce values = [{list}];\n    \
         loop (induce i, a within values) {{ loop (induce j, b within values) {{\n        \
         try {{ observe i + \" \" + j + \": \" + {body}; }} catch (e) {{ observe i + \" \" + j \
         + \" fails: \" + e.message; }}\n    }} }}\n}} Relax\n"
    )
}

#[test]
fn binary_operators_on_unknown_values() {
    on_deep_stack(|| {
        let list = values().collect::<Vec<_>>().join(", ");
        for symbol in symbols() {
            let source = pairs("", &list, &format!("(id(a) {symbol} id(b))"));
            check(symbol, &source);
        }
    });
}

#[test]
fn binary_operators_on_numbers() {
    on_deep_stack(|| {
        let list = NUMBERS.join(", ");
        for symbol in symbols() {
            let f = format!("    suggestion f(x: number, y: number) {{ awaken x {symbol} y; }}\n");
            check(symbol, &pairs(&f, &list, "f(a, b)"));
        }
    });
}

#[test]
fn comparisons_in_conditions() {
    on_deep_stack(|| {
        let list = values().collect::<Vec<_>>().join(", ");
        for symbol in ["==", "!=", "<", "<=", ">", ">="] {
            let f = format!(
                "    suggestion f(x: number, y: number) {{ if (x {symbol} y) {{ awaken \"y\"; }} \
                 awaken \"n\"; }}\n    suggestion g(x, y) {{ if (!(x {symbol} y)) {{ awaken \
                 \"n\"; }} awaken \"y\"; }}\n"
            );
            check(symbol, &pairs(&f, &NUMBERS.join(", "), "f(a, b)"));
            check(symbol, &pairs(&f, &list, "g(a, b)"));
        }
    });
}

#[test]
fn binary_operators_on_constants() {
    on_deep_stack(|| {
        let few = ["0", "-0", "1", "-3", "0.5", "33", "4294967295", "1e300", "(1 / 0)", "(0 / 0)"];
        let others = ["null", "true", "\"\"", "\"1.5\"", "\"abc\"", "[1]", "plain"];
        let all: Vec<&str> = few.into_iter().chain(others).collect();
        for symbol in symbols() {
            let mut source = PRELUDE.to_owned();
            for a in &all {
                for b in &all {
                    source.push_str(&format!(
                        "    try {{ observe {a} {symbol} {b}; }} catch (e) {{ observe e.message; \
                         }}\n"
                    ));
                }
            }
            source.push_str("} Relax\n");
            check(symbol, &source);
        }
    });
}

#[test]
fn operators_with_a_constant_on_one_side() {
    on_deep_stack(|| {
        let list = values().collect::<Vec<_>>().join(", ");
        for symbol in symbols() {
            for constant in ["0", "1", "-1", "2", "0.5", "255", "100000", "\"x\"", "true"] {
                let body = format!(
                    "[id(a) {symbol} {constant}, j % 16 == 0 ? {constant} {symbol} id(a) : 0]"
                );
                let source = pairs("", &list, &body)
                    .replace("loop (induce j, b within values)", "loop (induce j within [0, 1])");
                check(symbol, &source);
            }
        }
    });
}

#[test]
fn unary_operators() {
    on_deep_stack(|| {
        let list = values().collect::<Vec<_>>().join(", ");
        for op in [UnaryOp::Not, UnaryOp::Neg, UnaryOp::Plus, UnaryOp::BitNot] {
            let symbol = op.symbol();
            let f = format!("    suggestion f(x: number) {{ awaken {symbol} x; }}\n");
            check(symbol, &pairs(&f, &list, &format!("({symbol} id(a))")));
            check(symbol, &pairs(&f, &NUMBERS.join(", "), "f(a)"));
        }
    });
}

#[test]
fn compound_assignments() {
    on_deep_stack(|| {
        let list = values().collect::<Vec<_>>().join(", ");
        for symbol in ["+=", "-=", "*=", "/=", "%=", "^=", "??="] {
            let f = format!(
                "    suggestion f(x, y) {{ induce o = {{ k: x }}; o.k {symbol} y; x {symbol} y; \
                 awaken [x, o.k]; }}\n"
            );
            check(symbol, &pairs(&f, &list, "f(a, b)"));
        }
    });
}

#[test]
fn elements_at_every_index() {
    on_deep_stack(|| {
        let list = values().collect::<Vec<_>>().join(", ");
        for container in ["[4, 5, 6]", "\"aäb\"", "({ k: 1, \"1\": 2 })", "Spot { x: 1 }", "null"]
        {
            let f = format!(
                "    suggestion f(i, v) {{ induce c = id({container}); induce old = \
                 TypeOf(c[i]); c[i] = v; awaken [old, c[i] == v]; }}\n"
            );
            check(container, &pairs(&f, &list, "f(a, b)"));
            check(container, &pairs(&f, &list, &format!("id({container})?.[a]")));
        }
    });
}
