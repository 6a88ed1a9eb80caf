//! Patterns and types.

use super::{Base, Builder, MAX_TYPE_DEPTH, deepest, take};
use crate::{
    ast::*,
    diagnostic::{Code, Diagnostic},
    intern::{Symbol, known},
    span::Span,
};

impl<'a> Builder<'a, '_> {
    pub(crate) fn pattern(&mut self, l: u32, r: u32, kind: PatternKind<'a>) -> &'a Pattern<'a> {
        self.arena.alloc(Pattern { kind, span: Span::new(l, r) })
    }

    pub(crate) fn string_pattern(&mut self, l: u32, r: u32) -> &'a Pattern<'a> {
        let text = self.string(l, r);
        self.pattern(l, r, PatternKind::String(text))
    }

    pub(crate) fn name_pattern(&mut self, l: u32, r: u32, name: Symbol) -> &'a Pattern<'a> {
        let kind = if name == known::UNDERSCORE {
            PatternKind::Wildcard
        } else {
            PatternKind::Bind(self.binding(Span::new(l, r), name))
        };
        self.pattern(l, r, kind)
    }

    pub(crate) fn as_pattern(
        &mut self,
        l: u32,
        name_end: u32,
        r: u32,
        name: Symbol,
        pattern: &'a Pattern<'a>,
    ) -> &'a Pattern<'a> {
        let name = self.binding(Span::new(l, name_end), name);
        self.pattern(l, r, PatternKind::As { name, pattern })
    }

    pub(crate) fn typed_pattern(
        &mut self,
        l: u32,
        name_end: u32,
        r: u32,
        name: Symbol,
        ty: &'a Type<'a>,
    ) -> &'a Pattern<'a> {
        let span = Span::new(l, name_end);
        let name = (name != known::UNDERSCORE).then(|| self.binding(span, name));
        self.pattern(l, r, PatternKind::Typed { name, ty })
    }

    pub(crate) fn first_pattern(&mut self, pattern: &'a Pattern<'a>) -> Base {
        self.patterns.push(pattern);
        self.patterns.len() as Base - 1
    }

    pub(crate) fn next_pattern(&mut self, base: Base, pattern: &'a Pattern<'a>) -> Base {
        self.patterns.push(pattern);
        base
    }

    pub(crate) fn or_pattern(
        &mut self,
        l: u32,
        r: u32,
        base: Base,
        last: &'a Pattern<'a>,
    ) -> &'a Pattern<'a> {
        self.patterns.push(last);
        let alternatives = take!(self.patterns, base);
        self.pattern(l, r, PatternKind::Or(alternatives))
    }

    pub(crate) fn empty_array_pattern(&mut self, l: u32, r: u32) -> &'a Pattern<'a> {
        self.pattern(l, r, PatternKind::Array { items: &[], rest: None })
    }

    pub(crate) fn rest_pattern(&mut self, l: u32, r: u32, rest: RestPattern) -> &'a Pattern<'a> {
        self.pattern(l, r, PatternKind::Array { items: &[], rest: Some(rest) })
    }

    pub(crate) fn array_pattern(
        &mut self,
        l: u32,
        r: u32,
        base: Base,
        rest: Option<RestPattern>,
    ) -> &'a Pattern<'a> {
        let items = take!(self.patterns, base);
        self.pattern(l, r, PatternKind::Array { items, rest })
    }

    pub(crate) fn record_pattern(
        &mut self,
        l: u32,
        r: u32,
        namespace: Option<Ident>,
        name: Ident,
        fields: &'a [FieldPattern<'a>],
    ) -> &'a Pattern<'a> {
        self.pattern(l, r, PatternKind::Record { namespace, name, fields })
    }

    pub(crate) fn field_patterns_base(&self) -> Base {
        self.field_patterns.len() as Base
    }

    pub(crate) fn take_field_patterns(&mut self, base: Base) -> &'a [FieldPattern<'a>] {
        take!(self.field_patterns, base)
    }

    pub(crate) fn field_pattern(&mut self, l: u32, r: u32, name: Ident, pattern: &'a Pattern<'a>) {
        let span = Span::new(l, r);
        self.field_patterns.push(FieldPattern { name, pattern, shorthand: false, span });
    }

    pub(crate) fn shorthand_pattern(&mut self, name: Ident) {
        let span = name.span;
        let binding = self.binding(span, name.name);
        let pattern = self.pattern(span.start, span.end, PatternKind::Bind(binding));
        self.field_patterns.push(FieldPattern { name, pattern, shorthand: true, span });
    }

    /// The pattern of a declaration, which can only name the parts.
    pub(crate) fn destructure(&mut self, pattern: &'a Pattern<'a>) -> DeclTarget<'a> {
        let parts: &mut dyn Iterator<Item = &'a Pattern<'a>> = match pattern.kind {
            PatternKind::Array { items, .. } => &mut items.iter().copied(),
            PatternKind::Object { fields } => &mut fields.iter().map(|field| field.pattern),
            _ => &mut std::iter::empty(),
        };
        for part in parts {
            if !matches!(part.kind, PatternKind::Bind(_) | PatternKind::Wildcard) {
                let diagnostic = Diagnostic::new(
                    Code::InvalidPattern,
                    part.span,
                    "a declaration can only name the parts of its value",
                )
                .with_primary("expected a name")
                .with_help("use `entrain` to test and take apart nested values");
                self.error(diagnostic);
            }
        }
        DeclTarget::Pattern(pattern)
    }

    // ---- types ----

    /// Makes a type; `depth` is that of its deepest part.
    pub(crate) fn ty(&mut self, l: u32, r: u32, kind: TypeKind<'a>, depth: u16) -> &'a Type<'a> {
        let span = Span::new(l, r);
        if depth >= MAX_TYPE_DEPTH {
            self.report_depth(span);
            return self.arena.alloc(Type { kind: TypeKind::Error, span, depth: 0 });
        }
        self.arena.alloc(Type { kind, span, depth: depth + 1 })
    }

    pub(crate) fn types_base(&self) -> Base {
        self.types.len() as Base
    }

    pub(crate) fn first_type(&mut self, ty: &'a Type<'a>) -> Base {
        self.types.push(ty);
        self.types.len() as Base - 1
    }

    pub(crate) fn next_type(&mut self, base: Base, ty: &'a Type<'a>) -> Base {
        self.types.push(ty);
        base
    }

    pub(crate) fn named_type(
        &mut self,
        l: u32,
        r: u32,
        namespace: Option<Ident>,
        name: Ident,
        args: &'a [&'a Type<'a>],
    ) -> &'a Type<'a> {
        let depth = deepest(args.iter().map(|arg| arg.depth));
        self.ty(l, r, TypeKind::Named { namespace, name, args }, depth)
    }

    pub(crate) fn generic_type(&mut self, l: u32, r: u32, name: Ident, base: Base) -> &'a Type<'a> {
        let args = take!(self.types, base);
        self.named_type(l, r, None, name, args)
    }

    pub(crate) fn union_type(
        &mut self,
        l: u32,
        r: u32,
        base: Base,
        last: &'a Type<'a>,
    ) -> &'a Type<'a> {
        self.types.push(last);
        let members = take!(self.types, base);
        let depth = deepest(members.iter().map(|member| member.depth));
        self.ty(l, r, TypeKind::Union(members), depth)
    }

    pub(crate) fn function_type(
        &mut self,
        l: u32,
        r: u32,
        base: Base,
        result: &'a Type<'a>,
    ) -> &'a Type<'a> {
        let params = take!(self.types, base);
        let depth = deepest(params.iter().map(|param| param.depth)).max(result.depth);
        self.ty(l, r, TypeKind::Function { params, result }, depth)
    }

    pub(crate) fn paren_type(&mut self, l: u32, r: u32, base: Base) -> &'a Type<'a> {
        let types = take!(self.types, base);
        if let [inner] = types {
            return inner;
        }
        let diagnostic = Diagnostic::new(
            Code::InvalidType,
            Span::new(l, r),
            "expected `->` after the parameter types",
        )
        .with_primary("the parameters of a function type")
        .with_help("write `(A, B) -> R` for a function type");
        self.error(diagnostic);
        self.ty(l, r, TypeKind::Error, 0)
    }

    pub(crate) fn array_type(&mut self, l: u32, r: u32, element: &'a Type<'a>) -> &'a Type<'a> {
        self.ty(l, r, TypeKind::Array(element), element.depth)
    }

    /// `T?`; a second `?` changes nothing.
    pub(crate) fn nullable_type(&mut self, l: u32, r: u32, inner: &'a Type<'a>) -> &'a Type<'a> {
        match inner.kind {
            TypeKind::Nullable(_) => inner,
            _ => self.ty(l, r, TypeKind::Nullable(inner), inner.depth),
        }
    }

    pub(crate) fn structural_type(&mut self, l: u32, r: u32, base: Base) -> &'a Type<'a> {
        for index in base as usize..self.record_fields.len() {
            if let Some(default) = self.record_fields[index].default.take() {
                let diagnostic = Diagnostic::new(
                    Code::InvalidType,
                    default.span,
                    "a type cannot give default values",
                )
                .with_primary("not part of a type")
                .with_help("declare the fields with `tranceify` to give them default values");
                self.error(diagnostic);
            }
        }
        let fields = take!(self.record_fields, base);
        let depth = deepest(fields.iter().map(|field| field.ty.depth));
        self.ty(l, r, TypeKind::Structural(fields), depth)
    }
}
