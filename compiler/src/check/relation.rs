//! Relations between types: what fits where, joins, display.

use super::annotation::nullable;
use super::{Checker, TypeDecl};
use crate::types::{FunctionTy, Ty, TypeIdx};
use std::fmt::Write;
use std::rc::Rc;

/// Whether a value of one type can go to a place of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fit {
    Yes,
    /// It fits unless it is null, which it may be.
    UnlessNull,
    /// It is null, and the place does not say that it takes null.
    Null,
    No,
}

/// How deep types are compared; deeper differences are left to the machine.
const DEPTH_MAX: u32 = 16;

impl Checker<'_, '_> {
    /// Whether a value of type `from` can go to a place of type `to`.
    pub(super) fn fit(&self, from: &Ty, to: &Ty) -> Fit {
        if matches!(from, Ty::Unknown) || matches!(to, Ty::Unknown) || from == to {
            return Fit::Yes;
        }
        match (from, to) {
            (Ty::Null, Ty::Nullable(_)) => Fit::Yes,
            (Ty::Null, Ty::Union(members)) if members.contains(&Ty::Null) => Fit::Yes,
            (Ty::Null, _) => Fit::Null,
            (Ty::Nullable(inner), Ty::Nullable(to)) => self.fit(inner, to),
            (Ty::Nullable(inner), _) => match self.fit(inner, to) {
                Fit::Yes if self.options.strict_null => Fit::Null,
                Fit::Yes => Fit::UnlessNull,
                other => other,
            },
            (_, Ty::Nullable(to)) => self.fit(from, to),
            _ if self.fits(from, to, 0) => Fit::Yes,
            _ => Fit::No,
        }
    }

    /// As [`Checker::fit`], where null inside of types fits everything.
    fn fits(&self, from: &Ty, to: &Ty, depth: u32) -> bool {
        if depth > DEPTH_MAX || from == to {
            return true;
        }
        let next = depth + 1;
        match (from, to) {
            (Ty::Unknown | Ty::Null, _) | (_, Ty::Unknown) => true,
            (Ty::Nullable(a), Ty::Nullable(b)) => self.fits(a, b, next),
            (Ty::Nullable(inner), _) => self.fits(inner, to, next),
            (_, Ty::Nullable(inner)) => self.fits(from, inner, next),
            (Ty::Union(members), _) => members.iter().all(|m| self.fits(m, to, next)),
            (_, Ty::Union(members)) => members.iter().any(|m| self.fits(from, m, next)),
            (Ty::Array(a), Ty::Array(b)) | (Ty::Promise(a), Ty::Promise(b)) => {
                self.fits(a, b, next)
            }
            (Ty::Record(a), Ty::Record(b)) => self.records_fit(*a, *b, next),
            (Ty::Record(_) | Ty::Structural(_), Ty::Object) => true,
            (Ty::Object, Ty::Structural(_)) => true,
            (Ty::Object, Ty::Record(_)) => true,
            (Ty::Record(a), Ty::Structural(fields)) => self.has_fields(*a, fields, next),
            (Ty::Structural(a), Ty::Structural(b)) => b.iter().all(|(name, ty, optional)| {
                a.iter().find(|f| f.0 == *name).map_or(*optional, |f| self.fits(&f.1, ty, next))
            }),
            (Ty::Structural(_), Ty::Record(_)) => true,
            (Ty::Instance(_), Ty::AnyInstance) | (Ty::AnyInstance, Ty::Instance(_)) => true,
            (Ty::Function(_) | Ty::SessionValue(_), Ty::AnyFunction) => true,
            (Ty::AnyFunction, Ty::Function(_)) => true,
            (Ty::Function(a), Ty::Function(b)) => self.functions_fit(a, b, next),
            (Ty::SessionValue(idx), Ty::Function(f)) => {
                self.fits(&Ty::Instance(*idx), &f.result, next)
            }
            _ => false,
        }
    }

    /// Bivariant parameters; a function with defaults fits every arity that it accepts.
    fn functions_fit(&self, from: &FunctionTy, to: &FunctionTy, depth: u32) -> bool {
        let arity = to.params.len();
        let arity_fits = from.n_required <= arity && arity <= from.params.len();
        let mut params = from.params.iter().zip(&to.params);
        arity_fits
            && params.all(|(a, b)| self.fits(a, b, depth) || self.fits(b, a, depth))
            && (to.result == Ty::Null || self.fits(&from.result, &to.result, depth))
    }

    /// Records are compared by their fields.
    fn records_fit(&self, from: TypeIdx, to: TypeIdx, depth: u32) -> bool {
        let (Some(a), Some(b)) = (self.record_fields(from), self.record_fields(to)) else {
            return false;
        };
        a.len() == b.len()
            && b.iter().all(|(name, ty)| {
                a.iter().any(|(other, found)| other == name && self.fits(found, ty, depth))
            })
    }

    fn has_fields(&self, from: TypeIdx, fields: &[(String, Ty, bool)], depth: u32) -> bool {
        let Some(found) = self.record_fields(from) else { return false };
        fields.iter().all(|(name, ty, optional)| {
            let field = found.iter().find(|(other, _)| self.text(*other) == name);
            field.map_or(*optional, |(_, found)| self.fits(found, ty, depth))
        })
    }

    fn record_fields(&self, idx: TypeIdx) -> Option<Vec<(hyp_grammar::intern::Symbol, &Ty)>> {
        let TypeDecl::Record(record) = self.resolution.types.get(idx.0 as usize)? else {
            return None;
        };
        let types = self.field_types.get(idx.0 as usize)?;
        Some(record.fields.iter().map(|f| f.name.name).zip(types).collect())
    }

    /// The smallest type that both have; unknown when there is none.
    pub(super) fn join(&self, a: Ty, b: Ty) -> Ty {
        if a == b {
            return a;
        }
        match (a, b) {
            (Ty::Unknown, _) | (_, Ty::Unknown) => Ty::Unknown,
            (Ty::Null, other) | (other, Ty::Null) => nullable(other),
            (Ty::Nullable(a), Ty::Nullable(b)) => nullable(self.join((*a).clone(), (*b).clone())),
            (Ty::Nullable(a), other) | (other, Ty::Nullable(a)) => {
                nullable(self.join((*a).clone(), other))
            }
            (Ty::Array(a), Ty::Array(b)) => {
                Ty::Array(Rc::new(self.join((*a).clone(), (*b).clone())))
            }
            (Ty::Function(_) | Ty::AnyFunction, Ty::Function(_) | Ty::AnyFunction) => {
                Ty::AnyFunction
            }
            _ => Ty::Unknown,
        }
    }

    /// The spelling of a type in messages.
    pub(super) fn show(&self, ty: &Ty) -> String {
        let mut out = String::new();
        self.write_type(&mut out, ty, 0);
        out
    }

    fn write_type(&self, out: &mut String, ty: &Ty, depth: u32) {
        if depth > DEPTH_MAX {
            out.push('…');
            return;
        }
        let next = depth + 1;
        match ty {
            Ty::Unknown => out.push_str("unknown"),
            Ty::Trance => out.push_str("trance"),
            Ty::Number => out.push_str("number"),
            Ty::String => out.push_str("string"),
            Ty::Boolean => out.push_str("boolean"),
            Ty::Null => out.push_str("null"),
            Ty::Array(item) => {
                self.write_grouped(out, item, next);
                out.push_str("[]");
            }
            Ty::Nullable(inner) => {
                self.write_grouped(out, inner, next);
                out.push('?');
            }
            Ty::Record(idx) | Ty::Instance(idx) => out.push_str(self.type_name(*idx)),
            Ty::SessionValue(idx) => {
                let _ = write!(out, "session {}", self.type_name(*idx));
            }
            Ty::AnyInstance => out.push_str("session"),
            Ty::Object => out.push_str("object"),
            Ty::Structural(fields) => {
                out.push_str("{ ");
                for (name, ty, optional) in fields.iter() {
                    let mark = if *optional { "?" } else { "" };
                    let _ = write!(out, "{name}{mark}: ");
                    self.write_type(out, ty, next);
                    out.push_str("; ");
                }
                out.push('}');
            }
            Ty::Function(function) => {
                out.push('(');
                self.write_list(out, &function.params, ", ", next);
                out.push_str(") -> ");
                self.write_type(out, &function.result, next);
            }
            Ty::AnyFunction => out.push_str("function"),
            Ty::Promise(inner) => {
                out.push_str("Promise<");
                self.write_type(out, inner, next);
                out.push('>');
            }
            Ty::Union(members) => self.write_list(out, members, " | ", next),
        }
    }

    fn write_grouped(&self, out: &mut String, ty: &Ty, depth: u32) {
        let grouped = matches!(ty, Ty::Function(_) | Ty::Union(_));
        if grouped {
            out.push('(');
        }
        self.write_type(out, ty, depth);
        if grouped {
            out.push(')');
        }
    }

    fn write_list(&self, out: &mut String, types: &[Ty], separator: &str, depth: u32) {
        for (at, ty) in types.iter().enumerate() {
            if at > 0 {
                out.push_str(separator);
            }
            self.write_type(out, ty, depth);
        }
    }
}

/// The type without null.
pub(super) fn non_null(ty: &Ty) -> &Ty {
    match ty {
        Ty::Nullable(inner) => inner,
        _ => ty,
    }
}

/// The type of a variable whose first value has type `ty` and that has no annotation. Elements and
/// signatures are not remembered: nothing says that they stay the same.
pub(super) fn widened(ty: Ty, is_reassigned: bool) -> Ty {
    match ty {
        Ty::Null | Ty::Nullable(_) => Ty::Unknown,
        Ty::Array(_) => Ty::Array(Rc::new(Ty::Unknown)),
        Ty::Function(_) | Ty::SessionValue(_) | Ty::AnyFunction if is_reassigned => Ty::Unknown,
        Ty::Structural(_) => Ty::Object,
        other => other,
    }
}
