//! Instruction selection over virtual registers.
//!
//! A virtual register is an SSA value, a slot, or a constant loaded for one place. Dead code is
//! left out here, constants are loaded where they are needed or in front of the loop, and the
//! condition of a branch becomes part of it.

use super::cfg::{Cfg, edge};
use super::hoist::{Hoist, counted_limit};
use super::latch::Latch;
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
    pub(super) use_count: Vec<u32>,
    /// Whether some reader insists on the value's representation, by register.
    pub(super) is_strict: Vec<bool>,
    pub(super) is_live: Vec<bool>,
    pub(super) is_fused: Vec<bool>,
    /// Defining instruction of constants, by value.
    pub(super) constant: Vec<u32>,
    /// The first of the constants that are equal to a value; other values stand for themselves.
    pub(super) same: Vec<u32>,
    /// Register of a value: itself, or the slot that it was read from.
    pub(super) reg_of: Vec<u32>,
    pub(super) cached_reg: Vec<u32>,
    pub(super) cached_at: Vec<(u32, usize)>,
    pub(super) hoists: Vec<Hoist>,
    /// Increments to repeat, by block and parameter.
    pub(super) latches: Vec<Latch>,
    /// Block, value and register of each hoisted constant.
    pub(super) hoist_loads: Vec<(u32, u32, u32)>,
    pub(super) slot_version: Vec<u32>,
    pub(super) slot_reads: Vec<(u32, u32, u32, u32)>,
    pub(super) work: Vec<u32>,
    pub(super) block: u32,
    pub(super) clock: u32,
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
        self.unify_constants(func);
        self.find_fused(func, cfg);
        self.plan_hoists(func, cfg, hoisted_max);
        self.plan_latches(func, cfg);
        for &b in &cfg.lin {
            self.lower_block(func, facts, cfg, b)?;
        }
        self.settle_reps(func, cfg);
        Ok(())
    }

    /// What an edge from `block` passes to `param` as its argument `v`.
    pub(super) fn source(&self, func: &Func, block: u32, param: Value, v: Value) -> Source {
        if let Some(reg) = self.repeated(block, param) {
            return Source::Reg(reg);
        }
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
        self.hoist_loads.clear();
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

    // ---- selection

    pub(super) fn new_reg(&mut self, rep: Rep) -> u32 {
        let reg = self.reps.len() as u32;
        self.reps.push(rep);
        self.def_at.push(NONE);
        self.def_point.push(0);
        self.is_strict.push(false);
        reg
    }

    /// Appends an instruction whose uses are `uses[uses_at..]` and immediates `imms[imms_at..]`.
    pub(super) fn push(&mut self, cfg: &Cfg, mut inst: MInst) -> Result<(), EmitError> {
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

    pub(super) fn load_constant(&mut self, func: &Func, cfg: &Cfg, value: u32, reg: u32) {
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
    pub(super) fn operand(&mut self, func: &Func, cfg: &Cfg, v: Value) -> u32 {
        let v = super::resolve(func, v);
        if self.constant[v as usize] == NONE {
            return self.reg_of[v as usize];
        }
        if let Some(reg) = self.hoisted(cfg, v) {
            return reg;
        }
        let v = self.same[v as usize];
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
        self.load_hoisted(func, cfg, b);
        self.repeat_increments(cfg, b);
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
                        && let Source::Reg(reg) = self.source(func, b, param, arg)
                        && !self.is_slot(reg)
                    {
                        self.reads.push(Use { reg, at, point: 2 * self.clock + 1 });
                    }
                }
            }
            i += 1;
        }
    }
}

fn refill<T: Clone>(table: &mut Vec<T>, n: usize, value: T) {
    table.clear();
    table.resize(n, value);
}
