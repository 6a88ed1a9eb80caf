//! Several files to one program: which modules there are, and in which order they run.
//!
//! The compiler reads no files. A [`Loader`] says what an import means and gives the bytes; files
//! are loaded in the order in which they are first named, breadth first, and parsed into one arena
//! with one numbering. Imports are hoisted, so the order of evaluation is known: depth first, in
//! textual order, each module once, the main module last.

mod order;

use ahash::AHashMap;
use bumpalo::Bump;
use hyp_bytecode::module::limit;
use hyp_grammar::ast::{Import, ImportSource, Program, Stmt, StmtKind};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::intern::Interner;
use hyp_grammar::source::{self, MAX_SOURCE_BYTES};
use hyp_grammar::span::Span;
use hyp_grammar::{Start, parse_from};

use crate::sources::Sources;

/// Most modules of a program.
pub const MODULES_MAX: usize = 10_000;

/// Most bytes of source text of a program.
pub const PROGRAM_BYTES_MAX: usize = 16 * MAX_SOURCE_BYTES;

const _: () = assert!(MODULES_MAX <= limit::SOURCES);

/// What stands after `mindLink`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'r> {
    /// `mindLink "text";`
    Text(&'r str),
    /// `mindLink Name;`
    Name(&'r str),
}

impl Reference<'_> {
    /// The text of either form.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Reference::Text(text) | Reference::Name(text) => text,
        }
    }
}

/// A module that a loader found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What makes it the same module, whatever it is called: the canonical path of its file.
    pub id: String,
    /// Its name in messages and in the compiled program; relative.
    pub name: String,
}

/// Why a module cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// One of the codes for imports.
    pub code: Code,
    /// Goes after `Cannot mindLink 'M': `.
    pub reason: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Refusal {
    /// A module that is not there or cannot be read.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self { code: Code::CannotImport, reason: reason.into(), help: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Finds and reads modules.
pub trait Loader {
    /// What `reference` means in the module whose id is `importer`.
    ///
    /// # Errors
    /// Why there is no such module, or why it must not be imported here.
    fn find(&mut self, importer: &str, reference: Reference<'_>) -> Result<Found, Refusal>;

    /// The bytes of a module that was found; asked once for each id.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&mut self, id: &str) -> Result<Vec<u8>, Refusal>;
}

/// The loader of programs that stand alone.
pub struct NoModules;

impl Loader for NoModules {
    fn find(&mut self, _: &str, _: Reference<'_>) -> Result<Found, Refusal> {
        Err(Refusal::new("this program stands alone"))
    }

    fn read(&mut self, _: &str) -> Result<Vec<u8>, Refusal> {
        Err(Refusal::new("this program stands alone"))
    }
}

/// Position of a module in [`ModuleTree::modules`]; 0 is the main module.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ModuleIdx(pub u32);

impl ModuleIdx {
    /// The main module.
    pub const MAIN: Self = Self(0);

    /// The number as an index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One module of a program.
#[derive(Clone, Debug)]
pub struct ModuleNode<'a> {
    /// Its syntax.
    pub program: Program<'a>,
    /// Offset of its first byte in the joined text.
    pub start: u32,
    /// What its import statements name, in textual order.
    pub imports: Vec<(&'a Import<'a>, ModuleIdx)>,
}

/// The modules of a program with their imports.
#[derive(Clone, Debug)]
pub struct ModuleTree<'a> {
    /// All modules in order of their text; the main module first.
    pub modules: Vec<ModuleNode<'a>>,
    /// The order in which they run; the main module last.
    pub order: Vec<ModuleIdx>,
    /// Some module may be used before it ran.
    pub is_cyclic: bool,
}

impl<'a> ModuleTree<'a> {
    /// A program of one module; what it imports is left out.
    #[must_use]
    pub fn single(program: Program<'a>) -> Self {
        let module = ModuleNode { program, start: 0, imports: Vec::new() };
        Self { modules: vec![module], order: vec![ModuleIdx::MAIN], is_cyclic: false }
    }

    /// The module that is parsed last, whose counts are those of all modules.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        let last = self.modules.last().map(|m| m.program);
        last.map_or((0, 0, 0), |p| {
            (p.expr_count as usize, p.bind_count as usize, p.func_count as usize)
        })
    }
}

/// The main file of a program.
#[derive(Clone, Copy, Debug)]
pub struct MainFile<'m> {
    /// As [`Found::id`].
    pub id: &'m str,
    /// As [`Found::name`].
    pub name: &'m str,
    /// Its content.
    pub bytes: &'m [u8],
}

/// Loads and parses the modules of a program. The tree is absent if anything is missing or cannot
/// be parsed; findings are appended to `diagnostics`.
pub(crate) fn load<'a>(
    arena: &'a Bump,
    interner: &mut Interner,
    main: MainFile<'_>,
    loader: &mut dyn Loader,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Sources, Option<ModuleTree<'a>>) {
    let text = match source::decode(main.bytes) {
        Ok(text) => text,
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            let text = source::decode_lossy(main.bytes).into_owned();
            return (Sources::new(main.name, text), None);
        }
    };
    let mut linker = Linker {
        arena,
        interner,
        loader,
        diagnostics,
        sources: Sources::new(main.name, text.into_owned()),
        modules: Vec::new(),
        ids: vec![main.id.to_owned()],
        known: AHashMap::from([(main.id.to_owned(), ModuleIdx::MAIN)]),
        next: Start::default(),
        is_broken: false,
    };
    linker.parse();
    let mut at = 0;
    while at < linker.modules.len() {
        linker.follow_imports(at);
        at += 1;
    }
    let Linker { sources, modules, is_broken, .. } = linker;
    (sources, (!is_broken).then(|| order::tree(modules)))
}

struct Linker<'a, 'l> {
    arena: &'a Bump,
    interner: &'l mut Interner,
    loader: &'l mut dyn Loader,
    diagnostics: &'l mut Vec<Diagnostic>,
    sources: Sources,
    modules: Vec<ModuleNode<'a>>,
    /// Loader's names of the modules.
    ids: Vec<String>,
    known: AHashMap<String, ModuleIdx>,
    next: Start,
    /// Something is missing, so there is no program.
    is_broken: bool,
}

impl<'a> Linker<'a, '_> {
    /// Parses the last file of `sources`. Returns whether it is free of errors.
    fn parse(&mut self) -> bool {
        let start = self.sources.files().last().map_or(0, |f| f.start);
        self.next.offset = start;
        let (program, found) =
            parse_from(self.arena, self.interner, self.sources.text(), self.next);
        let is_sound = program.is_some() && !found.iter().any(Diagnostic::is_error);
        self.diagnostics.extend(found);
        self.is_broken |= !is_sound;
        let program = program.unwrap_or_else(|| self.nothing(start));
        self.next.exprs = program.expr_count;
        self.next.binds = program.bind_count;
        self.next.funcs = program.func_count;
        self.modules.push(ModuleNode { program, start, imports: Vec::new() });
        is_sound
    }

    /// Stands for a file that cannot be parsed.
    fn nothing(&self, start: u32) -> Program<'a> {
        Program {
            prelude: &[],
            body: &[],
            focus: Span::at(start),
            span: Span::at(start),
            expr_count: self.next.exprs,
            bind_count: self.next.binds,
            func_count: self.next.funcs,
        }
    }

    fn follow_imports(&mut self, at: usize) {
        let program = self.modules[at].program;
        let mut imports = Vec::new();
        for import in program.prelude.iter().chain(program.body).filter_map(imported) {
            match self.import(at, import) {
                Ok(target) => imports.push((import, target)),
                Err(refusal) => self.refuse(import, refusal),
            }
        }
        self.modules[at].imports = imports;
    }

    fn import(&mut self, importer: usize, import: &Import<'_>) -> Result<ModuleIdx, Refusal> {
        let reference = match import.source {
            ImportSource::Path(path) => Reference::Text(path),
            ImportSource::Name(name) => Reference::Name(self.interner.resolve(name)),
        };
        let found = self.loader.find(&self.ids[importer], reference)?;
        if let Some(known) = self.known.get(&found.id) {
            return Ok(*known);
        }
        if self.modules.len() >= MODULES_MAX {
            return Err(Refusal::new(format!("more than {MODULES_MAX} modules")));
        }
        let bytes = self.loader.read(&found.id)?;
        let text = source::decode(&bytes).map_err(|d| Refusal::new(d.message))?;
        if self.sources.text().len() + text.len() > PROGRAM_BYTES_MAX {
            let reason = format!("the program has more than {PROGRAM_BYTES_MAX} bytes");
            return Err(Refusal::new(reason));
        }
        let idx = ModuleIdx(u32::try_from(self.modules.len()).unwrap_or(u32::MAX));
        self.sources.add(&found.name, text.into_owned());
        self.ids.push(found.id.clone());
        self.known.insert(found.id, idx);
        if self.parse() { Ok(idx) } else { Err(Refusal::new("it has syntax errors")) }
    }

    fn refuse(&mut self, import: &Import<'_>, refusal: Refusal) {
        self.is_broken = true;
        let name = match import.source {
            ImportSource::Path(path) => path,
            ImportSource::Name(name) => self.interner.resolve(name),
        };
        let message = format!("Cannot mindLink '{name}': {}", refusal.reason);
        let mut diagnostic = Diagnostic::new(refusal.code, import.source_span, message)
            .with_primary("imported here");
        diagnostic.help = refusal.help;
        self.diagnostics.push(diagnostic);
    }
}

fn imported<'a>(stmt: &'a Stmt<'a>) -> Option<&'a Import<'a>> {
    match stmt.kind {
        StmtKind::Import(import) => Some(import),
        _ => None,
    }
}
