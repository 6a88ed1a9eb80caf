//! Sessions and records: their members and the functions inside them.

use super::scope::{Context, Resolver};
use super::{TypeDecl, VarId, VarKind};
use crate::types::TypeIdx;
use ahash::AHashMap;
use hyp_grammar::ast::{
    Binding, Function, FunctionKind, Member, MemberKind, RecordDecl, SessionDecl,
};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::intern::{Symbol, known};
use hyp_grammar::span::{FuncId, Span};

impl<'a> Resolver<'a, '_> {
    pub(super) fn session(&mut self, session: &'a SessionDecl<'a>) {
        let idx = self.type_decl(TypeDecl::Session(session), session.name);
        self.check_members(session);
        let outer = self.context;
        self.static_fields(session, idx);
        let initializer = self.initializer_of(idx);
        let this = self.field_initializers(session, idx, initializer);
        for member in session.members {
            let MemberKind::Method(method) = member.kind else { continue };
            self.context = member_context(outer, idx, member.is_static);
            let this = if method.id == initializer { this } else { None };
            self.method(method, member.is_static, this);
        }
        self.context = outer;
    }

    /// Static initialisers run where the session stands.
    fn static_fields(&mut self, session: &'a SessionDecl<'a>, idx: TypeIdx) {
        let outer = self.context;
        self.context.owner = Some(idx);
        self.context.this = None;
        self.context.is_static = true;
        for member in session.members.iter().filter(|m| m.is_static) {
            if let MemberKind::Field(field) = member.kind {
                self.opt_expr(field.init);
            }
        }
        self.context = outer;
    }

    /// Initialisers of instance fields run in the constructor, which may be synthetic.
    fn field_initializers(
        &mut self,
        session: &'a SessionDecl<'a>,
        idx: TypeIdx,
        initializer: FuncId,
    ) -> Option<VarId> {
        let outer = self.context;
        self.context = member_context(outer, idx, false);
        let saved = self.enter_member(initializer);
        let this = self.receiver(initializer, session.name.span);
        self.out.receivers[idx.0 as usize] = Some(this);
        for member in session.members.iter().filter(|m| !m.is_static) {
            if let MemberKind::Field(field) = member.kind {
                self.opt_expr(field.init);
            }
        }
        self.leave_function(saved);
        self.context = outer;
        Some(this)
    }

    fn initializer_of(&self, idx: TypeIdx) -> FuncId {
        self.initializers.get(idx.0 as usize).copied().unwrap_or(FuncId(0))
    }

    /// Makes the receiver variable of a member function.
    fn receiver(&mut self, id: FuncId, span: Span) -> VarId {
        let var = self.new_var(known::THIS, VarKind::This, span);
        self.mark_declared(var);
        self.use_receiver(id, var);
        var
    }

    fn use_receiver(&mut self, id: FuncId, var: VarId) {
        if let Some(info) = self.out.functions.get_mut(id.index()) {
            info.this = Some(var);
        }
        self.context.this = Some(var);
    }

    fn enter_member(&mut self, id: FuncId) -> Context {
        let order = self.tick();
        if let Some(state) = self.function_states.get_mut(id.index()) {
            state.order = order;
            state.is_member = true;
        }
        self.enter_function(id)
    }

    fn method(&mut self, method: &'a Function<'a>, is_static: bool, this: Option<VarId>) {
        let saved = self.enter_member(method.id);
        if !is_static {
            match this {
                Some(var) => self.use_receiver(method.id, var),
                None => {
                    self.receiver(method.id, method.name.map_or(method.span, |n| n.span));
                }
            }
        }
        self.function_body(method);
        self.leave_function(saved);
    }

    pub(super) fn record(&mut self, record: &'a RecordDecl<'a>) {
        let idx = self.type_decl(TypeDecl::Record(record), record.name);
        self.check_record_members(record);
        let outer = self.context;
        self.context = member_context(outer, idx, false);
        let initializer = self.initializer_of(idx);
        let saved = self.enter_member(initializer);
        let this = self.receiver(initializer, record.name.span);
        self.out.receivers[idx.0 as usize] = Some(this);
        for field in record.fields {
            self.opt_expr(field.default);
        }
        self.leave_function(saved);
        for method in record.methods {
            self.context = member_context(outer, idx, false);
            self.method(method, false, None);
        }
        self.context = outer;
    }

    // Duplicates.

    fn check_members(&mut self, session: &'a SessionDecl<'a>) {
        let mut seen: AHashMap<Symbol, (Span, &str)> = AHashMap::new();
        let mut constructor = None;
        for member in session.members {
            match member.kind {
                MemberKind::Field(field) => {
                    let kind = if member.is_static { "static field" } else { "field" };
                    self.check_member(&mut seen, field.name, kind, session.name);
                }
                MemberKind::Method(method) => {
                    let Some(name) = method.name else { continue };
                    if method.kind == FunctionKind::Constructor {
                        self.check_constructor(member, name, &mut constructor, session.name);
                        continue;
                    }
                    let kind = if member.is_static { "static method" } else { "method" };
                    self.check_member(&mut seen, name, kind, session.name);
                }
                MemberKind::Error => {}
            }
        }
    }

    fn check_record_members(&mut self, record: &'a RecordDecl<'a>) {
        let mut seen: AHashMap<Symbol, (Span, &str)> = AHashMap::new();
        for field in record.fields {
            let id = record.name.id;
            let name = Binding { name: field.name.name, id, span: field.name.span };
            self.check_member(&mut seen, name, "field", record.name);
        }
        let mut constructor = None;
        for method in record.methods {
            let Some(name) = method.name else { continue };
            if method.kind == FunctionKind::Constructor {
                self.second_constructor(name, &mut constructor, record.name);
            } else {
                self.check_member(&mut seen, name, "method", record.name);
            }
        }
    }

    fn check_member(
        &mut self,
        seen: &mut AHashMap<Symbol, (Span, &'static str)>,
        name: Binding,
        kind: &'static str,
        owner: Binding,
    ) {
        let Some(&(first, first_kind)) = seen.get(&name.name) else {
            seen.insert(name.name, (name.span, kind));
            return;
        };
        let (text, owner) = (self.text(name.name), self.text(owner.name));
        let message = if kind == first_kind {
            format!("duplicate {kind} `{text}` in `{owner}`")
        } else {
            format!("`{text}` is both a {first_kind} and a {kind} of `{owner}`")
        };
        self.report(
            Diagnostic::new(Code::DuplicateMember, name.span, message)
                .with_primary("declared again here")
                .with_label(first, "first declared here"),
        );
    }

    fn check_constructor(
        &mut self,
        member: &Member<'a>,
        name: Binding,
        first: &mut Option<Span>,
        owner: Binding,
    ) {
        if member.is_static {
            let owner = self.text(owner.name);
            let message = format!("the constructor of `{owner}` cannot be static");
            self.report(
                Diagnostic::new(Code::StaticConstructor, name.span, message)
                    .with_primary("a constructor makes an instance")
                    .with_help("remove `dominant`"),
            );
        }
        self.second_constructor(name, first, owner);
    }

    fn second_constructor(&mut self, name: Binding, first: &mut Option<Span>, owner: Binding) {
        let Some(span) = *first else {
            *first = Some(name.span);
            return;
        };
        let owner = self.text(owner.name);
        let message = format!("multiple constructors in `{owner}`");
        self.report(
            Diagnostic::new(Code::MultipleConstructors, name.span, message)
                .with_primary("second constructor")
                .with_label(span, "first constructor"),
        );
    }
}

/// The context in which the functions of a type are entered.
fn member_context(outer: Context, owner: TypeIdx, is_static: bool) -> Context {
    Context { owner: Some(owner), this: None, is_static, ..outer }
}
