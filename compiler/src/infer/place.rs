//! Stores: what reaches the places that assignments write.

use hyp_grammar::ast::{Expr, ExprKind};

use super::graph::{Graph, Node, Operation};
use super::walk::Walk;
use crate::resolve::NameRef;

impl<'a> Walk<'a, '_> {
    /// `target = value`; the parts of the target are walked.
    pub(super) fn store(&mut self, target: &'a Expr<'a>, from: Node) {
        match target.kind {
            ExprKind::Paren(inner) => self.store(inner, from),
            ExprKind::Name(name) => {
                let place = match self.res.name(target.id) {
                    NameRef::Var(var) => self.var(var),
                    NameRef::SiblingMember { session, .. } => {
                        self.members.field(session, name).unwrap_or(Graph::ANY)
                    }
                    _ => Graph::ANY,
                };
                self.graph.flow(from, place);
            }
            ExprKind::Member { .. } if self.res.qualified(target).is_some() => {
                let NameRef::Var(var) = self.res.name(target.id) else { return };
                self.graph.flow(from, self.var(var));
            }
            ExprKind::Member { object, name, .. } => {
                if let Some(ty) = self.session_name(object) {
                    let place = self.members.field(ty, name.name).unwrap_or(Graph::ANY);
                    return self.graph.flow(from, place);
                }
                let of = self.expr(object);
                let store = Operation::SetMember { of, name: name.name, from };
                self.graph.operation(store, &mut self.members);
            }
            ExprKind::Index { object, index, .. } => {
                let of = self.expr(object);
                self.expr(index);
                let store = Operation::SetElement { of, from };
                self.graph.operation(store, &mut self.members);
            }
            _ => {
                self.expr(target);
                self.graph.flow(from, Graph::ANY);
            }
        }
    }
}
