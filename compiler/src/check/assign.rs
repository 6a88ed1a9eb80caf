//! Values going to places: declarations, assignments, nullability.

use super::annotation::nullable;
use super::relation::{Fit, non_null, widened};
use super::{Checker, MemberSort};
use crate::resolve::{BindAction, NameRef, VarId};
use crate::types::{Ty, TypeIdx};
use hyp_grammar::ast::{Binding, DeclTarget, Expr, ExprKind, Init, Type, VarDecl};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::operator::AssignOp;
use hyp_grammar::span::Span;
use std::rc::Rc;

impl<'a> Checker<'a, '_> {
    /// The value of `expr` where a value of type `to` is expected. An object literal becomes a
    /// record where a record type is expected.
    pub(super) fn expect(&mut self, expr: &'a Expr<'a>, to: &Ty) -> Ty {
        if let (ExprKind::Object(fields), Ty::Record(idx)) = (&expr.kind, non_null(to)) {
            self.record_fields_literal(*idx, fields, expr.span, true);
            let ty = Ty::Record(*idx);
            self.set_expr(expr.id, &ty);
            return ty;
        }
        self.expr(expr)
    }

    /// Reports a null that goes to a place that does not say that it takes null.
    pub(super) fn null_to(&mut self, to: &Ty, what: &str, span: Span) {
        let diagnostic = Diagnostic::new(
            self.null_code(Code::NullToNonNullable),
            span,
            format!("null for {what} of type {}", self.show(to)),
        )
        .with_primary(if self.options.strict_null { "this may be null" } else { "this is null" })
        .with_help(format!("declare it as `{}?`", self.show(to)));
        self.report(diagnostic);
    }

    /// The code of a null where the type does not mention it: this warning, unless nulls are refused.
    pub(super) fn null_code(&self, warning: Code) -> Code {
        if self.options.strict_null { Code::NullRefused } else { warning }
    }

    /// Whether a place of this type must not start as null.
    pub(super) fn needs_first_value(&self, ty: &Ty) -> bool {
        matches!(ty, Ty::Number | Ty::Boolean)
            || (self.options.strict_null && super::function::needs_value(ty))
    }

    pub(super) fn var_decl(&mut self, decl: &'a VarDecl<'a>) {
        let declared = self.opt_annotation(decl.ty);
        match decl.target {
            DeclTarget::Name(name) => self.name_decl(name, declared, decl),
            DeclTarget::Place(place) => {
                if let Init::Expr(value) = decl.init {
                    self.assign(place, AssignOp::Set, value);
                } else {
                    self.place_type(place);
                }
            }
            DeclTarget::Pattern(pattern) => {
                let to = declared.unwrap_or_default();
                let ty = match decl.init {
                    Init::Expr(value) => self.expect(value, &to),
                    _ => Ty::Unknown,
                };
                let ty = if to == Ty::Unknown { ty } else { to };
                self.pattern(pattern, &ty);
            }
        }
    }

    fn name_decl(&mut self, name: Binding, declared: Option<Ty>, decl: &'a VarDecl<'a>) {
        let expected = declared.clone().unwrap_or_default();
        let value = match decl.init {
            Init::Expr(value) => Some((self.expect(value, &expected), value.span)),
            Init::External(_) => None,
            Init::None => None,
        };
        let Some(bind) = self.resolution.bind(name.id) else { return };
        if bind.action == BindAction::Ignore {
            return;
        }
        let var = bind.var;
        if bind.action != BindAction::Declare {
            return self.declare_again(var, name, declared, value);
        }
        let Some(declared) = declared.filter(|ty| *ty != Ty::Unknown) else {
            let reassigned = self.resolution.var(var).is_reassigned;
            let inferred = match decl.init {
                // `any` says that the variable is dynamic.
                _ if decl.ty.is_some() => Ty::Unknown,
                Init::External(_) => Ty::Unknown,
                _ => value.map_or(Ty::Unknown, |(ty, _)| widened(ty, reassigned)),
            };
            return self.set_var(var, inferred);
        };
        self.annotate(var, declared.clone());
        match (value, decl.init) {
            (Some((ty, span)), _) => self.store(var, &ty, span),
            (None, Init::External(_)) => self.annotate(var, nullable(declared)),
            (None, _) => self.no_value(var, &declared, decl.ty, name),
        }
    }

    /// A variable that is annotated but gets no value is null at first.
    fn no_value(&mut self, var: VarId, ty: &Ty, written: Option<&Type<'a>>, name: Binding) {
        if !self.needs_first_value(ty) {
            return;
        }
        let text = self.text(name.name);
        let shown = self.show(ty);
        let message = format!("`{text}` has no value and is treated as `{shown}?`");
        let code = self.null_code(Code::NullableVariable);
        let diagnostic = Diagnostic::new(code, name.span, message)
            .with_primary("null until it is assigned")
            .with_label(written.map_or(name.span, |t| t.span), format!("not a `{shown}` yet"))
            .with_help(first_value_help(ty, &shown));
        self.report(diagnostic);
        self.annotate(var, nullable(ty.clone()));
    }

    /// A declaration of a variable that exists assigns it; an annotation changes its type.
    fn declare_again(
        &mut self,
        var: VarId,
        name: Binding,
        declared: Option<Ty>,
        value: Option<(Ty, Span)>,
    ) {
        let old = self.var_type(var);
        match declared {
            Some(ty) if self.is_annotated(var) && ty != *non_null(&old) => {
                self.redeclared(var, name, &old, &ty);
                self.annotate(var, Ty::Unknown);
            }
            Some(ty) if !self.is_annotated(var) && old == Ty::Unknown => {
                self.set_var(var, Ty::Unknown);
                if let Some((found, span)) = value {
                    self.check_store(&found, &ty, name, span);
                }
            }
            _ if self.is_annotated(var) => {
                if let Some((ty, span)) = value {
                    self.store(var, &ty, span);
                }
            }
            // The new static type is known only from here on, so nothing is claimed of it.
            _ => {
                let new = value.map_or(Ty::Unknown, |(ty, _)| widened(ty, true));
                if new != old {
                    if self.is_program_wide(var) && self.fit(&new, &old) == Fit::No {
                        self.redeclared(var, name, &old, &new);
                    }
                    self.set_var(var, Ty::Unknown);
                }
            }
        }
    }

    /// Whether the variable belongs to the whole program: elsewhere a second declaration with
    /// another type is ordinary in untyped code.
    fn is_program_wide(&self, var: VarId) -> bool {
        let info = self.resolution.var(var);
        info.is_shared || info.function.is_none()
    }

    fn redeclared(&mut self, var: VarId, name: Binding, old: &Ty, new: &Ty) {
        let text = self.text(name.name);
        let message =
            format!("`{text}` is declared as {} and as {}", self.show(old), self.show(new));
        let first = self.resolution.var(var).span;
        self.report(
            Diagnostic::new(Code::RedeclaredType, name.span, message)
                .with_primary("one variable, treated as unknown")
                .with_label(first, "first declared here"),
        );
    }

    fn check_store(&mut self, found: &Ty, to: &Ty, name: Binding, span: Span) {
        if self.fit(found, to) == Fit::No {
            self.variable_mismatch(self.text(name.name), found, to, span, None);
        }
    }

    pub(super) fn is_annotated(&self, var: VarId) -> bool {
        self.annotated.get(var.0 as usize).copied().unwrap_or(false)
    }

    /// A value of type `from` is stored into a variable.
    pub(super) fn store(&mut self, var: VarId, from: &Ty, span: Span) {
        let to = self.var_type(var);
        let annotated = self.is_annotated(var);
        let scalar = matches!(to, Ty::Number | Ty::Boolean);
        self.assigned(var, from);
        let info = self.resolution.var(var);
        let name = self.text(info.name);
        match self.fit(from, &to) {
            Fit::Yes => {}
            Fit::Null | Fit::UnlessNull if !annotated => {}
            Fit::Null if self.options.strict_null => {
                self.null_to(&to, &format!("variable `{name}`"), span);
            }
            Fit::Null | Fit::UnlessNull if scalar => {
                self.make_nullable(var, &to, span);
            }
            Fit::UnlessNull => {}
            Fit::Null => self.null_to(&to, &format!("variable `{name}`"), span),
            Fit::No => self.variable_mismatch(name, from, &to, span, Some(info.span)),
        }
    }

    /// A `number` or `boolean` variable that is given a value that may be null.
    fn make_nullable(&mut self, var: VarId, ty: &Ty, span: Span) {
        let declared = self.resolution.var(var).span;
        let name = self.text(self.resolution.var(var).name);
        self.annotate(var, nullable(ty.clone()));
        if std::mem::replace(&mut self.nullable_reported[var.0 as usize], true) {
            return;
        }
        let shown = self.show(ty);
        let message = format!("`{name}` may become null and is treated as `{shown}?`");
        let mut diagnostic = Diagnostic::new(Code::NullableVariable, span, message)
            .with_primary("this may be null")
            .with_help(format!("declare it as `{shown}?`, or give a default: `?? …`"));
        if declared != span {
            diagnostic = diagnostic.with_label(declared, format!("declared as `{shown}` here"));
        }
        self.report(diagnostic);
    }

    fn variable_mismatch(
        &mut self,
        name: &str,
        from: &Ty,
        to: &Ty,
        span: Span,
        declared: Option<Span>,
    ) {
        let (from, to) = (self.show(from), self.show(to));
        let message = format!("type mismatch for variable `{name}`: expected {to}, got {from}");
        let mut diagnostic = Diagnostic::new(Code::VariableMismatch, span, message)
            .with_primary(format!("this is of type {from}"));
        if let Some(declared) = declared {
            diagnostic = diagnostic.with_label(declared, format!("`{name}` is of type {to}"));
        }
        self.report(diagnostic);
    }

    // Assignments.

    pub(super) fn assign(&mut self, target: &'a Expr<'a>, op: AssignOp, value: &'a Expr<'a>) -> Ty {
        let to = self.place_type(target);
        match op {
            AssignOp::Set => {
                let to = self.declared_type(target).unwrap_or(to);
                let from = self.expect(value, &to);
                self.store_place(target, &from, &to, value.span);
                if to == Ty::Unknown { from } else { to }
            }
            AssignOp::Compound(op) => {
                let right = self.expr(value);
                let from =
                    self.binary_result(op, target, &to, value, &right, target.span.to(value.span));
                self.store_place(target, &from, &to, value.span);
                from
            }
        }
    }

    /// The type that a variable takes, whatever tests have shown of its current value.
    fn declared_type(&self, target: &Expr<'_>) -> Option<Ty> {
        match (&target.kind, self.resolution.name(target.id)) {
            (ExprKind::Name(_), NameRef::Var(var)) => Some(self.var_type(var)),
            _ => None,
        }
    }

    /// The type that a place holds; the place is checked to be assignable.
    pub(super) fn place_type(&mut self, place: &'a Expr<'a>) -> Ty {
        let ty = match place.kind {
            _ if self.resolution.qualified(place).is_some() => self.expr(place),
            ExprKind::Member { object, name, .. } => {
                let receiver = self.expr(object);
                self.frozen_record(place, &receiver);
                self.member_place(&receiver, name, object)
            }
            ExprKind::Index { object, index, .. } => {
                let receiver = self.expr(object);
                let at = self.expr(index);
                self.index_type(&receiver, &at, place.span, index.span)
            }
            _ => self.expr(place),
        };
        self.set_expr(place.id, &ty);
        ty
    }

    fn store_place(&mut self, target: &'a Expr<'a>, from: &Ty, to: &Ty, span: Span) {
        match target.kind {
            _ if self.resolution.qualified(target).is_some() => {}
            ExprKind::Name(_) => {
                if let NameRef::Var(var) = self.resolution.name(target.id) {
                    if self.is_fixed(var, target.span) {
                        return;
                    }
                    self.store(var, from, span);
                }
            }
            ExprKind::Member { name, .. } => match self.fit(from, to) {
                Fit::Yes | Fit::UnlessNull => {}
                Fit::Null if !matches!(to, Ty::Number | Ty::Boolean) => {
                    self.null_to(to, &format!("field `{}`", self.text(name.name)), span);
                }
                _ => self.field_mismatch(self.text(name.name), None, from, to, span),
            },
            ExprKind::Index { .. } => {
                if matches!(self.fit(from, to), Fit::No) {
                    let (from, to) = (self.show(from), self.show(to));
                    let message = format!("type mismatch for element: expected {to}, got {from}");
                    self.report(
                        Diagnostic::new(Code::ElementMismatch, span, message)
                            .with_primary(format!("this is of type {from}")),
                    );
                }
            }
            _ => {}
        }
    }

    pub(super) fn field_mismatch(
        &mut self,
        field: &str,
        owner: Option<TypeIdx>,
        from: &Ty,
        to: &Ty,
        span: Span,
    ) {
        let (from, to) = (self.show(from), self.show(to));
        let of = owner.map(|o| format!(" of `{}`", self.type_name(o))).unwrap_or_default();
        let message = format!("field `{field}`{of} expects {to}, got {from}");
        self.report(
            Diagnostic::new(Code::FieldMismatch, span, message)
                .with_primary(format!("this is of type {from}")),
        );
    }

    /// A record in a constant is frozen with its fields.
    fn frozen_record(&mut self, place: &'a Expr<'a>, receiver: &Ty) {
        if !matches!(non_null(receiver), Ty::Record(_)) {
            return;
        }
        let mut root = place;
        while self.resolution.qualified(root).is_none()
            && let ExprKind::Member { object, .. } = root.kind
        {
            // Only a chain of records ends in the variable itself.
            if !matches!(self.out.exprs.get(object.id.index()).map(non_null), Some(Ty::Record(_))) {
                return;
            }
            root = object;
        }
        if let NameRef::Var(var) = self.resolution.name(root.id)
            && self.is_fixed(var, place.span)
        {
            let info = self.resolution.var(var);
            let name = self.text(info.name);
            let (what, how) = if info.is_constant {
                ("constant", "declared with `freeze` here")
            } else {
                ("imported variable", "declared in another module")
            };
            let message = format!("cannot change the record in the {what} `{name}`");
            self.report(
                Diagnostic::new(Code::FrozenRecord, place.span, message)
                    .with_primary("this field is frozen")
                    .with_label(info.span, how),
            );
        }
    }

    /// Whether code at `at` cannot assign the variable: a constant, or one of another module.
    fn is_fixed(&self, var: VarId, at: Span) -> bool {
        let module = self.resolution.module_at(at.start);
        self.resolution.var(var).is_constant || self.resolution.is_foreign(var, module)
    }

    /// The type that storing to `receiver.name` must fit.
    pub(super) fn field_type(&self, idx: TypeIdx, sort: MemberSort, is_static: bool) -> Ty {
        match sort {
            MemberSort::Field(at) => {
                let table = if is_static { &self.static_types } else { &self.field_types };
                table.get(idx.0 as usize).and_then(|f| f.get(at)).cloned().unwrap_or_default()
            }
            MemberSort::Method(function) => match self.signatures.get(function.index()) {
                Some(Some(signature)) => Ty::Function(Rc::clone(signature)),
                _ => Ty::AnyFunction,
            },
        }
    }
}

/// How to give a place without a value one.
pub(super) fn first_value_help(ty: &Ty, shown: &str) -> String {
    match ty {
        Ty::Number => "give it a value: `= 0`".to_owned(),
        Ty::Boolean => "give it a value: `= false`".to_owned(),
        _ => format!("give it a value, or declare it as `{shown}?`"),
    }
}
