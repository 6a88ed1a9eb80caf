//! Control flow of one function: reachability, dominators, loops, cold code, block order.

use super::NONE;
use crate::ir::{Block, Edge, Func, Opcode, Term};
use hyp_bytecode::op::{Effects, Op};

/// A natural loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loop {
    /// Block that dominates the others.
    pub(super) header: u32,
    /// Directly surrounding loop, or `NONE`.
    pub(super) parent: u32,
    /// Nesting, from 1.
    pub(super) depth: u32,
    /// The outermost loop around this one, itself included.
    pub(super) outermost: u32,
}

/// What code emission knows about the control flow. All tables are indexed by block unless noted.
#[derive(Default)]
pub(super) struct Cfg {
    /// Reachable blocks in reverse post order.
    pub(super) rpo: Vec<u32>,
    /// Position in `rpo`, or `NONE` if unreachable.
    pub(super) rpo_num: Vec<u32>,
    /// Immediate dominator; the entry's is itself.
    pub(super) idom: Vec<u32>,
    /// Handler that is really needed: the block can raise an error.
    pub(super) handler: Vec<u32>,
    /// Innermost loop, or `NONE`.
    pub(super) loop_of: Vec<u32>,
    /// The loops, inner ones first.
    pub(super) loops: Vec<Loop>,
    /// Rarely executed: ends in an error or only follows one.
    pub(super) cold: Vec<bool>,
    /// Reachable blocks, the blocks of each loop contiguous.
    pub(super) lin: Vec<u32>,
    /// Position in `lin`.
    pub(super) lin_num: Vec<u32>,
    /// `lin` with the cold blocks at the end: the order of the code.
    pub(super) layout: Vec<u32>,
    /// Successors of block `b` are `succs[succ_at[b]..succ_at[b + 1]]`.
    succ_at: Vec<u32>,
    succs: Vec<u32>,
    pred_at: Vec<u32>,
    pred_end: Vec<u32>,
    preds: Vec<u32>,
    stack: Vec<(u32, u32)>,
    work: Vec<u32>,
    first_item: Vec<u32>,
    last_item: Vec<u32>,
    next_block: Vec<u32>,
    next_loop: Vec<u32>,
}

/// Value of a branch condition that is a constant.
pub(super) fn known_condition(func: &Func, term: &Term) -> Option<bool> {
    let Term::Branch { cond, .. } = term else { return None };
    let inst = super::defining_inst(func, super::resolve(func, *cond))?;
    let data = &func.insts[inst as usize];
    (data.op == Opcode::Op(Op::LoadBool)).then(|| data.imms.first().is_some_and(|&k| k != 0))
}

/// Edge `i` of a terminator: `then`, `other`; the cases, then the default.
pub(super) fn edge(term: &Term, i: u32) -> Option<&Edge> {
    match term {
        Term::Jump(e) => (i == 0).then_some(e),
        Term::Branch { then, other, .. } => match i {
            0 => Some(then),
            1 => Some(other),
            _ => None,
        },
        Term::Switch { cases, default, .. } => match cases.get(i as usize) {
            Some(e) => Some(e),
            None => (i as usize == cases.len()).then_some(default),
        },
        _ => None,
    }
}

/// Whether an instruction can raise an error (a failed allocation included).
pub(super) fn can_raise(op: Op) -> bool {
    let effects = op.spec().effects;
    effects.has(Effects::THROWS) || effects.has(Effects::ALLOCS)
}

impl Cfg {
    /// Analyses `func`.
    pub(super) fn run(&mut self, func: &Func) {
        let n = func.blocks.len();
        self.find_handlers(func);
        self.find_succs(func);
        self.number(n);
        self.find_preds(n);
        self.find_dominators(n);
        self.find_loops(n);
        self.find_cold(func, n);
        self.order(n);
    }

    /// Blocks from which control or an error reaches `b`, each once.
    pub(super) fn preds(&self, b: u32) -> &[u32] {
        &self.preds[self.pred_at[b as usize] as usize..self.pred_end[b as usize] as usize]
    }

    /// Nesting depth of the loops around `b`.
    pub(super) fn depth(&self, b: u32) -> u32 {
        match self.loop_of[b as usize] {
            NONE => 0,
            l => self.loops[l as usize].depth,
        }
    }

    /// Whether block `b` belongs to loop `l`.
    pub(super) fn in_loop(&self, b: u32, l: u32) -> bool {
        let mut at = self.loop_of[b as usize];
        while at != NONE && at < l {
            at = self.loops[at as usize].parent;
        }
        at == l
    }

    /// The loop whose header is `b`.
    pub(super) fn loop_with_header(&self, b: u32) -> Option<u32> {
        let l = self.loop_of[b as usize];
        (l != NONE && self.loops[l as usize].header == b).then_some(l)
    }

    fn find_handlers(&mut self, func: &Func) {
        self.handler.clear();
        self.handler.extend(func.blocks.iter().map(|block| {
            let Some(handler) = block.handler else { return NONE };
            let raises = matches!(block.term, Term::Throw(_) | Term::Raise(..))
                || block.insts.iter().any(|&i| match func.insts[i.0 as usize].op {
                    Opcode::Op(op) => can_raise(op),
                    Opcode::SlotGet | Opcode::SlotSet => false,
                });
            if raises { handler.0 } else { NONE }
        }));
        // `Exit` passes by a `catch` on its way to the `finally` around it, even if nothing in the
        // `catch` block can raise.
        for b in 0..func.blocks.len() {
            let mut at = self.handler[b];
            while at != NONE && !func.blocks[at as usize].is_cleanup {
                let outer = func.blocks[at as usize].handler.map_or(NONE, |h| h.0);
                self.handler[at as usize] = outer;
                at = outer;
            }
        }
    }

    /// Lists the successors; those that should come later in the code first.
    fn find_succs(&mut self, func: &Func) {
        self.succ_at.clear();
        self.succs.clear();
        let target = |e: &Edge| e.block.0;
        for (block, &handler) in func.blocks.iter().zip(&self.handler) {
            self.succ_at.push(self.succs.len() as u32);
            if handler != NONE {
                self.succs.push(handler);
            }
            match &block.term {
                Term::Jump(e) => self.succs.push(target(e)),
                Term::Branch { cond, then, other } => match known_condition(func, &block.term) {
                    Some(true) => self.succs.push(target(then)),
                    Some(false) => self.succs.push(target(other)),
                    None if falls_to_other(func, *cond) => {
                        self.succs.extend([target(then), target(other)]);
                    }
                    None => self.succs.extend([target(other), target(then)]),
                },
                Term::Switch { cases, default, .. } => {
                    self.succs.push(target(default));
                    self.succs.extend(cases.iter().rev().map(target));
                }
                _ => {}
            }
        }
        self.succ_at.push(self.succs.len() as u32);
    }

    /// Successors of a block, the handler first.
    fn succs(&self, b: u32) -> &[u32] {
        &self.succs[self.succ_at[b as usize] as usize..self.succ_at[b as usize + 1] as usize]
    }

    fn number(&mut self, n: usize) {
        self.rpo.clear();
        self.rpo_num.clear();
        self.rpo_num.resize(n, NONE);
        if n == 0 {
            return;
        }
        self.stack.clear();
        self.stack.push((0, self.succ_at[0]));
        self.rpo_num[0] = 0;
        while let Some((b, at)) = self.stack.last_mut() {
            if *at < self.succ_at[*b as usize + 1] {
                let s = self.succs[*at as usize];
                *at += 1;
                if self.rpo_num[s as usize] == NONE {
                    self.rpo_num[s as usize] = 0;
                    self.stack.push((s, self.succ_at[s as usize]));
                }
            } else {
                self.rpo.push(*b);
                self.stack.pop();
            }
        }
        self.rpo.reverse();
        for (i, &b) in self.rpo.iter().enumerate() {
            self.rpo_num[b as usize] = i as u32;
        }
    }

    fn find_preds(&mut self, n: usize) {
        let Self { succ_at, succs, .. } = self;
        let succs = |b: u32| &succs[succ_at[b as usize] as usize..succ_at[b as usize + 1] as usize];
        self.pred_at.clear();
        self.pred_at.resize(n + 1, 0);
        for &b in &self.rpo {
            for &s in succs(b) {
                self.pred_at[s as usize + 1] += 1;
            }
        }
        for b in 0..n {
            self.pred_at[b + 1] += self.pred_at[b];
        }
        self.pred_end.clear();
        self.pred_end.extend_from_slice(&self.pred_at[..n]);
        self.preds.clear();
        self.preds.resize(self.pred_at[n] as usize, NONE);
        for &b in &self.rpo {
            for &s in succs(b) {
                let s = s as usize;
                let end = self.pred_end[s];
                if end == self.pred_at[s] || self.preds[end as usize - 1] != b {
                    self.preds[end as usize] = b;
                    self.pred_end[s] += 1;
                }
            }
        }
    }

    /// Cooper, Harvey, Kennedy: "A simple, fast dominance algorithm".
    fn find_dominators(&mut self, n: usize) {
        self.idom.clear();
        self.idom.resize(n, NONE);
        let Some(&entry) = self.rpo.first() else { return };
        self.idom[entry as usize] = entry;
        let mut changed = true;
        while changed {
            changed = false;
            for i in 1..self.rpo.len() {
                let b = self.rpo[i];
                let mut new = NONE;
                for &p in self.preds(b) {
                    if self.idom[p as usize] == NONE {
                        continue;
                    }
                    new = if new == NONE { p } else { self.common_dominator(p, new) };
                }
                if self.idom[b as usize] != new {
                    self.idom[b as usize] = new;
                    changed = true;
                }
            }
        }
    }

    fn common_dominator(&self, mut a: u32, mut b: u32) -> u32 {
        while a != b {
            while self.rpo_num[a as usize] > self.rpo_num[b as usize] {
                a = self.idom[a as usize];
            }
            while self.rpo_num[b as usize] > self.rpo_num[a as usize] {
                b = self.idom[b as usize];
            }
        }
        a
    }

    fn dominates(&self, a: u32, mut b: u32) -> bool {
        while self.rpo_num[b as usize] > self.rpo_num[a as usize] {
            b = self.idom[b as usize];
        }
        a == b
    }

    fn find_loops(&mut self, n: usize) {
        self.loops.clear();
        self.loop_of.clear();
        self.loop_of.resize(n, NONE);
        for i in (0..self.rpo.len()).rev() {
            let header = self.rpo[i];
            self.work.clear();
            let (start, end) = (self.pred_at[header as usize], self.pred_end[header as usize]);
            for k in start..end {
                let p = self.preds[k as usize];
                if self.rpo_num[p as usize] as usize >= i && self.dominates(header, p) {
                    self.work.push(p);
                }
            }
            if !self.work.is_empty() {
                let l = self.loops.len() as u32;
                self.loops.push(Loop { header, parent: NONE, depth: 1, outermost: l });
                self.fill_loop(l, header);
            }
        }
        for l in (0..self.loops.len()).rev() {
            let parent = self.loops[l].parent;
            if parent != NONE {
                let outer = self.loops[parent as usize];
                self.loops[l].depth = outer.depth + 1;
                self.loops[l].outermost = outer.outermost;
            }
        }
    }

    /// Walks backward from the latches in `work`.
    fn fill_loop(&mut self, l: u32, header: u32) {
        while let Some(b) = self.work.pop() {
            let mut inner = self.loop_of[b as usize];
            let from = if inner == NONE {
                self.loop_of[b as usize] = l;
                if b == header {
                    continue;
                }
                b
            } else {
                while self.loops[inner as usize].parent != NONE {
                    inner = self.loops[inner as usize].parent;
                }
                if inner == l {
                    continue;
                }
                self.loops[inner as usize].parent = l;
                self.loops[inner as usize].header
            };
            for k in self.pred_at[from as usize]..self.pred_end[from as usize] {
                self.work.push(self.preds[k as usize]);
            }
        }
        self.loop_of[header as usize] = l;
    }

    fn find_cold(&mut self, func: &Func, n: usize) {
        self.cold.clear();
        self.cold.resize(n, false);
        for &b in &self.rpo {
            if matches!(func.blocks[b as usize].term, Term::Throw(_) | Term::Raise(..)) {
                self.cold[b as usize] = true;
            }
            let handler = self.handler[b as usize];
            if handler != NONE {
                self.cold[handler as usize] = true;
            }
        }
        for i in (0..self.rpo.len()).rev() {
            let b = self.rpo[i];
            let first = usize::from(self.handler[b as usize] != NONE);
            let next = self.succs(b).get(first..).unwrap_or(&[]);
            if !next.is_empty() && next.iter().all(|&s| self.cold[s as usize]) {
                self.cold[b as usize] = true;
            }
        }
        for i in 1..self.rpo.len() {
            let b = self.rpo[i];
            if self.preds(b).iter().all(|&p| self.cold[p as usize]) {
                self.cold[b as usize] = true;
            }
        }
    }

    /// Flattens the loop tree in reverse post order, then moves cold blocks to the end.
    fn order(&mut self, n: usize) {
        // List 0 is the code outside loops, list l + 1 loop l. An item is a block (even) or a
        // loop (odd) that stands in the list of its parent.
        let lists = self.loops.len() + 1;
        for table in [&mut self.first_item, &mut self.last_item] {
            table.clear();
            table.resize(lists, NONE);
        }
        self.next_block.clear();
        self.next_block.resize(n, NONE);
        self.next_loop.clear();
        self.next_loop.resize(lists, NONE);
        for i in 0..self.rpo.len() {
            let b = self.rpo[i];
            let l = self.loop_of[b as usize];
            if self.loop_with_header(b).is_some() {
                self.append(self.loops[l as usize].parent, l * 2 + 1);
            }
            self.append(l, b * 2);
        }
        self.lin.clear();
        self.work.clear();
        self.work.push(self.first_item[0]);
        while let Some(item) = self.work.pop() {
            if item == NONE {
                continue;
            }
            self.work.push(self.next_item(item));
            if item & 1 == 0 {
                self.lin.push(item / 2);
            } else {
                self.work.push(self.first_item[item as usize / 2 + 1]);
            }
        }
        self.lin_num.clear();
        self.lin_num.resize(n, NONE);
        for (i, &b) in self.lin.iter().enumerate() {
            self.lin_num[b as usize] = i as u32;
        }
        let is_late = |b: u32| b != 0 && self.cold[b as usize];
        self.layout.clear();
        self.layout.extend(self.lin.iter().copied().filter(|&b| !is_late(b)));
        self.layout.extend(self.lin.iter().copied().filter(|&b| is_late(b)));
    }

    fn next_item(&self, item: u32) -> u32 {
        let table = if item & 1 == 0 { &self.next_block } else { &self.next_loop };
        table[item as usize / 2]
    }

    fn append(&mut self, l: u32, item: u32) {
        let list = if l == NONE { 0 } else { l as usize + 1 };
        let last = self.last_item[list];
        if last == NONE {
            self.first_item[list] = item;
        } else if last & 1 == 0 {
            self.next_block[last as usize / 2] = item;
        } else {
            self.next_loop[last as usize / 2] = item;
        }
        self.last_item[list] = item;
    }
}

/// Conditions that have a jump for one outcome only: the other one should follow the branch.
fn falls_to_other(func: &Func, cond: crate::ir::Value) -> bool {
    super::defining_inst(func, super::resolve(func, cond))
        .is_some_and(|i| func.insts[i as usize].op == Opcode::Op(Op::IsPassed))
}

/// The target of an edge as an index.
pub(super) fn target(edge: &Edge) -> u32 {
    let Block(b) = edge.block;
    b
}
