//! Loops, and leaving constructs: `snap`, `sink`, `sinkTo`, `awaken`.

use hyp_bytecode::module::ErrorKind;
use hyp_bytecode::op::Op;
use hyp_grammar::ast::{self, DeclTarget, LoopHeader, StmtKind};
use hyp_grammar::intern::Symbol;
use hyp_ssa::ir::{Block, Value};

use super::function::{Control, FnLower};
use super::pos_of;
use crate::resolve::VarId;

impl<'a> FnLower<'_, '_, 'a> {
    pub(super) fn loop_statement(&mut self, node: &'a ast::Loop<'a>, labels: Vec<Symbol>) {
        match &node.header {
            LoopHeader::Infinite => self.plain_loop(None, node, labels),
            LoopHeader::While(cond) => self.plain_loop(Some(cond), node, labels),
            LoopHeader::DoWhile(cond) => self.do_while(cond, node, labels),
            LoopHeader::Counted { init, cond, step } => {
                self.counted(*init, *cond, *step, node, labels);
            }
            LoopHeader::Within { first, second, iterable, .. } => {
                self.within(*first, *second, iterable, node, labels);
            }
        }
    }

    fn plain_loop(
        &mut self,
        cond: Option<&'a ast::Expr<'a>>,
        node: &'a ast::Loop<'a>,
        labels: Vec<Symbol>,
    ) {
        let (head, exit) = (self.b.new_block(), self.b.new_block());
        self.loop_head(cond, head, exit);
        self.loop_body(node, labels, exit, head);
        self.b.jump(head, &[]);
        self.end_loop(head, exit);
    }

    fn do_while(&mut self, cond: &'a ast::Expr<'a>, node: &'a ast::Loop<'a>, labels: Vec<Symbol>) {
        let (head, test, exit) = (self.b.new_block(), self.b.new_block(), self.b.new_block());
        self.b.jump(head, &[]);
        self.b.switch_to(head);
        self.loop_body(node, labels, exit, test);
        self.b.jump(test, &[]);
        self.b.seal(test);
        self.b.switch_to(test);
        self.condition(cond, head, exit);
        self.end_loop(head, exit);
    }

    fn counted(
        &mut self,
        init: Option<&'a ast::Stmt<'a>>,
        cond: Option<&'a ast::Expr<'a>>,
        step: Option<&'a ast::Expr<'a>>,
        node: &'a ast::Loop<'a>,
        labels: Vec<Symbol>,
    ) {
        let mut header_var = None;
        if let Some(init) = init {
            self.b.set_pos(pos_of(init.span.start));
            match &init.kind {
                StmtKind::Var(decl) => {
                    self.var_decl(decl);
                    if let DeclTarget::Name(name) = decl.target {
                        header_var = self.m.res.bind(name.id).map(|b| b.var);
                    }
                }
                StmtKind::Expr(expr) => {
                    self.expr(expr);
                }
                _ => {}
            }
        }
        let (head, next, exit) = (self.b.new_block(), self.b.new_block(), self.b.new_block());
        self.loop_head(cond, head, exit);
        self.loop_body(node, labels, exit, next);
        self.b.jump(next, &[]);
        self.b.seal(next);
        self.b.switch_to(next);
        self.advance(header_var, step);
        self.b.jump(head, &[]);
        self.end_loop(head, exit);
    }

    /// Enters `head` and continues in the body if the condition, where there is one, holds.
    fn loop_head(&mut self, cond: Option<&'a ast::Expr<'a>>, head: Block, exit: Block) {
        self.b.jump(head, &[]);
        self.b.switch_to(head);
        if let Some(cond) = cond {
            let body = self.b.new_block();
            self.condition(cond, body, exit);
            self.b.seal(body);
            self.b.switch_to(body);
        }
    }

    /// The step of a counted loop; a captured loop variable gets a fresh box for the next round.
    fn advance(&mut self, header_var: Option<VarId>, step: Option<&'a ast::Expr<'a>>) {
        if let Some(var) = header_var {
            self.renew_cell(var);
        }
        if let Some(step) = step {
            self.b.set_pos(pos_of(step.span.start));
            self.expr(step);
        }
    }

    pub(super) fn loop_body(
        &mut self,
        node: &'a ast::Loop<'a>,
        labels: Vec<Symbol>,
        exit: Block,
        next: Block,
    ) {
        self.control.push(Control::Loop { labels, exit, next });
        self.block_statements(node.body.stmts);
        self.control.pop();
    }

    pub(super) fn end_loop(&mut self, head: Block, exit: Block) {
        self.b.seal(head);
        self.b.seal(exit);
        self.b.switch_to(exit);
    }

    /// `snap` (`is_exit`) or `sink`, of the innermost loop or the one with this label.
    pub(super) fn leave_loop(&mut self, label: Option<Symbol>, is_exit: bool) {
        let found = self.control.iter().rposition(|c| match c {
            Control::Loop { labels, .. } => label.is_none_or(|l| labels.contains(&l)),
            _ => false,
        });
        let Some(depth) = found else { return };
        let Control::Loop { exit, next, .. } = self.control[depth] else { return };
        self.run_finally_down_to(depth + 1);
        self.b.jump(if is_exit { exit } else { next }, &[]);
    }

    pub(super) fn sink_to(&mut self, label: Symbol) {
        let found = self.labels.iter().rev().find(|l| l.name == label);
        let Some((block, depth)) = found.map(|l| (l.block, l.control_depth)) else { return };
        self.run_finally_down_to(depth);
        self.b.jump(block, &[]);
    }

    /// `awaken [value];`
    pub(super) fn return_statement(&mut self, value: Option<&'a ast::Expr<'a>>) {
        let value = value.map(|v| self.expr(v));
        self.awaken(value);
    }

    /// `awaken` with a value that is computed already.
    pub(super) fn awaken(&mut self, value: Option<Value>) {
        let found = self
            .control
            .iter()
            .rposition(|c| matches!(c, Control::Arm { .. } | Control::Entrance { .. }));
        match found.map(|depth| (depth, &self.control[depth])) {
            Some((depth, &Control::Arm { exit })) => {
                let value = value.unwrap_or_else(|| self.b.null());
                self.run_finally_down_to(depth + 1);
                self.b.jump(exit, &[value]);
            }
            Some((depth, &Control::Entrance { exit })) => {
                self.run_finally_down_to(depth + 1);
                self.b.jump(exit, &[]);
            }
            _ => {
                self.run_finally_down_to(0);
                self.return_value(value);
            }
        }
    }

    /// Runs the `finally` blocks between here and control depth `depth`, innermost first, each
    /// under the handler outside of its `try`.
    fn run_finally_down_to(&mut self, depth: usize) {
        let outer_handler = self.b.handler();
        let mut index = self.control.len();
        while index > depth {
            index -= 1;
            let (handler, body) = match &self.control[index] {
                Control::Finally { body, handler } => (*handler, Some(*body)),
                Control::Protected { handler } => (*handler, None),
                _ => continue,
            };
            if self.b.is_terminated() {
                continue;
            }
            self.b.set_handler(handler);
            self.fresh_block();
            if let Some(body) = body {
                let kept = self.control.split_off(index);
                self.block_statements(body.stmts);
                self.control.extend(kept);
            }
        }
        self.b.set_handler(outer_handler);
    }

    // ---- conditions

    /// Branches on the truthiness of an expression.
    pub(super) fn condition(&mut self, expr: &'a ast::Expr<'a>, yes: Block, no: Block) {
        use hyp_grammar::operator::{BinaryOp, UnaryOp};
        match &expr.kind {
            ast::ExprKind::Paren(inner) => self.condition(inner, yes, no),
            ast::ExprKind::Unary { op: UnaryOp::Not, operand } => self.condition(operand, no, yes),
            ast::ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, .. } => {
                // From the outside to the inside for the targets, back for the code.
                let (mut first, mut links) = (expr, Vec::new());
                let (mut yes, mut no) = (yes, no);
                while let ast::ExprKind::Binary {
                    op: op @ (BinaryOp::And | BinaryOp::Or),
                    left,
                    right,
                } = first.kind
                {
                    let rest = self.b.new_block();
                    links.push((rest, right, yes, no));
                    *(if op == BinaryOp::And { &mut yes } else { &mut no }) = rest;
                    first = left;
                }
                self.condition(first, yes, no);
                for (rest, right, yes, no) in links.into_iter().rev() {
                    self.b.seal(rest);
                    self.b.switch_to(rest);
                    self.condition(right, yes, no);
                }
            }
            ast::ExprKind::Bool(true) => self.b.jump(yes, &[]),
            ast::ExprKind::Bool(false) => self.b.jump(no, &[]),
            ast::ExprKind::Null => self.b.jump(no, &[]),
            _ => {
                let cond = self.truth(expr);
                self.b.set_pos(pos_of(expr.span.start));
                self.b.branch(cond, (yes, &[]), (no, &[]));
            }
        }
    }

    /// The truthiness of an expression as a raw boolean.
    pub(super) fn truth(&mut self, expr: &'a ast::Expr<'a>) -> Value {
        if let Some(raw) = self.comparison(expr) {
            return raw;
        }
        let value = self.expr(expr);
        self.b.op(Op::Truthy, &[value], &[])
    }

    /// Raises the error of an `entrain` without a matching arm.
    pub(super) fn no_match(&mut self) {
        self.raise(ErrorKind::Runtime, "No pattern matched and no default case provided");
    }
}
