//! Register representations: how the 64 bits of a register are to be read.

/// Index of a type: a builtin heap kind below [`TypeId::FIRST_USER`], else `module.types[id - FIRST_USER]`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TypeId(pub u32);

impl TypeId {
    /// Immutable text.
    pub const STRING: TypeId = TypeId(0);
    /// Growable array.
    pub const ARRAY: TypeId = TypeId(1);
    /// Insertion-ordered map.
    pub const OBJECT: TypeId = TypeId(2);
    /// Anything callable that lives on the heap: closures, bound methods, session values.
    pub const FUNCTION: TypeId = TypeId(3);
    /// A captured variable's box.
    pub const CELL: TypeId = TypeId(4);
    /// State of a `within` loop.
    pub const ITERATOR: TypeId = TypeId(5);
    /// A caught run-time error.
    pub const ERROR: TypeId = TypeId(6);
    /// A promise.
    pub const PROMISE: TypeId = TypeId(7);
    /// The first record or session of the module.
    pub const FIRST_USER: u32 = 16;

    /// The type of `module.types[index]`.
    #[must_use]
    pub const fn user(index: u32) -> TypeId {
        TypeId(index + Self::FIRST_USER)
    }

    /// Index into `module.types`, if this is a record or session.
    #[must_use]
    pub const fn user_index(self) -> Option<u32> {
        self.0.checked_sub(Self::FIRST_USER)
    }
}

/// How a register's bits are to be read. Fixed for a register over its whole function.
///
/// `F64`, `Ref` and `Any` share one bit pattern per value: a number is its IEEE bits, a reference is
/// the tagged word. Moving `F64 → Any` and `Ref → Any` is therefore a plain copy; the other
/// direction needs a check instruction. `Bool` (0 or 1) and `I64` differ from their tagged form.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Rep {
    /// A tagged value of any kind.
    #[default]
    Any,
    /// A raw double.
    F64,
    /// A raw integer within ±2^53.
    I64,
    /// A raw 0 or 1.
    Bool,
    /// A tagged reference to exactly this type, or null.
    Ref(TypeId),
}

impl Rep {
    /// Whether a value of representation `from` may be copied unchanged into a register of `self`.
    #[must_use]
    pub fn accepts(self, from: Rep) -> bool {
        self == from || (self == Rep::Any && from.is_tagged_compatible())
    }

    /// Whether the raw bits are also a valid tagged value.
    #[must_use]
    pub fn is_tagged_compatible(self) -> bool {
        matches!(self, Rep::Any | Rep::F64 | Rep::Ref(_))
    }

    /// Whether a register of this representation can hold a heap reference.
    #[must_use]
    pub fn is_traced(self) -> bool {
        matches!(self, Rep::Any | Rep::Ref(_))
    }

    /// Encoding in the container: 0 any, 1 f64, 2 i64, 3 bool, 4 + type id for references.
    #[must_use]
    pub fn to_bits(self) -> u32 {
        match self {
            Rep::Any => 0,
            Rep::F64 => 1,
            Rep::I64 => 2,
            Rep::Bool => 3,
            Rep::Ref(t) => t.0.saturating_add(4),
        }
    }

    /// Inverse of [`Rep::to_bits`]. The type id is not checked against a module.
    #[must_use]
    pub fn from_bits(bits: u32) -> Rep {
        match bits {
            0 => Rep::Any,
            1 => Rep::F64,
            2 => Rep::I64,
            3 => Rep::Bool,
            n => Rep::Ref(TypeId(n - 4)),
        }
    }
}
