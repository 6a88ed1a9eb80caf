//! Scopes: which variable a name means at a point of the program.
//!
//! Every symbol heads a chain of the bindings of that name that are open, innermost first; a scope
//! is a range of one stack of bindings. Looking a name up therefore costs the same at any depth.
//! A second set of chains holds variables of blocks that are closed already (leak fallback).
//!
//! A variable enters its scope when the scope opens, marked as not declared yet. Code of the same
//! function does not see it before its declaration; functions that stand inside do, because they
//! may be called later.

use super::modules::{Export, Imported};
use super::{
    BindAction, BindRef, FunctionInfo, NameRef, Resolution, Storage, VarId, VarInfo, VarKind,
};
use crate::link::{ModuleIdx, ModuleTree};
use crate::types::TypeIdx;
use ahash::{AHashMap, AHashSet};
use hyp_bytecode::builtin::{self, Builtin};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::intern::{Interner, Symbol};
use hyp_grammar::span::{BindId, ExprId, FuncId, Span};

/// End of a chain.
const NONE: u32 = u32::MAX;

/// An open or leaked binding.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) symbol: Symbol,
    pub(super) var: VarId,
    prev: u32,
}

/// Chains of bindings by symbol over one stack.
pub(super) struct Bindings {
    heads: Vec<u32>,
    pub(super) entries: Vec<Entry>,
}

impl Bindings {
    fn new(symbols: usize) -> Self {
        Self { heads: vec![NONE; symbols], entries: Vec::new() }
    }

    pub(super) fn push(&mut self, symbol: Symbol, var: VarId) {
        let Some(head) = self.heads.get_mut(symbol.index()) else { return };
        let prev = std::mem::replace(head, self.entries.len() as u32);
        self.entries.push(Entry { symbol, var, prev });
    }

    fn truncate(&mut self, len: usize) {
        while self.entries.len() > len {
            if let Some(entry) = self.entries.pop() {
                self.heads[entry.symbol.index()] = entry.prev;
            }
        }
    }

    /// Bindings of `symbol` with their position, innermost first.
    pub(super) fn of(&self, symbol: Symbol) -> impl Iterator<Item = (usize, VarId)> + '_ {
        let mut at = self.heads.get(symbol.index()).copied().unwrap_or(NONE);
        std::iter::from_fn(move || {
            let entry = self.entries.get(at as usize)?;
            let here = at as usize;
            at = entry.prev;
            Some((here, entry.var))
        })
    }
}

/// What storage needs to know about a variable, gathered during the walk.
#[derive(Clone, Copy, Default)]
pub(super) struct VarState {
    /// The walk has passed its declaration.
    pub(super) declared: bool,
    /// Declared directly in the module (or in `entrance` or `finale`), not in a block.
    pub(super) module_scope: bool,
    pub(super) read: bool,
    /// Read other than to call it.
    pub(super) is_value: bool,
    /// Report when never read.
    pub(super) warn_unused: bool,
    /// Declared by `anchor`.
    pub(super) is_anchor: bool,
    /// May be used after its block (leak fallback).
    pub(super) leakable: bool,
    pub(super) leaked: bool,
    /// Created by an assignment to an unknown name.
    pub(super) implicit: bool,
    /// Used in a function other than its own.
    pub(super) elsewhere: bool,
    pub(super) force_global: bool,
    /// A member or element of it is stored to; that changes the variable if it holds a record.
    pub(super) place_stored: bool,
    /// Assigned in a protected region that it is declared outside of.
    pub(super) assigned_in_try: bool,
    /// As `place_stored`, in such a region.
    pub(super) place_stored_in_try: bool,
    /// No function can have run before its declaration did.
    pub(super) set_before_calls: bool,
    /// Position of the declaration on the clock of declarations and function creations.
    pub(super) order: u32,
    /// Innermost protected region of its declaration; 0 is none.
    pub(super) try_region: u32,
    /// Where a `sharedTrance` variable was declared last.
    pub(super) shared_at: Span,
}

/// What capture analysis needs to know about a function, by [`FuncId`].
#[derive(Clone, Copy, Default)]
pub(super) struct FunctionState {
    /// When its value is made, on the clock of [`VarState::order`].
    pub(super) order: u32,
    /// Method, constructor or initialiser: has no closure.
    pub(super) is_member: bool,
    /// A `finale`, or the body of an imported module: its variables are module variables.
    pub(super) is_module_code: bool,
    /// Contains `sinkTo`.
    pub(super) has_goto: bool,
}

/// The surroundings of the code being walked that change at function boundaries.
#[derive(Clone, Copy, Default)]
pub(super) struct Context {
    /// The function body; `None` is the module body.
    pub(super) body: Option<FuncId>,
    /// As `body`, but bodies of modules and `finale` blocks are `None`.
    pub(super) home: Option<FuncId>,
    pub(super) owner: Option<TypeIdx>,
    pub(super) this: Option<VarId>,
    /// In a static member.
    pub(super) is_static: bool,
    pub(super) loop_depth: u32,
    pub(super) try_region: u32,
    pub(super) labels_base: usize,
    pub(super) leaks_base: usize,
    /// Position in the entrain arm where `descend` may stand.
    pub(super) descend: Option<Span>,
}

/// What a name that no declaration explains may still be.
#[derive(Clone, Copy)]
pub(super) enum Predeclared {
    Unasked,
    None,
    Exact(Builtin),
    /// Found only by ignoring case and underscores.
    Folded(Builtin),
    Constant(f64),
}

/// A use that only the end of the walk can decide.
pub(super) struct Deferred {
    pub(super) id: ExprId,
    pub(super) symbol: Symbol,
    pub(super) diagnostic: Option<Diagnostic>,
}

/// A use of a variable in a function that is not its own.
#[derive(Clone, Copy)]
pub(super) struct Capture {
    pub(super) function: FuncId,
    pub(super) var: VarId,
    pub(super) span: Span,
}

/// The walk over the program.
pub(super) struct Resolver<'a, 'r> {
    pub(super) interner: &'r Interner,
    /// Whether later versions of the program go on with the variables of this one.
    pub(super) is_interactive: bool,
    pub(super) diagnostics: &'r mut Vec<Diagnostic>,
    pub(super) out: Resolution<'a>,
    pub(super) states: Vec<VarState>,
    pub(super) function_states: Vec<FunctionState>,
    pub(super) bindings: Bindings,
    /// Start of every open scope in `bindings`.
    pub(super) scopes: Vec<usize>,
    pub(super) leaks: Bindings,
    /// Variables of blocks that have ended, with the one that stands for them.
    pub(super) joined: Vec<(VarId, VarId)>,
    pub(super) shared: AHashMap<Symbol, VarId>,
    pub(super) context: Context,
    pub(super) clock: u32,
    pub(super) try_regions: u32,
    pub(super) labels: Vec<super::label::OpenLabel>,
    pub(super) captures: Vec<Capture>,
    pub(super) deferred: Vec<Deferred>,
    /// Undefined names are reported once per function.
    reported: AHashSet<(Option<FuncId>, Symbol)>,
    predeclared: Vec<Predeclared>,
    /// The module body may have called a function or left early.
    pub(super) calls_seen: bool,
    pub(super) module_has_goto: bool,
    pub(super) has_finales: bool,
    /// By `TypeIdx`: the function in whose body the field initialisers or defaults stand. Where
    /// no constructor is written it is a synthetic function.
    pub(super) initializers: Vec<FuncId>,
    /// Functions of the syntax trees and bodies of modules; synthetic ones follow.
    pub(super) written_functions: usize,
    /// The module being walked.
    pub(super) module: ModuleIdx,
    /// In an `entrance` or `finale` of an imported module, which never runs.
    pub(super) is_skipped: bool,
    pub(super) suggestions_left: u32,
    /// Parameters that are not read, with the name of their function.
    pub(super) unread: Vec<(VarId, VarId)>,
    /// The main module only declares; others may use what it does not.
    pub(super) is_library: bool,
}

impl<'a, 'r> Resolver<'a, 'r> {
    pub(super) fn new(
        tree: &ModuleTree<'a>,
        interner: &'r Interner,
        diagnostics: &'r mut Vec<Diagnostic>,
    ) -> Self {
        let (expressions, bindings, syntax_functions) = tree.counts();
        let functions = syntax_functions + tree.modules.len() - 1;
        let mut function_states = vec![FunctionState::default(); functions];
        for state in function_states.iter_mut().skip(syntax_functions) {
            state.is_module_code = true;
        }
        Self {
            interner,
            is_interactive: false,
            diagnostics,
            out: Resolution {
                names: vec![None; expressions],
                binds: vec![None; bindings],
                functions: vec![FunctionInfo::default(); functions],
                function_nodes: vec![None; functions],
                names_of_modules: super::modules::AllNames::of(tree),
                syntax_functions,
                ..Resolution::default()
            },
            states: Vec::new(),
            function_states,
            bindings: Bindings::new(interner.len()),
            scopes: Vec::new(),
            leaks: Bindings::new(interner.len()),
            joined: Vec::new(),
            shared: AHashMap::new(),
            context: Context::default(),
            clock: 0,
            try_regions: 0,
            labels: Vec::new(),
            captures: Vec::new(),
            deferred: Vec::new(),
            reported: AHashSet::new(),
            predeclared: vec![Predeclared::Unasked; interner.len()],
            calls_seen: false,
            module_has_goto: false,
            has_finales: false,
            initializers: Vec::new(),
            written_functions: functions,
            module: ModuleIdx::MAIN,
            is_skipped: false,
            suggestions_left: 50,
            unread: Vec::new(),
            is_library: false,
        }
    }

    pub(super) fn text(&self, symbol: Symbol) -> &'r str {
        self.interner.resolve(symbol)
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Advances the clock of declarations and function creations.
    pub(super) fn tick(&mut self) -> u32 {
        self.clock += 1;
        self.clock
    }

    // Scopes.

    pub(super) fn open_scope(&mut self) {
        self.scopes.push(self.bindings.entries.len());
    }

    /// Closes a block: its variables stay reachable by leak fallback.
    pub(super) fn close_scope(&mut self) {
        let start = self.scopes.pop().unwrap_or(0);
        for at in start..self.bindings.entries.len() {
            let Entry { symbol, var, .. } = self.bindings.entries[at];
            if self.state(var).leakable && self.state(var).declared {
                self.leaks.push(symbol, var);
            }
        }
        self.bindings.truncate(start);
    }

    /// Closes the scope of a function.
    pub(super) fn close_function_scope(&mut self) {
        let start = self.scopes.pop().unwrap_or(0);
        self.bindings.truncate(start);
        self.leaks.truncate(self.context.leaks_base);
    }

    /// Closes the scope of a module.
    pub(super) fn close_module_scope(&mut self) {
        self.scopes.clear();
        self.bindings.truncate(0);
        self.leaks.truncate(0);
    }

    /// Whether the innermost scope is that of the module.
    pub(super) fn in_module_scope(&self) -> bool {
        self.scopes.len() == 1 && self.context.home.is_none()
    }

    /// The variable of that name in the innermost scope.
    pub(super) fn in_this_scope(&self, symbol: Symbol) -> Option<VarId> {
        let start = self.scopes.last().copied().unwrap_or(0);
        self.bindings.of(symbol).next().filter(|(at, _)| *at >= start).map(|(_, var)| var)
    }

    pub(super) fn state(&self, var: VarId) -> &VarState {
        &self.states[var.0 as usize]
    }

    pub(super) fn state_mut(&mut self, var: VarId) -> &mut VarState {
        &mut self.states[var.0 as usize]
    }

    /// The function of a variable, where code of modules is none.
    pub(super) fn home_of(&self, var: VarId) -> Option<FuncId> {
        self.out.var(var).function.filter(|f| !self.function_states[f.index()].is_module_code)
    }

    // Variables.

    /// A new variable that no scope knows yet.
    pub(super) fn new_var(&mut self, name: Symbol, kind: VarKind, span: Span) -> VarId {
        let var = VarId(self.out.vars.len() as u32);
        let module_scope = self.in_module_scope();
        self.out.vars.push(VarInfo {
            name,
            kind,
            function: if module_scope {
                self.out.module_body(self.module)
            } else {
                self.context.body
            },
            storage: Storage::Local,
            is_constant: false,
            is_reassigned: false,
            is_shared: false,
            may_be_unset: false,
            is_leaked: false,
            span,
        });
        let in_finale = module_scope && !self.in_module_body();
        self.states.push(VarState {
            module_scope,
            force_global: in_finale || (module_scope && (self.is_skipped || self.is_interactive)),
            try_region: self.context.try_region,
            ..VarState::default()
        });
        var
    }

    /// A new variable in the innermost scope, declared from here on.
    pub(super) fn declare(&mut self, name: Symbol, kind: VarKind, span: Span) -> VarId {
        let var = self.new_var(name, kind, span);
        self.bindings.push(name, var);
        self.mark_declared(var);
        var
    }

    pub(super) fn mark_declared(&mut self, var: VarId) {
        let order = self.tick();
        let set_before_calls = !self.calls_seen && !self.is_skipped;
        let try_region = self.context.try_region;
        let state = self.state_mut(var);
        state.declared = true;
        state.order = order;
        state.set_before_calls = set_before_calls;
        state.try_region = try_region;
    }

    pub(super) fn set_bind(&mut self, id: BindId, var: VarId, action: BindAction) {
        if let Some(slot) = self.out.binds.get_mut(id.index()) {
            *slot = Some(BindRef { var, action });
        }
    }

    pub(super) fn set_name(&mut self, id: ExprId, name: NameRef) {
        if let Some(slot) = self.out.names.get_mut(id.index()) {
            *slot = Some(name);
        }
    }

    /// Notes that the current function uses `var`.
    pub(super) fn touch(&mut self, var: VarId, span: Span) {
        let info = self.out.var(var);
        if info.function == self.context.body || info.is_shared {
            return;
        }
        let state = self.state_mut(var);
        state.elsewhere = true;
        if state.module_scope {
            return;
        }
        match self.context.body {
            Some(function) => {
                let same = |c: &Capture| c.function == function && c.var == var;
                if !self.captures.last().is_some_and(same) {
                    self.captures.push(Capture { function, var, span });
                }
            }
            None => self.state_mut(var).force_global = true,
        }
    }

    /// Notes an assignment to `var`, or to a member or element of it.
    pub(super) fn store(&mut self, var: VarId, is_place: bool, span: Span) {
        self.touch(var, span);
        let region = self.context.try_region;
        let same_body = self.out.var(var).function == self.context.body;
        let constant = self.out.var(var).is_constant;
        let state = self.state_mut(var);
        let in_try = region != 0 && region != state.try_region && same_body;
        if is_place {
            state.place_stored = true;
            state.place_stored_in_try |= in_try;
            return;
        }
        state.assigned_in_try |= in_try;
        let is_anchor = state.is_anchor;
        self.out.vars[var.0 as usize].is_reassigned = true;
        if constant {
            self.constant_assigned(var, span);
        } else if is_anchor {
            self.anchor_assigned(var, span);
        }
    }

    fn constant_assigned(&mut self, var: VarId, span: Span) {
        let info = self.out.var(var);
        let (name, declared) = (self.text(info.name), info.span);
        let message = format!("cannot assign to the constant `{name}`");
        self.report(
            Diagnostic::new(Code::ConstantAssigned, span, message)
                .with_primary("assigned here")
                .with_label(declared, "declared with `freeze` here")
                .with_help("declare it with `induce` to change it later"),
        );
    }

    fn anchor_assigned(&mut self, var: VarId, span: Span) {
        let info = self.out.var(var);
        let (name, declared) = (self.text(info.name), info.span);
        self.report(
            Diagnostic::new(
                Code::AnchorAssigned,
                span,
                format!("assignment to the anchor `{name}`"),
            )
            .with_primary("the snapshot is lost")
            .with_label(declared, "the snapshot is taken here"),
        );
    }

    // Lookup.

    /// The variable that a name means lexically.
    pub(super) fn lexical(&self, symbol: Symbol) -> Option<VarId> {
        let visible =
            |var: VarId| self.state(var).declared || self.home_of(var) != self.context.home;
        self.bindings.of(symbol).map(|(_, var)| var).find(|var| visible(*var))
    }

    /// Whether a binding of that name follows below in this function.
    pub(super) fn declared_later(&self, symbol: Symbol) -> Option<Span> {
        self.bindings.of(symbol).next().map(|(_, var)| self.out.var(var).span)
    }

    /// The variable that a name means: lexically, program-wide, or leaked from a closed block.
    pub(super) fn variable(&mut self, symbol: Symbol, span: Span, is_call: bool) -> Option<VarId> {
        if let Some(var) = self.lexical(symbol) {
            return Some(var);
        }
        match self.imported(symbol) {
            Some(Imported::Name(Export { var: Some(var), .. })) => return Some(var),
            Some(Imported::Namespace(_)) => return None,
            _ => {}
        }
        if let Some(&var) = self.shared.get(&symbol) {
            return Some(var);
        }
        let var = self.leaked(symbol)?;
        if is_call && matches!(self.predeclared(symbol), Predeclared::Exact(_)) {
            return None;
        }
        self.use_leak(var, span);
        Some(var)
    }

    /// The builtin or constant of that name.
    pub(super) fn predeclared(&mut self, symbol: Symbol) -> Predeclared {
        let Some(slot) = self.predeclared.get_mut(symbol.index()) else {
            return Predeclared::None;
        };
        if matches!(slot, Predeclared::Unasked) {
            *slot = find_predeclared(self.interner.resolve(symbol));
        }
        *slot
    }

    /// Whether an undefined name is to be reported (once per function).
    pub(super) fn first_report(&mut self, symbol: Symbol) -> bool {
        self.reported.insert((self.context.body, symbol))
    }
}

fn find_predeclared(text: &str) -> Predeclared {
    if let Some(constant) = builtin::CONSTANTS.iter().find(|constant| constant.name == text) {
        return Predeclared::Constant(constant.value);
    }
    let Some(found) = Builtin::lookup(text) else { return Predeclared::None };
    let spec = found.spec();
    if spec.name == text || spec.aliases.contains(&text) {
        Predeclared::Exact(found)
    } else {
        Predeclared::Folded(found)
    }
}
