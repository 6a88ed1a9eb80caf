//! Expressions.

use super::{Base, Builder, ChainOp, MAX_TREE_DEPTH, deeper, deepest, take};
use crate::{
    ast::*,
    diagnostic::{Code, Diagnostic},
    intern::Symbol,
    lexer::text,
    operator::{AssignOp, BinaryOp, RANGE_PRECEDENCE, STEP_PRECEDENCE, UnaryOp},
    span::Span,
    token::FuncWord,
};

impl ChainOp {
    fn precedence(self) -> u8 {
        match self {
            Self::Binary(op) => op.precedence(),
            Self::Range(_) => RANGE_PRECEDENCE,
            Self::Step => STEP_PRECEDENCE,
        }
    }
}

impl<'a> Builder<'a, '_> {
    /// Makes an expression; `depth` is that of its deepest part.
    pub(crate) fn expr(&mut self, l: u32, r: u32, kind: ExprKind<'a>, depth: u16) -> &'a Expr<'a> {
        let span = Span::new(l, r);
        let id = self.expr_id();
        if depth >= MAX_TREE_DEPTH {
            self.report_depth(span);
            return self.arena.alloc(Expr { kind: ExprKind::Error, span, id, depth: 0 });
        }
        self.arena.alloc(Expr { kind, span, id, depth: depth + 1 })
    }

    pub(crate) fn number_literal(&mut self, l: u32, r: u32) -> &'a Expr<'a> {
        let value = self.number(l, r);
        self.expr(l, r, ExprKind::Number(value), 0)
    }

    pub(crate) fn string_literal(&mut self, l: u32, r: u32) -> &'a Expr<'a> {
        let value = self.string(l, r);
        self.expr(l, r, ExprKind::String(value), 0)
    }

    // ---- operators ----

    pub(crate) fn start_chain(&self, expr: &'a Expr<'a>) -> (Base, &'a Expr<'a>) {
        (self.chain.len() as Base, expr)
    }

    /// Adds `op right` to a chain, and groups what binds at least as tightly to its left.
    pub(crate) fn extend_chain(
        &mut self,
        (base, mut last): (Base, &'a Expr<'a>),
        op: ChainOp,
        right: &'a Expr<'a>,
    ) -> (Base, &'a Expr<'a>) {
        while self.chain.len() > base as usize
            && let Some(&(left, before)) = self.chain.last()
            && before.precedence() >= op.precedence()
        {
            self.chain.pop();
            last = self.combine(left, before, last);
        }
        self.chain.push((last, op));
        (base, right)
    }

    pub(crate) fn finish_chain(&mut self, (base, mut last): (Base, &'a Expr<'a>)) -> &'a Expr<'a> {
        while self.chain.len() > base as usize
            && let Some((left, op)) = self.chain.pop()
        {
            last = self.combine(left, op, last);
        }
        last
    }

    fn combine(&mut self, left: &'a Expr<'a>, op: ChainOp, right: &'a Expr<'a>) -> &'a Expr<'a> {
        let (l, r) = (left.span.start, right.span.end);
        // A chain of operators is long, not deep.
        let is_longer = matches!((op, left.kind), (ChainOp::Binary(_), ExprKind::Binary { .. }));
        let depth = deeper(left.depth - u16::from(is_longer), right.depth);
        match op {
            ChainOp::Binary(op) => self.expr(l, r, ExprKind::Binary { op, left, right }, depth),
            ChainOp::Range(op) => {
                let kind = ExprKind::Range { op, from: left, to: right, step: None };
                self.expr(l, r, kind, depth)
            }
            ChainOp::Step => match left.kind {
                ExprKind::Range { op, from, to, step: None } => {
                    let kind = ExprKind::Range { op, from, to, step: Some(right) };
                    self.expr(l, r, kind, depth)
                }
                _ => {
                    let diagnostic = Diagnostic::new(
                        Code::UnexpectedToken,
                        Span::new(l, r),
                        "`by` needs a range before it",
                    )
                    .with_primary("not a range")
                    .with_help("write `a upTo b by step`");
                    self.error(diagnostic);
                    self.expr(l, r, ExprKind::Error, 0)
                }
            },
        }
    }

    pub(crate) fn binary(
        &mut self,
        op: BinaryOp,
        left: &'a Expr<'a>,
        right: &'a Expr<'a>,
    ) -> &'a Expr<'a> {
        self.combine(left, ChainOp::Binary(op), right)
    }

    pub(crate) fn unary(&mut self, l: u32, op: UnaryOp, operand: &'a Expr<'a>) -> &'a Expr<'a> {
        self.expr(l, operand.span.end, ExprKind::Unary { op, operand }, operand.depth)
    }

    pub(crate) fn conditional(
        &mut self,
        l: u32,
        r: u32,
        cond: (Base, &'a Expr<'a>),
        then: &'a Expr<'a>,
        otherwise: &'a Expr<'a>,
        hypnotic: bool,
    ) -> &'a Expr<'a> {
        let cond = self.finish_chain(cond);
        let depth = deeper(cond.depth, deeper(then.depth, otherwise.depth));
        self.expr(l, r, ExprKind::Conditional { cond, then, otherwise, hypnotic }, depth)
    }

    pub(crate) fn assign(
        &mut self,
        l: u32,
        r: u32,
        op: AssignOp,
        target: &'a Expr<'a>,
        value: &'a Expr<'a>,
    ) -> &'a Expr<'a> {
        self.check_place(target);
        let depth = deeper(target.depth, value.depth);
        self.expr(l, r, ExprKind::Assign { op, target, value }, depth)
    }

    pub(crate) fn assign_chain(
        &mut self,
        l: u32,
        r: u32,
        op: AssignOp,
        target: (Base, &'a Expr<'a>),
        value: &'a Expr<'a>,
    ) -> &'a Expr<'a> {
        let target = self.finish_chain(target);
        self.assign(l, r, op, target, value)
    }

    /// The step `induce name = value` of a loop, an assignment.
    pub(crate) fn step_assign(
        &mut self,
        l: u32,
        name_end: u32,
        r: u32,
        name: Symbol,
        value: &'a Expr<'a>,
    ) -> &'a Expr<'a> {
        let target = self.expr(l, name_end, ExprKind::Name(name), 0);
        self.assign(l, r, AssignOp::Set, target, value)
    }

    /// Reports a target that cannot be assigned to.
    pub(super) fn check_place(&mut self, target: &'a Expr<'a>) {
        if target.is_place() || matches!(target.kind, ExprKind::Error) {
            return;
        }
        let what = match target.kind {
            ExprKind::This => "`this` cannot be assigned to",
            ExprKind::Member { .. } | ExprKind::Index { .. } => {
                "an optional chain cannot be assigned to"
            }
            ExprKind::Array(_) | ExprKind::Object(_) => "a literal cannot be assigned to",
            _ => "not a variable, member or element",
        };
        let mut diagnostic = Diagnostic::new(
            Code::InvalidAssignmentTarget,
            target.span,
            "invalid assignment target",
        )
        .with_primary(what);
        diagnostic.help = match target.kind {
            ExprKind::Array(_) | ExprKind::Object(_) => {
                Some("declare the parts with `induce [a, b] = …`".into())
            }
            ExprKind::Binary { .. } => Some("comparison is written `==`".into()),
            _ => None,
        };
        self.error(diagnostic);
    }

    // ---- suffixes ----

    pub(crate) fn member(
        &mut self,
        object: &'a Expr<'a>,
        name: Ident,
        optional: bool,
    ) -> &'a Expr<'a> {
        let kind = ExprKind::Member { object, name, optional };
        self.expr(object.span.start, name.span.end, kind, object.depth)
    }

    pub(crate) fn index(
        &mut self,
        l: u32,
        r: u32,
        object: &'a Expr<'a>,
        index: &'a Expr<'a>,
        optional: bool,
    ) -> &'a Expr<'a> {
        let depth = deeper(object.depth, index.depth);
        self.expr(l, r, ExprKind::Index { object, index, optional }, depth)
    }

    pub(crate) fn call(
        &mut self,
        l: u32,
        r: u32,
        callee: &'a Expr<'a>,
        args: &'a [&'a Expr<'a>],
        optional: bool,
    ) -> &'a Expr<'a> {
        let depth = deeper(callee.depth, deepest(args.iter().map(|arg| arg.depth)));
        self.expr(l, r, ExprKind::Call { callee, args, optional }, depth)
    }

    pub(crate) fn with(
        &mut self,
        l: u32,
        r: u32,
        base: &'a Expr<'a>,
        fields: &'a [FieldInit<'a>],
    ) -> &'a Expr<'a> {
        let depth = deeper(base.depth, depth_of_fields(fields));
        self.expr(l, r, ExprKind::With { base, fields }, depth)
    }

    /// `Type { … }` or `Namespace.Type { … }`.
    pub(crate) fn record_literal(
        &mut self,
        l: u32,
        r: u32,
        base: &'a Expr<'a>,
        fields: &'a [FieldInit<'a>],
    ) -> &'a Expr<'a> {
        let (namespace, name) = match base.kind {
            ExprKind::Name(name) => (None, Ident { name, span: base.span }),
            ExprKind::Member {
                object: Expr { kind: ExprKind::Name(namespace), span, .. },
                name,
                optional: false,
            } => (Some(Ident { name: *namespace, span: *span }), name),
            _ => {
                let diagnostic = Diagnostic::new(
                    Code::UnexpectedToken,
                    base.span,
                    "a record literal starts with the name of its type",
                )
                .with_primary("not a type name")
                .with_help("end the statement with `;` if a block follows");
                self.error(diagnostic);
                return self.expr(l, r, ExprKind::Error, 0);
            }
        };
        let literal = self.arena.alloc(RecordLit { namespace, name, fields });
        self.expr(l, r, ExprKind::Record(literal), deeper(base.depth, depth_of_fields(fields)))
    }

    pub(crate) fn first_expr(&mut self, expr: &'a Expr<'a>) -> Base {
        self.exprs.push(expr);
        self.exprs.len() as Base - 1
    }

    pub(crate) fn next_expr(&mut self, base: Base, expr: &'a Expr<'a>) -> Base {
        self.exprs.push(expr);
        base
    }

    pub(crate) fn take_exprs(&mut self, base: Base) -> &'a [&'a Expr<'a>] {
        take!(self.exprs, base)
    }

    // ---- primaries ----

    pub(crate) fn paren(&mut self, l: u32, r: u32, inner: &'a Expr<'a>) -> &'a Expr<'a> {
        self.expr(l, r, ExprKind::Paren(inner), inner.depth)
    }

    pub(crate) fn array(&mut self, l: u32, r: u32, items: &'a [&'a Expr<'a>]) -> &'a Expr<'a> {
        let depth = deepest(items.iter().map(|item| item.depth));
        self.expr(l, r, ExprKind::Array(items), depth)
    }

    pub(crate) fn array_list(&mut self, l: u32, r: u32, base: Base) -> &'a Expr<'a> {
        let items = self.take_exprs(base);
        self.array(l, r, items)
    }

    pub(crate) fn object(&mut self, l: u32, r: u32, fields: &'a [FieldInit<'a>]) -> &'a Expr<'a> {
        self.expr(l, r, ExprKind::Object(fields), depth_of_fields(fields))
    }

    pub(crate) fn fields_base(&self) -> Base {
        self.fields.len() as Base
    }

    pub(crate) fn take_fields(&mut self, base: Base) -> &'a [FieldInit<'a>] {
        take!(self.fields, base)
    }

    pub(crate) fn named_field(&mut self, l: u32, r: u32, name: Ident, value: &'a Expr<'a>) {
        let key = FieldKey::Name(name);
        let span = Span::new(l, r);
        self.fields.push(FieldInit::Field { key, value, shorthand: false, span });
    }

    pub(crate) fn shorthand_field(&mut self, name: Ident) {
        let span = name.span;
        let value = self.expr(span.start, span.end, ExprKind::Name(name.name), 0);
        let key = FieldKey::Name(name);
        self.fields.push(FieldInit::Field { key, value, shorthand: true, span });
    }

    pub(crate) fn string_field(&mut self, l: u32, key_end: u32, r: u32, value: &'a Expr<'a>) {
        let key = FieldKey::String(self.string(l, key_end), Span::new(l, key_end));
        let span = Span::new(l, r);
        self.fields.push(FieldInit::Field { key, value, shorthand: false, span });
    }

    pub(crate) fn computed_field(
        &mut self,
        l: u32,
        r: u32,
        key: &'a Expr<'a>,
        value: &'a Expr<'a>,
    ) {
        let key = FieldKey::Computed(key);
        let span = Span::new(l, r);
        self.fields.push(FieldInit::Field { key, value, shorthand: false, span });
    }

    pub(crate) fn spread_field(&mut self, l: u32, r: u32, value: &'a Expr<'a>) {
        self.fields.push(FieldInit::Spread { value, span: Span::new(l, r) });
    }

    // ---- templates ----

    pub(crate) fn parts_base(&self) -> Base {
        self.parts.len() as Base
    }

    pub(crate) fn template_text(&mut self, base: Base, l: u32, r: u32) -> Base {
        let decoded = text::template_text(self.arena, self.slice(l, r));
        self.parts.push(TemplatePart::Text(decoded));
        base
    }

    pub(crate) fn template_hole(&mut self, base: Base, expr: &'a Expr<'a>) -> Base {
        self.parts.push(TemplatePart::Hole(expr));
        base
    }

    pub(crate) fn template(&mut self, l: u32, r: u32, base: Base) -> &'a Expr<'a> {
        let parts = take!(self.parts, base);
        let depth = deepest(parts.iter().map(|part| match part {
            TemplatePart::Text(_) => 0,
            TemplatePart::Hole(expr) => expr.depth,
        }));
        let template = self.arena.alloc(Template { parts, raw: false });
        self.expr(l, r, ExprKind::Template(template), depth)
    }

    /// raw`…`
    pub(crate) fn raw_template(&mut self, l: u32, r: u32) -> &'a Expr<'a> {
        let whole = self.slice(l, r);
        let inner = whole.get("raw`".len()..whole.len().saturating_sub(1)).unwrap_or("");
        let parts: &'a [TemplatePart<'a>] = if inner.is_empty() {
            &[]
        } else {
            self.arena.alloc_slice_copy(&[TemplatePart::Text(self.arena.alloc_str(inner))])
        };
        let template = self.arena.alloc(Template { parts, raw: true });
        self.expr(l, r, ExprKind::Template(template), 0)
    }

    // ---- functions and entrain ----

    pub(crate) fn lambda(
        &mut self,
        span: Span,
        (_, is_async): (FuncWord, bool),
        function: &'a mut Function<'a>,
    ) -> &'a Expr<'a> {
        function.kind = FunctionKind::Lambda;
        function.is_async = is_async;
        function.span = span;
        let depth = function.depth;
        self.expr(span.start, span.end, ExprKind::Function(function), depth)
    }

    pub(crate) fn arrow(
        &mut self,
        span: Span,
        params: &'a [Param<'a>],
        body: FunctionBody<'a>,
    ) -> &'a Expr<'a> {
        let function = self.func(span, params, None, body);
        function.kind = FunctionKind::Arrow;
        let depth = function.depth;
        self.expr(span.start, span.end, ExprKind::Function(function), depth)
    }

    pub(crate) fn short_arrow(
        &mut self,
        span: Span,
        name_span: Span,
        name: Symbol,
        body: FunctionBody<'a>,
    ) -> &'a Expr<'a> {
        let name = self.binding(name_span, name);
        let param = Param { name, ty: None, default: None, span: name_span };
        let params: &'a [Param<'a>] = self.arena.alloc_slice_copy(&[param]);
        self.arrow(span, params, body)
    }

    pub(crate) fn arms_base(&self) -> Base {
        self.arms.len() as Base
    }

    pub(crate) fn arm(
        &mut self,
        span: Span,
        pattern: &'a Pattern<'a>,
        guard: Option<&'a Expr<'a>>,
        body: ArmBody<'a>,
    ) {
        self.check_arm_body(&body);
        self.arms.push(Arm { pattern, guard, body, span });
    }

    fn check_arm_body(&mut self, body: &ArmBody<'a>) {
        if let ArmBody::Block(block) = body {
            self.check_block(block);
        }
    }

    pub(crate) fn entrain(
        &mut self,
        l: u32,
        r: u32,
        subject: &'a Expr<'a>,
        base: Base,
        otherwise: Option<Otherwise<'a>>,
    ) -> &'a Expr<'a> {
        let arms = take!(self.arms, base);
        if let Some(otherwise) = &otherwise {
            self.check_arm_body(&otherwise.body);
        }
        let mut depth = subject.depth;
        for arm in arms {
            depth = deeper(depth, arm.guard.map_or(0, |guard| guard.depth));
            depth = deeper(depth, depth_of_arm(&arm.body));
        }
        depth = deeper(depth, otherwise.map_or(0, |otherwise| depth_of_arm(&otherwise.body)));
        let span = Span::new(l, r);
        let entrain = self.arena.alloc(Entrain { subject, arms, otherwise, span });
        self.expr(l, r, ExprKind::Entrain(entrain), depth)
    }
}

fn depth_of_arm(body: &ArmBody<'_>) -> u16 {
    match body {
        ArmBody::Block(block) => block.depth,
        ArmBody::Expr(expr) => expr.depth,
        ArmBody::Awaken { value, .. } => value.map_or(0, |value| value.depth),
    }
}

fn depth_of_fields(fields: &[FieldInit<'_>]) -> u16 {
    deepest(fields.iter().map(|field| match field {
        FieldInit::Field { key: FieldKey::Computed(key), value, .. } => {
            deeper(key.depth, value.depth)
        }
        FieldInit::Field { value, .. } | FieldInit::Spread { value, .. } => value.depth,
    }))
}
