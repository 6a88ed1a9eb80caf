//! Which number registers hold integers, and within which bounds: interval analysis with widening
//! and narrowing (Cousot, Cousot, Abstract Interpretation, POPL 1977).
//!
//! A register is *wanted* as an integer if it selects an element, is divided with remainder or taken
//! apart into bits, or if such a register is computed from it. A wanted register with known bounds is
//! kept as an integer. To have bounds, wanted results may be *guarded*: code that relies on them is
//! left where they do not hold.
//!
//! Invariant: no bound is relied upon that is not proven, or guarded where the value is made.

use std::collections::VecDeque;

use hyp_bytecode::module::Function;
use hyp_bytecode::op::{Insn, Op, decode};
use hyp_bytecode::rep::Rep;

use super::test::{Test, test_of};
use super::{Graph, Loop, NotVerified, RegSet};

/// Up to here, a double has every integer.
pub(crate) const EXACT: i64 = 1 << 53;
/// What limits of loops and parameters are expected to be within, as guarded when they are first used.
pub(crate) const LIMIT: i64 = 1 << 48;
/// Visits of a block before its bounds are widened.
const VISITS: usize = 3;
/// Facts (blocks times registers) above which a function is not analysed.
const FACTS_MAX: usize = 1 << 17;

/// Both bounds of an integer that is not a negative zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Range {
    pub(crate) lo: i64,
    pub(crate) hi: i64,
}

impl Range {
    pub(crate) fn new(lo: i64, hi: i64) -> Range {
        Range { lo, hi }
    }

    /// The range of one double, if it is an integer.
    pub(crate) fn of(x: f64) -> Option<Range> {
        let is_small = x.abs() <= EXACT as f64 && x.trunc() == x;
        let is_zero = x.to_bits() == (-0.0_f64).to_bits();
        (is_small && !is_zero).then(|| Range::new(x as i64, x as i64))
    }

    fn join(self, other: Range) -> Range {
        Range::new(self.lo.min(other.lo), self.hi.max(other.hi))
    }

    fn contains(self, other: Range) -> bool {
        self.lo <= other.lo && other.hi <= self.hi
    }

    /// Whether the bounds are no better than what is expected of anything.
    fn is_loose(self) -> bool {
        self.lo <= -LIMIT || self.hi >= LIMIT
    }
}

/// What is known of a result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Outcome {
    pub(crate) range: Range,
    /// Whether the range holds only behind a guard.
    pub(crate) is_guarded: bool,
}

/// The range of each register at some place; `None` for any number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Facts(Vec<Option<Range>>);

impl Facts {
    pub(crate) fn get(&self, reg: u8) -> Option<Range> {
        self.0.get(usize::from(reg)).copied().flatten()
    }

    pub(crate) fn set(&mut self, reg: u8, range: Option<Range>) {
        if let Some(fact) = self.0.get_mut(usize::from(reg)) {
            *fact = range;
        }
    }

    /// Keeps what both have; gives whether anything was lost.
    fn join(&mut self, other: &Facts, widen: bool) -> bool {
        let mut changed = false;
        for (fact, other) in self.0.iter_mut().zip(&other.0) {
            let Some(old) = *fact else { continue };
            let new = other.map(|other| old.join(other));
            if new == Some(old) {
                continue;
            }
            changed = true;
            *fact = new.map(|new| match widen {
                false => new,
                true => Range::new(
                    if new.lo < old.lo { if new.lo < 0 { -EXACT } else { 0 } } else { old.lo },
                    if new.hi > old.hi { EXACT } else { old.hi },
                ),
            });
        }
        changed
    }

    fn covers(&self, other: &Facts) -> bool {
        self.0.iter().zip(&other.0).all(|(mine, other)| match (mine, other) {
            (None, _) => true,
            (Some(mine), Some(other)) => mine.contains(*other),
            (Some(_), None) => false,
        })
    }
}

/// A function as the analysis sees it.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'m> {
    pub(crate) function: &'m Function,
    pub(crate) graph: &'m Graph,
    /// Whether guards may be used.
    pub(crate) speculates: bool,
}

/// Result of the analysis.
pub(crate) struct Ranges<'m> {
    subject: Subject<'m>,
    /// Registers that are worth having as integers.
    wanted: RegSet,
    /// For blocks that are reached.
    at_start: Vec<Option<Facts>>,
    loops: Vec<Loop>,
}

impl<'m> Ranges<'m> {
    /// Analyses what can be reached from block `start`, with `entry` known there.
    ///
    /// # Errors
    /// The code does not decode.
    pub(crate) fn new(
        subject: Subject<'m>,
        start: usize,
        entry: Option<Facts>,
        loops: Vec<Loop>,
    ) -> Result<Ranges<'m>, NotVerified> {
        let n = subject.graph.blocks.len();
        let wanted = wanted(subject.function)?;
        let mut ranges = Ranges { subject, wanted, at_start: vec![None; n], loops };
        let n_regs = subject.function.reps.len();
        if wanted == RegSet::default() || n.saturating_mul(n_regs) > FACTS_MAX {
            ranges.wanted = RegSet::default();
            return Ok(ranges);
        }
        let entry = entry.unwrap_or_else(|| ranges.of_params());
        ranges.solve(start, &entry)?;
        Ok(ranges)
    }

    /// What is known of a block's registers where it starts.
    pub(crate) fn at_start(&self, at: usize) -> Facts {
        self.at_start.get(at).cloned().flatten().unwrap_or_else(|| self.nothing())
    }

    /// Whether the range of a register is known where a block starts.
    pub(crate) fn is_known_at(&self, at: usize, reg: u8) -> bool {
        self.at_start.get(at).and_then(Option::as_ref).is_some_and(|facts| facts.get(reg).is_some())
    }

    /// Whether a register is kept as an integer wherever its range is known.
    pub(crate) fn is_wanted(&self, reg: u8) -> bool {
        self.wanted.contains(reg)
    }

    fn nothing(&self) -> Facts {
        Facts(vec![None; self.subject.function.reps.len()])
    }

    fn of_params(&self) -> Facts {
        let mut facts = self.nothing();
        if self.subject.speculates {
            for reg in (0..self.subject.function.n_params).filter(|reg| self.is_wanted(*reg)) {
                facts.set(reg, Some(Range::new(-LIMIT, LIMIT)));
            }
        }
        facts
    }

    // ---- solving

    fn solve(&mut self, start: usize, entry: &Facts) -> Result<(), NotVerified> {
        let n = self.subject.graph.blocks.len();
        let mut visits = vec![0; n];
        self.at_start[start] = Some(entry.clone());
        let mut open = VecDeque::from([start]);
        while let Some(b) = open.pop_front() {
            for (to, facts) in self.leaving(b)? {
                let changed = match &mut self.at_start[to] {
                    Some(old) => {
                        visits[to] += 1;
                        old.join(&facts, visits[to] > VISITS)
                    }
                    none => {
                        *none = Some(facts);
                        true
                    }
                };
                if changed && !open.contains(&to) {
                    open.push_back(to);
                }
            }
        }
        let widened = self.at_start.clone();
        self.narrow(start, entry)?;
        if !self.is_solution(start, entry)? {
            self.at_start = widened;
        }
        Ok(())
    }

    /// Computes all facts anew from those before, twice.
    fn narrow(&mut self, start: usize, entry: &Facts) -> Result<(), NotVerified> {
        let n = self.at_start.len();
        let order = self.subject.graph.order_from(start);
        let mut preds = vec![Vec::new(); n];
        let mut ways = Vec::with_capacity(n);
        for b in 0..n {
            ways.push(self.leaving(b)?);
            self.subject.graph.exits(b).for_each(|to| preds[to].push(b));
        }
        for b in order.iter().chain(&order).copied() {
            let mut new = (b == start).then(|| entry.clone());
            for &pred in &preds[b] {
                for (_, facts) in ways[pred].iter().filter(|(to, _)| *to == b) {
                    match &mut new {
                        Some(known) => {
                            known.join(facts, false);
                        }
                        none => *none = Some(facts.clone()),
                    }
                }
            }
            self.at_start[b] = new;
            ways[b] = self.leaving(b)?;
        }
        Ok(())
    }

    fn is_solution(&self, start: usize, entry: &Facts) -> Result<bool, NotVerified> {
        let covers =
            |at: usize, facts: &Facts| self.at_start[at].as_ref().is_some_and(|f| f.covers(facts));
        for b in 0..self.at_start.len() {
            if self.leaving(b)?.iter().any(|(to, facts)| !covers(*to, facts)) {
                return Ok(false);
            }
        }
        Ok(covers(start, entry))
    }

    /// What is known on each way out of a block that is reached.
    fn leaving(&self, b: usize) -> Result<Vec<(usize, Facts)>, NotVerified> {
        let Some(mut facts) = self.at_start[b].clone() else { return Ok(Vec::new()) };
        let graph = self.subject.graph;
        let block = &graph.blocks[b];
        let mut ways = Vec::new();
        // Where something fails, nothing is known.
        for handler in graph.handlers_of(b) {
            ways.push((graph.handlers[handler].target, self.nothing()));
        }
        let mut pc = block.start;
        let mut last = None;
        while pc < block.end {
            let insn = decode(&self.subject.function.code, pc).map_err(|_| NotVerified)?;
            self.apply(&insn, &mut facts);
            pc = insn.next;
            last = Some(insn);
        }
        let test = last.and_then(|insn| test_of(insn.op).map(|(test, not)| (insn, test, not)));
        match (test, block.successors.as_slice()) {
            (Some((insn, test, is_negated)), &[taken, next]) if taken != next => {
                for (to, truth) in [(taken, !is_negated), (next, is_negated)] {
                    let mut facts = facts.clone();
                    if self.refine(&insn, test, truth, b, &mut facts) {
                        ways.push((to, facts));
                    }
                }
            }
            (_, successors) => ways.extend(successors.iter().map(|to| (*to, facts.clone()))),
        }
        Ok(ways)
    }

    /// Takes note of what an instruction makes.
    pub(crate) fn apply(&self, insn: &Insn<'_>, facts: &mut Facts) {
        if let Some(reg) = insn.out() {
            let range = self.outcome(insn, facts).map(|outcome| outcome.range);
            facts.set(reg, range);
        }
    }

    // ---- instructions

    /// What is known of an instruction's result.
    pub(crate) fn outcome(&self, insn: &Insn<'_>, facts: &Facts) -> Option<Outcome> {
        let dst = insn.out()?;
        if self.subject.function.reps.get(usize::from(dst)) != Some(&Rep::F64) {
            return None;
        }
        let operand = |i: usize| insn.reg(i).and_then(|reg| facts.get(reg));
        let k = || Range::of(f64::from_bits(insn.k64()?));
        let proven =
            |lo: i64, hi: i64| Some(Outcome { range: Range::new(lo, hi), is_guarded: false });
        let small = || proven(i64::from(i32::MIN), i64::from(i32::MAX));
        match insn.op {
            Op::Mov => operand(1).and_then(|r| proven(r.lo, r.hi)),
            Op::LoadF64 => k().and_then(|r| proven(r.lo, r.hi)),
            Op::AddF64 => self.sum(dst, operand(1)?, operand(2)?),
            Op::SubF64 => self.sum(dst, operand(1)?, negated(operand(2)?)),
            Op::AddF64K => self.sum(dst, operand(1)?, k()?),
            Op::RsubF64K => self.sum(dst, k()?, negated(operand(1)?)),
            Op::ForLtF64 | Op::ForLeF64 => self.sum(dst, facts.get(dst)?, k()?),
            Op::MulF64 => self.product(dst, operand(1)?, operand(2)?),
            Op::MulF64K => self.product(dst, operand(1)?, k()?),
            Op::ModF64 | Op::ModF64K => {
                let x = operand(1)?;
                let y = if insn.op == Op::ModF64K { k()? } else { operand(2)? };
                if x.lo < 0 || y.lo < 1 { None } else { proven(0, x.hi.min(y.hi - 1)) }
            }
            Op::AbsF64 => {
                let x = operand(1)?;
                let lo = if x.lo > 0 { x.lo } else { (-x.hi).max(0) };
                proven(lo, x.hi.max(-x.lo))
            }
            Op::NegF64 => {
                let x = operand(1)?;
                if x.lo <= 0 && x.hi >= 0 { None } else { proven(-x.hi, -x.lo) }
            }
            Op::MinF64 | Op::MaxF64 => {
                let (x, y) = (operand(1)?, operand(2)?);
                let f = if insn.op == Op::MinF64 { i64::min } else { i64::max };
                proven(f(x.lo, y.lo), f(x.hi, y.hi))
            }
            Op::FloorF64 | Op::CeilF64 | Op::TruncF64 => match operand(1) {
                Some(x) => proven(x.lo, x.hi),
                None if self.may_guard(dst) => {
                    Some(Outcome { range: Range::new(-EXACT, EXACT), is_guarded: true })
                }
                None => None,
            },
            Op::BitAnd => {
                let masks = [operand(1), operand(2)].into_iter().flatten();
                let is_mask = |r: &Range| r.lo >= 0 && r.hi <= i64::from(i32::MAX);
                match masks.filter(is_mask).map(|r| r.hi).min() {
                    Some(hi) => proven(0, hi),
                    None => small(),
                }
            }
            Op::BitOr | Op::BitXor | Op::BitShl | Op::BitShr | Op::BitNot => small(),
            Op::Length => proven(0, i64::from(u32::MAX)),
            _ => None,
        }
    }

    fn may_guard(&self, dst: u8) -> bool {
        self.subject.speculates && self.is_wanted(dst)
    }

    fn sum(&self, dst: u8, a: Range, b: Range) -> Option<Outcome> {
        // Neither can overflow: operands are exact.
        self.fit(dst, a.lo + b.lo, a.hi + b.hi, a.is_loose() || b.is_loose())
    }

    fn product(&self, dst: u8, a: Range, b: Range) -> Option<Outcome> {
        let may_be_zero = |r: Range| r.lo <= 0 && r.hi >= 0;
        // The product of zero and a negative number is a negative zero.
        if may_be_zero(a) && b.lo < 0 || may_be_zero(b) && a.lo < 0 {
            return None;
        }
        let corners = [(a.lo, b.lo), (a.lo, b.hi), (a.hi, b.lo), (a.hi, b.hi)];
        let corners = corners.map(|(x, y)| x.saturating_mul(y));
        let (lo, hi) =
            corners.iter().fold((i64::MAX, i64::MIN), |(lo, hi), c| (lo.min(*c), hi.max(*c)));
        self.fit(dst, lo, hi, a.is_loose() || b.is_loose())
    }

    /// Cuts bounds off where doubles are not exact, behind a guard: unless what is known of the
    /// operands makes it likely that the result is meant to be out of bounds.
    fn fit(&self, dst: u8, lo: i64, hi: i64, is_loose: bool) -> Option<Outcome> {
        if lo >= -EXACT && hi <= EXACT {
            return Some(Outcome { range: Range::new(lo, hi), is_guarded: false });
        }
        if !self.may_guard(dst) || !is_loose || lo > EXACT || hi < -EXACT {
            return None;
        }
        Some(Outcome { range: Range::new(lo.max(-EXACT), hi.min(EXACT)), is_guarded: true })
    }

    // ---- tests

    /// The register that bounds a loop if a test in block `b` compares an integer with it: its range
    /// is not known, and the loop, whose index is given too, does not change it.
    pub(crate) fn limit(&self, a: u8, b: u8, at: usize, facts: &Facts) -> Option<(u8, usize)> {
        let is_int = |reg: u8| self.is_wanted(reg) && facts.get(reg).is_some();
        let limit = match (is_int(a), is_int(b)) {
            (true, false) if facts.get(b).is_none() => b,
            (false, true) if facts.get(a).is_none() => a,
            _ => return None,
        };
        let found = self.loops.iter().position(|l| l.body[at] && !l.written.contains(limit))?;
        self.subject.speculates.then_some((limit, found))
    }

    /// Takes note of how a test has come out; `false` if it cannot come out like that.
    fn refine(
        &self,
        insn: &Insn<'_>,
        test: Test,
        truth: bool,
        at: usize,
        facts: &mut Facts,
    ) -> bool {
        let k = insn.k64().map(f64::from_bits);
        let (op, a, b) = match test {
            Test::Row(op) => (op, insn.reg(0), insn.reg(1)),
            Test::Latch(op) => (op, insn.reg(0), insn.reg(1)),
            Test::Constant(op) => (op, insn.reg(0), None),
            Test::ConstantFirst(op) => (op, None, insn.reg(0)),
            Test::Register => return true,
        };
        if !matches!(op, Op::LtF64 | Op::LeF64 | Op::EqF64) {
            return true;
        }
        let known = |reg: Option<u8>, facts: &Facts| match reg {
            Some(reg) => facts.get(reg),
            None => k.and_then(bounds),
        };
        let limits = match (a, b) {
            (Some(a), Some(b)) if op != Op::EqF64 => {
                self.limit(a, b, at, facts).map(|(limit, _)| limit)
            }
            _ => None,
        };
        let assumed =
            |reg: Option<u8>| (reg.is_some() && reg == limits).then_some(Range::new(-LIMIT, LIMIT));
        let x = known(a, facts).or_else(|| assumed(a));
        let y = known(b, facts).or_else(|| assumed(b));
        let (Some(x), Some(y)) = (x, y) else { return true };
        // Nothing here is NaN, so that what is not less is greater or equal. A limit may be no
        // integer, and its range is symmetrical, so strictness gives nothing for it.
        let is_strict = limits.is_none() && k.is_none_or(|k| k.trunc() == k);
        let (new_x, new_y) = match (op, truth) {
            (Op::EqF64, true) => {
                let both = Range::new(x.lo.max(y.lo), x.hi.min(y.hi));
                (both, both)
            }
            (Op::EqF64, _) => (without(x, y), without(y, x)),
            (op, true) => less(x, y, is_strict && op == Op::LtF64),
            (op, false) => {
                let (y, x) = less(y, x, is_strict && op == Op::LeF64);
                (x, y)
            }
        };
        for (reg, new) in [(a, new_x), (b, new_y)] {
            let Some(reg) = reg else { continue };
            if facts.get(reg).is_some() {
                if new.lo > new.hi {
                    return false;
                }
                facts.set(reg, Some(new));
            }
        }
        true
    }
}

fn negated(r: Range) -> Range {
    Range::new(-r.hi, -r.lo)
}

/// The integers nearest to a double on both sides.
fn bounds(x: f64) -> Option<Range> {
    let is_small = x.abs() <= EXACT as f64;
    is_small.then(|| Range::new(x.floor() as i64, x.ceil() as i64))
}

/// Both where `x` is less than `y`, or equal unless `is_strict`.
fn less(x: Range, y: Range, is_strict: bool) -> (Range, Range) {
    let step = i64::from(is_strict);
    (Range::new(x.lo, x.hi.min(y.hi - step)), Range::new(y.lo.max(x.lo + step), y.hi))
}

/// A range where it is known not to be a single number.
fn without(x: Range, y: Range) -> Range {
    match y.lo == y.hi {
        true if x.lo == y.lo => Range::new(x.lo + 1, x.hi),
        true if x.hi == y.lo => Range::new(x.lo, x.hi - 1),
        _ => x,
    }
}

/// Registers worth having as integers.
fn wanted(function: &Function) -> Result<RegSet, NotVerified> {
    let is_number = |reg: u8| function.reps.get(usize::from(reg)) == Some(&Rep::F64);
    let mut wanted = RegSet::default();
    let mut flows: Vec<(u8, u8)> = Vec::new();
    let mut pc = 0;
    while pc < function.code.len() {
        let insn = decode(&function.code, pc).map_err(|_| NotVerified)?;
        pc = insn.next;
        let used: &[usize] = match insn.op {
            Op::ArrayGet | Op::ArrayGetF64 | Op::ArrayGetBool | Op::GetIndex => &[2],
            Op::ArraySet | Op::ArraySetBool => &[1],
            Op::ModF64K | Op::BitNot => &[1],
            Op::ModF64 | Op::BitAnd | Op::BitOr | Op::BitXor | Op::BitShl | Op::BitShr => &[1, 2],
            Op::SwitchF64 => &[0],
            _ => &[],
        };
        for reg in used.iter().filter_map(|i| insn.reg(*i)).filter(|reg| is_number(*reg)) {
            wanted.insert(reg);
        }
        let sources: &[usize] = match insn.op {
            Op::Mov | Op::AddF64K | Op::RsubF64K | Op::MulF64K | Op::AbsF64 | Op::NegF64 => &[1],
            Op::AddF64 | Op::SubF64 | Op::MulF64 | Op::MinF64 | Op::MaxF64 => &[1, 2],
            _ => &[],
        };
        if let Some((Test::Row(_) | Test::Latch(_), _)) = test_of(insn.op)
            && let (Some(a), Some(b)) = (insn.reg(0), insn.reg(1))
        {
            // Better compared as what they both are.
            flows.extend([(a, b), (b, a)].into_iter().filter(|(_, src)| is_number(*src)));
        }
        let Some(dst) = insn.out() else { continue };
        for reg in sources.iter().filter_map(|i| insn.reg(*i)).filter(|reg| is_number(*reg)) {
            flows.push((dst, reg));
        }
    }
    loop {
        let before = wanted;
        for (dst, src) in &flows {
            if wanted.contains(*dst) {
                wanted.insert(*src);
            }
        }
        if wanted == before {
            return Ok(wanted);
        }
    }
}
