//! The first pass: record and session types and `sharedTrance` variables are known program-wide.

use super::scope::{FunctionState, Resolver};
use super::{FunctionInfo, Storage, TypeDecl, VarKind};
use crate::link::{ModuleIdx, ModuleTree};
use crate::types::TypeIdx;
use hyp_grammar::ast::{
    ArmBody, Binding, Block, DeclTarget, FunctionBody, MemberKind, Stmt, StmtKind,
};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::span::FuncId;

impl<'a> Resolver<'a, '_> {
    /// Collects what the whole program can name. Declarations inside lambdas are added when the
    /// second pass meets them.
    pub(super) fn collect(&mut self, tree: &ModuleTree<'a>) {
        for (at, node) in tree.modules.iter().enumerate() {
            self.module = ModuleIdx(at as u32);
            self.collect_stmts(node.program.prelude);
            self.collect_stmts(node.program.body);
        }
    }

    fn collect_stmts(&mut self, stmts: &'a [Stmt<'a>]) {
        for stmt in stmts {
            self.collect_stmt(stmt);
        }
    }

    fn collect_block(&mut self, block: &Block<'a>) {
        self.collect_stmts(block.stmts);
    }

    fn collect_stmt(&mut self, stmt: &'a Stmt<'a>) {
        match stmt.kind {
            StmtKind::Block(block) | StmtKind::Entrance { body: block, .. } => {
                self.collect_block(&block);
            }
            StmtKind::Finale { body } => self.collect_block(&body),
            StmtKind::Var(decl) if decl.shared => {
                if let DeclTarget::Name(name) = decl.target {
                    self.shared_var(name);
                }
            }
            StmtKind::Function(function) => self.collect_body(&function.body),
            StmtKind::Session(session) => {
                self.type_decl(TypeDecl::Session(session), session.name);
                for member in session.members {
                    if let MemberKind::Method(method) = member.kind {
                        self.collect_body(&method.body);
                    }
                }
            }
            StmtKind::Record(record) => {
                self.type_decl(TypeDecl::Record(record), record.name);
            }
            StmtKind::If { branches, otherwise } => {
                for branch in branches {
                    self.collect_block(&branch.body);
                }
                if let Some(block) = otherwise {
                    self.collect_block(&block);
                }
            }
            StmtKind::Loop(loops) => self.collect_block(&loops.body),
            StmtKind::Try(protected) => {
                self.collect_block(&protected.body);
                if let Some(catch) = protected.catch {
                    self.collect_block(&catch.body);
                }
                if let Some(block) = protected.finally {
                    self.collect_block(&block);
                }
            }
            StmtKind::Expr(_) => {
                let Some(entrain) = stmt.statement_entrain() else { return };
                let bodies = entrain.arms.iter().map(|a| a.body);
                for body in bodies.chain(entrain.otherwise.map(|o| o.body)) {
                    if let ArmBody::Block(block) = body {
                        self.collect_block(&block);
                    }
                }
            }
            _ => {}
        }
    }

    fn collect_body(&mut self, body: &FunctionBody<'a>) {
        if let FunctionBody::Block(block) = body {
            self.collect_block(block);
        }
    }

    /// Registers a `sharedTrance` variable by its first declaration.
    pub(super) fn shared_var(&mut self, name: Binding) -> super::VarId {
        if let Some(&var) = self.shared.get(&name.name) {
            return var;
        }
        let var = self.new_var(name.name, VarKind::Variable, name.span);
        let info = &mut self.out.vars[var.0 as usize];
        info.function = None;
        info.storage = Storage::Global;
        info.is_shared = true;
        info.may_be_unset = true;
        self.state_mut(var).module_scope = true;
        self.shared.insert(name.name, var);
        var
    }

    /// Registers a type unless this very declaration is known.
    pub(super) fn type_decl(&mut self, decl: TypeDecl<'a>, name: Binding) -> TypeIdx {
        if let Some(&known) = self.types_here().get(&name.name) {
            let first = type_name(&self.out.types[known.0 as usize]);
            if first.id == name.id {
                return known;
            }
            if let Some(at) = self.out.types.iter().position(|t| type_name(t).id == name.id) {
                return TypeIdx(at as u32);
            }
            self.duplicate_type(&decl, name, first);
        }
        let idx = TypeIdx(self.out.types.len() as u32);
        self.types_here().entry(name.name).or_insert(idx);
        self.out.has_records |= matches!(decl, TypeDecl::Record(_));
        self.out.types.push(decl);
        let initializer = written_constructor(&decl).unwrap_or_else(|| self.synthetic(idx));
        self.initializers.push(initializer);
        self.out.receivers.push(None);
        idx
    }

    fn duplicate_type(&mut self, decl: &TypeDecl<'a>, name: Binding, first: Binding) {
        let word = match decl {
            TypeDecl::Record(_) => "type",
            TypeDecl::Session(_) => "session",
        };
        let text = self.text(name.name);
        let message = format!("duplicate declaration of the {word} `{text}`");
        self.report(
            Diagnostic::new(Code::DuplicateType, name.span, message)
                .with_primary("declared again here")
                .with_label(first.span, "first declared here")
                .with_note("names of records and sessions are known in the whole module"),
        );
    }

    /// A function that no syntax stands for.
    fn synthetic(&mut self, owner: TypeIdx) -> FuncId {
        let id = self.new_function();
        self.out.functions[id.index()].owner = Some(owner);
        id
    }

    /// A function id after the written ones.
    pub(super) fn new_function(&mut self) -> FuncId {
        let id = FuncId(self.out.functions.len() as u32);
        self.out.functions.push(FunctionInfo::default());
        self.out.function_nodes.push(None);
        self.function_states.push(FunctionState::default());
        id
    }
}

/// The declared name of a type.
pub(super) fn type_name(decl: &TypeDecl<'_>) -> Binding {
    match decl {
        TypeDecl::Record(record) => record.name,
        TypeDecl::Session(session) => session.name,
    }
}

/// The constructor of a session in whose body its field initialisers run. Records have none here:
/// their defaults also serve literals.
fn written_constructor(decl: &TypeDecl<'_>) -> Option<FuncId> {
    let TypeDecl::Session(session) = decl else { return None };
    session.members.iter().find_map(|member| match member.kind {
        MemberKind::Method(f) if f.kind == hyp_grammar::ast::FunctionKind::Constructor => {
            Some(f.id)
        }
        _ => None,
    })
}
