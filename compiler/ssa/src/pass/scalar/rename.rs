//! Reads of replaced objects become the values that were stored.

use std::collections::VecDeque;

use ahash::AHashMap;
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use smallvec::SmallVec;

use super::object::{Object, Objects};
use crate::cfg::Cfg;
use crate::ir::{Block, Def, Func, Inst, InstData, ModuleFacts, Opcode, Pos, Value, ValueData};

/// A part of an object: the object's number, and the field.
type Part = (u32, u64);

/// Rewrites all reads and drops all writes.
pub(super) fn run(func: &mut Func, facts: &dyn ModuleFacts, cfg: &Cfg, objects: &Objects) {
    let mut renamer = Renamer {
        func,
        facts,
        cfg,
        objects,
        at_end: AHashMap::new(),
        at_start: AHashMap::new(),
        pending: VecDeque::new(),
    };
    for &block in &cfg.order {
        renamer.block(block);
    }
    // In the order of the parameters; filling may add more.
    while let Some((block, part)) = renamer.pending.pop_front() {
        renamer.fill(block, part);
    }
}

struct Renamer<'a> {
    func: &'a mut Func,
    facts: &'a dyn ModuleFacts,
    cfg: &'a Cfg,
    objects: &'a Objects,
    /// Values of parts at the ends of blocks that write them.
    at_end: AHashMap<(Block, Part), Value>,
    /// Values at the starts of blocks, as far as they were asked for.
    at_start: AHashMap<(Block, Part), Value>,
    /// New parameters without arguments.
    pending: VecDeque<(Block, Part)>,
}

impl Renamer<'_> {
    fn block(&mut self, block: Block) {
        let insts = std::mem::take(&mut self.func.blocks[block.0 as usize].insts);
        let mut kept = Vec::with_capacity(insts.len());
        for inst in insts {
            if self.keeps(block, inst, &mut kept) {
                kept.push(inst);
            }
        }
        self.func.blocks[block.0 as usize].insts = kept;
    }

    /// Whether the instruction stays. Constants for the parts of a new instance go to `out`.
    fn keeps(&mut self, block: Block, inst: Inst, out: &mut Vec<Inst>) -> bool {
        let data = self.func.inst(inst);
        let Opcode::Op(op) = data.op else { return true };
        match op {
            Op::NewInstance => {
                let ty = TypeId(data.imms[0] as u32);
                if data.result.is_some_and(|v| self.objects.of(v).is_some()) {
                    self.start_instance(block, inst, ty, out);
                }
                true
            }
            Op::NewCell => {
                if let (Some(of), stored) = (data.result, data.args[0])
                    && let Some(Object::Box(group)) = self.objects.of(of)
                {
                    self.at_end.insert((block, (group, 0)), stored);
                }
                true
            }
            Op::GetField | Op::GetCell | Op::SetField | Op::SetCell => {
                let Some(part) = self.part(data) else { return true };
                match (data.result, data.args.get(1)) {
                    (Some(result), _) => {
                        let value = self.value_at(block, part, self.func.rep(result));
                        self.func.values[result.0 as usize].def = Def::Alias(value);
                    }
                    (None, Some(&stored)) => {
                        self.at_end.insert((block, part), stored);
                    }
                    (None, None) => return true,
                }
                false
            }
            _ => true,
        }
    }

    fn part(&self, data: &InstData) -> Option<Part> {
        match self.objects.of(*data.args.first()?)? {
            Object::Fixed(_) => None,
            // Numbers of groups are values, of instances instructions.
            Object::Instance(inst) => Some((inst.0, *data.imms.first()? + 1)),
            Object::Box(group) => Some((group, 0)),
        }
    }

    /// The fields of a new instance: 0 in number places, else null.
    fn start_instance(&mut self, block: Block, inst: Inst, ty: TypeId, out: &mut Vec<Inst>) {
        for slot in 0..self.facts.n_fields(ty) {
            let rep = self.facts.field_rep(ty, slot);
            let value = match rep {
                Rep::F64 => self.make(Op::LoadF64, &[], 0, rep, out),
                Rep::Ref(of) => {
                    let null = self.make(Op::LoadImm, &[], 0, Rep::Any, out);
                    self.make(Op::CheckRef, &[null], u64::from(of.0), rep, out)
                }
                _ => self.make(Op::LoadImm, &[], 0, rep, out),
            };
            self.at_end.insert((block, (inst.0, u64::from(slot) + 1)), value);
        }
    }

    fn make(&mut self, op: Op, args: &[Value], imm: u64, rep: Rep, out: &mut Vec<Inst>) -> Value {
        let inst = Inst(self.func.insts.len() as u32);
        let result = Value(self.func.values.len() as u32);
        self.func.values.push(ValueData { def: Def::Inst(inst), rep });
        self.func.insts.push(InstData {
            op: Opcode::Op(op),
            args: SmallVec::from_slice(args),
            imms: SmallVec::from_slice(&[imm]),
            result: Some(result),
            pos: Pos::default(),
            note: None,
        });
        out.push(inst);
        result
    }

    /// The part's value at this point of a block; later writes of the block are not known yet.
    fn value_at(&mut self, block: Block, part: Part, rep: Rep) -> Value {
        match self.at_end.get(&(block, part)) {
            Some(&value) => value,
            None => self.value_at_start(block, part, rep),
        }
    }

    fn value_at_start(&mut self, block: Block, part: Part, rep: Rep) -> Value {
        if let Some(&value) = self.at_start.get(&(block, part)) {
            return value;
        }
        let value = match self.cfg.preds(block) {
            // In this order the only predecessor comes first.
            &[pred] => self.value_at(pred, part, rep),
            _ => {
                let index = self.func.block(block).params.len() as u32;
                let value = Value(self.func.values.len() as u32);
                self.func.values.push(ValueData { def: Def::Param(block, index), rep });
                self.func.blocks[block.0 as usize].params.push(value);
                self.pending.push_back((block, part));
                value
            }
        };
        self.at_start.insert((block, part), value);
        value
    }

    /// Passes the part's value on every edge to a block.
    fn fill(&mut self, block: Block, part: Part) {
        let rep = self.at_start.get(&(block, part)).map_or(Rep::Any, |v| self.func.rep(*v));
        let mut preds: Vec<Block> = self.cfg.preds(block).to_vec();
        preds.sort_unstable();
        preds.dedup();
        for pred in preds {
            let value = self.value_at(pred, part, rep);
            let value = self.func.resolve(value);
            self.func.blocks[pred.0 as usize].term.for_each_edge_mut(|edge| {
                if edge.block == block {
                    edge.args.push(value);
                }
            });
        }
    }
}
