//! Modules: what they export, what their imports bring in, and the order of the walk.
//!
//! All modules declare their names before any body is walked, so that imports may form cycles.
//! Imported names stand behind every scope of the module: its own declarations win.

use super::declare::Binds;
use super::scope::{Context, Entry, Resolver};
use super::{BindAction, NameRef, TypeDecl, VarId};
use crate::link::{ModuleIdx, ModuleNode, ModuleTree};
use crate::types::TypeIdx;
use ahash::AHashMap;
use hyp_grammar::ast::{Binding, DeclKeyword, DeclTarget, Expr, Ident, Stmt, StmtKind, Visibility};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::intern::Symbol;
use hyp_grammar::span::{FuncId, Span};
use std::cell::Cell;

/// What a name of a module offers to those who import it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Export {
    pub(super) var: Option<VarId>,
    pub(super) ty: Option<TypeIdx>,
}

/// What an imported name means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Imported {
    Name(Export),
    /// `as A`
    Namespace(ModuleIdx),
}

/// The names of a module that its blocks do not hold.
#[derive(Debug, Default)]
pub(super) struct ModuleNames {
    /// Offset of its first byte.
    start: u32,
    /// Records and sessions that stand anywhere in it.
    pub(super) types: AHashMap<Symbol, TypeIdx>,
    exports: AHashMap<Symbol, Export>,
    /// The keys of `exports` in textual order.
    export_order: Vec<Symbol>,
    imports: AHashMap<Symbol, Import>,
}

/// A name that an import brings in.
#[derive(Debug)]
struct Import {
    name: Imported,
    span: Span,
    /// Looked up by a name or, later, by the type of an annotation.
    is_used: Cell<bool>,
}

impl ModuleNames {
    /// What an import brings in under that name.
    pub(super) fn imported(&self, name: Symbol) -> Option<Imported> {
        let import = self.imports.get(&name)?;
        import.is_used.set(true);
        Some(import.name)
    }

    /// Whether something looked up what the import at `span` brings in under the name; `None` if
    /// another declaration or import has taken the name.
    pub(super) fn is_import_used(&self, name: Symbol, span: Span) -> Option<bool> {
        let import = self.imports.get(&name).filter(|import| import.span == span)?;
        Some(import.is_used.get())
    }

    /// The exported names in textual order.
    pub(super) fn exported(&self) -> &[Symbol] {
        &self.export_order
    }

    pub(super) fn export(&self, name: Symbol) -> Option<Export> {
        self.exports.get(&name).copied()
    }
}

/// The names of all modules.
#[derive(Debug, Default)]
pub(super) struct AllNames(pub(super) Vec<ModuleNames>);

impl AllNames {
    pub(super) fn of(tree: &ModuleTree<'_>) -> Self {
        let names = |m: &ModuleNode<'_>| ModuleNames { start: m.start, ..ModuleNames::default() };
        Self(tree.modules.iter().map(names).collect())
    }

    pub(super) fn module_at(&self, at: u32) -> ModuleIdx {
        let after = self.0.partition_point(|m| m.start <= at);
        ModuleIdx(after.saturating_sub(1) as u32)
    }

    /// The record or session that a type name means where it stands.
    pub(super) fn type_named(&self, namespace: Option<Ident>, name: Ident) -> Option<TypeIdx> {
        let module = self.0.get(self.module_at(name.span.start).index())?;
        match namespace {
            None => match module.types.get(&name.name) {
                Some(own) => Some(*own),
                None => match module.imported(name.name)? {
                    Imported::Name(export) => export.ty,
                    Imported::Namespace(_) => None,
                },
            },
            Some(namespace) => match module.imported(namespace.name)? {
                Imported::Namespace(target) => self.0.get(target.index())?.export(name.name)?.ty,
                Imported::Name(_) => None,
            },
        }
    }
}

impl<'a> Resolver<'a, '_> {
    /// Walks all modules.
    pub(super) fn modules(&mut self, tree: &ModuleTree<'a>) {
        self.is_library = tree.modules.first().is_some_and(|main| {
            main.program.prelude.iter().chain(main.program.body).all(super::unused::declares)
        });
        let mut scopes: Vec<Vec<Entry>> = Vec::with_capacity(tree.modules.len());
        for (at, node) in tree.modules.iter().enumerate() {
            self.enter_module(tree, ModuleIdx(at as u32));
            self.open_scope();
            self.module_names(&node.program);
            let entries = self.bindings.entries.clone();
            self.close_module_scope();
            if tree.modules.iter().any(|m| !m.imports.is_empty()) {
                self.collect_exports(node, &entries);
            }
            scopes.push(entries);
        }
        for (at, node) in tree.modules.iter().enumerate() {
            self.enter_module(tree, ModuleIdx(at as u32));
            self.bring_in(node, &scopes[at]);
        }
        for &module in &tree.order {
            self.enter_module(tree, module);
            self.open_scope();
            for entry in std::mem::take(&mut scopes[module.index()]) {
                self.bindings.push(entry.symbol, entry.var);
            }
            self.module_body(&tree.modules[module.index()].program);
            self.resolve_deferred();
            self.close_module_scope();
        }
    }

    fn enter_module(&mut self, tree: &ModuleTree<'a>, module: ModuleIdx) {
        self.module = module;
        self.calls_seen = tree.is_cyclic;
        self.context = Context { body: self.out.module_body(module), ..Context::default() };
    }

    /// Whether the walk is in code of the module that runs when the module does.
    pub(super) fn in_module_body(&self) -> bool {
        self.context.body == self.out.module_body(self.module)
    }

    /// Whether `entrance` and `finale` do nothing here.
    pub(super) fn is_imported_module(&self) -> bool {
        self.module != ModuleIdx::MAIN
    }

    /// The records and sessions of the module being walked.
    pub(super) fn types_here(&mut self) -> &mut AHashMap<Symbol, TypeIdx> {
        &mut self.names().types
    }

    fn names(&mut self) -> &mut ModuleNames {
        &mut self.out.names_of_modules.0[self.module.index()]
    }

    // Exports.

    /// Without any `expose`, everything but variables is exported.
    fn collect_exports(&mut self, node: &ModuleNode<'a>, entries: &[Entry]) {
        let stmts = || node.program.prelude.iter().chain(node.program.body);
        let selects = stmts().any(|s| s.visibility == Some(Visibility::Expose));
        let scope: AHashMap<Symbol, VarId> = entries.iter().map(|e| (e.symbol, e.var)).collect();
        for stmt in stmts() {
            let is_exported = match stmt.visibility {
                Some(Visibility::Expose) => true,
                Some(Visibility::Conceal) => false,
                None => !selects && is_exported_by_default(stmt),
            };
            if is_exported {
                for_each_declared(stmt, &mut |name| {
                    let export = Export {
                        var: scope.get(&name.name).copied(),
                        ty: self.own_type(stmt, name),
                    };
                    self.export(name.name, export);
                });
            }
        }
    }

    fn own_type(&self, stmt: &Stmt<'a>, name: Binding) -> Option<TypeIdx> {
        match stmt.kind {
            StmtKind::Session(_) | StmtKind::Record(_) => {
                self.out.names_of_modules.0[self.module.index()].types.get(&name.name).copied()
            }
            _ => None,
        }
    }

    fn export(&mut self, name: Symbol, export: Export) {
        if let Some(var) = export.var
            && self.is_imported_module()
        {
            self.state_mut(var).read = true;
        }
        let names = self.names();
        if let Some(before) = names.exports.get_mut(&name) {
            // A record and a variable may share a name.
            before.var = export.var.or(before.var);
            before.ty = export.ty.or(before.ty);
        } else {
            names.exports.insert(name, export);
            names.export_order.push(name);
        }
    }

    // Imports.

    fn bring_in(&mut self, node: &ModuleNode<'a>, scope: &[Entry]) {
        let own: AHashMap<Symbol, VarId> = if node.imports.is_empty() {
            AHashMap::new()
        } else {
            scope.iter().map(|e| (e.symbol, e.var)).collect()
        };
        for (import, target) in &node.imports {
            if let Some(alias) = import.alias {
                if !self.is_own(&own, alias.name, alias.span) {
                    self.add_import(alias.name, Imported::Namespace(*target), alias.span);
                }
                continue;
            }
            if *target == self.module {
                continue;
            }
            let n = self.out.names_of_modules.0[target.index()].export_order.len();
            for at in 0..n {
                let names = &self.out.names_of_modules.0[target.index()];
                let name = names.export_order[at];
                let Some(export) = names.export(name) else { continue };
                if !self.is_own(&own, name, import.source_span) {
                    self.add_import(name, Imported::Name(export), import.source_span);
                }
            }
        }
    }

    /// Whether a declaration of the module hides what an import brings in; warns of it.
    fn is_own(&mut self, own: &AHashMap<Symbol, VarId>, name: Symbol, span: Span) -> bool {
        let declared = match own.get(&name) {
            Some(var) => self.out.var(*var).span,
            None => match self.types_here().get(&name).copied() {
                Some(ty) => super::collect::type_name(&self.out.types[ty.0 as usize]).span,
                None => return false,
            },
        };
        let text = self.text(name);
        let message = format!("the imported `{text}` is hidden by a declaration of this module");
        self.report(
            Diagnostic::new(Code::ImportCollision, span, message)
                .with_primary("imported here")
                .with_label(declared, "this declaration wins")
                .with_help("import the module with `as` to reach both"),
        );
        true
    }

    /// Adds an imported name; of several the last one wins.
    fn add_import(&mut self, name: Symbol, imported: Imported, span: Span) {
        let import = Import { name: imported, span, is_used: Cell::new(false) };
        let Some(Import { name: before, span: first, .. }) =
            self.names().imports.insert(name, import)
        else {
            return;
        };
        if before == imported {
            return;
        }
        let text = self.text(name);
        let both_types = |before: Imported, now: Imported| match (before, now) {
            (Imported::Name(a), Imported::Name(b)) => a.ty.is_some() && b.ty.is_some(),
            _ => false,
        };
        let diagnostic = if both_types(before, imported) {
            let message = format!("the type `{text}` is imported from two modules");
            Diagnostic::new(Code::AmbiguousType, span, message)
        } else {
            let message = format!("`{text}` is imported from two modules");
            Diagnostic::new(Code::ImportCollision, span, message)
        };
        self.report(
            diagnostic
                .with_primary("this one is used")
                .with_label(first, "imported here, too")
                .with_help("import one of the modules with `as`"),
        );
    }

    // Uses.

    /// What an import of the current module brings in under that name.
    pub(super) fn imported(&self, name: Symbol) -> Option<Imported> {
        self.out.names_of_modules.0.get(self.module.index())?.imported(name)
    }

    /// The namespace that an expression names.
    fn namespace(&self, expr: &Expr<'a>) -> Option<(ModuleIdx, Symbol)> {
        let hyp_grammar::ast::ExprKind::Name(symbol) = expr.kind else { return None };
        match self.imported(symbol)? {
            Imported::Namespace(module) if self.lexical(symbol).is_none() => Some((module, symbol)),
            _ => None,
        }
    }

    /// `A.name` where `A` is a namespace: resolved as a whole. Returns whether it is one.
    pub(super) fn qualified(
        &mut self,
        expr: &'a Expr<'a>,
        object: &'a Expr<'a>,
        name: Ident,
    ) -> bool {
        let Some((module, alias)) = self.namespace(object) else { return false };
        let export = self.out.names_of_modules.0[module.index()].export(name.name);
        let found = export.and_then(|export| match export.var {
            Some(var) => {
                self.touch(var, name.span);
                let state = self.state_mut(var);
                (state.read, state.is_value) = (true, true);
                Some(NameRef::Var(var))
            }
            None => export.ty.filter(|ty| self.is_constructed(*ty)).map(NameRef::RecordType),
        });
        if found.is_none() {
            self.no_export(alias, name, export.is_some());
        }
        self.set_name(expr.id, found.unwrap_or(NameRef::Unresolved));
        true
    }

    fn no_export(&mut self, alias: Symbol, name: Ident, is_type: bool) {
        let (alias, text) = (self.text(alias), self.text(name.name));
        let diagnostic = if is_type {
            let message = format!("`{alias}.{text}` is a type, not a value");
            Diagnostic::new(Code::UnknownExport, name.span, message)
                .with_primary("names a record")
                .with_help(format!("write `{alias}.{text} {{ … }}`"))
        } else {
            let message = format!("module `{alias}` does not export `{text}`");
            Diagnostic::new(Code::UnknownExport, name.span, message).with_primary("not exported")
        };
        self.report(diagnostic);
    }

    /// A namespace where a value is needed.
    pub(super) fn namespace_value(&mut self, symbol: Symbol, span: Span) -> bool {
        if !matches!(self.imported(symbol), Some(Imported::Namespace(_)))
            || self.lexical(symbol).is_some()
        {
            return false;
        }
        let text = self.text(symbol);
        self.report(
            Diagnostic::new(
                Code::NamespaceValue,
                span,
                format!("`{text}` is a module, not a value"),
            )
            .with_primary("a module has no value")
            .with_help(format!("name what it exports: `{text}.name`")),
        );
        true
    }

    /// Whether the variable belongs to another module, so that it cannot be assigned here.
    pub(super) fn is_foreign(&self, var: VarId) -> bool {
        self.out.is_foreign(var, self.module)
    }

    /// Reports an assignment to what another module declares. Returns whether it is one.
    pub(super) fn import_assigned(&mut self, var: VarId, span: Span) -> bool {
        if !self.is_foreign(var) {
            return false;
        }
        let info = self.out.var(var);
        let (text, declared) = (self.text(info.name), info.span);
        let message = format!("cannot assign to the imported `{text}`");
        self.report(
            Diagnostic::new(Code::ImportAssigned, span, message)
                .with_primary("assigned here")
                .with_label(declared, "declared in another module")
                .with_help("let its module export a function that assigns it"),
        );
        true
    }

    /// A record type with a constructor can be called.
    pub(super) fn is_constructed(&self, ty: TypeIdx) -> bool {
        let Some(TypeDecl::Record(record)) = self.out.types.get(ty.0 as usize) else {
            return false;
        };
        let constructor = hyp_grammar::ast::FunctionKind::Constructor;
        record.methods.iter().any(|m| m.kind == constructor)
    }

    /// A second `sharedTrance` of another module keeps the value unless it gives one.
    pub(super) fn shared_again(&mut self, var: VarId, name: Binding, binds: Binds) -> BindAction {
        let declared = std::mem::replace(&mut self.state_mut(var).shared_at, name.span);
        if self.out.module_at(declared.start) != self.module {
            if !binds.has_value {
                return BindAction::Ignore;
            }
            let text = self.text(name.name);
            let message = format!("`sharedTrance {text}` is set again by another module");
            self.report(
                Diagnostic::new(Code::SharedAgain, name.span, message)
                    .with_primary("the value of the other module is lost")
                    .with_label(declared, "declared here before")
                    .with_help("leave out the value to keep it"),
            );
        }
        self.store(var, false, name.span);
        BindAction::Assign
    }
}

fn is_exported_by_default(stmt: &Stmt<'_>) -> bool {
    match stmt.kind {
        StmtKind::Function(_) | StmtKind::Session(_) | StmtKind::Record(_) => true,
        StmtKind::Var(decl) => decl.keyword == Some(DeclKeyword::Freeze) && !decl.shared,
        _ => false,
    }
}

/// Visits the names that a statement declares.
pub(crate) fn for_each_declared(stmt: &Stmt<'_>, visit: &mut impl FnMut(Binding)) {
    match stmt.kind {
        StmtKind::Function(function) => function.name.into_iter().for_each(visit),
        StmtKind::Session(session) => visit(session.name),
        StmtKind::Record(record) => visit(record.name),
        StmtKind::Anchor { name, .. } => visit(name),
        StmtKind::Var(decl) => match decl.target {
            DeclTarget::Name(name) => visit(name),
            DeclTarget::Pattern(pattern) => super::declare::for_each_binding(pattern, visit),
            DeclTarget::Place(_) => {}
        },
        _ => {}
    }
}

/// The functions in whose bodies imported modules run come after those of the syntax trees.
pub(super) fn body_of(module: ModuleIdx, written: usize) -> Option<FuncId> {
    let nth = module.0.checked_sub(1)?;
    Some(FuncId(written as u32 + nth))
}
