//! Functions: signatures, bodies, results.

use super::annotation::nullable;
use super::relation::{Fit, non_null, widened};
use super::{Checker, Frame};
use crate::types::{FunctionTy, Ty, TypeIdx};
use hyp_grammar::ast::{Function, FunctionBody, FunctionKind};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::span::Span;
use std::rc::Rc;

impl<'a> Checker<'a, '_> {
    /// Enters the signatures of all functions, so that uses above a declaration know them.
    pub(super) fn declare_functions(&mut self) {
        for at in 0..self.resolution.function_nodes.len() {
            if let Some(Some(function)) = self.resolution.function_nodes.get(at).copied() {
                self.declare_function(function);
            }
        }
        let of_functions = self.resolution.functions.iter().map(|info| (info.this, info.owner));
        let types = 0..self.resolution.receivers.len() as u32;
        let of_fields = types.zip(&self.resolution.receivers);
        let of_fields = of_fields.map(|(at, this)| (*this, Some(TypeIdx(at))));
        for (this, owner) in of_functions.chain(of_fields) {
            let (Some(this), Some(owner)) = (this, owner) else { continue };
            let ty = if self.is_session(owner) { Ty::Instance(owner) } else { Ty::Record(owner) };
            self.set_var(this, ty);
        }
    }

    fn declare_function(&mut self, function: &'a Function<'a>) {
        let mut params = Vec::with_capacity(function.params.len());
        for param in function.params {
            let ty = self.opt_annotation(param.ty).unwrap_or_default();
            if let Some(bind) = self.resolution.bind(param.name.id)
                && ty != Ty::Unknown
            {
                self.annotate(bind.var, ty.clone());
            }
            params.push(ty);
        }
        let declared = self.opt_annotation(function.result).map(|ty| match ty {
            // The promise that the call gives may be written or not.
            Ty::Promise(inner) if function.is_async => (*inner).clone(),
            ty => ty,
        });
        let is_constructor = function.kind == FunctionKind::Constructor;
        let result = match &declared {
            _ if is_procedure(function) || is_constructor => Ty::Null,
            Some(ty) => ty.clone(),
            None => Ty::Unknown,
        };
        let result = if function.is_async { promised(result) } else { result };
        if let (Some(slot), Some(ty)) = (self.out.results.get_mut(function.id.index()), &declared)
            && !is_constructor
        {
            *slot = super::guarantee(ty);
        }
        let last_required = function.params.iter().rposition(|p| p.default.is_none());
        let n_required = last_required.map_or(0, |at| at + 1);
        let signature = FunctionTy { params, n_required, result };
        if let Some(slot) = self.signatures.get_mut(function.id.index()) {
            *slot = Some(Rc::new(signature));
        }
    }

    /// Checks the body of a function and returns its type.
    pub(super) fn function(&mut self, function: &'a Function<'a>) -> Ty {
        let Some(Some(signature)) = self.signatures.get(function.id.index()).cloned() else {
            return Ty::AnyFunction;
        };
        let is_constructor = function.kind == FunctionKind::Constructor;
        let declared = (function.result.is_some() && !is_constructor && !is_procedure(function))
            .then(|| {
                if function.is_async {
                    awaited(&signature.result)
                } else {
                    signature.result.clone()
                }
            });
        let frame = Frame {
            result: declared.clone(),
            is_procedure: is_procedure(function),
            is_async: function.is_async,
            ..Frame::default()
        };
        let outer = std::mem::replace(&mut self.frame, frame);
        let start = self.mark();
        self.forget_assigned();
        self.defaults(function);
        let ends = match function.body {
            FunctionBody::Block(block) => self.stmts(block.stmts),
            FunctionBody::Expr(value) => {
                let ty = match &declared {
                    Some(result) => self.expect(value, result),
                    None => self.expr(value),
                };
                self.returned(Some(ty), value.span, value.span);
                true
            }
        };
        self.forget_since(start);
        let frame = std::mem::replace(&mut self.frame, outer);
        match declared {
            Some(result) if !ends => self.falls_off(function, &result),
            Some(_) => {}
            None if is_constructor || frame.is_procedure => {}
            None => self.infer_result(function, &signature, ends, frame.returned),
        }
        self.signatures
            .get(function.id.index())
            .and_then(Clone::clone)
            .map_or(Ty::AnyFunction, Ty::Function)
    }

    fn infer_result(
        &mut self,
        function: &'a Function<'a>,
        signature: &FunctionTy,
        ends: bool,
        returned: Option<Ty>,
    ) {
        let result = match returned {
            None if ends => Ty::Unknown,
            None => Ty::Null,
            // A way that gives no value may be one that never happens.
            Some(_) if !ends => Ty::Unknown,
            Some(ty) => widened(ty, true),
        };
        if result == Ty::Unknown {
            return;
        }
        let result = if function.is_async { promised(result) } else { result };
        let inferred = FunctionTy { result, ..signature.clone() };
        if let Some(slot) = self.signatures.get_mut(function.id.index()) {
            *slot = Some(Rc::new(inferred));
        }
    }

    fn defaults(&mut self, function: &'a Function<'a>) {
        for param in function.params {
            let Some(default) = param.default else { continue };
            let Some(bind) = self.resolution.bind(param.name.id) else { continue };
            let to = self.var_type(bind.var);
            let from = self.expect(default, &to);
            if self.is_annotated(bind.var) {
                self.store(bind.var, &from, default.span);
                // The signature tells callers what the parameter takes.
                if self.var_type(bind.var) != to {
                    self.widen_parameter(function, param.name.id, nullable(to));
                }
            }
        }
    }

    fn widen_parameter(
        &mut self,
        function: &'a Function<'a>,
        name: hyp_grammar::span::BindId,
        ty: Ty,
    ) {
        let Some(at) = function.params.iter().position(|p| p.name.id == name) else { return };
        let Some(Some(signature)) = self.signatures.get_mut(function.id.index()) else { return };
        if let Some(param) = Rc::make_mut(signature).params.get_mut(at) {
            *param = ty;
        }
    }

    /// `awaken`: returns from the function, or yields the value of an arm.
    pub(super) fn returned(&mut self, value: Option<Ty>, value_span: Span, span: Span) {
        let has_value = value.is_some();
        let mut ty = value.unwrap_or(Ty::Null);
        if let Some(yields) = self.frame.yields.take() {
            let joined = match yields {
                None => ty.clone(),
                Some(before) => self.join(before, ty.clone()),
            };
            self.frame.yields = Some(Some(joined));
            return;
        }
        if self.frame.is_async {
            ty = awaited(&ty);
        }
        if self.frame.is_procedure && has_value && ty != Ty::Null {
            self.report(
                Diagnostic::new(Code::ProcedureResult, span, "value returned from a procedure")
                    .with_primary("an `imperative` suggestion gives null")
                    .with_help("remove the value, or declare a plain `suggestion`"),
            );
        }
        if let Some(result) = self.frame.result.clone() {
            self.check_result(has_value, &ty, &result, value_span, span);
        }
        let joined = match self.frame.returned.take() {
            None => ty.clone(),
            Some(before) => self.join(before, ty.clone()),
        };
        self.frame.returned = Some(joined);
    }

    fn check_result(&mut self, has_value: bool, ty: &Ty, result: &Ty, value: Span, span: Span) {
        if !has_value {
            if needs_value(result) {
                self.missing_value(result, span, "`awaken` without a value");
            }
            return;
        }
        match self.fit(ty, result) {
            Fit::Yes | Fit::UnlessNull => {}
            Fit::Null if !matches!(result, Ty::Number | Ty::Boolean) => {
                self.null_to(result, "a result", value);
            }
            _ => {
                let (expected, found) = (self.show(result), self.show(ty));
                let message = format!("return type mismatch: expected {expected}, got {found}");
                self.report(
                    Diagnostic::new(Code::ResultMismatch, value, message)
                        .with_primary(format!("this is of type {found}")),
                );
            }
        }
    }

    /// Control reaches the end of a function with a declared result.
    fn falls_off(&mut self, function: &'a Function<'a>, result: &Ty) {
        if !needs_value(result) {
            return;
        }
        let span = match function.body {
            FunctionBody::Block(block) => {
                Span::new(block.span.end.saturating_sub(1), block.span.end)
            }
            FunctionBody::Expr(value) => value.span,
        };
        if matches!(result, Ty::Number | Ty::Boolean) {
            let shown = self.show(result);
            let message = format!("the function ends without a value of type {shown}");
            let mut diagnostic = Diagnostic::new(Code::MissingResult, span, message)
                .with_primary("raises a type error when reached")
                .with_help("add `awaken …;` here");
            if let Some(ty) = function.result {
                diagnostic = diagnostic.with_label(ty.span, "declared here");
            }
            self.report(diagnostic);
        } else {
            self.missing_value(result, span, "the function ends without a value");
        }
    }

    fn missing_value(&mut self, result: &Ty, span: Span, what: &str) {
        let shown = self.show(result);
        let message = format!("{what}, but its result is of type {shown}");
        self.report(
            Diagnostic::new(Code::MissingValue, span, message).with_primary("gives null here"),
        );
    }
}

fn is_procedure(function: &Function<'_>) -> bool {
    function.imperative || function.kind == FunctionKind::Imperative
}

/// The type of a promise of a value; promises of promises are what those are.
fn promised(ty: Ty) -> Ty {
    if matches!(ty, Ty::Promise(_)) { ty } else { Ty::Promise(Rc::new(ty)) }
}

/// What `await` gives for a value of a type.
pub(super) fn awaited(ty: &Ty) -> Ty {
    match non_null(ty) {
        Ty::Promise(inner) => (**inner).clone(),
        _ => ty.clone(),
    }
}

/// Whether null is not among the values of a result type.
pub(super) fn needs_value(result: &Ty) -> bool {
    let union_with_null = matches!(result, Ty::Union(members) if members.contains(&Ty::Null));
    !matches!(result, Ty::Unknown | Ty::Null | Ty::Nullable(_) | Ty::Trance | Ty::Promise(_))
        && !union_with_null
}
