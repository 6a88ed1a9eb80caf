//! Definite assignment of session fields.
//!
//! A field is certainly assigned when every way through the field initialisers and the constructor
//! stores it by `this.f = …` before the instance can be seen by other code and before it is read.

use crate::resolve::{NameRef, Resolution, VarId};
use crate::types::TypeIdx;
use ahash::AHashMap;
use hyp_grammar::ast::{
    ArmBody, Block, Expr, ExprKind, FieldInit, FieldKey, Function, FunctionBody, FunctionKind,
    Init, LoopHeader, MemberKind, SessionDecl, Stmt, StmtKind, TemplatePart,
};
use hyp_grammar::intern::Symbol;
use hyp_grammar::operator::AssignOp;

/// By instance field in order of declaration: it may be seen before it has a value.
pub(crate) fn unassigned_fields<'a>(
    resolution: &Resolution<'a>,
    idx: TypeIdx,
    session: &'a SessionDecl<'a>,
) -> Vec<bool> {
    let mut fields: AHashMap<Symbol, usize> = AHashMap::new();
    let mut statics = Vec::new();
    let mut inits = Vec::new();
    let mut constructor = None;
    for member in session.members {
        match member.kind {
            MemberKind::Field(field) if member.is_static => statics.push(field.name.name),
            MemberKind::Field(field) => {
                fields.entry(field.name.name).or_insert(inits.len());
                inits.push(field.init);
            }
            MemberKind::Method(m) if m.kind == FunctionKind::Constructor => constructor = Some(m),
            MemberKind::Method(m) if member.is_static => {
                statics.extend(m.name.map(|name| name.name));
            }
            _ => {}
        }
    }
    let this = resolution.receivers.get(idx.0 as usize).copied().flatten();
    let n = inits.len();
    let mut flow =
        Flow { resolution, fields, statics, this, assigned: vec![false; n], seen: vec![false; n] };
    for (at, init) in inits.into_iter().enumerate() {
        if let Some(init) = init {
            flow.expr(init);
            flow.assigned[at] = true;
        }
    }
    if let Some(constructor) = constructor {
        flow.constructor(constructor);
    }
    flow.escape();
    flow.seen
}

struct Flow<'a, 'r> {
    resolution: &'r Resolution<'a>,
    fields: AHashMap<Symbol, usize>,
    /// Static members: reaching them through `this` tells nobody about the instance.
    statics: Vec<Symbol>,
    this: Option<VarId>,
    assigned: Vec<bool>,
    /// Seen while not assigned.
    seen: Vec<bool>,
}

impl<'a> Flow<'a, '_> {
    /// Other code may see the instance from here on, or the constructor ends.
    fn escape(&mut self) {
        for (seen, assigned) in self.seen.iter_mut().zip(&self.assigned) {
            *seen |= !assigned;
        }
    }

    /// Code after this point is never reached.
    fn stop(&mut self) {
        self.assigned.fill(true);
    }

    fn constructor(&mut self, constructor: &'a Function<'a>) {
        for param in constructor.params {
            self.opt(param.default);
        }
        match constructor.body {
            FunctionBody::Block(block) => self.block(&block),
            FunctionBody::Expr(value) => self.expr(value),
        }
    }

    /// Runs something that may not happen, or not completely: its stores do not count.
    fn perhaps(&mut self, run: impl FnOnce(&mut Self)) {
        let before = self.assigned.clone();
        run(self);
        self.assigned = before;
    }

    /// Runs one of several ways and joins its stores with those of the other ways.
    fn branch(&mut self, joined: &mut Option<Vec<bool>>, run: impl FnOnce(&mut Self)) {
        let before = self.assigned.clone();
        run(self);
        let after = std::mem::replace(&mut self.assigned, before);
        match joined {
            None => *joined = Some(after),
            Some(all) => all.iter_mut().zip(after).for_each(|(a, b)| *a &= b),
        }
    }

    fn function(&mut self, function: &Function<'a>) {
        let info = self.resolution.functions.get(function.id.index());
        let captures = info.is_some_and(|i| self.this.is_some_and(|t| i.captures.contains(&t)));
        if captures {
            self.escape();
        }
    }

    fn block(&mut self, block: &Block<'a>) {
        for stmt in block.stmts {
            if let StmtKind::Function(function) = stmt.kind {
                self.function(function);
            }
        }
        for stmt in block.stmts {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &Stmt<'a>) {
        match stmt.kind {
            StmtKind::Block(block) => self.block(&block),
            StmtKind::Var(decl) => {
                if let Init::Expr(value) = decl.init {
                    self.expr(value);
                }
                if let hyp_grammar::ast::DeclTarget::Place(place) = decl.target {
                    self.target(place);
                }
            }
            StmtKind::Anchor { value, .. } => self.expr(value),
            StmtKind::If { branches, otherwise } => {
                let mut joined = None;
                for branch in branches {
                    self.expr(branch.cond);
                    self.branch(&mut joined, |flow| flow.block(&branch.body));
                }
                self.branch(&mut joined, |flow| {
                    if let Some(block) = otherwise {
                        flow.block(&block);
                    }
                });
                if let Some(joined) = joined {
                    self.assigned = joined;
                }
            }
            StmtKind::Loop(looped) => self.looped(looped),
            StmtKind::Output { value, .. } => self.expr(value),
            StmtKind::Return { value } => {
                self.opt(value);
                self.escape();
                self.stop();
            }
            StmtKind::Throw { value, .. } => {
                self.expr(value);
                self.stop();
            }
            // Jumps may skip stores.
            StmtKind::SinkTo { .. } => self.escape(),
            StmtKind::Oscillate { place } => self.expr(place),
            StmtKind::Adjust { place, by, .. } => {
                self.expr(place);
                self.opt(by);
            }
            StmtKind::Assert { cond, message } => {
                self.expr(cond);
                self.opt(message);
            }
            StmtKind::Try(protected) => {
                self.perhaps(|flow| flow.block(&protected.body));
                if let Some(catch) = &protected.catch {
                    self.perhaps(|flow| flow.block(&catch.body));
                }
                if let Some(finally) = &protected.finally {
                    self.block(finally);
                }
            }
            StmtKind::Expr(value) => self.expr(value),
            _ => {}
        }
    }

    fn looped(&mut self, looped: &hyp_grammar::ast::Loop<'a>) {
        match looped.header {
            LoopHeader::Infinite => {}
            LoopHeader::While(cond) => self.expr(cond),
            LoopHeader::Counted { init, cond, .. } => {
                if let Some(init) = init {
                    self.stmt(init);
                }
                self.opt(cond);
            }
            LoopHeader::Within { iterable, .. } => self.expr(iterable),
            LoopHeader::DoWhile(_) => {}
        }
        self.perhaps(|flow| {
            flow.block(&looped.body);
            match looped.header {
                LoopHeader::Counted { step, .. } => flow.opt(step),
                LoopHeader::DoWhile(cond) => flow.expr(cond),
                _ => {}
            }
        });
    }

    fn opt(&mut self, expr: Option<&'a Expr<'a>>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    /// `this.name`: reading a field, or reaching code that may see the instance.
    fn own_member(&mut self, name: Symbol) {
        match self.fields.get(&name) {
            Some(&at) => self.seen[at] |= !self.assigned[at],
            None if self.statics.contains(&name) => {}
            None => self.escape(),
        }
    }

    /// The target of a plain assignment whose value is evaluated.
    fn target(&mut self, target: &'a Expr<'a>) {
        match target.kind {
            ExprKind::Member { object: Expr { kind: ExprKind::This, .. }, name, .. } => {
                match self.fields.get(&name.name) {
                    Some(&at) => self.assigned[at] = true,
                    None => self.own_member(name.name),
                }
            }
            ExprKind::Name(_) => {}
            _ => self.expr(target),
        }
    }

    fn expr(&mut self, expr: &'a Expr<'a>) {
        match expr.kind {
            ExprKind::This => self.escape(),
            ExprKind::Name(_) => {
                if let NameRef::SiblingMember { is_static: false, .. } =
                    self.resolution.name(expr.id)
                {
                    self.escape();
                }
            }
            ExprKind::Member { object: Expr { kind: ExprKind::This, .. }, name, .. } => {
                self.own_member(name.name);
            }
            ExprKind::Member { object, .. } => self.expr(object),
            ExprKind::Index { object, index, .. } => {
                self.expr(object);
                self.expr(index);
            }
            ExprKind::Assign { op: AssignOp::Set, target, value } => {
                self.expr(value);
                self.target(target);
            }
            ExprKind::Assign { target, value, .. } => {
                self.expr(target);
                self.expr(value);
            }
            ExprKind::Function(function) => self.function(function),
            ExprKind::Call { callee, args, .. } => {
                self.expr(callee);
                for arg in args {
                    self.expr(arg);
                }
            }
            ExprKind::Binary { .. } => {
                let chain = expr.chain();
                self.expr(chain.first);
                for link in chain.links {
                    if link.op.is_short_circuit() {
                        self.perhaps(|flow| flow.expr(link.right));
                    } else {
                        self.expr(link.right);
                    }
                }
            }
            ExprKind::Conditional { cond, then, otherwise, .. } => {
                self.expr(cond);
                self.perhaps(|flow| flow.expr(then));
                self.perhaps(|flow| flow.expr(otherwise));
            }
            ExprKind::Unary { operand: inner, .. } | ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Range { from, to, step, .. } => {
                self.expr(from);
                self.expr(to);
                self.opt(step);
            }
            ExprKind::Array(items) => {
                for item in items {
                    self.expr(item);
                }
            }
            ExprKind::Template(template) => {
                for part in template.parts {
                    if let TemplatePart::Hole(hole) = part {
                        self.expr(hole);
                    }
                }
            }
            ExprKind::Object(fields) => self.field_inits(fields),
            ExprKind::Record(literal) => self.field_inits(literal.fields),
            ExprKind::With { base, fields } => {
                self.expr(base);
                self.field_inits(fields);
            }
            ExprKind::Entrain(entrain) => self.entrain(entrain),
            _ => {}
        }
    }

    fn entrain(&mut self, entrain: &hyp_grammar::ast::Entrain<'a>) {
        self.expr(entrain.subject);
        for arm in entrain.arms {
            self.perhaps(|flow| {
                flow.opt(arm.guard);
                flow.arm(&arm.body);
            });
        }
        if let Some(otherwise) = &entrain.otherwise {
            self.perhaps(|flow| flow.arm(&otherwise.body));
        }
    }

    fn arm(&mut self, body: &ArmBody<'a>) {
        match body {
            ArmBody::Block(block) => self.block(block),
            ArmBody::Expr(value) => self.expr(value),
            ArmBody::Awaken { value, .. } => {
                self.opt(*value);
                // In statement position this leaves the constructor.
                self.escape();
            }
        }
    }

    fn field_inits(&mut self, fields: &[FieldInit<'a>]) {
        for field in fields {
            match field {
                FieldInit::Field { key, value, .. } => {
                    if let FieldKey::Computed(key) = key {
                        self.expr(key);
                    }
                    self.expr(value);
                }
                FieldInit::Spread { value, .. } => self.expr(value),
            }
        }
    }
}
