//! Statements and blocks.

use super::Printer;
use crate::{
    ast::*,
    keyword::{Keyword, Word, classify},
};

impl Printer<'_> {
    /// A statement on its own line.
    pub(super) fn stmt(&mut self, stmt: &Stmt<'_>) {
        match stmt.visibility {
            Some(Visibility::Expose) => self.text("expose "),
            Some(Visibility::Conceal) => self.text("conceal "),
            None => {}
        }
        self.stmt_kind(&stmt.kind);
        self.line();
    }

    fn stmt_kind(&mut self, kind: &StmtKind<'_>) {
        match kind {
            // What did not parse cannot be printed.
            StmtKind::Empty | StmtKind::Error => self.text(";"),
            StmtKind::Block(block) => self.block(block),
            StmtKind::Label { name, keyword: true } => {
                self.text("label ");
                self.name(name.name);
                self.text(";");
            }
            StmtKind::Label { name, keyword: false } => {
                self.name(name.name);
                self.text(":");
            }
            StmtKind::Var(decl) => self.var(decl),
            StmtKind::Anchor { name, value } => {
                self.text("anchor ");
                self.name(name.name);
                self.text(" = ");
                self.expr(value);
                self.text(";");
            }
            StmtKind::Function(function) => self.function(function),
            StmtKind::Session(session) => self.session(session),
            StmtKind::Record(record) => self.record(record),
            StmtKind::Import(import) => self.import(import),
            StmtKind::Entrance { params, body } => {
                self.text("entrance ");
                if !params.is_empty() {
                    self.params(params);
                    self.text(" ");
                }
                self.block(body);
            }
            StmtKind::Finale { body } => {
                self.text("finale ");
                self.block(body);
            }
            StmtKind::If { branches, otherwise } => self.if_stmt(branches, otherwise.as_ref()),
            StmtKind::Loop(node) => self.loop_stmt(node),
            StmtKind::Try(node) => self.try_stmt(node),
            _ => self.simple_stmt(kind),
        }
    }

    /// Statements of one line.
    fn simple_stmt(&mut self, kind: &StmtKind<'_>) {
        match kind {
            StmtKind::Output { kind, value } => self.keyword_expr(output_word(*kind), value),
            StmtKind::Return { value: Some(value) } => self.keyword_expr("awaken", value),
            StmtKind::Return { value: None } => self.text("awaken"),
            StmtKind::Snap { label } => self.jump("snap", label.as_ref()),
            StmtKind::Sink { label } => self.jump("sink", label.as_ref()),
            StmtKind::SinkTo { label } => self.jump("sinkTo", Some(label)),
            StmtKind::Oscillate { place } => self.keyword_expr("oscillate", place),
            StmtKind::Suspend => self.text("suspend"),
            StmtKind::Adjust { kind, place, by } => {
                let word = if *kind == AdjustKind::Deepen { "deepen" } else { "lighten" };
                self.keyword_expr(word, place);
                if let Some(by) = by {
                    self.text(" by ");
                    self.expr(by);
                }
            }
            StmtKind::Descend => self.text("descend"),
            StmtKind::Assert { cond, message } => {
                self.keyword_expr("assert", cond);
                if let Some(message) = message {
                    self.text(", ");
                    self.expr(message);
                }
            }
            StmtKind::Throw { value, hypnotic } => {
                self.keyword_expr(if *hypnotic { "jolt" } else { "throw" }, value);
            }
            StmtKind::Expr(expr) => {
                if self.needs_call(expr) {
                    self.text("call ");
                }
                self.expr(expr);
            }
            _ => {}
        }
        self.text(";");
    }

    fn keyword_expr(&mut self, keyword: &str, expr: &Expr<'_>) {
        self.text(keyword);
        self.text(" ");
        self.expr(expr);
    }

    fn jump(&mut self, keyword: &str, label: Option<&Ident>) {
        self.text(keyword);
        if let Some(label) = label {
            self.text(" ");
            self.name(label.name);
        }
    }

    /// Whether an expression statement starts with a soft keyword that would be read as one; the
    /// prefix `call` keeps it a name.
    fn needs_call(&self, expr: &Expr<'_>) -> bool {
        let mut inner = expr;
        let mut follower = ' ';
        loop {
            let (next, after) = match inner.kind {
                ExprKind::Call { callee, optional, .. } => {
                    (callee, if optional { '?' } else { '(' })
                }
                ExprKind::Member { object, .. } => (object, '.'),
                ExprKind::Index { object, optional, .. } => {
                    (object, if optional { '?' } else { '[' })
                }
                ExprKind::With { base, .. } => (base, 'w'),
                ExprKind::Binary { left, .. } => (left, 'o'),
                ExprKind::Range { from, .. } => (from, 'o'),
                ExprKind::Assign { target, .. } => (target, '='),
                ExprKind::Conditional { cond, hypnotic: false, .. } => (cond, 'o'),
                ExprKind::Name(name) => {
                    return match classify(self.interner.resolve(name)) {
                        Word::Keyword(keyword) => reads_as_keyword(keyword, follower),
                        _ => false,
                    };
                }
                _ => return false,
            };
            inner = next;
            follower = after;
        }
    }

    pub(super) fn block(&mut self, block: &Block<'_>) {
        match block.emphasis {
            Some(Emphasis::DeepFocus) => self.text("deepFocus "),
            Some(Emphasis::DeeperStill) => self.text("deeperStill "),
            None => {}
        }
        if block.stmts.is_empty() {
            return self.text("{}");
        }
        self.text("{");
        self.level += 1;
        self.line();
        for stmt in block.stmts {
            self.stmt(stmt);
        }
        self.level -= 1;
        self.text("}");
    }

    fn if_stmt(&mut self, branches: &[IfBranch<'_>], otherwise: Option<&Block<'_>>) {
        for (index, branch) in branches.iter().enumerate() {
            if index > 0 {
                self.text(" else ");
            }
            self.text(if branch.deep_focus { "deepFocus (" } else { "if (" });
            self.expr(branch.cond);
            self.text(") ");
            self.block(&branch.body);
        }
        if let Some(block) = otherwise {
            self.text(" else ");
            self.block(block);
        }
    }

    fn loop_stmt(&mut self, node: &Loop<'_>) {
        let word = match node.keyword {
            LoopKeyword::While => "while",
            LoopKeyword::Loop => "loop",
            LoopKeyword::Pendulum => "pendulum",
            LoopKeyword::For => "for",
            LoopKeyword::Descend => "descend",
        };
        self.text(word);
        self.text(" ");
        match &node.header {
            LoopHeader::Infinite => {}
            LoopHeader::While(cond) => {
                self.text("(");
                self.expr(cond);
                self.text(") ");
            }
            LoopHeader::DoWhile(cond) => {
                self.block(&node.body);
                self.text(" while (");
                self.expr(cond);
                return self.text(");");
            }
            LoopHeader::Counted { init, cond, step } => {
                self.text("(");
                self.loop_init(*init);
                self.text(";");
                for part in [cond, step] {
                    if let Some(part) = part {
                        self.text(" ");
                        self.expr(part);
                    }
                    if std::ptr::eq(part, cond) {
                        self.text(";");
                    }
                }
                self.text(") ");
            }
            LoopHeader::Within { keyword, first, second, iterable } => {
                self.text("(");
                self.text(decl_word(*keyword));
                self.text(" ");
                self.name(first.name);
                if let Some(second) = second {
                    self.text(", ");
                    self.name(second.name);
                }
                self.text(" within ");
                self.expr(iterable);
                self.text(") ");
            }
        }
        self.block(&node.body);
    }

    fn loop_init(&mut self, init: Option<&Stmt<'_>>) {
        match init.map(|stmt| stmt.kind) {
            Some(StmtKind::Var(decl)) => self.var_head(decl),
            Some(StmtKind::Expr(expr)) => self.expr(expr),
            _ => {}
        }
    }

    fn try_stmt(&mut self, node: &Try<'_>) {
        let (word, catch_word, finally_word) = if node.hypnotic {
            ("plunge ", " surface ", " settle ")
        } else {
            ("try ", " catch ", " finally ")
        };
        self.text(word);
        self.block(&node.body);
        if let Some(catch) = &node.catch {
            self.text(catch_word);
            if let Some(name) = catch.name {
                self.text("(");
                self.name(name.name);
                self.text(") ");
            }
            self.block(&catch.body);
        }
        if let Some(block) = &node.finally {
            self.text(finally_word);
            self.block(block);
        }
    }
}

/// Whether a soft keyword at the start of a statement has a reading of its own before `follower`:
/// a bracket, `.`, `=`, `?`, `o` for an operator, `w` for `with`, a blank for the end.
fn reads_as_keyword(keyword: Keyword, follower: char) -> bool {
    let takes_operand = matches!(
        keyword,
        Keyword::Observe
            | Keyword::Whisper
            | Keyword::Command
            | Keyword::Murmur
            | Keyword::Assert
            | Keyword::Throw
            | Keyword::Jolt
    );
    match follower {
        '(' => {
            takes_operand
                || matches!(keyword, Keyword::For | Keyword::DeepFocus | Keyword::DeeperStill)
        }
        '[' => takes_operand,
        'o' | 'w' => !keyword.kind().is_hard(),
        ' ' => {
            matches!(keyword, Keyword::Snap | Keyword::Sink | Keyword::Suspend | Keyword::Descend)
        }
        _ => false,
    }
}

pub(super) fn decl_word(keyword: DeclKeyword) -> &'static str {
    match keyword {
        DeclKeyword::Induce => "induce",
        DeclKeyword::Implant => "implant",
        DeclKeyword::Embed => "embed",
        DeclKeyword::Freeze => "freeze",
        DeclKeyword::Var => "var",
    }
}

fn output_word(kind: OutputKind) -> &'static str {
    match kind {
        OutputKind::Observe => "observe",
        OutputKind::Whisper => "whisper",
        OutputKind::Command => "command",
        OutputKind::Murmur => "murmur",
    }
}
