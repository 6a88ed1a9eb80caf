//! `entrain`: leading integer arms become a jump table, the rest a chain of tests whose repeated
//! parts value numbering merges.

use hyp_bytecode::module::Desc;
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::Rep;
use hyp_grammar::ast::{self, ArmBody, PatternKind, Stmt, StmtKind};
use hyp_ssa::ir::{Block, Value};

use super::function::{Control, FnLower};
use super::pos_of;

/// Fewest integer arms that are worth a jump table.
const SWITCH_ARMS_MIN: usize = 4;
/// Largest jump table.
const SWITCH_CASES_MAX: usize = 256;

impl<'a> FnLower<'_, '_, 'a> {
    /// `wants_value`: the result is used. `is_value_position`: `awaken` in an arm yields the value
    /// (decision O3); otherwise it leaves the function or the enclosing arm.
    pub(super) fn entrain(
        &mut self,
        node: &'a ast::Entrain<'a>,
        wants_value: bool,
        is_value_position: bool,
    ) -> Value {
        let subject = self.expr(node.subject);
        let join = self.b.new_block();
        let result = wants_value.then(|| self.b.block_param(join, Rep::Any));
        if is_value_position {
            self.control.push(Control::Arm { exit: join });
        }
        let bodies: Vec<Block> = node.arms.iter().map(|_| self.b.new_block()).collect();
        let otherwise = self.b.new_block();
        self.jump_table(node, subject, &bodies);
        for (i, arm) in node.arms.iter().enumerate() {
            let fail = self.b.new_block();
            self.matches(arm.pattern, subject, fail);
            if let Some(guard) = arm.guard {
                self.condition(guard, bodies[i], fail);
            } else {
                self.b.jump(bodies[i], &[]);
            }
            self.b.switch_to(bodies[i]);
            let next = bodies.get(i + 1).copied().or(node.otherwise.as_ref().map(|_| otherwise));
            self.next_arms.push(next);
            self.arm(&arm.body, join, wants_value);
            self.next_arms.pop();
            self.b.seal(fail);
            self.b.switch_to(fail);
        }
        self.b.jump(otherwise, &[]);
        for body in bodies {
            self.b.seal(body);
        }
        self.b.seal(otherwise);
        self.b.switch_to(otherwise);
        match &node.otherwise {
            Some(arm) => {
                self.next_arms.push(None);
                self.arm(&arm.body, join, wants_value);
                self.next_arms.pop();
            }
            None => {
                self.b.set_pos(pos_of(node.span.start));
                self.no_match();
            }
        }
        if is_value_position {
            self.control.pop();
        }
        self.b.seal(join);
        self.b.switch_to(join);
        result.unwrap_or_else(|| self.b.null())
    }

    /// Sends small non-negative integers straight to their arm. Whatever the table does not hold,
    /// numbers that equal an arm only within the tolerance included, goes on to the tests.
    fn jump_table(&mut self, node: &'a ast::Entrain<'a>, subject: Value, bodies: &[Block]) {
        let mut cases: Vec<Option<Block>> = Vec::new();
        let mut count = 0;
        for (i, arm) in node.arms.iter().enumerate() {
            let PatternKind::Number(x) = arm.pattern.kind else { break };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked to be a small integer"
            )]
            let Some(at) = (x.fract() == 0.0 && (0.0..SWITCH_CASES_MAX as f64).contains(&x))
                .then_some(x as usize)
            else {
                break;
            };
            if arm.guard.is_some() {
                break;
            }
            if cases.len() <= at {
                cases.resize(at + 1, None);
            }
            if cases[at].is_none() {
                cases[at] = Some(bodies[i]);
                count += 1;
            }
        }
        if count < SWITCH_ARMS_MIN || cases.len() > count * 4 {
            return;
        }
        let tests = self.b.new_block();
        let number = if self.b.rep(subject) == Rep::F64 {
            subject
        } else {
            let desc = self.m.descs.intern(Desc::Number);
            let is_number = self.b.op(Op::IsType, &[subject], &[u64::from(desc.0)]);
            let table = self.b.new_block();
            self.b.branch(is_number, (table, &[]), (tests, &[]));
            self.b.seal(table);
            self.b.switch_to(table);
            self.number(subject)
        };
        let targets: Vec<Block> = cases.into_iter().map(|c| c.unwrap_or(tests)).collect();
        self.b.switch(number, &targets, tests);
        self.b.seal(tests);
        self.b.switch_to(tests);
    }

    fn arm(&mut self, body: &ArmBody<'a>, join: Block, wants_value: bool) {
        match body {
            ArmBody::Expr(expr) => {
                let value = self.expr(expr);
                self.finish_arm(value, join, wants_value);
            }
            ArmBody::Awaken { value, span } => {
                self.b.set_pos(pos_of(span.start));
                let value = value.map(|v| self.expr(v));
                self.awaken(value);
            }
            ArmBody::Block(block) => {
                let value = self.arm_block(block.stmts, wants_value);
                self.finish_arm(value, join, wants_value);
            }
        }
    }

    fn finish_arm(&mut self, value: Value, join: Block, wants_value: bool) {
        if wants_value {
            self.b.jump(join, &[value]);
        } else {
            self.b.jump(join, &[]);
        }
    }

    /// The statements of an arm; the value of the last one if it is an expression statement.
    fn arm_block(&mut self, stmts: &'a [Stmt<'a>], wants_value: bool) -> Value {
        let Some((last, rest)) = stmts.split_last() else { return self.b.null() };
        let StmtKind::Expr(expr) = &last.kind else {
            self.block_statements(stmts);
            return self.b.null();
        };
        self.hoist(stmts);
        self.statements(rest);
        self.b.set_pos(pos_of(last.span.start));
        match last.statement_entrain() {
            Some(inner) => self.entrain(inner, wants_value, false),
            None => self.expr(expr),
        }
    }
}
