//! Objects that are in use where a handler starts.
//!
//! A handler starts after any instruction of the blocks that it protects, so no block parameter can give
//! it the value of a part. Such parts live in slots, as variables do that are assigned in protected
//! regions.

use ahash::{AHashMap, AHashSet};
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};

use super::object::{Object, Objects};
use super::rename::Part;
use crate::cfg::Cfg;
use crate::ir::{Block, Func, Inst, ModuleFacts, Opcode, Value};

/// Slots of parts.
pub(super) type Slots = AHashMap<Part, u32>;

/// Slots of a function from which on no more are made: each takes a register.
const SLOTS_MAX: u32 = 32;
/// Most pairs of blocks and objects in use there that are looked at, so that the pass stays linear.
const LIVENESS_MAX: usize = 20_000;

/// Gives slots to the parts of objects that handlers may read, or gives these objects up.
pub(super) fn choose_slots(
    func: &mut Func,
    facts: &dyn ModuleFacts,
    cfg: &Cfg,
    objects: &mut Objects,
) -> Slots {
    let mut slots = Slots::new();
    if func.blocks.iter().all(|block| block.handler.is_none()) {
        return slots;
    }
    for v in seen_by_handlers(func, cfg, objects) {
        match objects.of(v) {
            Some(Object::Parts(made)) => {
                let n_parts = parts(func, facts, made).filter(|n| func.n_slots + n <= SLOTS_MAX);
                let Some(n_parts) = n_parts else {
                    objects.drop(v);
                    continue;
                };
                for part in 0..n_parts {
                    slots.insert((made.0, u64::from(part) + 1), func.n_slots + part);
                }
                func.n_slots += n_parts;
            }
            Some(Object::Box(group)) if !slots.contains_key(&(group, 0)) => {
                if func.n_slots == SLOTS_MAX {
                    objects.drop_group(group);
                } else {
                    slots.insert((group, 0), func.n_slots);
                    func.n_slots += 1;
                }
            }
            _ => {}
        }
    }
    slots
}

/// Number of parts, if each can live in a slot.
fn parts(func: &Func, facts: &dyn ModuleFacts, made: Inst) -> Option<u32> {
    let data = func.inst(made);
    let n_args = data.args.len() as u32;
    match data.op {
        Opcode::Op(Op::NewInstance) => {
            let ty = TypeId(data.imms[0] as u32);
            let n = facts.n_fields(ty);
            let can_return = |slot| match facts.field_rep(ty, slot) {
                Rep::Any | Rep::F64 => true,
                Rep::Ref(of) => {
                    matches!(of, TypeId::STRING | TypeId::ARRAY) || of.user_index().is_some()
                }
                Rep::I64 | Rep::Bool => false,
            };
            (0..n).all(can_return).then_some(u32::from(n))
        }
        Opcode::Op(Op::NewObject) => Some(n_args / 2),
        _ => Some(n_args),
    }
}

/// Values of objects with changing parts that are used in or behind a handler without being made there,
/// in ascending order.
fn seen_by_handlers(func: &Func, cfg: &Cfg, objects: &Objects) -> Vec<Value> {
    let is_handler = super::super::handlers(func);
    let changes = |v: Value| matches!(objects.of(v), Some(Object::Parts(_) | Object::Box(_)));
    let mut home = vec![Func::ENTRY; func.values.len()];
    for (b, block) in func.blocks.iter().enumerate() {
        let results = block.insts.iter().filter_map(|inst| func.inst(*inst).result);
        results.chain(block.params.iter().copied()).for_each(|v| {
            home[v.0 as usize] = Block(b as u32);
        });
    }
    let (mut live_in, mut work) = (AHashSet::new(), Vec::new());
    for &block in &cfg.order {
        let mut add = |v: Value| {
            if changes(v) && home[v.0 as usize] != block && live_in.insert((block, v)) {
                work.push((block, v));
            }
        };
        let data = func.block(block);
        data.insts.iter().for_each(|inst| func.inst(*inst).args.iter().for_each(|v| add(*v)));
        data.term.for_each_edge(|edge| edge.args.iter().for_each(|v| add(*v)));
    }
    let mut seen = Vec::new();
    while let Some((block, v)) = work.pop() {
        let is_too_much = live_in.len() > LIVENESS_MAX;
        if is_handler[block.0 as usize] || is_too_much {
            seen.push(v);
        }
        if is_too_much {
            continue;
        }
        for &pred in cfg.preds(block) {
            if home[v.0 as usize] != pred && live_in.insert((pred, v)) {
                work.push((pred, v));
            }
        }
    }
    seen.sort_unstable();
    seen.dedup();
    seen
}
