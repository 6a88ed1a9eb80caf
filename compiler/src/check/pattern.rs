//! `entrain` and patterns.

use super::annotation::nullable;
use super::relation::non_null;
use super::{Checker, MemberSort, TypeDecl};
use crate::types::{Ty, TypeIdx};
use hyp_grammar::ast::{
    Arm, ArmBody, Binding, Block, Entrain, FieldPattern, Ident, Pattern, PatternKind, StmtKind,
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
        let mut covered: Option<Span> = None;
        let mut ends = true;
        let (mut seen_true, mut seen_false) = (false, false);
        for arm in entrain.arms {
            if let Some(by) = covered {
                self.unreachable_arm(arm.span, by);
                covered = None;
                seen_true = true;
                seen_false = true;
            }
            self.pattern(arm.pattern, &subject);
            if let Some(guard) = arm.guard {
                self.condition(guard, "guard");
            }
            let (ty, arm_ends) = self.arm_body(&arm.body);
            ends &= arm_ends;
            joined = self.join_opt(joined, ty);
            if arm.guard.is_none() {
                if self.irrefutable(arm.pattern, &subject) {
                    covered = Some(arm.pattern.span);
                    (seen_true, seen_false) = (true, true);
                }
                note_booleans(arm.pattern, &mut seen_true, &mut seen_false);
            }
        }
        if let Some(otherwise) = &entrain.otherwise {
            if let Some(by) = covered {
                self.unreachable_arm(otherwise.span, by);
            }
            let (ty, arm_ends) = self.arm_body(&otherwise.body);
            ends &= arm_ends;
            joined = self.join_opt(joined, ty);
        } else if !self.exhaustive(entrain.arms, &subject, seen_true && seen_false) {
            self.not_exhaustive(entrain);
            ends = false;
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

    fn exhaustive(&self, arms: &[Arm<'_>], subject: &Ty, both_booleans: bool) -> bool {
        match subject {
            Ty::Boolean => both_booleans,
            Ty::Nullable(inner) if **inner == Ty::Boolean => {
                both_booleans && arms.iter().any(|a| matches!(a.pattern.kind, PatternKind::Null))
            }
            _ => arms.iter().any(|a| a.guard.is_none() && self.irrefutable(a.pattern, subject)),
        }
    }

    fn not_exhaustive(&mut self, entrain: &'a Entrain<'a>) {
        let span = entrain.subject.span;
        self.report(
            Diagnostic::new(Code::NonExhaustive, span, "`entrain` does not cover every value")
                .with_primary("a value that no arm matches raises an error")
                .with_help("add `otherwise => …`"),
        );
    }

    fn unreachable_arm(&mut self, span: Span, by: Span) {
        self.report(
            Diagnostic::new(Code::UnreachableArm, span, "unreachable arm")
                .with_primary("never tried")
                .with_label(by, "this pattern matches everything"),
        );
    }

    /// Whether a pattern matches every value of type `subject`.
    fn irrefutable(&self, pattern: &Pattern<'_>, subject: &Ty) -> bool {
        match pattern.kind {
            PatternKind::Wildcard | PatternKind::Bind(_) | PatternKind::Error => true,
            PatternKind::As { pattern, .. } => self.irrefutable(pattern, subject),
            PatternKind::Or(alternatives) => {
                alternatives.iter().any(|p| self.irrefutable(p, subject))
            }
            PatternKind::Typed { ty, .. } => match ty.kind {
                hyp_grammar::ast::TypeKind::Named { name, .. } => {
                    matches!(self.interner.resolve(name.name), "any" | "unknown")
                        || self.show(subject) == self.interner.resolve(name.name)
                }
                _ => false,
            },
            PatternKind::Record { namespace, name, fields } => {
                let named = self.resolution.type_named(namespace, name);
                matches!(subject, Ty::Record(idx) if Some(*idx) == named)
                    && fields.iter().all(|f| self.irrefutable(f.pattern, &Ty::Unknown))
            }
            _ => false,
        }
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
        self.set_var(bind.var, super::relation::widened(ty, reassigned));
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

fn note_booleans(pattern: &Pattern<'_>, seen_true: &mut bool, seen_false: &mut bool) {
    match pattern.kind {
        PatternKind::Bool(true) => *seen_true = true,
        PatternKind::Bool(false) => *seen_false = true,
        PatternKind::As { pattern, .. } => note_booleans(pattern, seen_true, seen_false),
        PatternKind::Or(alternatives) => {
            for alternative in alternatives {
                note_booleans(alternative, seen_true, seen_false);
            }
        }
        _ => {}
    }
}
