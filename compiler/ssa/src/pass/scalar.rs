//! Scalar replacement: the parts of objects that nobody else can see become values.
//!
//! An instance, record, array or box that is only read and written where it was made (its reference
//! goes nowhere else) does not have to exist: reads become the values that were stored, with block
//! parameters where paths meet (SSA construction as in [`crate::build`]). Boxes may also pass
//! through block parameters, as those of loop variables do, if no two of them are in use at once.
//! What remains of the allocation is dead.

mod object;
mod rename;

use hyp_bytecode::op::Op;
use smallvec::SmallVec;

use self::object::{Object, Objects};
use crate::ir::{Def, Func, Inst, InstData, ModuleFacts, Opcode, Value};

/// Functions with more blocks are left alone: the pass recurses over chains of them.
const BLOCKS_MAX: usize = 2000;

/// Runs the pass. Returns whether it replaced anything.
pub fn run(func: &mut Func, facts: &dyn ModuleFacts) -> bool {
    let is_candidate = |data: &InstData| matches!(data.op, Opcode::Op(op) if is_allocation(op));
    let skip = func.blocks.len() > BLOCKS_MAX || func.blocks.iter().any(|b| b.handler.is_some());
    if skip || !func.insts.iter().any(is_candidate) {
        return false;
    }
    // Closures whose calls are inlined must not keep their boxes.
    super::dce::run(func, facts);
    let cfg = super::reachable_flow(func);
    let mut objects = Objects::find(func, &cfg);
    objects.keep_separate_boxes(func, &cfg);
    if !objects.any() {
        return false;
    }
    replace_constant_reads(func, &objects);
    rename::run(func, facts, &cfg, &objects);
    func.resolve_aliases();
    true
}

fn is_allocation(op: Op) -> bool {
    matches!(op, Op::NewInstance | Op::NewRecord | Op::NewArray | Op::NewCell)
}

/// Reads of records and arrays, which do not change while nobody else sees them.
fn replace_constant_reads(func: &mut Func, objects: &Objects) {
    for b in 0..func.blocks.len() {
        let mut insts = std::mem::take(&mut func.blocks[b].insts);
        insts.retain(|inst| !replace_constant_read(func, objects, *inst));
        func.blocks[b].insts = insts;
    }
}

/// Returns whether the instruction goes; its result has become an alias then.
fn replace_constant_read(func: &mut Func, objects: &Objects, inst: Inst) -> bool {
    let data = func.inst(inst);
    let (Opcode::Op(op), Some(&of), Some(result)) = (data.op, data.args.first(), data.result)
    else {
        return false;
    };
    let Some(Object::Fixed(made)) = objects.of(of) else { return false };
    let part = match op {
        Op::GetField => data.imms[0] as usize,
        Op::ArrayGet | Op::ArrayGetF64 | Op::ArrayGetBool => match constant_index(func, data) {
            Some(index) => index,
            None => return false,
        },
        _ => 0,
    };
    let parts: &[Value] = &func.inst(made).args;
    let (new_op, args, imms): (Op, SmallVec<[Value; 4]>, u64) = match op {
        Op::Length => (Op::LoadF64, SmallVec::new(), (parts.len() as f64).to_bits()),
        Op::IsNull => (Op::LoadBool, SmallVec::new(), 0),
        Op::ArrayGetF64 if func.rep(parts[part]) != hyp_bytecode::rep::Rep::F64 => {
            (Op::CheckF64, SmallVec::from_slice(&parts[part..=part]), u64::MAX)
        }
        Op::ArrayGetBool => (Op::CheckBool, SmallVec::from_slice(&parts[part..=part]), u64::MAX),
        _ => {
            let part = parts[part];
            func.values[result.0 as usize].def = Def::Alias(part);
            return true;
        }
    };
    let data = &mut func.insts[inst.0 as usize];
    (data.op, data.args) = (Opcode::Op(new_op), args);
    data.imms = if imms == u64::MAX { SmallVec::new() } else { SmallVec::from_slice(&[imms]) };
    false
}

/// The index of an element access, if it is a constant non-negative whole number.
fn constant_index(func: &Func, data: &InstData) -> Option<usize> {
    let index = func.def_inst(func.resolve(*data.args.get(1)?))?;
    let x = f64::from_bits(*index.imms.first()?);
    let is_index =
        index.op == Opcode::Op(Op::LoadF64) && x.fract() == 0.0 && (0.0..1e6).contains(&x);
    is_index.then_some(x as usize)
}
