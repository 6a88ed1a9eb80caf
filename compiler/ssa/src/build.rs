//! Construction of SSA on the fly (Braun et al., CC 2013) with block parameters.
//!
//! The caller walks its syntax tree once: it declares variables, defines and uses them, and creates,
//! seals and fills blocks. A block is *sealed* once all its predecessors are known.
//!
//! Rules for callers:
//! - Values stored in variables are tagged-compatible (`Any`, `F64`, `Ref`).
//! - Nothing jumps to the entry block.
//! - A handler block needs no sealing: its variables are those of the block that was current when
//!   [`Builder::set_handler`] first named it. Variables assigned in the region live in slots.
//! - Code after a terminator goes into an unreachable block, which `finish` drops.

use ahash::AHashMap;
use hyp_bytecode::module::{ErrorKind, StrId};
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::Rep;
use smallvec::SmallVec;

use crate::ir::{
    Block, BlockData, Def, Edge, Func, Inst, InstData, Opcode, Pos, Term, Value, ValueData,
};
use crate::shape::result_rep;

/// Values and instructions to make room for at first: enough for most functions.
const VALUES_EXPECTED: usize = 96;
/// The same for blocks.
const BLOCKS_EXPECTED: usize = 16;
/// The same for variables.
const VARS_EXPECTED: usize = 8;

/// A source variable during construction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Var(pub u32);

/// A block parameter that stands for a variable.
struct Phi {
    value: Value,
    /// One per predecessor edge; empty until the block is sealed and read.
    operands: SmallVec<[Value; 2]>,
}

/// What construction knows about a block beyond its [`BlockData`].
#[derive(Default)]
struct BlockState {
    /// Origin of each incoming edge: block, and position among its terminator's edges.
    preds: SmallVec<[(Block, u32); 2]>,
    is_sealed: bool,
    /// Made for code after a terminator.
    is_dead: bool,
    /// Variables that were read before the block was sealed, with their phi's number.
    incomplete: Vec<(Var, u32)>,
    /// Numbers of the block's phis.
    phis: SmallVec<[u32; 4]>,
    /// Of a handler block: the block before the region that it protects.
    region_entry: Option<Block>,
}

/// Builds one function.
pub struct Builder {
    /// Representation of each variable's phis.
    var_reps: Vec<Rep>,
    func: Func,
    states: Vec<BlockState>,
    phis: Vec<Phi>,
    /// Per variable its latest definition and that one's block; older ones are in `spilled`.
    latest: Vec<Option<(Block, Value)>>,
    spilled: AHashMap<u64, Value>,
    current: Block,
    pos: Pos,
    note: Option<StrId>,
    handler: Option<Block>,
    null: Option<Value>,
    /// Phis whose operands are to be read, with variable and block.
    pending: Vec<(u32, Var, Block)>,
}

impl Builder {
    /// Starts a function whose parameters have these representations; block 0 is current.
    #[must_use]
    pub fn new(name: Option<StrId>, params: &[Rep]) -> Builder {
        let func = Func {
            name,
            n_required: params.len().min(255) as u8,
            values: Vec::with_capacity(VALUES_EXPECTED),
            insts: Vec::with_capacity(VALUES_EXPECTED),
            blocks: Vec::with_capacity(BLOCKS_EXPECTED),
            ..Func::default()
        };
        let mut builder = Builder {
            var_reps: Vec::with_capacity(VARS_EXPECTED),
            func,
            states: Vec::with_capacity(BLOCKS_EXPECTED),
            phis: Vec::with_capacity(BLOCKS_EXPECTED),
            latest: Vec::with_capacity(VARS_EXPECTED),
            spilled: AHashMap::with_capacity(VALUES_EXPECTED),
            current: Func::ENTRY,
            pos: Pos::default(),
            note: None,
            handler: None,
            null: None,
            pending: Vec::new(),
        };
        let entry = builder.new_block();
        for &rep in params {
            builder.block_param(entry, rep);
        }
        builder.states[0].is_sealed = true;
        builder
    }

    /// The function under construction, to set its metadata (owner, result, upvalues, …).
    pub fn func_mut(&mut self) -> &mut Func {
        &mut self.func
    }

    /// Value of parameter `idx` of the function.
    #[must_use]
    pub fn param(&self, idx: usize) -> Value {
        self.func.blocks[0].params[idx]
    }

    /// Representation of a value.
    #[must_use]
    pub fn rep(&self, value: Value) -> Rep {
        self.func.rep(self.func.resolve(value))
    }

    // ---- blocks

    /// Creates an empty, unsealed block.
    pub fn new_block(&mut self) -> Block {
        let block = Block(self.func.blocks.len() as u32);
        self.func.blocks.push(BlockData {
            params: Vec::new(),
            insts: Vec::new(),
            term: Term::None,
            term_pos: Pos::default(),
            handler: None,
            is_cleanup: false,
        });
        self.states.push(BlockState::default());
        block
    }

    /// Continues in `block`, which takes the current handler if it is still empty.
    pub fn switch_to(&mut self, block: Block) {
        self.current = block;
        let data = &mut self.func.blocks[block.0 as usize];
        if data.insts.is_empty() && matches!(data.term, Term::None) {
            data.handler = self.handler;
        }
    }

    /// Declares that all jumps to `block` have been made.
    pub fn seal(&mut self, block: Block) {
        let state = &mut self.states[block.0 as usize];
        if std::mem::replace(&mut state.is_sealed, true) {
            return;
        }
        for (var, phi) in std::mem::take(&mut state.incomplete) {
            self.pending.push((phi, var, block));
        }
        self.fill_pending();
    }

    /// The block that instructions are appended to.
    #[must_use]
    pub fn current(&self) -> Block {
        self.current
    }

    /// Whether code added now could never run because the current block has ended.
    #[must_use]
    pub fn is_terminated(&self) -> bool {
        let block = self.current.0 as usize;
        self.states[block].is_dead || !matches!(self.func.blocks[block].term, Term::None)
    }

    /// Sets where errors of the blocks switched to from now on go. The first call that names a
    /// handler takes the variables of the current block's end as those of the handler.
    pub fn set_handler(&mut self, handler: Option<Block>) {
        if let Some(block) = handler {
            let entry = self.current;
            let state = &mut self.states[block.0 as usize];
            state.region_entry.get_or_insert(entry);
            state.is_sealed = true;
        }
        self.handler = handler;
    }

    /// The handler that blocks switched to now would get.
    #[must_use]
    pub fn handler(&self) -> Option<Block> {
        self.handler
    }

    /// Adds an explicit parameter; every jump to the block passes an argument for it.
    pub fn block_param(&mut self, block: Block, rep: Rep) -> Value {
        let idx = self.func.blocks[block.0 as usize].params.len() as u32;
        let value = self.new_value(Def::Param(block, idx), rep);
        self.func.blocks[block.0 as usize].params.push(value);
        value
    }

    // ---- position

    /// Sets the source position of what follows.
    pub fn set_pos(&mut self, pos: Pos) {
        self.pos = pos;
    }

    /// The place of the instructions that follow.
    #[must_use]
    pub fn pos(&self) -> Pos {
        self.pos
    }

    /// Sets what errors of the instructions that follow call the place.
    pub fn set_note(&mut self, note: Option<StrId>) {
        self.note = note;
    }

    // ---- variables

    /// Declares a variable that may hold any value.
    pub fn declare_var(&mut self) -> Var {
        self.declare_typed_var(Rep::Any)
    }

    /// Declares a variable whose every assigned value fits `rep` (`Any`, `F64`, `Ref`), so that
    /// reading it gives a value that fits, too. Unless `rep` is `Any`, the variable must be
    /// assigned on every path to a use. Variables that hold cells need this: nothing turns `Any`
    /// back into a cell.
    pub fn declare_typed_var(&mut self, rep: Rep) -> Var {
        self.latest.push(None);
        self.var_reps.push(rep);
        Var((self.latest.len() - 1) as u32)
    }

    /// Assigns to a variable.
    pub fn def_var(&mut self, var: Var, value: Value) {
        debug_assert!(
            self.var_reps[var.0 as usize].accepts(self.rep(value)),
            "the value does not fit the variable"
        );
        // An assignment in unreachable code must not reach the successors of the ended block.
        self.ensure_open();
        self.write(var, self.current, value);
    }

    /// Reads a variable; one that was never assigned is null.
    pub fn use_var(&mut self, var: Var) -> Value {
        let value = self.read(var, self.current);
        self.fill_pending();
        self.func.resolve(value)
    }

    fn write(&mut self, var: Var, block: Block, value: Value) {
        let latest = &mut self.latest[var.0 as usize];
        if let Some((old_block, old)) = latest.replace((block, value))
            && old_block != block
        {
            self.spilled.insert(place(var, old_block), old);
        }
    }

    fn lookup(&self, var: Var, block: Block) -> Option<Value> {
        match self.latest[var.0 as usize] {
            Some((at, value)) if at == block => Some(value),
            Some(_) => self.spilled.get(&place(var, block)).copied(),
            None => None,
        }
    }

    /// Reads without recursion: phis that still lack operands are left in `pending`.
    fn read(&mut self, var: Var, block: Block) -> Value {
        let mut path: SmallVec<[Block; 16]> = SmallVec::new();
        let mut at = block;
        // Unreachable blocks may be each other's only predecessors: a walk that comes back to the
        // mark, which is set at ever longer intervals, goes round in a circle.
        let (mut mark, mut next_mark) = (None, 16);
        let value = loop {
            if let Some(value) = self.lookup(var, at) {
                break self.func.resolve(value);
            }
            if mark == Some(at) {
                break self.null_value();
            }
            if path.len() == next_mark {
                (mark, next_mark) = (Some(at), next_mark * 2);
            }
            path.push(at);
            let state = &self.states[at.0 as usize];
            if let Some(entry) = state.region_entry {
                at = entry;
            } else if !state.is_sealed {
                let phi = self.new_phi(at, var);
                self.states[at.0 as usize].incomplete.push((var, phi));
                break self.phis[phi as usize].value;
            } else if let [(pred, _)] = state.preds[..] {
                at = pred;
            } else if state.preds.is_empty() {
                break self.null_value();
            } else {
                let phi = self.new_phi(at, var);
                self.pending.push((phi, var, at));
                break self.phis[phi as usize].value;
            }
        };
        // The deepest block first: where a phi was made it must be found by the reads that follow.
        for &block in path.iter().rev() {
            self.write_older(var, block, value);
        }
        value
    }

    /// Records a definition found by looking at predecessors, without displacing the latest one
    /// of the current block.
    fn write_older(&mut self, var: Var, block: Block, value: Value) {
        match self.latest[var.0 as usize] {
            Some((at, _)) if at != block && block != self.current => {
                self.spilled.insert(place(var, block), value);
            }
            _ => self.write(var, block, value),
        }
    }

    fn new_phi(&mut self, block: Block, var: Var) -> u32 {
        let rep = self.var_reps[var.0 as usize];
        let value = self.new_value(Def::Param(block, u32::MAX), rep);
        let phi = self.phis.len() as u32;
        self.phis.push(Phi { value, operands: SmallVec::new() });
        self.states[block.0 as usize].phis.push(phi);
        phi
    }

    fn fill_pending(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let mut filled: SmallVec<[u32; 16]> = SmallVec::new();
        while let Some((phi, var, block)) = self.pending.pop() {
            for i in 0..self.states[block.0 as usize].preds.len() {
                let (pred, _) = self.states[block.0 as usize].preds[i];
                let operand = self.read(var, pred);
                self.phis[phi as usize].operands.push(operand);
            }
            filled.push(phi);
        }
        // Later phis are the inner ones: once they are gone the outer ones can go.
        for &phi in filled.iter().rev() {
            self.remove_if_trivial(phi);
        }
    }

    /// Turns a phi with only one distinct operand besides itself into an alias.
    fn remove_if_trivial(&mut self, phi: u32) -> bool {
        let Phi { value, operands } = &self.phis[phi as usize];
        let value = *value;
        if matches!(self.func.values[value.0 as usize].def, Def::Alias(_)) {
            return false;
        }
        let mut only = None;
        for &operand in operands {
            let operand = self.func.resolve(operand);
            if operand == value || only == Some(operand) {
                continue;
            }
            if only.is_some() {
                return false;
            }
            only = Some(operand);
        }
        let only = only.unwrap_or_else(|| self.null_value());
        self.func.values[value.0 as usize].def = Def::Alias(only);
        true
    }

    /// The null of never assigned variables; `finish` puts it first in the entry block.
    fn null_value(&mut self) -> Value {
        if let Some(null) = self.null {
            return null;
        }
        let inst = Inst(self.func.insts.len() as u32);
        let value = self.new_value(Def::Inst(inst), Rep::Any);
        self.func.insts.push(InstData {
            op: Opcode::Op(Op::LoadImm),
            args: SmallVec::new(),
            imms: SmallVec::from_slice(&[0]),
            result: Some(value),
            pos: Pos::default(),
            note: None,
        });
        self.null = Some(value);
        value
    }

    // ---- instructions

    /// Appends an instruction whose row determines the result's representation.
    ///
    /// # Panics
    /// If the row has no result or one that the context determines ([`Builder::op_rep`]).
    pub fn op(&mut self, op: Op, args: &[Value], imms: &[u64]) -> Value {
        let rep = result_rep(op, imms);
        self.op_rep(op, args, imms, rep.expect("the row determines its result"))
    }

    /// Appends an instruction with a result of this representation.
    pub fn op_rep(&mut self, op: Op, args: &[Value], imms: &[u64], rep: Rep) -> Value {
        self.append(Opcode::Op(op), args, imms, Some(rep)).expect("has a result")
    }

    /// Appends an instruction without result.
    pub fn op_void(&mut self, op: Op, args: &[Value], imms: &[u64]) {
        self.append(Opcode::Op(op), args, imms, None);
    }

    /// Creates a slot, which starts as null.
    pub fn new_slot(&mut self) -> u32 {
        self.func.n_slots += 1;
        self.func.n_slots - 1
    }

    /// Reads a slot.
    pub fn slot_get(&mut self, slot: u32) -> Value {
        self.append(Opcode::SlotGet, &[], &[u64::from(slot)], Some(Rep::Any)).expect("has a result")
    }

    /// Writes a slot.
    pub fn slot_set(&mut self, slot: u32, value: Value) {
        self.append(Opcode::SlotSet, &[value], &[u64::from(slot)], None);
    }

    /// A number.
    pub fn f64(&mut self, x: f64) -> Value {
        self.op(Op::LoadF64, &[], &[x.to_bits()])
    }

    /// Null.
    pub fn null(&mut self) -> Value {
        self.op(Op::LoadImm, &[], &[0])
    }

    /// A tagged boolean.
    pub fn bool_any(&mut self, x: bool) -> Value {
        self.op(Op::LoadImm, &[], &[1 + u64::from(x)])
    }

    /// A string constant.
    pub fn str(&mut self, id: StrId) -> Value {
        self.op(Op::LoadStr, &[], &[u64::from(id.0)])
    }

    fn append(
        &mut self,
        op: Opcode,
        args: &[Value],
        imms: &[u64],
        rep: Option<Rep>,
    ) -> Option<Value> {
        self.ensure_open();
        let inst = Inst(self.func.insts.len() as u32);
        let result = rep.map(|rep| self.new_value(Def::Inst(inst), rep));
        self.func.insts.push(InstData {
            op,
            args: SmallVec::from_slice(args),
            imms: SmallVec::from_slice(imms),
            result,
            pos: self.pos,
            note: self.note,
        });
        self.func.blocks[self.current.0 as usize].insts.push(inst);
        result
    }

    /// Moves to an unreachable block if the current one has ended.
    fn ensure_open(&mut self) {
        if matches!(self.func.blocks[self.current.0 as usize].term, Term::None) {
            return;
        }
        let block = self.new_block();
        let state = &mut self.states[block.0 as usize];
        state.is_dead = true;
        state.is_sealed = true;
        self.current = block;
    }

    fn new_value(&mut self, def: Def, rep: Rep) -> Value {
        self.func.values.push(ValueData { def, rep });
        Value((self.func.values.len() - 1) as u32)
    }

    // ---- ends of blocks

    /// Continues at `block` with arguments for its explicit parameters.
    pub fn jump(&mut self, block: Block, args: &[Value]) {
        self.terminate(Term::Jump(edge(block, args)));
    }

    /// Continues at `then` if the `Bool` value `cond` is true, else at `other`.
    pub fn branch(&mut self, cond: Value, then: (Block, &[Value]), other: (Block, &[Value])) {
        self.terminate(Term::Branch {
            cond,
            then: edge(then.0, then.1),
            other: edge(other.0, other.1),
        });
    }

    /// Continues at `cases[i]` if the `F64` value `on` is the integer `i`, else at `default`.
    pub fn switch(&mut self, on: Value, cases: &[Block], default: Block) {
        let cases = cases.iter().map(|&block| edge(block, &[])).collect();
        self.terminate(Term::Switch { on, cases, default: edge(default, &[]) });
    }

    /// Returns a value, or null.
    pub fn ret(&mut self, value: Option<Value>) {
        self.terminate(Term::Return(value));
    }

    /// Raises a value.
    pub fn throw(&mut self, value: Value) {
        self.terminate(Term::Throw(value));
    }

    /// Raises a run-time error.
    pub fn raise(&mut self, kind: ErrorKind, message: StrId) {
        self.terminate(Term::Raise(kind, message));
    }

    fn terminate(&mut self, term: Term) {
        if self.is_terminated() {
            return;
        }
        let (current, states) = (self.current, &mut self.states);
        let mut at = 0;
        term.for_each_edge(|edge| {
            let state = &mut states[edge.block.0 as usize];
            debug_assert!(!state.is_sealed, "a jump to a sealed block");
            state.preds.push((current, at));
            at += 1;
        });
        let data = &mut self.func.blocks[current.0 as usize];
        data.term = term;
        data.term_pos = self.pos;
    }

    // ---- completion

    /// Completes the function: seals what is open, removes trivial phis and unreachable blocks,
    /// and passes the operands of the remaining phis as edge arguments.
    #[must_use]
    pub fn finish(mut self) -> Func {
        for i in 0..self.states.len() {
            self.seal(Block(i as u32));
        }
        for block in &mut self.func.blocks {
            if matches!(block.term, Term::None) {
                block.term = Term::Return(None);
                block.term_pos = self.pos;
            }
        }
        let is_reachable = self.reachable();
        self.drop_unreachable_operands(&is_reachable);
        self.remove_trivial_phis();
        self.materialise_phis();
        self.place_null();
        self.func.resolve_aliases();
        remove_blocks(&mut self.func, &is_reachable);
        self.func
    }

    fn reachable(&self) -> Vec<bool> {
        let mut seen = Vec::new();
        crate::cfg::mark_reachable(&self.func, &mut seen);
        seen
    }

    /// An operand that comes from unreachable code must not keep a phi alive.
    fn drop_unreachable_operands(&mut self, is_reachable: &[bool]) {
        for state in &mut self.states {
            if state.phis.is_empty()
                || state.preds.iter().all(|(pred, _)| is_reachable[pred.0 as usize])
            {
                continue;
            }
            for &phi in &state.phis {
                let operands = &mut self.phis[phi as usize].operands;
                let mut i = 0;
                operands.retain(|_| {
                    i += 1;
                    is_reachable[state.preds[i - 1].0.0 as usize]
                });
            }
            state.preds.retain(|(pred, _)| is_reachable[pred.0 as usize]);
        }
    }

    /// Removes trivial phis to a fixpoint. Each removal re-examines the phis that used it.
    fn remove_trivial_phis(&mut self) {
        let mut phi_of = vec![u32::MAX; self.func.values.len()];
        for (i, phi) in self.phis.iter().enumerate() {
            phi_of[phi.value.0 as usize] = i as u32;
        }
        let mut users: Vec<SmallVec<[u32; 2]>> = vec![SmallVec::new(); self.phis.len()];
        for (i, phi) in self.phis.iter().enumerate() {
            for &operand in &phi.operands {
                let of = phi_of[self.func.resolve(operand).0 as usize];
                if of != u32::MAX && of != i as u32 {
                    users[of as usize].push(i as u32);
                }
            }
        }
        let mut work: Vec<u32> = (0..self.phis.len() as u32).rev().collect();
        while let Some(phi) = work.pop() {
            if !self.remove_if_trivial(phi) {
                continue;
            }
            let target = phi_of
                .get(self.func.resolve(self.phis[phi as usize].value).0 as usize)
                .copied()
                .unwrap_or(u32::MAX);
            let moved = std::mem::take(&mut users[phi as usize]);
            work.extend(moved.iter().copied());
            if target != u32::MAX {
                users[target as usize].extend(moved);
            }
        }
    }

    fn materialise_phis(&mut self) {
        for b in 0..self.states.len() {
            for phi in std::mem::take(&mut self.states[b].phis) {
                let Phi { value, operands } = &self.phis[phi as usize];
                if matches!(self.func.values[value.0 as usize].def, Def::Alias(_)) {
                    continue;
                }
                let idx = self.func.blocks[b].params.len() as u32;
                self.func.values[value.0 as usize].def = Def::Param(Block(b as u32), idx);
                self.func.blocks[b].params.push(*value);
                for (&(pred, at), &operand) in self.states[b].preds.iter().zip(operands) {
                    let term = &mut self.func.blocks[pred.0 as usize].term;
                    if let Some(edge) = nth_edge_mut(term, at) {
                        edge.args.push(operand);
                    }
                }
            }
        }
    }

    fn place_null(&mut self) {
        if let Some(null) = self.null
            && let Def::Inst(inst) = self.func.values[null.0 as usize].def
        {
            self.func.blocks[0].insts.insert(0, inst);
        }
    }
}

/// A variable at a block as one number, which hashes fast.
fn place(var: Var, block: Block) -> u64 {
    u64::from(var.0) << 32 | u64::from(block.0)
}

fn edge(block: Block, args: &[Value]) -> Edge {
    Edge { block, args: SmallVec::from_slice(args) }
}

fn nth_edge_mut(term: &mut Term, at: u32) -> Option<&mut Edge> {
    match term {
        Term::Jump(edge) => Some(edge),
        Term::Branch { then, other, .. } => Some(if at == 0 { then } else { other }),
        Term::Switch { cases, default, .. } => match cases.get_mut(at as usize) {
            Some(case) => Some(case),
            None => Some(default),
        },
        Term::None | Term::Return(_) | Term::Throw(_) | Term::Raise(..) => None,
    }
}

/// Removes the blocks that are not kept and renumbers the others.
pub(crate) fn remove_blocks(func: &mut Func, keep: &[bool]) {
    if keep.iter().all(|k| *k) {
        return;
    }
    let mut new_id = vec![u32::MAX; keep.len()];
    for (n, (i, _)) in keep.iter().enumerate().filter(|(_, k)| **k).enumerate() {
        new_id[i] = n as u32;
    }
    let mut i = 0;
    func.blocks.retain(|_| {
        i += 1;
        keep[i - 1]
    });
    for (b, block) in func.blocks.iter_mut().enumerate() {
        block.term.for_each_edge_mut(|edge| edge.block = Block(new_id[edge.block.0 as usize]));
        block.handler = block.handler.map(|h| Block(new_id[h.0 as usize]));
        for (idx, param) in block.params.iter().enumerate() {
            func.values[param.0 as usize].def = Def::Param(Block(b as u32), idx as u32);
        }
    }
}
