//! The actions of the grammar: they put nodes into the arena.

mod declaration;
mod expression;
mod pattern;
mod statement;

use crate::{
    ast::*,
    diagnostic::{Code, Diagnostic},
    intern::{Interner, Symbol},
    lexer::{MAX_REPORTS, number, text},
    operator::{BinaryOp, RangeOp},
    span::{BindId, ExprId, FuncId, Span},
};
use bumpalo::Bump;

/// Height of a list's stack before its first element.
pub(crate) type Base = u32;

/// Deepest syntax tree, counted in statements and expressions from root to leaf. A chain of binary
/// operators counts once, see [`Chain`].
pub const MAX_TREE_DEPTH: u16 = 1000;

/// Deepest type.
const MAX_TYPE_DEPTH: u16 = 100;

/// An infix operator of an expression chain.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ChainOp {
    Binary(BinaryOp),
    Range(RangeOp),
    Step,
}

/// The branches after `else`, innermost first on the branch stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ElsePart<'a> {
    base: Base,
    otherwise: Option<&'a Block<'a>>,
}

/// Modifiers of a session member.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Modifiers {
    visibility: Option<Visibility>,
    is_static: bool,
}

/// State of the actions of one parse.
pub(crate) struct Builder<'a, 's> {
    arena: &'a Bump,
    source: &'s str,
    interner: &'s Interner,
    pub(crate) diagnostics: Vec<Diagnostic>,
    too_deep: bool,
    expr_count: u32,
    bind_count: u32,
    func_count: u32,
    // Stacks of lists that are being read.
    exprs: Vec<&'a Expr<'a>>,
    chain: Vec<(&'a Expr<'a>, ChainOp)>,
    stmts: Vec<Stmt<'a>>,
    branches: Vec<IfBranch<'a>>,
    params: Vec<Param<'a>>,
    members: Vec<Member<'a>>,
    record_fields: Vec<RecordField<'a>>,
    methods: Vec<&'a Function<'a>>,
    fields: Vec<FieldInit<'a>>,
    parts: Vec<TemplatePart<'a>>,
    arms: Vec<Arm<'a>>,
    patterns: Vec<&'a Pattern<'a>>,
    field_patterns: Vec<FieldPattern<'a>>,
    types: Vec<&'a Type<'a>>,
}

/// Moves the elements of a list from its stack into the arena.
macro_rules! take {
    ($self:ident.$stack:ident, $base:expr) => {{
        let base = ($base as usize).min($self.$stack.len());
        let list: &'a [_] = $self.arena.alloc_slice_copy(&$self.$stack[base..]);
        $self.$stack.truncate(base);
        list
    }};
}
use take;

impl<'a, 's> Builder<'a, 's> {
    pub(crate) fn new(
        arena: &'a Bump,
        source: &'s str,
        interner: &'s Interner,
        start: super::Start,
    ) -> Self {
        Self {
            arena,
            source,
            interner,
            diagnostics: Vec::new(),
            too_deep: false,
            expr_count: start.exprs,
            bind_count: start.binds,
            func_count: start.funcs,
            exprs: Vec::new(),
            chain: Vec::new(),
            stmts: Vec::new(),
            branches: Vec::new(),
            params: Vec::new(),
            members: Vec::new(),
            record_fields: Vec::new(),
            methods: Vec::new(),
            fields: Vec::new(),
            parts: Vec::new(),
            arms: Vec::new(),
            patterns: Vec::new(),
            field_patterns: Vec::new(),
            types: Vec::new(),
        }
    }

    fn error(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_REPORTS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Reports too deep a tree, once per parse.
    fn report_depth(&mut self, span: Span) {
        if !self.too_deep {
            self.too_deep = true;
            let diagnostic = Diagnostic::new(
                Code::NestingTooDeep,
                Span::new(span.start, span.end.min(span.start + 1)),
                format!("expression is nested deeper than {MAX_TREE_DEPTH} levels"),
            )
            .with_primary("starts here")
            .with_help("compute a part of it first and keep that in a variable");
            self.error(diagnostic);
        }
    }

    pub(crate) fn binding(&mut self, span: Span, name: Symbol) -> Binding {
        let id = BindId(self.bind_count);
        self.bind_count += 1;
        Binding { name, id, span }
    }

    fn func_id(&mut self) -> FuncId {
        let id = FuncId(self.func_count);
        self.func_count += 1;
        id
    }

    fn expr_id(&mut self) -> ExprId {
        let id = ExprId(self.expr_count);
        self.expr_count += 1;
        id
    }

    fn slice(&self, l: u32, r: u32) -> &'s str {
        self.source.get(l as usize..r as usize).unwrap_or("")
    }

    /// Value of the number literal at `l..r`.
    pub(crate) fn number(&self, l: u32, r: u32) -> f64 {
        number::value(self.slice(l, r))
    }

    /// Text of the string literal at `l..r`.
    pub(crate) fn string(&self, l: u32, r: u32) -> &'a str {
        let quoted = self.slice(l, r);
        let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or("");
        text::unescape(self.arena, inner)
    }

    pub(crate) fn program(
        &mut self,
        span: Span,
        prelude: Base,
        focus: Span,
        body: Base,
    ) -> Program<'a> {
        let body = take!(self.stmts, body);
        let prelude = take!(self.stmts, prelude);
        self.check_prelude(prelude);
        Program {
            prelude,
            body,
            focus,
            span,
            expr_count: self.expr_count,
            bind_count: self.bind_count,
            func_count: self.func_count,
        }
    }

    /// Only declarations and imports may stand before `Focus`.
    fn check_prelude(&mut self, prelude: &[Stmt<'a>]) {
        let misplaced = prelude.iter().find(|stmt| {
            !matches!(
                stmt.kind,
                StmtKind::Var(_)
                    | StmtKind::Anchor { .. }
                    | StmtKind::Function(_)
                    | StmtKind::Session(_)
                    | StmtKind::Record(_)
                    | StmtKind::Import(_)
                    | StmtKind::Empty
                    | StmtKind::Error
            )
        });
        if let Some(stmt) = misplaced {
            let diagnostic =
                Diagnostic::new(Code::MissingFocus, stmt.span, "program must start with `Focus`")
                    .with_primary("only imports and declarations may stand before `Focus`")
                    .with_help("move this into the `Focus { … }` block");
            self.error(diagnostic);
        }
    }
}

/// The deeper of two.
fn deeper(a: u16, b: u16) -> u16 {
    a.max(b)
}

/// Depth of the deepest element.
fn deepest(depths: impl Iterator<Item = u16>) -> u16 {
    depths.max().unwrap_or(0)
}
