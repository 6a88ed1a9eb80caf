//! Names that a misspelled name may have meant.

use super::scope::Resolver;
use hyp_bytecode::builtin::{self, BUILTINS};
use hyp_grammar::intern::Symbol;

/// Open bindings that are considered, innermost first: enough for any readable program, and a
/// bound on the work for generated ones.
const BINDINGS_MAX: usize = 2000;

impl Resolver<'_, '_> {
    /// The visible name, or builtin, that is closest to `symbol`.
    pub(super) fn similar_name(&mut self, symbol: Symbol) -> Option<&str> {
        self.suggestions_left = self.suggestions_left.checked_sub(1)?;
        let text = self.interner.resolve(symbol);
        let bound = self.bindings.entries.iter().rev().take(BINDINGS_MAX);
        let bound = bound.filter(|e| e.symbol != symbol).map(|e| self.interner.resolve(e.symbol));
        let builtins =
            BUILTINS.iter().flat_map(|b| std::iter::once(b.name).chain(b.aliases.iter().copied()));
        let constants = builtin::CONSTANTS.iter().map(|(name, _)| *name);
        closest(text, bound.chain(builtins).chain(constants))
    }
}

/// The candidate with the smallest edit distance to `text`, if one is close: at most a third of
/// the letters differ, and at most three.
pub(crate) fn closest<'c>(
    text: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    let wanted: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    if wanted.len() > 64 {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    let mut limit = (wanted.len() / 3).clamp(1, 3);
    if wanted.len() < 2 {
        return None;
    }
    let mut letters = Vec::new();
    let mut row = Vec::new();
    for candidate in candidates {
        if candidate.len() > 256 {
            continue;
        }
        letters.clear();
        letters.extend(candidate.chars().flat_map(char::to_lowercase));
        if letters.len().abs_diff(wanted.len()) > limit {
            continue;
        }
        let distance = edit_distance(&wanted, &letters, &mut row);
        let better = best.is_none_or(|(found, _)| distance < found);
        if distance <= limit && better {
            limit = distance;
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, name)| name)
}

/// Levenshtein distance; `row` is reused between calls.
fn edit_distance(a: &[char], b: &[char], row: &mut Vec<usize>) -> usize {
    row.clear();
    row.extend(0..=b.len());
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let substitution = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substitution.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn closest_prefers_the_smallest_distance() {
        let names = ["total", "tot", "count"];
        assert_eq!(closest("totl", names.into_iter()), Some("total"));
        assert_eq!(closest("zebra", names.into_iter()), None);
        assert_eq!(closest("ARRAYPUSH", ["ArrayPush"].into_iter()), Some("ArrayPush"));
    }
}
