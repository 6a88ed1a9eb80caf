//! Whether patterns with parts cover a value together, as `R { a: true }` and `R { a: false }` do.
//!
//! The patterns are the rows of a matrix whose columns are what is still to be matched. The last
//! column is split by the atoms of its type, records by their fields and arrays by their length
//! (Maranget, "Warnings for pattern matching", 2007). The work is bounded; what exceeds the bound
//! counts as not covered.

use super::cover::{Atom, atoms};
use super::{Checker, MemberSort};
use crate::types::{Ty, TypeIdx};
use hyp_grammar::ast::{Ident, Pattern, PatternKind};

/// Cells that one question may look at.
const WORK_MAX: usize = 100_000;

/// What a pattern asks of each column; `None` is anything.
type Row<'p> = Vec<Option<&'p Pattern<'p>>>;

impl<'a> Checker<'a, '_> {
    /// Whether one of the patterns surely matches any value of the atom.
    pub(super) fn cover_together(&self, patterns: &[&'a Pattern<'a>], atom: &Atom) -> bool {
        let rows: Vec<Row<'a>> = patterns.iter().map(|pattern| vec![part(pattern)]).collect();
        let mut work = WORK_MAX;
        self.cover_atom(&rows, &[], atom, &mut work)
    }

    fn cover_columns(&self, rows: &[Row<'a>], columns: &[Ty], work: &mut usize) -> bool {
        let Some(left) = work.checked_sub(rows.len() * (columns.len() + 1)) else { return false };
        *work = left;
        if rows.iter().any(|row| row.iter().all(Option::is_none)) {
            return true;
        }
        let Some((ty, others)) = columns.split_last() else { return false };
        match atoms(ty) {
            Some(atoms) => atoms.iter().all(|atom| self.cover_atom(rows, others, atom, work)),
            None => {
                let matching = |row: &&Row<'a>| match row.last() {
                    Some(Some(pattern)) => self.matches_all(pattern, ty),
                    _ => true,
                };
                let kept = rows.iter().filter(matching);
                let kept: Vec<Row<'a>> = kept.map(|row| without_last(row).to_vec()).collect();
                self.cover_columns(&kept, others, work)
            }
        }
    }

    /// Whether the rows match, given that the value of their last column is of the atom.
    fn cover_atom(&self, rows: &[Row<'a>], others: &[Ty], atom: &Atom, work: &mut usize) -> bool {
        let rows = &alternatives(rows);
        let has = |is: fn(&PatternKind<'a>) -> bool| {
            rows.iter().filter_map(|row| row.last()?.as_ref()).any(|pattern| is(&pattern.kind))
        };
        match atom {
            Atom::Type(Ty::Record(idx) | Ty::Instance(idx))
                if has(|kind| matches!(kind, PatternKind::Record { .. })) =>
            {
                self.cover_fields(rows, others, *idx, atom, work)
            }
            Atom::Type(Ty::Array(_)) if has(|kind| matches!(kind, PatternKind::Array { .. })) => {
                self.cover_lengths(rows, others, atom, work)
            }
            _ => {
                let kept = rows.iter().filter(|row| self.takes(row, atom));
                let kept: Vec<Row<'a>> = kept.map(|row| without_last(row).to_vec()).collect();
                self.cover_columns(&kept, others, work)
            }
        }
    }

    /// Whether the last column of a row alone matches the values of the atom.
    fn takes(&self, row: &Row<'a>, atom: &Atom) -> bool {
        row.last().is_none_or(|last| last.is_none_or(|pattern| self.covers(pattern, atom)))
    }

    /// Replaces the column by one for each field that a pattern names.
    fn cover_fields(
        &self,
        rows: &[Row<'a>],
        others: &[Ty],
        idx: TypeIdx,
        atom: &Atom,
        work: &mut usize,
    ) -> bool {
        let mut names: Vec<Ident> = Vec::new();
        for row in rows {
            if let Some(Some(Pattern { kind: PatternKind::Record { fields, .. }, .. })) = row.last()
            {
                for field in *fields {
                    if !names.iter().any(|name| name.name == field.name.name) {
                        names.push(field.name);
                    }
                }
            }
        }
        let mut columns = others.to_vec();
        columns.extend(names.iter().map(|name| self.type_of_field(idx, *name)));
        let Some(left) = work.checked_sub(rows.len() * names.len()) else { return false };
        *work = left;
        let mut split = Vec::new();
        for row in rows {
            let before = without_last(row);
            if self.takes(row, atom) {
                let mut wide = before.to_vec();
                wide.resize(columns.len(), None);
                split.push(wide);
                continue;
            }
            let Some(Some(pattern)) = row.last() else { continue };
            let PatternKind::Record { namespace, name, fields } = pattern.kind else { continue };
            if self.resolution.type_named(namespace, name) != Some(idx) {
                continue;
            }
            let of_name = |name: &Ident| fields.iter().find(|f| f.name.name == name.name);
            let parts = names.iter().map(|name| of_name(name).and_then(|f| part(f.pattern)));
            split.push(before.iter().copied().chain(parts).collect());
        }
        self.cover_columns(&split, &columns, work)
    }

    /// Asks for each length, and once for all lengths that no pattern tells apart.
    fn cover_lengths(
        &self,
        rows: &[Row<'a>],
        others: &[Ty],
        atom: &Atom,
        work: &mut usize,
    ) -> bool {
        let longest = rows.iter().filter_map(|row| match row.last()?.as_ref()?.kind {
            PatternKind::Array { items, rest: Some(_) } => Some(items.len()),
            PatternKind::Array { items, rest: None } => Some(items.len() + 1),
            _ => None,
        });
        let longest = longest.max().unwrap_or(0);
        (0..=longest).all(|n| {
            let Some(left) = work.checked_sub(rows.len() * (n + 1)) else { return false };
            *work = left;
            let mut columns = others.to_vec();
            // The elements of an array are not known to have the type that it promises.
            columns.resize(others.len() + n, Ty::Unknown);
            let mut split = Vec::new();
            for row in rows {
                let before = without_last(row);
                match row.last().copied().flatten().map(|pattern| pattern.kind) {
                    Some(PatternKind::Array { items, rest })
                        if items.len() == n || (rest.is_some() && items.len() < n) =>
                    {
                        let parts = before.iter().copied().chain(items.iter().map(|p| part(p)));
                        let mut wide: Row<'a> = parts.collect();
                        wide.resize(columns.len(), None);
                        split.push(wide);
                    }
                    _ if self.takes(row, atom) => {
                        let mut wide = before.to_vec();
                        wide.resize(columns.len(), None);
                        split.push(wide);
                    }
                    _ => {}
                }
            }
            self.cover_columns(&split, &columns, work)
        })
    }

    /// The type of what a record pattern matches with the part for a field.
    pub(super) fn type_of_field(&self, idx: TypeIdx, name: Ident) -> Ty {
        let member = self.members.get(idx.0 as usize).and_then(|m| m.get(&name.name));
        match member {
            Some(m) if matches!(m.sort, MemberSort::Field(_)) => {
                self.field_type(idx, m.sort, false)
            }
            _ => Ty::Unknown,
        }
    }
}

fn without_last<'s, 'p>(row: &'s Row<'p>) -> &'s [Option<&'p Pattern<'p>>] {
    row.split_last().map_or(&[], |(_, before)| before)
}

/// A pattern without what it names; `None` if it matches anything.
fn part<'p>(pattern: &'p Pattern<'p>) -> Option<&'p Pattern<'p>> {
    match pattern.kind {
        PatternKind::Wildcard | PatternKind::Bind(_) | PatternKind::Error => None,
        PatternKind::As { pattern, .. } => part(pattern),
        _ => Some(pattern),
    }
}

/// The rows with one for each alternative of their last column.
fn alternatives<'p>(rows: &[Row<'p>]) -> Vec<Row<'p>> {
    fn split<'p>(row: &Row<'p>, last: Option<&'p Pattern<'p>>, rows: &mut Vec<Row<'p>>) {
        if let Some(Pattern { kind: PatternKind::Or(alternatives), .. }) = last {
            return alternatives.iter().for_each(|pattern| split(row, part(pattern), rows));
        }
        rows.push(without_last(row).iter().copied().chain([last]).collect());
    }
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        split(row, row.last().copied().flatten(), &mut all);
    }
    all
}
