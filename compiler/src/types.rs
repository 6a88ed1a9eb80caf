//! Static types.

use std::rc::Rc;

/// Index of a record or session in [`crate::resolve::Resolution::types`]; the same index in the
/// bytecode module.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TypeIdx(pub u32);

/// A static type. `Unknown` is dynamic: every operation on it is allowed and checked at run time.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Ty {
    /// Anything; spelled `any` or `unknown`.
    #[default]
    Unknown,
    /// No values; spelled `trance`.
    Trance,
    /// A double.
    Number,
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// Null; also spelled `void`.
    Null,
    /// `T[]`; `array` is an array of `Unknown`.
    Array(Rc<Ty>),
    /// `T?`; never nested, never around `Unknown` or `Null`.
    Nullable(Rc<Ty>),
    /// A record type.
    Record(TypeIdx),
    /// An instance of a session.
    Instance(TypeIdx),
    /// The session itself.
    SessionValue(TypeIdx),
    /// Any session instance; spelled `session`.
    AnyInstance,
    /// `object`, `record`: a map or record.
    Object,
    /// `{ x: number; y?: string }`: field name, type, optional.
    Structural(Rc<[(String, Ty, bool)]>),
    /// A function of known signature.
    Function(Rc<FunctionTy>),
    /// `function`, `suggestion`: any callable.
    AnyFunction,
    /// `Promise<T>`.
    Promise(Rc<Ty>),
    /// `A | B`; at least two members, none of them a union.
    Union(Rc<[Ty]>),
}

/// Signature of a function type.
#[derive(Clone, PartialEq, Debug)]
pub struct FunctionTy {
    /// Parameter types.
    pub params: Vec<Ty>,
    /// Parameters without a default.
    pub n_required: usize,
    /// Result type.
    pub result: Ty,
}
