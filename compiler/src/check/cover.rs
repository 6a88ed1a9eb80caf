//! Which values of a type the arms of an `entrain` cover.
//!
//! A type is split into atoms: `true`, `false`, null, and other types as a whole. Each arm without
//! a guard takes away the atoms that it surely matches, and in the end the arms together those that
//! no arm matches alone. Where the subject's type is unknown, only
//! repeated literals are found.

use super::Checker;
use super::annotation::{nullable, union};
use crate::types::Ty;
use ahash::AHashSet;
use hyp_grammar::ast::{Pattern, PatternKind};
use hyp_grammar::span::Span;

/// Values of a type that arms are told apart by.
#[derive(Clone, PartialEq)]
pub(super) enum Atom {
    Boolean(bool),
    Null,
    Type(Ty),
}

/// A literal that an arm has matched.
#[derive(PartialEq, Eq, Hash)]
enum Literal<'a> {
    Number(u64),
    String(&'a str),
    Boolean(bool),
    Null,
}

/// What the arms so far leave over.
pub(super) struct Coverage<'a> {
    /// All atoms of the subject's type; `None` when they are not known.
    all: Option<Vec<Atom>>,
    rest: Vec<Atom>,
    literals: AHashSet<Literal<'a>>,
    /// The patterns of the arms, from the first one with parts on.
    patterns: Vec<&'a Pattern<'a>>,
    /// An arm that alone matches everything.
    by: Option<Span>,
    /// The same until it is reported.
    catch_all: Option<Span>,
}

impl Coverage<'_> {
    /// Whether every value is matched.
    pub(super) fn is_complete(&self) -> bool {
        self.by.is_some() || (self.all.is_some() && self.rest.is_empty())
    }

    /// The pattern that alone matches everything; given once, so that it is reported once.
    pub(super) fn take_catch_all(&mut self) -> Option<Span> {
        self.catch_all.take()
    }
}

fn split(ty: &Ty, atoms: &mut Vec<Atom>) -> bool {
    match ty {
        Ty::Unknown | Ty::Trance => return false,
        Ty::Boolean => atoms.extend([Atom::Boolean(true), Atom::Boolean(false)]),
        Ty::Null => atoms.push(Atom::Null),
        Ty::Nullable(inner) => {
            atoms.push(Atom::Null);
            return split(inner, atoms);
        }
        Ty::Union(members) => return members.iter().all(|m| split(m, atoms)),
        other => atoms.push(Atom::Type(other.clone())),
    }
    true
}

/// The atoms of a type; `None` when they are not known.
pub(super) fn atoms(ty: &Ty) -> Option<Vec<Atom>> {
    let mut atoms = Vec::new();
    split(ty, &mut atoms).then_some(atoms)
}

impl<'a> Checker<'a, '_> {
    pub(super) fn coverage(&self, subject: &Ty) -> Coverage<'a> {
        let all = atoms(subject);
        let rest = all.clone().unwrap_or_default();
        let (literals, patterns) = (AHashSet::new(), Vec::new());
        Coverage { all, rest, literals, patterns, by: None, catch_all: None }
    }

    /// The type of the values that are left, if less than all are.
    pub(super) fn uncovered_type(&self, coverage: &Coverage<'a>) -> Option<Ty> {
        let all = coverage.all.as_ref()?;
        if coverage.rest.is_empty() || coverage.rest.len() == all.len() {
            return None;
        }
        let mut types: Vec<Ty> = Vec::new();
        for atom in &coverage.rest {
            match atom {
                Atom::Null => {}
                Atom::Boolean(_) => types.push(Ty::Boolean),
                Atom::Type(ty) => types.push(ty.clone()),
            }
        }
        let has_null = coverage.rest.contains(&Atom::Null);
        let ty = union(types);
        Some(if has_null && ty != Ty::Null { nullable(ty) } else { ty })
    }

    /// What is not covered, for a message; empty if that cannot be listed.
    pub(super) fn uncovered_values(&self, coverage: &Coverage<'a>) -> String {
        const LISTED_MAX: usize = 4;
        if coverage.all.is_none() || coverage.rest.len() > LISTED_MAX {
            return String::new();
        }
        let show = |atom: &Atom| match atom {
            Atom::Boolean(value) => value.to_string(),
            Atom::Null => "null".to_owned(),
            Atom::Type(ty) => self.show(ty),
        };
        coverage.rest.iter().map(show).collect::<Vec<_>>().join(", ")
    }

    /// Whether arms before this one match everything that the pattern matches.
    pub(super) fn is_covered(&self, pattern: &Pattern<'a>, coverage: &Coverage<'a>) -> bool {
        if let Some(literal) = literal_of(pattern) {
            return coverage.literals.contains(&literal);
        }
        let Some(all) = &coverage.all else { return false };
        // Other patterns may match values that their type does not promise.
        if !matches!(pattern.kind, PatternKind::Typed { .. } | PatternKind::Record { .. }) {
            return false;
        }
        let mut possible = all.iter().filter(|atom| self.covers(pattern, atom)).peekable();
        possible.peek().is_some() && possible.all(|atom| !coverage.rest.contains(atom))
    }

    /// Takes away what an arm without a guard matches.
    pub(super) fn cover(&self, pattern: &'a Pattern<'a>, coverage: &mut Coverage<'a>) {
        self.note_literals(pattern, coverage);
        if !coverage.patterns.is_empty() || has_parts(pattern) {
            coverage.patterns.push(pattern);
        }
        let matches_all = match &coverage.all {
            None => self.matches_all(pattern, &Ty::Unknown),
            Some(all) => all.iter().all(|atom| self.covers(pattern, atom)),
        };
        if matches_all && coverage.by.is_none() {
            coverage.by = Some(pattern.span);
            coverage.catch_all = coverage.by;
        }
        let mut rest = std::mem::take(&mut coverage.rest);
        rest.retain(|atom| !self.covers(pattern, atom));
        coverage.rest = rest;
    }

    /// Takes away what no arm matches alone, but all of them do together.
    pub(super) fn cover_rest(&self, coverage: &mut Coverage<'a>) {
        if !coverage.patterns.is_empty() {
            let mut rest = std::mem::take(&mut coverage.rest);
            rest.retain(|atom| !self.cover_together(&coverage.patterns, atom));
            coverage.rest = rest;
        }
    }

    fn note_literals(&self, pattern: &Pattern<'a>, coverage: &mut Coverage<'a>) {
        match pattern.kind {
            PatternKind::Or(alternatives) => {
                for alternative in alternatives {
                    self.note_literals(alternative, coverage);
                }
            }
            PatternKind::As { pattern, .. } => self.note_literals(pattern, coverage),
            _ => coverage.literals.extend(literal_of(pattern)),
        }
    }

    /// Whether a pattern matches every value of a type.
    pub(super) fn matches_all(&self, pattern: &Pattern<'_>, ty: &Ty) -> bool {
        match atoms(ty) {
            Some(atoms) => atoms.iter().all(|atom| self.covers(pattern, atom)),
            None => match pattern.kind {
                PatternKind::Wildcard | PatternKind::Bind(_) | PatternKind::Error => true,
                PatternKind::As { pattern, .. } => self.matches_all(pattern, ty),
                PatternKind::Or(alternatives) => {
                    alternatives.iter().any(|p| self.matches_all(p, ty))
                }
                PatternKind::Typed { ty: tested, .. } => self.is_dynamic(tested),
                _ => false,
            },
        }
    }

    /// `any` or `unknown`: an unknown name would be unknown as well, but never matches.
    fn is_dynamic(&self, ty: &hyp_grammar::ast::Type<'_>) -> bool {
        matches!(ty.kind, hyp_grammar::ast::TypeKind::Named { namespace: None, name, .. }
            if matches!(self.interner.resolve(name.name), "any" | "unknown"))
    }

    /// Whether a pattern surely matches the values of an atom.
    pub(super) fn covers(&self, pattern: &Pattern<'_>, atom: &Atom) -> bool {
        match pattern.kind {
            PatternKind::Wildcard | PatternKind::Bind(_) | PatternKind::Error => true,
            PatternKind::As { pattern, .. } => self.covers(pattern, atom),
            PatternKind::Or(alternatives) => alternatives.iter().any(|p| self.covers(p, atom)),
            PatternKind::Bool(value) => *atom == Atom::Boolean(value),
            PatternKind::Null => *atom == Atom::Null,
            PatternKind::Typed { ty, .. } => {
                let tested = super::resolve_type(ty, self.resolution, self.interner);
                self.is_dynamic(ty) || type_covers(&tested, atom)
            }
            PatternKind::Array { items: [], rest: Some(_) } => {
                matches!(atom, Atom::Type(Ty::Array(_)))
            }
            PatternKind::Record { namespace, name, fields } => {
                let Some(idx) = self.resolution.type_named(namespace, name) else { return false };
                let is_type = matches!(atom, Atom::Type(Ty::Record(of) | Ty::Instance(of))
                    if *of == idx);
                is_type
                    && fields.iter().all(|field| {
                        let ty = self.type_of_field(idx, field.name);
                        self.matches_all(field.pattern, &ty)
                    })
            }
            _ => false,
        }
    }
}

/// Whether the test for a type surely succeeds on the values of an atom.
fn type_covers(tested: &Ty, atom: &Atom) -> bool {
    match (tested, atom) {
        (Ty::Unknown, _) => false,
        (Ty::Nullable(_) | Ty::Null, Atom::Null) => true,
        (Ty::Nullable(inner), _) => type_covers(inner, atom),
        (Ty::Union(members), _) => members.iter().any(|m| type_covers(m, atom)),
        (Ty::Boolean, Atom::Boolean(_)) => true,
        // The elements of an array are not known to have the type that it promises.
        (Ty::Array(item), Atom::Type(Ty::Array(_))) => **item == Ty::Unknown,
        (Ty::AnyInstance, Atom::Type(Ty::Instance(_) | Ty::AnyInstance)) => true,
        (Ty::AnyFunction, Atom::Type(Ty::Function(_) | Ty::AnyFunction)) => true,
        (Ty::Number | Ty::String | Ty::Record(_) | Ty::Instance(_), Atom::Type(ty)) => tested == ty,
        _ => false,
    }
}

/// Whether a pattern may match a part of the values of an atom that others complete.
fn has_parts(pattern: &Pattern<'_>) -> bool {
    match pattern.kind {
        PatternKind::Record { .. } | PatternKind::Array { .. } => true,
        PatternKind::As { pattern, .. } => has_parts(pattern),
        PatternKind::Or(alternatives) => alternatives.iter().any(|p| has_parts(p)),
        _ => false,
    }
}

/// The value of a literal pattern.
fn literal_of<'a>(pattern: &Pattern<'a>) -> Option<Literal<'a>> {
    Some(match pattern.kind {
        // Zero has two signs and one value.
        PatternKind::Number(x) => Literal::Number((x + 0.0).to_bits()),
        PatternKind::String(text) => Literal::String(text),
        PatternKind::Bool(value) => Literal::Boolean(value),
        PatternKind::Null => Literal::Null,
        _ => return None,
    })
}
