//! Constants and the instructions that load them.

use hyp_bytecode::module::StrId;
use hyp_bytecode::op::Op;

use crate::ir::{Func, Opcode, Value};

/// A constant value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Constant {
    Null,
    Missing,
    /// A tagged boolean.
    Tagged(bool),
    /// A raw boolean.
    Raw(bool),
    Num(f64),
    Str(StrId),
}

impl Constant {
    /// The constant that a value is.
    pub(super) fn of(func: &Func, v: Value) -> Option<Constant> {
        let data = func.def_inst(v)?;
        let Opcode::Op(op) = data.op else { return None };
        let imm = data.imms.first().copied()?;
        Some(match op {
            Op::LoadF64 => Constant::Num(f64::from_bits(imm)),
            Op::LoadBool => Constant::Raw(imm != 0),
            Op::LoadStr => Constant::Str(StrId(imm as u32)),
            Op::LoadImm => match imm {
                0 => Constant::Null,
                1 => Constant::Tagged(false),
                2 => Constant::Tagged(true),
                _ => Constant::Missing,
            },
            _ => return None,
        })
    }

    /// The row that loads it and its immediate. NaN loads as the canonical one.
    pub(super) fn load(self) -> (Op, u64) {
        match self {
            Constant::Null => (Op::LoadImm, 0),
            Constant::Missing => (Op::LoadImm, 3),
            Constant::Tagged(b) => (Op::LoadImm, 1 + u64::from(b)),
            Constant::Raw(b) => (Op::LoadBool, u64::from(b)),
            Constant::Num(x) if x.is_nan() => (Op::LoadF64, f64::NAN.to_bits()),
            Constant::Num(x) => (Op::LoadF64, x.to_bits()),
            Constant::Str(id) => (Op::LoadStr, u64::from(id.0)),
        }
    }

    /// The number, if it is one.
    pub(super) fn num(self) -> Option<f64> {
        match self {
            Constant::Num(x) => Some(x),
            _ => None,
        }
    }
}
