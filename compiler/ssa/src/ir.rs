//! The SSA form: functions of blocks with parameters.
//!
//! Instructions are the rows of the bytecode table ([`hyp_bytecode::op`]) that neither branch nor
//! end a block, plus the slot accesses below; so there is one instruction set, not two.
//! Conditions are `Bool` values; code emission fuses them into compare-and-branch instructions.
//!
//! Exceptions: a block may name a handler block. Every instruction of the block that can throw has
//! an implicit edge to it. A handler block has exactly one parameter, the raised value (`Any`), and
//! uses only values whose definition dominates the entry of every block that it protects.
//! Variables that are assigned inside a protected region live in slots.

use std::rc::Rc;

use hyp_bytecode::module::{Desc, DescId, ErrorKind, FuncId, StrId, TypeKind};
use hyp_bytecode::op::{Effects, Op};
use hyp_bytecode::rep::{Rep, TypeId};
use smallvec::SmallVec;

/// A value: the result of an instruction or a block parameter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Value(pub u32);
/// An instruction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Inst(pub u32);
/// A basic block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Block(pub u32);

/// Line and column (from 1) of the source construct; 0 if there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pos {
    /// Line.
    pub line: u32,
    /// Column in scalar values.
    pub column: u32,
    /// The inlined call that the construct belongs to: one more than an index into
    /// [`Func::inlined`], or 0.
    pub inlined: u32,
}

/// A call that was replaced by its callee's instructions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InlinedCall {
    /// The callee.
    pub func: FuncId,
    /// Where the call stood.
    pub at: Pos,
}

/// Operation of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Opcode {
    /// A row of the bytecode table.
    Op(Op),
    /// Reads function-local slot `imms[0]` (`Any`, starts as null).
    SlotGet,
    /// Writes `args[0]` to function-local slot `imms[0]`.
    SlotSet,
}

impl From<Op> for Opcode {
    fn from(op: Op) -> Opcode {
        Opcode::Op(op)
    }
}

/// An instruction.
#[derive(Clone, PartialEq, Debug)]
pub struct InstData {
    /// What it does.
    pub op: Opcode,
    /// Register operands in table order, `Args` last.
    pub args: SmallVec<[Value; 4]>,
    /// The other operands in table order, `Count` left out: immediates, ids, constant bits.
    pub imms: SmallVec<[u64; 2]>,
    /// The value that it defines.
    pub result: Option<Value>,
    /// Source position.
    pub pos: Pos,
    /// What an error calls the place.
    pub note: Option<StrId>,
}

/// A jump with arguments for the target's parameters.
#[derive(Clone, PartialEq, Debug)]
pub struct Edge {
    /// Target.
    pub block: Block,
    /// One argument per parameter of the target.
    pub args: SmallVec<[Value; 4]>,
}

/// How a block ends.
#[derive(Clone, PartialEq, Debug)]
pub enum Term {
    /// Not yet filled.
    None,
    /// Unconditional.
    Jump(Edge),
    /// On a `Bool` value.
    Branch {
        /// Condition.
        cond: Value,
        /// Taken if true.
        then: Edge,
        /// Taken if false.
        other: Edge,
    },
    /// On an `F64` value: entry `i` if it is the integer `i`, else `default`.
    Switch {
        /// Selector.
        on: Value,
        /// Targets of 0, 1, 2 …
        cases: Vec<Edge>,
        /// Target of everything else.
        default: Edge,
    },
    /// Returns a value, or null.
    Return(Option<Value>),
    /// Raises a value.
    Throw(Value),
    /// Raises a run-time error.
    Raise(ErrorKind, StrId),
}

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Def {
    /// Result of an instruction.
    Inst(Inst),
    /// Parameter `.1` of block `.0`.
    Param(Block, u32),
    /// Replaced by another value (left behind by construction; resolve with `Func::resolve`).
    Alias(Value),
}

/// A value's definition and representation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ValueData {
    /// Definition.
    pub def: Def,
    /// Representation.
    pub rep: Rep,
}

/// A basic block.
#[derive(Clone, PartialEq, Debug)]
pub struct BlockData {
    /// Parameters.
    pub params: Vec<Value>,
    /// Instructions in order.
    pub insts: Vec<Inst>,
    /// End.
    pub term: Term,
    /// Position of the end, for `Throw` and `Raise`.
    pub term_pos: Pos,
    /// Where errors of this block go, if not to the caller.
    pub handler: Option<Block>,
    /// Of a handler block: it also runs on `Exit` (`finally`).
    pub is_cleanup: bool,
}

/// A function in SSA form. The parameters of block 0 are the function's parameters.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Func {
    /// Name.
    pub name: Option<StrId>,
    /// Session whose private members the code may use.
    pub owner: Option<TypeId>,
    /// Parameters without defaults, receiver included.
    pub n_required: u8,
    /// Whether parameter 0 is a receiver.
    pub has_receiver: bool,
    /// Representation that every returned value fits.
    pub result: Rep,
    /// Representations of captured variables.
    pub upvalues: Vec<Rep>,
    /// Names of the parameters.
    pub param_names: Vec<StrId>,
    /// Source position of the body; 0 if unknown.
    pub pos: Pos,
    /// Number of slots.
    pub n_slots: u32,
    /// Calls that were replaced by their callees' instructions, outer ones first.
    pub inlined: Vec<InlinedCall>,
    /// All values.
    pub values: Vec<ValueData>,
    /// All instructions.
    pub insts: Vec<InstData>,
    /// All blocks; block 0 is the entry.
    pub blocks: Vec<BlockData>,
}

/// What passes may ask about the rest of the module.
pub trait ModuleFacts {
    /// Representation of a known function's result.
    fn result_rep(&self, func: FuncId) -> Rep;
    /// Representations of a known function's parameters.
    fn param_reps(&self, func: FuncId) -> Vec<Rep>;
    /// Representation of a field of a record or session.
    fn field_rep(&self, ty: TypeId, slot: u8) -> Rep;
    /// Number of fields of a record or session.
    fn n_fields(&self, _ty: TypeId) -> u8 {
        0
    }
    /// Representation of a module variable.
    fn global_rep(&self, global: u32) -> Rep;

    /// Number of arguments that a call of a known function must pass, receiver included.
    fn n_required(&self, func: FuncId) -> usize {
        self.param_reps(func).len()
    }
    /// Representation of one parameter of a known function.
    fn param_rep(&self, func: FuncId, param: usize) -> Option<Rep> {
        self.param_reps(func).get(param).copied()
    }
    /// Whether a known function never returns null (a session's constructor function).
    fn never_returns_null(&self, _func: FuncId) -> bool {
        false
    }
    /// What an error calls parameter `param` of `func`: `argument 'n' of 'f'`.
    fn param_note(&self, _func: FuncId, _param: usize) -> Option<StrId> {
        None
    }
    /// Whether a type is a record or a session.
    fn type_kind(&self, _ty: TypeId) -> Option<TypeKind> {
        None
    }
    /// The instance field of that name.
    fn field_by_name(&self, _ty: TypeId, _name: StrId) -> Option<FieldFacts> {
        None
    }
    /// The method of that name.
    fn method_by_name(&self, _ty: TypeId, _name: StrId) -> Option<MethodFacts> {
        None
    }
    /// What a dynamic store into a field checks; `None` if it is not known.
    fn field_desc(&self, _ty: TypeId, _slot: u8) -> Option<Desc> {
        None
    }
    /// The body of a function that is small and finished, to be inlined where it is called.
    fn body(&self, _func: FuncId) -> Option<Rc<Func>> {
        None
    }
    /// A type descriptor; `None` if it is not known.
    fn desc(&self, _desc: DescId) -> Option<Desc> {
        None
    }
    /// Text of a string constant; `None` if it is not known.
    fn string(&self, _id: StrId) -> Option<Box<str>> {
        None
    }
    /// The id of a text that a pass needs, added to the module if it is new; `None` forbids adding.
    fn intern(&self, _text: &str) -> Option<StrId> {
        None
    }
}

/// A field as passes see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldFacts {
    /// Slot of the field.
    pub slot: u8,
    /// What a store guarantees.
    pub rep: Rep,
    /// Usable only by code of the same session.
    pub is_private: bool,
}

/// A method as passes see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MethodFacts {
    /// Body; parameter 0 is the receiver unless `is_static`.
    pub func: FuncId,
    /// Usable only by code of the same session.
    pub is_private: bool,
    /// Has no receiver.
    pub is_static: bool,
}

impl InstData {
    /// What executing it can do. Slot accesses read and write function-local state only.
    #[must_use]
    pub fn effects(&self) -> Effects {
        match self.op {
            Opcode::Op(op) => op.spec().effects,
            Opcode::SlotGet => Effects::READS,
            Opcode::SlotSet => Effects::WRITES,
        }
    }

    /// The table row, unless this is a slot access.
    #[must_use]
    pub fn row(&self) -> Option<Op> {
        match self.op {
            Opcode::Op(op) => Some(op),
            Opcode::SlotGet | Opcode::SlotSet => None,
        }
    }
}

impl Term {
    /// Calls `visit` with every outgoing edge, in order: then, other; cases, default.
    #[inline]
    pub fn for_each_edge<'a>(&'a self, mut visit: impl FnMut(&'a Edge)) {
        match self {
            Term::Jump(edge) => visit(edge),
            Term::Branch { then, other, .. } => {
                visit(then);
                visit(other);
            }
            Term::Switch { cases, default, .. } => {
                cases.iter().for_each(&mut visit);
                visit(default);
            }
            Term::None | Term::Return(_) | Term::Throw(_) | Term::Raise(..) => {}
        }
    }

    /// As [`Term::for_each_edge`], to change the edges.
    pub fn for_each_edge_mut(&mut self, mut visit: impl FnMut(&mut Edge)) {
        match self {
            Term::Jump(edge) => visit(edge),
            Term::Branch { then, other, .. } => {
                visit(then);
                visit(other);
            }
            Term::Switch { cases, default, .. } => {
                cases.iter_mut().for_each(&mut visit);
                visit(default);
            }
            Term::None | Term::Return(_) | Term::Throw(_) | Term::Raise(..) => {}
        }
    }

    /// The value that the terminator itself reads, edge arguments not included.
    #[must_use]
    pub fn operand(&self) -> Option<Value> {
        match self {
            Term::Branch { cond: v, .. } | Term::Switch { on: v, .. } | Term::Throw(v) => Some(*v),
            Term::Return(v) => *v,
            Term::None | Term::Jump(_) | Term::Raise(..) => None,
        }
    }

    /// As [`Term::operand`], to replace it.
    pub fn operand_mut(&mut self) -> Option<&mut Value> {
        match self {
            Term::Branch { cond: v, .. } | Term::Switch { on: v, .. } | Term::Throw(v) => Some(v),
            Term::Return(v) => v.as_mut(),
            Term::None | Term::Jump(_) | Term::Raise(..) => None,
        }
    }

    /// Calls `visit` with every value that the terminator reads, edge arguments included.
    pub fn for_each_use_mut(&mut self, mut visit: impl FnMut(&mut Value)) {
        if let Some(v) = self.operand_mut() {
            visit(v);
        }
        self.for_each_edge_mut(|edge| edge.args.iter_mut().for_each(&mut visit));
    }
}

impl Func {
    /// The entry block.
    pub const ENTRY: Block = Block(0);

    /// The value that `v` stands for after following aliases.
    #[must_use]
    pub fn resolve(&self, mut v: Value) -> Value {
        while let Def::Alias(to) = self.values[v.0 as usize].def {
            v = to;
        }
        v
    }

    /// Replaces aliases among an instruction's operands by what they stand for.
    pub fn resolve_args(&mut self, inst: Inst) {
        let Func { insts, values, .. } = self;
        for arg in &mut insts[inst.0 as usize].args {
            while let Def::Alias(to) = values[arg.0 as usize].def {
                *arg = to;
            }
        }
    }

    /// Representation of a value.
    #[must_use]
    pub fn rep(&self, v: Value) -> Rep {
        self.values[v.0 as usize].rep
    }

    /// Data of an instruction.
    #[must_use]
    pub fn inst(&self, inst: Inst) -> &InstData {
        &self.insts[inst.0 as usize]
    }

    /// Data of a block.
    #[must_use]
    pub fn block(&self, block: Block) -> &BlockData {
        &self.blocks[block.0 as usize]
    }

    /// The instruction that defines `v`, if it is not a parameter.
    #[must_use]
    pub fn def_inst(&self, v: Value) -> Option<&InstData> {
        match self.values[v.0 as usize].def {
            Def::Inst(inst) => Some(self.inst(inst)),
            Def::Param(..) | Def::Alias(_) => None,
        }
    }

    /// Replaces every use of an aliased value by what it stands for.
    pub fn resolve_aliases(&mut self) {
        for i in 0..self.values.len() {
            if let Def::Alias(to) = self.values[i].def {
                // Chains become one step long, so that later look-ups stay cheap.
                self.values[i].def = Def::Alias(self.resolve(to));
            }
        }
        let values = &self.values;
        let replace = |v: &mut Value| {
            if let Def::Alias(to) = values[v.0 as usize].def {
                *v = to;
            }
        };
        for block in &mut self.blocks {
            for inst in &block.insts {
                self.insts[inst.0 as usize].args.iter_mut().for_each(replace);
            }
            block.term.for_each_use_mut(replace);
        }
    }
}
