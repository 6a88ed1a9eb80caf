//! Infix operators.

use super::Checker;
use super::relation::non_null;
use crate::types::Ty;
use hyp_grammar::ast::{Expr, ExprKind};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::operator::BinaryOp;
use hyp_grammar::span::Span;

impl<'a> Checker<'a, '_> {
    /// The type of a chain of binary operators. What holds where the right side of an `&&` or `||` is
    /// evaluated holds for the next one of the same kind as well.
    pub(super) fn binary(&mut self, expr: &'a Expr<'a>) -> Ty {
        let chain = expr.chain();
        let mut left_type = self.expr(chain.first);
        let (mut left, mut tested) = (chain.first, chain.first);
        let start = self.mark();
        let mut before = None;
        for link in &chain.links {
            if before.is_some_and(|op| op != link.op) {
                self.forget_since(start);
                tested = left;
            }
            match link.op {
                BinaryOp::And => self.assume(tested, true),
                BinaryOp::Or => self.assume(tested, false),
                _ => {}
            }
            let right_type = self.expr(link.right);
            let span = link.whole.span;
            let ty = self.binary_result(link.op, left, &left_type, link.right, &right_type, span);
            self.set_expr(link.whole.id, &ty);
            (left, left_type) = (link.whole, ty);
            (tested, before) = (link.right, Some(link.op));
        }
        self.forget_since(start);
        left_type
    }

    /// The type of `left op right`, whose operands are checked already.
    pub(super) fn binary_result(
        &mut self,
        op: BinaryOp,
        left: &'a Expr<'a>,
        left_type: &Ty,
        right: &'a Expr<'a>,
        right_type: &Ty,
        span: Span,
    ) -> Ty {
        let (a, b) = (non_null(left_type), non_null(right_type));
        match op {
            BinaryOp::Add => self.add(a, b, left, right, span),
            BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => {
                self.arithmetic(op, a, b, left, right, span)
            }
            BinaryOp::BitOr
            | BinaryOp::BitXor
            | BinaryOp::BitAnd
            | BinaryOp::ShiftDeeper
            | BinaryOp::ShiftLighter => self.arithmetic(op, a, b, left, right, span),
            BinaryOp::Pow => match (a, b) {
                (Ty::Boolean, Ty::Boolean) => Ty::Boolean,
                (Ty::Unknown, Ty::Unknown | Ty::Boolean) | (Ty::Boolean, Ty::Unknown) => {
                    Ty::Unknown
                }
                _ => self.arithmetic(op, a, b, left, right, span),
            },
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                self.ordering(op, a, b, left, right, span);
                Ty::Boolean
            }
            BinaryOp::Eq | BinaryOp::Ne => {
                self.equality(op, left_type, right_type, span);
                Ty::Boolean
            }
            BinaryOp::And | BinaryOp::Or => {
                self.logical_operand(left_type, left.span, op.symbol());
                self.join(left_type.clone(), right_type.clone())
            }
            BinaryOp::Coalesce => {
                self.never_null(left, "??");
                self.coalesce_precedence(left);
                if *left_type == Ty::Null {
                    return right_type.clone();
                }
                self.join(a.clone(), right_type.clone())
            }
        }
    }

    fn add(&mut self, a: &Ty, b: &Ty, left: &'a Expr<'a>, right: &'a Expr<'a>, span: Span) -> Ty {
        match (a, b) {
            (Ty::String, _) | (_, Ty::String) => Ty::String,
            (Ty::Number, Ty::Number) => Ty::Number,
            (Ty::Unknown, _) | (_, Ty::Unknown) => Ty::Unknown,
            _ => {
                self.operands(BinaryOp::Add, "numbers or a string", [a, b], left, right, span);
                Ty::Number
            }
        }
    }

    fn arithmetic(
        &mut self,
        op: BinaryOp,
        a: &Ty,
        b: &Ty,
        left: &'a Expr<'a>,
        right: &'a Expr<'a>,
        span: Span,
    ) -> Ty {
        let fits = |ty: &Ty| matches!(ty, Ty::Number | Ty::Unknown);
        if !fits(a) || !fits(b) {
            self.operands(op, "numbers", [a, b], left, right, span);
        }
        Ty::Number
    }

    fn ordering(
        &mut self,
        op: BinaryOp,
        a: &Ty,
        b: &Ty,
        left: &'a Expr<'a>,
        right: &'a Expr<'a>,
        span: Span,
    ) {
        let known = |ty: &Ty| matches!(ty, Ty::Number | Ty::String);
        let fits = match (a, b) {
            (Ty::Unknown, Ty::Unknown) => true,
            (Ty::Unknown, other) | (other, Ty::Unknown) => known(other),
            _ => a == b && known(a),
        };
        if !fits {
            self.operands(op, "two numbers or two strings", [a, b], left, right, span);
        }
    }

    fn operands(
        &mut self,
        op: BinaryOp,
        needs: &str,
        types: [&Ty; 2],
        left: &'a Expr<'a>,
        right: &'a Expr<'a>,
        span: Span,
    ) {
        let [a, b] = types.map(|ty| self.show(ty));
        let message = format!("operator `{}` needs {needs}, got {a} and {b}", op.symbol());
        self.report(
            Diagnostic::new(Code::OperandMismatch, span, message)
                .with_label(left.span, a)
                .with_label(right.span, b),
        );
    }

    /// Values of different primitive types are never equal.
    fn equality(&mut self, op: BinaryOp, a: &Ty, b: &Ty, span: Span) {
        let primitive = |ty: &Ty| matches!(ty, Ty::Number | Ty::String | Ty::Boolean);
        let object = |ty: &Ty| {
            matches!(ty, Ty::Array(_) | Ty::Record(_) | Ty::Instance(_) | Ty::Function(_))
        };
        let kinds_differ = (primitive(a) && primitive(b) && a != b)
            || (primitive(a) && object(b))
            || (object(a) && primitive(b));
        if !kinds_differ {
            return;
        }
        let (a, b) = (self.show(a), self.show(b));
        let message = format!("{a} and {b} are never equal");
        let answer = if op == BinaryOp::Eq { "false" } else { "true" };
        self.report(
            Diagnostic::new(Code::NeverEqual, span, message)
                .with_primary(format!("always {answer}")),
        );
    }

    /// An operand of `!`, `&&` or `||` should be boolean.
    pub(super) fn logical_operand(&mut self, ty: &Ty, span: Span, operator: &str) {
        if matches!(non_null(ty), Ty::Boolean | Ty::Unknown) {
            return;
        }
        let found = self.show(ty);
        let message = format!("operand of `{operator}` is {found}, not boolean");
        self.report(
            Diagnostic::new(Code::NonBooleanOperand, span, message)
                .with_primary("its truthiness is used"),
        );
    }

    /// `"x: " + a ?? "d"` means `("x: " + a) ?? "d"`.
    fn coalesce_precedence(&mut self, left: &'a Expr<'a>) {
        let ExprKind::Binary { op: BinaryOp::Add, right, .. } = left.kind else { return };
        self.report(
            Diagnostic::new(Code::CoalescePrecedence, left.span, "`+` binds tighter than `??`")
                .with_primary("the whole sum is the left side of `??`")
                .with_label(right.span, "a default for this needs parentheses")
                .with_help("write `a + (b ?? c)`, or `(a + b) ?? c` if the sum is meant"),
        );
    }
}
