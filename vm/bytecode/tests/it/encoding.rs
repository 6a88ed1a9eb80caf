//! Words to instructions and back.

use crate::sample::every_op;
use hyp_bytecode::op::{
    Arg, DecodeFault, EncodeError, Kind, OPS, Op, Regs, decode, encode, set_target,
};
use proptest::prelude::*;

#[test]
fn every_instruction_survives_decode_and_encode() {
    for function in &every_op().functions {
        let mut copy = Vec::new();
        while copy.len() < function.code.len() {
            let insn = decode(&function.code, copy.len()).unwrap();
            assert_eq!(insn.args().len(), insn.op.spec().operands.len());
            assert_eq!(encode(insn.op, insn.args(), &mut copy).unwrap(), insn.pc);
            assert_eq!(copy.len(), insn.next);
            if let Some(words) = insn.op.words() {
                assert_eq!(words, insn.next - insn.pc);
            }
        }
        assert_eq!(copy, function.code);
    }
}

#[test]
fn only_counted_instructions_have_no_fixed_length() {
    for (op, spec) in Op::all().iter().zip(OPS) {
        let is_counted = spec.operands.iter().any(|o| o.kind == Kind::Count);
        assert_eq!(op.words().is_none(), is_counted, "{}", spec.name);
    }
}

#[test]
fn lists_end_their_row() {
    for spec in OPS {
        let at = spec.operands.iter().position(|o| matches!(o.kind, Kind::Args | Kind::Targets));
        assert!(at.is_none_or(|at| at + 1 == spec.operands.len()), "{}", spec.name);
    }
}

#[test]
fn words_follow_the_documented_layout() {
    let mut code = Vec::new();
    let args = [Arg::Reg(9), Arg::Id(77), Arg::Regs(Regs::from(&[1, 2, 3, 4, 5][..]))];
    encode(Op::Call, &args, &mut code).unwrap();
    let word0 = u32::from_le_bytes([Op::Call as u8, 9, 5, 0]);
    assert_eq!(code, [word0, 77, 0x0403_0201, 5]);

    code.clear();
    let k = 1.5_f64.to_bits();
    encode(Op::JumpLtF64K, &[Arg::Reg(3), Arg::Target(0), Arg::K64(k)], &mut code).unwrap();
    let word0 = u32::from_le_bytes([Op::JumpLtF64K as u8, 3, 0, 0]);
    assert_eq!(code, [word0, (-4_i32).cast_unsigned(), k as u32, (k >> 32) as u32]);
}

#[test]
fn a_target_can_be_changed_later() {
    let mut code = Vec::new();
    encode(Op::JumpLtF64K, &[Arg::Reg(0), Arg::Target(0), Arg::K64(0)], &mut code).unwrap();
    encode(Op::Jump, &[Arg::Target(0)], &mut code).unwrap();
    assert!(set_target(&mut code, 0, 0, 4));
    assert_eq!(decode(&code, 0).unwrap().targets().collect::<Vec<_>>(), [4]);
    assert!(!set_target(&mut code, 0, 1, 4));
    assert!(!set_target(&mut code, 99, 0, 4));
}

#[test]
fn wrong_operands_leave_the_code_unchanged() {
    let mut code = vec![1, 2];
    let mismatch = Err(EncodeError::OperandMismatch(Op::Mov));
    assert_eq!(encode(Op::Mov, &[Arg::Reg(0)], &mut code), mismatch);
    assert_eq!(encode(Op::Mov, &[Arg::Reg(0), Arg::Imm8(0)], &mut code), mismatch);
    assert_eq!(encode(Op::Mov, &[Arg::Reg(0); 3], &mut code), mismatch);
    assert_eq!(code, [1, 2]);
}

#[test]
fn unused_bits_are_rejected() {
    let fault = |code: &[u32]| decode(code, 0).unwrap_err().fault;
    assert_eq!(fault(&[Op::RetNull as u32 | 1 << 31]), DecodeFault::UnusedBits);
    let word0 = u32::from_le_bytes([Op::NewArray as u8, 0, 1, 0]);
    assert_eq!(fault(&[word0, 0x0100]), DecodeFault::UnusedBits);
    assert_eq!(fault(&[word0]), DecodeFault::Truncated);
    assert_eq!(fault(&[0xff]), DecodeFault::UnknownOp(0xff));
    assert_eq!(fault(&[Op::Jump as u32, 5]), DecodeFault::TargetOutside(5));
    assert_eq!(fault(&[Op::Jump as u32, (-3_i32).cast_unsigned()]), DecodeFault::TargetOutside(-3));
}

proptest! {
    #[test]
    fn any_words_decode_or_fail(
        mut words in prop::collection::vec(any::<u32>(), 0..40),
        op in 0..OPS.len() as u32,
        pc in 0_usize..50,
    ) {
        if let Some(word) = words.get_mut(pc) {
            *word = *word & 0x0003_0300 | op;
        }
        if let Ok(insn) = decode(&words, pc) {
            prop_assert!(insn.next <= words.len());
            prop_assert!(insn.targets().all(|t| t < words.len()));
            let mut copy = words[..pc].to_vec();
            encode(insn.op, insn.args(), &mut copy).unwrap();
            prop_assert_eq!(&copy[..], &words[..insn.next]);
        }
    }
}
