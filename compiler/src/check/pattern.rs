//! `entrain` and patterns.

use super::annotation::nullable;
use super::cover::Coverage;
use super::relation::non_null;
use super::{Checker, MemberSort, TypeDecl};
use crate::types::{Ty, TypeIdx};
use hyp_grammar::ast::{
    ArmBody, Binding, Block, Entrain, Expr, FieldPattern, Ident, Pattern, PatternKind, StmtKind,
};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::span::Span;
use std::rc::Rc;

impl<'a> Checker<'a, '_> {
    /// Checks an `entrain`. In value position its type is the join of its arms.
    pub(super) fn entrain(&mut self, entrain: &'a Entrain<'a>, is_value: bool) -> Ty {
        self.entrain_arms(entrain, is_value).0
    }

    /// The type of an `entrain`, and whether every way through it leaves the function.
    pub(super) fn entrain_arms(&mut self, entrain: &'a Entrain<'a>, is_value: bool) -> (Ty, bool) {
        let subject = self.expr(entrain.subject);
        let outer_yields = self.frame.yields.take();
        self.frame.yields = if is_value { Some(None) } else { outer_yields.clone() };
        let mut joined: Option<Ty> = None;
        let mut coverage = self.coverage(&subject);
        let mut ends = true;
        for arm in entrain.arms {
            if let Some(by) = coverage.take_catch_all() {
                self.unreachable_arm(arm.span, by);
            } else if !coverage.is_complete() && self.is_covered(arm.pattern, &coverage) {
                self.repeated_arm(arm.pattern.span);
            }
            let start = self.mark();
            self.arm_pattern(entrain.subject, arm.pattern, &subject, &coverage);
            if let Some(guard) = arm.guard {
                self.condition(guard, "guard");
                self.assume(guard, true);
            }
            let (ty, arm_ends) = self.arm_body(&arm.body);
            self.forget_since(start);
            ends &= arm_ends;
            joined = self.join_opt(joined, ty);
            if arm.guard.is_none() {
                self.cover(arm.pattern, &mut coverage);
            }
        }
        if let Some(otherwise) = &entrain.otherwise {
            if let Some(by) = coverage.take_catch_all() {
                self.unreachable_arm(otherwise.span, by);
            }
            let start = self.mark();
            self.assume_uncovered(entrain.subject, &coverage);
            let (ty, arm_ends) = self.arm_body(&otherwise.body);
            self.forget_since(start);
            ends &= arm_ends;
            joined = self.join_opt(joined, ty);
        } else {
            self.cover_rest(&mut coverage);
            if !coverage.is_complete() {
                self.not_exhaustive(entrain, &coverage);
                ends = false;
            }
        }
        let yielded = std::mem::replace(&mut self.frame.yields, outer_yields);
        if !is_value {
            self.frame.yields = yielded;
            return (joined.unwrap_or(Ty::Null), ends);
        }
        let ty = self.join_opt(joined, yielded.flatten());
        (ty.unwrap_or(Ty::Null), false)
    }

    fn join_opt(&self, a: Option<Ty>, b: Option<Ty>) -> Option<Ty> {
        match (a, b) {
            (Some(a), Some(b)) => Some(self.join(a, b)),
            (a, b) => a.or(b),
        }
    }

    /// The type of an arm, if its end gives a value, and whether it leaves the function.
    fn arm_body(&mut self, body: &'a ArmBody<'a>) -> (Option<Ty>, bool) {
        match body {
            ArmBody::Expr(value) => (Some(self.expr(value)), false),
            ArmBody::Awaken { value, span } => {
                let ty = self.opt_expr(*value);
                self.returned(ty, value.map_or(*span, |v| v.span), *span);
                (None, self.frame.yields.is_none())
            }
            ArmBody::Block(block) => self.arm_block(block),
        }
    }

    /// The value of an arm block is that of its last statement, if it is an expression.
    fn arm_block(&mut self, block: &'a Block<'a>) -> (Option<Ty>, bool) {
        let Some((last, first)) = block.stmts.split_last() else { return (Some(Ty::Null), false) };
        let yields = self.frame.yields.is_some();
        let ends = self.stmts(first);
        if let Some(entrain) = last.statement_entrain() {
            let (ty, last_ends) = self.entrain_arms(entrain, false);
            return (Some(ty), (ends || last_ends) && !yields);
        }
        if let StmtKind::Expr(value) = last.kind {
            return (Some(self.expr(value)), ends && !yields);
        }
        let ends = self.stmts(std::slice::from_ref(last)) || ends;
        let ty = if ends { None } else { Some(Ty::Null) };
        (ty, ends && !yields)
    }

    /// The pattern of an arm, and what it shows of the subject.
    fn arm_pattern(
        &mut self,
        value: &'a Expr<'a>,
        pattern: &'a Pattern<'a>,
        subject: &Ty,
        coverage: &Coverage<'a>,
    ) {
        let rest = self.uncovered_type(coverage);
        self.assume_uncovered(value, coverage);
        match pattern.kind {
            // It takes what the arms above have left.
            PatternKind::Bind(_) => self.pattern(pattern, &rest.unwrap_or_else(|| subject.clone())),
            PatternKind::Typed { ty, .. } => {
                self.pattern(pattern, subject);
                if let Some(var) = self.narrowable(value) {
                    let tested = super::resolve_type(ty, self.resolution, self.interner);
                    self.assume_type(var, tested);
                }
            }
            _ => self.pattern(pattern, subject),
        }
    }

    /// The subject is none of what the arms have matched.
    fn assume_uncovered(&mut self, value: &'a Expr<'a>, coverage: &Coverage<'a>) {
        if let Some(rest) = self.uncovered_type(coverage)
            && let Some(var) = self.narrowable(value)
        {
            self.assume_type(var, rest);
        }
    }

    fn not_exhaustive(&mut self, entrain: &'a Entrain<'a>, coverage: &Coverage<'a>) {
        let span = entrain.subject.span;
        let missing = self.uncovered_values(coverage);
        let mut diagnostic =
            Diagnostic::new(Code::NonExhaustive, span, "`entrain` does not cover every value")
                .with_primary("a value that no arm matches raises an error")
                .with_help("add `otherwise => …`");
        if !missing.is_empty() {
            diagnostic = diagnostic.with_note(format!("not covered: {missing}"));
        }
        self.report(diagnostic);
    }

    fn repeated_arm(&mut self, span: Span) {
        self.report(
            Diagnostic::new(Code::UnreachableArm, span, "unreachable arm")
                .with_primary("arms above match everything that this pattern matches"),
        );
    }

    fn unreachable_arm(&mut self, span: Span, by: Span) {
        self.report(
            Diagnostic::new(Code::UnreachableArm, span, "unreachable arm")
                .with_primary("never tried")
                .with_label(by, "this pattern matches everything"),
        );
    }

    /// Checks a pattern against the type of what it is matched with, and types its variables.
    pub(super) fn pattern(&mut self, pattern: &'a Pattern<'a>, subject: &Ty) {
        match pattern.kind {
            PatternKind::Error | PatternKind::Wildcard | PatternKind::Null => {}
            PatternKind::Number(_) | PatternKind::Range { .. } => {
                self.literal_pattern(&Ty::Number, subject, pattern.span);
            }
            PatternKind::String(_) => self.literal_pattern(&Ty::String, subject, pattern.span),
            PatternKind::Bool(_) => self.literal_pattern(&Ty::Boolean, subject, pattern.span),
            PatternKind::Bind(name) => self.bind_pattern(name, subject.clone()),
            PatternKind::Typed { name, ty } => {
                let ty = self.annotation(ty);
                if let Some(bind) = name.and_then(|n| self.resolution.bind(n.id)) {
                    self.annotate(bind.var, ty);
                }
            }
            PatternKind::As { name, pattern } => {
                self.pattern(pattern, subject);
                self.bind_pattern(name, subject.clone());
            }
            PatternKind::Record { namespace, name, fields } => {
                self.record_pattern(namespace, name, fields);
            }
            PatternKind::Object { fields } => self.object_pattern(fields, subject),
            PatternKind::Array { items, rest } => {
                let item = match non_null(subject) {
                    Ty::Array(item) => (**item).clone(),
                    _ => Ty::Unknown,
                };
                if matches!(non_null(subject), Ty::Number | Ty::String | Ty::Boolean) {
                    self.impossible(subject, pattern.span);
                }
                for pattern in items {
                    self.pattern(pattern, &item);
                }
                if let Some(name) = rest.and_then(|r| r.name) {
                    self.bind_pattern(name, Ty::Array(Rc::new(item)));
                }
            }
            PatternKind::Or(alternatives) => {
                for alternative in alternatives {
                    self.pattern(alternative, subject);
                }
            }
        }
    }

    /// Destructuring may assign a variable that exists; patterns of arms never do.
    fn bind_pattern(&mut self, name: Binding, ty: Ty) {
        let Some(bind) = self.resolution.bind(name.id) else { return };
        if bind.action == crate::resolve::BindAction::Assign {
            return self.store(bind.var, &ty, name.span);
        }
        let reassigned = self.resolution.var(bind.var).is_reassigned;
        self.set_bind(name.id, super::relation::widened(ty, reassigned));
    }

    fn literal_pattern(&mut self, literal: &Ty, subject: &Ty, span: Span) {
        let possible = match non_null(subject) {
            Ty::Unknown | Ty::Union(_) | Ty::Trance => true,
            known => known == literal,
        };
        if !possible {
            self.impossible(subject, span);
        }
    }

    fn impossible(&mut self, subject: &Ty, span: Span) {
        let subject = self.show(subject);
        let message = format!("this pattern never matches a value of type {subject}");
        self.report(
            Diagnostic::new(Code::ImpossiblePattern, span, message).with_primary("never matches"),
        );
    }

    fn record_pattern(
        &mut self,
        namespace: Option<Ident>,
        name: Ident,
        fields: &'a [FieldPattern<'a>],
    ) {
        let known = self.resolution.type_named(namespace, name);
        let Some(idx) = known.filter(|idx| !self.is_session(*idx)) else {
            let text = self.text(name.name);
            if namespace.is_some() || text != "object" {
                self.report(
                    Diagnostic::new(
                        Code::UnknownRecordPattern,
                        name.span,
                        format!("unknown record type `{text}` in a pattern"),
                    )
                    .with_primary("never matches"),
                );
            }
            return self.object_pattern(fields, &Ty::Unknown);
        };
        for field in fields {
            let ty = self.pattern_field_type(idx, field);
            self.pattern(field.pattern, &ty);
        }
    }

    fn pattern_field_type(&mut self, idx: TypeIdx, field: &'a FieldPattern<'a>) -> Ty {
        let member = self.members.get(idx.0 as usize).and_then(|m| m.get(&field.name.name));
        match member.copied() {
            Some(member) if matches!(member.sort, MemberSort::Field(_)) => {
                self.field_type(idx, member.sort, false)
            }
            _ => {
                let Some(TypeDecl::Record(record)) = self.resolution.types.get(idx.0 as usize)
                else {
                    return Ty::Unknown;
                };
                let names = record.fields.iter().map(|f| self.interner.resolve(f.name.name));
                let text = self.text(field.name.name);
                let similar = crate::resolve::closest(text, names).map(str::to_owned);
                self.unknown_field(idx, field.name.name, field.name.span, similar);
                Ty::Unknown
            }
        }
    }

    fn object_pattern(&mut self, fields: &'a [FieldPattern<'a>], subject: &Ty) {
        for field in fields {
            let ty = match non_null(subject) {
                Ty::Record(idx) => self.pattern_field_type(*idx, field),
                Ty::Structural(types) => {
                    let text = self.text(field.name.name);
                    let found = types.iter().find(|f| f.0 == text);
                    found.map_or(
                        Ty::Unknown,
                        |f| if f.2 { nullable(f.1.clone()) } else { f.1.clone() },
                    )
                }
                _ => Ty::Unknown,
            };
            self.pattern(field.pattern, &ty);
        }
    }
}
