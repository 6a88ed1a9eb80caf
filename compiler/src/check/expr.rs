//! Expressions.

use super::Checker;
use super::annotation::nullable;
use super::function::awaited;
use super::relation::non_null;
use crate::resolve::NameRef;
use crate::types::{FunctionTy, Ty};
use hyp_bytecode::builtin::Builtin;
use hyp_grammar::ast::{Expr, ExprKind, TemplatePart};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::operator::UnaryOp;
use hyp_grammar::span::Span;
use std::rc::Rc;

impl<'a> Checker<'a, '_> {
    /// Checks an expression and returns its type.
    pub(super) fn expr(&mut self, expr: &'a Expr<'a>) -> Ty {
        let ty = self.expr_type(expr);
        self.set_expr(expr.id, &ty);
        ty
    }

    pub(super) fn opt_expr(&mut self, expr: Option<&'a Expr<'a>>) -> Option<Ty> {
        expr.map(|expr| self.expr(expr))
    }

    fn expr_type(&mut self, expr: &'a Expr<'a>) -> Ty {
        if self.resolution.qualified(expr).is_some() {
            return self.name(expr);
        }
        match expr.kind {
            ExprKind::Error => Ty::Unknown,
            ExprKind::Number(_) => Ty::Number,
            ExprKind::String(_) => Ty::String,
            ExprKind::Bool(_) => Ty::Boolean,
            ExprKind::Null => Ty::Null,
            ExprKind::This | ExprKind::Name(_) => self.name(expr),
            ExprKind::Template(template) => {
                for part in template.parts {
                    if let TemplatePart::Hole(hole) = part {
                        self.expr(hole);
                    }
                }
                Ty::String
            }
            ExprKind::Array(items) => self.array(items),
            ExprKind::Object(fields) => self.object(fields),
            ExprKind::Record(literal) => self.record_literal(literal, expr.span),
            ExprKind::Function(function) => self.function(function),
            ExprKind::Entrain(entrain) => self.entrain(entrain, true),
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Unary { op, operand } => self.unary(op, operand, expr.span),
            ExprKind::Binary { .. } => self.binary(expr),
            ExprKind::Range { from, to, step, .. } => {
                for bound in [Some(from), Some(to), step].into_iter().flatten() {
                    let ty = self.expr(bound);
                    self.number_operand(&ty, bound.span, "a range");
                }
                Ty::Unknown
            }
            ExprKind::Assign { op, target, value } => self.assign(target, op, value),
            ExprKind::Conditional { cond, then, otherwise, .. } => {
                self.condition(cond, "condition");
                let start = self.mark();
                self.assume(cond, true);
                let then = self.expr(then);
                self.forget_since(start);
                self.assume(cond, false);
                let otherwise = self.expr(otherwise);
                self.forget_since(start);
                self.join(then, otherwise)
            }
            ExprKind::Call { callee, args, optional } => {
                self.call(callee, args, optional, expr.span)
            }
            ExprKind::Member { object, name, optional } => {
                let receiver = self.expr(object);
                self.optional_step(optional, object);
                let ty = self.member_read(&receiver, name, object);
                chained(ty, optional, &receiver)
            }
            ExprKind::Index { object, index, optional } => {
                let receiver = self.expr(object);
                let at = self.expr(index);
                self.optional_step(optional, object);
                let ty = self.index_type(&receiver, &at, expr.span, index.span);
                if optional { nullable(ty) } else { chained(ty, false, &receiver) }
            }
            ExprKind::With { base, fields } => self.with(base, fields),
        }
    }

    fn name(&mut self, expr: &'a Expr<'a>) -> Ty {
        match self.resolution.name(expr.id) {
            NameRef::Var(var) => self.narrowed_type(var),
            NameRef::Builtin(_) => Ty::AnyFunction,
            NameRef::Constant(_) => Ty::Number,
            NameRef::RecordType(idx) => self.record_constructor_type(idx),
            NameRef::SiblingMember { session, .. } => match expr.kind {
                ExprKind::Name(symbol) => {
                    let member = self.members.get(session.0 as usize).and_then(|m| m.get(&symbol));
                    member.map_or(Ty::Unknown, |m| self.field_type(session, m.sort, m.is_static))
                }
                _ => Ty::Unknown,
            },
            NameRef::Unresolved => Ty::Unknown,
        }
    }

    /// The type of the builtin that an expression names.
    pub(super) fn named_builtin(&self, expr: &Expr<'_>) -> Option<Builtin> {
        match self.resolution.name(expr.id) {
            NameRef::Builtin(builtin) if matches!(expr.kind, ExprKind::Name(_)) => Some(builtin),
            _ => None,
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &'a Expr<'a>, span: Span) -> Ty {
        let ty = self.expr(operand);
        match op {
            UnaryOp::Not => {
                self.logical_operand(&ty, operand.span, "!");
                Ty::Boolean
            }
            UnaryOp::Neg | UnaryOp::Plus | UnaryOp::BitNot => {
                self.unary_operand(op, &ty, span);
                Ty::Number
            }
            UnaryOp::Await => awaited(&ty),
        }
    }

    fn unary_operand(&mut self, op: UnaryOp, ty: &Ty, span: Span) {
        if matches!(non_null(ty), Ty::Number | Ty::Unknown) {
            return;
        }
        let found = self.show(ty);
        let message = format!("operator `{}` needs a number, got {found}", op.symbol());
        self.report(
            Diagnostic::new(Code::OperandMismatch, span, message)
                .with_primary(format!("the operand is of type {found}")),
        );
    }

    /// Reports an operand of known type that is no number.
    pub(super) fn number_operand(&mut self, ty: &Ty, span: Span, what: &str) {
        if matches!(non_null(ty), Ty::Number | Ty::Unknown) {
            return;
        }
        let found = self.show(ty);
        let message = format!("{what} needs numbers, got {found}");
        self.report(
            Diagnostic::new(Code::OperandMismatch, span, message)
                .with_primary(format!("this is of type {found}")),
        );
    }

    /// A condition must be boolean or unknown.
    pub(super) fn condition(&mut self, cond: &'a Expr<'a>, what: &str) {
        if let ExprKind::Assign { op: hyp_grammar::operator::AssignOp::Set, .. } = cond.kind {
            self.report(
                Diagnostic::new(
                    Code::AssignmentAsCondition,
                    cond.span,
                    "assignment used as a condition",
                )
                .with_primary("this assigns")
                .with_help("compare with `==`, or put the assignment into parentheses"),
            );
        }
        let ty = self.expr(cond);
        if matches!(non_null(&ty), Ty::Boolean | Ty::Unknown) {
            return;
        }
        let found = self.show(&ty);
        let message = format!("{what} must be boolean, got {found}");
        self.report(
            Diagnostic::new(Code::ConditionNotBoolean, cond.span, message)
                .with_primary(format!("this is of type {found}")),
        );
    }

    /// `a[i]`
    pub(super) fn index_type(&mut self, receiver: &Ty, at: &Ty, span: Span, at_span: Span) -> Ty {
        match non_null(receiver) {
            Ty::Array(item) => {
                self.index_operand(at, at_span);
                (**item).clone()
            }
            Ty::String => {
                self.index_operand(at, at_span);
                Ty::String
            }
            Ty::Unknown | Ty::Object | Ty::Record(_) | Ty::Structural(_) | Ty::Union(_) => {
                Ty::Unknown
            }
            Ty::AnyInstance | Ty::Trance => Ty::Unknown,
            other => {
                let found = self.show(other);
                let message = format!("cannot index a value of type {found}");
                self.report(
                    Diagnostic::new(Code::NotIndexable, span, message)
                        .with_primary("only arrays, strings, objects and records have elements"),
                );
                Ty::Unknown
            }
        }
    }

    fn index_operand(&mut self, at: &Ty, span: Span) {
        if matches!(non_null(at), Ty::Number | Ty::Unknown) {
            return;
        }
        let found = self.show(at);
        let message = format!("index is not a number but {found}");
        self.report(
            Diagnostic::new(Code::IndexNotNumber, span, message)
                .with_primary(format!("this is of type {found}")),
        );
    }

    /// Warns of `?.` and `??` on a value that is never null.
    pub(super) fn optional_step(&mut self, optional: bool, receiver: &'a Expr<'a>) {
        if optional {
            self.never_null(receiver, "?.");
        }
    }

    pub(super) fn never_null(&mut self, value: &'a Expr<'a>, operator: &str) {
        let mut inner = value;
        while let ExprKind::Paren(next) = inner.kind {
            inner = next;
        }
        let never = match inner.kind {
            ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Bool(_)
            | ExprKind::Template(_)
            | ExprKind::Array(_)
            | ExprKind::Object(_)
            | ExprKind::Record(_)
            | ExprKind::Function(_) => true,
            ExprKind::Binary { op, .. } => !op.is_short_circuit(),
            ExprKind::Name(_) => match self.resolution.name(inner.id) {
                NameRef::Var(var) => {
                    self.is_annotated(var) && matches!(self.var_type(var), Ty::Number | Ty::Boolean)
                }
                NameRef::Constant(_) => true,
                _ => false,
            },
            _ => false,
        };
        if never {
            let message = format!("left side of `{operator}` is never null");
            self.report(
                Diagnostic::new(Code::NeverNull, value.span, message)
                    .with_primary("this always has a value"),
            );
        }
    }

    pub(super) fn record_constructor_type(&self, idx: crate::types::TypeIdx) -> Ty {
        let record = Ty::Record(idx);
        match self.constructor_of(idx) {
            Some(signature) => Ty::Function(Rc::new(FunctionTy {
                params: signature.params.clone(),
                n_required: signature.n_required,
                result: record,
            })),
            None => Ty::AnyFunction,
        }
    }
}

/// The type of a step in an optional chain: null when the receiver may be.
pub(super) fn chained(ty: Ty, optional: bool, receiver: &Ty) -> Ty {
    if optional && !matches!(receiver, Ty::Unknown) { nullable(ty) } else { ty }
}
