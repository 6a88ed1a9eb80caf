//! Golden listings of emitted code: `filetests/emit/<name>.ssa` in, `<name>.lst` out.
//! `UPDATE=1` writes the listings.

mod support;

use hyp_bytecode::{text::disassemble, verify::verify};
use hyp_ssa::emit::{EmitErrorKind, Emitter, emit};
use hyp_ssa::ir::Func;
use hyp_ssa::text::parse;
use hyp_ssa::unit::Unit;
use std::path::{Path, PathBuf};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("filetests/emit")
}

/// The functions of a unit as code, without the declarations.
fn listing(source: &str) -> String {
    let unit = parse(source).unwrap_or_else(|e| panic!("{e}"));
    let mut emitter = Emitter::default();
    let functions = unit
        .funcs
        .iter()
        .map(|func| {
            hyp_ssa::verify::verify(func, &unit).unwrap_or_else(|e| panic!("{e}"));
            emitter.emit(func, &unit).unwrap_or_else(|e| panic!("{e}"))
        })
        .collect();
    let module = support::module_of(&unit, functions);
    let text = disassemble(&module);
    if let Err(error) = verify(module) {
        panic!("{error}\n{text}");
    }
    let from = text.find("\nfunc ").map_or(0, |at| at + 1);
    let to = text.rfind("\nfunc ").map_or(text.len(), |at| at + 1);
    text[from..to.max(from)].to_owned()
}

#[test]
fn listings_are_as_recorded() {
    let is_update = std::env::var_os("UPDATE").is_some();
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "ssa"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let mut differing = Vec::new();
    for path in files {
        let actual = listing(&std::fs::read_to_string(&path).unwrap());
        let recorded = path.with_extension("lst");
        if is_update {
            std::fs::write(&recorded, &actual).unwrap();
        } else if std::fs::read_to_string(&recorded).unwrap_or_default() != actual {
            differing.push(format!("{}:\n{actual}", path.display()));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn emission_does_not_depend_on_earlier_functions() {
    for entry in std::fs::read_dir(directory()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "ssa") {
            let unit = parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let mut emitter = Emitter::default();
            for func in &unit.funcs {
                assert_eq!(emitter.emit(func, &unit), emit(func, &unit), "{}", path.display());
            }
        }
    }
}

fn only_function(source: &str) -> (Unit, Func) {
    let unit = parse(source).unwrap_or_else(|e| panic!("{e}"));
    let func = unit.funcs[0].clone();
    (unit, func)
}

/// A function that reads `n` module variables before it uses any of them.
fn many_live(n: usize) -> String {
    let mut text = String::from("global g0: any\nfunction \"f\" -> any {\nblock0:\n");
    for i in 0..n {
        text += &format!("  v{i}: any = get_global g0 @{}:1\n", i + 1);
    }
    for i in 0..n {
        text += &format!("  set_global v{i}, g0\n");
    }
    text + "  return\n}\n"
}

#[test]
fn many_live_values_fit_up_to_the_limit() {
    let (unit, func) = only_function(&many_live(250));
    assert_eq!(emit(&func, &unit).unwrap().reps.len(), 250);
}

#[test]
fn more_live_values_go_to_an_array() {
    for text in [many_live(300), many_live(1000), many_live_across_blocks(600)] {
        let list = listing(&text);
        assert!(list.contains("new_array"), "{list}");
    }
}

fn many_live_across_blocks(n: usize) -> String {
    let mut text = many_live(n);
    if let Some(at) = text.find("  set_global") {
        text.insert_str(at, "  jump block1\nblock1:\n");
    }
    text
}

#[test]
fn too_many_operands_of_one_instruction_are_an_error_with_a_place() {
    let n = 255;
    let mut text = String::from("global g0: any\nfunction \"f\" -> any {\nblock0:\n");
    for i in 0..n {
        text += &format!("  v{i}: any = get_global g0 @{}:1\n", i + 1);
    }
    let args: Vec<String> = (0..n).map(|i| format!("v{i}")).collect();
    text += &format!("  v{n} = new_array {}\n  return v{n}\n}}\n", args.join(", "));
    let (unit, func) = only_function(&text);
    let error = emit(&func, &unit).unwrap_err();
    assert_eq!(error.kind, EmitErrorKind::TooManyRegisters);
    assert_eq!(error.pos.line, 251);
}

#[test]
fn many_constants_in_a_loop_do_not_exhaust_registers() {
    let mut text = String::from("function \"f\" -> any {\nblock0:\n  jump block1\nblock1:\n");
    for i in 0..300 {
        text += &format!("  v{i} = load_str \"s{i}\"\n  print v{i}, 0\n");
    }
    let (unit, func) = only_function(&(text + "  jump block1\n}\n"));
    assert!(emit(&func, &unit).unwrap().reps.len() < 64);
}

#[test]
fn too_many_arguments_are_an_error_with_a_place() {
    let args = vec!["v0"; 201].join(", ");
    let text = format!(
        "function \"f\" -> any {{\nblock0(v0: any):\n  v1 = call_value v0, {args} @7:3\n  return v1\n}}\n"
    );
    let (unit, func) = only_function(&text);
    let error = emit(&func, &unit).unwrap_err();
    assert_eq!((error.kind, error.pos.line), (EmitErrorKind::TooManyArguments, 7));
}

#[test]
fn a_switch_may_have_more_cases_than_one_instruction_holds() {
    let n = 600;
    let cases: Vec<String> = (0..n).map(|i| format!("block{}", i % 3 + 1)).collect();
    let text = format!(
        "function \"f\" -> f64 {{\nblock0(v0: f64):\n  switch v0, [{}], block4\n{}}}\n",
        cases.join(", "),
        (1..5)
            .map(|i| format!("block{i}:\n  v{i} = load_f64 {i}.0\n  return v{i}\n"))
            .collect::<String>(),
    );
    let list = listing(&text);
    assert_eq!(list.matches("switch_f64").count(), 3, "{list}");
}

#[test]
fn unfinished_blocks_are_an_error() {
    let (unit, func) = only_function("function \"f\" -> any {\nblock0:\n  none\n}\n");
    assert_eq!(emit(&func, &unit).unwrap_err().kind, EmitErrorKind::Unfinished);
}
