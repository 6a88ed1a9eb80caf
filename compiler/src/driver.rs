//! The compiler from source bytes to a module.

use std::borrow::Cow;

use bumpalo::Bump;
use hyp_bytecode::module::{
    Desc, DescId, FuncId, Function, LineEntry, Module, StrId, TypeDef, TypeKind,
};
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_grammar::ast::Program;
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::intern::Interner;
use hyp_grammar::source::{self, LineIndex};
use hyp_grammar::span::Span;
use hyp_ssa::emit::{EmitError, Emitter};
use hyp_ssa::ir::{self, FieldFacts, MethodFacts, ModuleFacts, Pos};
use hyp_ssa::pass;

use crate::check;
use crate::lower::{self, Lowered, Signature, Tables, offset_of};
use crate::resolve;
use crate::size;

/// What to do with annotations.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TypesMode {
    /// Annotations are guarantees, checked where unknown values flow into them.
    #[default]
    Sound,
    /// Annotations are only checked statically.
    Erased,
}

/// How to compile.
#[derive(Clone, Debug)]
pub struct Options {
    /// 0 lowers and emits; 2 runs all passes.
    pub opt_level: u8,
    /// Meaning of annotations.
    pub types: TypesMode,
    /// Produce the text of the SSA form.
    pub dump_ssa: bool,
    /// Names of passes that do not run.
    pub disabled_passes: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { opt_level: 2, types: TypesMode::Sound, dump_ssa: false, disabled_passes: Vec::new() }
    }
}

/// Names of the passes, for [`Options::disabled_passes`].
pub fn pass_names() -> impl Iterator<Item = &'static str> {
    pass::PASSES.iter().map(|p| p.name)
}

/// What compiling gave.
#[derive(Debug)]
pub struct Compilation {
    /// The program, unless something fatal was found. It exists in spite of type errors, which
    /// raise when they are reached.
    pub module: Option<Module>,
    /// Findings in order of position.
    pub diagnostics: Vec<Diagnostic>,
    /// The decoded source text.
    pub source: String,
    /// Its lines.
    pub lines: LineIndex,
    /// Text of the SSA form, if asked for.
    pub ssa: Option<String>,
}

impl Compilation {
    /// Whether any finding is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Compiles one source file. `source_name` is the file's name without directories.
#[must_use]
pub fn compile(source_name: &str, bytes: &[u8], options: &Options) -> Compilation {
    let text = match source::decode(bytes) {
        Ok(text) => text,
        Err(diagnostic) => {
            return refused(source::decode_lossy(bytes), vec![diagnostic]);
        }
    };
    let arena = Bump::new();
    let mut interner = Interner::new();
    let (program, mut diagnostics) = hyp_grammar::parse(&arena, &mut interner, &text);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return refused(text, diagnostics);
    }
    let Some(program) = program else { return refused(text, diagnostics) };
    let lines = LineIndex::new(&text);
    let source = Source { name: source_name, text: &text, lines: &lines };
    let (module, ssa) = analyse(&program, &interner, &source, options, &mut diagnostics);
    diagnostics.sort_by_key(|d| d.primary.span.start);
    Compilation { module, diagnostics, source: text.into_owned(), lines, ssa }
}

fn refused(text: Cow<'_, str>, diagnostics: Vec<Diagnostic>) -> Compilation {
    let lines = LineIndex::new(&text);
    Compilation { module: None, diagnostics, source: text.into_owned(), lines, ssa: None }
}

struct Source<'s> {
    name: &'s str,
    text: &'s str,
    lines: &'s LineIndex,
}

impl Source<'_> {
    /// Line and column of a lowering position.
    fn locate(&self, pos: Pos) -> Pos {
        match offset_of(pos) {
            Some(offset) => {
                let at = self.lines.locate(self.text, offset);
                Pos { line: at.line, column: at.column }
            }
            None => Pos { line: 1, column: 1 },
        }
    }
}

fn analyse(
    program: &Program<'_>,
    interner: &Interner,
    source: &Source<'_>,
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Option<Module>, Option<String>) {
    let resolution = resolve::resolve(program, interner, diagnostics);
    let types = check::check(program, &resolution, interner, diagnostics);
    size::check_declarations(&resolution, interner, diagnostics);
    if diagnostics.iter().any(|d| d.is_error() && d.code.is_fatal()) {
        return (None, None);
    }
    let erased = options.types == TypesMode::Erased;
    let mut emission = Emission {
        source,
        options,
        diagnostics,
        emitter: Emitter::default(),
        functions: Vec::with_capacity(resolution.functions.len() + 1),
        constructors: Vec::new(),
        dump: options.dump_ssa.then(String::new),
    };
    let lowered = lower::lower(
        program,
        &resolution,
        &types,
        interner,
        source.text,
        erased,
        &mut |func, tables| emission.function(func, tables),
    );
    let Emission { functions, dump, .. } = emission;
    if diagnostics.iter().any(|d| d.is_error() && d.code.is_fatal()) {
        return (None, dump);
    }
    let module = assemble(lowered, functions, source);
    if let Some(diagnostic) = size::check_module(&module) {
        diagnostics.push(diagnostic);
        return (None, dump);
    }
    (Some(module), dump)
}

fn assemble(lowered: Lowered, mut functions: Vec<Function>, source: &Source<'_>) -> Module {
    let Lowered { tables, finales, n_sites } = lowered;
    let n_sites = crate::sites::compact(&mut functions, n_sites);
    Module {
        source_name: source.name.to_owned(),
        strings: tables.strings.into_inner().into_list(),
        types: tables.types,
        descs: tables.descs.into_list(),
        globals: tables.globals,
        functions,
        main: 0,
        finales,
        n_sites,
    }
}

/// What the passes may know of the module.
struct Facts<'l> {
    tables: &'l Tables,
    constructors: &'l [FuncId],
}

impl Facts<'_> {
    fn signature(&self, func: FuncId) -> Option<&Signature> {
        self.tables.signatures.get(func.0 as usize).map(|signature| &**signature)
    }

    fn type_def(&self, ty: TypeId) -> Option<&TypeDef> {
        self.tables.types.get(ty.user_index()? as usize)
    }
}

impl ModuleFacts for Facts<'_> {
    fn result_rep(&self, func: FuncId) -> Rep {
        self.signature(func).map_or(Rep::Any, |s| s.result)
    }

    fn param_reps(&self, func: FuncId) -> Vec<Rep> {
        self.signature(func).map_or_else(Vec::new, |s| s.params.clone())
    }

    fn param_rep(&self, func: FuncId, param: usize) -> Option<Rep> {
        self.signature(func)?.params.get(param).copied()
    }

    fn field_rep(&self, ty: TypeId, slot: u8) -> Rep {
        let field = self.type_def(ty).and_then(|t| t.fields.get(usize::from(slot)));
        field.map_or(Rep::Any, |f| f.rep)
    }

    fn global_rep(&self, global: u32) -> Rep {
        self.tables.globals.get(global as usize).map_or(Rep::Any, |g| g.rep)
    }

    fn n_required(&self, func: FuncId) -> usize {
        self.signature(func).map_or(0, |s| s.n_required)
    }

    fn never_returns_null(&self, func: FuncId) -> bool {
        self.constructors.binary_search(&func).is_ok()
    }

    fn param_note(&self, func: FuncId, param: usize) -> Option<StrId> {
        let text = self.signature(func)?.argument_note(param, &self.tables.strings.borrow())?;
        Some(self.tables.strings.borrow_mut().intern(&text))
    }

    fn type_kind(&self, ty: TypeId) -> Option<TypeKind> {
        self.type_def(ty).map(|t| t.kind)
    }

    fn field_by_name(&self, ty: TypeId, name: StrId) -> Option<FieldFacts> {
        let fields = &self.type_def(ty)?.fields;
        let slot = fields.iter().position(|f| f.name == name)?;
        Some(FieldFacts {
            slot: u8::try_from(slot).ok()?,
            rep: fields[slot].rep,
            is_private: fields[slot].is_private,
        })
    }

    fn method_by_name(&self, ty: TypeId, name: StrId) -> Option<MethodFacts> {
        let method = self.type_def(ty)?.methods.iter().find(|m| m.name == name)?;
        Some(MethodFacts {
            func: method.func,
            is_private: method.is_private,
            is_static: method.is_static,
        })
    }

    fn field_desc(&self, ty: TypeId, slot: u8) -> Option<Desc> {
        self.desc(self.type_def(ty)?.fields.get(usize::from(slot))?.desc)
    }

    fn desc(&self, desc: DescId) -> Option<Desc> {
        self.tables.descs.get(desc).cloned()
    }

    fn string(&self, id: StrId) -> Option<Box<str>> {
        Some(self.tables.strings.borrow().text(id).into())
    }

    fn intern(&self, text: &str) -> Option<StrId> {
        Some(self.tables.strings.borrow_mut().intern(text))
    }
}

/// Takes functions out of lowering, one by one, into code.
struct Emission<'e> {
    source: &'e Source<'e>,
    options: &'e Options,
    diagnostics: &'e mut Vec<Diagnostic>,
    emitter: Emitter,
    functions: Vec<Function>,
    /// Functions that allocate an instance, ascending.
    constructors: Vec<FuncId>,
    dump: Option<String>,
}

impl Emission<'_> {
    fn function(&mut self, mut func: ir::Func, tables: &Tables) {
        if self.functions.is_empty() {
            self.constructors = tables.types.iter().filter_map(|t| t.constructor).collect();
            self.constructors.sort_unstable();
        }
        let facts = Facts { tables, constructors: &self.constructors };
        optimise(&mut func, &facts, self.options, self.source, self.dump.as_mut());
        let function = match self.emitter.emit(&func, &facts) {
            Ok(mut function) => {
                locate_lines(&mut function, self.source);
                function
            }
            Err(error) => {
                self.diagnostics.push(limit_diagnostic(&error, &func, self.source));
                Function::default()
            }
        };
        self.functions.push(function);
    }
}

fn optimise(
    func: &mut ir::Func,
    facts: &Facts<'_>,
    options: &Options,
    source: &Source<'_>,
    dump: Option<&mut String>,
) {
    let Some(dump) = dump else {
        pass::run_except(func, facts, options.opt_level, &options.disabled_passes);
        return;
    };
    let mut show = |title: &str, func: &ir::Func| {
        let mut copy = func.clone();
        for inst in &mut copy.insts {
            inst.pos = source.locate(inst.pos);
        }
        dump.push_str("; ");
        dump.push_str(title);
        dump.push('\n');
        dump.push_str(&hyp_ssa::text::print(&copy, facts));
        dump.push('\n');
    };
    show("lowered", func);
    if options.opt_level > 0 {
        for pass in pass::PASSES {
            if options.disabled_passes.iter().any(|p| p == pass.name) {
                continue;
            }
            (pass.run)(func, facts);
            show(&format!("after {}", pass.name), func);
        }
    }
}

fn locate_lines(function: &mut Function, source: &Source<'_>) {
    for entry in &mut function.lines {
        let at = source.locate(Pos { line: entry.line, column: entry.column });
        *entry = LineEntry { pc: entry.pc, line: at.line, column: at.column };
    }
}

fn limit_diagnostic(error: &EmitError, func: &ir::Func, source: &Source<'_>) -> Diagnostic {
    let offset = offset_of(error.pos).or_else(|| {
        let mut all = func.insts.iter().map(|i| i.pos);
        all.find_map(offset_of)
    });
    let at = offset.unwrap_or(0).min(u32::try_from(source.text.len()).unwrap_or(0));
    Diagnostic::new(Code::FunctionTooLarge, Span::at(at), error.to_string())
        .with_help("split the function into smaller suggestions")
}
