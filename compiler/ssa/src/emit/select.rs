//! Instruction selection over virtual registers.
//!
//! A virtual register is an SSA value, a slot, or a constant loaded for one place. Dead code is
//! left out here, constants are loaded where they are needed or in front of the loop, and the
//! condition of a branch becomes part of it.

use super::cfg::{Cfg, edge};
use super::plan::{self, Demand, Test};
use super::{EmitError, EmitErrorKind, NONE};
use crate::ir::{Def, Func, InstData, ModuleFacts, Opcode, Pos, Term, Value};
use hyp_bytecode::module::{ErrorKind, StrId, limit};
use hyp_bytecode::op::{Effects, Op};
use hyp_bytecode::rep::Rep;

/// How many instructions later a constant in a register is used again instead of loaded again.
const REUSE_DISTANCE: usize = 16;

/// An instruction over virtual registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct MInst {
    pub(super) op: Op,
    /// Defined register, or `NONE`.
    pub(super) dst: u32,
    pub(super) uses_at: u32,
    pub(super) imms_at: u32,
    pub(super) n_uses: u16,
    pub(super) n_imms: u16,
    pub(super) pos: Pos,
    pub(super) note: Option<StrId>,
}

/// A branch condition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cond {
    pub(super) test: Test,
    /// Whether the edge `then` is taken when the test fails.
    pub(super) is_inverted: bool,
    pub(super) a: u32,
    /// Second register, or `NONE`.
    pub(super) b: u32,
    /// Inline constant or descriptor.
    pub(super) imm: u64,
    pub(super) pos: Pos,
    pub(super) note: Option<StrId>,
}

/// How a block ends. Numbers of edges are those of [`edge`].
#[derive(Clone, Copy, Debug)]
pub(super) enum MTerm {
    /// By this edge.
    Jump(u32),
    /// By edge 0 or 1.
    Branch(Cond),
    /// On a register; a second one serves to test beyond the first 255 cases.
    Switch {
        on: u32,
        temp: u32,
    },
    Return(u32),
    ReturnNull,
    Throw(u32),
    Raise(ErrorKind, StrId),
}

/// Code of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct MBlock {
    /// Instructions `first..last`.
    pub(super) first: u32,
    pub(super) last: u32,
    /// Program point at the start; instruction `i` reads at `start + 2 * i` and writes one later.
    pub(super) start: u32,
    /// Program point after the terminator.
    pub(super) end: u32,
    pub(super) term: MTerm,
    pub(super) term_pos: Pos,
}

/// A register read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    pub(super) reg: u32,
    /// Index in `Cfg::lin`.
    pub(super) at: u32,
    pub(super) point: u32,
}

/// What an edge passes to a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// A virtual register.
    Reg(u32),
    /// The constant of this instruction.
    Constant(u32),
}

/// A constant that may be loaded in front of a loop.
#[derive(Clone, Copy, Debug)]
struct Hoist {
    value: u32,
    /// Outermost loop around the uses.
    in_loop: u32,
    weight: u32,
    /// Block that loads it.
    block: u32,
    /// The register, or `NONE` if it was not chosen.
    reg: u32,
}

/// Selected code and tables of the virtual registers.
#[derive(Default)]
pub(super) struct Select {
    pub(super) insts: Vec<MInst>,
    pub(super) uses: Vec<u32>,
    pub(super) imms: Vec<u64>,
    /// By block.
    pub(super) blocks: Vec<MBlock>,
    /// Reads, in no particular order.
    pub(super) reads: Vec<Use>,
    /// Representation a register must have.
    pub(super) reps: Vec<Rep>,
    /// Index in `Cfg::lin` of the defining block, or `NONE`.
    pub(super) def_at: Vec<u32>,
    /// Program point of the definition.
    pub(super) def_point: Vec<u32>,
    /// The first of the slots' registers.
    pub(super) slot_base: u32,
    pub(super) n_slots: u32,
    /// Number of uses, by value.
    use_count: Vec<u32>,
    /// Whether some reader insists on the value's representation, by register.
    is_strict: Vec<bool>,
    is_live: Vec<bool>,
    is_fused: Vec<bool>,
    /// Defining instruction of constants, by value.
    constant: Vec<u32>,
    /// Register of a value: itself, or the slot that it was read from.
    reg_of: Vec<u32>,
    cached_reg: Vec<u32>,
    cached_at: Vec<(u32, usize)>,
    hoists: Vec<Hoist>,
    slot_version: Vec<u32>,
    slot_reads: Vec<(u32, u32, u32, u32)>,
    work: Vec<u32>,
    block: u32,
    clock: u32,
}

impl Select {
    /// Selects the code of `func`.
    pub(super) fn run(
        &mut self,
        func: &Func,
        facts: &dyn ModuleFacts,
        cfg: &Cfg,
        hoisted_max: usize,
    ) -> Result<(), EmitError> {
        self.reset(func);
        self.mark(func, cfg);
        self.find_fused(func, cfg);
        self.plan_hoists(func, cfg, hoisted_max);
        for &b in &cfg.lin {
            self.lower_block(func, facts, cfg, b)?;
        }
        self.settle_reps(func, cfg);
        Ok(())
    }

    /// What edge argument `v` is.
    pub(super) fn source(&self, func: &Func, v: Value) -> Source {
        let v = super::resolve(func, v) as usize;
        match self.constant[v] {
            NONE => Source::Reg(self.reg_of[v]),
            inst => Source::Constant(inst),
        }
    }

    /// Whether a parameter is used, so that edges must set it.
    pub(super) fn is_used(&self, param: Value) -> bool {
        self.use_count[param.0 as usize] > 0
    }

    /// Registers that an instruction reads.
    pub(super) fn uses_of(&self, inst: &MInst) -> &[u32] {
        &self.uses[inst.uses_at as usize..][..usize::from(inst.n_uses)]
    }

    /// Immediates of an instruction.
    pub(super) fn imms_of(&self, inst: &MInst) -> &[u64] {
        &self.imms[inst.imms_at as usize..][..usize::from(inst.n_imms)]
    }

    /// Whether a register is a slot, which is live everywhere.
    pub(super) fn is_slot(&self, reg: u32) -> bool {
        reg >= self.slot_base && reg < self.slot_base + self.n_slots
    }

    fn reset(&mut self, func: &Func) {
        let n = func.values.len();
        self.insts.clear();
        self.uses.clear();
        self.imms.clear();
        self.reads.clear();
        self.hoists.clear();
        self.clock = 0;
        self.slot_base = n as u32;
        self.n_slots = func.n_slots;
        self.reps.clear();
        self.reps.extend(func.values.iter().map(|v| v.rep));
        self.reps.resize(n + func.n_slots as usize, Rep::Any);
        let n_regs = self.reps.len();
        refill(&mut self.def_at, n_regs, NONE);
        refill(&mut self.def_point, n_regs, 0);
        refill(&mut self.use_count, n, 0);
        refill(&mut self.is_strict, n_regs, false);
        refill(&mut self.is_live, func.insts.len(), false);
        refill(&mut self.is_fused, func.insts.len(), false);
        refill(&mut self.cached_reg, n, NONE);
        refill(&mut self.cached_at, n, (NONE, 0));
        self.reg_of.clear();
        self.reg_of.extend(0..n as u32);
        self.constant.clear();
        self.constant.extend(func.values.iter().map(|v| match v.def {
            Def::Inst(i) if plan::is_constant(func.insts[i.0 as usize].op) => i.0,
            _ => NONE,
        }));
        let end = MBlock {
            first: 0,
            last: 0,
            start: 0,
            end: 0,
            term: MTerm::ReturnNull,
            term_pos: Pos::default(),
        };
        refill(&mut self.blocks, func.blocks.len(), end);
        refill(&mut self.slot_version, func.n_slots as usize, 0);
    }

    // ---- liveness of instructions

    fn count_use(&mut self, func: &Func, v: Value) {
        let v = super::resolve(func, v);
        let count = &mut self.use_count[v as usize];
        *count += 1;
        if *count == 1 {
            self.work.push(v);
        }
    }

    /// Marks what effects and control flow need; counts uses by what is marked.
    fn mark(&mut self, func: &Func, cfg: &Cfg) {
        self.work.clear();
        for &b in &cfg.rpo {
            let block = &func.blocks[b as usize];
            for &i in &block.insts {
                let data = &func.insts[i.0 as usize];
                let has_effect = match data.op {
                    Opcode::SlotSet => true,
                    Opcode::SlotGet => false,
                    Opcode::Op(op) => {
                        op.spec().effects.0 & (Effects::THROWS.0 | Effects::WRITES.0) != 0
                    }
                };
                if has_effect {
                    self.mark_inst(func, i.0);
                }
            }
            if super::cfg::known_condition(func, &block.term).is_none()
                && let Some(v) = block.term.operand()
            {
                self.count_use(func, v);
            }
        }
        while let Some(v) = self.work.pop() {
            match func.values[v as usize].def {
                Def::Inst(i) => self.mark_inst(func, i.0),
                Def::Param(b, k) => {
                    for p in 0..cfg.preds(b.0).len() {
                        let pred = cfg.preds(b.0)[p];
                        self.mark_edges(func, pred, b.0, k as usize);
                    }
                }
                Def::Alias(_) => {}
            }
        }
    }

    fn mark_inst(&mut self, func: &Func, i: u32) {
        if !std::mem::replace(&mut self.is_live[i as usize], true) {
            for &arg in &func.insts[i as usize].args {
                self.count_use(func, arg);
            }
        }
    }

    fn mark_edges(&mut self, func: &Func, pred: u32, to: u32, k: usize) {
        let term = &func.blocks[pred as usize].term;
        let taken = super::cfg::known_condition(func, term).map(u32::from);
        let mut i = 0;
        while let Some(e) = edge(term, i) {
            // Edge 0 is `then`, so a true condition excludes edge 1.
            if e.block.0 == to && taken != Some(i) {
                if let Some(&arg) = e.args.get(k) {
                    self.count_use(func, arg);
                }
            }
            i += 1;
        }
    }

    // ---- conditions

    /// Instruction that computes `v` for the terminator of `b` alone.
    fn sole_def(&self, func: &Func, b: u32, v: u32) -> Option<u32> {
        if self.use_count[v as usize] != 1 {
            return None;
        }
        let inst = super::defining_inst(func, v)?;
        let insts = &func.blocks[b as usize].insts;
        // Conditions are computed last, so this look-up is short.
        insts.iter().rev().take(64).any(|i| i.0 == inst).then_some(inst)
    }

    /// Whether `inst` of block `b` may be executed at the end of the block instead.
    fn can_sink(&self, func: &Func, b: u32, inst: u32) -> bool {
        let Opcode::Op(op) = func.insts[inst as usize].op else { return false };
        let own = op.spec().effects;
        let blocked = if own.has(Effects::THROWS) {
            Effects::THROWS.0 | Effects::WRITES.0
        } else if own.has(Effects::READS) {
            Effects::WRITES.0
        } else {
            0
        };
        func.blocks[b as usize].insts.iter().rev().take_while(|i| i.0 != inst).all(|i| {
            let data = &func.insts[i.0 as usize];
            !self.is_live[i.0 as usize]
                || self.is_fused[i.0 as usize]
                || data.effects().0 & blocked == 0
        })
    }

    fn find_fused(&mut self, func: &Func, cfg: &Cfg) {
        for &b in &cfg.rpo {
            let term = &func.blocks[b as usize].term;
            let Term::Branch { cond, .. } = term else { continue };
            if super::cfg::known_condition(func, term).is_some() {
                continue;
            }
            let mut v = super::resolve(func, *cond);
            while let Some(i) = self.sole_def(func, b, v) {
                let data = &func.insts[i as usize];
                match (data.op, data.args.first()) {
                    (Opcode::Op(Op::Not), Some(&inner)) => {
                        self.is_fused[i as usize] = true;
                        v = super::resolve(func, inner);
                    }
                    (Opcode::Op(op), _) if Test::of(op).is_some() && self.can_sink(func, b, i) => {
                        self.is_fused[i as usize] = true;
                        break;
                    }
                    _ => break,
                }
            }
        }
    }

    /// Follows fused instructions from the condition of a branch: the last value, the number of
    /// inversions, the fused test.
    fn fused_test(&self, func: &Func, cond: Value) -> (u32, bool, Option<u32>) {
        let mut v = super::resolve(func, cond);
        let mut is_inverted = false;
        while let Some(i) = super::defining_inst(func, v) {
            let data = &func.insts[i as usize];
            match (self.is_fused[i as usize], data.op, data.args.first()) {
                (true, Opcode::Op(Op::Not), Some(&inner)) => {
                    is_inverted = !is_inverted;
                    v = super::resolve(func, inner);
                }
                (true, ..) => return (v, is_inverted, Some(i)),
                _ => break,
            }
        }
        (v, is_inverted, None)
    }

    // ---- constants in front of loops

    fn plan_hoists(&mut self, func: &Func, cfg: &Cfg, hoisted_max: usize) {
        if cfg.loops.is_empty() || hoisted_max == 0 {
            return;
        }
        for &b in &cfg.lin {
            let depth = cfg.depth(b);
            if depth == 0 || cfg.cold[b as usize] {
                continue;
            }
            let in_loop = cfg.loops[cfg.loop_of[b as usize] as usize].outermost;
            let weight = 1u32 << (3 * depth.min(8));
            let block = &func.blocks[b as usize];
            for &i in &block.insts {
                if self.is_live[i.0 as usize] && !self.is_fused[i.0 as usize] {
                    let data = &func.insts[i.0 as usize];
                    match plan::constant_form(func, data) {
                        Some((_, a, _)) => self.want_hoisted(func, a, in_loop, weight),
                        None if data.op == Opcode::SlotSet => {}
                        None => {
                            for &arg in &data.args {
                                self.want_hoisted(func, arg, in_loop, weight);
                            }
                        }
                    }
                }
            }
            self.plan_condition(func, cfg, b, in_loop, weight);
        }
        self.choose_hoists(func, cfg, hoisted_max);
    }

    fn plan_condition(&mut self, func: &Func, cfg: &Cfg, b: u32, in_loop: u32, weight: u32) {
        let Term::Branch { cond, .. } = func.blocks[b as usize].term else { return };
        let (_, _, Some(i)) = self.fused_test(func, cond) else { return };
        let data = plan::inst(func, i);
        if let Some(limit) = counted_limit(func, cfg, b, data) {
            self.want_hoisted(func, limit, in_loop, weight);
        } else if matches!(data.op, Opcode::Op(Op::LtAny | Op::LeAny | Op::EqAny)) {
            for &arg in &data.args {
                self.want_hoisted(func, arg, in_loop, weight);
            }
        }
    }

    fn want_hoisted(&mut self, func: &Func, v: Value, in_loop: u32, weight: u32) {
        let value = super::resolve(func, v);
        if self.constant[value as usize] != NONE {
            self.hoists.push(Hoist { value, in_loop, weight, block: NONE, reg: NONE });
        }
    }

    fn choose_hoists(&mut self, func: &Func, cfg: &Cfg, hoisted_max: usize) {
        self.hoists.sort_unstable_by_key(|h| (h.value, h.in_loop));
        self.hoists.dedup_by(|next, kept| {
            let same = (next.value, next.in_loop) == (kept.value, kept.in_loop);
            if same {
                kept.weight = kept.weight.saturating_add(next.weight);
            }
            same
        });
        self.hoists.retain_mut(|h| {
            h.block = load_block(cfg, h.in_loop);
            h.block != NONE
        });
        self.hoists.sort_unstable_by_key(|h| (u32::MAX - h.weight, h.value, h.in_loop));
        self.hoists.truncate(hoisted_max);
        self.hoists.sort_unstable_by_key(|h| (h.value, h.in_loop));
        for k in 0..self.hoists.len() {
            let rep = func.values[self.hoists[k].value as usize].rep;
            self.hoists[k].reg = self.new_reg(rep);
        }
    }

    fn hoisted(&self, cfg: &Cfg, value: u32) -> Option<u32> {
        if self.hoists.is_empty() {
            return None;
        }
        let in_loop = match cfg.loop_of[self.block as usize] {
            NONE => return None,
            l => cfg.loops[l as usize].outermost,
        };
        let k = self.hoists.binary_search_by_key(&(value, in_loop), |h| (h.value, h.in_loop));
        k.ok().map(|k| self.hoists[k].reg)
    }

    // ---- selection

    fn new_reg(&mut self, rep: Rep) -> u32 {
        let reg = self.reps.len() as u32;
        self.reps.push(rep);
        self.def_at.push(NONE);
        self.def_point.push(0);
        self.is_strict.push(false);
        reg
    }

    /// Appends an instruction whose uses are `uses[uses_at..]` and immediates `imms[imms_at..]`.
    fn push(&mut self, cfg: &Cfg, mut inst: MInst) -> Result<(), EmitError> {
        let (n_uses, n_imms) =
            (self.uses.len() - inst.uses_at as usize, self.imms.len() - inst.imms_at as usize);
        let shape = crate::shape::shape(inst.op);
        let is_call = inst.op.spec().effects.has(Effects::CALLS) || inst.op == Op::MakeClosure;
        let n_args_max = if is_call { limit::ARGS } else { 255 };
        if shape.has_args && n_uses > n_args_max + shape.ins().len() {
            return Err(EmitError { kind: EmitErrorKind::TooManyArguments, pos: inst.pos });
        }
        inst.n_uses = n_uses as u16;
        inst.n_imms = n_imms as u16;
        let at = cfg.lin_num[self.block as usize];
        for k in 0..n_uses {
            self.read(self.uses[inst.uses_at as usize + k], at);
        }
        if inst.dst != NONE && !self.is_slot(inst.dst) {
            self.def_at[inst.dst as usize] = at;
            self.def_point[inst.dst as usize] = 2 * self.clock + 1;
        }
        self.insts.push(inst);
        self.clock += 1;
        Ok(())
    }

    fn read(&mut self, reg: u32, at: u32) {
        if !self.is_slot(reg) {
            self.reads.push(Use { reg, at, point: 2 * self.clock });
        }
    }

    fn load_constant(&mut self, func: &Func, cfg: &Cfg, value: u32, reg: u32) {
        let data = plan::inst(func, self.constant[value as usize]);
        let Opcode::Op(op) = data.op else { return };
        let (uses_at, imms_at) = (self.uses.len() as u32, self.imms.len() as u32);
        self.imms.extend_from_slice(&data.imms);
        // Without register operands this cannot fail.
        let _ = self.push(
            cfg,
            MInst {
                op,
                dst: reg,
                uses_at,
                imms_at,
                n_uses: 0,
                n_imms: 0,
                pos: data.pos,
                note: None,
            },
        );
    }

    /// Register that holds `v` at this place.
    fn operand(&mut self, func: &Func, cfg: &Cfg, v: Value) -> u32 {
        let v = super::resolve(func, v);
        if self.constant[v as usize] == NONE {
            return self.reg_of[v as usize];
        }
        if let Some(reg) = self.hoisted(cfg, v) {
            return reg;
        }
        let (block, at) = self.cached_at[v as usize];
        let reg = if block == self.block && self.insts.len() - at < REUSE_DISTANCE {
            self.cached_reg[v as usize]
        } else {
            let reg = self.new_reg(func.values[v as usize].rep);
            self.load_constant(func, cfg, v, reg);
            self.cached_reg[v as usize] = reg;
            reg
        };
        self.cached_at[v as usize] = (self.block, self.insts.len());
        reg
    }

    fn demand(&mut self, reg: u32, demand: Demand) {
        if !demand.allows_any() {
            self.is_strict[reg as usize] = true;
        }
    }

    fn lower_block(
        &mut self,
        func: &Func,
        facts: &dyn ModuleFacts,
        cfg: &Cfg,
        b: u32,
    ) -> Result<(), EmitError> {
        let block = &func.blocks[b as usize];
        self.block = b;
        let first = self.insts.len() as u32;
        let start = 2 * self.clock;
        for &param in &block.params {
            self.def_at[param.0 as usize] = cfg.lin_num[b as usize];
            self.def_point[param.0 as usize] = start;
        }
        if func.n_slots > 0 {
            self.forward_slots(func, b);
        }
        for &i in &block.insts {
            let data = &func.insts[i.0 as usize];
            let is_constant = data.result.is_some_and(|v| self.constant[v.0 as usize] != NONE);
            if self.is_live[i.0 as usize] && !self.is_fused[i.0 as usize] && !is_constant {
                self.lower_inst(func, facts, cfg, data)?;
            }
        }
        for k in 0..self.hoists.len() {
            if self.hoists[k].block == b {
                self.load_constant(func, cfg, self.hoists[k].value, self.hoists[k].reg);
            }
        }
        let term = self.lower_term(func, cfg, b)?;
        let at = cfg.lin_num[b as usize];
        self.read_edges(func, b, at);
        self.clock += 1;
        self.blocks[b as usize] = MBlock {
            first,
            last: self.insts.len() as u32,
            start,
            end: 2 * self.clock,
            term,
            term_pos: block.term_pos,
        };
        Ok(())
    }

    fn lower_inst(
        &mut self,
        func: &Func,
        facts: &dyn ModuleFacts,
        cfg: &Cfg,
        data: &InstData,
    ) -> Result<(), EmitError> {
        let dst = data.result.map_or(NONE, |v| v.0);
        let mut inst = MInst {
            op: Op::Mov,
            dst,
            uses_at: 0,
            imms_at: 0,
            n_uses: 0,
            n_imms: 0,
            pos: data.pos,
            note: data.note,
        };
        let op = match data.op {
            Opcode::SlotGet => {
                let slot = self.slot_base + data.imms.first().map_or(0, |&s| s as u32);
                if self.reg_of[dst as usize] != dst {
                    return Ok(());
                }
                inst.uses_at = self.uses.len() as u32;
                inst.imms_at = self.imms.len() as u32;
                self.uses.push(slot);
                return self.push(cfg, inst);
            }
            Opcode::SlotSet => return self.lower_slot_set(func, cfg, data, inst),
            Opcode::Op(op) => op,
        };
        inst.op = op;
        if let Some((form, a, k)) = plan::constant_form(func, data) {
            let reg = self.operand(func, cfg, a);
            if form != Op::AddAnyK {
                self.demand(reg, Demand::Own);
            }
            inst.op = form;
            inst.uses_at = self.uses.len() as u32;
            inst.imms_at = self.imms.len() as u32;
            self.uses.push(reg);
            self.imms.push(k);
            return self.push(cfg, inst);
        }
        // Loading a constant appends instructions, but no uses: the list stays in one piece.
        inst.uses_at = self.uses.len() as u32;
        for (k, &arg) in data.args.iter().enumerate() {
            let reg = self.operand(func, cfg, arg);
            if matches!(self.reps[reg as usize], Rep::F64 | Rep::Ref(_))
                && !self.is_strict[reg as usize]
            {
                let demand = match (op, k, data.args.first(), data.imms.first()) {
                    (Op::SetField, 1, Some(&obj), Some(&slot)) => {
                        match func.rep(func.resolve(obj)) {
                            Rep::Ref(ty) => Demand::Rep(facts.field_rep(ty, slot as u8)),
                            _ => Demand::Own,
                        }
                    }
                    _ => plan::demanded(op, &data.imms, k, facts),
                };
                self.demand(reg, demand);
            }
            self.uses.push(reg);
        }
        inst.imms_at = self.imms.len() as u32;
        self.imms.extend_from_slice(&data.imms);
        self.push(cfg, inst)
    }

    fn lower_slot_set(
        &mut self,
        func: &Func,
        cfg: &Cfg,
        data: &InstData,
        mut inst: MInst,
    ) -> Result<(), EmitError> {
        let (Some(&slot), Some(&src)) = (data.imms.first(), data.args.first()) else {
            return Ok(());
        };
        let slot = self.slot_base + slot as u32;
        let v = super::resolve(func, src);
        if self.constant[v as usize] != NONE {
            self.load_constant(func, cfg, v, slot);
            return Ok(());
        }
        let reg = self.reg_of[v as usize];
        let is_last_def = self.insts.len() as u32 > self.block_first()
            && self.insts.last().is_some_and(|last| last.dst == reg);
        if is_last_def && self.use_count[v as usize] == 1 && !self.is_slot(reg) {
            if let Some(last) = self.insts.last_mut() {
                last.dst = slot;
                self.def_at[reg as usize] = NONE;
            }
            return Ok(());
        }
        inst.dst = slot;
        inst.uses_at = self.uses.len() as u32;
        inst.imms_at = self.imms.len() as u32;
        self.uses.push(reg);
        self.push(cfg, inst)
    }

    /// Index of the first instruction of the current block.
    fn block_first(&self) -> u32 {
        self.blocks[self.block as usize].first
    }

    /// Lets values that are read from a slot and used before it changes stay in the slot.
    fn forward_slots(&mut self, func: &Func, b: u32) {
        self.blocks[b as usize].first = self.insts.len() as u32;
        self.slot_reads.clear();
        let block = &func.blocks[b as usize];
        for &i in &block.insts {
            let data = &func.insts[i.0 as usize];
            if !self.is_live[i.0 as usize] {
                continue;
            }
            if !self.is_fused[i.0 as usize] {
                for &arg in &data.args {
                    self.note_slot_use(func, arg);
                }
            }
            let Some(&slot) = data.imms.first() else { continue };
            match (data.op, data.result) {
                (Opcode::SlotSet, _) => self.slot_version[slot as usize] += 1,
                (Opcode::SlotGet, Some(v)) => {
                    let version = self.slot_version[slot as usize];
                    self.reg_of[v.0 as usize] = v.0;
                    self.slot_reads.push((v.0, slot as u32, version, self.use_count[v.0 as usize]));
                }
                _ => {}
            }
        }
        // Fused instructions execute with the terminator.
        for &i in &block.insts {
            if self.is_fused[i.0 as usize] {
                for &arg in &func.insts[i.0 as usize].args {
                    self.note_slot_use(func, arg);
                }
            }
        }
        if let Some(v) = block.term.operand() {
            self.note_slot_use(func, v);
        }
        block.term.for_each_edge(|e| {
            for (k, &arg) in e.args.iter().enumerate() {
                let param = func.blocks[e.block.0 as usize].params[k];
                if self.use_count[param.0 as usize] > 0 {
                    self.note_slot_use(func, arg);
                }
            }
        });
        for &(v, slot, _, left) in &self.slot_reads {
            if left == 0 {
                self.reg_of[v as usize] = self.slot_base + slot;
            }
        }
    }

    fn note_slot_use(&mut self, func: &Func, v: Value) {
        let v = super::resolve(func, v);
        // Blocks read few slots between calls; the newest reads are the likely ones.
        for read in self.slot_reads.iter_mut().rev().take(16) {
            if read.0 == v {
                if self.slot_version[read.1 as usize] == read.2 {
                    read.3 = read.3.saturating_sub(1);
                }
                return;
            }
        }
    }

    fn lower_term(&mut self, func: &Func, cfg: &Cfg, b: u32) -> Result<MTerm, EmitError> {
        let block = &func.blocks[b as usize];
        let at = cfg.lin_num[b as usize];
        Ok(match &block.term {
            Term::None => {
                return Err(EmitError { kind: EmitErrorKind::Unfinished, pos: block.term_pos });
            }
            Term::Jump(_) => MTerm::Jump(0),
            Term::Branch { cond, .. } => match super::cfg::known_condition(func, &block.term) {
                Some(taken) => MTerm::Jump(u32::from(!taken)),
                None => MTerm::Branch(self.lower_cond(func, cfg, b, *cond)),
            },
            Term::Switch { on, cases, .. } => {
                let on = self.operand(func, cfg, *on);
                self.demand(on, Demand::Own);
                self.read(on, at);
                let mut temp = NONE;
                if cases.len() > 255 {
                    temp = self.new_reg(Rep::F64);
                    self.is_strict[temp as usize] = true;
                    self.def_at[temp as usize] = at;
                    self.def_point[temp as usize] = 2 * self.clock;
                    self.read(temp, at);
                }
                MTerm::Switch { on, temp }
            }
            Term::Return(None) => MTerm::ReturnNull,
            Term::Return(Some(v)) => {
                let v = super::resolve(func, *v);
                let null = (Opcode::Op(Op::LoadImm), Some(&0));
                let is_null = self.constant[v as usize] != NONE && func.result != Rep::F64 && {
                    let data = plan::inst(func, self.constant[v as usize]);
                    (data.op, data.imms.first()) == null
                };
                if is_null {
                    MTerm::ReturnNull
                } else {
                    let reg = self.operand(func, cfg, Value(v));
                    self.demand(reg, Demand::Rep(func.result));
                    self.read(reg, at);
                    MTerm::Return(reg)
                }
            }
            Term::Throw(v) => {
                let reg = self.operand(func, cfg, *v);
                self.read(reg, at);
                MTerm::Throw(reg)
            }
            Term::Raise(kind, text) => MTerm::Raise(*kind, *text),
        })
    }

    fn lower_cond(&mut self, func: &Func, cfg: &Cfg, b: u32, cond: Value) -> Cond {
        let (v, is_inverted, fused) = self.fused_test(func, cond);
        let mut result = Cond {
            test: Test::Bool,
            is_inverted,
            a: NONE,
            b: NONE,
            imm: 0,
            pos: func.blocks[b as usize].term_pos,
            note: None,
        };
        let at = cfg.lin_num[b as usize];
        let test = fused.map(|i| plan::inst(func, i)).and_then(|data| match data.op {
            Opcode::Op(op) => Test::of(op).map(|test| (data, test)),
            _ => None,
        });
        let Some((data, (test, is_swapped))) = test else {
            result.a = self.operand(func, cfg, Value(v));
            self.read(result.a, at);
            return result;
        };
        result.test = test;
        result.pos = data.pos;
        result.note = data.note;
        result.is_inverted ^= is_swapped;
        match *data.args {
            [a] => {
                result.a = self.operand(func, cfg, a);
                result.imm = data.imms.first().copied().unwrap_or(0);
            }
            [a, b_arg] => {
                let is_counted = counted_limit(func, cfg, b, data)
                    .is_some_and(|k| self.hoisted(cfg, super::resolve(func, k)).is_some());
                let constant = |k: Value, is_left: bool| {
                    Some((test.with_constant(is_left)?, plan::f64_bits(func, k)?))
                };
                if !is_counted && let Some((test, k)) = constant(b_arg, false) {
                    (result.test, result.imm) = (test, k);
                    result.a = self.operand(func, cfg, a);
                } else if !is_counted && let Some((test, k)) = constant(a, true) {
                    (result.test, result.imm) = (test, k);
                    result.a = self.operand(func, cfg, b_arg);
                } else {
                    let (a, b_arg) = if is_swapped { (b_arg, a) } else { (a, b_arg) };
                    result.a = self.operand(func, cfg, a);
                    result.b = self.operand(func, cfg, b_arg);
                }
            }
            _ => {}
        }
        let is_strict = !matches!(
            result.test,
            Test::Truthy
                | Test::Null
                | Test::Passed
                | Test::IsType
                | Test::LtAny
                | Test::LeAny
                | Test::EqAny
        );
        for reg in [result.a, result.b] {
            if reg != NONE {
                self.is_strict[reg as usize] |= is_strict;
                self.read(reg, at);
            }
        }
        result
    }

    /// Edge arguments are read at the end of the block.
    fn read_edges(&mut self, func: &Func, b: u32, at: u32) {
        let term = &func.blocks[b as usize].term;
        let skipped = super::cfg::known_condition(func, term).map(u32::from);
        let mut i = 0;
        while let Some(e) = edge(term, i) {
            if skipped != Some(i) {
                let params = &func.blocks[e.block.0 as usize].params;
                for (&param, &arg) in params.iter().zip(&e.args) {
                    if self.is_used(param)
                        && let Source::Reg(reg) = self.source(func, arg)
                        && !self.is_slot(reg)
                    {
                        self.reads.push(Use { reg, at, point: 2 * self.clock + 1 });
                    }
                }
            }
            i += 1;
        }
    }

    /// Relaxes registers whose readers accept any tagged value.
    fn settle_reps(&mut self, func: &Func, cfg: &Cfg) {
        if let Some(entry) = func.blocks.first() {
            for &param in &entry.params {
                self.is_strict[param.0 as usize] = true;
            }
        }
        let mut work = std::mem::take(&mut self.work);
        work.clear();
        for &b in &cfg.rpo {
            for &param in &func.blocks[b as usize].params {
                // Sharing the register of a strict argument saves a move.
                let is_strict = self.is_strict[param.0 as usize]
                    || (self.reps[param.0 as usize] != Rep::Any
                        && self.any_source(func, cfg, param, |s, reg| s.is_strict[reg]));
                if is_strict {
                    self.is_strict[param.0 as usize] = true;
                    work.push(param.0);
                }
            }
        }
        // What flows into a strict parameter must be strict itself.
        while let Some(v) = work.pop() {
            self.any_source(func, cfg, Value(v), |s, reg| {
                if !std::mem::replace(&mut s.is_strict[reg], true) {
                    work.push(reg as u32);
                }
                false
            });
        }
        self.work = work;
        for (rep, &is_strict) in self.reps.iter_mut().zip(&self.is_strict) {
            if !is_strict && rep.is_tagged_compatible() {
                *rep = Rep::Any;
            }
        }
    }

    /// Whether `test` holds for a register that an edge passes to value `v`, if `v` is a parameter.
    fn any_source(
        &mut self,
        func: &Func,
        cfg: &Cfg,
        v: Value,
        mut test: impl FnMut(&mut Select, usize) -> bool,
    ) -> bool {
        let Some((b, k)) = (v.0 < self.slot_base).then(|| super::as_param(func, v.0)).flatten()
        else {
            return false;
        };
        for &pred in cfg.preds(b.0) {
            let term = &func.blocks[pred as usize].term;
            let mut i = 0;
            while let Some(e) = edge(term, i) {
                if e.block == b
                    && let Some(&arg) = e.args.get(k as usize)
                    && let Source::Reg(reg) = self.source(func, arg)
                    && test(self, reg as usize)
                {
                    return true;
                }
                i += 1;
            }
        }
        false
    }
}

fn refill<T: Clone>(table: &mut Vec<T>, n: usize, value: T) {
    table.clear();
    table.resize(n, value);
}

/// Block at whose end the constants of an outermost loop are loaded: one that dominates the loop,
/// is outside all loops and cannot leave for a handler before its end.
fn load_block(cfg: &Cfg, l: u32) -> u32 {
    let mut b = cfg.loops[l as usize].header;
    loop {
        let up = cfg.idom[b as usize];
        if up == b {
            return NONE;
        }
        b = up;
        if cfg.loop_of[b as usize] == NONE && cfg.handler[b as usize] == NONE {
            return b;
        }
    }
}

/// The constant limit of a counted loop whose header is `b`: a comparison of a parameter that the
/// latch has just increased, so that one instruction can do both.
fn counted_limit(func: &Func, cfg: &Cfg, b: u32, data: &InstData) -> Option<Value> {
    let l = cfg.loop_with_header(b)?;
    let (&[a, limit], Opcode::Op(Op::LtF64 | Op::LeF64)) = (&*data.args, data.op) else {
        return None;
    };
    plan::f64_bits(func, limit)?;
    let a = super::resolve(func, a);
    let (block, k) = super::as_param(func, a)?;
    if block.0 != b {
        return None;
    }
    let is_increased = |v: Value| {
        let data = super::defining_inst(func, super::resolve(func, v)).map(|i| plan::inst(func, i));
        data.is_some_and(|data| {
            let first = data.args.first().map(|&v| super::resolve(func, v));
            match data.op {
                Opcode::Op(Op::AddF64K) => first == Some(a),
                Opcode::Op(Op::AddF64 | Op::SubF64) => plan::constant_form(func, data)
                    .is_some_and(|(op, v, _)| op == Op::AddF64K && super::resolve(func, v) == a),
                _ => false,
            }
        })
    };
    let from_latch = cfg.preds(b).iter().filter(|&&p| cfg.in_loop(p, l));
    from_latch
        .flat_map(|&p| (0..).map_while(move |i| edge(&func.blocks[p as usize].term, i)))
        .any(|e| e.block.0 == b && e.args.get(k as usize).is_some_and(|&v| is_increased(v)))
        .then_some(limit)
}
