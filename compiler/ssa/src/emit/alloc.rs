//! Register assignment: merges block parameters with the arguments that flow into them where their
//! live ranges allow it, then scans the merged ranges in order of their start.

use super::cfg::{Cfg, edge};
use super::live::{Live, overlap};
use super::select::{Select, Source};
use super::{EmitError, EmitErrorKind, NONE};
use crate::ir::{Def, Func, Pos};
use hyp_bytecode::rep::Rep;

/// Up to this many registers a fresh one is preferred to a cycle of moves.
const ROOMY: usize = 48;

/// A machine register, numbered in order of creation; parameters first.
#[derive(Clone, Copy, Debug)]
struct Reg {
    rep: Rep,
    /// Newest range that is assigned to it, as a list through `next_web`.
    webs: u32,
    /// Newest range that may still be live.
    active: u32,
    /// Not available to ranges: slots and move temporaries.
    is_reserved: bool,
}

/// A parameter and a register that flows into it.
#[derive(Clone, Copy, Debug)]
struct Flow {
    depth: u32,
    order: u32,
    param: u32,
    arg: u32,
}

/// Register assignment.
#[derive(Default)]
pub(super) struct Alloc {
    /// Leader of the merged registers.
    leader: Vec<u32>,
    /// Parameter of the function that a merged range contains, or `NONE`.
    pinned: Vec<u32>,
    flows: Vec<Flow>,
    /// Block whose parameters' registers the range should avoid.
    avoid: Vec<u32>,
    webs: Vec<u32>,
    reg_of_web: Vec<u32>,
    next_web: Vec<u32>,
    next_active: Vec<u32>,
    regs: Vec<Reg>,
    avoided: Vec<u32>,
    slot_base: u32,
    n_slots: u32,
    first_slot: u32,
    scratch: Vec<u32>,
    n_params: usize,
    registers_max: usize,
}

impl Alloc {
    /// Assigns registers.
    pub(super) fn run(
        &mut self,
        func: &Func,
        cfg: &Cfg,
        select: &Select,
        live: &mut Live,
        registers_max: usize,
    ) -> Result<(), EmitError> {
        self.registers_max = registers_max;
        self.reset(func, select);
        self.coalesce(func, cfg, select, live);
        self.collect_webs(func, cfg, select, live);
        for k in 0..self.webs.len() {
            let web = self.webs[k];
            self.assign(func, cfg, select, live, web)?;
        }
        Ok(())
    }

    /// Machine register of a virtual one.
    pub(super) fn reg(&self, vreg: u32) -> u32 {
        if vreg >= self.slot_base && vreg < self.slot_base + self.n_slots {
            return self.first_slot + (vreg - self.slot_base);
        }
        self.reg_of_web[self.find(vreg) as usize]
    }

    /// A register for moves in a cycle of registers like `like`.
    pub(super) fn scratch(&mut self, like: u32) -> u32 {
        let rep = self.regs[like as usize].rep;
        let found = self.scratch.iter().find(|&&r| self.regs[r as usize].rep == rep);
        if let Some(&reg) = found {
            return reg;
        }
        let reg = self.new_reg(rep, true);
        self.scratch.push(reg);
        reg
    }

    /// Whether a register holds a value that is needed at a program point.
    pub(super) fn is_live(&self, live: &Live, reg: u32, point: u32) -> bool {
        if self.regs[reg as usize].is_reserved {
            return true;
        }
        let mut web = self.regs[reg as usize].webs;
        while web != NONE {
            let ranges = live.of(web);
            let k = ranges.partition_point(|r| r.end <= point);
            if ranges.get(k).is_some_and(|r| r.start <= point) {
                return true;
            }
            web = self.next_web[web as usize];
        }
        false
    }

    /// Final numbers by register, the representations in that order, and how many are tagged.
    pub(super) fn number(&self) -> Result<(Vec<u8>, Vec<Rep>, u8), EmitError> {
        if self.regs.len() > self.registers_max {
            let pos = Pos::default();
            return Err(EmitError { kind: EmitErrorKind::TooManyRegisters, pos });
        }
        let mut numbers = vec![0; self.regs.len()];
        let mut reps = Vec::with_capacity(self.regs.len());
        let is_raw = |reg: usize| reg >= self.n_params && !self.regs[reg].rep.is_traced();
        for pass in [false, true] {
            for reg in (0..self.regs.len()).filter(|&reg| is_raw(reg) == pass) {
                numbers[reg] = reps.len() as u8;
                reps.push(self.regs[reg].rep);
            }
        }
        let n_tagged = (0..self.regs.len()).filter(|&reg| !is_raw(reg)).count();
        Ok((numbers, reps, n_tagged as u8))
    }

    fn reset(&mut self, func: &Func, select: &Select) {
        let n = select.reps.len();
        self.leader.clear();
        self.leader.extend(0..n as u32);
        for table in [
            &mut self.pinned,
            &mut self.avoid,
            &mut self.reg_of_web,
            &mut self.next_web,
            &mut self.next_active,
        ] {
            table.clear();
            table.resize(n, NONE);
        }
        self.flows.clear();
        self.webs.clear();
        self.regs.clear();
        self.scratch.clear();
        self.slot_base = select.slot_base;
        self.n_slots = select.n_slots;
        let params = func.blocks.first().map_or(&[][..], |b| &b.params);
        self.n_params = params.len();
        for &param in params {
            self.pinned[param.0 as usize] = self.regs.len() as u32;
            self.new_reg(select.reps[param.0 as usize], false);
        }
        self.first_slot = self.regs.len() as u32;
        for _ in 0..self.n_slots {
            self.new_reg(Rep::Any, true);
        }
    }

    fn new_reg(&mut self, rep: Rep, is_reserved: bool) -> u32 {
        self.regs.push(Reg { rep, webs: NONE, active: NONE, is_reserved });
        self.regs.len() as u32 - 1
    }

    /// Leader of a merged register; exact links once `coalesce` is done.
    fn find(&self, vreg: u32) -> u32 {
        self.leader[vreg as usize]
    }

    /// As `find` while registers are still being merged; shortens the path.
    fn find_path(&mut self, mut vreg: u32) -> u32 {
        while self.leader[vreg as usize] != vreg {
            let up = self.leader[self.leader[vreg as usize] as usize];
            self.leader[vreg as usize] = up;
            vreg = up;
        }
        vreg
    }

    // ---- coalescing

    fn coalesce(&mut self, func: &Func, cfg: &Cfg, select: &Select, live: &mut Live) {
        for &b in &cfg.lin {
            if !func.blocks[b as usize].params.is_empty() {
                self.collect_flows(func, cfg, select, b);
            }
        }
        self.flows.sort_unstable_by_key(|f| (u32::MAX - f.depth, f.order));
        for k in 0..self.flows.len() {
            let Flow { param, arg, .. } = self.flows[k];
            if !self.merge(select, live, param, arg) {
                let target = super::as_param(func, param).map_or(NONE, |(b, _)| b.0);
                let leader = self.find_path(arg) as usize;
                if self.avoid[leader] == NONE {
                    self.avoid[leader] = target;
                }
            }
        }
        for vreg in 0..self.leader.len() as u32 {
            self.leader[vreg as usize] = self.find_path(vreg);
        }
    }

    fn collect_flows(&mut self, func: &Func, cfg: &Cfg, select: &Select, b: u32) {
        for &pred in cfg.preds(b) {
            let depth = cfg.depth(pred);
            let term = &func.blocks[pred as usize].term;
            let taken = super::cfg::known_condition(func, term).map(u32::from);
            let mut i = 0;
            while let Some(e) = edge(term, i) {
                if e.block.0 == b && taken != Some(i) {
                    for (&param, &arg) in func.blocks[b as usize].params.iter().zip(&e.args) {
                        if select.is_used(param)
                            && let Source::Reg(arg) = select.source(func, pred, param, arg)
                            && !select.is_slot(arg)
                        {
                            let order = self.flows.len() as u32;
                            self.flows.push(Flow { depth, order, param: param.0, arg });
                        }
                    }
                }
                i += 1;
            }
        }
    }

    /// Gives both the same register if possible.
    fn merge(&mut self, select: &Select, live: &mut Live, param: u32, arg: u32) -> bool {
        let (a, b) = (self.find_path(param), self.find_path(arg));
        if a == b {
            return true;
        }
        let (pin_a, pin_b) = (self.pinned[a as usize], self.pinned[b as usize]);
        if select.reps[a as usize] != select.reps[b as usize]
            || (pin_a != NONE && pin_b != NONE)
            || overlap(live.of(a), live.of(b))
        {
            return false;
        }
        live.join(a, b);
        self.leader[b as usize] = a;
        self.pinned[a as usize] = if pin_a != NONE { pin_a } else { pin_b };
        true
    }

    // ---- linear scan

    fn collect_webs(&mut self, func: &Func, cfg: &Cfg, select: &Select, live: &Live) {
        // A parameter that nobody reads needs a register only if the machine writes it. Those of
        // handlers come once per protected block; sorting removes the copies.
        let mut webs = std::mem::take(&mut self.webs);
        for vreg in 0..select.reps.len() as u32 {
            let is_unread_param = vreg < select.slot_base
                && !select.is_used(crate::ir::Value(vreg))
                && matches!(func.values[vreg as usize].def, Def::Param(..))
                && self.pinned[vreg as usize] == NONE;
            if select.def_at[vreg as usize] != NONE && self.find(vreg) == vreg && !is_unread_param {
                webs.push(vreg);
            }
        }
        for &b in &cfg.lin {
            let handler = cfg.handler[b as usize];
            if handler == NONE {
                continue;
            }
            for &param in &func.blocks[handler as usize].params {
                if !select.is_used(param) {
                    webs.push(param.0);
                }
            }
        }
        webs.sort_unstable_by_key(|&w| {
            let is_free = self.pinned[w as usize] == NONE;
            (is_free, live.of(w).first().map_or(0, |r| r.start), w)
        });
        webs.dedup();
        self.webs = webs;
    }

    fn assign(
        &mut self,
        func: &Func,
        cfg: &Cfg,
        select: &Select,
        live: &Live,
        web: u32,
    ) -> Result<(), EmitError> {
        let pinned = self.pinned[web as usize];
        let reg = if pinned != NONE {
            pinned
        } else {
            let rep = select.reps[web as usize];
            match self.choose(func, cfg, live, web, rep) {
                Some(reg) => reg,
                None if self.regs.len() >= self.registers_max => {
                    let pos = definition_pos(func, web);
                    return Err(EmitError { kind: EmitErrorKind::TooManyRegisters, pos });
                }
                None => self.new_reg(rep, false),
            }
        };
        self.reg_of_web[web as usize] = reg;
        let data = &mut self.regs[reg as usize];
        self.next_web[web as usize] = data.webs;
        self.next_active[web as usize] = data.active;
        data.webs = web;
        data.active = web;
        Ok(())
    }

    /// The first register of the right kind that is free over the whole range.
    fn choose(&mut self, func: &Func, cfg: &Cfg, live: &Live, web: u32, rep: Rep) -> Option<u32> {
        self.avoided.clear();
        let target = self.avoid[web as usize];
        if target != NONE {
            for &param in &func.blocks[target as usize].params {
                let reg = self.reg_of_web[self.find(param.0) as usize];
                self.avoided.push(reg);
            }
        }
        let mut second = None;
        for reg in 0..self.regs.len() as u32 {
            let data = self.regs[reg as usize];
            if data.rep != rep || data.is_reserved || !self.is_free(live, web, reg) {
                continue;
            }
            if !self.avoided.contains(&reg) {
                return Some(reg);
            }
            second = second.or(Some(reg));
        }
        let may_grow = target != NONE && cfg.depth(target) > 0 && self.regs.len() < ROOMY;
        if may_grow { None } else { second }
    }

    fn is_free(&mut self, live: &Live, web: u32, reg: u32) -> bool {
        let ranges = live.of(web);
        let Some(start) = ranges.first().map(|r| r.start) else { return true };
        let mut before = NONE;
        let mut other = self.regs[reg as usize].active;
        while other != NONE {
            let next = self.next_active[other as usize];
            let others = live.of(other);
            if others.last().is_none_or(|r| r.end <= start) {
                // Ended for good: ranges come in order of their start.
                match before {
                    NONE => self.regs[reg as usize].active = next,
                    _ => self.next_active[before as usize] = next,
                }
            } else {
                if overlap(ranges, others) {
                    return false;
                }
                before = other;
            }
            other = next;
        }
        true
    }
}

/// Where a register's value comes from in the source.
fn definition_pos(func: &Func, vreg: u32) -> Pos {
    let inst = func.values.get(vreg as usize).and_then(|v| match v.def {
        Def::Inst(i) => func.insts.get(i.0 as usize),
        Def::Param(b, _) => {
            func.blocks[b.0 as usize].insts.first().and_then(|i| func.insts.get(i.0 as usize))
        }
        Def::Alias(_) => None,
    });
    inst.map_or(Pos::default(), |i| i.pos)
}
