//! Classes of memory: places of different classes are never the same place.

use hyp_bytecode::op::{Effects, Op};
use smallvec::SmallVec;

use crate::ir::{InstData, Opcode};

/// Different places of one class that are told apart; more count as all of them.
const PLACES_MAX: usize = 8;

/// What an instruction reads or writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// A module variable.
    Global(u64),
    /// The content of any box.
    Cell,
    /// Fields with this slot of any record or session.
    Field(u64),
    /// Anything else: elements, lengths, members by name.
    Heap,
}

/// The place that an instruction reads, if it reads mutable memory and does nothing else besides
/// raising errors.
pub(super) fn read_by(data: &InstData) -> Option<Place> {
    let Opcode::Op(op) = data.op else { return None };
    let effects = op.spec().effects;
    let is_read = effects.has(Effects::READS) && effects.0 & Effects::WRITES.0 == 0;
    is_read.then(|| place_of(op, data))
}

fn place_of(op: Op, data: &InstData) -> Place {
    let imm = data.imms.first().copied().unwrap_or(0);
    match op {
        Op::GetGlobal | Op::SetGlobal => Place::Global(imm),
        Op::GetCell | Op::SetCell => Place::Cell,
        Op::GetField | Op::SetField => Place::Field(imm),
        _ => Place::Heap,
    }
}

/// What a piece of code may change.
#[derive(Clone, Default, Debug)]
pub(super) struct Changes {
    everything: bool,
    heap: bool,
    cells: bool,
    globals: SmallVec<[u64; PLACES_MAX]>,
    fields: SmallVec<[u64; PLACES_MAX]>,
}

impl Changes {
    /// Adds what an instruction may change.
    pub(super) fn add(&mut self, data: &InstData) {
        let Opcode::Op(op) = data.op else { return };
        let effects = op.spec().effects;
        if effects.has(Effects::CALLS) || op == Op::Suspend {
            self.everything = true;
        }
        // Output changes nothing that a program can read.
        if !effects.has(Effects::WRITES) || op == Op::Print {
            return;
        }
        match place_of(op, data) {
            Place::Global(global) => self.everything |= !remember(&mut self.globals, global),
            Place::Cell => self.cells = true,
            Place::Field(slot) => self.everything |= !remember(&mut self.fields, slot),
            Place::Heap => self.heap = true,
        }
    }

    /// Whether a place may be changed.
    pub(super) fn touch(&self, place: Place) -> bool {
        self.everything
            || match place {
                Place::Global(global) => self.globals.contains(&global),
                Place::Cell => self.cells,
                // Stores to members by name are stores to unknown fields.
                Place::Field(slot) => self.heap || self.fields.contains(&slot),
                Place::Heap => self.heap || !self.fields.is_empty(),
            }
    }
}

/// Adds a place to a list; returns whether it is there.
fn remember(list: &mut SmallVec<[u64; PLACES_MAX]>, place: u64) -> bool {
    if list.contains(&place) {
        return true;
    }
    let has_room = list.len() < PLACES_MAX;
    if has_room {
        list.push(place);
    }
    has_room
}
