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
    /// Whatever a member or index by name can be: a field, an element, a static field, which is a
    /// module variable.
    Member,
    /// Elements of arrays, and entries of objects whose keys are numbers.
    Element,
    /// The lengths of arrays.
    Length,
    /// Anything else: what comparing, joining and testing types look at, elements and lengths included.
    Heap,
}

/// The place that an instruction reads, if it reads mutable memory and does nothing else besides
/// raising errors.
pub(super) fn read_by(data: &InstData) -> Option<Place> {
    let Opcode::Op(op) = data.op else { return None };
    let effects = op.spec().effects;
    let is_read = effects.has(Effects::READS) && effects.0 & Effects::WRITES.0 == 0;
    is_read.then(|| place_of(op, &data.imms))
}

/// The place that a row reads or writes.
pub(super) fn place_of(op: Op, imms: &[u64]) -> Place {
    let imm = imms.first().copied().unwrap_or(0);
    match op {
        Op::GetGlobal | Op::SetGlobal => Place::Global(imm),
        Op::GetCell | Op::SetCell => Place::Cell,
        Op::GetField | Op::SetField => Place::Field(imm),
        Op::GetMember | Op::SetMember | Op::GetIndex | Op::GetIndexOpt | Op::SetIndex => {
            Place::Member
        }
        Op::ArrayGet | Op::ArrayGetF64 | Op::ArrayGetBool | Op::ArraySet | Op::ArraySetBool => {
            Place::Element
        }
        // Pushing changes no element that could be read before.
        Op::Length | Op::ArrayPush | Op::ArrayPushBool => Place::Length,
        _ => Place::Heap,
    }
}

/// What a piece of code may change.
#[derive(Clone, Default, Debug)]
pub(super) struct Changes {
    everything: bool,
    heap: bool,
    elements: bool,
    lengths: bool,
    members: bool,
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
        match place_of(op, &data.imms) {
            Place::Global(global) => self.everything |= !remember(&mut self.globals, global),
            Place::Cell => self.cells = true,
            Place::Field(slot) => self.everything |= !remember(&mut self.fields, slot),
            Place::Member => self.members = true,
            Place::Element => self.elements = true,
            Place::Length => self.lengths = true,
            Place::Heap => self.heap = true,
        }
    }

    /// Whether a place may be changed.
    pub(super) fn touch(&self, place: Place) -> bool {
        self.everything
            || match place {
                Place::Global(global) => self.members || self.globals.contains(&global),
                Place::Cell => self.cells,
                Place::Field(slot) => self.members || self.fields.contains(&slot),
                // A store by index or name never makes an array longer.
                Place::Length => self.lengths,
                Place::Element => self.elements || self.members,
                Place::Heap => {
                    self.heap
                        || self.elements
                        || self.lengths
                        || self.members
                        || !self.fields.is_empty()
                }
                Place::Member => self.touch(Place::Heap) || !self.globals.is_empty(),
            }
    }
}

/// Module variables that are told apart by [`State`], by number.
const GLOBALS: usize = 8;
/// Field slots that are told apart.
const FIELDS: usize = 16;
/// Classes: module variables, fields, boxes, elements, lengths, anything else, any of them but boxes.
const CLASSES: usize = GLOBALS + FIELDS + 5;

/// What memory holds at a point of a function: equal numbers of a class mean equal contents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct State([u32; CLASSES]);

impl State {
    /// Nothing is known.
    pub(super) fn unknown(fresh: &mut u32) -> State {
        *fresh += 1;
        State([*fresh; CLASSES])
    }

    /// The number of a place's class.
    pub(super) fn of(&self, place: Place) -> u32 {
        self.0[class(place)]
    }

    /// What holds where two paths meet.
    pub(super) fn join(&mut self, other: &State, fresh: &mut u32) {
        *fresh += 1;
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            if mine != theirs {
                *mine = *fresh;
            }
        }
    }

    /// Forgets what an instruction may change.
    pub(super) fn execute(&mut self, data: &InstData, fresh: &mut u32) {
        let mut changes = Changes::default();
        changes.add(data);
        self.change(&changes, fresh);
    }

    /// Forgets what a piece of code may change.
    pub(super) fn change(&mut self, changes: &Changes, fresh: &mut u32) {
        *fresh += 1;
        if changes.everything {
            self.0 = [*fresh; CLASSES];
            return;
        }
        if changes.cells {
            self.0[class(Place::Cell)] = *fresh;
        }
        for &global in &changes.globals {
            self.0[class(Place::Global(global))] = *fresh;
        }
        if changes.members {
            self.0[..GLOBALS + FIELDS].fill(*fresh);
        }
        for &slot in &changes.fields {
            self.0[class(Place::Field(slot))] = *fresh;
        }
        for place in [Place::Element, Place::Length, Place::Heap, Place::Member] {
            if changes.touch(place) {
                self.0[class(place)] = *fresh;
            }
        }
    }
}

fn class(place: Place) -> usize {
    match place {
        Place::Global(global) => global as usize % GLOBALS,
        Place::Field(slot) => GLOBALS + slot as usize % FIELDS,
        Place::Cell => GLOBALS + FIELDS,
        Place::Element => GLOBALS + FIELDS + 1,
        Place::Length => GLOBALS + FIELDS + 2,
        Place::Heap => GLOBALS + FIELDS + 3,
        Place::Member => GLOBALS + FIELDS + 4,
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
