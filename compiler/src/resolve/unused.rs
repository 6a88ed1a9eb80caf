//! Imports that nothing uses.

use super::Resolution;
use crate::link::{ModuleIdx, ModuleTree};
use hyp_grammar::ast::{Expr, ExprKind, FunctionKind, Import, Init, Stmt, StmtKind, VarDecl};
use hyp_grammar::diagnostic::{Code, Diagnostic};

impl Resolution<'_> {
    /// Warns of imports of which nothing is used. To be called after the checker, which looks up
    /// the types of annotations. A module that does something when it runs may be imported for it.
    pub fn warn_unused_imports(&self, tree: &ModuleTree<'_>, diagnostics: &mut Vec<Diagnostic>) {
        if tree.modules.iter().all(|module| module.imports.is_empty()) {
            return;
        }
        let acts = modules_that_act(tree);
        for (at, module) in tree.modules.iter().enumerate() {
            for (import, target) in &module.imports {
                if self.is_unused(ModuleIdx(at as u32), import, *target, &acts) {
                    diagnostics.push(unused(import));
                }
            }
        }
    }

    fn is_unused(
        &self,
        module: ModuleIdx,
        import: &Import<'_>,
        target: ModuleIdx,
        acts: &[bool],
    ) -> bool {
        let Some(names) = self.names_of_modules.0.get(module.index()) else { return false };
        if let Some(alias) = import.alias {
            return names.is_import_used(alias.name, alias.span) == Some(false);
        }
        let Some(offered) = self.names_of_modules.0.get(target.index()) else { return false };
        let span = import.source_span;
        let mut uses = offered.exported().iter().filter_map(|n| names.is_import_used(*n, span));
        let is_used = uses.next().is_none_or(|first| first || uses.any(|is_used| is_used));
        !is_used && !acts.get(target.index()).copied().unwrap_or(true)
    }
}

fn unused(import: &Import<'_>) -> Diagnostic {
    let (span, label) = match import.alias {
        Some(alias) => (alias.span, "nothing of this module is used"),
        None => (import.source_span, "no name of this module is used"),
    };
    Diagnostic::new(Code::UnusedVariable, span, "unused import")
        .with_primary(label)
        .with_help("remove the import")
}

/// By module, whether running it or what it imports does more than declare.
fn modules_that_act(tree: &ModuleTree<'_>) -> Vec<bool> {
    let mut acts = vec![true; tree.modules.len()];
    for module in &tree.order {
        let node = &tree.modules[module.index()];
        let mut stmts = node.program.prelude.iter().chain(node.program.body);
        let acts_itself = !stmts.all(|stmt| match stmt.kind {
            StmtKind::Entrance { .. } | StmtKind::Finale { .. } => true,
            StmtKind::Var(decl) => sets_plainly(decl),
            _ => declares(stmt),
        });
        // In a cycle some of them come later and count as acting.
        acts[module.index()] =
            acts_itself || node.imports.iter().any(|(_, target)| acts[target.index()]);
    }
    acts
}

/// Whether a statement of a module only declares.
pub(super) fn declares(stmt: &Stmt<'_>) -> bool {
    match stmt.kind {
        StmtKind::Function(function) => function.kind != FunctionKind::Lambda,
        StmtKind::Empty
        | StmtKind::Error
        | StmtKind::Record(_)
        | StmtKind::Session(_)
        | StmtKind::Import(_)
        | StmtKind::Var(_) => true,
        _ => false,
    }
}

fn sets_plainly(decl: &VarDecl<'_>) -> bool {
    !decl.shared
        && match decl.init {
            Init::Expr(value) => is_plain(value),
            _ => true,
        }
}

/// Whether an expression surely has no effect.
fn is_plain(expr: &Expr<'_>) -> bool {
    match expr.kind {
        ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Bool(_)
        | ExprKind::Null
        | ExprKind::Name(_)
        | ExprKind::Function(_) => true,
        ExprKind::Array(items) => items.iter().all(|item| is_plain(item)),
        ExprKind::Paren(inner) => is_plain(inner),
        ExprKind::Unary { operand, .. } => is_plain(operand),
        ExprKind::Binary { .. } => {
            let chain = expr.chain();
            is_plain(chain.first) && chain.links.iter().all(|link| is_plain(link.right))
        }
        _ => false,
    }
}
