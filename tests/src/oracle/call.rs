//! Functions, calls, construction.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use hyp_grammar::ast::{
    Expr, ExprKind, Function, FunctionBody, FunctionKind, MemberKind, RecordDecl, SessionDecl,
    Type, TypeKind,
};
use hyp_grammar::span::Span;

use super::machine::{Eval, Machine, Stop};
use super::scope::{Demand, Frame, INITIALISER, Scope, Slot};
use super::value::{Closure, Home, Instance, Method, Record, Session, Value};

impl<'a> Machine<'_, 'a> {
    /// The value of a function that stands in `scope`.
    pub(crate) fn closure(
        &self,
        function: &'a Function<'a>,
        name: Rc<str>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        Value::Function(Rc::new(Closure { function, name, scope: Rc::clone(scope) }))
    }

    pub(crate) fn call_expression(
        &mut self,
        callee: &'a Expr<'a>,
        args: &'a [&'a Expr<'a>],
        optional: bool,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Result<Option<Value<'a>>, Stop<'a>> {
        let target = match callee.kind {
            ExprKind::Name(name) => Some(self.read(name, callee.span, scope, true)?),
            _ => self.chain(callee, scope)?,
        };
        let Some(target) = target else { return Ok(None) };
        if optional && target.is_null() {
            return Ok(None);
        }
        if let (ExprKind::Name(name), Value::Builtin("Try"), [value, rest @ ..]) =
            (&callee.kind, &target, args)
            && super::library::find(self.name(*name), true) == Some("Try")
        {
            return match (self.eval(value, scope), rest.first()) {
                (Err(Stop::Throw(..)), Some(fallback)) => self.eval(fallback, scope).map(Some),
                (Err(Stop::Throw(..)), None) => Ok(Some(Value::Null)),
                (result, _) => result.map(Some),
            };
        }
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            values.push(self.eval(arg, scope)?);
        }
        self.call(&target, values, span).map(Some)
    }

    /// Calls any value.
    pub(crate) fn call(
        &mut self,
        target: &Value<'a>,
        args: Vec<Value<'a>>,
        span: Span,
    ) -> Eval<'a> {
        match target {
            Value::Function(f) => {
                self.check_arity(f.function, args.len(), span)?;
                let this = f.scope.frame.this.clone();
                let frame = self.frame(f.function, &f.scope, this, None, None);
                let name = Rc::clone(&f.name);
                self.enter(f.function, &name, &f.scope, frame, args, span)
            }
            Value::Method(method) => self.call_method(method, args, span),
            Value::Builtin(name) => self.builtin(name, args, span),
            Value::Native(native) => self.call_native(native, args, span),
            Value::Session(session) => self.construct(session, args, span),
            Value::RecordType(decl) => self.construct_record(decl, args, span),
            Value::Null => Err(self.failure("Cannot call null value", span)),
            _ => Err(self.failure("Value is not callable", span)),
        }
    }

    fn call_method(&mut self, method: &Method<'a>, args: Vec<Value<'a>>, span: Span) -> Eval<'a> {
        self.check_arity(method.function, args.len(), span)?;
        let name = format!("{}::{}", method.owner, method.name);
        match &method.receiver {
            Value::Instance(instance) => {
                let session = Rc::clone(&instance.session);
                let this = Some(self.this(method.receiver.clone()));
                self.in_session(method.function, &name, &session, this, args, span)
            }
            Value::Session(session) => {
                self.in_session(method.function, &name, session, None, args, span)
            }
            Value::Record(record) => {
                let this = self.this(method.receiver.clone());
                self.in_record(method.function, &name, record.decl, this, args, span)
            }
            _ => Err(Stop::Unsupported("receiver".to_owned())),
        }
    }

    fn this(&self, value: Value<'a>) -> Rc<Slot<'a>> {
        Slot::new(hyp_grammar::intern::Symbol(u32::MAX), INITIALISER, Some(value))
    }

    fn in_session(
        &mut self,
        function: &'a Function<'a>,
        name: &str,
        session: &Rc<Session<'a>>,
        this: Option<Rc<Slot<'a>>>,
        args: Vec<Value<'a>>,
        span: Span,
    ) -> Eval<'a> {
        let home = Some(Home::Session(session.decl));
        let frame = self.frame(function, &session.scope, this, home, Some(Rc::clone(session)));
        self.enter(function, name, &session.scope, frame, args, span)
    }

    fn in_record(
        &mut self,
        function: &'a Function<'a>,
        name: &str,
        decl: &'a RecordDecl<'a>,
        this: Rc<Slot<'a>>,
        args: Vec<Value<'a>>,
        span: Span,
    ) -> Eval<'a> {
        let scope = self.record_scope(decl);
        let frame = self.frame(function, &scope, Some(this), Some(Home::Record(decl)), None);
        self.enter(function, name, &scope, frame, args, span)
    }

    fn frame(
        &self,
        function: &Function<'a>,
        scope: &Rc<Scope<'a>>,
        this: Option<Rc<Slot<'a>>>,
        home: Option<Home<'a>>,
        home_session: Option<Rc<Session<'a>>>,
    ) -> Rc<Frame<'a>> {
        Rc::new(Frame {
            function: function.id.0,
            parent: Some(Rc::clone(&scope.frame)),
            leaked: RefCell::default(),
            this,
            home,
            home_session,
        })
    }

    pub(crate) fn check_arity(
        &self,
        f: &Function<'a>,
        count: usize,
        span: Span,
    ) -> Result<(), Stop<'a>> {
        match bad_arity(f, count) {
            None => Ok(()),
            Some(wanted) => {
                let message = format!("Expected {wanted} arguments, received {count}");
                Err(self.failure(message, span))
            }
        }
    }

    /// Runs a function's body with its arguments, whose number fits.
    fn enter(
        &mut self,
        function: &'a Function<'a>,
        name: &str,
        outer: &Rc<Scope<'a>>,
        frame: Rc<Frame<'a>>,
        args: Vec<Value<'a>>,
        span: Span,
    ) -> Eval<'a> {
        if self.depth + 1 >= self.setting.call_depth_max {
            let limit = self.setting.call_depth_max;
            let message = format!("Trance too deep (call stack limit {limit} exceeded)");
            return Err(self.fault("stack", message, span));
        }
        let scope = Scope::new(Some(Rc::clone(outer)), frame);
        self.depth += 1;
        let yields = std::mem::replace(&mut self.yields, false);
        let result = self.run_function(function, name, &scope, args, span);
        self.yields = yields;
        self.depth -= 1;
        result
    }

    fn run_function(
        &mut self,
        function: &'a Function<'a>,
        name: &str,
        scope: &Rc<Scope<'a>>,
        args: Vec<Value<'a>>,
        span: Span,
    ) -> Eval<'a> {
        let mut given = Vec::with_capacity(args.len());
        for (param, value) in function.params.iter().zip(args) {
            let value = match param.ty {
                Some(ty) => {
                    let place = format!("argument '{}' of '{name}'", self.name(param.name.name));
                    self.conform(value, ty, &place, span)?
                }
                None => value,
            };
            given.push(value);
        }
        let mut given = given.into_iter();
        for param in function.params {
            let value = match (given.next(), param.default) {
                (Some(value), _) => value,
                (None, Some(default)) => {
                    let value = self.eval(default, scope)?;
                    match param.ty {
                        Some(ty) => {
                            let place =
                                format!("argument '{}' of '{name}'", self.name(param.name.name));
                            self.conform(value, ty, &place, param.span)?
                        }
                        None => value,
                    }
                }
                (None, None) => Value::Null,
            };
            let slot = Slot::new(param.name.name, function.id.0, Some(value));
            slot.demand.set(param.ty.map(|ty| Demand { ty, admits_null: false }));
            scope.add(slot);
        }
        if function.is_async {
            let (name, scope) = (name.to_owned(), Rc::clone(scope));
            return self.begin(move |machine| machine.run_body(function, &name, &scope));
        }
        self.run_body(function, name, scope)
    }

    /// Runs a function's body, whose parameters are bound.
    fn run_body(
        &mut self,
        function: &'a Function<'a>,
        name: &str,
        scope: &Rc<Scope<'a>>,
    ) -> Eval<'a> {
        let (mut value, at) = match function.body {
            FunctionBody::Expr(value) => (self.eval(value, scope)?, value.span),
            FunctionBody::Block(block) => match self.stmts(block.stmts, scope) {
                Ok(()) => (Value::Null, Span::at(block.span.end.saturating_sub(1))),
                Err(Stop::Return(value)) => (value, self.returned_at),
                Err(stop) => return Err(stop),
            },
        };
        if function.is_async {
            value = self.awaited(value, at)?;
        }
        if function.imperative
            || matches!(function.kind, FunctionKind::Imperative | FunctionKind::Constructor)
        {
            return Ok(Value::Null);
        }
        match function.result {
            Some(ty) => {
                let ty = if function.is_async { self.promised(ty) } else { ty };
                self.conform(value, ty, &format!("result of '{name}'"), at)
            }
            None => Ok(value),
        }
    }

    /// What `await` gives of a result: the promise may be written or not.
    fn promised(&self, ty: &'a Type<'a>) -> &'a Type<'a> {
        match ty.kind {
            TypeKind::Named { namespace: None, name, args: [inner] }
                if self.name(name.name).eq_ignore_ascii_case("promise") =>
            {
                inner
            }
            _ => ty,
        }
    }

    /// The value of a session that stands in `scope`; its statics are null.
    pub(crate) fn session(
        &mut self,
        decl: &'a SessionDecl<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        Value::Session(Rc::new(Session {
            decl,
            name: self.text_of(decl.name.name),
            scope: Rc::clone(scope),
            statics: RefCell::default(),
        }))
    }

    /// Runs the static initialisers where the session stands.
    pub(crate) fn initialise_statics(
        &mut self,
        decl: &'a SessionDecl<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Result<(), Stop<'a>> {
        let Some(Value::Session(session)) = scope.own(decl.name.name).and_then(|s| s.get()) else {
            return Ok(());
        };
        let inner = initialiser_scope(&session, None);
        for member in decl.members.iter().filter(|m| m.is_static) {
            let MemberKind::Field(field) = member.kind else { continue };
            let value = field.init.map_or(Ok(Value::Null), |e| self.eval(e, &inner))?;
            let value = self.conform_session_field(&session, field, value, member.span)?;
            session.statics.borrow_mut().insert(field.name.name, value);
        }
        Ok(())
    }

    fn construct(
        &mut self,
        session: &Rc<Session<'a>>,
        args: Vec<Value<'a>>,
        span: Span,
    ) -> Eval<'a> {
        let constructor = session.decl.members.iter().find_map(|m| match m.kind {
            MemberKind::Method(f) if f.kind == FunctionKind::Constructor => Some(f),
            _ => None,
        });
        let (name, count) = (Rc::clone(&session.name), args.len());
        let wanted = match constructor {
            Some(f) => bad_arity(f, count),
            None => (count > 0).then_some(0),
        };
        if let Some(wanted) = wanted {
            return Err(self.failure(constructor_arity(&name, wanted, count), span));
        }
        let instance =
            Rc::new(Instance { session: Rc::clone(session), fields: HashMap::new().into() });
        let fields: Vec<_> = session
            .decl
            .members
            .iter()
            .filter_map(|m| match m.kind {
                MemberKind::Field(field) if !m.is_static => Some((field, m.span)),
                _ => None,
            })
            .collect();
        for (field, _) in &fields {
            instance.fields.borrow_mut().insert(field.name.name, Value::Null);
        }
        let this = self.this(Value::Instance(Rc::clone(&instance)));
        let inner = initialiser_scope(session, Some(Rc::clone(&this)));
        let yields = std::mem::replace(&mut self.yields, false);
        for (field, at) in fields {
            let Some(init) = field.init else { continue };
            let value = self.eval(init, &inner)?;
            let value = self.conform_session_field(session, field, value, at)?;
            instance.fields.borrow_mut().insert(field.name.name, value);
        }
        self.yields = yields;
        if let Some(f) = constructor {
            self.in_session(f, &name, session, Some(this), args, span)?;
        }
        Ok(Value::Instance(instance))
    }

    /// The constructor of a record type.
    pub(crate) fn record_constructor(&self, decl: &RecordDecl<'a>) -> Option<&'a Function<'a>> {
        decl.methods.iter().copied().find(|f| f.kind == FunctionKind::Constructor)
    }

    fn construct_record(
        &mut self,
        decl: &'a RecordDecl<'a>,
        args: Vec<Value<'a>>,
        span: Span,
    ) -> Eval<'a> {
        let Some(f) = self.record_constructor(decl) else {
            return Err(self.failure("Value is not callable", span));
        };
        let name = self.text_of(decl.name.name);
        if let Some(wanted) = bad_arity(f, args.len()) {
            return Err(self.failure(constructor_arity(&name, wanted, args.len()), span));
        }
        let scope = self.record_scope(decl);
        let mut fields = Vec::new();
        for field in decl.fields {
            let value = field.default.map_or(Ok(Value::Null), |e| self.eval(e, &scope))?;
            fields.push((field.name.name, value));
        }
        let record = Value::Record(Rc::new(Record { decl, name: Rc::clone(&name), fields }));
        let this = self.this(record);
        self.in_record(f, &name, decl, Rc::clone(&this), args, span)?;
        Ok(this.get().unwrap_or(Value::Null))
    }

    /// Where the functions of a record type stand: they see the module.
    fn record_scope(&self, decl: &RecordDecl<'a>) -> Rc<Scope<'a>> {
        Rc::clone(&self.scopes[self.modules.at(decl.name.span.start)])
    }
}

/// The scope of field initialisers.
fn initialiser_scope<'a>(session: &Rc<Session<'a>>, this: Option<Rc<Slot<'a>>>) -> Rc<Scope<'a>> {
    let frame = Rc::new(Frame {
        function: INITIALISER,
        parent: Some(Rc::clone(&session.scope.frame)),
        leaked: RefCell::default(),
        this,
        home: Some(Home::Session(session.decl)),
        home_session: Some(Rc::clone(session)),
    });
    Scope::new(Some(Rc::clone(&session.scope)), frame)
}

/// The number of arguments that a call lacks or exceeds.
fn bad_arity(f: &Function<'_>, count: usize) -> Option<usize> {
    let required = f.params.iter().rposition(|p| p.default.is_none()).map_or(0, |at| at + 1);
    if count < required {
        Some(required)
    } else {
        (count > f.params.len()).then_some(f.params.len())
    }
}

fn constructor_arity(name: &str, wanted: usize, received: usize) -> String {
    if wanted == 0 {
        format!("Session '{name}' does not define a constructor but arguments were provided")
    } else {
        format!("Constructor for session '{name}' expects {wanted} arguments, received {received}")
    }
}
