//! Calls: known functions, methods, constructors, builtins, and anything else.

use hyp_bytecode::builtin::Builtin;
use hyp_bytecode::module::{ErrorKind, FuncId};
use hyp_bytecode::op::Op;
use hyp_bytecode::rep::Rep;
use hyp_grammar::ast::{Expr, ExprKind};
use hyp_grammar::intern::Symbol;
use hyp_ssa::ir::Value;

use super::function::FnLower;
use super::pos_of;
use crate::resolve::{NameRef, VarId, VarKind};
use crate::types::TypeIdx;

impl<'a> FnLower<'_, '_, 'a> {
    pub(super) fn call(
        &mut self,
        callee: &'a Expr<'a>,
        args: &'a [&'a Expr<'a>],
        optional: bool,
        expr: &'a Expr<'a>,
    ) -> Value {
        if optional {
            let callee = self.link_object(callee);
            self.skip_if_null(callee);
            return self.call_value(callee, args, expr);
        }
        match callee.kind {
            ExprKind::Member { name, .. } if self.m.res.qualified(callee).is_some() => {
                self.named_call(callee, name.name, args, expr)
            }
            ExprKind::Member { object, name, optional } => {
                self.method_call(object, name.name, optional, args, expr)
            }
            ExprKind::Name(symbol) => self.named_call(callee, symbol, args, expr),
            _ => {
                let callee = self.link_object(callee);
                self.call_value(callee, args, expr)
            }
        }
    }

    fn arguments(&mut self, args: &'a [&'a Expr<'a>]) -> Vec<Value> {
        args.iter().map(|e| self.expr(e)).collect()
    }

    fn call_value(&mut self, callee: Value, args: &'a [&'a Expr<'a>], expr: &'a Expr<'a>) -> Value {
        let mut operands = vec![callee];
        operands.extend(self.arguments(args));
        self.b.set_pos(pos_of(expr.span.start));
        self.b.op(Op::CallValue, &operands, &[])
    }

    fn named_call(
        &mut self,
        callee: &'a Expr<'a>,
        symbol: Symbol,
        args: &'a [&'a Expr<'a>],
        expr: &'a Expr<'a>,
    ) -> Value {
        match self.m.res.name(callee.id) {
            NameRef::Var(var) => {
                if let Some(f) = self.m.direct_function(var) {
                    let values = self.arguments(args);
                    self.b.set_pos(pos_of(expr.span.start));
                    let number = self.m.call_number(f, callee.id);
                    return self.call_function(number, None, values);
                }
                if let VarKind::Session(t) = self.m.res.var(var).kind
                    && self.m.is_constant_function(var)
                {
                    let values = self.arguments(args);
                    self.b.set_pos(pos_of(expr.span.start));
                    return self.construct(t, values);
                }
                let callee = self.expr(callee);
                self.call_value(callee, args, expr)
            }
            NameRef::RecordType(t) => {
                let values = self.arguments(args);
                self.b.set_pos(pos_of(expr.span.start));
                self.construct(t, values)
            }
            NameRef::Builtin(builtin) => self.builtin_call(builtin, callee, args, expr),
            NameRef::SiblingMember { session, is_static: true } => {
                let values = self.arguments(args);
                self.b.set_pos(pos_of(expr.span.start));
                self.static_call(session, symbol, values)
            }
            NameRef::SiblingMember { session, is_static: false } => {
                let receiver = self.receiver();
                let values = self.arguments(args);
                self.b.set_pos(pos_of(expr.span.start));
                self.own_method(session, receiver, symbol, values)
            }
            NameRef::Constant(_) | NameRef::Unresolved => {
                let callee = self.expr(callee);
                self.call_value(callee, args, expr)
            }
        }
    }

    fn builtin_call(
        &mut self,
        builtin: Builtin,
        callee: &'a Expr<'a>,
        args: &'a [&'a Expr<'a>],
        expr: &'a Expr<'a>,
    ) -> Value {
        match builtin {
            Builtin::Try if !args.is_empty() => return self.try_expression(args),
            _ if self.m.res.mocks.may_replace(builtin) => {
                // The machine looks for a replacement where a value is called.
                let callee = self.expr(callee);
                return self.call_value(callee, args, expr);
            }
            _ => {
                if let Some(var) = self.m.res.mocked_variable(builtin, args) {
                    return self.mock(builtin, var, args, expr);
                }
            }
        }
        let values = self.arguments(args);
        self.b.set_pos(pos_of(expr.span.start));
        self.builtin(builtin, &values)
    }

    /// `MockFunction` or `UnmockFunction` with the name of a variable, which is assigned.
    fn mock(
        &mut self,
        builtin: Builtin,
        var: VarId,
        args: &'a [&'a Expr<'a>],
        expr: &'a Expr<'a>,
    ) -> Value {
        let mut values = self.arguments(args);
        values.truncate(builtin.spec().params.len());
        self.b.set_pos(pos_of(expr.span.start));
        values.push(self.read(var));
        let value = self.call_builtin(builtin, &values);
        self.assign_variable(var, value);
        self.b.null()
    }

    fn method_call(
        &mut self,
        object: &'a Expr<'a>,
        name: Symbol,
        optional: bool,
        args: &'a [&'a Expr<'a>],
        expr: &'a Expr<'a>,
    ) -> Value {
        if let Some(session) = self.session_name(object) {
            let values = self.arguments(args);
            self.b.set_pos(pos_of(expr.span.start));
            return self.static_call(session, name, values);
        }
        let receiver = self.link_object(object);
        if optional {
            self.skip_if_null(receiver);
        }
        if !args.iter().all(|arg| is_simple(arg)) {
            self.b.set_pos(pos_of(expr.span.start));
            self.require_receiver(receiver, name);
        }
        let values = self.arguments(args);
        self.b.set_pos(pos_of(expr.span.start));
        if matches!(object.kind, ExprKind::This)
            && let Some(t) = self.known_type(receiver)
        {
            return self.own_method(t, receiver, name, values);
        }
        self.dynamic_method(receiver, name, values)
    }

    /// The receiver comes before the arguments: if it is null, they are not evaluated.
    fn require_receiver(&mut self, receiver: Value, name: Symbol) {
        let is_null = self.b.op(Op::IsNull, &[receiver], &[]);
        let (fail, pass) = (self.b.new_block(), self.b.new_block());
        self.b.branch(is_null, (fail, &[]), (pass, &[]));
        self.b.seal(fail);
        self.b.seal(pass);
        self.b.switch_to(fail);
        let name = self.m.interner.resolve(name);
        let message = format!("Cannot access member '{name}' on value 'null'");
        self.raise(ErrorKind::Runtime, &message);
        self.b.switch_to(pass);
    }

    fn dynamic_method(&mut self, receiver: Value, name: Symbol, args: Vec<Value>) -> Value {
        let mut operands = vec![receiver];
        operands.extend(args);
        let id = self.m.sym(name);
        let site = self.m.site();
        self.b.op(Op::CallMethod, &operands, &[u64::from(id.0), site])
    }

    /// A method of the running method's own receiver, which is never null.
    fn own_method(&mut self, t: TypeIdx, receiver: Value, name: Symbol, args: Vec<Value>) -> Value {
        let info = &self.m.type_infos[t.0 as usize];
        let method = info.methods.iter().find(|m| m.name == name && !m.is_static).copied();
        match method {
            Some(method) if self.known_type(receiver) == Some(t) => {
                self.call_function(method.func, Some(receiver), args)
            }
            _ => self.dynamic_method(receiver, name, args),
        }
    }

    fn static_call(&mut self, session: TypeIdx, name: Symbol, args: Vec<Value>) -> Value {
        let info = &self.m.type_infos[session.0 as usize];
        let method = info.methods.iter().find(|m| m.name == name && m.is_static).copied();
        match method {
            Some(method) if self.may_access(session, method.is_private) => {
                self.call_function(method.func, None, args)
            }
            _ => {
                let object = self.session_value(session);
                self.dynamic_method(object, name, args)
            }
        }
    }

    /// `S(args)`.
    fn construct(&mut self, t: TypeIdx, args: Vec<Value>) -> Value {
        let info = &self.m.type_infos[t.0 as usize];
        let name = self.m.interner.resolve(info.name).to_owned();
        let Some(func) = info.constructor else {
            return self.raise_value(ErrorKind::Runtime, "Value is not callable");
        };
        let is_declared = info.constructor_node.is_some();
        let sig = &self.m.signatures[func.0 as usize];
        let (required, total, given) = (sig.n_required, sig.params.len(), args.len());
        if given < required || given > total {
            let message = if is_declared {
                let expected = if given < required { required } else { total };
                format!(
                    "Constructor for session '{name}' expects {expected} arguments, received {given}"
                )
            } else {
                format!(
                    "Session '{name}' does not define a constructor but arguments were provided"
                )
            };
            return self.raise_value(ErrorKind::Runtime, &message);
        }
        self.call_function(func, None, args)
    }

    /// A direct call; arity mistakes raise here, arguments are checked against the parameters.
    pub(super) fn call_function(
        &mut self,
        func: FuncId,
        receiver: Option<Value>,
        args: Vec<Value>,
    ) -> Value {
        let sig = self.m.signatures[func.0 as usize].clone();
        if sig.has_captures {
            // Methods never capture, and closures are called as values.
            return self.raise_value(ErrorKind::Runtime, "Value is not callable");
        }
        let first = usize::from(sig.has_receiver);
        let total = sig.params.len() - first;
        let required = sig.n_required.saturating_sub(first);
        let given = args.len();
        if given < required || given > total {
            let expected = if given < required { required } else { total };
            let message = format!("Expected {expected} arguments, received {given}");
            return self.raise_value(ErrorKind::Runtime, &message);
        }
        let mut operands = Vec::with_capacity(sig.params.len());
        if sig.has_receiver {
            let receiver = receiver.unwrap_or_else(|| self.b.null());
            operands.push(self.fit(receiver, sig.params[0]));
        }
        for (i, arg) in args.into_iter().enumerate() {
            let at = first + i;
            let arg = if sig.params[at] == Rep::Any {
                arg
            } else {
                let arg = self.coerce_argument(arg, &sig, at);
                self.fit(arg, sig.params[at])
            };
            operands.push(arg);
        }
        while operands.len() < sig.params.len() {
            operands.push(self.missing());
        }
        self.b.op_rep(Op::Call, &operands, &[u64::from(func.0)], sig.result)
    }

    pub(super) fn builtin_by_name(&mut self, name: &str, args: &[Value]) -> Value {
        match Builtin::lookup(name) {
            Some(builtin) => self.call_builtin(builtin, args),
            None => self.raise_value(ErrorKind::Undefined, &format!("Variable '{name}' not found")),
        }
    }

    fn call_builtin(&mut self, builtin: Builtin, args: &[Value]) -> Value {
        self.b.op(Op::CallBuiltin, args, &[u64::from(builtin as u16)])
    }

    /// A builtin call, as machine instructions where there are some.
    fn builtin(&mut self, builtin: Builtin, args: &[Value]) -> Value {
        if let Some(result) = self.expanded(builtin, args) {
            return result;
        }
        let all_numbers = args.iter().all(|v| self.b.rep(*v) == Rep::F64);
        match (builtin.spec().name, args) {
            // What is no number gets the builtin's own error.
            ("Sqrt", &[x]) if all_numbers => self.b.op(Op::SqrtF64, &[x], &[]),
            ("Abs", &[x]) if all_numbers => self.b.op(Op::AbsF64, &[x], &[]),
            ("Floor", &[x]) if all_numbers => self.b.op(Op::FloorF64, &[x], &[]),
            ("Ceil", &[x]) if all_numbers => self.b.op(Op::CeilF64, &[x], &[]),
            ("Trunc", &[x]) if all_numbers => self.b.op(Op::TruncF64, &[x], &[]),
            ("Min", &[a, b]) if all_numbers => self.b.op(Op::MinF64, &[a, b], &[]),
            ("Max", &[a, b]) if all_numbers => self.b.op(Op::MaxF64, &[a, b], &[]),
            ("Pow", &[a, b]) if all_numbers => self.b.op(Op::PowF64, &[a, b], &[]),
            ("Mod", &[a, b]) if all_numbers => self.b.op(Op::ModF64, &[a, b], &[]),
            ("Length", &[x, ..]) => self.b.op(Op::Length, &[x], &[]),
            ("ArrayPush", &[array, value, ..]) => self.b.op(Op::ArrayPush, &[array, value], &[]),
            _ => self.call_builtin(builtin, args),
        }
    }
}

/// Whether evaluating an argument has no effect that anyone could notice.
fn is_simple(expr: &Expr<'_>) -> bool {
    match expr.kind {
        ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Bool(_)
        | ExprKind::Null
        | ExprKind::This
        | ExprKind::Name(_)
        | ExprKind::Function(_) => true,
        ExprKind::Paren(inner) => is_simple(inner),
        ExprKind::Unary { operand, .. } => is_simple(operand),
        ExprKind::Binary { .. } => {
            let chain = expr.chain();
            is_simple(chain.first) && chain.links.iter().all(|link| is_simple(link.right))
        }
        ExprKind::Member { object, .. } => is_simple(object),
        ExprKind::Index { object, index, .. } => is_simple(object) && is_simple(index),
        ExprKind::Array(items) => items.iter().all(|item| is_simple(item)),
        _ => false,
    }
}
