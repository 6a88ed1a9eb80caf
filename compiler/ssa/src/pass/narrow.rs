//! Narrowing by type tests: where a branch on `is_type` has shown what a value is, member accesses
//! and arithmetic use it as that. A check that cannot fail gives the narrower representation.

use hyp_bytecode::module::{Desc, DescId, StrId};
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use smallvec::SmallVec;

use crate::cfg::Cfg;
use crate::ir::{
    Block, Def, Func, Inst, InstData, ModuleFacts, Opcode, Pos, Term, Value, ValueData,
};

/// How far up the dominator tree tests are looked for, so that the pass stays linear.
const REACH: usize = 8;

/// Runs the pass.
pub fn run(func: &mut Func, facts: &dyn ModuleFacts) {
    let has_tests = func.insts.iter().any(|data| data.op == Opcode::Op(Op::IsType));
    if !has_tests {
        return;
    }
    let cfg = super::reachable_cfg(func);
    let mut narrower = Narrower { func, facts, cfg: &cfg, made: Vec::new() };
    for &block in &cfg.order {
        let mut at = 0;
        while let Some(&inst) = narrower.func.block(block).insts.get(at) {
            narrower.narrow(block, inst);
            // Checks may have been put before the instruction.
            let insts = &narrower.func.block(block).insts;
            at = insts[at..].iter().position(|i| *i == inst).map_or(at, |n| at + n) + 1;
        }
    }
}

/// A narrowed form of a value, valid where `block` dominates.
struct Made {
    block: Block,
    of: Value,
    narrowed: Value,
}

struct Narrower<'a> {
    func: &'a mut Func,
    facts: &'a dyn ModuleFacts,
    cfg: &'a Cfg,
    made: Vec<Made>,
}

impl Narrower<'_> {
    fn narrow(&mut self, block: Block, inst: Inst) {
        let Opcode::Op(op) = self.func.inst(inst).op else { return };
        match op {
            Op::GetIndex | Op::GetIndexOpt | Op::GetMember => self.narrow_access(block, inst, op),
            Op::SetMember | Op::CallMethod => {
                self.narrow_operand(block, inst, 0, |rep| rep != Rep::F64);
            }
            Op::AddAny
            | Op::SubAny
            | Op::MulAny
            | Op::DivAny
            | Op::ModAny
            | Op::PowAny
            | Op::LtAny
            | Op::LeAny
            | Op::EqAny => {
                self.narrow_operand(block, inst, 0, |rep| rep == Rep::F64);
                self.narrow_operand(block, inst, 1, |rep| rep == Rep::F64);
            }
            Op::NegAny | Op::ToNum | Op::CheckF64 | Op::AddAnyK => {
                self.narrow_operand(block, inst, 0, |rep| rep == Rep::F64);
            }
            _ => {}
        }
    }

    /// A field of a record or session that the test has found.
    fn narrow_access(&mut self, block: Block, inst: Inst, op: Op) {
        let data = self.func.inst(inst);
        let (object, pos) = (data.args[0], data.pos);
        let name = if op == Op::GetMember {
            Some(StrId(data.imms[0] as u32))
        } else {
            let key = self.func.def_inst(data.args[1]);
            key.filter(|d| d.op == Opcode::Op(Op::LoadStr)).map(|d| StrId(d.imms[0] as u32))
        };
        let (Some(name), Some((from, Rep::Ref(ty)))) = (name, self.shown(object, block)) else {
            return;
        };
        let Some(field) = self.facts.field_by_name(ty, name) else { return };
        let is_record = self.facts.type_kind(ty) == Some(hyp_bytecode::module::TypeKind::Record);
        // Only records are indexed by field names.
        let is_usable = (is_record || op == Op::GetMember)
            && (!field.is_private || self.func.owner == Some(ty));
        if !is_usable {
            return;
        }
        let narrowed = self.narrowed(object, from, Rep::Ref(ty), pos);
        let data = &mut self.func.insts[inst.0 as usize];
        data.op = Opcode::Op(Op::GetField);
        data.args = SmallVec::from_slice(&[narrowed]);
        data.imms = SmallVec::from_slice(&[u64::from(field.slot)]);
        if let Some(result) = data.result {
            self.func.values[result.0 as usize].rep = field.rep;
        }
    }

    fn narrow_operand(&mut self, block: Block, inst: Inst, i: usize, wanted: fn(Rep) -> bool) {
        let data = self.func.inst(inst);
        let (value, pos) = (data.args[i], data.pos);
        if let Some((from, rep)) = self.shown(value, block)
            && wanted(rep)
        {
            let narrowed = self.narrowed(value, from, rep, pos);
            self.func.insts[inst.0 as usize].args[i] = narrowed;
        }
    }

    /// The representation that a test on the way to `block` has shown for a value of unknown kind,
    /// and the block from which on it holds.
    fn shown(&self, value: Value, block: Block) -> Option<(Block, Rep)> {
        if self.func.rep(value) != Rep::Any {
            return None;
        }
        let mut below = block;
        for _ in 0..REACH {
            let above = self.cfg.idom(below)?;
            if let Term::Branch { cond, then, other } = &self.func.block(above).term
                && then.block == below
                && other.block != below
                && self.cfg.preds(below).len() == 1
                && let Some(rep) = self.tested(*cond, value)
            {
                return Some((below, rep));
            }
            below = above;
        }
        None
    }

    /// What the condition says of the value if it is true.
    fn tested(&self, cond: Value, value: Value) -> Option<Rep> {
        let data = self.func.def_inst(cond)?;
        if data.op != Opcode::Op(Op::IsType) || data.args[0] != value {
            return None;
        }
        match self.facts.desc(DescId(data.imms[0] as u32))? {
            Desc::Number => Some(Rep::F64),
            Desc::Named(ty) => Some(Rep::Ref(ty)),
            _ => None,
        }
    }

    /// The narrowed form of a value at the start of `from`, made on first use.
    fn narrowed(&mut self, of: Value, from: Block, rep: Rep, pos: Pos) -> Value {
        if let Some(made) = self.made.iter().find(|m| m.of == of && m.block == from) {
            return made.narrowed;
        }
        let (op, imms) = match rep {
            Rep::Ref(TypeId(ty)) => (Op::CheckRef, SmallVec::from_slice(&[u64::from(ty)])),
            _ => (Op::CheckF64, SmallVec::new()),
        };
        let (inst, narrowed) =
            (Inst(self.func.insts.len() as u32), Value(self.func.values.len() as u32));
        self.func.values.push(ValueData { def: Def::Inst(inst), rep });
        self.func.insts.push(InstData {
            op: Opcode::Op(op),
            args: SmallVec::from_slice(&[of]),
            imms,
            result: Some(narrowed),
            pos,
            note: None,
        });
        self.func.blocks[from.0 as usize].insts.insert(0, inst);
        self.made.push(Made { block: from, of, narrowed });
        narrowed
    }
}
