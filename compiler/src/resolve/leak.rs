//! Leak fallback: names of variables whose blocks have ended.
//!
//! Several blocks may declare the name, like the two branches of an `if`. After them it means what
//! the block that was executed last gave, so they declare one variable together.

use super::scope::Resolver;
use super::{BindAction, NameRef, VarId};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::intern::Symbol;
use hyp_grammar::span::Span;

impl Resolver<'_, '_> {
    /// The variable of blocks of one function that have ended.
    pub(super) fn leaked(&mut self, symbol: Symbol) -> Option<VarId> {
        let mut of_name = self.leaks.of(symbol).map(|(_, var)| var);
        let last = of_name.next()?;
        let function = self.out.var(last).function;
        let mut first = last;
        let mut later = Vec::new();
        for var in of_name.take_while(|var| self.out.var(*var).function == function) {
            later.push(std::mem::replace(&mut first, var));
        }
        // A variable cannot be constant in one block and not in the other.
        let is_constant = |var: &VarId| self.out.var(*var).is_constant;
        if later.iter().any(|var| is_constant(var) != is_constant(&first)) {
            return Some(last);
        }
        self.joined.extend(later.into_iter().map(|var| (var, first)));
        Some(first)
    }

    pub(super) fn use_leak(&mut self, var: VarId, span: Span) {
        let elsewhere = self.out.var(var).function != self.context.body;
        let of_module = self.home_of(var).is_none();
        let state = self.state_mut(var);
        state.force_global |= elsewhere && of_module;
        if state.implicit || std::mem::replace(&mut state.leaked, true) {
            return;
        }
        let info = self.out.var(var);
        let (name, declared) = (self.text(info.name), info.span);
        let message = format!("`{name}` is used outside the block that declares it");
        self.report(
            Diagnostic::new(Code::LeakedVariable, span, message)
                .with_primary("used here")
                .with_label(declared, "declared in a block that has ended")
                .with_help(format!("declare `{name}` before the block: `induce {name};`")),
        );
    }

    /// Makes one variable of those that blocks declare together.
    pub(super) fn join_leaks(&mut self) {
        if self.joined.is_empty() {
            return;
        }
        let mut to: Vec<VarId> = (0..self.out.vars.len() as u32).map(VarId).collect();
        for (from, first) in std::mem::take(&mut self.joined) {
            if std::mem::replace(&mut to[from.0 as usize], first) == from {
                self.join(from, first);
            }
        }
        for name in self.out.names.iter_mut().flatten() {
            if let NameRef::Var(var) = name {
                *var = to[var.0 as usize];
            }
        }
        for bind in self.out.binds.iter_mut().flatten() {
            let first = to[bind.var.0 as usize];
            if std::mem::replace(&mut bind.var, first) != first
                && bind.action == BindAction::Declare
            {
                bind.action = BindAction::Share;
            }
        }
        for capture in &mut self.captures {
            capture.var = to[capture.var.0 as usize];
        }
    }

    /// What happens to `from` happens to `first`.
    fn join(&mut self, from: VarId, first: VarId) {
        self.out.vars[first.0 as usize].is_reassigned = true;
        let joined = std::mem::replace(&mut self.state_mut(from).warn_unused, false);
        let joined = super::scope::VarState { warn_unused: joined, ..*self.state(from) };
        let state = self.state_mut(first);
        state.leaked = true;
        state.read |= joined.read;
        state.is_value |= joined.is_value;
        state.elsewhere |= joined.elsewhere;
        state.force_global |= joined.force_global;
        state.set_before_calls &= joined.set_before_calls;
        state.place_stored |= joined.place_stored;
        // The declaration in the other block is an assignment of the first one's variable.
        let is_elsewhere = joined.try_region != state.try_region;
        state.assigned_in_try |= joined.assigned_in_try || is_elsewhere;
        state.place_stored_in_try |=
            joined.place_stored_in_try || (is_elsewhere && joined.place_stored);
    }
}
