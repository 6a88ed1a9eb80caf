//! Operators.

use hyp_bytecode::op::Op;
use hyp_bytecode::rep::Rep;
use hyp_grammar::ast::{self, ExprKind, Link};
use hyp_grammar::operator::{BinaryOp, UnaryOp};
use hyp_ssa::ir::Value;

use super::function::FnLower;
use super::pos_of;

/// Further operands of `&&`, `||` or `??` that decide the same value. Finding dominators takes time in
/// proportion to the square of this.
const JOINED_MAX: usize = 32;

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

    /// Binary operators, applied one after the other.
    pub(super) fn binary(&mut self, expr: &'a ast::Expr<'a>) -> Value {
        let chain = expr.chain();
        let mut value = self.expr(chain.first);
        let mut links = &chain.links[..];
        while let [Link { op, right, whole }, rest @ ..] = links {
            links = rest;
            value = match op {
                BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce => {
                    let more = rest.iter().take_while(|link| link.op == *op).count();
                    let more = more.min(JOINED_MAX);
                    links = &rest[more..];
                    let rights = std::iter::once(*right);
                    let rights = rights.chain(rest[..more].iter().map(|link| link.right));
                    self.short_circuit(*op, value, rights)
                }
                _ => {
                    let b = self.expr(right);
                    self.b.set_pos(pos_of(whole.span.start));
                    match self.compare(*op, value, b) {
                        Some(raw) => self.b.op(Op::BoxBool, &[raw], &[]),
                        None => self.arithmetic(*op, value, b),
                    }
                }
            };
        }
        value
    }

    /// A comparison as a raw boolean; `None` for any other expression.
    pub(super) fn comparison(&mut self, expr: &'a ast::Expr<'a>) -> Option<Value> {
        let mut inner = expr;
        while let ExprKind::Paren(e) = inner.kind {
            inner = e;
        }
        match inner.kind {
            ExprKind::Binary { op, left, right } if comparison_of(op).is_some() => {
                let a = self.expr(left);
                let b = self.expr(right);
                self.b.set_pos(pos_of(inner.span.start));
                self.compare(op, a, b)
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                let raw = self.truth(operand);
                Some(self.b.op(Op::Not, &[raw], &[]))
            }
            ExprKind::Bool(x) => Some(self.b.op(Op::LoadBool, &[], &[u64::from(x)])),
            _ => None,
        }
    }

    /// Compares computed operands; `None` if the operator does not compare.
    fn compare(&mut self, op: BinaryOp, a: Value, b: Value) -> Option<Value> {
        let (negated, swapped, kind) = comparison_of(op)?;
        let raw = self.compare_as(kind, swapped, a, b);
        Some(if negated { self.b.op(Op::Not, &[raw], &[]) } else { raw })
    }

    fn compare_as(&mut self, kind: u8, swapped: bool, a: Value, b: Value) -> Value {
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

    /// The first of the operands that decides; `a` is computed already.
    fn short_circuit(
        &mut self,
        op: BinaryOp,
        mut a: Value,
        rights: impl Iterator<Item = &'a ast::Expr<'a>>,
    ) -> Value {
        let mut rest = self.b.new_block();
        let join = self.b.new_block();
        let result = self.b.block_param(join, Rep::Any);
        let mut rights = rights.peekable();
        while let Some(right) = rights.next() {
            let test = if op == BinaryOp::Coalesce { Op::IsNull } else { Op::Truthy };
            let test = self.b.op(test, &[a], &[]);
            match op {
                BinaryOp::Or => self.b.branch(test, (join, &[a]), (rest, &[])),
                _ => self.b.branch(test, (rest, &[]), (join, &[a])),
            }
            self.b.seal(rest);
            self.b.switch_to(rest);
            a = self.expr(right);
            if rights.peek().is_some() {
                rest = self.b.new_block();
            }
        }
        self.b.jump(join, &[a]);
        self.b.seal(join);
        self.b.switch_to(join);
        result
    }
}

/// Whether a comparison is negated, whether its operands are swapped, and what it then is: 0 for
/// equality, 1 for less, 2 for less or equal. `None` for other operators.
fn comparison_of(op: BinaryOp) -> Option<(bool, bool, u8)> {
    Some(match op {
        BinaryOp::Eq => (false, false, 0),
        BinaryOp::Ne => (true, false, 0),
        BinaryOp::Lt => (false, false, 1),
        BinaryOp::Gt => (false, true, 1),
        BinaryOp::Le => (false, false, 2),
        BinaryOp::Ge => (false, true, 2),
        _ => return None,
    })
}
