//! Static types to diagnostics, and the guarantees that lowering enforces.

use crate::types::Ty;

/// The checker's result, indexed like the resolver's tables.
#[derive(Debug, Default)]
pub struct Types {
    /// By `VarId`: what every store to the variable must be checked against; `Unknown` = no check.
    /// Annotated types only (decision O10), made nullable where O10/O19 say so.
    pub guarantees: Vec<Ty>,
    /// By `FuncId`: the annotated result type; `Unknown` = no check.
    pub results: Vec<Ty>,
    /// By `TypeIdx`, then field in declaration order (statics left out): the annotated type.
    pub fields: Vec<Vec<Ty>>,
    /// By `TypeIdx`, then static field in declaration order.
    pub statics: Vec<Vec<Ty>>,
    /// By `ExprId`: the static type of the expression, `Unknown` where nothing is known. Inferred
    /// types are hints only: the machine checks or proves them again.
    pub exprs: Vec<Ty>,
}
