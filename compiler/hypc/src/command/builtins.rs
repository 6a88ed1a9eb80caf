//! `hypc builtins`.

use std::fmt::Write;

use hyp_bytecode::builtin::{
    BUILTINS, Builtin, BuiltinSpec, CONSTANTS, Constant, Param, Signature, union,
};
use hypvm::exit;
use hypvm::process::print;
use serde_json::json;

pub(super) fn list(name: Option<&str>, as_json: bool) -> i32 {
    let constants = CONSTANTS.iter().filter(|constant| name.is_none_or(|n| n == constant.name));
    let rows: Vec<&BuiltinSpec> = match name.map(Builtin::lookup) {
        None => BUILTINS.iter().collect(),
        Some(found) => found.into_iter().map(Builtin::spec).collect(),
    };
    let mut text = String::new();
    for row in rows {
        if as_json {
            let _ = writeln!(text, "{}", row_json(row));
        } else if name.is_some() {
            describe(row, &mut text);
        } else {
            let summary = row.text().first().copied().unwrap_or("");
            let _ = writeln!(text, "{:<60} {summary}", row.signatures()[0]);
        }
    }
    for constant in constants {
        // Writing to a string cannot fail.
        let _ = if as_json {
            writeln!(text, "{}", constant_json(constant))
        } else {
            let signature = format!("{}: number", constant.name);
            writeln!(text, "{signature:<60} {} {}.", constant.doc, constant.value)
        };
    }
    if text.is_empty() {
        hypvm::complain!("hypc: there is no builtin `{}`", name.unwrap_or_default());
        return i32::from(exit::FAILURE);
    }
    i32::from(print(&text))
}

fn constant_json(constant: &Constant) -> serde_json::Value {
    let (code, output) = constant.example;
    json!({
        "name": constant.name,
        "category": "Constant",
        "value": constant.value,
        "doc": constant.doc,
        "effects": [],
        "capabilities": [],
        "example": format!("observe {code}; // → {output}\n"),
    })
}

fn describe(row: &BuiltinSpec, page: &mut String) {
    let (signatures, text) = (row.signatures().join("\n"), row.text().join("\n"));
    let _ = writeln!(page, "{signatures}\n\n{text}\n");
    let mut list = |title: &str, items: Vec<&str>| {
        if !items.is_empty() {
            let _ = writeln!(page, "{title}: {}", items.join(", "));
        }
    };
    list("also", row.aliases.to_vec());
    list("effects", row.effects.words().collect());
    list("needs", capabilities(row));
    let _ = writeln!(page, "example:");
    for line in row.example_source().lines() {
        let _ = writeln!(page, "    {line}");
    }
}

fn capabilities(row: &BuiltinSpec) -> Vec<&'static str> {
    row.capabilities().map(|capability| capability.name()).collect()
}

fn signature_json(signature: &Signature) -> serde_json::Value {
    let param = |p: &Param| {
        json!({
            "name": p.name,
            "type": union(p.types()),
            "optional": p.is_optional(),
            "rest": p.is_variadic(),
        })
    };
    let params: Vec<_> = signature.params.iter().map(param).collect();
    json!({ "params": params, "returns": union(signature.returns) })
}

fn row_json(row: &BuiltinSpec) -> serde_json::Value {
    let mut object = signature_json(&row.signature());
    object["name"] = row.name.into();
    object["aliases"] = row.aliases.into();
    object["category"] = format!("{:?}", row.category).into();
    object["overloads"] = row.overloads.iter().map(signature_json).collect();
    object["doc"] = row.text().join(" ").into();
    object["effects"] = row.effects.words().collect();
    object["capabilities"] = capabilities(row).into();
    object["example"] = row.example_source().into();
    object
}
