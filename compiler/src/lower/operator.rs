//! Operators.

use hyp_bytecode::op::Op;
use hyp_bytecode::rep::Rep;
use hyp_grammar::ast::{self, ExprKind};
use hyp_grammar::operator::{BinaryOp, UnaryOp};
use hyp_ssa::ir::Value;

use super::function::FnLower;
use super::pos_of;

impl<'a> FnLower<'_, '_, 'a> {
    /// ToNumber.
    pub(super) fn number(&mut self, value: Value) -> Value {
        if self.b.rep(value) == Rep::F64 { value } else { self.b.op(Op::ToNum, &[value], &[]) }
    }

    /// What a promise is fulfilled with; other values are the same.
    pub(super) fn awaited(&mut self, value: Value) -> Value {
        match self.b.rep(value) {
            Rep::Any => self.b.op(Op::Await, &[value], &[]),
            _ => value,
        }
    }

    pub(super) fn unary(&mut self, op: UnaryOp, operand: &'a ast::Expr<'a>) -> Value {
        match op {
            UnaryOp::Not => {
                let raw = self.truth(operand);
                let raw = self.b.op(Op::Not, &[raw], &[]);
                self.b.op(Op::BoxBool, &[raw], &[])
            }
            UnaryOp::Await => {
                let value = self.expr(operand);
                self.b.set_pos(pos_of(operand.span.start));
                self.awaited(value)
            }
            UnaryOp::Neg => {
                if let ExprKind::Number(x) = operand.kind {
                    return self.b.f64(-x);
                }
                let value = self.expr(operand);
                self.b.set_pos(pos_of(operand.span.start));
                if self.b.rep(value) == Rep::F64 {
                    self.b.op(Op::NegF64, &[value], &[])
                } else {
                    self.b.op(Op::NegAny, &[value], &[])
                }
            }
            UnaryOp::Plus => {
                let value = self.expr(operand);
                self.b.set_pos(pos_of(operand.span.start));
                self.number(value)
            }
            UnaryOp::BitNot => {
                let value = self.expr(operand);
                self.b.set_pos(pos_of(operand.span.start));
                let value = self.number(value);
                self.b.op(Op::BitNot, &[value], &[])
            }
        }
    }

    pub(super) fn binary(&mut self, expr: &'a ast::Expr<'a>) -> Value {
        let ExprKind::Binary { op, left, right } = expr.kind else { return self.b.null() };
        match op {
            BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce => {
                self.short_circuit(op, left, right)
            }
            BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::Lt
            | BinaryOp::Le
            | BinaryOp::Gt
            | BinaryOp::Ge => {
                let raw = self.comparison(expr);
                match raw {
                    Some(raw) => self.b.op(Op::BoxBool, &[raw], &[]),
                    None => self.b.null(),
                }
            }
            _ => {
                let a = self.expr(left);
                let b = self.expr(right);
                self.b.set_pos(pos_of(expr.span.start));
                self.arithmetic(op, a, b)
            }
        }
    }

    /// A comparison as a raw boolean; `None` for any other expression.
    pub(super) fn comparison(&mut self, expr: &'a ast::Expr<'a>) -> Option<Value> {
        let mut inner = expr;
        while let ExprKind::Paren(e) = inner.kind {
            inner = e;
        }
        match inner.kind {
            ExprKind::Binary { op, left, right } => {
                let (negated, swapped, kind) = match op {
                    BinaryOp::Eq => (false, false, 0),
                    BinaryOp::Ne => (true, false, 0),
                    BinaryOp::Lt => (false, false, 1),
                    BinaryOp::Gt => (false, true, 1),
                    BinaryOp::Le => (false, false, 2),
                    BinaryOp::Ge => (false, true, 2),
                    _ => return None,
                };
                let a = self.expr(left);
                let b = self.expr(right);
                self.b.set_pos(pos_of(inner.span.start));
                let raw = self.compare(kind, swapped, a, b);
                Some(if negated { self.b.op(Op::Not, &[raw], &[]) } else { raw })
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                let raw = self.truth(operand);
                Some(self.b.op(Op::Not, &[raw], &[]))
            }
            ExprKind::Bool(x) => Some(self.b.op(Op::LoadBool, &[], &[u64::from(x)])),
            _ => None,
        }
    }

    fn compare(&mut self, kind: u8, swapped: bool, a: Value, b: Value) -> Value {
        let numbers = self.b.rep(a) == Rep::F64 && self.b.rep(b) == Rep::F64;
        if swapped && !numbers {
            let op = if kind == 1 { Op::LtAny } else { Op::LeAny };
            let note = self.m.strings.intern("swapped");
            self.b.set_note(Some(note));
            let raw = self.b.op(op, &[b, a], &[]);
            self.b.set_note(None);
            return raw;
        }
        let (a, b) = if swapped { (b, a) } else { (a, b) };
        let op = match (kind, numbers) {
            (0, true) => Op::EqF64,
            (0, false) => Op::EqAny,
            (1, true) => Op::LtF64,
            (1, false) => Op::LtAny,
            (_, true) => Op::LeF64,
            (_, false) => Op::LeAny,
        };
        self.b.op(op, &[a, b], &[])
    }

    /// `+ - * / % ^` and the bit operators on computed operands.
    pub(super) fn arithmetic(&mut self, op: BinaryOp, a: Value, b: Value) -> Value {
        let numbers = self.b.rep(a) == Rep::F64 && self.b.rep(b) == Rep::F64;
        let code = match (op, numbers) {
            (BinaryOp::Add, true) => Op::AddF64,
            (BinaryOp::Add, false) => Op::AddAny,
            (BinaryOp::Sub, true) => Op::SubF64,
            (BinaryOp::Sub, false) => Op::SubAny,
            (BinaryOp::Mul, true) => Op::MulF64,
            (BinaryOp::Mul, false) => Op::MulAny,
            (BinaryOp::Div, true) => Op::DivF64,
            (BinaryOp::Div, false) => Op::DivAny,
            (BinaryOp::Rem, true) => Op::ModF64,
            (BinaryOp::Rem, false) => Op::ModAny,
            (BinaryOp::Pow, true) => Op::PowF64,
            (BinaryOp::Pow, false) => Op::PowAny,
            (BinaryOp::BitAnd, _) => return self.bits(Op::BitAnd, a, b),
            (BinaryOp::BitOr, _) => return self.bits(Op::BitOr, a, b),
            (BinaryOp::BitXor, _) => return self.bits(Op::BitXor, a, b),
            (BinaryOp::ShiftDeeper, _) => return self.bits(Op::BitShl, a, b),
            (BinaryOp::ShiftLighter, _) => return self.bits(Op::BitShr, a, b),
            _ => return self.b.null(),
        };
        self.b.op(code, &[a, b], &[])
    }

    fn bits(&mut self, op: Op, a: Value, b: Value) -> Value {
        let (a, b) = (self.number(a), self.number(b));
        self.b.op(op, &[a, b], &[])
    }

    fn short_circuit(
        &mut self,
        op: BinaryOp,
        left: &'a ast::Expr<'a>,
        right: &'a ast::Expr<'a>,
    ) -> Value {
        let a = self.expr(left);
        let (rest, join) = (self.b.new_block(), self.b.new_block());
        let result = self.b.block_param(join, Rep::Any);
        match op {
            BinaryOp::Coalesce => {
                let is_null = self.b.op(Op::IsNull, &[a], &[]);
                self.b.branch(is_null, (rest, &[]), (join, &[a]));
            }
            BinaryOp::And => {
                let truth = self.b.op(Op::Truthy, &[a], &[]);
                self.b.branch(truth, (rest, &[]), (join, &[a]));
            }
            _ => {
                let truth = self.b.op(Op::Truthy, &[a], &[]);
                self.b.branch(truth, (join, &[a]), (rest, &[]));
            }
        }
        self.b.seal(rest);
        self.b.switch_to(rest);
        let b = self.expr(right);
        self.b.jump(join, &[b]);
        self.b.seal(join);
        self.b.switch_to(join);
        result
    }
}
