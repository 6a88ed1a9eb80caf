//! Live ranges of virtual registers, with holes.
//!
//! For each register the blocks from its uses up to its definition are walked, so the cost is the
//! size of the result and irreducible control flow needs no special case.

use super::cfg::Cfg;
use super::select::Select;
use super::{EmitError, EmitErrorKind, NONE};
use crate::ir::{Func, Pos};

/// Program points `start..end`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Range {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// Ranges that a register may have in the common list after it was merged with others.
const SHORT_MAX: usize = 32;
/// Instead of a number of ranges: they are a list of their own.
const LONG: u32 = u32::MAX;

/// Live ranges by register.
#[derive(Default)]
pub(super) struct Live {
    /// Ranges of all registers.
    ranges: Vec<Range>,
    /// Where the ranges of a register begin in `ranges`, and their number; or an index of `long` and
    /// [`LONG`]. Ascending, disjoint.
    of: Vec<(u32, u32)>,
    /// Ranges of registers that were merged with many: a copy for each of these would take memory in
    /// proportion to the square of their number.
    long: Vec<Vec<Range>>,
    added: Vec<Range>,
    read_at: Vec<u32>,
    reads: Vec<(u32, u32)>,
    /// By block: the register that was last found live at its start.
    seen: Vec<u32>,
    /// By block: the last point at which that register is live.
    last: Vec<u32>,
    /// By block: the number of registers that are live at its start.
    n_live_in: Vec<u32>,
    touched: Vec<u32>,
    work: Vec<u32>,
    registers_max: usize,
}

impl Live {
    /// Ranges of a register.
    pub(super) fn of(&self, reg: u32) -> &[Range] {
        match self.of[reg as usize] {
            (at, LONG) => &self.long[at as usize],
            (at, n) => &self.ranges[at as usize..(at + n) as usize],
        }
    }

    /// Gives `a` the union of its ranges and those of `b`; they do not overlap.
    pub(super) fn join(&mut self, a: u32, b: u32) {
        let (more, fewer) = if self.of(a).len() >= self.of(b).len() { (a, b) } else { (b, a) };
        let mut added = std::mem::take(&mut self.added);
        added.clear();
        added.extend_from_slice(self.of(fewer));
        self.of[a as usize] = match self.of[more as usize] {
            (at, LONG) => {
                insert(&mut self.long[at as usize], 0, &added);
                (at, LONG)
            }
            (at, n) if n as usize + added.len() <= SHORT_MAX => {
                let joined = self.ranges.len();
                self.ranges.extend_from_within(at as usize..(at + n) as usize);
                insert(&mut self.ranges, joined, &added);
                (joined as u32, (self.ranges.len() - joined) as u32)
            }
            _ => {
                let mut own = self.of(more).to_vec();
                insert(&mut own, 0, &added);
                self.long.push(own);
                (self.long.len() as u32 - 1, LONG)
            }
        };
        self.added = added;
    }

    /// Computes the ranges of all registers that have a definition.
    pub(super) fn run(
        &mut self,
        func: &Func,
        cfg: &Cfg,
        select: &Select,
        registers_max: usize,
    ) -> Result<(), EmitError> {
        self.registers_max = registers_max;
        let n_regs = select.reps.len();
        self.sort_reads(select, n_regs);
        self.ranges.clear();
        self.long.clear();
        self.of.clear();
        self.of.resize(n_regs, (0, 0));
        let n_blocks = func.blocks.len();
        for table in [&mut self.seen, &mut self.last, &mut self.n_live_in] {
            table.clear();
        }
        self.seen.resize(n_blocks, NONE);
        self.last.resize(n_blocks, 0);
        self.n_live_in.resize(n_blocks, 0);
        for reg in 0..n_regs as u32 {
            if select.def_at[reg as usize] != NONE {
                self.find(func, cfg, select, reg)?;
            }
        }
        Ok(())
    }

    fn sort_reads(&mut self, select: &Select, n_regs: usize) {
        self.read_at.clear();
        self.read_at.resize(n_regs + 1, 0);
        for read in &select.reads {
            self.read_at[read.reg as usize + 1] += 1;
        }
        for reg in 0..n_regs {
            self.read_at[reg + 1] += self.read_at[reg];
        }
        self.reads.clear();
        self.reads.resize(select.reads.len(), (0, 0));
        // Filling from the back turns each end into the start.
        for read in select.reads.iter().rev() {
            let at = &mut self.read_at[read.reg as usize + 1];
            *at -= 1;
            self.reads[*at as usize] = (read.at, read.point);
        }
    }

    fn reads_of(&self, reg: u32) -> std::ops::Range<usize> {
        let start = self.read_at[reg as usize + 1] as usize;
        let end = self.read_at.get(reg as usize + 2).map_or(self.reads.len(), |&e| e as usize);
        start..end
    }

    fn find(&mut self, func: &Func, cfg: &Cfg, select: &Select, reg: u32) -> Result<(), EmitError> {
        let def_block = cfg.lin[select.def_at[reg as usize] as usize];
        let def = select.def_point[reg as usize];
        let mut own_end = def + 1;
        self.touched.clear();
        for k in self.reads_of(reg) {
            let (at, point) = self.reads[k];
            let block = cfg.lin[at as usize];
            if block == def_block && point >= def {
                own_end = own_end.max(point + 1);
                continue;
            }
            self.enter(block, reg, point + 1);
            while let Some(b) = self.work.pop() {
                for &p in cfg.preds(b) {
                    let end = select.blocks[p as usize].end;
                    if p == def_block {
                        own_end = own_end.max(end);
                    } else {
                        self.enter(p, reg, end);
                    }
                }
            }
        }
        let at = self.ranges.len();
        self.push_range(at, def, own_end);
        if !self.touched.is_empty() {
            self.push_touched(func, select, at)?;
        }
        self.of[reg as usize] = (at as u32, (self.ranges.len() - at) as u32);
        Ok(())
    }

    /// Notes that `reg` is live from the start of `block` up to `end`.
    fn enter(&mut self, block: u32, reg: u32, end: u32) {
        let b = block as usize;
        if self.seen[b] == reg {
            self.last[b] = self.last[b].max(end);
        } else {
            self.seen[b] = reg;
            self.last[b] = end;
            self.touched.push(block);
            self.work.push(block);
        }
    }

    fn push_touched(&mut self, func: &Func, select: &Select, at: usize) -> Result<(), EmitError> {
        for k in 0..self.touched.len() {
            let b = self.touched[k] as usize;
            let block = &select.blocks[b];
            self.ranges.push(Range { start: block.start, end: self.last[b] });
            self.n_live_in[b] += 1;
            if self.n_live_in[b] as usize > self.registers_max {
                let pos = first_pos(func, b);
                return Err(EmitError { kind: EmitErrorKind::TooManyRegisters, pos });
            }
        }
        let own = &mut self.ranges[at..];
        own.sort_unstable_by_key(|r| r.start);
        let mut kept = 0;
        for k in 1..own.len() {
            if own[k].start <= own[kept].end {
                own[kept].end = own[kept].end.max(own[k].end);
            } else {
                kept += 1;
                own[kept] = own[k];
            }
        }
        self.ranges.truncate(at + kept + 1);
        Ok(())
    }

    fn push_range(&mut self, at: usize, start: u32, end: u32) {
        debug_assert_eq!(at, self.ranges.len());
        self.ranges.push(Range { start, end });
    }
}

/// Merges ranges into those of `list` from `at` on, which they do not overlap.
fn insert(list: &mut Vec<Range>, at: usize, added: &[Range]) {
    let Some(first) = added.first() else { return };
    let cut = at + list[at..].partition_point(|r| r.start < first.start);
    let later = list.split_off(cut);
    let (mut i, mut j) = (0, 0);
    while i < later.len() || j < added.len() {
        let is_later = j >= added.len() || (i < later.len() && later[i].start < added[j].start);
        let range = if is_later { later[i] } else { added[j] };
        *(if is_later { &mut i } else { &mut j }) += 1;
        match list[at..].last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => list.push(range),
        }
    }
}

/// Position of the first instruction of a block that has one.
fn first_pos(func: &Func, b: usize) -> Pos {
    let block = &func.blocks[b];
    let positions = block.insts.iter().map(|i| func.insts[i.0 as usize].pos);
    positions.chain([block.term_pos]).find(|p| p.line != 0).unwrap_or_default()
}

/// Whether two ascending lists of ranges have a common point.
pub(super) fn overlap(a: &[Range], b: &[Range]) -> bool {
    let (Some(first_a), Some(first_b)) = (a.first(), b.first()) else { return false };
    let mut i = a.partition_point(|r| r.end <= first_b.start);
    let mut j = b.partition_point(|r| r.end <= first_a.start);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        if x.end <= y.start {
            i += 1;
        } else if y.end <= x.start {
            j += 1;
        } else {
            return true;
        }
    }
    false
}
