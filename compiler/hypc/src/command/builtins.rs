//! `hypc builtins`.

use std::fmt::Write;

use hyp_bytecode::builtin::{BUILTINS, Builtin, BuiltinSpec, Ty};
use hypvm::exit;
use hypvm::process::print;
use serde_json::json;

pub(super) fn list(name: Option<&str>, as_json: bool) -> i32 {
    let rows: Vec<&BuiltinSpec> = match name {
        None => BUILTINS.iter().collect(),
        Some(name) => match Builtin::lookup(name) {
            Some(builtin) => vec![builtin.spec()],
            None => {
                hypvm::complain!("hypc: there is no builtin `{name}`");
                return i32::from(exit::FAILURE);
            }
        },
    };
    let mut text = String::new();
    for row in rows {
        // Writing to a string cannot fail.
        let _ = if as_json {
            writeln!(text, "{}", row_json(row))
        } else if name.is_some() {
            writeln!(text, "{}\n\n{}", signature(row), doc_lines(row).join("\n"))
        } else {
            let summary = row.doc.trim().lines().next().unwrap_or("");
            writeln!(text, "{:<60} {summary}", signature(row))
        };
    }
    i32::from(print(&text))
}

/// The lines of a row's documentation, without the blanks that indent them in the table.
fn doc_lines(row: &BuiltinSpec) -> Vec<&str> {
    row.doc.trim().lines().map(str::trim).collect()
}

fn type_name(words: &[Ty]) -> String {
    let names: Vec<&str> = words
        .iter()
        .filter_map(|word| match word {
            Ty::opt | Ty::rest => None,
            Ty::Any => Some("any"),
            Ty::Number => Some("number"),
            Ty::String => Some("string"),
            Ty::Boolean => Some("boolean"),
            Ty::Null => Some("null"),
            Ty::Array => Some("array"),
            Ty::Numbers => Some("number[]"),
            Ty::Strings => Some("string[]"),
            Ty::Object => Some("object"),
            Ty::Function => Some("function"),
        })
        .collect();
    names.join(" | ")
}

fn signature(row: &BuiltinSpec) -> String {
    let params: Vec<String> = row
        .params
        .iter()
        .map(|p| {
            let dots = if p.words.first() == Some(&Ty::rest) { "..." } else { "" };
            let mark = if p.words.first() == Some(&Ty::opt) { "?" } else { "" };
            format!("{dots}{}{mark}: {}", p.name, type_name(p.words))
        })
        .collect();
    format!("{}({}): {}", row.name, params.join(", "), type_name(row.returns))
}

fn row_json(row: &BuiltinSpec) -> serde_json::Value {
    let params: Vec<_> = row
        .params
        .iter()
        .map(|p| {
            json!({
                "name": p.name,
                "type": type_name(p.words),
                "optional": p.is_optional(),
                "rest": p.words.first() == Some(&Ty::rest),
            })
        })
        .collect();
    json!({
        "name": row.name,
        "aliases": row.aliases,
        "category": format!("{:?}", row.category),
        "params": params,
        "returns": type_name(row.returns),
        "doc": doc_lines(row).join(" "),
    })
}
