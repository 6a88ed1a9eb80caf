//! Compare-and-branch instructions as a comparison and a branch.

use hyp_bytecode::op::Op;

/// What decides a branch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Test {
    /// The raw boolean in the register itself.
    Register,
    /// This row over the registers, with the type descriptor if there is one.
    Row(Op),
    /// This row over register and constant.
    Constant(Op),
    /// This row over constant and register.
    ConstantFirst(Op),
    /// The first register plus the constant goes back to it; then this row over it and the limit.
    Latch(Op),
}

/// The test of a conditional branch, and whether it is taken when the test fails.
pub(crate) fn test_of(op: Op) -> Option<(Test, bool)> {
    use Test::{Constant, ConstantFirst, Latch, Register, Row};
    Some(match op {
        Op::JumpTrue => (Register, false),
        Op::JumpFalse => (Register, true),
        Op::JumpTruthy => (Row(Op::Truthy), false),
        Op::JumpFalsy => (Row(Op::Truthy), true),
        Op::JumpNull => (Row(Op::IsNull), false),
        Op::JumpNotNull => (Row(Op::IsNull), true),
        Op::JumpPassed => (Row(Op::IsPassed), false),
        Op::JumpLtF64 => (Row(Op::LtF64), false),
        Op::JumpLeF64 => (Row(Op::LeF64), false),
        Op::JumpNltF64 => (Row(Op::LtF64), true),
        Op::JumpNleF64 => (Row(Op::LeF64), true),
        Op::JumpEqF64 => (Row(Op::EqF64), false),
        Op::JumpNeF64 => (Row(Op::EqF64), true),
        Op::JumpLtF64K => (Constant(Op::LtF64), false),
        Op::JumpLeF64K => (Constant(Op::LeF64), false),
        Op::JumpGtF64K => (ConstantFirst(Op::LtF64), false),
        Op::JumpGeF64K => (ConstantFirst(Op::LeF64), false),
        Op::JumpNltF64K => (Constant(Op::LtF64), true),
        Op::JumpNleF64K => (Constant(Op::LeF64), true),
        Op::JumpNgtF64K => (ConstantFirst(Op::LtF64), true),
        Op::JumpNgeF64K => (ConstantFirst(Op::LeF64), true),
        Op::JumpEqF64K => (Constant(Op::EqF64), false),
        Op::JumpNeF64K => (Constant(Op::EqF64), true),
        Op::JumpLtAny => (Row(Op::LtAny), false),
        Op::JumpLeAny => (Row(Op::LeAny), false),
        Op::JumpNltAny => (Row(Op::LtAny), true),
        Op::JumpNleAny => (Row(Op::LeAny), true),
        Op::JumpEqAny => (Row(Op::EqAny), false),
        Op::JumpNeAny => (Row(Op::EqAny), true),
        Op::JumpLtI64 => (Row(Op::LtI64), false),
        Op::JumpNltI64 => (Row(Op::LtI64), true),
        Op::JumpNotType => (Row(Op::IsType), true),
        Op::ForLtF64 => (Latch(Op::LtF64), false),
        Op::ForLeF64 => (Latch(Op::LeF64), false),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyp_bytecode::op::Effects;

    #[test]
    fn every_conditional_branch_has_a_test() {
        for &op in Op::all() {
            let is_branch = op.spec().effects.has(Effects::BRANCHES) && op != Op::SwitchF64;
            assert_eq!(test_of(op).is_some(), is_branch, "{}", op.spec().name);
        }
    }
}
