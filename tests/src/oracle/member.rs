//! Members and elements (4.6, 4.10, 4.11).

use std::rc::Rc;

use hyp_grammar::ast::{
    DeclKeyword, FieldDecl, Function, FunctionKind, Member, MemberKind, RecordField, Visibility,
};
use hyp_grammar::intern::Symbol;
use hyp_grammar::span::Span;

use super::machine::{Eval, Machine, Stop};
use super::scope::{Frame, Scope};
use super::types::Test;
use super::value::{Home, Key, Method, Record, Session, Value, number_text};

/// A member of a session that is no constructor.
enum Found<'a> {
    Field(&'a FieldDecl<'a>),
    Method(&'a Function<'a>),
}

impl<'a> Machine<'_, 'a> {
    /// `object.name`
    pub(crate) fn member(
        &mut self,
        object: &Value<'a>,
        name: Symbol,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Eval<'a> {
        let text = self.name(name);
        match object {
            Value::Instance(instance) => {
                let session = &instance.session;
                let Some(member) = find(session, name) else {
                    let of = format!("Session instance of '{}'", session.name);
                    return Err(self.failure(format!("{of} has no member '{text}'"), span));
                };
                self.check_visible(session, member, name, scope, span)?;
                Ok(match (kind(member), member.is_static) {
                    (Found::Field(..), false) => {
                        instance.fields.borrow().get(&name).cloned().unwrap_or(Value::Null)
                    }
                    (Found::Field(..), true) => self.static_field(session, name, span)?,
                    (Found::Method(f), is_static) => {
                        let receiver = if is_static {
                            Value::Session(Rc::clone(session))
                        } else {
                            object.clone()
                        };
                        self.method(receiver, f, Rc::clone(&session.name), name)
                    }
                })
            }
            Value::Session(session) => {
                let Some(member) = find(session, name).filter(|m| m.is_static) else {
                    let of = format!("Session '{}'", session.name);
                    return Err(self.failure(format!("{of} has no static member '{text}'"), span));
                };
                self.check_visible(session, member, name, scope, span)?;
                Ok(match kind(member) {
                    Found::Field(..) => self.static_field(session, name, span)?,
                    Found::Method(f) => {
                        self.method(object.clone(), f, Rc::clone(&session.name), name)
                    }
                })
            }
            Value::Record(record) => self.record_member(record, object, name, span),
            Value::Dict(dict) => dict
                .borrow()
                .text(text)
                .cloned()
                .ok_or_else(|| self.failure(format!("Object has no field '{text}'"), span)),
            Value::Error(fault) => Ok(match text {
                "message" => Value::text(&fault.message),
                "kind" => Value::text(fault.kind),
                "line" | "column" => {
                    let Some(at) = fault.at.get() else { return Ok(Value::Number(0.0)) };
                    let (_, at) = self.modules.locate(at);
                    Value::Number(f64::from(if text == "line" { at.line } else { at.column }))
                }
                "trace" => return Err(Stop::Unsupported("trace".to_owned())),
                _ => return Err(self.no_member(object, name, span)),
            }),
            _ => Err(self.no_member(object, name, span)),
        }
    }

    fn no_member(&self, object: &Value<'a>, name: Symbol, span: Span) -> Stop<'a> {
        let (text, display) = (self.name(name), object.display());
        self.failure(format!("Cannot access member '{text}' on value '{display}'"), span)
    }

    fn record_member(
        &mut self,
        record: &Rc<Record<'a>>,
        object: &Value<'a>,
        name: Symbol,
        span: Span,
    ) -> Eval<'a> {
        if let Some((_, value)) = record.fields.iter().find(|(n, _)| *n == name) {
            return Ok(value.clone());
        }
        let method = record
            .decl
            .methods
            .iter()
            .find(|f| f.kind == FunctionKind::Method && f.name.is_some_and(|n| n.name == name));
        match method {
            Some(f) => Ok(self.method(object.clone(), f, Rc::clone(&record.name), name)),
            None => Err(self.no_field(record, self.name(name), span)),
        }
    }

    fn no_field(&self, record: &Record<'a>, field: &str, span: Span) -> Stop<'a> {
        self.failure(format!("Record of type '{}' has no field '{field}'", record.name), span)
    }

    fn method(
        &self,
        receiver: Value<'a>,
        function: &'a Function<'a>,
        owner: Rc<str>,
        name: Symbol,
    ) -> Value<'a> {
        Value::Method(Rc::new(Method { receiver, function, owner, name: self.text_of(name) }))
    }

    /// A static field, which is there once its initialiser has run.
    fn static_field(&self, session: &Session<'a>, name: Symbol, span: Span) -> Eval<'a> {
        let value = session.statics.borrow().get(&name).cloned();
        value.ok_or_else(|| self.unknown(name, span))
    }

    /// Hidden members are for code in the text of their session.
    fn check_visible(
        &self,
        session: &Session<'a>,
        member: &Member<'a>,
        name: Symbol,
        scope: &Rc<Scope<'a>>,
        span: Span,
    ) -> Result<(), Stop<'a>> {
        if member.visibility != Some(Visibility::Conceal) {
            return Ok(());
        }
        let mut frame: Option<&Rc<Frame<'a>>> = Some(&scope.frame);
        while let Some(here) = frame {
            if let Some(Home::Session(decl)) = here.home
                && std::ptr::eq(decl, session.decl)
            {
                return Ok(());
            }
            frame = here.parent.as_ref();
        }
        let what = match member.kind {
            MemberKind::Method(_) => "method",
            _ => "field",
        };
        let (name, session) = (self.name(name), &session.name);
        let message = format!("Access denied to private {what} '{name}' of session '{session}'");
        Err(self.fault("access", message, span))
    }

    /// A name that no declaration explains but that is a member of the session or record around.
    pub(crate) fn sibling(
        &mut self,
        name: Symbol,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Result<Option<Value<'a>>, Stop<'a>> {
        let mut frame = Some(Rc::clone(&scope.frame));
        while let Some(here) = frame {
            let receiver = match (here.home, &here.home_session) {
                (Some(Home::Session(_)), Some(session)) => match find(session, name) {
                    Some(member) if member.is_static => Some(Value::Session(Rc::clone(session))),
                    Some(_) => scope.frame.this.as_ref().and_then(|this| this.get()),
                    None => None,
                },
                (Some(Home::Record(decl)), _) => {
                    let is_member = decl.fields.iter().any(|f| f.name.name == name)
                        || decl.methods.iter().any(|f| {
                            f.kind == FunctionKind::Method && f.name.is_some_and(|n| n.name == name)
                        });
                    is_member.then(|| scope.frame.this.as_ref()?.get()).flatten()
                }
                _ => None,
            };
            if let Some(receiver) = receiver {
                return self.member(&receiver, name, span, scope).map(Some);
            }
            frame = here.parent.clone();
        }
        Ok(None)
    }

    /// `object[index]`; outside of an array an optional access gives null.
    pub(crate) fn element(
        &mut self,
        object: &Value<'a>,
        index: &Value<'a>,
        optional: bool,
        span: Span,
    ) -> Eval<'a> {
        match object {
            Value::Array(items) => {
                let n = self.number(index, span)?;
                let found = position(n).and_then(|at| items.borrow().get(at).cloned());
                self.found(found, n, optional, span)
            }
            Value::Text(text) => {
                let n = self.number(index, span)?;
                let found = position(n)
                    .and_then(|at| text.chars().nth(at))
                    .map(|c| Value::text(c.to_string()));
                self.found(found, n, optional, span)
            }
            Value::Dict(dict) => {
                // What cannot be a key is missing like any other.
                let found = Key::of(index).and_then(|key| dict.borrow().get(&key).cloned());
                Ok(found.unwrap_or(Value::Null))
            }
            Value::Record(record) => match index {
                Value::Text(text) => {
                    let field = record.fields.iter().find(|(n, _)| self.name(*n) == &**text);
                    match field {
                        Some((_, value)) => Ok(value.clone()),
                        None => Err(self.no_field(record, text, span)),
                    }
                }
                _ => Err(self.fault("type", "Cannot index non-array", span)),
            },
            _ => Err(self.fault("type", "Cannot index non-array", span)),
        }
    }

    fn found(&self, found: Option<Value<'a>>, n: f64, optional: bool, span: Span) -> Eval<'a> {
        match found {
            Some(value) => Ok(value),
            None if optional => Ok(Value::Null),
            None => Err(self.out_of_bounds(n.trunc(), span)),
        }
    }

    pub(crate) fn out_of_bounds(&self, n: f64, span: Span) -> Stop<'a> {
        self.fault("index", format!("Index {} out of bounds", number_text(n)), span)
    }

    /// Stores a member; the result is the object, a new one if it is a record.
    pub(crate) fn put_member(
        &mut self,
        object: &Value<'a>,
        name: Symbol,
        value: Value<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Eval<'a> {
        let text = self.name(name);
        match object {
            Value::Instance(instance) => {
                let session = &instance.session;
                let Some(member) = find(session, name) else {
                    let of = format!("Session instance of '{}'", session.name);
                    return Err(self.failure(format!("{of} has no field '{text}'"), span));
                };
                self.check_visible(session, member, name, scope, span)?;
                match (kind(member), member.is_static) {
                    (Found::Field(field), false) => {
                        let constructs = session.decl.members.iter().any(|m| match m.kind {
                            MemberKind::Method(f) => {
                                f.kind == FunctionKind::Constructor
                                    && f.id.0 == scope.frame.function
                            }
                            _ => false,
                        });
                        if field.keyword == Some(DeclKeyword::Freeze) && !constructs {
                            let message = format!("Cannot reassign constant variable '{text}'");
                            return Err(self.failure(message, span));
                        }
                        let value = self.conform_session_field(session, field, value, span)?;
                        instance.fields.borrow_mut().insert(name, value);
                        Ok(object.clone())
                    }
                    (Found::Field(..), true) => {
                        let message = format!(
                            "Assign static field '{text}' through session '{}', not an instance",
                            session.name
                        );
                        Err(self.failure(message, span))
                    }
                    (Found::Method(_), is_static) => {
                        Err(self.no_method_store(is_static, text, span))
                    }
                }
            }
            Value::Session(session) => {
                let found = find(session, name);
                match found.map(|m| (kind(m), m.is_static, m)) {
                    Some((Found::Method(_), is_static, _)) => {
                        Err(self.no_method_store(is_static, text, span))
                    }
                    Some((Found::Field(field), true, member)) => {
                        self.check_visible(session, member, name, scope, span)?;
                        if field.keyword == Some(DeclKeyword::Freeze) {
                            let message = format!("Cannot reassign constant variable '{text}'");
                            return Err(self.failure(message, span));
                        }
                        let value = self.conform_session_field(session, field, value, span)?;
                        session.statics.borrow_mut().insert(name, value);
                        Ok(object.clone())
                    }
                    _ => {
                        let of = format!("Session '{}'", session.name);
                        Err(self.failure(format!("{of} has no static field '{text}'"), span))
                    }
                }
            }
            Value::Record(record) => self.put_record(record, text, value, span),
            Value::Dict(dict) => {
                dict.borrow_mut().set(Key::Text(text.into()), value);
                Ok(object.clone())
            }
            _ => Err(self.failure("Assignment target is not a session member", span)),
        }
    }

    fn no_method_store(&self, is_static: bool, name: &str, span: Span) -> Stop<'a> {
        let what = if is_static { "static method" } else { "method" };
        self.failure(format!("Cannot assign to {what} '{name}'"), span)
    }

    fn put_record(
        &mut self,
        record: &Rc<Record<'a>>,
        field: &str,
        value: Value<'a>,
        span: Span,
    ) -> Eval<'a> {
        let Some(at) = record.fields.iter().position(|(n, _)| self.name(*n) == field) else {
            return Err(self.no_field(record, field, span));
        };
        let decl = &record.decl.fields[at];
        let value = self.conform_field(record.decl.name.name, decl, value, span)?;
        let mut fields = record.fields.clone();
        fields[at].1 = value;
        let name = Rc::clone(&record.name);
        Ok(Value::Record(Rc::new(Record { decl: record.decl, name, fields })))
    }

    /// Stores an element; the result is the container, a new one if it is a record.
    pub(crate) fn put_element(
        &mut self,
        object: &Value<'a>,
        index: &Value<'a>,
        value: Value<'a>,
        span: Span,
    ) -> Eval<'a> {
        match object {
            Value::Array(items) => {
                let n = self.number(index, span)?;
                let mut items = items.borrow_mut();
                match position(n).and_then(|at| items.get_mut(at)) {
                    Some(item) => *item = value,
                    None => return Err(self.out_of_bounds(n.trunc(), span)),
                }
                Ok(object.clone())
            }
            Value::Dict(dict) => {
                let key = self.key(index, span)?;
                dict.borrow_mut().set(key, value);
                Ok(object.clone())
            }
            Value::Record(record) => match index {
                Value::Text(text) => self.put_record(record, text, value, span),
                _ => Err(self.fault("type", "Cannot index non-array", span)),
            },
            _ => Err(self.fault("type", "Cannot index non-array", span)),
        }
    }

    /// The value as a field of a record takes it.
    pub(crate) fn conform_field(
        &self,
        owner: Symbol,
        field: &RecordField<'a>,
        value: Value<'a>,
        span: Span,
    ) -> Eval<'a> {
        if value.is_null() && (field.optional || field.default.is_some()) {
            return Ok(value);
        }
        let place = format!("field '{}' of '{}'", self.name(field.name.name), self.name(owner));
        self.conform(value, field.ty, &place, span)
    }

    /// The value as a field of a session takes it. A field without initialiser may be null (O19).
    pub(crate) fn conform_session_field(
        &self,
        session: &Session<'a>,
        field: &FieldDecl<'a>,
        value: Value<'a>,
        span: Span,
    ) -> Eval<'a> {
        let Some(ty) = field.ty else { return Ok(value) };
        let is_nullable = field.init.is_none_or(|init| self.facts.may_be_null(init));
        if is_nullable && value.is_null() && !self.admits(ty, &value, Test::Shallow) {
            return Ok(value);
        }
        let place = format!("field '{}' of '{}'", self.name(field.name.name), session.name);
        self.conform(value, ty, &place, span)
    }
}

/// The position in an array that a number means: truncated, not negative.
pub(crate) fn position(n: f64) -> Option<usize> {
    let n = n.trunc();
    (0.0..9e15).contains(&n).then_some(n as usize)
}

fn find<'a>(session: &Session<'a>, name: Symbol) -> Option<&'a Member<'a>> {
    session.decl.members.iter().find(|m| match m.kind {
        MemberKind::Field(field) => field.name.name == name,
        MemberKind::Method(f) => {
            f.kind == FunctionKind::Method && f.name.is_some_and(|n| n.name == name)
        }
        MemberKind::Error => false,
    })
}

fn kind<'a>(member: &Member<'a>) -> Found<'a> {
    match member.kind {
        MemberKind::Method(f) => Found::Method(f),
        MemberKind::Field(field) => Found::Field(field),
        MemberKind::Error => unreachable!("programs with syntax errors do not run"),
    }
}
