//! Fields of sessions and records, and which of them the constructor certainly assigns (O19).

use super::annotation::nullable;
use super::relation::Fit;
use super::{Checker, MemberInfo, MemberSort, TypeDecl};
use crate::check::init::unassigned_fields;
use crate::types::{Ty, TypeIdx};
use ahash::AHashMap;
use hyp_grammar::ast::{
    Binding, Expr, ExprKind, FieldDecl, FunctionKind, MemberKind, RecordDecl, SessionDecl,
    Visibility,
};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::operator::UnaryOp;

impl<'a> Checker<'a, '_> {
    /// Enters the members of every type.
    pub(super) fn declare_types(&mut self) {
        for at in 0..self.resolution.types.len() {
            let idx = TypeIdx(at as u32);
            match self.resolution.types.get(at).copied() {
                Some(TypeDecl::Session(session)) => self.declare_session(idx, session),
                Some(TypeDecl::Record(record)) => self.declare_record(record),
                None => {}
            }
        }
    }

    fn declare_record(&mut self, record: &'a RecordDecl<'a>) {
        let mut members = AHashMap::with_capacity(record.fields.len() + record.methods.len());
        let mut types = Vec::with_capacity(record.fields.len());
        for field in record.fields {
            let ty = self.annotation(field.ty);
            let sort = MemberSort::Field(types.len());
            types.push(if field.optional { nullable(ty) } else { ty });
            members.entry(field.name.name).or_insert(public(sort, field.name.span));
        }
        for method in record.methods {
            let Some(name) = method.name else { continue };
            if method.kind == FunctionKind::Method {
                let info = public(MemberSort::Method(method.id), name.span);
                members.entry(name.name).or_insert(info);
            }
        }
        self.members.push(members);
        self.out.fields.push(types.iter().map(super::guarantee).collect());
        self.out.statics.push(Vec::new());
        self.field_types.push(types);
        self.static_types.push(Vec::new());
    }

    fn declare_session(&mut self, idx: TypeIdx, session: &'a SessionDecl<'a>) {
        let mut members = AHashMap::with_capacity(session.members.len());
        // Instance fields, then static fields: static type and enforced type.
        let mut types: [Vec<Ty>; 2] = [Vec::new(), Vec::new()];
        let mut enforced: [Vec<Ty>; 2] = [Vec::new(), Vec::new()];
        let unassigned = unassigned_fields(self.resolution, idx, session);
        for member in session.members {
            let which = usize::from(member.is_static);
            let (name, sort) = match member.kind {
                MemberKind::Field(field) => {
                    let at = types[which].len();
                    let certain = if member.is_static {
                        field.init.is_some()
                    } else {
                        !unassigned.get(at).copied().unwrap_or(true)
                    };
                    let (ty, guarantee) = self.declare_field(field, certain, member.is_static);
                    types[which].push(ty);
                    enforced[which].push(guarantee);
                    (field.name, MemberSort::Field(at))
                }
                MemberKind::Method(method) if method.kind == FunctionKind::Method => {
                    let Some(name) = method.name else { continue };
                    (name, MemberSort::Method(method.id))
                }
                _ => continue,
            };
            let info = MemberInfo {
                sort,
                is_static: member.is_static,
                is_private: member.visibility == Some(Visibility::Conceal),
                span: name.span,
            };
            members.entry(name.name).or_insert(info);
        }
        let [fields, statics] = types;
        let [enforced_fields, enforced_statics] = enforced;
        self.members.push(members);
        self.field_types.push(fields);
        self.static_types.push(statics);
        self.out.fields.push(enforced_fields);
        self.out.statics.push(enforced_statics);
    }

    /// The static type of a field and the type that is enforced.
    fn declare_field(
        &mut self,
        field: &'a FieldDecl<'a>,
        certain: bool,
        is_static: bool,
    ) -> (Ty, Ty) {
        let declared = self.opt_annotation(field.ty).filter(|ty| *ty != Ty::Unknown);
        let Some(mut ty) = declared else {
            return (field.init.map_or(Ty::Unknown, literal_type), Ty::Unknown);
        };
        let strict = self.needs_first_value(&ty);
        let null = field.init.is_some_and(|init| matches!(init.kind, ExprKind::Null));
        if strict && (!certain || null) {
            self.nullable_field(field, &ty, is_static);
            ty = nullable(ty);
        }
        let enforced = super::guarantee(&ty);
        (ty, enforced)
    }

    fn nullable_field(&mut self, field: &'a FieldDecl<'a>, ty: &Ty, is_static: bool) {
        let (name, shown) = (self.text(field.name.name), self.show(ty));
        let message = format!("field `{name}` may be read while it is null; treated as `{shown}?`");
        let null = field.init.is_none_or(|init| matches!(init.kind, ExprKind::Null));
        let label = if is_static || (null && field.init.is_some()) {
            "null at first"
        } else if !null {
            "`this` is used before this initialiser runs"
        } else {
            "the constructor does not certainly assign it before `this` is used"
        };
        let code = self.null_code(Code::NullableField);
        let diagnostic = Diagnostic::new(code, field.name.span, message)
            .with_primary(label)
            .with_help(super::assign::first_value_help(ty, &shown));
        self.report(diagnostic);
    }

    /// Checks the initialiser of a field, or the default of a record's.
    pub(super) fn field_initializer(&mut self, idx: TypeIdx, name: Binding, init: &'a Expr<'a>) {
        let member = self.members.get(idx.0 as usize).and_then(|m| m.get(&name.name)).copied();
        let to = member.map_or(Ty::Unknown, |m| self.field_type(idx, m.sort, m.is_static));
        let from = self.expect(init, &to);
        match self.fit(&from, &to) {
            Fit::Yes | Fit::UnlessNull => {}
            Fit::Null => self.null_to(&to, &format!("field `{}`", self.text(name.name)), init.span),
            Fit::No => self.field_mismatch(self.text(name.name), Some(idx), &from, &to, init.span),
        }
    }
}

fn public(sort: MemberSort, span: hyp_grammar::span::Span) -> MemberInfo {
    MemberInfo { sort, is_static: false, is_private: false, span }
}

/// The type of a field without annotation: that of a literal first value.
fn literal_type(init: &Expr<'_>) -> Ty {
    match init.kind {
        ExprKind::Number(_) => Ty::Number,
        ExprKind::String(_) | ExprKind::Template(_) => Ty::String,
        ExprKind::Bool(_) => Ty::Boolean,
        ExprKind::Paren(inner) | ExprKind::Unary { op: UnaryOp::Neg, operand: inner } => {
            literal_type(inner)
        }
        _ => Ty::Unknown,
    }
}
