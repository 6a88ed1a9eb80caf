//! Places: what can be assigned to.
//!
//! A place is a variable or a reference object, and a path into the value there. Only records are
//! on the path: they are values, so a store makes new ones all the way up.

use std::rc::Rc;

use hyp_grammar::ast::{Expr, ExprKind};
use hyp_grammar::intern::Symbol;
use hyp_grammar::operator::BinaryOp;
use hyp_grammar::span::Span;

use super::machine::{Eval, Machine, Stop};
use super::scope::{Scope, Slot};
use super::value::Value;

/// A place whose parts have been evaluated.
pub(crate) struct Place<'a> {
    root: Root<'a>,
    steps: Vec<Step<'a>>,
    scope: Rc<Scope<'a>>,
}

#[derive(Clone)]
enum Root<'a> {
    Variable(Rc<Slot<'a>>),
    /// A variable of another module, which only that module assigns.
    Imported(Rc<Slot<'a>>),
    /// A name that is nothing yet.
    Unknown(Symbol),
    Value(Value<'a>),
}

#[derive(Clone)]
enum Step<'a> {
    Member(Symbol),
    Index(Value<'a>),
}

impl<'a> Machine<'_, 'a> {
    /// Evaluates the parts of a place.
    pub(crate) fn place(
        &mut self,
        expr: &'a Expr<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Result<Place<'a>, Stop<'a>> {
        let (object, step) = match expr.kind {
            ExprKind::Name(name) => {
                let root = match self.variable(name, expr.span.start, scope) {
                    Some(slot) if scope.imports(&slot) => Root::Imported(slot),
                    Some(slot) => Root::Variable(slot),
                    None => Root::Unknown(name),
                };
                return Ok(Place { root, steps: Vec::new(), scope: Rc::clone(scope) });
            }
            ExprKind::This => {
                let Some(this) = scope.frame.this.clone() else {
                    return Err(Stop::Unsupported("this outside".to_owned()));
                };
                let root = Root::Variable(this);
                return Ok(Place { root, steps: Vec::new(), scope: Rc::clone(scope) });
            }
            ExprKind::Member { object, name, .. } => (object, Ok(name)),
            ExprKind::Index { object, index, .. } => (object, Err(index)),
            _ => {
                let root = Root::Value(self.eval(expr, scope)?);
                return Ok(Place { root, steps: Vec::new(), scope: Rc::clone(scope) });
            }
        };
        if let Ok(name) = step
            && let Some(Some(slot)) = self.exported(object, name, scope)
        {
            let root = Root::Imported(slot);
            return Ok(Place { root, steps: Vec::new(), scope: Rc::clone(scope) });
        }
        let mut place = self.place(object, scope)?;
        let container = self.load(&place, object.span)?;
        if !matches!(container, Value::Record(_)) {
            place =
                Place { root: Root::Value(container), steps: Vec::new(), scope: Rc::clone(scope) };
        }
        place.steps.push(match step {
            Ok(name) => Step::Member(name.name),
            Err(index) => Step::Index(self.eval(index, scope)?),
        });
        Ok(place)
    }

    /// The value in a place.
    pub(crate) fn load(&mut self, place: &Place<'a>, span: Span) -> Eval<'a> {
        let mut value = match &place.root {
            Root::Variable(slot) | Root::Imported(slot) => {
                slot.get().ok_or_else(|| self.unknown(slot.name, span))?
            }
            Root::Unknown(name) => self.read(*name, span, &place.scope, false)?,
            Root::Value(value) => value.clone(),
        };
        for step in &place.steps {
            value = self.follow(&value, step, span, &place.scope)?;
        }
        Ok(value)
    }

    fn follow(
        &mut self,
        value: &Value<'a>,
        step: &Step<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Eval<'a> {
        match step {
            Step::Member(name) => self.member(value, *name, span, scope),
            Step::Index(index) => self.element(value, index, false, span),
        }
    }

    /// Puts a value into a place.
    pub(crate) fn store_place(
        &mut self,
        place: &Place<'a>,
        value: Value<'a>,
        span: Span,
    ) -> Result<(), Stop<'a>> {
        if let Root::Imported(slot) = &place.root {
            return Err(self.constant(slot.name, span));
        }
        let value = if place.steps.is_empty() {
            value
        } else {
            let container = match &place.root {
                Root::Variable(slot) | Root::Imported(slot) => {
                    slot.get().ok_or_else(|| self.unknown(slot.name, span))?
                }
                Root::Unknown(name) => return Err(self.unknown(*name, span)),
                Root::Value(value) => value.clone(),
            };
            if let (Root::Variable(slot), Value::Record(_)) = (&place.root, &container)
                && slot.is_constant
            {
                return Err(self.constant(slot.name, span));
            }
            self.put(&container, &place.steps, value, span, &place.scope)?
        };
        match &place.root {
            Root::Value(_) | Root::Imported(_) => Ok(()),
            Root::Variable(slot) if !place.steps.is_empty() => {
                slot.set(value);
                Ok(())
            }
            Root::Variable(slot) if slot.is_constant => Err(self.constant(slot.name, span)),
            Root::Variable(slot) => self.store(slot, value, span),
            Root::Unknown(name) => {
                let function = place.scope.of_function();
                let slot = Slot::new(*name, function.frame.function, Some(value));
                function.add(slot);
                Ok(())
            }
        }
    }

    fn put(
        &mut self,
        container: &Value<'a>,
        steps: &[Step<'a>],
        value: Value<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Eval<'a> {
        let Some((step, rest)) = steps.split_first() else { return Ok(value) };
        let value = if rest.is_empty() {
            value
        } else {
            let inner = self.follow(container, step, span, scope)?;
            self.put(&inner, rest, value, span, scope)?
        };
        match step {
            Step::Member(name) => self.put_member(container, *name, value, span, scope),
            Step::Index(index) => self.put_element(container, index, value, span),
        }
    }

    /// `place = value`
    pub(crate) fn assign(
        &mut self,
        target: &'a Expr<'a>,
        value: &'a Expr<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Eval<'a> {
        if let ExprKind::Name(_) = target.kind {
            let at = value.span;
            let value = self.eval(value, scope)?;
            let place = self.place(target, scope)?;
            self.store_place(&place, value.clone(), at)?;
            return Ok(value);
        }
        let place = self.place(target, scope)?;
        let value = self.eval(value, scope)?;
        self.store_place(&place, value.clone(), span)?;
        Ok(value)
    }

    /// `place op= by`; without `by` the amount is 1.
    pub(crate) fn update(
        &mut self,
        target: &'a Expr<'a>,
        op: BinaryOp,
        by: Option<&'a Expr<'a>>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Eval<'a> {
        let place = self.place(target, scope)?;
        let old = self.load(&place, target.span)?;
        if op == BinaryOp::Coalesce && !old.is_null() {
            return Ok(old);
        }
        let amount = by.map_or(Ok(Value::Number(1.0)), |e| self.eval(e, scope))?;
        let value = match op {
            BinaryOp::Coalesce => amount,
            _ => self.binary(op, &old, &amount, span)?,
        };
        self.store_place(&place, value.clone(), span)?;
        Ok(value)
    }
}
