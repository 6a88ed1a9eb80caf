//! The compiler from source bytes to a module.

use std::rc::Rc;

use bumpalo::Bump;
use hyp_bytecode::module::{
    Desc, DescId, FuncId, Function, Module, SourceFile, StrId, TypeDef, TypeKind,
};
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::intern::Interner;
use hyp_grammar::span::Span;
use hyp_ssa::emit::{EmitError, EmitErrorKind, Emitter};
use hyp_ssa::ir::{self, FieldFacts, MethodFacts, ModuleFacts, Pos};
use hyp_ssa::pass::{self, Pipeline, inline};

use crate::check;
use crate::infer::{self, Facts as InferredFacts};
use crate::link::{self, Loader, MainFile, ModuleTree, NoModules};
use crate::lower::{self, Lowered, Signature, Tables, offset_of};
use crate::resolve::{self, Resolution};
use crate::schedule::{self, Bodies, Ready, Schedule};
use crate::size;
use crate::sources::Sources;

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
    /// Null does not fit types that do not say so.
    pub strict_null: bool,
    /// Produce the text of the SSA form.
    pub dump_ssa: bool,
    /// Names of passes that do not run.
    pub disabled_passes: Vec<String>,
    /// For interactive sessions, whose program grows at its end. A byte offset in the main file:
    /// statements that begin before it have been executed by an earlier version and are only declared;
    /// the program's variables stay for later versions.
    pub resume_at: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            opt_level: 2,
            types: TypesMode::Sound,
            strict_null: false,
            dump_ssa: false,
            disabled_passes: Vec::new(),
            resume_at: None,
        }
    }
}

impl Options {
    /// Whether the pass of that name runs.
    fn runs(&self, pass: &str) -> bool {
        self.opt_level > 0 && !self.disabled_passes.iter().any(|p| p == pass)
    }
}

/// The name of the inference of types, which can be switched off like a pass.
const INFER: &str = "infer";

/// The same for clones of functions.
const CLONE: &str = "clone";

/// Names of the passes, for [`Options::disabled_passes`].
pub fn pass_names() -> impl Iterator<Item = &'static str> {
    [INFER, CLONE].into_iter().chain(pass::PASSES.iter().map(|p| p.name))
}

/// What compiling gave.
#[derive(Debug)]
pub struct Compilation {
    /// The program, unless something fatal was found. It exists in spite of type errors, which
    /// raise when they are reached.
    pub module: Option<Module>,
    /// Findings in order of position.
    pub diagnostics: Vec<Diagnostic>,
    /// The decoded text of all files.
    pub sources: Sources,
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

/// Compiles a program that stands alone. `source_name` is the file's name without directories.
#[must_use]
pub fn compile(source_name: &str, bytes: &[u8], options: &Options) -> Compilation {
    let main = MainFile { id: source_name, name: source_name, bytes };
    compile_modules(main, &mut NoModules, options)
}

/// Compiles a program and what it imports into one module.
#[must_use]
pub fn compile_modules(
    main: MainFile<'_>,
    loader: &mut dyn Loader,
    options: &Options,
) -> Compilation {
    let arena = Bump::new();
    let mut interner = Interner::new();
    let mut diagnostics = Vec::new();
    let (sources, tree) = link::load(&arena, &mut interner, main, loader, &mut diagnostics);
    let (module, ssa) = match &tree {
        Some(tree) => analyse(tree, &interner, &sources, options, &mut diagnostics),
        None => (None, None),
    };
    diagnostics.sort_by_key(|d| d.primary.span.start);
    Compilation { module, diagnostics, sources, ssa }
}

/// Line and column of a lowering position. Lines count through all files.
fn located(sources: &Sources, pos: Pos) -> Pos {
    let Some(offset) = offset_of(pos) else { return Pos { line: 1, column: 1, ..pos } };
    let at = sources.locate(offset);
    Pos { line: at.file.lines_before + at.line, column: at.column, ..pos }
}

fn analyse(
    tree: &ModuleTree<'_>,
    interner: &Interner,
    sources: &Sources,
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Option<Module>, Option<String>) {
    let resolution =
        resolve::resolve_modules(tree, interner, options.resume_at.is_some(), diagnostics);
    let strict_null = options.strict_null;
    let check_options = check::CheckOptions { strict_null };
    let types = check::check_with(tree, &resolution, interner, check_options, diagnostics);
    if options.resume_at.is_none() {
        resolution.warn_unused_imports(tree, diagnostics);
    }
    size::check_declarations(&resolution, interner, diagnostics);
    if diagnostics.iter().any(|d| d.is_error() && d.code.is_fatal()) {
        return (None, None);
    }
    let erased = options.types == TypesMode::Erased;
    let inferred = if options.runs(INFER) {
        // Later versions of an interactive program may assign to functions.
        let may_clone = options.runs(CLONE) && options.resume_at.is_none();
        let infer_options = infer::InferOptions { is_erased: erased, may_clone };
        infer::infer(tree, &resolution, &types, infer_options)
    } else {
        InferredFacts::default()
    };
    let mut emission = Emission {
        resolution: &resolution,
        sources,
        options,
        diagnostics,
        emitter: Emitter::default(),
        functions: Vec::with_capacity(resolution.functions.len() + 1),
        schedule: Schedule::default(),
        bodies: Bodies::default(),
        constructors: None,
        dump: options.dump_ssa.then(String::new),
    };
    let lowered = lower::lower(
        tree,
        &resolution,
        lower::Knowledge {
            types: &types,
            inferred: &inferred,
            erased,
            strict_null,
            resume_at: options.resume_at,
        },
        interner,
        sources.text(),
        &mut emission,
    );
    let Emission { functions, dump, .. } = emission;
    if diagnostics.iter().any(|d| d.is_error() && d.code.is_fatal()) {
        return (None, dump);
    }
    let module = assemble(lowered, functions, sources);
    if let Some(diagnostic) = size::check_module(&module) {
        diagnostics.push(diagnostic);
        return (None, dump);
    }
    (Some(module), dump)
}

fn assemble(lowered: Lowered, mut functions: Vec<Function>, sources: &Sources) -> Module {
    let Lowered { tables, finales, n_sites } = lowered;
    let n_sites = crate::sites::compact(&mut functions, n_sites);
    Module {
        sources: sources
            .files()
            .iter()
            .map(|f| SourceFile { name: f.name.clone(), lines_before: f.lines_before })
            .collect(),
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
    bodies: &'l Bodies,
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

    fn n_fields(&self, ty: TypeId) -> u8 {
        self.type_def(ty).map_or(0, |t| u8::try_from(t.fields.len()).unwrap_or(u8::MAX))
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

    fn body(&self, func: FuncId) -> Option<Rc<ir::Func>> {
        self.bodies.get(func)
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
    resolution: &'e Resolution<'e>,
    sources: &'e Sources,
    options: &'e Options,
    diagnostics: &'e mut Vec<Diagnostic>,
    emitter: Emitter,
    functions: Vec<Function>,
    schedule: Schedule,
    bodies: Bodies,
    /// Functions that allocate an instance, ascending; known with the first function.
    constructors: Option<Vec<FuncId>>,
    dump: Option<String>,
}

impl lower::Sink for Emission<'_> {
    fn next(&mut self, n_functions: usize) -> Option<FuncId> {
        self.functions.resize_with(n_functions, Function::default);
        self.schedule.next(n_functions)
    }

    fn take(&mut self, id: FuncId, mut func: ir::Func, tables: &Tables) {
        let constructors = self.constructors.take().unwrap_or_else(|| {
            let mut list: Vec<FuncId> = tables.types.iter().filter_map(|t| t.constructor).collect();
            list.sort_unstable();
            list
        });
        let callees = {
            let facts = Facts { tables, constructors: &constructors, bodies: &self.bodies };
            show(self.dump.as_mut(), self.sources, &facts, "lowered", &func);
            optimise(
                &mut func,
                &facts,
                self.options,
                self.sources,
                self.dump.as_mut(),
                Part::Early,
            );
            if self.options.opt_level == 0 { Vec::new() } else { schedule::callees(&func) }
        };
        self.schedule.enter(id, func, callees);
        while let Some(mut ready) = self.schedule.ready() {
            let facts = Facts { tables, constructors: &constructors, bodies: &self.bodies };
            let (func, dump) = (&mut ready.func, self.dump.as_mut());
            optimise(func, &facts, self.options, self.sources, dump, Part::Late);
            let function = self.emitter.emit(func, &facts);
            self.finish(ready, function);
        }
        self.constructors = Some(constructors);
    }
}

impl Emission<'_> {
    fn finish(&mut self, ready: Ready, function: Result<Function, EmitError>) {
        let Ready { id, func, is_recursive } = ready;
        match function {
            Ok(mut function) => {
                locate_lines(&mut function, self.sources);
                self.functions[id.0 as usize] = function;
                if self.options.opt_level > 0
                    && !is_recursive
                    && self.can_be_called(id)
                    && let Some(body) = inline::body::of(func, id)
                {
                    self.bodies.keep(id, body);
                }
            }
            Err(error) => {
                let span = self.place_of(id, &error, &func);
                let message = error.to_string();
                self.diagnostics.push(
                    Diagnostic::new(Code::FunctionTooLarge, span, message)
                        .with_help("split the function into smaller suggestions"),
                );
            }
        }
    }

    /// Whether the program names the function at all.
    fn can_be_called(&self, id: FuncId) -> bool {
        let written = (id.0 as usize).checked_sub(1);
        let info = written.and_then(|at| self.resolution.functions.get(at));
        info.is_none_or(|function| !function.is_unused)
    }

    /// The operation that does not fit, or else the name of the function.
    fn place_of(&self, id: FuncId, error: &EmitError, func: &ir::Func) -> Span {
        let written = (id.0 as usize).checked_sub(1);
        let node = written.and_then(|at| *self.resolution.function_nodes.get(at)?);
        let declared = node.map(|f| f.name.map_or(f.span, |name| name.span));
        let here = offset_of(error.pos).map(Span::at);
        let first = || func.insts.iter().find_map(|i| offset_of(i.pos)).map(Span::at);
        let place = match error.kind {
            EmitErrorKind::TooManyArguments => here.or(declared),
            _ => declared.or(here),
        };
        place.or_else(first).unwrap_or(Span::at(0))
    }
}

/// The part of the passes before or after a function's callees.
#[derive(Clone, Copy)]
enum Part {
    Early,
    Late,
}

fn optimise(
    func: &mut ir::Func,
    facts: &Facts<'_>,
    options: &Options,
    sources: &Sources,
    mut dump: Option<&mut String>,
    part: Part,
) {
    let mut after = |name: &'static str, func: &ir::Func| {
        if let Some(dump) = &mut dump {
            show(Some(dump), sources, facts, &format!("after {name}"), func);
        }
    };
    let mut pipeline = Pipeline {
        facts,
        level: options.opt_level,
        disabled: &options.disabled_passes,
        after: &mut after,
    };
    match part {
        Part::Early => pipeline.early(func),
        Part::Late => pipeline.late(func),
    }
}

/// Adds a function's text to the dump, if there is one.
fn show(
    dump: Option<&mut String>,
    sources: &Sources,
    facts: &Facts<'_>,
    title: &str,
    func: &ir::Func,
) {
    let Some(dump) = dump else { return };
    let mut copy = func.clone();
    for inst in &mut copy.insts {
        inst.pos = located(sources, inst.pos);
    }
    dump.push_str("; ");
    dump.push_str(title);
    dump.push('\n');
    dump.push_str(&hyp_ssa::text::print(&copy, facts));
    dump.push('\n');
}

fn locate_lines(function: &mut Function, sources: &Sources) {
    let at = |line| located(sources, Pos { line, ..Pos::default() });
    for entry in &mut function.lines {
        let Pos { line, column, .. } = at(entry.line);
        (entry.line, entry.column) = (line, column);
    }
    for call in &mut function.inlined {
        let Pos { line, column, .. } = at(call.line);
        (call.line, call.column) = (line, column);
    }
}
