//! The generated parts of the documentation are up to date. `UPDATE=1` rewrites them.

use hyp_bytecode::op::{Effects, Kind, OPS, OpSpec};
use hyp_bytecode::verify::Rule;
use std::fmt::Write as _;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/bytecode.md");

#[test]
fn the_instruction_page_is_current() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let fresh = with_part(&page, "instructions", &instructions());
    let fresh = with_part(&fresh, "rules", &rules());
    if fresh == page {
        return;
    }
    assert!(std::env::var_os("UPDATE").is_some(), "docs/bytecode.md is stale: run with UPDATE=1");
    std::fs::write(PAGE, fresh).unwrap();
}

/// Replaces what stands between the part's markers.
fn with_part(page: &str, name: &str, content: &str) -> String {
    let open = format!("<!-- generated: {name} -->\n");
    let close = format!("<!-- end: {name} -->\n");
    let (before, rest) = page.split_once(&open).expect("the page has the opening marker");
    let (_, after) = rest.split_once(&close).expect("the page has the closing marker");
    format!("{before}{open}{content}{close}{after}")
}

fn instructions() -> String {
    let mut table =
        "| instruction | operands | effects | words | meaning |\n|---|---|---|---|---|\n"
            .to_owned();
    for (code, spec) in OPS.iter().enumerate() {
        let words = match hyp_bytecode::op::WORDS[code] {
            Some(words) => words.to_string(),
            None => "counted".into(),
        };
        let (operands, effects) = (operands(spec), effects(spec.effects));
        let doc = spec.doc.trim().replace('|', "\\|");
        writeln!(table, "| `{}` | {operands} | {effects} | {words} | {doc} |", spec.name).unwrap();
    }
    table
}

fn operands(spec: &OpSpec) -> String {
    let words = spec.operands.iter().map(|o| format!("{}: {}", o.name, kind(o.kind)));
    words.collect::<Vec<_>>().join(", ")
}

fn kind(kind: Kind) -> String {
    let heap = |ty: u32| ["string", "array", "object", "function", "cell", "iterator"][ty as usize];
    match kind {
        Kind::OutAny => "→any".into(),
        Kind::OutF64 => "→f64".into(),
        Kind::OutI64 => "→i64".into(),
        Kind::OutBool => "→bool".into(),
        Kind::OutRef(ty) => format!("→{}", heap(ty)),
        Kind::OutTyped => "→type".into(),
        Kind::OutSame => "→same".into(),
        Kind::Ref(ty) => heap(ty).into(),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn effects(effects: Effects) -> String {
    let names = [
        (Effects::CALLS, "calls"),
        (Effects::THROWS, "throws"),
        (Effects::ALLOCS, "allocates"),
        (Effects::READS, "reads"),
        (Effects::WRITES, "writes"),
        (Effects::BRANCHES, "branches"),
        (Effects::ENDS, "ends"),
    ];
    if effects.has(Effects::CALLS) {
        return "calls".into();
    }
    let words: Vec<_> = names.iter().filter(|(e, _)| effects.has(*e)).map(|(_, n)| *n).collect();
    words.join(", ")
}

fn rules() -> String {
    let mut table = "| code | rule |\n|---|---|\n".to_owned();
    for rule in Rule::ALL {
        writeln!(table, "| `{}` | {} |", rule.code(), rule.doc()).unwrap();
    }
    table
}
