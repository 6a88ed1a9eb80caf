//! Orders the selected code: edges become moves and jumps, loops are rotated by repeating their
//! header at the latch, empty blocks disappear.
//!
//! Repeating a block is correct after register assignment: the copy has the same successors, so the
//! same registers are live at each of its points.

use super::NONE;
use super::alloc::Alloc;
use super::cfg::{Cfg, edge, target};
use super::live::Live;
use super::plan::{Test, is_constant};
use super::select::{Cond, MTerm, Select, Source};
use crate::ir::{Func, Opcode, Pos};
use hyp_bytecode::module::StrId;
use hyp_bytecode::op::{Effects, Op};

/// Instructions of a loop header that may be repeated at a latch.
const HEADER_COPY_MAX: u32 = 8;
/// Instructions of another block that may be repeated instead of jumped to.
const BLOCK_COPY_MAX: u32 = 3;
/// Entries that one switch instruction holds.
const SWITCH_MAX: usize = 255;
/// How far back the increment of a counted loop may stand.
const LATCH_DISTANCE: usize = 6;

/// An instruction over machine registers in creation order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Out {
    pub(super) op: Op,
    pub(super) dst: u32,
    pub(super) uses: (u32, u32),
    pub(super) imms: (u32, u32),
    /// Range of branch targets.
    pub(super) labels: (u32, u32),
    /// Block it comes from.
    pub(super) block: u32,
    pub(super) pos: Pos,
    pub(super) note: Option<StrId>,
}

/// The code in its final order.
#[derive(Default)]
pub(super) struct Layout {
    pub(super) out: Vec<Out>,
    pub(super) uses: Vec<u32>,
    pub(super) imms: Vec<u64>,
    pub(super) labels: Vec<u32>,
    /// Index in `out` by label; a block's number is its label.
    pub(super) label_at: Vec<u32>,
    /// Where each block of `Cfg::layout` starts in `out`, then the end.
    pub(super) starts: Vec<u32>,
    /// Whether that block's code is needed.
    pub(super) is_needed: Vec<bool>,
    moves: Vec<(u32, u32)>,
    loads: Vec<(u32, u32)>,
    /// Start of the straight-line code at the end of `out`.
    run_start: usize,
    n_copied: u32,
    copy_max: u32,
    work: Vec<u32>,
}

/// Everything that emission of one function looks at.
struct Env<'a> {
    func: &'a Func,
    cfg: &'a Cfg,
    select: &'a Select,
    live: &'a Live,
}

/// Where emission stands.
#[derive(Clone, Copy)]
struct At {
    /// Block whose code is emitted.
    block: u32,
    /// Block whose code comes next, or `NONE`.
    next: u32,
    /// Number of copies that this code is nested in.
    depth: u32,
}

impl Layout {
    /// Lays out the code of `func`.
    pub(super) fn run(
        &mut self,
        func: &Func,
        cfg: &Cfg,
        select: &Select,
        live: &Live,
        alloc: &mut Alloc,
    ) {
        let env = Env { func, cfg, select, live };
        self.out.clear();
        self.uses.clear();
        self.imms.clear();
        self.labels.clear();
        self.starts.clear();
        self.label_at.clear();
        self.label_at.resize(func.blocks.len(), NONE);
        self.n_copied = 0;
        self.copy_max = 64 + select.insts.len() as u32 / 2;
        for (i, &block) in cfg.layout.iter().enumerate() {
            self.starts.push(self.out.len() as u32);
            self.place(block);
            let next = cfg.layout.get(i + 1).copied().unwrap_or(NONE);
            self.body(&env, alloc, block);
            self.term(&env, alloc, At { block, next, depth: 0 });
        }
        self.starts.push(self.out.len() as u32);
        self.find_needed(cfg);
    }

    // ---- appending

    fn place(&mut self, label: u32) {
        self.label_at[label as usize] = self.out.len() as u32;
        self.run_start = self.out.len();
    }

    fn new_label(&mut self) -> u32 {
        self.label_at.push(NONE);
        self.label_at.len() as u32 - 1
    }

    fn push(&mut self, op: Op, dst: u32, uses: &[u32], imms: &[u64], labels: &[u32], block: u32) {
        let span = |at: usize, n: usize| (at as u32, (at + n) as u32);
        self.out.push(Out {
            op,
            dst,
            uses: span(self.uses.len(), uses.len()),
            imms: span(self.imms.len(), imms.len()),
            labels: span(self.labels.len(), labels.len()),
            block,
            pos: Pos::default(),
            note: None,
        });
        self.uses.extend_from_slice(uses);
        self.imms.extend_from_slice(imms);
        self.labels.extend_from_slice(labels);
    }

    fn locate(&mut self, pos: Pos, note: Option<StrId>) {
        if let Some(last) = self.out.last_mut() {
            last.pos = pos;
            last.note = note;
        }
    }

    fn body(&mut self, env: &Env<'_>, alloc: &Alloc, block: u32) {
        let data = env.select.blocks[block as usize];
        for inst in &env.select.insts[data.first as usize..data.last as usize] {
            let dst = if inst.dst == NONE { NONE } else { alloc.reg(inst.dst) };
            let at = self.uses.len();
            self.uses.extend(env.select.uses_of(inst).iter().map(|&u| alloc.reg(u)));
            if inst.op == Op::Mov && self.uses[at] == dst {
                self.uses.truncate(at);
                continue;
            }
            let imms_at = self.imms.len();
            self.imms.extend_from_slice(env.select.imms_of(inst));
            self.out.push(Out {
                op: inst.op,
                dst,
                uses: (at as u32, self.uses.len() as u32),
                imms: (imms_at as u32, self.imms.len() as u32),
                labels: (0, 0),
                block,
                pos: inst.pos,
                note: inst.note,
            });
        }
    }

    // ---- edges

    /// Collects the moves and constant loads of edge `i` of `block`.
    fn collect_moves(&mut self, env: &Env<'_>, alloc: &Alloc, block: u32, i: u32) {
        self.moves.clear();
        self.loads.clear();
        let Some(e) = edge(&env.func.blocks[block as usize].term, i) else { return };
        let params = &env.func.blocks[e.block.0 as usize].params;
        for (&param, &arg) in params.iter().zip(&e.args) {
            if !env.select.is_used(param) {
                continue;
            }
            let dst = alloc.reg(param.0);
            match env.select.source(env.func, block, param, arg) {
                Source::Reg(src) if alloc.reg(src) == dst => {}
                Source::Reg(src) => self.moves.push((dst, alloc.reg(src))),
                Source::Constant(inst) => self.loads.push((dst, inst)),
            }
        }
    }

    fn has_moves(&mut self, env: &Env<'_>, alloc: &Alloc, block: u32, i: u32) -> bool {
        self.collect_moves(env, alloc, block, i);
        !self.moves.is_empty() || !self.loads.is_empty()
    }

    fn edge_moves(&mut self, env: &Env<'_>, alloc: &mut Alloc, block: u32, i: u32) {
        self.collect_moves(env, alloc, block, i);
        let mut moves = std::mem::take(&mut self.moves);
        super::moves::sequence(
            &mut moves,
            |reg| alloc.scratch(reg),
            |dst, src| self.push(Op::Mov, dst, &[src], &[], &[], block),
        );
        self.moves = moves;
        for k in 0..self.loads.len() {
            let (dst, inst) = self.loads[k];
            let data = &env.func.insts[inst as usize];
            if let Opcode::Op(op) = data.op {
                debug_assert!(is_constant(data.op));
                self.push(op, dst, &[], &data.imms, &[], block);
            }
        }
    }

    /// Follows empty blocks from the target of an edge that needs no moves.
    fn thread(&mut self, env: &Env<'_>, alloc: &Alloc, block: u32, i: u32) -> u32 {
        let Some(e) = edge(&env.func.blocks[block as usize].term, i) else { return NONE };
        let mut to = target(e);
        for _ in 0..32 {
            let data = env.select.blocks[to as usize];
            let MTerm::Jump(i) = data.term else { break };
            if data.first != data.last || self.has_moves(env, alloc, to, i) {
                break;
            }
            match edge(&env.func.blocks[to as usize].term, i) {
                Some(e) => to = target(e),
                None => break,
            }
        }
        to
    }

    /// Moves of an edge, then on to its target.
    fn take(&mut self, env: &Env<'_>, alloc: &mut Alloc, at: At, i: u32) {
        self.edge_moves(env, alloc, at.block, i);
        let to = self.thread(env, alloc, at.block, i);
        self.go(env, alloc, at, i, to);
    }

    /// On to the target of edge `i`, whose moves are done; `to` is where empty blocks lead from it.
    fn go(&mut self, env: &Env<'_>, alloc: &mut Alloc, at: At, i: u32, to: u32) {
        if self.is_next(env, at, i, to) {
            return;
        }
        if self.can_copy(env, at, to) {
            self.n_copied += 1 + size(env, to);
            self.body(env, alloc, to);
            self.term(env, alloc, At { block: to, depth: at.depth + 1, ..at });
        } else {
            self.push(Op::Jump, NONE, &[], &[], &[to], at.block);
        }
    }

    /// Whether to repeat the code of `to` instead of jumping to it.
    fn can_copy(&self, env: &Env<'_>, at: At, to: u32) -> bool {
        let n = size(env, to);
        if at.depth >= 3 || at.block == to || self.n_copied + n >= self.copy_max {
            return false;
        }
        match env.select.blocks[to as usize].term {
            MTerm::Return(_) | MTerm::ReturnNull => n < BLOCK_COPY_MAX,
            MTerm::Branch(_) => is_back_edge(env, at.block, to) && n <= HEADER_COPY_MAX,
            // A latch that several blocks continue at: only if its header follows as well.
            MTerm::Jump(i) => {
                let Some(e) = edge(&env.func.blocks[to as usize].term, i) else { return false };
                let then = At { block: to, next: NONE, depth: at.depth + 1 };
                n <= BLOCK_COPY_MAX
                    && is_back_edge(env, to, target(e))
                    && self.can_copy(env, then, target(e))
            }
            _ => false,
        }
    }

    // ---- terminators

    fn term(&mut self, env: &Env<'_>, alloc: &mut Alloc, at: At) {
        let data = env.select.blocks[at.block as usize];
        match data.term {
            MTerm::Jump(i) => self.take(env, alloc, at, i),
            MTerm::Branch(cond) => self.branch(env, alloc, at, &cond),
            MTerm::Switch { on, temp } => self.switch(env, alloc, at, on, temp),
            MTerm::Return(v) => self.push(Op::Ret, NONE, &[alloc.reg(v)], &[], &[], at.block),
            MTerm::ReturnNull => self.push(Op::RetNull, NONE, &[], &[], &[], at.block),
            MTerm::Throw(v) => {
                self.push(Op::Throw, NONE, &[alloc.reg(v)], &[], &[], at.block);
                self.locate(data.term_pos, None);
            }
            MTerm::Raise(kind, text) => {
                let imms = [kind as u64, u64::from(text.0)];
                self.push(Op::Raise, NONE, &[], &imms, &[], at.block);
                self.locate(data.term_pos, None);
            }
        }
    }

    fn branch(&mut self, env: &Env<'_>, alloc: &mut Alloc, at: At, cond: &Cond) {
        let block = at.block;
        // Jumps to edge 0 and to edge 1.
        let jumps = [cond.test.jump(!cond.is_inverted), cond.test.jump(cond.is_inverted)];
        let has_moves = [0, 1].map(|i| self.has_moves(env, alloc, block, i));
        let to = [0, 1].map(|i| self.thread(env, alloc, block, i));
        for i in [0, 1] {
            if has_moves[i]
                && !has_moves[1 - i]
                && to[i] != at.next
                && self.can_move_early(env, alloc, at, i as u32, cond)
            {
                self.edge_moves(env, alloc, block, i as u32);
                self.two_way(env, alloc, at, cond, jumps, [false, false], to, true);
                return;
            }
        }
        self.two_way(env, alloc, at, cond, jumps, has_moves, to, false);
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one branch")]
    fn two_way(
        &mut self,
        env: &Env<'_>,
        alloc: &mut Alloc,
        at: At,
        cond: &Cond,
        jumps: [Option<Op>; 2],
        has_moves: [bool; 2],
        to: [u32; 2],
        moves_done: bool,
    ) {
        // `jumped`: the edge that the branch is taken for; the other one follows in the code.
        let preferred = match has_moves {
            [false, true] => 0,
            [true, false] => 1,
            _ if self.is_next(env, at, 0, to[0]) => 1,
            _ if self.is_next(env, at, 1, to[1]) => 0,
            _ => self.hotter(env, to),
        };
        let jumped = if jumps[preferred].is_some() { preferred } else { 1 - preferred };
        let Some(op) = jumps[jumped] else { return };
        if !has_moves[jumped] {
            self.jump_if(alloc, at.block, cond, op, to[jumped]);
            self.follow(env, alloc, at, 1 - jumped, to, moves_done);
            return;
        }
        let label = self.new_label();
        self.jump_if(alloc, at.block, cond, op, label);
        self.follow(env, alloc, At { next: NONE, ..at }, 1 - jumped, to, moves_done);
        self.place(label);
        self.follow(env, alloc, at, jumped, to, moves_done);
    }

    fn follow(
        &mut self,
        env: &Env<'_>,
        alloc: &mut Alloc,
        at: At,
        i: usize,
        to: [u32; 2],
        moves_done: bool,
    ) {
        if !moves_done {
            self.edge_moves(env, alloc, at.block, i as u32);
        }
        self.go(env, alloc, at, i as u32, to[i]);
    }

    fn is_next(&self, env: &Env<'_>, at: At, i: u32, to: u32) -> bool {
        let direct = edge(&env.func.blocks[at.block as usize].term, i).map_or(NONE, target);
        at.next != NONE && (to == at.next || direct == at.next)
    }

    /// Which of two targets is likely to be reached more often.
    fn hotter(&self, env: &Env<'_>, to: [u32; 2]) -> usize {
        let heat = to.map(|b| (!env.cfg.cold[b as usize], env.cfg.depth(b)));
        usize::from(heat[1] > heat[0])
    }

    /// Whether the moves of edge `i` may come before the branch: that saves a jump.
    fn can_move_early(
        &mut self,
        env: &Env<'_>,
        alloc: &Alloc,
        at: At,
        i: u32,
        cond: &Cond,
    ) -> bool {
        let other = edge(&env.func.blocks[at.block as usize].term, 1 - i).map_or(NONE, target);
        let to = edge(&env.func.blocks[at.block as usize].term, i).map_or(NONE, target);
        if env.cfg.depth(to) < env.cfg.depth(other) || env.cfg.cold[to as usize] {
            return false;
        }
        // A branch that raises needs the values of before the moves only in its handler, which
        // cannot see parameters of later blocks; its operands are checked below.
        self.collect_moves(env, alloc, at.block, i);
        if self.moves.len() + self.loads.len() > 2 {
            return false;
        }
        let start = env.select.blocks[other as usize].start;
        let read = [cond.a, cond.b].map(|v| if v == NONE { NONE } else { alloc.reg(v) });
        let dsts = self.moves.iter().map(|m| m.0).chain(self.loads.iter().map(|l| l.0));
        dsts.into_iter().all(|dst| {
            !read.contains(&dst)
                && !alloc.is_live(env.live, dst, start)
                && env.cfg.handler[at.block as usize] == NONE
        })
    }

    fn jump_if(&mut self, alloc: &Alloc, block: u32, cond: &Cond, op: Op, label: u32) {
        let a = alloc.reg(cond.a);
        let b = if cond.b == NONE { NONE } else { alloc.reg(cond.b) };
        if matches!(op, Op::JumpLtF64 | Op::JumpLeF64) && self.counted(op, a, b, label) {
            return;
        }
        let has_imm = matches!(
            cond.test,
            Test::IsType | Test::LtF64K | Test::LeF64K | Test::GtF64K | Test::GeF64K | Test::EqF64K
        );
        let imms = [cond.imm];
        let regs = [a, b];
        let n_regs = if b == NONE { 1 } else { 2 };
        self.push(op, NONE, &regs[..n_regs], &imms[..usize::from(has_imm)], &[label], block);
        self.locate(cond.pos, cond.note);
    }

    /// Merges the increment of `i` shortly before with the comparison of `i` against `limit`.
    fn counted(&mut self, op: Op, i: u32, limit: u32, label: u32) -> bool {
        if i == limit {
            return false;
        }
        let from = self.run_start.max(self.out.len().saturating_sub(LATCH_DISTANCE));
        for k in (from..self.out.len()).rev() {
            let Out { op: prior, dst, uses, imms, .. } = self.out[k];
            let reads = &self.uses[uses.0 as usize..uses.1 as usize];
            if prior == Op::AddF64K && dst == i && reads == [i] {
                let step = self.imms[imms.0 as usize];
                let op = if op == Op::JumpLtF64 { Op::ForLtF64 } else { Op::ForLeF64 };
                let block = self.out[k].block;
                self.out.remove(k);
                self.push(op, i, &[limit], &[step], &[label], block);
                return true;
            }
            let blocked = Effects::THROWS.0 | Effects::BRANCHES.0 | Effects::ENDS.0;
            if dst == i || reads.contains(&i) || prior.spec().effects.0 & blocked != 0 {
                return false;
            }
        }
        false
    }

    fn switch(&mut self, env: &Env<'_>, alloc: &mut Alloc, at: At, on: u32, temp: u32) {
        let term = &env.func.blocks[at.block as usize].term;
        let n = (0..).take_while(|&i| edge(term, i).is_some()).count().saturating_sub(1);
        let mut labels = Vec::with_capacity(n);
        let mut stubs = Vec::new();
        for i in 0..n as u32 {
            if self.has_moves(env, alloc, at.block, i) {
                let label = self.new_label();
                stubs.push((label, i));
                labels.push(label);
            } else {
                labels.push(self.thread(env, alloc, at.block, i));
            }
        }
        let mut selector = alloc.reg(on);
        for (k, chunk) in labels.chunks(SWITCH_MAX).enumerate() {
            if k > 0 {
                // Exact for every selector that the following entries can match.
                let rest = alloc.reg(temp);
                let step = (-(SWITCH_MAX as f64)).to_bits();
                self.push(Op::AddF64K, rest, &[selector], &[step], &[], at.block);
                selector = rest;
            }
            self.push(Op::SwitchF64, NONE, &[selector], &[], chunk, at.block);
        }
        let next = if stubs.is_empty() { at.next } else { NONE };
        self.take(env, alloc, At { next, ..at }, n as u32);
        let n_stubs = stubs.len();
        for (k, (label, i)) in stubs.into_iter().enumerate() {
            self.place(label);
            let next = if k + 1 == n_stubs { at.next } else { NONE };
            self.take(env, alloc, At { next, ..at }, i);
        }
    }

    // ---- unneeded code

    /// Copies can leave the original without a way to reach it.
    fn find_needed(&mut self, cfg: &Cfg) {
        self.is_needed.clear();
        self.is_needed.resize(cfg.layout.len(), false);
        // Position of a block in the layout.
        let mut place = vec![NONE; self.label_at.len()];
        for (k, &b) in cfg.layout.iter().enumerate() {
            place[b as usize] = k as u32;
        }
        self.work.clear();
        self.work.push(0);
        while let Some(k) = self.work.pop() {
            let k = k as usize;
            if k >= self.is_needed.len() || std::mem::replace(&mut self.is_needed[k], true) {
                continue;
            }
            let code = self.starts[k] as usize..self.starts[k + 1] as usize;
            let falls_through = self.out[code.clone()]
                .last()
                .is_none_or(|o| !o.op.spec().effects.has(Effects::ENDS));
            if falls_through {
                self.work.push(k as u32 + 1);
            }
            for inst in &self.out[code] {
                let labels = &self.labels[inst.labels.0 as usize..inst.labels.1 as usize];
                self.work.extend(labels.iter().map(|&l| place[l as usize]).filter(|&p| p != NONE));
                if !super::cfg::can_raise(inst.op) {
                    continue;
                }
                // A `catch` also leads to the `finally` around it, by `Exit`.
                let mut handler = cfg.handler[inst.block as usize];
                while handler != NONE {
                    self.work.push(place[handler as usize]);
                    handler = cfg.handler[handler as usize];
                }
            }
        }
    }
}

/// Number of instructions of a block, its terminator not included.
fn size(env: &Env<'_>, block: u32) -> u32 {
    let data = &env.select.blocks[block as usize];
    data.last - data.first
}

/// Whether an edge leads from inside a loop to its header.
fn is_back_edge(env: &Env<'_>, from: u32, to: u32) -> bool {
    env.cfg.loop_with_header(to).is_some_and(|l| env.cfg.in_loop(from, l))
}
