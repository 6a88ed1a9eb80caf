//! Variables, functions, sessions, records and imports.

use super::{Base, Builder, Modifiers, deeper, deepest, take};
use crate::{
    ast::*,
    diagnostic::{Code, Diagnostic},
    span::Span,
    token::FuncWord,
};

impl<'a> Builder<'a, '_> {
    pub(crate) fn var(
        &mut self,
        span: Span,
        keyword: Option<DeclKeyword>,
        shared: bool,
        target: DeclTarget<'a>,
        ty: Option<&'a Type<'a>>,
        init: Init<'a>,
    ) {
        let decl = self.arena.alloc(VarDecl { keyword, shared, target, ty, init, span });
        self.stmt(span.start, span.end, StmtKind::Var(decl));
    }

    pub(crate) fn import(
        &mut self,
        l: u32,
        r: u32,
        source: ImportSource<'a>,
        source_span: Span,
        alias: Option<Binding>,
    ) {
        let import = self.arena.alloc(Import { source, source_span, alias });
        self.stmt(l, r, StmtKind::Import(import));
    }

    pub(crate) fn entrance(
        &mut self,
        l: u32,
        r: u32,
        params: Option<&'a [Param<'a>]>,
        body: &'a Block<'a>,
    ) {
        self.check_block(body);
        let params = params.unwrap_or(&[]);
        self.stmt(l, r, StmtKind::Entrance { params, body: *body });
    }

    // ---- functions ----

    pub(crate) fn params_base(&self) -> Base {
        self.params.len() as Base
    }

    pub(crate) fn take_params(&mut self, base: Base) -> &'a [Param<'a>] {
        take!(self.params, base)
    }

    pub(crate) fn param(
        &mut self,
        span: Span,
        name: Binding,
        ty: Option<&'a Type<'a>>,
        default: Option<&'a Expr<'a>>,
    ) {
        self.params.push(Param { name, ty, default, span });
    }

    /// A function whose name and kind the caller knows.
    pub(crate) fn func(
        &mut self,
        span: Span,
        params: &'a [Param<'a>],
        result: Option<&'a Type<'a>>,
        body: FunctionBody<'a>,
    ) -> &'a mut Function<'a> {
        let body_depth = match &body {
            FunctionBody::Block(block) => {
                self.check_block(block);
                block.depth
            }
            FunctionBody::Expr(expr) => expr.depth,
        };
        let defaults = deepest(params.iter().map(|p| p.default.map_or(0, |expr| expr.depth)));
        let id = self.func_id();
        self.arena.alloc(Function {
            kind: FunctionKind::Suggestion,
            id,
            name: None,
            is_async: false,
            imperative: false,
            params,
            result,
            body,
            span,
            depth: deeper(body_depth, defaults),
        })
    }

    pub(crate) fn function(
        &mut self,
        span: Span,
        (word, is_async): (FuncWord, bool),
        name: Binding,
        function: &'a mut Function<'a>,
    ) {
        function.kind = match word {
            FuncWord::Suggestion | FuncWord::Bare => FunctionKind::Suggestion,
            FuncWord::Imperative => FunctionKind::Imperative,
            FuncWord::Dominant => FunctionKind::Dominant,
        };
        function.imperative = word == FuncWord::Imperative;
        function.is_async = is_async;
        function.name = Some(name);
        function.span = span;
        self.stmt(span.start, span.end, StmtKind::Function(function));
    }

    pub(crate) fn trigger(
        &mut self,
        span: Span,
        (_, is_async): (FuncWord, bool),
        name: Binding,
        function: &'a mut Function<'a>,
    ) {
        function.kind = FunctionKind::Trigger;
        function.is_async = is_async;
        function.name = Some(name);
        function.span = span;
        self.stmt(span.start, span.end, StmtKind::Function(function));
    }

    // ---- sessions ----

    pub(crate) fn members_base(&self) -> Base {
        self.members.len() as Base
    }

    pub(crate) fn modify(
        &mut self,
        modifiers: Modifiers,
        visibility: Option<Visibility>,
        span: Span,
    ) -> Modifiers {
        let mut modifiers = modifiers;
        match visibility {
            None => modifiers.is_static = true,
            Some(new) => {
                if modifiers.visibility.is_some_and(|old| old != new) {
                    self.report_modifiers(span);
                }
                modifiers.visibility = Some(new);
            }
        }
        modifiers
    }

    pub(crate) fn method(
        &mut self,
        span: Span,
        modifiers: Modifiers,
        word: (FuncWord, bool),
        name: Binding,
        function: &'a mut Function<'a>,
    ) {
        self.finish_method(span, word, name, function);
        let depth = function.depth;
        self.members.push(Member {
            kind: MemberKind::Method(function),
            visibility: modifiers.visibility,
            is_static: modifiers.is_static || word.0 == FuncWord::Dominant,
            span,
            depth,
        });
    }

    fn finish_method(
        &mut self,
        span: Span,
        (word, is_async): (FuncWord, bool),
        name: Binding,
        function: &mut Function<'a>,
    ) {
        let constructor = self.interner.resolve(name.name).eq_ignore_ascii_case("constructor");
        function.kind = if constructor { FunctionKind::Constructor } else { FunctionKind::Method };
        function.imperative = word == FuncWord::Imperative;
        function.is_async = is_async;
        function.name = Some(name);
        function.span = span;
    }

    pub(crate) fn field(
        &mut self,
        span: Span,
        modifiers: Modifiers,
        keyword: Option<DeclKeyword>,
        name: Binding,
        ty: Option<&'a Type<'a>>,
        init: Option<&'a Expr<'a>>,
    ) {
        let depth = init.map_or(0, |expr| expr.depth);
        let field = self.arena.alloc(FieldDecl { keyword, name, ty, init });
        self.members.push(Member {
            kind: MemberKind::Field(field),
            visibility: modifiers.visibility,
            is_static: modifiers.is_static,
            span,
            depth,
        });
    }

    pub(crate) fn member_trigger(&mut self, span: Span) {
        let diagnostic = Diagnostic::new(
            Code::TopLevelOnly,
            span,
            "triggers can only be declared at the top level",
        )
        .with_primary("inside a session")
        .with_help("declare a `suggestion` here, or move the trigger into `Focus { … }`");
        self.error(diagnostic);
        self.member_error(span);
    }

    pub(crate) fn member_error(&mut self, span: Span) {
        self.members.push(Member {
            kind: MemberKind::Error,
            visibility: None,
            is_static: false,
            span,
            depth: 0,
        });
    }

    pub(crate) fn session(&mut self, span: Span, name: Binding, base: Base) {
        let members = take!(self.members, base);
        let session = self.arena.alloc(SessionDecl { name, members, span });
        self.stmt(span.start, span.end, StmtKind::Session(session));
    }

    // ---- records ----

    pub(crate) fn record_fields_base(&self) -> Base {
        self.record_fields.len() as Base
    }

    pub(crate) fn record_base(&self) -> (Base, Base) {
        (self.record_fields.len() as Base, self.methods.len() as Base)
    }

    pub(crate) fn record_field(
        &mut self,
        span: Span,
        name: Binding,
        optional: bool,
        ty: &'a Type<'a>,
        default: Option<&'a Expr<'a>>,
    ) {
        let name = Ident { name: name.name, span: name.span };
        self.record_fields.push(RecordField { name, optional, ty, default, span });
    }

    pub(crate) fn record_method(
        &mut self,
        span: Span,
        word: (FuncWord, bool),
        name: Binding,
        function: &'a mut Function<'a>,
    ) {
        self.finish_method(span, word, name, function);
        self.methods.push(function);
    }

    pub(crate) fn record(&mut self, span: Span, name: Binding, (fields, methods): (Base, Base)) {
        let fields = take!(self.record_fields, fields);
        let methods = take!(self.methods, methods);
        let depth = deeper(
            deepest(fields.iter().map(|f| f.default.map_or(0, |expr| expr.depth))),
            deepest(methods.iter().map(|method| method.depth)),
        );
        let record = self.arena.alloc(RecordDecl { name, fields, methods, span, depth });
        self.stmt(span.start, span.end, StmtKind::Record(record));
    }
}
