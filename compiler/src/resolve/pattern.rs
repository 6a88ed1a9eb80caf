//! Pattern matching: arms and the names that patterns bind.

use super::declare::for_each_binding;
use super::scope::Resolver;
use super::{BindAction, VarKind};
use hyp_grammar::ast::{ArmBody, Block, Entrain, Pattern, StmtKind};

impl<'a> Resolver<'a, '_> {
    pub(super) fn entrain(&mut self, entrain: &'a Entrain<'a>) {
        self.expr(entrain.subject);
        let mut rest = entrain.arms.iter();
        while let Some(arm) = rest.next() {
            self.open_scope();
            self.pattern(arm.pattern);
            self.opt_expr(arm.guard);
            let followed = !rest.as_slice().is_empty() || entrain.otherwise.is_some();
            self.arm_body(&arm.body, followed);
            self.close_scope();
        }
        if let Some(otherwise) = &entrain.otherwise {
            self.open_scope();
            self.arm_body(&otherwise.body, false);
            self.close_scope();
        }
    }

    fn arm_body(&mut self, body: &'a ArmBody<'a>, followed: bool) {
        match body {
            ArmBody::Expr(value) => self.expr(value),
            ArmBody::Awaken { value, .. } => self.opt_expr(*value),
            ArmBody::Block(block) => {
                let outer = self.context.descend;
                self.context.descend = if followed { descend_of(block) } else { None };
                self.block(block);
                self.context.descend = outer;
            }
        }
    }

    /// Declares the names of a pattern. A name that stands twice, or in several alternatives, is
    /// one variable.
    fn pattern(&mut self, pattern: &'a Pattern<'a>) {
        for_each_binding(pattern, &mut |name| {
            let var = self.in_this_scope(name.name).unwrap_or_else(|| {
                self.warn_hiding(name);
                self.declare(name.name, VarKind::Variable, name.span)
            });
            self.set_bind(name.id, var, BindAction::Declare);
        });
    }
}

fn descend_of(block: &Block<'_>) -> Option<hyp_grammar::span::Span> {
    block.stmts.last().filter(|s| matches!(s.kind, StmtKind::Descend)).map(|s| s.span)
}
