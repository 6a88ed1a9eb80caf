//! Expressions: the node that stands for the value.

use hyp_grammar::ast::{
    self, ArmBody, Entrain, Expr, ExprKind, FieldInit, FieldKey, Stmt, StmtKind, TemplatePart,
};
use hyp_grammar::operator::{AssignOp, BinaryOp, UnaryOp};

use super::graph::{Graph, Kinds, Node, Operation};
use super::walk::{Awaken, Walk};
use crate::resolve::{NameRef, VarId, VarKind};

impl<'a> Walk<'a, '_> {
    pub(super) fn expr(&mut self, expr: &'a Expr<'a>) -> Node {
        match &expr.kind {
            ExprKind::Error | ExprKind::Null => self.graph.constant(Kinds::NULL),
            ExprKind::Number(_) => self.graph.constant(Kinds::NUMBER),
            ExprKind::String(_) => self.graph.constant(Kinds::STRING),
            ExprKind::Bool(_) => self.graph.constant(Kinds::BOOLEAN),
            ExprKind::This | ExprKind::Name(_) => self.name(expr),
            ExprKind::Template(template) => {
                for part in template.parts {
                    if let TemplatePart::Hole(hole) = part {
                        self.expr(hole);
                    }
                }
                self.graph.constant(Kinds::STRING)
            }
            ExprKind::Array(items) => self.array(items),
            ExprKind::Object(fields) => {
                self.literal_fields(fields);
                self.graph.constant(Kinds::OBJECT)
            }
            ExprKind::Record(literal) => {
                self.literal_fields(literal.fields);
                let ty = self.res.type_named(literal.namespace, literal.name);
                ty.map_or(Graph::ANY, |ty| self.instance(ty))
            }
            ExprKind::Function(node) => {
                self.function(node);
                self.function_value(node.id)
            }
            ExprKind::Entrain(entrain) => self.entrain_value(entrain),
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Unary { op, operand } => {
                let operand = self.expr(operand);
                match op {
                    UnaryOp::Not => self.graph.constant(Kinds::BOOLEAN),
                    UnaryOp::Neg | UnaryOp::Plus | UnaryOp::BitNot => {
                        self.graph.constant(Kinds::NUMBER)
                    }
                    UnaryOp::Await => {
                        self.graph.flow(operand, Graph::ANY);
                        Graph::ANY
                    }
                }
            }
            ExprKind::Binary { .. } => {
                let chain = expr.chain();
                let first = self.expr(chain.first);
                chain.links.iter().fold(first, |a, link| self.binary(link.op, a, link.right))
            }
            ExprKind::Range { from, to, step, .. } => {
                self.expr(from);
                self.expr(to);
                self.opt_expr(*step);
                self.fresh_array(Kinds::NUMBER)
            }
            ExprKind::Assign { op, target, value } => self.assign(*op, target, value),
            ExprKind::Conditional { cond, then, otherwise, .. } => {
                self.expr(cond);
                let then = self.expr(then);
                let otherwise = self.expr(otherwise);
                self.either(then, otherwise)
            }
            ExprKind::Call { .. } | ExprKind::Member { .. } | ExprKind::Index { .. } => {
                self.chain(expr).0
            }
            ExprKind::With { base, fields } => self.with(base, fields),
        }
    }

    /// A new array whose elements are of these kinds.
    pub(super) fn fresh_array(&mut self, kinds: Kinds) -> Node {
        let (array, elements) = self.graph.array();
        self.graph.add_kinds(elements, kinds);
        array
    }

    fn either(&mut self, a: Node, b: Node) -> Node {
        if a == b {
            return a;
        }
        let node = self.graph.place();
        self.graph.flow(a, node);
        self.graph.flow(b, node);
        node
    }

    fn array(&mut self, items: &'a [&'a Expr<'a>]) -> Node {
        let (array, elements) = self.graph.array();
        for item in items {
            let value = self.expr(item);
            self.graph.flow(value, elements);
        }
        array
    }

    /// What is put into objects and records is not followed.
    fn literal_fields(&mut self, fields: &'a [FieldInit<'a>]) {
        for field in fields {
            let value = match field {
                FieldInit::Field { key, value, .. } => {
                    if let FieldKey::Computed(key) = key {
                        self.expr(key);
                    }
                    self.expr(value)
                }
                FieldInit::Spread { value, .. } => self.expr(value),
            };
            self.graph.flow(value, Graph::ANY);
        }
    }

    fn with(&mut self, base: &'a Expr<'a>, fields: &'a [FieldInit<'a>]) -> Node {
        let base = self.expr(base);
        for field in fields {
            if let FieldInit::Field { key: FieldKey::Name(name), value, .. } = field {
                let from = self.expr(value);
                let store = Operation::SetMember { of: base, name: name.name, from };
                self.graph.operation(store, &mut self.members);
            } else {
                self.literal_fields(std::slice::from_ref(field));
            }
        }
        base
    }

    // ---- names

    fn name(&mut self, expr: &'a Expr<'a>) -> Node {
        match self.res.name(expr.id) {
            NameRef::Var(var) => self.read(var),
            NameRef::Constant(_) => self.graph.constant(Kinds::NUMBER),
            NameRef::RecordType(ty) => self.session_value(ty),
            NameRef::SiblingMember { session, .. } => {
                let ExprKind::Name(symbol) = expr.kind else { return Graph::ANY };
                self.members.value(&mut self.graph, session, symbol).unwrap_or(Graph::ANY)
            }
            NameRef::Builtin(_) | NameRef::Unresolved => Graph::ANY,
        }
    }

    /// The function or session that a name always means.
    pub(super) fn constant_name(&self, var: VarId) -> Option<VarKind> {
        let info = self.res.var(var);
        let is_constant = matches!(info.kind, VarKind::Function(_) | VarKind::Session(_));
        (is_constant && !info.is_reassigned).then_some(info.kind)
    }

    fn read(&mut self, var: VarId) -> Node {
        match self.constant_name(var) {
            Some(VarKind::Function(function)) => self.function_value(function),
            Some(VarKind::Session(ty)) => self.session_value(ty),
            _ => self.var(var),
        }
    }

    // ---- operators

    fn binary(&mut self, op: BinaryOp, a: Node, right: &'a Expr<'a>) -> Node {
        let b = self.expr(right);
        match op {
            BinaryOp::And | BinaryOp::Or => self.either(a, b),
            BinaryOp::Coalesce => self.coalesce(a, b),
            BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::Lt
            | BinaryOp::Le
            | BinaryOp::Gt
            | BinaryOp::Ge => self.graph.constant(Kinds::BOOLEAN),
            _ => self.arithmetic(op, a, b),
        }
    }

    fn coalesce(&mut self, a: Node, b: Node) -> Node {
        let node = self.graph.place();
        self.graph.filter(a, node, Kinds::ALL.without(Kinds::NULL));
        self.graph.flow(b, node);
        node
    }

    /// The result of `+ - * / % ^` and the bit operators.
    pub(super) fn arithmetic(&mut self, op: BinaryOp, a: Node, b: Node) -> Node {
        let is_number = |node| self.graph.is_fixed(node) && self.graph.kinds(node) == Kinds::NUMBER;
        match op {
            BinaryOp::Add | BinaryOp::Pow if is_number(a) && is_number(b) => a,
            BinaryOp::Add => {
                let to = self.graph.place();
                self.graph.operation(Operation::Add { a, b, to }, &mut self.members);
                to
            }
            BinaryOp::Pow => {
                let to = self.graph.place();
                self.graph.operation(Operation::Power { a, b, to }, &mut self.members);
                to
            }
            _ => self.graph.constant(Kinds::NUMBER),
        }
    }

    fn assign(&mut self, op: AssignOp, target: &'a Expr<'a>, value: &'a Expr<'a>) -> Node {
        let AssignOp::Compound(op) = op else {
            let value = self.expr(value);
            self.store(target, value);
            return value;
        };
        let old = self.expr(target);
        let value = self.expr(value);
        if op == BinaryOp::Coalesce {
            self.store(target, value);
            return self.coalesce(old, value);
        }
        let new = self.arithmetic(op, old, value);
        self.store(target, new);
        new
    }

    // ---- entrain

    fn entrain_value(&mut self, entrain: &'a Entrain<'a>) -> Node {
        let result = self.graph.place();
        let outer = std::mem::replace(&mut self.awaken, Awaken::Yields(result));
        self.arms(entrain, Some(result));
        self.awaken = outer;
        result
    }

    /// Whether control surely never reaches the end of the statement.
    pub(super) fn entrain_statement(&mut self, entrain: &'a Entrain<'a>) -> bool {
        self.arms(entrain, None)
    }

    /// Without a matching arm there is an error, so the arms are all the ways through.
    fn arms(&mut self, entrain: &'a Entrain<'a>, result: Option<Node>) -> bool {
        let subject = self.expr(entrain.subject);
        let mut ends = true;
        for arm in entrain.arms {
            self.pattern(arm.pattern, subject);
            self.opt_expr(arm.guard);
            ends &= self.arm(&arm.body, result);
        }
        if let Some(otherwise) = &entrain.otherwise {
            ends &= self.arm(&otherwise.body, result);
        }
        ends
    }

    fn arm(&mut self, body: &'a ArmBody<'a>, result: Option<Node>) -> bool {
        match body {
            ArmBody::Expr(value) => {
                let value = self.expr(value);
                if let Some(result) = result {
                    self.graph.flow(value, result);
                }
                false
            }
            ArmBody::Awaken { value, .. } => {
                self.awakened(*value);
                true
            }
            ArmBody::Block(block) => self.arm_block(block.stmts, result),
        }
    }

    /// The value of an arm's block is that of its last statement, if that is an expression.
    fn arm_block(&mut self, stmts: &'a [Stmt<'a>], result: Option<Node>) -> bool {
        let last = stmts.split_last().filter(|(last, _)| matches!(last.kind, StmtKind::Expr(_)));
        let (Some((last, rest)), Some(result)) = (last, result) else {
            if let Some(result) = result {
                self.graph.add_kinds(result, Kinds::NULL);
            }
            return self.stmts(stmts);
        };
        let ends = self.stmts(rest);
        if let Some(inner) = last.statement_entrain() {
            return self.arms(inner, Some(result)) | ends;
        }
        if let StmtKind::Expr(value) = last.kind {
            let value = self.expr(value);
            self.graph.flow(value, result);
        }
        ends
    }

    // ---- chains

    /// A call, member or index, and whether `?.` may have cut the chain short.
    pub(super) fn chain(&mut self, expr: &'a Expr<'a>) -> (Node, bool) {
        let (node, skips) = match expr.kind {
            _ if self.res.qualified(expr).is_some() => return (self.name(expr), false),
            ExprKind::Call { callee, args, optional } => {
                let (node, skips) = self.call(callee, args);
                (node, skips || optional)
            }
            ExprKind::Member { object, name, optional } => {
                if let Some(ty) = self.session_name(object) {
                    let value = self.members.value(&mut self.graph, ty, name.name);
                    return (value.unwrap_or(Graph::ANY), false);
                }
                let (of, skips) = self.link_object(object);
                let to = self.graph.place();
                let read = Operation::Member { of, name: name.name, to };
                self.graph.operation(read, &mut self.members);
                (to, skips || optional)
            }
            ExprKind::Index { object, index, optional } => {
                let (of, skips) = self.link_object(object);
                self.expr(index);
                let to = self.graph.place();
                self.graph.operation(Operation::Element { of, to }, &mut self.members);
                if !optional {
                    self.elements.push((self.clone, expr.id, to));
                }
                (to, skips || optional)
            }
            _ => return (self.expr(expr), false),
        };
        if !skips {
            return (node, false);
        }
        let null = self.graph.constant(Kinds::NULL);
        (self.either(node, null), true)
    }

    /// The object of a link, which belongs to the same chain if it is a link itself.
    pub(super) fn link_object(&mut self, object: &'a Expr<'a>) -> (Node, bool) {
        match object.kind {
            ExprKind::Call { .. } | ExprKind::Member { .. } | ExprKind::Index { .. } => {
                self.chain(object)
            }
            _ => (self.expr(object), false),
        }
    }

    /// The session that an expression names for good.
    pub(super) fn session_name(&self, expr: &ast::Expr<'a>) -> Option<crate::types::TypeIdx> {
        if !matches!(expr.kind, ExprKind::Name(_)) && self.res.qualified(expr).is_none() {
            return None;
        }
        let NameRef::Var(var) = self.res.name(expr.id) else { return None };
        match self.constant_name(var) {
            Some(VarKind::Session(ty)) => Some(ty),
            _ => None,
        }
    }
}
