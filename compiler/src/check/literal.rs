//! Array, object and record literals, and `with`.

use super::relation::{Fit, non_null};
use super::{Checker, TypeDecl};
use crate::types::{Ty, TypeIdx};
use hyp_grammar::ast::{Expr, FieldInit, FieldKey, Ident, RecordDecl, RecordLit};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::intern::Symbol;
use hyp_grammar::span::Span;
use std::rc::Rc;

impl<'a> Checker<'a, '_> {
    pub(super) fn array(&mut self, items: &'a [&'a Expr<'a>]) -> Ty {
        let mut item_type = None;
        for item in items {
            let ty = self.expr(item);
            item_type = Some(match item_type {
                None => ty,
                Some(joined) => self.join(joined, ty),
            });
        }
        let item = match item_type.unwrap_or_default() {
            // A null among the elements says nothing about them.
            Ty::Null | Ty::Nullable(_) => Ty::Unknown,
            item => item,
        };
        Ty::Array(Rc::new(item))
    }

    pub(super) fn object(&mut self, fields: &'a [FieldInit<'a>]) -> Ty {
        for field in fields {
            match field {
                FieldInit::Field { key, value, .. } => {
                    if let FieldKey::Computed(key) = key {
                        self.expr(key);
                    }
                    self.expr(value);
                }
                FieldInit::Spread { value, .. } => {
                    self.expr(value);
                }
            }
        }
        Ty::Object
    }

    pub(super) fn record_literal(&mut self, literal: &'a RecordLit<'a>, span: Span) -> Ty {
        if let Some(idx) = self.resolution.type_named(literal.namespace, literal.name)
            && matches!(self.resolution.types.get(idx.0 as usize), Some(TypeDecl::Record(_)))
        {
            self.record_fields_literal(idx, literal.fields, span, false);
            return Ty::Record(idx);
        }
        self.object(literal.fields);
        self.undefined_record(literal.namespace, literal.name);
        Ty::Unknown
    }

    fn undefined_record(&mut self, namespace: Option<Ident>, name: Ident) {
        let text = self.text(name.name);
        let message = format!("undefined record type `{text}`");
        let mut diagnostic = Diagnostic::new(Code::UndefinedRecord, name.span, message)
            .with_primary("no record of this name is declared");
        let known = self.resolution.type_named(namespace, name).is_some();
        let names = self.resolution.types.iter().filter_map(|decl| match decl {
            TypeDecl::Record(record) => Some(self.interner.resolve(record.name.name)),
            TypeDecl::Session(_) => None,
        });
        if known {
            diagnostic =
                diagnostic.with_help(format!("`{text}` is a session; make one with `{text}(…)`"));
        } else if let Some(similar) = crate::resolve::closest(text, names) {
            diagnostic = diagnostic.with_help(format!("did you mean `{similar}`?"));
        }
        self.report(diagnostic);
    }

    fn record_decl(&self, idx: TypeIdx) -> Option<&'a RecordDecl<'a>> {
        match self.resolution.types.get(idx.0 as usize)? {
            TypeDecl::Record(record) => Some(record),
            TypeDecl::Session(_) => None,
        }
    }

    /// The fields of a literal of record type `idx`.
    pub(super) fn record_fields_literal(
        &mut self,
        idx: TypeIdx,
        fields: &'a [FieldInit<'a>],
        span: Span,
        is_object: bool,
    ) {
        let Some(record) = self.record_decl(idx) else {
            self.object(fields);
            return;
        };
        let mut given: Vec<Symbol> = Vec::with_capacity(fields.len());
        let mut complete = true;
        for field in fields {
            match field {
                FieldInit::Spread { value, .. } => {
                    self.expr(value);
                    complete = false;
                }
                FieldInit::Field { key, value, .. } => {
                    match self.key_name(key) {
                        Some((name, at)) => {
                            given.push(name);
                            self.record_field(idx, record, name, at, value);
                        }
                        None => {
                            complete = false;
                            self.expr(value);
                        }
                    };
                }
            }
        }
        if complete {
            self.missing_fields(idx, record, &given, span, is_object);
        }
    }

    /// The name that a key spells; `None` for computed keys and names used nowhere else.
    fn key_name(&mut self, key: &'a FieldKey<'a>) -> Option<(Symbol, Span)> {
        match *key {
            FieldKey::Name(name) => Some((name.name, name.span)),
            FieldKey::String(text, span) => self.interner.lookup(text).map(|s| (s, span)),
            FieldKey::Computed(expr) => {
                self.expr(expr);
                None
            }
        }
    }

    fn record_field(
        &mut self,
        idx: TypeIdx,
        record: &'a RecordDecl<'a>,
        name: Symbol,
        at: Span,
        value: &'a Expr<'a>,
    ) {
        let Some(position) = record.fields.iter().position(|f| f.name.name == name) else {
            self.expr(value);
            let names = record.fields.iter().map(|f| self.interner.resolve(f.name.name));
            let similar = crate::resolve::closest(self.text(name), names).map(str::to_owned);
            return self.unknown_field(idx, name, at, similar);
        };
        let to = self
            .field_types
            .get(idx.0 as usize)
            .and_then(|f| f.get(position))
            .cloned()
            .unwrap_or_default();
        let from = self.expect(value, &to);
        match self.fit(&from, &to) {
            Fit::Yes | Fit::UnlessNull => {}
            Fit::Null if !matches!(to, Ty::Number | Ty::Boolean) => {
                self.null_to(&to, &format!("field `{}`", self.text(name)), value.span);
            }
            _ => self.field_mismatch(self.text(name), Some(idx), &from, &to, value.span),
        }
    }

    pub(super) fn unknown_field(
        &mut self,
        idx: TypeIdx,
        name: Symbol,
        at: Span,
        similar: Option<String>,
    ) {
        let message =
            format!("record type `{}` has no field `{}`", self.type_name(idx), self.text(name));
        let mut diagnostic =
            Diagnostic::new(Code::UnknownField, at, message).with_primary("unknown field");
        if let Some(declared) = self.type_span(idx) {
            diagnostic = diagnostic.with_label(declared, "declared here");
        }
        if let Some(similar) = similar {
            diagnostic = diagnostic.with_help(format!("did you mean `{similar}`?"));
        }
        self.report(diagnostic);
    }

    fn missing_fields(
        &mut self,
        idx: TypeIdx,
        record: &'a RecordDecl<'a>,
        given: &[Symbol],
        span: Span,
        is_object: bool,
    ) {
        let needed = record.fields.iter().filter(|f| !f.optional && f.default.is_none());
        let missing: Vec<String> = needed
            .filter(|f| !given.contains(&f.name.name))
            .map(|f| format!("`{}`", self.interner.resolve(f.name.name)))
            .collect();
        if missing.is_empty() {
            return;
        }
        let noun = if missing.len() == 1 { "field" } else { "fields" };
        let literal = if is_object { "object" } else { "literal" };
        let message = format!(
            "missing {noun} {} in {literal} of type `{}`",
            missing.join(", "),
            self.type_name(idx)
        );
        let mut diagnostic = Diagnostic::new(Code::MissingField, span, message)
            .with_primary("null when it runs anyway");
        if let Some(declared) = self.type_span(idx) {
            diagnostic = diagnostic.with_label(declared, "declared here");
        }
        self.report(diagnostic);
    }

    /// `base with { … }`
    pub(super) fn with(&mut self, base: &'a Expr<'a>, fields: &'a [FieldInit<'a>]) -> Ty {
        let ty = self.expr(base);
        let Ty::Record(idx) = *non_null(&ty) else {
            self.object(fields);
            return ty;
        };
        let Some(record) = self.record_decl(idx) else { return ty };
        for field in fields {
            match field {
                FieldInit::Spread { value, .. } => {
                    self.expr(value);
                }
                FieldInit::Field { key, value, .. } => match self.key_name(key) {
                    Some((name, at)) => self.record_field(idx, record, name, at, value),
                    None => {
                        self.expr(value);
                    }
                },
            }
        }
        Ty::Record(idx)
    }
}
