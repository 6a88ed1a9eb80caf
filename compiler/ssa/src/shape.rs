//! What the bytecode table says about instructions as SSA sees them: operands split into registers
//! and immediates.

use hyp_bytecode::op::{Effects, Kind, OP_COUNT, OPS, Op};
use hyp_bytecode::rep::{Rep, TypeId};

/// Most register operands of a row, `Args` not counted.
const FIXED_MAX: usize = 4;

/// A row of the table, digested.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How the result's representation follows, if there is a result.
    pub out: Option<Kind>,
    ins: [Kind; FIXED_MAX],
    n_ins: u8,
    imms: [Kind; FIXED_MAX],
    n_imms: u8,
    /// Whether any number of `Any` arguments follows.
    pub has_args: bool,
    /// Whether the row may be an SSA instruction: it neither branches nor ends a block nor moves.
    pub is_inst: bool,
}

impl Shape {
    /// Kinds of the register operands, `Args` not included.
    #[must_use]
    pub fn ins(&self) -> &[Kind] {
        &self.ins[..usize::from(self.n_ins)]
    }

    /// Kinds of the immediates.
    #[must_use]
    pub fn imms(&self) -> &[Kind] {
        &self.imms[..usize::from(self.n_imms)]
    }
}

const fn is_in(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Any | Kind::F64 | Kind::I64 | Kind::Bool | Kind::Ref(_) | Kind::Typed | Kind::Same
    )
}

const fn shape_of(op: usize) -> Shape {
    let spec = &OPS[op];
    let mut shape = Shape {
        out: None,
        ins: [Kind::Any; FIXED_MAX],
        n_ins: 0,
        imms: [Kind::Imm8; FIXED_MAX],
        n_imms: 0,
        has_args: false,
        is_inst: spec.effects.0 & (Effects::BRANCHES.0 | Effects::ENDS.0) == 0
            && op != Op::Mov as usize,
    };
    let mut i = 0;
    while i < spec.operands.len() {
        let kind = spec.operands[i].kind;
        match kind {
            Kind::Count => {}
            Kind::Args => shape.has_args = true,
            _ if kind.is_out() => shape.out = Some(kind),
            _ if is_in(kind) => {
                shape.ins[shape.n_ins as usize] = kind;
                shape.n_ins += 1;
            }
            _ => {
                shape.imms[shape.n_imms as usize] = kind;
                shape.n_imms += 1;
            }
        }
        i += 1;
    }
    shape
}

static SHAPES: [Shape; OP_COUNT] = {
    let mut shapes = [shape_of(0); OP_COUNT];
    let mut i = 1;
    while i < OP_COUNT {
        shapes[i] = shape_of(i);
        i += 1;
    }
    shapes
};

/// The digested row of an operation.
#[must_use]
pub fn shape(op: Op) -> &'static Shape {
    &SHAPES[op as usize]
}

/// Representation of the result if the row and the immediates determine it; `None` for rows
/// without a result and for [`Kind::OutSame`].
#[must_use]
pub fn result_rep(op: Op, imms: &[u64]) -> Option<Rep> {
    let shape = shape(op);
    Some(match shape.out? {
        Kind::OutAny => Rep::Any,
        Kind::OutF64 => Rep::F64,
        Kind::OutI64 => Rep::I64,
        Kind::OutBool => Rep::Bool,
        Kind::OutRef(id) => Rep::Ref(TypeId(id)),
        Kind::OutTyped => {
            let at = shape.imms().iter().position(|k| *k == Kind::Type)?;
            Rep::Ref(TypeId(u32::try_from(*imms.get(at)?).ok()?))
        }
        _ => return None,
    })
}

/// Whether an operand of this kind may read a value of this representation.
#[must_use]
pub fn kind_accepts(kind: Kind, rep: Rep) -> bool {
    match kind {
        Kind::Any => rep.is_tagged_compatible(),
        Kind::F64 => rep == Rep::F64,
        Kind::I64 => rep == Rep::I64,
        Kind::Bool => rep == Rep::Bool,
        Kind::Ref(id) => rep == Rep::Ref(TypeId(id)),
        Kind::Typed => matches!(rep, Rep::Ref(t) if t.user_index().is_some()),
        Kind::Same => true,
        _ => false,
    }
}
