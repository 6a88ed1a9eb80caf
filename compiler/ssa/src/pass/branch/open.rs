//! Preparing jump threading: a block that only decides, but whose parameters are read further on.
//!
//! An edge that is led past such a block would leave those reads without a definition. Where each read
//! lies behind one of the block's two targets, which have no other way in, the targets get parameters
//! of their own for them; then an edge that goes to a target directly can bring its own values.

use smallvec::SmallVec;

use super::thread::{knows_branch, only_tests};
use crate::cfg::Cfg;
use crate::ir::{Block, Def, Func, Term, Value, ValueData};

/// Most blocks of one function that are prepared in a round: each looks through the whole function.
const BLOCKS_MAX: usize = 16;

/// Prepares blocks through which an edge can be led then. `is_barred` says of a block that no edge can be
/// led through it in any case. Returns whether it changed anything.
pub(super) fn open(func: &mut Func, cfg: &Cfg, is_barred: &dyn Fn(Block) -> bool) -> bool {
    let mut n_opened = 0;
    for &block in &cfg.order {
        let data = func.block(block);
        let Term::Branch { then, other, .. } = &data.term else { continue };
        let targets = [then.block, other.block];
        let has_one_way_in = |t: &Block| cfg.preds(*t).len() == 1;
        let is_candidate = n_opened < BLOCKS_MAX
            && !data.params.is_empty()
            && targets[0] != targets[1]
            && targets.iter().all(has_one_way_in)
            && !is_barred(block)
            && only_tests(func, data);
        if is_candidate
            && let Some(params) = params_read_behind(func, cfg, block, targets)
            && !params.is_empty()
            && knows_branch(func, cfg, block)
        {
            for target in targets {
                hand_on(func, cfg, (block, target), &params);
            }
            n_opened += 1;
        }
    }
    n_opened > 0
}

/// The block's parameters that are read outside of it, if all such reads are of parameters and lie behind
/// the targets.
fn params_read_behind(
    func: &Func,
    cfg: &Cfg,
    block: Block,
    targets: [Block; 2],
) -> Option<SmallVec<[Value; 4]>> {
    let data = func.block(block);
    let results: SmallVec<[Value; 4]> =
        data.insts.iter().filter_map(|inst| func.inst(*inst).result).collect();
    let mut passes_result = false;
    data.term.for_each_edge(|edge| passes_result |= edge.args.iter().any(|v| results.contains(v)));
    let mut read: SmallVec<[Value; 4]> = SmallVec::new();
    let mut fits = !passes_result;
    for &at in cfg.order.iter().filter(|b| **b != block) {
        let is_behind = targets.iter().any(|target| cfg.dominates(*target, at));
        for_each_read(func, at, |v| {
            if data.params.contains(&v) {
                fits &= is_behind;
                if !read.contains(&v) {
                    read.push(v);
                }
            }
            fits &= !results.contains(&v);
        });
    }
    fits.then_some(read)
}

fn for_each_read(func: &Func, block: Block, mut visit: impl FnMut(Value)) {
    let data = func.block(block);
    for &inst in &data.insts {
        func.inst(inst).args.iter().copied().for_each(&mut visit);
    }
    data.term.operand().into_iter().for_each(&mut visit);
    data.term.for_each_edge(|edge| edge.args.iter().copied().for_each(&mut visit));
}

/// Gives the target parameters for those of the block, which everything behind it reads instead.
fn hand_on(func: &mut Func, cfg: &Cfg, (block, target): (Block, Block), params: &[Value]) {
    let mut names: SmallVec<[(Value, Value); 4]> = SmallVec::new();
    for &param in params {
        let index = func.block(target).params.len() as u32;
        let own = Value(func.values.len() as u32);
        let rep = func.rep(param);
        func.values.push(ValueData { def: Def::Param(target, index), rep });
        func.blocks[target.0 as usize].params.push(own);
        names.push((param, own));
    }
    func.blocks[block.0 as usize].term.for_each_edge_mut(|edge| {
        if edge.block == target {
            edge.args.extend_from_slice(params);
        }
    });
    let rename = |v: &mut Value| {
        if let Some((_, own)) = names.iter().find(|(param, _)| param == v) {
            *v = *own;
        }
    };
    for &at in cfg.order.iter().filter(|b| cfg.dominates(target, **b)) {
        for &inst in &func.blocks[at.0 as usize].insts {
            func.insts[inst.0 as usize].args.iter_mut().for_each(rename);
        }
        func.blocks[at.0 as usize].term.for_each_use_mut(rename);
    }
}
