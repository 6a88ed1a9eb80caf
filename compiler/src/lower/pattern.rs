//! Patterns: tests that jump away on failure, and bindings.

use hyp_bytecode::module::Desc;
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_grammar::ast::{self, Pattern, PatternKind};
use hyp_grammar::operator::RangeOp;
use hyp_ssa::ir::{Block, Value};

use super::function::FnLower;
use super::pos_of;
use super::table::exact_desc;
use crate::types::Ty;

impl<'a> FnLower<'_, '_, 'a> {
    /// Tests `value` against a pattern and binds its names; jumps to `fail` if it does not match.
    /// Patterns never raise.
    pub(super) fn matches(&mut self, pattern: &'a Pattern<'a>, value: Value, fail: Block) {
        self.b.set_pos(pos_of(pattern.span.start));
        match pattern.kind {
            PatternKind::Error | PatternKind::Wildcard => {}
            PatternKind::Number(x) => {
                let literal = self.b.f64(x);
                self.require_equal(value, literal, fail);
            }
            PatternKind::String(text) => {
                let id = self.m.strings.intern(text);
                let literal = self.b.str(id);
                self.require_equal(value, literal, fail);
            }
            PatternKind::Bool(x) => {
                let literal = self.b.bool_any(x);
                self.require_equal(value, literal, fail);
            }
            PatternKind::Null => {
                let is_null = self.b.op(Op::IsNull, &[value], &[]);
                self.require(is_null, fail);
            }
            PatternKind::Bind(name) => self.bind(name, value),
            PatternKind::Typed { name, ty } => {
                self.require_type(value, ty, fail);
                if let Some(name) = name {
                    self.bind(name, value);
                }
            }
            PatternKind::As { name, pattern } => {
                self.matches(pattern, value, fail);
                self.bind(name, value);
            }
            PatternKind::Record { namespace, name, fields } => {
                let desc = self.record_desc(namespace, name);
                let named = if let Desc::Named(ty) = desc { Some(ty) } else { None };
                self.require_desc(value, desc, fail);
                let value = match named {
                    Some(ty) => self.b.op(Op::CheckRef, &[value], &[u64::from(ty.0)]),
                    None => value,
                };
                self.field_patterns(fields, value, fail);
            }
            PatternKind::Object { fields } => {
                self.require_desc(value, Desc::Object, fail);
                self.field_patterns(fields, value, fail);
            }
            PatternKind::Array { items, rest } => self.array_pattern(items, rest, value, fail),
            PatternKind::Or(alternatives) => self.or_pattern(alternatives, value, fail),
            PatternKind::Range { op, from, to } => self.range_pattern(op, from, to, value, fail),
        }
    }

    fn require(&mut self, cond: Value, fail: Block) {
        let next = self.b.new_block();
        self.b.branch(cond, (next, &[]), (fail, &[]));
        self.b.seal(next);
        self.b.switch_to(next);
    }

    fn require_equal(&mut self, value: Value, literal: Value, fail: Block) {
        let op = if self.b.rep(value) == Rep::F64 && self.b.rep(literal) == Rep::F64 {
            Op::EqF64
        } else {
            Op::EqAny
        };
        let equal = self.b.op(op, &[value, literal], &[]);
        self.require(equal, fail);
    }

    fn require_desc(&mut self, value: Value, desc: Desc, fail: Block) {
        let id = self.m.descs.intern(desc);
        let matches = self.b.op(Op::IsType, &[value], &[u64::from(id.0)]);
        self.require(matches, fail);
    }

    fn require_type(&mut self, value: Value, ty: &'a ast::Type<'a>, fail: Block) {
        let ty = crate::check::resolve_type(ty, self.m.res, self.m.interner);
        if ty != Ty::Unknown {
            self.require_desc(value, exact_desc(&ty), fail);
        }
    }

    fn record_desc(&self, namespace: Option<ast::Ident>, name: ast::Ident) -> Desc {
        if namespace.is_none() && name.name == hyp_grammar::intern::known::OBJECT {
            return Desc::Object;
        }
        match self.m.res.type_named(namespace, name) {
            Some(t) => Desc::Named(TypeId::user(t.0)),
            None => Desc::Union(Vec::new()),
        }
    }

    fn field_patterns(&mut self, fields: &'a [ast::FieldPattern<'a>], value: Value, fail: Block) {
        for field in fields {
            self.b.set_pos(pos_of(field.span.start));
            let name = field.name.name;
            let known = self.known_type(value).and_then(|t| self.field_slot(t, name));
            let part = if known.is_some() {
                self.member(value, name)
            } else {
                let id = self.m.sym(name);
                let key = self.b.str(id);
                self.b.op(Op::GetIndexOpt, &[value, key], &[])
            };
            self.matches(field.pattern, part, fail);
        }
    }

    fn array_pattern(
        &mut self,
        items: &'a [&'a Pattern<'a>],
        rest: Option<ast::RestPattern>,
        value: Value,
        fail: Block,
    ) {
        self.require_desc(value, Desc::Array(Box::new(Desc::Any)), fail);
        let length = self.b.op(Op::Length, &[value], &[]);
        #[expect(clippy::cast_precision_loss, reason = "a pattern has few items")]
        let count = self.b.f64(items.len() as f64);
        let fits = if rest.is_some() {
            self.b.op(Op::LeF64, &[count, length], &[])
        } else {
            self.b.op(Op::EqF64, &[length, count], &[])
        };
        self.require(fits, fail);
        for (i, item) in items.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "a pattern has few items")]
            let index = self.b.f64(i as f64);
            let part = self.b.op(Op::ArrayGet, &[value, index], &[]);
            self.matches(item, part, fail);
        }
        if let Some(name) = rest.and_then(|r| r.name) {
            let tail = self.builtin_by_name("ArraySkip", &[value, count]);
            self.bind(name, tail);
        }
    }

    /// The first alternative that matches binds its names.
    fn or_pattern(&mut self, alternatives: &'a [&'a Pattern<'a>], value: Value, fail: Block) {
        let matched = self.b.new_block();
        for (i, alternative) in alternatives.iter().enumerate() {
            if i + 1 == alternatives.len() {
                self.matches(alternative, value, fail);
                self.b.jump(matched, &[]);
            } else {
                let next = self.b.new_block();
                self.matches(alternative, value, next);
                self.b.jump(matched, &[]);
                self.b.seal(next);
                self.b.switch_to(next);
            }
        }
        self.b.seal(matched);
        self.b.switch_to(matched);
    }

    fn range_pattern(&mut self, op: RangeOp, from: f64, to: f64, value: Value, fail: Block) {
        self.require_desc(value, Desc::Number, fail);
        let number = self.number(value);
        let (low, high) = if op == RangeOp::DownTo { (to, from) } else { (from, to) };
        let (low, high) = (self.b.f64(low), self.b.f64(high));
        let above = self.b.op(Op::LeF64, &[low, number], &[]);
        self.require(above, fail);
        let op = if op == RangeOp::Until { Op::LtF64 } else { Op::LeF64 };
        let below = self.b.op(op, &[number, high], &[]);
        self.require(below, fail);
    }

    /// Binds the names of a declaration pattern. Missing parts are null; taking a non-array or
    /// null apart raises as an index or member access would.
    pub(super) fn destructure(&mut self, pattern: &'a Pattern<'a>, value: Value) {
        match pattern.kind {
            PatternKind::Bind(name) => self.bind(name, value),
            PatternKind::Array { items, rest } => {
                #[expect(clippy::cast_precision_loss, reason = "a pattern has few items")]
                for (i, item) in items.iter().enumerate() {
                    let index = self.b.f64(i as f64);
                    let part = self.b.op(Op::GetIndexOpt, &[value, index], &[]);
                    self.destructure(item, part);
                }
                if let Some(name) = rest.and_then(|r| r.name) {
                    #[expect(clippy::cast_precision_loss, reason = "a pattern has few items")]
                    let count = self.b.f64(items.len() as f64);
                    let tail = self.builtin_by_name("ArraySkip", &[value, count]);
                    self.bind(name, tail);
                }
            }
            PatternKind::Object { fields } | PatternKind::Record { fields, .. } => {
                for field in fields {
                    let id = self.m.sym(field.name.name);
                    let key = self.b.str(id);
                    let part = self.b.op(Op::GetIndexOpt, &[value, key], &[]);
                    self.destructure(field.pattern, part);
                }
            }
            PatternKind::As { name, pattern } => {
                self.destructure(pattern, value);
                self.bind(name, value);
            }
            PatternKind::Typed { name: Some(name), .. } => self.bind(name, value),
            _ => {}
        }
    }
}
