//! Type annotations to types.

use super::Checker;
use crate::resolve::{Resolution, TypeDecl};
use crate::types::{FunctionTy, Ty, TypeIdx};
use hyp_bytecode::module::limit;
use hyp_grammar::ast::{Ident, Type, TypeKind};
use hyp_grammar::diagnostic::{Code, Diagnostic};
use hyp_grammar::intern::{Interner, known};
use std::rc::Rc;

/// Names of the predeclared types besides the exact spellings in `known`.
const NAMES: &[&str] = &[
    "number",
    "string",
    "boolean",
    "array",
    "object",
    "record",
    "function",
    "suggestion",
    "session",
    "any",
    "unknown",
    "void",
    "trance",
];

/// Levels of arrays, nullables and unions in an annotation: a descriptor holds as many, and one more
/// for the null that O10 admits.
const TYPE_DEPTH_MAX: usize = limit::DESC_DEPTH - 2;

fn is_deeper(ty: &Ty, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else { return true };
    match ty {
        Ty::Array(inner) | Ty::Nullable(inner) => is_deeper(inner, below),
        Ty::Union(members) => members.iter().any(|m| is_deeper(m, below)),
        _ => false,
    }
}

impl<'a> Checker<'a, '_> {
    pub(super) fn opt_annotation(&mut self, ty: Option<&Type<'a>>) -> Option<Ty> {
        ty.map(|ty| self.annotation(ty))
    }

    /// The type that an annotation means. Unknown names are reported and mean `Unknown`.
    pub(super) fn annotation(&mut self, ty: &Type<'a>) -> Ty {
        let mut unknown = Vec::new();
        let meant =
            Names { resolution: self.resolution, interner: self.interner }.read(ty, &mut unknown);
        for name in unknown {
            self.unknown_type(name);
        }
        if is_deeper(&meant, TYPE_DEPTH_MAX) {
            let message = format!("type is nested deeper than {TYPE_DEPTH_MAX} levels");
            self.report(
                Diagnostic::new(Code::NestingTooDeep, ty.span, message)
                    .with_primary("too many arrays in arrays")
                    .with_help("write `array`"),
            );
            return Ty::Unknown;
        }
        meant
    }

    fn unknown_type(&mut self, name: Ident) {
        let text = self.text(name.name);
        let declared = self.resolution.types.iter().map(|decl| match decl {
            TypeDecl::Record(record) => self.interner.resolve(record.name.name),
            TypeDecl::Session(session) => self.interner.resolve(session.name.name),
        });
        let similar = crate::resolve::closest(text, declared.chain(NAMES.iter().copied()));
        let message = format!("unknown type `{text}`, treated as unknown");
        let mut diagnostic = Diagnostic::new(Code::UnknownType, name.span, message)
            .with_primary("no record or session has this name");
        if let Some(similar) = similar {
            diagnostic = diagnostic.with_help(format!("did you mean `{similar}`?"));
        }
        self.report(diagnostic);
    }
}

/// The type that an annotation means, without reports; unknown names mean `Unknown`.
#[must_use]
pub fn resolve_type(ty: &Type<'_>, resolution: &Resolution<'_>, interner: &Interner) -> Ty {
    Names { resolution, interner }.read(ty, &mut Vec::new())
}

/// What type names mean.
struct Names<'x, 'a> {
    resolution: &'x Resolution<'a>,
    interner: &'x Interner,
}

impl Names<'_, '_> {
    fn read(&self, ty: &Type<'_>, unknown: &mut Vec<Ident>) -> Ty {
        match ty.kind {
            TypeKind::Error => Ty::Unknown,
            TypeKind::Null => Ty::Null,
            TypeKind::Named { namespace: Some(namespace), name, .. } => {
                let found = self.resolution.type_named(Some(namespace), name);
                if found.is_none() {
                    unknown.push(name);
                }
                found.map_or(Ty::Unknown, |idx| self.declared(idx))
            }
            TypeKind::Named { name, args, .. } => self.named(name, args, unknown),
            TypeKind::Array(item) => Ty::Array(Rc::new(self.read(item, unknown))),
            TypeKind::Nullable(inner) => nullable(self.read(inner, unknown)),
            TypeKind::Union(members) => {
                union(members.iter().map(|m| self.read(m, unknown)).collect())
            }
            TypeKind::Function { params, result } => {
                let params: Vec<Ty> = params.iter().map(|p| self.read(p, unknown)).collect();
                let n_required = params.len();
                let result = self.read(result, unknown);
                Ty::Function(Rc::new(FunctionTy { params, n_required, result }))
            }
            TypeKind::Structural(fields) => {
                let fields: Vec<(String, Ty, bool)> = fields
                    .iter()
                    .map(|f| {
                        let name = self.interner.resolve(f.name.name).to_owned();
                        (name, self.read(f.ty, unknown), f.optional)
                    })
                    .collect();
                Ty::Structural(fields.into())
            }
        }
    }

    fn declared(&self, idx: TypeIdx) -> Ty {
        match self.resolution.types.get(idx.0 as usize) {
            Some(TypeDecl::Session(_)) => Ty::Instance(idx),
            _ => Ty::Record(idx),
        }
    }

    fn named(&self, name: Ident, args: &[&Type<'_>], unknown: &mut Vec<Ident>) -> Ty {
        match name.name {
            known::NUMBER => return Ty::Number,
            known::STRING => return Ty::String,
            known::BOOLEAN => return Ty::Boolean,
            _ => {}
        }
        let args: Vec<Ty> = args.iter().map(|a| self.read(a, unknown)).collect();
        let first = || args.first().cloned().unwrap_or_default();
        if let Some(idx) = self.resolution.type_named(None, name) {
            return self.declared(idx);
        }
        match self.interner.resolve(name.name).to_ascii_lowercase().as_str() {
            "number" | "integer" | "int" | "double" | "float" => Ty::Number,
            "string" => Ty::String,
            "boolean" | "bool" => Ty::Boolean,
            "trance" => Ty::Trance,
            "null" | "void" => Ty::Null,
            "any" | "unknown" => Ty::Unknown,
            "array" => Ty::Array(Rc::new(first())),
            "object" | "record" => Ty::Object,
            "function" | "suggestion" => Ty::AnyFunction,
            "session" => Ty::AnyInstance,
            "promise" => Ty::Promise(Rc::new(first())),
            _ => {
                unknown.push(name);
                Ty::Unknown
            }
        }
    }
}

/// `T?`
pub(super) fn nullable(ty: Ty) -> Ty {
    match ty {
        Ty::Unknown | Ty::Null | Ty::Nullable(_) => ty,
        _ => Ty::Nullable(Rc::new(ty)),
    }
}

/// `A | B`, simplified: null becomes `T?`, unknown swallows everything.
pub(super) fn union(members: Vec<Ty>) -> Ty {
    let mut flat: Vec<Ty> = Vec::new();
    let mut has_null = false;
    for member in members {
        let member = match member {
            Ty::Unknown => return Ty::Unknown,
            Ty::Null => {
                has_null = true;
                continue;
            }
            Ty::Nullable(inner) => {
                has_null = true;
                (*inner).clone()
            }
            other => other,
        };
        let nested = match member {
            Ty::Union(members) => members.to_vec(),
            other => vec![other],
        };
        for ty in nested {
            if !flat.contains(&ty) {
                flat.push(ty);
            }
        }
    }
    let ty = match flat.len() {
        0 => return Ty::Null,
        1 => flat.remove(0),
        _ => Ty::Union(flat.into()),
    };
    if has_null { nullable(ty) } else { ty }
}
