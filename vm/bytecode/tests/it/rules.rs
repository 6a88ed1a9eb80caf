//! One rejection at least for each rule of the verifier.

use hyp_bytecode::module::{Module, limit};
use hyp_bytecode::text::assemble;
use hyp_bytecode::verify::{Rule, verify};
use std::collections::BTreeSet;

/// A record with a double and an `any` field, a session, globals and functions to refer to.
const WORLD: &str = "
desc d0 any
desc d1 number
global g0 \"g\" any
global g1 \"h\" f64
type %0 record \"R\" {
  field \"x\" f64 d1
  field \"y\" any d0
}
type %1 session \"S\" {
  field \"z\" any d0
}
sites 2
main @0
func @0 \"main\" {
  regs |
  ret_null
}
func @1 \"captures\" {
  upvalues f64
  regs |
  ret_null
}
func @2 \"takes\" {
  params 2 required 1
  regs f64, any |
  ret_null
}
";

/// Registers of [`body`]: r0 any, r1 f64, r2 string, r3 %0, r4 %1, r5 bool, r6 i64, r7 f64.
const REGS: &str = "regs any, f64, string, %0, %1 | bool, i64, f64";

/// The world with a function of this code.
fn body(code: &str) -> String {
    format!("{WORLD}func @3 \"f\" {{\n  {REGS}\n  {code}\n}}\n")
}

/// A function body of one instruction.
fn one(code: &str) -> String {
    body(&format!("{code}\n  ret_null"))
}

/// The world with declarations in front of its functions.
fn with(declarations: &str) -> String {
    WORLD.replacen("sites 2", &format!("{declarations}\nsites 2"), 1)
}

/// The world with another function.
fn function(header: &str) -> String {
    format!("{WORLD}func @3 \"f\" {{\n{header}\n  ret_null\n}}\n")
}

fn cases() -> Vec<(Rule, String)> {
    let mut cases = declaration_cases();
    cases.extend(frame_cases());
    cases.extend(code_cases());
    cases.extend(table_cases());
    cases
}

fn declaration_cases() -> Vec<(Rule, String)> {
    let desc = |depth: usize| {
        let (open, close) = ("array(".repeat(depth), ")".repeat(depth));
        with(&format!("desc d2 {open}string{close}"))
    };
    vec![
        (Rule::TooLarge, WORLD.replace("sites 2", "sites 400")),
        (Rule::ReservedOp, one("native")),
        (Rule::TooLarge, with(&fields(limit::FIELDS + 1))),
        (Rule::DuplicateString, format!("string \"g\"\nstring \"g\"\n{WORLD}")),
        (Rule::DuplicateDesc, with("desc d2 number")),
        (Rule::StrId, with("global g2 $99 any")),
        (Rule::StrId, with("type %2 record $99 {\n}")),
        (Rule::StrId, with("type %2 record \"T\" {\n static $99 g0\n}")),
        (Rule::StrId, one("load_str r2, $99")),
        (Rule::StrId, one(".note $99\n mov r0, r1")),
        (Rule::StrId, function("params 1\n names $99\n regs any |")),
        (Rule::FuncId, with("finale @99")),
        (Rule::FuncId, WORLD.replace("main @0", "main @99")),
        (Rule::FuncId, with("type %2 session \"T\" {\n ctor @99\n}")),
        (Rule::FuncId, one("load_func r0, @99")),
        (Rule::TypeId, with("desc d2 %9")),
        (Rule::TypeId, with("desc d2 type:2")),
        (Rule::TypeId, with("global g2 \"i\" %9")),
        (Rule::TypeId, with("global g2 \"i\" type:7")),
        (Rule::TypeId, function("owner %9\n regs |")),
        (Rule::TypeId, function("regs %9 |")),
        (Rule::TypeId, function("result %9\n regs |")),
        (Rule::TypeId, function("upvalues %9\n regs |")),
        (Rule::TypeId, one("check_ref r0, r0, %9")),
        (Rule::TypeId, one("check_ref r0, r0, type:0")),
        (Rule::DescId, with("type %2 record \"T\" {\n field \"x\" any d9\n}")),
        (Rule::DescId, one("is_type r5, r0, d9")),
        (Rule::GlobalId, with("type %2 record \"T\" {\n static \"x\" g9\n}")),
        (Rule::GlobalId, one("get_global r0, g9")),
        (Rule::BuiltinId, one("load_builtin r0, !60000")),
        (Rule::SiteId, one("get_member r0, r0, \"x\", s2")),
        (Rule::SharedSite, one("get_member r0, r0, \"x\", s1\n get_member r0, r0, \"y\", s1")),
        (Rule::SharedSite, one("get_member r0, r0, \"x\", s1\n call_method r0, \"x\", s1, (r0)")),
        (Rule::DescDepth, desc(limit::DESC_DEPTH)),
        (Rule::FieldRep, with("type %2 record \"T\" {\n field \"x\" i64 d0\n}")),
        (Rule::FieldRep, with("type %2 record \"T\" {\n field \"x\" cell d0\n}")),
        (Rule::GlobalRep, with("global g2 \"i\" bool")),
        (Rule::GlobalRep, with("global g2 \"i\" iterator")),
        (Rule::Constructor, with("type %2 session \"T\" {\n ctor @1\n}")),
        (
            Rule::Constructor,
            function("result %0\n regs %0 |\n ret r0")
                .replace("type %1 session \"S\" {", "type %1 session \"S\" {\n ctor @3"),
        ),
        (Rule::Method, with("type %2 session \"T\" {\n method \"m\" @0\n}")),
        (Rule::Method, with("type %2 session \"T\" {\n method \"m\" @2\n}")),
        (Rule::Method, with("type %2 session \"T\" {\n method \"m\" @1 static\n}")),
        (Rule::MainShape, WORLD.replace("main @0", "main @1")),
        (Rule::MainShape, WORLD.replace("main @0", "main @2")),
        (
            Rule::MainShape,
            format!(
                "{}{}",
                WORLD.replace("main @0", "main @3"),
                "func @3 \"f\" {\n params 1\n regs f64 |\n ret_null\n}\n"
            ),
        ),
        (Rule::FinaleShape, with("finale @1")),
        (Rule::FinaleShape, with("finale @2")),
    ]
}

fn fields(n: usize) -> String {
    let fields: String = (0..n).map(|idx| format!("field \"f{idx}\" any d0\n")).collect();
    format!("type %2 record \"T\" {{\n{fields}}}")
}

fn frame_cases() -> Vec<(Rule, String)> {
    vec![
        (Rule::TooLarge, function("upvalues any*201\n regs |")),
        (Rule::RegisterCount, function("regs any*251 |")),
        (Rule::FrameShape, function("params 1 required 2\n regs any*2 |")),
        (Rule::FrameShape, function("params 2\n regs any | f64")),
        (Rule::FrameShape, function("regs any\n tagged 2")),
        (Rule::FrameShape, function("params 0 receiver\n regs |")),
        (Rule::FrameShape, function("params 0\n names \"a\"\n regs |")),
        (Rule::ParamRep, function("params 1\n regs bool |")),
        (Rule::ParamRep, function("params 1\n regs cell |")),
        (Rule::ResultRep, function("result cell\n regs |")),
        (Rule::OptionalParamRep, function("params 1 required 0\n regs f64 |")),
        (Rule::ResultRep, function("result bool\n regs |")),
        (Rule::UpvalueRep, function("upvalues i64\n regs |")),
        (Rule::TracedRegister, function("regs | any")),
        (Rule::TracedRegister, function("regs f64 | f64, string")),
        (Rule::IntegerRegister, function("regs any, i64 |")),
    ]
}

fn code_cases() -> Vec<(Rule, String)> {
    let mut cases = vec![
        (Rule::BadInstruction, one(".word 0x000000ff")),
        (Rule::BadInstruction, body("ret_null\n .word 0x00000001")),
        (Rule::BadInstruction, one("jump =99")),
        (Rule::BranchTarget, one("load_f64 r1, 1.0\n jump =1")),
        (Rule::BranchTarget, one("load_f64 r1, 1.0\n switch_f64 r1, [=0, =2]")),
        (Rule::FallsOffEnd, body("")),
        (Rule::FallsOffEnd, body("mov r0, r1")),
        (Rule::FallsOffEnd, body("L0:\n jump_true r5, L0")),
        (Rule::RegisterRange, one("mov r8, r0")),
        (Rule::RegisterRange, one("mov r0, r8")),
        (Rule::RegisterRange, one("truthy r5, r8")),
        (Rule::RegisterRange, one("new_array r0, (r8)")),
        (Rule::RegisterRange, body("ret r8")),
        (Rule::UpvalueIdx, one("get_upvalue r0, 0")),
        (Rule::FieldSlot, one("get_field r0, r3, 2")),
        (Rule::FieldSlot, one("set_field r3, 2, r0")),
    ];
    cases.extend(operand_cases());
    cases.extend(store_cases());
    cases
}

fn operand_cases() -> Vec<(Rule, String)> {
    let operands = [
        "truthy r5, r5",
        "truthy r5, r6",
        "add_f64 r1, r0, r1",
        "add_f64 r1, r1, r6",
        "add_i64 r6, r6, r1",
        "not r5, r0",
        "get_cell r0, r0",
        "iter_key r0, r2",
        "get_field r0, r0, 0",
        "get_field r0, r2, 0",
        "set_field r0, 0, r0",
        "jump_true r0, L0",
    ];
    let destinations = [
        "mov r1, r0",
        "mov r2, r0",
        "mov r3, r4",
        "mov r0, r5",
        "mov r0, r6",
        "mov r5, r6",
        "load_f64 r5, 1.0",
        "load_bool r0, 1",
        "load_i64 r1, 1",
        "load_imm r1, 0",
        "load_str r3, \"g\"",
        "check_ref r4, r0, %0",
        "call r1, @0, ()",
        "get_global r1, g0",
        "get_global r5, g1",
        "get_field r1, r3, 1",
        "new_instance r3, %1",
        "for_lt_f64 r0, r1, L0, 1.0",
        "for_le_f64 r0, r1, L0, 1.0",
    ];
    let labelled = |code: &str| body(&format!("L0:\n {code}\n ret_null"));
    let operands = operands.iter().map(|code| (Rule::OperandRep, labelled(code)));
    let destinations = destinations.iter().map(|code| (Rule::DstRep, labelled(code)));
    let upvalue = "upvalues any\n regs any | f64\n get_upvalue r1, 0";
    let escapes = [
        (Rule::DstRep, function(upvalue)),
        (Rule::DstRep, function("regs any, cell |\n mov r0, r1")),
        (Rule::DstRep, function("regs any, cell |\n new_cell r0, r0")),
        (Rule::OperandRep, function("regs any, iterator |\n print r1, 0")),
        (Rule::ArgumentRep, function("regs any, cell |\n new_array r0, (r1)")),
        (Rule::StoreRep, function("regs any, cell |\n ret r1")),
    ];
    operands.chain(destinations).chain(escapes).collect()
}

fn store_cases() -> Vec<(Rule, String)> {
    let f64_result = |code: &str| function(&format!("result f64\n regs any | f64, bool\n {code}"));
    vec![
        (Rule::StoreRep, one("set_global r0, g1")),
        (Rule::StoreRep, one("set_global r5, g0")),
        (Rule::StoreRep, one("set_field r3, 0, r0")),
        (Rule::StoreRep, one("set_field r3, 1, r6")),
        (Rule::StoreRep, body("ret r5")),
        (Rule::StoreRep, f64_result("ret r0")),
        (Rule::StoreRep, f64_result("")),
        (Rule::ArgumentRep, one("call r0, @2, (r0, r0)")),
        (Rule::ArgumentRep, one("call r0, @2, (r1, r5)")),
        (Rule::ArgumentRep, one("make_closure r0, @1, (r0)")),
        (Rule::ArgumentRep, one("new_record r3, %0, (r0, r0)")),
        (Rule::ArgumentRep, one("new_array r0, (r5)")),
        (Rule::ArgumentRep, one("call_value r0, r0, (r6)")),
        (Rule::ArgumentRep, one("call_builtin r0, Sqrt, (r6)")),
        (Rule::ArgumentCount, one("call r0, @2, (r1)")),
        (Rule::ArgumentCount, one("call r0, @2, (r1, r0, r0)")),
        (Rule::ArgumentCount, one("make_closure r0, @1, ()")),
        (Rule::ArgumentCount, one("new_record r3, %0, (r1)")),
        (Rule::ArgumentCount, one("set_index r0, (r0, r0)")),
        (Rule::ArgumentCount, one("new_object r0, (r0)")),
        (Rule::ArgumentCount, one("call_method r0, \"g\", s0, ()")),
        (Rule::ArgumentCount, one(&format!("call_value r0, r0, ({}r0)", "r0, ".repeat(200)))),
        (Rule::Immediate, one("load_bool r5, 2")),
        (Rule::Immediate, one("load_imm r0, 4")),
        (Rule::Immediate, one("print r0, 4")),
        (Rule::Immediate, one("read_external r0, 3")),
        (Rule::Immediate, body("raise 9, \"g\"")),
        (Rule::Constant, one("load_f64 r1, 0xfff9000000000000")),
        (Rule::Constant, one("load_f64 r1, 0x7ff8000000000001")),
        (Rule::Constant, one("add_any_k r0, r0, 0x7ff0000000000001")),
        (Rule::Constant, one("load_i64 r6, 9007199254740993")),
        (Rule::Constant, one("load_i64 r6, -9223372036854775808")),
        (Rule::MissingCaptures, one("call r0, @1, ()")),
        (Rule::MissingCaptures, one("load_func r0, @1")),
        (Rule::TypeKind, one("new_record r4, %1, (r0)")),
        (Rule::TypeKind, one("new_instance r3, %0")),
        (Rule::TypeKind, one("load_session r0, %0")),
    ]
}

fn table_cases() -> Vec<(Rule, String)> {
    // Three instructions at words 0, 1 and 4.
    let tables =
        |tables: &str| body(&format!("mov r0, r1\n load_f64 r1, 1.0\n ret_null\n {tables}"));
    let handlers = |list: &[&str]| {
        let lines: Vec<_> = list.iter().map(|h| format!(".handler {h}")).collect();
        tables(&lines.join("\n "))
    };
    vec![
        (Rule::HandlerRange, handlers(&["=1, =1, =0, r0"])),
        (Rule::HandlerRange, handlers(&["=4, =1, =0, r0"])),
        (Rule::HandlerRange, handlers(&["=0, =2, =0, r0"])),
        (Rule::HandlerRange, handlers(&["=2, =4, =0, r0"])),
        (Rule::HandlerRange, handlers(&["=0, =6, =0, r0"])),
        (Rule::HandlerTarget, handlers(&["=0, =1, =2, r0"])),
        (Rule::HandlerTarget, handlers(&["=0, =1, =5, r0"])),
        (Rule::HandlerReg, handlers(&["=0, =1, =4, r1"])),
        (Rule::HandlerReg, handlers(&["=0, =1, =4, r99"])),
        (Rule::HandlerNesting, handlers(&["=0, =5, =0, r0", "=1, =4, =0, r0"])),
        (Rule::HandlerNesting, handlers(&["=0, =4, =0, r0", "=1, =5, =0, r0"])),
        (Rule::HandlerNesting, handlers(&["=1, =5, =0, r0", "=0, =4, =0, r0"])),
        (Rule::LineOrder, tables(".line_at =1 1:1\n .line_at =1 2:1")),
        (Rule::LineOrder, tables(".line_at =4 1:1\n .line_at =1 2:1")),
        (Rule::LineOrder, tables(".line_at =5 1:1")),
        (Rule::InlinedCall, tables(".line_at =1 1:1 in 1")),
        (Rule::InlinedCall, tables("inlined @99 1:1")),
        (Rule::InlinedCall, tables("inlined @0 1:1 in 1")),
        (Rule::NoteOrder, tables(".note_at =1 \"g\"\n .note_at =0 \"g\"")),
        (Rule::NoteOrder, tables(".note_at =5 \"g\"")),
    ]
}

fn parse(text: &str) -> Module {
    assemble(text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

#[test]
fn each_broken_rule_is_named() {
    for (rule, text) in cases() {
        match verify(parse(&text)) {
            Ok(_) => panic!("accepted, but breaks {}:\n{text}", rule.code()),
            Err(error) => assert_eq!(error.rule, rule, "{error}\n{text}"),
        }
    }
}

#[test]
fn each_rule_has_a_case() {
    let covered: BTreeSet<_> = cases().into_iter().map(|(rule, _)| rule).collect();
    let missing: Vec<_> = Rule::ALL.iter().filter(|rule| !covered.contains(rule)).collect();
    assert!(missing.is_empty(), "no rejection test for {missing:?}");
}

#[test]
fn codes_are_unique() {
    let codes: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.code()).collect();
    assert_eq!(codes.len(), Rule::ALL.len());
}

#[test]
fn what_only_looks_like_a_breach_is_accepted() {
    let accepted = [
        WORLD.to_owned(),
        one("mov r0, r1\n mov r0, r2\n mov r0, r3\n mov r7, r1"),
        one("load_f64 r1, NaN\n load_f64 r1, 0xfff8000000000000\n load_f64 r1, -inf"),
        one("load_i64 r6, -9007199254740992\n load_imm r0, 3"),
        one("call r0, @2, (r1, r2)\n make_closure r0, @1, (r7)\n new_record r0, %0, (r1, r4)"),
        one("get_member r0, r0, \"x\", s1\n get_member r0, r3, \"x\", s1"),
        one("get_field r0, r3, 0\n get_field r1, r3, 0\n set_field r4, 0, r1"),
        body(
            "L0:\n mov r0, r1\nL1:\n ret_null\nL2:\n .handler L0, L1, L1, r0\n \
              .handler L1, L2, L0, r0\n .handler L0, L2, L0, r0\n .handler L0, L2, L0, r0",
        ),
        with(&fields(limit::FIELDS)),
    ];
    for text in accepted {
        let result = verify(parse(&text));
        assert!(result.is_ok(), "{}\n{text}", result.unwrap_err());
    }
}

#[test]
fn an_error_names_function_and_word() {
    let error = verify(parse(&one("mov r0, r1\n mov r1, r0"))).unwrap_err();
    let text = "function 3, word 1: `mov`: register 1 is F64 and cannot hold Any [dst-rep]";
    assert_eq!(error.to_string(), text);
}
