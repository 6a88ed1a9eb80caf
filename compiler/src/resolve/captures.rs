//! From uses to storage: which variables are captured, and where each variable lives.

use super::scope::Resolver;
use super::{NameRef, Resolution, Storage, TypeDecl, VarId, VarKind};
use ahash::{AHashMap, AHashSet};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::span::FuncId;

impl<'a> Resolver<'a, '_> {
    /// Decides what is left open and returns the result.
    pub(super) fn finish(mut self) -> Resolution<'a> {
        self.join_leaks();
        self.mark_record_stores();
        let uses = self.spread_captures();
        let constants = self.constant_functions(&uses);
        self.assign_captures(&uses, &constants);
        self.assign_storage(&constants);
        self.warn_unused();
        self.drop_synthetic_functions();
        self.out
    }

    /// A name that a function uses may be a variable that the module body creates by assigning it,
    /// or declares in a block that has ended.
    pub(super) fn resolve_deferred(&mut self) {
        for deferred in std::mem::take(&mut self.deferred) {
            let Some(var) = self.leaked(deferred.symbol) else {
                self.diagnostics.extend(deferred.diagnostic);
                continue;
            };
            self.set_name(deferred.id, NameRef::Var(var));
            let state = self.state_mut(var);
            state.read = true;
            state.is_value = true;
            state.elsewhere = true;
            state.force_global = true;
            state.leaked = true;
        }
    }

    /// Records are values: a store to a member changes the variable that holds the record.
    fn mark_record_stores(&mut self) {
        if !self.out.has_records {
            return;
        }
        for (var, state) in self.out.vars.iter_mut().zip(&mut self.states) {
            if state.place_stored && var.kind == VarKind::This {
                let owner = var.function.and_then(|f| self.out.functions[f.index()].owner);
                let of = owner.and_then(|o| self.out.types.get(o.0 as usize));
                state.place_stored = matches!(of, Some(TypeDecl::Record(_)));
                state.place_stored_in_try &= state.place_stored;
            }
            // A session and a function are no records, unless the variable gets another value.
            if matches!(var.kind, VarKind::Session(_) | VarKind::Function(_)) && !var.is_reassigned
            {
                (state.place_stored, state.place_stored_in_try) = (false, false);
            }
            var.is_reassigned |= state.place_stored;
            state.assigned_in_try |= state.place_stored_in_try;
        }
    }

    /// Every function between a variable and its use captures it as well. Variables that a
    /// closure cannot carry become module variables.
    fn spread_captures(&mut self) -> AHashMap<FuncId, Vec<VarId>> {
        let mut uses: AHashMap<FuncId, Vec<VarId>> = AHashMap::new();
        let mut seen: AHashSet<(FuncId, VarId)> = AHashSet::new();
        let mut through_members = Vec::new();
        for capture in std::mem::take(&mut self.captures) {
            let owner = self.out.var(capture.var).function;
            let mut chain = Vec::new();
            let mut at = Some(capture.function);
            let mut through_member = false;
            while at != owner {
                let Some(function) = at else { break };
                through_member |= self.function_states[function.index()].is_member;
                chain.push(function);
                at = self.out.functions[function.index()].parent;
            }
            if at != owner {
                self.state_mut(capture.var).force_global = true;
                continue;
            }
            if through_member {
                through_members.push(capture);
            }
            self.note_creation_order(&chain, capture.var);
            for function in chain {
                if seen.insert((function, capture.var)) {
                    uses.entry(function).or_default().push(capture.var);
                }
            }
        }
        self.lift_member_captures(&uses, &through_members);
        uses
    }

    /// A variable that is captured before it is declared must be shared through a cell.
    fn note_creation_order(&mut self, chain: &[FuncId], var: VarId) {
        let Some(outermost) = chain.last() else { return };
        let created = self.function_states[outermost.index()].order;
        if self.state(var).order >= created {
            self.out.vars[var.0 as usize].may_be_unset = true;
        }
    }

    /// Methods have no closures: what they use of an enclosing function lives in the module.
    fn lift_member_captures(
        &mut self,
        uses: &AHashMap<FuncId, Vec<VarId>>,
        captures: &[super::scope::Capture],
    ) {
        if captures.is_empty() {
            return;
        }
        let constants = self.constant_functions(uses);
        for capture in captures {
            if constants.contains(&capture.var) {
                continue;
            }
            let first = !std::mem::replace(&mut self.state_mut(capture.var).force_global, true);
            if !first {
                continue;
            }
            let info = self.out.var(capture.var);
            let (name, declared) = (self.text(info.name), info.span);
            let message = format!("`{name}` is shared by all calls of its function");
            self.report(
                Diagnostic::new(Code::SharedCapture, capture.span, message)
                    .with_primary("used in a type, which exists once per program")
                    .with_label(declared, "declared in a function here")
                    .with_help("keep the value in a field of the instance"),
            );
        }
    }

    /// Functions and sessions whose name always means the same and that capture nothing.
    fn constant_functions(&self, uses: &AHashMap<FuncId, Vec<VarId>>) -> AHashSet<VarId> {
        let mut functions: Vec<(VarId, FuncId)> = Vec::new();
        let mut constants = AHashSet::new();
        for (at, var) in self.out.vars.iter().enumerate() {
            if var.is_reassigned {
                continue;
            }
            let id = VarId(at as u32);
            match var.kind {
                VarKind::Function(function) => {
                    // Only functions that capture something can fail to be constant.
                    if uses.contains_key(&function) {
                        functions.push((id, function));
                    }
                    constants.insert(id);
                }
                VarKind::Session(_) => {
                    constants.insert(id);
                }
                _ => {}
            }
        }
        loop {
            let before = functions.len();
            functions.retain(|(id, function)| {
                let closed = uses.get(function).is_none_or(|vars| {
                    vars.iter().all(|v| constants.contains(v) || self.state(*v).force_global)
                });
                if !closed {
                    constants.remove(id);
                }
                closed
            });
            if functions.len() == before {
                return constants;
            }
        }
    }

    fn assign_captures(
        &mut self,
        uses: &AHashMap<FuncId, Vec<VarId>>,
        constants: &AHashSet<VarId>,
    ) {
        for (function, vars) in uses {
            let keeps = |v: &&VarId| !constants.contains(v) && !self.state(**v).force_global;
            let mut captures: Vec<VarId> = vars.iter().filter(keeps).copied().collect();
            captures.sort_unstable();
            for var in &captures {
                self.states[var.0 as usize].elsewhere = true;
            }
            self.out.functions[function.index()].captures = captures;
        }
    }

    fn assign_storage(&mut self, constants: &AHashSet<VarId>) {
        for at in 0..self.out.vars.len() {
            let var = VarId(at as u32);
            // The value of a constant is known wherever its name is.
            let is_kept = self.states[at].module_scope && self.is_interactive;
            if constants.contains(&var) && !self.states[at].module_scope {
                self.out.vars[at].may_be_unset = false;
                continue;
            }
            let storage = self.storage_of(var);
            let has_goto = match self.out.vars[at].function {
                Some(function) => self.function_states[function.index()].has_goto,
                None => self.module_has_goto,
            };
            let state = self.states[at];
            let always_set = state.set_before_calls && !self.has_finales && !self.module_has_goto;
            let info = &mut self.out.vars[at];
            info.storage = storage;
            info.is_leaked = state.leaked;
            // A statement that failed in an earlier version has not set its variable.
            info.may_be_unset |= has_goto || state.leaked || is_kept;
            info.may_be_unset |= storage == Storage::Global
                && !matches!(info.kind, VarKind::Function(_))
                && !(state.module_scope && always_set && !state.force_global);
        }
    }

    fn storage_of(&self, var: VarId) -> Storage {
        let state = self.state(var);
        let info = self.out.var(var);
        if info.is_shared || state.force_global || (state.module_scope && state.elsewhere) {
            return Storage::Global;
        }
        let has_goto = match info.function {
            Some(function) => self.function_states[function.index()].has_goto,
            None => self.module_has_goto,
        };
        if state.elsewhere && (info.is_reassigned || info.may_be_unset || has_goto || state.leaked)
        {
            return Storage::Cell;
        }
        if state.assigned_in_try || (state.leaked && state.try_region != 0) {
            return Storage::Slot;
        }
        Storage::Local
    }

    /// What stands in no written function belongs to none.
    fn drop_synthetic_functions(&mut self) {
        let written = self.written_functions;
        let is_written = |f: &hyp_grammar::span::FuncId| f.index() < written;
        for var in &mut self.out.vars {
            var.function = var.function.filter(is_written);
        }
        self.out.functions.truncate(written);
        self.out.function_nodes.truncate(written);
        for function in &mut self.out.functions {
            function.parent = function.parent.filter(is_written);
        }
    }

    fn warn_unused(&mut self) {
        for (param, function) in std::mem::take(&mut self.unread) {
            let is_called = !self.state(function).is_value && !self.out.var(function).is_shared;
            self.state_mut(param).warn_unused = is_called;
        }
        for (info, state) in self.out.vars.iter().zip(&self.states) {
            if !state.warn_unused || state.read || state.place_stored {
                continue;
            }
            if let VarKind::Function(function) = info.kind
                && let Some(function) = self.out.functions.get_mut(function.index())
            {
                function.is_unused = true;
            }
            let name = self.interner.resolve(info.name);
            if name.starts_with('_') {
                continue;
            }
            let (what, label) = match info.kind {
                // A later input may call it.
                VarKind::Function(_) if state.module_scope && self.is_interactive => continue,
                VarKind::Function(_) => ("suggestion", "never used"),
                VarKind::Parameter => ("parameter", "never read"),
                _ => ("variable", "never read"),
            };
            self.diagnostics.push(
                Diagnostic::new(Code::UnusedVariable, info.span, format!("unused {what} `{name}`"))
                    .with_primary(label)
                    .with_help(format!("remove it, or name it `_{name}`")),
            );
        }
    }
}
