//! Member access and visibility.

use super::relation::non_null;
use super::{Checker, MemberInfo, MemberSort, TypeDecl};
use crate::types::{Ty, TypeIdx};
use hyp_grammar::ast::{Expr, Ident};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::intern::known;

impl<'a> Checker<'a, '_> {
    /// `receiver.name` as a value.
    pub(super) fn member_read(&mut self, receiver: &Ty, name: Ident, object: &'a Expr<'a>) -> Ty {
        self.member(receiver, name, object, false)
    }

    /// `receiver.name` as the target of an assignment.
    pub(super) fn member_place(&mut self, receiver: &Ty, name: Ident, object: &'a Expr<'a>) -> Ty {
        self.member(receiver, name, object, true)
    }

    fn member(&mut self, receiver: &Ty, name: Ident, object: &'a Expr<'a>, writes: bool) -> Ty {
        match non_null(receiver) {
            Ty::Record(idx) => self.record_member(*idx, name, writes),
            Ty::Instance(idx) => self.session_member(*idx, name, false, writes),
            Ty::SessionValue(idx) => self.session_member(*idx, name, true, writes),
            Ty::Structural(fields) => {
                let text = self.text(name.name);
                let field = fields.iter().find(|f| f.0 == text);
                field.map_or(Ty::Unknown, |(_, ty, optional)| {
                    if *optional { super::annotation::nullable(ty.clone()) } else { ty.clone() }
                })
            }
            Ty::Unknown | Ty::Object | Ty::AnyInstance | Ty::Union(_) | Ty::Trance => Ty::Unknown,
            other => {
                self.no_members(other, name, object);
                Ty::Unknown
            }
        }
    }

    fn no_members(&mut self, ty: &Ty, name: Ident, object: &'a Expr<'a>) {
        let (found, text) = (self.show(ty), self.text(name.name));
        let message = format!("cannot access member `{text}` on a value of type {found}");
        let mut diagnostic = Diagnostic::new(Code::NoMembers, name.span, message)
            .with_label(object.span, format!("this is of type {found}"));
        if matches!(ty, Ty::Array(_) | Ty::String) && text == "length" {
            diagnostic = diagnostic.with_help("write `Length(…)`");
        }
        self.report(diagnostic);
    }

    fn record_member(&mut self, idx: TypeIdx, name: Ident, writes: bool) -> Ty {
        let Some(member) = self.find_member(idx, name) else {
            let similar = self.similar_member(idx, name);
            self.unknown_field(idx, name.name, name.span, similar);
            return Ty::Unknown;
        };
        if writes && let MemberSort::Method(_) = member.sort {
            self.method_assigned(member, name);
            return Ty::Unknown;
        }
        self.field_type(idx, member.sort, false)
    }

    fn find_member(&self, idx: TypeIdx, name: Ident) -> Option<MemberInfo> {
        self.members.get(idx.0 as usize)?.get(&name.name).copied()
    }

    fn similar_member(&self, idx: TypeIdx, name: Ident) -> Option<String> {
        let names = self.members.get(idx.0 as usize)?.keys().map(|s| self.interner.resolve(*s));
        // Hash maps have no order; the alphabetically first keeps reports stable.
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        crate::resolve::closest(self.text(name.name), names.into_iter()).map(str::to_owned)
    }

    fn session_member(&mut self, idx: TypeIdx, name: Ident, on_type: bool, writes: bool) -> Ty {
        if name.name == known::CONSTRUCTOR && self.find_member(idx, name).is_none() {
            self.constructor_member(idx, name);
            return Ty::Unknown;
        }
        let Some(member) = self.find_member(idx, name) else {
            self.unknown_member(idx, name, on_type);
            return Ty::Unknown;
        };
        if member.is_private && !self.owners.contains(&idx) {
            self.not_visible(idx, member, name);
        }
        let text = self.text(name.name);
        let owner = self.type_name(idx);
        if on_type && !member.is_static {
            let message = format!("`{text}` of session `{owner}` belongs to its instances");
            self.static_access(message, format!("make one: `{owner}(…).{text}`"), member, name);
            return Ty::Unknown;
        }
        if writes {
            if let MemberSort::Method(_) = member.sort {
                self.method_assigned(member, name);
                return Ty::Unknown;
            }
            if member.is_static && !on_type {
                let message = format!("static field `{text}` is assigned through an instance");
                self.static_access(message, format!("write `{owner}.{text} = …`"), member, name);
            }
        }
        self.field_type(idx, member.sort, member.is_static)
    }

    fn static_access(&mut self, message: String, help: String, member: MemberInfo, name: Ident) {
        self.report(
            Diagnostic::new(Code::StaticAccess, name.span, message)
                .with_label(member.span, "declared here")
                .with_help(help),
        );
    }

    fn constructor_member(&mut self, idx: TypeIdx, name: Ident) {
        let owner = self.type_name(idx);
        self.report(
            Diagnostic::new(Code::ConstructorMember, name.span, "a constructor is not a member")
                .with_primary("cannot be called on a value")
                .with_help(format!("make an instance with `{owner}(…)`")),
        );
    }

    fn unknown_member(&mut self, idx: TypeIdx, name: Ident, on_type: bool) {
        let (owner, text) = (self.type_name(idx), self.text(name.name));
        let message = if on_type {
            format!("session `{owner}` has no static member `{text}`")
        } else {
            format!("session instance of `{owner}` has no member `{text}`")
        };
        let mut diagnostic =
            Diagnostic::new(Code::UnknownMember, name.span, message).with_primary("unknown member");
        if let Some(declared) = self.type_span(idx) {
            diagnostic = diagnostic.with_label(declared, "declared here");
        }
        if let Some(similar) = self.similar_member(idx, name) {
            diagnostic = diagnostic.with_help(format!("did you mean `{similar}`?"));
        }
        self.report(diagnostic);
    }

    fn not_visible(&mut self, idx: TypeIdx, member: MemberInfo, name: Ident) {
        let kind = match (member.sort, member.is_static) {
            (MemberSort::Field(_), false) => "field",
            (MemberSort::Field(_), true) => "static field",
            (MemberSort::Method(_), false) => "method",
            (MemberSort::Method(_), true) => "static method",
        };
        let (owner, text) = (self.type_name(idx), self.text(name.name));
        let message = format!("{kind} `{text}` of session `{owner}` is not visible here");
        self.report(
            Diagnostic::new(Code::NotVisible, name.span, message)
                .with_primary("private")
                .with_label(member.span, "declared with `conceal` here"),
        );
    }

    fn method_assigned(&mut self, member: MemberInfo, name: Ident) {
        let text = self.text(name.name);
        let kind = if member.is_static { "static method" } else { "method" };
        self.report(
            Diagnostic::new(
                Code::MethodAssigned,
                name.span,
                format!("cannot assign to {kind} `{text}`"),
            )
            .with_primary("methods never change")
            .with_label(member.span, "declared here"),
        );
    }

    /// Whether a type is a session, for messages.
    pub(super) fn is_session(&self, idx: TypeIdx) -> bool {
        matches!(self.resolution.types.get(idx.0 as usize), Some(TypeDecl::Session(_)))
    }
}
