//! Declarations.

use super::{Printer, statement::decl_word};
use crate::ast::*;

impl Printer<'_> {
    pub(super) fn var(&mut self, decl: &VarDecl<'_>) {
        self.var_head(decl);
        self.text(";");
    }

    /// A variable declaration without its semicolon.
    pub(super) fn var_head(&mut self, decl: &VarDecl<'_>) {
        if decl.shared {
            self.text("sharedTrance ");
        }
        if let Some(keyword) = decl.keyword {
            self.text(decl_word(keyword));
            self.text(" ");
        }
        match decl.target {
            DeclTarget::Name(binding) => self.name(binding.name),
            DeclTarget::Place(place) => self.expr(place),
            DeclTarget::Pattern(pattern) => self.pattern(pattern),
        }
        self.annotation(decl.ty);
        match decl.init {
            Init::None => {}
            Init::Expr(value) => self.value(Some(value)),
            Init::External(_) => self.text(" from external"),
        }
    }

    fn annotation(&mut self, ty: Option<&Type<'_>>) {
        if let Some(ty) = ty {
            self.text(": ");
            self.ty(ty);
        }
    }

    fn value(&mut self, value: Option<&Expr<'_>>) {
        if let Some(value) = value {
            self.text(" = ");
            self.expr(value);
        }
    }

    pub(super) fn import(&mut self, import: &Import<'_>) {
        self.text("mindLink ");
        match import.source {
            ImportSource::Path(path) => self.string(path),
            ImportSource::Name(name) => self.name(name),
        }
        if let Some(alias) = import.alias {
            self.text(" as ");
            self.name(alias.name);
        }
        self.text(";");
    }

    /// A function statement or method.
    pub(super) fn function(&mut self, function: &Function<'_>) {
        let trigger = function.kind == FunctionKind::Trigger;
        if trigger {
            self.text("trigger ");
            self.function_name(function);
            self.text(" = ");
        }
        if function.is_async {
            self.text("mesmerize ");
        }
        if function.imperative {
            self.text("imperative ");
        }
        if function.kind == FunctionKind::Dominant {
            self.text("dominant ");
        }
        self.text("suggestion");
        if !trigger {
            self.text(" ");
            self.function_name(function);
        }
        self.function_tail(function);
        if trigger {
            self.text(";");
        }
    }

    fn function_name(&mut self, function: &Function<'_>) {
        if let Some(name) = function.name {
            self.name(name.name);
        }
    }

    /// Parameters, result and body.
    pub(super) fn function_tail(&mut self, function: &Function<'_>) {
        self.params(function.params);
        if let Some(result) = function.result {
            self.text(": ");
            self.result_type(result);
        }
        self.text(" ");
        match &function.body {
            FunctionBody::Block(block) => self.block(block),
            FunctionBody::Expr(expr) => self.expr(expr),
        }
    }

    pub(super) fn params(&mut self, params: &[Param<'_>]) {
        self.text("(");
        self.list(params, |printer, param| {
            printer.name(param.name.name);
            printer.annotation(param.ty);
            printer.value(param.default);
        });
        self.text(")");
    }

    pub(super) fn session(&mut self, session: &SessionDecl<'_>) {
        self.text("session ");
        self.name(session.name.name);
        let empty = session.members.iter().all(|m| matches!(m.kind, MemberKind::Error));
        self.members_open(empty);
        let readable = session.members.iter().filter(|m| !matches!(m.kind, MemberKind::Error));
        for member in readable {
            self.member(member);
            self.line();
        }
        self.members_close(empty);
    }

    fn members_open(&mut self, empty: bool) {
        self.text(" {");
        if !empty {
            self.level += 1;
            self.line();
        }
    }

    fn members_close(&mut self, empty: bool) {
        if !empty {
            self.level -= 1;
        }
        self.text("}");
    }

    fn member(&mut self, member: &Member<'_>) {
        match member.visibility {
            Some(Visibility::Expose) => self.text("expose "),
            Some(Visibility::Conceal) => self.text("conceal "),
            None => {}
        }
        if member.is_static {
            self.text("dominant ");
        }
        match member.kind {
            MemberKind::Method(function) => self.function(function),
            MemberKind::Field(field) => {
                if let Some(keyword) = field.keyword {
                    self.text(decl_word(keyword));
                    self.text(" ");
                }
                self.name(field.name.name);
                self.annotation(field.ty);
                self.value(field.init);
                self.text(";");
            }
            MemberKind::Error => {}
        }
    }

    pub(super) fn record(&mut self, record: &RecordDecl<'_>) {
        self.text("tranceify ");
        self.name(record.name.name);
        let empty = record.fields.is_empty() && record.methods.is_empty();
        self.members_open(empty);
        for field in record.fields {
            self.record_field(field);
            self.line();
        }
        for method in record.methods {
            self.function(method);
            self.line();
        }
        self.members_close(empty);
    }

    /// `name?: Type = value;`
    pub(super) fn record_field(&mut self, field: &RecordField<'_>) {
        self.name(field.name.name);
        if field.optional {
            self.text("?");
        }
        self.annotation(Some(field.ty));
        self.value(field.default);
        self.text(";");
    }
}
