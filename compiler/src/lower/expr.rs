//! Expressions. Every function here returns a tagged-compatible value.

use hyp_bytecode::module::ErrorKind;
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_grammar::ast::{self, Expr, ExprKind, FieldInit, FieldKey, TemplatePart};
use hyp_grammar::intern::Symbol;
use hyp_grammar::operator::{AssignOp, BinaryOp};
use hyp_grammar::span::ExprId;
use hyp_ssa::ir::{Pos, Value};

use super::function::FnLower;
use super::pos_of;
use crate::resolve::NameRef;
use crate::types::{Ty, TypeIdx};

/// How many operands a literal passes at once; the rest is appended one by one, so that long
/// literals do not need as many registers as elements.
const LITERAL_CHUNK: usize = 24;

impl<'a> FnLower<'_, '_, 'a> {
    pub(super) fn expr(&mut self, expr: &'a Expr<'a>) -> Value {
        match &expr.kind {
            ExprKind::Error | ExprKind::Null => self.b.null(),
            ExprKind::Number(x) => self.b.f64(*x),
            ExprKind::String(text) => self.string(text),
            ExprKind::Bool(x) => self.b.bool_any(*x),
            ExprKind::This => self.name_value(expr.id, hyp_grammar::intern::known::THIS, expr),
            ExprKind::Name(symbol) => self.name_value(expr.id, *symbol, expr),
            ExprKind::Template(template) => self.template(template),
            ExprKind::Array(items) => self.array(items),
            ExprKind::Object(fields) => self.object(fields),
            ExprKind::Record(lit) => self.record_literal(lit, expr),
            ExprKind::Function(node) => {
                self.b.set_pos(pos_of(expr.span.start));
                self.closure(node.id)
            }
            ExprKind::Entrain(entrain) => self.entrain(entrain, true, true),
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Unary { op, operand } => self.unary(*op, operand),
            ExprKind::Binary { .. } => self.binary(expr),
            ExprKind::Range { op, from, to, step } => self.range_array(*op, from, to, *step),
            ExprKind::Assign { op, target, value } => self.assign(*op, target, value, expr),
            ExprKind::Conditional { cond, then, otherwise, .. } => {
                self.conditional(cond, then, otherwise)
            }
            ExprKind::Call { .. } | ExprKind::Member { .. } | ExprKind::Index { .. } => {
                self.chain(expr)
            }
            ExprKind::With { base, fields } => self.with(base, fields, expr),
        }
    }

    /// An expression whose value goes into a place of this type: an object literal becomes the
    /// record.
    pub(super) fn expr_expecting(&mut self, expr: &'a Expr<'a>, expected: &Ty) -> Value {
        if let (ExprKind::Object(fields), Ty::Record(t)) = (&expr.kind, expected)
            && self.fits_record(fields, *t)
        {
            return self.record(*t, fields, expr);
        }
        self.expr(expr)
    }

    fn fits_record(&self, fields: &[FieldInit<'a>], t: TypeIdx) -> bool {
        let info = &self.m.type_infos[t.0 as usize];
        let is_named = |name: Symbol| fields.iter().any(|f| field_name(f) == Some(name));
        fields
            .iter()
            .all(|f| field_name(f).is_some_and(|name| info.fields.iter().any(|i| i.name == name)))
            && info
                .fields
                .iter()
                .all(|i| is_named(i.name) || i.init.is_some() || matches!(i.ty, Ty::Nullable(_)))
    }

    fn string(&mut self, text: &str) -> Value {
        let id = self.m.strings.intern(text);
        self.b.str(id)
    }

    pub(super) fn name_value(&mut self, id: ExprId, symbol: Symbol, expr: &'a Expr<'a>) -> Value {
        self.b.set_pos(pos_of(expr.span.start));
        match self.m.res.name(id) {
            NameRef::Var(var) => self.read(var),
            NameRef::Builtin(builtin) => {
                self.b.op(Op::LoadBuiltin, &[], &[u64::from(builtin as u16)])
            }
            NameRef::Constant(x) => self.b.f64(x),
            NameRef::RecordType(t) => match self.m.type_infos[t.0 as usize].constructor {
                Some(func) => self.b.op(Op::LoadFunc, &[], &[u64::from(func.0)]),
                None => self.raise_value(ErrorKind::Runtime, "Value is not callable"),
            },
            NameRef::SiblingMember { session, is_static } => {
                self.sibling(session, is_static, symbol)
            }
            NameRef::Unresolved => {
                let message = format!("Variable '{}' not found", self.m.interner.resolve(symbol));
                self.raise_value(ErrorKind::Undefined, &message)
            }
        }
    }

    /// An unqualified member inside its session.
    fn sibling(&mut self, session: TypeIdx, is_static: bool, name: Symbol) -> Value {
        if is_static {
            return self.static_member(session, name);
        }
        let receiver = self.receiver();
        self.member(receiver, name)
    }

    /// The running method's receiver.
    pub(super) fn receiver(&mut self) -> Value {
        if let Some(this) = self.this {
            return self.b.use_var(this);
        }
        let captured = self.key.and_then(|key| {
            let list = &self.m.captures[key.index()];
            list.iter().copied().find(|v| self.m.res.var(*v).kind == crate::resolve::VarKind::This)
        });
        match captured {
            Some(var) => self.read(var),
            None => self.raise_value(ErrorKind::Undefined, "Variable 'this' not found"),
        }
    }

    fn template(&mut self, template: &'a ast::Template<'a>) -> Value {
        let mut parts = Vec::with_capacity(template.parts.len());
        for part in template.parts {
            parts.push(match part {
                TemplatePart::Text(text) => self.string(text),
                TemplatePart::Hole(expr) => self.expr(expr),
            });
        }
        if parts.is_empty() {
            return self.string("");
        }
        while parts.len() > LITERAL_CHUNK {
            let rest = parts.split_off(LITERAL_CHUNK);
            let joined = self.b.op(Op::Concat, &parts, &[]);
            parts = vec![joined];
            parts.extend(rest);
        }
        self.b.op(Op::Concat, &parts, &[])
    }

    fn array(&mut self, items: &'a [&'a Expr<'a>]) -> Value {
        let (head, tail) = items.split_at(items.len().min(LITERAL_CHUNK));
        let values: Vec<Value> = head.iter().map(|e| self.expr(e)).collect();
        let array = self.b.op(Op::NewArray, &values, &[]);
        for item in tail {
            let value = self.expr(item);
            self.b.op(Op::ArrayPush, &[array, value], &[]);
        }
        array
    }

    fn object(&mut self, fields: &'a [FieldInit<'a>]) -> Value {
        let plain = fields
            .iter()
            .take(LITERAL_CHUNK / 2)
            .take_while(|f| matches!(f, FieldInit::Field { .. }))
            .count();
        let mut pairs = Vec::with_capacity(plain * 2);
        for field in &fields[..plain] {
            if let FieldInit::Field { key, value, .. } = field {
                pairs.push(self.key(key));
                pairs.push(self.expr(value));
            }
        }
        let mut object = self.b.op(Op::NewObject, &pairs, &[]);
        for field in &fields[plain..] {
            match field {
                FieldInit::Field { key, value, .. } => {
                    let key = self.key(key);
                    let value = self.expr(value);
                    self.b.op(Op::SetIndex, &[object, key, value], &[]);
                }
                FieldInit::Spread { value, span } => {
                    let value = self.expr(value);
                    self.b.set_pos(pos_of(span.start));
                    object = self.builtin_by_name("DictMerge", &[object, value]);
                }
            }
        }
        object
    }

    fn key(&mut self, key: &FieldKey<'a>) -> Value {
        match key {
            FieldKey::Name(name) => {
                let id = self.m.sym(name.name);
                self.b.str(id)
            }
            FieldKey::String(text, _) => self.string(text),
            FieldKey::Computed(expr) => self.expr(expr),
        }
    }

    fn record_literal(&mut self, lit: &'a ast::RecordLit<'a>, expr: &'a Expr<'a>) -> Value {
        let found = self.m.res.type_named(lit.namespace, lit.name);
        match found.filter(|t| self.is_record(*t)) {
            Some(t) => self.record(t, lit.fields, expr),
            None => {
                self.b.set_pos(pos_of(expr.span.start));
                let name = self.m.interner.resolve(lit.name.name);
                let message = format!("Undefined tranceify type '{name}'");
                self.raise_value(ErrorKind::Runtime, &message)
            }
        }
    }

    pub(super) fn is_record(&self, t: TypeIdx) -> bool {
        self.m.type_infos.get(t.0 as usize).is_some_and(|i| i.is_record)
    }

    /// A record from its fields in source order; the last of several wins, unknown ones are
    /// evaluated and dropped, missing ones take their default, else null.
    fn record(&mut self, t: TypeIdx, fields: &'a [FieldInit<'a>], expr: &'a Expr<'a>) -> Value {
        let n = self.m.type_infos[t.0 as usize].fields.len();
        let mut values: Vec<Option<(Value, Pos)>> = vec![None; n];
        for field in fields {
            match field {
                FieldInit::Field { value, .. } => {
                    let at = pos_of(value.span.start);
                    let slot = field_name(field).and_then(|name| self.field_slot(t, name));
                    let value = match slot {
                        Some(slot) => {
                            let ty = self.m.type_infos[t.0 as usize].fields[slot].ty.clone();
                            self.expr_expecting(value, &ty)
                        }
                        None => self.expr(value),
                    };
                    if let Some(slot) = slot {
                        values[slot] = Some((value, at));
                    }
                }
                FieldInit::Spread { value, span } => {
                    let source = self.expr(value);
                    for (slot, entry) in values.iter_mut().enumerate() {
                        let name = self.m.type_infos[t.0 as usize].fields[slot].name;
                        *entry = Some((self.member(source, name), pos_of(span.start)));
                    }
                }
            }
        }
        self.b.set_pos(pos_of(expr.span.start));
        self.finish_record(t, &values)
    }

    /// A record of these values; each is checked at its own place.
    fn finish_record(&mut self, t: TypeIdx, values: &[Option<(Value, Pos)>]) -> Value {
        let here = self.b.pos();
        let mut args = Vec::with_capacity(values.len());
        for (slot, value) in values.iter().enumerate() {
            let field = &self.m.type_infos[t.0 as usize].fields[slot];
            let (ty, name, rep, init) = (field.ty.clone(), field.name, field.rep, field.init);
            let value = match (value, init) {
                (Some((value, at)), _) => {
                    self.b.set_pos(*at);
                    *value
                }
                (None, Some(init)) => self.expr(init),
                (None, None) => self.b.null(),
            };
            let value = self.coerce_field(value, &ty, t, name);
            args.push(self.fit(value, rep));
            self.b.set_pos(here);
        }
        self.b.op(Op::NewRecord, &args, &[u64::from(TypeId::user(t.0).0)])
    }

    pub(super) fn field_slot(&self, t: TypeIdx, name: Symbol) -> Option<usize> {
        self.m.type_infos.get(t.0 as usize)?.fields.iter().position(|f| f.name == name)
    }

    /// `base with { … }`: a copy with replacements.
    fn with(
        &mut self,
        base: &'a Expr<'a>,
        fields: &'a [FieldInit<'a>],
        expr: &'a Expr<'a>,
    ) -> Value {
        let base = self.expr(base);
        self.b.set_pos(pos_of(expr.span.start));
        let mut copy = self.b.op(Op::CopyRecord, &[base], &[]);
        for field in fields {
            if let (Some(name), FieldInit::Field { value, .. }) = (field_name(field), field) {
                let value = self.expr(value);
                self.b.set_pos(pos_of(expr.span.start));
                copy = self.set_member(copy, name, value);
            }
        }
        copy
    }

    fn conditional(
        &mut self,
        cond: &'a Expr<'a>,
        then: &'a Expr<'a>,
        otherwise: &'a Expr<'a>,
    ) -> Value {
        let (yes, no, join) = (self.b.new_block(), self.b.new_block(), self.b.new_block());
        let result = self.b.block_param(join, Rep::Any);
        self.condition(cond, yes, no);
        self.b.seal(yes);
        self.b.seal(no);
        self.b.switch_to(yes);
        let value = self.expr(then);
        self.b.jump(join, &[value]);
        self.b.switch_to(no);
        let value = self.expr(otherwise);
        self.b.jump(join, &[value]);
        self.b.seal(join);
        self.b.switch_to(join);
        result
    }

    fn assign(
        &mut self,
        op: AssignOp,
        target: &'a Expr<'a>,
        value: &'a Expr<'a>,
        expr: &'a Expr<'a>,
    ) -> Value {
        let place = self.place(target);
        match op {
            AssignOp::Set => {
                let expected = self.place_type(&place);
                // A check of a variable has the place of the value, as in a declaration.
                let is_variable = matches!(place, super::place::Place::Var(_));
                let at = if is_variable { value.span } else { expr.span };
                let value = self.expr_expecting(value, &expected);
                self.b.set_pos(pos_of(at.start));
                self.store(&place, value);
                value
            }
            AssignOp::Compound(BinaryOp::Coalesce) => {
                let old = self.load(&place);
                let (set, join) = (self.b.new_block(), self.b.new_block());
                let result = self.b.block_param(join, Rep::Any);
                let is_null = self.b.op(Op::IsNull, &[old], &[]);
                self.b.branch(is_null, (set, &[]), (join, &[old]));
                self.b.seal(set);
                self.b.switch_to(set);
                let value = self.expr(value);
                self.b.set_pos(pos_of(expr.span.start));
                self.store(&place, value);
                self.b.jump(join, &[value]);
                self.b.seal(join);
                self.b.switch_to(join);
                result
            }
            AssignOp::Compound(op) => {
                let old = self.load(&place);
                let value = self.expr(value);
                self.b.set_pos(pos_of(expr.span.start));
                let value = self.arithmetic(op, old, value);
                self.store(&place, value);
                value
            }
        }
    }
}

/// The name of an entry whose key is known.
pub(super) fn field_name(field: &FieldInit<'_>) -> Option<Symbol> {
    match field {
        FieldInit::Field { key: FieldKey::Name(name), .. } => Some(name.name),
        _ => None,
    }
}
