//! The files of a program (5.2, 5.3): what imports lead to, what modules export, in which order they
//! run.
//!
//! A program that the compiler refuses never comes here, so whatever a file may mean is taken.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use bumpalo::Bump;
use hyp_grammar::ast::{
    DeclKeyword, DeclTarget, Import, ImportSource, Program, Stmt, StmtKind, Visibility,
};
use hyp_grammar::diagnostic::Diagnostic;
use hyp_grammar::intern::{Interner, Symbol};
use hyp_grammar::source::{LineColumn, LineIndex, decode_lossy};
use hyp_grammar::{Start, parse_from};

use super::statement::bindings;

/// Reads a file; `None` if there is none.
pub type Read<'r> = dyn Fn(&Path) -> Option<Vec<u8>> + 'r;

/// One file of a program.
pub(crate) struct Module<'a> {
    /// As reports name it: relative to the directory of the main file.
    pub file: String,
    /// Where its text begins among the texts of all modules.
    pub start: u32,
    pub program: Program<'a>,
    /// What its imports lead to, in textual order.
    pub imports: Vec<(&'a Import<'a>, usize)>,
    pub exports: HashSet<Symbol>,
    lines: LineIndex,
}

impl<'a> Module<'a> {
    /// Its top-level statements.
    pub(crate) fn stmts(&self) -> impl Iterator<Item = &'a Stmt<'a>> + use<'a> {
        self.program.prelude.iter().chain(self.program.body)
    }

    /// The module that a namespace stands for.
    pub(crate) fn namespace(&self, name: Symbol) -> Option<usize> {
        let is_it = |import: &Import<'_>| import.alias.is_some_and(|alias| alias.name == name);
        self.imports.iter().rev().find(|(import, _)| is_it(import)).map(|(_, target)| *target)
    }

    /// The modules whose exports need no namespace; of equal names the last one counts.
    pub(crate) fn opened(&self) -> impl DoubleEndedIterator<Item = usize> {
        let opened = self.imports.iter().filter(|(import, _)| import.alias.is_none());
        opened.map(|(_, target)| *target)
    }
}

/// All files of a program.
pub(crate) struct Modules<'a> {
    /// The main module first, in the order of their texts.
    pub all: Vec<Module<'a>>,
    /// In the order in which they run: depth first, the main module last.
    pub order: Vec<usize>,
    /// Their texts, one after the other.
    pub text: String,
}

impl<'a> Modules<'a> {
    /// Reads a program; `None` if something is missing or does not parse.
    pub(crate) fn load(
        arena: &'a Bump,
        names: &mut Interner,
        main: &Path,
        read: &Read<'_>,
    ) -> Option<Modules<'a>> {
        let mut text = String::new();
        let mut paths = vec![main.to_path_buf()];
        let mut all = Vec::new();
        let mut start = Start::default();
        while let Some(path) = paths.get(all.len()).cloned() {
            let own = decode_lossy(&read(&path)?).into_owned();
            text.push_str(&own);
            let (program, diagnostics) = parse_from(arena, names, &text, start);
            let program = program.filter(|_| !diagnostics.iter().any(Diagnostic::is_error))?;
            let mut module = Module {
                file: shown(main, &path),
                start: start.offset,
                program,
                imports: Vec::new(),
                exports: exports(&program),
                lines: LineIndex::new(&own),
            };
            for stmt in module.stmts() {
                let StmtKind::Import(import) = stmt.kind else { continue };
                let target = target(&path, import.source, names, read)?;
                let at = paths.iter().position(|p| *p == target).unwrap_or(paths.len());
                if at == paths.len() {
                    paths.push(target);
                }
                module.imports.push((import, at));
            }
            all.push(module);
            // What ends a text is not where the next one begins.
            text.push('\n');
            start = Start {
                offset: text.len() as u32,
                exprs: program.expr_count,
                binds: program.bind_count,
                funcs: program.func_count,
            };
        }
        let mut order = Vec::new();
        visit(&all, 0, &mut vec![false; all.len()], &mut order);
        Some(Modules { all, order, text })
    }

    /// The number of the module in whose text a position lies.
    pub(crate) fn at(&self, position: u32) -> usize {
        self.all.partition_point(|module| module.start <= position) - 1
    }

    /// File, line and column of a position.
    pub(crate) fn locate(&self, position: u32) -> (&str, LineColumn) {
        let module = &self.all[self.at(position)];
        let text = &self.text[module.start as usize..];
        (&module.file, module.lines.locate(text, position - module.start))
    }
}

fn visit(all: &[Module<'_>], module: usize, seen: &mut [bool], order: &mut Vec<usize>) {
    if std::mem::replace(&mut seen[module], true) {
        return;
    }
    for (_, target) in &all[module].imports {
        visit(all, *target, seen, order);
    }
    order.push(module);
}

/// What a module that exposes nothing, or else what it exposes, offers to others.
fn exports(program: &Program<'_>) -> HashSet<Symbol> {
    let stmts = || program.prelude.iter().chain(program.body);
    let selects = stmts().any(|stmt| stmt.visibility == Some(Visibility::Expose));
    let is_exported = |stmt: &&Stmt<'_>| match stmt.visibility {
        Some(visibility) => visibility == Visibility::Expose,
        None => !selects && is_exported_by_default(stmt),
    };
    stmts().filter(is_exported).flat_map(declared).collect()
}

fn is_exported_by_default(stmt: &Stmt<'_>) -> bool {
    match stmt.kind {
        StmtKind::Function(_) | StmtKind::Session(_) | StmtKind::Record(_) => true,
        StmtKind::Var(decl) => decl.keyword == Some(DeclKeyword::Freeze) && !decl.shared,
        _ => false,
    }
}

fn declared(stmt: &Stmt<'_>) -> Vec<Symbol> {
    let mut names = Vec::new();
    match stmt.kind {
        StmtKind::Function(function) => names.extend(function.name),
        StmtKind::Session(session) => names.push(session.name),
        StmtKind::Record(record) => names.push(record.name),
        StmtKind::Anchor { name, .. } => names.push(name),
        StmtKind::Var(decl) => match decl.target {
            DeclTarget::Name(name) => names.push(name),
            DeclTarget::Pattern(pattern) => bindings(pattern, &mut names),
            DeclTarget::Place(_) => {}
        },
        _ => {}
    }
    names.into_iter().map(|name| name.name).collect()
}

/// The file that an import leads to.
fn target(
    importer: &Path,
    source: ImportSource<'_>,
    names: &Interner,
    read: &Read<'_>,
) -> Option<PathBuf> {
    let directory = importer.parent()?;
    match source {
        ImportSource::Path(text) if is_path(text) => file(&normal(&directory.join(text)), read),
        ImportSource::Path(text) => package(directory, text, read),
        ImportSource::Name(name) => {
            let name = names.resolve(name);
            package(directory, name, read)
                .or_else(|| file(&directory.join(format!("{name}.hyp")), read))
        }
    }
}

fn is_path(text: &str) -> bool {
    ["./", "../", "/"].iter().any(|start| text.starts_with(start)) || text.ends_with(".hyp")
}

/// A file, with `.hyp` if it is written without, or that of a directory.
fn file(path: &Path, read: &Read<'_>) -> Option<PathBuf> {
    let with_extension = path.with_extension("hyp");
    let files = [path.to_path_buf(), with_extension];
    let found = files.into_iter().find(|f| f.extension().is_some() && read(f).is_some());
    found.or_else(|| entry(path, read)).or_else(|| {
        ["lib.hyp", "main.hyp"].map(|f| path.join(f)).into_iter().find(|f| read(f).is_some())
    })
}

/// What the manifest in a directory names.
fn entry(directory: &Path, read: &Read<'_>) -> Option<PathBuf> {
    let manifest = read(&directory.join("trance.json"))?;
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).ok()?;
    let script = manifest["induction"]["entryScript"].as_str().unwrap_or("src/lib.hyp");
    Some(normal(&directory.join(script)))
}

/// `name/rest` or `@scope/name/rest` in the nearest `trance_modules` that has it.
fn package(directory: &Path, text: &str, read: &Read<'_>) -> Option<PathBuf> {
    let n_parts = if text.starts_with('@') { 2 } else { 1 };
    let name: PathBuf = text.split('/').take(n_parts).collect();
    let rest: PathBuf = text.split('/').skip(n_parts).collect();
    directory.ancestors().find_map(|home| {
        let root = home.join("trance_modules").join(&name);
        let main = entry(&root, read)?;
        if rest.as_os_str().is_empty() { Some(main) } else { file(&root.join(&rest), read) }
    })
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

fn shown(main: &Path, path: &Path) -> String {
    let directory = main.parent().unwrap_or(Path::new(""));
    path.strip_prefix(directory).unwrap_or(path).display().to_string()
}
