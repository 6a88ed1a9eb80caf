//! `within` loops and ranges.

use hyp_bytecode::module::{Desc, ErrorKind};
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::Rep;
use hyp_grammar::ast;
use hyp_grammar::intern::Symbol;
use hyp_grammar::operator::RangeOp;
use hyp_ssa::build::Var;
use hyp_ssa::ir::{Block, Value};

use super::function::FnLower;
use super::pos_of;

/// A range whose bounds are computed.
struct Bounds {
    counter: Var,
    to: Value,
    step: Value,
    op: RangeOp,
}

impl<'a> FnLower<'_, '_, 'a> {
    pub(super) fn within(
        &mut self,
        first: ast::Binding,
        second: Option<ast::Binding>,
        iterable: &'a ast::Expr<'a>,
        node: &'a ast::Loop<'a>,
        labels: Vec<Symbol>,
    ) {
        let mut source = iterable;
        while let ast::ExprKind::Paren(inner) = source.kind {
            source = inner;
        }
        if let ast::ExprKind::Range { op, from, to, step } = source.kind {
            self.within_range(first, second, (op, from, to, step), node, labels);
            return;
        }
        let value = self.expr(iterable);
        self.b.set_pos(pos_of(iterable.span.start));
        let object = u64::from(self.m.descs.intern(Desc::Object).0);
        let is_object = self.b.op(Op::IsType, &[value], &[object]);
        // Directly before the iterator, where scalar replacement looks for it.
        let array = u64::from(self.m.descs.intern(Desc::Array(Box::new(Desc::Any))).0);
        let is_array = self.b.op(Op::IsType, &[value], &[array]);
        let iter = self.b.op(Op::IterNew, &[value], &[]);
        let (head, body, exit) = (self.b.new_block(), self.b.new_block(), self.b.new_block());
        self.b.jump(head, &[]);
        self.b.switch_to(head);
        let more = self.b.op(Op::IterNext, &[iter], &[]);
        self.b.branch(more, (body, &[]), (exit, &[]));
        self.b.seal(body);
        self.b.switch_to(body);
        if let Some(second) = second {
            let key = self.b.op(Op::IterKey, &[iter], &[]);
            self.bind(first, key);
            let value = self.b.op(Op::IterValue, &[iter], &[]);
            self.bind(second, value);
        } else {
            let element = self.only_element(iter, is_array, is_object);
            self.bind(first, element);
        }
        self.loop_body(node, labels, exit, head);
        self.b.jump(head, &[]);
        self.end_loop(head, exit);
    }

    /// What a loop with one name goes over: the keys of an object, else the elements. Arrays come
    /// first, so that a loop over one asks nothing else.
    fn only_element(&mut self, iter: Value, is_array: Value, is_object: Value) -> Value {
        let (item, other) = (self.b.new_block(), self.b.new_block());
        let (key, value, join) = (self.b.new_block(), self.b.new_block(), self.b.new_block());
        let element = self.b.block_param(join, Rep::Any);
        self.b.branch(is_array, (item, &[]), (other, &[]));
        self.b.seal(other);
        self.b.switch_to(other);
        self.b.branch(is_object, (key, &[]), (value, &[]));
        for (block, op) in [(item, Op::IterValue), (key, Op::IterKey), (value, Op::IterValue)] {
            self.b.seal(block);
            self.b.switch_to(block);
            let part = self.b.op(op, &[iter], &[]);
            self.b.jump(join, &[part]);
        }
        self.b.seal(join);
        self.b.switch_to(join);
        element
    }

    fn within_range(
        &mut self,
        first: ast::Binding,
        second: Option<ast::Binding>,
        range: (RangeOp, &'a ast::Expr<'a>, &'a ast::Expr<'a>, Option<&'a ast::Expr<'a>>),
        node: &'a ast::Loop<'a>,
        labels: Vec<Symbol>,
    ) {
        let bounds = self.bounds(range.0, range.1, range.2, range.3);
        let position = self.b.declare_var();
        let zero = self.b.f64(0.0);
        self.b.def_var(position, zero);
        let (head, next, exit) = (self.b.new_block(), self.b.new_block(), self.b.new_block());
        let body = self.range_head(&bounds, head, exit);
        self.b.seal(body);
        self.b.switch_to(body);
        let counter = self.counter(bounds.counter);
        match second {
            Some(second) => {
                let at = self.counter(position);
                self.bind(first, at);
                self.bind(second, counter);
            }
            None => self.bind(first, counter),
        }
        self.loop_body(node, labels, exit, next);
        self.b.jump(next, &[]);
        self.b.seal(next);
        self.b.switch_to(next);
        self.range_step(&bounds);
        if second.is_some() {
            let at = self.counter(position);
            let one = self.b.f64(1.0);
            let at = self.b.op(Op::AddF64, &[at, one], &[]);
            self.b.def_var(position, at);
        }
        self.b.jump(head, &[]);
        self.end_loop(head, exit);
    }

    /// A range as a value: the array of its numbers.
    pub(super) fn range_array(
        &mut self,
        op: RangeOp,
        from: &'a ast::Expr<'a>,
        to: &'a ast::Expr<'a>,
        step: Option<&'a ast::Expr<'a>>,
    ) -> Value {
        let bounds = self.bounds(op, from, to, step);
        let array = self.b.op(Op::NewArray, &[], &[]);
        let (head, exit) = (self.b.new_block(), self.b.new_block());
        let body = self.range_head(&bounds, head, exit);
        self.b.seal(body);
        self.b.switch_to(body);
        let counter = self.counter(bounds.counter);
        self.b.op(Op::ArrayPush, &[array, counter], &[]);
        self.range_step(&bounds);
        self.b.jump(head, &[]);
        self.end_loop(head, exit);
        array
    }

    fn bounds(
        &mut self,
        op: RangeOp,
        from: &'a ast::Expr<'a>,
        to: &'a ast::Expr<'a>,
        step: Option<&'a ast::Expr<'a>>,
    ) -> Bounds {
        let pos = pos_of(from.span.start);
        let from = self.expr(from);
        let to = self.expr(to);
        let step = match step {
            Some(step) => self.expr(step),
            None => self.b.f64(1.0),
        };
        self.b.set_pos(pos);
        let (from, to, step) = (self.number(from), self.number(to), self.number(step));
        self.require_positive(step);
        let counter = self.b.declare_var();
        self.b.def_var(counter, from);
        Bounds { counter, to, step, op }
    }

    fn require_positive(&mut self, step: Value) {
        let zero = self.b.f64(0.0);
        let is_positive = self.b.op(Op::LtF64, &[zero, step], &[]);
        let (pass, fail) = (self.b.new_block(), self.b.new_block());
        self.b.branch(is_positive, (pass, &[]), (fail, &[]));
        self.b.seal(pass);
        self.b.seal(fail);
        self.b.switch_to(fail);
        self.raise(ErrorKind::Runtime, "Range step must be positive");
        self.b.switch_to(pass);
    }

    /// Opens the loop header: tests the counter, returns the body block.
    fn range_head(&mut self, bounds: &Bounds, head: Block, exit: Block) -> Block {
        let body = self.b.new_block();
        self.b.jump(head, &[]);
        self.b.switch_to(head);
        let counter = self.counter(bounds.counter);
        let more = match bounds.op {
            RangeOp::UpTo => self.b.op(Op::LeF64, &[counter, bounds.to], &[]),
            RangeOp::Until => self.b.op(Op::LtF64, &[counter, bounds.to], &[]),
            RangeOp::DownTo => self.b.op(Op::LeF64, &[bounds.to, counter], &[]),
        };
        self.b.branch(more, (body, &[]), (exit, &[]));
        body
    }

    fn range_step(&mut self, bounds: &Bounds) {
        let counter = self.counter(bounds.counter);
        let op = if bounds.op == RangeOp::DownTo { Op::SubF64 } else { Op::AddF64 };
        let next = self.b.op(op, &[counter, bounds.step], &[]);
        self.b.def_var(bounds.counter, next);
    }

    /// A counter's value: a number, though its variable's merge points are tagged.
    fn counter(&mut self, var: Var) -> Value {
        let value = self.b.use_var(var);
        if self.b.rep(value) == Rep::F64 { value } else { self.b.op(Op::ToNum, &[value], &[]) }
    }
}
