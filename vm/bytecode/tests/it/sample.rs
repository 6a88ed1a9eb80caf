//! Modules that the tests start from.

use hyp_bytecode::builtin::Builtin;
use hyp_bytecode::module::{FuncId, Function, InlinedCall, LineEntry, Module, Note, StrId};
use hyp_bytecode::op::{Arg, Kind, Op, Regs, Targets, encode};
use hyp_bytecode::text::assemble;

/// Everything that a module can contain besides instructions.
const DECLARATIONS: &str = r#"
source "sample.hyp"
string "text with \"quotes\", \u{7f} and Ωmega"
string ""
desc d0 any
desc d1 number
desc d2 nullable(array(union(string, null, %0)))
desc d3 union(boolean, object, function, instance, promise, %1)
global g0 "total" any shared
global g1 "count" f64
global g2 "other" %1
type %0 record "Point" {
  field "x" any d0 optional
}
type %1 session "Counter" {
  field "n" f64 d1 private
  field "next" %1 d3
  method "step" @2 private
  method "make" @3 static
  static "count" g1 private
  ctor @4
}
sites 3
main @0
finale @3
"#;

/// Functions that the declarations name, from index 1.
const FUNCTIONS: &str = r#"
func @1 "capturing" {
  upvalues any
  regs any |
  get_upvalue r0, 0
  ret r0
}
func @2 "step" {
  owner %1
  params 2 required 1 receiver
  names "self", "by"
  result f64
  regs %1, any*2 | f64, i64, bool
  .line 3:5
  is_passed r5, r1
  jump_true r5, L1
  get_field r3, r0, 0
  ret r3
L1:
  .line 4:1
  .note "argument 'by' of 'step'"
  to_num r3, r1
L2:
  ret r3
  .handler L1, L2, L3, r2
L3:
  throw r2
}
func @3 {
  regs |
  ret_null
}
func @4 "Counter" {
  result %1
  regs %1 |
  new_instance r0, %1
  ret r0
}
"#;

/// A valid module that contains every instruction of the table.
pub(crate) fn every_op() -> Module {
    let main = "func @0 \"main\" {\n params 1\n names \"args\"\n upvalues\n \
                regs any, f64, string, array, object, function, cell, iterator, %0, %1 | bool, i64\n}";
    let mut module = assemble(&format!("{DECLARATIONS}{main}{FUNCTIONS}")).unwrap();
    module.functions[1].code.clear();
    // `native` is for machines only.
    for op in Op::all().iter().filter(|op| **op != Op::Native) {
        // Captures exist in function 1 only.
        let function = if *op == Op::GetUpvalue { 1 } else { 0 };
        push_op(*op, &mut module.functions[function]);
    }
    module.functions[1].code.extend([Op::Ret as u32]);
    push_op(Op::RetNull, &mut module.functions[0]);
    let call = |func, inlined| InlinedCall { func: FuncId(func), line: 2, column: 5, inlined };
    module.functions[0].inlined = vec![call(1, 0), call(2, 1)];
    module.functions[0].lines = vec![LineEntry { pc: 0, line: 1, column: 1, inlined: 2 }];
    module.functions[0].notes = vec![Note { pc: 2, text: StrId(0) }];
    module
}

/// Appends an instruction with operands that fit the registers of [`every_op`].
fn push_op(op: Op, function: &mut Function) {
    let n_args = match op {
        Op::SetIndex => 3,
        Op::NewObject => 2,
        _ => 1,
    };
    let regs = vec![0_u8; n_args];
    let targets = [0_usize, 0];
    let arg = |kind: Kind| match kind {
        Kind::OutF64 | Kind::F64 => Arg::Reg(1),
        Kind::OutBool | Kind::Bool => Arg::Reg(10),
        Kind::OutI64 | Kind::I64 => Arg::Reg(11),
        Kind::OutRef(ty) | Kind::Ref(ty) => Arg::Reg(2 + ty as u8),
        Kind::OutTyped if op == Op::NewInstance => Arg::Reg(9),
        Kind::OutTyped | Kind::Typed => Arg::Reg(8),
        Kind::OutAny | Kind::OutSame | Kind::Any | Kind::Same => Arg::Reg(0),
        Kind::Imm8 => Arg::Imm8(0),
        Kind::Count => Arg::Count(0),
        Kind::Target => Arg::Target(0),
        Kind::K64 => Arg::K64(if op == Op::LoadI64 { 7 } else { 2.5_f64.to_bits() }),
        Kind::Builtin => Arg::Id(Builtin::lookup("ArrayLength").unwrap() as u32),
        Kind::Func => Arg::Id(match op {
            Op::Call => 2,
            Op::MakeClosure => 1,
            _ => 0,
        }),
        Kind::Type if op == Op::NewInstance || op == Op::LoadSession => Arg::Id(17),
        Kind::Type => Arg::Id(16),
        Kind::Site => Arg::Id(match op {
            Op::CallMethod => 0,
            Op::GetMember => 1,
            _ => 2,
        }),
        Kind::Str | Kind::Desc | Kind::Global => Arg::Id(0),
        Kind::Args => Arg::Regs(Regs::from(&*regs)),
        Kind::Targets => Arg::Targets(Targets::from(&targets[..])),
    };
    if op == Op::Call {
        // The receiver is a session.
        let args = [Arg::Reg(0), Arg::Id(2), Arg::Regs(Regs::from(&[9, 0][..]))];
        encode(op, &args, &mut function.code).unwrap();
        return;
    }
    let args: Vec<_> = op.spec().operands.iter().map(|o| arg(o.kind)).collect();
    encode(op, &args, &mut function.code).unwrap();
}
