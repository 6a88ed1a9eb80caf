//! Calls of functions, methods, sessions and records.

use super::expr::chained;
use super::relation::{Fit, non_null};
use super::{Checker, TypeDecl};
use crate::types::{FunctionTy, Ty, TypeIdx};
use hyp_grammar::ast::{Expr, ExprKind, FunctionKind, MemberKind};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::span::{FuncId, Span};
use std::rc::Rc;

impl<'a> Checker<'a, '_> {
    pub(super) fn call(
        &mut self,
        callee: &'a Expr<'a>,
        args: &'a [&'a Expr<'a>],
        optional: bool,
        span: Span,
    ) -> Ty {
        if let Some(builtin) = self.named_builtin(callee) {
            self.expr(callee);
            return self.builtin_call(builtin, args, span);
        }
        let callable = self.expr(callee);
        self.optional_step(optional, callee);
        let result = match non_null(&callable) {
            Ty::Function(signature) => {
                let signature = Rc::clone(signature);
                let name = callee_name(self, callee);
                self.arguments(name, &signature, args, span);
                signature.result.clone()
            }
            Ty::SessionValue(idx) => {
                let idx = *idx;
                self.construct(idx, args, span);
                Ty::Instance(idx)
            }
            Ty::Unknown | Ty::AnyFunction | Ty::Union(_) | Ty::Trance => {
                self.dynamic_arguments(args);
                Ty::Unknown
            }
            other => {
                let found = self.show(other);
                self.dynamic_arguments(args);
                self.not_callable(callee, &found);
                Ty::Unknown
            }
        };
        chained(result, optional, &callable)
    }

    fn dynamic_arguments(&mut self, args: &'a [&'a Expr<'a>]) {
        for arg in args {
            self.expr(arg);
        }
    }

    fn not_callable(&mut self, callee: &'a Expr<'a>, found: &str) {
        let message = match callee_name(self, callee) {
            Some(name) => format!("`{name}` of type {found} is not callable"),
            None => format!("a value of type {found} is not callable"),
        };
        self.report(
            Diagnostic::new(Code::NotCallable, callee.span, message)
                .with_primary(format!("this is of type {found}")),
        );
    }

    fn construct(&mut self, idx: TypeIdx, args: &'a [&'a Expr<'a>], span: Span) {
        let name = self.type_name(idx);
        if let Some(signature) = self.constructor_of(idx) {
            return self.arguments(Some(name), &signature, args, span);
        }
        self.dynamic_arguments(args);
        if !args.is_empty() {
            let n = args.len();
            let message =
                format!("session `{name}` has no constructor but {n} arguments are given");
            self.report(
                Diagnostic::new(Code::WrongArity, span, message)
                    .with_primary("expected no arguments"),
            );
        }
    }

    /// The signature of the written constructor of a session or record.
    pub(super) fn constructor_of(&self, idx: TypeIdx) -> Option<Rc<FunctionTy>> {
        let is_constructor =
            |f: &hyp_grammar::ast::Function<'_>| f.kind == FunctionKind::Constructor;
        let id: FuncId = match self.resolution.types.get(idx.0 as usize)? {
            TypeDecl::Session(session) => session.members.iter().find_map(|m| match m.kind {
                MemberKind::Method(f) if is_constructor(f) => Some(f.id),
                _ => None,
            })?,
            TypeDecl::Record(record) => record.methods.iter().find(|f| is_constructor(f))?.id,
        };
        self.signatures.get(id.index())?.clone()
    }

    /// Checks arguments against a signature.
    fn arguments(
        &mut self,
        name: Option<&str>,
        signature: &FunctionTy,
        args: &'a [&'a Expr<'a>],
        span: Span,
    ) {
        let n_params = signature.params.len();
        if args.len() < signature.n_required || args.len() > n_params {
            self.wrong_arity(name, signature, args, span);
        }
        for (at, arg) in args.iter().enumerate() {
            let to = signature.params.get(at).cloned().unwrap_or_default();
            let from = self.expect(arg, &to);
            match self.fit(&from, &to) {
                Fit::Yes | Fit::UnlessNull => {}
                Fit::Null if !matches!(to, Ty::Number | Ty::Boolean) => {
                    self.null_to(&to, &format!("argument {}", at + 1), arg.span);
                }
                _ => self.argument_mismatch(name, at, &from, &to, arg.span),
            }
        }
    }

    fn wrong_arity(
        &mut self,
        name: Option<&str>,
        signature: &FunctionTy,
        args: &'a [&'a Expr<'a>],
        span: Span,
    ) {
        let (least, most, n) = (signature.n_required, signature.params.len(), args.len());
        let expected = if least == most { most.to_string() } else { format!("{least} to {most}") };
        let noun = if least == most && most == 1 { "argument" } else { "arguments" };
        let message = match name {
            Some(name) => format!("function `{name}` expects {expected} {noun}, got {n}"),
            None => format!("the called function expects {expected} {noun}, got {n}"),
        };
        let mut diagnostic = Diagnostic::new(Code::WrongArity, span, message);
        diagnostic = match args.get(most..).and_then(|surplus| surplus.first()) {
            Some(first) => diagnostic.with_label(first.span, "unexpected argument"),
            None => diagnostic.with_primary("missing argument"),
        };
        self.report(diagnostic);
    }

    fn argument_mismatch(&mut self, name: Option<&str>, at: usize, from: &Ty, to: &Ty, span: Span) {
        let (from, to) = (self.show(from), self.show(to));
        let message = match name {
            Some(name) => {
                format!("function `{name}` expects {to} as argument {}, got {from}", at + 1)
            }
            None => format!("argument {} must be {to}, got {from}", at + 1),
        };
        self.report(
            Diagnostic::new(Code::ArgumentMismatch, span, message)
                .with_primary(format!("this is of type {from}")),
        );
    }
}

/// The name by which a call calls, if it is a plain one.
fn callee_name<'r>(checker: &Checker<'_, 'r>, callee: &Expr<'_>) -> Option<&'r str> {
    match callee.kind {
        ExprKind::Name(symbol) => Some(checker.text(symbol)),
        ExprKind::Member { name, .. } => Some(checker.text(name.name)),
        ExprKind::Paren(inner) => callee_name(checker, inner),
        _ => None,
    }
}
