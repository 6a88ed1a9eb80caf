//! Functions: context, parameters, bodies.

use super::scope::{Context, Resolver};
use super::{BindAction, VarKind};
use hyp_grammar::ast::{Binding, Function, FunctionBody, FunctionKind, Param};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::span::FuncId;

impl<'a> Resolver<'a, '_> {
    /// A function of any kind that stands in the current context; its creation order is set.
    pub(super) fn function(&mut self, function: &'a Function<'a>) {
        let outer = self.enter_function(function.id);
        self.function_body(function);
        self.leave_function(outer);
    }

    /// Starts a function body: scope, context, bookkeeping.
    pub(super) fn enter_function(&mut self, id: FuncId) -> Context {
        let outer = self.context;
        if let Some(info) = self.out.functions.get_mut(id.index()) {
            info.parent = outer.body;
            info.owner = outer.owner;
        }
        self.context = Context {
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

    pub(super) fn leave_function(&mut self, outer: Context) {
        self.close_function_scope();
        self.context = outer;
    }

    /// Parameters and body, in the scope that is open.
    pub(super) fn function_body(&mut self, function: &'a Function<'a>) {
        if let Some(node) = self.out.function_nodes.get_mut(function.id.index()) {
            *node = Some(function);
        }
        if function.is_async && function.kind == FunctionKind::Constructor {
            self.async_constructor(function);
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

    /// Notes parameters that are not read, unless others that follow are. `name` is what the
    /// function is called by: if that is all that happens to it, nothing needs its shape.
    pub(super) fn note_unread(&mut self, function: &'a Function<'a>, name: Binding) {
        let is_empty = matches!(function.body, FunctionBody::Block(b) if b.stmts.is_empty());
        if is_empty || function.kind == FunctionKind::Trigger {
            return;
        }
        let Some(owner) = self.out.bind(name.id) else { return };
        for param in function.params.iter().rev() {
            let Some(bind) = self.out.bind(param.name.id) else { return };
            let state = self.state(bind.var);
            if state.read || state.place_stored {
                return;
            }
            self.unread.push((bind.var, owner.var));
        }
    }

    fn async_constructor(&mut self, function: &'a Function<'a>) {
        let span = function.name.map_or(function.span, |name| name.span);
        self.report(
            Diagnostic::new(Code::AsyncConstructor, span, "a constructor cannot be `mesmerize`")
                .with_primary("its call gives the instance, not a promise")
                .with_help("call a `mesmerize` method of the new instance instead"),
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
        self.warn_hiding(name);
        let var = self.declare(name.name, VarKind::Parameter, name.span);
        self.set_bind(name.id, var, BindAction::Declare);
    }
}
