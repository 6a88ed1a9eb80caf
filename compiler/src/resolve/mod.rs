//! Names to symbols.
//!
//! Implements the scope rules of the language: lexical scopes, re-induction (an `induce` of a name
//! that is visible in the same function assigns it), leak fallback, hoisting, capture by reference.
//! The result is side tables over the syntax tree; nothing is rewritten.

mod captures;
mod collect;
mod declare;
mod expr;
mod function;
mod label;
mod leak;
mod member;
mod mock;
mod modules;
mod pattern;
mod scope;
mod stmt;
mod suggest;
mod unused;

use crate::link::{ModuleIdx, ModuleTree};
use crate::types::TypeIdx;
use hyp_bytecode::builtin::Builtin;
use hyp_grammar::ast;
use hyp_grammar::diagnostic::Diagnostic;
use hyp_grammar::intern::{Interner, Symbol};
use hyp_grammar::span::{BindId, ExprId, FuncId, Span};

pub(crate) use modules::for_each_declared;
pub(crate) use suggest::closest;

/// A variable: local, parameter, pattern variable, function, session, `this`, module variable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct VarId(pub u32);

/// What a name in an expression refers to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum NameRef {
    /// A variable.
    Var(VarId),
    /// A builtin function.
    Builtin(Builtin),
    /// A predeclared numeric constant.
    Constant(f64),
    /// A record type used as a callable (records with a constructor).
    RecordType(TypeIdx),
    /// Inside a session body, an unresolved name that is a member: `this.name` or `S.name`.
    SiblingMember {
        /// The session.
        session: TypeIdx,
        /// Reached through the session itself rather than through `this`.
        is_static: bool,
    },
    /// Nothing; reading it raises `Variable 'x' not found`.
    Unresolved,
}

/// What a declaration does to its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BindAction {
    /// Creates the variable.
    Declare,
    /// Assigns a variable that is visible already (re-induction, same-scope redeclaration).
    Assign,
    /// Creates the variable unless another block did: blocks that have ended declare one variable
    /// together if its name is used after them (leak fallback).
    Share,
    /// Ignored (`induce null;`).
    Ignore,
}

/// Resolution of a binding occurrence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BindRef {
    /// The variable.
    pub var: VarId,
    /// What executing the declaration does.
    pub action: BindAction,
}

/// What kind of thing a variable is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VarKind {
    /// Declared by `induce` and its relatives, `anchor`, a loop header, a pattern, or by
    /// assignment to an unknown name.
    Variable,
    /// A parameter.
    Parameter,
    /// A caught error.
    Catch,
    /// Bound to a function declaration, hoisted to the start of its block.
    Function(FuncId),
    /// Bound to a session declaration, hoisted.
    Session(TypeIdx),
    /// The receiver of a method or constructor.
    This,
}

/// Where a variable lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Storage {
    /// An SSA variable of its function.
    Local,
    /// A frame slot: assigned inside a `try` and visible outside of it, so handlers see it.
    Slot,
    /// A heap cell: captured by a function and assigned after its capture, or captured before it
    /// is declared. Captured variables that are never reassigned stay `Local`/`Slot` and are
    /// captured by value.
    Cell,
    /// A module variable (used in more than one function of the module, or `sharedTrance`).
    Global,
}

/// A variable.
#[derive(Clone, Debug)]
pub struct VarInfo {
    /// Name.
    pub name: Symbol,
    /// Kind.
    pub kind: VarKind,
    /// The function body that declares it; `None` is the main module's body, a `finale`, or the
    /// field initialisers of a type without constructor.
    pub function: Option<FuncId>,
    /// Where it lives.
    pub storage: Storage,
    /// Declared by `freeze`: assigning raises.
    pub is_constant: bool,
    /// Assigned anywhere but at its (single) declaration. False for a `Function` or `Session`
    /// means that the name always denotes that function.
    pub is_reassigned: bool,
    /// Declared by `sharedTrance`.
    pub is_shared: bool,
    /// A name may be read before its declaration ran (leak fallback, hoisted use, loops):
    /// a `Local` of this kind starts as null; a `Cell` or `Global` as not found.
    pub may_be_unset: bool,
    /// Used after its block has ended (leak fallback): one variable for every run of the block.
    pub is_leaked: bool,
    /// Declaring occurrence, if there is one.
    pub span: Span,
}

/// What the resolver knows of a function body.
#[derive(Clone, Debug, Default)]
pub struct FunctionInfo {
    /// Enclosing function body; `None` as in [`VarInfo::function`].
    pub parent: Option<FuncId>,
    /// The session or record in whose text it stands.
    pub owner: Option<TypeIdx>,
    /// Variables of enclosing functions that it (or a function inside it) uses and that are not
    /// globals; `this` included. Function and session names that are never reassigned and need no
    /// captures themselves are left out: they are constants.
    pub captures: Vec<VarId>,
    /// The receiver variable, for methods and constructors.
    pub this: Option<VarId>,
    /// Bound to a name that nothing reads, so that nothing can call it.
    pub is_unused: bool,
}

/// A record or session declaration.
#[derive(Clone, Copy, Debug)]
pub enum TypeDecl<'a> {
    /// `tranceify` or `record`.
    Record(&'a ast::RecordDecl<'a>),
    /// `session`.
    Session(&'a ast::SessionDecl<'a>),
}

/// Builtins that `MockFunction` may replace while the program runs.
#[derive(Debug, Default)]
pub struct Mocks {
    /// Named by literals.
    named: ahash::AHashSet<Builtin>,
    /// A name that is no literal can be that of any builtin.
    any: bool,
}

impl Mocks {
    /// Whether a call of the builtin has to look for a replacement.
    #[must_use]
    pub fn may_replace(&self, builtin: Builtin) -> bool {
        use Builtin::{MockFunction, Try, UnmockFunction};
        let is_special = matches!(builtin, Try | MockFunction | UnmockFunction);
        !is_special && (self.any || self.named.contains(&builtin))
    }
}

/// The resolver's result.
#[derive(Debug, Default)]
pub struct Resolution<'a> {
    /// By [`ExprId`], for `Name` and `This` expressions (and shorthand fields).
    pub names: Vec<Option<NameRef>>,
    /// By [`BindId`].
    pub binds: Vec<Option<BindRef>>,
    /// By `VarId`.
    pub vars: Vec<VarInfo>,
    /// By [`FuncId`].
    pub functions: Vec<FunctionInfo>,
    /// By `TypeIdx`, in order of declaration.
    pub types: Vec<TypeDecl<'a>>,
    /// The syntax of every function by [`FuncId`]; the bodies of imported modules have none.
    pub function_nodes: Vec<Option<&'a ast::Function<'a>>>,
    /// By `TypeIdx`: the receiver that `this` means in the instance field initialisers (sessions)
    /// or field defaults (records). Where a session has a constructor it is the receiver of that.
    pub receivers: Vec<Option<VarId>>,
    names_of_modules: modules::AllNames,
    /// Functions of the syntax trees; the bodies of imported modules follow.
    syntax_functions: usize,
    /// Builtins that a mock may replace.
    pub mocks: Mocks,
    /// Whether any record type is declared, so that stores to members can change a variable.
    pub has_records: bool,
}

impl Resolution<'_> {
    /// What a `Name` or `This` expression refers to.
    #[must_use]
    pub fn name(&self, id: ExprId) -> NameRef {
        self.names.get(id.index()).copied().flatten().unwrap_or(NameRef::Unresolved)
    }

    /// What `A.name` refers to when `A` is a namespace; `None` for any other expression.
    #[must_use]
    pub fn qualified(&self, expr: &ast::Expr<'_>) -> Option<NameRef> {
        match expr.kind {
            ast::ExprKind::Member { .. } => self.names.get(expr.id.index()).copied().flatten(),
            _ => None,
        }
    }

    /// The record or session that a type name means where it stands.
    #[must_use]
    pub fn type_named(&self, namespace: Option<ast::Ident>, name: ast::Ident) -> Option<TypeIdx> {
        self.names_of_modules.type_named(namespace, name)
    }

    /// The module in whose text an offset lies.
    #[must_use]
    pub fn module_at(&self, offset: u32) -> ModuleIdx {
        self.names_of_modules.module_at(offset)
    }

    /// The function in whose body an imported module runs; `None` for the main module.
    #[must_use]
    pub fn module_body(&self, module: ModuleIdx) -> Option<FuncId> {
        modules::body_of(module, self.syntax_functions)
    }

    /// Whether code of `module` cannot assign the variable because another module declares it.
    #[must_use]
    pub fn is_foreign(&self, var: VarId, module: ModuleIdx) -> bool {
        let info = self.var(var);
        !info.is_shared && self.module_at(info.span.start) != module
    }

    /// What a binding occurrence does; `None` if it binds nothing (labels).
    #[must_use]
    pub fn bind(&self, id: BindId) -> Option<BindRef> {
        self.binds.get(id.index()).copied().flatten()
    }

    /// A variable.
    #[must_use]
    pub fn var(&self, id: VarId) -> &VarInfo {
        &self.vars[id.0 as usize]
    }
}

/// Resolves every name of a program of one module, see [`resolve_modules`].
#[must_use]
pub fn resolve<'a>(
    program: &ast::Program<'a>,
    interner: &Interner,
    diagnostics: &mut Vec<Diagnostic>,
) -> Resolution<'a> {
    resolve_modules(&ModuleTree::single(*program), interner, false, diagnostics)
}

/// Resolves every name of all modules. Findings are appended to `diagnostics` in source order.
#[must_use]
pub fn resolve_modules<'a>(
    tree: &ModuleTree<'a>,
    interner: &Interner,
    is_interactive: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Resolution<'a> {
    let before = diagnostics.len();
    let mut resolver = scope::Resolver::new(tree, interner, diagnostics);
    resolver.is_interactive = is_interactive;
    resolver.collect(tree);
    resolver.modules(tree);
    let resolution = resolver.finish();
    if let Some(new) = diagnostics.get_mut(before..) {
        new.sort_by_key(|d| d.primary.span.start);
    }
    resolution
}
