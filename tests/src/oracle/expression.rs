//! Expressions.

use std::rc::Rc;

use hyp_grammar::ast::{
    Arm, ArmBody, Entrain, Expr, ExprKind, FieldInit, FieldKey, Ident, Link, RecordLit, StmtKind,
    TemplatePart,
};
use hyp_grammar::intern::Symbol;
use hyp_grammar::operator::{AssignOp, BinaryOp, UnaryOp};
use hyp_grammar::span::Span;

use super::facts::Declared;
use super::machine::{Eval, Machine, Stop};
use super::scope::{Scope, Slot};
use super::value::{Dict, Key, Record, Value};

impl<'a> Machine<'_, 'a> {
    /// The value of an expression.
    pub(crate) fn eval(&mut self, expr: &'a Expr<'a>, scope: &Rc<Scope<'a>>) -> Eval<'a> {
        Ok(self.chain(expr, scope)?.unwrap_or(Value::Null))
    }

    /// The value of an expression, `None` where an optional link ends the chain.
    pub(crate) fn chain(
        &mut self,
        expr: &'a Expr<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Result<Option<Value<'a>>, Stop<'a>> {
        self.step()?;
        match expr.kind {
            ExprKind::Call { callee, args, optional } => {
                self.call_expression(callee, args, optional, expr.span, scope)
            }
            ExprKind::Member { object, name, optional } => {
                if let Some(slot) = self.exported(object, name, scope) {
                    let namespace = match object.kind {
                        ExprKind::Name(space) => Some(Ident { name: space, span: object.span }),
                        _ => None,
                    };
                    let value = match slot {
                        Some(slot) => slot.get(),
                        None => self.record_type(namespace, name),
                    };
                    return value.map(Some).ok_or_else(|| self.unknown(name.name, expr.span));
                }
                let Some(object) = self.chain(object, scope)? else { return Ok(None) };
                if optional && object.is_null() {
                    return Ok(None);
                }
                self.member(&object, name.name, expr.span, scope).map(Some)
            }
            ExprKind::Index { object, index, optional } => {
                let Some(object) = self.chain(object, scope)? else { return Ok(None) };
                if optional && object.is_null() {
                    return Ok(None);
                }
                let index = self.eval(index, scope)?;
                self.element(&object, &index, optional, expr.span).map(Some)
            }
            _ => self.simple(expr, scope).map(Some),
        }
    }

    fn simple(&mut self, expr: &'a Expr<'a>, scope: &Rc<Scope<'a>>) -> Eval<'a> {
        let span = expr.span;
        match expr.kind {
            ExprKind::Number(n) => Ok(Value::Number(n)),
            ExprKind::String(text) => Ok(Value::text(text)),
            ExprKind::Bool(b) => Ok(Value::Bool(b)),
            ExprKind::Null => Ok(Value::Null),
            ExprKind::This => match &scope.frame.this {
                Some(this) => Ok(this.get().unwrap_or(Value::Null)),
                None => Err(Stop::Unsupported("this outside".to_owned())),
            },
            ExprKind::Name(name) => self.read(name, span, scope, false),
            ExprKind::Template(template) => {
                let mut text = String::new();
                for part in template.parts {
                    match part {
                        TemplatePart::Text(piece) => text.push_str(piece),
                        TemplatePart::Hole(hole) => {
                            text.push_str(&self.eval(hole, scope)?.display());
                        }
                    }
                }
                Ok(Value::text(text))
            }
            ExprKind::Array(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.push(self.eval(item, scope)?);
                }
                Ok(Value::array(values))
            }
            ExprKind::Object(fields) => self.object(fields, scope),
            ExprKind::Record(literal) => self.record(literal, span, scope),
            ExprKind::Function(function) => Ok(self.closure(function, "anonymous".into(), scope)),
            ExprKind::Entrain(entrain) => {
                let outer = std::mem::replace(&mut self.yields, true);
                let result = self.entrain(entrain, span, scope);
                self.yields = outer;
                match result {
                    Err(Stop::Yield(value)) => Ok(value),
                    other => other,
                }
            }
            ExprKind::Paren(inner) => self.eval(inner, scope),
            ExprKind::Unary { op, operand } => {
                let value = self.eval(operand, scope)?;
                match op {
                    UnaryOp::Await => self.awaited(value, span),
                    _ => self.unary(op, &value, span),
                }
            }
            ExprKind::Binary { .. } => {
                let chain = expr.chain();
                let mut value = self.eval(chain.first, scope)?;
                for link in chain.links {
                    value = self.infix(value, link, scope)?;
                }
                Ok(value)
            }
            ExprKind::Range { op, from, to, step } => {
                let from = self.eval(from, scope)?;
                let to = self.eval(to, scope)?;
                let step = step.map(|step| self.eval(step, scope)).transpose()?;
                self.range(op, &from, &to, step.as_ref(), span)
            }
            ExprKind::Assign { op: AssignOp::Set, target, value } => {
                self.assign(target, value, span, scope)
            }
            ExprKind::Assign { op: AssignOp::Compound(op), target, value } => {
                self.update(target, op, Some(value), span, scope)
            }
            ExprKind::Conditional { cond, then, otherwise, .. } => {
                let chosen = if self.eval(cond, scope)?.truthy() { then } else { otherwise };
                self.eval(chosen, scope)
            }
            ExprKind::With { base, fields } => {
                let base = self.eval(base, scope)?;
                self.with(&base, fields, span, scope)
            }
            _ => Err(Stop::Unsupported("expression".to_owned())),
        }
    }

    /// Applies an operator to its evaluated left side.
    fn infix(&mut self, a: Value<'a>, link: Link<'a>, scope: &Rc<Scope<'a>>) -> Eval<'a> {
        let decided = match link.op {
            BinaryOp::And => !a.truthy(),
            BinaryOp::Or => a.truthy(),
            BinaryOp::Coalesce => !a.is_null(),
            op => {
                let b = self.eval(link.right, scope)?;
                return self.binary(op, &a, &b, link.whole.span);
            }
        };
        if decided { Ok(a) } else { self.eval(link.right, scope) }
    }

    /// The variable that a name means: lexical, program-wide, or leaked from a closed block.
    pub(crate) fn variable(
        &self,
        name: Symbol,
        at: u32,
        scope: &Rc<Scope<'a>>,
    ) -> Option<Rc<Slot<'a>>> {
        if let Some(slot) = scope.lexical(name, at) {
            return Some(slot);
        }
        if let Some(slot) = self.shared.get(&name) {
            return Some(Rc::clone(slot));
        }
        let mut frame = Some(&scope.frame);
        while let Some(here) = frame {
            let is_own = Rc::ptr_eq(here, &scope.frame);
            if let Some(ends) = self.facts.leaks.get(&(here.function, name))
                && ends.iter().any(|end| !is_own || *end <= at)
            {
                let mut leaked = here.leaked.borrow_mut();
                if let Some(slot) = leaked.iter().find(|slot| slot.name == name) {
                    return Some(Rc::clone(slot));
                }
                let slot = Slot::new(name, here.function, Some(Value::Null));
                leaked.push(Rc::clone(&slot));
                return Some(slot);
            }
            frame = here.parent.as_ref();
        }
        None
    }

    /// Reads a name.
    pub(crate) fn read(
        &mut self,
        name: Symbol,
        span: Span,
        scope: &Rc<Scope<'a>>,
        is_call: bool,
    ) -> Eval<'a> {
        let text = self.name(name);
        if self.namespace(name, span, scope).is_some() {
            return Err(self.unknown(name, span));
        }
        if let Some(slot) = self.variable(name, span.start, scope) {
            return slot.get().ok_or_else(|| self.unknown(name, span));
        }
        if let Some(value) = self.sibling(name, span, scope)? {
            return Ok(value);
        }
        if let Some(value) = self.record_type(None, Ident { name, span }) {
            return Ok(value);
        }
        let constant = match text {
            "PI" => std::f64::consts::PI,
            "E" => std::f64::consts::E,
            "PHI" => 1.618_033_988_749_895,
            "SQRT2" => std::f64::consts::SQRT_2,
            "SQRT3" => 1.732_050_807_568_877_2,
            _ => {
                return match super::library::find(text, is_call) {
                    Some(builtin) => Ok(Value::Builtin(builtin)),
                    None => Err(self.unknown(name, span)),
                };
            }
        };
        Ok(Value::Number(constant))
    }

    /// The module that a name stands for, unless a declaration hides it.
    fn namespace(&self, name: Symbol, span: Span, scope: &Rc<Scope<'a>>) -> Option<usize> {
        let module = &self.modules.all[self.modules.at(span.start)];
        let found = module.namespace(name)?;
        scope.lexical(name, span.start).is_none().then_some(found)
    }

    /// The variable `object.name` of another module, if `object` is a namespace. Inner `None`: there is
    /// no variable of this name.
    pub(crate) fn exported(
        &self,
        object: &Expr<'a>,
        name: Ident,
        scope: &Rc<Scope<'a>>,
    ) -> Option<Option<Rc<Slot<'a>>>> {
        let ExprKind::Name(space) = object.kind else { return None };
        let module = self.namespace(space, object.span, scope)?;
        let is_exported = self.modules.all[module].exports.contains(&name.name);
        Some(self.scopes[module].own(name.name).filter(|_| is_exported))
    }

    /// The constructor of a record type that has one.
    fn record_type(&self, namespace: Option<Ident>, name: Ident) -> Option<Value<'a>> {
        match self.declared(namespace, name) {
            Some(Declared::Record(decl)) if self.record_constructor(decl).is_some() => {
                Some(Value::RecordType(decl))
            }
            _ => None,
        }
    }

    pub(crate) fn unknown(&self, name: Symbol, span: Span) -> Stop<'a> {
        self.fault("undefined", format!("Variable '{}' not found", self.name(name)), span)
    }

    fn object(&mut self, fields: &'a [FieldInit<'a>], scope: &Rc<Scope<'a>>) -> Eval<'a> {
        let mut dict = Dict::default();
        for field in fields {
            match field {
                FieldInit::Field { key, value, span, .. } => {
                    let key = match key {
                        FieldKey::Name(name) => Key::Text(self.text_of(name.name)),
                        FieldKey::String(text, _) => Key::Text((*text).into()),
                        FieldKey::Computed(key) => {
                            let key = self.eval(key, scope)?;
                            self.key(&key, *span)?
                        }
                    };
                    let value = self.eval(value, scope)?;
                    dict.set(key, value);
                }
                FieldInit::Spread { value, span } => match self.eval(value, scope)? {
                    Value::Dict(other) => {
                        for (key, value) in other.borrow().iter() {
                            dict.set(key.clone(), value.clone());
                        }
                    }
                    Value::Record(record) => {
                        for (name, value) in &record.fields {
                            dict.set(Key::Text(self.text_of(*name)), value.clone());
                        }
                    }
                    _ => {
                        let _ = span;
                        return Err(Stop::Unsupported("spread of other values".to_owned()));
                    }
                },
            }
        }
        Ok(Value::dict(dict))
    }

    /// The key of an entry.
    pub(crate) fn key(&self, value: &Value<'a>, span: Span) -> Result<Key, Stop<'a>> {
        Key::of(value).ok_or_else(|| {
            self.fault("type", "Object keys must be strings, numbers or booleans", span)
        })
    }

    fn record(
        &mut self,
        literal: &'a RecordLit<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Eval<'a> {
        let found = self.declared(literal.namespace, literal.name);
        let Some(Declared::Record(decl)) = found else {
            for field in literal.fields {
                let (FieldInit::Field { value, .. } | FieldInit::Spread { value, .. }) = field;
                self.eval(value, scope)?;
            }
            let name = self.name(literal.name.name);
            return Err(self.failure(format!("Undefined tranceify type '{name}'"), span));
        };
        let mut given = self.given(literal.fields, scope)?;
        let mut fields = Vec::new();
        for field in decl.fields {
            let name = field.name.name;
            let value = match given.iter().rposition(|(n, ..)| *n == name) {
                Some(at) => {
                    let (_, value, span) = given.swap_remove(at);
                    self.conform_field(decl.name.name, field, value, span)?
                }
                None => match field.default {
                    Some(default) => {
                        let value = self.eval(default, scope)?;
                        self.conform_field(decl.name.name, field, value, span)?
                    }
                    None => Value::Null,
                },
            };
            fields.push((name, value));
        }
        let name = self.text_of(decl.name.name);
        Ok(Value::Record(Rc::new(Record { decl, name, fields })))
    }

    /// The fields that a literal gives, in source order.
    fn given(
        &mut self,
        fields: &'a [FieldInit<'a>],
        scope: &Rc<Scope<'a>>,
    ) -> Result<Vec<(Symbol, Value<'a>, Span)>, Stop<'a>> {
        let mut given = Vec::new();
        for field in fields {
            match field {
                FieldInit::Field { key, value, .. } => {
                    let name = match key {
                        FieldKey::Name(name) => Some(name.name),
                        FieldKey::String(text, _) => self.symbol(text),
                        FieldKey::Computed(_) => None,
                    };
                    let at = value.span;
                    let value = self.eval(value, scope)?;
                    if let Some(name) = name {
                        given.push((name, value, at));
                    }
                }
                FieldInit::Spread { value, span } => match self.eval(value, scope)? {
                    Value::Record(record) => {
                        given.extend(record.fields.iter().map(|(n, v)| (*n, v.clone(), *span)));
                    }
                    Value::Dict(dict) => {
                        for (key, value) in dict.borrow().iter() {
                            if let Key::Text(text) = key
                                && let Some(name) = self.symbol(text)
                            {
                                given.push((name, value.clone(), *span));
                            }
                        }
                    }
                    _ => return Err(Stop::Unsupported("spread of other values".to_owned())),
                },
            }
        }
        Ok(given)
    }

    fn with(
        &mut self,
        base: &Value<'a>,
        fields: &'a [FieldInit<'a>],
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Eval<'a> {
        let given = self.given(fields, scope)?;
        let Value::Record(record) = base else {
            if let Value::Dict(_) = base {
                return Err(Stop::Unsupported("with on an object".to_owned()));
            }
            let message = format!("Cannot copy '{}': not a record", base.display());
            return Err(self.failure(message, span));
        };
        let mut fields = record.fields.clone();
        for (name, value, span) in given {
            let Some(decl) = record.decl.fields.iter().find(|f| f.name.name == name) else {
                let message =
                    format!("Record of type '{}' has no field '{}'", record.name, self.name(name));
                return Err(self.failure(message, span));
            };
            let value = self.conform_field(record.decl.name.name, decl, value, span)?;
            if let Some(field) = fields.iter_mut().find(|(n, _)| *n == name) {
                field.1 = value;
            }
        }
        let (decl, name) = (record.decl, Rc::clone(&record.name));
        Ok(Value::Record(Rc::new(Record { decl, name, fields })))
    }

    /// Pattern matching; `awaken` in an arm means what `self.yields` says.
    pub(crate) fn entrain(
        &mut self,
        entrain: &'a Entrain<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Eval<'a> {
        let subject = self.eval(entrain.subject, scope)?;
        for (at, arm) in entrain.arms.iter().enumerate() {
            let inner = scope.child();
            if !self.matches(arm.pattern, &subject, &inner)? {
                continue;
            }
            if let Some(guard) = arm.guard
                && !self.eval(guard, &inner)?.truthy()
            {
                continue;
            }
            return match self.arm(&arm.body, &inner) {
                Err(Stop::Descend) => self.descend(entrain, at + 1, scope),
                other => other,
            };
        }
        match &entrain.otherwise {
            Some(otherwise) => self.arm(&otherwise.body, &scope.child()),
            None => Err(self.failure("No pattern matched and no default case provided", span)),
        }
    }

    /// Runs the body of arm number `at` without asking its pattern.
    fn descend(&mut self, entrain: &'a Entrain<'a>, at: usize, scope: &Rc<Scope<'a>>) -> Eval<'a> {
        let body = match entrain.arms.get(at) {
            Some(Arm { body, .. }) => body,
            None => match &entrain.otherwise {
                Some(otherwise) => &otherwise.body,
                None => return Ok(Value::Null),
            },
        };
        match self.arm(body, &scope.child()) {
            Err(Stop::Descend) => self.descend(entrain, at + 1, scope),
            other => other,
        }
    }

    fn arm(&mut self, body: &ArmBody<'a>, scope: &Rc<Scope<'a>>) -> Eval<'a> {
        match *body {
            ArmBody::Expr(value) => self.eval(value, scope),
            ArmBody::Awaken { value, span } => {
                let value = value.map_or(Ok(Value::Null), |e| self.eval(e, scope))?;
                self.returned_at = span;
                Err(if self.yields { Stop::Yield(value) } else { Stop::Return(value) })
            }
            ArmBody::Block(block) => {
                let result = self.arm_block(block.stmts, scope);
                scope.close();
                result
            }
        }
    }

    /// The statements of an arm; their value is that of the last expression statement.
    fn arm_block(
        &mut self,
        stmts: &'a [hyp_grammar::ast::Stmt<'a>],
        scope: &Rc<Scope<'a>>,
    ) -> Eval<'a> {
        self.hoist(stmts, scope);
        let last = stmts.iter().rposition(|s| !matches!(s.kind, StmtKind::Empty));
        if let Some(last) = last
            && let StmtKind::Expr(value) = stmts[last].kind
        {
            self.hoisted_stmts(&stmts[..last], scope)?;
            return match stmts[last].statement_entrain() {
                Some(entrain) => self.entrain(entrain, value.span, scope),
                None => self.eval(value, scope),
            };
        }
        self.hoisted_stmts(stmts, scope).map(|()| Value::Null)
    }
}
