//! The module as a whole: numbering, types, globals, and the order of lowering.

use std::cell::RefCell;
use std::rc::Rc;

use ahash::AHashMap;
use hyp_bytecode::module::{
    Field, FuncId, Global, GlobalId, Method, StaticField, StrId, TypeDef, TypeKind,
};
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_grammar::ast::{self, DeclKeyword, FunctionKind, MemberKind, StmtKind, Visibility};
use hyp_grammar::intern::{Interner, Symbol};
use hyp_grammar::span;
use hyp_ssa::ir;

use super::function::FnLower;
use super::table::{Descs, Strings, place_desc};
use crate::check::Types;
use crate::infer::{CloneId, Facts};
use crate::link::{ModuleIdx, ModuleTree};
use crate::resolve::{Resolution, Storage, TypeDecl, VarId, VarKind};
use crate::types::{Ty, TypeIdx};

/// The tables of a lowered module; its functions went to the sink one by one.
pub struct Lowered {
    /// Tables that code refers to.
    pub tables: Tables,
    /// Clean-up functions.
    pub finales: Vec<FuncId>,
    /// Number of inline caches.
    pub n_sites: u32,
}

/// What passes and code emission may know of the module while a function is compiled.
#[derive(Default)]
pub struct Tables {
    /// String constants and names.
    pub strings: RefCell<Strings>,
    /// Records and sessions.
    pub types: Vec<TypeDef>,
    /// Type descriptors.
    pub descs: Descs,
    /// Module variables.
    pub globals: Vec<Global>,
    /// Signatures by function number.
    pub signatures: Vec<Rc<Signature>>,
}

/// Asks for functions one by one and takes them, so that few are held in SSA form at a time.
pub trait Sink {
    /// The function to lower next, of `n_functions` that are numbered from 0; `None` at the end.
    fn next(&mut self, n_functions: usize) -> Option<FuncId>;
    /// Takes the function that was asked for.
    fn take(&mut self, id: FuncId, func: ir::Func, tables: &Tables);
}

/// What callers know of a function.
#[derive(Clone, Default, Debug)]
pub struct Signature {
    /// Representations of the parameters, receiver included.
    pub params: Vec<Rep>,
    /// Static types of the parameters.
    pub(super) types: Vec<Ty>,
    /// Names of the parameters.
    pub(super) names: Vec<StrId>,
    /// Parameters that must be passed.
    pub n_required: usize,
    /// Whether parameter 0 is a receiver.
    pub has_receiver: bool,
    /// Representation of the result.
    pub result: Rep,
    /// Static type of the result.
    pub(super) result_type: Ty,
    /// Name, for notes.
    pub(super) name: Option<StrId>,
    /// The session or record of a method, for notes.
    pub(super) owner_name: Option<StrId>,
    /// Has captured variables, so it needs a closure.
    pub(super) has_captures: bool,
}

impl Signature {
    /// What an error calls a parameter: `argument 'n' of 'f'`.
    #[must_use]
    pub fn argument_note(&self, param: usize, strings: &Strings) -> Option<String> {
        let name = strings.text(*self.names.get(param)?);
        let function = function_label((self.name, self.owner_name), strings);
        Some(format!("argument '{name}' of '{function}'"))
    }
}

/// What errors call a function of this name and session or record, as the machine does.
pub(super) fn function_label(
    (name, owner): (Option<StrId>, Option<StrId>),
    strings: &Strings,
) -> String {
    let name = name.map_or("anonymous", |name| strings.text(name));
    owner.map_or_else(|| name.to_owned(), |owner| format!("{}::{name}", strings.text(owner)))
}

/// One field of a type as lowering sees it.
pub(super) struct FieldInfo<'a> {
    pub(super) name: Symbol,
    pub(super) rep: Rep,
    pub(super) ty: Ty,
    pub(super) is_private: bool,
    pub(super) is_constant: bool,
    pub(super) init: Option<&'a ast::Expr<'a>>,
}

/// A static field.
#[derive(Clone)]
pub(super) struct StaticInfo<'a> {
    pub(super) name: Symbol,
    pub(super) global: GlobalId,
    pub(super) ty: Ty,
    pub(super) is_private: bool,
    pub(super) is_constant: bool,
    pub(super) init: Option<&'a ast::Expr<'a>>,
}

/// A method.
#[derive(Clone, Copy)]
pub(super) struct MethodInfo {
    pub(super) name: Symbol,
    pub(super) func: FuncId,
    pub(super) is_private: bool,
    pub(super) is_static: bool,
}

/// A record or session.
pub(super) struct TypeInfo<'a> {
    pub(super) name: Symbol,
    /// Byte offset of the declaration.
    pub(super) start: u32,
    pub(super) is_record: bool,
    pub(super) fields: Vec<FieldInfo<'a>>,
    pub(super) statics: Vec<StaticInfo<'a>>,
    pub(super) methods: Vec<MethodInfo>,
    pub(super) constructor: Option<FuncId>,
    pub(super) constructor_node: Option<&'a ast::Function<'a>>,
}

/// What is known of the types of a program.
#[derive(Clone, Copy)]
pub struct Knowledge<'c> {
    /// What annotations say.
    pub types: &'c Types,
    /// What was inferred where there are none.
    pub inferred: &'c Facts,
    /// Annotations are not enforced.
    pub erased: bool,
    /// Types that do not mention null do not admit it.
    pub strict_null: bool,
    /// See [`crate::driver::Options::resume_at`].
    pub resume_at: Option<u32>,
}

/// Everything that functions share while they are lowered.
pub(super) struct ModuleLower<'c, 'a> {
    pub(super) res: &'c Resolution<'a>,
    pub(super) types: &'c Types,
    pub(super) inferred: &'c Facts,
    /// The clone that is being lowered, and by clone the number of its first function.
    pub(super) clone: CloneId,
    first_numbers: Vec<u32>,
    pub(super) interner: &'c Interner,
    pub(super) source: &'c str,
    pub(super) strings: Strings,
    pub(super) descs: Descs,
    pub(super) globals: Vec<Global>,
    pub(super) global_of: Vec<Option<GlobalId>>,
    pub(super) storage: Vec<Storage>,
    pub(super) captures: Vec<Vec<VarId>>,
    pub(super) signatures: Vec<Rc<Signature>>,
    pub(super) type_infos: Vec<TypeInfo<'a>>,
    pub(super) type_defs: Vec<TypeDef>,
    pub(super) has_records: bool,
    pub(super) erased: bool,
    pub(super) strict_null: bool,
    pub(super) resume_at: Option<u32>,
    pub(super) n_sites: u32,
    /// Per-variable state of the function being lowered, valid where the epoch matches.
    pub(super) locals: Vec<super::function::Local>,
    pub(super) epoch: u32,
    /// Cell variables by the function that declares them.
    pub(super) cells: AHashMap<Option<span::FuncId>, Vec<VarId>>,
}

/// Number of the bytecode function of a function of the syntax tree.
pub(super) fn func_number(id: span::FuncId) -> FuncId {
    FuncId(id.0 + 1)
}

impl ModuleLower<'_, '_> {
    /// Number of a function where it is a value: those inside of a clone are the clone's own.
    pub(super) fn value_number(&self, function: span::FuncId) -> FuncId {
        if self.inferred.root(self.clone) == Some(function) {
            return func_number(function);
        }
        self.number_in(self.clone, function)
    }

    /// Number of the function that a call by name runs.
    pub(super) fn call_number(&self, function: span::FuncId, callee: span::ExprId) -> FuncId {
        match self.inferred.target(self.clone, callee) {
            target if target == CloneId::default() => func_number(function),
            target => self.number_in(target, function),
        }
    }

    pub(super) fn number_in(&self, clone: CloneId, function: span::FuncId) -> FuncId {
        let first = clone.index().and_then(|at| self.first_numbers.get(at));
        match (first, self.inferred.position(clone, function)) {
            (Some(first), Some(position)) => FuncId(first + position as u32),
            _ => func_number(function),
        }
    }
}

/// Lowers the modules of a checked program; each function goes to `sink` as soon as it is complete,
/// in the order that it asks for.
pub fn lower<'a>(
    tree: &'a ModuleTree<'a>,
    res: &Resolution<'a>,
    known: Knowledge<'_>,
    interner: &Interner,
    source: &str,
    sink: &mut dyn Sink,
) -> Lowered {
    let mut module = ModuleLower::new(res, known, interner, source);
    module.collect_signatures();
    module.collect_types();
    module.assign_storage();
    module.define_types();
    let finales = module.lower_all(tree, sink);
    Lowered {
        tables: Tables {
            strings: RefCell::new(module.strings),
            types: module.type_defs,
            descs: module.descs,
            globals: module.globals,
            signatures: module.signatures,
        },
        finales,
        n_sites: module.n_sites,
    }
}

impl<'c, 'a> ModuleLower<'c, 'a> {
    fn new(
        res: &'c Resolution<'a>,
        known: Knowledge<'c>,
        interner: &'c Interner,
        source: &'c str,
    ) -> Self {
        let Knowledge { types, inferred, erased, strict_null, resume_at } = known;
        Self {
            res,
            types,
            inferred,
            clone: CloneId::default(),
            first_numbers: Vec::new(),
            interner,
            source,
            strings: Strings::default(),
            descs: Descs::default(),
            globals: Vec::new(),
            global_of: vec![None; res.vars.len()],
            storage: res.vars.iter().map(|v| v.storage).collect(),
            captures: res.functions.iter().map(|f| f.captures.clone()).collect(),
            signatures: Vec::new(),
            type_infos: Vec::new(),
            type_defs: Vec::new(),
            has_records: res.types.iter().any(|t| matches!(t, TypeDecl::Record(_))),
            erased,
            strict_null,
            resume_at,
            n_sites: 0,
            locals: vec![super::function::Local::default(); res.vars.len()],
            epoch: 0,
            cells: AHashMap::new(),
        }
    }

    /// The type that stores to `var` are checked against.
    pub(super) fn guarantee(&self, var: VarId) -> Ty {
        if self.erased {
            return Ty::Unknown;
        }
        self.types.guarantees.get(var.0 as usize).cloned().unwrap_or_default()
    }

    /// The representation that a place with this guarantee has.
    pub(super) fn rep_of_type(ty: &Ty) -> Rep {
        match ty {
            Ty::Number => Rep::F64,
            Ty::Record(t) | Ty::Instance(t) => Rep::Ref(TypeId::user(t.0)),
            _ => Rep::Any,
        }
    }

    /// The representation that a variable's values have wherever they are kept.
    pub(super) fn rep_of_var(&self, var: VarId) -> Rep {
        match Self::rep_of_type(&self.guarantee(var)) {
            Rep::Any => self.inferred.var(self.clone, var),
            rep => rep,
        }
    }

    /// The same for the variable of a binding occurrence.
    pub(super) fn rep_of_bind(&self, id: span::BindId) -> Rep {
        self.res.bind(id).map_or(Rep::Any, |bind| self.rep_of_var(bind.var))
    }

    /// The representation in which a parameter is passed. Machine code that calls a function
    /// through a value or a method by name tests numbers quickly and references not at all.
    fn rep_of_param(&self, function: &ast::Function<'a>, param: &ast::Param<'a>) -> Rep {
        let Some(bind) = self.res.bind(param.name.id) else { return Rep::Any };
        if param.default.is_some() {
            return Rep::Any;
        }
        let is_direct = function.kind != FunctionKind::Method
            && self.inferred.is_direct(self.clone, function.id);
        match Self::rep_of_type(&self.guarantee(bind.var)) {
            Rep::Any => match self.inferred.var(self.clone, bind.var) {
                Rep::Ref(_) if !is_direct => Rep::Any,
                rep => rep,
            },
            // References admit null, so the function has to look for itself.
            Rep::Ref(_) if self.strict_null => Rep::Any,
            rep => rep,
        }
    }

    pub(super) fn sym(&mut self, symbol: Symbol) -> StrId {
        self.strings.symbol(symbol, self.interner)
    }

    pub(super) fn site(&mut self) -> u64 {
        self.n_sites += 1;
        u64::from(self.n_sites - 1)
    }

    fn collect_signatures(&mut self) {
        self.signatures = vec![Rc::default(); self.res.functions.len() + 1];
        for (index, node) in self.res.function_nodes.iter().enumerate() {
            let Some(node) = node else { continue };
            self.signatures[index + 1] = Rc::new(self.signature(index, node));
        }
    }

    fn signature(&mut self, index: usize, node: &'a ast::Function<'a>) -> Signature {
        let info = &self.res.functions[index];
        let owner = info.owner;
        let is_constructor = node.kind == FunctionKind::Constructor;
        let mut sig =
            Signature { name: node.name.map(|n| self.sym(n.name)), ..Signature::default() };
        if info.this.is_some() && !is_constructor {
            sig.has_receiver = true;
            let rep = owner.map_or(Rep::Any, |t| Rep::Ref(TypeId::user(t.0)));
            sig.params.push(rep);
            sig.types.push(Ty::Unknown);
            sig.names.push(self.strings.intern("this"));
        }
        for param in node.params {
            let ty = self.res.bind(param.name.id).map_or(Ty::Unknown, |b| self.guarantee(b.var));
            sig.params.push(self.rep_of_param(node, param));
            sig.types.push(ty);
            let name = self.sym(param.name.name);
            sig.names.push(name);
        }
        let defaults = node.params.iter().rev().take_while(|p| p.default.is_some()).count();
        sig.n_required = sig.params.len() - defaults;
        if node.kind == FunctionKind::Method {
            sig.owner_name = owner.map(|t| self.type_name(t));
        }
        if is_constructor {
            if let Some(t) = owner {
                sig.result = Rep::Ref(TypeId::user(t.0));
                sig.name = Some(self.type_name(t));
            }
        } else if !self.erased {
            sig.result_type = self.types.results.get(index).cloned().unwrap_or_default();
            if !node.is_async {
                sig.result = Self::rep_of_type(&sig.result_type);
            }
        }
        if sig.result == Rep::Any {
            sig.result = self.inferred.result(self.clone, node.id);
        }
        sig.has_captures = !info.captures.is_empty();
        sig
    }

    fn type_name(&mut self, t: TypeIdx) -> StrId {
        let symbol = match self.res.types[t.0 as usize] {
            TypeDecl::Record(r) => r.name.name,
            TypeDecl::Session(s) => s.name.name,
        };
        self.sym(symbol)
    }

    fn collect_types(&mut self) {
        for index in 0..self.res.types.len() {
            let info = match self.res.types[index] {
                TypeDecl::Record(decl) => self.record_info(index, decl),
                TypeDecl::Session(decl) => self.session_info(index, decl),
            };
            self.type_infos.push(info);
        }
    }

    fn field_type(&self, index: usize, field: usize) -> Ty {
        if self.erased {
            return Ty::Unknown;
        }
        self.types.fields.get(index).and_then(|f| f.get(field)).cloned().unwrap_or_default()
    }

    fn record_info(&mut self, index: usize, decl: &'a ast::RecordDecl<'a>) -> TypeInfo<'a> {
        let mut fields = Vec::new();
        for (i, field) in decl.fields.iter().enumerate() {
            let mut ty = self.field_type(index, i);
            if field.optional && ty != Ty::Unknown && !matches!(ty, Ty::Nullable(_) | Ty::Null) {
                ty = Ty::Nullable(Rc::new(ty));
            }
            fields.push(FieldInfo {
                name: field.name.name,
                rep: Self::rep_of_type(&ty),
                ty,
                is_private: false,
                is_constant: false,
                init: field.default,
            });
        }
        let constructor_node =
            decl.methods.iter().copied().find(|m| m.kind == FunctionKind::Constructor);
        let methods = decl
            .methods
            .iter()
            .filter(|m| m.kind != FunctionKind::Constructor)
            .filter_map(|m| {
                Some(MethodInfo {
                    name: m.name?.name,
                    func: func_number(m.id),
                    is_private: false,
                    is_static: false,
                })
            })
            .collect();
        TypeInfo {
            name: decl.name.name,
            start: decl.name.span.start,
            is_record: true,
            fields,
            statics: Vec::new(),
            methods,
            constructor: constructor_node.map(|n| func_number(n.id)),
            constructor_node,
        }
    }

    fn session_info(&mut self, index: usize, decl: &'a ast::SessionDecl<'a>) -> TypeInfo<'a> {
        let mut info = TypeInfo {
            name: decl.name.name,
            start: decl.name.span.start,
            is_record: false,
            fields: Vec::new(),
            statics: Vec::new(),
            methods: Vec::new(),
            constructor: None,
            constructor_node: None,
        };
        let idx = TypeIdx(u32::try_from(index).unwrap_or(u32::MAX));
        for member in decl.members {
            let is_private = member.visibility == Some(Visibility::Conceal);
            match member.kind {
                MemberKind::Field(field) if member.is_static => {
                    let ty = if self.erased {
                        Ty::Unknown
                    } else {
                        let list = self.types.statics.get(index);
                        list.and_then(|s| s.get(info.statics.len())).cloned().unwrap_or_default()
                    };
                    let rep = match Self::rep_of_type(&ty) {
                        Rep::Any => self.inferred.static_field(idx, info.statics.len()),
                        rep => rep,
                    };
                    let global = self.new_global(field.name.name, rep, false);
                    info.statics.push(StaticInfo {
                        name: field.name.name,
                        global,
                        ty,
                        is_private,
                        is_constant: field.keyword == Some(DeclKeyword::Freeze),
                        init: field.init,
                    });
                }
                MemberKind::Field(field) => {
                    let ty = self.field_type(index, info.fields.len());
                    let rep = match Self::rep_of_type(&ty) {
                        Rep::Any => self.inferred.field(idx, info.fields.len()),
                        rep => rep,
                    };
                    info.fields.push(FieldInfo {
                        name: field.name.name,
                        rep,
                        ty,
                        is_private,
                        is_constant: field.keyword == Some(DeclKeyword::Freeze),
                        init: field.init,
                    });
                }
                MemberKind::Method(node) if node.kind == FunctionKind::Constructor => {
                    info.constructor_node.get_or_insert(node);
                    info.constructor.get_or_insert(func_number(node.id));
                }
                MemberKind::Method(node) => {
                    if let Some(name) = node.name {
                        info.methods.push(MethodInfo {
                            name: name.name,
                            func: func_number(node.id),
                            is_private,
                            is_static: member.is_static,
                        });
                    }
                }
                MemberKind::Error => {}
            }
        }
        if info.constructor.is_none() {
            let result = Rep::Ref(TypeId::user(idx.0));
            let name = Some(self.sym(decl.name.name));
            let number = FuncId(u32::try_from(self.signatures.len()).unwrap_or(u32::MAX));
            self.signatures.push(Rc::new(Signature { result, name, ..Signature::default() }));
            info.constructor = Some(number);
        }
        info
    }

    pub(super) fn new_global(&mut self, name: Symbol, rep: Rep, is_shared: bool) -> GlobalId {
        let name = self.sym(name);
        self.globals.push(Global { name, rep, is_shared });
        GlobalId(u32::try_from(self.globals.len() - 1).unwrap_or(u32::MAX))
    }

    /// Methods are not closures: what they capture becomes a module variable.
    fn assign_storage(&mut self) {
        let mut promoted: Vec<VarId> = Vec::new();
        for (index, info) in self.res.functions.iter().enumerate() {
            let Some(node) = self.res.function_nodes[index] else { continue };
            if info.owner.is_some()
                && matches!(node.kind, FunctionKind::Method | FunctionKind::Constructor)
            {
                promoted.extend(self.captures[index].iter().copied());
            }
        }
        for var in promoted {
            if self.res.var(var).kind != VarKind::This {
                self.storage[var.0 as usize] = Storage::Global;
            }
        }
        let storage = &self.storage;
        for captures in &mut self.captures {
            captures.retain(|v| storage[v.0 as usize] != Storage::Global);
        }
        for (index, captures) in self.captures.iter().enumerate() {
            Rc::make_mut(&mut self.signatures[index + 1]).has_captures = !captures.is_empty();
        }
        for index in 0..self.res.vars.len() {
            let info = &self.res.vars[index];
            let id = VarId(u32::try_from(index).unwrap_or(u32::MAX));
            match self.storage[index] {
                Storage::Global if !self.is_constant_function(id) => {
                    let rep = self.rep_of_var(id);
                    let global = self.new_global(info.name, rep, info.is_shared);
                    self.global_of[index] = Some(global);
                }
                Storage::Cell => {
                    self.cells.entry(info.function).or_default().push(id);
                }
                _ => {}
            }
        }
    }

    /// Whether the name always denotes one function or session that needs no closure.
    pub(super) fn is_constant_function(&self, var: VarId) -> bool {
        let info = self.res.var(var);
        // A later version of an interactive program may assign to it.
        !info.is_reassigned
            && self.resume_at.is_none()
            && match info.kind {
                VarKind::Function(f) => self.captures.get(f.index()).is_some_and(Vec::is_empty),
                VarKind::Session(_) => true,
                _ => false,
            }
    }

    fn lower_all(&mut self, tree: &'a ModuleTree<'a>, sink: &mut dyn Sink) -> Vec<FuncId> {
        let main = &tree.modules[ModuleIdx::MAIN.index()].program;
        let bodies = main.body.iter().filter_map(|stmt| match &stmt.kind {
            StmtKind::Finale { body } => Some(body),
            _ => None,
        });
        let bodies: Vec<_> = bodies.collect();
        let first_finale = self.signatures.len();
        self.signatures.resize(first_finale + bodies.len(), Rc::default());
        let first_clone = self.signatures.len();
        let cloned = self.declare_clones();
        let mut without_node = vec![None; self.signatures.len()];
        for (index, info) in self.type_infos.iter().enumerate() {
            if let (None, Some(func)) = (info.constructor_node, info.constructor) {
                without_node[func.0 as usize] = Some(index);
            }
        }
        while let Some(id) = sink.next(self.signatures.len()) {
            let number = id.0 as usize;
            let func = if let Some(&(clone, node)) =
                number.checked_sub(first_clone).and_then(|at| cloned.get(at))
            {
                self.clone = clone;
                let func = FnLower::function(self, node.id.index(), node);
                self.clone = CloneId::default();
                func
            } else if let Some(body) = number.checked_sub(first_finale) {
                FnLower::finale(self, bodies[body])
            } else if let Some(index) = without_node[number] {
                FnLower::default_constructor(self, index)
            } else if let Some(index) = number.checked_sub(1) {
                self.lower_node(tree, index)
            } else {
                FnLower::module_body(self, tree, ModuleIdx::MAIN)
            };
            self.deliver(id, func, sink);
        }
        (first_finale..first_clone).map(|n| FuncId(n as u32)).collect()
    }

    /// Gives the functions of clones their numbers and signatures.
    fn declare_clones(&mut self) -> Vec<(CloneId, &'a ast::Function<'a>)> {
        let mut list = Vec::new();
        let inferred = self.inferred;
        for (clone, functions) in inferred.clones() {
            self.first_numbers.push(self.signatures.len() as u32);
            self.clone = clone;
            for function in functions {
                let Some(node) = self.res.function_nodes[function.index()] else { continue };
                let mut signature = self.signature(function.index(), node);
                signature.has_captures = !self.captures[function.index()].is_empty();
                self.signatures.push(Rc::new(signature));
                list.push((clone, node));
            }
        }
        self.clone = CloneId::default();
        list
    }

    /// The function of the syntax tree with this index.
    fn lower_node(&mut self, tree: &'a ModuleTree<'a>, index: usize) -> ir::Func {
        // The bodies of the other modules come last.
        let bodies = self.res.functions.len() - (tree.modules.len() - 1);
        match self.res.function_nodes[index] {
            Some(node) if node.kind == FunctionKind::Constructor => {
                FnLower::constructor(self, index, node)
            }
            Some(node) => FnLower::function(self, index, node),
            None if index >= bodies => {
                let module = u32::try_from(index - bodies + 1).unwrap_or(u32::MAX);
                FnLower::module_body(self, tree, ModuleIdx(module))
            }
            None => FnLower::empty(self),
        }
    }

    /// Lends the tables to the sink for one function.
    fn deliver(&mut self, id: FuncId, func: ir::Func, sink: &mut dyn Sink) {
        let tables = Tables {
            strings: RefCell::new(std::mem::take(&mut self.strings)),
            types: std::mem::take(&mut self.type_defs),
            descs: std::mem::take(&mut self.descs),
            globals: std::mem::take(&mut self.globals),
            signatures: std::mem::take(&mut self.signatures),
        };
        sink.take(id, func, &tables);
        self.strings = tables.strings.into_inner();
        self.type_defs = tables.types;
        self.descs = tables.descs;
        self.globals = tables.globals;
        self.signatures = tables.signatures;
    }

    fn define_types(&mut self) {
        self.type_defs = self.type_defs();
    }

    fn type_defs(&mut self) -> Vec<TypeDef> {
        let infos = std::mem::take(&mut self.type_infos);
        let mut defs = Vec::with_capacity(infos.len());
        for info in &infos {
            let name = self.sym(info.name);
            let kind = if info.is_record { TypeKind::Record } else { TypeKind::Session };
            let mut def = TypeDef {
                name,
                kind,
                fields: Vec::new(),
                methods: Vec::new(),
                statics: Vec::new(),
                constructor: info.constructor,
            };
            for field in &info.fields {
                let desc = self.descs.intern(place_desc(&field.ty, field.rep, self.strict_null));
                def.fields.push(Field {
                    name: self.sym(field.name),
                    rep: field.rep,
                    desc,
                    is_private: field.is_private,
                    is_optional: info.is_record
                        && (field.init.is_some() || matches!(field.ty, Ty::Nullable(_))),
                    is_constant: field.is_constant,
                });
            }
            for method in &info.methods {
                def.methods.push(Method {
                    name: self.sym(method.name),
                    func: method.func,
                    is_private: method.is_private,
                    is_static: method.is_static,
                });
            }
            for field in &info.statics {
                def.statics.push(StaticField {
                    name: self.sym(field.name),
                    global: field.global,
                    is_private: field.is_private,
                    is_constant: field.is_constant,
                });
            }
            defs.push(def);
        }
        self.type_infos = infos;
        defs
    }
}
