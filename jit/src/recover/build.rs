//! The walk: instructions over registers to instructions over values.

use hyp_bytecode::module::{self as bytecode, ErrorKind, FuncId, Function, StrId};
use hyp_bytecode::op::{Arg, Insn, Kind, Op, decode};
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_ssa::ir::{
    Block, BlockData, Def, Edge, Func, InlinedCall, Inst, InstData, ModuleFacts, Opcode, Pos, Term,
    Value, ValueData,
};
use hyp_ssa::shape::{result_rep, shape};
use smallvec::{SmallVec, smallvec};

use super::RecoverError;
use super::branch::{Test, test_of};
use super::graph::Graph;
use super::live::{Live, RegSet};

/// A register that holds nothing known.
const NONE: Value = Value(u32::MAX);

/// What each register holds.
type State = Vec<Value>;

/// A value that stands for whatever arrives in a register.
struct Param {
    value: Value,
    reg: u8,
    /// The blocks of the graph that it belongs to, or a handler.
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A block where paths meet.
    Join(usize),
    /// A handler's entry: it must turn out to be one value.
    Handler(usize),
}

/// Where an edge comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Start,
    Block(usize),
    Handler(usize),
}

struct Builder<'a> {
    function: &'a Function,
    facts: &'a dyn ModuleFacts,
    graph: &'a Graph,
    live: &'a Live,
    slots: &'a RegSet,
    func: Func,
    /// Where edges to a block of the graph go.
    head: Vec<Block>,
    /// Where its instructions are; differs from `head` if it is protected and paths meet there.
    body: Vec<Block>,
    /// Entry of each handler.
    handler: Vec<Block>,
    params: Vec<Param>,
    at_entry: State,
    /// State at the start and at the end of each block.
    at_start: Vec<State>,
    at_end: Vec<State>,
    /// State behind each handler's entry.
    at_handler: Vec<State>,
    state: State,
    block: Block,
    pc: usize,
}

/// Builds the function. The inner error names a register that must live in a slot.
pub(super) fn build(
    function: &Function,
    facts: &dyn ModuleFacts,
    graph: &Graph,
    live: &Live,
    slots: &RegSet,
) -> Result<Result<Func, u8>, RecoverError> {
    let mut builder = Builder::new(function, facts, graph, live, slots);
    builder.start()?;
    for h in 0..graph.handlers.len() {
        builder.handler_entry(h);
    }
    for &b in &graph.order {
        builder.walk(b)?;
    }
    Ok(builder.finish())
}

impl<'a> Builder<'a> {
    fn new(
        function: &'a Function,
        facts: &'a dyn ModuleFacts,
        graph: &'a Graph,
        live: &'a Live,
        slots: &'a RegSet,
    ) -> Builder<'a> {
        let n = graph.blocks.len();
        let mut builder = Builder {
            function,
            facts,
            graph,
            live,
            slots,
            func: Func {
                name: function.name,
                owner: function.owner,
                n_required: function.n_required,
                has_receiver: function.has_receiver,
                result: function.result,
                upvalues: function.upvalues.clone(),
                param_names: function.param_names.clone(),
                inlined: function.inlined.iter().map(inlined_call).collect(),
                n_slots: u32::try_from(slots.iter().count()).unwrap_or(0),
                ..Func::default()
            },
            head: vec![Block(0); n],
            body: vec![Block(0); n],
            handler: Vec::new(),
            params: Vec::new(),
            at_entry: Vec::new(),
            at_start: vec![State::new(); n],
            at_end: vec![State::new(); n],
            at_handler: vec![State::new(); graph.handlers.len()],
            state: vec![NONE; function.reps.len()],
            block: Func::ENTRY,
            pc: 0,
        };
        builder.new_block();
        builder.handler = graph.handlers.iter().map(|_| builder.new_block()).collect();
        for &b in &graph.order {
            builder.head[b] = builder.new_block();
            let is_protected = graph.blocks[b].handler.is_some();
            builder.body[b] = if is_protected && builder.is_join(b) {
                builder.new_block()
            } else {
                builder.head[b]
            };
            let handler = graph.blocks[b].handler.map(|h| builder.handler[h]);
            builder.func.blocks[builder.body[b].0 as usize].handler = handler;
        }
        builder
    }

    fn new_block(&mut self) -> Block {
        let block = Block(self.func.blocks.len() as u32);
        self.func.blocks.push(BlockData {
            params: Vec::new(),
            insts: Vec::new(),
            term: Term::None,
            term_pos: Pos::default(),
            handler: None,
            is_cleanup: false,
        });
        block
    }

    fn new_value(&mut self, def: Def, rep: Rep) -> Value {
        let value = Value(self.func.values.len() as u32);
        self.func.values.push(ValueData { def, rep });
        value
    }

    fn is_join(&self, b: usize) -> bool {
        self.graph.blocks[b].n_preds != 1
    }

    fn rep(&self, reg: u8) -> Rep {
        self.function.reps.get(usize::from(reg)).copied().unwrap_or_default()
    }

    // ---- registers

    fn read(&mut self, reg: u8) -> Result<Value, RecoverError> {
        if let Some(slot) = self.slot(reg) {
            return Ok(self.slot_get(slot));
        }
        match self.state.get(usize::from(reg)) {
            Some(&value) if value != NONE => Ok(value),
            _ => Err(RecoverError::InitialState { reg }),
        }
    }

    fn write(&mut self, reg: u8, value: Value) -> Result<(), RecoverError> {
        if let Some(slot) = self.slot(reg) {
            let pos = self.position();
            self.push(InstData {
                op: Opcode::SlotSet,
                args: smallvec![value],
                imms: smallvec![slot],
                result: None,
                pos,
                note: None,
            });
            return Ok(());
        }
        let place = self.state.get_mut(usize::from(reg));
        *place.ok_or(RecoverError::Code { pc: self.pc })? = value;
        Ok(())
    }

    /// Number of the slot that a register lives in.
    fn slot(&self, reg: u8) -> Option<u64> {
        self.slots.contains(reg).then(|| self.slots.iter().take_while(|r| *r < reg).count() as u64)
    }

    fn slot_get(&mut self, slot: u64) -> Value {
        let value = self.new_value(Def::Inst(Inst(self.func.insts.len() as u32)), Rep::Any);
        let pos = self.position();
        self.push(InstData {
            op: Opcode::SlotGet,
            args: SmallVec::new(),
            imms: smallvec![slot],
            result: Some(value),
            pos,
            note: None,
        });
        value
    }

    // ---- instructions

    fn push(&mut self, data: InstData) {
        let inst = Inst(self.func.insts.len() as u32);
        self.func.insts.push(data);
        self.func.blocks[self.block.0 as usize].insts.push(inst);
    }

    /// Appends a row; gives its result if it has one.
    fn row(
        &mut self,
        op: Op,
        args: SmallVec<[Value; 4]>,
        imms: SmallVec<[u64; 2]>,
    ) -> Result<Option<Value>, RecoverError> {
        let rep = self.result(op, &args, &imms)?;
        let next = Inst(self.func.insts.len() as u32);
        let result = rep.map(|rep| self.new_value(Def::Inst(next), rep));
        let (pos, note) = (self.position(), self.note());
        self.push(InstData { op: Opcode::Op(op), args, imms, result, pos, note });
        Ok(result)
    }

    /// As [`Builder::row`] for rows that have a result.
    fn value(
        &mut self,
        op: Op,
        args: SmallVec<[Value; 4]>,
        imms: SmallVec<[u64; 2]>,
    ) -> Result<Value, RecoverError> {
        self.row(op, args, imms)?.ok_or(RecoverError::Code { pc: self.pc })
    }

    fn result(&self, op: Op, args: &[Value], imms: &[u64]) -> Result<Option<Rep>, RecoverError> {
        let missing = RecoverError::Reference { pc: self.pc };
        if shape(op).out.is_none() {
            return Ok(None);
        }
        if let Some(rep) = result_rep(op, imms) {
            return Ok(Some(rep));
        }
        let id = imms.first().and_then(|imm| u32::try_from(*imm).ok()).ok_or(missing)?;
        Ok(Some(match op {
            Op::Call => self.facts.result_rep(FuncId(id)),
            Op::GetGlobal => self.facts.global_rep(id),
            Op::GetUpvalue => *self.function.upvalues.get(id as usize).ok_or(missing)?,
            Op::GetField => {
                let ty = args.first().and_then(|v| match self.func.rep(*v) {
                    Rep::Ref(ty) => Some(ty),
                    _ => None,
                });
                self.facts.field_rep(ty.ok_or(missing)?, u8::try_from(id).map_err(|_| missing)?)
            }
            _ => return Err(missing),
        }))
    }

    fn position(&self) -> Pos {
        let lines = &self.function.lines;
        let at = lines.partition_point(|l| l.pc as usize <= self.pc);
        at.checked_sub(1).and_then(|i| lines.get(i)).map_or(Pos::default(), |l| Pos {
            line: l.line,
            column: l.column,
            inlined: l.inlined,
        })
    }

    fn note(&self) -> Option<StrId> {
        let notes = &self.function.notes;
        let at = notes.binary_search_by_key(&self.pc, |n| n.pc as usize).ok()?;
        notes.get(at).map(|n| n.text)
    }

    // ---- blocks

    /// The entry: parameters, and what other registers hold before anything is written.
    fn start(&mut self) -> Result<(), RecoverError> {
        for reg in 0..self.function.n_params {
            let def = Def::Param(Func::ENTRY, u32::from(reg));
            let value = self.new_value(def, self.rep(reg));
            self.func.blocks[0].params.push(value);
            self.write(reg, value)?;
        }
        let wanted = self.live.at_start.first().copied().unwrap_or_default().without(self.slots);
        for reg in wanted.iter().filter(|reg| *reg >= self.function.n_params) {
            let value = self.initial(reg)?;
            self.write(reg, value)?;
        }
        self.at_entry = self.state.clone();
        self.func.blocks[0].term = Term::Jump(self.edge(0));
        Ok(())
    }

    /// The content of a register that nothing was written to: null or zero.
    fn initial(&mut self, reg: u8) -> Result<Value, RecoverError> {
        let is_null = reg < self.function.n_tagged;
        let null = |builder: &mut Self| builder.value(Op::LoadImm, smallvec![], smallvec![0]);
        match self.rep(reg) {
            Rep::Any if is_null => null(self),
            Rep::Ref(TypeId::STRING) if is_null => {
                let null = null(self)?;
                self.value(Op::CheckStr, smallvec![null], smallvec![])
            }
            Rep::Ref(TypeId::ARRAY) if is_null => {
                let null = null(self)?;
                self.value(Op::CheckArray, smallvec![null], smallvec![])
            }
            Rep::Ref(ty) if is_null && ty.user_index().is_some() => {
                let null = null(self)?;
                self.value(Op::CheckRef, smallvec![null], smallvec![u64::from(ty.0)])
            }
            Rep::F64 if !is_null => self.value(Op::LoadF64, smallvec![], smallvec![0]),
            Rep::I64 if !is_null => self.value(Op::LoadI64, smallvec![], smallvec![0]),
            Rep::Bool if !is_null => self.value(Op::LoadBool, smallvec![], smallvec![0]),
            _ => Err(RecoverError::InitialState { reg }),
        }
    }

    /// The entry of a handler: takes the raised value and goes on to the handler's block.
    fn handler_entry(&mut self, h: usize) {
        let handler = self.graph.handlers[h];
        self.block = self.handler[h];
        let outer = handler.outer.map(|h| self.handler[h]);
        let data = &mut self.func.blocks[self.block.0 as usize];
        data.is_cleanup = handler.is_cleanup;
        data.handler = outer;
        self.state = vec![NONE; self.function.reps.len()];
        let raised = self.new_value(Def::Param(self.block, 0), Rep::Any);
        self.func.blocks[self.block.0 as usize].params.push(raised);
        if !self.graph.is_active(h) {
            self.func.blocks[self.block.0 as usize].term = Term::Throw(raised);
            return;
        }
        for reg in self.live.at_handler(self.graph, h).without(self.slots).iter() {
            self.new_param(reg, Place::Handler(h));
        }
        // The register exists: the verifier has looked.
        let _ = self.write(handler.reg, raised);
        self.at_handler[h] = self.state.clone();
        let edge = self.edge(handler.target);
        self.func.blocks[self.block.0 as usize].term = Term::Jump(edge);
    }

    fn new_param(&mut self, reg: u8, place: Place) {
        // Which block it belongs to is settled at the end.
        let value = self.new_value(Def::Param(Func::ENTRY, u32::MAX), self.rep(reg));
        self.params.push(Param { value, reg, place });
        if let Some(register) = self.state.get_mut(usize::from(reg)) {
            *register = value;
        }
    }

    /// An edge to a block of the graph; its arguments are filled in at the end.
    fn edge(&self, to: usize) -> Edge {
        Edge { block: self.head[to], args: SmallVec::new() }
    }

    fn walk(&mut self, b: usize) -> Result<(), RecoverError> {
        if self.is_join(b) {
            self.state = vec![NONE; self.function.reps.len()];
            for reg in self.live.at_start[b].without(self.slots).iter() {
                self.new_param(reg, Place::Join(b));
            }
        } else {
            self.state = match self.only_origin(b) {
                Origin::Start => self.at_entry.clone(),
                Origin::Block(from) => self.at_end[from].clone(),
                Origin::Handler(h) => self.at_handler[h].clone(),
            };
        }
        if self.head[b] != self.body[b] {
            let edge = Edge { block: self.body[b], args: SmallVec::new() };
            self.func.blocks[self.head[b].0 as usize].term = Term::Jump(edge);
        }
        self.at_start[b] = self.state.clone();
        self.block = self.body[b];
        let (start, end) = (self.graph.blocks[b].start, self.graph.blocks[b].end);
        self.pc = start;
        while self.pc < end {
            let function = self.function;
            let insn =
                decode(&function.code, self.pc).map_err(|e| RecoverError::Code { pc: e.pc })?;
            self.insn(b, &insn)?;
            self.pc = insn.next;
        }
        let block = self.block.0 as usize;
        if self.func.blocks[block].term == Term::None {
            let next = self.graph.blocks[b].successors.last().copied();
            let next = next.ok_or(RecoverError::Code { pc: end })?;
            self.func.blocks[block].term = Term::Jump(self.edge(next));
        }
        self.at_end[b] = std::mem::take(&mut self.state);
        Ok(())
    }

    /// Where a block with one incoming edge is entered from.
    fn only_origin(&self, b: usize) -> Origin {
        let from = self.graph.order.iter().find(|p| self.graph.blocks[**p].successors.contains(&b));
        if let Some(&from) = from {
            return Origin::Block(from);
        }
        let mut handlers = self.graph.handlers.iter().enumerate();
        match handlers.find(|(h, handler)| handler.target == b && self.graph.is_active(*h)) {
            Some((h, _)) if b != 0 => Origin::Handler(h),
            _ => Origin::Start,
        }
    }

    fn insn(&mut self, b: usize, insn: &Insn<'_>) -> Result<(), RecoverError> {
        if insn.op == Op::Mov {
            let bad = RecoverError::Code { pc: self.pc };
            let (to, from) = (insn.reg(0).ok_or(bad)?, insn.reg(1).ok_or(bad)?);
            let value = self.read(from)?;
            return self.write(to, value);
        }
        if shape(insn.op).is_inst {
            let mut args = SmallVec::new();
            let mut imms = SmallVec::new();
            for (kind, arg) in insn.operands() {
                match arg {
                    Arg::Reg(reg) if kind.is_in() => args.push(self.read(reg)?),
                    Arg::Imm8(imm) => imms.push(u64::from(imm)),
                    Arg::K64(imm) => imms.push(imm),
                    Arg::Id(imm) => imms.push(u64::from(imm)),
                    _ => {}
                }
            }
            for at in 0..insn.regs().len() {
                let reg = insn.regs().get(at).ok_or(RecoverError::Code { pc: self.pc })?;
                args.push(self.read(reg)?);
            }
            let result = self.row(insn.op, args, imms)?;
            return match (insn.out(), result) {
                (Some(reg), Some(value)) => self.write(reg, value),
                _ => Ok(()),
            };
        }
        let term = self.term(b, insn)?;
        let pos = self.position();
        let block = &mut self.func.blocks[self.block.0 as usize];
        block.term = term;
        block.term_pos = pos;
        Ok(())
    }

    fn term(&mut self, b: usize, insn: &Insn<'_>) -> Result<Term, RecoverError> {
        let bad = RecoverError::Code { pc: self.pc };
        let graph = self.graph;
        let successors = &graph.blocks[b].successors;
        let first = || insn.reg(0).ok_or(bad);
        Ok(match insn.op {
            Op::Jump => Term::Jump(self.edge(*successors.first().ok_or(bad)?)),
            Op::Ret => Term::Return(Some(self.read(first()?)?)),
            Op::RetNull => Term::Return(None),
            Op::Throw => Term::Throw(self.read(first()?)?),
            Op::Raise => {
                let kind = insn.imm8().and_then(ErrorKind::from_code).ok_or(bad)?;
                Term::Raise(kind, StrId(insn.id(Kind::Str).ok_or(bad)?))
            }
            Op::SwitchF64 => {
                let on = self.read(first()?)?;
                let (default, cases) = successors.split_last().ok_or(bad)?;
                let cases = cases.iter().map(|to| self.edge(*to)).collect();
                Term::Switch { on, cases, default: self.edge(*default) }
            }
            _ => {
                let &[taken, next] = &successors[..] else { return Err(bad) };
                let (test, is_inverted) = test_of(insn.op).ok_or(bad)?;
                let cond = self.condition(insn, test)?;
                let (taken, next) = (self.edge(taken), self.edge(next));
                let (then, other) = if is_inverted { (next, taken) } else { (taken, next) };
                Term::Branch { cond, then, other }
            }
        })
    }

    fn condition(&mut self, insn: &Insn<'_>, test: Test) -> Result<Value, RecoverError> {
        let bad = RecoverError::Code { pc: self.pc };
        let a = insn.reg(0).ok_or(bad)?;
        match test {
            Test::Register => self.read(a),
            Test::Row(op) => {
                let mut args = smallvec![self.read(a)?];
                if let Some(b) = insn.reg(1) {
                    args.push(self.read(b)?);
                }
                let imms = insn.id(Kind::Desc).map(u64::from).into_iter().collect();
                self.value(op, args, imms)
            }
            Test::Constant(op) | Test::ConstantFirst(op) => {
                let a = self.read(a)?;
                let k = insn.k64().ok_or(bad)?;
                let k = self.value(Op::LoadF64, smallvec![], smallvec![k])?;
                let args = if test == Test::Constant(op) { [a, k] } else { [k, a] };
                self.value(op, SmallVec::from_slice(&args), smallvec![])
            }
            Test::Latch(op) => {
                let old = self.read(a)?;
                let k = insn.k64().ok_or(bad)?;
                let new = self.value(Op::AddF64K, smallvec![old], smallvec![k])?;
                self.write(a, new)?;
                let limit = self.read(insn.reg(1).ok_or(bad)?)?;
                self.value(op, smallvec![new, limit], smallvec![])
            }
        }
    }

    // ---- parameters

    /// Replaces parameters that receive one value only, and completes blocks and edges.
    fn finish(mut self) -> Result<Func, u8> {
        let inputs = self.inputs();
        self.merge(&inputs);
        for param in &self.params {
            let is_merged = matches!(self.func.values[param.value.0 as usize].def, Def::Alias(_));
            if matches!(param.place, Place::Handler(_)) && !is_merged {
                return Err(param.reg);
            }
        }
        let mut kept: Vec<Vec<u8>> = vec![Vec::new(); self.graph.blocks.len()];
        for param in &self.params {
            let Place::Join(b) = param.place else { continue };
            let data = &mut self.func.values[param.value.0 as usize];
            if matches!(data.def, Def::Alias(_)) {
                continue;
            }
            data.def = Def::Param(self.head[b], kept[b].len() as u32);
            kept[b].push(param.reg);
            self.func.blocks[self.head[b].0 as usize].params.push(param.value);
        }
        self.fill_edges(&kept);
        self.func.resolve_aliases();
        Ok(self.func)
    }

    /// The edges to each block of the graph.
    fn origins(&self) -> Vec<Vec<Origin>> {
        let mut origins = vec![Vec::new(); self.graph.blocks.len()];
        if let Some(first) = origins.first_mut() {
            first.push(Origin::Start);
        }
        for &b in &self.graph.order {
            for &to in &self.graph.blocks[b].successors {
                origins[to].push(Origin::Block(b));
            }
        }
        for (h, handler) in self.graph.handlers.iter().enumerate() {
            if self.graph.is_active(h) {
                origins[handler.target].push(Origin::Handler(h));
            }
        }
        origins
    }

    fn end_of(&self, origin: Origin) -> &State {
        match origin {
            Origin::Start => &self.at_entry,
            Origin::Block(b) => &self.at_end[b],
            Origin::Handler(h) => &self.at_handler[h],
        }
    }

    /// What arrives at each parameter.
    fn inputs(&self) -> Vec<Vec<Value>> {
        let origins = self.origins();
        let mut protected = vec![Vec::new(); self.graph.handlers.len()];
        for &b in &self.graph.order {
            for h in self.graph.handlers_of(b) {
                protected[h].push(b);
            }
        }
        let held = |state: &State, reg: u8| state.get(usize::from(reg)).copied().unwrap_or(NONE);
        let of = |param: &Param| match param.place {
            Place::Join(b) => {
                origins[b].iter().map(|o| held(self.end_of(*o), param.reg)).collect::<Vec<_>>()
            }
            Place::Handler(h) => {
                protected[h].iter().map(|b| held(&self.at_start[*b], param.reg)).collect()
            }
        };
        self.params.iter().map(of).collect()
    }

    fn merge(&mut self, inputs: &[Vec<Value>]) {
        let mut changed = true;
        while changed {
            changed = false;
            for (param, inputs) in self.params.iter().zip(inputs) {
                if matches!(self.func.values[param.value.0 as usize].def, Def::Alias(_)) {
                    continue;
                }
                let mut only = None;
                let mut is_single = true;
                for &input in inputs.iter().filter(|v| **v != NONE) {
                    let input = self.func.resolve(input);
                    if input != param.value && only != Some(input) {
                        is_single &= only.is_none();
                        only = Some(input);
                    }
                }
                if let (Some(value), true) = (only, is_single) {
                    self.func.values[param.value.0 as usize].def = Def::Alias(value);
                    changed = true;
                }
            }
        }
    }

    /// Gives edges the registers that their targets kept as parameters.
    fn fill_edges(&mut self, kept: &[Vec<u8>]) {
        let mut target = vec![usize::MAX; self.func.blocks.len()];
        for &b in &self.graph.order {
            target[self.head[b].0 as usize] = b;
        }
        let fill = |func: &mut Func, from: Block, state: &State| {
            func.blocks[from.0 as usize].term.for_each_edge_mut(|edge| {
                if let Some(regs) = kept.get(target[edge.block.0 as usize]) {
                    let held = |reg: &u8| state.get(usize::from(*reg)).copied().unwrap_or(NONE);
                    edge.args = regs.iter().map(held).collect();
                }
            });
        };
        fill(&mut self.func, Func::ENTRY, &self.at_entry);
        for &b in &self.graph.order {
            fill(&mut self.func, self.body[b], &self.at_end[b]);
        }
        for (h, state) in self.at_handler.iter().enumerate() {
            fill(&mut self.func, self.handler[h], state);
        }
    }
}

fn inlined_call(call: &bytecode::InlinedCall) -> InlinedCall {
    let at = Pos { line: call.line, column: call.column, inlined: call.inlined };
    InlinedCall { func: call.func, at }
}
