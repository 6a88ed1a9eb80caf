//! Declarations: what enters a scope, and what a declaration statement does to its name.

use super::scope::{Predeclared, Resolver};
use super::{BindAction, VarId, VarKind};
use crate::link::ModuleIdx;
use hyp_grammar::ast::{
    Binding, DeclKeyword, DeclTarget, Expr, ExprKind, Function, FunctionKind, Init, Pattern,
    PatternKind, Stmt, StmtKind, VarDecl, Visibility,
};
use hyp_grammar::diagnostic::{Code, Diagnostic};

/// How a declaration statement binds.
#[derive(Clone, Copy, Default)]
pub(super) struct Binds {
    pub(super) constant: bool,
    /// Assigns a variable of an enclosing block of the same function (re-induction).
    pub(super) reinduces: bool,
    pub(super) warn_unused: bool,
    pub(super) is_anchor: bool,
    /// The declaration has an initialiser, so a second one is a store.
    pub(super) has_value: bool,
}

impl<'a> Resolver<'a, '_> {
    /// Binds the functions and sessions of a block at its entry.
    pub(super) fn hoist(&mut self, stmts: &'a [Stmt<'a>]) {
        for stmt in stmts {
            match stmt.kind {
                StmtKind::Function(function) => {
                    let is_exposed = stmt.visibility == Some(Visibility::Expose);
                    self.hoist_function(function, is_exposed);
                }
                StmtKind::Session(session) => {
                    let idx = self.type_decl(super::TypeDecl::Session(session), session.name);
                    self.hoist_name(session.name, VarKind::Session(idx));
                }
                StmtKind::Entrance { body, .. } | StmtKind::Finale { body } => {
                    let outer = self.skip_if_imported();
                    self.hoist(body.stmts);
                    self.is_skipped = outer;
                }
                _ => {}
            }
        }
    }

    fn hoist_function(&mut self, function: &'a Function<'a>, is_exposed: bool) {
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
        let is_trigger = function.kind == FunctionKind::Trigger;
        if !is_exposed
            && !is_trigger
            && let Some(bind) = self.out.bind(name.id)
        {
            self.state_mut(bind.var).warn_unused = !self.is_called_from_outside(name);
        }
    }

    /// Whether the test runner calls the function, or a use of it cannot be seen here.
    fn is_called_from_outside(&self, name: Binding) -> bool {
        let is_main = self.module == ModuleIdx::MAIN;
        self.in_module_scope()
            && (self.is_skipped
                || (is_main && (self.is_library || self.text(name.name).starts_with("test"))))
    }

    fn hoist_name(&mut self, name: Binding, kind: VarKind) {
        if let Some(var) = self.in_this_scope(name.name) {
            self.store(var, false, name.span);
            self.set_bind(name.id, var, BindAction::Assign);
            return;
        }
        self.warn_shadowing(name);
        self.warn_hiding(name);
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
    pub(super) fn foresee(&mut self, stmts: &'a [Stmt<'a>]) {
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
                    let outer = self.skip_if_imported();
                    for param in params {
                        self.foresee_name(param.name, false);
                    }
                    self.foresee(body.stmts);
                    self.is_skipped = outer;
                }
                StmtKind::Finale { body } => {
                    let outer = self.skip_if_imported();
                    self.foresee(body.stmts);
                    self.is_skipped = outer;
                }
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

    pub(super) fn var_decl(&mut self, decl: &'a VarDecl<'a>, visibility: Option<Visibility>) {
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
            DeclTarget::Name(name) => {
                self.bind(name, binds);
                if let Init::Expr(Expr { kind: ExprKind::Function(function), .. }) = decl.init
                    && visibility.is_none()
                {
                    self.note_unread(function, name);
                }
            }
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
        let action = if self.state(var).declared {
            self.shared_again(var, name, binds)
        } else {
            self.mark_declared(var);
            self.out.vars[var.0 as usize].is_constant = binds.constant;
            self.state_mut(var).shared_at = name.span;
            BindAction::Declare
        };
        if self.in_module_scope() && self.in_this_scope(name.name).is_none() {
            self.bindings.push(name.name, var);
        }
        self.set_bind(name.id, var, action);
    }

    /// Binds a name that a declaration statement declares.
    pub(super) fn bind(&mut self, name: Binding, binds: Binds) {
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

    pub(super) fn bind_new(&mut self, var: VarId, name: Binding, binds: Binds) {
        self.warn_shadowing(name);
        self.warn_hiding(name);
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

    /// Warns of a declaration that hides a variable of an enclosing block or function. What the
    /// module declares may be hidden in functions: they need not know all of its names.
    pub(super) fn warn_hiding(&mut self, name: Binding) {
        let start = self.scopes.last().copied().unwrap_or(0);
        let Some((_, hidden)) = self.bindings.of(name.name).find(|(at, _)| *at < start) else {
            return;
        };
        let home = self.home_of(hidden);
        let is_here = home == self.context.home && self.state(hidden).declared;
        let info = self.out.var(hidden);
        let is_variable =
            matches!(info.kind, VarKind::Variable | VarKind::Parameter | VarKind::Catch);
        let text = self.text(name.name);
        if !is_variable || text.starts_with('_') || !(is_here || home.is_some()) {
            return;
        }
        let declared = info.span;
        let message = format!("`{text}` hides another variable of that name");
        self.report(
            Diagnostic::new(Code::HiddenVariable, name.span, message)
                .with_primary("from here on the name means this declaration")
                .with_label(declared, "the hidden variable is declared here")
                .with_help("give one of them another name"),
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
