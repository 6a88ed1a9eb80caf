//! Reads of replaced objects become the values that were stored.

use std::collections::VecDeque;

use ahash::AHashMap;
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use smallvec::SmallVec;

use super::handler::Slots;
use super::object::{Object, Objects, part_of};
use crate::cfg::Cfg;
use crate::ir::{Block, Def, Func, Inst, InstData, ModuleFacts, Opcode, Pos, Value, ValueData};

/// A part of an object: the object's number, and the field's plus one. A box, whose number is that of
/// a value and not of an instruction, has part 0.
pub(super) type Part = (u32, u64);

/// Rewrites all reads and drops all writes.
pub(super) fn run(
    func: &mut Func,
    facts: &dyn ModuleFacts,
    cfg: &Cfg,
    objects: &Objects,
    slots: Slots,
) {
    let mut renamer = Renamer {
        func,
        facts,
        cfg,
        objects,
        slots,
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
    slots: Slots,
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

    /// Whether the instruction stays. What stands for the parts of a new object goes to `out`.
    fn keeps(&mut self, block: Block, inst: Inst, out: &mut Vec<Inst>) -> bool {
        let data = self.func.inst(inst);
        let Opcode::Op(op) = data.op else { return true };
        if let Some(object) = data.result.and_then(|v| self.objects.of(v)) {
            match object {
                Object::Fixed(_) => {}
                Object::Box(group) => {
                    let content = data.args[0];
                    self.store(block, (group, 0), content, out);
                }
                Object::Parts(_) if op == Op::NewInstance => {
                    self.start_instance(block, inst, TypeId(data.imms[0] as u32), out);
                }
                Object::Parts(_) => {
                    let step = if op == Op::NewObject { 2 } else { 1 };
                    let parts = data.args.clone().into_iter().skip(step - 1).step_by(step);
                    for (part, value) in parts.enumerate() {
                        self.store(block, (inst.0, part as u64 + 1), value, out);
                    }
                    // Nobody reads the object; making an array has no effect, so it is dead.
                    return op != Op::NewObject;
                }
            }
            return true;
        }
        let Some(part) = self.part(data) else { return true };
        let stored = match op {
            Op::SetField | Op::SetCell | Op::SetMember => Some(data.args[1]),
            Op::ArraySet | Op::ArraySetBool | Op::SetIndex => Some(data.args[2]),
            _ => None,
        };
        match (stored, data.result) {
            (Some(stored), _) => {
                let stored = match self.func.rep(stored) {
                    Rep::Bool => self.make(Op::BoxBool, &[stored], &[], Rep::Any, out),
                    _ => stored,
                };
                self.store(block, part, stored, out);
                false
            }
            (None, Some(result)) => self.load(block, part, (inst, result), out),
            (None, None) => true,
        }
    }

    fn store(&mut self, block: Block, part: Part, value: Value, out: &mut Vec<Inst>) {
        match self.slots.get(&part) {
            Some(&slot) => {
                let inst = Inst(self.func.insts.len() as u32);
                self.func.insts.push(InstData {
                    op: Opcode::SlotSet,
                    args: SmallVec::from_slice(&[value]),
                    imms: SmallVec::from_slice(&[u64::from(slot)]),
                    result: None,
                    pos: Pos::default(),
                    note: None,
                });
                out.push(inst);
            }
            None => {
                self.at_end.insert((block, part), value);
            }
        }
    }

    /// Turns a read into what gives the part's value; returns whether an instruction stays for it.
    fn load(
        &mut self,
        block: Block,
        part: Part,
        (inst, result): (Inst, Value),
        out: &mut Vec<Inst>,
    ) -> bool {
        let rep = self.func.rep(result);
        let value = match self.slots.get(&part) {
            Some(&slot) => self.make(Opcode::SlotGet, &[], &[u64::from(slot)], Rep::Any, out),
            None => {
                // Elements can be anything, whatever this read expects.
                let op = self.func.inst(inst).op;
                let is_typed = matches!(op, Opcode::Op(Op::ArrayGetF64 | Op::ArrayGetBool));
                self.value_at(block, part, if is_typed { Rep::Any } else { rep })
            }
        };
        if rep.accepts(self.func.rep(value)) {
            self.func.values[result.0 as usize].def = Def::Alias(value);
            return false;
        }
        // The check of an element keeps its note; that of a field cannot fail.
        let (op, imms) = narrowing(rep);
        let data = &mut self.func.insts[inst.0 as usize];
        (data.op, data.args) = (Opcode::Op(op), SmallVec::from_slice(&[value]));
        data.imms = imms.into_iter().collect();
        true
    }

    fn part(&self, data: &InstData) -> Option<Part> {
        match self.objects.of(*data.args.first()?)? {
            Object::Fixed(_) => None,
            Object::Parts(made) => {
                Some((made.0, part_of(self.func, self.func.inst(made), data)? + 1))
            }
            Object::Box(group) => Some((group, 0)),
        }
    }

    /// The fields of a new instance: 0 in number places, else null.
    fn start_instance(&mut self, block: Block, inst: Inst, ty: TypeId, out: &mut Vec<Inst>) {
        for slot in 0..self.facts.n_fields(ty) {
            let rep = self.facts.field_rep(ty, slot);
            let part = (inst.0, u64::from(slot) + 1);
            let value = match rep {
                Rep::F64 => self.make(Op::LoadF64, &[], &[0], rep, out),
                Rep::Ref(_) if !self.slots.contains_key(&part) => {
                    let null = self.make(Op::LoadImm, &[], &[0], Rep::Any, out);
                    let (op, imms) = narrowing(rep);
                    self.make(op, &[null], imms.as_slice(), rep, out)
                }
                _ => self.make(Op::LoadImm, &[], &[0], Rep::Any, out),
            };
            self.store(block, part, value, out);
        }
    }

    fn make(
        &mut self,
        op: impl Into<Opcode>,
        args: &[Value],
        imms: &[u64],
        rep: Rep,
        out: &mut Vec<Inst>,
    ) -> Value {
        let inst = Inst(self.func.insts.len() as u32);
        let result = Value(self.func.values.len() as u32);
        self.func.values.push(ValueData { def: Def::Inst(inst), rep });
        self.func.insts.push(InstData {
            op: op.into(),
            args: SmallVec::from_slice(args),
            imms: SmallVec::from_slice(imms),
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

/// The check that gives a tagged value the representation of a field, and its immediate.
fn narrowing(rep: Rep) -> (Op, Option<u64>) {
    match rep {
        Rep::Ref(TypeId::STRING) => (Op::CheckStr, None),
        Rep::Ref(TypeId::ARRAY) => (Op::CheckArray, None),
        Rep::Ref(ty) => (Op::CheckRef, Some(u64::from(ty.0))),
        Rep::Bool => (Op::CheckBool, None),
        Rep::F64 | Rep::I64 | Rep::Any => (Op::CheckF64, None),
    }
}
