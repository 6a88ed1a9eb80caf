//! Places: what an assignment writes. Sub-expressions are evaluated once.
//!
//! A store into a record makes a changed copy, which is stored back into the place that held it.

use hyp_bytecode::module::{Desc, ErrorKind};
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_grammar::ast::{Expr, ExprKind};
use hyp_grammar::intern::Symbol;
use hyp_grammar::span::Span;
use hyp_ssa::ir::Value;

use super::function::FnLower;
use super::pos_of;
use crate::resolve::{NameRef, VarId, VarKind};
use crate::types::{Ty, TypeIdx};

/// A place whose sub-expressions are evaluated.
pub(super) enum Place {
    Var(VarId),
    /// The receiver, as the root of a member place.
    This,
    Static(TypeIdx, Symbol),
    Member {
        object: Value,
        name: Symbol,
        base: Option<Box<Place>>,
        span: Span,
    },
    Index {
        object: Value,
        index: Value,
        base: Option<Box<Place>>,
        span: Span,
    },
    /// A name that nothing declares, or that cannot be assigned.
    Fixed(Symbol),
}

impl<'a> FnLower<'_, '_, 'a> {
    pub(super) fn place(&mut self, target: &'a Expr<'a>) -> Place {
        match target.kind {
            ExprKind::Paren(inner) => self.place(inner),
            ExprKind::This => Place::This,
            ExprKind::Name(symbol) => match self.m.res.name(target.id) {
                NameRef::Var(var) => Place::Var(var),
                NameRef::SiblingMember { session, is_static: true } => {
                    Place::Static(session, symbol)
                }
                NameRef::SiblingMember { is_static: false, .. } => {
                    let object = self.receiver();
                    Place::Member { object, name: symbol, base: None, span: target.span }
                }
                _ => Place::Fixed(symbol),
            },
            ExprKind::Member { name, .. } if self.m.res.qualified(target).is_some() => {
                match self.m.res.name(target.id) {
                    NameRef::Var(var) => Place::Var(var),
                    _ => Place::Fixed(name.name),
                }
            }
            ExprKind::Member { object, name, .. } => {
                if let Some(session) = self.session_name(object) {
                    return Place::Static(session, name.name);
                }
                let (object, base) = self.place_object(object);
                Place::Member { object, name: name.name, base, span: name.span }
            }
            ExprKind::Index { object, index, .. } => {
                let (object, base) = self.place_object(object);
                let index = self.expr(index);
                Place::Index { object, index, base, span: target.span }
            }
            _ => {
                let object = self.expr(target);
                let name = hyp_grammar::intern::known::EMPTY;
                Place::Member { object, name, base: None, span: target.span }
            }
        }
    }

    fn place_object(&mut self, object: &'a Expr<'a>) -> (Value, Option<Box<Place>>) {
        let is_link = matches!(
            object.kind,
            ExprKind::Name(_) | ExprKind::This | ExprKind::Member { .. } | ExprKind::Index { .. }
        );
        if !self.m.has_records || !is_link {
            return (self.expr(object), None);
        }
        let place = self.place(object);
        let value = self.load(&place);
        // Sessions, arrays and objects are references: nothing is stored back.
        let is_reference = match self.b.rep(value) {
            Rep::Ref(id) => id.user_index().is_none_or(|t| !self.is_record(TypeIdx(t))),
            _ => false,
        };
        (value, if is_reference { None } else { Some(Box::new(place)) })
    }

    /// The declared type of what the place holds.
    pub(super) fn place_type(&self, place: &Place) -> Ty {
        match place {
            Place::Var(var) => self.m.guarantee(*var),
            Place::Member { object, name, .. } => self
                .known_type(*object)
                .and_then(|t| Some((t, self.field_slot(t, *name)?)))
                .map_or(Ty::Unknown, |(t, slot)| {
                    self.m.type_infos[t.0 as usize].fields[slot].ty.clone()
                }),
            _ => Ty::Unknown,
        }
    }

    pub(super) fn load(&mut self, place: &Place) -> Value {
        match place {
            Place::Var(var) => self.read(*var),
            Place::This => self.receiver(),
            Place::Static(session, name) => self.static_member(*session, *name),
            Place::Member { object, name, span, .. } => {
                self.b.set_pos(pos_of(span.start));
                self.member(*object, *name)
            }
            Place::Index { object, index, span, .. } => {
                self.b.set_pos(pos_of(span.start));
                self.index(*object, *index)
            }
            Place::Fixed(symbol) => {
                let message = format!("Variable '{}' not found", self.m.interner.resolve(*symbol));
                self.raise_value(ErrorKind::Undefined, &message)
            }
        }
    }

    pub(super) fn store(&mut self, place: &Place, value: Value) {
        match place {
            Place::Var(var) => self.assign_variable(*var, value),
            Place::This => {
                if let Some(this) = self.this {
                    self.b.def_var(this, value);
                }
            }
            Place::Static(session, name) => self.store_static(*session, *name, value),
            Place::Member { object, name, base, .. } => {
                let changed = self.set_member(*object, *name, value);
                self.store_back(base.as_deref(), *object, changed);
            }
            Place::Index { object, index, base, .. } => {
                if self.b.rep(*index) == Rep::F64 {
                    self.b.op_void(Op::ArraySet, &[*object, *index, value], &[]);
                } else {
                    let changed = self.b.op(Op::SetIndex, &[*object, *index, value], &[]);
                    self.store_back(base.as_deref(), *object, changed);
                }
            }
            Place::Fixed(symbol) => self.raise_constant(*symbol),
        }
    }

    pub(super) fn raise_constant(&mut self, name: Symbol) {
        let name = self.m.interner.resolve(name);
        self.raise(ErrorKind::Runtime, &format!("Cannot reassign constant variable '{name}'"));
    }

    fn store_back(&mut self, base: Option<&Place>, object: Value, changed: Value) {
        let Some(base) = base else { return };
        match base {
            Place::Var(var) if self.is_fixed(*var) => self.forbid_record(*var, object),
            Place::This if !self.this_is_record() => {}
            // Only a record makes a changed copy that has to go back into the place around it. Storing
            // anything else would undo what the value's evaluation assigned to the place.
            Place::Member { .. } | Place::Index { .. } | Place::Var(_) if !matches!(base, Place::Var(var) if !self.m.res.var(*var).is_reassigned) =>
            {
                let is_record = self.is_record_value(object);
                let (back, done) = (self.b.new_block(), self.b.new_block());
                self.b.branch(is_record, (back, &[]), (done, &[]));
                self.b.seal(back);
                self.b.switch_to(back);
                self.store(base, changed);
                self.b.jump(done, &[]);
                self.b.seal(done);
                self.b.switch_to(done);
            }
            _ => self.store(base, changed),
        }
    }

    fn is_fixed(&self, var: VarId) -> bool {
        let info = self.m.res.var(var);
        info.is_constant
            || matches!(info.kind, VarKind::Session(_))
            || self.m.res.is_foreign(var, self.module)
    }

    fn this_is_record(&self) -> bool {
        self.owner.is_some_and(|t| self.is_record(t))
    }

    /// Whether a value is a record of any type.
    fn is_record_value(&mut self, value: Value) -> Value {
        let records: Vec<Desc> = (0u32..)
            .zip(&self.m.type_infos)
            .filter(|(_, info)| info.is_record)
            .map(|(i, _)| Desc::Named(TypeId::user(i)))
            .collect();
        // The machine tests for a single type without leaving its loop.
        let desc = match &records[..] {
            [only] => only.clone(),
            _ => Desc::Union(records),
        };
        let desc = self.m.descs.intern(desc);
        self.b.op(Op::IsType, &[value], &[u64::from(desc.0)])
    }

    /// A frozen name holds a record for good: changing a field of it raises.
    fn forbid_record(&mut self, var: VarId, object: Value) {
        let is_record = self.is_record_value(object);
        let (fail, pass) = (self.b.new_block(), self.b.new_block());
        self.b.branch(is_record, (fail, &[]), (pass, &[]));
        self.b.seal(fail);
        self.b.seal(pass);
        self.b.switch_to(fail);
        self.raise_constant(self.m.res.var(var).name);
        self.b.switch_to(pass);
    }

    fn store_static(&mut self, session: TypeIdx, name: Symbol, value: Value) {
        let info = &self.m.type_infos[session.0 as usize];
        let field = info.statics.iter().find(|f| f.name == name).cloned();
        match field {
            Some(field) if self.may_access(session, field.is_private) => {
                if field.is_constant {
                    return self.raise_constant(name);
                }
                let value = self.coerce_field(value, &field.ty, session, field.name);
                let rep = self.m.globals[field.global.0 as usize].rep;
                let value = self.fit(value, rep);
                self.b.op_void(Op::SetGlobal, &[value], &[u64::from(field.global.0)]);
            }
            _ => {
                let object = self.session_value(session);
                let id = self.m.sym(name);
                let site = self.m.site();
                self.b.op(Op::SetMember, &[object, value], &[u64::from(id.0), site]);
            }
        }
    }
}
