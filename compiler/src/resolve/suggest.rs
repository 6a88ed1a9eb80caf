//! Names that a misspelled name may have meant.

use super::scope::Resolver;
use hyp_bytecode::builtin::{self, BUILTINS, BuiltinSpec};
use hyp_grammar::intern::Symbol;

/// Open bindings that are considered, innermost first: enough for any readable program, and a
/// bound on the work for generated ones.
const BINDINGS_MAX: usize = 2000;

impl Resolver<'_, '_> {
    /// The visible name that is closest to `symbol`; builtins count when it is read.
    pub(super) fn similar_name(&mut self, symbol: Symbol, with_builtins: bool) -> Option<&str> {
        self.suggestions_left = self.suggestions_left.checked_sub(1)?;
        let text = self.interner.resolve(symbol);
        let bound = self.bindings.entries.iter().rev().take(BINDINGS_MAX);
        let bound = bound.filter(|e| e.symbol != symbol).map(|e| self.interner.resolve(e.symbol));
        if !with_builtins {
            return closest(text, bound);
        }
        let spellings =
            |b: &'static BuiltinSpec| std::iter::once(b.name).chain(b.aliases.iter().copied());
        let constants = builtin::CONSTANTS.iter().map(|constant| constant.name);
        closest(text, bound.chain(BUILTINS.iter().flat_map(spellings)).chain(constants))
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
    let mut rows = Default::default();
    for candidate in candidates {
        if candidate.len() > 256 {
            continue;
        }
        letters.clear();
        letters.extend(candidate.chars().flat_map(char::to_lowercase));
        if letters.len().abs_diff(wanted.len()) > limit {
            continue;
        }
        let distance = edit_distance(&wanted, &letters, &mut rows);
        let better = best.is_none_or(|(found, _)| distance < found);
        if distance <= limit && better {
            limit = distance;
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, name)| name)
}

/// Edits between two words, where swapping neighbours is one edit. `rows` is reused.
fn edit_distance(a: &[char], b: &[char], rows: &mut [Vec<usize>; 3]) -> usize {
    let [before, above, row] = rows;
    above.clear();
    above.extend(0..=b.len());
    for (i, x) in a.iter().enumerate() {
        row.clear();
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let mut best = above[j] + usize::from(x != y);
            best = best.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        std::mem::swap(before, above);
        std::mem::swap(above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn closest_prefers_the_smallest_distance() {
        let names = ["total", "tot", "count"];
        assert_eq!(closest("totl", names.into_iter()), Some("total"));
        assert_eq!(closest("toatl", names.into_iter()), Some("total"));
        assert_eq!(closest("Spto", ["Spot"].into_iter()), Some("Spot"));
        assert_eq!(closest("zebra", names.into_iter()), None);
        assert_eq!(closest("ARRAYPUSH", ["ArrayPush"].into_iter()), Some("ArrayPush"));
    }
}
