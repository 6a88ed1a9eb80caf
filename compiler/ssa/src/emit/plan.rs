//! Decisions that need only one look at an instruction: constant operands, fused conditions, and
//! which operands insist on their representation.

use crate::ir::{Func, Inst, InstData, ModuleFacts, Opcode, Value};
use hyp_bytecode::module::FuncId;
use hyp_bytecode::op::{Kind, Op};
use hyp_bytecode::rep::{Rep, TypeId};

/// Whether the operation only loads a constant, so that it may be repeated anywhere.
pub(super) fn is_constant(op: Opcode) -> bool {
    matches!(
        op,
        Opcode::Op(
            Op::LoadF64
                | Op::LoadI64
                | Op::LoadBool
                | Op::LoadImm
                | Op::LoadStr
                | Op::LoadFunc
                | Op::LoadBuiltin
                | Op::LoadSession
        )
    )
}

/// Bits of the double that `v` is, if it is a constant.
pub(super) fn f64_bits(func: &Func, v: Value) -> Option<u64> {
    let inst = super::defining_inst(func, super::resolve(func, v))?;
    let data = &func.insts[inst as usize];
    (data.op == Opcode::Op(Op::LoadF64)).then(|| data.imms.first().copied()).flatten()
}

/// The form of an instruction with an inline constant: operation, remaining operand, constant.
pub(super) fn constant_form(func: &Func, data: &InstData) -> Option<(Op, Value, u64)> {
    let (&[a, b], Opcode::Op(op)) = (&*data.args, data.op) else { return None };
    let right = match op {
        Op::AddF64 | Op::SubF64 => Some(Op::AddF64K),
        Op::MulF64 => Some(Op::MulF64K),
        Op::DivF64 => Some(Op::DivF64K),
        Op::ModF64 => Some(Op::ModF64K),
        Op::AddAny => Some(Op::AddAnyK),
        _ => return None,
    };
    if let (Some(form), Some(k)) = (right, f64_bits(func, b)) {
        // a - k is a + (-k), bit for bit; a NaN constant is canonical either way.
        let is_sub = op == Op::SubF64 && !f64::from_bits(k).is_nan();
        if op != Op::SubF64 || is_sub {
            return Some((form, a, if is_sub { k ^ (1 << 63) } else { k }));
        }
    }
    let left = match op {
        Op::AddF64 => Op::AddF64K,
        Op::MulF64 => Op::MulF64K,
        Op::SubF64 => Op::RsubF64K,
        Op::DivF64 => Op::RdivF64K,
        _ => return None,
    };
    f64_bits(func, a).map(|k| (left, b, k))
}

/// What a branch tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Test {
    Bool,
    Truthy,
    Null,
    Passed,
    IsType,
    LtF64,
    LeF64,
    EqF64,
    LtF64K,
    LeF64K,
    GtF64K,
    GeF64K,
    EqF64K,
    LtAny,
    LeAny,
    EqAny,
    LtI64,
}

impl Test {
    /// The jump that is taken when the outcome is `sense`.
    pub(super) fn jump(self, sense: bool) -> Option<Op> {
        let (yes, no) = match self {
            Test::Bool => (Some(Op::JumpTrue), Some(Op::JumpFalse)),
            Test::Truthy => (Some(Op::JumpTruthy), Some(Op::JumpFalsy)),
            Test::Null => (Some(Op::JumpNull), Some(Op::JumpNotNull)),
            Test::Passed => (Some(Op::JumpPassed), None),
            Test::IsType => (None, Some(Op::JumpNotType)),
            Test::LtF64 => (Some(Op::JumpLtF64), Some(Op::JumpNltF64)),
            Test::LeF64 => (Some(Op::JumpLeF64), Some(Op::JumpNleF64)),
            Test::EqF64 => (Some(Op::JumpEqF64), Some(Op::JumpNeF64)),
            Test::LtF64K => (Some(Op::JumpLtF64K), Some(Op::JumpNltF64K)),
            Test::LeF64K => (Some(Op::JumpLeF64K), Some(Op::JumpNleF64K)),
            Test::GtF64K => (Some(Op::JumpGtF64K), Some(Op::JumpNgtF64K)),
            Test::GeF64K => (Some(Op::JumpGeF64K), Some(Op::JumpNgeF64K)),
            Test::EqF64K => (Some(Op::JumpEqF64K), Some(Op::JumpNeF64K)),
            Test::LtAny => (Some(Op::JumpLtAny), Some(Op::JumpNltAny)),
            Test::LeAny => (Some(Op::JumpLeAny), Some(Op::JumpNleAny)),
            Test::EqAny => (Some(Op::JumpEqAny), Some(Op::JumpNeAny)),
            Test::LtI64 => (Some(Op::JumpLtI64), Some(Op::JumpNltI64)),
        };
        if sense { yes } else { no }
    }

    /// The test that an instruction with a `Bool` result performs, if a branch can perform it;
    /// also whether the operands change places and the outcome is inverted.
    pub(super) fn of(op: Op) -> Option<(Test, bool)> {
        Some(match op {
            Op::Truthy => (Test::Truthy, false),
            Op::IsNull => (Test::Null, false),
            Op::IsPassed => (Test::Passed, false),
            Op::IsType => (Test::IsType, false),
            Op::LtF64 => (Test::LtF64, false),
            Op::LeF64 => (Test::LeF64, false),
            Op::EqF64 => (Test::EqF64, false),
            Op::LtAny => (Test::LtAny, false),
            Op::LeAny => (Test::LeAny, false),
            Op::EqAny => (Test::EqAny, false),
            Op::LtI64 => (Test::LtI64, false),
            // Integers are totally ordered: a <= b is !(b < a).
            Op::LeI64 => (Test::LtI64, true),
            _ => return None,
        })
    }

    /// The test against an inline constant, with the constant on the given side.
    pub(super) fn with_constant(self, is_left: bool) -> Option<Test> {
        Some(match (self, is_left) {
            (Test::LtF64, false) => Test::LtF64K,
            (Test::LeF64, false) => Test::LeF64K,
            (Test::LtF64, true) => Test::GtF64K,
            (Test::LeF64, true) => Test::GeF64K,
            (Test::EqF64, _) => Test::EqF64K,
            _ => return None,
        })
    }
}

/// The place that operand `idx` of an instruction is stored to, as far as it limits what a
/// register may hold: `None` if any tagged value will do.
pub(super) fn demanded(op: Op, imms: &[u64], idx: usize, facts: &dyn ModuleFacts) -> Demand {
    let shape = crate::shape::shape(op);
    if let Some(kind) = shape.ins().get(idx) {
        return match kind {
            Kind::Any => Demand::Tagged,
            Kind::Same => match (op, imms) {
                (Op::Mov, _) => Demand::Tagged,
                (Op::SetGlobal, &[global, ..]) => Demand::Rep(facts.global_rep(global as u32)),
                _ => Demand::Own,
            },
            _ => Demand::Own,
        };
    }
    let arg = idx - shape.ins().len();
    match (op, imms) {
        (Op::Call, &[func, ..]) => {
            facts.param_rep(FuncId(func as u32), arg).map_or(Demand::Own, Demand::Rep)
        }
        (Op::NewRecord, &[ty, ..]) => u8::try_from(arg)
            .map_or(Demand::Own, |slot| Demand::Rep(facts.field_rep(TypeId(ty as u32), slot))),
        (Op::MakeClosure, _) => Demand::Own,
        _ => Demand::Tagged,
    }
}

/// What an operand demands of its register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Demand {
    /// Any tagged value.
    Tagged,
    /// The representation of the value, unchanged.
    Own,
    /// What a place of this representation accepts.
    Rep(Rep),
}

impl Demand {
    /// Whether a register of representation `Any` will do.
    pub(super) fn allows_any(self) -> bool {
        matches!(self, Demand::Tagged | Demand::Rep(Rep::Any))
    }
}

/// Data of an instruction by index.
pub(super) fn inst(func: &Func, i: u32) -> &InstData {
    func.inst(Inst(i))
}
