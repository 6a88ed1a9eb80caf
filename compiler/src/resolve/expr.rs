//! Expressions.

use super::scope::{Deferred, Predeclared, Resolver};
use super::{NameRef, TypeDecl, VarId, VarKind};
use hyp_grammar::ast::{
    Expr, ExprKind, FieldInit, FieldKey, FunctionKind, Ident, MemberKind, TemplatePart,
};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::intern::{Symbol, known};
use hyp_grammar::span::{ExprId, Span};

impl<'a> Resolver<'a, '_> {
    pub(super) fn opt_expr(&mut self, expr: Option<&'a Expr<'a>>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    pub(super) fn expr(&mut self, expr: &'a Expr<'a>) {
        match expr.kind {
            ExprKind::Error
            | ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Bool(_)
            | ExprKind::Null => {}
            ExprKind::This => self.this(expr.id, expr.span),
            ExprKind::Name(symbol) => self.name(symbol, expr.id, expr.span, false),
            ExprKind::Template(template) => {
                for part in template.parts {
                    if let TemplatePart::Hole(hole) = part {
                        self.expr(hole);
                    }
                }
            }
            ExprKind::Array(items) => self.exprs(items),
            ExprKind::Object(fields) => self.fields(fields),
            ExprKind::Record(literal) => self.fields(literal.fields),
            ExprKind::Function(function) => {
                let order = self.tick();
                if let Some(state) = self.function_states.get_mut(function.id.index()) {
                    state.order = order;
                }
                self.function(function);
            }
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
                self.opt_expr(step);
            }
            ExprKind::Assign { op, target, value } => {
                let reads = op != hyp_grammar::operator::AssignOp::Set;
                // Places inside the target are evaluated before the value, the store comes after.
                if reads || !matches!(target.kind, ExprKind::Name(_)) {
                    self.place(target, reads);
                    self.expr(value);
                } else {
                    self.expr(value);
                    self.place(target, false);
                }
            }
            ExprKind::Conditional { cond, then, otherwise, .. } => {
                self.expr(cond);
                self.expr(then);
                self.expr(otherwise);
            }
            ExprKind::Call { callee, args, .. } => {
                self.calls_seen |= self.in_module_body();
                match callee.kind {
                    ExprKind::Name(symbol) => self.name(symbol, callee.id, callee.span, true),
                    _ => self.expr(callee),
                }
                self.arguments(callee, args);
            }
            ExprKind::Member { object, name, .. } => {
                if !self.qualified(expr, object, name) {
                    self.expr(object);
                }
            }
            ExprKind::Index { object, index, .. } => {
                self.expr(object);
                self.expr(index);
            }
            ExprKind::With { base, fields } => {
                self.expr(base);
                self.fields(fields);
            }
        }
    }

    pub(super) fn exprs(&mut self, exprs: &'a [&'a Expr<'a>]) {
        for expr in exprs {
            self.expr(expr);
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

    /// The target of an assignment.
    pub(super) fn place(&mut self, place: &'a Expr<'a>, reads: bool) {
        if let ExprKind::Name(symbol) = place.kind {
            return self.assign_name(symbol, place.id, place.span, reads);
        }
        self.expr(place);
        let mut root = place;
        while self.out.qualified(root).is_none()
            && let ExprKind::Member { object, .. } | ExprKind::Index { object, .. } = root.kind
        {
            root = object;
        }
        if let Some(Some(NameRef::Var(var))) = self.out.names.get(root.id.index()) {
            let var = *var;
            if !std::ptr::eq(root, place) || !self.import_assigned(var, root.span) {
                self.store(var, true, root.span);
            }
        }
    }

    fn assign_name(&mut self, symbol: Symbol, id: ExprId, span: Span, reads: bool) {
        let var = match self.variable(symbol, span, false) {
            Some(var) => var,
            None => self.create(symbol, span),
        };
        if !self.import_assigned(var, span) {
            self.store(var, false, span);
        }
        if reads {
            self.state_mut(var).read = true;
        }
        self.set_name(id, NameRef::Var(var));
    }

    /// Assignment to an unknown name makes a variable of the whole function.
    fn create(&mut self, symbol: Symbol, span: Span) -> VarId {
        let var = self.new_var(symbol, VarKind::Variable, span);
        self.mark_declared(var);
        let home = self.context.home;
        if home.is_none() {
            self.out.vars[var.0 as usize].function = self.out.module_body(self.module);
            self.state_mut(var).module_scope = true;
        }
        self.out.vars[var.0 as usize].may_be_unset = true;
        let state = self.state_mut(var);
        state.try_region = 0;
        state.implicit = true;
        state.set_before_calls = false;
        state.read = true;
        self.leaks.push(symbol, var);
        if self.first_report(symbol) {
            self.undeclared_assignment(symbol, span);
        }
        var
    }

    fn undeclared_assignment(&mut self, symbol: Symbol, span: Span) {
        let text = self.text(symbol);
        let message = format!("assignment to the undeclared variable `{text}`");
        let help = match self.similar_name(symbol, false) {
            Some(name) => format!("did you mean `{name}`? To declare it: `induce {text} = …;`"),
            None => format!("declare it: `induce {text} = …;`"),
        };
        self.report(
            Diagnostic::new(Code::UndeclaredAssignment, span, message)
                .with_primary("not declared in any scope around this")
                .with_help(help),
        );
    }

    fn this(&mut self, id: ExprId, span: Span) {
        if let Some(var) = self.context.this {
            self.touch(var, span);
            self.set_name(id, NameRef::Var(var));
            return;
        }
        let (message, label) = if self.context.is_static {
            ("cannot use `this` in a static context", "static members have no receiver")
        } else {
            ("`this` outside of a method", "there is no receiver here")
        };
        self.report(Diagnostic::new(Code::MisplacedThis, span, message).with_primary(label));
    }

    /// A name that is read, or called when `is_call`.
    fn name(&mut self, symbol: Symbol, id: ExprId, span: Span, is_call: bool) {
        if let Some(var) = self.variable(symbol, span, is_call) {
            self.touch(var, span);
            let state = self.state_mut(var);
            state.read = true;
            state.is_value |= !is_call;
            return self.set_name(id, NameRef::Var(var));
        }
        if self.namespace_value(symbol, span) {
            return self.set_name(id, NameRef::Unresolved);
        }
        if let Some(member) = self.sibling(symbol, span) {
            return self.set_name(id, member);
        }
        if let Some(found) = self.global_name(symbol, span, is_call) {
            self.note_mocking_value(found, is_call);
            return self.set_name(id, found);
        }
        self.set_name(id, NameRef::Unresolved);
        self.undefined(symbol, id, span, is_call);
    }

    /// A record constructor, builtin or constant.
    fn global_name(&mut self, name: Symbol, span: Span, is_call: bool) -> Option<NameRef> {
        if let Some(idx) = self.out.type_named(None, Ident { name, span })
            && self.is_constructed(idx)
        {
            return Some(NameRef::RecordType(idx));
        }
        match self.predeclared(name) {
            Predeclared::Constant(value) => Some(NameRef::Constant(value)),
            Predeclared::Exact(builtin) => Some(NameRef::Builtin(builtin)),
            Predeclared::Folded(builtin) if is_call => Some(NameRef::Builtin(builtin)),
            _ => None,
        }
    }

    /// Inside a session or record, a member of that name.
    fn sibling(&mut self, symbol: Symbol, span: Span) -> Option<NameRef> {
        let session = self.context.owner?;
        let is_static = match self.out.types.get(session.0 as usize)? {
            TypeDecl::Session(decl) => decl.members.iter().find_map(|m| match m.kind {
                MemberKind::Field(f) => (f.name.name == symbol).then_some(m.is_static),
                MemberKind::Method(f) => {
                    let named =
                        f.kind == FunctionKind::Method && f.name.is_some_and(|n| n.name == symbol);
                    named.then_some(m.is_static)
                }
                MemberKind::Error => None,
            })?,
            TypeDecl::Record(decl) => {
                let field = decl.fields.iter().any(|f| f.name.name == symbol);
                let method = decl.methods.iter().any(|m| {
                    m.kind == FunctionKind::Method && m.name.is_some_and(|n| n.name == symbol)
                });
                (field || method).then_some(false)?
            }
        };
        if !is_static {
            let this = self.context.this?;
            self.touch(this, span);
        }
        let text = self.text(symbol);
        let owner = super::collect::type_name(self.out.types.get(session.0 as usize)?);
        let prefix = if is_static { self.text(owner.name) } else { self.text(known::THIS) };
        self.report(
            Diagnostic::new(
                Code::UnqualifiedMember,
                span,
                format!("`{text}` is a member of `{}`", self.text(owner.name)),
            )
            .with_primary("taken as the member")
            .with_help(format!("write `{prefix}.{text}`")),
        );
        Some(NameRef::SiblingMember { session, is_static })
    }

    fn undefined(&mut self, symbol: Symbol, id: ExprId, span: Span, is_call: bool) {
        let later = self.bindings.of(symbol).next();
        if let Some((_, var)) = later {
            self.state_mut(var).read = true;
        }
        let diagnostic =
            self.first_report(symbol).then(|| self.undefined_diagnostic(symbol, span, is_call));
        if self.context.home.is_some() {
            self.deferred.push(Deferred { id, symbol, diagnostic });
        } else if let Some(diagnostic) = diagnostic {
            self.report(diagnostic);
        }
    }

    fn undefined_diagnostic(&mut self, symbol: Symbol, span: Span, is_call: bool) -> Diagnostic {
        let text = self.text(symbol);
        let (code, what) = if is_call {
            (Code::UndefinedFunction, "function")
        } else {
            (Code::UndefinedVariable, "variable")
        };
        let mut diagnostic = Diagnostic::new(code, span, format!("undefined {what} `{text}`"));
        if let Some(later) = self.declared_later(symbol) {
            return diagnostic
                .with_primary("not declared yet")
                .with_label(later, "declared here, below")
                .with_help("move the declaration up");
        }
        diagnostic = diagnostic.with_primary("no declaration of this name is visible here");
        if self.out.type_named(None, Ident { name: symbol, span }).is_some() {
            return diagnostic.with_note(format!("`{text}` is a type; write `{text} {{ … }}`"));
        }
        match self.similar_name(symbol, true) {
            Some(name) => {
                let help = format!("did you mean `{name}`?");
                diagnostic.with_help(help)
            }
            None => diagnostic,
        }
    }
}
