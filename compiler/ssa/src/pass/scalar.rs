//! Scalar replacement: the parts of objects that nobody else can see become values.
//!
//! An instance, record, array, object or box that is only read and written where it was made (its
//! reference goes nowhere else) does not have to exist: reads become the values that were stored, with
//! block parameters where paths meet (SSA construction as in [`crate::build`]). Boxes may also pass
//! through block parameters, as those of loop variables do, if no two of them are in use at once.
//! Iterators over arrays become boxes first ([`iterator`]). Parts that a handler may read become slots,
//! because an error can come between any two stores. What remains of the allocation is dead.

mod handler;
mod iterator;
mod object;
mod rename;

use hyp_bytecode::op::Op;
use smallvec::SmallVec;

use self::object::{Object, Objects, constant_index};
use crate::cfg::Cfg;
use crate::ir::{Def, Func, Inst, ModuleFacts, Opcode, Value, ValueData};

/// Functions with more blocks are left alone: the pass recurses over chains of them.
const BLOCKS_MAX: usize = 2000;

/// Runs the pass. Returns whether it replaced anything.
pub fn run(func: &mut Func, facts: &dyn ModuleFacts) -> bool {
    let is_candidate = |op: Opcode| matches!(op, Opcode::Op(op) if is_allocation(op));
    if func.blocks.len() > BLOCKS_MAX || !func.insts.iter().any(|data| is_candidate(data.op)) {
        return false;
    }
    let changed = iterator::run(func, facts);
    if changed {
        // Before the boxes become parameters of the blocks where the loop decides.
        super::branch::run(func, facts);
    }
    // Closures whose calls are inlined must not keep their boxes.
    super::dce::run(func, facts);
    let cfg = super::reachable_flow(func);
    name_changed_objects(func, &cfg);
    let mut objects = Objects::find(func, &cfg);
    objects.keep_separate_boxes(func, &cfg);
    let slots = handler::choose_slots(func, facts, &cfg, &mut objects);
    if !objects.any() {
        return changed;
    }
    replace_constant_reads(func, &objects);
    rename::run(func, facts, &cfg, &objects, slots);
    func.resolve_aliases();
    true
}

fn is_allocation(op: Op) -> bool {
    matches!(
        op,
        Op::NewInstance | Op::NewRecord | Op::NewArray | Op::NewObject | Op::NewCell | Op::IterNew
    )
}

/// A store into an object gives the object itself, so its result is another name for it.
fn name_changed_objects(func: &mut Func, cfg: &Cfg) {
    let mut changed = false;
    // In this order names are known before they are used.
    for &block in &cfg.order {
        for i in 0..func.block(block).insts.len() {
            let inst = func.block(block).insts[i];
            let data = func.inst(inst);
            let (Opcode::Op(Op::SetMember | Op::SetIndex), Some(result)) = (data.op, data.result)
            else {
                continue;
            };
            let object = func.resolve(data.args[0]);
            let made = func.def_inst(object);
            if made.is_some_and(|made| made.op == Opcode::Op(Op::NewObject)) {
                let unused = Value(func.values.len() as u32);
                func.values.push(ValueData { def: Def::Inst(inst), rep: func.rep(result) });
                func.values[result.0 as usize].def = Def::Alias(object);
                func.insts[inst.0 as usize].result = Some(unused);
                changed = true;
            }
        }
    }
    if changed {
        func.resolve_aliases();
    }
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
    let made = match (objects.of(of), op) {
        (Some(Object::Fixed(made)), _) => made,
        (Some(Object::Parts(made)), Op::Length | Op::IsNull) => made,
        _ => return false,
    };
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
