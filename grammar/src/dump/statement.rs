//! Statements and declarations.

use super::Dumper;
use crate::ast::*;

impl Dumper<'_> {
    pub(super) fn stmts(&mut self, stmts: &[Stmt<'_>]) {
        for stmt in stmts {
            match stmt.visibility {
                Some(visibility) => self.group(format_args!("{visibility:?}"), |d| d.stmt(stmt)),
                None => self.stmt(stmt),
            }
        }
    }

    fn stmt(&mut self, stmt: &Stmt<'_>) {
        let span = stmt.span;
        match &stmt.kind {
            StmtKind::Empty => self.leaf("Empty", span),
            StmtKind::Error => self.leaf("Error", span),
            StmtKind::Block(block) => self.block("Block", block),
            StmtKind::Label { name, .. } => {
                let text = self.bind(name);
                self.leaf(format_args!("Label {text}"), span);
            }
            StmtKind::Var(decl) => self.var(decl),
            StmtKind::Anchor { name, value } => {
                let text = self.bind(name);
                self.node(format_args!("Anchor {text}"), span, |d| d.expr(value));
            }
            StmtKind::Function(function) => self.function(function),
            StmtKind::Session(session) => {
                let text = self.bind(&session.name);
                self.node(format_args!("Session {text}"), span, |d| {
                    for member in session.members {
                        d.member(member);
                    }
                });
            }
            StmtKind::Record(record) => {
                let text = self.bind(&record.name);
                self.node(format_args!("Record {text}"), span, |d| {
                    d.record_fields(record.fields);
                    for method in record.methods {
                        d.function(method);
                    }
                });
            }
            StmtKind::Import(import) => {
                let source = match import.source {
                    ImportSource::Path(path) => format!("{path:?}"),
                    ImportSource::Name(name) => self.text(name).to_string(),
                };
                let alias = import
                    .alias
                    .as_ref()
                    .map_or(String::new(), |a| format!(" as {}", self.bind(a)));
                self.leaf(format_args!("Import {source}{alias}"), span);
            }
            StmtKind::Entrance { params, body } => self.node("Entrance", span, |d| {
                d.params(params);
                d.block("body", body);
            }),
            StmtKind::Finale { body } => self.node("Finale", span, |d| d.block("body", body)),
            _ => self.control(stmt),
        }
    }

    fn control(&mut self, stmt: &Stmt<'_>) {
        let span = stmt.span;
        match &stmt.kind {
            StmtKind::If { branches, otherwise } => self.node("If", span, |d| {
                for branch in *branches {
                    d.node("Branch", branch.span, |d| {
                        d.expr(branch.cond);
                        d.block("then", &branch.body);
                    });
                }
                if let Some(block) = otherwise {
                    d.block("else", block);
                }
            }),
            StmtKind::Loop(node) => {
                self.node(format_args!("Loop {:?}", node.keyword), span, |d| {
                    d.header(&node.header);
                    d.block("body", &node.body);
                });
            }
            StmtKind::Output { kind, value } => {
                self.node(format_args!("Output {kind:?}"), span, |d| d.expr(value));
            }
            StmtKind::Return { value } => self.node("Return", span, |d| d.optional_expr(*value)),
            StmtKind::Snap { label } => self.jump("Snap", label.as_ref(), stmt),
            StmtKind::Sink { label } => self.jump("Sink", label.as_ref(), stmt),
            StmtKind::SinkTo { label } => self.jump("SinkTo", Some(label), stmt),
            StmtKind::Oscillate { place } => self.node("Oscillate", span, |d| d.expr(place)),
            StmtKind::Suspend => self.leaf("Suspend", span),
            StmtKind::Adjust { kind, place, by } => {
                self.node(format_args!("{kind:?}"), span, |d| {
                    d.expr(place);
                    d.optional_expr(*by);
                });
            }
            StmtKind::Descend => self.leaf("Descend", span),
            StmtKind::Assert { cond, message } => self.node("Assert", span, |d| {
                d.expr(cond);
                d.optional_expr(*message);
            }),
            StmtKind::Throw { value, .. } => self.node("Throw", span, |d| d.expr(value)),
            StmtKind::Try(node) => self.node("Try", span, |d| {
                d.block("body", &node.body);
                if let Some(catch) = &node.catch {
                    let text = catch.name.as_ref().map_or(String::new(), |name| d.bind(name));
                    d.block(&format!("catch {text}"), &catch.body);
                }
                if let Some(block) = &node.finally {
                    d.block("finally", block);
                }
            }),
            StmtKind::Expr(expr) => {
                let text = match stmt.statement_entrain() {
                    Some(_) => "ExprStmt (statement position)",
                    None => "ExprStmt",
                };
                self.node(text, span, |d| d.expr(expr));
            }
            _ => {}
        }
    }

    fn jump(&mut self, text: &str, label: Option<&Ident>, stmt: &Stmt<'_>) {
        let label = label.map_or(String::new(), |label| format!(" {}", self.text(label.name)));
        self.leaf(format_args!("{text}{label}"), stmt.span);
    }

    pub(super) fn block(&mut self, text: &str, block: &Block<'_>) {
        let braces = if block.braced { "" } else { " (no braces)" };
        self.node(format_args!("{text}{braces}"), block.span, |d| d.stmts(block.stmts));
    }

    fn header(&mut self, header: &LoopHeader<'_>) {
        match header {
            LoopHeader::Infinite => {}
            LoopHeader::While(cond) | LoopHeader::DoWhile(cond) => {
                self.group("cond", |d| d.expr(cond));
            }
            LoopHeader::Counted { init, cond, step } => {
                if let Some(init) = init {
                    self.group("init", |d| d.stmt(init));
                }
                if let Some(cond) = cond {
                    self.group("cond", |d| d.expr(cond));
                }
                if let Some(step) = step {
                    self.group("step", |d| d.expr(step));
                }
            }
            LoopHeader::Within { first, second, iterable, .. } => {
                let second =
                    second.as_ref().map_or(String::new(), |b| format!(", {}", self.bind(b)));
                let first = self.bind(first);
                self.group(format_args!("within {first}{second}"), |d| d.expr(iterable));
            }
        }
    }

    fn var(&mut self, decl: &VarDecl<'_>) {
        let shared = if decl.shared { "shared " } else { "" };
        let keyword = decl.keyword.map_or(String::new(), |keyword| format!("{keyword:?} "));
        let name = match &decl.target {
            DeclTarget::Name(binding) => self.bind(binding),
            _ => String::new(),
        };
        self.node(format_args!("Var {shared}{keyword}{name}"), decl.span, |d| {
            match decl.target {
                DeclTarget::Name(_) => {}
                DeclTarget::Place(place) => d.expr(place),
                DeclTarget::Pattern(pattern) => d.pattern(pattern),
            }
            if let Some(ty) = decl.ty {
                d.ty(ty);
            }
            match decl.init {
                Init::None => {}
                Init::Expr(value) => d.expr(value),
                Init::External(span) => d.leaf("External", span),
            }
        });
    }

    pub(super) fn function(&mut self, function: &Function<'_>) {
        let name = function.name.as_ref().map_or(String::new(), |name| self.bind(name));
        let is_async = if function.is_async { " async" } else { "" };
        let id = function.id.0;
        let text = format!("Function {:?}{is_async} {name} f{id}", function.kind);
        self.node(text, function.span, |d| {
            d.params(function.params);
            if let Some(result) = function.result {
                d.group("result", |d| d.ty(result));
            }
            match &function.body {
                FunctionBody::Block(block) => d.block("body", block),
                FunctionBody::Expr(expr) => d.expr(expr),
            }
        });
    }

    fn params(&mut self, params: &[Param<'_>]) {
        for param in params {
            let text = self.bind(&param.name);
            self.node(format_args!("Param {text}"), param.span, |d| {
                if let Some(ty) = param.ty {
                    d.ty(ty);
                }
                d.optional_expr(param.default);
            });
        }
    }

    fn member(&mut self, member: &Member<'_>) {
        let visibility = member.visibility.map_or(String::new(), |v| format!(" {v:?}"));
        let dominant = if member.is_static { " static" } else { "" };
        self.node(format_args!("Member{visibility}{dominant}"), member.span, |d| {
            match member.kind {
                MemberKind::Method(function) => d.function(function),
                MemberKind::Error => d.leaf("Error", member.span),
                MemberKind::Field(field) => {
                    let text = d.bind(&field.name);
                    d.group(format_args!("Field {text}"), |d| {
                        if let Some(ty) = field.ty {
                            d.ty(ty);
                        }
                        d.optional_expr(field.init);
                    });
                }
            }
        });
    }
}
