//! Moving instructions in front of a loop.

use hyp_bytecode::op::Op;
use hyp_bytecode::rep::Rep;
use smallvec::{SmallVec, smallvec};

use super::{Mover, Plan, Scope, is_constant};
use crate::ir::{
    Block, BlockData, Def, Edge, Func, Inst, InstData, Opcode, Pos, Term, Value, ValueData,
};

impl Mover<'_> {
    /// Makes a block in front of the loop and moves the plan's instructions there.
    pub(super) fn move_out(&mut self, scope: &Scope<'_>, plan: &Plan) {
        let front = self.preheader(scope);
        for &(block, inst) in plan.free.iter().chain(&plan.guarded) {
            let insts = &mut self.func.blocks[block.0 as usize].insts;
            insts.retain(|i| *i != inst);
        }
        let free: Vec<Inst> = plan.free.iter().map(|(_, inst)| *inst).collect();
        self.place(front, &free);
        if !plan.guarded.is_empty() {
            self.guard(scope, front, plan);
        }
    }

    /// A block through which the loop is entered.
    fn preheader(&mut self, scope: &Scope<'_>) -> Block {
        let header = scope.header;
        let handler = self.func.block(header).handler;
        let front = self.new_block(handler);
        let reps: Vec<Rep> =
            self.func.block(header).params.iter().map(|v| self.func.rep(*v)).collect();
        let mut args = SmallVec::new();
        for (i, rep) in reps.into_iter().enumerate() {
            let def = Def::Param(front, i as u32);
            let param = self.new_value(def, rep, front);
            self.func.blocks[front.0 as usize].params.push(param);
            args.push(param);
        }
        for b in 0..front.0 {
            if scope.is_member.get(b as usize) != Some(&true) {
                self.func.blocks[b as usize].term.for_each_edge_mut(|edge| {
                    if edge.block == header {
                        edge.block = front;
                    }
                });
            }
        }
        self.func.blocks[front.0 as usize].term = Term::Jump(Edge { block: header, args });
        front
    }

    /// Appends instructions to a block, with the constants that they use.
    fn place(&mut self, block: Block, insts: &[Inst]) {
        for &inst in insts {
            for i in 0..self.func.inst(inst).args.len() {
                let arg = self.func.resolve(self.func.inst(inst).args[i]);
                let constant = self.func.def_inst(arg).filter(|d| is_constant(d)).cloned();
                let arg = match constant {
                    Some(data) => self.append(block, data),
                    None => arg,
                };
                self.func.insts[inst.0 as usize].args[i] = arg;
            }
            if let Some(result) = self.func.inst(inst).result {
                self.set_home(result, block);
            }
            self.func.blocks[block.0 as usize].insts.push(inst);
        }
    }

    /// Puts a copy of the loop's condition in front of it. Where it holds, the guarded
    /// instructions are executed; their results enter the loop as parameters that it passes on.
    fn guard(&mut self, scope: &Scope<'_>, front: Block, plan: &Plan) {
        let header = scope.header;
        let handler = self.func.block(header).handler;
        let (inside, outside) = (self.new_block(handler), self.new_block(handler));
        let cond = self.copy_condition(header, front);
        let Term::Jump(entry) =
            std::mem::replace(&mut self.func.blocks[front.0 as usize].term, Term::None)
        else {
            return;
        };
        let to = |block| Edge { block, args: SmallVec::new() };
        let stays = match &self.func.block(header).term {
            Term::Branch { then, .. } => scope.is_member[then.block.0 as usize],
            _ => true,
        };
        let (then, other) = if stays { (inside, outside) } else { (outside, inside) };
        self.func.blocks[front.0 as usize].term =
            Term::Branch { cond, then: to(then), other: to(other) };
        let guarded: Vec<Inst> = plan.guarded.iter().map(|(_, inst)| *inst).collect();
        let (mut yes, mut no) = (entry.clone(), entry);
        let mut names = Vec::new();
        for &inst in &guarded {
            let Some(result) = self.func.inst(inst).result else { continue };
            let rep = self.func.rep(result);
            // The old name becomes the parameter, so that all uses stay.
            let index = self.func.block(header).params.len() as u32;
            self.func.values[result.0 as usize].def = Def::Param(header, index);
            self.func.blocks[header.0 as usize].params.push(result);
            self.set_home(result, header);
            let moved = self.new_value(Def::Inst(inst), rep, inside);
            self.func.insts[inst.0 as usize].result = Some(moved);
            names.push((result, moved));
            yes.args.push(moved);
            no.args.push(self.placeholder(outside, rep));
            self.pass_on(scope, result);
        }
        // They use each other's results, not the parameters.
        for &inst in &guarded {
            for arg in &mut self.func.insts[inst.0 as usize].args {
                *arg = renamed(&names, *arg);
            }
        }
        self.place(inside, &guarded);
        self.func.blocks[inside.0 as usize].term = Term::Jump(yes);
        self.func.blocks[outside.0 as usize].term = Term::Jump(no);
    }

    /// Every edge back to the header passes the parameter on.
    fn pass_on(&mut self, scope: &Scope<'_>, param: Value) {
        for &block in scope.members {
            self.func.blocks[block.0 as usize].term.for_each_edge_mut(|edge| {
                if edge.block == scope.header {
                    edge.args.push(param);
                }
            });
        }
    }

    /// Computes the header's condition for the arguments with which the loop is entered.
    fn copy_condition(&mut self, header: Block, front: Block) -> Value {
        let mut names: Vec<(Value, Value)> = Vec::new();
        let pairs = self.func.block(header).params.iter().zip(&self.func.block(front).params);
        names.extend(pairs.map(|(p, q)| (*p, *q)));
        for inst in self.func.block(header).insts.clone() {
            let mut data = self.func.inst(inst).clone();
            for arg in &mut data.args {
                *arg = renamed(&names, self.func.resolve(*arg));
            }
            if let Some(result) = data.result {
                let copy = self.append(front, data);
                names.push((result, copy));
            }
        }
        let Term::Branch { cond, .. } = self.func.block(header).term else {
            return Value(u32::MAX);
        };
        renamed(&names, self.func.resolve(cond))
    }

    /// A value of this representation for a path on which nobody uses it.
    fn placeholder(&mut self, block: Block, rep: Rep) -> Value {
        let (op, imm) = match rep {
            Rep::F64 => (Op::LoadF64, 0),
            Rep::I64 => (Op::LoadI64, 0),
            Rep::Bool => (Op::LoadBool, 0),
            Rep::Any | Rep::Ref(_) => (Op::LoadImm, 0),
        };
        let constant = |op, args, imms| InstData {
            op: Opcode::Op(op),
            args,
            imms,
            result: None,
            pos: Pos::default(),
            note: None,
        };
        let made = constant(op, SmallVec::new(), smallvec![imm]);
        let null = self.append_as(block, made, if op == Op::LoadImm { Rep::Any } else { rep });
        match rep {
            Rep::Ref(ty) => {
                let check = constant(Op::CheckRef, smallvec![null], smallvec![u64::from(ty.0)]);
                self.append_as(block, check, rep)
            }
            _ => null,
        }
    }

    /// Adds a copy of an instruction to a block; returns the copy's result.
    fn append(&mut self, block: Block, data: InstData) -> Value {
        let rep = data.result.map_or(Rep::Any, |v| self.func.rep(v));
        self.append_as(block, data, rep)
    }

    fn append_as(&mut self, block: Block, mut data: InstData, rep: Rep) -> Value {
        let inst = Inst(self.func.insts.len() as u32);
        let result = self.new_value(Def::Inst(inst), rep, block);
        data.result = Some(result);
        self.func.insts.push(data);
        self.func.blocks[block.0 as usize].insts.push(inst);
        result
    }

    fn new_value(&mut self, def: Def, rep: Rep, home: Block) -> Value {
        let value = Value(self.func.values.len() as u32);
        self.func.values.push(ValueData { def, rep });
        self.set_home(value, home);
        value
    }

    fn set_home(&mut self, value: Value, home: Block) {
        if self.home.len() <= value.0 as usize {
            self.home.resize(value.0 as usize + 1, Func::ENTRY);
        }
        self.home[value.0 as usize] = home;
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
        Block(self.func.blocks.len() as u32 - 1)
    }
}

fn renamed(names: &[(Value, Value)], v: Value) -> Value {
    names.iter().find(|(old, _)| *old == v).map_or(v, |(_, new)| *new)
}
