//! The syntax tree. Nodes live in a `bumpalo::Bump`; every node has a span, every expression an
//! [`ExprId`] and every binding occurrence a [`BindId`], both dense, for side tables in `Vec`s.
//!
//! The tree keeps what was written except for pure spelling: operator synonyms, the no-op prefix
//! `call`, `lucid T` (kept as `T?`) and keyword aliases that mean the same are normalised.

use smallvec::SmallVec;

use crate::{
    intern::Symbol,
    operator::{AssignOp, BinaryOp, RangeOp, UnaryOp},
    span::{BindId, ExprId, FuncId, Span},
};

/// A use of a name, or a name that binds nothing (member, field, label reference).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ident {
    pub name: Symbol,
    pub span: Span,
}

/// A binding occurrence of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    pub name: Symbol,
    pub id: BindId,
    pub span: Span,
}

/// A whole file.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a> {
    /// Imports and exported declarations before `Focus`.
    pub prelude: &'a [Stmt<'a>],
    /// The items of the `Focus` body.
    pub body: &'a [Stmt<'a>],
    /// The keyword `Focus`; empty at the start of the file when it is missing.
    pub focus: Span,
    pub span: Span,
    /// First free [`ExprId`]; those of one file are dense.
    pub expr_count: u32,
    /// First free [`BindId`].
    pub bind_count: u32,
    /// First free [`FuncId`].
    pub func_count: u32,
}

/// A statement or declaration.
#[derive(Clone, Copy, Debug)]
pub struct Stmt<'a> {
    pub kind: StmtKind<'a>,
    pub span: Span,
    /// `expose` or `conceal` before a top-level declaration.
    pub visibility: Option<Visibility>,
    pub(crate) depth: u16,
}

/// What a statement is.
#[derive(Clone, Copy, Debug)]
pub enum StmtKind<'a> {
    /// `;`
    Empty,
    /// Text that did not parse; a diagnostic exists.
    Error,
    /// A stand-alone block.
    Block(Block<'a>),
    /// `name:` or `label name;`; marks the statement that follows it in the same block.
    Label {
        name: Binding,
        keyword: bool,
    },
    Var(&'a VarDecl<'a>),
    /// `anchor name = value;`
    Anchor {
        name: Binding,
        value: &'a Expr<'a>,
    },
    /// Any named function, including triggers (`FunctionKind::Trigger`).
    Function(&'a Function<'a>),
    Session(&'a SessionDecl<'a>),
    Record(&'a RecordDecl<'a>),
    Import(&'a Import<'a>),
    /// `entrance { … }`, top level only; opens no scope. At most one parameter is meaningful.
    Entrance {
        params: &'a [Param<'a>],
        body: Block<'a>,
    },
    /// `finale { … }`, top level only; opens no scope.
    Finale {
        body: Block<'a>,
    },
    /// `if … else if … else …`; `branches` has at least one element.
    If {
        branches: &'a [IfBranch<'a>],
        otherwise: Option<Block<'a>>,
    },
    Loop(&'a Loop<'a>),
    /// `observe value;` and its relatives.
    Output {
        kind: OutputKind,
        value: &'a Expr<'a>,
    },
    /// `awaken [value];`
    Return {
        value: Option<&'a Expr<'a>>,
    },
    Snap {
        label: Option<Ident>,
    },
    Sink {
        label: Option<Ident>,
    },
    SinkTo {
        label: Ident,
    },
    /// `oscillate place;`
    Oscillate {
        place: &'a Expr<'a>,
    },
    Suspend,
    /// `deepen place [by amount];` or `lighten …`; the amount is 1 when absent.
    Adjust {
        kind: AdjustKind,
        place: &'a Expr<'a>,
        by: Option<&'a Expr<'a>>,
    },
    /// `descend;` as the last statement of an arm: continue with the next arm's body.
    Descend,
    Assert {
        cond: &'a Expr<'a>,
        message: Option<&'a Expr<'a>>,
    },
    /// `throw value;` or `jolt value;`
    Throw {
        value: &'a Expr<'a>,
        hypnotic: bool,
    },
    Try(&'a Try<'a>),
    /// An expression statement. An `entrain` that is directly the expression is in *statement
    /// position* (decision O3), see [`Stmt::statement_entrain`].
    Expr(&'a Expr<'a>),
}

impl<'a> Stmt<'a> {
    /// The `entrain` in statement position that this statement is, if it is one. Every other
    /// `entrain` (parenthesised ones included) is in value position.
    #[must_use]
    pub fn statement_entrain(&self) -> Option<&'a Entrain<'a>> {
        match self.kind {
            StmtKind::Expr(Expr { kind: ExprKind::Entrain(entrain), .. }) => Some(entrain),
            _ => None,
        }
    }
}

/// `expose` or `conceal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    Expose,
    Conceal,
}

/// The output statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    Observe,
    Whisper,
    Command,
    Murmur,
}

/// `deepen` adds, `lighten` subtracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdjustKind {
    Deepen,
    Lighten,
}

/// `deepFocus` or `deeperStill` before a block; without effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emphasis {
    DeepFocus,
    DeeperStill,
}

/// Statements in braces, or one statement without braces as the body of a control statement.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    pub stmts: &'a [Stmt<'a>],
    pub span: Span,
    pub emphasis: Option<Emphasis>,
    /// False for a brace-less body; then `stmts` holds one statement and the labels before it.
    pub braced: bool,
    pub(crate) depth: u16,
}

/// The keyword of a variable declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclKeyword {
    Induce,
    Implant,
    Embed,
    Freeze,
    Var,
}

/// `induce target: type = value;` and its relatives, including `sharedTrance`.
#[derive(Clone, Copy, Debug)]
pub struct VarDecl<'a> {
    /// Absent only in the bare form `sharedTrance x …`.
    pub keyword: Option<DeclKeyword>,
    /// Declared with `sharedTrance`.
    pub shared: bool,
    pub target: DeclTarget<'a>,
    pub ty: Option<&'a Type<'a>>,
    pub init: Init<'a>,
    pub span: Span,
}

/// What a declaration declares.
#[derive(Clone, Copy, Debug)]
pub enum DeclTarget<'a> {
    Name(Binding),
    /// `induce p.x = v`: an assignment to a place (`Member` or `Index` expression).
    Place(&'a Expr<'a>),
    /// `[a, b, ...rest]` or `{ name, age: years }`: an `Array` or `Object` pattern.
    Pattern(&'a Pattern<'a>),
}

/// Where the first value comes from.
#[derive(Clone, Copy, Debug)]
pub enum Init<'a> {
    None,
    Expr(&'a Expr<'a>),
    /// `from external`
    External(Span),
}

/// Which keyword made a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// `suggestion f(…)` or `function f(…)` as a statement.
    Suggestion,
    /// `imperative suggestion` / `imperativeSuggestion`: a procedure.
    Imperative,
    /// `dominant suggestion` / `dominantSuggestion` outside sessions: a plain function.
    Dominant,
    /// `trigger name = suggestion(…) { … };`
    Trigger,
    /// A method of a session or record.
    Method,
    /// `constructor` of a session or record.
    Constructor,
    /// `suggestion(…) { … }` in an expression.
    Lambda,
    /// `(x) => …`
    Arrow,
}

/// Any function: statement, method, lambda or trigger.
#[derive(Clone, Copy, Debug)]
pub struct Function<'a> {
    pub kind: FunctionKind,
    pub id: FuncId,
    /// Absent for lambdas. For a constructor the word `constructor`.
    pub name: Option<Binding>,
    /// Declared with `mesmerize`.
    pub is_async: bool,
    /// A method declared with `imperative`; its result is null.
    pub imperative: bool,
    pub params: &'a [Param<'a>],
    pub result: Option<&'a Type<'a>>,
    pub body: FunctionBody<'a>,
    pub span: Span,
    pub(crate) depth: u16,
}

/// The body of a function.
#[derive(Clone, Copy, Debug)]
pub enum FunctionBody<'a> {
    Block(Block<'a>),
    /// `x => expr`; the value is the result.
    Expr(&'a Expr<'a>),
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param<'a> {
    pub name: Binding,
    pub ty: Option<&'a Type<'a>>,
    pub default: Option<&'a Expr<'a>>,
    pub span: Span,
}

/// `session S { … }`
#[derive(Clone, Copy, Debug)]
pub struct SessionDecl<'a> {
    pub name: Binding,
    pub members: &'a [Member<'a>],
    pub span: Span,
}

/// A member of a session.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    pub kind: MemberKind<'a>,
    pub visibility: Option<Visibility>,
    /// Declared with `dominant` (in any spelling).
    pub is_static: bool,
    pub span: Span,
    pub(crate) depth: u16,
}

/// What a member is.
#[derive(Clone, Copy, Debug)]
pub enum MemberKind<'a> {
    Field(&'a FieldDecl<'a>),
    /// `FunctionKind::Method` or `FunctionKind::Constructor`.
    Method(&'a Function<'a>),
    /// Text that did not parse; a diagnostic exists.
    Error,
}

/// A field of a session.
#[derive(Clone, Copy, Debug)]
pub struct FieldDecl<'a> {
    pub keyword: Option<DeclKeyword>,
    pub name: Binding,
    pub ty: Option<&'a Type<'a>>,
    pub init: Option<&'a Expr<'a>>,
}

/// `tranceify R { … }` or `record R { … }`
#[derive(Clone, Copy, Debug)]
pub struct RecordDecl<'a> {
    pub name: Binding,
    pub fields: &'a [RecordField<'a>],
    pub methods: &'a [&'a Function<'a>],
    pub span: Span,
    pub(crate) depth: u16,
}

/// A field of a record declaration or of a structural type.
#[derive(Clone, Copy, Debug)]
pub struct RecordField<'a> {
    pub name: Ident,
    /// `name?: T`
    pub optional: bool,
    pub ty: &'a Type<'a>,
    pub default: Option<&'a Expr<'a>>,
    pub span: Span,
}

/// `mindLink M [as A];`
#[derive(Clone, Copy, Debug)]
pub struct Import<'a> {
    pub source: ImportSource<'a>,
    pub source_span: Span,
    pub alias: Option<Binding>,
}

/// What is imported.
#[derive(Clone, Copy, Debug)]
pub enum ImportSource<'a> {
    Path(&'a str),
    Name(Symbol),
}

/// One `if` or `else if`.
#[derive(Clone, Copy, Debug)]
pub struct IfBranch<'a> {
    pub cond: &'a Expr<'a>,
    pub body: Block<'a>,
    /// Written `deepFocus (c) { … }` instead of `if (c) { … }`.
    pub deep_focus: bool,
    pub span: Span,
}

/// The keyword of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopKeyword {
    While,
    Loop,
    Pendulum,
    For,
    /// `descend { … } while (c);`
    Descend,
}

/// Every loop.
#[derive(Clone, Copy, Debug)]
pub struct Loop<'a> {
    pub keyword: LoopKeyword,
    pub header: LoopHeader<'a>,
    pub body: Block<'a>,
    pub span: Span,
}

/// What drives a loop.
#[derive(Clone, Copy, Debug)]
pub enum LoopHeader<'a> {
    /// `loop { … }`
    Infinite,
    /// `while (cond)`: tested before each round.
    While(&'a Expr<'a>),
    /// `descend { … } while (cond);`: tested after each round.
    DoWhile(&'a Expr<'a>),
    /// `(init; cond; step)`. `init` is a `Var` (with a `Name` target) or `Expr` statement.
    /// A step `induce i = …` is the plain assignment `i = …`.
    Counted { init: Option<&'a Stmt<'a>>, cond: Option<&'a Expr<'a>>, step: Option<&'a Expr<'a>> },
    /// `(induce x within xs)` or `(induce i, x within xs)`.
    Within { keyword: DeclKeyword, first: Binding, second: Option<Binding>, iterable: &'a Expr<'a> },
}

/// `try`/`plunge` with at least one clause.
#[derive(Clone, Copy, Debug)]
pub struct Try<'a> {
    pub body: Block<'a>,
    pub catch: Option<Catch<'a>>,
    pub finally: Option<Block<'a>>,
    /// Written `plunge … surface … settle`.
    pub hypnotic: bool,
}

/// `catch (name) { … }`
#[derive(Clone, Copy, Debug)]
pub struct Catch<'a> {
    pub name: Option<Binding>,
    pub body: Block<'a>,
    pub span: Span,
}

/// An expression.
#[derive(Clone, Copy, Debug)]
pub struct Expr<'a> {
    pub kind: ExprKind<'a>,
    pub span: Span,
    pub id: ExprId,
    pub(crate) depth: u16,
}

/// Binary operators that are applied one after the other, as in `a + b - c`. Chains are as long as one
/// writes them, so whoever walks over a tree goes along them in a loop.
#[derive(Clone, Debug)]
pub struct Chain<'a> {
    /// The leftmost operand, which is not a binary operation itself.
    pub first: &'a Expr<'a>,
    /// The operations, in the order of their evaluation.
    pub links: SmallVec<[Link<'a>; 1]>,
}

/// One operation of a [`Chain`]: its left operand is what the chain gives up to it.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    pub op: BinaryOp,
    pub right: &'a Expr<'a>,
    /// The operation as an expression.
    pub whole: &'a Expr<'a>,
}

impl<'a> Expr<'a> {
    /// The chain of binary operators that ends with this expression.
    #[must_use]
    pub fn chain(&'a self) -> Chain<'a> {
        let (mut first, mut links) = (self, SmallVec::new());
        while let ExprKind::Binary { op, left, right } = first.kind {
            links.push(Link { op, right, whole: first });
            first = left;
        }
        links.reverse();
        Chain { first, links }
    }
}

/// What an expression is.
#[derive(Clone, Copy, Debug)]
pub enum ExprKind<'a> {
    /// Text that did not parse; a diagnostic exists.
    Error,
    Number(f64),
    /// The decoded text.
    String(&'a str),
    Bool(bool),
    Null,
    This,
    Name(Symbol),
    Template(&'a Template<'a>),
    Array(&'a [&'a Expr<'a>]),
    Object(&'a [FieldInit<'a>]),
    /// `Type { … }` or `Namespace.Type { … }`
    Record(&'a RecordLit<'a>),
    /// A lambda.
    Function(&'a Function<'a>),
    Entrain(&'a Entrain<'a>),
    /// Parentheses; they end an optional chain.
    Paren(&'a Expr<'a>),
    Unary {
        op: UnaryOp,
        operand: &'a Expr<'a>,
    },
    /// Includes `&&`, `||` and `??`, which evaluate the right side only when needed.
    Binary {
        op: BinaryOp,
        left: &'a Expr<'a>,
        right: &'a Expr<'a>,
    },
    /// `from upTo to [by step]`
    Range {
        op: RangeOp,
        from: &'a Expr<'a>,
        to: &'a Expr<'a>,
        step: Option<&'a Expr<'a>>,
    },
    /// `target = value` or a compound form. The target is a place, see [`Expr::is_place`].
    Assign {
        op: AssignOp,
        target: &'a Expr<'a>,
        value: &'a Expr<'a>,
    },
    /// `cond ? then : otherwise`, or `drawn cond toward then else otherwise` when `hypnotic`.
    Conditional {
        cond: &'a Expr<'a>,
        then: &'a Expr<'a>,
        otherwise: &'a Expr<'a>,
        hypnotic: bool,
    },
    /// `callee(args)`; `callee?.(args)` when `optional`.
    Call {
        callee: &'a Expr<'a>,
        args: &'a [&'a Expr<'a>],
        optional: bool,
    },
    /// `object.name`; `object?.name` when `optional`.
    Member {
        object: &'a Expr<'a>,
        name: Ident,
        optional: bool,
    },
    /// `object[index]`; `object?.[index]` when `optional`.
    Index {
        object: &'a Expr<'a>,
        index: &'a Expr<'a>,
        optional: bool,
    },
    /// `base with { … }`
    With {
        base: &'a Expr<'a>,
        fields: &'a [FieldInit<'a>],
    },
}

impl Expr<'_> {
    /// Whether the expression can be assigned to: a name or `this`, followed by plain members
    /// and indices.
    #[must_use]
    pub fn is_place(&self) -> bool {
        let mut expr = self;
        loop {
            match expr.kind {
                ExprKind::Name(_) => return true,
                ExprKind::This => return !std::ptr::eq(expr, self),
                // A call or parentheses may yield the object whose member is written.
                ExprKind::Call { .. } | ExprKind::Paren(_) => return !std::ptr::eq(expr, self),
                ExprKind::Member { object, optional: false, .. }
                | ExprKind::Index { object, optional: false, .. } => expr = object,
                _ => return false,
            }
        }
    }
}

/// A backtick template.
#[derive(Clone, Copy, Debug)]
pub struct Template<'a> {
    pub parts: &'a [TemplatePart<'a>],
    /// raw`…`: exactly one `Text` part at most.
    pub raw: bool,
}

/// A piece of a template.
#[derive(Clone, Copy, Debug)]
pub enum TemplatePart<'a> {
    /// The decoded text.
    Text(&'a str),
    Hole(&'a Expr<'a>),
}

/// `[Namespace.]Type { fields }`
#[derive(Clone, Copy, Debug)]
pub struct RecordLit<'a> {
    pub namespace: Option<Ident>,
    pub name: Ident,
    pub fields: &'a [FieldInit<'a>],
}

/// An entry of a record or object literal, or of `with { … }`.
#[derive(Clone, Copy, Debug)]
pub enum FieldInit<'a> {
    /// `key: value`. For the shorthand `name` the value is the `Name` expression.
    Field { key: FieldKey<'a>, value: &'a Expr<'a>, shorthand: bool, span: Span },
    /// `...value`
    Spread { value: &'a Expr<'a>, span: Span },
}

/// The key of an entry.
#[derive(Clone, Copy, Debug)]
pub enum FieldKey<'a> {
    Name(Ident),
    /// `"text": value`
    String(&'a str, Span),
    /// `[expr]: value`
    Computed(&'a Expr<'a>),
}

/// `entrain subject { … }`
#[derive(Clone, Copy, Debug)]
pub struct Entrain<'a> {
    pub subject: &'a Expr<'a>,
    pub arms: &'a [Arm<'a>],
    pub otherwise: Option<Otherwise<'a>>,
    pub span: Span,
}

/// `when pattern [if guard] => body`
#[derive(Clone, Copy, Debug)]
pub struct Arm<'a> {
    pub pattern: &'a Pattern<'a>,
    pub guard: Option<&'a Expr<'a>>,
    pub body: ArmBody<'a>,
    pub span: Span,
}

/// `otherwise => body`
#[derive(Clone, Copy, Debug)]
pub struct Otherwise<'a> {
    pub body: ArmBody<'a>,
    pub span: Span,
}

/// The body of an arm.
#[derive(Clone, Copy, Debug)]
pub enum ArmBody<'a> {
    Block(Block<'a>),
    Expr(&'a Expr<'a>),
    /// `=> awaken [value]` without braces.
    Awaken {
        value: Option<&'a Expr<'a>>,
        span: Span,
    },
}

/// A pattern.
#[derive(Clone, Copy, Debug)]
pub struct Pattern<'a> {
    pub kind: PatternKind<'a>,
    pub span: Span,
}

/// What a pattern is.
#[derive(Clone, Copy, Debug)]
pub enum PatternKind<'a> {
    /// Text that did not parse; a diagnostic exists.
    Error,
    /// `_`
    Wildcard,
    /// A number; negative ones carry their sign.
    Number(f64),
    String(&'a str),
    Bool(bool),
    Null,
    /// `name`
    Bind(Binding),
    /// `name: Type`; the name is absent for `_: Type`.
    Typed {
        name: Option<Binding>,
        ty: &'a Type<'a>,
    },
    /// `name as pattern`
    As {
        name: Binding,
        pattern: &'a Pattern<'a>,
    },
    /// `Type { f, g: pattern }`
    Record {
        namespace: Option<Ident>,
        name: Ident,
        fields: &'a [FieldPattern<'a>],
    },
    /// `{ f, g: pattern }`; only in declarations.
    Object {
        fields: &'a [FieldPattern<'a>],
    },
    /// `[a, b, ...rest]`
    Array {
        items: &'a [&'a Pattern<'a>],
        rest: Option<RestPattern>,
    },
    /// `p | q`; at least two.
    Or(&'a [&'a Pattern<'a>]),
    /// `from upTo to`; bounds are numbers.
    Range {
        op: RangeOp,
        from: f64,
        to: f64,
    },
}

/// `...name` or `...` at the end of an array pattern.
#[derive(Clone, Copy, Debug)]
pub struct RestPattern {
    pub name: Option<Binding>,
    pub span: Span,
}

/// `name` or `name: pattern`. The shorthand carries a `Bind` pattern of the same name.
#[derive(Clone, Copy, Debug)]
pub struct FieldPattern<'a> {
    pub name: Ident,
    pub pattern: &'a Pattern<'a>,
    pub shorthand: bool,
    pub span: Span,
}

/// A type annotation.
#[derive(Clone, Copy, Debug)]
pub struct Type<'a> {
    pub kind: TypeKind<'a>,
    pub span: Span,
    pub(crate) depth: u16,
}

/// What a type annotation is.
#[derive(Clone, Copy, Debug)]
pub enum TypeKind<'a> {
    /// Text that did not parse; a diagnostic exists.
    Error,
    /// `null`
    Null,
    /// Any name, including `number`, `array`, `record`, bare `suggestion`, generic and
    /// namespaced ones. The spelling is raw.
    Named { namespace: Option<Ident>, name: Ident, args: &'a [&'a Type<'a>] },
    /// `T[]`
    Array(&'a Type<'a>),
    /// `T?` or `lucid T`
    Nullable(&'a Type<'a>),
    /// `A | B`; at least two.
    Union(&'a [&'a Type<'a>]),
    /// `(A, B) -> R`
    Function { params: &'a [&'a Type<'a>], result: &'a Type<'a> },
    /// `{ x: number; y?: string; }`
    Structural(&'a [RecordField<'a>]),
}
