//! Members, indices and optional chains.

use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_grammar::ast::{Expr, ExprKind};
use hyp_grammar::intern::Symbol;
use hyp_ssa::ir::Value;

use super::function::{FnLower, ReturnMode};
use super::pos_of;
use crate::resolve::{NameRef, VarKind};
use crate::types::TypeIdx;

impl<'a> FnLower<'_, '_, 'a> {
    /// A chain of calls, members and indices. `?.` on null skips the rest of the chain.
    pub(super) fn chain(&mut self, expr: &'a Expr<'a>) -> Value {
        if !has_optional(expr) {
            return self.link(expr);
        }
        let join = self.b.new_block();
        let result = self.b.block_param(join, Rep::Any);
        self.chain_exits.push(join);
        let value = self.link(expr);
        self.chain_exits.pop();
        self.b.jump(join, &[value]);
        self.b.seal(join);
        self.b.switch_to(join);
        result
    }

    /// One link with everything before it.
    fn link(&mut self, expr: &'a Expr<'a>) -> Value {
        if let ExprKind::Member { name, .. } = expr.kind
            && self.m.res.qualified(expr).is_some()
        {
            return self.name_value(expr.id, name.name, expr);
        }
        match expr.kind {
            ExprKind::Call { callee, args, optional } => self.call(callee, args, optional, expr),
            ExprKind::Member { object, name, optional } => {
                if let Some(session) = self.session_name(object) {
                    self.b.set_pos(pos_of(name.span.start));
                    return self.static_member(session, name.name);
                }
                let object = self.link_object(object);
                if optional {
                    self.skip_if_null(object);
                }
                self.b.set_pos(pos_of(name.span.start));
                self.member(object, name.name)
            }
            ExprKind::Index { object, index, optional } => {
                let object = self.link_object(object);
                if optional {
                    self.skip_if_null(object);
                }
                let index = self.expr(index);
                self.b.set_pos(pos_of(expr.span.start));
                if optional {
                    self.b.op(Op::GetIndexOpt, &[object, index], &[])
                } else {
                    let value = self.index(object, index);
                    self.fit(value, self.m.inferred.element(self.m.clone, expr.id))
                }
            }
            _ => self.expr(expr),
        }
    }

    /// The object of a link, which belongs to the same chain if it is a link itself.
    pub(super) fn link_object(&mut self, object: &'a Expr<'a>) -> Value {
        match object.kind {
            ExprKind::Call { .. } | ExprKind::Member { .. } | ExprKind::Index { .. } => {
                self.link(object)
            }
            _ => self.expr(object),
        }
    }

    /// Ends the chain with null if the value is null.
    pub(super) fn skip_if_null(&mut self, value: Value) {
        let Some(exit) = self.chain_exits.last().copied() else { return };
        let is_null = self.b.op(Op::IsNull, &[value], &[]);
        let null = self.b.null();
        let rest = self.b.new_block();
        self.b.branch(is_null, (exit, &[null]), (rest, &[]));
        self.b.seal(rest);
        self.b.switch_to(rest);
    }

    pub(super) fn index(&mut self, object: Value, index: Value) -> Value {
        if self.b.rep(index) == Rep::F64 {
            self.b.op(Op::ArrayGet, &[object, index], &[])
        } else {
            self.b.op(Op::GetIndex, &[object, index], &[])
        }
    }

    /// The session that an expression names for good.
    pub(super) fn session_name(&self, expr: &Expr<'a>) -> Option<TypeIdx> {
        if !matches!(expr.kind, ExprKind::Name(_)) && self.m.res.qualified(expr).is_none() {
            return None;
        }
        let NameRef::Var(var) = self.m.res.name(expr.id) else { return None };
        match self.m.res.var(var).kind {
            VarKind::Session(t) if self.m.is_constant_function(var) => Some(t),
            _ => None,
        }
    }

    /// Whether this body may use the private members of a session.
    pub(super) fn may_access(&self, t: TypeIdx, is_private: bool) -> bool {
        !is_private || self.owner == Some(t)
    }

    /// The record or session of a value whose representation says so.
    pub(super) fn known_type(&self, value: Value) -> Option<TypeIdx> {
        match self.b.rep(value) {
            Rep::Ref(id) => id.user_index().map(TypeIdx),
            _ => None,
        }
    }

    /// `object.name`.
    pub(super) fn member(&mut self, object: Value, name: Symbol) -> Value {
        if let Some(t) = self.known_type(object)
            && let Some(slot) = self.field_slot(t, name)
        {
            let field = &self.m.type_infos[t.0 as usize].fields[slot];
            if self.may_access(t, field.is_private) {
                let rep = field.rep;
                return self.b.op_rep(Op::GetField, &[object], &[slot as u64], rep);
            }
        }
        let id = self.m.sym(name);
        let site = self.m.site();
        self.b.op(Op::GetMember, &[object], &[u64::from(id.0), site])
    }

    /// `object.name = value`: the object, or its changed copy if it is a record.
    pub(super) fn set_member(&mut self, object: Value, name: Symbol, value: Value) -> Value {
        if let Some(t) = self.known_type(object)
            && !self.is_record(t)
            && let Some(slot) = self.field_slot(t, name)
        {
            let field = &self.m.type_infos[t.0 as usize].fields[slot];
            if self.may_access(t, field.is_private) {
                let (ty, rep, is_constant) = (field.ty.clone(), field.rep, field.is_constant);
                if is_constant && !self.constructs(object, t) {
                    self.raise_constant(name);
                    return object;
                }
                let value = self.coerce_field(value, &ty, t, name);
                let value = self.fit(value, rep);
                self.b.op_void(Op::SetField, &[object, value], &[slot as u64]);
                return object;
            }
        }
        let id = self.m.sym(name);
        let site = self.m.site();
        self.b.op(Op::SetMember, &[object, value], &[u64::from(id.0), site])
    }

    /// Whether the running body is the constructor that makes this instance.
    fn constructs(&mut self, object: Value, t: TypeIdx) -> bool {
        matches!(self.mode, ReturnMode::Constructor)
            && self.owner == Some(t)
            && self.receiver() == object
    }

    /// `S.name`.
    pub(super) fn static_member(&mut self, session: TypeIdx, name: Symbol) -> Value {
        let info = &self.m.type_infos[session.0 as usize];
        if let Some(field) = info.statics.iter().find(|f| f.name == name)
            && self.may_access(session, field.is_private)
        {
            let global = field.global;
            let rep = self.m.globals[global.0 as usize].rep;
            return self.b.op_rep(Op::GetGlobal, &[], &[u64::from(global.0)], rep);
        }
        if let Some(method) = info.methods.iter().find(|m| m.name == name && m.is_static)
            && self.may_access(session, method.is_private)
        {
            let func = method.func;
            return self.b.op(Op::LoadFunc, &[], &[u64::from(func.0)]);
        }
        let object = self.session_value(session);
        let id = self.m.sym(name);
        let site = self.m.site();
        self.b.op(Op::GetMember, &[object], &[u64::from(id.0), site])
    }

    pub(super) fn session_value(&mut self, session: TypeIdx) -> Value {
        self.b.op(Op::LoadSession, &[], &[u64::from(TypeId::user(session.0).0)])
    }
}

/// Whether a link of the chain that ends in `expr` is optional.
fn has_optional(expr: &Expr<'_>) -> bool {
    let mut at = expr;
    loop {
        match at.kind {
            ExprKind::Call { optional: true, .. }
            | ExprKind::Member { optional: true, .. }
            | ExprKind::Index { optional: true, .. } => return true,
            ExprKind::Call { callee, .. } => at = callee,
            ExprKind::Member { object, .. } | ExprKind::Index { object, .. } => at = object,
            _ => return false,
        }
    }
}
