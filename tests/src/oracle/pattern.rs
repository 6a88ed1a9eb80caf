//! Patterns and destructuring (4.9, X22).

use std::rc::Rc;

use hyp_grammar::ast::{Pattern, PatternKind};
use hyp_grammar::intern::Symbol;
use hyp_grammar::operator::RangeOp;
use hyp_grammar::span::Span;

use super::facts::Declared;
use super::machine::{Machine, Stop};
use super::scope::{Scope, Slot};
use super::types::Test;
use super::value::{Record, Value, numbers_equal};

impl<'a> Machine<'_, 'a> {
    /// Whether a value fits; the names that the pattern binds are added to `scope`.
    pub(crate) fn matches(
        &mut self,
        pattern: &'a Pattern<'a>,
        value: &Value<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Result<bool, Stop<'a>> {
        self.step()?;
        Ok(match pattern.kind {
            PatternKind::Wildcard => true,
            PatternKind::Number(n) => matches!(value, Value::Number(m) if numbers_equal(n, *m)),
            PatternKind::String(text) => matches!(value, Value::Text(t) if &**t == text),
            PatternKind::Bool(b) => matches!(value, Value::Bool(c) if b == *c),
            PatternKind::Null => value.is_null(),
            PatternKind::Bind(name) => {
                take(scope, name.name, value.clone());
                true
            }
            PatternKind::Typed { name, ty } => {
                if !self.admits(ty, value, Test::Exact) {
                    return Ok(false);
                }
                if let Some(name) = name {
                    take(scope, name.name, value.clone());
                }
                true
            }
            PatternKind::As { name, pattern } => {
                if !self.matches(pattern, value, scope)? {
                    return Ok(false);
                }
                take(scope, name.name, value.clone());
                true
            }
            PatternKind::Or(parts) => {
                for part in parts {
                    if self.matches(part, value, scope)? {
                        return Ok(true);
                    }
                }
                false
            }
            PatternKind::Range { op, from, to } => match value {
                Value::Number(n) => match op {
                    RangeOp::UpTo => *n >= from && *n <= to,
                    RangeOp::Until => *n >= from && *n < to,
                    RangeOp::DownTo => *n <= from && *n >= to,
                },
                _ => false,
            },
            PatternKind::Array { items, rest } => {
                let Value::Array(array) = value else { return Ok(false) };
                let elements = array.borrow().clone();
                let fits = match rest {
                    Some(_) => elements.len() >= items.len(),
                    None => elements.len() == items.len(),
                };
                if !fits {
                    return Ok(false);
                }
                for (item, element) in items.iter().zip(&elements) {
                    if !self.matches(item, element, scope)? {
                        return Ok(false);
                    }
                }
                if let Some(name) = rest.and_then(|r| r.name) {
                    take(scope, name.name, Value::array(elements[items.len()..].to_vec()));
                }
                true
            }
            PatternKind::Record { namespace, name, fields } => {
                let declared = self.declared(namespace, name);
                let is_object = self.name(name.name).eq_ignore_ascii_case("object");
                let found: Vec<Option<Value<'a>>> = match value {
                    Value::Record(record) if is_record(record, declared) => fields
                        .iter()
                        .map(|f| {
                            let field = record.fields.iter().find(|(n, _)| *n == f.name.name);
                            field.map(|(_, v)| v.clone())
                        })
                        .collect(),
                    Value::Dict(dict) if is_object => fields
                        .iter()
                        .map(|f| dict.borrow().text(self.name(f.name.name)).cloned())
                        .collect(),
                    Value::Instance(_) => {
                        return if matches!(declared, Some(Declared::Session(_))) {
                            Err(Stop::Unsupported("session pattern".to_owned()))
                        } else {
                            Ok(false)
                        };
                    }
                    _ => return Ok(false),
                };
                for (field, found) in fields.iter().zip(found) {
                    let Some(found) = found else { return Ok(false) };
                    if !self.matches(field.pattern, &found, scope)? {
                        return Ok(false);
                    }
                }
                true
            }
            PatternKind::Object { .. } | PatternKind::Error => {
                return Err(Stop::Unsupported("pattern".to_owned()));
            }
        })
    }

    /// `induce [a, ...rest] = v;` and `induce { a, b: c } = v;`
    pub(crate) fn destructure(
        &mut self,
        pattern: &'a Pattern<'a>,
        value: Value<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Result<(), Stop<'a>> {
        match pattern.kind {
            PatternKind::Bind(name) => self.bind(name, value, span, scope),
            PatternKind::Wildcard => Ok(()),
            PatternKind::Array { items, rest } => {
                let Value::Array(array) = &value else {
                    return Err(Stop::Unsupported("destructuring of other values".to_owned()));
                };
                let elements = array.borrow().clone();
                if elements.len() < items.len() {
                    return Err(Stop::Unsupported("short array in destructuring".to_owned()));
                }
                for (item, element) in items.iter().zip(&elements) {
                    self.destructure(item, element.clone(), span, scope)?;
                }
                if let Some(name) = rest.and_then(|r| r.name) {
                    let tail = Value::array(elements[items.len()..].to_vec());
                    self.bind(name, tail, span, scope)?;
                }
                Ok(())
            }
            PatternKind::Object { fields } => {
                for field in fields {
                    let part = match &value {
                        Value::Dict(dict) => {
                            dict.borrow().text(self.name(field.name.name)).cloned()
                        }
                        Value::Record(record) => {
                            let name = field.name.name;
                            record.fields.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone())
                        }
                        _ => None,
                    };
                    let Some(part) = part else {
                        return Err(Stop::Unsupported("missing field in destructuring".to_owned()));
                    };
                    self.destructure(field.pattern, part, span, scope)?;
                }
                Ok(())
            }
            _ => Err(Stop::Unsupported("destructuring pattern".to_owned())),
        }
    }
}

fn is_record(record: &Record<'_>, declared: Option<Declared<'_>>) -> bool {
    matches!(declared, Some(Declared::Record(decl)) if std::ptr::eq(record.decl, decl))
}

/// Binds a name; the last of equal names wins.
fn take<'a>(scope: &Rc<Scope<'a>>, name: Symbol, value: Value<'a>) {
    match scope.own(name) {
        Some(slot) => slot.set(value),
        None => scope.add(Slot::new(name, scope.frame.function, Some(value))),
    }
}
