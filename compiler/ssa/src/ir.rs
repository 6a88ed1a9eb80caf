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

use hyp_bytecode::module::{ErrorKind, FuncId, StrId};
use hyp_bytecode::op::Op;
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
    /// Number of slots.
    pub n_slots: u32,
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
    /// Representation of a module variable.
    fn global_rep(&self, global: u32) -> Rep;
}
