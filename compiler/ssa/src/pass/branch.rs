//! Control flow: unreachable blocks, inverted conditions, jumps through blocks that do nothing,
//! branches whose outcome an edge already knows, parameters that always get the same value,
//! straight-line sequences of blocks.

mod merge;
mod open;
mod thread;

use hyp_bytecode::op::Op;

use super::{drop_unreachable, reachable_flow};
use crate::ir::{Block, Def, Func, ModuleFacts, Opcode, Term, Value};

/// Rounds after which the pass stops even if more could be done.
const ROUNDS_MAX: usize = 4;

/// Runs the pass.
pub fn run(func: &mut Func, _facts: &dyn ModuleFacts) {
    reachable_flow(func);
    invert_conditions(func);
    for _ in 0..ROUNDS_MAX {
        // Only threading leaves blocks that nothing reaches.
        let threaded = thread::thread(func);
        if threaded {
            drop_unreachable(func);
        }
        let is_fixed = fixed_blocks(func);
        let simplified = simplify_params(func, &is_fixed);
        join_equal_edges(func);
        let merged = merge::merge(func, &is_fixed);
        if !threaded && !simplified && !merged {
            break;
        }
    }
}

/// Branches on `not x` branch on `x`.
fn invert_conditions(func: &mut Func) {
    for b in 0..func.blocks.len() {
        while let Term::Branch { cond, .. } = func.blocks[b].term {
            let Some(inner) = operand_of(func, Op::Not, cond) else { break };
            if let Term::Branch { cond, then, other } = &mut func.blocks[b].term {
                *cond = inner;
                std::mem::swap(then, other);
            }
        }
    }
}

/// Branches whose sides are the same jump become that jump.
fn join_equal_edges(func: &mut Func) {
    for block in &mut func.blocks {
        if let Term::Branch { then, other, .. } = &block.term
            && then == other
        {
            block.term = Term::Jump(then.clone());
        }
    }
}

/// The operand of the row that defines a value, if it is this row.
fn operand_of(func: &Func, op: Op, v: Value) -> Option<Value> {
    let data = func.def_inst(v)?;
    if data.op == Opcode::Op(op) { data.args.first().copied() } else { None }
}

/// What the edges to a block pass for one of its parameters, the parameter itself left out.
#[derive(Clone, Copy, PartialEq)]
enum Incoming {
    None,
    Only(Value),
    Several,
}

/// Removes parameters that get the same value on every edge, apart from themselves.
fn simplify_params(func: &mut Func, is_fixed: &[bool]) -> bool {
    if func.blocks.iter().zip(is_fixed).all(|(b, fixed)| *fixed || b.params.is_empty()) {
        return false;
    }
    let mut changed = false;
    // What the edges pass, by parameter, so that each edge is looked at once per round.
    let mut incoming = vec![Incoming::None; func.values.len()];
    for block in &func.blocks {
        block.term.for_each_edge(|edge| {
            let params = &func.blocks[edge.block.0 as usize].params;
            for (&param, &arg) in params.iter().zip(&edge.args) {
                let incoming = &mut incoming[param.0 as usize];
                if arg != param && *incoming != Incoming::Only(arg) {
                    *incoming = match incoming {
                        Incoming::None => Incoming::Only(arg),
                        Incoming::Only(_) | Incoming::Several => Incoming::Several,
                    };
                }
            }
        });
    }
    let mut keeps_all = is_fixed.to_vec();
    for (block, keeps_all) in func.blocks.iter().zip(&mut keeps_all) {
        let only = |param: &Value| matches!(incoming[param.0 as usize], Incoming::Only(_));
        if *keeps_all || !block.params.iter().any(only) {
            *keeps_all = true;
            continue;
        }
        changed = true;
        for param in &block.params {
            if let Incoming::Only(value) = incoming[param.0 as usize] {
                func.values[param.0 as usize].def = Def::Alias(value);
            }
        }
    }
    if changed {
        remove_aliased_params(func, &keeps_all);
    }
    changed
}

/// Drops parameters that have become aliases, and the arguments for them, except of blocks that keep
/// all of theirs.
fn remove_aliased_params(func: &mut Func, keeps_all: &[bool]) {
    let is_alias = |func: &Func, v: Value| matches!(func.values[v.0 as usize].def, Def::Alias(_));
    for b in 0..func.blocks.len() {
        let mut term = std::mem::replace(&mut func.blocks[b].term, Term::None);
        term.for_each_edge_mut(|edge| {
            let to = edge.block.0 as usize;
            if !keeps_all[to] {
                let params = &func.blocks[to].params;
                let mut i = 0;
                edge.args.retain(|_| {
                    i += 1;
                    !is_alias(func, params[i - 1])
                });
            }
        });
        func.blocks[b].term = term;
    }
    for (b, _) in keeps_all.iter().enumerate().filter(|(_, keeps)| !**keeps) {
        let mut params = std::mem::take(&mut func.blocks[b].params);
        params.retain(|p| !is_alias(func, *p));
        for (i, p) in params.iter().enumerate() {
            func.values[p.0 as usize].def = Def::Param(Block(b as u32), i as u32);
        }
        func.blocks[b].params = params;
    }
    func.resolve_aliases();
}

/// Blocks whose parameters are given from outside: the entry and handlers.
fn fixed_blocks(func: &Func) -> Vec<bool> {
    let mut is_fixed = vec![false; func.blocks.len()];
    if let Some(entry) = is_fixed.first_mut() {
        *entry = true;
    }
    for block in &func.blocks {
        if let Some(handler) = block.handler {
            is_fixed[handler.0 as usize] = true;
        }
    }
    is_fixed
}
