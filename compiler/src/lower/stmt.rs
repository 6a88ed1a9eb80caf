//! Statements.

use hyp_bytecode::module::ErrorKind;
use hyp_bytecode::op::Op;
use hyp_grammar::ast::{self, AdjustKind, OutputKind, Stmt, StmtKind};
use hyp_grammar::operator::BinaryOp;
use hyp_ssa::ir::Block;

use super::function::{Control, FnLower, LabelScope};
use super::pos_of;
use crate::link::ModuleIdx;

impl<'a> FnLower<'_, '_, 'a> {
    /// A list of statements with a scope of its own.
    pub(super) fn block_statements(&mut self, stmts: &'a [Stmt<'a>]) {
        self.hoist(stmts);
        self.statements(stmts);
    }

    /// Binds the function declarations of a statement list that need a closure.
    pub(super) fn hoist(&mut self, stmts: &'a [Stmt<'a>]) {
        self.renew_early_cells(stmts);
        for stmt in stmts {
            match &stmt.kind {
                StmtKind::Function(node) => self.hoist_function(node),
                StmtKind::Entrance { body, .. } if self.module == ModuleIdx::MAIN => {
                    self.hoist(body.stmts);
                }
                StmtKind::Session(decl) => {
                    let Some(bind) = self.m.res.bind(decl.name.id) else { continue };
                    if !self.m.is_constant_function(bind.var) {
                        let crate::resolve::VarKind::Session(t) = self.m.res.var(bind.var).kind
                        else {
                            continue;
                        };
                        let id = hyp_bytecode::rep::TypeId::user(t.0);
                        let value = self.b.op(Op::LoadSession, &[], &[u64::from(id.0)]);
                        self.initialise(bind.var, value);
                    }
                }
                _ => {}
            }
        }
    }

    fn hoist_function(&mut self, node: &'a ast::Function<'a>) {
        let Some(bind) = node.name.and_then(|n| self.m.res.bind(n.id)) else { return };
        if self.m.is_constant_function(bind.var) {
            return;
        }
        self.b.set_pos(pos_of(node.span.start));
        let value = self.closure(node.id);
        self.initialise(bind.var, value);
    }

    /// Statements of a list whose declarations are hoisted already.
    pub(super) fn statements(&mut self, stmts: &'a [Stmt<'a>]) {
        let func = self.b.func_mut();
        if func.pos.line == 0 {
            func.pos = stmts.first().map_or(func.pos, |first| pos_of(first.span.start));
        }
        let outer = self.labels.len();
        for stmt in stmts {
            if let StmtKind::Label { name, .. } = &stmt.kind {
                let block = self.b.new_block();
                let control_depth = self.control.len();
                self.labels.push(LabelScope { name: name.name, block, control_depth });
            }
        }
        let mut pending = Vec::new();
        for stmt in stmts {
            if let StmtKind::Label { name, .. } = &stmt.kind {
                let block = self.labels[outer..].iter().find(|l| l.name == name.name);
                if let Some(block) = block.map(|l| l.block) {
                    self.b.jump(block, &[]);
                    self.b.switch_to(block);
                }
                pending.push(name.name);
                continue;
            }
            if self.b.is_terminated() && self.labels.len() == outer {
                // Unreachable, and no label can make it reachable again.
                break;
            }
            let labels = std::mem::take(&mut pending);
            self.statement(stmt, labels);
        }
        self.labels.truncate(outer);
    }

    fn statement(&mut self, stmt: &'a Stmt<'a>, labels: Vec<hyp_grammar::intern::Symbol>) {
        self.b.set_pos(pos_of(stmt.span.start));
        match &stmt.kind {
            StmtKind::Empty
            | StmtKind::Error
            | StmtKind::Label { .. }
            | StmtKind::Function(_)
            | StmtKind::Record(_)
            | StmtKind::Import(_)
            | StmtKind::Finale { .. } => {}
            StmtKind::Block(block) => self.block_statements(block.stmts),
            StmtKind::Var(decl) => self.var_decl(decl),
            StmtKind::Anchor { name, value } => self.anchor(*name, value),
            StmtKind::Session(decl) => self.session_statics(decl),
            // Only the main module is entered.
            StmtKind::Entrance { .. } if self.module != ModuleIdx::MAIN => {}
            StmtKind::Entrance { params, body } => self.entrance(params, body),
            StmtKind::If { branches, otherwise } => self.if_statement(branches, otherwise.as_ref()),
            StmtKind::Loop(node) => self.loop_statement(node, labels),
            StmtKind::Output { kind, value } => self.output(*kind, value),
            StmtKind::Return { value } => self.return_statement(*value),
            StmtKind::Snap { label } => self.leave_loop(label.map(|l| l.name), true),
            StmtKind::Sink { label } => self.leave_loop(label.map(|l| l.name), false),
            StmtKind::SinkTo { label } => self.sink_to(label.name),
            StmtKind::Oscillate { place } => self.oscillate(place),
            StmtKind::Suspend => {
                self.b.op(Op::Suspend, &[], &[]);
            }
            StmtKind::Adjust { kind, place, by } => self.adjust(*kind, place, *by),
            StmtKind::Descend => self.descend(),
            StmtKind::Assert { cond, message } => self.assert(cond, *message),
            StmtKind::Throw { value, .. } => {
                let value = self.expr(value);
                self.b.set_pos(pos_of(stmt.span.start));
                self.b.throw(value);
            }
            StmtKind::Try(node) => self.try_statement(node),
            StmtKind::Expr(expr) => self.expression_statement(stmt, expr),
        }
    }

    fn expression_statement(&mut self, stmt: &'a Stmt<'a>, expr: &'a ast::Expr<'a>) {
        if let Some(entrain) = stmt.statement_entrain() {
            self.entrain(entrain, false, false);
        } else {
            self.expr(expr);
        }
    }

    fn output(&mut self, kind: OutputKind, value: &'a ast::Expr<'a>) {
        let pos = pos_of(value.span.start);
        let value = self.expr(value);
        let code = match kind {
            OutputKind::Observe => 0,
            OutputKind::Whisper => 1,
            OutputKind::Command => 2,
            OutputKind::Murmur => 3,
        };
        self.b.set_pos(pos);
        self.b.op_void(Op::Print, &[value], &[code]);
    }

    fn entrance(&mut self, params: &'a [ast::Param<'a>], body: &'a ast::Block<'a>) {
        if let Some(param) = params.first()
            && let Some(bind) = self.m.res.bind(param.name.id)
        {
            let args = self.builtin_by_name("GetArgs", &[]);
            self.initialise(bind.var, args);
        }
        let exit = self.b.new_block();
        self.control.push(Control::Entrance { exit });
        self.statements(body.stmts);
        self.control.pop();
        self.b.jump(exit, &[]);
        self.b.seal(exit);
        self.b.switch_to(exit);
    }

    fn if_statement(
        &mut self,
        branches: &'a [ast::IfBranch<'a>],
        otherwise: Option<&'a ast::Block<'a>>,
    ) {
        let join = self.b.new_block();
        for branch in branches {
            let (then, other) = (self.b.new_block(), self.b.new_block());
            self.condition(branch.cond, then, other);
            self.b.seal(then);
            self.b.seal(other);
            self.b.switch_to(then);
            self.block_statements(branch.body.stmts);
            self.b.jump(join, &[]);
            self.b.switch_to(other);
        }
        if let Some(block) = otherwise {
            self.block_statements(block.stmts);
        }
        self.b.jump(join, &[]);
        self.b.seal(join);
        self.b.switch_to(join);
    }

    fn oscillate(&mut self, target: &'a ast::Expr<'a>) {
        let pos = pos_of(target.span.start);
        let name = target.span.text(self.m.source).to_owned();
        let name = self.m.strings.intern(&name);
        let place = self.place(target);
        let old = self.load(&place);
        self.b.set_pos(pos);
        let new = self.b.op(Op::Oscillate, &[old], &[u64::from(name.0)]);
        self.store(&place, new);
    }

    fn adjust(
        &mut self,
        kind: AdjustKind,
        target: &'a ast::Expr<'a>,
        by: Option<&'a ast::Expr<'a>>,
    ) {
        let pos = pos_of(target.span.start);
        let place = self.place(target);
        let old = self.load(&place);
        let amount = match by {
            Some(by) => self.expr(by),
            None => self.b.f64(1.0),
        };
        let op = match kind {
            AdjustKind::Deepen => BinaryOp::Add,
            AdjustKind::Lighten => BinaryOp::Sub,
        };
        self.b.set_pos(pos);
        let new = self.arithmetic(op, old, amount);
        self.store(&place, new);
    }

    fn assert(&mut self, cond: &'a ast::Expr<'a>, message: Option<&'a ast::Expr<'a>>) {
        let pos = pos_of(cond.span.start);
        let (pass, fail) = (self.b.new_block(), self.b.new_block());
        self.condition(cond, pass, fail);
        self.b.seal(pass);
        self.b.seal(fail);
        self.b.switch_to(fail);
        match message {
            Some(message) => {
                let text = self.expr(message);
                let prefix = self.m.strings.intern("Assertion failed: ");
                let prefix = self.b.str(prefix);
                self.b.set_pos(pos);
                let full = self.b.op(Op::Concat, &[prefix, text], &[]);
                self.b.op_void(Op::Fail, &[full], &[ErrorKind::Assertion as u64]);
                // Never reached; fits every result type.
                self.b.throw(full);
            }
            None => {
                let text = format!("Assertion failed: {}", cond.span.text(self.m.source));
                self.b.set_pos(pos);
                self.raise(ErrorKind::Assertion, &text);
            }
        }
        self.b.switch_to(pass);
    }

    fn descend(&mut self) {
        if let Some(Some(next)) = self.next_arms.last().copied() {
            self.b.jump(next, &[]);
        }
    }

    fn anchor(&mut self, name: ast::Binding, value: &'a ast::Expr<'a>) {
        let value = self.expr(value);
        let copy = self.b.op(Op::Snapshot, &[value], &[]);
        self.bind(name, copy);
    }

    /// Creates the block that follows and continues there under the current handler.
    pub(super) fn fresh_block(&mut self) -> Block {
        let block = self.b.new_block();
        self.b.jump(block, &[]);
        self.b.seal(block);
        self.b.switch_to(block);
        block
    }
}
