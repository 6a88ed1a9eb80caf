//! Statements and declarations.

use super::scope::{Predeclared, Resolver};
use super::{BindAction, VarId, VarKind};
use hyp_grammar::ast::{
    Binding, Block, Catch, DeclKeyword, DeclTarget, Function, FunctionBody, FunctionKind, Init,
    Loop, LoopHeader, Param, Pattern, PatternKind, Program, Stmt, StmtKind, Try, VarDecl,
    Visibility,
};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::span::{FuncId, Span};

/// How a declaration statement binds.
#[derive(Clone, Copy, Default)]
struct Binds {
    constant: bool,
    /// Assigns a variable of an enclosing block of the same function (re-induction).
    reinduces: bool,
    warn_unused: bool,
    is_anchor: bool,
    /// The declaration has an initialiser, so a second one is a store.
    has_value: bool,
}

impl<'a> Resolver<'a, '_> {
    /// Walks the whole program.
    pub(super) fn program(&mut self, program: &Program<'a>) {
        self.open_scope();
        let before = self.open_labels(program.prelude);
        self.open_labels(program.body);
        self.hoist(program.prelude);
        self.hoist(program.body);
        self.foresee(program.prelude);
        self.foresee(program.body);
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

    /// Binds the functions and sessions of a block at its entry.
    fn hoist(&mut self, stmts: &'a [Stmt<'a>]) {
        for stmt in stmts {
            match stmt.kind {
                StmtKind::Function(function) => self.hoist_function(function),
                StmtKind::Session(session) => {
                    let idx = self.type_decl(super::TypeDecl::Session(session), session.name);
                    self.hoist_name(session.name, VarKind::Session(idx));
                }
                StmtKind::Entrance { body, .. } | StmtKind::Finale { body } => {
                    self.hoist(body.stmts);
                }
                _ => {}
            }
        }
    }

    fn hoist_function(&mut self, function: &'a Function<'a>) {
        let Some(name) = function.name else { return };
        let order = self.tick();
        if let Some(state) = self.function_states.get_mut(function.id.index()) {
            state.order = order;
        }
        if let Some(first) = self.in_this_scope(name.name)
            && matches!(self.out.var(first).kind, VarKind::Function(_))
        {
            self.duplicate_function(name, first);
        }
        self.hoist_name(name, VarKind::Function(function.id));
    }

    fn hoist_name(&mut self, name: Binding, kind: VarKind) {
        if let Some(var) = self.in_this_scope(name.name) {
            self.store(var, false, name.span);
            self.set_bind(name.id, var, BindAction::Assign);
            return;
        }
        self.warn_shadowing(name);
        let calls_seen = std::mem::replace(&mut self.calls_seen, false);
        let var = self.declare(name.name, kind, name.span);
        self.calls_seen = calls_seen;
        self.set_bind(name.id, var, BindAction::Declare);
    }

    fn duplicate_function(&mut self, name: Binding, first: VarId) {
        let text = self.text(name.name);
        let declared = self.out.var(first).span;
        let message = format!("duplicate declaration of the function `{text}`");
        self.report(
            Diagnostic::new(Code::DuplicateFunction, name.span, message)
                .with_primary("this one replaces the first")
                .with_label(declared, "first declared here"),
        );
    }

    /// Enters the variables of a block into its scope, not declared yet.
    fn foresee(&mut self, stmts: &'a [Stmt<'a>]) {
        for stmt in stmts {
            match stmt.kind {
                StmtKind::Var(decl) if !decl.shared => match decl.target {
                    DeclTarget::Name(name) => {
                        self.foresee_name(name, decl.keyword != Some(DeclKeyword::Freeze));
                    }
                    DeclTarget::Pattern(pattern) => {
                        let reinduces = decl.keyword != Some(DeclKeyword::Freeze);
                        for_each_binding(pattern, &mut |name| self.foresee_name(name, reinduces));
                    }
                    DeclTarget::Place(_) => {}
                },
                StmtKind::Anchor { name, .. } => self.foresee_name(name, false),
                StmtKind::Entrance { params, body } => {
                    for param in params {
                        self.foresee_name(param.name, false);
                    }
                    self.foresee(body.stmts);
                }
                StmtKind::Finale { body } => self.foresee(body.stmts),
                _ => {}
            }
        }
    }

    fn foresee_name(&mut self, name: Binding, reinduces: bool) {
        let assigns = self.in_this_scope(name.name).is_some()
            || (reinduces && self.reinduced(name).is_some());
        if !assigns {
            let var = self.new_var(name.name, VarKind::Variable, name.span);
            self.bindings.push(name.name, var);
        }
    }

    /// The mutable variable of the same function that an `induce` of `name` assigns.
    fn reinduced(&self, name: Binding) -> Option<VarId> {
        let var = self.lexical(name.name)?;
        let same = self.home_of(var) == self.context.home;
        (same && !self.out.var(var).is_constant && self.state(var).declared).then_some(var)
    }

    // Statements.

    /// Walks a statement. Returns whether control never reaches the statement after it.
    fn stmt(&mut self, stmt: &'a Stmt<'a>) -> bool {
        match stmt.kind {
            StmtKind::Empty | StmtKind::Error | StmtKind::Label { .. } => {}
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
            StmtKind::Function(function) => self.function_stmt(function),
            StmtKind::Session(session) => self.session(session),
            StmtKind::Import(import) => self.import(import),
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
                self.calls_seen |= self.context.body.is_none();
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

    // Declarations.

    fn var_decl(&mut self, decl: &'a VarDecl<'a>, visibility: Option<Visibility>) {
        if let Init::Expr(value) = decl.init {
            self.expr(value);
        }
        let constant = decl.keyword == Some(DeclKeyword::Freeze);
        let binds = Binds {
            constant,
            reinduces: !constant,
            warn_unused: visibility.is_none(),
            is_anchor: false,
            has_value: !matches!(decl.init, Init::None),
        };
        match decl.target {
            DeclTarget::Name(name) if decl.shared => self.bind_shared(name, binds),
            DeclTarget::Name(name) => self.bind(name, binds),
            DeclTarget::Place(place) => self.place(place, false),
            DeclTarget::Pattern(pattern) => {
                let binds = Binds { warn_unused: false, has_value: true, ..binds };
                for_each_binding(pattern, &mut |name| self.bind(name, binds));
            }
        }
        if constant && !binds.has_value && !matches!(decl.target, DeclTarget::Place(_)) {
            self.report(
                Diagnostic::new(Code::ConstantWithoutValue, decl.span, "constant without a value")
                    .with_primary("this constant is null")
                    .with_help("add an initialiser: `freeze NAME = value;`"),
            );
        }
    }

    fn bind_shared(&mut self, name: Binding, binds: Binds) {
        let var = self.shared_var(name);
        let again = self.state(var).declared;
        if again {
            self.store(var, false, name.span);
        } else {
            self.mark_declared(var);
            self.out.vars[var.0 as usize].is_constant = binds.constant;
        }
        if self.in_module_scope() && self.in_this_scope(name.name).is_none() {
            self.bindings.push(name.name, var);
        }
        let action = if again { BindAction::Assign } else { BindAction::Declare };
        self.set_bind(name.id, var, action);
    }

    /// Binds a name that a declaration statement declares.
    fn bind(&mut self, name: Binding, binds: Binds) {
        let here = self.in_this_scope(name.name);
        match here {
            Some(var) if !self.state(var).declared => return self.bind_new(var, name, binds),
            Some(var) if self.out.var(var).is_constant => {
                self.constant_redeclared(name, var);
                return self.set_bind(name.id, var, BindAction::Assign);
            }
            Some(var) if !binds.constant => return self.bind_again(var, name, binds),
            _ => {}
        }
        if here.is_none()
            && binds.reinduces
            && let Some(var) = self.reinduced(name)
        {
            return self.bind_again(var, name, binds);
        }
        let var = self.new_var(name.name, VarKind::Variable, name.span);
        self.bindings.push(name.name, var);
        self.bind_new(var, name, binds);
    }

    fn bind_new(&mut self, var: VarId, name: Binding, binds: Binds) {
        self.warn_shadowing(name);
        self.mark_declared(var);
        self.out.vars[var.0 as usize].is_constant = binds.constant;
        let state = self.state_mut(var);
        state.warn_unused = binds.warn_unused;
        state.leakable = true;
        state.is_anchor = binds.is_anchor;
        self.set_bind(name.id, var, BindAction::Declare);
    }

    fn bind_again(&mut self, var: VarId, name: Binding, binds: Binds) {
        // `anchor` again takes the snapshot again.
        let was_anchor = self.state(var).is_anchor;
        self.state_mut(var).is_anchor &= !binds.is_anchor;
        self.store(var, false, name.span);
        self.state_mut(var).is_anchor = was_anchor || binds.is_anchor;
        self.set_bind(name.id, var, BindAction::Assign);
    }

    fn constant_redeclared(&mut self, name: Binding, var: VarId) {
        let text = self.text(name.name);
        let declared = self.out.var(var).span;
        self.out.vars[var.0 as usize].is_reassigned = true;
        let message = format!("the constant `{text}` is declared again");
        self.report(
            Diagnostic::new(Code::ConstantRedeclared, name.span, message)
                .with_primary("declared again here")
                .with_label(declared, "declared with `freeze` here"),
        );
    }

    /// Warns of a declaration that hides a builtin.
    fn warn_shadowing(&mut self, name: Binding) {
        let Predeclared::Exact(found) = self.predeclared(name.name) else { return };
        let text = self.text(name.name);
        // An alias in lower case makes an ordinary name; nobody means the builtin by it.
        if found.spec().name != text {
            return;
        }
        let message = format!("`{text}` hides the builtin function of that name");
        self.report(
            Diagnostic::new(Code::ShadowedBuiltin, name.span, message)
                .with_primary("from here on the name means this declaration"),
        );
    }

    fn import(&mut self, import: &'a hyp_grammar::ast::Import<'a>) {
        self.has_imports = true;
        if let Some(alias) = import.alias {
            self.bind(alias, Binds::default());
        }
        self.report(
            Diagnostic::new(
                Code::UnsupportedImport,
                import.source_span,
                "imports are not supported",
            )
            .with_primary("this module is not linked")
            .with_note("modules are linked in a later version; put the declarations into one file"),
        );
    }

    fn entrance(&mut self, params: &'a [Param<'a>], body: &Block<'a>) {
        for param in params {
            self.opt_expr(param.default);
            self.bind(param.name, Binds { has_value: true, ..Binds::default() });
        }
        let before = self.open_labels(body.stmts);
        self.run(body.stmts);
        self.close_labels(before);
    }

    fn finale(&mut self, body: &Block<'a>) {
        let id = self.new_function();
        self.function_states[id.index()].is_finale = true;
        self.has_finales = true;
        let outer = self.context;
        self.context = super::scope::Context {
            body: Some(id),
            labels_base: self.labels.len(),
            leaks_base: outer.leaks_base,
            ..super::scope::Context::default()
        };
        let before = self.open_labels(body.stmts);
        self.run(body.stmts);
        self.close_labels(before);
        self.context = outer;
    }

    // Functions.

    fn function_stmt(&mut self, function: &'a Function<'a>) {
        self.function(function);
    }

    /// A function of any kind that stands in the current context; its creation order is set.
    pub(super) fn function(&mut self, function: &'a Function<'a>) {
        let outer = self.enter_function(function.id);
        self.function_body(function);
        self.leave_function(outer);
    }

    /// Starts a function body: scope, context, bookkeeping.
    pub(super) fn enter_function(&mut self, id: FuncId) -> super::scope::Context {
        let outer = self.context;
        if let Some(info) = self.out.functions.get_mut(id.index()) {
            info.parent = outer.body;
            info.owner = outer.owner;
        }
        self.context = super::scope::Context {
            body: Some(id),
            home: Some(id),
            labels_base: self.labels.len(),
            leaks_base: self.leaks.entries.len(),
            loop_depth: 0,
            try_region: 0,
            descend: None,
            ..outer
        };
        self.open_scope();
        outer
    }

    pub(super) fn leave_function(&mut self, outer: super::scope::Context) {
        self.close_function_scope();
        self.context = outer;
    }

    /// Parameters and body, in the scope that is open.
    pub(super) fn function_body(&mut self, function: &'a Function<'a>) {
        if let Some(node) = self.out.function_nodes.get_mut(function.id.index()) {
            *node = Some(function);
        }
        if function.is_async {
            self.unsupported_async(function);
        }
        for param in function.params {
            self.opt_expr(param.default);
            self.parameter(param);
        }
        match function.body {
            FunctionBody::Block(block) => {
                self.stmts(block.stmts);
            }
            FunctionBody::Expr(value) => self.expr(value),
        }
    }

    fn unsupported_async(&mut self, function: &'a Function<'a>) {
        let span = function.name.map_or(function.span, |name| name.span);
        self.report(
            Diagnostic::new(
                Code::UnsupportedAsync,
                span,
                "`mesmerize` functions are not supported",
            )
            .with_primary("this function would run as a task")
            .with_note("the task scheduler comes in a later version"),
        );
    }

    fn parameter(&mut self, param: &'a Param<'a>) {
        let name = param.name;
        if let Some(first) = self.in_this_scope(name.name)
            && self.out.var(first).kind == VarKind::Parameter
        {
            let text = self.text(name.name);
            let declared = self.out.var(first).span;
            let message = format!("duplicate parameter `{text}`");
            self.report(
                Diagnostic::new(Code::DuplicateParameter, name.span, message)
                    .with_primary("declared again here")
                    .with_label(declared, "first declared here"),
            );
        }
        let var = self.declare(name.name, VarKind::Parameter, name.span);
        self.set_bind(name.id, var, BindAction::Declare);
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

    fn enter_region(&mut self) {
        self.try_regions += 1;
        self.context.try_region = self.try_regions;
    }

    fn catch(&mut self, catch: &'a Catch<'a>) -> bool {
        self.open_scope();
        if let Some(name) = catch.name {
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

/// Visits the names that a pattern binds, in source order.
pub(super) fn for_each_binding(pattern: &Pattern<'_>, visit: &mut impl FnMut(Binding)) {
    match pattern.kind {
        PatternKind::Bind(name) => visit(name),
        PatternKind::Typed { name, .. } => name.into_iter().for_each(visit),
        PatternKind::As { name, pattern } => {
            visit(name);
            for_each_binding(pattern, visit);
        }
        PatternKind::Record { fields, .. } | PatternKind::Object { fields } => {
            for field in fields {
                for_each_binding(field.pattern, visit);
            }
        }
        PatternKind::Array { items, rest } => {
            for item in items {
                for_each_binding(item, visit);
            }
            rest.and_then(|r| r.name).into_iter().for_each(visit);
        }
        PatternKind::Or(alternatives) => {
            for alternative in alternatives {
                for_each_binding(alternative, visit);
            }
        }
        _ => {}
    }
}
