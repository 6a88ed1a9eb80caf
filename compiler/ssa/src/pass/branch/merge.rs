//! Joins a block with its only successor if that has no other predecessor.

use crate::ir::{Block, Def, Func, Term};

/// Merges straight-line sequences whose blocks have the same handler. The parameters of fixed blocks
/// come from outside.
pub(super) fn merge(func: &mut Func, is_fixed: &[bool]) -> bool {
    let mut n_preds = vec![0u32; func.blocks.len()];
    for block in &func.blocks {
        block.term.for_each_edge(|edge| n_preds[edge.block.0 as usize] += 1);
    }
    let mut gone = vec![false; func.blocks.len()];
    let mut changed = false;
    for b in 0..func.blocks.len() {
        if gone[b] {
            continue;
        }
        while let Some(next) = successor_to_merge(func, b, &n_preds, is_fixed) {
            absorb(func, b, next);
            gone[next] = true;
            changed = true;
        }
    }
    if changed {
        func.resolve_aliases();
        let keep: Vec<bool> = gone.iter().map(|gone| !gone).collect();
        crate::build::remove_blocks(func, &keep);
    }
    changed
}

fn successor_to_merge(func: &Func, b: usize, n_preds: &[u32], is_fixed: &[bool]) -> Option<usize> {
    let block = &func.blocks[b];
    let Term::Jump(edge) = &block.term else { return None };
    let next = edge.block.0 as usize;
    let target = &func.blocks[next];
    // Without instructions that could fail, either handler will do. But a handler cannot see what
    // the block that it protects defines, parameters included.
    let same_handler = block.handler == target.handler
        || is_harmless(func, next)
        || (b != 0 && is_harmless(func, b) && block.params.is_empty());
    (n_preds[next] == 1 && !is_fixed[next] && next != b && same_handler).then_some(next)
}

/// Whether nothing in the block can raise an error.
fn is_harmless(func: &Func, b: usize) -> bool {
    let block = &func.blocks[b];
    block.insts.is_empty() && !matches!(block.term, Term::Throw(_) | Term::Raise(..))
}

/// Appends block `next` to block `b`, which ends in the only jump to it.
fn absorb(func: &mut Func, b: usize, next: usize) {
    let from = Block(next as u32);
    let args = match std::mem::replace(&mut func.blocks[b].term, Term::None) {
        Term::Jump(edge) => edge.args,
        _ => return,
    };
    if !is_harmless(func, next) {
        func.blocks[b].handler = func.block(from).handler;
    }
    let params = std::mem::take(&mut func.blocks[next].params);
    for (param, arg) in params.iter().zip(args) {
        let arg = func.resolve(arg);
        func.values[param.0 as usize].def = Def::Alias(arg);
    }
    let insts = std::mem::take(&mut func.blocks[next].insts);
    let term = std::mem::replace(&mut func.blocks[next].term, Term::None);
    let pos = func.blocks[next].term_pos;
    let block = &mut func.blocks[b];
    block.insts.extend(insts);
    block.term = term;
    block.term_pos = pos;
}
