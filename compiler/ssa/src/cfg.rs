//! Control flow: reachability, order, predecessors, dominators.
//!
//! A value defined *in* a protected block does not reach its handler, because the error may come
//! before the definition. So the edge to a handler counts as coming from the predecessors of the
//! protected block, and further to the handler's own handler. The entry block is never protected.

use std::cell::Cell;
use std::ops::Deref;

use crate::ir::{Block, Func};
use crate::pass::loops::Loops;

/// Calls `visit` with the successors of a block: each edge's target, then the handlers that protect
/// the target from the inside out.
#[inline]
pub fn for_each_successor(func: &Func, block: Block, mut visit: impl FnMut(Block)) {
    func.block(block).term.for_each_edge(
        #[inline]
        |edge| {
            visit(edge.block);
            let mut handler = func.block(edge.block).handler;
            while let Some(block) = handler {
                visit(block);
                handler = func.block(block).handler;
            }
        },
    );
}

/// Sets `seen[b]` for every block that control can reach.
pub fn mark_reachable(func: &Func, seen: &mut Vec<bool>) {
    seen.clear();
    seen.resize(func.blocks.len(), false);
    let mut work = Vec::with_capacity(func.blocks.len());
    work.push(Func::ENTRY);
    if let Some(entry) = seen.first_mut() {
        *entry = true;
    }
    while let Some(block) = work.pop() {
        for_each_successor(func, block, |next| {
            if !std::mem::replace(&mut seen[next.0 as usize], true) {
                work.push(next);
            }
        });
    }
}

/// Marks a block that is not in the order, and the absence of a dominator.
const NONE: u32 = u32::MAX;

/// Order, predecessors and dominators of the reachable blocks.
#[derive(Clone, Default, Debug)]
pub struct Cfg {
    /// Reachable blocks in reverse postorder; the entry is first.
    pub order: Vec<Block>,
    /// Position of each block in `order`.
    position: Vec<u32>,
    /// Immediate dominator of each block.
    idom: Vec<u32>,
    /// Successors of block `b` are `succs[succ_start[b]..succ_start[b + 1]]`.
    succ_start: Vec<u32>,
    succs: Vec<Block>,
    /// Predecessors of block `b` are `preds[pred_start[b]..pred_start[b + 1]]`.
    pred_start: Vec<u32>,
    preds: Vec<Block>,
    /// Preorder interval of each block in the dominator tree.
    interval: Vec<(u32, u32)>,
    /// Reachable blocks in preorder of the dominator tree.
    pub dom_order: Vec<Block>,
    /// Whether the dominators are those of this order.
    has_dominators: bool,
    /// The loops of this order, once someone has asked for them.
    loops: Option<Loops>,
    /// Storage that is reused.
    stack: Vec<(Block, u32)>,
    next: Vec<u32>,
    size: Vec<u32>,
}

thread_local! {
    /// The flow that was asked for last.
    static LAST: Cell<Option<Box<Cfg>>> = const { Cell::new(None) };
}

/// A flow that is kept for the next one who asks: most passes leave it as it is, so that only the
/// successors are looked at again.
#[derive(Debug)]
pub struct Flow(Option<Box<Cfg>>);

impl Flow {
    /// Order and predecessors of a function's blocks.
    #[must_use]
    pub fn of(func: &Func) -> Flow {
        let mut cfg = LAST.take().unwrap_or_default();
        cfg.compute_flow(func);
        Flow(Some(cfg))
    }

    /// As [`Flow::of`], with dominators.
    #[must_use]
    pub fn with_dominators(func: &Func) -> Flow {
        let mut flow = Flow::of(func);
        flow.add_dominators();
        flow
    }

    /// Adds the dominators.
    pub fn add_dominators(&mut self) {
        if let Some(cfg) = &mut self.0 {
            cfg.compute_dominators();
        }
    }

    /// Adds the dominators and the loops.
    pub(crate) fn add_loops(&mut self) {
        if let Some(cfg) = &mut self.0 {
            cfg.compute_dominators();
            if cfg.loops.is_none() {
                cfg.loops = Some(Loops::find(cfg));
            }
        }
    }
}

impl Deref for Flow {
    type Target = Cfg;

    fn deref(&self) -> &Cfg {
        // It is there until the drop.
        self.0.as_deref().unwrap_or(&EMPTY)
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        // At the end of a thread nobody will ask.
        let _ = LAST.try_with(|last| last.set(self.0.take()));
    }
}

static EMPTY: Cfg = Cfg {
    order: Vec::new(),
    position: Vec::new(),
    idom: Vec::new(),
    succ_start: Vec::new(),
    succs: Vec::new(),
    pred_start: Vec::new(),
    preds: Vec::new(),
    interval: Vec::new(),
    dom_order: Vec::new(),
    has_dominators: false,
    loops: None,
    stack: Vec::new(),
    next: Vec::new(),
    size: Vec::new(),
};

impl Cfg {
    /// Computes everything for a function.
    #[must_use]
    pub fn new(func: &Func) -> Cfg {
        let mut cfg = Cfg::default();
        cfg.compute(func);
        cfg
    }

    /// As [`Cfg::new`], reusing the storage.
    pub fn compute(&mut self, func: &Func) {
        self.compute_flow(func);
        self.compute_dominators();
    }

    /// Computes the order and predecessors only, for those who do not ask for dominators.
    pub fn compute_flow(&mut self, func: &Func) {
        // All else follows from the successors.
        if !self.has_succs_of(func) {
            self.has_dominators = false;
            self.loops = None;
            self.find_succs(func);
            self.find_order(func);
            self.find_preds(func);
        }
    }

    /// Adds the dominators to what [`Cfg::compute_flow`] has found.
    pub fn compute_dominators(&mut self) {
        if !std::mem::replace(&mut self.has_dominators, true) {
            self.find_idoms();
            self.number_dom_tree();
        }
    }

    /// The loops that [`Flow::add_loops`] has found.
    pub(crate) fn loops(&self) -> Option<&Loops> {
        self.loops.as_ref()
    }

    /// Number of blocks of the function, unreachable ones included.
    #[must_use]
    pub fn n_blocks(&self) -> usize {
        self.position.len()
    }

    /// Whether control can reach the block.
    #[must_use]
    pub fn is_reachable(&self, block: Block) -> bool {
        self.position[block.0 as usize] != NONE
    }

    /// Position of a reachable block in [`Cfg::order`].
    #[must_use]
    pub fn position(&self, block: Block) -> u32 {
        self.position[block.0 as usize]
    }

    /// Origins of the edges to a block, one entry per edge. Those of a handler are the predecessors
    /// of the blocks that it protects.
    #[must_use]
    pub fn preds(&self, block: Block) -> &[Block] {
        let b = block.0 as usize;
        &self.preds[self.pred_start[b] as usize..self.pred_start[b + 1] as usize]
    }

    /// Immediate dominator; `None` for the entry.
    #[must_use]
    pub fn idom(&self, block: Block) -> Option<Block> {
        let idom = self.idom[block.0 as usize];
        (idom != NONE && block != Func::ENTRY).then_some(Block(idom))
    }

    /// Whether every path to `b` passes `a`; a block dominates itself.
    #[must_use]
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        let (a, b) = (self.interval[a.0 as usize], self.interval[b.0 as usize]);
        a.0 <= b.0 && b.1 <= a.1
    }

    /// Whether the successors that were found before are those of `func`.
    fn has_succs_of(&self, func: &Func) -> bool {
        let n = func.blocks.len();
        if self.succ_start.len() != n + 1 {
            return false;
        }
        let (mut is_same, mut at) = (true, 0);
        for (b, &start) in self.succ_start[..n].iter().enumerate() {
            is_same &= start as usize == at;
            for_each_successor(func, Block(b as u32), |s| {
                is_same &= self.succs.get(at) == Some(&s);
                at += 1;
            });
            if !is_same {
                return false;
            }
        }
        at == self.succs.len()
    }

    fn find_succs(&mut self, func: &Func) {
        let n = func.blocks.len();
        self.succ_start.clear();
        self.succ_start.reserve(n + 1);
        self.succs.clear();
        self.succs.reserve(2 * n);
        for b in 0..n {
            self.succ_start.push(self.succs.len() as u32);
            for_each_successor(func, Block(b as u32), |s| self.succs.push(s));
        }
        self.succ_start.push(self.succs.len() as u32);
    }

    fn find_order(&mut self, func: &Func) {
        let n = func.blocks.len();
        self.order.clear();
        self.order.reserve(n);
        self.position.clear();
        self.position.resize(n, NONE);
        if n == 0 {
            return;
        }
        // Depth first with an explicit stack of blocks, each with the next successor to visit.
        let mut stack = std::mem::take(&mut self.stack);
        self.position[0] = 0;
        stack.push((Func::ENTRY, 0));
        while let Some((block, next)) = stack.last_mut() {
            if *next < self.succ_start[block.0 as usize + 1] {
                let to = self.succs[*next as usize];
                *next += 1;
                let seen = &mut self.position[to.0 as usize];
                if *seen == NONE {
                    *seen = 0;
                    stack.push((to, self.succ_start[to.0 as usize]));
                }
            } else {
                self.order.push(*block);
                stack.pop();
            }
        }
        self.stack = stack;
        self.order.reverse();
        for (i, block) in self.order.iter().enumerate() {
            self.position[block.0 as usize] = i as u32;
        }
    }

    fn find_preds(&mut self, func: &Func) {
        let n = func.blocks.len();
        self.pred_start.clear();
        self.pred_start.resize(n + 1, 0);
        let Self { succ_start, succs, .. } = self;
        let succs = |block: Block| {
            let b = block.0 as usize;
            &succs[succ_start[b] as usize..succ_start[b + 1] as usize]
        };
        for &block in &self.order {
            for s in succs(block) {
                self.pred_start[s.0 as usize + 1] += 1;
            }
        }
        for i in 0..n {
            self.pred_start[i + 1] += self.pred_start[i];
        }
        self.preds.clear();
        self.preds.resize(self.pred_start[n] as usize, Func::ENTRY);
        self.next.clone_from(&self.pred_start);
        for &block in &self.order {
            for s in succs(block) {
                let at = &mut self.next[s.0 as usize];
                self.preds[*at as usize] = block;
                *at += 1;
            }
        }
    }

    /// Cooper, Harvey and Kennedy: iterate over the order until nothing changes.
    fn find_idoms(&mut self) {
        self.idom.clear();
        self.idom.resize(self.position.len(), NONE);
        if self.order.is_empty() {
            return;
        }
        self.idom[0] = 0;
        let mut changed = true;
        while changed {
            changed = false;
            for i in 1..self.order.len() {
                let block = self.order[i];
                let mut new = NONE;
                for &pred in self.preds(block) {
                    if self.idom[pred.0 as usize] != NONE {
                        new = if new == NONE { pred.0 } else { self.meet(pred.0, new) };
                    }
                }
                if self.idom[block.0 as usize] != new {
                    self.idom[block.0 as usize] = new;
                    changed = true;
                }
            }
        }
    }

    fn meet(&self, mut a: u32, mut b: u32) -> u32 {
        while a != b {
            while self.position[a as usize] > self.position[b as usize] {
                a = self.idom[a as usize];
            }
            while self.position[b as usize] > self.position[a as usize] {
                b = self.idom[b as usize];
            }
        }
        a
    }

    fn number_dom_tree(&mut self) {
        let n = self.position.len();
        self.dom_order.clear();
        self.interval.clear();
        self.interval.resize(n, (NONE, 0));
        // Subtree sizes bottom up, then preorder numbers top down: children of a block get
        // consecutive ranges in order.
        let Self { size, next, .. } = self;
        size.clear();
        size.resize(n, 1);
        for &block in self.order.iter().skip(1).rev() {
            size[self.idom[block.0 as usize] as usize] += size[block.0 as usize];
        }
        next.clear();
        next.resize(n, 0);
        for &block in &self.order {
            let b = block.0 as usize;
            let mut start = 0;
            if block != Func::ENTRY {
                let parent = self.idom[b] as usize;
                start = next[parent];
                next[parent] += size[b];
            }
            self.interval[b] = (start, start + size[b] - 1);
            next[b] = start + 1;
        }
        self.dom_order.resize(self.order.len(), Func::ENTRY);
        for &block in &self.order {
            self.dom_order[self.interval[block.0 as usize].0 as usize] = block;
        }
    }
}
