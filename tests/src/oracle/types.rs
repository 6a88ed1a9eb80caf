//! Annotations as guarantees (decisions O10, O18, O19): shallow checks at every annotated crossing.

use std::rc::Rc;

use hyp_grammar::ast::{Ident, Type, TypeKind};
use hyp_grammar::intern::Symbol;
use hyp_grammar::span::Span;

use super::facts::Declared;
use super::machine::{Eval, Machine, Stop};
use super::scope::{Demand, Slot};
use super::value::{Record, Value};

/// How deep a test looks and whether null passes for types of references.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Test {
    /// At a crossing.
    Shallow,
    /// In a typed pattern.
    Exact,
}

impl<'a> Machine<'_, 'a> {
    /// The value as an annotated place takes it, or the type error.
    pub(crate) fn conform(
        &self,
        value: Value<'a>,
        ty: &'a Type<'a>,
        place: &str,
        span: Span,
    ) -> Eval<'a> {
        if self.admits(ty, &value, Test::Shallow) {
            return Ok(value);
        }
        if let Some(record) = self.converted(ty, &value) {
            return Ok(record);
        }
        let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
        let message = format!("expected {}, got {}{place}", self.expected(ty), value.type_name());
        Err(self.fault("type", message, span))
    }

    /// As `conform`, for a variable; null passes where the variable is nullable.
    pub(crate) fn conform_variable(
        &self,
        value: Value<'a>,
        demand: Option<Demand<'a>>,
        name: Symbol,
        span: Span,
    ) -> Eval<'a> {
        match demand {
            None => Ok(value),
            Some(demand) if demand.admits_null && value.is_null() => Ok(value),
            Some(demand) => {
                let place = format!("variable '{}'", self.name(name));
                self.conform(value, demand.ty, &place, span)
            }
        }
    }

    /// Stores into a variable.
    pub(crate) fn store(
        &self,
        slot: &Rc<Slot<'a>>,
        value: Value<'a>,
        span: Span,
    ) -> Result<(), Stop<'a>> {
        let value = self.conform_variable(value, slot.demand.get(), slot.name, span)?;
        slot.set(value);
        Ok(())
    }

    /// The record or session type that a name in the text means: one of its own module or an
    /// imported one.
    pub(crate) fn declared(&self, namespace: Option<Ident>, name: Ident) -> Option<Declared<'a>> {
        let here = self.modules.at(name.span.start);
        let exported = |module: usize| {
            let is_exported = self.modules.all[module].exports.contains(&name.name);
            self.facts.types[module].get(&name.name).filter(|_| is_exported)
        };
        let module = &self.modules.all[here];
        match namespace {
            Some(space) => exported(module.namespace(space.name)?),
            None => self.facts.types[here]
                .get(&name.name)
                .or_else(|| module.opened().rev().find_map(exported)),
        }
        .copied()
    }

    /// What the message calls a type.
    fn expected(&self, ty: &Type<'a>) -> String {
        match ty.kind {
            TypeKind::Named { namespace, name, .. } => {
                let is_declared = self.declared(namespace, name).is_some();
                let name = name.name;
                if is_declared {
                    return self.name(name).to_owned();
                }
                match self.name(name).to_ascii_lowercase().as_str() {
                    "integer" | "int" | "double" | "float" => "number".to_owned(),
                    "bool" => "boolean".to_owned(),
                    "suggestion" => "function".to_owned(),
                    "record" => "object".to_owned(),
                    other => other.to_owned(),
                }
            }
            TypeKind::Array(_) => "array".to_owned(),
            TypeKind::Function { .. } => "function".to_owned(),
            TypeKind::Structural(_) => "object".to_owned(),
            TypeKind::Nullable(inner) => format!("{}?", self.expected(inner)),
            TypeKind::Null => "null".to_owned(),
            TypeKind::Union(parts) => {
                let mut names: Vec<_> = parts.iter().map(|p| self.expected(p)).collect();
                if self.admits(ty, &Value::Null, Test::Shallow) {
                    names.push("null".to_owned());
                }
                names.join(" | ")
            }
            TypeKind::Error => String::new(),
        }
    }

    /// Whether a value is of a type.
    pub(crate) fn admits(&self, ty: &Type<'a>, value: &Value<'a>, test: Test) -> bool {
        let lenient = test == Test::Shallow && value.is_null();
        match ty.kind {
            TypeKind::Null => value.is_null(),
            TypeKind::Nullable(inner) => value.is_null() || self.admits(inner, value, test),
            TypeKind::Union(parts) => parts.iter().any(|part| self.admits(part, value, test)),
            TypeKind::Named { namespace, name, .. } => {
                self.admits_named(namespace, name, value, lenient)
            }
            _ if lenient => true,
            TypeKind::Array(element) => match value {
                Value::Array(items) => {
                    test == Test::Shallow
                        || items.borrow().iter().all(|v| self.admits(element, v, test))
                }
                _ => false,
            },
            TypeKind::Function { .. } => value.is_callable(),
            TypeKind::Structural(_) => is_object(value),
            TypeKind::Error => true,
        }
    }

    fn admits_named(
        &self,
        namespace: Option<Ident>,
        name: Ident,
        value: &Value<'a>,
        lenient: bool,
    ) -> bool {
        if let Some(declared) = self.declared(namespace, name) {
            return lenient || is_of(value, declared);
        }
        match self.name(name.name).to_ascii_lowercase().as_str() {
            "number" | "integer" | "int" | "double" | "float" => matches!(value, Value::Number(_)),
            "boolean" | "bool" => matches!(value, Value::Bool(_)),
            "null" | "void" => value.is_null(),
            "string" => lenient || matches!(value, Value::Text(_)),
            "array" => lenient || matches!(value, Value::Array(_)),
            "object" | "record" => lenient || is_object(value),
            "function" | "suggestion" => lenient || value.is_callable(),
            "session" => lenient || matches!(value, Value::Instance(_)),
            "promise" => lenient || matches!(value, Value::Promise(_)),
            _ => true,
        }
    }

    /// The record that an object becomes in a place of a record type.
    fn converted(&self, ty: &Type<'a>, value: &Value<'a>) -> Option<Value<'a>> {
        let Value::Dict(dict) = value else { return None };
        match ty.kind {
            TypeKind::Nullable(inner) => self.converted(inner, value),
            TypeKind::Union(parts) => parts.iter().find_map(|part| self.converted(part, value)),
            TypeKind::Named { namespace, name, .. } => {
                let Some(Declared::Record(decl)) = self.declared(namespace, name) else {
                    return None;
                };
                let name = name.name;
                let dict = dict.borrow();
                let mut fields = Vec::new();
                let mut taken = 0;
                for field in decl.fields {
                    let found = dict.text(self.name(field.name.name)).cloned();
                    taken += usize::from(found.is_some());
                    let is_optional = field.optional || field.default.is_some();
                    let value = match found {
                        None if !is_optional => return None,
                        None => Value::Null,
                        Some(v) if v.is_null() && is_optional => v,
                        Some(v) if self.admits(field.ty, &v, Test::Shallow) => v,
                        Some(_) => return None,
                    };
                    fields.push((field.name.name, value));
                }
                let name = self.text_of(name);
                (taken == dict.len()).then(|| Value::Record(Rc::new(Record { decl, name, fields })))
            }
            _ => None,
        }
    }
}

/// Whether a value is of a declared type.
fn is_of(value: &Value<'_>, declared: Declared<'_>) -> bool {
    match (value, declared) {
        (Value::Record(record), Declared::Record(decl)) => std::ptr::eq(record.decl, decl),
        (Value::Instance(instance), Declared::Session(decl)) => {
            std::ptr::eq(instance.session.decl, decl)
        }
        _ => false,
    }
}

fn is_object(value: &Value<'_>) -> bool {
    matches!(value, Value::Dict(_) | Value::Record(_) | Value::Error(_))
}
