//! Checks that a function is well formed: shapes and representations of instructions, edges,
//! dominance, handlers.

use std::fmt::Write;

use hyp_bytecode::op::{Kind, Op};
use hyp_bytecode::rep::{Rep, TypeId};

use crate::cfg::Cfg;
use crate::ir::{Block, Def, Edge, Func, Inst, InstData, ModuleFacts, Opcode, Pos, Term, Value};
use crate::shape::{kind_accepts, shape};

/// Checks a function. The error names the block and the instruction.
///
/// # Errors
/// The first violated rule.
pub fn verify(func: &Func, facts: &dyn ModuleFacts) -> Result<(), String> {
    let mut verifier = Verifier { func, facts, at: String::new() };
    verifier.run().map_err(|message| {
        let name = func.name.and_then(|n| facts.string(n)).unwrap_or_else(|| "?".into());
        format!("function {name}: {}{message}", verifier.at)
    })
}

struct Verifier<'a> {
    func: &'a Func,
    facts: &'a dyn ModuleFacts,
    /// Where the check is, for the message.
    at: String,
}

type Check = Result<(), String>;

fn require(holds: bool, message: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(message()) }
}

impl Verifier<'_> {
    fn run(&mut self) -> Check {
        let func = self.func;
        require(!func.blocks.is_empty(), || "no blocks".into())?;
        self.check_ids()?;
        self.check_inlined()?;
        self.check_handlers()?;
        for (b, block) in func.blocks.iter().enumerate() {
            for &inst in &block.insts {
                self.locate(b, Some(inst));
                self.check_inst(func.inst(inst))?;
            }
            self.locate(b, None);
            self.check_term(&block.term)?;
        }
        self.check_dominance()
    }

    /// Positions name existing inlined calls, and those lie within earlier ones.
    fn check_inlined(&self) -> Check {
        let func = self.func;
        let nested = func.inlined.iter().enumerate().all(|(i, c)| c.at.inlined as usize <= i);
        require(nested, || "an inlined call is not within an earlier one".into())?;
        let known = |pos: Pos| pos.inlined as usize <= func.inlined.len();
        let mut placed = func.blocks.iter().flat_map(|b| &b.insts).map(|i| func.inst(*i).pos);
        let all = placed.all(known) && func.blocks.iter().all(|b| known(b.term_pos));
        require(all, || "a position names no inlined call".into())
    }

    fn locate(&mut self, block: usize, inst: Option<Inst>) {
        self.at.clear();
        // Writing to a string cannot fail.
        let _ = match inst {
            Some(inst) => {
                let data = self.func.inst(inst);
                write!(self.at, "block{block}: inst {} ({:?}): ", inst.0, data.op)
            }
            None => write!(self.at, "block{block}: end: "),
        };
    }

    // ---- structure

    /// Every index is in range and every value of a block has one definition, where it says.
    fn check_ids(&mut self) -> Check {
        let func = self.func;
        let mut defined = vec![false; func.values.len()];
        let mut placed = vec![false; func.insts.len()];
        let mut define = |value: Value, def: Def| {
            let data = func.values.get(value.0 as usize).ok_or("value out of range")?;
            if data.def != def {
                return Err(format!("v{} is defined as {:?}, not {def:?}", value.0, data.def));
            }
            if std::mem::replace(&mut defined[value.0 as usize], true) {
                return Err(format!("v{} is defined twice", value.0));
            }
            Ok(())
        };
        for (b, block) in func.blocks.iter().enumerate() {
            for (i, &param) in block.params.iter().enumerate() {
                define(param, Def::Param(Block(b as u32), i as u32))?;
            }
            for &inst in &block.insts {
                let data = func.insts.get(inst.0 as usize).ok_or("instruction out of range")?;
                if std::mem::replace(&mut placed[inst.0 as usize], true) {
                    return Err(format!("block{b}: instruction {} occurs twice", inst.0));
                }
                if let Some(result) = data.result {
                    define(result, Def::Inst(inst))?;
                }
            }
            let mut in_range = true;
            block.term.for_each_edge(|edge| {
                in_range &= (edge.block.0 as usize) < func.blocks.len() && edge.block.0 != 0;
            });
            require(in_range, || format!("block{b}: jumps to the entry or to no block"))?;
        }
        for (b, block) in func.blocks.iter().enumerate() {
            let known = |v: &Value| defined.get(v.0 as usize) == Some(&true);
            for &inst in &block.insts {
                if let Some(v) = func.inst(inst).args.iter().find(|v| !known(v)) {
                    return Err(format!("block{b}: v{} is used but not defined", v.0));
                }
            }
            let mut unknown = block.term.operand().filter(|v| !known(v));
            block.term.for_each_edge(|edge| {
                unknown = unknown.or(edge.args.iter().find(|v| !known(v)).copied());
            });
            if let Some(v) = unknown {
                return Err(format!("block{b}: end: v{} is used but not defined", v.0));
            }
        }
        Ok(())
    }

    fn check_handlers(&mut self) -> Check {
        let func = self.func;
        require(func.blocks[0].handler.is_none(), || "the entry block is protected".into())?;
        let mut is_handler = vec![false; func.blocks.len()];
        for (b, block) in func.blocks.iter().enumerate() {
            let Some(handler) = block.handler else { continue };
            let data = func.blocks.get(handler.0 as usize);
            let data = data.ok_or_else(|| format!("block{b}: no such handler"))?;
            let [param] = data.params[..] else {
                return Err(format!("block{}: a handler needs exactly one parameter", handler.0));
            };
            require(func.rep(param) == Rep::Any && handler != Func::ENTRY, || {
                format!("block{}: a handler's parameter is not `any`", handler.0)
            })?;
            is_handler[handler.0 as usize] = true;
        }
        for (b, _) in is_handler.iter().enumerate().filter(|(_, h)| **h) {
            let (mut at, mut steps) = (func.blocks[b].handler, 0);
            while let Some(next) = at {
                steps += 1;
                require(next.0 as usize != b && steps <= func.blocks.len(), || {
                    format!("block{b}: a handler protects itself")
                })?;
                at = func.block(next).handler;
            }
        }
        for (b, block) in func.blocks.iter().enumerate() {
            let mut ok = true;
            block.term.for_each_edge(|edge| ok &= !is_handler[edge.block.0 as usize]);
            require(ok, || format!("block{b}: jumps to a handler"))?;
        }
        Ok(())
    }

    // ---- instructions

    fn check_inst(&self, data: &InstData) -> Check {
        match data.op {
            Opcode::Op(op) => self.check_row(op, data),
            Opcode::SlotGet => {
                self.check_slot(data)?;
                require(data.args.is_empty(), || "arguments".into())?;
                require(data.result.is_some_and(|v| self.func.rep(v) == Rep::Any), || {
                    "a slot is `any`".into()
                })
            }
            Opcode::SlotSet => {
                self.check_slot(data)?;
                require(data.result.is_none(), || "unexpected result".into())?;
                let [value] = data.args[..] else { return Err("needs one argument".into()) };
                require(self.func.rep(value).is_tagged_compatible(), || "stores a raw value".into())
            }
        }
    }

    fn check_slot(&self, data: &InstData) -> Check {
        let ok = matches!(data.imms[..], [slot] if slot < u64::from(self.func.n_slots));
        require(ok, || "no such slot".into())
    }

    fn check_row(&self, op: Op, data: &InstData) -> Check {
        let shape = shape(op);
        require(shape.is_inst, || "not an SSA instruction".into())?;
        require(data.imms.len() == shape.imms().len(), || "wrong number of immediates".into())?;
        for (&kind, &imm) in shape.imms().iter().zip(&data.imms) {
            let max = match kind {
                Kind::Imm8 => 255,
                Kind::K64 => u64::MAX,
                _ => u64::from(u32::MAX),
            };
            require(imm <= max, || format!("immediate {imm} out of range"))?;
        }
        let n = shape.ins().len();
        let count_ok = if shape.has_args { data.args.len() >= n } else { data.args.len() == n };
        require(count_ok, || "wrong number of arguments".into())?;
        let (fixed, rest) = data.args.split_at(n);
        for (i, (&kind, &arg)) in shape.ins().iter().zip(fixed).enumerate() {
            let rep = self.func.rep(arg);
            require(kind_accepts(kind, rep), || {
                format!("argument {i}, v{}: {rep:?} where {kind:?} is needed", arg.0)
            })?;
        }
        for &arg in rest {
            let rep = self.func.rep(arg);
            require(rep.is_tagged_compatible(), || format!("v{} is raw: {rep:?}", arg.0))?;
        }
        self.check_result(op, data)?;
        self.check_stores(op, data)
    }

    fn check_result(&self, op: Op, data: &InstData) -> Check {
        let Some(kind) = shape(op).out else {
            return require(data.result.is_none(), || "unexpected result".into());
        };
        let result = data.result.ok_or("the result is missing")?;
        let rep = self.func.rep(result);
        let given = match (kind, crate::shape::result_rep(op, &data.imms)) {
            (_, Some(rep)) => {
                return require(self.func.rep(result) == rep, || {
                    format!("the result is {:?}, not {rep:?}", self.func.rep(result))
                });
            }
            (Kind::OutSame, None) => self.context_rep(op, data)?,
            _ => return Err("the result's type is missing".into()),
        };
        require(rep.accepts(given), || format!("the result is {rep:?} but gets {given:?}"))
    }

    /// Representation of what an instruction with an `OutSame` result delivers.
    fn context_rep(&self, op: Op, data: &InstData) -> Result<Rep, String> {
        let imm = data.imms.first().copied().unwrap_or(0) as u32;
        Ok(match op {
            Op::Call => self.facts.result_rep(hyp_bytecode::module::FuncId(imm)),
            Op::GetGlobal => self.facts.global_rep(imm),
            Op::GetUpvalue => *self.func.upvalues.get(imm as usize).ok_or("no such upvalue")?,
            Op::GetField => self.facts.field_rep(self.type_of(data.args[0])?, imm as u8),
            _ => return Err("the result's representation is unknown".into()),
        })
    }

    fn type_of(&self, value: Value) -> Result<TypeId, String> {
        match self.func.rep(value) {
            Rep::Ref(ty) => Ok(ty),
            rep => Err(format!("v{} is {rep:?}, not a reference", value.0)),
        }
    }

    /// Operands that must fit a declared place.
    fn check_stores(&self, op: Op, data: &InstData) -> Check {
        let imm = data.imms.first().copied().unwrap_or(0) as u32;
        let fits = |place: Rep, value: Value| {
            let rep = self.func.rep(value);
            require(place.accepts(rep), || format!("v{}: {rep:?} does not fit {place:?}", value.0))
        };
        match op {
            Op::SetGlobal => fits(self.facts.global_rep(imm), data.args[0]),
            Op::SetField => {
                let ty = self.type_of(data.args[0])?;
                fits(self.facts.field_rep(ty, imm as u8), data.args[1])
            }
            Op::Call => {
                let params = self.facts.param_reps(hyp_bytecode::module::FuncId(imm));
                require(params.len() == data.args.len(), || {
                    format!("{} arguments for {} parameters", data.args.len(), params.len())
                })?;
                params.iter().zip(&data.args).try_for_each(|(p, a)| fits(*p, *a))
            }
            _ => Ok(()),
        }
    }

    // ---- ends of blocks

    fn check_term(&self, term: &Term) -> Check {
        let rep = term.operand().map(|v| self.func.rep(v));
        let ok = match term {
            Term::None => return Err("the block has no end".into()),
            Term::Branch { .. } => rep == Some(Rep::Bool),
            Term::Switch { .. } => rep == Some(Rep::F64),
            Term::Return(Some(_)) => rep.is_some_and(|rep| self.func.result.accepts(rep)),
            Term::Return(None) => matches!(self.func.result, Rep::Any | Rep::Ref(_)),
            Term::Throw(_) => rep.is_some_and(Rep::is_tagged_compatible),
            Term::Jump(_) | Term::Raise(..) => true,
        };
        require(ok, || format!("{rep:?} does not fit"))?;
        let mut result = Ok(());
        term.for_each_edge(|edge| {
            if result.is_ok() {
                result = self.check_edge(edge);
            }
        });
        result
    }

    fn check_edge(&self, edge: &Edge) -> Check {
        let params = &self.func.block(edge.block).params;
        require(params.len() == edge.args.len(), || {
            format!("{} arguments for block{}", edge.args.len(), edge.block.0)
        })?;
        for (&param, &arg) in params.iter().zip(&edge.args) {
            let (to, from) = (self.func.rep(param), self.func.rep(arg));
            require(to.accepts(from), || {
                format!("v{}: {from:?} does not fit v{}: {to:?}", arg.0, param.0)
            })?;
        }
        Ok(())
    }

    // ---- dominance

    fn check_dominance(&mut self) -> Check {
        let func = self.func;
        let cfg = Cfg::new(func);
        // Position of each definition: block, and 0 for parameters or 1 + index.
        let mut place = vec![(Func::ENTRY, 0u32); func.values.len()];
        for (b, block) in func.blocks.iter().enumerate() {
            for param in &block.params {
                place[param.0 as usize] = (Block(b as u32), 0);
            }
            for (i, &inst) in block.insts.iter().enumerate() {
                if let Some(result) = func.inst(inst).result {
                    place[result.0 as usize] = (Block(b as u32), 1 + i as u32);
                }
            }
        }
        let available = |v: Value, block: Block, at: u32| {
            let (def_block, def_at) = place[v.0 as usize];
            if def_block == block {
                def_at < at
            } else {
                cfg.is_reachable(def_block) && cfg.dominates(def_block, block)
            }
        };
        for &block in &cfg.order {
            let data = func.block(block);
            for (i, &inst) in data.insts.iter().enumerate() {
                let args = &func.inst(inst).args;
                if let Some(v) = args.iter().find(|v| !available(**v, block, 1 + i as u32)) {
                    self.locate(block.0 as usize, Some(inst));
                    return Err(format!("v{} does not dominate its use", v.0));
                }
            }
            let mut missing = None;
            let mut check = |v: Value| {
                if !available(v, block, u32::MAX) {
                    missing = Some(v);
                }
            };
            data.term.operand().into_iter().for_each(&mut check);
            data.term.for_each_edge(|edge| edge.args.iter().copied().for_each(&mut check));
            if let Some(v) = missing {
                self.locate(block.0 as usize, None);
                return Err(format!("v{} does not dominate its use", v.0));
            }
        }
        Ok(())
    }
}
