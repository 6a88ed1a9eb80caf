//! Calls.

use hyp_grammar::ast::{Expr, ExprKind};
use hyp_grammar::span::{ExprId, FuncId};

use super::clones::Site;
use super::graph::{Graph, Node, Operation};
use super::walk::Walk;
use crate::resolve::{NameRef, VarKind};

impl<'a> Walk<'a, '_> {
    /// A call, and whether `?.` in the callee may have cut the chain short.
    pub(super) fn call(&mut self, callee: &'a Expr<'a>, args: &'a [&'a Expr<'a>]) -> (Node, bool) {
        match callee.kind {
            _ if self.res.qualified(callee).is_some() => (self.named_call(callee, args), false),
            ExprKind::Member { object, name, optional } => {
                if let Some(ty) = self.session_name(object) {
                    let of = self.members.value(&mut self.graph, ty, name.name);
                    let args = self.arguments(args);
                    return (self.call_value(of.unwrap_or(Graph::ANY), args), false);
                }
                let (of, skips) = self.link_object(object);
                let args = self.arguments(args);
                let to = self.graph.place();
                let call = Operation::Method { of, name: name.name, args, to };
                self.graph.operation(call, &mut self.members);
                (to, skips || optional)
            }
            ExprKind::Name(_) => (self.named_call(callee, args), false),
            _ => {
                let (of, skips) = self.link_object(callee);
                let args = self.arguments(args);
                (self.call_value(of, args), skips)
            }
        }
    }

    fn arguments(&mut self, args: &'a [&'a Expr<'a>]) -> Box<[Node]> {
        args.iter().map(|arg| self.expr(arg)).collect()
    }

    pub(super) fn call_value(&mut self, of: Node, args: Box<[Node]>) -> Node {
        let to = self.graph.place();
        self.graph.operation(Operation::Call { of, args, to }, &mut self.members);
        to
    }

    fn named_call(&mut self, callee: &'a Expr<'a>, args: &'a [&'a Expr<'a>]) -> Node {
        match self.res.name(callee.id) {
            NameRef::Var(var) => match self.constant_name(var) {
                Some(VarKind::Function(function)) => self.call_function(function, callee.id, args),
                Some(VarKind::Session(ty)) => self.construct(ty, args),
                _ => {
                    let of = self.var(var);
                    let args = self.arguments(args);
                    self.call_value(of, args)
                }
            },
            NameRef::RecordType(ty) => self.construct(ty, args),
            NameRef::Builtin(builtin) => {
                let nodes = self.arguments(args);
                if let Some(mocked) = self.res.mocked_variable(builtin, args) {
                    let mocked = self.var(mocked);
                    self.graph.flow(Graph::ANY, mocked);
                    self.graph.flow(mocked, Graph::ANY);
                }
                if self.res.mocks.may_replace(builtin) {
                    return self.call_value(Graph::ANY, nodes);
                }
                self.builtin(builtin, &nodes)
            }
            NameRef::SiblingMember { session, .. } => {
                let ExprKind::Name(name) = callee.kind else { return Graph::ANY };
                let signature = self.members.method(session, name).cloned();
                if let Some(signature) = signature {
                    self.pass(args, &signature.params);
                    return signature.result.unwrap_or(Graph::ANY);
                }
                let of = self.members.value(&mut self.graph, session, name);
                let args = self.arguments(args);
                self.call_value(of.unwrap_or(Graph::ANY), args)
            }
            NameRef::Constant(_) | NameRef::Unresolved => {
                let args = self.arguments(args);
                self.call_value(Graph::ANY, args)
            }
        }
    }

    /// A call of a function by its name, of the clone that is for this call.
    fn call_function(&mut self, function: FuncId, call: ExprId, args: &'a [&'a Expr<'a>]) -> Node {
        let target = self.target(function, call);
        if !self.can_clone(function) {
            let signature = self.signature(function);
            self.pass(args, &signature.params);
            return signature.result.unwrap_or(Graph::ANY);
        }
        let signature = self.signature_in(target, function);
        let is_hot = self.is_hot();
        let args = self.arguments(args);
        for (&arg, &param) in args.iter().zip(&signature.params) {
            self.graph.flow(arg, param);
        }
        if self.root != Some(function) {
            let (caller, root, callee) = (self.clone, self.root, function);
            self.sites.push(Site { caller, root, call, callee, target, args, is_hot });
        }
        signature.result.unwrap_or(Graph::ANY)
    }

    /// Arguments reach parameters; those too many are an error when they are passed.
    fn pass(&mut self, args: &'a [&'a Expr<'a>], params: &[Node]) {
        for (i, arg) in args.iter().enumerate() {
            let value = self.expr(arg);
            if let Some(&param) = params.get(i) {
                self.graph.flow(value, param);
            }
        }
    }

    fn construct(&mut self, ty: crate::types::TypeIdx, args: &'a [&'a Expr<'a>]) -> Node {
        let signature = self.constructor_of(ty).map(|f| self.signature(f)).unwrap_or_default();
        self.pass(args, &signature.params);
        self.instance(ty)
    }
}
