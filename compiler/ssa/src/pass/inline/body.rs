//! What can be inlined, and in which form it is kept.

use hyp_bytecode::module::FuncId;
use hyp_bytecode::op::Op;

use super::{HIGHER_ORDER, SMALL};
use crate::ir::{Def, Func, Inst, InstData, Opcode, Value, ValueData};

/// Most blocks of a body.
const BLOCKS_MAX: usize = 32;
/// Most slots of a body: each takes a register of the caller for itself.
const SLOTS_MAX: u32 = 4;

/// The body of a finished function for its callers, or `None` if it stays a function of its own:
/// it is large, calls itself, or begins a task.
#[must_use]
pub fn of(func: Func, id: FuncId) -> Option<Func> {
    let n_insts: usize = func.blocks.iter().map(|b| b.insts.len()).sum();
    let max = if calls_parameter(&func) { HIGHER_ORDER } else { SMALL };
    if n_insts > max || func.blocks.len() > BLOCKS_MAX || func.n_slots > SLOTS_MAX {
        return None;
    }
    let calls_itself = |inst: &Inst| {
        let data = func.inst(*inst);
        matches!(data.op, Opcode::Op(Op::Call | Op::LoadFunc | Op::MakeClosure))
            && data.imms.first() == Some(&u64::from(id.0))
    };
    let is_task = |inst: &Inst| func.inst(*inst).op == Opcode::Op(Op::BeginTask);
    let mut insts = func.blocks.iter().flat_map(|b| &b.insts);
    let keeps = !insts.any(|i| calls_itself(i) || is_task(i));
    keeps.then(|| compact(func))
}

/// Whether a known argument would make a call known.
fn calls_parameter(func: &Func) -> bool {
    let params = func.blocks.first().map_or(&[][..], |entry| &entry.params);
    let mut insts = func.blocks.iter().flat_map(|b| &b.insts).map(|inst| func.inst(*inst));
    insts.any(|data| {
        data.op == Opcode::Op(Op::CallValue)
            && data.args.first().is_some_and(|callee| params.contains(callee))
    })
}

/// The function without unused entries in its tables.
fn compact(mut func: Func) -> Func {
    let mut blocks = std::mem::take(&mut func.blocks);
    let n_insts = blocks.iter().map(|b| b.insts.len()).sum();
    let mut insts = Vec::with_capacity(n_insts);
    let mut values = Vec::with_capacity(n_insts);
    let mut number = vec![Value(u32::MAX); func.values.len()];
    for block in &mut blocks {
        let mut define = |v: Value, def: Option<Def>| {
            let ValueData { def: old, rep } = func.values[v.0 as usize];
            number[v.0 as usize] = Value(values.len() as u32);
            values.push(ValueData { def: def.unwrap_or(old), rep });
            number[v.0 as usize]
        };
        block.params.iter_mut().for_each(|v| *v = define(*v, None));
        for inst in &mut block.insts {
            let data = &mut func.insts[inst.0 as usize];
            *inst = Inst(insts.len() as u32);
            let result = data.result.map(|v| define(v, Some(Def::Inst(*inst))));
            insts.push(InstData {
                op: data.op,
                args: std::mem::take(&mut data.args),
                imms: std::mem::take(&mut data.imms),
                result,
                pos: data.pos,
                note: data.note,
            });
        }
    }
    let renumber = |v: &mut Value| *v = number[func.resolve(*v).0 as usize];
    insts.iter_mut().for_each(|data| data.args.iter_mut().for_each(renumber));
    blocks.iter_mut().for_each(|block| block.term.for_each_use_mut(renumber));
    let (param_names, pos) = Default::default();
    Func { blocks, insts, values, param_names, pos, ..func }
}
