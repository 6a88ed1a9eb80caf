//! The loop tree: natural loops (Aho, Sethi and Ullman), found from the inside out as in LLVM's
//! `LoopInfo`, in time nearly linear in the number of edges.

use crate::cfg::Cfg;
use crate::ir::Block;

/// Marks a block outside of all loops.
const NONE: u32 = u32::MAX;

/// A natural loop: a header that dominates the origins of backward edges to it.
#[derive(Clone, Debug)]
pub(crate) struct Loop {
    /// The block through which the loop is entered.
    pub(crate) header: Block,
    /// The loop around this one.
    pub(crate) parent: Option<u32>,
}

/// The loops of a function, inner ones before outer ones.
#[derive(Clone, Default, Debug)]
pub(crate) struct Loops {
    /// All loops.
    pub(crate) list: Vec<Loop>,
    /// Innermost loop by block.
    innermost: Vec<u32>,
}

impl Loops {
    /// Finds the loops of a function whose flow and dominators are known.
    pub(crate) fn find(cfg: &Cfg) -> Loops {
        let mut loops = Loops { list: Vec::new(), innermost: vec![NONE; cfg.n_blocks()] };
        let mut work = Vec::new();
        // Headers of inner loops come later in the order than those around them.
        for &header in cfg.order.iter().rev() {
            let is_latch = |pred: &Block| {
                cfg.position(*pred) >= cfg.position(header) && cfg.dominates(header, *pred)
            };
            work.extend(cfg.preds(header).iter().copied().filter(is_latch));
            if !work.is_empty() {
                loops.collect(cfg, header, &mut work);
            }
        }
        loops
    }

    /// Adds the loop of `header` whose latches are in `work`.
    fn collect(&mut self, cfg: &Cfg, header: Block, work: &mut Vec<Block>) {
        let this = self.list.len() as u32;
        self.list.push(Loop { header, parent: None });
        while let Some(block) = work.pop() {
            let mut of = self.innermost[block.0 as usize];
            if of == NONE {
                self.innermost[block.0 as usize] = this;
                if block != header {
                    work.extend_from_slice(cfg.preds(block));
                }
                continue;
            }
            // The whole outermost loop that the block belongs to is inside this one.
            while let Some(parent) = self.list[of as usize].parent {
                of = parent;
            }
            if of != this {
                self.list[of as usize].parent = Some(this);
                let inner = self.list[of as usize].header;
                work.extend_from_slice(cfg.preds(inner));
            }
        }
    }

    /// The innermost loop around a block.
    pub(crate) fn of(&self, block: Block) -> Option<u32> {
        let of = *self.innermost.get(block.0 as usize)?;
        (of != NONE).then_some(of)
    }
}
