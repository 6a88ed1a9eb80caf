//! Arguments of calls that are more than arguments: `Try`, `MockFunction`, `UnmockFunction`.

use super::scope::Resolver;
use super::{NameRef, Resolution, VarId};
use hyp_bytecode::builtin::Builtin;
use hyp_grammar::ast::{Expr, ExprKind};

impl Resolution<'_> {
    /// The variable that a call of `MockFunction` or `UnmockFunction` assigns: the one that its literal
    /// names.
    #[must_use]
    pub fn mocked_variable(&self, builtin: Builtin, args: &[&Expr<'_>]) -> Option<VarId> {
        if !matches!(builtin, Builtin::MockFunction | Builtin::UnmockFunction) {
            return None;
        }
        let Expr { kind: ExprKind::String(_), id, .. } = args.first()? else { return None };
        if let NameRef::Var(var) = self.name(*id) { Some(var) } else { None }
    }
}

impl<'a> Resolver<'a, '_> {
    /// The arguments of a call whose callee is resolved.
    pub(super) fn arguments(&mut self, callee: &'a Expr<'a>, args: &'a [&'a Expr<'a>]) {
        match self.out.names.get(callee.id.index()) {
            Some(Some(NameRef::Builtin(Builtin::Try))) => self.protected_argument(args),
            Some(Some(NameRef::Builtin(Builtin::MockFunction | Builtin::UnmockFunction))) => {
                self.exprs(args);
                self.mocked_name(args);
            }
            _ => self.exprs(args),
        }
    }

    /// `Try` evaluates its first argument as a `try` block runs its body.
    fn protected_argument(&mut self, args: &'a [&'a Expr<'a>]) {
        let Some((first, rest)) = args.split_first() else { return };
        let outer = self.context.try_region;
        self.enter_region();
        self.expr(first);
        self.context.try_region = outer;
        self.exprs(rest);
    }

    /// The call assigns the variable that its literal names, or else replaces that builtin.
    fn mocked_name(&mut self, args: &'a [&'a Expr<'a>]) {
        let Some(name) = args.first() else { return };
        let ExprKind::String(text) = name.kind else {
            self.out.mocks.any = true;
            return;
        };
        let symbol = self.interner.lookup(text);
        if let Some(var) = symbol.and_then(|symbol| self.variable(symbol, name.span, false)) {
            self.store(var, false, name.span);
            self.state_mut(var).read = true;
            self.set_name(name.id, NameRef::Var(var));
        } else if let Some(builtin) = Builtin::lookup(text) {
            self.out.mocks.named.insert(builtin);
        }
    }

    /// As a value, `MockFunction` can be called with any name.
    pub(super) fn note_mocking_value(&mut self, found: NameRef, is_call: bool) {
        self.out.mocks.any |= !is_call && matches!(found, NameRef::Builtin(Builtin::MockFunction));
    }
}
