//! Statements and declarations.

use super::declare::Binds;
use super::scope::Resolver;
use super::{BindAction, VarKind};
use hyp_grammar::ast::{
    Block, Catch, DeclKeyword, DeclTarget, FunctionKind, Init, Loop, LoopHeader, Param, Program,
    Stmt, StmtKind, Try,
};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::span::Span;

impl<'a> Resolver<'a, '_> {
    /// Declares the names of a module in the scope that is open.
    pub(super) fn module_names(&mut self, program: &Program<'a>) {
        self.hoist(program.prelude);
        self.hoist(program.body);
        self.foresee(program.prelude);
        self.foresee(program.body);
    }

    /// Walks a module whose names are declared.
    pub(super) fn module_body(&mut self, program: &Program<'a>) {
        let before = self.open_labels(program.prelude);
        self.open_labels(program.body);
        self.run(program.prelude);
        self.run(program.body);
        self.close_labels(before);
    }

    // Blocks.

    /// A block with its own scope. Returns whether control never reaches its end.
    pub(super) fn block(&mut self, block: &Block<'a>) -> bool {
        self.open_scope();
        let ends = self.stmts(block.stmts);
        self.close_scope();
        ends
    }

    /// The statements of a block in the scope that is open.
    pub(super) fn stmts(&mut self, stmts: &'a [Stmt<'a>]) -> bool {
        let before = self.open_labels(stmts);
        self.hoist(stmts);
        self.foresee(stmts);
        let ends = self.run(stmts);
        self.close_labels(before);
        ends
    }

    fn run(&mut self, stmts: &'a [Stmt<'a>]) -> bool {
        let mut ends = false;
        let mut reported = false;
        let mut labels: Vec<Span> = Vec::new();
        for stmt in stmts {
            if let StmtKind::Label { name, .. } = stmt.kind {
                labels.push(name.span);
                ends = false;
                continue;
            }
            if ends && !reported && is_executed(stmt) {
                reported = true;
                self.report(
                    Diagnostic::new(Code::UnreachableCode, stmt.span, "unreachable code")
                        .with_primary("control never reaches this statement"),
                );
            }
            if let StmtKind::Loop(looped) = stmt.kind {
                self.mark_loop(&labels, true);
                self.looped(looped);
                self.mark_loop(&labels, false);
            } else {
                ends |= self.stmt(stmt);
            }
            labels.clear();
        }
        ends
    }

    // Statements.

    /// Walks a statement. Returns whether control never reaches the statement after it.
    fn stmt(&mut self, stmt: &'a Stmt<'a>) -> bool {
        match stmt.kind {
            StmtKind::Empty | StmtKind::Error | StmtKind::Label { .. } | StmtKind::Import(_) => {}
            StmtKind::Record(record) => self.record(record),
            StmtKind::Suspend => {}
            StmtKind::Block(block) => return self.block(&block),
            StmtKind::Var(decl) => self.var_decl(decl, stmt.visibility),
            StmtKind::Anchor { name, value } => {
                self.expr(value);
                let binds = Binds {
                    warn_unused: true,
                    is_anchor: true,
                    has_value: true,
                    ..Binds::default()
                };
                self.bind(name, binds);
            }
            StmtKind::Function(function) => {
                self.function(function);
                if let Some(name) = function.name {
                    self.note_unread(function, name);
                }
            }
            StmtKind::Session(session) => self.session(session),
            StmtKind::Entrance { params, body } => self.entrance(params, &body),
            StmtKind::Finale { body } => self.finale(&body),
            StmtKind::If { branches, otherwise } => {
                let mut ends = otherwise.is_some();
                for branch in branches {
                    self.expr(branch.cond);
                    ends &= self.block(&branch.body);
                }
                return otherwise.is_some_and(|block| self.block(&block)) && ends;
            }
            StmtKind::Loop(looped) => self.looped(looped),
            StmtKind::Output { value, .. } => self.expr(value),
            StmtKind::Return { value } => {
                self.calls_seen |= self.in_module_body();
                self.opt_expr(value);
                return true;
            }
            StmtKind::Snap { label } => {
                self.leave_loop(label, "snap", stmt.span);
                return true;
            }
            StmtKind::Sink { label } => {
                self.leave_loop(label, "sink", stmt.span);
                return true;
            }
            StmtKind::SinkTo { label } => {
                self.go_to(label);
                return true;
            }
            StmtKind::Oscillate { place } => self.place(place, true),
            StmtKind::Adjust { place, by, .. } => {
                self.place(place, true);
                self.opt_expr(by);
            }
            StmtKind::Descend => {
                self.descend(stmt.span);
                return true;
            }
            StmtKind::Assert { cond, message } => {
                self.expr(cond);
                self.opt_expr(message);
            }
            StmtKind::Throw { value, .. } => {
                self.expr(value);
                return true;
            }
            StmtKind::Try(protected) => return self.protected(protected),
            StmtKind::Expr(value) => self.expr(value),
        }
        false
    }

    fn descend(&mut self, span: Span) {
        if self.context.descend != Some(span) {
            self.report(
                Diagnostic::new(Code::MisplacedDescend, span, "`descend` outside of an arm")
                    .with_primary("nothing to continue with")
                    .with_help(
                        "`descend;` is the last statement of an arm that another arm follows",
                    ),
            );
        }
    }

    // Parts of the program.

    fn entrance(&mut self, params: &'a [Param<'a>], body: &Block<'a>) {
        let outer = self.skip_if_imported();
        for param in params {
            self.opt_expr(param.default);
            self.bind(param.name, Binds { has_value: true, ..Binds::default() });
        }
        let before = self.open_labels(body.stmts);
        self.run(body.stmts);
        self.close_labels(before);
        self.is_skipped = outer;
    }

    fn finale(&mut self, body: &Block<'a>) {
        let id = self.new_function();
        self.function_states[id.index()].is_module_code = true;
        self.has_finales |= !self.is_imported_module();
        let outer = self.context;
        self.context = super::scope::Context {
            body: Some(id),
            labels_base: self.labels.len(),
            leaks_base: outer.leaks_base,
            ..super::scope::Context::default()
        };
        let skipped = self.skip_if_imported();
        let before = self.open_labels(body.stmts);
        self.run(body.stmts);
        self.close_labels(before);
        self.is_skipped = skipped;
        self.context = outer;
    }

    /// Enters an `entrance` or `finale`; those of imported modules never run.
    pub(super) fn skip_if_imported(&mut self) -> bool {
        let skips = self.is_imported_module();
        std::mem::replace(&mut self.is_skipped, skips)
    }

    // Control flow.

    fn looped(&mut self, looped: &'a Loop<'a>) {
        self.open_scope();
        match looped.header {
            LoopHeader::Infinite | LoopHeader::DoWhile(_) => {}
            LoopHeader::While(cond) => self.expr(cond),
            LoopHeader::Counted { init, cond, .. } => {
                if let Some(init) = init {
                    self.loop_init(init);
                }
                self.opt_expr(cond);
            }
            LoopHeader::Within { keyword, first, second, iterable } => {
                self.expr(iterable);
                for name in std::iter::once(first).chain(second) {
                    self.warn_hiding(name);
                    let var = self.declare(name.name, VarKind::Variable, name.span);
                    self.out.vars[var.0 as usize].is_constant = keyword == DeclKeyword::Freeze;
                    self.set_bind(name.id, var, BindAction::Declare);
                }
            }
        }
        self.context.loop_depth += 1;
        self.block(&looped.body);
        self.context.loop_depth -= 1;
        match looped.header {
            LoopHeader::Counted { step, .. } => self.opt_expr(step),
            LoopHeader::DoWhile(cond) => self.expr(cond),
            _ => {}
        }
        self.close_scope();
    }

    /// The variable of a loop header is always a new one.
    fn loop_init(&mut self, init: &'a Stmt<'a>) {
        let StmtKind::Var(decl) = init.kind else {
            self.stmt(init);
            return;
        };
        let DeclTarget::Name(name) = decl.target else { return self.var_decl(decl, None) };
        if let Init::Expr(value) = decl.init {
            self.expr(value);
        }
        let var = self.new_var(name.name, VarKind::Variable, name.span);
        self.bindings.push(name.name, var);
        let constant = decl.keyword == Some(DeclKeyword::Freeze);
        self.bind_new(var, name, Binds { constant, ..Binds::default() });
    }

    fn protected(&mut self, protected: &'a Try<'a>) -> bool {
        let outer = self.context.try_region;
        self.enter_region();
        let mut ends = self.block(&protected.body);
        self.context.try_region = outer;
        if let Some(catch) = &protected.catch {
            if protected.finally.is_some() {
                self.enter_region();
            }
            ends &= self.catch(catch);
            self.context.try_region = outer;
        }
        let finally_ends = protected.finally.is_some_and(|block| self.block(&block));
        ends || finally_ends
    }

    pub(super) fn enter_region(&mut self) {
        self.try_regions += 1;
        self.context.try_region = self.try_regions;
    }

    fn catch(&mut self, catch: &'a Catch<'a>) -> bool {
        self.open_scope();
        if let Some(name) = catch.name {
            self.warn_hiding(name);
            let var = self.declare(name.name, VarKind::Catch, name.span);
            self.set_bind(name.id, var, BindAction::Declare);
        }
        let ends = self.block(&catch.body);
        self.close_scope();
        ends
    }
}

/// Whether reaching the statement does something; declarations are bound when their block starts.
fn is_executed(stmt: &Stmt<'_>) -> bool {
    match stmt.kind {
        StmtKind::Function(function) => function.kind == FunctionKind::Lambda,
        StmtKind::Empty
        | StmtKind::Error
        | StmtKind::Record(_)
        | StmtKind::Session(_)
        | StmtKind::Import(_)
        | StmtKind::Entrance { .. }
        | StmtKind::Finale { .. } => false,
        _ => true,
    }
}
