//! What the oracle must know of the whole text before it runs it.

use std::collections::{HashMap, HashSet};

use hyp_grammar::ast::{
    ArmBody, Block, DeclTarget, Entrain, Expr, ExprKind, FieldInit, FieldKey, Function,
    FunctionBody, Init, Loop, LoopHeader, MemberKind, Pattern, PatternKind, RecordDecl,
    SessionDecl, Stmt, StmtKind, TemplatePart, Type, TypeKind,
};
use hyp_grammar::intern::Symbol;
use hyp_grammar::operator::{AssignOp, BinaryOp};

use super::module::Modules;
use super::scope::body_of;

/// Facts about a program.
#[derive(Default)]
pub(crate) struct Facts<'a> {
    /// Ends of the blocks of a function that declare a name.
    pub leaks: HashMap<(u32, Symbol), Vec<u32>>,
    /// Names that are somewhere in a module assigned what may be null by its form.
    pub null_assigned: HashSet<(usize, Symbol)>,
    /// What each module declares: types are known in a whole module.
    pub types: Vec<HashMap<Symbol, Declared<'a>>>,
    /// Names declared with `sharedTrance`, with constness.
    pub shared: Vec<(Symbol, bool, Option<&'a Type<'a>>)>,
    /// The bodies that declare them.
    pub sharing: HashSet<(u32, Symbol)>,
    /// Functions whose result may be null by their annotation.
    nullable_results: HashSet<Symbol>,
    /// A feature that the oracle lacks.
    pub unsupported: Option<&'static str>,
    /// The module and the function being walked, and the ends of its open blocks.
    module: usize,
    function: u32,
    open: Vec<u32>,
}

/// A type that a program declares.
#[derive(Clone, Copy)]
pub(crate) enum Declared<'a> {
    Record(&'a RecordDecl<'a>),
    Session(&'a SessionDecl<'a>),
}

/// Walks the program.
pub(crate) fn gather<'a>(modules: &Modules<'a>) -> Facts<'a> {
    let mut facts = Facts::default();
    for (at, module) in modules.all.iter().enumerate() {
        facts.types.push(HashMap::new());
        (facts.module, facts.function) = (at, body_of(at));
        facts.stmts(module.program.prelude);
        facts.stmts(module.program.body);
    }
    facts
}

impl<'a> Facts<'a> {
    fn declares(&mut self, name: Symbol) {
        if let Some(&end) = self.open.last() {
            self.leaks.entry((self.function, name)).or_default().push(end);
        }
    }

    fn stmts(&mut self, list: &'a [Stmt<'a>]) {
        list.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn block(&mut self, block: &Block<'a>) {
        self.open.push(block.span.end);
        self.stmts(block.stmts);
        self.open.pop();
    }

    fn stmt(&mut self, stmt: &'a Stmt<'a>) {
        match stmt.kind {
            StmtKind::Block(block) => self.block(&block),
            StmtKind::Var(decl) => {
                if decl.shared {
                    let constant = decl.keyword == Some(hyp_grammar::ast::DeclKeyword::Freeze);
                    if let DeclTarget::Name(name) = decl.target {
                        self.shared.push((name.name, constant, decl.ty));
                        self.sharing.insert((body_of(self.module), name.name));
                    }
                } else {
                    match decl.target {
                        DeclTarget::Name(name) => self.declares(name.name),
                        DeclTarget::Pattern(pattern) => self.pattern(pattern),
                        DeclTarget::Place(place) => self.expr(place),
                    }
                }
                match (decl.target, decl.init) {
                    (DeclTarget::Name(name), Init::Expr(value)) => {
                        self.assigns(name.name, value);
                    }
                    (DeclTarget::Name(name), Init::None | Init::External(_)) => {
                        self.null_assigned.insert((self.module, name.name));
                    }
                    _ => {}
                }
                if let Init::Expr(value) = decl.init {
                    self.expr(value);
                }
            }
            StmtKind::Anchor { name, value } => {
                self.declares(name.name);
                self.expr(value);
            }
            StmtKind::Function(function) => self.function(function),
            StmtKind::Session(session) => self.session(session),
            StmtKind::Record(record) => self.record(record),
            StmtKind::Entrance { body, .. } | StmtKind::Finale { body } => self.stmts(body.stmts),
            StmtKind::If { branches, otherwise } => {
                for branch in branches {
                    self.expr(branch.cond);
                    self.block(&branch.body);
                }
                otherwise.iter().for_each(|block| self.block(block));
            }
            StmtKind::Loop(it) => self.round(it, stmt.span.end),
            StmtKind::Try(it) => {
                self.block(&it.body);
                it.catch.iter().for_each(|catch| self.block(&catch.body));
                it.finally.iter().for_each(|block| self.block(block));
            }
            StmtKind::Adjust { place, by, .. } => {
                self.expr(place);
                by.iter().for_each(|e| self.expr(e));
            }
            StmtKind::Assert { cond, message } => {
                self.expr(cond);
                message.iter().for_each(|e| self.expr(e));
            }
            StmtKind::Output { value, .. } | StmtKind::Throw { value, .. } => self.expr(value),
            StmtKind::Oscillate { place } => self.expr(place),
            StmtKind::Expr(value) => self.expr(value),
            StmtKind::Return { value } => value.iter().for_each(|e| self.expr(e)),
            _ => {}
        }
    }

    fn round(&mut self, it: &'a Loop<'a>, end: u32) {
        self.open.push(end);
        match it.header {
            LoopHeader::Infinite => {}
            LoopHeader::While(cond) | LoopHeader::DoWhile(cond) => self.expr(cond),
            LoopHeader::Counted { init, cond, step } => {
                init.iter().for_each(|stmt| self.stmt(stmt));
                cond.iter().chain(step.iter()).for_each(|e| self.expr(e));
            }
            LoopHeader::Within { first, second, iterable, .. } => {
                self.declares(first.name);
                second.iter().for_each(|b| self.declares(b.name));
                self.expr(iterable);
            }
        }
        self.block(&it.body);
        self.open.pop();
    }

    fn function(&mut self, function: &'a Function<'a>) {
        if let (Some(name), Some(ty)) = (function.name, function.result)
            && matches!(ty.kind, TypeKind::Nullable(_) | TypeKind::Null | TypeKind::Union(_))
        {
            self.nullable_results.insert(name.name);
        }
        let outer = (self.function, std::mem::take(&mut self.open));
        self.function = function.id.0;
        function.params.iter().filter_map(|p| p.default).for_each(|e| self.expr(e));
        match function.body {
            FunctionBody::Block(block) => self.stmts(block.stmts),
            FunctionBody::Expr(value) => self.expr(value),
        }
        (self.function, self.open) = outer;
    }

    fn session(&mut self, session: &'a SessionDecl<'a>) {
        self.types[self.module].insert(session.name.name, Declared::Session(session));
        for member in session.members {
            match member.kind {
                MemberKind::Field(field) => field.init.iter().for_each(|e| self.expr(e)),
                MemberKind::Method(method) => self.function(method),
                MemberKind::Error => {}
            }
        }
    }

    fn record(&mut self, record: &'a RecordDecl<'a>) {
        self.types[self.module].insert(record.name.name, Declared::Record(record));
        record.fields.iter().filter_map(|f| f.default).for_each(|e| self.expr(e));
        record.methods.iter().for_each(|method| self.function(method));
    }

    fn pattern(&mut self, pattern: &Pattern<'a>) {
        match pattern.kind {
            PatternKind::Bind(name) => self.declares(name.name),
            PatternKind::Array { items, rest } => {
                items.iter().for_each(|item| self.pattern(item));
                rest.and_then(|r| r.name).iter().for_each(|name| self.declares(name.name));
            }
            PatternKind::Object { fields } => {
                fields.iter().for_each(|field| self.pattern(field.pattern));
            }
            _ => {}
        }
    }

    fn assigns(&mut self, name: Symbol, value: &Expr<'a>) {
        if self.may_be_null(value) {
            self.null_assigned.insert((self.module, name));
        }
    }

    /// Whether the form of an expression says that it may be null.
    pub(crate) fn may_be_null(&self, value: &Expr<'a>) -> bool {
        match value.kind {
            ExprKind::Null => true,
            ExprKind::Paren(inner) => self.may_be_null(inner),
            ExprKind::Conditional { then, otherwise, .. } => {
                self.may_be_null(then) || self.may_be_null(otherwise)
            }
            ExprKind::Binary { op: BinaryOp::Coalesce, right, .. } => self.may_be_null(right),
            ExprKind::Member { optional, object, .. } => optional || self.may_be_null(object),
            ExprKind::Index { optional, object, .. } => optional || self.may_be_null(object),
            ExprKind::Assign { value, .. } => self.may_be_null(value),
            ExprKind::Call { callee, optional, .. } => {
                let named = match callee.kind {
                    ExprKind::Name(name) => self.nullable_results.contains(&name),
                    _ => false,
                };
                optional || named || self.may_be_null(callee)
            }
            _ => false,
        }
    }

    fn fields(&mut self, fields: &'a [FieldInit<'a>]) {
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

    fn entrain(&mut self, entrain: &'a Entrain<'a>) {
        self.expr(entrain.subject);
        for arm in entrain.arms {
            arm.guard.iter().for_each(|e| self.expr(e));
            self.arm(&arm.body);
        }
        entrain.otherwise.iter().for_each(|o| self.arm(&o.body));
    }

    fn arm(&mut self, body: &ArmBody<'a>) {
        match *body {
            ArmBody::Block(block) => self.block(&block),
            ArmBody::Expr(value) => self.expr(value),
            ArmBody::Awaken { value, .. } => value.iter().for_each(|e| self.expr(e)),
        }
    }

    fn expr(&mut self, expr: &'a Expr<'a>) {
        match expr.kind {
            ExprKind::Template(template) => {
                for part in template.parts {
                    if let TemplatePart::Hole(hole) = part {
                        self.expr(hole);
                    }
                }
            }
            ExprKind::Array(items) => items.iter().for_each(|e| self.expr(e)),
            ExprKind::Object(fields) => self.fields(fields),
            ExprKind::Record(record) => self.fields(record.fields),
            ExprKind::Function(function) => self.function(function),
            ExprKind::Entrain(entrain) => self.entrain(entrain),
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Unary { operand, .. } => self.expr(operand),
            ExprKind::Binary { .. } => {
                let chain = expr.chain();
                self.expr(chain.first);
                chain.links.iter().for_each(|link| self.expr(link.right));
            }
            ExprKind::Range { from, to, step, .. } => {
                self.expr(from);
                self.expr(to);
                step.iter().for_each(|e| self.expr(e));
            }
            ExprKind::Assign { op, target, value } => {
                if let (ExprKind::Name(name), AssignOp::Set) = (target.kind, op) {
                    self.assigns(name, value);
                }
                self.expr(target);
                self.expr(value);
            }
            ExprKind::Conditional { cond, then, otherwise, .. } => {
                [cond, then, otherwise].iter().for_each(|e| self.expr(e));
            }
            ExprKind::Call { callee, args, .. } => {
                self.expr(callee);
                args.iter().for_each(|e| self.expr(e));
            }
            ExprKind::Member { object, .. } => self.expr(object),
            ExprKind::Index { object, index, .. } => {
                self.expr(object);
                self.expr(index);
            }
            ExprKind::With { base, fields } => {
                self.expr(base);
                self.fields(fields);
            }
            _ => {}
        }
    }
}
