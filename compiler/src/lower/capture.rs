//! Reading, writing and capturing variables wherever they live.

use hyp_bytecode::module::ErrorKind;
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::{Rep, TypeId};
use hyp_grammar::{ast, span};
use hyp_ssa::ir::Value;

use super::function::{Control, FnLower};
use super::module::ModuleLower;
use crate::resolve::{BindAction, BindRef, Storage, VarId, VarKind, for_each_declared};

impl<'a> FnLower<'_, '_, 'a> {
    /// Representation in which a closure holds a captured variable.
    pub(super) fn upvalue_rep(&self, var: VarId) -> Rep {
        let info = self.m.res.var(var);
        if self.storage(var) == Storage::Cell {
            return Rep::Ref(TypeId::CELL);
        }
        if info.kind == VarKind::This {
            let owner = info.function.and_then(|f| self.m.res.functions[f.index()].owner);
            return owner.map_or(Rep::Any, |t| Rep::Ref(TypeId::user(t.0)));
        }
        if info.may_be_unset || self.storage(var) != Storage::Local {
            return Rep::Any;
        }
        self.m.rep_of_var(var)
    }

    /// Position of `var` among the running function's captures.
    fn upvalue_index(&self, var: VarId) -> Option<usize> {
        let key = self.key?;
        self.m.captures[key.index()].iter().position(|v| *v == var)
    }

    fn is_own(&self, var: VarId) -> bool {
        self.m.res.var(var).function == self.key && self.upvalue_index(var).is_none()
    }

    fn upvalue(&mut self, var: VarId, index: usize) -> Value {
        let rep = self.upvalue_rep(var);
        self.b.op_rep(Op::GetUpvalue, &[], &[index as u64], rep)
    }

    /// The value of a variable.
    pub(super) fn read(&mut self, var: VarId) -> Value {
        let info = self.m.res.var(var);
        if info.kind == VarKind::This {
            return self.this_value(var);
        }
        if self.m.is_constant_function(var) {
            return match info.kind {
                VarKind::Function(f) => {
                    let number = self.m.value_number(f);
                    self.b.op(Op::LoadFunc, &[], &[u64::from(number.0)])
                }
                VarKind::Session(t) => {
                    self.b.op(Op::LoadSession, &[], &[u64::from(TypeId::user(t.0).0)])
                }
                _ => self.b.null(),
            };
        }
        match self.storage(var) {
            Storage::Global => {
                let Some(global) = self.m.global_of[var.0 as usize] else { return self.b.null() };
                let rep = self.m.globals[global.0 as usize].rep;
                self.b.op_rep(Op::GetGlobal, &[], &[u64::from(global.0)], rep)
            }
            Storage::Cell => {
                let cell = self.cell(var);
                let note = self.m.strings.symbol(self.m.res.var(var).name, self.m.interner);
                self.b.set_note(Some(note));
                let value = self.b.op(Op::GetCell, &[cell], &[]);
                self.b.set_note(None);
                value
            }
            storage => {
                if !self.is_own(var)
                    && let Some(index) = self.upvalue_index(var)
                {
                    return self.upvalue(var, index);
                }
                if storage == Storage::Slot {
                    let slot = self.slot(var);
                    return self.b.slot_get(slot);
                }
                let local = self.local(var);
                let value = self.b.use_var(local);
                self.narrow(var, value)
            }
        }
    }

    /// A variable that only ever holds instances of one session is read as such, so that its
    /// members are found without a search.
    fn narrow(&mut self, var: VarId, value: Value) -> Value {
        match self.m.inferred.var(self.m.clone, var) {
            rep @ Rep::Ref(_) => self.fit(value, rep),
            _ => value,
        }
    }

    fn this_value(&mut self, var: VarId) -> Value {
        if let Some(index) = self.upvalue_index(var) {
            return self.upvalue(var, index);
        }
        match self.this {
            Some(this) => self.b.use_var(this),
            None => self.raise_value(ErrorKind::Undefined, "Variable 'this' not found"),
        }
    }

    /// The box of a cell variable.
    fn cell(&mut self, var: VarId) -> Value {
        if !self.is_own(var)
            && let Some(index) = self.upvalue_index(var)
        {
            return self.upvalue(var, index);
        }
        let local = self.local(var);
        self.b.use_var(local)
    }

    /// Executes the declaration of a variable with its first value.
    pub(super) fn initialise(&mut self, var: VarId, value: Value) {
        match self.storage(var) {
            Storage::Cell if self.is_own(var) => {
                let local = self.local(var);
                let unset = self.m.res.var(var).may_be_unset;
                let state = &mut self.m.locals[var.0 as usize];
                state.is_declared = true;
                if std::mem::replace(&mut state.has_early_cell, unset) {
                    let cell = self.cell(var);
                    self.b.op_void(Op::SetCell, &[cell, value], &[]);
                } else {
                    let cell = self.b.op(Op::NewCell, &[value], &[]);
                    self.b.def_var(local, cell);
                }
            }
            _ => self.write(var, value),
        }
    }

    /// A fresh box with the same content, for the next round of a loop.
    pub(super) fn renew_cell(&mut self, var: VarId) {
        if self.storage(var) != Storage::Cell {
            return;
        }
        let old = self.cell(var);
        let value = self.b.op(Op::GetCell, &[old], &[]);
        let fresh = self.b.op(Op::NewCell, &[value], &[]);
        let local = self.local(var);
        self.b.def_var(local, fresh);
    }

    /// Where a statement list may run again, gives the variables that are captured before their
    /// declaration new boxes: every run of a block has variables of its own.
    pub(super) fn renew_early_cells(&mut self, stmts: &'a [ast::Stmt<'a>]) {
        let in_loop = self.control.iter().any(|c| matches!(c, Control::Loop { .. }));
        if !in_loop && self.labels.is_empty() {
            return;
        }
        for stmt in stmts {
            for_each_declared(stmt, &mut |name| {
                let Some(BindRef { var, action: BindAction::Declare }) = self.m.res.bind(name.id)
                else {
                    return;
                };
                let info = self.m.res.var(var);
                let is_early = info.may_be_unset && !info.is_leaked;
                if is_early && self.storage(var) == Storage::Cell && self.is_own(var) {
                    self.fresh_cell(var);
                }
            });
        }
    }

    /// Stores into a variable a value that was checked against its guarantee.
    pub(super) fn write(&mut self, var: VarId, value: Value) {
        match self.storage(var) {
            Storage::Global => {
                if let Some(global) = self.m.global_of[var.0 as usize] {
                    let rep = self.m.globals[global.0 as usize].rep;
                    let value = self.fit(value, rep);
                    self.b.op_void(Op::SetGlobal, &[value], &[u64::from(global.0)]);
                }
            }
            Storage::Cell => {
                let cell = self.cell(var);
                self.b.op_void(Op::SetCell, &[cell, value], &[]);
            }
            Storage::Slot => {
                let slot = self.slot(var);
                self.b.slot_set(slot, value);
            }
            Storage::Local => {
                let local = self.local(var);
                self.b.def_var(local, value);
            }
        }
    }

    /// The box of a variable for a closure; one that is not declared yet gets a box that its
    /// declaration will use.
    fn captured_cell(&mut self, var: VarId) -> Value {
        if self.is_own(var) {
            self.local(var);
            let state = self.m.locals[var.0 as usize];
            if !state.is_declared && !state.has_early_cell {
                self.fresh_cell(var);
                self.m.locals[var.0 as usize].has_early_cell = true;
            }
        }
        self.cell(var)
    }

    /// A value for a function of the syntax tree: a constant, or a closure over its captures.
    pub(super) fn closure(&mut self, id: span::FuncId) -> Value {
        let captures = self.m.captures[id.index()].clone();
        let number = u64::from(self.m.value_number(id).0);
        if captures.is_empty() {
            return self.b.op(Op::LoadFunc, &[], &[number]);
        }
        let mut values = Vec::with_capacity(captures.len());
        for var in captures {
            let value = if self.storage(var) == Storage::Cell {
                self.captured_cell(var)
            } else {
                let value = self.read(var);
                let rep = self.upvalue_rep(var);
                self.fit(value, rep)
            };
            values.push(value);
        }
        self.b.op(Op::MakeClosure, &values, &[number])
    }
}

impl ModuleLower<'_, '_> {
    /// The function that a never reassigned name always denotes, if it can be called directly.
    pub(super) fn direct_function(&self, var: VarId) -> Option<span::FuncId> {
        match self.res.var(var).kind {
            VarKind::Function(f) if self.is_constant_function(var) => Some(f),
            _ => None,
        }
    }
}
