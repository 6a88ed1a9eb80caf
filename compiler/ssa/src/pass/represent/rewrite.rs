//! The walk that replaces instructions, and what the rules use to do it.

use ahash::AHashMap;
use hyp_bytecode::module::StrId;
use hyp_bytecode::op::{Effects, Op};
use hyp_bytecode::rep::{Rep, TypeId};
use smallvec::SmallVec;

use super::infer::Kinds;
use super::kind::Kind;
use super::params::Changes;
use super::rules;
use crate::cfg::Cfg;
use crate::ir::{
    Block, BlockData, Def, Edge, Func, Inst, InstData, ModuleFacts, Opcode, Pos, Term, Value,
    ValueData,
};

/// Values remembered as not null within a block, so that the walk stays linear.
const NON_NULL_MAX: usize = 32;

/// How far back the walk looks for an instruction to combine with.
const LOOK_BACK: usize = 32;

pub(super) type Args = SmallVec<[Value; 4]>;
pub(super) type Imms = SmallVec<[u64; 2]>;

/// What becomes of an instruction.
pub(super) enum Outcome {
    /// It stays.
    Keep,
    /// It goes; its result is this value.
    Alias(Value),
    /// It becomes another operation. The result's representation follows from the row.
    Replace(Op, Args, Imms),
    /// As `Replace`, where the context gives the representation.
    ReplaceRep(Op, Args, Imms, Rep),
}

/// State of the walk.
pub(super) struct Rewriter<'a> {
    pub(super) func: &'a mut Func,
    pub(super) facts: &'a dyn ModuleFacts,
    pub(super) changes: &'a Changes,
    kinds: Kinds,
    uses: Vec<u32>,
    /// Instructions of the block so far.
    out: Vec<Inst>,
    /// The block that `out` belongs to: the original one, or the part after a guard.
    block: Block,
    /// Values that are not null from here on in the blocks that are dominated.
    non_null: Vec<Value>,
    /// By block: the values that were not null at its end.
    non_null_at_end: Vec<Vec<Value>>,
    /// The last part of each block that a guard has divided.
    ends: AHashMap<Block, Block>,
    pos: Pos,
}

/// Rewrites all instructions, definitions before uses.
pub(super) fn rewrite(
    func: &mut Func,
    facts: &dyn ModuleFacts,
    cfg: &Cfg,
    kinds: Kinds,
    changes: &Changes,
) {
    let uses = crate::pass::count_uses(func);
    let non_null_at_end = vec![Vec::new(); func.blocks.len()];
    let mut rewriter = Rewriter {
        func,
        facts,
        changes,
        kinds,
        uses,
        out: Vec::with_capacity(crate::pass::INSTS_EXPECTED),
        block: Func::ENTRY,
        non_null: Vec::new(),
        non_null_at_end,
        ends: AHashMap::new(),
        pos: Pos::default(),
    };
    for &block in &cfg.order {
        rewriter.inherit_non_null(cfg, block);
        rewriter.rewrite_block(block);
    }
}

impl Rewriter<'_> {
    fn rewrite_block(&mut self, block: Block) {
        let data = &mut self.func.blocks[block.0 as usize];
        let mut insts = std::mem::take(&mut data.insts);
        let term = std::mem::replace(&mut data.term, Term::None);
        self.block = block;
        for &inst in &insts {
            self.rewrite_inst(inst);
        }
        insts.clear();
        let out = std::mem::replace(&mut self.out, insts);
        let (term_pos, handler) = {
            let data = self.func.block(block);
            (data.term_pos, data.handler)
        };
        self.non_null_at_end[block.0 as usize].clone_from(&self.non_null);
        if self.block != block {
            self.ends.insert(block, self.block);
        }
        let last = &mut self.func.blocks[self.block.0 as usize];
        last.insts = out;
        last.term = term;
        last.term_pos = term_pos;
        last.handler = handler;
    }

    /// What is not null at the start of a block: what was not at the end of its dominator, and what
    /// the dominator's branch has shown.
    fn inherit_non_null(&mut self, cfg: &Cfg, block: Block) {
        self.non_null.clear();
        let Some(above) = cfg.idom(block) else { return };
        let inherited = std::mem::take(&mut self.non_null_at_end[above.0 as usize]);
        self.non_null.extend_from_slice(&inherited);
        self.non_null_at_end[above.0 as usize] = inherited;
        if cfg.preds(block).len() != 1 {
            return;
        }
        // A guard has moved the end of the dominator to its last part.
        let end = self.ends.get(&above).copied().unwrap_or(above);
        if let Term::Branch { cond, then, other } = &self.func.block(end).term
            && then.block != other.block
        {
            let (cond, outcome) = (*cond, then.block == block);
            if let Some(v) = self.shown_non_null(cond, outcome) {
                self.remember_non_null(v);
            }
        }
    }

    /// The value that a condition with this outcome shows to be not null.
    fn shown_non_null(&self, cond: Value, outcome: bool) -> Option<Value> {
        let cond = self.func.resolve(cond);
        if let Some(inner) = self.operand_of(Op::Not, cond) {
            return self.shown_non_null(inner, !outcome);
        }
        let tested = if outcome { Op::Truthy } else { Op::IsNull };
        self.operand_of(tested, cond)
    }

    fn rewrite_inst(&mut self, inst: Inst) {
        let at = inst.0 as usize;
        self.func.resolve_args(inst);
        self.pos = self.func.insts[at].pos;
        let Opcode::Op(op) = self.func.insts[at].op else {
            self.out.push(inst);
            return;
        };
        let (op, args, imms, rep) = match rules::apply(self, op, inst) {
            Outcome::Keep => {
                self.out.push(inst);
                return;
            }
            Outcome::Alias(to) => {
                if let Some(result) = self.func.insts[at].result {
                    self.alias(result, to);
                }
                return;
            }
            Outcome::Replace(op, args, imms) => {
                let rep = crate::shape::result_rep(op, &imms);
                (op, args, imms, rep)
            }
            Outcome::ReplaceRep(op, args, imms, rep) => (op, args, imms, Some(rep)),
        };
        let data = &mut self.func.insts[at];
        (data.op, data.args, data.imms) = (Opcode::Op(op), args, imms);
        match (data.result, rep) {
            (Some(result), Some(rep)) => self.func.values[result.0 as usize].rep = rep,
            (_, None) => data.result = None,
            (None, Some(_)) => {}
        }
        self.out.push(inst);
    }

    // ---- what rules ask

    pub(super) fn data(&self, inst: Inst) -> &InstData {
        self.func.inst(inst)
    }

    pub(super) fn kind(&self, v: Value) -> Kind {
        self.kinds[v.0 as usize]
    }

    pub(super) fn rep(&self, v: Value) -> Rep {
        self.func.rep(v)
    }

    /// Whether the value is known to be a number.
    pub(super) fn is_num(&self, v: Value) -> bool {
        self.rep(v) == Rep::F64 || self.kind(v).is(Kind::NUM)
    }

    /// The row and first immediate of the instruction that defines a value.
    pub(super) fn def(&self, v: Value) -> Option<(Op, u64)> {
        let data = self.func.def_inst(v)?;
        Some((data.row()?, data.imms.first().copied().unwrap_or(0)))
    }

    /// The number, if the value is a constant one.
    pub(super) fn constant(&self, v: Value) -> Option<f64> {
        match self.def(v)? {
            (Op::LoadF64, bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// The operand of the row that defines a value, if it is this row.
    pub(super) fn operand_of(&self, op: Op, v: Value) -> Option<Value> {
        let data = self.func.def_inst(v)?;
        (data.op == Opcode::Op(op)).then(|| data.args.first().map(|v| self.func.resolve(*v)))?
    }

    pub(super) fn is_used_once(&self, v: Value) -> bool {
        self.uses[v.0 as usize] == 1
    }

    /// Whether the value has no uses at all.
    pub(super) fn is_unused(&self, v: Value) -> bool {
        self.uses[v.0 as usize] == 0
    }

    fn alias(&mut self, from: Value, to: Value) {
        // The aliased instruction's own use of `to` goes, the uses of its result come.
        let moved = self.uses[from.0 as usize];
        let count = &mut self.uses[to.0 as usize];
        *count = count.saturating_add(moved);
        self.func.values[from.0 as usize].def = Def::Alias(to);
    }

    // ---- what rules do

    /// Appends an instruction before the one that is being rewritten.
    pub(super) fn insert(
        &mut self,
        op: Op,
        args: &[Value],
        imms: &[u64],
        kind: Kind,
        note: Option<StrId>,
    ) -> Value {
        let rep = crate::shape::result_rep(op, imms).unwrap_or(Rep::Any);
        let result = self.new_value(rep, kind);
        let inst = self.append(op, args, imms, note, Some(result));
        self.func.values[result.0 as usize].def = Def::Inst(inst);
        result
    }

    /// As [`Rewriter::insert`], for a row without result.
    pub(super) fn insert_void(&mut self, op: Op, args: &[Value], imms: &[u64]) {
        self.append(op, args, imms, None, None);
    }

    fn append(
        &mut self,
        op: Op,
        args: &[Value],
        imms: &[u64],
        note: Option<StrId>,
        result: Option<Value>,
    ) -> Inst {
        let inst = Inst(self.func.insts.len() as u32);
        self.func.insts.push(InstData {
            op: Opcode::Op(op),
            args: SmallVec::from_slice(args),
            imms: SmallVec::from_slice(imms),
            result,
            pos: self.pos,
            note,
        });
        self.out.push(inst);
        inst
    }

    fn new_value(&mut self, rep: Rep, kind: Kind) -> Value {
        let value = Value(self.func.values.len() as u32);
        self.func.values.push(ValueData { def: Def::Alias(value), rep });
        self.kinds.push(kind);
        // New values never take part in combining.
        self.uses.push(u32::MAX);
        value
    }

    /// The value as a raw double; it must be known to be a number.
    pub(super) fn as_f64(&mut self, v: Value) -> Value {
        if self.rep(v) == Rep::F64 {
            return v;
        }
        self.insert(Op::CheckF64, &[v], &[], Kind::NUM, None)
    }

    /// The value as a reference of this type; it must be known to fit.
    pub(super) fn as_ref(&mut self, v: Value, ty: TypeId) -> Value {
        if self.rep(v) == Rep::Ref(ty) {
            return v;
        }
        let kind = self.kind(v);
        self.insert(Op::CheckRef, &[v], &[u64::from(ty.0)], kind, None)
    }

    /// Records that using the value has shown that it is not null.
    pub(super) fn note_non_null(&mut self, v: Value) {
        if self.kind(v).has(Kind::NULL) {
            self.remember_non_null(v);
        }
    }

    fn remember_non_null(&mut self, v: Value) {
        if self.non_null.len() == NON_NULL_MAX {
            self.non_null.remove(0);
        }
        self.non_null.push(v);
    }

    pub(super) fn is_non_null(&self, v: Value) -> bool {
        !self.kind(v).has(Kind::NULL) || self.non_null.contains(&v)
    }

    /// Continues only if `v` is not null; for null the instruction is executed as it is in a block
    /// of its own, where it raises its error.
    pub(super) fn guard_non_null(&mut self, v: Value, inst: Inst) {
        if self.is_non_null(v) {
            return;
        }
        let handler = self.func.block(self.block).handler;
        let cond = self.insert(Op::IsNull, &[v], &[], Kind::BOOL, None);
        let (cold, next) = (self.new_block(handler), self.new_block(handler));
        let jump = |block| Edge { block, args: SmallVec::new() };
        let out = std::mem::take(&mut self.out);
        let data = &mut self.func.blocks[self.block.0 as usize];
        data.insts = out;
        data.term = Term::Branch { cond, then: jump(cold), other: jump(next) };
        let mut original = self.func.inst(inst).clone();
        let (slow, result) =
            (Inst(self.func.insts.len() as u32), self.new_value(Rep::Any, Kind::ANY));
        self.func.values[result.0 as usize].def = Def::Inst(slow);
        original.result = Some(result);
        let pos = original.pos;
        self.func.insts.push(original);
        let data = &mut self.func.blocks[cold.0 as usize];
        data.insts.push(slow);
        data.term = Term::Throw(result);
        data.term_pos = pos;
        self.block = next;
        self.remember_non_null(v);
    }

    fn new_block(&mut self, handler: Option<Block>) -> Block {
        self.func.blocks.push(BlockData {
            params: Vec::new(),
            insts: Vec::new(),
            term: Term::None,
            term_pos: Pos::default(),
            handler,
            is_cleanup: false,
        });
        Block((self.func.blocks.len() - 1) as u32)
    }

    /// Takes the instruction that defines `v` out of the block if it is close, has no other use, and
    /// nothing after it has one of the effects `barrier`.
    pub(super) fn take_recent(&mut self, v: Value, barrier: Effects) -> Option<Inst> {
        let Def::Inst(wanted) = self.func.values[v.0 as usize].def else { return None };
        if !self.is_used_once(v) {
            return None;
        }
        let start = self.out.len().saturating_sub(LOOK_BACK);
        for at in (start..self.out.len()).rev() {
            let inst = self.out[at];
            if inst == wanted {
                return Some(self.out.remove(at));
            }
            if self.func.inst(inst).effects().0 & barrier.0 != 0 {
                return None;
            }
        }
        None
    }
}
