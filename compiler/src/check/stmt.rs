//! Statements.

use super::Checker;
use super::TypeDecl;
use super::relation::{non_null, widened};
use crate::types::Ty;
use hyp_grammar::ast::{
    Binding, Block, Expr, ExprKind, Ident, IfBranch, Loop, LoopHeader, LoopKeyword, MemberKind,
    Param, RecordDecl, SessionDecl, Stmt, StmtKind, Try,
};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use std::rc::Rc;

impl<'a> Checker<'a, '_> {
    /// Checks statements. Returns whether control never reaches their end.
    pub(super) fn stmts(&mut self, stmts: &'a [Stmt<'a>]) -> bool {
        let mut ends = false;
        for stmt in stmts {
            match stmt.kind {
                // A label can be jumped to.
                StmtKind::Label { .. } => {
                    ends = false;
                    self.forget_assigned();
                }
                _ => ends |= self.stmt(stmt),
            }
        }
        ends
    }

    fn stmt(&mut self, stmt: &'a Stmt<'a>) -> bool {
        match stmt.kind {
            StmtKind::Empty
            | StmtKind::Error
            | StmtKind::Label { .. }
            | StmtKind::Import(_)
            | StmtKind::Suspend => {}
            StmtKind::Block(block) => return self.stmts(block.stmts),
            StmtKind::Var(decl) => self.var_decl(decl),
            StmtKind::Anchor { name, value } => {
                let ty = self.expr(value);
                self.inferred(name, ty, value);
            }
            StmtKind::Function(function) => {
                self.function(function);
            }
            StmtKind::Session(session) => self.session(session),
            StmtKind::Record(record) => self.record(record),
            StmtKind::Entrance { params, body } => {
                self.entrance_params(params);
                self.stmts(body.stmts);
            }
            StmtKind::Finale { body } => {
                self.stmts(body.stmts);
            }
            StmtKind::If { branches, otherwise } => {
                return self.branches(branches, otherwise.as_ref());
            }
            StmtKind::Loop(looped) => return self.looped(looped),
            StmtKind::Output { value, .. } => {
                self.expr(value);
            }
            StmtKind::Return { value } => {
                let ty = match (value, self.frame.result.clone()) {
                    (Some(value), Some(result)) if self.frame.yields.is_none() => {
                        Some(self.expect(value, &result))
                    }
                    _ => self.opt_expr(value),
                };
                self.returned(ty, value.map_or(stmt.span, |v| v.span), stmt.span);
                return true;
            }
            StmtKind::Snap { label } => {
                self.frame.snap_seen = true;
                self.frame.labelled_snap |= label.is_some();
                return true;
            }
            StmtKind::Sink { .. } | StmtKind::SinkTo { .. } | StmtKind::Descend => return true,
            StmtKind::Oscillate { place } => self.oscillate(place),
            StmtKind::Adjust { place, by, .. } => {
                let ty = self.place_type(place);
                self.number_operand(&ty, place.span, "`deepen` and `lighten`");
                if let Some(by) = by {
                    let ty = self.expr(by);
                    self.number_operand(&ty, by.span, "`by`");
                }
            }
            StmtKind::Assert { cond, message } => {
                self.expr(cond);
                self.opt_expr(message);
                self.assume(cond, true);
            }
            StmtKind::Throw { value, .. } => {
                self.expr(value);
                return true;
            }
            StmtKind::Try(protected) => return self.protected(protected),
            StmtKind::Expr(value) => match stmt.statement_entrain() {
                Some(entrain) => return self.entrain_arms(entrain, false).1,
                None => {
                    self.expr(value);
                }
            },
        }
        false
    }

    /// `if`. After branches that all leave, none of their conditions holds.
    fn branches(&mut self, branches: &'a [IfBranch<'a>], otherwise: Option<&Block<'a>>) -> bool {
        let start = self.mark();
        let mut ends = true;
        for branch in branches {
            self.condition(branch.cond, "condition of `if`");
            let inside = self.mark();
            self.assume(branch.cond, true);
            ends &= self.stmts(branch.body.stmts);
            self.forget_since(inside);
            self.assume(branch.cond, false);
        }
        let inside = self.mark();
        let otherwise_ends = otherwise.is_some_and(|block| self.stmts(block.stmts));
        self.forget_since(inside);
        if !ends {
            self.forget_since(start);
        }
        ends && otherwise_ends
    }

    /// A variable without annotation gets the type of its value.
    fn inferred(&mut self, name: Binding, ty: Ty, value: &'a Expr<'a>) {
        let Some(bind) = self.resolution.bind(name.id) else { return };
        if bind.action == crate::resolve::BindAction::Assign {
            return self.store(bind.var, &ty, value.span);
        }
        self.assigned(bind.var, &ty);
        let reassigned = self.resolution.var(bind.var).is_reassigned;
        self.set_bind(name.id, widened(ty, reassigned));
    }

    fn oscillate(&mut self, place: &'a Expr<'a>) {
        let ty = self.place_type(place);
        if matches!(non_null(&ty), Ty::Boolean | Ty::Unknown) {
            return;
        }
        let found = self.show(&ty);
        let message = format!("target of `oscillate` must be boolean, got {found}");
        self.report(
            Diagnostic::new(Code::OscillateNotBoolean, place.span, message)
                .with_primary(format!("this is of type {found}")),
        );
    }

    fn entrance_params(&mut self, params: &'a [Param<'a>]) {
        for param in params {
            self.opt_expr(param.default);
            let ty = self.opt_annotation(param.ty);
            let ty = ty.unwrap_or_else(|| Ty::Array(Rc::new(Ty::String)));
            self.set_bind(param.name.id, ty);
        }
    }

    fn protected(&mut self, protected: &'a Try<'a>) -> bool {
        // What the body shows need not hold when it is left by an error.
        let start = self.mark();
        let mut ends = self.stmts(protected.body.stmts);
        self.forget_since(start);
        if let Some(catch) = &protected.catch {
            ends &= self.stmts(catch.body.stmts);
            self.forget_since(start);
        }
        if let Some(finally) = &protected.finally {
            ends |= self.stmts(finally.stmts);
        }
        ends
    }

    // Loops.

    fn looped(&mut self, looped: &'a Loop<'a>) -> bool {
        let what = match looped.keyword {
            LoopKeyword::While => "condition of `while`",
            LoopKeyword::Pendulum => "condition of `pendulum`",
            LoopKeyword::Descend => "condition of `descend`",
            LoopKeyword::Loop => "condition of `loop`",
            LoopKeyword::For => "condition of `for`",
        };
        let outer_snap = std::mem::replace(&mut self.frame.snap_seen, false);
        let mut infinite = false;
        if let LoopHeader::Counted { init: Some(init), .. } = looped.header {
            self.stmt(init);
        }
        self.forget_assigned();
        let start = self.mark();
        let mut test = None;
        match looped.header {
            LoopHeader::Infinite => infinite = true,
            LoopHeader::While(cond) => {
                self.condition(cond, what);
                infinite = is_true(cond);
                test = Some(cond);
            }
            LoopHeader::DoWhile(_) => {}
            LoopHeader::Counted { cond, .. } => {
                if let Some(cond) = cond {
                    self.condition(cond, what);
                }
                infinite = cond.is_none_or(is_true);
                test = cond;
            }
            LoopHeader::Within { first, second, iterable, .. } => {
                self.within(first, second, iterable);
            }
        }
        if let Some(cond) = test {
            self.assume(cond, true);
        }
        self.stmts(looped.body.stmts);
        match looped.header {
            LoopHeader::DoWhile(cond) => {
                self.condition(cond, what);
                infinite = is_true(cond);
            }
            LoopHeader::Counted { step: Some(step), .. } => {
                self.expr(step);
            }
            _ => {}
        }
        self.forget_since(start);
        let snap = std::mem::replace(&mut self.frame.snap_seen, outer_snap);
        let left_by_test = !snap && !self.frame.labelled_snap;
        if let Some(cond) = test.filter(|_| left_by_test) {
            self.assume(cond, false);
        }
        infinite && left_by_test
    }

    fn within(&mut self, first: Binding, second: Option<Binding>, iterable: &'a Expr<'a>) {
        let ty = self.expr(iterable);
        let item = match non_null(&ty) {
            Ty::Array(item) => (**item).clone(),
            Ty::String => Ty::String,
            Ty::Unknown | Ty::Object | Ty::Structural(_) | Ty::Record(_) | Ty::Union(_) => {
                Ty::Unknown
            }
            other => {
                let found = self.show(other);
                let message = format!("cannot iterate over a value of type {found}");
                self.report(
                    Diagnostic::new(Code::NotIterable, iterable.span, message)
                        .with_primary("only arrays, strings, objects and ranges have elements"),
                );
                Ty::Unknown
            }
        };
        let is_range = matches!(iterable.kind, ExprKind::Range { .. });
        let item = if is_range { Ty::Number } else { widened(item, true) };
        match second {
            None => self.set_bind(first.id, item),
            Some(second) => {
                if matches!(non_null(&ty), Ty::Array(_) | Ty::String) || is_range {
                    self.set_bind(first.id, Ty::Number);
                }
                self.set_bind(second.id, item);
            }
        }
    }

    // Types.

    fn session(&mut self, session: &'a SessionDecl<'a>) {
        let Some(idx) = self.type_index(session.name) else { return };
        self.owners.push(idx);
        let outer = std::mem::take(&mut self.frame);
        for member in session.members {
            if let MemberKind::Field(field) = member.kind
                && let Some(init) = field.init
            {
                self.field_initializer(idx, field.name, init);
            }
        }
        for member in session.members {
            if let MemberKind::Method(method) = member.kind {
                self.function(method);
            }
        }
        self.frame = outer;
        self.owners.pop();
    }

    fn record(&mut self, record: &'a RecordDecl<'a>) {
        let Some(idx) = self.type_index(record.name) else { return };
        self.owners.push(idx);
        let outer = std::mem::take(&mut self.frame);
        for field in record.fields {
            if let Some(default) = field.default {
                let name = Binding { name: field.name.name, ..record.name };
                self.field_initializer(idx, name, default);
            }
        }
        for method in record.methods {
            self.function(method);
        }
        self.frame = outer;
        self.owners.pop();
    }

    /// The index of the type that this very declaration declares.
    fn type_index(&self, name: Binding) -> Option<crate::types::TypeIdx> {
        let known = self.resolution.type_named(None, Ident { name: name.name, span: name.span })?;
        let declared = match self.resolution.types.get(known.0 as usize)? {
            TypeDecl::Record(record) => record.name.id,
            TypeDecl::Session(session) => session.name.id,
        };
        (declared == name.id).then_some(known)
    }
}

fn is_true(cond: &Expr<'_>) -> bool {
    match cond.kind {
        ExprKind::Bool(value) => value,
        ExprKind::Paren(inner) => is_true(inner),
        _ => false,
    }
}
