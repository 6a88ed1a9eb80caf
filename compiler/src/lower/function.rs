//! One function body: set-up of parameters, storage of variables, and the end of the function.

use hyp_bytecode::module::{ErrorKind, StrId};
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_grammar::ast::{self, FunctionBody, FunctionKind};
use hyp_grammar::intern::Symbol;
use hyp_grammar::span;
use hyp_ssa::build::{Builder, Var};
use hyp_ssa::ir::{Block, Func, Value};

use super::module::{ModuleLower, Signature, func_number, function_label};
use super::pos_of;
use super::table::{guarantee_desc, strict_desc};
use crate::link::{ModuleIdx, ModuleTree};
use crate::resolve::{Storage, VarId};
use crate::types::{Ty, TypeIdx};

/// What a function body knows of a variable that it declares.
#[derive(Clone, Copy, Default)]
pub(super) struct Local {
    pub(super) epoch: u32,
    pub(super) var: Option<Var>,
    pub(super) slot: Option<u32>,
    /// Something may refer to a cell variable's box already: the declaration must use it.
    pub(super) has_early_cell: bool,
    /// The declaration of a cell variable is lowered.
    pub(super) is_declared: bool,
}

/// What `awaken` does in this body.
pub(super) enum ReturnMode {
    /// Returns a value of this type.
    Function(Ty),
    /// Leaves the constructor; the instance is the result.
    Constructor,
    /// Ends the module body or a finale.
    Module,
    /// A procedure: the value is dropped.
    Procedure,
}

/// An enclosing construct that `awaken`, `snap` and `sink` may leave.
pub(super) enum Control<'a> {
    /// A loop with the labels in front of it.
    Loop { labels: Vec<Symbol>, exit: Block, next: Block },
    /// A `try` with a `finally` block; `handler` is the one outside.
    Finally { body: &'a ast::Block<'a>, handler: Option<Block> },
    /// A `try` or `catch` part without `finally`; `handler` is the one outside.
    Protected { handler: Option<Block> },
    /// An `entrain` in value position: `awaken` passes its value to `exit`.
    Arm { exit: Block },
    /// An `entrance` block: `awaken` ends it.
    Entrance { exit: Block },
}

/// A label of an enclosing statement list.
pub(super) struct LabelScope {
    pub(super) name: Symbol,
    pub(super) block: Block,
    pub(super) control_depth: usize,
}

/// Lowers one function body.
pub(super) struct FnLower<'m, 'c, 'a> {
    pub(super) m: &'m mut ModuleLower<'c, 'a>,
    pub(super) b: Builder,
    /// The body's number in the syntax tree; `None` for the module body and what belongs to it.
    pub(super) key: Option<span::FuncId>,
    /// The module in whose text it stands.
    pub(super) module: ModuleIdx,
    pub(super) owner: Option<TypeIdx>,
    pub(super) mode: ReturnMode,
    pub(super) control: Vec<Control<'a>>,
    pub(super) labels: Vec<LabelScope>,
    /// Where `?.` goes when its receiver is null, innermost chain last.
    pub(super) chain_exits: Vec<Block>,
    /// Bodies of the next arm, for `descend;`, innermost `entrain` last.
    pub(super) next_arms: Vec<Option<Block>>,
    /// The receiver of a method or constructor.
    pub(super) this: Option<Var>,
    /// Name, and the session or record of a method, for notes.
    pub(super) name: (Option<StrId>, Option<StrId>),
    /// `awaken` of a promise waits for it, as the result is that of the task.
    is_task: bool,
}

impl<'m, 'c, 'a> FnLower<'m, 'c, 'a> {
    fn new(
        m: &'m mut ModuleLower<'c, 'a>,
        key: Option<span::FuncId>,
        owner: Option<TypeIdx>,
        mode: ReturnMode,
        sig: &Signature,
    ) -> Self {
        m.epoch += 1;
        let mut b = Builder::new(sig.name, &sig.params);
        let func = b.func_mut();
        func.owner = owner.map(|t| TypeId::user(t.0));
        func.n_required = u8::try_from(sig.n_required).unwrap_or(u8::MAX);
        func.has_receiver = sig.has_receiver;
        func.result = sig.result;
        func.param_names.clone_from(&sig.names);
        let name = (sig.name, sig.owner_name);
        Self {
            m,
            b,
            key,
            module: ModuleIdx::MAIN,
            owner,
            mode,
            control: Vec::new(),
            labels: Vec::new(),
            chain_exits: Vec::new(),
            next_arms: Vec::new(),
            this: None,
            name,
            is_task: false,
        }
    }

    /// The body of a module. That of the main module first runs the others in their order.
    pub(super) fn module_body(
        m: &'m mut ModuleLower<'c, 'a>,
        tree: &'a ModuleTree<'a>,
        module: ModuleIdx,
    ) -> Func {
        let key = m.res.module_body(module);
        let name = key.map(|_| m.strings.intern("module"));
        let sig = Signature { name, ..Signature::default() };
        let mut f = Self::new(m, key, None, ReturnMode::Module, &sig);
        f.module = module;
        // What begins before this has been executed.
        let resume_at = f.m.resume_at.filter(|_| module == ModuleIdx::MAIN).unwrap_or(0);
        if module == ModuleIdx::MAIN {
            if resume_at == 0 {
                f.run_imports(tree);
            }
        } else {
            f.b.func_mut().pos = pos_of(tree.modules[module.index()].start);
        }
        let program = &tree.modules[module.index()].program;
        f.make_cells();
        let lists = [program.prelude, program.body]
            .map(|stmts| &stmts[stmts.partition_point(|stmt| stmt.span.start < resume_at)..]);
        for stmts in lists {
            f.hoist(stmts);
        }
        for stmts in lists {
            f.statements(stmts);
        }
        f.b.ret(None);
        f.b.finish()
    }

    fn run_imports(&mut self, tree: &ModuleTree<'a>) {
        if let Some((import, _)) = tree.modules[ModuleIdx::MAIN.index()].imports.first() {
            self.b.set_pos(pos_of(import.source_span.start));
        }
        for &module in &tree.order {
            if let Some(body) = self.m.res.module_body(module) {
                self.call_function(func_number(body), None, Vec::new());
            }
        }
    }

    /// A finale block as a function of its own; its variables are module variables.
    pub(super) fn finale(m: &'m mut ModuleLower<'c, 'a>, body: &'a ast::Block<'a>) -> Func {
        let name = Some(m.strings.intern("finale"));
        let sig = Signature { name, ..Signature::default() };
        let mut f = Self::new(m, None, None, ReturnMode::Module, &sig);
        f.block_statements(body.stmts);
        f.b.ret(None);
        f.b.finish()
    }

    /// A function that nothing refers to.
    pub(super) fn empty(m: &'m mut ModuleLower<'c, 'a>) -> Func {
        let mut f = Self::new(m, None, None, ReturnMode::Module, &Signature::default());
        f.b.ret(None);
        f.b.finish()
    }

    /// A function, method, trigger or lambda.
    pub(super) fn function(
        m: &'m mut ModuleLower<'c, 'a>,
        index: usize,
        node: &'a ast::Function<'a>,
    ) -> Func {
        let sig = m.signatures[m.number_in(m.clone, node.id).0 as usize].clone();
        let owner = m.res.functions[index].owner;
        let procedure = node.imperative || node.kind == FunctionKind::Imperative;
        let mode = if procedure {
            ReturnMode::Procedure
        } else {
            ReturnMode::Function(sig.result_type.clone())
        };
        let mut f = Self::new(m, Some(node.id), owner, mode, &sig);
        f.module = f.m.res.module_at(node.span.start);
        f.b.set_pos(pos_of(node.span.start));
        f.set_upvalues(node.id);
        if sig.has_receiver {
            let var = f.b.declare_var();
            let receiver = f.b.param(0);
            f.b.def_var(var, receiver);
            f.this = Some(var);
        }
        f.make_cells();
        f.parameters(node, usize::from(sig.has_receiver), &sig);
        if node.is_async {
            f.is_task = true;
            f.b.op_void(Op::BeginTask, &[], &[]);
        }
        f.body(node);
        f.b.finish()
    }

    /// The function that `Name(args)` calls, from a declared constructor.
    pub(super) fn constructor(
        m: &'m mut ModuleLower<'c, 'a>,
        index: usize,
        node: &'a ast::Function<'a>,
    ) -> Func {
        let sig = m.signatures[func_number(node.id).0 as usize].clone();
        let Some(owner) = m.res.functions[index].owner else { return Self::empty(m) };
        let mut f = Self::new(m, Some(node.id), Some(owner), ReturnMode::Constructor, &sig);
        f.module = f.m.res.module_at(node.span.start);
        f.b.set_pos(pos_of(node.span.start));
        f.set_upvalues(node.id);
        f.make_cells();
        f.allocate_instance(owner);
        f.parameters(node, 0, &sig);
        if let FunctionBody::Block(block) = node.body {
            f.block_statements(block.stmts);
        }
        f.return_instance();
        f.b.finish()
    }

    /// The function that `Name()` calls when the session declares no constructor.
    pub(super) fn default_constructor(m: &'m mut ModuleLower<'c, 'a>, type_index: usize) -> Func {
        let owner = TypeIdx(u32::try_from(type_index).unwrap_or(0));
        let number = m.type_infos[type_index].constructor.map_or(0, |f| f.0 as usize);
        let sig = m.signatures[number].clone();
        let mut f = Self::new(m, None, Some(owner), ReturnMode::Constructor, &sig);
        let start = f.m.type_infos[type_index].start;
        f.b.func_mut().pos = pos_of(start);
        f.module = f.m.res.module_at(start);
        f.allocate_instance(owner);
        f.return_instance();
        f.b.finish()
    }

    fn allocate_instance(&mut self, owner: TypeIdx) {
        let id = TypeId::user(owner.0);
        let info = &self.m.type_infos[owner.0 as usize];
        let (is_record, n_fields) = (info.is_record, info.fields.len());
        let instance = if is_record {
            self.blank_record(owner)
        } else {
            self.b.op(Op::NewInstance, &[], &[u64::from(id.0)])
        };
        let var = self.b.declare_var();
        self.b.def_var(var, instance);
        self.this = Some(var);
        if is_record {
            return;
        }
        for slot in 0..n_fields {
            let field = &self.m.type_infos[owner.0 as usize].fields[slot];
            let (rep, ty, name) = (field.rep, field.ty.clone(), field.name);
            let Some(init) = field.init else { continue };
            self.b.set_pos(pos_of(init.span.start));
            let value = self.expr(init);
            let value = self.coerce_field(value, &ty, owner, name);
            let value = self.fit(value, rep);
            let this = self.b.use_var(var);
            self.b.op_void(Op::SetField, &[this, value], &[slot as u64]);
        }
    }

    /// A record of this type whose fields hold their defaults, else null or 0.
    fn blank_record(&mut self, owner: TypeIdx) -> Value {
        let n = self.m.type_infos[owner.0 as usize].fields.len();
        let mut values = Vec::with_capacity(n);
        for slot in 0..n {
            let field = &self.m.type_infos[owner.0 as usize].fields[slot];
            let (init, rep, ty, name) = (field.init, field.rep, field.ty.clone(), field.name);
            let value = match init {
                Some(init) => {
                    let value = self.expr(init);
                    self.coerce_field(value, &ty, owner, name)
                }
                None => self.default_of(rep),
            };
            values.push(value);
        }
        let id = TypeId::user(owner.0);
        self.b.op(Op::NewRecord, &values, &[u64::from(id.0)])
    }

    /// 0 for a number place, else null in the place's representation.
    pub(super) fn default_of(&mut self, rep: Rep) -> Value {
        match rep {
            Rep::F64 => self.b.f64(0.0),
            Rep::Ref(ty) => {
                let null = self.b.null();
                self.b.op(Op::CheckRef, &[null], &[u64::from(ty.0)])
            }
            _ => self.b.null(),
        }
    }

    pub(super) fn return_instance(&mut self) {
        if let Some(var) = self.this {
            let this = self.b.use_var(var);
            let result = self.b.func_mut().result;
            let this = self.fit(this, result);
            self.b.ret(Some(this));
        } else {
            self.b.ret(None);
        }
    }

    fn set_upvalues(&mut self, id: span::FuncId) {
        let captures = self.m.captures[id.index()].clone();
        let reps = captures.iter().map(|v| self.upvalue_rep(*v)).collect();
        self.b.func_mut().upvalues = reps;
    }

    /// Every cell variable holds a box from the start, so that no path reads it without one. The
    /// declaration makes a fresh box unless something may have read the variable before.
    fn make_cells(&mut self) {
        for var in self.m.cells.get(&self.key).cloned().unwrap_or_default() {
            self.fresh_cell(var);
            self.m.locals[var.0 as usize].has_early_cell = self.m.res.var(var).may_be_unset;
        }
    }

    /// Gives a cell variable a new box without a value.
    pub(super) fn fresh_cell(&mut self, var: VarId) {
        let missing = self.missing();
        let cell = self.b.op(Op::NewCell, &[missing], &[]);
        let local = self.local(var);
        self.b.def_var(local, cell);
    }

    /// The missing-argument mark.
    pub(super) fn missing(&mut self) -> Value {
        self.b.op(Op::LoadImm, &[], &[3])
    }

    fn parameters(&mut self, node: &'a ast::Function<'a>, first: usize, sig: &Signature) {
        for (i, param) in node.params.iter().enumerate() {
            let mut value = self.b.param(first + i);
            self.b.set_pos(pos_of(param.span.start));
            if let Some(default) = param.default {
                value = self.default_argument(value, default);
            }
            let ty = sig.types[first + i].clone();
            if self.b.rep(value) == Rep::Any && ty != Ty::Unknown {
                value = self.coerce_argument(value, sig, first + i);
            } else if param.default.is_some() {
                let rep = self.m.rep_of_bind(param.name.id);
                value = self.fit(value, rep);
            }
            if let Some(bind) = self.m.res.bind(param.name.id) {
                self.initialise(bind.var, value);
            }
        }
    }

    fn default_argument(&mut self, passed: Value, default: &'a ast::Expr<'a>) -> Value {
        let is_passed = self.b.op(Op::IsPassed, &[passed], &[]);
        let (compute, join) = (self.b.new_block(), self.b.new_block());
        let result = self.b.block_param(join, Rep::Any);
        self.b.branch(is_passed, (join, &[passed]), (compute, &[]));
        self.b.seal(compute);
        self.b.switch_to(compute);
        let value = self.expr(default);
        self.b.jump(join, &[value]);
        self.b.seal(join);
        self.b.switch_to(join);
        result
    }

    fn body(&mut self, node: &'a ast::Function<'a>) {
        match node.body {
            FunctionBody::Block(block) => {
                self.block_statements(block.stmts);
                self.b.set_pos(pos_of(block.span.end.saturating_sub(1)));
                self.fall_off();
            }
            FunctionBody::Expr(expr) => {
                let value = self.expr(expr);
                self.return_value(Some(value));
            }
        }
    }

    /// The end of a body without `awaken`.
    fn fall_off(&mut self) {
        if !self.b.is_terminated() {
            self.return_value(None);
        }
    }

    /// Ends the function with this value, checked against the declared result.
    pub(super) fn return_value(&mut self, value: Option<Value>) {
        let value = match value {
            Some(value) if self.is_task => Some(self.awaited(value)),
            other => other,
        };
        match &self.mode {
            ReturnMode::Function(ty) => {
                let ty = ty.clone();
                let result = self.b.func_mut().result;
                if ty == Ty::Unknown && result == Rep::Any {
                    self.b.ret(value);
                    return;
                }
                let value = value.unwrap_or_else(|| self.b.null());
                let value = self.coerce(value, &ty, |f| {
                    let note = format!("result of '{}'", function_label(f.name, &f.m.strings));
                    f.m.strings.intern(&note)
                });
                let value = self.fit(value, result);
                self.b.ret(Some(value));
            }
            ReturnMode::Constructor => self.return_instance(),
            ReturnMode::Module | ReturnMode::Procedure => self.b.ret(None),
        }
    }

    // ---- checks at annotation crossings

    /// Checks `value` against a guarantee; `note` names the place in the error.
    pub(super) fn coerce(
        &mut self,
        value: Value,
        ty: &Ty,
        note: impl FnOnce(&mut Self) -> StrId,
    ) -> Value {
        if self.m.strict_null
            && let Some(desc) = strict_desc(ty)
        {
            let note = note(self);
            self.b.set_note(Some(note));
            let desc = self.m.descs.intern(desc);
            let value = self.b.op(Op::CheckType, &[value], &[u64::from(desc.0)]);
            let value = self.fit(value, ModuleLower::rep_of_type(ty));
            self.b.set_note(None);
            return value;
        }
        let rep = self.b.rep(value);
        match (ty, rep) {
            (Ty::Unknown, _) | (Ty::Number, Rep::F64) => return value,
            (Ty::Record(t) | Ty::Instance(t), Rep::Ref(have)) if have == TypeId::user(t.0) => {
                return value;
            }
            (Ty::String, Rep::Ref(TypeId::STRING)) | (Ty::Array(_), Rep::Ref(TypeId::ARRAY)) => {
                return value;
            }
            (Ty::Object, Rep::Ref(TypeId::OBJECT))
            | (Ty::AnyFunction | Ty::Function(_), Rep::Ref(TypeId::FUNCTION)) => return value,
            _ => {}
        }
        let note = note(self);
        self.b.set_note(Some(note));
        let checked = match ty {
            Ty::Number => self.b.op(Op::CheckF64, &[value], &[]),
            Ty::Boolean => self.checked_bool(value),
            Ty::String => self.b.op(Op::CheckStr, &[value], &[]),
            Ty::Array(_) => self.b.op(Op::CheckArray, &[value], &[]),
            Ty::Instance(t) => self.b.op(Op::CheckRef, &[value], &[u64::from(TypeId::user(t.0).0)]),
            Ty::Record(t) => {
                let desc = self.m.descs.intern(guarantee_desc(ty));
                let value = self.b.op(Op::CheckType, &[value], &[u64::from(desc.0)]);
                self.b.op(Op::CheckRef, &[value], &[u64::from(TypeId::user(t.0).0)])
            }
            _ => {
                let desc = self.m.descs.intern(guarantee_desc(ty));
                self.b.op(Op::CheckType, &[value], &[u64::from(desc.0)])
            }
        };
        self.b.set_note(None);
        checked
    }

    pub(super) fn coerce_field(
        &mut self,
        value: Value,
        ty: &Ty,
        owner: TypeIdx,
        field: Symbol,
    ) -> Value {
        self.coerce(value, ty, |f| {
            let type_name = f.m.interner.resolve(f.m.type_infos[owner.0 as usize].name);
            let note = format!("field '{}' of '{type_name}'", f.m.interner.resolve(field));
            f.m.strings.intern(&note)
        })
    }

    pub(super) fn coerce_argument(&mut self, value: Value, sig: &Signature, param: usize) -> Value {
        let ty = &sig.types[param];
        self.coerce(value, ty, |f| {
            let note = sig.argument_note(param, &f.m.strings).unwrap_or_default();
            f.m.strings.intern(&note)
        })
    }

    /// The value, which must be a boolean; tagged, as lowering passes booleans.
    fn checked_bool(&mut self, value: Value) -> Value {
        let raw = self.b.op(Op::CheckBool, &[value], &[]);
        self.b.op(Op::BoxBool, &[raw], &[])
    }

    /// Makes a value fit a representation that its type guarantees already.
    pub(super) fn fit(&mut self, value: Value, rep: Rep) -> Value {
        if rep.accepts(self.b.rep(value)) {
            return value;
        }
        match rep {
            Rep::F64 => self.b.op(Op::CheckF64, &[value], &[]),
            Rep::Bool => self.checked_bool(value),
            Rep::Ref(TypeId::STRING) => self.b.op(Op::CheckStr, &[value], &[]),
            Rep::Ref(TypeId::ARRAY) => self.b.op(Op::CheckArray, &[value], &[]),
            Rep::Ref(ty) => self.b.op(Op::CheckRef, &[value], &[u64::from(ty.0)]),
            _ => value,
        }
    }

    // ---- errors known while lowering

    /// Ends the block with a run-time error.
    pub(super) fn raise(&mut self, kind: ErrorKind, message: &str) {
        let message = self.m.strings.intern(message);
        self.b.raise(kind, message);
    }

    /// Raises, and yields a value for the unreachable rest.
    pub(super) fn raise_value(&mut self, kind: ErrorKind, message: &str) -> Value {
        self.raise(kind, message);
        self.b.null()
    }

    // ---- storage of variables

    /// The SSA variable of a variable that this body declares.
    pub(super) fn local(&mut self, var: VarId) -> Var {
        let state = &mut self.m.locals[var.0 as usize];
        if state.epoch != self.m.epoch {
            *state = Local { epoch: self.m.epoch, ..Local::default() };
        }
        let is_cell = self.m.storage[var.0 as usize] == Storage::Cell;
        let rep = if is_cell { Rep::Ref(TypeId::CELL) } else { Rep::Any };
        *state.var.get_or_insert_with(|| self.b.declare_typed_var(rep))
    }

    pub(super) fn slot(&mut self, var: VarId) -> u32 {
        let state = &mut self.m.locals[var.0 as usize];
        if state.epoch != self.m.epoch {
            *state = Local { epoch: self.m.epoch, ..Local::default() };
        }
        *state.slot.get_or_insert_with(|| self.b.new_slot())
    }

    pub(super) fn storage(&self, var: VarId) -> Storage {
        self.m.storage[var.0 as usize]
    }
}
