//! Static types to diagnostics, and the guarantees that lowering enforces.
//!
//! Gradual: an expression of unknown type fits everywhere and is never reported. Inference is
//! local: a variable without annotation has the type of its first value, a function without result
//! type that of its `awaken` statements as far as they are above the use.

mod annotation;
mod assign;
mod builtin;
mod call;
mod cover;
mod expr;
mod fields;
mod function;
mod init;
mod literal;
mod matrix;
mod member;
mod narrow;
mod operator;
mod pattern;
mod relation;
mod stmt;

pub use annotation::resolve_type;
pub(crate) use init::unassigned_fields;

use crate::link::ModuleTree;
use crate::resolve::{BindAction, Resolution, TypeDecl, VarId, VarKind};
use crate::types::{FunctionTy, Ty, TypeIdx};
use ahash::AHashMap;
use hyp_grammar::ast;
use hyp_grammar::diagnostic::Diagnostic;
use hyp_grammar::intern::{Interner, Symbol};
use hyp_grammar::span::{BindId, ExprId, Span};
use std::rc::Rc;

/// What the checker may be told.
#[derive(Clone, Copy, Debug, Default)]
pub struct CheckOptions {
    /// Null does not fit types that do not say so.
    pub strict_null: bool,
}

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
    /// types are hints only: the machine checks or proves them again. An object literal of type
    /// `Record` stands where that record type is expected: its value is such a record.
    pub exprs: Vec<Ty>,
}

/// Checks a resolved program of one module with the usual options.
#[must_use]
pub fn check<'a>(
    program: &ast::Program<'a>,
    resolution: &Resolution<'a>,
    interner: &Interner,
    diagnostics: &mut Vec<Diagnostic>,
) -> Types {
    let tree = ModuleTree::single(*program);
    check_with(&tree, resolution, interner, CheckOptions::default(), diagnostics)
}

/// Checks a resolved program. Findings are appended to `diagnostics` in source order.
#[must_use]
pub fn check_with<'a>(
    tree: &ModuleTree<'a>,
    resolution: &Resolution<'a>,
    interner: &Interner,
    options: CheckOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Types {
    let before = diagnostics.len();
    let mut checker = Checker::new(tree, resolution, interner, options, diagnostics);
    checker.declare_types();
    checker.declare_functions();
    for &module in &tree.order {
        let program = tree.modules[module.index()].program;
        let start = checker.mark();
        checker.stmts(program.prelude);
        checker.stmts(program.body);
        checker.frame = Frame::default();
        checker.forget_since(start);
    }
    let types = checker.out;
    if let Some(new) = diagnostics.get_mut(before..) {
        new.sort_by_key(|d| d.primary.span.start);
    }
    types
}

/// What a member of a session or record is.
#[derive(Clone, Copy, PartialEq, Debug)]
enum MemberSort {
    /// Field with its index among the fields (or static fields).
    Field(usize),
    Method(hyp_grammar::span::FuncId),
}

/// A member of a session or record.
#[derive(Clone, Copy, Debug)]
struct MemberInfo {
    sort: MemberSort,
    is_static: bool,
    is_private: bool,
    span: Span,
}

/// The function being checked.
#[derive(Clone, Default)]
struct Frame {
    /// Declared result.
    result: Option<Ty>,
    /// Join of the values returned so far.
    returned: Option<Ty>,
    /// Procedures return nothing.
    is_procedure: bool,
    /// The function runs as a task: a promise that it returns is waited for.
    is_async: bool,
    /// In an arm of an `entrain` in value position, whose value `awaken` yields.
    yields: Option<Option<Ty>>,
    /// A `snap` in the innermost loop was seen.
    snap_seen: bool,
    /// A `snap` with a label was seen; it may leave any loop.
    labelled_snap: bool,
}

struct Checker<'a, 'r> {
    interner: &'r Interner,
    resolution: &'r Resolution<'a>,
    options: CheckOptions,
    diagnostics: &'r mut Vec<Diagnostic>,
    out: Types,
    /// By `VarId`: the static type.
    vars: Vec<Ty>,
    /// By `VarId`: the variable has an annotation.
    annotated: Vec<bool>,
    /// By `VarId`: reported as made nullable.
    nullable_reported: Vec<bool>,
    /// By `FuncId`.
    signatures: Vec<Option<Rc<FunctionTy>>>,
    /// By `TypeIdx`.
    members: Vec<AHashMap<Symbol, MemberInfo>>,
    /// By `TypeIdx`: static types of fields and static fields, inferred ones included.
    field_types: Vec<Vec<Ty>>,
    static_types: Vec<Vec<Ty>>,
    /// Sessions and records around the current code, innermost last.
    owners: Vec<TypeIdx>,
    frame: Frame,
    narrowing: narrow::Narrowing,
}

impl<'a, 'r> Checker<'a, 'r> {
    fn new(
        tree: &ModuleTree<'a>,
        resolution: &'r Resolution<'a>,
        interner: &'r Interner,
        options: CheckOptions,
        diagnostics: &'r mut Vec<Diagnostic>,
    ) -> Self {
        let n_vars = resolution.vars.len();
        let n_functions = resolution.functions.len();
        Self {
            interner,
            resolution,
            options,
            diagnostics,
            out: Types {
                guarantees: vec![Ty::Unknown; n_vars],
                results: vec![Ty::Unknown; n_functions],
                fields: Vec::new(),
                statics: Vec::new(),
                exprs: vec![Ty::Unknown; tree.counts().0],
            },
            vars: vec![Ty::Unknown; n_vars],
            annotated: vec![false; n_vars],
            nullable_reported: vec![false; n_vars],
            signatures: vec![None; n_functions],
            members: Vec::new(),
            field_types: Vec::new(),
            static_types: Vec::new(),
            owners: Vec::new(),
            frame: Frame::default(),
            narrowing: narrow::Narrowing::new(n_vars),
        }
    }

    fn text(&self, symbol: Symbol) -> &'r str {
        self.interner.resolve(symbol)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn type_name(&self, idx: TypeIdx) -> &'r str {
        match self.resolution.types.get(idx.0 as usize) {
            Some(TypeDecl::Record(record)) => self.text(record.name.name),
            Some(TypeDecl::Session(session)) => self.text(session.name.name),
            None => "",
        }
    }

    fn type_span(&self, idx: TypeIdx) -> Option<Span> {
        match self.resolution.types.get(idx.0 as usize)? {
            TypeDecl::Record(record) => Some(record.name.span),
            TypeDecl::Session(session) => Some(session.name.span),
        }
    }

    fn set_expr(&mut self, id: ExprId, ty: &Ty) {
        if let Some(slot) = self.out.exprs.get_mut(id.index())
            && *ty != Ty::Unknown
        {
            *slot = ty.clone();
        }
    }

    fn var_type(&self, var: VarId) -> Ty {
        let Some(info) = self.resolution.vars.get(var.0 as usize) else { return Ty::Unknown };
        match info.kind {
            VarKind::Function(function) if !info.is_reassigned => {
                match self.signatures.get(function.index()) {
                    Some(Some(signature)) => Ty::Function(Rc::clone(signature)),
                    _ => Ty::AnyFunction,
                }
            }
            VarKind::Session(idx) if !info.is_reassigned => Ty::SessionValue(idx),
            _ => self.vars.get(var.0 as usize).cloned().unwrap_or_default(),
        }
    }

    fn set_var(&mut self, var: VarId, ty: Ty) {
        if let Some(slot) = self.vars.get_mut(var.0 as usize) {
            *slot = ty;
        }
    }

    /// Gives the variable that a binding occurrence declares a type without guarantee.
    fn set_bind(&mut self, id: BindId, ty: Ty) {
        if let Some(bind) = self.resolution.bind(id) {
            // What blocks declare together may hold what any of them gives it.
            let is_shared = bind.action == BindAction::Share;
            self.set_var(bind.var, if is_shared { Ty::Unknown } else { ty });
        }
    }

    /// Gives a variable an annotated type, which stores are checked against.
    fn annotate(&mut self, var: VarId, ty: Ty) {
        let at = var.0 as usize;
        if let Some(slot) = self.annotated.get_mut(at) {
            *slot = true;
        }
        if let Some(slot) = self.out.guarantees.get_mut(at) {
            *slot = guarantee(&ty);
        }
        self.set_var(var, ty);
    }
}

/// The part of an annotated type that the machine enforces.
fn guarantee(ty: &Ty) -> Ty {
    match ty {
        // `trance` has no values; enforcing it would refuse every program that says it.
        Ty::Trance => Ty::Unknown,
        _ => ty.clone(),
    }
}
