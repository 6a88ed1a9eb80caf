//! Global value numbering over the dominator tree.
//!
//! Pure rows, and rows that can only fail in a way that an equal dominating one would have failed
//! already, are shared across blocks. Rows that read mutable state are shared as long as nothing on the
//! way may have written there: each block starts with the state of memory ([`super::memory`]) that
//! its predecessors agree on, a loop with what it does not change itself. Stores make the value known
//! to the loads that follow.

use std::collections::hash_map::Entry;

use ahash::AHashMap;
use hyp_bytecode::module::{Desc, DescId};
use hyp_bytecode::op::{Effects, Op};
use hyp_bytecode::rep::Rep;

use super::memory::{Changes, State, place_of};
use crate::cfg::Cfg;
use crate::ir::{Block, Def, Func, Inst, InstData, ModuleFacts, Opcode, Value};

/// Constants are cheap to make again: sharing them further apart than this many instructions
/// would only keep registers busy.
const CONSTANT_REACH: u32 = 48;
/// The same for computed values.
const VALUE_REACH: u32 = 2000;

/// Checks of the call depth that are remembered, so that the pass stays linear.
const DEPTHS_MAX: usize = 16;

/// Runs the pass.
pub fn run(func: &mut Func, facts: &dyn ModuleFacts) {
    let mut cfg = super::reachable_cfg(func);
    if super::has_backward_edge(func) {
        cfg.add_loops();
    }
    let (n_slots, n_insts) = (func.n_slots as usize, func.insts.len());
    let n_blocks = func.blocks.len();
    let mut fresh = 0;
    let loops = loop_changes(func, &cfg);
    let is_handler = super::handlers(func);
    let mut numbering = Numbering {
        func,
        facts,
        cfg: &cfg,
        known: AHashMap::with_capacity(n_insts),
        slots: vec![None; n_slots],
        state: State::unknown(&mut fresh),
        state_at_end: vec![None; n_blocks],
        loops,
        fresh,
        is_handler,
        depths: Vec::new(),
        now: 0,
        block: Func::ENTRY,
        changed: false,
    };
    for &block in &cfg.dom_order {
        numbering.number_block(block);
    }
    if numbering.changed {
        func.resolve_aliases();
    }
}

/// What makes two instructions equal: row, operands, immediates, and the state of memory for rows
/// that read it, else 0.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    /// Row and state; at most two operands; at most one immediate.
    Short(u64, [u32; 2], u64),
    Long(Op, u32, Vec<Value>, Vec<u64>),
}

impl Key {
    fn new(op: Op, args: &[Value], imms: &[u64], epoch: u32) -> Key {
        let is_swapped = is_commutative(op) && matches!(args, [a, b] if a > b);
        let (n_args, n_imms) = (args.len() as u64, imms.len() as u64);
        let row = u64::from(epoch) << 32 | n_imms << 16 | n_args << 8 | op as u64;
        match (args, imms) {
            ([], []) => Key::Short(row, [0, 0], 0),
            ([], [k]) => Key::Short(row, [0, 0], *k),
            ([a], []) => Key::Short(row, [a.0, 0], 0),
            ([a], [k]) => Key::Short(row, [a.0, 0], *k),
            ([a, b], []) if is_swapped => Key::Short(row, [b.0, a.0], 0),
            ([a, b], []) => Key::Short(row, [a.0, b.0], 0),
            ([a, b], [k]) => Key::Short(row, [a.0, b.0], *k),
            _ => Key::Long(op, epoch, args.to_vec(), imms.to_vec()),
        }
    }
}

/// A value that can be used again.
#[derive(Clone, Copy)]
struct Known {
    value: Value,
    block: Block,
    /// Count of instructions when it was computed.
    at: u32,
}

struct Numbering<'a> {
    func: &'a mut Func,
    facts: &'a dyn ModuleFacts,
    cfg: &'a Cfg,
    known: AHashMap<Key, Known>,
    /// Content of slots, known in the current block.
    slots: Vec<Option<Value>>,
    /// What memory holds here.
    state: State,
    /// What it held at the ends of blocks, as far as they are numbered.
    state_at_end: Vec<Option<State>>,
    /// What loops change, by header; empty if there are none.
    loops: Vec<Option<Box<Changes>>>,
    /// The last number that stands for some content of memory.
    fresh: u32,
    is_handler: Vec<bool>,
    /// Checks of the call depth so far.
    depths: Vec<(u64, Block)>,
    now: u32,
    block: Block,
    /// Some result has become an alias.
    changed: bool,
}

/// How a row takes part.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Constant,
    Pure,
    Reads,
    /// Never equal to another one.
    Unique,
}

pub(super) fn classify(op: Op) -> Class {
    const CHANGES: u16 =
        Effects::CALLS.0 & !(Effects::THROWS.0 | Effects::READS.0 | Effects::ALLOCS.0);
    let effects = op.spec().effects.0;
    match op {
        Op::LoadF64
        | Op::LoadI64
        | Op::LoadBool
        | Op::LoadImm
        | Op::LoadStr
        | Op::LoadFunc
        | Op::LoadBuiltin
        | Op::LoadSession => Class::Constant,
        // Results with an identity of their own.
        Op::NewArray
        | Op::NewObject
        | Op::NewCell
        | Op::NewRecord
        | Op::NewInstance
        | Op::CopyRecord
        | Op::MakeClosure
        | Op::Snapshot
        | Op::IterNew => Class::Unique,
        _ if effects & CHANGES != 0 => Class::Unique,
        _ if effects & (Effects::READS.0 | Effects::ALLOCS.0) != 0 => Class::Reads,
        _ => Class::Pure,
    }
}

fn is_commutative(op: Op) -> bool {
    matches!(
        op,
        Op::AddF64
            | Op::MulF64
            | Op::EqF64
            | Op::EqI64
            | Op::EqBool
            | Op::EqAny
            | Op::AddI64
            | Op::MulI64
            | Op::BitAnd
            | Op::BitOr
            | Op::BitXor
    )
}

/// What each loop changes, by header; empty if there are none.
fn loop_changes(func: &Func, cfg: &Cfg) -> Vec<Option<Box<Changes>>> {
    let Some(loops) = cfg.loops() else { return Vec::new() };
    let mut changes = vec![None; func.blocks.len()];
    for &block in &cfg.order {
        let mut at = loops.of(block);
        while let Some(l) = at {
            let of = &loops.list[l as usize];
            let changes: &mut Box<Changes> = changes[of.header.0 as usize].get_or_insert_default();
            func.block(block).insts.iter().for_each(|inst| changes.add(func.inst(*inst)));
            at = of.parent;
        }
    }
    changes
}

impl Numbering<'_> {
    fn number_block(&mut self, block: Block) {
        self.block = block;
        self.state = self.state_at_start(block);
        self.slots.fill(None);
        let mut insts = std::mem::take(&mut self.func.blocks[block.0 as usize].insts);
        insts.retain(|inst| self.keep(*inst));
        self.func.blocks[block.0 as usize].insts = insts;
        self.state_at_end[block.0 as usize] = Some(self.state);
    }

    /// What is known of memory where a block starts.
    fn state_at_start(&mut self, block: Block) -> State {
        let unknown = State::unknown(&mut self.fresh);
        // A handler starts somewhere in the blocks that it protects.
        if block == Func::ENTRY || self.is_handler[block.0 as usize] {
            return unknown;
        }
        let changes = self.loops.get(block.0 as usize).and_then(|changes| changes.as_deref());
        let mut state: Option<State> = None;
        for &pred in self.cfg.preds(block) {
            match (&mut state, self.state_at_end[pred.0 as usize]) {
                (Some(state), Some(end)) => state.join(&end, &mut self.fresh),
                (None, Some(end)) => state = Some(end),
                // The changes of a loop are known before its end is.
                (_, None) if changes.is_some() && self.cfg.dominates(block, pred) => {}
                (_, None) => return unknown,
            }
        }
        let mut state = state.unwrap_or(unknown);
        if let Some(changes) = changes {
            state.change(changes, &mut self.fresh);
        }
        state
    }

    /// Whether the instruction stays; if not, its result has become an alias.
    fn keep(&mut self, inst: Inst) -> bool {
        self.now += 1;
        let at = inst.0 as usize;
        self.func.resolve_args(inst);
        let data = &self.func.insts[at];
        let op = match data.op {
            Opcode::Op(op) => op,
            Opcode::SlotSet => {
                self.slots[data.imms[0] as usize] = Some(data.args[0]);
                return true;
            }
            Opcode::SlotGet => {
                let (slot, result) = (data.imms[0] as usize, data.result);
                return match (self.slots[slot], result) {
                    (Some(known), Some(result)) => {
                        self.alias(result, known);
                        false
                    }
                    _ => {
                        self.slots[slot] = result;
                        true
                    }
                };
            }
        };
        if op == Op::CheckDepth {
            let n = data.imms[0];
            return self.keep_depth_check(n);
        }
        let class = match op {
            Op::IsType if self.is_fixed_type(data) => Class::Pure,
            _ => classify(op),
        };
        if class == Class::Unique {
            self.after_unique(op, inst);
            return true;
        }
        let Some(result) = data.result else { return true };
        let key = self.key(op, data, class);
        let limit = if class == Class::Constant { CONSTANT_REACH } else { VALUE_REACH };
        let new = Known { value: result, block: self.block, at: self.now };
        match self.known.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(new);
                true
            }
            Entry::Occupied(mut entry) => {
                let known = *entry.get();
                let is_usable = self.now - known.at <= limit
                    && (known.block == self.block
                        || class != Class::Constant && self.cfg.dominates(known.block, self.block))
                    && self.func.rep(result).accepts(self.func.rep(known.value));
                if is_usable {
                    self.alias(result, known.value);
                } else {
                    entry.insert(new);
                }
                !is_usable
            }
        }
    }

    /// Whether a check of the call depth says more than those before it: the depth is that of the
    /// function throughout.
    fn keep_depth_check(&mut self, n: u64) -> bool {
        let covers = |(m, block): &(u64, Block)| *m >= n && self.cfg.dominates(*block, self.block);
        let is_new = !self.depths.iter().any(covers);
        if is_new && self.depths.len() < DEPTHS_MAX {
            self.depths.push((n, self.block));
        }
        is_new
    }

    /// Whether the outcome of a type test cannot change: nothing is asked about elements.
    fn is_fixed_type(&self, data: &InstData) -> bool {
        fn is_fixed(desc: &Desc) -> bool {
            match desc {
                Desc::Array(of) => **of == Desc::Any,
                Desc::Nullable(inner) => is_fixed(inner),
                Desc::Union(of) => of.iter().all(is_fixed),
                Desc::Object => false,
                _ => true,
            }
        }
        self.facts.desc(DescId(data.imms[0] as u32)).is_some_and(|desc| is_fixed(&desc))
    }

    fn alias(&mut self, from: Value, to: Value) {
        let to = self.func.resolve(to);
        self.func.values[from.0 as usize].def = Def::Alias(to);
        self.changed = true;
    }

    fn key(&self, op: Op, data: &InstData, class: Class) -> Key {
        let epoch = if class == Class::Reads { self.state.of(place_of(op, &data.imms)) } else { 0 };
        // The inline cache of a member access does not matter for its value.
        let n_imms = if op == Op::GetMember { 1 } else { data.imms.len() };
        Key::new(op, &data.args, &data.imms[..n_imms], epoch)
    }

    /// Forgets what a write may have changed and remembers what it stored.
    fn after_unique(&mut self, op: Op, inst: Inst) {
        self.state.execute(self.func.inst(inst), &mut self.fresh);
        let InstData { args, imms, result, .. } = self.func.inst(inst).clone();
        match (op, result) {
            (Op::SetGlobal, _) => self.note_stored(Op::GetGlobal, &[], &imms, args[0]),
            (Op::SetField, _) => self.note_stored(Op::GetField, &args[..1], &imms, args[1]),
            (Op::SetCell, _) => self.note_stored(Op::GetCell, &args[..1], &[], args[1]),
            (Op::NewCell, Some(cell)) => self.note_stored(Op::GetCell, &[cell], &[], args[0]),
            (Op::ArraySet, _) => {
                let stored = args[2];
                self.note_stored(Op::ArrayGet, &args[..2], &[], stored);
                if self.func.rep(stored) == Rep::F64 {
                    self.note_stored(Op::ArrayGetF64, &args[..2], &[], stored);
                }
            }
            (Op::ArraySetBool, _) => {
                self.note_stored(Op::ArrayGetBool, &args[..2], &[], args[2]);
            }
            (Op::NewRecord, Some(record)) => {
                for (slot, &stored) in args.iter().enumerate() {
                    self.note_stored(Op::GetField, &[record], &[slot as u64], stored);
                }
            }
            _ => {}
        }
    }

    /// Remembers what a load would give after a store.
    fn note_stored(&mut self, load: Op, args: &[Value], imms: &[u64], value: Value) {
        // Loading the mark of an undeclared variable raises an error.
        let is_mark = self
            .func
            .def_inst(value)
            .is_some_and(|d| d.op == Opcode::Op(Op::LoadImm) && d.imms[0] == 3);
        if is_mark {
            return;
        }
        let epoch = self.state.of(place_of(load, imms));
        let key = Key::new(load, args, imms, epoch);
        self.known.insert(key, Known { value, block: self.block, at: self.now });
    }
}
