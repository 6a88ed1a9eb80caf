//! Copying a body into the place of a call.

use hyp_bytecode::op::Op;
use hyp_bytecode::rep::Rep;
use smallvec::{SmallVec, smallvec};

use super::{Inliner, Site, nesting};
use crate::ir::{
    Block, BlockData, Def, Edge, Func, InlinedCall, Inst, InstData, Opcode, Pos, Term, Value,
    ValueData,
};

/// How the body's names translate into the caller's.
struct Names {
    values: Vec<Value>,
    /// Number of the block that body block 1 becomes, less one.
    blocks: u32,
    /// Where the returned value goes; `None` if the body is one block, which the caller's block
    /// goes on after.
    exit: Option<Block>,
    /// The inlined call; calls inside the body follow it.
    call: u32,
    /// Calls that the call is in, itself included.
    depth: u64,
    /// Number of the slot that body slot 0 becomes.
    slots: u64,
}

impl Names {
    fn pos(&self, pos: Pos) -> Pos {
        if pos.line == 0 { pos } else { Pos { inlined: self.call + pos.inlined, ..pos } }
    }

    fn edge(&self, edge: &Edge) -> Edge {
        Edge {
            block: Block(edge.block.0 + self.blocks),
            args: edge.args.iter().map(|v| self.values[v.0 as usize]).collect(),
        }
    }
}

impl Inliner<'_> {
    /// Replaces the call at position `at` of a block. Returns where the rest of the block is.
    pub(super) fn splice(&mut self, block: Block, at: usize, site: &Site) -> (Block, usize) {
        let insts = &mut self.func.blocks[block.0 as usize].insts;
        let rest = insts.split_off(at + 1);
        insts.pop();
        let mut names = Names {
            values: vec![Value(u32::MAX); site.body.values.len()],
            blocks: 0,
            exit: None,
            call: self.add_calls(site),
            depth: u64::from(nesting(self.func, site.pos)) + 1,
            slots: u64::from(self.func.n_slots),
        };
        self.func.n_slots += site.body.n_slots;
        self.pass_arguments(block, site, &mut names);
        self.append(block, Op::CheckDepth, &[], &[names.depth], None, site.pos);
        self.clear_slots(block, site, &names);
        self.name_values(site, &mut names);
        let is_straight = matches!(site.body.blocks[..], [BlockData { term: Term::Return(_), .. }]);
        if is_straight {
            self.copy_insts(block, &site.body, 0, &names);
            if let (Term::Return(v), Some(result)) = (&site.body.blocks[0].term, site.result) {
                let v = self.returned(block, *v, &names);
                self.func.values[result.0 as usize].def = Def::Alias(v);
            }
            let at = self.func.block(block).insts.len();
            self.func.blocks[block.0 as usize].insts.extend(rest);
            return (block, at);
        }
        let exit = self.split(block, rest, site.result);
        names.exit = Some(exit);
        self.copy_blocks(block, site, &mut names);
        (exit, 0)
    }

    /// Enters the call and those inside its body into the function's table; returns its number.
    fn add_calls(&mut self, site: &Site) -> u32 {
        self.func.inlined.push(InlinedCall { func: site.callee, at: site.pos });
        let call = self.func.inlined.len() as u32;
        let inner = site.body.inlined.iter().map(|inner| InlinedCall {
            func: inner.func,
            at: Pos { inlined: call + inner.at.inlined, ..inner.at },
        });
        self.func.inlined.extend(inner);
        call
    }

    fn pass_arguments(&mut self, block: Block, site: &Site, names: &mut Names) {
        let params = &site.body.blocks[0].params;
        for (i, param) in params.iter().enumerate() {
            let arg = match site.args.get(i) {
                Some(&arg) => {
                    let arg = self.func.resolve(arg);
                    Some(self.fit(block, site, i, arg))
                }
                None => self.append(block, Op::LoadImm, &[], &[3], Some(Rep::Any), site.pos),
            };
            names.values[param.0 as usize] = arg.unwrap_or(Value(u32::MAX));
        }
    }

    /// A call starts with slots that are null; the place of the call can be reached again.
    fn clear_slots(&mut self, block: Block, site: &Site, names: &Names) {
        if site.body.n_slots == 0 {
            return;
        }
        let null = self.append(block, Op::LoadImm, &[], &[0], Some(Rep::Any), Pos::default());
        for slot in 0..u64::from(site.body.n_slots) {
            let args = null.as_slice();
            self.append(block, Opcode::SlotSet, args, &[names.slots + slot], None, Pos::default());
        }
    }

    /// Makes values for what the body defines; captured variables are the call's own values.
    fn name_values(&mut self, site: &Site, names: &mut Names) {
        let body = &site.body;
        let mut define = |v: Value, to: Option<Value>| {
            names.values[v.0 as usize] = to.unwrap_or_else(|| {
                let rep = body.rep(v);
                let value = Value(self.func.values.len() as u32);
                self.func.values.push(ValueData { def: Def::Alias(value), rep });
                value
            });
        };
        for (b, block) in body.blocks.iter().enumerate() {
            if b != 0 {
                block.params.iter().for_each(|v| define(*v, None));
            }
            for &inst in &block.insts {
                let data = body.inst(inst);
                if let Some(result) = data.result {
                    define(result, captured(data, site));
                }
            }
        }
    }

    /// Moves the rest of a block into a new one, whose parameter is the call's result.
    fn split(&mut self, block: Block, rest: Vec<Inst>, result: Option<Value>) -> Block {
        let exit = Block(self.func.blocks.len() as u32);
        if let Some(result) = result {
            self.func.values[result.0 as usize].def = Def::Param(exit, 0);
        }
        let data = &mut self.func.blocks[block.0 as usize];
        let tail = BlockData {
            params: result.into_iter().collect(),
            insts: rest,
            term: std::mem::replace(&mut data.term, Term::None),
            term_pos: data.term_pos,
            handler: data.handler,
            is_cleanup: false,
        };
        self.func.blocks.push(tail);
        exit
    }

    fn copy_blocks(&mut self, block: Block, site: &Site, names: &mut Names) {
        let handler = self.func.block(block).handler;
        names.blocks = self.func.blocks.len() as u32 - 1;
        for (b, data) in site.body.blocks.iter().enumerate().skip(1) {
            let id = Block(names.blocks + b as u32);
            let params: Vec<Value> =
                data.params.iter().map(|v| names.values[v.0 as usize]).collect();
            for (i, param) in params.iter().enumerate() {
                self.func.values[param.0 as usize].def = Def::Param(id, i as u32);
            }
            self.func.blocks.push(BlockData {
                params,
                insts: Vec::new(),
                term: Term::None,
                term_pos: Pos::default(),
                // What the body does not handle goes where the call's errors go.
                handler: data.handler.map(|h| Block(names.blocks + h.0)).or(handler),
                is_cleanup: data.is_cleanup,
            });
        }
        for (b, data) in site.body.blocks.iter().enumerate() {
            let to = if b == 0 { block } else { Block(names.blocks + b as u32) };
            self.copy_insts(to, &site.body, b, names);
            let term = self.end(to, &data.term, names);
            let copy = &mut self.func.blocks[to.0 as usize];
            (copy.term, copy.term_pos) = (term, names.pos(data.term_pos));
        }
    }

    fn copy_insts(&mut self, to: Block, body: &Func, from: usize, names: &Names) {
        for &inst in &body.blocks[from].insts {
            let data = body.inst(inst);
            if data.op == Opcode::Op(Op::GetUpvalue) {
                continue;
            }
            let id = Inst(self.func.insts.len() as u32);
            let mut copy = InstData {
                args: data.args.iter().map(|v| names.values[v.0 as usize]).collect(),
                result: data.result.map(|v| names.values[v.0 as usize]),
                pos: names.pos(data.pos),
                ..data.clone()
            };
            match data.op {
                Opcode::Op(Op::CheckDepth) => copy.imms[0] += names.depth,
                Opcode::SlotGet | Opcode::SlotSet => copy.imms[0] += names.slots,
                Opcode::Op(_) => {}
            }
            if let Some(result) = copy.result {
                self.func.values[result.0 as usize].def = Def::Inst(id);
            }
            self.func.insts.push(copy);
            self.func.blocks[to.0 as usize].insts.push(id);
        }
    }

    /// The value that a `return` gives to the caller.
    fn returned(&mut self, block: Block, v: Option<Value>, names: &Names) -> Value {
        match v {
            Some(v) => names.values[v.0 as usize],
            None => self
                .append(block, Op::LoadImm, &[], &[0], Some(Rep::Any), Pos::default())
                .unwrap_or(Value(u32::MAX)),
        }
    }

    fn end(&mut self, block: Block, term: &Term, names: &Names) -> Term {
        let value = |v: &Value| names.values[v.0 as usize];
        match term {
            Term::None => Term::None,
            Term::Jump(edge) => Term::Jump(names.edge(edge)),
            Term::Branch { cond, then, other } => {
                Term::Branch { cond: value(cond), then: names.edge(then), other: names.edge(other) }
            }
            Term::Switch { on, cases, default } => Term::Switch {
                on: value(on),
                cases: cases.iter().map(|edge| names.edge(edge)).collect(),
                default: names.edge(default),
            },
            Term::Return(v) => {
                let result = self.returned(block, *v, names);
                let Some(exit) = names.exit else { return Term::None };
                let has_param = !self.func.block(exit).params.is_empty();
                let args = if has_param { smallvec![result] } else { SmallVec::new() };
                Term::Jump(Edge { block: exit, args })
            }
            Term::Throw(v) => Term::Throw(value(v)),
            Term::Raise(kind, message) => Term::Raise(*kind, *message),
        }
    }
}

/// The captured value that a body's instruction reads.
fn captured(data: &InstData, site: &Site) -> Option<Value> {
    let is_capture = data.op == Opcode::Op(Op::GetUpvalue);
    if is_capture { site.captures.get(*data.imms.first()? as usize).copied() } else { None }
}
