//! The lattice of kinds: a set of the language's kinds of values, and the type if the set contains
//! records or instances of one type only.

use hyp_bytecode::builtin::Ty;
use hyp_bytecode::module::{Desc, TypeKind};
use hyp_bytecode::rep::{Rep, TypeId};

use crate::ir::ModuleFacts;

/// Stands for records and instances of any type.
const ANY_TYPE: u32 = u32::MAX;

/// What a value can be. The empty set belongs to values that no execution has produced yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Kind {
    bits: u16,
    /// The type of records and instances in the set; meaningless without them.
    ty: u32,
}

impl Kind {
    pub(super) const NONE: Kind = Kind::of(0);
    pub(super) const NULL: Kind = Kind::of(1);
    pub(super) const BOOL: Kind = Kind::of(2);
    pub(super) const NUM: Kind = Kind::of(4);
    pub(super) const STR: Kind = Kind::of(8);
    pub(super) const ARRAY: Kind = Kind::of(16);
    pub(super) const OBJECT: Kind = Kind::of(32);
    pub(super) const FUNC: Kind = Kind::of(64);
    /// Records and instances.
    pub(super) const COMPOSITE: Kind = Kind::of(128);
    /// Errors, promises and whatever else there is.
    pub(super) const OTHER: Kind = Kind::of(256);
    /// The mark of an argument that was not passed.
    pub(super) const MISSING: Kind = Kind::of(512);
    pub(super) const ANY: Kind = Kind::of(1023);

    const fn of(bits: u16) -> Kind {
        Kind { bits, ty: ANY_TYPE }
    }

    /// Records or instances of one type.
    pub(super) fn of_type(ty: TypeId) -> Kind {
        Kind { bits: Kind::COMPOSITE.bits, ty: ty.0 }
    }

    /// Either of two sets.
    pub(super) fn or(self, other: Kind) -> Kind {
        let (a, b) = (self.has(Kind::COMPOSITE), other.has(Kind::COMPOSITE));
        let ty = match (a, b) {
            (true, true) if self.ty == other.ty => self.ty,
            (true, false) => self.ty,
            (false, true) => other.ty,
            _ => ANY_TYPE,
        };
        Kind { bits: self.bits | other.bits, ty }
    }

    /// What is in both sets.
    pub(super) fn and(self, other: Kind) -> Kind {
        let mut bits = self.bits & other.bits;
        let ty = if self.ty == ANY_TYPE { other.ty } else { self.ty };
        if self.ty != ANY_TYPE && other.ty != ANY_TYPE && self.ty != other.ty {
            bits &= !Kind::COMPOSITE.bits;
        }
        Kind { bits, ty }.normal()
    }

    /// The set without the kinds of another one, types disregarded.
    pub(super) fn without(self, other: Kind) -> Kind {
        Kind { bits: self.bits & !other.bits, ty: self.ty }.normal()
    }

    /// Equal sets have equal fields.
    fn normal(self) -> Kind {
        if self.has(Kind::COMPOSITE) { self } else { Kind::of(self.bits) }
    }

    pub(super) fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// Whether the set shares a kind with `other`, types disregarded.
    pub(super) fn has(self, other: Kind) -> bool {
        self.bits & other.bits != 0
    }

    /// Whether the set is not empty and has no kind outside `other`, types disregarded.
    pub(super) fn is(self, other: Kind) -> bool {
        self.bits != 0 && self.bits & !other.bits == 0
    }

    /// The type, if the set has records or instances of one type and otherwise at most null.
    pub(super) fn composite_or_null(self) -> Option<TypeId> {
        let ok = self.has(Kind::COMPOSITE)
            && self.is(Kind::COMPOSITE.or(Kind::NULL))
            && self.ty != ANY_TYPE;
        ok.then_some(TypeId(self.ty))
    }

    /// What a representation guarantees.
    pub(super) fn of_rep(rep: Rep) -> Kind {
        match rep {
            Rep::Any => Kind::ANY,
            Rep::F64 | Rep::I64 => Kind::NUM,
            Rep::Bool => Kind::BOOL,
            Rep::Ref(ty) => Kind::of_ref(ty).or(Kind::NULL),
        }
    }

    /// References to a type, null not included.
    pub(super) fn of_ref(ty: TypeId) -> Kind {
        match ty {
            TypeId::STRING => Kind::STR,
            TypeId::ARRAY => Kind::ARRAY,
            TypeId::OBJECT => Kind::OBJECT,
            TypeId::FUNCTION => Kind::FUNC,
            _ if ty.user_index().is_some() => Kind::of_type(ty),
            _ => Kind::OTHER,
        }
    }

    /// What a builtin's result type says.
    pub(super) fn of_words(words: &[Ty]) -> Kind {
        words.iter().fold(Kind::NONE, |kind, word| {
            kind.or(match word {
                Ty::Number => Kind::NUM,
                Ty::String => Kind::STR,
                Ty::Boolean => Kind::BOOL,
                Ty::Null => Kind::NULL,
                Ty::Array | Ty::Numbers | Ty::Strings => Kind::ARRAY,
                Ty::Promise => Kind::OTHER,
                _ => Kind::ANY,
            })
        })
    }

    /// Whether every value of the set is sure to match a descriptor, so that a check changes
    /// nothing. False if in doubt.
    pub(super) fn fits(self, desc: &Desc, facts: &dyn ModuleFacts) -> bool {
        match desc {
            Desc::Any => true,
            Desc::Null => self.is(Kind::NULL),
            Desc::Number => self.is(Kind::NUM),
            Desc::Boolean => self.is(Kind::BOOL),
            Desc::String => self.is(Kind::STR),
            Desc::Array(of) => **of == Desc::Any && self.is(Kind::ARRAY),
            Desc::Object => self.is(Kind::OBJECT),
            Desc::Function => self.is(Kind::FUNC),
            Desc::Instance => {
                let ty = self.without(Kind::NULL).composite_or_null();
                self.is(Kind::COMPOSITE)
                    && ty.is_some_and(|t| facts.type_kind(t) == Some(TypeKind::Session))
            }
            Desc::Promise => false,
            Desc::Named(ty) => self.is(Kind::COMPOSITE) && self.ty == ty.0,
            Desc::Nullable(inner) => {
                let rest = self.without(Kind::NULL);
                !self.is_empty() && (rest.is_empty() || rest.fits(inner, facts))
            }
            Desc::Union(of) => of.iter().any(|d| self.fits(d, facts)),
        }
    }

    /// Whether no value of the set can match a descriptor. False if in doubt.
    pub(super) fn is_disjoint(self, desc: &Desc) -> bool {
        let possible = match desc {
            Desc::Null => Kind::NULL,
            Desc::Number => Kind::NUM,
            Desc::Boolean => Kind::BOOL,
            Desc::String => Kind::STR,
            Desc::Array(_) => Kind::ARRAY,
            Desc::Function => Kind::FUNC,
            Desc::Named(_) | Desc::Instance => Kind::COMPOSITE,
            Desc::Nullable(inner) => {
                return !self.has(Kind::NULL.or(Kind::MISSING)) && self.is_disjoint(inner);
            }
            Desc::Union(of) => return of.iter().all(|d| self.is_disjoint(d)),
            _ => return false,
        };
        !self.is_empty() && !self.has(possible.or(Kind::MISSING))
    }
}
