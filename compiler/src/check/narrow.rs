//! Flow narrowing: what a test has shown of a variable, where it has shown it.
//!
//! A narrowed type holds until the variable is assigned or the region of the test ends. Loops and
//! functions start without the narrowed types of variables that are assigned somewhere, because the
//! assignment may come first.

use super::Checker;
use super::relation::non_null;
use crate::resolve::{NameRef, Storage, VarId};
use crate::types::Ty;
use hyp_grammar::ast::{Chain, Expr, ExprKind};
use hyp_grammar::operator::{BinaryOp, UnaryOp};
use std::rc::Rc;

/// A change of a narrowed type, to be undone at the end of its region.
struct Change {
    var: VarId,
    before: Option<Ty>,
    /// The variable was assigned: what was known before is lost beyond the region as well.
    is_lost: bool,
}

/// The narrowed types at the current point.
#[derive(Default)]
pub(super) struct Narrowing {
    /// By `VarId`.
    types: Vec<Option<Ty>>,
    trail: Vec<Change>,
    /// Narrowed variables that are assigned somewhere.
    assigned: Vec<VarId>,
}

impl Narrowing {
    pub(super) fn new(n_vars: usize) -> Self {
        Self { types: vec![None; n_vars], ..Self::default() }
    }

    fn get(&self, var: VarId) -> Option<&Ty> {
        self.types.get(var.0 as usize)?.as_ref()
    }

    fn set(&mut self, var: VarId, ty: Option<Ty>, is_lost: bool) {
        let Some(slot) = self.types.get_mut(var.0 as usize) else { return };
        let before = std::mem::replace(slot, ty);
        self.trail.push(Change { var, before, is_lost });
    }
}

/// The start of a region.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize);

impl<'a> Checker<'a, '_> {
    /// The type of a variable that is read here.
    pub(super) fn narrowed_type(&self, var: VarId) -> Ty {
        self.narrowing.get(var).cloned().unwrap_or_else(|| self.var_type(var))
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(self.narrowing.trail.len())
    }

    /// Ends a region: what tests inside have shown holds no longer.
    pub(super) fn forget_since(&mut self, mark: Mark) {
        let mut lost = Vec::new();
        while self.narrowing.trail.len() > mark.0 {
            let Some(change) = self.narrowing.trail.pop() else { break };
            if change.is_lost {
                lost.push(change.var);
            }
            if change.before.is_some() && self.resolution.var(change.var).is_reassigned {
                self.narrowing.assigned.push(change.var);
            }
            if let Some(slot) = self.narrowing.types.get_mut(change.var.0 as usize) {
                *slot = change.before;
            }
        }
        for var in lost {
            if self.narrowing.get(var).is_some() {
                self.narrowing.set(var, None, true);
            }
        }
    }

    /// Forgets what is known of variables that are assigned somewhere.
    pub(super) fn forget_assigned(&mut self) {
        for var in std::mem::take(&mut self.narrowing.assigned) {
            if self.narrowing.get(var).is_some() {
                self.narrowing.set(var, None, false);
            }
        }
    }

    /// A variable got a value of this type.
    pub(super) fn assigned(&mut self, var: VarId, value: &Ty) {
        if self.narrowing.get(var).is_some() {
            self.narrowing.set(var, None, true);
        }
        let declared = self.var_type(var);
        let fits = matches!(&declared, Ty::Nullable(inner) if **inner == *value)
            || matches!(&declared, Ty::Union(members) if members.contains(value));
        if fits && self.is_narrowable(var) {
            self.narrow(var, value.clone());
        }
    }

    fn narrow(&mut self, var: VarId, ty: Ty) {
        if self.narrowed_type(var) == ty {
            return;
        }
        self.narrowing.set(var, Some(ty), false);
        if self.resolution.var(var).is_reassigned {
            self.narrowing.assigned.push(var);
        }
    }

    /// Other functions cannot assign it in between.
    fn is_narrowable(&self, var: VarId) -> bool {
        let info = self.resolution.var(var);
        !info.is_reassigned || matches!(info.storage, Storage::Local | Storage::Slot)
    }

    /// The variable that an expression names, if tests of it are remembered.
    pub(super) fn narrowable(&self, expr: &Expr<'_>) -> Option<VarId> {
        match expr.kind {
            ExprKind::Paren(inner) => self.narrowable(inner),
            ExprKind::Name(_) => match self.resolution.name(expr.id) {
                NameRef::Var(var) if self.is_narrowable(var) => Some(var),
                _ => None,
            },
            _ => None,
        }
    }

    /// Narrows a variable, unless nothing would remain.
    pub(super) fn assume_type(&mut self, var: VarId, ty: Ty) {
        if ty != Ty::Unknown {
            self.narrow(var, ty);
        }
    }

    /// The condition has this outcome from here on.
    pub(super) fn assume(&mut self, cond: &'a Expr<'a>, outcome: bool) {
        match cond.kind {
            ExprKind::Paren(inner) => self.assume(inner, outcome),
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.assume(operand, !outcome),
            // All operands of a chain of `&&` are true, and all of a chain of `||` false.
            ExprKind::Binary { op, .. }
                if op == if outcome { BinaryOp::And } else { BinaryOp::Or } =>
            {
                let Chain { mut first, links } = cond.chain();
                let mut same = &links[..];
                if let Some(at) = links.iter().rposition(|link| link.op != op) {
                    (first, same) = (links[at].whole, &links[at + 1..]);
                }
                self.assume(first, outcome);
                same.iter().for_each(|link| self.assume(link.right, outcome));
            }
            ExprKind::Binary { op: BinaryOp::Eq, left, right } => {
                self.assume_equal(left, right, outcome);
            }
            ExprKind::Binary { op: BinaryOp::Ne, left, right } => {
                self.assume_equal(left, right, !outcome);
            }
            ExprKind::Call { callee, args: &[arg], optional: false } => {
                let Some(builtin) = self.named_builtin(callee) else { return };
                self.assume_kind(builtin.spec().name, arg, outcome);
            }
            ExprKind::Name(_) if outcome => self.assume_not_null(cond),
            _ => {}
        }
    }

    fn assume_equal(&mut self, left: &'a Expr<'a>, right: &'a Expr<'a>, outcome: bool) {
        let (value, other) = match (&left.kind, &right.kind) {
            (ExprKind::Null | ExprKind::String(_), _) => (right, left),
            _ => (left, right),
        };
        match other.kind {
            ExprKind::Null if !outcome => self.assume_not_null(value),
            ExprKind::String(kind) => {
                let ExprKind::Call { callee, args: &[arg], optional: false } = value.kind else {
                    return;
                };
                let name = self.named_builtin(callee).map_or("", |b| b.spec().name);
                if name == "TypeOf" {
                    let test = match kind {
                        "null" => "IsNull",
                        "number" => "IsNumber",
                        "string" => "IsString",
                        "boolean" => "IsBoolean",
                        "array" => "IsArray",
                        _ => return,
                    };
                    self.assume_kind(test, arg, outcome);
                }
            }
            _ => {}
        }
    }

    fn assume_not_null(&mut self, value: &Expr<'_>) {
        let Some(var) = self.narrowable(value) else { return };
        let ty = self.narrowed_type(var);
        let inner = non_null(&ty).clone();
        self.assume_type(var, inner);
    }

    /// The outcome of a builtin that tests the kind of its argument.
    fn assume_kind(&mut self, test: &str, arg: &'a Expr<'a>, outcome: bool) {
        let kind = match test {
            "IsNull" if outcome => return,
            "IsNull" => return self.assume_not_null(arg),
            "IsDefined" if outcome => return self.assume_not_null(arg),
            "IsNumber" => Ty::Number,
            "IsString" => Ty::String,
            "IsBoolean" => Ty::Boolean,
            "IsArray" => Ty::Array(Rc::new(Ty::Unknown)),
            _ => return,
        };
        let Some(var) = self.narrowable(arg) else { return };
        let ty = self.narrowed_type(var);
        let is_kind = |ty: &Ty| *ty == kind || matches!((ty, &kind), (Ty::Array(_), Ty::Array(_)));
        let narrowed = match (non_null(&ty), outcome) {
            (Ty::Unknown, true) => kind,
            (known, true) if is_kind(known) => known.clone(),
            (Ty::Union(members), true) => {
                let Some(found) = members.iter().find(|m| is_kind(m)) else { return };
                found.clone()
            }
            (Ty::Union(members), false) => {
                let rest = members.iter().filter(|m| !is_kind(m)).cloned().collect();
                let rest = super::annotation::union(rest);
                if matches!(ty, Ty::Nullable(_)) { super::annotation::nullable(rest) } else { rest }
            }
            _ => return,
        };
        self.assume_type(var, narrowed);
    }
}
