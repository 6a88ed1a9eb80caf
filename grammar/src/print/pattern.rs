//! Patterns and types.

use super::Printer;
use crate::ast::*;

impl Printer<'_> {
    pub(super) fn pattern(&mut self, pattern: &Pattern<'_>) {
        match &pattern.kind {
            PatternKind::Error => self.text("_"),
            PatternKind::Wildcard => self.text("_"),
            PatternKind::Number(value) => self.number(*value),
            PatternKind::String(value) => self.string(value),
            PatternKind::Bool(true) => self.text("true"),
            PatternKind::Bool(false) => self.text("false"),
            PatternKind::Null => self.text("null"),
            PatternKind::Bind(binding) => self.name(binding.name),
            PatternKind::Typed { name, ty } => {
                match name {
                    Some(name) => self.name(name.name),
                    None => self.text("_"),
                }
                self.text(": ");
                self.ty(ty);
            }
            PatternKind::As { name, pattern } => {
                self.name(name.name);
                self.text(" as ");
                self.pattern(pattern);
            }
            PatternKind::Record { namespace, name, fields } => {
                self.qualified(*namespace, *name);
                self.text(" ");
                self.field_patterns(fields);
            }
            PatternKind::Object { fields } => self.field_patterns(fields),
            PatternKind::Array { items, rest } => self.array_pattern(items, rest.as_ref()),
            PatternKind::Or(alternatives) => {
                for (index, alternative) in alternatives.iter().enumerate() {
                    if index > 0 {
                        self.text(" | ");
                    }
                    self.pattern(alternative);
                }
            }
            PatternKind::Range { op, from, to } => {
                self.number(*from);
                self.text(" ");
                self.text(op.symbol());
                self.text(" ");
                self.number(*to);
            }
        }
    }

    fn array_pattern(&mut self, items: &[&Pattern<'_>], rest: Option<&RestPattern>) {
        self.text("[");
        self.list(items, |printer, item| printer.pattern(item));
        if let Some(rest) = rest {
            self.text(if items.is_empty() { "..." } else { ", ..." });
            if let Some(name) = rest.name {
                self.name(name.name);
            }
        }
        self.text("]");
    }

    fn field_patterns(&mut self, fields: &[FieldPattern<'_>]) {
        if fields.is_empty() {
            return self.text("{}");
        }
        self.text("{ ");
        self.list(fields, |printer, field| {
            printer.name(field.name.name);
            if !field.shorthand {
                printer.text(": ");
                printer.pattern(field.pattern);
            }
        });
        self.text(" }");
    }

    pub(super) fn ty(&mut self, ty: &Type<'_>) {
        match &ty.kind {
            TypeKind::Error => self.text("unknown"),
            TypeKind::Null => self.text("null"),
            TypeKind::Named { namespace, name, args } => {
                self.qualified(*namespace, *name);
                if !args.is_empty() {
                    self.text("<");
                    self.list(args, |printer, arg| printer.ty(arg));
                    self.text(">");
                }
            }
            TypeKind::Array(element) => {
                self.operand_type(element);
                self.text("[]");
            }
            TypeKind::Nullable(inner) => {
                self.operand_type(inner);
                self.text("?");
            }
            TypeKind::Union(members) => {
                for (index, member) in members.iter().enumerate() {
                    if index > 0 {
                        self.text(" | ");
                    }
                    let last = index + 1 == members.len();
                    if last && matches!(member.kind, TypeKind::Function { .. }) {
                        self.ty(member);
                    } else {
                        self.operand_type(member);
                    }
                }
            }
            TypeKind::Function { params, result } => {
                self.text("(");
                self.list(params, |printer, param| printer.ty(param));
                self.text(") -> ");
                self.ty(result);
            }
            TypeKind::Structural(fields) => {
                self.text("{ ");
                for field in *fields {
                    self.record_field(field);
                    self.text(" ");
                }
                self.text("}");
            }
        }
    }

    /// A type that something follows; unions and function types need parentheses there.
    fn operand_type(&mut self, ty: &Type<'_>) {
        if matches!(ty.kind, TypeKind::Union(_) | TypeKind::Function { .. }) {
            self.text("(");
            self.ty(ty);
            self.text(")");
        } else {
            self.ty(ty);
        }
    }

    /// A result type, where a brace would open the body.
    pub(super) fn result_type(&mut self, ty: &Type<'_>) {
        if contains_open_brace(ty) {
            self.text("(");
            self.ty(ty);
            self.text(")");
        } else {
            self.ty(ty);
        }
    }
}

/// Whether a structural type stands outside parentheses.
fn contains_open_brace(ty: &Type<'_>) -> bool {
    match &ty.kind {
        TypeKind::Structural(_) => true,
        TypeKind::Array(inner) | TypeKind::Nullable(inner) => contains_open_brace(inner),
        TypeKind::Union(members) => members.iter().any(|member| contains_open_brace(member)),
        TypeKind::Function { result, .. } => contains_open_brace(result),
        _ => false,
    }
}
