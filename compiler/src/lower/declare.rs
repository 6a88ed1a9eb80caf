//! Declarations: variables, destructuring, static fields.

use hyp_bytecode::op::Op;
use hyp_grammar::ast::{self, DeclTarget, Init};
use hyp_ssa::ir::Value;

use super::function::FnLower;
use super::pos_of;
use crate::resolve::{BindAction, VarId, VarKind};
use crate::types::Ty;

impl<'a> FnLower<'_, '_, 'a> {
    pub(super) fn var_decl(&mut self, decl: &'a ast::VarDecl<'a>) {
        match decl.target {
            DeclTarget::Name(name) => {
                let Some(bind) = self.m.res.bind(name.id) else { return };
                if bind.action == BindAction::Ignore {
                    return;
                }
                let guarantee = self.m.guarantee(bind.var);
                let value = self.initial_value(&decl.init, &guarantee);
                // Passes may join the check to the instruction that makes the value, so both have
                // the same place.
                let at = if let Init::Expr(expr) = decl.init { expr.span } else { name.span };
                self.b.set_pos(pos_of(at.start));
                self.bind(name, value);
            }
            DeclTarget::Place(target) => {
                let place = self.place(target);
                let value = self.initial_value(&decl.init, &Ty::Unknown);
                self.b.set_pos(pos_of(target.span.start));
                self.store(&place, value);
            }
            DeclTarget::Pattern(pattern) => {
                let value = self.initial_value(&decl.init, &Ty::Unknown);
                self.b.set_pos(pos_of(pattern.span.start));
                self.destructure(pattern, value);
            }
        }
    }

    fn initial_value(&mut self, init: &Init<'a>, expected: &Ty) -> Value {
        match init {
            Init::None => self.b.null(),
            Init::Expr(expr) => self.expr_expecting(expr, expected),
            Init::External(span) => {
                self.b.set_pos(pos_of(span.start));
                let kind = match expected {
                    Ty::Number => 1,
                    Ty::Boolean => 2,
                    Ty::Nullable(inner) if **inner == Ty::Number => 1,
                    Ty::Nullable(inner) if **inner == Ty::Boolean => 2,
                    _ => 0,
                };
                self.b.op(Op::ReadExternal, &[], &[kind])
            }
        }
    }

    /// Gives a binding occurrence its value, checked against the variable's guarantee.
    pub(super) fn bind(&mut self, name: ast::Binding, value: Value) {
        let Some(bind) = self.m.res.bind(name.id) else { return };
        match bind.action {
            BindAction::Declare | BindAction::Share => {
                let value = self.coerce_variable(bind.var, value);
                self.initialise(bind.var, value);
            }
            BindAction::Assign => self.assign_variable(bind.var, value),
            BindAction::Ignore => {}
        }
    }

    pub(super) fn coerce_variable(&mut self, var: VarId, value: Value) -> Value {
        let ty = self.m.guarantee(var);
        self.coerce(value, &ty, |f| f.m.strings.variable_note(f.m.res.var(var).name, f.m.interner))
    }

    /// Assigns a variable after its declaration; a constant raises.
    pub(super) fn assign_variable(&mut self, var: VarId, value: Value) {
        let info = self.m.res.var(var);
        if info.is_constant || self.m.res.is_foreign(var, self.module) {
            return self.raise_constant(info.name);
        }
        if info.kind == VarKind::This {
            if let Some(this) = self.this {
                self.b.def_var(this, value);
            }
            return;
        }
        let value = self.coerce_variable(var, value);
        self.write(var, value);
    }

    /// Runs the static initialisers of a session at its place in the text.
    pub(super) fn session_statics(&mut self, decl: &'a ast::SessionDecl<'a>) {
        let Some(bind) = self.m.res.bind(decl.name.id) else { return };
        let VarKind::Session(t) = self.m.res.var(bind.var).kind else { return };
        for index in 0..self.m.type_infos[t.0 as usize].statics.len() {
            let field = self.m.type_infos[t.0 as usize].statics[index].clone();
            let value = match field.init {
                Some(init) => {
                    self.b.set_pos(pos_of(init.span.start));
                    let outer = self.owner.replace(t);
                    let value = self.expr(init);
                    self.owner = outer;
                    self.coerce_field(value, &field.ty, t, field.name)
                }
                None => {
                    let rep = self.m.globals[field.global.0 as usize].rep;
                    self.default_of(rep)
                }
            };
            let rep = self.m.globals[field.global.0 as usize].rep;
            let value = self.fit(value, rep);
            self.b.op_void(Op::SetGlobal, &[value], &[u64::from(field.global.0)]);
        }
    }
}
