//! The syntax tree as indented text, one node per line: kind, details, `@start..end`.

mod expression;
mod statement;

use crate::{
    ast::*,
    intern::{Interner, Symbol},
    span::Span,
};
use std::fmt::{Display, Write};

/// A readable dump of `program`.
#[must_use]
pub fn dump(program: &Program<'_>, interner: &Interner) -> String {
    let mut dumper = Dumper { out: String::new(), level: 0, interner };
    dumper.node("Program", program.span, |d| {
        if !program.prelude.is_empty() {
            d.group("prelude", |d| d.stmts(program.prelude));
        }
        d.group("body", |d| d.stmts(program.body));
    });
    dumper.out
}

struct Dumper<'i> {
    out: String,
    level: usize,
    interner: &'i Interner,
}

impl<'i> Dumper<'i> {
    fn line(&mut self, text: impl Display) {
        for _ in 0..self.level {
            self.out.push_str("  ");
        }
        let _ = writeln!(self.out, "{text}");
    }

    /// A line without a place, and what is below it.
    fn group(&mut self, text: impl Display, inner: impl FnOnce(&mut Self)) {
        self.line(text);
        self.level += 1;
        inner(self);
        self.level -= 1;
    }

    /// A line with a place, and what is below it.
    fn node(&mut self, text: impl Display, span: Span, inner: impl FnOnce(&mut Self)) {
        self.group(format_args!("{text} @{span:?}"), inner);
    }

    fn leaf(&mut self, text: impl Display, span: Span) {
        self.line(format_args!("{text} @{span:?}"));
    }

    fn text(&self, name: Symbol) -> &'i str {
        self.interner.resolve(name)
    }

    fn bind(&self, binding: &Binding) -> String {
        format!("{} #{}", self.text(binding.name), binding.id.0)
    }

    fn qualified(&self, namespace: Option<Ident>, name: Ident) -> String {
        match namespace {
            Some(namespace) => format!("{}.{}", self.text(namespace.name), self.text(name.name)),
            None => self.text(name.name).to_string(),
        }
    }

    fn pattern(&mut self, pattern: &Pattern<'_>) {
        let span = pattern.span;
        match &pattern.kind {
            PatternKind::Error => self.leaf("ErrorPattern", span),
            PatternKind::Wildcard => self.leaf("Wildcard", span),
            PatternKind::Number(value) => self.leaf(format_args!("NumberPattern {value}"), span),
            PatternKind::String(value) => self.leaf(format_args!("StringPattern {value:?}"), span),
            PatternKind::Bool(value) => self.leaf(format_args!("BoolPattern {value}"), span),
            PatternKind::Null => self.leaf("NullPattern", span),
            PatternKind::Bind(binding) => {
                let text = self.bind(binding);
                self.leaf(format_args!("Bind {text}"), span);
            }
            PatternKind::Typed { name, ty } => {
                let text = name.as_ref().map_or("_".to_string(), |name| self.bind(name));
                self.node(format_args!("TypedPattern {text}"), span, |d| d.ty(ty));
            }
            PatternKind::As { name, pattern } => {
                let text = self.bind(name);
                self.node(format_args!("AsPattern {text}"), span, |d| d.pattern(pattern));
            }
            PatternKind::Record { namespace, name, fields } => {
                let text = self.qualified(*namespace, *name);
                self.node(format_args!("RecordPattern {text}"), span, |d| d.field_patterns(fields));
            }
            PatternKind::Object { fields } => {
                self.node("ObjectPattern", span, |d| d.field_patterns(fields));
            }
            PatternKind::Array { items, rest } => self.node("ArrayPattern", span, |d| {
                for item in *items {
                    d.pattern(item);
                }
                if let Some(rest) = rest {
                    let text = rest.name.as_ref().map_or(String::new(), |name| d.bind(name));
                    d.leaf(format_args!("Rest {text}"), rest.span);
                }
            }),
            PatternKind::Or(alternatives) => self.node("OrPattern", span, |d| {
                for alternative in *alternatives {
                    d.pattern(alternative);
                }
            }),
            PatternKind::Range { op, from, to } => {
                let op = op.symbol();
                self.leaf(format_args!("RangePattern {from} {op} {to}"), span);
            }
        }
    }

    fn field_patterns(&mut self, fields: &[FieldPattern<'_>]) {
        for field in fields {
            let text = self.text(field.name.name);
            self.node(format_args!("Field {text}"), field.span, |d| d.pattern(field.pattern));
        }
    }

    fn ty(&mut self, ty: &Type<'_>) {
        let span = ty.span;
        match &ty.kind {
            TypeKind::Error => self.leaf("ErrorType", span),
            TypeKind::Null => self.leaf("NullType", span),
            TypeKind::Named { namespace, name, args } => {
                let text = self.qualified(*namespace, *name);
                self.node(format_args!("Type {text}"), span, |d| d.types(args));
            }
            TypeKind::Array(element) => self.node("ArrayType", span, |d| d.ty(element)),
            TypeKind::Nullable(inner) => self.node("NullableType", span, |d| d.ty(inner)),
            TypeKind::Union(members) => self.node("UnionType", span, |d| d.types(members)),
            TypeKind::Function { params, result } => self.node("FunctionType", span, |d| {
                d.group("params", |d| d.types(params));
                d.group("result", |d| d.ty(result));
            }),
            TypeKind::Structural(fields) => {
                self.node("StructuralType", span, |d| d.record_fields(fields));
            }
        }
    }

    fn types(&mut self, types: &[&Type<'_>]) {
        for ty in types {
            self.ty(ty);
        }
    }

    fn record_fields(&mut self, fields: &[RecordField<'_>]) {
        for field in fields {
            let mark = if field.optional { "?" } else { "" };
            let text = self.text(field.name.name);
            self.node(format_args!("Field {text}{mark}"), field.span, |d| {
                d.ty(field.ty);
                d.optional_expr(field.default);
            });
        }
    }
}
