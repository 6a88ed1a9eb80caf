//! Modules as text.

use crate::sample::every_op;
use hyp_bytecode::module::Module;
use hyp_bytecode::text::{assemble, disassemble};
use hyp_bytecode::verify::verify;

fn round_trip(module: &Module) {
    let text = disassemble(module);
    match assemble(&text) {
        Ok(again) => assert!(again == *module, "another module comes back:\n{text}"),
        Err(error) => panic!("{error}:\n{text}"),
    }
}

#[test]
fn a_module_survives_listing_and_assembling() {
    round_trip(&every_op());
    round_trip(&Module::default());
    assert!(verify(every_op()).is_ok(), "{:?}", verify(every_op()));
}

#[test]
fn invalid_modules_survive_too() {
    let mut module = every_op();
    module.main = 99;
    module.strings.push(module.strings[1].clone());
    let f = &mut module.functions[2];
    f.code.extend([u32::MAX, 0xff, 3]);
    f.code[0] = 0xffff_ffff;
    f.n_tagged = 77;
    f.lines.reverse();
    f.handlers[0].end = 9999;
    f.notes[0].text.0 = 500;
    f.name.as_mut().unwrap().0 = 4;
    round_trip(&module);
    // Every function of a corrupted module, word by word.
    for at in 0..every_op().functions[0].code.len() {
        let mut module = every_op();
        module.functions[0].code[at] ^= 0x0101;
        round_trip(&module);
    }
}

#[test]
fn the_listing_is_readable() {
    let source = "\
source \"demo.hyp\"
string \"total\"
string \"main\"
string \"variable 'x'\"
global g0 \"total\" f64
sites 0
main @0

func @0 \"main\" {
  params 0 required 0
  result any
  regs any*2, f64 | i64
L0:
  .line 3:5
  get_global r2, g0  ; \"total\"
  jump_lt_f64_k r2, L0, 10.5
  .note \"variable 'x'\"
  check_f64 r2, r0
  load_i64 r3, -7
  load_f64 r2, 0xfff8000000000000
  switch_f64 r2, [L0, L19]
  call_builtin r1, Sqrt, (r2)
L19:
  call r0, @0, ()  ; \"main\"
  throw r0
L22:
  .handler L0, L22, L19, r1
}
";
    assert_eq!(disassemble(&assemble(source).unwrap()), source);
}

/// The first fenced block after the marker, without the comment signs of a source file.
fn fenced(page: &str) -> String {
    let block = page.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    let lines = block.lines().map(|line| line.strip_prefix("//! ").unwrap_or(line));
    lines.map(|line| line.to_owned() + "\n").collect()
}

#[test]
fn documented_listings_assemble() {
    let syntax = assemble(&fenced(include_str!("../../src/text.rs"))).unwrap();
    round_trip(&syntax);
    let page = assemble(&fenced(include_str!("../../../../docs/bytecode.md"))).unwrap();
    verify(page).unwrap();
}

#[test]
fn errors_name_the_line() {
    let error = |text: &str| assemble(text).unwrap_err().to_string();
    assert_eq!(error("\nnonsense"), "line 2: unknown declaration `nonsense`");
    assert_eq!(error("func @1 {\n}"), "line 1: index 1 is out of order, the next is 0");
    assert_eq!(error("func @0 {\n fly r1\n}"), "line 2: unknown instruction `fly`");
    assert_eq!(error("func @0 {\n jump L1\n}"), "line 2: no label `L1`");
    assert_eq!(error("func @0 {\n mov r1\n}"), "line 2: expected `,`");
    assert_eq!(error("func @0 {\n mov r1, r256\n}"), "line 2: expected a register, found `r256`");
    assert_eq!(error("func @0 {\n ret r1 r2\n}"), "line 2: unexpected Word(\"r2\")");
    assert_eq!(error("func @0 {"), "line 1: the function has no closing brace");
    assert_eq!(error("string \"abc"), "line 1: the text has no closing quote");
    let deep = format!("desc d0 {}any", "array(".repeat(1000));
    assert_eq!(error(&deep), "line 1: the descriptor is nested too deeply");
}
