//! Statements and blocks.

use super::{Base, Builder, ElsePart, MAX_TREE_DEPTH, deeper, deepest, take};
use crate::{
    ast::*,
    diagnostic::{Code, Diagnostic},
    intern::Symbol,
    span::Span,
};

impl<'a> Builder<'a, '_> {
    pub(crate) fn stmts_base(&self) -> Base {
        self.stmts.len() as Base
    }

    /// Adds a statement to the list that is being read.
    pub(crate) fn stmt(&mut self, l: u32, r: u32, kind: StmtKind<'a>) {
        let stmt = self.make_stmt(Span::new(l, r), kind);
        self.stmts.push(stmt);
    }

    fn make_stmt(&mut self, span: Span, kind: StmtKind<'a>) -> Stmt<'a> {
        let depth = depth_of_stmt(&kind);
        if depth >= MAX_TREE_DEPTH {
            self.report_depth(span);
            return Stmt { kind: StmtKind::Error, span, visibility: None, depth: 0 };
        }
        Stmt { kind, span, visibility: None, depth: depth + 1 }
    }

    /// Applies `expose` or `conceal` to the statement just read.
    pub(crate) fn visible(&mut self, l: u32, visibility: Visibility) {
        let Some(stmt) = self.stmts.last_mut() else { return };
        stmt.span.start = l;
        let declaration = matches!(
            stmt.kind,
            StmtKind::Var(_)
                | StmtKind::Anchor { .. }
                | StmtKind::Function(_)
                | StmtKind::Session(_)
                | StmtKind::Record(_)
                | StmtKind::Error
        );
        let first = stmt.visibility.is_none();
        let conflict = stmt.visibility.is_some_and(|other| other != visibility);
        stmt.visibility = Some(visibility);
        let span = stmt.span;
        let word = visibility_word(visibility);
        if !declaration && first {
            let message = format!("`{word}` needs a declaration after it");
            let diagnostic = Diagnostic::new(Code::UnexpectedToken, span, message)
                .with_primary("not a declaration");
            self.error(diagnostic);
        } else if declaration && conflict {
            self.report_modifiers(span);
        }
    }

    pub(super) fn report_modifiers(&mut self, span: Span) {
        let diagnostic = Diagnostic::new(
            Code::DuplicateModifier,
            span,
            "`expose` and `conceal` exclude each other",
        )
        .with_primary("conflicting modifiers")
        .with_help("keep one of them");
        self.error(diagnostic);
    }

    pub(crate) fn colon_label(&mut self, l: u32, r: u32, name: Symbol) {
        let end = l + self.interner.resolve(name).len() as u32;
        let name = self.binding(Span::new(l, end), name);
        self.stmt(l, r, StmtKind::Label { name, keyword: false });
    }

    pub(crate) fn block(
        &mut self,
        span: Span,
        base: Base,
        emphasis: Option<Emphasis>,
        braced: bool,
    ) -> &'a Block<'a> {
        let stmts = take!(self.stmts, base);
        let depth = deepest(stmts.iter().map(|stmt| stmt.depth));
        self.arena.alloc(Block { stmts, span, emphasis, braced, depth })
    }

    /// A stand-alone block.
    pub(crate) fn block_stmt(&mut self, l: u32, r: u32, block: &'a Block<'a>) {
        self.check_block(block);
        self.stmt(l, r, StmtKind::Block(*block));
    }

    /// A body without braces.
    pub(crate) fn bare_body(&mut self, span: Span, base: Base) -> &'a Block<'a> {
        let block = self.block(span, base, None, false);
        for stmt in block.stmts {
            let declaration = match stmt.kind {
                StmtKind::Var(decl) => !matches!(decl.target, DeclTarget::Place(_)),
                StmtKind::Anchor { .. }
                | StmtKind::Function(_)
                | StmtKind::Session(_)
                | StmtKind::Record(_) => true,
                _ => false,
            };
            if declaration {
                let diagnostic = Diagnostic::new(
                    Code::DeclarationAsBody,
                    stmt.span,
                    "a declaration cannot be the whole body of a control statement",
                )
                .with_primary("declared and lost at once")
                .with_help("put it into a block: `{ … }`");
                self.error(diagnostic);
            }
        }
        block
    }

    /// Reports what may only stand at the top level. Called once for every nested block.
    pub(super) fn check_block(&mut self, block: &Block<'a>) {
        for stmt in block.stmts {
            let (message, help) = match stmt.kind {
                StmtKind::Entrance { .. } => (
                    "`entrance` blocks are only allowed at the top level",
                    "move the block directly into `Focus { … }`",
                ),
                StmtKind::Finale { .. } => (
                    "`finale` blocks are only allowed at the top level",
                    "move the block directly into `Focus { … }`",
                ),
                StmtKind::Function(Function { kind: FunctionKind::Trigger, .. }) => (
                    "triggers can only be declared at the top level",
                    "declare a `suggestion` here, or move the trigger into `Focus { … }`",
                ),
                StmtKind::Import(_) => {
                    ("imports are only allowed at the top level", "move the import before `Focus`")
                }
                _ if stmt.visibility.is_some() => (
                    "`expose` and `conceal` are only allowed at the top level and in sessions",
                    "remove the modifier",
                ),
                _ => continue,
            };
            let span = Span::new(stmt.span.start, stmt.span.end);
            let diagnostic = Diagnostic::new(Code::TopLevelOnly, span, message)
                .with_primary("inside a block")
                .with_help(help);
            self.error(diagnostic);
        }
    }

    pub(crate) fn oscillate(&mut self, l: u32, r: u32, place: &'a Expr<'a>) {
        self.check_place(place);
        self.stmt(l, r, StmtKind::Oscillate { place });
    }

    pub(crate) fn adjust(
        &mut self,
        l: u32,
        r: u32,
        kind: AdjustKind,
        place: &'a Expr<'a>,
        by: Option<&'a Expr<'a>>,
    ) {
        self.check_place(place);
        self.stmt(l, r, StmtKind::Adjust { kind, place, by });
    }

    // ---- control ----

    pub(crate) fn if_statement(
        &mut self,
        span: Span,
        branch_span: Span,
        deep_focus: bool,
        cond: &'a Expr<'a>,
        body: &'a Block<'a>,
        rest: ElsePart<'a>,
    ) {
        self.check_block(body);
        let base = (rest.base as usize).min(self.branches.len());
        self.branches.push(IfBranch { cond, body: *body, deep_focus, span: branch_span });
        self.branches[base..].reverse();
        let branches = take!(self.branches, rest.base);
        let otherwise = rest.otherwise.copied();
        self.stmt(span.start, span.end, StmtKind::If { branches, otherwise });
    }

    pub(crate) fn no_else(&self) -> ElsePart<'a> {
        ElsePart { base: self.branches.len() as Base, otherwise: None }
    }

    pub(crate) fn final_else(&mut self, body: &'a Block<'a>) -> ElsePart<'a> {
        self.check_block(body);
        ElsePart { base: self.branches.len() as Base, otherwise: Some(body) }
    }

    pub(crate) fn else_if(
        &mut self,
        span: Span,
        deep_focus: bool,
        cond: &'a Expr<'a>,
        body: &'a Block<'a>,
        rest: ElsePart<'a>,
    ) -> ElsePart<'a> {
        self.check_block(body);
        self.branches.push(IfBranch { cond, body: *body, deep_focus, span });
        rest
    }

    pub(crate) fn loop_statement(
        &mut self,
        span: Span,
        keyword: LoopKeyword,
        header: LoopHeader<'a>,
        body: &'a Block<'a>,
    ) {
        self.check_block(body);
        let node = self.arena.alloc(Loop { keyword, header, body: *body, span });
        self.stmt(span.start, span.end, StmtKind::Loop(node));
    }

    /// `loop { … }`; the other keywords need a header.
    pub(crate) fn bare_loop(&mut self, span: Span, keyword: LoopKeyword, body: &'a Block<'a>) {
        if keyword != LoopKeyword::Loop {
            let diagnostic = Diagnostic::new(
                Code::UnexpectedToken,
                Span::new(span.start, body.span.start),
                "expected `(` after `pendulum`",
            )
            .with_primary("needs a header")
            .with_help("write `pendulum (induce i = 0; i < n; i = i + 1) { … }`");
            self.error(diagnostic);
        }
        self.loop_statement(span, keyword, LoopHeader::Infinite, body);
    }

    #[allow(clippy::too_many_arguments)]
    pub(crate) fn counted_loop(
        &mut self,
        span: Span,
        keyword: LoopKeyword,
        init: Option<&'a Stmt<'a>>,
        cond: Option<&'a Expr<'a>>,
        cond_at: u32,
        step: Option<&'a Expr<'a>>,
        body: &'a Block<'a>,
    ) {
        if keyword == LoopKeyword::Pendulum && cond.is_none() {
            let diagnostic = Diagnostic::new(
                Code::PendulumCondition,
                Span::new(cond_at, cond_at + 1),
                "pendulum loop requires a condition expression",
            )
            .with_primary("expected a condition before this `;`")
            .with_help("write `loop` for a loop without a condition");
            self.error(diagnostic);
        }
        self.loop_statement(span, keyword, LoopHeader::Counted { init, cond, step }, body);
    }

    pub(crate) fn init_expr(&mut self, expr: &'a Expr<'a>) -> &'a Stmt<'a> {
        let stmt = self.make_stmt(expr.span, StmtKind::Expr(expr));
        self.arena.alloc(stmt)
    }

    pub(crate) fn init_var(
        &mut self,
        span: Span,
        keyword: DeclKeyword,
        name: Binding,
        ty: Option<&'a Type<'a>>,
        value: Option<&'a Expr<'a>>,
    ) -> &'a Stmt<'a> {
        let decl = self.arena.alloc(VarDecl {
            keyword: Some(keyword),
            shared: false,
            target: DeclTarget::Name(name),
            ty,
            init: value.map_or(Init::None, Init::Expr),
            span,
        });
        let stmt = self.make_stmt(span, StmtKind::Var(decl));
        self.arena.alloc(stmt)
    }

    pub(crate) fn try_statement(
        &mut self,
        span: Span,
        try_span: Span,
        hypnotic: bool,
        body: &'a Block<'a>,
        catch: Option<Catch<'a>>,
        finally: Option<&'a Block<'a>>,
    ) {
        self.check_block(body);
        if let Some(catch) = &catch {
            self.check_block(&catch.body);
        }
        if let Some(block) = finally {
            self.check_block(block);
        }
        if catch.is_none() && finally.is_none() {
            let (word, catch, finally) = if hypnotic {
                ("plunge", "surface", "settle")
            } else {
                ("try", "catch", "finally")
            };
            let diagnostic = Diagnostic::new(
                Code::TryWithoutClause,
                Span::new(try_span.end.saturating_sub(1), try_span.end),
                format!("`{word}` needs `{catch}` or `{finally}`"),
            )
            .with_primary(format!("expected `{catch}` or `{finally}` after this"))
            .with_help(format!("add `{catch} (e) {{ … }}`"));
            self.error(diagnostic);
        }
        let node =
            self.arena.alloc(Try { body: *body, catch, finally: finally.copied(), hypnotic });
        self.stmt(span.start, span.end, StmtKind::Try(node));
    }
}

pub(super) fn visibility_word(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Expose => "expose",
        Visibility::Conceal => "conceal",
    }
}

fn optional(expr: Option<&Expr<'_>>) -> u16 {
    expr.map_or(0, |expr| expr.depth)
}

/// Depth of the deepest part of a statement.
fn depth_of_stmt(kind: &StmtKind<'_>) -> u16 {
    match kind {
        StmtKind::Empty
        | StmtKind::Error
        | StmtKind::Label { .. }
        | StmtKind::Import(_)
        | StmtKind::Snap { .. }
        | StmtKind::Sink { .. }
        | StmtKind::SinkTo { .. }
        | StmtKind::Suspend
        | StmtKind::Descend => 0,
        StmtKind::Block(body) | StmtKind::Finale { body } => body.depth,
        StmtKind::Entrance { params, body } => {
            deeper(body.depth, deepest(params.iter().map(|param| optional(param.default))))
        }
        StmtKind::Var(decl) => {
            let target = match decl.target {
                DeclTarget::Place(place) => place.depth,
                _ => 0,
            };
            match decl.init {
                Init::Expr(value) => deeper(target, value.depth),
                _ => target,
            }
        }
        StmtKind::Anchor { value, .. }
        | StmtKind::Output { value, .. }
        | StmtKind::Throw { value, .. } => value.depth,
        StmtKind::Expr(expr) => expr.depth,
        StmtKind::Oscillate { place } => place.depth,
        StmtKind::Function(function) => function.depth,
        StmtKind::Session(session) => deepest(session.members.iter().map(|member| member.depth)),
        StmtKind::Record(record) => record.depth,
        StmtKind::If { branches, otherwise } => {
            let otherwise = otherwise.map_or(0, |block| block.depth);
            deepest(branches.iter().map(|b| deeper(b.cond.depth, b.body.depth))).max(otherwise)
        }
        StmtKind::Loop(node) => deeper(node.body.depth, depth_of_header(&node.header)),
        StmtKind::Return { value } => optional(*value),
        StmtKind::Adjust { place, by, .. } => deeper(place.depth, optional(*by)),
        StmtKind::Assert { cond, message } => deeper(cond.depth, optional(*message)),
        StmtKind::Try(node) => {
            let catch = node.catch.map_or(0, |catch| catch.body.depth);
            let finally = node.finally.map_or(0, |block| block.depth);
            node.body.depth.max(catch).max(finally)
        }
    }
}

fn depth_of_header(header: &LoopHeader<'_>) -> u16 {
    match header {
        LoopHeader::Infinite => 0,
        LoopHeader::While(cond) | LoopHeader::DoWhile(cond) => cond.depth,
        LoopHeader::Counted { init, cond, step } => {
            init.map_or(0, |stmt| stmt.depth).max(optional(*cond)).max(optional(*step))
        }
        LoopHeader::Within { iterable, .. } => iterable.depth,
    }
}
